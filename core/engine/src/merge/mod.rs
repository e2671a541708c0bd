//! Merge: a trained graft becomes part of its base model's weights, an ordinary model folder.
//!
//! Nothing here knows a method. `affine` says which grafts fold, by the steps of the plan; `fold` computes the weights
//! that stand for a layer and its grafts. Afterwards both models run on the same probe texts, and the largest difference
//! of their logits is told; above the tolerance nothing is written.

mod affine;
mod fold;

use crate::backend::Machine;
use crate::backend::session::Session;
use crate::batch::Limits;
use crate::batch::feed::Feeder;
use crate::evaluate::infer::infer;
use crate::method::graft::Saved;
use crate::method::open::{Base, Grafted, open};
use crate::model::{Dropouts, Network, Origin, weights};
use crate::program::differentiate::Gradients;
use crate::program::simplify::without_dropout;
use crate::tokenize::{Item, Targets};
use crate::{Error, Result};
use affine::analyze;
use candle_core::{DType, Tensor};
use engraft_plugin::plan::check::symbols;
use engraft_plugin::plan::{Graft, Plan, Site};
use engraft_plugin::{Random, Task};
use fold::{Values, fold};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is to be merged.
#[derive(Clone, Debug)]
pub struct Merge<'a> {
    /// The folder of the base model.
    pub model: &'a Path,
    /// The folder of the graft.
    pub graft: &'a Path,
    /// What a graft that PEFT wrote predicts; others know it.
    pub task: Option<&'a Task>,
    /// The folder that is written; none to find out only whether it can be.
    pub into: Option<&'a Path>,
    /// The largest difference of logits that is allowed.
    pub tolerance: f64,
    /// Which base models will do.
    pub base: Base,
}

/// What was merged.
#[derive(Clone, Debug, Serialize)]
pub struct Merged {
    /// The method that trained the graft.
    pub method: String,
    /// Where each graft went.
    pub folded: Vec<Folded>,
    /// The largest difference between the logits of the graft and of the merged model on the probe texts.
    pub difference: f64,
    /// The largest logit among them.
    pub largest: f64,
    /// Probe texts.
    pub texts: usize,
    /// Their tokens.
    pub tokens: usize,
    /// The folder that was written.
    pub folder: Option<PathBuf>,
}

/// A graft and the sites whose weights took it in.
#[derive(Clone, Debug, Serialize)]
pub struct Folded {
    /// The graft's name in the plan.
    pub graft: String,
    /// The names of the sites.
    pub sites: Vec<String>,
}

/// Probe texts of a merge.
const PROBES: usize = 16;
/// Most tokens of a probe text.
const LONGEST: usize = 64;

/// Merges a graft into its base model.
///
/// # Errors
/// [`Error::Unmergeable`] with every graft that does not fold, [`Error::MergeDiffers`] beyond the tolerance, what is
/// wrong with either folder, [`Error::Unwritable`].
pub fn merge(request: &Merge<'_>) -> Result<Merged> {
    let grafted = open(request.model, request.graft, request.task, request.base)?;
    let Grafted { config, task, plan, network, tensors } = &grafted;
    let folded = sites(plan, network)?;
    let machine = Machine::cpu(DType::F32);
    let all = weights::gather(network, tensors, request.graft, &machine, 0, true)?;
    let values: Values<'_> = network.parameters.iter().zip(&all).map(|(p, t)| (p.name.as_str(), t)).collect();
    let mut new: BTreeMap<String, Tensor> = BTreeMap::new();
    for site in network.map.sites.iter().filter(|site| folded.iter().any(|f| f.sites.contains(&site.name))) {
        if !plan.grafts.iter().any(|graft| stands_at(graft, site)) {
            continue; // another kind of site of the same name
        }
        for (name, tensor) in fold(config, plan, site, &values)? {
            new.insert(name, tensor.to_dtype(DType::F32)?);
        }
    }
    let merged = Network::new(config, &Dropouts::default(), task, None)?;
    let take = |p: &crate::model::Parameter| match new.get(&p.name) {
        Some(tensor) => Ok(tensor.clone()),
        None => values.get(p.name.as_str()).map(|t| (*t).clone()).ok_or_else(|| missing(&p.name)),
    };
    let whole: Vec<Tensor> = merged.parameters.iter().map(take).collect::<Result<_>>()?;

    let probes = probes(config.vocab, config.max_tokens());
    let before = logits(&grafted, network, &all, &machine, &probes)?;
    let after = logits(&grafted, &merged, &whole, &machine, &probes)?;
    let numbers = || before.iter().flatten().zip(after.iter().flatten());
    let difference = numbers().map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    let largest = numbers().map(|(a, _)| f64::from(a.abs())).fold(0.0, f64::max);
    // A logit that is no number differs from everything.
    if !(difference <= request.tolerance && numbers().all(|(a, b)| (a - b).is_finite())) {
        return Err(Error::MergeDiffers { difference, tolerance: request.tolerance });
    }
    if let Some(into) = request.into {
        let plan = Plan::new(plan.method.clone());
        let saved = Saved { network: &merged, plan: &plan, task, base_folder: request.model, base_source: "merged" };
        saved.write_into(into, &BTreeMap::new(), &whole)?;
    }
    let tokens = probes.iter().map(|item| item.ids.len()).sum();
    let (method, folder) = (plan.method.clone(), request.into.map(Path::to_owned));
    Ok(Merged { method, folded, difference, largest, texts: PROBES, tokens, folder })
}

fn missing(name: &str) -> Error {
    Error::Program(format!("`{name}` has no value"))
}

fn stands_at(graft: &Graft, site: &Site) -> bool {
    graft.at.kind == site.kind && graft.at.select.matches(&site.name)
}

/// The sites of each graft, if all of them fold.
fn sites(plan: &Plan, network: &Network) -> Result<Vec<Folded>> {
    let refuse = |reasons| Err(Error::Unmergeable { method: plan.method.clone(), reasons });
    if plan.grafts.is_empty() && !network.parameters.iter().any(|p| matches!(p.origin, Origin::Graft { .. })) {
        return refuse(vec!["it has no graft: expected a plan with grafts, found one that trains weights".to_owned()]);
    }
    let (mut folded, mut reasons) = (Vec::new(), Vec::new());
    for graft in &plan.grafts {
        let here: Vec<&Site> = network.map.sites.iter().filter(|site| stands_at(graft, site)).collect();
        let bent = here.iter().find_map(|site| {
            let bend = analyze(graft, site.kind, &symbols(plan, &network.map, site)).err()?;
            Some((site, bend))
        });
        match bent {
            None => {
                let sites = here.iter().map(|site| site.name.clone()).collect();
                folded.push(Folded { graft: graft.name.clone(), sites });
            }
            Some((site, bend)) => {
                let others = match here.len() {
                    1 => String::new(),
                    n => format!(" and {} more", n - 1),
                };
                let step = bend.step.map(|step| format!(", step `{step}`")).unwrap_or_default();
                reasons.push(format!("graft `{}` at {}{others}{step}: {}", graft.name, site.name, bend.why));
            }
        }
    }
    if reasons.is_empty() { Ok(folded) } else { refuse(reasons) }
}

/// Texts of random tokens, of lengths from 2 up: the same at every merge of a model.
fn probes(vocab: usize, max_tokens: usize) -> Vec<Item> {
    let mut random = Random::new(engraft_plugin::seed(0, &["merge"]));
    let longest = LONGEST.min(max_tokens);
    let one = |at: usize| {
        let length = 2 + at * longest.saturating_sub(2) / (PROBES - 1);
        let ids = (0..length).map(|_| (random.uniform() * vocab as f64) as u32).collect();
        Item { example: at, ids, units: Vec::new(), targets: Targets::None }
    };
    (0..PROBES).map(one).collect()
}

/// The logits of a network on the probe texts, text by text.
fn logits(
    grafted: &Grafted,
    network: &Network,
    weights: &[Tensor],
    machine: &Machine,
    probes: &[Item],
) -> Result<Vec<Vec<f32>>> {
    let outputs = vec![network.logits, network.loss];
    let mut session = Session::new(machine.clone(), without_dropout(&network.program), outputs, Gradients::default());
    for (parameter, weight) in network.parameters.iter().zip(weights) {
        session.set(parameter.id, weight.clone());
    }
    let feeder = Feeder::new(machine, &grafted.config, &grafted.task).with(network.added);
    let limits = Limits { size: PROBES, tokens: usize::MAX };
    Ok(infer(&mut session, &feeder, probes, limits, 1.0)?.logits)
}
