//! Scores as a table: those of the whole beside the rules', then those of each label in a row of its own.
//! The confusion matrix is left to the report.

use engraft_engine::evaluate::Scored;

/// The scores of a split, the model's and the domain's rules'.
pub(super) fn table(model: &Scored, rules: Option<&Scored>) -> String {
    let whole: Vec<&String> = model.names.iter().filter(|name| !name.contains('/')).collect();
    let width = widest(whole.iter().map(|name| name.as_str()));
    let mut text = match rules {
        Some(_) => format!("  {:width$}  {:>9}  {:>9}\n", "", "model", "rules"),
        None => String::new(),
    };
    for name in whole {
        text += &format!("  {name:width$}  {:>9}", cell(model.value(name)));
        if let Some(rules) = rules {
            text += &format!("  {:>9}", cell(rules.value(name)));
        }
        text.push('\n');
    }
    text + &by_label(model)
}

/// A row for each label, a column for each score that is given label by label.
fn by_label(model: &Scored) -> String {
    let (mut columns, mut labels) = (Vec::new(), Vec::new());
    for (column, label) in model.names.iter().filter_map(|name| name.split_once('/')) {
        if column.ends_with(".confusion") {
            continue;
        }
        if !columns.contains(&column) {
            columns.push(column);
        }
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.is_empty() {
        return String::new();
    }
    let width = widest(labels.iter().copied());
    // The metric's own name stands above already: the column says which of its scores.
    let title = |column: &str| column.rsplit('.').next().unwrap_or(column).to_owned();
    let widths: Vec<usize> = columns.iter().map(|column| title(column).chars().count().max(9)).collect();
    let mut text = format!("\n  {:width$}", "");
    for (column, wide) in columns.iter().zip(&widths) {
        text += &format!("  {:>wide$}", title(column));
    }
    text.push('\n');
    // A column counts when all of it is whole and some of it more than 1: a zero in it is a count too.
    let values = |column: &str| {
        let within = format!("{column}/");
        let of_column = model.names.iter().filter(move |name| name.starts_with(&within));
        of_column.filter_map(|name| model.value(name)).collect::<Vec<_>>()
    };
    let counts = |column: &str| {
        let values = values(column);
        values.iter().all(|value| value.fract() == 0.0) && values.iter().any(|value| value.abs() > 1.0)
    };
    for label in labels {
        text += &format!("  {label:width$}");
        for (column, wide) in columns.iter().zip(&widths) {
            let value = model.value(&format!("{column}/{label}"));
            let cell = if counts(column) {
                value.map_or_else(|| "–".to_owned(), |n| format!("{n:.0}"))
            } else {
                cell(value)
            };
            text += &format!("  {cell:>wide$}");
        }
        text.push('\n');
    }
    text
}

fn widest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

/// A share with four places, a count without any.
fn cell(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(count) if count.fract() == 0.0 && count.abs() > 1.0 => format!("{count:.0}"),
        Some(share) => format!("{share:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_engine::evaluate::Score;

    fn scored(values: &[(&str, f64)]) -> Scored {
        let score = |value| Score { value, higher_is_better: true };
        Scored {
            scores: values.iter().map(|(name, value)| ((*name).to_owned(), score(*value))).collect(),
            names: values.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn labels_stand_in_rows_under_the_scores_of_the_whole() {
        let model = scored(&[
            ("m.f1", 0.5),
            ("m.f1/A", 0.25),
            ("m.support/A", 12.0),
            ("m.support/Bb", 0.0),
            ("m.f1/Bb", 1.0),
            ("m.confusion/A/Bb", 3.0),
        ]);
        let rules = scored(&[("m.f1", 0.125)]);
        let expected = "            model      rules\n  m.f1     0.5000     0.1250\n\n             f1    support\n  A      0.2500         12\n  Bb     1.0000          0\n";
        assert_eq!(table(&model, Some(&rules)), expected);
        assert!(table(&rules, None).starts_with("  m.f1     0.1250\n"));
    }
}
