//! A model's tokenizer, opened from its folder and checked against the model.

use super::known::KnownWords;
use super::legacy;
use super::special::{Names, Special, frame, special};
use crate::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The files of a Hugging Face model folder that belong to its tokenizer.
const FILES: [&str; 7] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
];

/// The tokenizer's files that are there, for copying beside a trained model.
pub fn files(model_folder: &Path) -> Vec<PathBuf> {
    FILES.iter().map(|name| model_folder.join(name)).filter(|path| path.is_file()).collect()
}

/// Cuts texts into the tokens of a model, each with its byte range.
pub struct Tokenizer {
    pub(super) inner: tokenizers::Tokenizer,
    /// Words met before, where texts can be put together of them.
    words: Option<KnownWords>,
    pub(super) path: PathBuf,
    /// Token ids with a meaning of their own.
    pub special: Special,
    /// What stands before every window.
    pub(super) prefix: Vec<u32>,
    /// What stands behind every window.
    pub(super) suffix: Vec<u32>,
}

/// A text as tokens, without special ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) ids: Vec<u32>,
    /// The bytes of each token, as the library tells them.
    pub(super) ranges: Vec<(usize, usize)>,
    /// The word of each token, by the pre-tokenizer.
    pub(super) words: Vec<Option<u32>>,
}

impl Tokenizer {
    /// Opens the tokenizer of a model folder: `tokenizer.json`, else `vocab.txt` (BERT's WordPiece), else
    /// `vocab.json` and `merges.txt` (byte-level BPE). Truncation and padding that the file asks for are
    /// switched off: windows are cut by [`windows`](super::windows). Special tokens inside a text are text.
    ///
    /// # Errors
    /// [`Error::MissingFile`] when the folder has none of these; [`Error::Tokenizer`] when the file cannot
    /// be read, knows token ids that the model (of `vocab_size` tokens) does not, or has no token that
    /// begins and ends a text.
    pub fn open(model_folder: &Path, vocab_size: usize) -> Result<Self> {
        let has = |name: &str| model_folder.join(name).is_file();
        let (path, json) = if has("tokenizer.json") {
            let path = model_folder.join("tokenizer.json");
            let json = std::fs::read(&path).map_err(|e| Error::reading(&path, "tokenizer", e))?;
            (path, json)
        } else if has("vocab.txt") {
            (model_folder.join("vocab.txt"), legacy::word_piece(model_folder)?)
        } else if has("vocab.json") && has("merges.txt") {
            (model_folder.join("vocab.json"), legacy::byte_pairs(model_folder)?)
        } else {
            let what = "a tokenizer (tokenizer.json, vocab.txt, or vocab.json with merges.txt)".to_owned();
            return Err(Error::MissingFile { what, path: model_folder.join("tokenizer.json") });
        };
        let refuse = |reason: String| Error::Tokenizer { path: path.clone(), reason };
        let mut inner = guarded(|| tokenizers::Tokenizer::from_bytes(json)).map_err(refuse)?;
        inner.with_truncation(None).map_err(|e| refuse(e.to_string()))?.with_padding(None);
        inner.set_encode_special_tokens(true);
        check_ids(&inner, vocab_size).map_err(refuse)?;
        let names = Names::read(model_folder)?;
        let special = special(&inner, &names).map_err(refuse)?;
        let (prefix, suffix) = guarded(|| frame(&inner, special)).map_err(refuse)?;
        if let Some(id) = prefix.iter().chain(&suffix).find(|&&id| id as usize >= vocab_size) {
            let why =
                format!("expected token ids below {vocab_size} (the model's vocab_size) around a text, found {id}");
            return Err(refuse(why));
        }
        let words = KnownWords::of(&inner);
        Ok(Self { inner, words, path, special, prefix, suffix })
    }

    /// The token ids of a text, without special tokens.
    ///
    /// # Errors
    /// What the tokenizer refuses.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.encode(text)?.ids)
    }

    /// The text's tokens.
    pub(super) fn encode(&self, text: &str) -> Result<Encoded> {
        match &self.words {
            Some(words) => words.encode(text, |word| self.encode_whole(word)),
            None => self.encode_whole(text),
        }
    }

    /// The text's tokens, by the library.
    pub(super) fn encode_whole(&self, text: &str) -> Result<Encoded> {
        let refuse = |reason: String| Error::Tokenizer { path: self.path.clone(), reason };
        let encoding = guarded(|| self.inner.encode(text, false)).map_err(refuse)?;
        Ok(Encoded {
            ids: encoding.get_ids().to_vec(),
            ranges: encoding.get_offsets().to_vec(),
            words: encoding.get_word_ids().to_vec(),
        })
    }
}

/// What the library makes of its file, or refuses; also where a broken one makes it panic.
fn guarded<T, E: ToString>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|e| e.to_string()),
        Err(_) => Err("the file is broken: the tokenizers library panicked".to_owned()),
    }
}

fn check_ids(tokenizer: &tokenizers::Tokenizer, vocab_size: usize) -> Result<(), String> {
    let vocabulary = tokenizer.get_vocab(true);
    let beyond = vocabulary.iter().filter(|(_, id)| **id as usize >= vocab_size).min_by_key(|(_, id)| **id);
    match beyond {
        Some((token, id)) => Err(format!(
            "it does not fit the model: expected token ids below {vocab_size} (the model's vocab_size), found {} tokens \
             of which `{token}` has id {id}",
            vocabulary.len()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{byte_pairs, word_piece_vocabulary, word_pieces, write_byte_pairs};
    use super::*;
    use serde_json::{Value, json};

    fn reason(result: Result<Tokenizer>) -> String {
        match result.err() {
            Some(Error::Tokenizer { reason, .. }) => reason,
            Some(other) => panic!("{other}"),
            None => panic!("the tokenizer was opened"),
        }
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    #[test]
    fn a_bert_and_a_roberta_folder_open_with_their_special_tokens() {
        let bert = word_pieces();
        let (cls, sep) = (bert.special.cls, bert.special.sep);
        assert_eq!(
            (cls, sep, bert.special.pad, bert.special.unk, bert.special.mask),
            (2, 3, Some(0), Some(1), Some(4))
        );
        assert_eq!((bert.prefix, bert.suffix), (vec![cls], vec![sep]));
        let roberta = byte_pairs();
        assert_eq!((roberta.special.cls, roberta.special.sep, roberta.special.pad), (0, 2, Some(1)));
        assert_eq!((roberta.prefix, roberta.suffix), (vec![0], vec![2]));
    }

    #[test]
    fn a_tokenizer_json_comes_before_the_older_files_and_its_truncation_and_padding_are_off() {
        let folder = folder(&[("vocab.txt", &word_piece_vocabulary().join("\n"))]);
        let mut json: Value = serde_json::from_slice(&legacy::word_piece(folder.path()).unwrap()).unwrap();
        json["truncation"] = json!({"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"});
        json["padding"] = json!({"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                                 "pad_type_id": 0, "pad_token": "[PAD]"});
        json["post_processor"] = Value::Null;
        std::fs::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
        let tokenizer = Tokenizer::open(folder.path(), 1000).unwrap();
        assert_eq!(tokenizer.encode("a b c d e f").unwrap().ids.len(), 6);
        assert_eq!(tokenizer.encode("a").unwrap().ids.len(), 1);
        assert_eq!((tokenizer.prefix, tokenizer.suffix), (vec![2], vec![3])); // no template: the usual pair
        let names: Vec<_> = files(folder.path()).iter().map(|f| f.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["tokenizer.json", "vocab.txt"]);
    }

    #[test]
    fn whether_a_vocab_txt_is_lowercased_stands_in_its_config() {
        let vocabulary = word_piece_vocabulary().join("\n");
        let cased = folder(&[("vocab.txt", &vocabulary), ("tokenizer_config.json", "{\"do_lower_case\": false}")]);
        let unk = word_pieces().special.unk.unwrap();
        assert_eq!(Tokenizer::open(cased.path(), 1000).unwrap().encode("FEVER").unwrap().ids, [unk]);
        assert_ne!(word_pieces().encode("FEVER").unwrap().ids, [unk]);
    }

    #[test]
    fn special_tokens_written_in_a_text_are_text() {
        for tokenizer in [word_pieces(), byte_pairs()] {
            let ids = tokenizer.encode("a [SEP] </s> b").unwrap().ids;
            assert!(!ids.contains(&tokenizer.special.sep), "{ids:?}");
        }
    }

    #[test]
    fn a_tokenizer_with_more_tokens_than_the_model_is_refused() {
        let vocabulary = word_piece_vocabulary();
        let folder = folder(&[("vocab.txt", &vocabulary.join("\n"))]);
        assert!(Tokenizer::open(folder.path(), vocabulary.len()).is_ok());
        let reason = reason(Tokenizer::open(folder.path(), vocabulary.len() - 1));
        assert!(
            reason.contains("does not fit the model") && reason.contains(&format!("`{}`", vocabulary.last().unwrap())),
            "{reason}"
        );
    }

    #[test]
    fn a_tokenizer_without_its_special_tokens_is_refused() {
        let without = folder(&[("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[MASK]\na")]);
        assert!(reason(Tokenizer::open(without.path(), 100)).contains("`[SEP]`"));
        let folder = folder(&[("special_tokens_map.json", "{\"cls_token\": {\"content\": \"<start>\"}}")]);
        let size = write_byte_pairs(folder.path());
        assert!(reason(Tokenizer::open(folder.path(), size)).contains("<start> (cls_token)"));
    }

    #[test]
    fn a_folder_without_a_tokenizer_and_a_file_that_is_none_are_refused() {
        let empty = folder(&[]);
        assert!(matches!(Tokenizer::open(empty.path(), 9).err(), Some(Error::MissingFile { .. })));
        for files in [[("tokenizer.json", "{}"), ("x", "")], [("vocab.json", "[]"), ("merges.txt", "")]] {
            assert!(!reason(Tokenizer::open(folder(&files).path(), 9)).is_empty());
        }
    }

    #[test]
    fn a_file_that_the_library_does_not_stand_is_refused() {
        let mut json: Value = serde_json::from_str(&word_pieces().inner.to_string(false).unwrap()).unwrap();
        json["post_processor"] =
            json!({ "type": "BertProcessing", "sep": ["[SEP]", 4_000_000_000u32], "cls": ["[CLS]", 2] });
        let found = folder(&[("tokenizer.json", &json.to_string())]);
        assert!(reason(Tokenizer::open(found.path(), 1000)).contains("around a text, found 4000000000"));
        let broken = guarded(|| -> Result<(), String> { panic!("index out of bounds") });
        assert!(broken.unwrap_err().contains("the file is broken"));
    }
}
