//! The formats: one file each, its reader and its writer.

pub(crate) mod brat;
#[cfg(feature = "arrow")]
pub(crate) mod columnar;
#[cfg(feature = "arrow")]
pub(crate) mod columnar_write;
pub(crate) mod conll;
pub(crate) mod doccano;
pub(crate) mod json;
pub(crate) mod jsonl;
pub(crate) mod label_studio;
pub(crate) mod plain;
pub(crate) mod prodigy;
pub(crate) mod pubtator;
pub(crate) mod squad;
pub(crate) mod table;
pub(crate) mod tags;
#[cfg(feature = "arrow")]
mod thrift;
pub(crate) mod word_tag;

/// What is asked of a build that cannot read Parquet and Arrow.
#[cfg(not(feature = "arrow"))]
pub(crate) fn without_arrow(path: &std::path::Path) -> crate::Error {
    let got = format!("`{}` and a build without the feature `arrow`", path.display());
    crate::Error::Request {
        what: "format".to_owned(),
        expected: "a build that reads Parquet and Arrow".to_owned(),
        got,
    }
}
