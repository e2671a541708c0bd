//! Methods say what is trained: they describe their mathematics, the engine computes it.

use super::guard;
use crate::error::Failure;
use crate::plan::{ModelMap, Plan};
use crate::{Result, wire};

/// A fine-tuning method: looks at a model's sites and answers with a [`Plan`].
///
/// Called once a run, before training. Tensors never cross: the plan is data, the engine checks its
/// shapes, differentiates it and runs it at full speed on whatever device it has.
///
/// ```
/// use engraft_plugin::{Result, kind::method::Method, plan::{ModelMap, Plan, Train}};
///
/// /// Only the biases train (BitFit).
/// struct Biases;
///
/// impl Method for Biases {
///     fn plan(&self, _model: &ModelMap) -> Result<Plan> {
///         Ok(Plan::new("bitfit").train(Train::select("*.bias")))
///     }
/// }
/// ```
pub trait Method: Send + Sync {
    /// The plan for this model.
    ///
    /// # Errors
    /// Why this method cannot be applied to this model (no such site, a rank above the width).
    fn plan(&self, model: &ModelMap) -> Result<Plan>;
}

/// [`Method`] as the engine calls it: map and plan cross in their JSON form, linked plugins included.
pub trait PlanMethod: Send + Sync {
    /// The plan, checked for form and limits.
    ///
    /// # Errors
    /// A failure of the plugin itself.
    fn plan_for(&self, model: &ModelMap) -> Result<Result<Plan>, Failure>;
}

impl<M: Method> PlanMethod for M {
    fn plan_for(&self, model: &ModelMap) -> Result<Result<Plan>, Failure> {
        let model = wire::through_json(model)?;
        match guard(|| self.plan(&model))? {
            Ok(plan) => wire::through_json(&plan).map(Ok),
            Err(refused) => Ok(Err(refused)),
        }
    }
}
