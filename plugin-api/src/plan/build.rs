//! Makes grafts in Rust that read like their formula.
//!
//! ```
//! # use engraft_plugin::plan::{At, GraftBuilder, Init, Plan, Select, SiteKind};
//! # let at = At::new(SiteKind::Linear, Select::One("query".into()));
//! let graft = GraftBuilder::at("lora", at);
//! let a = graft.parameter("A", &["r", "in"]).init(Init::KaimingUniform { a: 5f64.sqrt() }).key("{site}.A").add();
//! let b = graft.parameter("B", &["out", "r"]).key("{site}.B").add();
//! let x = graft.x().dropout(0.1);
//! graft.gives("output", graft.y() + x.matmul_t(a).matmul_t(b) * 2.0);
//! let plan = Plan::new("lora").dim("r", 8).graft(graft);
//! assert_eq!(plan.grafts[0].steps.len(), 5);
//! ```

use super::{Arg, At, Dim, Graft, Init, Observed, Parameter, Penalty, Step};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A graft in the making. Operations on its values add steps to it.
pub struct GraftBuilder {
    graft: RefCell<Graft>,
    /// Names that are known at run time only.
    names: RefCell<Vec<String>>,
}

impl GraftBuilder {
    /// A graft at a selection of sites ([`ModelMap::linears`](super::ModelMap::linears)).
    pub fn at(name: &str, at: At) -> Self {
        let (parameters, steps, penalties, observes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (name, gives, exports) = (name.to_owned(), BTreeMap::new(), BTreeMap::new());
        let graft = Graft { name, at, parameters, steps, gives, exports, penalties, observes };
        Self { graft: RefCell::new(graft), names: RefCell::default() }
    }

    /// A parameter of this shape (numbers, or names of dims and site symbols); zeros until said
    /// otherwise.
    pub fn parameter<D: Into<Dim> + Clone>(&self, name: &'static str, shape: &[D]) -> ParameterBuilder<'_> {
        ParameterBuilder { graft: self, name, parameter: Parameter::new(name, shape) }
    }

    /// Writes a static value to disk under a key, besides the parameters.
    pub fn export(&self, key: &str, value: Value<'_>) {
        self.graft.borrow_mut().exports.insert(key.to_owned(), value.text());
    }

    /// Adds a static number to the loss, multiplied by `weight`, at every site.
    pub fn penalty(&self, value: Value<'_>, weight: f64) {
        self.graft.borrow_mut().penalties.push(Penalty { value: value.text(), weight });
    }

    /// Tells these numbers of each text, under a name; `labels` say what each stands for.
    pub fn observe(&self, name: &str, value: Value<'_>, labels: Vec<String>) {
        let observed = Observed { name: name.to_owned(), value: value.text(), labels };
        self.graft.borrow_mut().observes.push(observed);
    }

    /// Adds a parameter as it is.
    pub fn put(&self, parameter: Parameter) -> Value<'_> {
        let value = self.named(&parameter.name);
        self.graft.borrow_mut().parameters.push(parameter);
        value
    }

    /// As [`site`](Self::site), by a name that is known at run time only.
    pub fn named(&self, name: &str) -> Value<'_> {
        let mut names = self.names.borrow_mut();
        names.push(name.to_owned());
        Value { graft: self, name: Name::Known(names.len() - 1) }
    }

    /// A constant of this shape.
    pub fn fill<D: Into<Dim> + Clone>(&self, value: f64, shape: &[D]) -> Value<'_> {
        let shape = shape.iter().cloned().map(Into::into).collect();
        self.step("fill", vec![Arg::Number(value), Arg::List(shape)])
    }

    /// Something the site has (`x`, `y`, `w`, `bias`, `r`, `z`, `ids`, `task`), or a shared parameter.
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

    /// The site's weight.
    pub const fn w(&self) -> Value<'_> {
        self.site("w")
    }

    /// Puts a value in the place of what the site had (`output`, `input`, `weight`, `bias`).
    pub fn gives(&self, what: &str, value: Value<'_>) {
        self.graft.borrow_mut().gives.insert(what.to_owned(), value.text());
    }

    /// Adds a step with its arguments as they stand on the wire.
    pub(super) fn step(&self, op: &str, args: Vec<Arg>) -> Value<'_> {
        let steps = &mut self.graft.borrow_mut().steps;
        let number = steps.len();
        steps.push(Step { name: step_name(number), op: op.to_owned(), args });
        Value { graft: self, name: Name::Step(number) }
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
    /// Weight decay leaves it out, or takes it in.
    pub const fn decay(mut self, decays: bool) -> Self {
        self.parameter.decay = Some(decays);
        self
    }
    /// It is not written to disk but made anew from its first values.
    pub const fn unsaved(mut self) -> Self {
        self.parameter.save = false;
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
    /// A place among the builder's names.
    Known(usize),
    Step(usize),
}

fn step_name(number: usize) -> String {
    format!("v{number}")
}

/// A value of a graft: a handle that copies freely. Operations add steps.
#[derive(Clone, Copy)]
pub struct Value<'g> {
    graft: &'g GraftBuilder,
    name: Name,
}

impl<'g> Value<'g> {
    fn text(self) -> String {
        match self.name {
            Name::Given(name) => name.to_owned(),
            Name::Known(at) => self.graft.names.borrow()[at].clone(),
            Name::Step(number) => step_name(number),
        }
    }
    pub(super) fn arg(self) -> Arg {
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
    /// Two trailing axes change places.
    pub fn transpose(self, i: i64, j: i64) -> Self {
        self.apply("transpose", [Arg::Number(i as f64), Arg::Number(j as f64)])
    }
    /// `len` places of an axis from `from` on.
    pub fn narrow(self, axis: i64, from: usize, len: impl Into<Dim>) -> Self {
        let len = match len.into() {
            Dim::Number(n) => Arg::Number(n as f64),
            Dim::Name(name) => Arg::Name(name),
        };
        self.apply("narrow", [Arg::Number(axis as f64), Arg::Number(from as f64), len])
    }
    /// One place of an axis; the axis goes.
    pub fn index(self, axis: i64, at: impl Into<Dim>) -> Self {
        let at = match at.into() {
            Dim::Number(n) => Arg::Number(n as f64),
            Dim::Name(name) => Arg::Name(name),
        };
        self.apply("index", [Arg::Number(axis as f64), at])
    }
    /// Another value behind this one, along an axis.
    pub fn concat(self, other: Self, axis: i64) -> Self {
        self.apply("concat", [other.arg(), Arg::Number(axis as f64)])
    }
    /// Sum over an axis, which stays as 1.
    pub fn sum(self, axis: i64) -> Self {
        self.apply("sum", [Arg::Number(axis as f64)])
    }
    /// L2 norm over an axis, which stays as 1.
    pub fn norm(self, axis: i64) -> Self {
        self.apply("norm", [Arg::Number(axis as f64)])
    }
    /// cos(self).
    pub fn cos(self) -> Self {
        self.apply("cos", [])
    }
    /// sin(self).
    pub fn sin(self) -> Self {
        self.apply("sin", [])
    }
    /// √self.
    pub fn sqrt(self) -> Self {
        self.apply("sqrt", [])
    }
    /// The mean of each sequence's tokens.
    pub fn mean_of_tokens(self) -> Self {
        self.apply("pool", [Arg::Name("mean".to_owned())])
    }
    /// A sequence's row for each of its tokens.
    pub fn spread(self) -> Self {
        self.apply("spread", [])
    }
    /// The larger of two.
    pub fn maximum(self, other: Self) -> Self {
        self.apply("maximum", [other.arg()])
    }
    /// 1 where self < other, else 0.
    pub fn less(self, other: Self) -> Self {
        self.apply("less", [other.arg()])
    }
    /// One value where this one is not 0, another where it is.
    pub fn select(self, then: Self, otherwise: Self) -> Self {
        self.apply("where", [then.arg(), otherwise.arg()])
    }
    /// Rows of this static table by whole numbers.
    pub fn gather(self, index: Self) -> Self {
        self.apply("gather", [index.arg()])
    }
    /// These values added into zeros at flat places.
    pub fn scatter<D: Into<Dim> + Clone>(self, places: Self, shape: &[D]) -> Self {
        self.apply("scatter", [places.arg(), Arg::List(shape.iter().cloned().map(Into::into).collect())])
    }
    /// Blocks: `rows×[g,k]` · `[g,k,n]`.
    pub fn matmul_blocks(self, other: Self) -> Self {
        self.apply("matmul_blocks", [other.arg()])
    }
    /// Normal noise of this value's type in training, 0 outside.
    pub fn noise(self) -> Self {
        self.graft.step("noise", vec![Arg::Name("normal".to_owned()), self.arg()])
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
