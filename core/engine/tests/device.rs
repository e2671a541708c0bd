//! A GPU gives what the CPU gives: values to 1e-5 and gradients to 1e-4 of their length, in f32.
//!
//! With the feature `cuda` alone, on a machine that has one: `benches/gpu.sh`.

#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::{DType, Device};
use engraft_engine::backend::{Backend, Machine};
use proptest::prelude::*;
use support::layer::{apart, layers, run};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_is_the_same_on_a_gpu_in_both_directions(layer in layers()) {
        let cpu = run(&layer, Machine { backend: Backend::Composed, ..Machine::cpu(DType::F64) });
        let device = Device::new_cuda(0).unwrap();
        let gpu = run(&layer, Machine { device, ..Machine::cpu(DType::F32) });
        let (loss, gradients) = (apart(&gpu[..1], &cpu[..1]), apart(&gpu[1..], &cpu[1..]));
        prop_assert!(loss < 1e-5, "loss: {loss:e}");
        prop_assert!(gradients < 1e-4, "gradients: {gradients:e}");
    }
}
