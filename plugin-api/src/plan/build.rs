//! Makes grafts in Rust that read like their formula.
//!
//! ```
//! # use engraft_plugin::plan::{At, GraftBuilder, Init, Plan, Select, SiteKind};
//! # let at = At { kind: SiteKind::Linear, select: Select::One("query".into()) };
//! let graft = GraftBuilder::at("lora", at);
//! let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() }).key("{site}.A").add();
//! let b = graft.parameter("B", &["out", "r"]).key("{site}.B").add();
//! let x = graft.x().dropout(0.1);
//! graft.gives("output", graft.y() + x.matmul_t(a).matmul_t(b) * 2.0);
//! let plan = Plan::new("lora").dim("r", 8).graft(graft);
//! assert_eq!(plan.grafts[0].steps.len(), 5);
//! ```

use super::{Arg, At, Dim, Graft, Init, Parameter, Step};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A graft in the making. Operations on its values add steps to it.
pub struct GraftBuilder {
    graft: RefCell<Graft>,
}

impl GraftBuilder {
    /// A graft at a selection of sites ([`ModelMap::linears`](super::ModelMap::linears)).
    pub fn at(name: &str, at: At) -> Self {
        let (parameters, steps, gives) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { graft: RefCell::new(Graft { name: name.to_owned(), at, parameters, steps, gives }) }
    }

    /// A parameter of this shape (numbers, or names of dims and site symbols); zeros until said
    /// otherwise.
    pub fn parameter<D: Into<Dim> + Clone>(&self, name: &'static str, shape: &[D]) -> ParameterBuilder<'_> {
        let shape = shape.iter().cloned().map(Into::into).collect();
        let (init, key) = (Init::default(), String::new());
        let parameter = Parameter { name: name.to_owned(), shape, init, key, train: true, lr: 1.0, decay: None };
        ParameterBuilder { graft: self, name, parameter }
    }

    /// Something the site has: `x`, `y`, `w`, `bias`, `r`, `z`, `ids`.
    pub const fn site(&self, name: &'static str) -> Value<'_> {
        Value { graft: self, name: Name::Given(name) }
    }
    /// What flows into the site.
    pub const fn x(&self) -> Value<'_> {
        self.site("x")
    }
    /// What the site makes of it.
    pub const fn y(&self) -> Value<'_> {
        self.site("y")
    }

    /// Puts a value in the place of what the site had (`output`, `input`, `weight`, `bias`).
    pub fn gives(&self, what: &str, value: Value<'_>) {
        self.graft.borrow_mut().gives.insert(what.to_owned(), value.text());
    }

    fn step(&self, op: &str, args: Vec<Arg>) -> Value<'_> {
        let steps = &mut self.graft.borrow_mut().steps;
        let number = steps.len();
        let name = Name::Step(number);
        steps.push(Step { name: name.text(), op: op.to_owned(), args });
        Value { graft: self, name }
    }
}

impl From<GraftBuilder> for Graft {
    fn from(builder: GraftBuilder) -> Self {
        builder.graft.into_inner()
    }
}

/// A parameter in the making; [`add`](Self::add) ends it.
#[must_use = "ends with .add()"]
pub struct ParameterBuilder<'g> {
    graft: &'g GraftBuilder,
    name: &'static str,
    parameter: Parameter,
}

impl<'g> ParameterBuilder<'g> {
    /// Its first values.
    pub fn init(mut self, init: Init) -> Self {
        self.parameter.init = init;
        self
    }
    /// Its name on disk.
    pub fn key(mut self, key: &str) -> Self {
        key.clone_into(&mut self.parameter.key);
        self
    }
    /// Its learning rate as a multiple of the run's.
    pub const fn lr(mut self, multiple: f64) -> Self {
        self.parameter.lr = multiple;
        self
    }
    /// It does not train.
    pub const fn frozen(mut self) -> Self {
        self.parameter.train = false;
        self
    }
    /// Adds it to the graft.
    pub fn add(self) -> Value<'g> {
        self.graft.graft.borrow_mut().parameters.push(self.parameter);
        Value { graft: self.graft, name: Name::Given(self.name) }
    }
}

#[derive(Clone, Copy)]
enum Name {
    Given(&'static str),
    Step(usize),
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Given(name) => name.to_owned(),
            Self::Step(number) => format!("v{number}"),
        }
    }
}

/// A value of a graft: a handle that copies freely. Operations add steps.
#[derive(Clone, Copy)]
pub struct Value<'g> {
    graft: &'g GraftBuilder,
    name: Name,
}

impl<'g> Value<'g> {
    fn text(self) -> String {
        self.name.text()
    }
    fn arg(self) -> Arg {
        Arg::Name(self.text())
    }

    /// Any operation of [`super::op`] by its wire name, this value its first operand.
    pub fn apply(self, op: &str, rest: impl IntoIterator<Item = Arg>) -> Self {
        self.graft.step(op, std::iter::once(self.arg()).chain(rest).collect())
    }
    /// self · other.
    pub fn matmul(self, other: Self) -> Self {
        self.apply("matmul", [other.arg()])
    }
    /// self · otherᵀ.
    pub fn matmul_t(self, other: Self) -> Self {
        self.apply("matmul_t", [other.arg()])
    }
    /// Dropout; no step at all when `p` is 0.
    pub fn dropout(self, p: f64) -> Self {
        if p == 0.0 { self } else { self.apply("dropout", [Arg::Number(p)]) }
    }
    /// max(self, 0).
    pub fn relu(self) -> Self {
        self.apply("relu", [])
    }
    /// self · sigmoid(self).
    pub fn silu(self) -> Self {
        self.apply("silu", [])
    }
    /// self · Φ(self).
    pub fn gelu(self) -> Self {
        self.apply("gelu", [])
    }
    /// tanh(self).
    pub fn tanh(self) -> Self {
        self.apply("tanh", [])
    }
    /// 1 / (1 + exp(−self)).
    pub fn sigmoid(self) -> Self {
        self.apply("sigmoid", [])
    }
    /// Softmax over an axis.
    pub fn softmax(self, axis: i64) -> Self {
        self.apply("softmax", [Arg::Number(axis as f64)])
    }
    /// Another trailing shape.
    pub fn reshape<D: Into<Dim> + Clone>(self, shape: &[D]) -> Self {
        self.apply("reshape", [Arg::List(shape.iter().cloned().map(Into::into).collect())])
    }
    /// The value without its gradient.
    pub fn stop_gradient(self) -> Self {
        self.apply("stop_gradient", [])
    }
}

macro_rules! operator {
    ($($trait:ident $function:ident $op:literal),+) => { $(
        impl<'g> $trait for Value<'g> {
            type Output = Self;
            fn $function(self, other: Self) -> Self {
                self.apply($op, [other.arg()])
            }
        }
        impl<'g> $trait<f64> for Value<'g> {
            type Output = Self;
            fn $function(self, other: f64) -> Self {
                self.apply($op, [Arg::Number(other)])
            }
        }
    )+ };
}
operator!(Add add "add", Sub sub "sub", Mul mul "mul", Div div "div");

impl Neg for Value<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.apply("neg", [])
    }
}
