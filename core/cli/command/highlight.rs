//! A prediction as a person reads it: spans marked in the text, then a line for each.

use crate::output::{FAINT, Screen};
use clap::builder::styling::{AnsiColor, Style};
use engraft_engine::pipeline::Answer;
use engraft_plugin::text::ScoredSpanBuf;

/// Texts up to this many bytes are shown whole; of longer ones only the spans.
const WHOLE: usize = 2000;
/// The colors of labels, taken by the label's name so that one label has one color.
const COLORS: [AnsiColor; 6] =
    [AnsiColor::Yellow, AnsiColor::Cyan, AnsiColor::Magenta, AnsiColor::Green, AnsiColor::Blue, AnsiColor::Red];

/// What is predicted of one text.
pub(super) fn render(answer: &Answer, screen: &Screen) -> String {
    let mut out = String::new();
    let spans = &answer.prediction.spans;
    if answer.text.len() <= WHOLE {
        out += &marked(&answer.text, spans, screen);
    } else {
        out += &format!("{}: {} bytes, {} spans", answer.id, answer.text.len(), spans.len());
    }
    out.push('\n');
    for one in spans {
        let range = format!("{}..{}", one.span.start, one.span.end);
        let label = screen.paint(color(&one.span.label), &one.span.label);
        let cut = answer.text.get(one.span.range()).unwrap_or_default().replace('\n', " ");
        out += &format!("  {range:<13} {label}  {:.2}  {cut}\n", one.score);
    }
    for one in &answer.prediction.labels {
        out += &format!("  {}  {:.2}\n", screen.paint(color(&one.label), &one.label), one.score);
    }
    for (name, value) in &answer.prediction.fields {
        out += &format!("  {} {value}\n", screen.paint(FAINT, &format!("{name}:")));
    }
    out
}

/// The text with its spans in color, or in brackets with their label where there is no color.
fn marked(text: &str, spans: &[ScoredSpanBuf], screen: &Screen) -> String {
    let mut out = String::new();
    let mut done = 0;
    for one in spans {
        let range = one.span.range();
        let (Some(before), Some(cut)) = (text.get(done..range.start), text.get(range.clone())) else { continue };
        let shown = screen.paint(color(&one.span.label).bold().underline(), cut);
        out += before;
        out += &if shown == cut { format!("[{cut}|{}]", one.span.label) } else { shown };
        done = range.end;
    }
    out + text.get(done..).unwrap_or_default()
}

fn color(label: &str) -> Style {
    let sum: usize = label.bytes().map(usize::from).sum();
    COLORS[sum % COLORS.len()].on_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{ColorChoice, Global};
    use engraft_plugin::text::{PredictionBuf, ScoredLabelBuf, SpanBuf};

    #[test]
    fn the_text_stands_once_with_its_spans_marked_and_listed() {
        let text = "病人 has gout 🤒 and mumps.".to_owned();
        let span = |word: &str, label: &str| {
            let start = text.find(word).unwrap();
            ScoredSpanBuf { span: SpanBuf::new(start, start + word.len(), label), score: 0.5 }
        };
        let spans = vec![span("gout 🤒", "Disease"), span("mumps", "Disease")];
        let labels = vec![ScoredLabelBuf { label: "sick".to_owned(), score: 1.0 }];
        let fields = vec![("code".to_owned(), "M10".to_owned())];
        let prediction = PredictionBuf { spans, labels, fields, text: None };
        let answer = Answer {
            id: "1".to_owned(),
            text,
            prediction,
            tokens: Vec::new(),
            logits: Vec::new(),
            told: Default::default(),
        };
        let screen = Screen::new(Global { quiet: false, color: ColorChoice::Never });
        let expected = "病人 has [gout 🤒|Disease] and [mumps|Disease].\n  11..20        Disease  0.50  gout 🤒\n  \
                        25..30        Disease  0.50  mumps\n  sick  1.00\n  code: M10\n";
        assert_eq!(render(&answer, &screen), expected);
    }
}
