//! Method: the plugin's plan, checked against the model, and how a trained graft is kept.
//!
//! A graft folder holds `graft.json` (the plan, resolved), the weights, and, in PEFT's layout, what PEFT
//! needs to open it. It loads without the plugin that made it.

mod adapterhub;
mod formula;
pub mod graft;
pub mod open;
pub mod peft;
pub mod trained;

pub use formula::formulas;

use crate::event::{Event, Observer};
use crate::model::Network;
use crate::run::Plugins;
use crate::tokenize::Tokenizer;
use crate::{Error, Result};
use engraft_plugin::plan::check::check;
use engraft_plugin::plan::{Arg, Init, Plan, SaveFormat};

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
    let is_task = |arg: &Arg| matches!(arg, Arg::Name(name) if name == "task");
    match plan.grafts.iter().find(|graft| graft.steps.iter().any(|step| step.args.iter().any(is_task))) {
        None => Ok(plan),
        Some(graft) => {
            let reason =
                format!("graft `{}` asks for each text's `task`, which no reader of data gives yet", graft.name);
            Err(Error::Plan { method: plan.method.clone(), reason })
        }
    }
}

/// Writes the ids of a text's tokens where a parameter begins with its words.
///
/// # Errors
/// [`Error::Plan`] for a text without tokens.
pub fn resolve(plan: &mut Plan, tokenizer: &Tokenizer) -> Result<()> {
    let method = plan.method.clone();
    for parameter in plan.shared.iter_mut().chain(plan.grafts.iter_mut().flat_map(|graft| &mut graft.parameters)) {
        let Init::Text(text) = &parameter.init else { continue };
        let ids = tokenizer.ids(text)?;
        if ids.is_empty() {
            let reason =
                format!("parameter `{}` begins with the words of a text, which has none: {text:?}", parameter.name);
            return Err(Error::Plan { method, reason });
        }
        parameter.init = Init::Rows(ids);
    }
    Ok(())
}

/// Tells when the learning rate is one at which the method is not known to learn.
///
/// # Errors
/// What the observer refuses.
pub fn warn(plan: &Plan, learning_rate: f64, observer: &mut dyn Observer) -> Result<()> {
    let Some([lowest, highest]) = plan.learning_rates else { return Ok(()) };
    if (lowest..=highest).contains(&learning_rate) {
        return Ok(());
    }
    let (method, side) = (&plan.method, if learning_rate < lowest { "hardly moves" } else { "diverges" });
    let message = format!(
        "`{method}` is known to learn at rates of {lowest:e} to {highest:e}; at {learning_rate:e} it often {side}: \
         see [optimize] learning_rate"
    );
    observer.hear(&Event::Note { stage: "method".to_owned(), message })
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
        SaveFormat::Peft | SaveFormat::Engraft | SaveFormat::Adapterhub if !plan.trains.is_empty() => {
            Err(refuse("a graft folder cannot hold trained base parameters: say `model`".to_owned()))
        }
        _ => Ok(()),
    }
}
