//! The traps of other tools, each by its name.

mod support;

use engraft_data::duplicates::{Likeness, find};
use engraft_data::{Format, Options, Record, Scheme, Span, WriteOptions};
use support::{again, covered, named, of, records_with};

#[test]
fn a_line_is_not_cut_at_u_0085_or_u_2028() {
    let found = of(Format::Jsonl, "{\"text\":\"a\u{85}b\u{2028}c\"}\n").unwrap();
    assert_eq!(found[0].1.text, "a\u{85}b\u{2028}c");
    assert_eq!(of(Format::Lines, "a\u{85}b\u{2028}c\u{b}d\n").unwrap().len(), 1);
    assert_eq!(of(Format::Conll, "a\u{85}b\tB-X\n").unwrap()[0].1.text, "a\u{85}b");
}

#[test]
fn entities_of_iob1_that_all_start_with_i_are_found() {
    let found =
        of(Format::Conll, "Ann NNP I-NP I-PER\nLee NNP I-NP I-PER\nof IN I-PP O\nBonn NNP I-NP I-LOC\n").unwrap();
    assert_eq!(covered(&found[0].1), named(&[("PER", "Ann Lee"), ("LOC", "Bonn")]));
}

#[test]
fn labels_with_hyphens_underscores_and_chinese_stay_whole() {
    for label in ["Anti-Assignment", "CASE_NUMBER", "疾病和诊断", "B-", "I-B_x", "post-termination services"] {
        let found = of(Format::Conll, format!("a\tB-{label}\nb\tI-{label}\n")).unwrap();
        assert_eq!(covered(&found[0].1), named(&[(label, "a b")]), "{label}");
        let found = of(Format::Conll, format!("a\tB_{label}\nb\tI_{label}\n")).unwrap();
        assert_eq!(covered(&found[0].1), named(&[(label, "a b")]), "{label}");
    }
}

#[test]
fn tokens_made_of_blanks_are_tokens_and_edge_no_entity() {
    let found = of(Format::Conll, "a\tO\n\u{85}\tO\n\u{a0}\tB-S\nb\tI-S\n\t\t\tI-S\n \tO\n").unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.text, "a \u{85} \u{a0} b \t\t  ");
    assert_eq!((covered(&found[0].1), found[0].1.tokens.len()), (named(&[("S", "b")]), 6));
    let record = found[0].1.clone();
    assert_eq!(again(std::slice::from_ref(&record), Format::Conll, &WriteOptions::default()).unwrap(), [record]);
}

#[test]
fn a_bar_may_be_a_token_of_word_tag() {
    let found = of(Format::WordTag, "a|NN|B-X ||SYM|O").unwrap();
    assert_eq!(found[0].1.text, "a |");
}

#[test]
fn an_emoji_before_a_span_does_not_shift_it_in_label_studio_doccano_and_prodigy() {
    // 💩 is two units of JavaScript, one character of Python, four bytes.
    let studio = |start| {
        format!(
            "[{{\"data\":{{\"text\":\"💩 an annotation\"}},\"annotations\":[{{\"result\":[{{\"value\":{{\"start\":{start},\"end\":{},\"text\":\"annotation\",\"labels\":[\"X\"]}}}}]}}]}}]",
            start + 10
        )
    };
    for start in [6, 5] {
        assert_eq!(covered(&of(Format::LabelStudio, studio(start)).unwrap()[0].1), named(&[("X", "annotation")]));
    }
    assert!(of(Format::LabelStudio, studio(4)).is_err());
    let doccano = of(Format::Doccano, "{\"text\":\"💩 an annotation\",\"label\":[[6,16,\"X\"]]}").unwrap();
    let prodigy =
        of(Format::Prodigy, "{\"text\":\"💩 an annotation\",\"spans\":[{\"start\":5,\"end\":15,\"label\":\"X\"}]}")
            .unwrap();
    assert_eq!(
        (covered(&doccano[0].1), covered(&prodigy[0].1)),
        (named(&[("X", "annotation")]), named(&[("X", "annotation")]))
    );
}

#[test]
fn crlf_inside_a_text_counts_as_the_two_characters_that_it_is() {
    let mut record = Record { id: "a".to_owned(), text: "no\r\nfever\r\n".to_owned(), ..Record::default() };
    record.spans = vec![Span::new(4, 9, "S")];
    for format in
        [Format::Brat, Format::Prodigy, Format::Doccano, Format::LabelStudio, Format::Csv, Format::Conll, Format::Squad]
    {
        let found = again(std::slice::from_ref(&record), format, &WriteOptions::default()).unwrap();
        assert_eq!((&found[0].text, covered(&found[0])), (&record.text, named(&[("S", "fever")])), "{format}");
    }
}

#[test]
fn a_carriage_return_at_the_end_of_a_csv_field_is_kept() {
    let record = Record { id: "a".to_owned(), text: "x\r".to_owned(), ..Record::default() };
    assert_eq!(again(std::slice::from_ref(&record), Format::Csv, &WriteOptions::default()).unwrap(), [record]);
}

#[test]
fn tagging_schemes_say_the_same_of_neighbors() {
    let text = "a b c d".to_owned();
    let spans = vec![Span::new(0, 1, "X"), Span::new(2, 5, "X"), Span::new(6, 7, "Y")];
    let record = Record { id: "a".to_owned(), text, spans, ..Record::default() };
    for scheme in [Scheme::Iob1, Scheme::Iob2, Scheme::Bioes] {
        let found =
            again(std::slice::from_ref(&record), Format::Conll, &WriteOptions { scheme, ..WriteOptions::default() });
        assert_eq!(found.unwrap()[0].spans, record.spans, "{scheme:?}");
    }
}

#[test]
fn a_format_refuses_what_it_cannot_hold_and_lossy_counts_it() {
    let mut record = Record { id: "a".to_owned(), text: "no fever".to_owned(), ..Record::default() };
    record.spans = vec![Span::new(0, 8, "X"), Span::new(3, 8, "Y")];
    let folder = tempfile::tempdir().unwrap();
    for (format, lossy) in [(Format::Conll, 1), (Format::Lines, 1), (Format::WordTag, 1)] {
        let options = |lossy| WriteOptions { format: Some(format), lossy, ..WriteOptions::default() };
        let path = folder.path().join(format.name());
        let error = engraft_data::write_all(&path, &options(false), [&record]).unwrap_err();
        assert_eq!(error.code(), "data.cannot-hold", "{format}");
        assert!(!path.exists(), "{format}: nothing half written is left");
        let written = engraft_data::write_all(&path, &options(true), [&record]).unwrap();
        assert_eq!((written.records, written.lost), (1, lossy), "{format}");
    }
}

#[test]
fn chinese_near_duplicates_are_found_without_blanks_between_words() {
    let a = "本合同自双方签字盖章之日起生效，有效期为三年，期满前三十日内任何一方可书面提出续签。";
    let b = a.replace("三年", "五年");
    let found =
        find(&[a, &b, "甲方有权对乙方的履约情况进行监督检查。"], &Likeness { threshold: 0.7, ..Likeness::default() });
    assert_eq!(found.clusters, [[0, 1]]);
}

#[test]
fn gb18030_of_hospitals_is_read_without_being_told() {
    let text = "ask,department\n发热三天，伴咳嗽。,内科\n右膝疼痛两周。,骨科\n";
    let (bytes, ..) = encoding_rs::GB18030.encode(text);
    let fields = vec![("text".to_owned(), "ask".to_owned())];
    let found = records_with("a.csv", &bytes[..], &Options { fields, ..Options::default() }).unwrap();
    assert_eq!(found[1].1.text, "右膝疼痛两周。");
}

#[cfg(unix)]
#[test]
fn links_and_pipes_in_a_folder_are_left_out_and_noted() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set");
    std::fs::create_dir(&set).unwrap();
    std::fs::write(folder.path().join("secret.txt"), "not mine").unwrap();
    for (name, text) in [("a.txt", "gout"), ("a.ann", "T1\tD 0 4\tgout\n"), ("b.txt", "mumps")] {
        std::fs::write(set.join(name), text).unwrap();
    }
    for (to, name) in [("..", "up"), ("self", "self"), ("../secret.txt", "c.txt"), ("a.ann", "b.ann")] {
        symlink(to, set.join(name)).unwrap();
    }
    assert!(std::process::Command::new("mkfifo").arg(set.join("d.txt")).status().unwrap().success());
    // A folder that is named may be a link itself.
    let named = folder.path().join("named");
    symlink("set", &named).unwrap();
    for path in [&set, &named] {
        for (format, expected) in [(Format::Documents, 3), (Format::Brat, 1)] {
            let options = Options { format: Some(format), ..Options::default() };
            let (records, notes) = engraft_data::read_all(path, &options).unwrap();
            assert_eq!(records.len(), expected, "{format}: {records:?}");
            assert!(records.iter().all(|record| record.text != "not mine"));
            assert_eq!(notes.0.values().sum::<usize>(), 5, "{notes:?}");
        }
    }
}
