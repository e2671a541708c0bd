//! JSONL: one JSON object a line.

use crate::read::{Flow, Item, Reading};
use crate::source::Lines;
use crate::{Place, Result};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// What readers of objects do with each: it is a row.
pub(crate) fn row(place: Place, members: Map<String, Value>, reading: &mut Reading<'_>) -> Flow {
    reading.give(place, Item::Row(members))
}

/// Hands the object of each line to `take`.
pub(crate) fn each(
    path: &Arc<Path>,
    reading: &mut Reading<'_>,
    mut take: impl FnMut(Place, Map<String, Value>, &mut Reading<'_>) -> Flow,
) -> Flow {
    let mut lines = Lines::open(path, reading.options.encoding)?;
    while let Some((number, line)) = lines.advance()? {
        if line.trim().is_empty() {
            continue;
        }
        let place = Place::new(path, number, 0);
        let members = members(line, &place)?;
        if take(place, members, reading)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The members of the object that `json` is, in the order of the file.
pub(crate) fn members(json: &str, place: &Place) -> Result<Map<String, Value>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let members = deserializer.deserialize_map(Members).and_then(|members| deserializer.end().map(|()| members));
    members.map_err(|error| {
        let line = place.line + error.line().saturating_sub(1);
        let before = if error.line() <= 1 { place.column.saturating_sub(1) } else { 0 };
        let message = error.to_string();
        // serde_json ends its messages with a place of its own, counted from the beginning of this value.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let reason = engraft_plugin::Error::new("row.bad-json", format!("expected one JSON object: {message}"));
        Place { line, column: before + error.column().max(1), ..place.clone() }.error(reason)
    })
}

/// An object none of whose members stands in it twice.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format!("the member `{name}` stands in it twice")));
            }
            members.insert(name, value);
        }
        Ok(members)
    }
}
