//! Files of any bytes, in the format that the target's name says: records whose spans lie in their texts, or an error
//! with a place. What is read can be written as JSONL and is the same when it is read again.

#![no_main]

use engraft_data::{Encoding, Error, Format, Offsets, Options, Record, WriteOptions, read_all, write_all};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("there is room")
});

fn check(records: &[Record]) {
    for span in records.iter().flat_map(|record| record.spans.iter().map(move |span| (record, span))) {
        assert!(span.0.text.get(span.1.start..span.1.end).is_some_and(|covered| !covered.is_empty()), "{span:?}");
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let name = env!("CARGO_BIN_NAME").trim_start_matches("read_").replace('_', "-");
    let format: Format = name.parse().expect("targets are named after formats");
    let encodings = [None, None, Some(Encoding::Utf16), Some(Encoding::Gb18030), Some(Encoding::Latin1)];
    let offsets = [None, Some(Offsets::Bytes), Some(Offsets::Characters), Some(Offsets::Utf16)];
    let options = Options {
        format: Some(format),
        encoding: encodings[usize::from(choice) % 5],
        offsets: offsets[usize::from(choice / 5) % 4],
        ..Options::default()
    };
    let (path, again) = (FOLDER.path().join("set.txt"), FOLDER.path().join("again.jsonl"));
    if format == Format::Brat {
        // Annotations of a text that has all kinds of characters.
        std::fs::write(&path, "no 发热 😀\r\nfever\n").expect("there is room");
        std::fs::write(path.with_extension("ann"), bytes).expect("there is room");
    } else {
        std::fs::write(&path, bytes).expect("there is room");
    }
    match read_all(&path, &options) {
        Ok((records, _)) => {
            check(&records);
            write_all(&again, &WriteOptions::default(), &records).expect("JSONL holds every record");
            let (found, _) = read_all(&again, &Options::default()).expect("we have written it ourselves");
            let bare = |record: &Record| (record.text.clone(), record.spans.clone(), record.labels.clone());
            assert!(records.iter().map(bare).eq(found.iter().map(bare)));
        }
        Err(Error::Record { .. } | Error::Encoding { .. }) => {}
        Err(other) => panic!("{other}"),
    }
});
