//! Plans as golden files.

use crate::model::tiny_bert;
use engraft_plugin::kind::Plugin;
use engraft_plugin::kind::Setting;
use engraft_plugin::kind::method::{Method, PlanMethod};
use engraft_plugin::plan::{ModelMap, Plan, check};
use serde_json::Value;

/// As [`golden_plan_on`], on [`tiny_bert`].
///
/// # Panics
/// Says what differs.
pub fn golden_plan<P: Plugin + Method>(settings: Value, file: &str) -> Plan {
    golden_plan_on::<P>(settings, &tiny_bert(), file)
}

/// The plan of a method with these settings on this model is the one of a file, it fits the model, and reads back as
/// itself. With `BLESS=1` in the environment the file is written anew.
///
/// # Panics
/// Says what differs.
pub fn golden_plan_on<P: Plugin + Method>(settings: Value, model: &ModelMap, file: &str) -> Plan {
    let settings = serde_json::from_value(settings).expect("settings of this plugin");
    let method = P::open(settings, &Setting::default()).expect("settings that open");
    let made = method.plan_for(model).expect("no panic").expect("a plan");
    check::check(&made, model).unwrap_or_else(|error| panic!("{}: {}", error.code, error.message));
    let text = serde_json::to_string_pretty(&made).expect("a plan is JSON") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let golden = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let golden: Plan = serde_json::from_str(&golden).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(golden == made, "the plan is not that of {file}, BLESS=1 writes it:\n{text}");
    made
}
