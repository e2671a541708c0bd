//! What is written and read again is the same: generated records, Chinese, emoji, CRLF and odd blanks included.

mod support;

use engraft_data::{Format, Record, Scheme, Span, WriteOptions};
use proptest::prelude::*;
use serde_json::json;
use support::{again, covered};

/// Pieces that texts are made of: what offsets, lines and tokens are counted wrong at.
const PIECES: [&str; 24] = [
    "no ",
    "fever",
    " ",
    ", ",
    ".",
    "\n",
    "\r\n",
    "发热",
    "三天，",
    "。",
    "😀",
    "👩‍⚕️",
    "é",
    "e\u{301}",
    "\u{85}",
    "\u{2028}",
    "\t",
    "\"",
    "\\n",
    "|",
    "#",
    "# x",
    "{",
    "\u{a0}",
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat())
}

/// Records with spans over any characters; labels that every format can hold.
fn record() -> impl Strategy<Value = Record> {
    let label = proptest::sample::select(&["Disease", "疾病", "B-x_y", "Anti-Assignment"][..]);
    let spans = proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), label), 0..4);
    let labels = proptest::collection::vec(proptest::sample::select(&["pos", "neg", "中性"][..]), 0..3);
    (text(), spans, labels, any::<bool>()).prop_map(|(text, picked, labels, has_field)| {
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut spans: Vec<Span> = Vec::new();
        for (a, b, label) in picked {
            let (a, b) = (starts[a.index(starts.len())], starts[b.index(starts.len())]);
            if a != b {
                spans.push(Span::new(a.min(b), a.max(b), label));
            }
        }
        let mut record = Record { text, spans, ..Record::default() };
        record.labels = labels.into_iter().map(str::to_owned).collect();
        if has_field {
            record.fields.insert("ward".to_owned(), json!({"name": "内科", "beds": [1, 2.5, null]}));
        }
        record
    })
}

fn set() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(record(), 0..4).prop_map(|records| {
        records.into_iter().enumerate().map(|(at, record)| Record { id: format!("case/{at}: 号"), ..record }).collect()
    })
}

/// A record as tags can say it: spans that do not overlap and cover more than blanks; blanks at their edges may stand
/// between two of them.
fn flat(record: &Record) -> Record {
    let mut spans: Vec<Span> = Vec::new();
    let mut ordered = record.spans.clone();
    ordered.sort_by_key(|span| (span.start, span.end));
    for span in ordered {
        let is_free = spans.last().is_none_or(|last| last.end <= span.start);
        if is_free && !record.text[span.start..span.end].trim().is_empty() {
            spans.push(span);
        }
    }
    Record { spans, ..record.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn formats_of_objects_and_columns_lose_nothing(records in set()) {
        for format in [Format::Jsonl, Format::Json, Format::Parquet, Format::Arrow] {
            prop_assert_eq!(&again(&records, format, &WriteOptions::default()).unwrap(), &records, "{}", format);
        }
    }

    #[test]
    fn offsets_in_any_unit_come_back_as_bytes(records in set()) {
        for unit in [engraft_data::Offsets::Characters, engraft_data::Offsets::Utf16] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.jsonl");
            let write = WriteOptions { offsets: Some(unit), ..WriteOptions::default() };
            engraft_data::write_all(&path, &write, &records).unwrap();
            let options = engraft_data::Options { offsets: Some(unit), ..Default::default() };
            prop_assert_eq!(&engraft_data::read_all(&path, &options).unwrap().0, &records);
        }
    }

    #[test]
    fn csv_keeps_texts_spans_and_labels(records in set()) {
        let found = again(&records, Format::Csv, &WriteOptions::default()).unwrap();
        prop_assert_eq!(found.len(), records.len());
        for (found, record) in found.iter().zip(&records) {
            prop_assert_eq!((&found.id, &found.text, &found.spans, &found.labels), (&record.id, &record.text, &record.spans, &record.labels));
        }
    }

    #[test]
    fn tools_of_annotation_keep_texts_labels_and_every_span(records in set()) {
        for format in [Format::Brat, Format::LabelStudio, Format::Prodigy, Format::Doccano, Format::Squad] {
            let found = again(&records, format, &WriteOptions::default()).unwrap();
            prop_assert_eq!(found.len(), records.len());
            for (found, record) in found.iter().zip(&records) {
                let sorted = |record: &Record| {
                    let mut spans: Vec<_> = record.spans.iter().map(|s| (s.start, s.end, s.label.clone())).collect();
                    spans.sort();
                    // An answer of SQuAD stands once under its question.
                    if format == Format::Squad { spans.dedup(); }
                    spans
                };
                prop_assert_eq!((&found.id, &found.text, &found.labels), (&record.id, &record.text, &record.labels), "{}", format);
                prop_assert_eq!(sorted(found), sorted(record), "{}", format);
                prop_assert_eq!(found.fields.get("ward"), record.fields.get("ward"), "{}", format);
            }
        }
    }

    #[test]
    fn conll_keeps_texts_labels_fields_and_spans_in_every_scheme(records in set()) {
        let records: Vec<Record> = records.iter().map(flat).collect();
        for scheme in [Scheme::Iob1, Scheme::Iob2, Scheme::Bioes] {
            let found = again(&records, Format::Conll, &WriteOptions { scheme, ..WriteOptions::default() }).unwrap();
            let bare: Vec<Record> = found.into_iter().map(|record| Record { tokens: Vec::new(), ..record }).collect();
            prop_assert_eq!(&bare, &records, "{:?}", scheme);
        }
    }

    #[test]
    fn plain_conll_keeps_what_spans_cover_but_for_blanks(record in record()) {
        let record = Record { labels: Vec::new(), ..flat(&record) };
        let found = again(std::slice::from_ref(&record), Format::Conll, &WriteOptions { plain: true, lossy: true, ..WriteOptions::default() }).unwrap();
        let bare = |record: &Record| -> Vec<(String, String)> {
            covered(record).into_iter().map(|(label, text)| (label, text.split_whitespace().collect())).collect()
        };
        prop_assert_eq!(found.first().map(bare).unwrap_or_default(), bare(&record));
    }

    #[test]
    fn pubtator_keeps_titles_abstracts_and_spans(record in record()) {
        let mut record = Record { id: "12".to_owned(), labels: Vec::new(), fields: Default::default(), ..record };
        record.text = record.text.replace(['\r', '\t'], " ").replacen('\n', "\u{0}", 1).replace('\n', " ").replace('\u{0}', "\n");
        prop_assume!(!record.text.ends_with('\n') && !record.text.is_empty());
        let found = again(std::slice::from_ref(&record), Format::Pubtator, &WriteOptions::default()).unwrap();
        prop_assert_eq!(found, [record]);
    }
}
