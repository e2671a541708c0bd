//! What each reader makes of its format, and what it refuses, with the place.

mod support;

use engraft_data::{Annotators, Answers, Encoding, Error, Format, LabelFrom, Offsets, Options, read_all};
use serde_json::json;
use support::{OneFile, covered, named, of, place, records, records_with};

#[test]
fn members_of_jsonl_keep_their_types_and_order() {
    let found = records(
        "a.jsonl",
        "{\"text\": \"no 发热\", \"spans\": [[3, 9, \"S\"]], \"id\": 7, \"n\": 2.5, \"x\": null}\n\n",
    )
    .unwrap();
    let (line, record) = &found[0];
    assert_eq!((found.len(), *line, &*record.id), (1, 1, "7"));
    assert_eq!(covered(record), named(&[("S", "发热")]));
    assert_eq!(serde_json::to_string(&record.fields).unwrap(), r#"{"n":2.5}"#);
}

#[test]
fn what_is_no_object_is_refused_with_line_and_column() {
    for (bad, column) in [("[1]", 0), ("{\"text\": \"a\"", 12), ("{\"a\":1} {\"b\":2}", 9), ("text", 2)] {
        let (code, line, found) = place(&records("a.jsonl", format!("{{\"text\":\"\"}}\n{bad}\n")).unwrap_err());
        assert_eq!((&*code, line), ("row.bad-json", 2), "{bad}");
        assert!(column == 0 || column == found, "{bad}: {found}");
    }
}

#[test]
fn json_is_a_list_of_objects_or_objects_one_after_the_other() {
    for text in [
        "[{\"text\":\"a\"},\n {\"text\":\"}{\\\"]\"}]",
        "{\"text\":\"a\"}\n{\"text\":\"}{\\\"]\"}\n",
        "\u{feff}{\"text\":\"a\"} {\"text\":\"}{\\\"]\"}",
    ] {
        let found = records("a.json", text).unwrap();
        assert_eq!(found.iter().map(|(_, record)| &*record.text).collect::<Vec<_>>(), ["a", "}{\"]"], "{text}");
    }
    assert!(records("a.json", "[]").unwrap().is_empty() && records("a.json", " \n").unwrap().is_empty());
}

#[test]
fn a_fault_inside_a_json_list_has_its_line_and_column_in_the_file() {
    for (text, line, column) in [
        ("[\n  {\"text\": \"a\"},\n  {\"text\": nul}\n]", 3, 15),
        ("[{\"text\": \"a\"}\n {\"text\": \"b\"}]", 2, 2),
        ("[{\"text\": \"a\"},\n", 2, 1),
        ("[{\"text\": \"a\"", 1, 14),
        ("[1]", 1, 2),
        ("[{\"text\":\"a\"}]\n]", 2, 1),
    ] {
        assert_eq!(place(&records("a.json", text).unwrap_err()), ("row.bad-json".to_owned(), line, column), "{text}");
    }
}

#[test]
fn csv_fields_may_hold_commas_quotes_and_line_breaks_and_semicolons_may_divide() {
    let found = records("a.csv", "\u{feff}id,text\r\n1,\"good, \"\"very\"\"\r\ngood\"\r\n2,坏\r\n\r\n").unwrap();
    assert_eq!(found[0].1.text, "good, \"very\"\r\ngood");
    assert_eq!((found[1].0, &*found[1].1.id, found.len()), (4, "2", 2));
    let found = records("a.csv", "text;label\na, b;pos\n").unwrap();
    assert_eq!((&*found[0].1.text, &*found[0].1.labels), ("a, b", &["pos".to_owned()][..]));
}

#[test]
fn a_stray_quotation_mark_in_tsv_swallows_nothing() {
    let found = records("a.tsv", "text\tlabel\n\"so good\tpos\n\"he said \"\"no\"\"\"\tneg\n").unwrap();
    assert_eq!(found[0].1.text, "\"so good");
    assert_eq!(found[1].1.text, "he said \"no\"");
}

#[test]
fn a_record_with_other_columns_than_the_header_is_refused_with_its_line() {
    for (name, text) in [("a.csv", "text,b\n1,2\n3\n"), ("a.tsv", "text\tb\n1\t2\n3\n")] {
        assert_eq!(place(&records(name, text).unwrap_err()), ("row.columns".to_owned(), 3, 0));
    }
    for (name, text) in [("a.csv", "a,a\n"), ("a.tsv", "a\ta\n")] {
        assert_eq!(place(&records(name, text).unwrap_err()), ("row.columns".to_owned(), 1, 0));
    }
    for (name, text) in [("a.csv", ""), ("a.csv", "a,b\n"), ("a.tsv", ""), ("a.tsv", "a\tb\n"), ("a.csv", "\u{feff}")] {
        assert!(records(name, text).unwrap().is_empty(), "{name} {text:?}");
    }
}

#[test]
fn columns_may_have_any_name_that_the_options_tell() {
    let fields = [("text", "ask"), ("label", "department")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
    let found =
        records_with("a.csv", "ask,department\n发热,内科\n", &Options { fields, ..Options::default() }).unwrap();
    assert_eq!((&*found[0].1.text, &*found[0].1.labels[0]), ("发热", "内科"));
    let error = records("a.csv", "ask,department\n发热,内科\n").unwrap_err();
    assert_eq!(place(&error).0, "row.no-text");
}

#[test]
fn labels_are_one_text_a_list_or_texts_between_bars() {
    for (labels, expected) in [
        ("\"label\":\"a\"", vec!["a"]),
        ("\"labels\":[\"a\",\"b\"]", vec!["a", "b"]),
        ("\"labels\":\"a|b\"", vec!["a", "b"]),
        ("\"labels\":\"[\\\"a|b\\\"]\"", vec!["a|b"]),
        ("\"label\":1", vec!["1"]),
        ("\"label\":\"\"", vec![]),
    ] {
        assert_eq!(
            records("a.jsonl", format!("{{\"text\":\"x\",{labels}}}")).unwrap()[0].1.labels,
            expected,
            "{labels}"
        );
    }
    let error = records("a.jsonl", "{\"text\":\"x\",\"labels\":[{}]}").unwrap_err();
    assert_eq!(place(&error).0, "row.bad-labels");
}

#[test]
fn spans_are_read_under_the_names_that_tools_give_their_parts() {
    for spans in [
        r#"[[3,9,"S"]]"#,
        r#"[{"start":3,"end":9,"label":"S"}]"#,
        r#"[{"start_offset":3,"end_offset":9,"label":"S","id":4}]"#,
        r#"[{"mention":"发热","type":"S","offset":"3"}]"#,
    ] {
        let found = records("a.jsonl", format!("{{\"text\":\"no 发热\",\"spans\":{spans}}}")).unwrap();
        assert_eq!(covered(&found[0].1), named(&[("S", "发热")]), "{spans}");
    }
    for (spans, code) in [
        (r#"[[0,11,"S"]]"#, "span.outside"),
        (r#"[[3,4,"S"]]"#, "span.inside-character"),
        (r#"[[3,3,"S"]]"#, "span.empty"),
        (r#"[[9,3,"S"]]"#, "span.outside"),
        (r#"[[-1,2,"S"]]"#, "row.bad-spans"),
        (r#"[{"start":0,"label":"S"}]"#, "row.bad-spans"),
        (r#"{"start":0}"#, "row.bad-spans"),
        (r#"[{"mention":"发烧","type":"S","offset":3}]"#, "span.text"),
    ] {
        let error = records("a.jsonl", format!("{{\"text\":\"no 发热\",\"spans\":{spans}}}")).unwrap_err();
        assert_eq!(place(&error).0, code, "{spans}");
    }
}

#[test]
fn offsets_count_what_the_options_say() {
    for (unit, start, end) in [(Offsets::Bytes, 5, 11), (Offsets::Characters, 2, 4), (Offsets::Utf16, 3, 5)] {
        let options = Options { offsets: Some(unit), ..Options::default() };
        let text = format!("{{\"text\":\"😀 发热\",\"spans\":[[{start},{end},\"S\"]]}}");
        assert_eq!(
            covered(&records_with("a.jsonl", text, &options).unwrap()[0].1),
            named(&[("S", "发热")]),
            "{unit:?}"
        );
    }
}

#[test]
fn iob1_iob2_and_bioes_give_the_same_entities() {
    let expected = named(&[("A", "a b"), ("A", "c"), ("B", "d")]);
    for tags in [
        ["I-A", "I-A", "B-A", "I-B", "O"],
        ["B-A", "I-A", "B-A", "B-B", "O"],
        ["B-A", "E-A", "S-A", "S-B", "O"],
        ["B_A", "L_A", "U_A", "U_B", "O"],
    ] {
        let lines: Vec<String> = ["a", "b", "c", "d", "e"].iter().zip(tags).map(|(w, t)| format!("{w} {t}")).collect();
        assert_eq!(covered(&of(Format::Conll, lines.join("\n")).unwrap()[0].1), expected, "{tags:?}");
        let words: Vec<String> =
            ["a", "b", "c", "d", "e"].iter().zip(tags).map(|(w, t)| format!("{w}|X|{t}")).collect();
        assert_eq!(covered(&of(Format::WordTag, words.join(" ")).unwrap()[0].1), expected, "{tags:?}");
    }
}

#[test]
fn sentences_of_conll_are_named_by_their_first_token_and_skip_comments_and_docstart() {
    let found = records("a.conll", "-DOCSTART- -X- O O\n\n# sent_id = 3\nAnn NNP _ I-PER\n\n").unwrap();
    assert_eq!((found[0].0, &*found[0].1.id, covered(&found[0].1)), (4, "a:4", named(&[("PER", "Ann")])));
    assert_eq!(found.len(), 1);
    let found = records("a.conll", "# text = vitamin O\n#\tO\n# one\tB-S\n\n# O\n").unwrap();
    assert_eq!((&*found[0].1.text, covered(&found[0].1)), ("# # one", named(&[("S", "# one")])));
    assert_eq!(found[1].1.text, "#");
}

#[test]
fn a_line_of_conll_without_its_columns_or_with_a_tag_that_is_none_is_refused() {
    for (text, code) in [
        ("a\tO\nb\n", "row.columns"),
        ("a\tO\nb\tX\tO\n", "row.columns"),
        ("a\tO\n\tB-Disease\n", "row.columns"),
        ("a\tX\tO\n\tX\tB-Disease\n", "row.columns"),
        ("a\tB-Disease\n\tI-Disease\n", "row.columns"),
        ("a\tO\nb\tDisease\n", "row.bad-tag"),
        ("a\tO\nb\tB-\n", "row.bad-tag"),
    ] {
        let (found, line, _) = place(&of(Format::Conll, text).unwrap_err());
        assert_eq!((&*found, line), (code, 2), "{text:?}");
    }
    assert_eq!(place(&of(Format::WordTag, "a|O\nb|O c|Disease").unwrap_err()), ("row.bad-tag".to_owned(), 2, 5));
}

#[test]
fn a_line_of_conll_of_nothing_but_tabs_and_an_o_is_a_token_that_has_no_place() {
    let found = of(Format::Conll, "Supreme\tB-COURT\n\t\t\t\tO\nCourt\tO\n").unwrap();
    assert_eq!(covered(&found[0].1), named(&[("COURT", "Supreme")]));
    assert_eq!(found[0].1.tokens.len(), 3);
}

#[test]
fn a_folder_of_brat_is_read_with_its_folders_and_offsets_in_characters() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ward")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.txt", "😀 no fever\nand cough");
    write("a.ann", "T1\tSign 5 10\tfever\nT2\tSign 5 10;15 20\tfever cough\nR1\tLike Arg1:T1 Arg2:T2\n");
    write("ward/b.txt", "发热");
    write("ward/b.ann", "T1\tSign 0 2\t发热\n");
    write("read-me.txt", "no annotations");
    let (found, notes) = read_all(folder.path(), &Options::default()).unwrap();
    assert_eq!(found.iter().map(|record| &*record.id).collect::<Vec<_>>(), ["a", "ward/b"]);
    assert_eq!(covered(&found[0]), named(&[("Sign", "fever"), ("Sign", "fever\nand cough")]));
    assert_eq!(found[0].fields["brat"], json!(["R1\tLike Arg1:T1 Arg2:T2"]));
    assert_eq!(notes.0.values().sum::<usize>(), 1);
    write("ward/b.ann", "T1\tSign 0 2\tother\n");
    assert_eq!(place(&read_all(folder.path(), &Options::default()).unwrap_err()).0, "span.text");
}

#[test]
fn pubtator_joins_title_and_abstract_by_one_character() {
    let text = "1|t|No 发热.\n1|a|Fever | today\n1\t3\t5\t发热\tSign\tD005334\n1\t7\t12\tFever\tSign\n1\tCID\tD1\tD2\n\n2|t|x\n2|a|\n";
    let found = of(Format::Pubtator, text).unwrap();
    assert_eq!(found[0].1.text, "No 发热.\nFever | today");
    assert_eq!(covered(&found[0].1), named(&[("Sign", "发热"), ("Sign", "Fever")]));
    assert_eq!(found[0].1.spans[0].extra["concept"], "D005334");
    assert_eq!((found[0].1.fields["relations"].clone(), found[1].0), (json!([["CID", "D1", "D2"]]), 7));
    assert_eq!(place(&of(Format::Pubtator, "1|t|ab\n1\t0\t2\tax\tS\n").unwrap_err()), ("span.text".to_owned(), 2, 0));
}

#[test]
fn label_studio_reads_regions_choices_and_the_minimal_form() {
    let task = r#"[{"id": 3, "data": {"text": "No fever.", "ward": "b"}, "annotations": [
        {"was_cancelled": true, "result": [{"type": "choices", "value": {"choices": ["wrong"]}}]},
        {"completed_by": {"email": "a@b"}, "result": [
          {"id": "x", "type": "labels", "value": {"start": 3, "end": 8, "text": "fever", "labels": ["Sign", "Neg"]}},
          {"type": "choices", "value": {"choices": ["note"]}}, {"type": "relation", "from_id": "x", "to_id": "x"}]}]}]"#;
    let found = &of(Format::LabelStudio, task).unwrap()[0].1;
    assert_eq!((&*found.id, covered(found)), ("3", named(&[("Sign", "fever"), ("Neg", "fever")])));
    assert_eq!(
        (&found.labels, &found.fields["ward"], &found.fields["annotator"]),
        (&vec!["note".to_owned()], &json!("b"), &json!("a@b"))
    );
    assert_eq!(found.fields["results"][0]["type"], "relation");
    let minimal = r#"[{"text": "No fever.", "id": 4, "signs": [{"start": 3, "end": 8, "text": "fever", "labels": ["Sign"]}], "sentiment": "neg"}]"#;
    let found = &of(Format::LabelStudio, minimal).unwrap()[0].1;
    assert_eq!((covered(found), &*found.labels[0]), (named(&[("Sign", "fever")]), "neg"));
}

#[test]
fn several_annotators_are_read_one_or_all() {
    let of_two = r#"{"id":1,"text":"good","annotations":[{"label":"pos","user":1},{"label":"neg","user":2}]}"#;
    let options = |annotators| Options { format: Some(Format::Doccano), annotators, ..Options::default() };
    let first = records_with("x", of_two, &options(Annotators::First)).unwrap();
    assert_eq!((first.len(), &*first[0].1.labels), (1, &["pos".to_owned()][..]));
    let all = records_with("x", of_two, &options(Annotators::All)).unwrap();
    assert_eq!(
        all.iter().map(|(_, r)| (&*r.labels[0], &r.fields["annotator"])).collect::<Vec<_>>(),
        [("pos", &json!(1)), ("neg", &json!(2))]
    );
}

#[test]
fn prodigy_leaves_out_what_was_ignored_and_keeps_rejected_labels_from_the_gold() {
    let text = concat!(
        r#"{"text":"No fever","spans":[{"start":3,"end":8,"label":"S","token_start":1,"token_end":1}],"answer":"accept","#,
        r#""tokens":[{"text":"No","start":0,"end":2,"id":0},{"text":"fever","start":3,"end":8,"id":1}]}"#,
        "\n",
        r#"{"text":"a","label":"POS","answer":"reject"}"#,
        "\n",
        r#"{"text":"b","label":"POS","answer":"ignore"}"#,
        "\n",
        r#"{"text":"c","accept":["x","y"],"options":[{"id":"x"},{"id":"y"},{"id":"z"}],"answer":"accept"}"#,
    );
    let found = of(Format::Prodigy, text).unwrap();
    assert_eq!((covered(&found[0].1), &*found[0].1.tokens), (named(&[("S", "fever")]), &[(0, 2), (3, 8)][..]));
    assert_eq!((&*found[1].1.labels, &found[1].1.fields["rejected"]), (&[][..], &json!("POS")));
    assert_eq!((found.len(), &*found[2].1.labels), (3, &["x".to_owned(), "y".to_owned()][..]));
    let options = Options { format: Some(Format::Prodigy), answers: Answers::All, ..Options::default() };
    assert_eq!(records_with("x", text, &options).unwrap().len(), 4);
}

#[test]
fn doccano_reads_its_old_and_new_forms() {
    for (line, spans, labels) in [
        (r#"{"text":"No fever","label":[[3,8,"S"]]}"#, 1, vec![]),
        (r#"{"text":"No fever","labels":[[3,8,"S"]],"meta":{}}"#, 1, vec![]),
        (r#"{"text":"No fever","label":["neg"]}"#, 0, vec!["neg"]),
        (
            r#"{"text":"No fever","entities":[{"id":1,"label":"S","start_offset":3,"end_offset":8}],"cats":["neg"]}"#,
            1,
            vec!["neg"],
        ),
        (r#"{"text":"No fever","annotations":[{"label":12,"start_offset":3,"end_offset":8,"user":1}]}"#, 1, vec![]),
        (r#"{"text":"No fever","annotations":[{"text":"没有发烧","user":1}]}"#, 0, vec![]),
    ] {
        let found = &of(Format::Doccano, line).unwrap()[0].1;
        assert_eq!(
            (found.spans.len(), &found.labels),
            (spans, &labels.into_iter().map(str::to_owned).collect()),
            "{line}"
        );
    }
}

#[test]
fn squad_paragraphs_keep_their_questions_and_check_their_answers() {
    let text = r#"{"version":"2.0","data":[{"title":"T","paragraphs":[{"context":"发热 today","qas":[
        {"id":"T__When","question":"when?","is_impossible":false,"answers":[{"text":"today","answer_start":3},{"text":"today","answer_start":3}]},
        {"id":"T__Who","question":"who?","is_impossible":true,"answers":[]}]}]}]}"#;
    let found = &of(Format::Squad, text).unwrap()[0].1;
    assert_eq!((&*found.id, covered(found)), ("T", named(&[("When", "today")])));
    assert_eq!(found.fields["questions"].as_array().unwrap().len(), 2);
    let error = of(Format::Squad, text.replace("\"answer_start\":3}]", "\"answer_start\":1}]")).unwrap_err();
    assert_eq!(place(&error).0, "span.text");
    assert_eq!(
        place(&of(Format::Squad, "{\"data\":[\n{\"title\":}]}").unwrap_err()),
        ("row.bad-json".to_owned(), 2, 10)
    );
}

#[test]
fn plain_texts_take_their_label_from_folder_name_or_ending() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("pos/a.txt", "good\nvery\n"), ("neg/b.txt", "bad\n")] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let options =
        |format, label_from| Options { format: Some(format), label_from: Some(label_from), ..Options::default() };
    let (found, _) = read_all(folder.path(), &options(Format::Documents, LabelFrom::Folder)).unwrap();
    assert_eq!(
        found.iter().map(|r| (&*r.id, &*r.labels[0], &*r.text)).collect::<Vec<_>>(),
        [("neg/b", "neg", "bad\n"), ("pos/a", "pos", "good\nvery\n")]
    );
    let (found, _) = read_all(folder.path(), &options(Format::Lines, LabelFrom::Stem)).unwrap();
    assert_eq!(
        found.iter().map(|r| (&*r.labels[0], &*r.text)).collect::<Vec<_>>(),
        [("b", "bad"), ("a", "good"), ("a", "very")]
    );
}

#[test]
fn a_limit_ends_the_reading_before_what_follows() {
    let options = Options { limit: Some(2), ..Options::default() };
    for (name, text) in [
        ("a.jsonl", "{\"text\":\"\"}\n{\"text\":\"\"}\nbroken"),
        ("a.json", "[{\"text\":\"\"},{\"text\":\"\"},broken"),
        ("a.csv", "text\n1\n2\n3,4\n"),
        ("a.conll", "a O\n\na O\n\na\n"),
        ("a.pubtator", "1|t|a\n\n2|t|b\n\nbroken"),
    ] {
        assert_eq!(records_with(name, text, &options).unwrap().len(), 2, "{name}");
        assert!(records(name, text).is_err(), "{name}");
    }
}

#[test]
fn an_encoding_that_is_none_of_the_file_is_refused_in_every_format_of_text() {
    for (name, content) in [
        ("a.jsonl", &b"{\"text\":\"a\"}\n{\"text\":\"\xff\"}\n"[..]),
        ("a.json", b"[{\"text\":\"a\"},\n{\"text\":\"\xff\"}]"),
        ("a.csv", b"text,x\nabcdefgh,\xff\n"),
        ("a.tsv", b"text\tx\nabcdefgh\t\xff\n"),
        ("a.conll", b"a\tO\nabcdefgh\t\xff\n"),
    ] {
        match records(name, content).unwrap_err() {
            Error::Encoding { line, column, byte, .. } => assert_eq!((line, column, byte), (2, 10, 0xff), "{name}"),
            other => panic!("{name}: {other}"),
        }
        let options = Options { encoding: Some(Encoding::Latin1), ..Options::default() };
        assert!(!matches!(records_with(name, content, &options), Err(Error::Encoding { .. })), "{name}");
    }
}

#[test]
fn a_name_that_tells_no_format_asks_for_one() {
    let file = OneFile::new("a.txt", "x");
    assert!(matches!(read_all(&file.path(), &Options::default()), Err(Error::UnknownFormat { .. })));
}
