//! The prefix of "mix and match": made by a network, its positions not counted, as in AdapterHub.

use crate::settings::Prefix;
use engraft_plugin::Result;
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Parameter, Plan, SiteKind};
use serde_json::{Value, json};

/// T = tanh(e W₁ᵀ + b₁) W₂ᵀ + b₂, of which layer l takes its keys and values.
pub(crate) fn add(plan: Plan, prefix: &Prefix, model: &ModelMap) -> Result<Plan> {
    let dim = |name: &str| model.dims.get(name).map_or(0, |&n| n as usize);
    let wide = 2 * dim("layers") * dim("kv");
    let family = &model.family;
    let key = |what: &str| format!("{family}.prefix_tuning.prefix_tunings.engraft.self_prefix.{what}");
    let normal = Init::Normal(0.02);
    let graft = GraftBuilder::at("prefix", model.sites_of(SiteKind::Attention, &["*"])?);
    let inner = (graft.site("e").matmul_t(graft.site("W1")) + graft.site("b1")).tanh();
    let table = inner.matmul_t(graft.site("W2")) + graft.site("b2");
    let own = table.reshape(&["p".into(), "layers".into(), 2usize.into(), "kv".into()] as &[Dim]).index(-3, "layer");
    graft.gives("k_rows", own.index(-2, 0));
    graft.gives("v_rows", own.index(-2, 1));
    Ok(plan
        .dim("p", prefix.length)
        .dim("h", prefix.width)
        .dim("wide", wide)
        .share(Parameter::new("e", &["p", "hidden"]).init(Init::Normal(1.0)).key(&key("wte.weight")))
        .share(Parameter::new("W1", &["h", "hidden"]).init(normal.clone()).key(&key("control_trans.0.weight")))
        .share(Parameter::new("b1", &["h"]).key(&key("control_trans.0.bias")))
        .share(Parameter::new("W2", &["wide", "h"]).init(normal).key(&key("control_trans.2.weight")))
        .share(Parameter::new("b2", &["wide"]).key(&key("control_trans.2.bias")))
        .graft(graft))
}

/// AdapterHub's configuration of it.
pub(crate) fn config(prefix: &Prefix) -> Value {
    json!({
        "architecture": "prefix_tuning", "prefix_length": prefix.length, "bottleneck_size": prefix.width,
        "non_linearity": "tanh", "dropout": 0.0, "use_gating": false, "shared_gating": true, "flat": false,
        "encoder_prefix": true, "cross_prefix": true, "leave_out": [],
    })
}
