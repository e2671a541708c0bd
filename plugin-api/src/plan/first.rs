//! Checks the first values of parameters.

use super::check::{MAX_VALUES, walk};
use super::op::MOST_DECOMPOSED;
use super::types::{Rows, Type};
use super::{Dims, Init, Parameter};
use std::collections::BTreeMap;

/// Whether a parameter of this type can begin so; `known` are the site's values, the shared parameters and
/// those before it.
pub(super) fn check_init(
    parameter: &Parameter,
    kind: &Type,
    known: &BTreeMap<String, Type>,
    dims: &Dims,
) -> Result<(), String> {
    let numbers = kind.width();
    let shorter = kind.last().map_or(1, |columns| columns.min(numbers / columns.max(1)));
    if matches!(parameter.init, Init::Orthogonal(_)) && shorter > MOST_DECOMPOSED {
        return Err(format!("expected a side of at most {MOST_DECOMPOSED} to begin orthogonal, found {kind}"));
    }
    let is_finite = match &parameter.init {
        Init::Constant(n) | Init::Normal(n) | Init::Uniform(n) | Init::Orthogonal(n) => n.is_finite(),
        Init::KaimingUniform { a } => a.is_finite(),
        Init::Values(values) => {
            if values.len() != numbers || values.len() * 4 > MAX_VALUES {
                let found = values.len();
                return Err(format!("expected {numbers} values and at most {MAX_VALUES} bytes, found {found}"));
            }
            values.iter().all(|v| v.is_finite())
        }
        Init::Base(what) => return copied(parameter, kind, known, what),
        Init::Rows(rows) if rows.is_empty() => return Err("expected a row or more, found none".to_owned()),
        Init::Sample | Init::Text(_) | Init::Rows(_) => return copied(parameter, kind, known, "weight"),
        Init::Computed { steps, value } => return computed(kind, known, dims, steps, value),
        _ => true,
    };
    if is_finite { Ok(()) } else { Err("expected finite first values, found NaN or an infinity".to_owned()) }
}

/// What is copied from the site has its shape; rows of it, its width.
fn copied(parameter: &Parameter, kind: &Type, known: &BTreeMap<String, Type>, what: &str) -> Result<(), String> {
    let name = if what == "weight" { "w" } else { what };
    let Some(base) = known.get(name).filter(|_| ["w", "bias"].contains(&name)) else {
        return Err(format!("its first values are the site's `{what}`, which it does not have"));
    };
    let is_whole = matches!(parameter.init, Init::Base(_));
    let fits = if is_whole { base == kind } else { base.shape.len() == 2 && base.shape[1..] == kind.shape[1..] };
    if fits { Ok(()) } else { Err(format!("its first values come from `{what}`, {base}, and it is {kind}")) }
}

fn computed(
    kind: &Type,
    known: &BTreeMap<String, Type>,
    dims: &Dims,
    steps: &[super::Step],
    value: &str,
) -> Result<(), String> {
    let is_static = |(_, kind): &(&String, &Type)| kind.rows == Rows::Static;
    let mut types = known.iter().filter(is_static).map(|(name, kind)| (name.clone(), kind.clone())).collect();
    walk(steps, &mut types, dims, true).map_err(|why| format!("first values, {why}"))?;
    match types.get(value) {
        Some(found) if found == kind => Ok(()),
        Some(found) => Err(format!("first values: expected {kind}, found {found}")),
        None => Err(format!("first values: `{value}` is none of their steps")),
    }
}
