//! The two factors and their first values.
//!
//! | `begin` | A | B |
//! |---|---|---|
//! | `uniform` | uniform within ± 1/√in | zeros |
//! | `orthogonal` | (R₁ Q₁)ᵀ / 10 | R₂ Q₂ / 10, with Q₁, Q₂ the halves of an orthogonal matrix, R₁, R₂ normal: B A = 0 |
//! | `pissa` | [A'; A₀] | [B', −B₀], A' and B' beginning with A₀ = √(Σ/s) Vᵀ, B₀ = U √(Σ/s) of W's largest singular values |
//!
//! PiSSA (Meng et al. 2024, arXiv:2404.02948) moves A₀ and B₀ out of the base weight. Here base weights are never
//! rewritten: the frozen half takes them off again, so that the file is a LoRA of rank 2r like any other.

use crate::Settings;
use crate::settings::Begin;
use engraft_plugin::plan::targets::peft_key;
use engraft_plugin::plan::{Arg, Dim, GraftBuilder, Init, Step, Value};

/// A rank and its alpha.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) rank: usize,
    pub(crate) alpha: f64,
}

impl Sizes {
    /// s.
    pub(crate) fn scale(self, rslora: bool) -> f64 {
        let rank = self.rank as f64;
        self.alpha / if rslora { rank.sqrt() } else { rank }
    }
}

/// A and B as they enter the formula.
pub(crate) fn factors<'g>(
    graft: &'g GraftBuilder,
    settings: &Settings,
    sizes: Sizes,
    rank: Dim,
    scale: f64,
) -> (Value<'g>, Value<'g>) {
    let (inside, outside) = (Dim::from("in"), Dim::from("out"));
    let (a_key, b_key) = (peft_key("lora_A.weight"), peft_key("lora_B.weight"));
    let r = sizes.rank;
    match settings.begin {
        Begin::Uniform => {
            let a = graft.parameter("A", &[rank.clone(), inside]).init(Init::KaimingUniform { a: 5f64.sqrt() });
            let b = graft.parameter("B", &[outside, rank]).lr(settings.up_rate);
            (a.key(&a_key).add(), b.key(&b_key).add())
        }
        Begin::Orthogonal => {
            let half = Dim::from(r / 2);
            let aid = |name, shape: &[Dim], init| graft.parameter(name, shape).init(init).frozen().unsaved().add();
            aid("Q", &[rank.clone(), rank.clone()], Init::Orthogonal(1.0));
            aid("R1", &[inside.clone(), half.clone()], Init::Normal(0.1));
            aid("R2", &[outside.clone(), half], Init::Normal(0.1));
            let a = graft.parameter("A", &[rank.clone(), inside]).init(half_of("R1", 0, r, true));
            let b = graft.parameter("B", &[outside, rank]).init(half_of("R2", r / 2, r, false)).lr(settings.up_rate);
            (a.key(&a_key).add(), b.key(&b_key).add())
        }
        Begin::Pissa => {
            let twice = Dim::from(2 * r);
            let a = graft.parameter("A", &[twice.clone(), inside]).init(largest_right(r, scale)).decay(false);
            let a = a.key(&a_key).add();
            let b = graft.parameter("B", &[outside, twice]).init(largest_left(r, scale)).decay(false);
            let b = b.lr(settings.up_rate).key(&b_key).add();
            let halves = |x: Value<'g>, axis| x.narrow(axis, 0, r).concat(x.narrow(axis, r, r).stop_gradient(), axis);
            (halves(a, -2), halves(b, -1))
        }
    }
}

fn step(name: &str, op: &str, args: &[Arg]) -> Step {
    Step { name: name.to_owned(), op: op.to_owned(), args: args.to_vec() }
}

fn name(name: &str) -> Arg {
    Arg::Name(name.to_owned())
}

fn number(number: impl Into<f64>) -> Arg {
    Arg::Number(number.into())
}

fn count(count: usize) -> Arg {
    Arg::Number(count as f64)
}

/// R times rows of Q, transposed or not.
fn half_of(random: &str, from: usize, r: usize, is_transposed: bool) -> Init {
    let mut steps = vec![
        step("h", "narrow", &[name("Q"), number(-2), count(from), count(r / 2)]),
        step("p", "matmul", &[name(random), name("h")]),
    ];
    if is_transposed {
        steps.push(step("t", "transpose", &[name("p"), number(-1), number(-2)]));
    }
    let value = if is_transposed { "t" } else { "p" };
    Init::Computed { steps, value: value.to_owned() }
}

/// [A₀; A₀]: A₀ = √(Σ/s) Vᵀ, where a row of Vᵀ Wᵀ is as long as its singular value.
fn largest_right(r: usize, scale: f64) -> Init {
    let steps = vec![
        step("v", "svd", &[name("w"), name("right"), count(r)]),
        step("u", "matmul_t", &[name("v"), name("w")]),
        step("n", "norm", &[name("u"), number(-1)]),
        step("q", "div", &[name("n"), number(scale)]),
        step("k", "sqrt", &[name("q")]),
        step("a", "mul", &[name("v"), name("k")]),
        step("o", "concat", &[name("a"), name("a"), number(-2)]),
    ];
    Init::Computed { steps, value: "o".to_owned() }
}

/// [B₀, −B₀] from A₀: W A₀ᵀ = U Σ √(Σ/s), and ‖a‖² · s = Σ for each row a of A₀.
fn largest_left(r: usize, scale: f64) -> Init {
    let steps = vec![
        step("a", "narrow", &[name("A"), number(-2), number(0), count(r)]),
        step("p", "matmul_t", &[name("w"), name("a")]),
        step("n", "norm", &[name("a"), number(-1)]),
        step("q", "mul", &[name("n"), name("n")]),
        step("s", "mul", &[name("q"), number(scale)]),
        step("f", "reshape", &[name("s"), Arg::List(vec![Dim::from(r)])]),
        step("b", "div", &[name("p"), name("f")]),
        step("m", "neg", &[name("b")]),
        step("o", "concat", &[name("b"), name("m"), number(-1)]),
    ];
    Init::Computed { steps, value: "o".to_owned() }
}
