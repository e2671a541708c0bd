//! Plans of folders that PEFT wrote.
//!
//! Which sites have a graft, and of which rank, is read from the tensors: what `target_modules` and
//! `rank_pattern` mean need not be guessed. A tensor that the plan has no place for is refused.

use super::{low_rank, rows};
use crate::model::weights::Tensors;
use crate::{Error, Result};
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{At, ModelMap, Plan, Save, Select, SiteKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A folder of PEFT's.
pub(super) struct Folder<'a> {
    /// `adapter_config.json`.
    pub(super) config: &'a Value,
    /// Its weights.
    pub(super) tensors: &'a Tensors,
    /// The model under it.
    pub(super) map: &'a ModelMap,
}

/// The plan of a folder without `graft.json`, by its configuration and its weights, heads apart.
///
/// # Errors
/// [`Error::Plan`] with what was found, for methods and variants that are not read.
pub fn plan_of(folder: &Path, tensors: &Tensors, map: &ModelMap, is_head: impl Fn(&str) -> bool) -> Result<Plan> {
    let path = folder.join("adapter_config.json");
    let refuse = |reason: String| Error::Plan { method: path.display().to_string(), reason };
    let bytes = std::fs::read(&path).map_err(|e| Error::reading(&path, "PEFT configuration", e))?;
    let config: Value = serde_json::from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
    let of = Folder { config: &config, tensors, map };
    let plan = of.plan().map_err(&refuse)?.save(Save::peft(config.clone()));
    let places = places(&plan);
    // Beside an update of the embeddings PEFT keeps the base's own, which the base model has.
    let is_copy = |key: &str| key.ends_with("_embeddings.base_layer.weight");
    // AdaLoRA writes empty ones where it left no direction.
    let is_other = |key: &str| !is_head(key) && !places.contains(key) && !is_copy(key);
    match tensors.iter().find(|(key, tensor)| tensor.elem_count() > 0 && is_other(key)) {
        None => Ok(plan),
        Some((key, _)) => Err(refuse(format!("expected tensors of {} alone, found `{key}`", plan.method))),
    }
}

/// The keys of all parameters of a plan.
pub(in crate::method) fn places(plan: &Plan) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> = plan.shared.iter().map(|parameter| parameter.key.clone()).collect();
    for graft in &plan.grafts {
        let Select::Many(sites) = &graft.at.select else { continue };
        let own = |site: &String| graft.parameters.iter().map(|p| p.key.replace("{site}", site)).collect::<Vec<_>>();
        keys.extend(sites.iter().flat_map(own));
    }
    keys
}

impl Folder<'_> {
    fn plan(&self) -> Result<Plan, String> {
        match self.text("peft_type").as_str() {
            "LORA" => low_rank::lora(self),
            "ADALORA" => low_rank::adalora(self),
            "LOHA" => low_rank::loha(self),
            "LOKR" => low_rank::lokr(self),
            "HIRA" => low_rank::hira(self),
            "VERA" => low_rank::vera(self),
            "IA3" => rows::ia3(self),
            "ROAD" => rows::road(self),
            "OFT" => rows::oft(self),
            "LN_TUNING" => rows::norm(self),
            "TRAINABLE_TOKENS" => rows::tokens(self),
            "PROMPT_TUNING" | "P_TUNING" => rows::prompt(self),
            "PREFIX_TUNING" => rows::prefix(self),
            other => Err(format!(
                "peft_type: expected LORA, ADALORA, LOHA, LOKR, HIRA, VERA, IA3, ROAD, OFT, LN_TUNING, \
                 TRAINABLE_TOKENS, PROMPT_TUNING, P_TUNING or PREFIX_TUNING, found `{other}`"
            )),
        }
    }

    /// A text of the configuration.
    pub(super) fn text(&self, key: &str) -> String {
        self.config[key].as_str().unwrap_or_default().to_owned()
    }

    /// A number of the configuration.
    pub(super) fn number(&self, key: &str) -> Result<f64, String> {
        self.config[key].as_f64().ok_or_else(|| format!("{key}: expected a number, found {}", self.config[key]))
    }

    /// A number that a pattern may give for a site. PEFT's patterns are regular expressions; names and ends of
    /// names are read.
    pub(super) fn number_at(&self, key: &str, patterns: &str, site: &str) -> Result<f64, String> {
        for (pattern, number) in self.config[patterns].as_object().into_iter().flatten() {
            if pattern.contains(['*', '^', '$', '\\', '(', '[', '|', '+']) {
                return Err(format!("{patterns}: expected names, found the regular expression `{pattern}`"));
            }
            if Select::One(pattern.clone()).matches(site) {
                return number.as_f64().ok_or_else(|| format!("{patterns}: expected a number, found {number}"));
            }
        }
        self.number(key)
    }

    /// Refuses a switch that is on.
    pub(super) fn is_off(&self, key: &str) -> Result<(), String> {
        match self.config[key].as_bool() {
            Some(true) => Err(format!("{key}: expected false, found true")),
            _ => Ok(()),
        }
    }

    /// Whether there is a parameter at a site.
    pub(super) fn has(&self, site: &str, name: &str) -> bool {
        self.tensors.contains_key(&peft_key(name).replace("{site}", site))
    }

    /// The shape of a parameter at a site, of so many axes.
    pub(super) fn shape<const AXES: usize>(&self, site: &str, name: &str) -> Result<[usize; AXES], String> {
        let dims = self.tensors.get(&peft_key(name).replace("{site}", site)).map(|tensor| tensor.dims());
        let expected = || format!("`{name}` at {site}: expected {AXES} axes, found {}", dims.map_or(0, <[usize]>::len));
        dims.and_then(|dims| dims.try_into().ok()).ok_or_else(expected)
    }

    /// The sites of a kind at which there is this parameter.
    pub(super) fn sites(&self, kind: SiteKind, name: &str) -> Result<Vec<String>, String> {
        let of_kind = self.map.sites.iter().filter(|site| site.kind == kind);
        let sites: Vec<String> =
            of_kind.filter(|site| self.has(&site.name, name)).map(|site| site.name.clone()).collect();
        if sites.is_empty() {
            Err(format!("expected `{name}` at {kind} sites of this model, found none"))
        } else {
            Ok(sites)
        }
    }

    /// Sites that agree in something, side by side.
    pub(super) fn groups<K: Ord>(
        &self,
        sites: Vec<String>,
        key: impl Fn(&str) -> Result<K, String>,
    ) -> Result<Vec<(K, At)>, String> {
        let mut groups: BTreeMap<K, Vec<String>> = BTreeMap::new();
        for site in sites {
            groups.entry(key(&site)?).or_default().push(site);
        }
        Ok(groups.into_iter().map(|(key, sites)| (key, At::new(SiteKind::Linear, Select::Many(sites)))).collect())
    }
}
