//! Drops characters that only control or hide: byte order marks, zero-width characters, marks of direction, escape
//! sequences. White space stays as it is: that is for `whitespace`.

pub mod scan;
pub mod settings;

pub use settings::{LineBreaks, Settings};

use engraft_plugin::kind::preprocessor::Preprocessor;
use engraft_plugin::kind::{About, Plugin, Setting};
use engraft_plugin::text::Example;
use engraft_plugin::{Case, Edits, Result};
use scan::scan;
use serde_json::json;

/// The preprocessor `control`.
pub struct Control {
    settings: Settings,
}

impl Plugin for Control {
    type Settings = Settings;

    fn about() -> About {
        About {
            id: "control",
            summary: "Drops control, zero-width and direction characters, leaving white space as it is.",
            examples: examples(),
        }
    }

    fn open(settings: Settings, _setting: &Setting) -> Result<Self> {
        Ok(Self { settings })
    }
}

impl Preprocessor for Control {
    fn clean(&self, example: &Example<'_>) -> Result<Edits> {
        let mut edits = Edits::none();
        for (range, into) in scan(example.text(), &self.settings) {
            edits.replace_around(range, into, example.spans());
        }
        Ok(edits)
    }
}

fn examples() -> Vec<Case> {
    vec![
        Case::new(
            "byte order mark, soft hyphen and zero-width space go, emoji stay whole",
            json!({
                "text": "\u{feff}dia\u{ad}betes\u{200b} 👩\u{200d}⚕️",
                "spans": [{ "start": 3, "end": 13, "label": "Disease" }],
            }),
            json!({ "text": "diabetes 👩\u{200d}⚕️", "spans": [{ "start": 0, "end": 8, "label": "Disease" }] }),
        ),
        Case::new(
            "a control character between words leaves a blank, an escape sequence nothing",
            json!({ "text": "no\u{0}fever \u{1b}[31mnow\u{1b}[0m\u{7}" }),
            json!({ "text": "no fever now" }),
        ),
        Case::new("line breaks of one kind", json!({ "text": "a\r\nb\rc\n" }), json!({ "text": "a\nb\nc\n" }))
            .with(json!({ "line_breaks": "unix" })),
    ]
}

engraft_plugin::register!(preprocessor Control);

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_plugin::edit;
    use engraft_plugin::text::{ExampleBuf, Views};

    fn clean(text: &str, settings: Settings) -> String {
        let example = ExampleBuf::new("1", text);
        let edits = Control { settings }.clean(&Views::examples([&example]).as_slice()[0]).unwrap();
        edit::apply(&example, &edits).unwrap().text
    }

    #[test]
    fn joiners_stay_in_the_scripts_that_are_spelled_with_them() {
        assert_eq!(clean("می\u{200c}خواهم a\u{200d}b", Settings::default()), "می\u{200c}خواهم ab");
    }

    #[test]
    fn marks_of_direction_cannot_hide_what_a_text_says() {
        assert_eq!(clean("pay \u{202e}001\u{202c}", Settings::default()), "pay 001");
    }

    #[test]
    fn an_escape_sequence_that_is_none_loses_its_escape_only() {
        assert_eq!(clean("\u{1b}[31 \u{1b}]0;title", Settings::default()), "[31 ]0;title");
    }

    #[test]
    fn private_use_goes_where_one_says_so() {
        assert_eq!(clean("a\u{e000}b\u{fffd}", Settings::default()), "a\u{e000}b\u{fffd}");
        assert_eq!(clean("a\u{e000}b\u{fffd}", Settings { private_use: true, ..Settings::default() }), "ab");
    }
}
