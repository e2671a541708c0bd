//! Errors of readers and writers, as those of a run.

use super::Error;

impl From<engraft_data::Error> for Error {
    fn from(error: engraft_data::Error) -> Self {
        use engraft_data::Error as Data;
        match error {
            Data::MissingFile { path } => Self::MissingFile { what: "data file".to_owned(), path },
            Data::Unreadable { path, source } => Self::Unreadable { path, source },
            Data::Unwritable { path, source } => Self::Unwritable { path, source },
            Data::Encoding { path, line, column, byte, encoding } => {
                Self::Encoding { path, line, column, byte, encoding }
            }
            Data::Record { path, line, column, mut reason } => {
                if column > 0 {
                    reason.message = format!("{} (column {column})", reason.message);
                }
                Self::Record { path, line, reason }
            }
            Data::UnknownFormat { path } => Self::Setting {
                key: "data.format".to_owned(),
                expected: engraft_data::Format::names(),
                got: format!("nothing, and the name of `{}` does not tell", path.display()),
            },
            other => Self::Setting {
                key: "data".to_owned(),
                expected: "data that can be read".to_owned(),
                got: other.to_string(),
            },
        }
    }
}
