//! The gated prefix: made by a network, its positions not counted.

use engraft_plugin::Result;
use engraft_plugin::plan::{Dim, GraftBuilder, Init, ModelMap, Parameter, Plan, SiteKind};

/// K, V of each layer from tanh(e W₁ᵀ + b₁) W₂ᵀ + b₂, times the text's gate.
pub(crate) fn add(plan: Plan, length: usize, width: usize, model: &ModelMap) -> Result<Plan> {
    let dim = |name: &str| model.dims.get(name).map_or(0, |&n| n as usize);
    let wide = 2 * dim("layers") * dim("kv");
    let normal = Init::Normal(0.02);
    let graft = GraftBuilder::at("prefix", model.sites_of(SiteKind::Attention, &["*"])?);
    let inner = (graft.site("e").matmul_t(graft.site("W1")) + graft.site("b1")).tanh();
    let table = inner.matmul_t(graft.site("W2")) + graft.site("b2");
    let own = table.reshape(&["p".into(), "layers".into(), 2usize.into(), "kv".into()] as &[Dim]).index(-3, "layer");
    let gate = crate::gate(&graft, graft.x(), "hidden").reshape(&[1usize, 1]); // sequence × (1, 1)
    graft.gives("k_rows", own.index(-2, 0) * gate);
    graft.gives("v_rows", own.index(-2, 1) * gate);
    Ok(plan
        .dim("p", length)
        .dim("h", width)
        .dim("wide", wide)
        .share(Parameter::new("e", &["p", "hidden"]).init(Init::Normal(1.0)).key("prefix.embedding.weight"))
        .share(Parameter::new("W1", &["h", "hidden"]).init(normal.clone()).key("prefix.transform.0.weight"))
        .share(Parameter::new("b1", &["h"]).key("prefix.transform.0.bias"))
        .share(Parameter::new("W2", &["wide", "h"]).init(normal).key("prefix.transform.2.weight"))
        .share(Parameter::new("b2", &["wide"]).key("prefix.transform.2.bias"))
        .graft(graft))
}
