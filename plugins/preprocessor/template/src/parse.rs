//! Reads a template.

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Words as they stand.
    Words(String),
    /// A field's value.
    Field(String),
    /// What is left out where a field in it is missing.
    Group(Vec<Part>),
}

/// The parts in front of the text and those behind it.
///
/// # Errors
/// What is wrong with the template.
pub fn parse(template: &str) -> Result<(Vec<Part>, Vec<Part>), String> {
    let mut rest = template;
    let mut before = None;
    let mut parts = Vec::new();
    while let Some(part) = next(&mut rest, false)? {
        match part {
            Part::Field(name) if name == "text" => {
                if before.replace(std::mem::take(&mut parts)).is_some() {
                    return Err("expected `{text}` once, found it twice".to_owned());
                }
            }
            Part::Group(inner) if inner.contains(&Part::Field("text".to_owned())) => {
                return Err("expected `{text}` outside of square brackets: the text is never left out".to_owned());
            }
            part => parts.push(part),
        }
    }
    before.map(|before| (before, parts)).ok_or_else(|| "expected `{text}` in it, the place of the text".to_owned())
}

fn next(rest: &mut &str, in_group: bool) -> Result<Option<Part>, String> {
    let Some(first) = rest.chars().next() else {
        return if in_group { Err("`[` has no `]`".to_owned()) } else { Ok(None) };
    };
    let after = &rest[first.len_utf8()..];
    let is_mark = matches!(first, '{' | '}' | '[' | ']');
    if is_mark && after.starts_with(first) {
        *rest = &after[1..];
        return Ok(Some(Part::Words(first.to_string())));
    }
    match first {
        '{' => {
            let (name, behind) = after.split_once('}').ok_or("`{` has no `}`")?;
            if name.is_empty() || name.contains(['{', '[', ']']) {
                return Err(format!("expected a field's name between `{{` and `}}`, found `{name}`"));
            }
            *rest = behind;
            Ok(Some(Part::Field(name.to_owned())))
        }
        '[' if in_group => Err("a group in a group".to_owned()),
        '[' => {
            *rest = after;
            let mut inner = Vec::new();
            while let Some(part) = next(rest, true)? {
                inner.push(part);
            }
            Ok(Some(Part::Group(inner)))
        }
        ']' if in_group => {
            *rest = after;
            Ok(None)
        }
        '}' | ']' => Err(format!("`{first}` without its beginning")),
        _ => {
            let end = rest.find(['{', '}', '[', ']']).unwrap_or(rest.len());
            let words = rest[..end].to_owned();
            *rest = &rest[end..];
            Ok(Some(Part::Words(words)))
        }
    }
}
