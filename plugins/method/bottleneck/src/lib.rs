//! Bottleneck adapters: a narrow layer, an activation and a wide layer beside the residual branches.
//!
//! f(v) = a(v Dᵀ + d) Uᵀ + u
//!
//! | style | where | y' | a | source |
//! |---|---|---|---|---|
//! | `houlsby` | attention's and feed-forward's branch | y + f(y) | silu | Houlsby et al. 2019, arXiv:1902.00751 |
//! | `pfeiffer` | feed-forward's branch | y + f(norm(y + r)) | relu | Pfeiffer et al. 2021, arXiv:2005.00247 |
//! | `parallel` | feed-forward's branch | y + 4 · f(r) | relu | He et al. 2022, arXiv:2110.04366 |
//! | `mam` | as parallel, and a prefix in every attention | | relu | the same ("mix and match") |
//!
//! | symbol | what | shape | first values |
//! |---|---|---|---|
//! | y, r | the branch, the stream beside it | tokens × hidden | |
//! | D, U | down, up | hidden/reduction × hidden, hidden × hidden/reduction | normal(0.02); parallel: uniform and zeros |
//! | d, u | | | zeros |
//!
//! Written in the layout of AdapterHub's `adapters` 1.3 (its configurations `double_seq_bn`, `seq_bn`, `par_bn`, `mam`).

mod prefix;
pub mod settings;

pub use settings::Settings;

use engraft_plugin::kind::method::Method;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::plan::targets::within;
use engraft_plugin::plan::{At, GraftBuilder, Init, ModelMap, Plan, Save, SiteKind, Value};
use engraft_plugin::{Case, Error, Result};
use serde_json::json;
use settings::{Activation, Style};

/// The method `bottleneck`.
pub struct Bottleneck {
    settings: Settings,
}

impl Plugin for Bottleneck {
    type Settings = Settings;

    fn about() -> About {
        let tiny = json!({ "model": "tiny-bert" });
        let houlsby = Case::new(
            "Houlsby: on both branches of both layers, 32 / 16 wide",
            tiny.clone(),
            json!({ "grafts": { "bottleneck": 4 }, "trained": 4 * (2 * 33 + 3 * 32), "saved": "adapterhub" }),
        );
        let pfeiffer = Case::new(
            "Pfeiffer: behind feed-forward alone",
            tiny.clone(),
            json!({ "grafts": { "bottleneck": 2 }, "trained": 2 * (8 * 33 + 9 * 32), "saved": "adapterhub" }),
        );
        let refused = Case::new("a bottleneck of nothing", tiny, json!({ "error": "settings.reduction" }));
        let examples = vec![
            houlsby,
            pfeiffer.with(json!({ "style": "pfeiffer", "reduction": 4 })),
            refused.with(json!({ "reduction": 33 })),
        ];
        About { id: "bottleneck", summary: "Trains narrow layers beside the residual branches.", examples }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        within("reduction", settings.reduction.unwrap_or(1.0), 1.0..)?;
        within("scale", settings.scale.unwrap_or(1.0), ..)?;
        if settings.prefix.length == 0 || settings.prefix.width == 0 {
            return Err(Error::new("settings.prefix", "`prefix`: expected a length and a width of 1 or more, found 0"));
        }
        Ok(Self { settings })
    }
}

impl Method for Bottleneck {
    fn plan(&self, model: &ModelMap) -> Result<Plan> {
        let hidden = model.dims.get("hidden").map_or(0, |&n| n as usize);
        let reduction = self.settings.reduction.unwrap_or_else(|| self.settings.style.reduction());
        let width = (hidden as f64 / reduction) as usize;
        if width == 0 {
            let why = format!("`reduction`: expected at most {hidden}, the model's width, found {reduction}");
            return Err(Error::new("settings.reduction", why));
        }
        let mut plan = Plan::new("bottleneck").dim("m", width).graft(self.graft(model)?);
        if self.settings.style == Style::Mam {
            plan = prefix::add(plan, &self.settings.prefix, model)?;
        }
        Ok(plan.save(Save::adapterhub(self.config(reduction))))
    }
}

impl Bottleneck {
    fn graft(&self, model: &ModelMap) -> Result<GraftBuilder> {
        let style = self.settings.style;
        let graft = GraftBuilder::at("bottleneck", branches(style, model)?);
        let key = |what: &str| format!("{{site}}.adapters.engraft.adapter_{what}");
        let is_parallel = matches!(style, Style::Parallel | Style::Mam);
        let (down, up) = if is_parallel {
            (Init::KaimingUniform { a: 5f64.sqrt() }, Init::Zeros)
        } else {
            (Init::Normal(0.02), Init::Normal(0.02))
        };
        let w_down = graft.parameter("D", &["m", "hidden"]).init(down).key(&key("down.0.weight")).add();
        let b_down = graft.parameter("d", &["m"]).key(&key("down.0.bias")).add();
        let w_up = graft.parameter("U", &["hidden", "m"]).init(up).key(&key("up.weight")).add();
        let b_up = graft.parameter("u", &["hidden"]).key(&key("up.bias")).add();
        let v = match style {
            Style::Houlsby => graft.y(),
            Style::Pfeiffer => graft.site("z"),
            Style::Parallel | Style::Mam => graft.site("r"),
        };
        let f = self.activation().of(v.matmul_t(w_down) + b_down).matmul_t(w_up) + b_up;
        let scale = self.scale();
        graft.gives("output", graft.y() + if scale == 1.0 { f } else { f * scale });
        Ok(graft)
    }

    fn activation(&self) -> Activation {
        let own = if self.settings.style == Style::Houlsby { Activation::Silu } else { Activation::Relu };
        self.settings.activation.unwrap_or(own)
    }

    fn scale(&self) -> f64 {
        let is_parallel = matches!(self.settings.style, Style::Parallel | Style::Mam);
        self.settings.scale.unwrap_or(if is_parallel { 4.0 } else { 1.0 })
    }

    /// AdapterHub's configuration.
    fn config(&self, reduction: f64) -> serde_json::Value {
        let style = self.settings.style;
        let is_parallel = matches!(style, Style::Parallel | Style::Mam);
        let names = |activation| match activation {
            Activation::Silu => "swish",
            Activation::Relu => "relu",
            Activation::Gelu => "gelu",
            Activation::Tanh => "tanh",
        };
        let bottleneck = json!({
            "architecture": null, "mh_adapter": style == Style::Houlsby, "output_adapter": true,
            "reduction_factor": reduction, "non_linearity": names(self.activation()), "is_parallel": is_parallel,
            "original_ln_before": !matches!(style, Style::Houlsby | Style::Parallel | Style::Mam), "original_ln_after": true,
            "ln_before": false, "ln_after": false, "residual_before_ln": true,
            "adapter_residual_before_ln": false, "scaling": self.scale(),
            "init_weights": if is_parallel { "mam_adapter" } else { "bert" }, "use_gating": false, "dropout": 0.0,
            "inv_adapter": null, "inv_adapter_reduction_factor": null, "cross_adapter": false, "leave_out": [],
            "phm_layer": false,
        });
        if style == Style::Mam {
            return json!({
                "architecture": "union", "configs": [prefix::config(&self.settings.prefix), bottleneck],
            });
        }
        bottleneck
    }
}

impl Activation {
    fn of(self, value: Value<'_>) -> Value<'_> {
        match self {
            Self::Silu => value.silu(),
            Self::Relu => value.relu(),
            Self::Gelu => value.gelu(),
            Self::Tanh => value.tanh(),
        }
    }
}

/// The residual branches that a style stands on.
fn branches(style: Style, model: &ModelMap) -> Result<At> {
    let all = model.sites_of(SiteKind::Sublayer, &["*"])?;
    if style == Style::Houlsby {
        return Ok(all);
    }
    let is_feed_forward = |role: &str| role == "ffn";
    let names = model.sites.iter().filter(|s| s.kind == SiteKind::Sublayer && is_feed_forward(&s.role));
    Ok(At::new(SiteKind::Sublayer, engraft_plugin::plan::Select::Many(names.map(|s| s.name.clone()).collect())))
}

engraft_plugin::register!(method Bottleneck);
