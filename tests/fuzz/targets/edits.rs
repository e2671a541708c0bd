//! Edits of any text: what is applied is what replacing bytes gives, and every span covers what it covered, or that
//! with the edits within it.

#![no_main]

use arbitrary::Arbitrary;
use engraft_plugin::edit::{self, Edit};
use engraft_plugin::text::{ExampleBuf, SpanBuf};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    text: String,
    spans: Vec<(u8, u8)>,
    edits: Vec<(u8, u8, String)>,
}

fuzz_target!(|input: Input| {
    let spans = input.spans.iter().map(|&(start, end)| SpanBuf::new(start.into(), end.into(), "x"));
    let mut example = ExampleBuf { spans: spans.collect(), ..ExampleBuf::new("1", input.text) };
    let text = example.text.clone();
    example
        .spans
        .retain(|span| ExampleBuf { spans: vec![span.clone()], ..ExampleBuf::new("1", &text) }.check().is_ok());
    let edits: Vec<Edit> =
        input.edits.into_iter().map(|(start, end, text)| Edit { start: start.into(), end: end.into(), text }).collect();
    let Ok(edited) = edit::apply(&example, &edits.clone().into()) else { return };
    edited.check().expect("spans lie in the new text");
    assert_eq!(edited.text, replaced(&text, 0, &edits));
    assert_eq!(edited.spans.len(), example.spans.len());
    for (old, new) in example.spans.iter().zip(&edited.spans) {
        let (start, end) = (old.start, old.end);
        // At the edges, an insertion stays outside.
        let within = |edit: &&Edit| {
            let insertion = edit.start == edit.end;
            let inside = edit.start >= start && edit.end <= end;
            inside && !(insertion && (edit.start == start || edit.start == end))
        };
        let within: Vec<Edit> = edits.iter().filter(within).cloned().collect();
        assert_eq!(edited.text[new.range()], replaced(&text[old.range()], start, &within), "{old:?} {edits:?}");
        assert_eq!(old.label, new.label);
    }
});

/// A text that begins at `offset`, with edits applied from the last to the first.
fn replaced(text: &str, offset: u32, edits: &[Edit]) -> String {
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range((edit.start - offset) as usize..(edit.end - offset) as usize, &edit.text);
    }
    text
}
