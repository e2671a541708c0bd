//! Plans of any JSON: what is read is written the same, and is checked against a model without a fault.

#![no_main]

use engraft_plugin::plan::{ModelMap, Plan, check};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static MODEL: LazyLock<ModelMap> = LazyLock::new(engraft_testkit::tiny_bert);

fuzz_target!(|json: &[u8]| {
    let Ok(plan) = serde_json::from_slice::<Plan>(json) else { return };
    let _ = check::check(&plan, &MODEL);
    let written = serde_json::to_string(&plan).expect("a plan can be written");
    assert_eq!(serde_json::from_str::<Plan>(&written).expect("what was written can be read"), plan);
});
