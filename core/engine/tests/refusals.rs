//! Bad plans are refused before training, with a message that names graft, step and site, expected and found.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use engraft_engine::method::accept;
use engraft_plugin::plan::{Init, Plan, Step};
use serde_json::{Value, json};
use support::grafts::Base;

/// A plan that is fine: LoRA of rank 2 at the queries.
fn good() -> Value {
    json!({
        "schema": "engraft.plan/1", "method": "mine", "dims": { "r": 2 },
        "grafts": [{
            "name": "low", "at": { "kind": "linear", "select": "query" },
            "parameters": [
                { "name": "A", "shape": ["r", "in"], "init": { "normal": 0.1 }, "key": "{site}.A" },
                { "name": "B", "shape": ["out", "r"], "key": "{site}.B" },
            ],
            "steps": [["h", "matmul_t", "x", "A"], ["u", "matmul_t", "h", "B"], ["o", "add", "y", "u"]],
            "gives": { "output": "o" },
        }],
        "save": { "format": "engraft" },
    })
}

/// What is said of a plan.
fn refused(plan: &Plan) -> String {
    let error = accept(plan, &Base::read().bare).unwrap_err();
    assert_eq!(error.code(), "method.plan");
    error.to_string()
}

/// What is said of the good plan after one change, which names all of these.
fn changed(pointer: &str, to: Value, named: &[&str]) {
    let mut plan = good();
    accept(&serde_json::from_value(plan.clone()).unwrap(), &Base::read().bare).unwrap();
    *plan.pointer_mut(pointer).unwrap() = to;
    let message = refused(&serde_json::from_value(plan).unwrap());
    for part in named {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

const QUERY: &str = "graft `low` at bert.encoder.layer.0.attention.self.query";

#[test]
fn a_site_that_the_model_does_not_have() {
    let named = ["graft `low`", "expected linear sites", "bert.encoder.layer.0.attention.self.query", "found `q_proj`"];
    changed("/grafts/0/at/select", json!("q_proj"), &named);
}

#[test]
fn a_step_whose_shapes_do_not_meet() {
    let steps = json!([["h", "matmul_t", "x", "B"], ["u", "matmul_t", "h", "A"], ["o", "add", "y", "u"]]);
    let named = [QUERY, "step `h`", "matmul_t", "expected rows×[…,k] and […,n,k]", "found token×[32] and [32, 2]"];
    changed("/grafts/0/steps", steps, &named);
}

#[test]
fn an_output_of_another_shape() {
    let named = [QUERY, "`output` must be token×[32]", "`h` is token×[2]"];
    changed("/grafts/0/gives/output", json!("h"), &named);
}

#[test]
fn token_rows_that_meet_sequence_rows() {
    let steps = json!([
        ["h", "matmul_t", "x", "A"],
        ["p", "pool", "h", "mean"],
        ["m", "mul", "h", "p"],
        ["u", "matmul_t", "m", "B"],
        ["o", "add", "y", "u"],
    ]);
    let named = [QUERY, "step `m`", "token×[2] meets sequence×[2]", "spread or pool first"];
    changed("/grafts/0/steps", steps, &named);
}

#[test]
fn a_parameter_that_nothing_uses() {
    let steps = json!([["h", "matmul_t", "x", "A"], ["u", "matmul", "h", "A"], ["o", "add", "y", "u"]]);
    changed("/grafts/0/steps", steps, &[QUERY, "nothing uses parameter `B`"]);
}

#[test]
fn a_plan_in_which_nothing_trains() {
    let frozen = json!([
        { "name": "A", "shape": ["r", "in"], "train": false }, { "name": "B", "shape": ["out", "r"], "train": false },
    ]);
    let named = ["`mine`", "nothing trains", "expected a parameter that trains", "found neither"];
    changed("/grafts/0/parameters", frozen, &named);
}

#[test]
fn first_values_that_are_no_numbers() {
    let mut plan: Plan = serde_json::from_value(good()).unwrap();
    plan.grafts[0].parameters[0].init = Init::Constant(f64::NAN);
    let message = refused(&plan);
    for part in [QUERY, "parameter `A`", "expected finite first values", "found NaN"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_name_before_it_is_defined() {
    let steps = json!([["u", "matmul_t", "h", "B"], ["h", "matmul_t", "x", "A"], ["o", "add", "y", "u"]]);
    let named = [QUERY, "step `u`", "`h` is not known before it", "known: A, B, bias, task, w, x, y"];
    changed("/grafts/0/steps", steps, &named);
}

#[test]
fn a_million_steps() {
    let mut plan: Plan = serde_json::from_value(good()).unwrap();
    let step = |at: usize| Step { name: format!("s{at}"), op: "neg".into(), args: vec![] };
    plan.grafts[0].steps = (0..1_000_000).map(step).collect();
    let message = refused(&plan);
    for part in ["graft `low`", "expected at most 4096 steps", "found 1000000"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_operation_that_there_is_not() {
    let steps = json!([["h", "matmul_t", "x", "A"], ["u", "conv", "h", "B"], ["o", "add", "y", "u"]]);
    changed("/grafts/0/steps", steps, &[QUERY, "step `u`", "there is no operation `conv`"]);
}

#[test]
fn a_singular_value_decomposition_in_every_step() {
    let steps = json!([
        ["s", "svd", "w", "left", 2],
        ["h", "matmul_t", "x", "A"],
        ["u", "matmul_t", "h", "B"],
        ["o", "add", "y", "u"],
    ]);
    changed("/grafts/0/steps", steps, &[QUERY, "step `s`", "`svd` is for first values only"]);
}

#[test]
fn first_values_computed_to_another_shape() {
    let init = json!({ "steps": [["n", "norm", "w", -1]], "value": "n" });
    let named = [QUERY, "parameter `A`", "first values: expected [2, 32], found [32, 1]"];
    changed("/grafts/0/parameters/0/init", init, &named);
}

#[test]
fn a_penalty_that_differs_from_token_to_token() {
    let mut plan = good();
    plan["grafts"][0]["penalties"] = json!([{ "value": "h", "weight": 0.5 }]);
    let message = refused(&serde_json::from_value(plan).unwrap());
    for part in [QUERY, "penalty `h`", "expected one static number", "found token×[2]"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_reshape_whose_numbers_only_agree_where_counting_overflows() {
    let steps = json!([
        ["f", "fill", 1.0, [32]],
        ["g", "reshape", "f", [(1u64 << 60) + 2, 16]],
        ["h", "matmul_t", "x", "A"],
        ["u", "matmul_t", "h", "B"],
        ["o", "add", "y", "u"],
    ]);
    changed("/grafts/0/steps", steps, &[QUERY, "step `g`", "[32] has 32 numbers"]);
}

#[test]
fn values_that_no_machine_holds() {
    for (shape, said) in [
        (json!([1u64 << 31]), "is too large: expected at most 1073741824 numbers"),
        (json!([0, 1u64 << 62]), "is too large"),
        (json!([1u64 << 24]), "its steps give 16777"),
    ] {
        let steps = json!([
            ["f", "fill", 1.0, shape],
            ["h", "matmul_t", "x", "A"],
            ["u", "matmul_t", "h", "B"],
            ["o", "add", "y", "u"],
        ]);
        changed("/grafts/0/steps", steps, &[QUERY, said]);
    }
    // Twice as wide with every step.
    let mut steps = good()["grafts"][0]["steps"].as_array().unwrap().clone();
    let name = |at: usize| if at == 0 { "y".to_owned() } else { format!("c{at}") };
    steps.extend((0..18).map(|at| json!([name(at + 1), "concat", name(at), name(at), -1])));
    changed("/grafts/0/steps", Value::Array(steps), &[QUERY, "its steps give", "numbers in a row: expected at most"]);
}

#[test]
fn parameters_that_no_file_holds_beyond_what_the_model_takes() {
    let large = json!([
        { "name": "A", "shape": ["r", "in"], "init": { "normal": 0.1 }, "key": "{site}.A" },
        { "name": "B", "shape": ["out", "r"], "key": "{site}.B" },
        { "name": "C", "shape": [4096, 1024], "train": false, "save": false },
    ]);
    let mut plan = good();
    plan["grafts"][0]["parameters"] = large;
    plan["grafts"][0]["steps"] = json!([
        ["h", "matmul_t", "x", "A"],
        ["u", "matmul_t", "h", "B"],
        ["o", "add", "y", "u"],
        ["n", "norm", "C", -1],
        ["m", "sum", "n", -2],
        ["k", "reshape", "m", [1]],
        ["p", "mul", "o", "k"],
    ]);
    plan["grafts"][0]["gives"] = json!({ "output": "p" });
    let message = refused(&serde_json::from_value(plan).unwrap());
    assert!(message.contains("numbers that no file holds, found more"), "{message}");
}

#[test]
fn a_hundred_thousand_parameters() {
    let mut plan: Plan = serde_json::from_value(good()).unwrap();
    let one = plan.grafts[0].parameters[0].clone();
    plan.shared = vec![one; 100_000];
    assert!(refused(&plan).contains("expected at most 4096 grafts and parameters in a plan, found 100003"));
}
