//! Transitive verbs and their forms.

/// The forms of a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verb {
    /// `give`
    pub base: String,
    /// `gives`
    pub third: String,
    /// `gave`
    pub past: String,
    /// `given`
    pub participle: String,
}

/// Base, past, participle.
const IRREGULAR: [(&str, &str, &str); 30] = [
    ("give", "gave", "given"),
    ("take", "took", "taken"),
    ("write", "wrote", "written"),
    ("make", "made", "made"),
    ("find", "found", "found"),
    ("see", "saw", "seen"),
    ("hold", "held", "held"),
    ("pay", "paid", "paid"),
    ("send", "sent", "sent"),
    ("sell", "sold", "sold"),
    ("buy", "bought", "bought"),
    ("keep", "kept", "kept"),
    ("lose", "lost", "lost"),
    ("lead", "led", "led"),
    ("show", "showed", "shown"),
    ("know", "knew", "known"),
    ("bring", "brought", "brought"),
    ("build", "built", "built"),
    ("choose", "chose", "chosen"),
    ("break", "broke", "broken"),
    ("draw", "drew", "drawn"),
    ("win", "won", "won"),
    ("teach", "taught", "taught"),
    ("understand", "understood", "understood"),
    ("withdraw", "withdrew", "withdrawn"),
    ("undertake", "undertook", "undertaken"),
    ("overrule", "overruled", "overruled"),
    ("bear", "bore", "borne"),
    ("grant", "granted", "granted"),
    ("tell", "told", "told"),
];

/// Verbs whose forms follow the rules, those that double their last letter marked by it: `admit+`.
const REGULAR: &str = "accept acquire address adjust administer admit+ adopt affirm allow amend announce appoint approve assess assign \
attack audit award ban+ block cancel+ carry cause change check close collect complete conduct confirm consider contact control+ \
create cure deliver deny describe design detect determine develop diagnose direct disclose discover dismiss document drop+ \
enforce enter establish evaluate examine exceed execute exercise fund guarantee handle identify impose improve include increase \
indemnify inform inject inspect introduce invite issue join launch license limit maintain manage measure mention monitor name notify \
observe obtain open operate order own perform permit+ plan+ praise prepare prescribe present prevent process produce promote propose \
protect provide publish raise reach receive recommend record reduce refer+ refuse regulate reject release remove renew repair replace \
report require review revise sign start stop+ submit+ supervise supply support suspend terminate test trade transfer+ treat trigger \
update use value verify violate visit waive welcome";

impl Verb {
    /// The forms of a verb that follows the rules; `+` behind it doubles its last letter.
    pub fn regular(base: &str) -> Self {
        let doubles = base.ends_with('+');
        let base = base.trim_end_matches('+');
        let stem = &base[..base.len() - base.chars().next_back().map_or(0, char::len_utf8)];
        let before = stem.chars().next_back().unwrap_or('a');
        let ends_in_consonant_y = base.ends_with('y') && !"aeiou".contains(before);
        let past = match base.chars().next_back() {
            Some('e') => format!("{base}d"),
            Some('y') if ends_in_consonant_y => format!("{stem}ied"),
            Some(last) if doubles => format!("{base}{last}ed"),
            _ => format!("{base}ed"),
        };
        let third = if ends_in_consonant_y {
            format!("{stem}ies")
        } else if ["s", "sh", "ch", "x", "z"].iter().any(|end| base.ends_with(end)) {
            format!("{base}es")
        } else {
            format!("{base}s")
        };
        Self { base: base.to_owned(), third, participle: past.clone(), past }
    }

    /// All verbs that are known, and further ones.
    pub fn all(further: &[String]) -> Vec<Self> {
        let irregular = IRREGULAR.iter().map(|(base, past, participle)| Self {
            past: (*past).to_owned(),
            participle: (*participle).to_owned(),
            ..Self::regular(base)
        });
        let regular = REGULAR.split_whitespace().map(Self::regular);
        irregular.chain(regular).chain(further.iter().map(|base| Self::regular(base))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_forms_follow_the_rules_of_spelling() {
        let forms = |base| {
            let verb = Verb::regular(base);
            format!("{} {} {}", verb.base, verb.third, verb.past)
        };
        assert_eq!(forms("approve"), "approve approves approved");
        assert_eq!(forms("carry"), "carry carries carried");
        assert_eq!(forms("admit+"), "admit admits admitted");
        assert_eq!(forms("reach"), "reach reaches reached");
        assert_eq!(forms("delay"), "delay delays delayed");
    }
}
