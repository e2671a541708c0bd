//! Linear layers by short names, for methods that are written in PEFT's layout.

use super::site::Site;
use super::{At, Dims, ModelMap, Select, SiteKind};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// BERT's names of linear layers, and DistilBERT's for the same.
const DISTILBERT: [(&str, &[&str]); 6] = [
    ("query", &["q_lin"]),
    ("key", &["k_lin"]),
    ("value", &["v_lin"]),
    ("dense", &["out_lin", "lin1", "lin2"]),
    ("output.dense", &["out_lin", "lin2"]),
    ("intermediate.dense", &["lin1"]),
];

/// The key in PEFT's layout of a graft's parameter: `peft_key("lora_A.weight")`.
pub fn peft_key(name: &str) -> String {
    format!("base_model.model.{{site}}.{name}")
}

/// Linear layers that were asked for.
#[derive(Clone, Debug)]
pub struct Targets {
    /// The names in the model's own words.
    pub names: Vec<String>,
    /// The sites.
    pub at: At,
    /// The same, one by one.
    pub sites: Vec<Site>,
}

impl Targets {
    /// The linear layers that these names (see [`Select`]) mean, in these layers only if any are given.
    /// BERT's names are understood on DistilBERT too.
    ///
    /// # Errors
    /// `settings.targets` or `plan.no-site` when a name matches nothing, `settings.layers` when a layer has
    /// none of them.
    pub fn linears(model: &ModelMap, targets: &[String], layers: &[usize]) -> Result<Self> {
        if targets.is_empty() {
            let why = "`targets`: expected the name of a linear layer or more, found none";
            return Err(Error::new("settings.targets", why));
        }
        let names = in_its_words(model, targets);
        let at = model.linears(&names)?;
        let meant = |site: &&Site| site.kind == SiteKind::Linear && at.select.matches(&site.name);
        let in_layer = |site: &&Site| layers.is_empty() || site.layer.is_some_and(|layer| layers.contains(&layer));
        let sites: Vec<Site> = model.sites.iter().filter(meant).filter(in_layer).cloned().collect();
        if let Some(layer) = layers.iter().find(|&&layer| sites.iter().all(|site| site.layer != Some(layer))) {
            let last = model.sites.iter().filter_map(|site| site.layer).max().unwrap_or(0);
            let why = format!("`layers`: layer {layer} has none of the targets; the model's layers are 0 to {last}");
            return Err(Error::new("settings.layers", why));
        }
        Ok(Self { names, at: at_sites(&sites), sites })
    }

    /// The sites with equal numbers for these symbols side by side, with the numbers: for methods whose shapes
    /// want arithmetic (`in` / 4).
    pub fn by(&self, symbols: &[&str]) -> Vec<(Vec<usize>, At)> {
        let number = |dims: &Dims, symbol: &str| dims.get(symbol).map_or(0, |&n| n as usize);
        let mut groups: BTreeMap<Vec<usize>, Vec<Site>> = BTreeMap::new();
        for site in &self.sites {
            let numbers = symbols.iter().map(|symbol| number(&site.dims, symbol)).collect();
            groups.entry(numbers).or_default().push(site.clone());
        }
        groups.into_iter().map(|(numbers, sites)| (numbers, at_sites(&sites))).collect()
    }

    /// Refuses a rank above the narrowest side of a layer: it would be no low rank.
    ///
    /// # Errors
    /// `settings.rank`, with the layer and its width.
    pub fn check_rank(&self, rank: usize) -> Result<()> {
        let width =
            |site: &Site| ["in", "out"].iter().filter_map(|dim| site.dims.get(*dim)).min().copied().unwrap_or(0);
        match self.sites.iter().min_by_key(|site| width(site)) {
            Some(site) if rank == 0 || rank as i64 > width(site) => {
                let why = format!("`rank`: expected 1 to {}, the width of `{}`, found {rank}", width(site), site.name);
                Err(Error::new("settings.rank", why))
            }
            _ => Ok(()),
        }
    }

    /// PEFT's `target_modules`: the names as they were given, if PEFT finds exactly these sites by them; else
    /// the sites' names. PEFT knows no globs, and it would look for `dense` in the task head too.
    pub fn modules(&self, model: &ModelMap) -> Value {
        let matrices = model.parameters.iter().filter(|parameter| parameter.shape.len() == 2);
        let modules = matrices.filter_map(|parameter| parameter.name.strip_suffix(".weight"));
        let is_plain = self.names.iter().all(|target| !target.contains(['*', '{']));
        let found_by_peft = Select::Many(self.names.clone());
        let is_linear = |name: &&str| !name.ends_with("_embeddings");
        let finds_more = modules.filter(is_linear).any(|m| found_by_peft.matches(m) && !self.at.select.matches(m));
        if is_plain && !finds_more {
            return json!(self.names);
        }
        json!(self.sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>())
    }
}

/// Names of linear layers in the model's own words.
pub fn in_its_words(model: &ModelMap, targets: &[String]) -> Vec<String> {
    let own = |target: &String| {
        let alias = DISTILBERT.iter().find(|(name, _)| model.family == "distilbert" && name == target);
        alias.map_or_else(|| vec![target.clone()], |(_, names)| names.iter().map(|&n| n.to_owned()).collect())
    };
    targets.iter().flat_map(own).collect()
}

fn at_sites(sites: &[Site]) -> At {
    At::new(SiteKind::Linear, Select::Many(sites.iter().map(|site| site.name.clone()).collect()))
}

/// Refuses a setting outside a range (`within("dropout", 0.1, 0.0..1.0)`).
///
/// # Errors
/// `settings.<key>`, with what was expected and found.
pub fn within(key: &str, value: f64, range: impl RangeBounds<f64> + std::fmt::Debug) -> Result<()> {
    if range.contains(&value) && value.is_finite() {
        return Ok(());
    }
    Err(Error::new(format!("settings.{key}"), format!("`{key}`: expected a number in {range:?}, found {value}")))
}

/// A number as JSON, whole ones without a point: PEFT's own files have them so.
pub fn whole(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}
