//! A JSON value as a plugin in C reads it: without a parser.

use engraft_plugin::abi::answer;
use engraft_plugin::abi::table::Json;
use engraft_plugin::abi::view::Str;
use serde_json::Value;
use std::ffi::c_void;

/// A value and its text.
pub(super) struct Document {
    text: String,
    value: Value,
}

impl Document {
    /// A document; no value is an empty text.
    pub(super) fn new(value: Option<Value>) -> Self {
        let text = value.as_ref().map_or_else(String::new, Value::to_string);
        Self { text, value: value.unwrap_or_default() }
    }

    /// The view that is handed to a plugin, for as long as this lives.
    pub(super) fn view(&self) -> Json<'_> {
        Json { host: (&raw const *self).cast(), text: Str::new(&self.text), number, string }
    }

    /// The value under a dotted path: keys of tables, indexes of lists, nothing for the whole.
    fn at(&self, path: &str) -> Option<&Value> {
        let mut names = path.split('.').filter(|name| !name.is_empty());
        names.try_fold(&self.value, |value, name| match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        })
    }
}

/// # Safety
/// `host` is that of a view whose document lives; `path` points at its bytes.
unsafe fn value<'a>(host: *const c_void, path: Str<'_>) -> Option<&'a Value> {
    // SAFETY: the caller's promise.
    unsafe { (*host.cast::<Document>()).at(answer::text(path).ok()?) }
}

unsafe extern "C" fn number(host: *const c_void, path: Str<'_>, out: *mut f64) -> i32 {
    // SAFETY: the header asks for the view's own `host` and a path and an `out` that are there.
    unsafe {
        let found =
            value(host, path).and_then(|value| value.as_f64().or(value.as_bool().map(|b| f64::from(u8::from(b)))));
        let (Some(found), false) = (found, out.is_null()) else { return 1 };
        out.write(found);
    }
    0
}

unsafe extern "C" fn string<'a>(host: *const c_void, path: Str<'_>, out: *mut Str<'a>) -> i32 {
    // SAFETY: as in `number`; the text lives as long as the view, which is what the header says.
    unsafe {
        let found: Option<&'a str> = value(host, path).and_then(Value::as_str);
        let (Some(found), false) = (found, out.is_null()) else { return 1 };
        out.write(Str::new(found));
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number_at(json: &Json<'_>, path: &str) -> Option<f64> {
        let mut out = f64::NAN;
        // SAFETY: the view's own function, path and place.
        (unsafe { (json.number)(json.host, Str::new(path), &raw mut out) } == 0).then_some(out)
    }

    fn string_at<'a>(json: &Json<'a>, path: &str) -> Option<&'a str> {
        let mut out = Str::new("");
        // SAFETY: the view's own function, path and place.
        (unsafe { (json.string)(json.host, Str::new(path), &raw mut out) } == 0).then(|| out.as_str())
    }

    #[test]
    fn numbers_and_texts_are_found_under_dotted_paths() {
        let document = Document::new(Some(json!({ "a": { "b": [1.5, "two", true] }, "c": "τρία" })));
        let view = document.view();
        assert_eq!(number_at(&view, "a.b.0"), Some(1.5));
        assert_eq!(number_at(&view, "a.b.2"), Some(1.0));
        assert_eq!(string_at(&view, "a.b.1"), Some("two"));
        assert_eq!(string_at(&view, "c"), Some("τρία"));
    }

    #[test]
    fn what_is_not_there_or_of_another_type_is_not_found() {
        let document = Document::new(Some(json!({ "a": { "b": [1.5] }, "c": null })));
        let view = document.view();
        for path in ["", "a", "a.b", "a.b.1", "a.b.-1", "a.b.x", "c", "d", "a.b.0.e", "..."] {
            assert_eq!((number_at(&view, path), string_at(&view, path)), (None, None), "{path}");
        }
        assert_eq!(Document::new(None).view().text.as_str(), "");
    }
}
