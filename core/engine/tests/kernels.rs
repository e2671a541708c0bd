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

/// A closure that goes through a function of the standard library, as in `[x, y].map(|x| …)`, may be compiled without the vectors
/// of the function around it: then each of its instructions is a call. Products of f32 by AMX once took two and a half
/// times as long for it, and every result was right.
#[cfg(target_arch = "x86_64")]
#[test]
fn no_instruction_of_wide_vectors_is_a_function_of_its_own() {
    use object::{Object, ObjectSymbol};
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let program = object::File::parse(&*program).unwrap();
    let names: Vec<&str> = program.symbols().filter_map(|symbol| symbol.name().ok()).collect();
    assert!(names.iter().any(|name| name.contains("engraft_engine")), "the names of this program were taken out");
    let calls: Vec<_> = names.iter().filter(|name| name.contains("_mm512_")).collect();
    assert!(calls.is_empty(), "{calls:#?}");
}
