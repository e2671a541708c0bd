//! `engraft plugins`: what there is, and what each can be told.

mod check;
mod install;

use crate::args::PluginsCommand;
use crate::error::{Failure, Result};
use crate::output::{FAINT, HEADING, NAME, Screen, pretty};
use crate::plugins::installed::Installed;
use crate::plugins::{How, Trust, linked, template};
use engraft_host::{Catalogue, Entry, schema};
use engraft_plugin::kind::Kind;
use serde_json::{Value, json};

pub(super) fn run(command: PluginsCommand, screen: &Screen) -> Result<()> {
    match command {
        PluginsCommand::List { json: true } => {
            let catalogue = available(screen)?;
            let all: Vec<Value> = catalogue.entries().iter().map(to_json).collect();
            screen.print_json(&all)
        }
        PluginsCommand::List { json: false } => screen.print(&list(&available(screen)?, screen)),
        PluginsCommand::Show { plugin, json } => {
            let catalogue = available(screen)?;
            let entry = find(&catalogue, &plugin)?;
            if json { screen.print_json(&to_json(entry)) } else { screen.print(&show(entry, screen)) }
        }
        PluginsCommand::New { kind, name, language, into } => template::new(kind, &name, language, into, screen),
        PluginsCommand::Check { files, all, trust, json } => check::run(&files, all, trust, json, screen),
        PluginsCommand::Install { source, name, sha256, replace } => {
            install::install(&source, name.as_deref(), sha256.as_deref(), replace, screen)
        }
        PluginsCommand::Remove { name } => install::remove(&name, screen),
        PluginsCommand::Verify { name, json } => install::verify(name.as_deref(), json, screen),
    }
}

/// The linked plugins and the installed ones. An installed library is not run to be listed: it stands there as it
/// described itself when it was installed. One that cannot be opened is said and left out.
fn available(screen: &Screen) -> Result<Catalogue> {
    let mut catalogue = linked()?;
    for installed in Installed::all()? {
        let opened = match installed.open(How::trusting(Trust::Nothing)) {
            Err(failure) if failure.is("plugin.untrusted") => installed.described(),
            opened => opened,
        };
        match opened {
            Ok(entries) => catalogue = catalogue.replaced_by(entries)?,
            Err(failure) => screen.note(&format!("installed `{}` left out: {failure}", installed.name)),
        }
    }
    Ok(catalogue)
}

/// The plugin of a name like `method/lora`.
fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a Entry> {
    let kinds = || Kind::ALL.map(Kind::name).join(", ");
    let (kind, id) = name.split_once('/').ok_or_else(|| {
        Failure::usage("plugin.name", format!("expected KIND/NAME, found `{name}`"))
            .help(format!("for example `method/lora`; kinds are {}", kinds()))
    })?;
    let kind = Kind::ALL
        .into_iter()
        .find(|known| known.name() == kind)
        .ok_or_else(|| Failure::usage("plugin.name", format!("expected a kind ({}), found `{kind}`", kinds())))?;
    Ok(catalogue.find(kind, id)?)
}

/// A descriptor, and how the plugin is loaded.
fn to_json(entry: &Entry) -> Value {
    let mut value = json!(entry.descriptor);
    value["loader"] = json!(entry.origin.loader());
    value
}

fn list(catalogue: &Catalogue, screen: &Screen) -> String {
    let width = catalogue.entries().iter().map(|entry| entry.descriptor.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for kind in Kind::ALL {
        let mut entries = catalogue.of(kind).peekable();
        if entries.peek().is_some() {
            out += &format!("{}\n", screen.paint(HEADING, kind.name()));
        }
        for entry in entries {
            let about = &entry.descriptor;
            let name = screen.paint(NAME, &format!("{:width$}", about.id));
            let version = screen.paint(FAINT, &about.version);
            out += &format!("  {name}  {version}  {}\n", about.summary);
        }
    }
    out
}

fn show(entry: &Entry, screen: &Screen) -> String {
    let about = &entry.descriptor;
    let title = screen.paint(HEADING, &format!("{}/{}", about.kind, about.id));
    let loader = entry.origin.loader();
    let facts = screen.paint(FAINT, &format!("{}, {}, {loader}", about.version, about.license));
    let mut out = format!("{title}  {facts}\n{}\n", about.summary);
    out += &format!("\n{}\n", screen.paint(HEADING, "Settings"));
    let settings = schema::properties(&about.settings).filter(|keys| !keys.is_empty());
    for (key, of) in settings.into_iter().flatten() {
        let default = of.get("default").or_else(|| about.settings["default"].get(key)).filter(|value| !value.is_null());
        let default = default.map_or(String::new(), |value| format!(" = {}", shortened(value)));
        let expects = screen.paint(FAINT, &schema::expects(&about.settings, of));
        out += &format!("  {}{default}  {expects}\n", screen.paint(NAME, key));
        if let Some(description) = of["description"].as_str() {
            out += &format!("      {}\n", description.replace('\n', " "));
        }
    }
    if settings.is_none() {
        out += "  none\n";
    }
    for (number, case) in about.examples.iter().enumerate() {
        let title = screen.paint(HEADING, &format!("Example {}: {}", number + 1, case.title));
        out += &format!("\n{title}\n");
        if case.settings.as_object().is_some_and(|settings| !settings.is_empty()) {
            out += &indented("settings", &case.settings);
        }
        out += &indented("input", &case.input);
        out += &indented("gives", &case.expect);
    }
    out
}

/// A default, cut where it is a whole dictionary.
fn shortened(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(72) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// A value under its name: on one line where it fits, else over several.
fn indented(name: &str, value: &Value) -> String {
    let line = value.to_string();
    if line.chars().count() <= 90 {
        return format!("  {name:<9}{line}\n");
    }
    format!("  {name}\n    {}\n", pretty(value).replace('\n', "\n    "))
}
