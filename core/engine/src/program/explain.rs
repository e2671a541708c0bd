//! Explain: the steps of a program as a table, with what each gives, takes and costs.

use super::layout::numbers;
use super::{Id, Op, PlanOp, Program, Source, Step, Type};
use std::fmt::Write as _;

/// A batch of so many tokens and sequences, of numbers of so many bytes.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Tokens.
    pub tokens: usize,
    /// Sequences.
    pub sequences: usize,
    /// Bytes of a number.
    pub width: usize,
}

/// A line a step: what it gives, its type, its bytes, its operations (products and sums of numbers), of what it is made.
pub fn explain(program: &Program, title: &str, steps: &[Step], size: Size) -> String {
    let (mut lines, mut bytes, mut operations) = (String::new(), 0, 0.0);
    for step in steps {
        let kind = program.kind(step.output);
        let (own, cost) = (numbers(kind, size.tokens, size.sequences) * size.width, cost(program, step, size));
        (bytes, operations) = (bytes + own, operations + cost);
        let inputs: Vec<String> = step.inputs.iter().map(|&id| name(program, id)).collect();
        let said = format!("{}({})", step.op.name(), inputs.join(", "));
        let (given, of) = (format!("v{}", step.output.0), kind.to_string());
        let _ = writeln!(lines, "{given:>6}  {of:<18} {:>10}  {:>9}  {said}", mebibytes(own), mega(cost));
    }
    let head = format!("{title}: {} steps, {} in all, {} operations", steps.len(), mebibytes(bytes), mega(operations));
    format!("{head}\n{lines}")
}

/// How a value is called: a parameter by its name, a number by itself.
fn name(program: &Program, id: Id) -> String {
    match &program.values[id.0].source {
        Source::Parameter(at) => program.parameters[*at].name.clone(),
        Source::Input(input) => format!("{input:?}").to_lowercase(),
        Source::Constant(number) => number.to_string(),
        Source::Step(_) => format!("v{}", id.0),
    }
}

/// Products and sums of numbers that a step takes, about.
fn cost(program: &Program, step: &Step, size: Size) -> f64 {
    let count = |kind: &Type| numbers(kind, size.tokens, size.sequences) as f64;
    let kind = |at: usize| program.kind(step.inputs[at]);
    let last = |kind: &Type| kind.last().unwrap_or(1) as f64;
    let out = count(program.kind(step.output));
    match &step.op {
        Op::Linear | Op::Plan(PlanOp::Matmul { .. }) | Op::DropoutMatmul { .. } => 2.0 * out * last(kind(0)),
        Op::MatmulAdd { .. } | Op::LinearAdd | Op::MatmulDropoutAdd { .. } | Op::MatmulGeluGrad { .. } => {
            2.0 * out * last(kind(1))
        }
        Op::MatmulWeight(_) | Op::DropoutMatmulWeight { .. } => 2.0 * count(kind(0)) * last(kind(1)),
        Op::Attention { .. } | Op::AttentionGrad { .. } => {
            let length = size.tokens as f64 / size.sequences.max(1) as f64;
            let products = if matches!(step.op, Op::Attention { .. }) { 4.0 } else { 10.0 };
            products * count(kind(0)) * length
        }
        _ => out,
    }
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.2} MiB", bytes as f64 / f64::from(1 << 20))
}

fn mega(operations: f64) -> String {
    format!("{:.1} M", operations / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Input, Rows};

    #[test]
    fn a_step_is_told_with_its_type_bytes_and_operations() {
        let mut program = Program::default();
        let x = program.input(Input::Ids, Type::new(Rows::Token, [4]));
        let (w, b) = (program.parameter("up.weight", &[8, 4]), program.parameter("up.bias", &[8]));
        program.push(Op::Linear, &[x, w, b]).unwrap();
        let said = explain(&program, "forward", &program.steps, Size { tokens: 100, sequences: 3, width: 4 });
        assert!(said.starts_with("forward: 1 steps, 0.00 MiB in all, 0.0 M operations\n"), "{said}");
        assert!(said.contains("token×[8]") && said.contains("linear(ids, up.weight, up.bias)"), "{said}");
        assert_eq!(
            cost(&program, &program.steps[0], Size { tokens: 100, sequences: 3, width: 4 }),
            2.0 * 100.0 * 8.0 * 4.0
        );
    }
}
