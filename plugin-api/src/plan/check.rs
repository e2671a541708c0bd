//! Says whether a plan fits a model, before anything is allocated.

use super::first::check_init;
use super::op::Op;
use super::read::dim;
use super::site::Given;
use super::types::{Rows, Type, count};
use super::{Budget, Dims, Graft, Init, ModelMap, Parameter, Plan, SCHEMA, Select, Site, Step};
use crate::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

pub use super::read::Operand;

/// Most steps a plan may have, and most parameters and grafts.
pub const MAX_STEPS: usize = 4096;
/// Static values of a graft at a site take at most so many times what the model's largest parameter takes, and so do the
/// values that no file holds, over all sites.
const LARGEST_TIMES: usize = 64;
/// Values of a row at a site have at most so many times the model's width.
const WIDTH_TIMES: usize = 1024;
/// A tiny model allows so many numbers too.
const SMALLEST: usize = 1 << 22;
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
    limit_steps(plan)?;
    for train in &plan.trains {
        if !model.parameters.iter().any(|p| train.select.matches(&p.name)) {
            let found = patterns(&train.select);
            return Err(refuse("trains", format!("expected names of the model's parameters, found {found}")));
        }
        if [train.from, train.until].into_iter().flatten().any(|part| !(0.0..=1.0).contains(&part))
            || !train.lr.is_finite()
        {
            let found = format!("{:?}, {:?}, {}", train.from, train.until, train.lr);
            let expected = "expected `from` and `until` from 0 to 1 and a finite `lr`";
            return Err(refuse("trains", format!("{expected}, found {found}")));
        }
    }
    let dims = model.dims.iter().chain(&plan.dims).map(|(k, v)| (k.clone(), *v)).collect();
    let shared = parameters("shared", &plan.shared, &dims, &BTreeMap::new())?;
    let all = plan.shared.iter().chain(plan.grafts.iter().flat_map(|graft| &graft.parameters));
    if plan.trains.is_empty() && !all.clone().any(|parameter| parameter.train) {
        let why = "nothing trains: expected a parameter that trains, or `trains`, found neither";
        return Err(refuse(&format!("plan `{}`", plan.method), why));
    }
    let (mut names, mut unsaved) = (BTreeSet::new(), 0);
    for graft in &plan.grafts {
        if !names.insert(&graft.name) {
            return Err(refuse(&format!("graft `{}`", graft.name), "a second graft of this name"));
        }
        let sites = model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name));
        let mut is_anywhere = false;
        for site in sites {
            is_anywhere = true;
            unsaved += at_site(graft, site, plan, model, &shared)?;
            if unsaved > room(model) {
                let why = format!("expected at most {} numbers that no file holds, found more", room(model));
                return Err(refuse(&format!("graft `{}` at {}", graft.name, site.name), why));
            }
        }
        if !is_anywhere {
            let kind = graft.at.kind;
            let mut known: Vec<_> = model.sites.iter().filter(|s| s.kind == kind).map(|s| s.name.as_str()).collect();
            known.truncate(3);
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let found = patterns(&graft.at.select);
            let why = format!("expected {kind} sites of this model ({known} …), found {found}, which is none");
            return Err(refuse(&format!("graft `{}`", graft.name), why));
        }
    }
    budgets(plan)?;
    one_prompt(plan)
}

/// What a budget names is there, and its numbers make sense.
fn budgets(plan: &Plan) -> Result<()> {
    for budget in &plan.budgets {
        let place = format!("budget of `{}`", budget.graft);
        let of = |graft: &&Graft| graft.name == budget.graft;
        let parameters = plan.grafts.iter().find(of).map(|graft| &graft.parameters[..]).unwrap_or_default();
        for name in budget.with.iter().map(|(name, _)| name).chain([&budget.gate]) {
            if !parameters.iter().any(|parameter| parameter.name == *name && parameter.train) {
                return Err(refuse(&place, format!("expected a parameter of it that trains, found `{name}`")));
            }
        }
        let Budget { from, until, smoothing, every, keep, .. } = *budget;
        let is_within = (0.0..=until).contains(&from) && until <= 1.0 && smoothing > 0.0 && smoothing < 1.0;
        if !is_within || every == 0 || keep == 0 {
            let expected = "expected 0 ≤ from ≤ until ≤ 1, smoothing between 0 and 1, `every` and `keep` above 0";
            return Err(refuse(&place, format!("{expected}, found {budget:?}")));
        }
    }
    Ok(())
}

/// Numbers that a plan's values may take beside the model.
fn room(model: &ModelMap) -> usize {
    let largest = model.parameters.iter().filter_map(|parameter| count(&parameter.shape)).max().unwrap_or(0);
    largest.saturating_mul(LARGEST_TIMES).max(SMALLEST)
}

/// What the steps of a graft give takes no more than a machine has that holds the model.
fn limit_values(graft: &Graft, types: &BTreeMap<String, Type>, model: &ModelMap) -> std::result::Result<(), String> {
    let width = model.dims.get("hidden").map_or(0, |&n| n as usize).saturating_mul(WIDTH_TIMES).max(SMALLEST);
    for (is_static, most, of) in [(true, room(model), "in all"), (false, width, "in a row")] {
        let given = graft.steps.iter().filter_map(|step| types.get(&step.name));
        let sum: usize = given.filter(|kind| (kind.rows == Rows::Static) == is_static).map(Type::width).sum();
        if sum > most {
            return Err(format!("its steps give {sum} numbers {of}: expected at most {most}"));
        }
    }
    Ok(())
}

fn limit_steps(plan: &Plan) -> Result<()> {
    let parameters = plan.shared.len() + plan.grafts.iter().map(|graft| 1 + graft.parameters.len()).sum::<usize>();
    if parameters > MAX_STEPS {
        let why = format!("expected at most {MAX_STEPS} grafts and parameters in a plan, found {parameters}");
        return Err(refuse("plan", why));
    }
    let computed = |parameter: &Parameter| match &parameter.init {
        Init::Computed { steps, .. } => steps.len(),
        _ => 0,
    };
    let of = |graft: &Graft| graft.steps.len() + graft.parameters.iter().map(computed).sum::<usize>();
    let steps: usize = plan.grafts.iter().map(of).sum::<usize>() + plan.shared.iter().map(computed).sum::<usize>();
    if steps <= MAX_STEPS {
        return Ok(());
    }
    let largest = plan.grafts.iter().max_by_key(|graft| of(graft)).map_or("shared", |graft| &graft.name);
    Err(refuse(&format!("graft `{largest}`"), format!("expected at most {MAX_STEPS} steps in a plan, found {steps}")))
}

/// The sequences of a batch have one number of prompt rows, and their tokens one shift of positions.
fn one_prompt(plan: &Plan) -> Result<()> {
    use super::SiteKind::{Attention, Prompt};
    let mut added = plan.grafts.iter().filter(|graft| matches!(graft.at.kind, Attention | Prompt));
    let Some(first) = added.next() else { return Ok(()) };
    let mut others =
        added.filter(|g| g.at.positions != first.at.positions || g.at.kind == Prompt && first.at.kind == Prompt);
    match others.next() {
        None => Ok(()),
        Some(other) => {
            let why = format!(
                "expected one prompt and one shift of positions in a plan, found those of `{}` ({}) too ({})",
                first.name, first.at.positions, other.at.positions
            );
            Err(refuse(&format!("graft `{}`", other.name), why))
        }
    }
}

fn patterns(select: &Select) -> String {
    match select {
        Select::One(pattern) => format!("`{pattern}`"),
        Select::Many(patterns) => format!("`{}`", patterns.join("`, `")),
    }
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

fn parameters(
    place: &str,
    list: &[Parameter],
    dims: &Dims,
    sees: &BTreeMap<String, Type>,
) -> Result<BTreeMap<String, Type>> {
    let (mut own, mut known) = (BTreeMap::new(), sees.clone());
    for parameter in list {
        let at = format!("{place}, parameter `{}`", parameter.name);
        let shape = shape_of(parameter, dims).map_err(|why| refuse(&at, why))?;
        if shape.contains(&0) {
            return Err(refuse(&at, format!("shape {shape:?} is empty")));
        }
        if parameter.train && parameter.key.is_empty() {
            return Err(refuse(&at, "it trains and has no `key` to be saved under"));
        }
        if count(&shape).is_none() {
            return Err(refuse(&at, format!("shape {shape:?} is too large")));
        }
        let kind = Type::fixed(shape);
        check_init(parameter, &kind, &known, dims).map_err(|why| refuse(&at, why))?;
        known.insert(parameter.name.clone(), kind.clone());
        if own.insert(parameter.name.clone(), kind).is_some() {
            return Err(refuse(&at, "a second one of this name"));
        }
    }
    Ok(own)
}

/// Adds what steps give to the types that are known; the names that were used.
///
/// # Errors
/// The step's name, and expected and found.
pub(super) fn walk(
    steps: &[Step],
    types: &mut BTreeMap<String, Type>,
    dims: &Dims,
    is_first: bool,
) -> Result<BTreeSet<String>, String> {
    let mut used = BTreeSet::new();
    let number = Type::fixed([]);
    for step in steps {
        let at = |why: String| format!("step `{}`: {why}", step.name);
        let (op, operands) = step.read(dims).map_err(at)?;
        if matches!(op, Op::Svd { .. }) && !is_first {
            return Err(at("`svd` is for first values only".to_owned()));
        }
        let mut inputs = Vec::with_capacity(operands.len());
        for operand in &operands {
            inputs.push(match operand {
                Operand::Number(_) => &number,
                Operand::Name(name) => {
                    used.insert(name.clone());
                    types.get(name).ok_or_else(|| {
                        let known: Vec<_> = types.keys().map(String::as_str).collect();
                        at(format!("`{name}` is not known before it; known: {}", known.join(", ")))
                    })?
                }
            });
        }
        let given = op.infer(&inputs).map_err(|why| at(format!("{}: {why}", step.op)))?;
        if types.insert(step.name.clone(), given).is_some() {
            return Err(at("the name is taken".to_owned()));
        }
    }
    Ok(used)
}

/// A graft at a site: how many numbers of it no file holds.
fn at_site(
    graft: &Graft,
    site: &Site,
    plan: &Plan,
    model: &ModelMap,
    shared: &BTreeMap<String, Type>,
) -> Result<usize> {
    let place = format!("graft `{}` at {}", graft.name, site.name);
    let dims = symbols(plan, model, site);
    let sees = site.kind.sees(&Site { dims: dims.clone(), ..site.clone() });
    let mut types: BTreeMap<String, Type> = sees.iter().map(|(name, t)| ((*name).to_owned(), t.clone())).collect();
    types.extend(shared.clone());
    let own = parameters(&place, &graft.parameters, &dims, &types)?;
    if let Some(taken) = own.keys().find(|name| types.contains_key(*name)) {
        return Err(refuse(&place, format!("parameter `{taken}`: the name is taken")));
    }
    types.extend(own.clone());
    let mut used = walk(&graft.steps, &mut types, &dims, false).map_err(|why| refuse(&place, why))?;
    limit_values(graft, &types, model).map_err(|why| refuse(&place, why))?;
    used.extend(graft.gives.values().cloned());
    for penalty in &graft.penalties {
        used.insert(penalty.value.clone());
        let found = types.get(&penalty.value);
        if !found.is_some_and(|t| t.rows == Rows::Static && t.width() == 1) || !penalty.weight.is_finite() {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let why =
                format!("penalty `{}`: expected one static number and a finite weight, found {found}", penalty.value);
            return Err(refuse(&place, why));
        }
    }
    for observed in &graft.observes {
        used.insert(observed.value.clone());
        let found = types.get(&observed.value);
        if found.is_none_or(|t| t.rows == Rows::Static || t.shape[..] != [observed.labels.len()]) {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let count = observed.labels.len();
            let why = format!("`{}` observes token× or sequence×[{count}], found {found}", observed.name);
            return Err(refuse(&place, why));
        }
    }
    for (key, value) in &graft.exports {
        used.insert(value.clone());
        if types.get(value).is_none_or(|t| t.rows != Rows::Static) || key.is_empty() {
            return Err(refuse(&place, format!("export `{key}`: expected a static value, found `{value}`")));
        }
    }
    if let Some(idle) = own.keys().find(|name| !used.contains(*name) && !starts_others(name, graft)) {
        return Err(refuse(&place, format!("nothing uses parameter `{idle}`")));
    }
    gives(graft, &types, &sees, &dims, &place)?;
    let unsaved = graft.parameters.iter().filter(|parameter| !parameter.save);
    Ok(unsaved.filter_map(|parameter| own.get(&parameter.name)).map(Type::width).sum())
}

/// Whether the first values of another parameter are computed from this one.
fn starts_others(name: &str, graft: &Graft) -> bool {
    let named = |arg: &super::Arg| matches!(arg, super::Arg::Name(n) if n == name);
    graft.parameters.iter().any(|p| match &p.init {
        Init::Computed { steps, .. } => steps.iter().any(|step| step.args.iter().any(named)),
        _ => false,
    })
}

fn gives(
    graft: &Graft,
    types: &BTreeMap<String, Type>,
    sees: &BTreeMap<&'static str, Type>,
    dims: &Dims,
    place: &str,
) -> Result<()> {
    let allowed = graft.at.kind.gives();
    let is_added = allowed.iter().any(|(_, given)| matches!(given, Given::Added(_)));
    if graft.gives.is_empty() || is_added && graft.gives.len() < allowed.len() {
        let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
        return Err(refuse(place, format!("expected it to give {}, found {:?}", names.join(", "), graft.gives)));
    }
    let mut heights: BTreeSet<usize> = BTreeSet::new();
    for (what, value) in &graft.gives {
        let Some((_, given)) = allowed.iter().find(|(name, _)| name == what) else {
            let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
            let kind = graft.at.kind;
            return Err(refuse(place, format!("a {kind} site gives {}, not `{what}`", names.join(", "))));
        };
        let found = types.get(value);
        let (fits, expected) = match given {
            Given::Replaced(name) => (found == Some(&sees[name]), sees[name].to_string()),
            Given::Added(width) => {
                let width = dims.get(*width).map_or(0, |&n| n as usize);
                heights.extend(found.and_then(|t| t.shape.first()));
                let rows = |t: &Type| t.rows != Rows::Token && t.shape.len() == 2 && t.shape[1] == width;
                (found.is_some_and(rows) && heights.len() == 1, format!("static or sequence×[P, {width}]"))
            }
        };
        if !fits {
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            return Err(refuse(place, format!("`{what}` must be {expected}; `{value}` is {found}")));
        }
    }
    Ok(())
}
