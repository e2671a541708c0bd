//! Offsets that count characters become offsets that count bytes.

use engraft_plugin::text::{RowBuf, field};
use engraft_plugin::{Error, Result};
use serde_json::Value;

/// Rewrites the field `spans` of a row whose offsets count characters of its field `text`. Objects with
/// `start` and `end` and lists that begin with the two numbers are both read; what else stands in them
/// stays.
pub(super) fn to_bytes(row: &mut RowBuf) -> Result<()> {
    let Some(at) = row.fields.iter().position(|(name, _)| name == field::SPANS) else { return Ok(()) };
    let Some((_, text)) = row.fields.iter().find(|(name, _)| name == field::TEXT) else {
        let message = "the record has `spans` counted in characters, and no field `text` to count in";
        return Err(Error::new("row.no-text", message));
    };
    let bad =
        |what: String| Error::new("row.bad-spans", format!("expected [{{\"start\",\"end\",\"label\"}}, …]: {what}"));
    let mut spans: Value = serde_json::from_str(&row.fields[at].1).map_err(|error| bad(error.to_string()))?;
    let list = spans.as_array_mut().ok_or_else(|| bad("it is no list".to_owned()))?;
    let starts = Starts::of(text);
    for span in list {
        let convert = |offset: Option<&mut Value>| {
            let offset = offset.ok_or_else(|| bad("a span has no start and end".to_owned()))?;
            let count = offset.as_u64().ok_or_else(|| bad(format!("{offset} is no offset")))?;
            *offset = starts.byte(count)?.into();
            Ok(())
        };
        match span {
            Value::Object(members) => {
                ["start", "end"].into_iter().try_for_each(|name| convert(members.get_mut(name)))?
            }
            Value::Array(items) => (0..2).try_for_each(|at| convert(items.get_mut(at)))?,
            other => return Err(bad(format!("{other} is no span"))),
        }
    }
    row.fields[at].1 = spans.to_string();
    Ok(())
}

/// Where each character of a text begins, and where the last one ends.
struct Starts(Vec<usize>);

impl Starts {
    fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
    }

    fn byte(&self, character: u64) -> Result<usize> {
        let found = usize::try_from(character).ok().and_then(|c| self.0.get(c));
        found.copied().ok_or_else(|| {
            let characters = self.0.len() - 1;
            Error::new("span.outside", format!("offset {character}: the text has {characters} characters"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(text: &str, spans: &str) -> Result<String> {
        let fields = [("text", text), ("spans", spans)].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        let mut row = RowBuf { id: "1".to_owned(), fields };
        to_bytes(&mut row).map(|()| row.fields.remove(1).1)
    }

    #[test]
    fn objects_and_triples_are_counted_anew_and_keep_what_else_they_hold() {
        let object = converted("no 发热 😀", r#"[{"end":5,"label":"S","start":3,"id":"D1"}]"#).unwrap();
        let expected = serde_json::json!([{"start": 3, "end": 9, "label": "S", "id": "D1"}]);
        assert_eq!(serde_json::from_str::<Value>(&object).unwrap(), expected);
        assert_eq!(converted("no 发热 😀", r#"[[6,7,"E"]]"#).unwrap(), r#"[[10,14,"E"]]"#);
    }

    #[test]
    fn an_offset_beyond_the_text_or_no_offset_is_refused() {
        for (spans, code) in [
            (r#"[[0,8,"S"]]"#, "span.outside"),
            (r#"[[-1,2,"S"]]"#, "row.bad-spans"),
            (r#"[{"start":0,"label":"S"}]"#, "row.bad-spans"),
            (r#"{"start":0}"#, "row.bad-spans"),
            ("[[0", "row.bad-spans"),
        ] {
            assert_eq!(converted("no 发热 😀", spans).unwrap_err().code, code, "{spans}");
        }
    }
}
