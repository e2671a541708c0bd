//! All that a plugin answers, to compare it with what the same plugin answers elsewhere.

use crate::case::outcome;
use crate::hostile::items;
use crate::item::{ask, brief};
use crate::model::tiny_bert;
use crate::subject::Subject;
use engraft_plugin::abi::view::List;
use engraft_plugin::register::Instance;
use serde_json::Value;

/// One thing that a plugin was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it was asked, shortened.
    pub asked: String,
    /// What it answered, to the last bit: JSON, or the code and message of its refusal.
    pub answered: String,
}

impl Subject<'_> {
    /// What the plugin says of itself, and what it answers to its own examples and to hostile texts.
    ///
    /// Two builds of one source give the same lines, whatever loader brought them: numbers are written
    /// with all their digits, and a refusal with its words.
    ///
    /// # Errors
    /// Where the plugin fails, and at what.
    pub fn transcript(&self) -> Result<Vec<Line>, String> {
        let mut lines = Vec::new();
        let mut say = |asked: String, answered: engraft_plugin::Result<Value>| {
            let answered = answered.map_or_else(|e| format!("{}: {}", e.code, e.message), |value| value.to_string());
            lines.push(Line { asked, answered });
        };
        say("describe yourself".to_owned(), Ok(serde_json::to_value(&self.descriptor).map_err(|e| e.to_string())?));
        for case in &self.descriptor.examples {
            say(format!("example “{}”", case.title), outcome(self, case)?);
        }
        for instance in &self.open_default()? {
            if let Instance::Domain(domain) = instance {
                let task = domain.task().map_err(|failure| format!("its task: the plugin {failure}"))?;
                say("its task".to_owned(), Ok(serde_json::to_value(task).map_err(|error| error.to_string())?));
            }
            for items in items(instance)? {
                let answers = ask(instance, &items)?;
                if let Instance::Metric(metric) = instance {
                    let rows = answers.iter().flatten().map(|row| serde_json::from_value(row.clone()));
                    let rows: Vec<Vec<f64>> = rows.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
                    let rows: Vec<_> = rows.iter().map(|row| List::new(row)).collect();
                    let scores =
                        metric.score_rows(&rows).map_err(|failure| format!("scoring: the plugin {failure}"))?;
                    say("all rows together".to_owned(), scores.map(|scores| serde_json::json!(scores)));
                }
                for (item, answer) in items.iter().zip(answers) {
                    say(brief(item), answer);
                }
            }
            if let Instance::Method(method) = instance {
                let plan =
                    method.plan_for(&tiny_bert()).map_err(|failure| format!("`tiny-bert`: the plugin {failure}"))?;
                say("a plan for `tiny-bert`".to_owned(), plan.map(|plan| serde_json::json!(plan)));
            }
        }
        Ok(lines)
    }
}
