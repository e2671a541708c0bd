//! The built-in patterns, for the labels of CUAD (Hendrycks et al. 2021).
//!
//! They see lower-case text with single spaces. A segment has the label when one of `any` matches and
//! none of `none`.

/// The patterns of a label.
pub struct Pattern {
    /// The label.
    pub label: &'static str,
    /// One of these must match.
    pub any: &'static [&'static str],
    /// None of these may.
    pub none: &'static [&'static str],
}

/// The patterns by label.
#[rustfmt::skip]
pub const PATTERNS: &[Pattern] = &[
    Pattern { label: "Governing Law", any: &[
        r"\bgoverned\b.{0,150}\blaws?\b",
        r"\b(?:construed|interpreted|enforced)\b.{0,150}\b(?:under|with|by|to)\b.{0,60}\blaws? of\b",
        r"\blaws? of (?:the )?(?:state|commonwealth|province|republic|england).{0,80}\b(?:shall|will) (?:govern|apply|control)",
    ], none: &[] },
    Pattern { label: "Termination For Convenience", any: &[
        r"\b(?:may|right to|entitled to|option to|elects? to|able to)\b.{0,120}\b(?:be )?(?:terminated?|cancel(?:led)?|revoked?|withdraw)\b.{0,250}\b(?:at any time|for (?:its |any )?(?:convenience|reason)|without cause|any or no reason|at (?:its|the) (?:sole )?(?:discretion|option)|sole (?:and absolute )?discretion)\b",
        r"\b(?:at any time|for (?:its |any )?(?:convenience|reason)|without cause|in its (?:sole )?discretion)\b.{0,120}\b(?:terminate|cancel) (?:this|the|all|any|such)\b",
        r"\b(?:may|right to|option to|shall|will)\b.{0,60}\b(?:be )?(?:terminated?|cancel(?:led)?)\b.{0,120}\b(?:upon|by|on|with|giving|provid\w+)\b.{0,60}\b(?:days?|months?|years?)\b.{0,60}\bnotice\b",
        r"\bby either party\b.{0,40}\bupon\b.{0,60}\bnotice\b|\bterminat\w+ for convenience\b",
    ], none: &[r"\bmaterial(?:ly)? breach|\bdefaults?\b|\bbankrupt|\binsolven|\bcured?\b|\bfails?\b|\bforce majeure\b|\bnot (?:be )?terminat|\bevent of\b|\bin the event\b|\bupon (?:the )?(?:termination|expiration)|\bsurviv|\bfor cause\b|\bautomatic"] },
    Pattern { label: "Cap On Liability", any: &[
        r"\b(?:in no event|under no circumstances?|no party|neither party|not|no|neither|never)\b.{0,160}\b(?:liab(?:le|ility)|damages)\b.{0,300}\b(?:consequential|indirect|incidental|special|punitive|exemplary|lost profits?|loss of)\b",
        r"\b(?:disclaims?|waives?|relinquish\w*)\b.{0,160}\b(?:consequential|indirect|incidental|special|punitive|exemplary)\b",
        r"\b(?:liabilit(?:y|ies)|liable|damages)\b.{0,300}\b(?:not|in no event|never)\b.{0,20}\bexceed\b",
        r"\b(?:liabilit(?:y|ies)|damages|obligations?)\b.{0,160}\b(?:is|are|be|shall|expressly|hereby) limited to\b",
        r"\b(?:maximum|total|aggregate|cumulative|entire) (?:aggregate |cumulative )?liability\b",
        r"\bneither party\b.{0,60}\b(?:shall|will) be (?:liable|subject to any liability)\b|\bshall (?:not )?(?:be|have)\b.{0,20}\b(?:liable to|liability to|subject to any liability)\b",
        r"\bno action\b.{0,160}\bmay be brought\b.{0,120}\b(?:years?|months?)\b|\bsole and exclusive remedy\b",
    ], none: &[r"\bforce majeure\b|\bindemnify, defend\b|\bdefend, indemnify\b|\bregistered capital\b"] },
    Pattern { label: "Anti-Assignment", any: &[
        r"\b(?:may|shall|will|can) ?not\b.{0,80}\b(?:assign|transfer|delegat|sublet|subcontract|sub-contract)(?:e|ed|s|able|ing)?\b.{0,120}\b(?:this|agreement|contract|rights?|obligations?|hereunder|interest|duties|any|part)\b",
        r"\b(?:agreement|contract|rights?|obligations?|duties|licen[cs]e)\b.{0,160}\b(?:not|no|neither)\b.{0,40}\b(?:be )?(?:assign|transfer|delegat)(?:ed|able)?\b",
        r"\b(?:assign|transfer)\w*\b.{0,250}\bwithout\b.{0,80}\b(?:consent|approval|permission)\b",
        r"\bwithout\b.{0,80}\b(?:consent|approval|permission)\b.{0,120}\b(?:assign|transfer)\w*\b",
        r"\bneither\b.{0,100}\bassign\w*\b|\bno right to assign\b",
        r"\b(?:assign\w*|transfer)\b.{0,120}\b(?:null and void|void|invalid)\b",
        r"\bno (?:assignment|transfer|party)\b.{0,60}\b(?:assign|without|valid|permitted)",
    ], none: &[r"\bcapital|\bshares\b|\bmaterials\b|\bcommon stock\b|\bthe information\b|\btitle\b"] },
    Pattern { label: "Renewal Term", any: &[
        r"\bautomatically\b.{0,20}\b(?:renew|extend|continue)",
        r"\b(?:renew(?:ed|s|al|able)?|extend(?:ed|s)?|extension)\b.{0,120}\b(?:additional|successive|consecutive|further|subsequent|another)\b.{0,60}\b(?:terms?|periods?|years?|months?)\b",
        r"\b(?:additional|successive|consecutive|further)\b.{0,60}\b(?:renewal|extension) (?:terms?|periods?)\b",
        r"\b(?:option|wish(?:es)?|right) to (?:renew|extend)\b|\b(?:renewed|extended|renewal) (?:for|upon|by)\b.{0,60}\b(?:year|month|agree)",
        r"\b(?:term|agreement)\b.{0,60}\bmay be (?:renewed|extended)\b",
    ], none: &[r"\bwarranty\b|\bforce majeure\b|\bproject plan\b"] },
    Pattern { label: "Audit Rights", any: &[
        r"\b(?:right|rights|entitled|may|permit\w*|allow\w*|shall|will|opportunity|authori[sz]\w+)\b.{0,200}\b(?:audit|inspect|inspections?|examine|examination|verify)\b.{0,200}\b(?:books|records?|accounts?|facilit\w+|premises|sites?|operations|documents?|documentation|compliance|warehouse\w*|hours|auditors?|plant|location|statements?)\b",
        r"\baudit(?:s|ed|or|ors|ing)?\b.{0,160}\b(?:notice|expense|costs?|conducted|reveals?|discloses?|discrepanc\w+|underpa\w+|per year|business hours|shows?|records?|report|deficienc\w+|audits?)\b",
        r"\b(?:access to|inspection of|inspect|examine|copies of)\b.{0,80}\b(?:books|records)\b",
        r"\b(?:keep|maintain|retain|preserve)s?\b.{0,100}\b(?:books|records)\b",
        r"\b(?:discrepanc\w+|underpayment)\b.{0,160}\b(?:percent|%|cost|audit|pay)\b",
    ], none: &[r"\baudited financial statements\b|\bboard of directors\b|\btrademark|\bconfidential information\b"] },
    Pattern { label: "Exclusivity", any: &[
        r"\bexclusive(?:ly)? (?:right|licen[cs]e|distribut|basis|supplier|provider|agent|dealer|appoint|represent|market|partner|sponsor|arrangement|territor|use\b|supply|purchas|sell|endorse)",
        r"\b(?:appoints?|engages?|grants?|retains?|designate[sd]?)\b.{0,160}\b(?:an|the|its|sole and|as|sole,?) exclusive\b",
        r"\b(?:shall|will|agrees?) (?:to )?(?:not|exclusively)\b.{0,160}\b(?:any other|another|third part\w+|anyone else|other than)\b.{0,200}\b(?:similar|compet\w+|products?|services?|exclusiv\w+|purchase|endors\w+|distribut\w+)\b",
        r"\bon an exclusive basis\b|\bexclusively (?:from|through|to)\b|\bsole (?:and exclusive )?(?:supplier|distributor|provider|sponsor|source)\b",
    ], none: &[r"\bnon-? ?exclusive\b", r"\bexclusive (?:jurisdiction|venue|remed|property|own)", r"\bexclusive of\b|\bwhereas\b|\bexclusive distributor agreement\b|\bconfidential|\bassign"] },
    Pattern { label: "Insurance", any: &[
        r"\b(?:maintain|obtain|carry|procure|provide|keep|purchase|have|effect)\b.{0,160}\binsurance\b",
        r"\binsurance (?:polic|coverage|certificate|carrier|required|requirement|limits?|in (?:an |the )?amount|shall|with)",
        r"\b(?:certificates? of|liability|workers'? compensation|property|casualty) insurance\b",
        r"\b(?:additional|named) insureds?\b|\bas insured",
        r"\b(?:policy|policies|certificates?)\b.{0,120}\b(?:cancel\w*|subrogation|endorse\w*|per occurrence|insurers?)\b",
        r"\bper occurrence\b|\bworkers'? compensation\b|\ba\.m\. best\b",
    ], none: &[r"\bvariable (?:annuity|insurance)|\binsurance (?:laws?|department|commissioner|regulat)|\binsurance company\b.{0,40}\blicensed"] },
    Pattern { label: "License Grant", any: &[
        r"\bgrants?\b.{0,200}\b(?:licen[cs]e|sublicen[cs]e|right to use|right and licen[cs]e|rights? to)\b",
        r"\b(?:is|are) (?:hereby )?(?:granted|licen[cs]ed)\b",
        r"\blicen[cs]e (?:hereby )?granted\b.{0,60}\bto use\b",
    ], none: &[r"\bno (?:licen[cs]e|right)\b", r"\bnot (?:be )?(?:grant|constru|deem)", r"\boptions? to purchase"] },
    Pattern { label: "Non-Transferable License", any: &[
        r"\b(?:non-? ?transferable|nontransferable|not transferable|untransferable|non-? ?assignable)\b",
    ], none: &[] },
    Pattern { label: "Irrevocable Or Perpetual License", any: &[
        r"\b(?:irrevocable|perpetual|in perpetuity)\b.{0,200}\b(?:licen[cs]e|right)",
        r"\b(?:licen[cs]e|right)\w*\b.{0,200}\b(?:irrevocable|irrevocably|perpetual|perpetually|in perpetuity)\b",
    ], none: &[] },
    Pattern { label: "Expiration Date", any: &[
        r"\bterm\b.{0,80}\b(?:agreement|contract)?\b.{0,60}\b(?:shall|will|is|to)\b.{0,40}\b(?:be|begin|commence|start|run|continue|expire|end|remain|extend)\b.{0,200}\b(?:years?|months?|until|through|days|date|anniversary)\b",
        r"\b(?:agreement|contract)\b.{0,120}\b(?:continue|remain|be)\b.{0,40}\b(?:in (?:full )?(?:force|effect)|effective)\b.{0,120}\b(?:for|until|through|unless)\b",
        r"\b(?:shall|will) (?:expire|terminate) (?:on|upon|at|automatically)\b.{0,60}\b(?:date|anniversary|\d{4}|years?)",
        r"\binitial term\b.{0,40}\b(?:shall|will|is|of)\b",
    ], none: &[r"\bconfidential", r"\brenew(?:al|ed) term\b.{0,30}\bunless"] },
    Pattern { label: "Effective Date", any: &[
        r#""(?:effective|commencement) date" (?:shall )?means?"#,
        r"\bagreement\b.{0,60}\b(?:shall|will) (?:become|be|commence|take)\b.{0,30}\b(?:effective|effect|on|as of)\b.{0,60}\b(?:date|\d{4}|sign|execution)",
    ], none: &[] },
    Pattern { label: "Post-Termination Services", any: &[
        r"^(?:\W|\d)*(?:\w+ ){0,8}?(?:upon|after|following|on|in the event of)\b.{0,40}\b(?:expiration|termination|expiry)\b.{0,250}\b(?:shall|will|may|agrees?)\b.{0,160}\b(?:return|destroy|pay|sell|continue|deliver|transfer|provide|assist|purchase|fulfill|complete|sell-off|dispose|inventory)\b",
        r"\bfor (?:a period of )?.{0,30}\b(?:days|months|years?)\b.{0,30}\b(?:after|following)\b.{0,40}\b(?:expiration|termination|expiry)\b",
    ], none: &[r"\bsurviv|\bwarrant|\bconfidential"] },
    Pattern { label: "Minimum Commitment", any: &[
        r"\bminimum (?:annual |quarterly |monthly |aggregate |guaranteed |total )?(?:purchase|order|quantit|commit|amount|royalt|payment|guarantee|volume|sales|fees?|number|revenue)",
        r"\b(?:shall|will|agrees? to|must)\b.{0,60}\b(?:purchase|order|buy|spend|pay|make|deliver|use)\b.{0,80}\b(?:at least|not less than|no less than|no fewer than|a minimum of)\b",
        r"\bguarantee[sd]?\b.{0,60}\b(?:minimum|at least)\b",
    ], none: &[r"\binsur|\bminimum (?:notice|wage|expiry)|\bnotice\b.{0,30}\bat least|\bat least\b.{0,30}\bnotice"] },
    Pattern { label: "Rofr/Rofo/Rofn", any: &[
        r"\bright of first\b|\bfirst (?:right|option|opportunity|refusal|negotiat\w+|offer)\b",
        r"\bnegotiat\w+\b.{0,80}\bexclusive(?:ly)?\b.{0,80}\b(?:period|days)\b|\bexclusive (?:right|option) to negotiate\b",
        r"\b(?:matching|right to match|match (?:the|such|any))\b|\bbona fide offer\b|\boption\b.{0,40}\bto (?:purchase|acquire|become|sponsor)\b",
    ], none: &[r"\bgolf\b.{0,20}\bfirst round\b"] },
    Pattern { label: "Ip Ownership Assignment", any: &[
        r"\b(?:hereby|agrees? to|shall|will|does)\b.{0,40}\b(?:irrevocably )?assigns?\b.{0,120}\b(?:right,? title|all (?:of its )?rights?|ownership|intellectual property|inventions?|copyright|patents?)\b",
        r"\bworks? (?:made )?for hire\b",
        r"\b(?:shall|will) (?:be|become|remain|own|vest)\b.{0,60}\b(?:sole|exclusive)\b.{0,40}\bproperty of\b",
    ], none: &[] },
    Pattern { label: "Joint Ip Ownership", any: &[
        r"\b(?:jointly own|joint(?:ly)? (?:owned|property|title|ownership)|co-?own)\w*",
    ], none: &[] },
    Pattern { label: "Non-Compete", any: &[
        r"\b(?:shall|will|agrees?|may|covenants?|agrees? that (?:it|he|she) (?:shall|will))(?: to)? not\b.{0,300}\b(?:compete|competes|competing|competitive|competition|competitors?)\b",
        r"\b(?:shall|will|agrees?)(?: to)? not\b.{0,100}\b(?:endorse|promote|sell|market|distribute|manufacture|engage|enter)\b.{0,200}\b(?:similar|compet\w+)\b",
        r"\bneither\b.{0,250}\bcompet(?:e|es|ing|itive|itors?)\b",
    ], none: &[r"\bsolicit|\bconfidential"] },
    Pattern { label: "Competitive Restriction Exception", any: &[
        r"\b(?:notwithstanding|except|provided,? however|other than)\b.{0,250}\b(?:exclusiv\w+|compet(?:e|es|ing|itive|itors?))\b.{0,200}\b(?:may|shall not|permitted|apply)\b",
    ], none: &[r"\bnon-?exclusive"] },
    Pattern { label: "Revenue/Profit Sharing", any: &[
        r"\b(?:royalt(?:y|ies)|commissions?|percent(?:age)?|share)\b.{0,160}\b(?:of|on)\b.{0,40}\b(?:net|gross|advertising|all|such|the)\b.{0,30}\b(?:revenues?|sales|profits?|proceeds|receipts|income)\b",
        r"\d ?%.{0,80}\b(?:of|on)\b.{0,60}\b(?:revenues?|sales|profits?|proceeds|receipts|income|price)\b",
        r"\b(?:revenue|profit)s? shar(?:e|ing)\b|\bshall pay\b.{0,80}\broyalt(?:y|ies)\b",
    ], none: &[r"\btax(?:es)?\b|\baudit|\bdiscrepanc|\bunderpa"] },
    Pattern { label: "Warranty Duration", any: &[
        r"\bwarrant(?:s|y|ies|ed)?\b.{0,250}\b(?:for|within|of)\b.{0,40}\b(?:days?|months?|years?)\b",
        r"\bwarranty period\b|\b(?:days?|months?|years?)\b.{0,60}\bwarrant(?:y|ies)\b",
    ], none: &[r"\bnotice\b.{0,40}\bterminat|\binsurance\b|\bindemnif"] },
    Pattern { label: "Covenant Not To Sue", any: &[
        r"\b(?:not|never)\b.{0,100}\b(?:contest|challenge|attack|dispute|question|oppose)\b.{0,150}\b(?:validity|ownership|title|rights?|trademarks?|marks?|patents?|registration|copyright)",
        r"\b(?:covenants?|agrees?) not to sue\b",
        r"\b(?:waives?|releases?)\b.{0,60}\b(?:any|all)\b.{0,20}\bclaims?\b",
        r"\bnot\b.{0,40}\b(?:acquire|claim)\b.{0,60}\b(?:right|title|interest)\b.{0,60}\b(?:marks?|trademarks?|property|name)\b",
    ], none: &[] },
    Pattern { label: "Volume Restriction", any: &[
        r"\b(?:not (?:to )?exceed|no more than|maximum of|up to|not more than)\b.{0,40}\b(?:units|users|hours|copies|appearances|gallons|barrels|tons|impressions|employees|seats|calls|days per|lines|pages|cases)\b",
    ], none: &[] },
    Pattern { label: "Change Of Control", any: &[
        r"\bchange (?:of|in) (?:control|ownership)\b",
        r"\bassign\w*\b.{0,200}\b(?:merger|change|sale|substantially all)\b",
        r"\bterminat\w+\b.{0,250}\b(?:substantially all|merger|merges|acquired by)\b",
    ], none: &[r"\bbankrupt|\bincluding, without limitation, .{0,40}\bmeans\b"] },
    Pattern { label: "Notice Period To Terminate Renewal", any: &[
        r"\b(?:renew|extend|extension)\w*\b.{0,400}\b(?:unless|notice)\b.{0,200}\b(?:days?|months?)\b.{0,120}\b(?:notice|prior|before|end|expir)",
    ], none: &[] },
    Pattern { label: "Uncapped Liability", any: &[
        r"\b(?:except|excluding|other than|nothing|not (?:apply|limit)|exclusions?)\b.{0,250}\b(?:gross negligence|willful|wilful|fraud|indemnif\w+|confidential\w*|death|personal injury)\b.{0,400}\b(?:liab(?:le|ility)|damages)\b",
        r"\b(?:liab(?:le|ility)|damages|limitations?)\b.{0,400}\b(?:except|excluding|other than|shall not apply|unless)\b.{0,200}\b(?:gross negligence|willful|wilful|fraud|indemnif\w+|death|personal injury)\b",
    ], none: &[] },
    Pattern { label: "Liquidated Damages", any: &[
        r"\bliquidated damages\b|\btermination (?:fee|payment)\b|\bbreak-?up fee\b|\bearly termination (?:fee|charge)\b",
    ], none: &[] },
    Pattern { label: "No-Solicit Of Employees", any: &[
        r"\bnot\b.{0,120}\b(?:solicit|hire|employ|recruit|entice|induce)\w*\b.{0,120}\b(?:employees?|personnel|staff|officers?|consultants?)\b",
    ], none: &[] },
    Pattern { label: "No-Solicit Of Customers", any: &[
        r"\bnot\b.{0,120}\b(?:solicit|contact|induce|divert|entice)\w*\b.{0,120}\b(?:customers?|clients?|accounts?|sponsors?|contract ?owners?|policyholders?)\b",
    ], none: &[] },
    Pattern { label: "Non-Disparagement", any: &[
        r"\bnot\b.{0,120}\b(?:disparag\w+|derogatory|defam\w+|disrepute)\b",
        r"\bdisparaging\b|\bnon-disparagement\b",
    ], none: &[r"\bmoral turpitude\b|\bterminat"] },
    Pattern { label: "Affiliate License-Licensee", any: &[
        r"\bgrants?\b.{0,120}\b(?:and|or) (?:its|their) affiliates\b.{0,200}\b(?:licen[cs]e|right)",
    ], none: &[] },
    Pattern { label: "Affiliate License-Licensor", any: &[
        r"\b(?:and|or) its affiliates,? (?:hereby )?grants?\b|\bon behalf of (?:itself and )?its affiliates\b.{0,60}\bgrants?\b",
    ], none: &[] },
    Pattern { label: "Most Favored Nation", any: &[
        r"\bmost[- ]favou?red\b|\b(?:no|not) less favou?rable\b|\b(?:more|as) favou?rable\b.{0,60}\b(?:price|terms|rates?)|\b(?:lowest|best) (?:price|rate)s?\b",
    ], none: &[] },
    Pattern { label: "Unlimited/All-You-Can-Eat-License", any: &[
        r"\bunlimited\b.{0,100}\b(?:licen[cs]e|use|users|access|right|copies)\b|\benterprise licen[cs]e\b",
    ], none: &[] },
    Pattern { label: "Price Restrictions", any: &[
        r"\b(?:price|fee|rate)s?\b.{0,120}\b(?:not|no)\b.{0,30}\b(?:increase|exceed|raise)",
        r"\bincreases?\b.{0,60}\b(?:prices?|fees?)\b.{0,80}\b(?:not|no more|limited)\b",
    ], none: &[] },
    Pattern { label: "Third Party Beneficiary", any: &[
        r"\bthird[- ]party beneficiar(?:y|ies)\b",
    ], none: &[r"\bno third|\bnot\b.{0,80}\bthird[- ]party benef|\bnothing\b"] },
    Pattern { label: "Source Code Escrow", any: &[r"\bescrow\b.{0,200}\bsource code\b|\bsource code\b.{0,200}\bescrow\b"], none: &[] },
];
