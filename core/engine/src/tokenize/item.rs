//! Windows of texts as the rest of the engine sees them.

use serde::{Deserialize, Serialize};

/// The target of a token that is not scored.
pub const NOT_SCORED: i64 = -100;
/// The target of a token that begins a unit whose tag this window does not say: another window owns it, or a lost span
/// lies there. It is not scored, and it has a place in the chain of tags.
pub const NOT_TOLD: i64 = -1;

/// One window of one text: what a model is given, and what it is to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The example's number.
    pub example: usize,
    /// Token ids, special tokens included.
    pub ids: Vec<u32>,
    /// The units whose scored token stands in this window, in the order of the text; none for tasks over
    /// whole texts.
    pub units: Vec<UnitAt>,
    /// What the model is to answer.
    pub targets: Targets,
}

/// Where a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitAt {
    /// Its scored token, by its row in the window.
    pub token: u32,
    /// Its last token, by its row; none where the window ends before it.
    pub last: Option<u32>,
    /// Its first byte in the example's text.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Whether this window says the unit's tag. Of all windows that hold a unit, one owns it.
    pub owned: bool,
}

/// What a model is to answer for an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Targets {
    /// A tag a token (see [`tag_names`](super::tag_names)); [`NOT_SCORED`] for special tokens and further
    /// pieces of a unit, [`NOT_TOLD`] for units that another window owns and units under a lost span.
    Tokens(Vec<i64>),
    /// The text's label.
    Class(i64),
    /// 1 for every label that the text has, else 0.
    Labels(Vec<f32>),
    /// Where spans begin and where they end.
    Ends {
        /// Two a label: first tokens, last tokens.
        columns: u32,
        /// Row, column and share of what is to be found. The shares of a column are 1 in sum, or there are none: then it
        /// is not told. A row with a share below 0 is no candidate; a later share goes before an earlier one.
        shares: Vec<(u32, u32, f32)>,
    },
    /// Nothing: the text has no gold label.
    None,
}

impl Item {
    /// 0 or 1 for each label, of a multi-label item.
    pub fn labels(&self) -> Option<&[f32]> {
        match &self.targets {
            Targets::Labels(labels) => Some(labels),
            _ => None,
        }
    }
}

impl Targets {
    /// Whether the answer is "nothing": no token of an entity, none of the labels.
    pub fn is_unlabeled(&self) -> bool {
        match self {
            Self::Tokens(tags) => tags.iter().all(|&tag| tag <= 0),
            Self::Labels(labels) => labels.iter().all(|&label| label == 0.0),
            Self::Ends { shares, .. } => shares.iter().all(|(row, _, share)| *row == 0 || *share <= 0.0),
            Self::Class(_) | Self::None => false,
        }
    }

    /// What they add to the divisor of the loss: scored tokens, 1 a text (a window, of ends), or its labels.
    pub fn count(&self) -> usize {
        match self {
            Self::Tokens(tags) => tags.iter().filter(|&&tag| tag >= 0).count(),
            Self::Class(_) | Self::Ends { .. } => 1,
            Self::Labels(labels) => labels.len(),
            Self::None => 0,
        }
    }
}

/// Gold spans that no sequence of tags can represent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub spans: usize,
    /// Of how many in all.
    pub of: usize,
    /// The first few, in words.
    pub examples: Vec<String>,
}

/// How many lost spans are told in words.
const TOLD: usize = 5;

impl Lost {
    /// Counts those of further examples.
    pub fn add(&mut self, more: Self) {
        self.spans += more.spans;
        self.of += more.of;
        self.tell(more.examples);
    }

    /// Keeps the first few in words.
    pub(super) fn tell(&mut self, reasons: Vec<String>) {
        let room = TOLD - self.examples.len();
        self.examples.extend(reasons.into_iter().take(room));
    }
}
