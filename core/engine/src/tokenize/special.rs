//! Special tokens: what they are called, and where they stand around a text.

use super::legacy;
use crate::Result;
use serde_json::Value;
use std::path::Path;

/// Token ids with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Special {
    /// Stands before a text: `[CLS]`, `<s>`.
    pub cls: u32,
    /// Stands behind a text: `[SEP]`, `</s>`.
    pub sep: u32,
    /// Fills up rows, in models that pad.
    pub pad: Option<u32>,
    /// Stands for a token to be guessed.
    pub mask: Option<u32>,
    /// Stands for what the vocabulary does not have.
    pub unk: Option<u32>,
}

/// What the folder's files call the special tokens.
pub(super) struct Names([Value; 2]);

impl Names {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| -> Result<Value> { Ok(legacy::json(&folder.join(name))?.unwrap_or_default()) };
        Ok(Self([read("special_tokens_map.json")?, read("tokenizer_config.json")?]))
    }

    /// The token of a role (`cls_token`), as a string or as an object with `content`.
    fn of(&self, role: &str) -> Option<&str> {
        let token = |value: &Value| Some(value.get(role)?).filter(|v| !v.is_null()).cloned();
        let found = self.0.iter().find(|value| token(value).is_some())?.get(role)?;
        found.as_str().or_else(|| found.get("content")?.as_str())
    }
}

/// Finds the special tokens in the vocabulary.
pub(super) fn special(tokenizer: &tokenizers::Tokenizer, names: &Names) -> Result<Special, String> {
    let find = |role: &str, usual: [&str; 2]| -> Result<u32, String> {
        let named = names.of(role);
        let candidates = named.map_or(usual.to_vec(), |name| vec![name]);
        let refused = || {
            let candidates = candidates.join(" or ");
            format!("it does not fit the model: expected a token {candidates} ({role}), found none")
        };
        candidates.iter().find_map(|name| tokenizer.token_to_id(name)).ok_or_else(refused)
    };
    Ok(Special {
        cls: find("cls_token", ["[CLS]", "<s>"])?,
        sep: find("sep_token", ["[SEP]", "</s>"])?,
        pad: find("pad_token", ["[PAD]", "<pad>"]).ok(),
        mask: find("mask_token", ["[MASK]", "<mask>"]).ok(),
        unk: find("unk_token", ["[UNK]", "<unk>"]).ok(),
    })
}

/// What the file's template puts before and behind a text; the usual pair where it has no template.
pub(super) fn frame(tokenizer: &tokenizers::Tokenizer, special: Special) -> tokenizers::Result<(Vec<u32>, Vec<u32>)> {
    let encoding = tokenizer.encode("a", true)?;
    let (ids, mask) = (encoding.get_ids(), encoding.get_special_tokens_mask());
    let before = mask.iter().take_while(|&&m| m == 1).count();
    let behind = mask.iter().rev().take_while(|&&m| m == 1).count();
    if before + behind == 0 {
        return Ok((vec![special.cls], vec![special.sep]));
    }
    Ok((ids[..before].to_vec(), ids[ids.len() - behind..].to_vec()))
}
