//! Puts a graft's parameters and steps into the program, on what its site sees.

use super::build::{Builder, Environment, Origin};
use crate::program::{Id, Input, Source, Type};
use crate::{Error, Result};
use engraft_plugin::plan::check::{Operand, shape_of};
use engraft_plugin::plan::{self, Graft, Site};

impl<'p> Builder<'p> {
    pub(super) fn grafts(&self, site: &Site) -> Vec<&'p Graft> {
        let grafts = self.plan.map(|plan| &plan.grafts[..]).unwrap_or_default();
        grafts.iter().filter(|g| g.at.kind == site.kind && g.at.select.matches(&site.name)).collect()
    }

    /// Inserts a graft's steps; what it gives, by name.
    pub(super) fn insert(&mut self, graft: &Graft, site: &Site, sees: Environment) -> Result<Environment> {
        let Some(plan) = self.plan else { return Ok(Environment::new()) };
        let refuse = |step: &str, why: String| Error::Plan {
            method: plan.method.clone(),
            reason: format!("graft `{}` at {}, step `{step}`: {why}", graft.name, site.name),
        };
        let mut dims = site.dims.clone();
        dims.extend(plan.dims.clone());
        let mut values = sees;
        if uses(graft, "task") {
            values.insert("task".to_owned(), self.program.input(Input::Task, Type::sequence([]).integer()));
        }
        let is_parameter = |id: &Id| matches!(self.program.values[id.0].source, Source::Parameter(_));
        let mut fixed: Environment =
            values.iter().filter(|(_, id)| is_parameter(id)).map(|(name, id)| (name.clone(), *id)).collect();
        let own = graft.parameters.iter().map(|p| (p, site.name.as_str()));
        for (parameter, at) in plan.shared.iter().map(|p| (p, "")).chain(own) {
            let shape = shape_of(parameter, &dims).map_err(|why| refuse(&parameter.name, why))?;
            let name = key(parameter, graft, at, site.layer);
            let origin = Origin::Graft {
                parameter: Box::new(parameter.clone()),
                site: at.to_owned(),
                sees: fixed.clone(),
                dims: dims.clone(),
            };
            let id = self.parameter(&name, &shape, origin);
            fixed.insert(parameter.name.clone(), id);
            values.insert(parameter.name.clone(), id);
        }
        for step in &graft.steps {
            let (op, operands) = step.read(&dims).map_err(|why| refuse(&step.name, why))?;
            let mut inputs = Vec::with_capacity(operands.len());
            for operand in operands {
                inputs.push(match operand {
                    Operand::Number(number) => self.program.constant(number),
                    Operand::Name(name) => {
                        *values.get(&name).ok_or_else(|| refuse(&step.name, format!("`{name}` is not known")))?
                    }
                });
            }
            let id = self.program.push_plan(op, &inputs).map_err(|e| refuse(&step.name, e.to_string()))?;
            values.insert(step.name.clone(), id);
        }
        for (key, name) in &graft.exports {
            let id = *values.get(name).ok_or_else(|| refuse(name, "it is not known".to_owned()))?;
            self.exports.entry(key.clone()).or_insert(id);
        }
        for observed in &graft.observes {
            let id =
                *values.get(&observed.value).ok_or_else(|| refuse(&observed.value, "it is not known".to_owned()))?;
            self.observed.push((observed.clone(), id));
        }
        for penalty in &graft.penalties {
            let id = values.get(&penalty.value).ok_or_else(|| refuse(&penalty.value, "it is not known".to_owned()))?;
            self.penalties.push((*id, penalty.weight));
        }
        let given = graft.gives.iter().map(|(what, name)| {
            let id = values.get(name).ok_or_else(|| refuse(name, "it is not known".to_owned()))?;
            Ok((what.clone(), *id))
        });
        given.collect()
    }
}

/// A graft parameter's name: its key with the site filled in.
fn key(parameter: &plan::Parameter, graft: &Graft, site: &str, layer: Option<usize>) -> String {
    let template = match (parameter.key.as_str(), site) {
        ("", "") => format!("shared.{}", parameter.name),
        ("", _) => format!("{}.{{site}}.{}", graft.name, parameter.name),
        (key, _) => key.to_owned(),
    };
    let layer = layer.map(|layer| layer.to_string()).unwrap_or_default();
    template.replace("{site}", site).replace("{layer}", &layer).replace("{name}", &parameter.name)
}

pub(super) fn uses(graft: &Graft, name: &str) -> bool {
    let named = |arg: &plan::Arg| matches!(arg, plan::Arg::Name(n) if n == name);
    let is_penalty = graft.penalties.iter().any(|penalty| penalty.value == name);
    let is_observed = graft.observes.iter().any(|observed| observed.value == name);
    is_penalty
        || is_observed
        || graft.steps.iter().any(|step| step.args.iter().any(named))
        || graft.gives.values().any(|value| value == name)
}
