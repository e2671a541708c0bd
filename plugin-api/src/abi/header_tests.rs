//! `include/engraft.h` and the Rust types are of one form: a C program prints the sizes and offsets it sees.

use super::answer::{EditView, HoleView, VariationView};
use super::table::{
    Augmenter1, Describe1, Domain1, EditSink, Entry, Examples, Fail, Json, Method0, Metric1, Predictions,
    Preprocessor1, Rows, Scores, Texts, Variations,
};
use super::view::{List, Str};
use crate::kind::augmenter::Work;
use crate::kind::metric::Tally;
use crate::text::{Example, Field, Pair, Prediction, Row, ScoredLabel, ScoredSpan, Span};
use std::fmt::Write;
use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

/// A struct of the header, its size, and its members with their places.
type Form = (&'static str, usize, Vec<(&'static str, usize)>);

/// A form: members are named as in C where the names differ; `list as a, b` is a pointer and a count.
macro_rules! form {
    ($c:literal, $rust:ty: $($member:tt $(as $name:literal $(, $count:literal)?)?);+) => {{
        #[allow(unused_mut)]
        let mut members = Vec::new();
        $( form!(@one members, $rust, $member $(, $name $(, $count)?)?); )+
        ($c, size_of::<$rust>(), members)
    }};
    (@one $members:ident, $rust:ty, $member:tt) => {
        $members.push((stringify!($member), offset_of!($rust, $member)));
    };
    (@one $members:ident, $rust:ty, $member:tt, $name:literal) => {
        $members.push(($name, offset_of!($rust, $member)));
    };
    (@one $members:ident, $rust:ty, $member:tt, $name:literal, $count:literal) => {
        $members.push(($name, offset_of!($rust, $member) + offset_of!(List<'_, u8>, data)));
        $members.push(($count, offset_of!($rust, $member) + offset_of!(List<'_, u8>, len)));
    };
}

fn views() -> Vec<Form> {
    vec![
        form!("engraft_str", Str<'_>: data; len),
        form!("engraft_span", Span<'_>: start; end; label),
        form!("engraft_field", Field<'_>: name; value),
        form!("engraft_row", Row<'_>: id; fields as "fields", "field_count"),
        form!("engraft_example", Example<'_>: id; text; spans as "spans", "span_count";
            labels as "labels", "label_count"; fields as "fields", "field_count"),
        form!("engraft_scored_span", ScoredSpan<'_>: span; score),
        form!("engraft_scored_label", ScoredLabel<'_>: label; score),
        form!("engraft_prediction", Prediction<'_>: spans as "spans", "span_count"; labels as "labels", "label_count";
            text as "text", "text_count"; fields as "fields", "field_count"),
        form!("engraft_pair", Pair<'_>: gold; predicted),
        form!("engraft_tally", Tally<'_>: data as "values"; len as "count"),
        form!("engraft_work", Work<'_>: example; seed),
        form!("engraft_json", Json<'_>: host; text; number; string),
        form!("engraft_edit", EditView<'_>: start; end; text),
        form!("engraft_labels", List<'_, Str<'_>>: data as "items"; len as "count"),
        form!("engraft_variation", VariationView<'_>: edits as "edits", "edit_count"; text;
            spans as "spans", "span_count"; labels; holes as "holes", "hole_count"; variants),
        form!("engraft_hole", HoleView<'_>: start; end; temperature; top_k; exclude as "exclude", "exclude_count"),
    ]
}

fn tables() -> Vec<Form> {
    vec![
        form!("engraft_fail", Fail: host; put),
        form!("engraft_texts", Texts: host; put),
        form!("engraft_rows", Rows: host; put),
        form!("engraft_scores", Scores: host; put),
        form!("engraft_edits", EditSink: host; put),
        form!("engraft_examples", Examples: host; put),
        form!("engraft_predictions", Predictions: host; put),
        form!("engraft_variations", Variations: host; put),
        form!("engraft_describe_1", Describe1: describe),
        form!("engraft_preprocessor_1", Preprocessor1: open; clean; close),
        form!("engraft_domain_1", Domain1: open; task; adapt; rules; refine; close),
        form!("engraft_metric_1", Metric1: open; tally; scores; close),
        form!("engraft_augmenter_1", Augmenter1: open; augment; close),
        form!("engraft_method_0", Method0: open; plan; close),
        form!("engraft_entry", Entry: magic; size; revision; flags; reserved; get_interface),
    ]
}

/// A line a struct and a line a member, as Rust sees them.
fn expected(forms: &[Form]) -> String {
    let mut out = String::new();
    for (name, size, members) in forms {
        writeln!(out, "{name} {size}").unwrap();
        for (member, at) in members {
            writeln!(out, "{name}.{member} {at}").unwrap();
        }
    }
    out
}

/// The program that prints the same lines as C sees them.
fn program(forms: &[Form]) -> String {
    let mut out = "#include <stdio.h>\n#include \"engraft.h\"\nint main(void) {\n".to_owned();
    for (name, _, members) in forms {
        writeln!(out, "printf(\"{name} %zu\\n\", sizeof({name}));").unwrap();
        for (member, _) in members {
            writeln!(out, "printf(\"{name}.{member} %zu\\n\", offsetof({name}, {member}));").unwrap();
        }
    }
    out + "return 0; }\n"
}

#[test]
fn the_header_has_the_sizes_and_offsets_of_the_rust_types() {
    let forms: Vec<Form> = views().into_iter().chain(tables()).collect();
    let folder = tempfile::tempdir().unwrap();
    let (source, binary) = (folder.path().join("forms.c"), folder.path().join("forms"));
    std::fs::write(&source, program(&forms)).unwrap();
    let cc = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let mut compile = Command::new(cc);
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"]).arg(include);
    let status = compile.arg("-o").arg(&binary).arg(&source).status().expect("a C compiler is there");
    assert!(status.success(), "the header does not compile");
    let output = Command::new(&binary).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected(&forms));
}

#[test]
fn every_struct_of_the_header_is_compared() {
    let header = include_str!("../../include/engraft.h");
    let mut named: Vec<&str> = header
        .lines()
        .filter_map(|line| line.split_once("} engraft_")?.1.split_once(';'))
        .map(|(name, _)| name)
        .collect();
    let forms: Vec<Form> = views().into_iter().chain(tables()).collect();
    let mut compared: Vec<&str> = forms.iter().map(|(name, ..)| name.trim_start_matches("engraft_")).collect();
    named.sort_unstable();
    compared.sort_unstable();
    assert_eq!(named, compared);
}
