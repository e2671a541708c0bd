//! A number of bytes, as people write it: `"2 GiB"`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Units by the name that is written and that which is read, the largest first.
const UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("B", 1),
];

/// A number of bytes: a number with `GiB`, `MiB`, `KiB`, `GB`, `MB`, `kB` or `B`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Bytes(pub u64);

impl TryFrom<String> for Bytes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("expected a number of bytes as `512 MiB` or `2 GiB`, found `{text}`");
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let (number, unit) = (text[..at].parse::<f64>().map_err(|_| refuse())?, text[at..].trim());
        let (_, size) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(refuse)?;
        Ok(Self((number * *size as f64) as u64))
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> Self {
        bytes.to_string()
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = |(_, size): &&(&str, u64)| self.0 >= *size && self.0.is_multiple_of(*size);
        let (name, size) = UNITS.iter().find(whole).unwrap_or(&("B", 1));
        write!(f, "{} {name}", self.0 / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (text, bytes) in [("2 GiB", 2 << 30), ("512 MiB", 512 << 20), ("3 MB", 3_000_000), ("0 B", 0), ("7 B", 7)] {
            let read = Bytes::try_from(text.to_owned()).unwrap();
            assert_eq!((read.0, read.to_string().as_str()), (bytes, text));
        }
        assert_eq!(Bytes::try_from("1.5gib".to_owned()).unwrap(), Bytes(3 << 29));
    }

    #[test]
    fn what_is_no_number_of_bytes_is_refused() {
        for text in ["", "2", "GiB", "2 Gb/s", "-1 MiB", "1.2.3 B"] {
            assert!(Bytes::try_from(text.to_owned()).unwrap_err().contains(text), "{text}");
        }
    }
}
