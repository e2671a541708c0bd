//! Says whether a plan fits a model, before anything is allocated.

use super::read::dim;
use super::types::Type;
use super::{Dims, Graft, ModelMap, Parameter, Plan, SCHEMA, Site};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

pub use super::read::Operand;

/// Most steps a plan may have.
pub const MAX_STEPS: usize = 4096;
/// Most bytes of literal values a plan may carry.
pub const MAX_VALUES: usize = 64 << 20;

fn refuse(place: &str, why: impl std::fmt::Display) -> Error {
    Error::new("plan.refused", format!("{place}: {why}"))
}

/// Checks form, limits, names, row types and shapes, at every site that each graft selects.
///
/// # Errors
/// `plan.refused`, naming graft, step and site, expected and found.
pub fn check(plan: &Plan, model: &ModelMap) -> Result<()> {
    if plan.schema != SCHEMA {
        return Err(refuse("plan", format!("expected schema `{SCHEMA}`, found `{}`", plan.schema)));
    }
    let steps: usize = plan.grafts.iter().map(|g| g.steps.len()).sum();
    if steps > MAX_STEPS {
        return Err(refuse("plan", format!("{steps} steps are more than {MAX_STEPS}")));
    }
    for train in &plan.trains {
        if !model.parameters.iter().any(|p| train.select.matches(&p.name)) {
            return Err(refuse("trains", format!("{:?} matches no parameter of the model", train.select)));
        }
    }
    let shared = parameters("shared", &plan.shared, &[&model.dims, &plan.dims])?;
    let mut names = BTreeSet::new();
    for graft in &plan.grafts {
        if !names.insert(&graft.name) {
            return Err(refuse(&graft.name, "a second graft of this name"));
        }
        let sites = model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name));
        let mut is_anywhere = false;
        for site in sites {
            is_anywhere = true;
            at_site(graft, site, plan, model, &shared)?;
        }
        if !is_anywhere {
            return Err(refuse(&graft.name, format!("its selection matches no {} site of this model", graft.at.kind)));
        }
    }
    Ok(())
}

/// The symbols in force at a site: the model's, the site's, the plan's.
pub fn symbols(plan: &Plan, model: &ModelMap, site: &Site) -> Dims {
    [&model.dims, &site.dims, &plan.dims].into_iter().flatten().map(|(k, v)| (k.clone(), *v)).collect()
}

/// The resolved shape of a parameter.
///
/// # Errors
/// Names the dim that stands for nothing.
pub fn shape_of(parameter: &Parameter, dims: &Dims) -> Result<Vec<usize>, String> {
    parameter.shape.iter().map(|d| dim(d, dims)).collect()
}

fn parameters(place: &str, list: &[Parameter], dims: &[&Dims]) -> Result<BTreeMap<String, Type>> {
    let dims: Dims = dims.iter().copied().flatten().map(|(k, v)| (k.clone(), *v)).collect();
    let mut types = BTreeMap::new();
    for parameter in list {
        let at = format!("{place}, parameter `{}`", parameter.name);
        let shape = shape_of(parameter, &dims).map_err(|why| refuse(&at, why))?;
        if shape.contains(&0) {
            return Err(refuse(&at, format!("shape {shape:?} is empty")));
        }
        if parameter.train && parameter.key.is_empty() {
            return Err(refuse(&at, "it trains and has no `key` to be saved under"));
        }
        let numbers = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        if numbers.is_none_or(|n| n as u64 > 1 << 32) {
            return Err(refuse(&at, format!("shape {shape:?} is too large")));
        }
        check_init(parameter, numbers.unwrap_or(0)).map_err(|why| refuse(&at, why))?;
        if types.insert(parameter.name.clone(), Type::fixed(shape)).is_some() {
            return Err(refuse(&at, "a second one of this name"));
        }
    }
    Ok(types)
}

fn check_init(parameter: &Parameter, numbers: usize) -> Result<(), String> {
    use super::Init;
    let finite = match &parameter.init {
        Init::Constant(n) | Init::Normal(n) | Init::Uniform(n) | Init::KaimingUniform { a: n } => n.is_finite(),
        Init::Values(values) => {
            if values.len() != numbers || values.len() * 4 > MAX_VALUES {
                return Err(format!(
                    "expected {numbers} values and at most {MAX_VALUES} bytes, found {}",
                    values.len()
                ));
            }
            values.iter().all(|v| v.is_finite())
        }
        _ => true,
    };
    if finite { Ok(()) } else { Err("its first values are not finite".to_owned()) }
}

fn at_site(graft: &Graft, site: &Site, plan: &Plan, model: &ModelMap, shared: &BTreeMap<String, Type>) -> Result<()> {
    let place = format!("graft `{}` at {}", graft.name, site.name);
    let dims = symbols(plan, model, site);
    let own = parameters(&place, &graft.parameters, &[&dims])?;
    let sees = site.kind.sees(site);
    let mut types: BTreeMap<String, Type> = sees.iter().map(|(name, t)| ((*name).to_owned(), t.clone())).collect();
    types.extend(shared.clone());
    types.extend(own.clone());
    let mut used = BTreeSet::new();
    for step in &graft.steps {
        let at = format!("{place}, step `{}`", step.name);
        let (op, operands) = step.read(&dims).map_err(|why| refuse(&at, why))?;
        let number = Type::fixed([]);
        let mut inputs = Vec::with_capacity(operands.len());
        for operand in &operands {
            inputs.push(match operand {
                Operand::Number(_) => &number,
                Operand::Name(name) => {
                    used.insert(name.clone());
                    types.get(name).ok_or_else(|| {
                        let known: Vec<_> = types.keys().map(String::as_str).collect();
                        refuse(&at, format!("`{name}` is not known before it; known: {}", known.join(", ")))
                    })?
                }
            });
        }
        let given = op.infer(&inputs).map_err(|why| refuse(&at, why))?;
        if types.insert(step.name.clone(), given).is_some() {
            return Err(refuse(&at, "the name is taken"));
        }
    }
    used.extend(graft.gives.values().cloned());
    if let Some(idle) = own.keys().find(|name| !used.contains(*name)) {
        return Err(refuse(&place, format!("nothing uses parameter `{idle}`")));
    }
    gives(graft, site, &types, &sees, &place)
}

fn gives(
    graft: &Graft,
    site: &Site,
    types: &BTreeMap<String, Type>,
    sees: &BTreeMap<&'static str, Type>,
    place: &str,
) -> Result<()> {
    if graft.gives.is_empty() {
        return Err(refuse(place, "it gives nothing"));
    }
    for (what, value) in &graft.gives {
        let allowed = site.kind.gives();
        let Some((_, replaced)) = allowed.iter().find(|(name, _)| name == what) else {
            let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
            return Err(refuse(place, format!("a {} site gives {}, not `{what}`", site.kind, names.join(", "))));
        };
        let (expected, found) = (&sees[replaced], types.get(value));
        if found != Some(expected) {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            return Err(refuse(place, format!("`{what}` must be {expected}; `{value}` is {found}")));
        }
    }
    Ok(())
}
