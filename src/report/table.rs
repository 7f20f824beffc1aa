//! The table of a network and its tree: a line for each layer, totals below; of several networks, a line for each.

use super::columns::{COLUMNS, Column, sheet};
use super::rows::{self, Depth, Row};
use super::sheet::{Kind, Sheet, Title};
use super::sort::sort;
use super::terminal::{Table, heading};
use super::wrap::wrapped;
use super::{Style, Subject, deployed};
use crate::graph::{Place, ScopeId};
use crate::text;
use crate::text::{Links, Text, printable};

mod footer;

use footer::footer;
pub(super) use footer::{inside, notes, totals};

pub use super::terminal::Layout;

/// What a table shows.
#[derive(Clone, Debug)]
pub struct Choice {
    /// How boxes are shown.
    pub layout: Layout,
    /// How deep boxes are opened.
    pub depth: Depth,
    /// The columns; without them, those that fit.
    pub columns: Option<Vec<&'static Column>>,
    /// The columns to sort by, if any: then there are no boxes, and every line has its whole path.
    pub sort: Vec<&'static Column>,
    /// Where names of layers lead, on a terminal that can follow them.
    pub links: Option<Links>,
}

/// Columns of one network in the order in which they are added while there is room.
const NETWORK: [&str; 13] = [
    "layer",
    "like",
    "macs",
    "time",
    "bound",
    "output",
    "params",
    "share",
    "kernel",
    "op",
    "flops",
    "input",
    "macs_padding_exact",
];

/// Columns of a summary, likewise.
const SUMMARY: [&str; 10] =
    ["layer", "params", "like", "macs", "time", "flops", "input", "output", "macs_padding_exact", "buffers"];

/// The most lines of which names lead somewhere: each of them looks for its line in the file.
const LINKED: usize = 2000;

/// One network as a table.
pub fn network(subject: &Subject, choice: &Choice, style: Style) -> String {
    let (mut rows, folded) = rows::rows(subject, choice.depth);
    sort(&mut rows, &choice.sort);
    let layout = if choice.sort.is_empty() { choice.layout } else { Layout::Table };
    rows.push(rows::total(subject));
    let (mut sheet, wanted) = shown(&rows, choice.columns.as_deref(), &NETWORK, &choice.sort);
    if let Some(links) = choice.links.as_ref().filter(|_| rows.len() <= LINKED) {
        for (line, row) in sheet.lines.iter_mut().zip(&rows) {
            line.link = lead(row, links);
        }
    }
    let table = Table::new(&sheet, layout, style).fit(wanted.as_deref());
    let footer = footer(subject, folded, table.notes().cloned(), style);
    format!("{}{}\n{footer}", heading(&title(subject), style), table.draw())
}

/// Where the name of a layer or box leads: to the line in which it is described.
fn lead(row: &Row<'_>, links: &Links) -> Option<String> {
    let (graph, source) = (row.subject.graph(), row.subject.text.as_ref()?);
    let origin = match row.place {
        Place::Box(ScopeId::ROOT) => return None,
        Place::Box(id) => graph.scope(id).origin.as_ref()?,
        Place::Node(id) => graph.node(id).origin.as_ref()?,
    };
    let span = origin.text()?;
    links.to(source.file_of(span), source.line_of(span))
}

/// Several networks, a line each, in the order of the columns to sort by, if any.
pub fn summary(
    subjects: &[Subject],
    columns: Option<&[&'static Column]>,
    sorted_by: &[&'static Column],
    style: Style,
) -> String {
    let rows = lines(subjects, sorted_by);
    let (sheet, wanted) = shown(&rows, columns, &SUMMARY, sorted_by);
    let notes = of_several(subjects);
    let notes = notes.iter().map(|note| wrapped(note.get(style.language), style.width));
    let notes = notes.reduce(|above, note| above + &note).map_or(String::new(), |notes| format!("\n{notes}"));
    Table::new(&sheet, Layout::Table, style).fit(wanted.as_deref()).draw() + &notes
}

/// What is to be said of several networks: that they are counted as they are deployed, which are counted in part, and what of
/// them is not counted.
pub fn of_several(subjects: &[Subject]) -> Vec<Text> {
    let note = |subject: &Subject| {
        let (name, uncounted) = (printable(&subject.label), subject.uncounted(ScopeId::ROOT)?);
        Some(text!("{name} is partial: {uncounted}", "{name} 不完整:{uncounted:#}"))
    };
    let are_deployed = subjects.iter().any(|subject| subject.plan.is_some());
    are_deployed.then(deployed::meaning).into_iter().chain(subjects.iter().filter_map(note)).collect()
}

/// A line for each network, likewise.
pub fn lines<'s>(subjects: &'s [Subject], sorted_by: &[&'static Column]) -> Vec<Row<'s>> {
    let mut rows: Vec<_> =
        subjects.iter().map(|subject| Row { kind: Kind::Part, ..rows::total(subject) }).collect();
    sort(&mut rows, sorted_by);
    rows
}

/// What a page about a network is headed by.
pub fn title(subject: &Subject) -> Title {
    let (shapes, batch) = (subject.shapes(), subject.batch());
    Title {
        name: subject.title.clone(),
        about: [text!("{shapes}", "{shapes}"), text!("batch {batch}", "批量大小 {batch}")]
            .into_iter()
            .chain(subject.plan.as_ref().map(|_| deployed::short()))
            .collect(),
        status: None,
    }
}

/// A sheet of the columns that are asked for; without these, of the usual ones, and in what order they are wanted.
fn shown(
    rows: &[Row<'_>],
    columns: Option<&[&'static Column]>,
    usual: &[&'static str],
    sorted_by: &[&'static Column],
) -> (Sheet, Option<Vec<&'static str>>) {
    if let Some(columns) = columns {
        return (sheet(rows, columns), None);
    }
    let mut wanted = wanted(usual, sorted_by);
    if rows.iter().any(|row| row.subject.like.is_some()) {
        // Counted as another tool does, there is one figure, its own.
        wanted.retain(|key| !["macs", "flops", "macs_padding_exact"].contains(key));
    }
    let columns: Vec<_> = COLUMNS.iter().filter(|column| wanted.contains(&column.key)).collect();
    (sheet(rows, &columns), Some(wanted))
}

/// Columns in the order in which they are added, those that lines are sorted by right behind the names.
fn wanted(usual: &[&'static str], sorted_by: &[&'static Column]) -> Vec<&'static str> {
    let (name, others) = usual.split_first().map_or((&[][..], usual), |(_, rest)| (&usual[..1], rest));
    let mut wanted = name.to_vec();
    for key in sorted_by.iter().map(|column| column.key).chain(others.iter().copied()) {
        if !wanted.contains(&key) {
            wanted.push(key);
        }
    }
    wanted
}
