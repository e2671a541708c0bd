//! Finds the place of a key in the text of a run file, so that an error can point at it.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// The bytes of `text` at which the dotted `key` stands; of the table around it where the key itself is missing.
pub(crate) fn locate(text: &str, key: &str) -> Option<Range<usize>> {
    let root = DeTable::parse(text).ok()?;
    let mut table = Some(root.get_ref());
    let mut list = None;
    let mut found = None;
    for segment in key.split('.') {
        let (span, value) = if let Some(within) = table {
            let Some((key, value)) = within.iter().find(|(key, _)| key.get_ref() == segment) else { break };
            (key.span(), value)
        } else if let Some(values) = list {
            let values: &toml::de::DeArray<'_> = values;
            let Some(value) = segment.parse().ok().and_then(|index: usize| values.get(index)) else { break };
            (value.span(), value)
        } else {
            break;
        };
        found = Some(span);
        (table, list) = match value.get_ref() {
            DeValue::Table(within) => (Some(within), None),
            DeValue::Array(values) => (None, Some(values)),
            _ => (None, None),
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "seed = 1\n[optimize]\nepochs = 3\n[[metric]]\nuse = 'a'\n[[metric]]\nuse = 'b'\n";

    #[test]
    fn a_key_is_found_where_it_stands_in_lists_of_tables_too() {
        let at = |key| locate(TEXT, key).map(|span| (span.start, &TEXT[span]));
        assert_eq!(at("seed"), Some((0, "seed")));
        assert_eq!(at("optimize.epochs"), Some((20, "epochs")));
        assert_eq!(at("metric.1.use"), Some((TEXT.rfind("use").unwrap(), "use")));
    }

    #[test]
    fn a_missing_key_is_shown_at_its_table_and_at_nothing_without_one() {
        assert_eq!(locate(TEXT, "optimize.warmup").map(|span| &TEXT[span]), Some("optimize"));
        assert_eq!(locate(TEXT, "domain.use"), None);
    }
}
