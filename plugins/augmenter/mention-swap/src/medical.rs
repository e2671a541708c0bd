//! The built-in mentions: common names of English clinical text.

/// Mentions by label.
#[rustfmt::skip]
pub const MENTIONS: &[(&str, &[&str])] = &[
    ("Disease", &[
        "asthma", "atrial fibrillation", "bronchitis", "cellulitis", "chronic kidney disease", "coeliac disease",
        "congestive heart failure", "Crohn's disease", "deep vein thrombosis", "diverticulitis", "emphysema",
        "epilepsy", "gastritis", "glaucoma", "gout", "hepatitis B", "hypertension", "hypothyroidism",
        "iron deficiency anaemia", "ischaemic stroke", "lung cancer", "lupus", "melanoma", "migraine",
        "multiple sclerosis", "myocardial infarction", "osteoarthritis", "osteoporosis", "pancreatitis",
        "Parkinson's disease", "pneumonia", "psoriasis", "pulmonary embolism", "rheumatoid arthritis", "sepsis",
        "sickle cell disease", "sinusitis", "type 2 diabetes", "ulcerative colitis", "urinary tract infection",
    ]),
    ("Drug", &[
        "allopurinol", "amlodipine", "amoxicillin", "apixaban", "aspirin", "atorvastatin", "azithromycin",
        "bisoprolol", "carbamazepine", "cetirizine", "ciprofloxacin", "clopidogrel", "diclofenac", "doxycycline",
        "enoxaparin", "furosemide", "gabapentin", "ibuprofen", "insulin glargine", "lamotrigine", "levothyroxine",
        "lisinopril", "loratadine", "metformin", "methotrexate", "metoprolol", "morphine", "omeprazole",
        "ondansetron", "paracetamol", "prednisolone", "ramipril", "rituximab", "rivaroxaban", "salbutamol",
        "sertraline", "simvastatin", "tramadol", "warfarin", "zolpidem",
    ]),
    ("Symptom", &[
        "abdominal pain", "back pain", "blurred vision", "chest pain", "chills", "confusion", "constipation",
        "cough", "diarrhoea", "difficulty swallowing", "dizziness", "dry mouth", "fatigue", "fever", "headache",
        "heartburn", "insomnia", "itching", "joint stiffness", "loss of appetite", "muscle cramps", "nausea",
        "neck stiffness", "night sweats", "numbness", "palpitations", "rash", "ringing in the ears",
        "shortness of breath", "sore throat", "swelling of the ankles", "tremor", "vomiting", "weakness",
        "weight loss", "wheezing",
    ]),
    ("Procedure", &[
        "appendectomy", "blood transfusion", "bone marrow biopsy", "bronchoscopy", "cardiac catheterization",
        "cataract surgery", "chest X-ray", "cholecystectomy", "colonoscopy", "coronary angiography",
        "coronary artery bypass grafting", "CT scan of the abdomen", "cystoscopy", "dialysis", "echocardiogram",
        "electrocardiogram", "endoscopy", "hip replacement", "hysterectomy", "knee arthroscopy",
        "laparoscopy", "lumbar puncture", "mammography", "mastectomy", "MRI of the brain", "pacemaker implantation",
        "renal ultrasound", "skin biopsy", "spirometry", "thoracentesis", "thyroidectomy", "tonsillectomy",
    ]),
];
