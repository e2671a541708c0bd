//! What the rules know: heads of phrases, what may stand before them, names, and the endings that tell.

/// Parts of the body and their adjectives: they stand before diseases, symptoms and procedures alike.
pub const ANATOMY: &str = "
abdomen abdominal airway ankle anal anterior aortic arm arterial artery axillary back biliary bladder blood bone bowel brain
breast bronchial calf cardiac carotid cell cells central cerebellar cerebral cervical chest colon colonic colorectal corneal
coronary cutaneous duodenal ear elbow endometrial epigastric epithelial esophageal eye facial femoral duct bile girdle femur finger flank foot
gallbladder gastric gastrointestinal germ gingival groin hair hand head heart hepatic hepatobiliary hip iliac inguinal intestinal
intracranial jaw joint kidney kub knee laryngeal left leg limb lip liver lobe loin lower lumbar lung lymph lymphoid mammary mediastinal
mitral mouth muscle muscular musculoskeletal nasal neck nerve nervous neural ocular oesophageal optic oral ovarian pancreatic
parathyroid parotid pelvic pericardial peripheral pharyngeal pituitary placental pleural posterior prostate prostatic pulmonary
rectal renal respiratory retinal right sacral salivary scalp shoulder sinus sinuses skeletal skin skull spinal spine spleen splenic stomach
testicular thigh throat thoracic thymic thyroid tibial toe tongue tracheal tubular umbilical upper ureteric urethral urinary
uterine vaginal valve vascular vein veins venous ventricular vertebral vestibular visceral visual vocal wrist
";

/// Words that belong to the name of a disease before its head.
pub const DISEASE_MODIFIERS: &str = "
absent acquired acute adult allergic alzheimer amyotrophic androgen angioneurotic ankylosing aplastic arteriosclerotic atopic atrial
atypical autistic autoimmune autosomal bacterial becker benign bilateral bipolar blistering bullous cancer celiac chronic cleft
coeliac cold combined common-variable complement component congenital congestive contiguous cutaneous deep degenerative demyelinating
depressive developmental diabetic disseminated dominant ductal duchenne eating endocrine enzyme essential factor familial fatal
fragile friedreich fungal gene genetic gestational gouty granulomatous growth haemolytic haemorrhagic hearing hemolytic hemorrhagic
hereditary heritable huntington hyperactivity hypertensive idiopathic immune immunodeficiency infectious infective inflammatory inherited
insulin invasive iron ischaemic ischemic juvenile kidney late linked lipid lobar lysosomal major male malignant mediterranean
medullary mendelian meningococcal mental metabolic metachromatic metastatic mitochondrial monogenic mood movement multiple myeloid
myotonic necrotizing neonatal neurodegenerative neurological neuromuscular neuropsychiatric non obstructive occult osteoporotic
panic papillary paroxysmal partial periodic peroxisomal personality pigmentary polycystic polyglutamine post primary progressive
protein psychiatric pyridoxine recessive reactive recurrent rheumatic rheumatoid secondary seizure selective senile septic severe-combined
sex sickle skin sleep soft solid somatic spastic spinocerebellar spontaneous sporadic squamous storage stromal structural substance
suppressor syndromic systemic thiamine thrombotic tissue toxic traumatic tropical tuberculous type unilateral vitamin viral wilms wound x
";

/// Words that end in an ending of adjectives and belong to no name.
pub const GENERAL: &str = "
abnormal additional affected allelic alternative american analytical ancestral apparent appropriate asymptomatic average basic beneficial
biallelic biochemical biologic biological british canadian causal causative cellular chinese classic classical clinical
complementary complete complex considerable consistent continuous controversial critical crucial cumulative current cytogenetic dangerous
deleterious detailed diagnostic different differential distinct diverse dutch early effective electronic empirical environmental epidemiologic
epidemiological equal ethnic european evolutionary exclusive experimental extensive external extreme false fewer final finnish former
french frequent functional fundamental further general genomic german global gradual hemizygous heterozygous heterogeneous high historic
homozygous human identical immunologic important independent indirect individual informative initial intensive internal israeli
italian japanese jewish large less like local low maternal mean mechanistic medical mild minimal moderate molecular mutational natural
negative normal novel numerous obvious occasional old optimal original other overall particular paternal pathologic pathological
pathogenic phenotypic physical physiologic physiological polymorphic positive possible postulated potential practical present presumptive
previous principal prior probable prospective putative quantitative rare real reciprocal regional relative relevant residual
responsible retrospective robust routine same scientific seminal sequential serious severe several significant similar simultaneous
single small spanish spatial specific sporadical standard statistical strategic strong structural subclinical subsequent such
suggestive swedish symptomatic technical temporal terminal theoretical therapeutic total traditional transcriptional transgenic tunisian
turkish typical unaffected uncommon underlying unique unknown unrelated unusual usual useful valuable variable variant various
whole young causing having no own its their this that these those both one two three four five
";

/// Heads that need something before them to name a disease.
pub const DISEASE_HEADS: &str = "
abnormality abnormalities abscess anomaly anomalies attack bleed block complex condition conditions defect defects deficiency
deficiencies deficient degeneration delay depression dependence detachment dementia disability discharge disease diseases dislocation disorder disorders
dysfunction dysregulation edema effusion embolism episode exacerbation failure fever fibrillation fistula fracture fractures haemorrhage hemorrhage hernia
hypertrophy impairment impingement incompetence infarct infarction infection infections injury injuries insufficiency insensitivity intolerance
lesion lesions loss malformation malformations obstruction occlusion oedema palsy paralysis perforation prolapse psychosis regurgitation resistance
retardation rupture stones strain stroke syndrome syndromes tear thrombosis torsion toxicity ulcer ulcers underdevelopment
weakness death strain opacification malabsorption tract
";

/// Names of diseases that stand alone.
pub const DISEASES: &str = "
acne adenoma aids albinism alkaptonuria allergy alzheimer amenorrhea amyloidosis anaemia anaphylaxis anemia aneurysm angina aniridia
anophthalmia anorexia arrhythmia arthritis asthma ataxia atherosclerosis athetosis atresia atrophy autism bacteraemia blindness bronchiectasis
bronchiolitis bulimia cachexia cancer cancers cardiomyopathy cataract cataracts chorea choroideremia cirrhosis
coma colic concussion convulsions copd croup cyst cystinosis cysts deafness delirium dementia diabetes diphtheria dwarfism dysgenesis dyskinesia dysostosis
dyslexia dysmorphism dysplasia dysplasias dystonia dystrophies dystrophy eclampsia eczema emphysema empyema encephalopathy
endocarditis epilepsy epilepsies exostoses exophthalmos gangrene glaucoma goiter goitre gout haematoma haemophilia hemangioma hemophilia hepatitis hernia
herpes hydrocephalus hydronephrosis hyperactivity hypercholesterolaemia hyperlipidemia hyperplasia hypertension hyperthyroidism hypogonadism
hypoparathyroidism hypoplasia hypopigmentation hypotension hypothyroidism hypotonia ichthyosis ileus immunodeficiency infarction infertility influenza ischaemia ischemia jaundice keratosis
lactic lupus lymphedema lymphoma malaria malignancies malignancy malnutrition measles melanoma melanomas meningioma meningitis microcephaly migraine mucopolysaccharidosis
mumps myasthenia myeloma myocarditis myopathy myopia myotonia narcolepsy necrosis neoplasm neoplasms neoplasia nephropathy neuroblastoma neuropathy neurofibromatosis neutropenia
nystagmus obesity osteoporosis osteopetrosis otosclerosis palsy paralysis paraplegia parkinson parkinsonism pellagra pemphigus
phenylketonuria piebaldism pneumonia pneumothorax polio polydactyly polyp polyposis polyps porphyria pre-eclampsia preeclampsia proteinuria pseudohermaphroditism psoriasis psychosis
rabies retinoblastoma retinopathy rhabdomyosarcoma rickets rubella sarcoma sarcomas scabies scarlatina schizophrenia sciatica scleroderma scoliosis scurvy seizures sepsis septicaemia shock
siadh sinusitis spasticity stillbirth strabismus stroke stemi nstemi tachycardia tetanus thalassaemia thalassemia thrombophilia toxaemia tonsillitis tuberculosis tumor tumors tumour tumours typhoid
uraemia urosepsis urticaria varices vasculitis vertigo vitiligo xerostomia
";

/// Words behind the head that belong to the name.
pub const DISEASE_TAILS: &str = "
coli mellitus insipidus erythematosus simplex zoster congenita tarda pigmentosa multiplex gravis vulgaris vera planus sclerosus
fugax bifida nervosa dissecans deformans palate media externa imperfecta bullosa areata lata acuminata gangrenosum herpetiformis
";

/// Acronyms of diseases that hardly mean anything else in a clinical text.
pub const DISEASE_ACRONYMS: &str = "
ADHD AIDS AKU ALD ALL ALPS ALS AML AMN ARDS AFAP BMD BPH CAH CHF CKD CLL CML COPD CF CMT CTX DGS DM DMD DVT EDMD FAP FMF FRDA FSHD GERD GORD HCC HD
HNPCC IBD IBS MDS MELAS MEN1 MEN2 MJD MLD MND MRSA NBS NF1 NF2 NPC NSCLC OCD OSA PCOS PKD PKU PMD PMLD PTSD PD PLS PWS RCC SARS SBMA SCA1 SCA2 SCA3
SCID SIADH SLE SLS SMA STEMI NSTEMI TSC TSD UTI VCFS VHL VWD VWS WAGR XLA XLP XLRS AGU CHM DRPLA TCD
";

/// Endings of disease names, and words with such an ending that are none.
pub const DISEASE_ENDINGS: &str = "
itis oma omas osis emia aemia emias aemias opathy opathies trophy trophies plegia paresis penia ectasia ectasis
schisis iasis sclerosis plasia plasias uria megaly malacia derma dactyly cephaly opia ynia thelia gonadism
thyroidism pituitarism kinesia lithiasis stenosis somnia throx thorax phthalmia
";

/// Words with an ending of diseases that name none.
pub const NOT_DISEASES: &str = "
diagnosis prognosis apoptosis mitosis meiosis osmosis hypnosis symbiosis metamorphosis morphosis phagocytosis endocytosis exocytosis transcytosis pinocytosis
biosynthesis synthesis genome genoma stroma soma coma aroma diploma idioma chromosoma glycolysis hypothesis osmoses diagnoses prognoses doses dosis
academia bohemia media pathemia utopia insomnia homeopathy allopathy telepathy sympathy empathy philosophy atrophy-free trophy symptomatosis autotrophy
polyuria oliguria haematuria hematuria dysuria nocturia pyuria anuria kinesis bacteriuria necroses ploidy copia cornucopia colposcopia
";

/// Endings of the names of drugs.
pub const DRUG_ENDINGS: &str = "
statin pril prilat sartan olol dipine afil azole prazole conazole mab tinib ciclib cillin mycin micin cycline
floxacin oxacin vir vudine gliptin gliflozin glitazone glutide gliclazide formin parin xaban gatran grel platin
rubicin taxel trexate trexed fenac profen oxicam coxib caine curium curonium triptan setron pidem azepam azolam
zepine barbital pine peridone piprazole oxetine traline faxine triptyline ipramine thiazide semide actone sone
solone olone onide asone terol tamol tropium lukast dronate parib racetam thyroxine
";

/// Words with an ending of drugs that name none.
pub const NOT_DRUGS: &str = "
alpine spine opine supine pine vir devir elixir april person reason season lesson comparison poison unison treason mason
liaison saxon antigone zone hormone bone gone done alone none clone prone stone phone tone cone throne milestone keystone one
someone anyone everyone olone cyclone menisci azole silicone porcupine chopine chlorophyll
";

/// Names of drugs without a telling ending.
pub const DRUGS: &str = "
abatacept aciclovir acyclovir acetaminophen actrapid adrenaline albuterol alendronate allopurinol amiodarone amitriptyline apremilast aspirin atropine
azathioprine baclofen bendroflumethiazide benzylpenicillin bicarbonate bisacodyl bumetanide buprenorphine bupropion caffeine calcitriol calcium
captopril carbamazepine carbimazole carboplatin cephalexin cefalexin cefazolin cefotaxime cefuroxime ceftazidime ceftriaxone cetirizine chlorambucil chloramphenicol
chlordiazepoxide chlorhexidine chloroquine chlorpheniramine chlorphenamine cimetidine cisplatin citalopram clonidine clozapine cocaine codeine colchicine colecalciferol creon cyclizine
cyclophosphamide cyclosporin ciclosporin dabigatran dapsone denosumab desmopressin dexamethasone dextrose diazepam diclofenac digoxin dihydrocodeine diltiazem dobutamine docusate domperidone donepezil dopamine doxazosin
entacapone entresto ephedrine epinephrine ergotamine erythropoietin escitalopram esomeprazole estradiol etanercept ethambutol ethosuximide ezetimibe famotidine febuxostat fentanyl
fexofenadine fidaxomicin filgrastim finasteride flecainide fluconazole fludarabine fluorouracil fluoxetine folate folinic furosemide fulvestrant gabapentin galantamine gemcitabine gentamicin glargine
glucagon glyceryl glycopyrronium haloperidol heparin hydralazine hydrochlorothiazide hydrocortisone hydromorphone hydroxocobalamin hydroxychloroquine hydroxyurea hyoscine ibuprofen
indapamide indomethacin infliximab insulin interferon ipratropium iron isoniazid isosorbide ivabradine ivermectin ketamine ketorolac labetalol lacosamide lactulose lamotrigine
leflunomide letrozole anastrozole exemestane levetiracetam levodopa levothyroxine lidocaine linezolid liothyronine lithium loperamide loratadine lorazepam macrogol magnesium mannitol mebeverine
melatonin memantine meropenem mercaptopurine mesalazine metaraminol metformin methadone methotrexate methyldopa methylphenidate metoclopramide metolazone metronidazole midazolam milrinone minoxidil mirtazapine misoprostol
mometasone montelukast morphine moxonidine mycophenolate naloxone naltrexone naproxen nicorandil nicotine nifedipine nitrofurantoin nitroglycerin noradrenaline norepinephrine
octreotide olanzapine omalizumab ondansetron oramorph orlistat oxybutynin oxycodone oxytocin pancreatin pantoprazole paracetamol paroxetine penicillin pentoxifylline perindopril phenobarbital
phenytoin pilocarpine piperacillin pioglitazone potassium pramipexole prazosin prednisolone prednisone pregabalin probenecid prochlorperazine progesterone promethazine propofol propranolol propylthiouracil pyrazinamide
pyridostigmine pyridoxine quetiapine quinine raloxifene ranitidine rasagiline remdesivir repaglinide rifampicin rifaximin risperidone rivastigmine ropinirole salbutamol salmeterol selegiline semaglutide senna sertraline sevelamer sildenafil
simvastatin solifenacin sotalol spironolactone streptomycin sucralfate sulfasalazine sumatriptan sunitinib tacrolimus tadalafil tamoxifen tamsulosin tazobactam teicoplanin terbutaline terlipressin testosterone theophylline thiamine
thyroxine ticagrelor timolol tiotropium tolterodine tolvaptan topiramate tramadol tranexamic trazodone trihexyphenidyl trimethoprim ursodeoxycholic valproate vancomycin vasopressin venlafaxine verapamil vigabatrin vinblastine vincristine
vortioxetine warfarin zidovudine zolmitriptan zopiclone zolpidem
";

/// Names of drugs of more than one word, between semicolons.
pub const DRUG_PHRASES: &str = "
alendronic acid; tranexamic acid; folic acid; valproic acid; mefenamic acid; acetylsalicylic acid;
dimethyl fumarate; co-codamol; co-amoxiclav; co-trimoxazole; co-beneldopa; co-careldopa; piperacillin/tazobactam;
glyceryl trinitrate
";

/// Words that stand beside a drug's name and belong to it.
pub const DRUG_SIDES: &str = "
sodium potassium hydrochloride sulfate sulphate acid carbonate citrate fumarate dimethyl acetate maleate tartrate mesylate besylate phosphate chloride nitrate trinitrate mononitrate
dinitrate succinate hydrobromide bicarbonate oxide gluconate sulfasalazine mofetil alendronic folic valproic ibandronic zoledronic tranexamic mefenamic fusidic ferrous liposomal
glargine aspart lispro detemir degludec topical dimethyl
";

/// Heads of symptoms that need a part of the body or a quality before them.
pub const SYMPTOM_HEADS: &str = "
ache aches aching bleeding bloating bruising burning congestion contraction cramp cramps cramping deviation dimpling discharge discomfort distension distress droop dryness fullness
frequency hesitancy heaviness incontinence inflammation irritation itch itching loss lump movements numbness pain pains pressure rash redness retention rigidity sensation sensitivity spasm spasms stiffness sweating sweats
swelling tenderness throbbing tightness tingling tremor twitching urgency vision warmth wasting weakness
";

/// Names of symptoms that stand alone.
pub const SYMPTOMS: &str = "
agitation amnesia anhedonia anorexia anosmia anxiety aphasia apathy arthralgia ascites backache belching bleeding blisters bloating breathlessness bruising bradycardia chills clubbing confusion constipation
convulsions coryza cough coughing cramps crepitus cyanosis diaphoresis diarrhea diarrhoea diplopia disorientation dizziness drooling drowsiness dysarthria dyspepsia dysphagia dysphonia dyspnea dyspnoea dysuria earache
epistaxis erythema exhaustion fainting faintness fatigue fever feverish flushing galactorrhoea giddiness glare haematemesis haematochezia haematuria haemoptysis halitosis hallucinations headache headaches heartburn hematemesis hematuria hemoptysis hiccups
hirsutism hoarseness hyperhidrosis hypersomnia incontinence indigestion insomnia irritability itch itching jaundice lethargy lightheadedness light-headedness limp malaise melaena melena menorrhagia myalgia nausea nocturia
numbness oedema oliguria orthopnoea orthopnea otalgia otorrhoea pallor palpitations paraesthesia paresthesia petechiae photophobia phonophobia pins polydipsia polyphagia polyuria pruritus purpura pyrexia rash rashes restlessness rhinorrhoea rhinorrhea
rigors seizure sleepiness sneezing snoring sob somnolence sputum steatorrhoea stridor sweating swelling syncope tachypnoea tachypnea tenesmus thirst tinnitus tiredness tremor tremors unsteadiness urgency vertigo vomiting weakness wheeze wheezing wheezy
";

/// Phrases that name a symptom, between semicolons.
pub const SYMPTOM_PHRASES: &str = "
shortness of breath; difficulty breathing; difficulty swallowing; difficulty walking; difficulty sleeping;
difficulty concentrating; loss of appetite; loss of consciousness; loss of vision; loss of balance; loss of smell;
loss of taste; loss of weight; weight loss; weight gain; night sweats; sore throat; blurred vision; double vision;
runny nose; blocked nose; stuffy nose; dry mouth; dry eyes; dark urine; pale stools; low mood; suicidal ideation;
suicidal thoughts; poor sleep; poor appetite; poor feeding; reduced appetite; ringing in the ears;
change in bowel habit; pins and needles; blood in the urine; blood in the stool; rectal bleeding; postnasal drip;
persistent cough; dry cough; productive cough; inability to weight-bear
";

/// Qualities that belong to a symptom before its head.
pub const SYMPTOM_MODIFIERS: &str = "
exertional pleuritic nocturnal morning retrosternal suprapubic periorbital generalized generalised focal sided bilateral unilateral colicky crampy urinary nasal menstrual focal postural ring productive muscle
joints feet hands legs arms eyes ears gum gums stool post coital intermenstrual pedal period rebound wound calves lymph body whole
";

/// Endings of the names of procedures.
pub const PROCEDURE_ENDINGS: &str = "
ectomy ectomies otomy ostomy plasty plasties scopy scopies graphy gram grams centesis pexy desis rrhaphy tripsy
dialysis filtration pheresis thrombolysis metry graph graphs radiotherapy chemotherapy immunotherapy physiotherapy
psychotherapy brachytherapy catheterisation catheterization cardioversion intubation stenting embolisation
embolization
";

/// Words with an ending of procedures that name none.
pub const NOT_PROCEDURES: &str = "
anatomy dichotomy program programs programme diagram diagrams milligram milligrams microgram micrograms kilogram kilograms gram grams telegram pictogram histogram histograms autonomy gastronomy economy taxonomy geometry symmetry asymmetry
biography geography demography paragraph paragraphs photograph photographs autograph graph graphs bibliography photography pedigree-gram engram anagram topography cartography dosimetry trigonometry stoichiometry fluorometry
";

/// Heads of procedures that need something before them.
pub const PROCEDURE_HEADS: &str = "
ablation amputation anaesthesia angiogram arthroplasty aspiration biopsies biopsy block bypass clamping culture cultures debridement decompression delivery doppler drainage examination excision exploration fixation formation graft grafting hemiarthroplasty imaging implantation
induction infusion injection insertion irrigation ligation lithotripsy measurement monitoring placement ray rays radiograph radiographs radiotherapy reconstruction reduction removal repair replacement resection scan scans section series
smear splinting stent study surgery swab test testing therapy tomography transfusion transplant transplantation ultrasound ultrasonography washout
";

/// Words that belong to a procedure before its head.
pub const PROCEDURE_MODIFIERS: &str = "
aided arthroscopic autologous band barium behavioural cognitive capsule cardiac caesarean cataract catheter cell closed color colour contrast core coronary ct dc diagnostic direct dobutamine doppler dual duplex dynamic echo elective electroconvulsive emergency endoscopic endovascular enhanced
epidural exercise fine flexible flow fluid functional general genetic glucose guided heat high image intensity intra intraocular intravenous joint keyhole laparoscopic laser left lens light line local loop lung magnetic marrow mechanical mediastinal
mri needle nerve open oxygen pacemaker pap patch peak pelvic percutaneous perfusion pet photodynamic plain plasma positron posterior pressure punch radical radioiodine radiofrequency resolution resonance resynchronisation robotic sentinel
screw shockwave skin sleep slit speech spinal splenic stem stress stool stent subtotal surgical testing therapeutic tilt tolerance total tube tumour ultrasound upper urea urine vacuum variceal venous volume wide x lamp knee hip node needle
";

/// Acronyms of procedures.
pub const PROCEDURE_ACRONYMS: &str = "
ABG CABG CPAP CT CTPA CXR DEXA DXA ECG EEG EGD EKG EMG ERCP EBUS ESWL EUS FBC FNA HIDA IVF IVU LP MR MRA MRCP MRI NCS OGD PCI PET TAVI TIPS TOE TTE TURP USS VATS ECT CBT
";
