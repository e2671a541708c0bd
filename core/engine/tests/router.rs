//! What a gate decides: told of each text, and left to the base model where no share reaches the confidence.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Tensor};
use engraft_engine::model::{Dropouts, Network, mean};
use engraft_engine::optimize::Learner;
use engraft_plugin::plan::Plan;
use support::fixtures;
use support::grafts::{Base, machine};

const NAME: &str = "router";

fn plan() -> Plan {
    let file = fixtures("../../plugins/method/router/tests/confidence.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The plan's network, its gates `gate` times as large as drawn.
fn learner(base: &Base, plan: Option<&Plan>, gate: f64) -> (Learner, Network) {
    let network = Network::new(&base.config, &Dropouts::default(), &base.task, plan).unwrap();
    let mut all = base.gather(&network, DType::F32, 0.5);
    for (parameter, tensor) in network.parameters.iter().zip(&mut all) {
        if parameter.name.starts_with("router.") {
            *tensor = (&*tensor * gate).unwrap();
        }
    }
    let full = Plan::new("full").train(engraft_plugin::plan::Train::select("*"));
    (Learner::new(&network, plan.unwrap_or(&full), all, &machine(DType::F32)).unwrap(), network)
}

fn outputs(base: &Base, (learner, network): &mut (Learner, Network)) -> Vec<Tensor> {
    learner.inference().unwrap().begin().unwrap();
    let batch = base.feed(&[0, 1, 2], network.added, DType::F32, &[0, 1, 0]);
    learner.inference().unwrap().batch(&batch).unwrap()
}

fn apart(a: &Tensor, b: &Tensor) -> f32 {
    support::apart(a, b)
}

#[test]
fn below_the_confidence_the_base_model_answers_alone() {
    let (base, plan) = (Base::tokens(), plan());
    let bare = outputs(&base, &mut learner(&base, None, 1.0));
    // Gates of nothing share evenly: no graft reaches 0.6.
    let mut even = learner(&base, Some(&plan), 0.0);
    let found = outputs(&base, &mut even);
    assert!(apart(&found[0], &bare[0]) < 1e-6, "{}", apart(&found[0], &bare[0]));
    let told = found[2].to_vec2::<f32>().unwrap();
    assert!(told.iter().all(|shares| shares[..] == [0.0, 0.0, 1.0]), "{told:?}");
    let one = |row: &Vec<f32>| vec![row.clone()];
    let rows: Vec<Vec<Vec<f32>>> = told.iter().map(one).collect();
    assert_eq!(mean(&even.1.observed, &rows)[NAME]["base"], 1.0);
    // Large ones are sure of one graft or the other.
    let mut sure = learner(&base, Some(&plan), 200.0);
    let found = outputs(&base, &mut sure);
    assert!(apart(&found[0], &bare[0]) > 1e-2);
    let told = found[2].to_vec2::<f32>().unwrap();
    let is_whole = |shares: &Vec<f32>| (shares.iter().sum::<f32>() - 1.0).abs() < 1e-5 && shares[2] < 0.5;
    assert!(told.iter().all(is_whole), "{told:?}");
}

#[test]
fn in_training_a_gate_learns_though_no_share_reaches_the_confidence() {
    let (base, plan) = (Base::tokens(), plan());
    let (mut learner, network) = learner(&base, Some(&plan), 0.0);
    let names: Vec<String> = learner.names().map(str::to_owned).collect();
    let batch = base.feed(&[0, 1, 2], network.added, DType::F32, &[0, 1, 0]);
    let (_, gradients) = learner.gradients([Ok(batch)]).unwrap();
    for (name, gradient) in names.iter().zip(&gradients).filter(|(name, _)| name.starts_with("router.")) {
        let size = support::size(&gradient.dense().unwrap());
        assert!(size > 1e-6, "{name}: {size}");
    }
    assert!(names.iter().all(|name| !name.starts_with("grafts.")), "trained grafts stay as they are: {names:?}");
}
