//! Steps as the wire has them: `[name, op, args…]`.

use super::Dim;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One step: `[name, op, args…]` on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The name of what it gives.
    pub name: String,
    /// The operation, by the name that plans have for it.
    pub op: String,
    /// Operands first, then the operation's own numbers and names.
    pub args: Vec<Arg>,
}

/// An argument of a step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A number.
    Number(f64),
    /// The name of a value, a dim, or a choice of the operation (`mean`).
    Name(String),
    /// A shape.
    List(Vec<Dim>),
}

impl Serialize for Arg {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const EXACT: f64 = (1u64 << 53) as f64;
        match self {
            // Whole numbers without a point: axes and lengths read better, and Python wants them so.
            Self::Number(n) if n.fract() == 0.0 && n.abs() < EXACT => serializer.serialize_i64(*n as i64),
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Name(name) => serializer.serialize_str(name),
            Self::List(dims) => dims.serialize(serializer),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = [Arg::Name(self.name.clone()), Arg::Name(self.op.clone())];
        serializer.collect_seq(head.iter().chain(&self.args))
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut items = Vec::<Arg>::deserialize(deserializer)?.into_iter();
        match (items.next(), items.next()) {
            (Some(Arg::Name(name)), Some(Arg::Name(op))) => Ok(Self { name, op, args: items.collect() }),
            _ => Err(de::Error::custom("a step is [name, op, args…]")),
        }
    }
}
