//! Files that end, or break, anywhere: an error with a place, or fewer records. Never a panic.

mod support;

use engraft_data::{Encoding, Error, Format, Options};
use proptest::prelude::*;
use support::records_with;

/// A file of each format, made of what it may hold.
const FILES: [(Format, &str); 14] = [
    (
        Format::Jsonl,
        "{\"id\":1,\"text\":\"no 发热 😀\",\"spans\":[[3,9,\"S\"]],\"labels\":[\"a\",\"b\"]}\n{\"text\":\"\\u0085\"}\n",
    ),
    (Format::Json, "[{\"text\":\"a\",\"spans\":[{\"start\":0,\"end\":1,\"label\":\"X\"}]},\n {\"text\":\"}{\\\"]\"}]"),
    (Format::Csv, "id,text,label\n1,\"good, \"\"very\"\"\r\ngood\",pos\n2,坏,neg\n"),
    (Format::Tsv, "text\tlabel\n\"so good\tpos\n坏\tneg\n"),
    (
        Format::Conll,
        "-DOCSTART- -X- O\n\n# engraft = {\"id\":\"a\",\"text\":\"no  发热\"}\nno\tO\n发热\tB-S\n\nb\tE-S\n",
    ),
    (Format::WordTag, "a|NN|B-X 发热|SYM|O\n"),
    (Format::Pubtator, "1|t|No 发热.\n1|a|Fever\n1\t3\t5\t发热\tSign\tD005334\n1\tCID\tD1\tD2\n\n"),
    (
        Format::LabelStudio,
        "[{\"id\":3,\"data\":{\"text\":\"No 😀 fever\"},\"annotations\":[{\"result\":[{\"value\":{\"start\":6,\"end\":11,\
         \"text\":\"fever\",\"labels\":[\"S\"]}},{\"value\":{\"choices\":[\"x\"]}}]}]},{\"text\":\"a\",\"x\":[{\"start\":0,\"end\":1,\"labels\":[\"L\"]}]}]",
    ),
    (
        Format::Prodigy,
        "{\"text\":\"No fever\",\"tokens\":[{\"start\":0,\"end\":2}],\"spans\":[{\"start\":3,\"end\":8,\"label\":\"S\"}],\"answer\":\"accept\"}\n",
    ),
    (
        Format::Doccano,
        "{\"text\":\"No 😀 fever\",\"label\":[[6,11,\"S\"]]}\n{\"text\":\"a\",\"annotations\":[{\"label\":1,\"start_offset\":0,\"end_offset\":1,\"user\":1}]}\n",
    ),
    (
        Format::Squad,
        "{\"data\":[{\"title\":\"T\",\"paragraphs\":[{\"context\":\"发热 now\",\"qas\":[{\"id\":\"T__When\",\"question\":\"?\",\"answers\":[{\"text\":\"now\",\"answer_start\":3}]}]}]}]}",
    ),
    (Format::Lines, "发热\nno fever\n"),
    (Format::Documents, "发热\nno fever\n"),
    (Format::Brat, "发热\nno fever\n"),
];

/// Reads the bytes as a file of the format; what is refused must be located.
fn read(format: Format, bytes: &[u8], encoding: Option<Encoding>) {
    let options = Options { format: Some(format), encoding, ..Options::default() };
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    match records_with("set.txt", bytes, &options) {
        Ok(_) => {}
        Err(Error::Record { line, .. } | Error::Encoding { line, .. }) => {
            assert!((1..=lines + 1).contains(&line) || encoding.is_some() || line > 0)
        }
        Err(other) => panic!("{format}: {other}"),
    }
}

fn encoding() -> impl Strategy<Value = Option<Encoding>> {
    proptest::sample::select(
        &[None, None, Some(Encoding::Utf8), Some(Encoding::Utf16), Some(Encoding::Gb18030), Some(Encoding::Latin1)][..],
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_file_cut_anywhere_is_read_or_refused_with_its_place(at in any::<prop::sample::Index>(), file in 0..FILES.len(), encoding in encoding()) {
        let (format, text) = FILES[file];
        read(format, &text.as_bytes()[..at.index(text.len() + 1)], encoding);
    }

    #[test]
    fn a_file_with_other_bytes_in_it_is_read_or_refused_with_its_place(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        file in 0..FILES.len(),
        encoding in encoding(),
    ) {
        let (format, text) = FILES[file];
        let mut bytes = text.as_bytes().to_vec();
        changes.iter().for_each(|(at, byte)| { let at = at.index(bytes.len()); bytes[at] = *byte; });
        read(format, &bytes, encoding);
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_their_place(bytes in proptest::collection::vec(any::<u8>(), 0..80), file in 0..FILES.len(), encoding in encoding()) {
        read(FILES[file].0, &bytes, encoding);
    }
}

#[test]
fn every_file_is_whole_before_it_is_cut() {
    for (format, text) in FILES.iter().filter(|(format, _)| *format != Format::Brat) {
        let options = Options { format: Some(*format), ..Options::default() };
        assert!(
            !records_with("set.txt", text, &options).unwrap_or_else(|error| panic!("{format}: {error}")).is_empty()
        );
    }
}

/// A column that is the JSON parser's own affair.
const ANY: usize = usize::MAX;

/// What exports look like that were cut, mixed up, or saved with the wrong tool; each with its code and place.
#[test]
fn a_footer_of_parquet_that_states_endless_lists_is_refused_before_the_library_walks_them() {
    // An unknown field: thirty lists of 2³¹ − 1 booleans each, which take no bytes.
    let footer = [[0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07]; 30].concat();
    let file = [b"PAR1", &footer[..], &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat();
    let options = Options { format: Some(Format::Parquet), ..Options::default() };
    let error = records_with("set.parquet", &file, &options).unwrap_err().to_string();
    assert!(error.contains("states a list of 2147483647 elements"), "{error}");
}

#[test]
fn malformed_exports_are_refused_with_line_and_column() {
    for (format, text, code, line, column) in [
        (
            Format::Doccano,
            "{\"id\": 1, \"text\": \"a\", \"label\": [\"x\"]}\n{\"id\": 2, \"text\"",
            "row.bad-json",
            2,
            16,
        ),
        (Format::Doccano, "{\"id\": 1, \"label\": [[0, 1, \"x\"]]}", "row.no-text", 1, 0),
        (Format::Doccano, "{\"text\": \"a\", \"label\": [[0, 1]]}", "row.bad-spans", 1, 0),
        (Format::Doccano, "{\"text\": \"a\", \"label\": [[0, 9, \"x\"]]}", "span.outside", 1, 0),
        (Format::Doccano, "id,text,label\n1,a,x\n", "row.bad-json", 1, 1),
        (Format::Doccano, "[{\"text\": \"a\"}]", "row.bad-json", 1, ANY),
        (
            Format::Prodigy,
            "{\"text\": \"a\", \"spans\": [{\"start\": 1, \"end\": 0, \"label\": \"x\"}]}",
            "span.outside",
            1,
            0,
        ),
        (Format::LabelStudio, "[{\"data\": {\"text\": \"a\"}, \"annotations\": 3}]", "row.bad-json", 1, 2),
        (Format::LabelStudio, "[\n{\"data\": []}]", "row.bad-json", 2, 1),
        (Format::Csv, "annotation_approver,id,text\n,1,a,b\n", "row.columns", 2, 0),
        (Format::Conll, "a _ _ O\nb _ _\n", "row.columns", 2, 0),
        (Format::Squad, "{\"version\": 1}", "row.bad-json", 1, ANY),
        (Format::Squad, "{\"data\": [{\"paragraphs\": [{\"context\": \"a\"}]}]}", "row.bad-json", 1, 0),
    ] {
        let options = Options { format: Some(format), ..Options::default() };
        let error = records_with("set.x", text, &options).unwrap_err();
        let (found, at, within) = support::place(&error);
        let column = if column == ANY { within } else { column };
        assert_eq!((&*found, at, within), (code, line, column), "{format}: {text}: {error}");
        assert!(within <= text.lines().map(str::len).max().unwrap_or(0) + 1, "{format}: {text}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn files_of_columns_cut_or_broken_anywhere_are_read_or_refused(at in any::<prop::sample::Index>(), byte in proptest::option::of(any::<u8>()), is_parquet in any::<bool>()) {
        let format = if is_parquet { Format::Parquet } else { Format::Arrow };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set");
        let record = engraft_data::Record { id: "a".to_owned(), text: "发热 today".to_owned(), ..Default::default() };
        engraft_data::write_all(&path, &engraft_data::WriteOptions { format: Some(format), ..Default::default() }, [&record]).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        match byte {
            Some(byte) => bytes[at] = byte,
            None => bytes.truncate(at),
        }
        read(format, &bytes, None);
    }
}
