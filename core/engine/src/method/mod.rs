//! Method: the plugin's plan, checked against the model, and how a trained graft is kept.
//!
//! A graft folder holds `graft.json` (the plan, resolved), the weights, and, in PEFT's layout, what PEFT
//! needs to open it. It loads without the plugin that made it.

mod formula;
pub mod graft;
pub mod open;
pub mod peft;

pub use formula::formulas;

use crate::model::Network;
use crate::run::Plugins;
use crate::{Error, Result};
use engraft_plugin::plan::check::check;
use engraft_plugin::plan::{Plan, SaveFormat};

/// Asks the method for its plan and checks it.
///
/// # Errors
/// [`Error::Refused`] when the method refuses the model, [`Error::Plan`] when its plan does not fit.
pub fn plan(plugins: &Plugins, bare: &Network) -> Result<Plan> {
    let method = &plugins.method;
    let plan = method
        .plugin
        .plan_for(&bare.map)
        .map_err(|failure| Error::PluginFailure { plugin: method.id.clone(), failure })?
        .map_err(|reason| Error::Refused { plugin: method.id.clone(), reason })?;
    accept(&plan, bare)?;
    Ok(plan)
}

/// Checks a plan against a model, and that its layout on disk can hold what it trains.
///
/// # Errors
/// [`Error::Plan`], naming graft, step and site.
pub fn accept(plan: &Plan, bare: &Network) -> Result<()> {
    let refuse = |reason: String| Error::Plan { method: plan.method.clone(), reason };
    check(plan, &bare.map).map_err(|e| refuse(e.message))?;
    match plan.save.format {
        SaveFormat::Model if !plan.grafts.is_empty() => {
            Err(refuse("a plan with grafts cannot be saved as a whole model: say `peft` or `engraft`".to_owned()))
        }
        SaveFormat::Peft | SaveFormat::Engraft if !plan.trains.is_empty() => {
            Err(refuse("a graft folder cannot hold trained base parameters: say `model`".to_owned()))
        }
        _ => Ok(()),
    }
}
