//! Names: what an id may be, and which name someone may have meant.

/// Says why `id` is no id: lower-case words of letters and digits, joined by hyphens, a letter first.
pub fn fault_of_id(id: &str) -> Option<String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_id = id.starts_with(|c: char| c.is_ascii_lowercase()) && id.split('-').all(is_word);
    (!is_id).then(|| format!("expected an id of lower-case words joined by hyphens (`entity-f1`), found `{id}`"))
}

/// The names like `asked`, the likest first.
pub fn near<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let asked = asked.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&asked, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_lower_case_words_joined_by_hyphens() {
        for good in ["full", "entity-f1", "a-b-c", "t5"] {
            assert_eq!(fault_of_id(good), None, "{good}");
        }
        for bad in ["", "Full", "entity_f1", "-full", "full-", "a--b", "1st", "ärzte", "a b", "a/b"] {
            assert!(fault_of_id(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn the_likest_name_comes_first() {
        let names = ["learning_rate", "epochs", "warmup"];
        assert_eq!(near("learning_rat", names), ["learning_rate"]);
        assert_eq!(near("Epoch", names), ["epochs"]);
        assert!(near("zzz", names).is_empty());
    }
}
