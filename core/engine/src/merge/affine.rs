//! Affine: whether what a graft gives can be written into the weight at its site.
//!
//! At a linear layer a graft folds when its input reaches what it gives only through operations that are affine in it
//! and the other operands are the same for every token: then y' = x·W'ᵀ + b' for some W' and b'. At word embeddings
//! any function of the token alone folds, because the layer is a table of tokens. At a norm, weight and bias are given
//! outright. Everything else has no weight of its own. The analysis reads the plan's steps: it knows no method.

use crate::program::{Binary, PlanOp, Reduce, Unary};
use engraft_plugin::plan::check::Operand;
use engraft_plugin::plan::{Dims, Graft, SiteKind};
use std::collections::BTreeMap;

/// How a value depends on what flows into the site.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// Not at all.
    Fixed,
    /// Not at all, and it is 0 outside of training.
    Zero,
    /// As a·x + b.
    Affine,
    /// In another way, from this step on.
    Bent { step: String, why: String },
}

/// Why a graft does not fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bend {
    /// The first step that does not, where it is a step.
    pub(super) step: Option<String>,
    /// In words.
    pub(super) why: String,
}

/// Says whether a graft folds at a site of this kind; `dims` are the symbols in force there.
///
/// # Errors
/// The step at which it ceases to, and why.
pub(super) fn analyze(graft: &Graft, kind: SiteKind, dims: &Dims) -> Result<(), Bend> {
    let moving: &[&str] = match kind {
        SiteKind::Linear => &["x", "y"],
        SiteKind::Embedding | SiteKind::Norm => &[],
        other => return Err(Bend { step: None, why: format!("{} has no weight to fold into", named(other)) }),
    };
    let mut forms: BTreeMap<&str, Form> = moving.iter().map(|name| (*name, Form::Affine)).collect();
    for name in ["task", "position", "remaining"] {
        let why = format!("`{name}` is of the text, and a weight is the same for every text");
        forms.insert(name, Form::Bent { step: name.to_owned(), why });
    }
    for step in &graft.steps {
        let bend = |why: String| Bend { step: Some(step.name.clone()), why };
        let (op, operands) = step.read(dims).map_err(bend)?;
        let form_of = |operand: &Operand| match operand {
            Operand::Name(name) => forms.get(name.as_str()).cloned().unwrap_or(Form::Fixed),
            Operand::Number(number) => zero_or_fixed(*number == 0.0),
        };
        let operands: Vec<Form> = operands.iter().map(form_of).collect();
        let form = form(&op, &operands).unwrap_or_else(|why| Form::Bent { step: step.name.clone(), why });
        forms.insert(&step.name, form);
    }
    for value in graft.gives.values() {
        if let Some(Form::Bent { step, why }) = forms.get(value.as_str()) {
            return Err(Bend { step: Some(step.clone()), why: why.clone() });
        }
    }
    Ok(())
}

fn named(kind: SiteKind) -> String {
    let article = if kind.to_string().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind} site")
}

const fn zero_or_fixed(is_zero: bool) -> Form {
    if is_zero { Form::Zero } else { Form::Fixed }
}

/// The form of what an operation gives.
fn form(op: &PlanOp, operands: &[Form]) -> Result<Form, String> {
    let is = |at: usize, form: &Form| operands.get(at) == Some(form);
    match op {
        // Outside of training noise is its mean.
        PlanOp::Noise { normal } => return Ok(zero_or_fixed(*normal)),
        PlanOp::Binary(Binary::Mul) if operands.contains(&Form::Zero) => return Ok(Form::Zero),
        _ => (),
    }
    if let Some(bent) = operands.iter().find(|form| matches!(form, Form::Bent { .. })) {
        return Ok(bent.clone());
    }
    if matches!(op, PlanOp::Pool(_) | PlanOp::Spread) {
        return Err("it looks at the other tokens of the text, and a weight does not".to_owned());
    }
    if !operands.contains(&Form::Affine) {
        return Ok(zero_or_fixed(is(0, &Form::Zero) && keeps_zero(op)));
    }
    let two = || Err("it multiplies two values that both depend on the layer's input".to_owned());
    match op {
        PlanOp::Binary(Binary::Add | Binary::Sub)
        | PlanOp::Unary(Unary::Neg)
        | PlanOp::Reshape(_)
        | PlanOp::Transpose(..)
        | PlanOp::Narrow { .. }
        | PlanOp::Index { .. }
        | PlanOp::Concat { .. }
        | PlanOp::Reduce { how: Reduce::Sum | Reduce::Mean, .. }
        | PlanOp::Dropout { .. }
        | PlanOp::StopGradient => Ok(Form::Affine),
        PlanOp::Binary(Binary::Mul) if is(0, &Form::Affine) && is(1, &Form::Affine) => two(),
        PlanOp::Binary(Binary::Mul) => Ok(Form::Affine),
        PlanOp::Binary(Binary::Div) if is(1, &Form::Affine) => {
            Err("it divides by a value that depends on the layer's input".to_owned())
        }
        PlanOp::Binary(Binary::Div) => Ok(Form::Affine),
        PlanOp::Matmul { .. } | PlanOp::MatmulBlocks if is(1, &Form::Affine) => two(),
        PlanOp::Matmul { .. } | PlanOp::MatmulBlocks => Ok(Form::Affine),
        PlanOp::Where if is(0, &Form::Affine) => Err("it chooses by the layer's input".to_owned()),
        PlanOp::Where => Ok(Form::Affine),
        other => Err(format!("`{}` is not affine in the layer's input", name(other))),
    }
}

/// Operations that make 0 of a first operand of 0.
const fn keeps_zero(op: &PlanOp) -> bool {
    matches!(
        op,
        PlanOp::Unary(Unary::Neg)
            | PlanOp::Reshape(_)
            | PlanOp::Transpose(..)
            | PlanOp::Narrow { .. }
            | PlanOp::Index { .. }
            | PlanOp::Reduce { .. }
            | PlanOp::Dropout { .. }
            | PlanOp::StopGradient
            | PlanOp::Matmul { .. }
            | PlanOp::MatmulBlocks
            | PlanOp::Binary(Binary::Div)
    )
}

/// An operation by its name on the wire, or near it.
fn name(op: &PlanOp) -> String {
    let text = match op {
        PlanOp::Unary(unary) => format!("{unary:?}"),
        PlanOp::Binary(binary) => format!("{binary:?}"),
        PlanOp::Reduce { how, .. } => format!("{how:?}"),
        other => format!("{other:?}"),
    };
    let word: String = text.chars().take_while(|c| c.is_alphanumeric()).collect();
    let mut out = String::new();
    for (at, c) in word.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn analyze_at(kind: SiteKind, steps: Value, gives: &str) -> Result<(), String> {
        let at = json!({ "kind": kind, "select": "*" });
        let graft = json!({ "name": "g", "at": at, "steps": steps, "gives": { "output": gives } });
        let graft: Graft = serde_json::from_value(graft).unwrap();
        let dims = [("in", 4), ("out", 4)].map(|(name, n)| (name.to_owned(), n)).into();
        analyze(&graft, kind, &dims).map_err(|bend| format!("{}: {}", bend.step.unwrap_or_default(), bend.why))
    }

    fn linear(steps: Value, gives: &str) -> Result<(), String> {
        analyze_at(SiteKind::Linear, steps, gives)
    }

    #[test]
    fn what_is_affine_in_the_input_folds() {
        let lora = json!([
            ["d", "dropout", "x", 0.1],
            ["h", "matmul_t", "d", "A"],
            ["u", "matmul_t", "h", "B"],
            ["s", "mul", "u", 2],
            ["o", "add", "y", "s"]
        ]);
        assert_eq!(linear(lora, "o"), Ok(()));
        let rotation = json!([
            ["Y", "reshape", "y", [2, 2]],
            ["a", "narrow", "Y", -2, 0, 1],
            ["n", "neg", "a"],
            ["b", "concat", "n", "a", -2],
            ["c", "cos", "t"],
            ["r", "mul", "b", "c"],
            ["s", "mean", "r", -1],
            ["o", "add", "Y", "s"]
        ]);
        assert_eq!(linear(rotation, "o"), Ok(()));
        // A norm of the weight is the same for every token.
        let dora = json!([["n", "norm", "w", -1], ["k", "div", "m", "n"], ["o", "mul", "y", "k"]]);
        assert_eq!(linear(dora, "o"), Ok(()));
        // Noise is 0 outside of training, whatever it is multiplied by.
        let noisy =
            json!([["e", "exp", "x"], ["z", "noise", "normal", "x"], ["v", "mul", "z", "e"], ["o", "add", "y", "v"]]);
        assert_eq!(linear(noisy, "o"), Ok(()));
    }

    #[test]
    fn what_is_not_affine_is_refused_at_its_step() {
        for (steps, says) in [
            (
                json!([["h", "matmul_t", "x", "D"], ["a", "relu", "h"], ["o", "add", "y", "a"]]),
                "a: `relu` is not affine",
            ),
            (json!([["h", "mul", "x", "y"], ["o", "add", "y", "h"]]), "h: it multiplies two values"),
            (json!([["h", "div", 1, "x"], ["o", "add", "y", "h"]]), "h: it divides by"),
            (json!([["h", "matmul_t", "A", "x"], ["o", "add", "y", "h"]]), "h: it multiplies two values"),
            (json!([["m", "less", "x", 0], ["o", "where", "m", "y", "x"]]), "m: `less` is not affine"),
            (
                json!([["p", "pool", "x", "mean"], ["s", "spread", "p"], ["o", "add", "y", "s"]]),
                "p: it looks at the other",
            ),
            (json!([["h", "norm", "x", -1], ["o", "add", "y", "h"]]), "h: `norm` is not affine"),
            (json!([["h", "keep_top", "x", -1, 2], ["o", "add", "y", "h"]]), "h: `keep_top` is not affine"),
            (json!([["g", "gather", "t", "task"], ["o", "add", "y", "g"]]), "task: `task` is of the text"),
        ] {
            let said = linear(steps, "o").unwrap_err();
            assert!(said.starts_with(says), "{said}");
        }
    }

    #[test]
    fn a_table_of_tokens_takes_any_function_of_the_token() {
        let tokens = json!([["r", "gather", "map", "ids"], ["a", "relu", "y"], ["o", "add", "a", "r"]]);
        assert_eq!(analyze_at(SiteKind::Embedding, tokens, "o"), Ok(()));
        let pooled = json!([["p", "pool", "y", "mean"], ["s", "spread", "p"], ["o", "add", "y", "s"]]);
        assert!(analyze_at(SiteKind::Embedding, pooled, "o").is_err());
    }

    #[test]
    fn sites_without_a_weight_are_refused() {
        let said = analyze_at(SiteKind::Sublayer, json!([["o", "mul", "y", 2]]), "o").unwrap_err();
        assert_eq!(said, ": a sublayer site has no weight to fold into");
    }
}
