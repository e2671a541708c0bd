//! A model as a method sees it: its sites and parameters by their Hugging Face names.

use super::Dims;
use super::types::{Rows, Type};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A model's places for grafts and its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelMap {
    /// The family: `bert`, `roberta`, `distilbert`.
    pub family: String,
    /// Symbols of the whole model: `hidden`, `heads`, `head_dim`, `kv`, `layers`, `vocab`.
    pub dims: Dims,
    /// Every place where a graft may stand.
    pub sites: Vec<Site>,
    /// Every base parameter and its shape.
    pub parameters: Vec<BaseParameter>,
    /// The modules of the task head: always trained, always saved with a graft.
    pub head: Vec<String>,
    /// The plans of the trained grafts that the run names in `[model.grafts]`: what methods may build upon, see
    /// [`trained`](super::trained).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grafts: BTreeMap<String, super::Plan>,
}

/// A place where a graft may stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// The Hugging Face module path: `bert.encoder.layer.3.attention.self.query`.
    pub name: String,
    /// What stands there.
    pub kind: SiteKind,
    /// What it is for: `attention.query`, `ffn.up`, `pooler`.
    pub role: String,
    /// The layer, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// Token or sequence: the rows that pass through.
    pub rows: Rows,
    /// Symbols of this site: `in`, `out`, `layer`.
    pub dims: Dims,
}

/// A base parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseParameter {
    /// Its Hugging Face name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// What stands at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SiteKind {
    /// y = x·wᵀ + bias. Sees `x`, `w`, `bias`, `y`; gives `input`, `weight`, `bias`, `output`.
    Linear,
    /// A residual branch. Sees `r` (the stream), `y` (the branch), `z` (what the base makes of them);
    /// gives `output` in the place of y.
    Sublayer,
    /// A norm. Sees and gives `weight`, `bias`.
    Norm,
    /// Word embeddings. Sees `ids`, `w`, `y`; gives `output`.
    Embedding,
    /// A whole layer. Sees `y`, and of each token `position` (from 0) and `remaining` (to 0); gives `output`.
    Block,
    /// The keys and values of an attention. Sees `x`, what feeds them; gives `k_rows` and `v_rows`, which
    /// stand before those of the tokens.
    Attention,
    /// The beginning of each sequence. Sees `w`, the word embeddings; gives `rows`, which stand before the
    /// embedded tokens.
    Prompt,
}

/// What becomes of something that a graft gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It stands in the place of this value of the site, and has its type.
    Replaced(&'static str),
    /// It is added before the tokens: static or sequence rows × [P, this symbol].
    Added(&'static str),
}

impl SiteKind {
    /// What a graft at such a site sees, given the site's symbols.
    pub fn sees(self, site: &Site) -> BTreeMap<&'static str, Type> {
        let dim = |name: &str| site.dims.get(name).map_or(0, |&n| n as usize);
        let rowed = |width: usize| Type::new(site.rows, [width]);
        let fixed = |shape: &[usize]| Type::fixed(shape);
        let (inside, outside, hidden) = (dim("in"), dim("out"), dim("hidden"));
        let mut sees = match self {
            Self::Linear => BTreeMap::from([
                ("x", rowed(inside)),
                ("w", fixed(&[outside, inside])),
                ("bias", fixed(&[outside])),
                ("y", rowed(outside)),
            ]),
            Self::Sublayer => BTreeMap::from([("r", rowed(hidden)), ("y", rowed(hidden)), ("z", rowed(hidden))]),
            Self::Norm => BTreeMap::from([("w", fixed(&[hidden])), ("bias", fixed(&[hidden]))]),
            Self::Embedding => BTreeMap::from([
                ("ids", Type::token([]).integer()),
                ("w", fixed(&[dim("vocab"), hidden])),
                ("y", rowed(hidden)),
            ]),
            Self::Block => {
                BTreeMap::from([("y", rowed(hidden)), ("position", Type::token([1])), ("remaining", Type::token([1]))])
            }
            Self::Attention => BTreeMap::from([("x", rowed(hidden))]),
            Self::Prompt => BTreeMap::from([("w", fixed(&[dim("vocab"), hidden]))]),
        };
        sees.insert("task", Type::sequence([]).integer());
        sees
    }

    /// What a graft may give, and what it must be like: the site's value that it replaces, or, for rows
    /// that are added, the symbol of their width.
    pub const fn gives(self) -> &'static [(&'static str, Given)] {
        use Given::{Added, Replaced};
        match self {
            Self::Linear => &[
                ("input", Replaced("x")),
                ("weight", Replaced("w")),
                ("bias", Replaced("bias")),
                ("output", Replaced("y")),
            ],
            Self::Norm => &[("weight", Replaced("w")), ("bias", Replaced("bias"))],
            Self::Sublayer | Self::Embedding | Self::Block => &[("output", Replaced("y"))],
            Self::Attention => &[("k_rows", Added("kv")), ("v_rows", Added("kv"))],
            Self::Prompt => &[("rows", Added("hidden"))],
        }
    }
}

impl fmt::Display for SiteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linear => "linear",
            Self::Sublayer => "sublayer",
            Self::Norm => "norm",
            Self::Embedding => "embedding",
            Self::Block => "block",
            Self::Attention => "attention",
            Self::Prompt => "prompt",
        })
    }
}

impl ModelMap {
    /// The linear sites that match any of the patterns (see [`Select`]), ready for
    /// [`GraftBuilder::at`](super::GraftBuilder::at).
    ///
    /// # Errors
    /// `plan.no-site` when a pattern matches nothing, with the last parts of the names there are.
    pub fn linears(&self, patterns: &[impl AsRef<str>]) -> Result<super::At> {
        self.sites_of(SiteKind::Linear, patterns)
    }

    /// The sites of a kind that match any of the patterns.
    ///
    /// # Errors
    /// `plan.no-site` as above.
    pub fn sites_of(&self, kind: SiteKind, patterns: &[impl AsRef<str>]) -> Result<super::At> {
        let of_kind = || self.sites.iter().filter(|site| site.kind == kind);
        for pattern in patterns {
            let select = Select::One(pattern.as_ref().to_owned());
            if !of_kind().any(|site| select.matches(&site.name)) {
                let mut tails: Vec<_> = of_kind().filter_map(|s| s.name.rsplit('.').next()).collect();
                tails.sort_unstable();
                tails.dedup();
                let message = format!(
                    "no {kind} site of this {} model matches `{}`; names end in: {}",
                    self.family,
                    pattern.as_ref(),
                    tails.join(", ")
                );
                return Err(Error::new("plan.no-site", message));
            }
        }
        let select = Select::Many(patterns.iter().map(|p| p.as_ref().to_owned()).collect());
        let sites = of_kind().filter(|site| select.matches(&site.name)).map(|site| site.name.clone()).collect();
        Ok(super::At::new(kind, Select::Many(sites)))
    }
}

/// Which names are meant: one pattern or several. A pattern is a whole name; or the end of one from a
/// dot on (`query`, `output.dense`: PEFT's rule); or, when it holds a `*`, a glob over the whole name,
/// in which `{a,b}` means either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Select {
    /// One pattern.
    One(String),
    /// Any of several.
    Many(Vec<String>),
}

impl Select {
    /// Whether a name is meant. A pattern of more braces than anybody writes means nothing.
    pub fn matches(&self, name: &str) -> bool {
        let is_meant = |pattern: &String| {
            pattern.matches('{').count() <= MOST_BRACES && matches(pattern, name, &mut { MOST_CHOICES })
        };
        match self {
            Self::One(pattern) => is_meant(pattern),
            Self::Many(patterns) => patterns.iter().any(is_meant),
        }
    }
}

/// Braces of a pattern, and ways to read them that are tried: their number doubles with each of them.
const MOST_BRACES: usize = 8;
const MOST_CHOICES: usize = 1000;

fn matches(pattern: &str, name: &str, left: &mut usize) -> bool {
    // One alternative at a time; nested braces are not part of the form.
    if let (Some(open), Some(close)) = (pattern.find('{'), pattern.find('}'))
        && open < close
    {
        let mut choices = pattern[open + 1..close].split(',');
        let (before, behind) = (&pattern[..open], &pattern[close + 1..]);
        return choices.any(|choice| *left > 0 && matches(&format!("{before}{choice}{behind}"), name, left));
    }
    *left = left.saturating_sub(1);
    if pattern.contains('*') {
        return glob(pattern, name);
    }
    name == pattern || name.strip_suffix(pattern).is_some_and(|head| head.ends_with('.'))
}

/// `*` stands for any run of characters. Greedy with one way back: linear in the name.
fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_the_end_of_one_or_a_glob() {
        let name = "bert.encoder.layer.1.attention.self.query";
        for yes in [name, "query", "self.query", "*.self.{query,value}", "bert.*.1.*query", "*"] {
            assert!(Select::One(yes.into()).matches(name), "{yes}");
        }
        for no in ["uery", "key", "*.self.{key,value}", "bert.*.11.*", "query.*", "*.querys"] {
            assert!(!Select::One(no.into()).matches(name), "{no}");
        }
    }

    #[test]
    fn braces_without_end_mean_nothing_and_take_no_time() {
        for pattern in ["{a,b}".repeat(40), "{a,b}".repeat(100_000), format!("{{{}x}}", "a,".repeat(5000)).repeat(8)] {
            assert!(!Select::One(pattern).matches(&"a".repeat(40)));
        }
        assert!(Select::One("*.{self,cross}.{query,{key}".to_owned()).matches("layer.self.query"));
    }
}
