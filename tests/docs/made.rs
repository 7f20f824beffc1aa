//! Lists on pages, made of the program's own.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use cnncost::metric::{METRICS, Metric, Sums, Unit};
use cnncost::op::{Entry, OPERATORS};
use cnncost::read::{conventions, devices};
use cnncost::report::{self, Style, operators};
use cnncost::text::Language;
use serde_json::Value;

use crate::page::Page;
use crate::pages;

/// The list of this name: `figures`, `conventions`, `devices`, `operators FROM TO`, `json SCHEMA`, `crate HEADING` of the documentation of the
/// crate or `crate` for what stands first there, or a command of the program's.
pub(crate) fn list(name: &str) -> String {
    match name.split(' ').collect::<Vec<_>>()[..] {
        ["cnncost", ref words @ ..] => printed(words),
        ["figures"] => figures(),
        ["conventions"] => conventions_table(),
        ["devices"] => devices_table(),
        ["operators", from, to] => operators_of(between(from, to)),
        ["json", schema] => json(schema),
        ["crate", ..] => of_crate(name.trim_start_matches("crate").trim()),
        _ => panic!("there is no list called {name}"),
    }
}

/// What a command of the program's prints.
fn printed(words: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_cnncost");
    let output = Command::new(program).args(words).env_remove("CLICOLOR_FORCE").output().unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A table of these columns; in a cell, a bar would end it.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let row = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let head = row(heads.iter().map(|&head| head.to_owned()).collect());
    let line = format!("|{}\n", "---|".repeat(heads.len()));
    let rows: String = rows.map(row).collect();
    head + &line + &rows
}

/// A section of the documentation of the crate, with names in place of links; what stands before the first, if none is named.
fn of_crate(heading: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    // An example ends with a line that only its test needs.
    let lines = lines.filter(|line| !line.starts_with(" # Ok"));
    let text: String = lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    let text = text.replacen("```\n", "```rust\n", 1);
    let mut sections = text.split("\n# ");
    let section = if heading.is_empty() {
        sections.next().expect("something stands first")
    } else {
        let named = |section: &str| Some(section.strip_prefix(heading)?.strip_prefix('\n')?.to_owned());
        &sections.find_map(named).expect("there is such a heading")
    };
    let mut pieces = section.trim().split("[`");
    let first = pieces.next().unwrap_or_default().to_owned();
    let piece = |piece: &str| {
        let (name, rest) = piece.split_once("`]").expect("a link ends");
        // Where a link leads elsewhere than its name says is behind it.
        let rest =
            rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest);
        format!("`{}`{rest}", name.trim_start_matches("mod@"))
    };
    format!("\n{}\n\n", pieces.fold(first, |text, next| text + &piece(next)))
}

fn figures() -> String {
    let row = |metric: &Metric| {
        let unit = match metric.unit {
            Unit::Count => "a number",
            Unit::Params => "parameters",
            Unit::Macs => "MACs",
            Unit::Flops => "FLOPs",
            Unit::Bytes => "bytes",
            Unit::Seconds => "seconds",
            Unit::Ratio => "a ratio",
            Unit::Shape => "sizes",
            Unit::Positions => "positions",
            Unit::Truth => "yes or no",
            Unit::Word => "a word",
        };
        let sums = match metric.sums {
            Sums::Sum => "the sum",
            Sums::Largest => "the largest",
            Sums::Last => "that of what comes out",
            Sums::Anew => "from the box's own figures",
            Sums::Whole => "none: only a network has it",
        };
        let batch = if metric.is_once { "no" } else { "yes" };
        let (name, about) = (format!("`{}`", metric.name), metric.about.english);
        [&*name, about, unit, sums, batch].map(str::to_owned).to_vec()
    };
    table(&["name", "what it is", "it is", "of a box", "grows with the batch"], METRICS.iter().map(row))
}

fn conventions_table() -> String {
    let rows = conventions::bundled().into_iter().map(|convention| {
        let (about, name) = (convention.about.get(Language::English).to_owned(), &convention.name);
        vec![format!("`{name}`"), about, convention.version, convention.source]
    });
    table(&["name", "what is counted", "version", "where that is from"], rows)
}

fn devices_table() -> String {
    let rows = devices::bundled().into_iter().map(|device| {
        let peaks = device.peaks;
        let of = |name: &str, peak: Option<f64>| peak.map(|peak| format!("{name} {}", rate(peak, "FLOP/s")));
        let peaks = [of("f32", peaks.f32), of("f16", peaks.f16), of("bf16", peaks.bf16), of("i8", peaks.i8)];
        let peaks: Vec<_> = peaks.into_iter().flatten().collect();
        let own = device.weight_memory_bytes.map(|own| format!(", and {} for weights", bytes(own)));
        let memory = format!("{}{}", bytes(device.memory_bytes), own.unwrap_or_default());
        vec![
            format!("`{}`", device.name),
            device.about,
            memory,
            rate(device.bandwidth, "B/s"),
            peaks.join(", "),
            device.source,
        ]
    });
    table(&["name", "what it is", "memory", "bandwidth", "peak", "where that is from"], rows)
}

#[expect(clippy::cast_precision_loss, reason = "it is shown with few digits")]
fn bytes(count: u64) -> String {
    rate(count as f64, "B")
}

/// A quantity with a prefix.
fn rate(quantity: f64, unit: &str) -> String {
    let prefixes = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (size, prefix) = prefixes.into_iter().find(|(size, _)| quantity >= *size).unwrap_or((1.0, ""));
    // Data sheets have four digits at most.
    let scaled = quantity / size;
    let step = if scaled >= 100.0 {
        10.0
    } else if scaled >= 10.0 {
        100.0
    } else {
        1000.0
    };
    format!("{} {prefix}{unit}", (scaled * step).round() / step)
}

/// The operators of the list from one to another.
fn between(from: &str, to: &str) -> &'static [Entry] {
    let place = |name: &str| OPERATORS.iter().position(|entry| entry.name == name).expect("there is one");
    &OPERATORS[place(from)..=place(to)]
}

/// Sections on operators: what each is, its settings, an example and what that costs. Those that say the same stand together.
fn operators_of(entries: &[Entry]) -> String {
    let sections = entries.chunk_by(|one, next| said_of(one) == said_of(next));
    sections
        .map(|same| {
            let names: Vec<_> = same.iter().map(|entry| entry.name).collect();
            let examples: Vec<_> = same.iter().map(example).collect();
            let said = said_of(&same[0]);
            format!("## {}\n\n{said}```text\n{}\n```\n\n", names.join(", "), examples.join("\n\n"))
        })
        .collect()
}

/// What an operator is, and its settings.
fn said_of(entry: &Entry) -> String {
    let about = about(&entry.described(Language::English));
    let lines = report::csv::write(&[operators::settings(entry, Language::English)]);
    let rows = csv::Reader::from_reader(lines.as_bytes()).into_records().map(|line| {
        let mut cells: Vec<_> = line.unwrap().iter().map(str::to_owned).collect();
        cells[0] = format!("`{}`", cells[0]);
        cells
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return format!("{about}\n\n");
    }
    format!("{about}\n\n{}\n", table(&["setting", "default", "about"], rows.into_iter()))
}

/// An operator's example and what it costs there.
fn example(entry: &Entry) -> String {
    let shown = operators::one(entry, Style { language: Language::English, width: 90, color: false });
    shown[shown.find("\nexample").expect("there is an example") + 1..].trim_end().to_owned()
}

/// What a JSON Schema says of an object and of those in it, a table each.
fn json(name: &str) -> String {
    let schema: Value = serde_json::from_str(&printed(&["schema", name])).unwrap();
    let mut text = format!("{}\n\n{}\n", about(&schema), object(&schema));
    for (name, part) in schema["$defs"].as_object().into_iter().flatten() {
        let _ = writeln!(text, "## {name}\n\n{}\n", about(part));
        for kind in part["oneOf"].as_array().into_iter().flatten() {
            let _ = writeln!(text, "{}\n\n{}", about(kind), object(kind));
        }
        if part.get("properties").is_some() {
            let _ = writeln!(text, "{}", object(part));
        }
    }
    text
}

fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// The table of an object's keys; those of an object in it behind a dot.
fn object(schema: &Value) -> String {
    let mut rows = vec![];
    keys(schema, "", &mut rows);
    table(&["key", "value", "about"], rows.into_iter())
}

fn keys(schema: &Value, before: &str, rows: &mut Vec<Vec<String>>) {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        let is_optional = !required.iter().any(|required| *required == name);
        let may_lack = if is_optional { "; may be left out" } else { "" };
        let path = format!("{before}{name}");
        rows.push(vec![format!("`{path}`"), kind(value) + may_lack, about(value)]);
        keys(value, &format!("{path}."), rows);
        if let Some(items) = value.get("items").filter(|items| items.get("properties").is_some()) {
            keys(items, &format!("{path}[]."), rows);
        }
    }
}

/// What a value is, in words.
fn kind(schema: &Value) -> String {
    if let Some(link) = schema["$ref"].as_str() {
        let name = link.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`\"{word}\"`");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(kinds) = schema[key].as_array() {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            let one = |kind_name: &Value| {
                let mut one = schema.clone();
                one["type"] = kind_name.clone();
                kind(&one)
            };
            kinds.iter().map(one).collect::<Vec<_>>().join(" or ")
        }
        Value::String(word) if word == "array" => schema
            .get("items")
            .map_or("a list".to_owned(), |items| format!("a list of {}", several(&kind(items)))),
        Value::String(word) => match &**word {
            "integer" => "a whole number",
            "number" => "a number",
            "string" => "text",
            "boolean" => "`true` or `false`",
            "null" => "`null`",
            "object" => "an object",
            other => panic!("{other}"),
        }
        .to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "anything".to_owned(),
    }
}

/// Several of a kind.
fn several(kind: &str) -> String {
    match kind {
        "a whole number" => "whole numbers".to_owned(),
        "a number" => "numbers".to_owned(),
        "text" => "texts".to_owned(),
        "an object" => "objects".to_owned(),
        other => other.strip_prefix("a list").map_or(other.to_owned(), |rest| format!("lists{rest}")),
    }
}

#[test]
fn every_operator_has_its_section_once() {
    let made: Vec<String> = pages().iter().flat_map(Page::made).collect();
    let sections = made.iter().filter_map(|name| {
        let words: Vec<_> = name.split(' ').collect();
        if let ["operators", from, to] = words[..] { Some(between(from, to)) } else { None }
    });
    let mut said: Vec<_> = sections.flatten().map(|entry| entry.name).collect();
    let mut known: Vec<_> = OPERATORS.iter().map(|entry| entry.name).collect();
    said.sort_unstable();
    known.sort_unstable();
    assert_eq!(said, known);
}
