//! The operators of a file as it has them, and what became of each.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::sheet::{Cell, Head, Role, Sheet};
use super::table::title;
use super::terminal::{Layout, Table, heading, shortened};
use super::wrap::wrapped;
use super::{Style, Subject, write_json};
use crate::read::onnx::{Became, Listed};
use crate::shape::show;
use crate::text;
use crate::text::{Text, printable};
use crate::working::grouped;

/// The name and version of what [`json`] writes.
const SCHEMA: &str = "cnncost/raw/1";

/// The operators of files.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'d> {
    /// The name and version of this form: `cnncost/raw/1`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// The networks.
    networks: Vec<Network<'d>>,
}

/// The operators of one file.
#[derive(Debug, Serialize, JsonSchema)]
struct Network<'d> {
    /// SHA-256 of the file, in hexadecimal.
    sha256: &'d str,
    /// The network's name.
    model: &'d str,
    /// The file.
    source: &'d str,
    /// Its operators, in its order.
    operators: Vec<Entry<'d>>,
}

/// An operator of a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry<'d> {
    /// Which it is in the file, from 0.
    node: u32,
    /// What the file calls it; often nothing.
    name: &'d str,
    /// What it is: `Conv`, or with the set that it is of, where that is not the standard's, `com.microsoft::FusedConv`.
    operator: &'d str,
    /// The sizes of its first output in the file, the batch included; null if they are not known.
    output: Option<&'d [u64]>,
    /// What became of it: `layer`, `part` (of a layer that stands for several operators), `view`, `evaluated`, `from_weights`,
    /// `unused` or `not_counted`.
    became: &'static str,
    /// The paths of the layers that it became, or is a part of.
    layers: Vec<&'d str>,
}

impl<'d> Entry<'d> {
    fn of(listed: &'d Listed) -> Self {
        Self {
            node: listed.index,
            name: &listed.name,
            operator: &listed.operator,
            output: listed.output.as_deref(),
            became: fate(&listed.became).0,
            layers: layers(&listed.became),
        }
    }
}

/// Writes the operators of files as one object.
///
/// # Errors
/// If it cannot be written.
pub fn json(files: &[(Subject, Vec<Listed>)], to: &mut dyn io::Write) -> io::Result<()> {
    let networks = files.iter().map(|(subject, operators)| Network {
        sha256: &subject.sha256,
        model: &subject.title,
        source: &subject.source,
        operators: operators.iter().map(Entry::of).collect(),
    });
    let networks = networks.collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document<'_>)
}

/// The operators of the file that a network is read from, and what became of each, for the terminal.
pub fn report(subject: &Subject, operators: &[Listed], style: Style) -> String {
    const NAME: usize = 24;
    let mut sheet = sheet(subject, operators);
    for (line, operator) in sheet.lines.iter_mut().zip(operators) {
        let layers = match layers(&operator.became)[..] {
            [first, .., last] => format!("{first} … {last}"),
            [only] => only.to_owned(),
            [] => String::new(),
        };
        let shown = [(1, shortened(&printable(&operator.name), NAME)), (5, layers)];
        for (at, words) in shown {
            line.cells[at] = cell(words);
        }
    }
    let wanted = ["operator", "became", "layer", "node", "output", "name"];
    let table = Table::new(&sheet, Layout::Table, style).tight().fit(Some(&wanted)).draw();
    let notes = sheet.notes.iter().map(|note| wrapped(note.get(style.language), style.width));
    heading(&title(subject), style) + &table + &notes.collect::<String>()
}

/// A line for each operator of the file that a network is read from, and below how many became what.
pub fn sheet(subject: &Subject, operators: &[Listed]) -> Sheet {
    let heads = vec![
        Head::new("node", text!("node", "节点"), Role::Figure),
        Head::new("name", text!("name", "名称"), Role::Text),
        Head::new("operator", text!("operator", "算子"), Role::Text),
        Head::new("output", text!("output", "输出"), Role::Text),
        Head::new("became", text!("became", "结果"), Role::Text),
        Head::new("layer", text!("layer", "层"), Role::Name),
    ];
    let line = |operator: &Listed| {
        let (key, words, _) = fate(&operator.became);
        let paths = layers(&operator.became).join(", ");
        vec![
            Cell::Count(operator.index.into()),
            cell(printable(&operator.name)),
            Cell::Text(printable(&operator.operator)),
            Cell::Text(operator.output.as_ref().map_or_else(|| "?".to_owned(), |sizes| show(sizes))),
            Cell::Named(key, words),
            Cell::Name(paths.clone(), paths),
        ]
    };
    Sheet {
        title: Some(title(subject)),
        label: Some(("network", subject.label.clone())),
        notes: vec![counts(operators)],
        ..Sheet::of(heads, operators.iter().map(line).collect())
    }
}

/// Words, if there are any.
fn cell(words: String) -> Cell {
    if words.is_empty() { Cell::Empty } else { Cell::Text(words) }
}

/// The layers that something became, or is a part of.
fn layers(became: &Became) -> Vec<&str> {
    match became {
        Became::Layers(paths) => paths.iter().map(|path| &**path).collect(),
        Became::Part(path) => vec![path],
        Became::NotCounted(path) => path.iter().map(|path| &**path).collect(),
        Became::View | Became::Evaluated | Became::FromWeights | Became::Unused => vec![],
    }
}

/// What data formats call what became of an operator, what people do, and how they count such.
fn fate(became: &Became) -> (&'static str, Text, Text) {
    let (key, one, many) = match became {
        Became::Layers(_) => ("layer", text!("layer", "层"), "layers"),
        Became::Part(_) => ("part", text!("part", "层的一部分"), "parts"),
        Became::View => ("view", text!("view", "视图"), "views"),
        Became::Evaluated => ("evaluated", text!("evaluated", "已求值"), "evaluated"),
        Became::FromWeights => ("from_weights", text!("from weights", "由权重得出"), "from weights"),
        Became::Unused => ("unused", text!("unused", "未使用"), "unused"),
        Became::NotCounted(_) => ("not_counted", text!("not counted", "未计数"), "not counted"),
    };
    let many = Text { english: many.to_owned(), ..one.clone() };
    (key, one, many)
}

/// "71 operators: 60 layers, 1 part, 10 evaluated".
fn counts(operators: &[Listed]) -> Text {
    let mut counts: Vec<(u128, (&str, Text, Text))> = vec![];
    for operator in operators {
        let fate = fate(&operator.became);
        match counts.iter_mut().find(|(_, (key, ..))| *key == fate.0) {
            Some((count, _)) => *count += 1,
            None => counts.push((1, fate)),
        }
    }
    // The most frequent first.
    counts.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    let parts = counts.iter().map(|(count, (_, one, many))| {
        let words = if *count == 1 { one } else { many };
        let count = grouped(*count, ",");
        text!("{count} {words}", "{words:#} {count} 个")
    });
    let parts: Vec<Text> = parts.collect();
    let english = parts.iter().map(|part| &*part.english).collect::<Vec<_>>().join(", ");
    let chinese = parts.iter().map(|part| &*part.chinese).collect::<Vec<_>>().join(",");
    let all = grouped(operators.len() as u128, ",");
    let operators = if operators.len() == 1 { "operator" } else { "operators" };
    match parts[..] {
        [] => text!("no operators", "没有算子"),
        [..] => text!("{all} {operators}: {english}", "{all} 个算子:{chinese}"),
    }
}
