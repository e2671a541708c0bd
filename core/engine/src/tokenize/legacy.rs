//! Tokenizers of older model folders, written as the `tokenizer.json` that they would have today.

use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A JSON file, or nothing where there is none.
pub(super) fn json(path: &Path) -> Result<Option<Value>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| Error::reading(path, "tokenizer", e))?;
    let refuse = |e: serde_json::Error| Error::Tokenizer { path: path.to_owned(), reason: e.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(refuse)
}

fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| Error::reading(path, "tokenizer", e))?;
    let refuse = |e: std::string::FromUtf8Error| Error::Tokenizer { path: path.to_owned(), reason: e.to_string() };
    String::from_utf8(bytes).map_err(refuse)
}

/// The ids of tokens that a kind of tokenizer cannot do without.
fn ids<'a, const N: usize>(
    path: &Path,
    vocabulary: &Map<String, Value>,
    tokens: [&'a str; N],
) -> Result<[(&'a str, u64); N]> {
    let mut found = [("", 0); N];
    for (place, token) in found.iter_mut().zip(tokens) {
        let Some(id) = vocabulary.get(token).and_then(Value::as_u64) else {
            let reason = format!("it does not fit the model: expected the special token `{token}`, found none");
            return Err(Error::Tokenizer { path: path.to_owned(), reason });
        };
        *place = (token, id);
    }
    Ok(found)
}

fn added(tokens: &[(&str, u64)]) -> Value {
    let token = |(content, id): &(&str, u64)| {
        json!({"id": id, "content": content, "special": true, "single_word": false, "lstrip": *content == "<mask>",
               "rstrip": false, "normalized": false})
    };
    tokens.iter().map(token).collect()
}

/// BERT's WordPiece from `vocab.txt`: a token a line, its id the line's number.
pub(super) fn word_piece(folder: &Path) -> Result<Vec<u8>> {
    let path = folder.join("vocab.txt");
    let config = json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let setting = |name: &str, default: bool| config.get(name).and_then(Value::as_bool).unwrap_or(default);
    let text = text(&path)?;
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let vocabulary: Map<String, Value> = lines
        .enumerate()
        .filter(|(_, token)| !token.is_empty())
        .map(|(id, token)| (token.to_owned(), id.into()))
        .collect();
    let special = ids(&path, &vocabulary, ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"])?;
    let [cls, sep, ..] = special;
    Ok(json!({
        "version": "1.0",
        "added_tokens": added(&special),
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": setting("tokenize_chinese_chars", true),
            "strip_accents": config.get("strip_accents"),
            "lowercase": setting("do_lower_case", true),
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "cls": cls, "sep": sep},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    })
    .to_string()
    .into_bytes())
}

/// RoBERTa's byte-level BPE from `vocab.json` and `merges.txt`.
pub(super) fn byte_pairs(folder: &Path) -> Result<Vec<u8>> {
    let path = folder.join("vocab.json");
    let Some(Value::Object(vocabulary)) = json(&path)? else {
        let reason = "expected a JSON object of token → id".to_owned();
        return Err(Error::Tokenizer { path, reason });
    };
    let config = json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let add_prefix_space = config.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    let merges = text(&folder.join("merges.txt"))?;
    let merges: Vec<&str> = merges.lines().filter(|line| !line.starts_with("#version") && !line.is_empty()).collect();
    let special = ids(&path, &vocabulary, ["<s>", "</s>", "<pad>", "<unk>", "<mask>"])?;
    let [cls, sep, ..] = special;
    Ok(json!({
        "version": "1.0",
        "added_tokens": added(&special),
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": true, "use_regex": true},
        "post_processor": {
            "type": "RobertaProcessing", "cls": cls, "sep": sep, "trim_offsets": true, "add_prefix_space": add_prefix_space,
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": merges},
    })
    .to_string()
    .into_bytes())
}
