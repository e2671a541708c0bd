//! Plans of trained grafts for `tiny-bert`, to try methods on that build upon some.

use engraft_plugin::plan::{GraftBuilder, Init, Parameter, Plan, Save, SiteKind};

use crate::model::tiny_bert;

/// The names of the plans that there are.
pub(crate) const NAMES: [&str; 5] = ["bottleneck", "loha", "lora", "prefix", "vera"];

/// A plan as a trained graft has it, of one of five forms: `lora` (at query and value, with dropout), `loha` (a weight, at
/// value), `vera` (with shared parameters, at query), `bottleneck` (behind feed-forward), `prefix`.
///
/// # Panics
/// For another name.
pub fn trained(form: &str) -> Plan {
    let model = tiny_bert();
    let linears = |targets: &[&str]| model.linears(targets).expect("linear layers of tiny-bert");
    let plan = Plan::new(form).save(Save::engraft());
    match form {
        "lora" => {
            let graft = GraftBuilder::at("lora", linears(&["query", "value"]));
            let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() });
            let a = a.key("{site}.lora_A").add();
            let b = graft.parameter("B", &["out", "r"]).key("{site}.lora_B").add();
            graft.gives("output", graft.y() + graft.x().dropout(0.1).matmul_t(a).matmul_t(b) * 2.0);
            plan.dim("r", 4).graft(graft)
        }
        "loha" => {
            let graft = GraftBuilder::at("loha", linears(&["value"]));
            let tall = |name, key| graft.parameter(name, &["out", "r"]).key(key).add();
            let wide = |name, key| graft.parameter(name, &["r", "in"]).key(key).add();
            let one = tall("w1_a", "{site}.w1_a").matmul(wide("w1_b", "{site}.w1_b"));
            let two = tall("w2_a", "{site}.w2_a").matmul(wide("w2_b", "{site}.w2_b"));
            graft.gives("weight", graft.w() + one * two);
            plan.dim("r", 3).graft(graft)
        }
        "vera" => {
            let graft = GraftBuilder::at("vera", linears(&["query"]));
            let d = graft.parameter("d", &["r"]).init(Init::Constant(0.1)).key("{site}.d").add();
            let b = graft.parameter("b", &["out"]).key("{site}.b").add();
            let h = graft.x().matmul_t(graft.site("A").narrow(-1, 0, "in")) * d;
            graft.gives("output", graft.y() + h.matmul_t(graft.site("B").narrow(-2, 0, "out")) * b);
            let shared =
                |name: &str, shape: &[&str]| Parameter::new(name, shape).init(Init::Normal(0.1)).key(name).frozen();
            let plan = plan.share(shared("A", &["r", "hidden"])).share(shared("B", &["hidden", "r"]));
            plan.dim("r", 6).graft(graft)
        }
        "bottleneck" => {
            let branches = ["bert.encoder.layer.0.output", "bert.encoder.layer.1.output"];
            let at = model.sites_of(SiteKind::Sublayer, &branches).expect("feed-forward branches of tiny-bert");
            let graft = GraftBuilder::at("bottleneck", at);
            let wide = |name, shape: &[&str], key| graft.parameter(name, shape).init(Init::Normal(0.02)).key(key).add();
            let (down, up) = (wide("D", &["m", "hidden"], "{site}.D"), wide("U", &["hidden", "m"], "{site}.U"));
            let d = graft.parameter("d", &["m"]).key("{site}.d").add();
            let u = graft.parameter("u", &["hidden"]).key("{site}.u").add();
            graft.gives("output", graft.y() + ((graft.site("z").matmul_t(down) + d).relu().matmul_t(up) + u));
            plan.dim("m", 4).graft(graft)
        }
        "prefix" => {
            let at = model.sites_of(SiteKind::Attention, &["*"]).expect("attentions of tiny-bert");
            let graft = GraftBuilder::at("prefix", at);
            for (name, what) in [("K", "k_rows"), ("V", "v_rows")] {
                let rows = graft.parameter(name, &["p", "kv"]).init(Init::Normal(1.0));
                graft.gives(what, rows.key(&format!("{{site}}.{name}")).add());
            }
            plan.dim("p", 3).graft(graft)
        }
        other => panic!("expected one of {}, found `{other}`", NAMES.join(", ")),
    }
}
