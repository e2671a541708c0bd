//! Tables read from the names of scores: `f1/<label>`, `confusion/<gold>/<predicted>`.

use crate::evaluate::Scored;

/// The scores of single labels, of one metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelTable {
    /// The metric's id.
    pub(super) metric: String,
    /// A row a label.
    pub(super) rows: Vec<LabelRow>,
}

/// One label's scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LabelRow {
    pub(super) label: String,
    pub(super) precision: Option<f64>,
    pub(super) recall: Option<f64>,
    pub(super) f1: Option<f64>,
    pub(super) support: Option<f64>,
    /// The F1 of the rules alone.
    pub(super) rules: Option<f64>,
}

/// How often which label was taken for which, of one metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Confusion {
    /// The metric's id.
    pub(super) metric: String,
    /// Gold labels, a row each.
    pub(super) gold: Vec<String>,
    /// Predicted labels, a column each.
    pub(super) predicted: Vec<String>,
    /// `(gold, predicted)`.
    pub(super) counts: Vec<Vec<f64>>,
}

/// A table for each metric that scores labels. `labels` are the task's, and stand first.
pub(super) fn label_tables(model: &Scored, rules: Option<&Scored>, labels: &[String]) -> Vec<LabelTable> {
    let table = |metric: &str| {
        let found = tails(model, metric, &["precision/", "recall/", "f1/"]);
        let rows = in_order(labels, found).into_iter().map(|label| row(model, rules, metric, label)).collect();
        LabelTable { metric: metric.to_owned(), rows }
    };
    metrics(model).into_iter().map(table).filter(|table| !table.rows.is_empty()).collect()
}

fn row(model: &Scored, rules: Option<&Scored>, metric: &str, label: String) -> LabelRow {
    let of = |scored: &Scored, name: &str| scored.value(&format!("{metric}.{name}/{label}"));
    LabelRow {
        precision: of(model, "precision"),
        recall: of(model, "recall"),
        f1: of(model, "f1"),
        support: of(model, "support"),
        rules: rules.and_then(|rules| of(rules, "f1")),
        label,
    }
}

/// A matrix for each metric that gives one. `labels` are the task's, and stand first.
pub(super) fn confusions(model: &Scored, labels: &[String]) -> Vec<Confusion> {
    metrics(model).into_iter().filter_map(|metric| confusion(model, metric, labels)).collect()
}

fn confusion(model: &Scored, metric: &str, labels: &[String]) -> Option<Confusion> {
    let cells: Vec<(&str, &str, f64)> = tails(model, metric, &["confusion/"])
        .into_iter()
        .filter_map(|tail| {
            let (gold, predicted) = split_cell(tail, labels)?;
            Some((gold, predicted, model.value(&format!("{metric}.confusion/{tail}"))?))
        })
        .collect();
    if cells.is_empty() {
        return None;
    }
    let gold = in_order(labels, cells.iter().map(|cell| cell.0).collect());
    let predicted = in_order(labels, cells.iter().map(|cell| cell.1).collect());
    let mut counts = vec![vec![0.0; predicted.len()]; gold.len()];
    for (row, column, count) in cells {
        let at = |names: &[String], name| names.iter().position(|known| known == name).expect("all names are listed");
        counts[at(&gold, row)][at(&predicted, column)] = count;
    }
    Some(Confusion { metric: metric.to_owned(), gold, predicted, counts })
}

/// `<gold>/<predicted>`. Labels may hold slashes themselves: known ones on both sides are looked for first.
fn split_cell<'a>(tail: &'a str, labels: &[String]) -> Option<(&'a str, &'a str)> {
    let splits = || tail.match_indices('/').map(|(at, _)| (&tail[..at], &tail[at + 1..]));
    let known = |name: &str| labels.iter().any(|label| label == name);
    splits()
        .find(|(gold, predicted)| known(gold) && known(predicted))
        .or_else(|| splits().find(|(gold, predicted)| known(gold) || known(predicted)))
        .or_else(|| splits().next())
}

/// The names of scores of all labels together, in order.
pub(super) fn headlines(scored: &Scored) -> impl Iterator<Item = &String> {
    scored.names.iter().filter(|name| name.split_once('.').is_none_or(|(_, score)| !score.contains('/')))
}

/// The metrics' ids, in order.
fn metrics(scored: &Scored) -> Vec<&str> {
    let mut metrics: Vec<&str> = Vec::new();
    for (metric, _) in scored.names.iter().filter_map(|name| name.split_once('.')) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    metrics
}

/// What follows one of `heads` in the metric's score names, in order.
fn tails<'a>(scored: &'a Scored, metric: &str, heads: &[&str]) -> Vec<&'a str> {
    let names = scored.names.iter().filter_map(|name| name.strip_prefix(metric)?.strip_prefix('.'));
    names.filter_map(|name| heads.iter().find_map(|head| name.strip_prefix(head))).collect()
}

/// Each found name once: the known ones in their order, then the others in theirs.
fn in_order(known: &[String], found: Vec<&str>) -> Vec<String> {
    let mut names: Vec<String> = known.iter().filter(|name| found.contains(&name.as_str())).cloned().collect();
    for name in found {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Score;

    fn scored(values: &[(&str, f64)]) -> Scored {
        let score = |value| Score { value, higher_is_better: true };
        Scored {
            scores: values.iter().map(|&(name, value)| (name.to_owned(), score(value))).collect(),
            names: values.iter().map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn label_scores_are_gathered_by_metric_in_the_tasks_order() {
        let model = scored(&[("m.f1", 0.5), ("m.f1/B", 0.25), ("m.f1/A", 0.75), ("m.support/A", 4.0), ("n.top", 1.0)]);
        let rules = scored(&[("m.f1/A", 0.125)]);
        let tables = label_tables(&model, Some(&rules), &["A".to_owned(), "B".to_owned()]);
        let a = LabelRow {
            label: "A".into(),
            f1: Some(0.75),
            support: Some(4.0),
            rules: Some(0.125),
            ..LabelRow::default()
        };
        let b = LabelRow { label: "B".into(), f1: Some(0.25), ..LabelRow::default() };
        assert_eq!(tables, [LabelTable { metric: "m".into(), rows: vec![a, b] }]);
    }

    #[test]
    fn a_confusion_matrix_is_read_from_names_even_where_labels_hold_slashes() {
        let model = scored(&[("m.confusion/a/b/c", 2.0), ("m.confusion/c/a/b", 3.0), ("m.confusion/c/c", 5.0)]);
        let labels = ["c".to_owned(), "a/b".to_owned()];
        let matrix = &confusions(&model, &labels)[0];
        assert_eq!((&matrix.gold[..], &matrix.predicted[..]), (&labels[..], &labels[..]));
        assert_eq!(matrix.counts, [[5.0, 3.0], [2.0, 0.0]]);
    }
}
