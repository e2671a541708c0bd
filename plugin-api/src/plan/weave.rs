//! What trained grafts add at a site, as values of one new graft: for methods that weigh them.

use super::trained::is_operand;
use super::{Arg, At, Graft, GraftBuilder, Init, ModelMap, Rows, Select, SiteKind, Step, Trained, Value};
use crate::{Error, Result};
use std::collections::BTreeMap;

/// Sites at which the same trained grafts change what comes out.
#[derive(Clone, Debug)]
pub struct Junction {
    /// The sites.
    pub at: At,
    /// What there is one of in what passes through them.
    pub rows: Rows,
    /// Which of the trained grafts stand here, by number.
    pub present: Vec<usize>,
    grafts: Vec<(String, Graft)>,
}

/// The sites of these trained grafts, those of the same grafts together, in the model's order.
///
/// # Errors
/// `settings.grafts` for a graft that changes no output (a prompt, a prefix, a norm), or that stands twice at a site.
pub fn junctions(model: &ModelMap, trained: &[Trained<'_>]) -> Result<Vec<Junction>> {
    let mut parts: Vec<(usize, Graft)> = Vec::new();
    for (number, one) in trained.iter().enumerate() {
        for graft in one.grafts(model)? {
            if !matches!(graft.at.kind, SiteKind::Linear | SiteKind::Sublayer | SiteKind::Embedding | SiteKind::Block) {
                let (kind, name) = (graft.at.kind, one.name);
                let expected = "expected grafts that change what a linear, sublayer, embedding or block site gives";
                let why = format!("`grafts`: {expected}, found one at {kind} sites in `{name}`");
                return Err(Error::new("settings.grafts", why));
            }
            parts.push((number, graft));
        }
    }
    let mut found: Vec<(Vec<usize>, Junction)> = Vec::new();
    for site in &model.sites {
        let stands = |(_, (_, graft)): &(usize, &(usize, Graft))| {
            graft.at.kind == site.kind && graft.at.select.matches(&site.name)
        };
        let here: Vec<(usize, &(usize, Graft))> = parts.iter().enumerate().filter(stands).collect();
        if here.is_empty() {
            continue;
        }
        let present: Vec<usize> = here.iter().map(|(_, (number, _))| *number).collect();
        if let Some(pair) = present.windows(2).find(|pair| pair[0] == pair[1]) {
            let (name, site) = (trained[pair[0]].name, &site.name);
            let why = format!("`grafts`: expected one graft of `{name}` at a site, found more at `{site}`");
            return Err(Error::new("settings.grafts", why));
        }
        let key: Vec<usize> = here.iter().map(|(place, _)| *place).collect();
        let same = |(other, junction): &&mut (Vec<usize>, Junction)| *other == key && junction.rows == site.rows;
        if let Some((_, junction)) = found.iter_mut().find(same) {
            if let Select::Many(sites) = &mut junction.at.select {
                sites.push(site.name.clone());
            }
            continue;
        }
        let grafts = here.iter().map(|(_, (number, graft))| (trained[*number].name.to_owned(), graft.clone()));
        let at = At::new(site.kind, Select::Many(vec![site.name.clone()]));
        found.push((key, Junction { at, rows: site.rows, present, grafts: grafts.collect() }));
    }
    Ok(found.into_iter().map(|(_, junction)| junction).collect())
}

impl Junction {
    /// What each of the grafts here adds to what the site gives without it, in the order of
    /// [`present`](Self::present): rows×[as wide as y].
    pub fn added<'g>(&self, graft: &'g GraftBuilder) -> Vec<Value<'g>> {
        self.grafts.iter().map(|(name, part)| added(name, part, graft)).collect()
    }

    /// Whether any of the grafts here looks at this value of the site.
    pub fn uses(&self, value: &str) -> bool {
        let named = |arg: &Arg| matches!(arg, Arg::Name(name) if name == value);
        self.grafts.iter().any(|(_, graft)| graft.steps.iter().any(|step| step.args.iter().any(named)))
    }
}

fn added<'g>(name: &str, part: &Graft, into: &'g GraftBuilder) -> Value<'g> {
    let mut known: BTreeMap<String, Value<'g>> = BTreeMap::new();
    let translated = |known: &BTreeMap<String, Value<'g>>, step: &Step| -> Vec<Arg> {
        let one = |(at, arg): (usize, &Arg)| match arg {
            Arg::Name(name) if is_operand(&step.op, at) => known.get(name).map_or_else(|| arg.clone(), |v| v.arg()),
            _ => arg.clone(),
        };
        step.args.iter().enumerate().map(one).collect()
    };
    for parameter in &part.parameters {
        let mut own = parameter.clone();
        own.name = format!("{name}.{}", parameter.name);
        if let Init::Computed { steps, .. } = &mut own.init {
            steps.iter_mut().for_each(|step| step.args = translated(&known, step));
        }
        known.insert(parameter.name.clone(), into.put(own));
    }
    let output = part.gives.get("output");
    let mut sum = None;
    for step in &part.steps {
        let args = translated(&known, step);
        match (step.op.as_str(), &args[..]) {
            // y + s adds s, without the rounding of (y + s) − y.
            ("add", [Arg::Name(y), Arg::Name(s)] | [Arg::Name(s), Arg::Name(y)])
                if y == "y" && output == Some(&step.name) =>
            {
                sum = Some(into.named(s));
            }
            _ => drop(known.insert(step.name.clone(), into.step(&step.op, args))),
        }
    }
    let given = |what: &str| part.gives.get(what).map(|n| known.get(n).copied().unwrap_or_else(|| into.named(n)));
    match (sum, given("output")) {
        (Some(sum), _) => sum,
        (None, Some(output)) => output - into.y(),
        (None, None) => {
            let x = given("input").unwrap_or_else(|| into.x());
            let w = given("weight").unwrap_or_else(|| into.w());
            let bias = given("bias").unwrap_or_else(|| into.site("bias"));
            x.matmul_t(w) + bias - into.y()
        }
    }
}
