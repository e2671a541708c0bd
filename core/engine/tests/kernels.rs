//! The kernels agree with candle's ops in both directions, whatever the shapes: no token, one token, odd widths.
//!
//! A layer of everything that has a kernel, over random sequences; f64 against f64, f32 and bf16 against f64. Results are
//! no numbers before they are written, so a place that is left out is seen.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod support;

use candle_core::DType;
use engraft_engine::backend::{Backend, Machine, Products};
use proptest::prelude::*;
use support::axes::{axes, program};
use support::layer::{apart, layers, run, run_program};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_agrees_with_candles_ops_in_both_directions(layer in layers()) {
        let composed = Machine { backend: Backend::Composed, ..Machine::cpu(DType::F64) };
        let expected = run(&layer, composed);
        for (machine, tolerance) in [
            (Machine::cpu(DType::F64), 1e-11),
            (Machine { recompute: true, ..Machine::cpu(DType::F64) }, 1e-11),
            (Machine::cpu(DType::F32), 1e-4),
            (Machine { products: Products::Bf16, ..Machine::cpu(DType::F32) }, 0.1),
        ] {
            let off = apart(&run(&layer, machine.clone()), &expected);
            prop_assert!(off < tolerance, "{machine:?}: {off:e}");
        }
    }

    #[test]
    fn rows_with_axes_of_their_own_agree_with_candles_ops_in_both_directions(axes in axes()) {
        let composed = Machine { backend: Backend::Composed, ..Machine::cpu(DType::F64) };
        let expected = run_program(program(&axes), &axes.lengths, composed);
        for (machine, tolerance) in [(Machine::cpu(DType::F64), 1e-11), (Machine::cpu(DType::F32), 1e-4)] {
            let off = apart(&run_program(program(&axes), &axes.lengths, machine.clone()), &expected);
            prop_assert!(off < tolerance, "{machine:?}: {off:e}");
        }
    }
}

#[test]
fn they_agree_with_narrower_vectors_too() {
    for width in ["portable", "avx2", "avx512", "avx512bf16"] {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.arg("with_candles_ops_in_both_directions").env("ENGRAFT_CPU", width);
        let said = command.output().unwrap();
        assert!(said.status.success(), "{width}: {}", String::from_utf8_lossy(&said.stdout));
    }
}
