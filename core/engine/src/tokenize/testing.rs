//! Two small tokenizers for tests, of the two kinds that models here have.

use super::Tokenizer;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// The tokens that `vocab.txt` of [`word_pieces`] has.
pub(crate) fn word_piece_vocabulary() -> Vec<String> {
    let mut vocabulary: Vec<String> =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "fever", "##er", "the"].map(str::to_owned).to_vec();
    let alphabet: Vec<char> = ('a'..='z').chain('0'..='9').chain("发热患者éß,.-()".chars()).collect();
    vocabulary.extend(alphabet.iter().map(char::to_string));
    vocabulary.extend(alphabet.iter().map(|c| format!("##{c}")));
    vocabulary
}

/// A BERT tokenizer over single letters: most words have several pieces, some are unknown.
pub(crate) fn word_pieces() -> Tokenizer {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("vocab.txt"), word_piece_vocabulary().join("\n")).unwrap();
    Tokenizer::open(folder.path(), word_piece_vocabulary().len()).unwrap()
}

/// Writes `vocab.json` and `merges.txt` of a RoBERTa tokenizer over bytes and a few pairs; how many
/// tokens there are.
pub(crate) fn write_byte_pairs(folder: &std::path::Path) -> usize {
    let mut alphabet: Vec<char> = tokenizers::pre_tokenizers::byte_level::ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    let merges = ["f e", "v e", "fe ve", "Ġ t", "å ı", "ç Ĥ"];
    let mut tokens: Vec<String> = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"].map(str::to_owned).to_vec();
    tokens.extend(alphabet.iter().map(char::to_string));
    tokens.extend(merges.iter().map(|pair| pair.replace(' ', "")));
    let vocabulary: Map<String, Value> = tokens.iter().enumerate().map(|(id, t)| (t.clone(), id.into())).collect();
    std::fs::write(folder.join("vocab.json"), Value::Object(vocabulary).to_string()).unwrap();
    std::fs::write(folder.join("merges.txt"), format!("#version: 0.2\n{}\n", merges.join("\n"))).unwrap();
    tokens.len()
}

/// A RoBERTa tokenizer: most characters beyond ASCII have several tokens.
pub(crate) fn byte_pairs() -> Tokenizer {
    let folder = TempDir::new().unwrap();
    let size = write_byte_pairs(folder.path());
    Tokenizer::open(folder.path(), size).unwrap()
}
