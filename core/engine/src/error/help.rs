//! What to do about an error.

use super::Error;

impl Error {
    /// What to do about it, in a sentence.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::OtherSettings { .. } => {
                "its `run.toml` has them all: resume with them, or start anew in another folder with --out".to_owned()
            }
            Self::MissingFile { .. } => "paths in a run file are relative to the run file".to_owned(),
            Self::Encoding { .. } => {
                "name its encoding with [data] encoding: utf-8, utf-16, gb18030 or latin-1".to_owned()
            }
            Self::UnknownLabel { label, available, .. } => match near(label, available) {
                Some(near) => format!("did you mean `{near}`? Labels are set under [domain]"),
                None => "labels are set under [domain]".to_owned(),
            },
            Self::Diverged { .. } => {
                "lower [optimize] learning_rate or lengthen warmup; the last good checkpoint is kept".to_owned()
            }
            Self::NoNumbers => {
                "look for NaN or huge values in the weights of the model and of its grafts, and for token ids that the model \
                 does not know; take them from where they were made"
                    .to_owned()
            }
            Self::OtherBase { .. } => {
                "put it on the model it was trained on; or say --any-base, and check what it predicts".to_owned()
            }
            Self::OtherTask { .. } => {
                "predict with the run file of the domain that the graft was trained for".to_owned()
            }
            Self::Unmergeable { .. } => {
                "it serves as it is, beside its base model: `engraft predict` needs no merging".to_owned()
            }
            Self::MergeDiffers { .. } => "nothing was written; --tolerance allows a larger difference".to_owned(),
            Self::Ungranted { grant, .. } => format!("add `grant = [\"{grant}\"]` to its [[augment]] table"),
            Self::NoMaskedHead { .. } => {
                "take a checkpoint that was saved with its masked language model (a `…ForMaskedLM`), or leave the \
                 augmenter out: sentence encoders such as MiniLM come without"
                    .to_owned()
            }
            Self::Locked { .. } => "wait for it to end, or name another folder with --out".to_owned(),
            Self::Unwritable { .. } => {
                "the last complete checkpoint is kept; make room and run again with --resume".to_owned()
            }
            Self::Link { .. } => "remove it, or put the file that you mean in its place".to_owned(),
            Self::Cache { .. } => {
                "the disk gave back other bytes than were written: check it, then run again with --resume".to_owned()
            }
            Self::Checkpoint { .. } => "remove it to start from the one before, or start anew".to_owned(),
            _ => return None,
        })
    }
}

/// The name most like the one asked for, if any is like it at all.
pub(crate) fn near<'a>(
    asked: &str,
    names: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a + ?Sized)>,
) -> Option<&'a str> {
    let likeness = |name: &str| strsim::jaro_winkler(&asked.to_lowercase(), &name.to_lowercase());
    names
        .into_iter()
        .map(|name| (likeness(name.as_ref()), name.as_ref()))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
