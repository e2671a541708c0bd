//! Plans as formulas, for people.

use engraft_plugin::plan::{Arg, Dim, Graft, Plan, Select, Step};
use std::collections::BTreeMap;

/// One line a graft: `lora at 24 linear sites: output = y + dropout(x, 0.1)·Aᵀ·Bᵀ · 2`.
pub fn formulas(plan: &Plan) -> Vec<String> {
    let trains = plan.trains.iter().map(|t| {
        let rate = if t.lr == 1.0 { String::new() } else { format!(" at {} × the learning rate", t.lr) };
        format!("trains {}{rate}", weights(&t.select))
    });
    trains.chain(plan.grafts.iter().map(graft)).collect()
}

/// Which of the model's own weights.
fn weights(select: &Select) -> String {
    match select {
        Select::One(pattern) if pattern == "*" => "all weights".to_owned(),
        Select::One(pattern) => format!("the weights `{pattern}`"),
        Select::Many(names) => format!("{} weights", names.len()),
    }
}

fn graft(graft: &Graft) -> String {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for arg in graft.steps.iter().flat_map(|step| &step.args) {
        if let Arg::Name(name) = arg {
            *uses.entry(name).or_default() += 1;
        }
    }
    let mut lines = Vec::new();
    for step in &graft.steps {
        let text = formula(step, &known);
        // What is used once is written in its place; what is used more often gets a line.
        if uses.get(step.name.as_str()).copied().unwrap_or(0) > 1 {
            lines.push(format!("{} = {text}", step.name));
            known.insert(&step.name, step.name.clone());
        } else {
            known.insert(&step.name, text);
        }
    }
    for (what, value) in &graft.gives {
        lines.push(format!("{what} = {}", known.get(value.as_str()).unwrap_or(value)));
    }
    let sites = match &graft.at.select {
        Select::Many(names) => format!("{} {} sites", names.len(), graft.at.kind),
        Select::One(pattern) => format!("{} sites `{pattern}`", graft.at.kind),
    };
    format!("{} at {sites}: {}", graft.name, lines.join("; "))
}

fn formula(step: &Step, known: &BTreeMap<&str, String>) -> String {
    let arg = |at: usize| match &step.args[at] {
        Arg::Name(name) => known.get(name.as_str()).unwrap_or(name).clone(),
        Arg::Number(number) => number.to_string(),
        Arg::List(dims) => {
            let dims = dims.iter().map(|d| match d {
                Dim::Number(n) => n.to_string(),
                Dim::Name(name) => name.clone(),
            });
            format!("[{}]", dims.collect::<Vec<_>>().join(", "))
        }
    };
    let wrap = |text: String| if text.contains(" + ") || text.contains(" − ") { format!("({text})") } else { text };
    match (step.op.as_str(), step.args.len()) {
        ("add", 2) => format!("{} + {}", arg(0), arg(1)),
        ("sub", 2) => format!("{} − {}", arg(0), wrap(arg(1))),
        ("mul", 2) => format!("{} · {}", wrap(arg(0)), wrap(arg(1))),
        ("div", 2) => format!("{} / {}", wrap(arg(0)), wrap(arg(1))),
        ("matmul", 2) => format!("{}·{}", wrap(arg(0)), wrap(arg(1))),
        ("matmul_t", 2) => format!("{}·{}ᵀ", wrap(arg(0)), wrap(arg(1))),
        (op, count) => format!("{op}({})", (0..count).map(arg).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::plan::{At, GraftBuilder, Select, SiteKind};

    #[test]
    fn a_low_rank_graft_reads_like_its_formula() {
        let at = At::new(SiteKind::Linear, Select::Many(vec!["a".into(), "b".into()]));
        let graft = GraftBuilder::at("lora", at);
        let a = graft.parameter("A", &["r", "in"]).add();
        let b = graft.parameter("B", &["out", "r"]).add();
        graft.gives("output", graft.y() + graft.x().dropout(0.1).matmul_t(a).matmul_t(b) * 2.0);
        let plan = Plan::new("lora").graft(graft);
        assert_eq!(formulas(&plan), ["lora at 2 linear sites: output = y + dropout(x, 0.1)·Aᵀ·Bᵀ · 2"]);
    }
}
