//! Trained grafts as parts of new plans: frozen, with the values that they were trained to.
//!
//! A run names them in `[model.grafts]`, the engine puts their plans into [`ModelMap::grafts`]. A method takes whole
//! grafts over ([`Trained::grafts`]: other parts stand above them), or what each adds at a site
//! ([`junctions`](super::junctions): parts are weighed). Either way the values travel with the new graft, which needs
//! the folders no longer.

use super::{Arg, Dim, Dims, Graft, Init, ModelMap, Parameter, Plan, Select, Step};
use crate::{Error, Result};
use std::collections::BTreeMap;

/// A trained graft of [`ModelMap::grafts`].
#[derive(Clone, Copy, Debug)]
pub struct Trained<'m> {
    /// Its name there.
    pub name: &'m str,
    plan: &'m Plan,
}

impl ModelMap {
    /// The trained grafts of these names, in this order; all of them where no name is given.
    ///
    /// # Errors
    /// `settings.grafts` for a name that the run does not have, and where it has none at all.
    pub fn trained(&self, names: &[String]) -> Result<Vec<Trained<'_>>> {
        let all = || self.grafts.iter().map(|(name, plan)| Trained { name, plan });
        if self.grafts.is_empty() {
            let why = "`grafts`: expected trained grafts in [model.grafts], each a name and a folder, found none";
            return Err(Error::new("settings.grafts", why));
        }
        if names.is_empty() {
            return Ok(all().collect());
        }
        let one = |name: &String| {
            all().find(|trained| trained.name == name).ok_or_else(|| {
                let known: Vec<_> = self.grafts.keys().map(String::as_str).collect();
                let why = format!("`grafts`: expected names of [model.grafts] ({}), found `{name}`", known.join(", "));
                Error::new("settings.grafts", why)
            })
        };
        names.iter().map(one).collect()
    }
}

impl Trained<'_> {
    /// The parameters that all its grafts see, frozen; their names begin with its own.
    ///
    /// # Errors
    /// As [`grafts`](Self::grafts).
    pub fn shared(&self) -> Result<Vec<Parameter>> {
        let named = self.names();
        let one = |parameter| {
            let frozen = self.frozen(parameter, "shared.{name}", &named)?;
            Ok(Parameter { name: named[&frozen.name].clone(), ..frozen })
        };
        self.plan.shared.iter().map(one).collect()
    }

    /// Its grafts, frozen, at the sites that this model has. Penalties and budgets are of training, and left out.
    ///
    /// # Errors
    /// `settings.grafts` for values that its folder does not hold, and when the model has none of its sites.
    pub fn grafts(&self, model: &ModelMap) -> Result<Vec<Graft>> {
        let named = self.names();
        let mut grafts = Vec::new();
        for graft in &self.plan.grafts {
            let here = model.sites.iter().filter(|s| s.kind == graft.at.kind && graft.at.select.matches(&s.name));
            let sites: Vec<String> = here.map(|site| site.name.clone()).collect();
            if sites.is_empty() {
                continue;
            }
            let mut frozen = graft.clone();
            frozen.name = format!("{}.{}", self.name, graft.name);
            frozen.at.select = Select::Many(sites);
            let key = format!("{}.{{site}}.{{name}}", graft.name);
            let own = graft.parameters.iter().map(|parameter| self.frozen(parameter, &key, &named));
            frozen.parameters = own.collect::<Result<_>>()?;
            let mut known = named.clone();
            frozen.steps = self.steps(&graft.steps, &mut known);
            let values =
                frozen.gives.values_mut().chain(frozen.observes.iter_mut().map(|observed| &mut observed.value));
            values.for_each(|value| *value = known.get(value).unwrap_or(value).clone());
            frozen.exports = BTreeMap::new();
            frozen.penalties = Vec::new();
            grafts.push(frozen);
        }
        if grafts.is_empty() {
            let why = format!("`grafts`: expected a graft at sites of this model, found none of `{}`", self.name);
            return Err(Error::new("settings.grafts", why));
        }
        Ok(grafts)
    }

    /// New names of what all its grafts see.
    fn names(&self) -> BTreeMap<String, String> {
        let shared = self.plan.shared.iter();
        shared.map(|parameter| (parameter.name.clone(), format!("{}.{}", self.name, parameter.name))).collect()
    }

    /// A parameter that stays what it is; `unnamed` is its key where the plan gives none.
    fn frozen(&self, parameter: &Parameter, unnamed: &str, named: &BTreeMap<String, String>) -> Result<Parameter> {
        let key = if parameter.key.is_empty() { unnamed } else { &parameter.key };
        let key = key.replace("{name}", &parameter.name);
        let init = match &parameter.init {
            _ if parameter.save => Init::Graft { name: self.name.to_owned(), key: key.clone() },
            Init::Computed { steps, value } => {
                Init::Computed { steps: self.steps(steps, &mut named.clone()), value: value.clone() }
            }
            fixed @ (Init::Zeros | Init::Ones | Init::Constant(_) | Init::Values(_) | Init::Base(_)) => fixed.clone(),
            drawn => {
                let (graft, name) = (self.name, &parameter.name);
                let why =
                    format!("`grafts`: parameter `{name}` of `{graft}` is drawn ({drawn:?}) and not in its folder");
                return Err(Error::new("settings.grafts", why));
            }
        };
        let key = format!("grafts.{}.{key}", self.name);
        let shape = parameter.shape.iter().map(|dim| number(dim, &self.plan.dims)).collect();
        Ok(Parameter { shape, init, key, train: false, lr: 1.0, decay: None, ..parameter.clone() })
    }

    /// Steps with numbers in the places of the plan's dims, and new names of what is shared. They speak as outside of
    /// training: what `dropout` gave is its operand, under which name it stands in `named` afterwards.
    fn steps(&self, steps: &[Step], named: &mut BTreeMap<String, String>) -> Vec<Step> {
        let dims = &self.plan.dims;
        let mut kept = Vec::with_capacity(steps.len());
        for step in steps {
            let arg = |(at, arg): (usize, &Arg)| match arg {
                Arg::Name(name) if is_operand(&step.op, at) => Arg::Name(named.get(name).unwrap_or(name).clone()),
                Arg::Name(name) => dims.get(name).map_or_else(|| arg.clone(), |&n| Arg::Number(n as f64)),
                Arg::List(list) => Arg::List(list.iter().map(|dim| number(dim, dims)).collect()),
                Arg::Number(_) => arg.clone(),
            };
            let args: Vec<Arg> = step.args.iter().enumerate().map(arg).collect();
            match (step.op.as_str(), args.first()) {
                ("dropout", Some(Arg::Name(whole))) => drop(named.insert(step.name.clone(), whole.clone())),
                _ => kept.push(Step { args, ..step.clone() }),
            }
        }
        kept
    }
}

fn number(dim: &Dim, dims: &Dims) -> Dim {
    match dim {
        Dim::Name(name) => dims.get(name).map_or_else(|| dim.clone(), |&n| Dim::Number(n)),
        Dim::Number(_) => dim.clone(),
    }
}

/// Whether a name in this place of a step is a value's; elsewhere it is a dim's or a choice of the operation.
pub(super) fn is_operand(op: &str, at: usize) -> bool {
    match op {
        "narrow" | "index" | "pool" | "svd" | "keep_top" => at == 0,
        "noise" => at == 1,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{At, GraftBuilder, SiteKind};

    fn plan() -> Plan {
        let graft = GraftBuilder::at("vera", At::new(SiteKind::Linear, Select::One("query".into())));
        let d = graft.parameter("d", &["r"]).key("{site}.d").lr(4.0).add();
        let down = graft.site("A").narrow(-1, 0, "r");
        graft.gives("output", graft.y() + graft.x().dropout(0.5).matmul_t(down) * d);
        Plan::new("vera").dim("r", 3).share(Parameter::new("A", &["r", "hidden"]).key("A")).graft(graft)
    }

    #[test]
    fn shared_parameters_and_dims_of_two_trained_grafts_do_not_meet() {
        let plan = plan();
        let trained = Trained { name: "en", plan: &plan };
        let shared = trained.shared().unwrap();
        assert_eq!((shared[0].name.as_str(), shared[0].key.as_str()), ("en.A", "grafts.en.A"));
        assert_eq!(shared[0].shape, [Dim::Number(3), Dim::from("hidden")]);
        assert_eq!(shared[0].init, Init::Graft { name: "en".into(), key: "A".into() });
        let steps = trained.steps(&plan.grafts[0].steps, &mut trained.names());
        assert_eq!(steps[0].args[0], Arg::Name("en.A".into()));
        assert_eq!(steps[0].args[3], Arg::Number(3.0));
        // What was dropped out in its training is whole now.
        assert_eq!(steps[1].args[..], [Arg::Name("x".into()), Arg::Name("v0".into())]);
        let d = trained.frozen(&plan.grafts[0].parameters[0], "", &trained.names()).unwrap();
        assert!(!d.train && d.lr == 1.0 && d.key == "grafts.en.{site}.d");
    }

    #[test]
    fn what_is_drawn_and_not_saved_is_refused() {
        let mut plan = plan();
        plan.shared[0].save = false;
        plan.shared[0].init = Init::Normal(1.0);
        let error = Trained { name: "en", plan: &plan }.shared().unwrap_err();
        assert_eq!(error.code, "settings.grafts");
        assert!(error.message.contains("parameter `A` of `en` is drawn"), "{}", error.message);
    }
}
