//! JSONL: one JSON object a line.

use super::lines::Lines;
use super::read::{Sink, refuse, row};
use crate::Result;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::path::Path;

pub(super) fn read(path: &Path, sink: Sink<'_>) -> Result<()> {
    let mut lines = Lines::open(path)?;
    while let Some((number, line)) = lines.advance()? {
        if line.trim().is_empty() {
            continue;
        }
        let fields = match fields(line) {
            Ok(fields) => fields,
            Err(error) => {
                let message = format!("expected one JSON object on the line: {error}");
                return refuse(path, number, "row.bad-json", message);
            }
        };
        if sink(number, row(path, number, fields))?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The members of an object, in the order of the file.
fn fields(line: &str) -> serde_json::Result<Vec<(String, String)>> {
    let mut json = serde_json::Deserializer::from_str(line);
    let fields = json.deserialize_map(Members)?;
    json.end()?;
    Ok(fields)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, String)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields: Self::Value = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("the member `{name}` stands in it twice")));
            }
            match value {
                Value::Null => {}
                Value::String(text) => fields.push((name, text)),
                other => fields.push((name, other.to_string())),
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::testing::{code_and_line, rows};

    #[test]
    fn members_become_fields_in_file_order_and_other_values_compact_json() {
        let rows =
            rows("a.jsonl", "{\"text\": \"no 发热\\u0085\", \"spans\": [[3, 9, \"S\"]], \"id\": 7, \"x\": null}\n\n")
                .unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].0, 1);
        assert_eq!(rows[0].1.id, "7");
        let fields: Vec<_> = rows[0].1.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(fields, [("text", "no 发热\u{85}"), ("spans", "[[3,9,\"S\"]]"), ("id", "7")]);
    }

    #[test]
    fn a_row_without_an_id_is_named_by_file_and_line() {
        let rows = rows("notes.jsonl", "\u{feff}{\"text\":\"a\"}\r\n\r\n{\"text\":\"b\"}").unwrap();
        let ids: Vec<_> = rows.iter().map(|(_, row)| row.id.as_str()).collect();
        assert_eq!(ids, ["notes:1", "notes:3"]);
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_line() {
        for bad in ["[1]", "{\"text\": \"a\"", "{\"a\":1} {\"b\":2}", "{\"a\":1,\"a\":2}", "text"] {
            let error = rows("a.jsonl", format!("{{}}\n{bad}\n")).unwrap_err();
            assert_eq!(code_and_line(&error), ("row.bad-json".to_owned(), 2), "{bad}");
        }
    }
}
