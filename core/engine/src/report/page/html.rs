//! Text becomes HTML that cannot be anything but text.

use serde_json::Value;
use std::fmt::{self, Display, Write};

/// Displays a text with every character that HTML gives a meaning to written as a reference. Good between
/// tags and within quoted attributes. Texts come from data files and are hostile.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(letter)?,
                _ if letter.is_control() => f.write_char('\u{fffd}')?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// Puts each `{{name}}` of a template once; what was put in is not looked at again.
///
/// # Panics
/// When the template has a name that is not given: the templates are ours.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("each {{ of a template has its }}");
        let value = values.iter().find(|(known, _)| *known == name);
        out.push_str(before);
        out.push_str(value.unwrap_or_else(|| panic!("the template's {name} is given")).1);
        rest = after;
    }
    out + rest
}

/// A table. Cells are HTML; the first of a row is its heading.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>], class: &str) -> String {
    let mut out = format!("<div class=\"scroll\" tabindex=\"0\"><table class=\"{class}\">");
    if !caption.is_empty() {
        write!(out, "<caption>{}</caption>", Text(caption)).expect("a string takes all");
    }
    out.push_str("\n<thead><tr>");
    for name in head {
        write!(out, "<th scope=\"col\">{}</th>", Text(name)).expect("a string takes all");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        let (first, others) = row.split_first().map_or((None, &[][..]), |(first, others)| (Some(first), others));
        let cells: String = others.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        writeln!(out, "<tr><th scope=\"row\">{}</th>{cells}</tr>", first.map_or("", String::as_str))
            .expect("a string takes all");
    }
    out + "</tbody></table></div>\n"
}

/// A bar of a share, with the share beside it, and a notch where another one lies.
pub(super) fn meter(share: f64, notch: Option<f64>, said: &str) -> String {
    let percent = |share: f64| format!("{:.1}%", 100.0 * share.clamp(0.0, 1.0));
    let notch = notch.map_or(String::new(), |at| format!("<i style=\"left:{}\"></i>", percent(at)));
    let bar = format!("<span style=\"width:{}\"></span>{notch}", percent(share));
    format!("<span class=\"meter\"><span class=\"track\" aria-hidden=\"true\">{bar}</span><b>{}</b></span>", Text(said))
}

/// Any JSON as a list of names and values.
pub(super) fn facts(value: &Value) -> String {
    let mut out = String::from("<dl class=\"facts\">\n");
    for (name, value) in flat(value) {
        writeln!(out, "<dt>{}</dt><dd dir=\"auto\">{}</dd>", Text(&name), Text(&value)).expect("a string takes all");
    }
    out + "</dl>\n"
}

/// Objects of one kind by name as a table, a row each; any other JSON as [`facts`].
pub(super) fn grid(value: &Value) -> String {
    let Some(entries) = value.as_object().filter(|entries| entries.values().all(Value::is_object)) else {
        return facts(value);
    };
    let mut columns: Vec<&str> = Vec::new();
    for key in entries.values().filter_map(Value::as_object).flat_map(|entry| entry.keys()) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let cell = |value: Option<&Value>| match value {
        None => "–".to_owned(),
        Some(Value::Object(parts)) if parts.is_empty() => "none".to_owned(),
        Some(value) => {
            let part =
                |(name, value): (String, String)| if name.is_empty() { value } else { format!("{name} {value}") };
            Text(&flat(value).into_iter().map(part).collect::<Vec<_>>().join(", ")).to_string()
        }
    };
    let row = |(name, entry): (&String, &Value)| {
        [Text(name).to_string()].into_iter().chain(columns.iter().map(|column| cell(entry.get(column)))).collect()
    };
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    table("", &[&["plugin"], &columns[..]].concat(), &rows, "close")
}

/// Entries shown of one JSON value: a plugin may hold a dictionary.
const MOST: usize = 200;

/// Any JSON as dotted names and values.
pub(in crate::report) fn flat(value: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(value, "", &mut out);
    if out.len() > MOST {
        let more = out.len() - MOST;
        out.truncate(MOST);
        out.push(("…".to_owned(), format!("and {more} more")));
    }
    out
}

fn walk(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    let under = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| walk(value, &under(key), out)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(at, item)| walk(item, &under(&(at + 1).to_string()), out));
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            out.push((path.to_owned(), if items.is_empty() { "none".to_owned() } else { items.join(", ") }));
        }
        Value::Null if path.is_empty() => {}
        _ => out.push((path.to_owned(), scalar(value))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        Value::Bool(is) => (if *is { "yes" } else { "no" }).to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_stays_text() {
        let shown = Text("<b a='1' b=\"2\">&amp;\u{0}\n").to_string();
        assert_eq!(shown, "&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;amp;\u{fffd}\n");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("a {{x}} b {{y}}", &[("x", "{{y}}"), ("y", "{{x}}")]), "a {{y}} b {{x}}");
    }

    #[test]
    fn objects_of_one_kind_become_rows() {
        let drawn = grid(&json!({"swap": {"made": 2, "refused": {"a.b": 1}}, "<i>": {"refused": {}, "more": true}}));
        assert!(drawn.contains("<th scope=\"row\">swap</th><td>2</td><td>a.b 1</td><td>–</td>"), "{drawn}");
        assert!(drawn.contains("<th scope=\"row\">&lt;i&gt;</th><td>–</td><td>none</td><td>yes</td>"), "{drawn}");
    }

    #[test]
    fn any_json_becomes_names_and_values() {
        let value = json!({"a": {"b": [1, 2]}, "c": null, "d": [{"e": true}], "f": []});
        let flat: Vec<String> = flat(&value).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(flat, ["a.b=1, 2", "c=not set", "d.1.e=yes", "f=none"]);
        assert_eq!(super::flat(&json!((0..300).map(|n| json!({"n": n})).collect::<Vec<_>>())).len(), MOST + 1);
    }
}
