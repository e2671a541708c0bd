//! Tokenize: texts become windows of tokens, with the byte range of every unit that gets a label.
//!
//! The way there: the [`Tokenizer`] gives tokens with byte ranges, tokens become units (words or pieces),
//! gold spans become a tag a unit, and a text that is too long is cut into windows that overlap, every
//! unit owned by one of them ([`windows`]). The way back is [`decode`]: it gives exactly the gold spans
//! that the tags were made of, whatever the text.

mod align;
mod asked;
mod decode;
mod ends;
mod item;
mod known;
mod legacy;
mod masked;
mod open;
mod opinions;
mod pairs;
#[cfg(test)]
mod roundtrip;
mod special;
mod tags;
#[cfg(test)]
pub(crate) mod testing;
mod unit;
mod window;
mod windows;

pub use asked::{Asked, Ends};
pub use decode::{decode, decode_with};
pub(crate) use ends::OUT;
pub use item::{Item, Lost, NOT_SCORED, NOT_TOLD, Targets, UnitAt};
pub(crate) use masked::{Masked, Words};
pub use open::{Tokenizer, files};
pub use opinions::{Opinion, opinions};
pub use special::Special;
pub use tags::tag_names;
pub use windows::{windows, windows_blind};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[tokenize]`: how texts become tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most tokens in a window, special tokens included; the model's own limit where none is given.
    pub max_length: Option<usize>,
    /// Tokens that neighboring windows of one text share; 64 where none is given, or a quarter of a
    /// window that is shorter than 256.
    pub overlap: Option<usize>,
    /// What gets a label in token tasks.
    pub unit: Unit,
}

/// What gets a label in token tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// The first sub-token of each word that the tokenizer's pre-tokenizer finds.
    #[default]
    Word,
    /// Every sub-token.
    Piece,
}
