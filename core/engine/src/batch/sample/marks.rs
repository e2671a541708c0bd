//! What sampling knows of each window: its group, its domain, its difficulty.

use crate::batch::{Settings, Windows};
use crate::data::{Census, Split};
use crate::tokenize::{Item, Targets};
use crate::{Error, Result};
use engraft_plugin::Task;
use engraft_plugin::text::ExampleBuf;
use std::collections::{BTreeSet, HashMap};

/// Examples that are looked at together.
const CHUNK: usize = 512;
/// The group that is named by labels, and the measures of difficulty that are no fields.
const LABEL: &str = "label";
const LENGTH: &str = "length";
const RARITY: &str = "rarity";

/// What is known of windows, in their order; a list is empty where nobody asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::batch) struct Marks {
    pub(in crate::batch) groups: Vec<u32>,
    pub(in crate::batch) domains: Vec<u32>,
    pub(in crate::batch) difficulties: Vec<f32>,
}

impl Marks {
    /// The group of a window that has no label, or not the field.
    pub(in crate::batch) const NONE: u32 = u32::MAX;
}

/// The values of a field, by number.
#[derive(Debug, Default)]
struct Values {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Values {
    fn new(found: BTreeSet<String>) -> Self {
        let numbers = found.iter().cloned().zip(0..).collect();
        Self { names: found.into_iter().collect(), numbers }
    }

    fn number(&self, value: Option<&str>) -> u32 {
        value.and_then(|value| self.numbers.get(value)).copied().unwrap_or(Marks::NONE)
    }
}

/// Marks windows as a run's `[batch]` asks.
#[derive(Debug)]
pub(in crate::batch) struct Marker {
    settings: Settings,
    /// How often each label of the task occurs, in the task's order.
    labels: Vec<(String, usize)>,
    groups: Values,
    domains: Values,
    /// −log of the share of each token; the last is of tokens that are not there.
    rarity: Vec<f32>,
}

impl Marker {
    /// Looks at the training set; nothing where no sampling is asked for.
    ///
    /// # Errors
    /// [`Error::Setting`] for what does not fit the data; [`Error::Cache`].
    pub(in crate::batch) fn new(
        settings: &Settings,
        task: &Task,
        split: &Split,
        windows: &Windows,
    ) -> Result<Option<(Self, Marks)>> {
        let Settings { balance, mix, curriculum, .. } = settings;
        if balance.is_none() && mix.is_none() && curriculum.is_none() {
            return Ok(None);
        }
        if let Some(balance) = balance.as_ref().filter(|balance| !(0.0..=1.0).contains(&balance.strength)) {
            let (expected, got) = ("0 to 1".to_owned(), balance.strength.to_string());
            return Err(Error::Setting { key: "batch.balance.strength".to_owned(), expected, got });
        }
        let grouped = balance.as_ref().map(|balance| balance.by.as_str()).filter(|by| *by != LABEL);
        let groups = grouped.map_or_else(|| Ok(Values::default()), |by| values(split, by, "balance", false))?;
        let domains = mix.as_ref().map_or_else(|| Ok(Values::default()), |mix| values(split, &mix.by, "mix", true))?;
        mix.iter().try_for_each(|mix| mix.check(&domains.names))?;
        curriculum.iter().try_for_each(|curriculum| curriculum.check())?;
        let is_rarity = curriculum.as_ref().is_some_and(|curriculum| curriculum.by == RARITY);
        let rarity = if is_rarity { rarity(windows)? } else { Vec::new() };
        let labels = labels(task, &split.census);
        let marker = Self { settings: settings.clone(), labels, groups, domains, rarity };
        let marks = marker.originals(split, windows)?;
        if balance.is_some() && marks.groups.iter().all(|group| *group == Marks::NONE) {
            let (expected, got) = ("a training set with labels".to_owned(), "none".to_owned());
            return Err(Error::Setting { key: "batch.balance.by".to_owned(), expected, got });
        }
        Ok(Some((marker, marks)))
    }

    fn originals(&self, split: &Split, windows: &Windows) -> Result<Marks> {
        let mut marks = Marks::default();
        let mut items = windows.iter().peekable();
        for (at, chunk) in split.examples.chunks(CHUNK).enumerate() {
            let (first, examples) = (at * CHUNK, chunk?);
            let is_within = |example: usize| example < first + examples.len();
            while let Some(item) = items.next_if(|item| item.as_ref().map_or(true, |item| is_within(item.example))) {
                let item = item?;
                self.mark(&examples[item.example - first], &item, &mut marks)?;
            }
        }
        Ok(marks)
    }

    /// Adds what is known of a window of an example.
    ///
    /// # Errors
    /// [`Error::Setting`] for an example whose difficulty is no number.
    pub(in crate::batch) fn mark(&self, example: &ExampleBuf, item: &Item, marks: &mut Marks) -> Result<()> {
        let Settings { balance, mix, curriculum, .. } = &self.settings;
        if let Some(balance) = balance {
            let group = if balance.by == LABEL {
                self.rarest(&item.targets)
            } else {
                self.groups.number(example.field(&balance.by))
            };
            marks.groups.push(group);
        }
        if let Some(mix) = mix {
            marks.domains.push(self.domains.number(example.field(&mix.by)));
        }
        if let Some(curriculum) = curriculum {
            marks.difficulties.push(match curriculum.by.as_str() {
                LENGTH => item.ids.len() as f32,
                RARITY => {
                    let last = self.rarity.len() - 1;
                    let of = |id: &u32| self.rarity[(*id as usize).min(last)];
                    item.ids.iter().map(of).sum::<f32>() / item.ids.len().max(1) as f32
                }
                field => number(example, field)?,
            });
        }
        Ok(())
    }

    /// The rarest label of a window.
    fn rarest(&self, targets: &Targets) -> u32 {
        let rarest = |labels: &mut dyn Iterator<Item = usize>| labels.min_by_key(|&at| (self.labels[at].1, at));
        let found = match targets {
            Targets::Class(class) => usize::try_from(*class).ok(),
            Targets::Tokens(tags) => {
                rarest(&mut tags.iter().filter(|tag| **tag > 0).map(|tag| (*tag as usize - 1) / 2))
            }
            Targets::Labels(labels) => {
                rarest(&mut labels.iter().enumerate().filter(|(_, label)| **label > 0.0).map(|(at, _)| at))
            }
            Targets::Ends { shares, .. } => rarest(
                &mut shares
                    .iter()
                    .filter(|(row, _, share)| *row > 0 && *share > 0.0)
                    .map(|(_, column, _)| *column as usize / 2),
            ),
            Targets::None => None,
        };
        found.map_or(Marks::NONE, |at| at as u32)
    }

    /// The name of a group.
    pub(in crate::batch) fn group(&self, number: u32) -> String {
        let is_label = self.settings.balance.as_ref().is_some_and(|balance| balance.by == LABEL);
        let of =
            |number: usize| if is_label { self.labels[number].0.clone() } else { self.groups.names[number].clone() };
        if number == Marks::NONE { "(none)".to_owned() } else { of(number as usize) }
    }

    /// The name of a domain.
    pub(in crate::batch) fn domain(&self, number: u32) -> String {
        self.domains.names[number as usize].clone()
    }
}

/// The labels of a task, and how often each occurs.
fn labels(task: &Task, census: &Census) -> Vec<(String, usize)> {
    let counted = |label: &String| census.spans.get(label).or_else(|| census.labels.get(label)).copied().unwrap_or(0);
    task.labels.iter().map(|label| (label.clone(), counted(label))).collect()
}

/// The values of a field that some records have, or all must.
fn values(split: &Split, field: &str, table: &str, of_all: bool) -> Result<Values> {
    let refuse = |got: String| {
        let of = if of_all { "every record has" } else { "records have" };
        let also = if of_all { "" } else { "`label`, or " };
        let expected = format!("{also}a field that {of}");
        Err(Error::Setting { key: format!("batch.{table}.by"), expected, got })
    };
    let mut found = BTreeSet::new();
    for chunk in split.examples.chunks(CHUNK) {
        for example in &chunk? {
            match example.field(field) {
                Some(value) if found.contains(value) => {}
                Some(value) => drop(found.insert(value.to_owned())),
                None if of_all => return refuse(format!("`{field}`, which record `{}` has not", example.id)),
                None => {}
            }
        }
    }
    if found.is_empty() { refuse(format!("`{field}`, which no record has")) } else { Ok(Values::new(found)) }
}

/// The number in a field.
fn number(example: &ExampleBuf, field: &str) -> Result<f32> {
    let said = example.field(field);
    let number = said.and_then(|said| said.trim().parse::<f32>().ok()).filter(|number| number.is_finite());
    number.ok_or_else(|| Error::Setting {
        key: "batch.curriculum.by".to_owned(),
        expected: format!("`{LENGTH}`, `{RARITY}`, or a field that holds a number in every record"),
        got: match said {
            Some(said) => format!("`{field}`, which is `{said}` in record `{}`", example.id),
            None => format!("`{field}`, which record `{}` has not", example.id),
        },
    })
}

/// −log of the share of each token, one added to every count.
fn rarity(windows: &Windows) -> Result<Vec<f32>> {
    let mut counts: Vec<u64> = Vec::new();
    for item in windows.iter() {
        for id in item?.ids {
            let id = id as usize;
            if id >= counts.len() {
                counts.resize(id + 1, 0);
            }
            counts[id] += 1;
        }
    }
    counts.push(0);
    let whole = counts.iter().sum::<u64>() + counts.len() as u64;
    Ok(counts.iter().map(|count| -libm::log((count + 1) as f64 / whole as f64) as f32).collect())
}
