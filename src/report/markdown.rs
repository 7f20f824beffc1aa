//! Markdown tables, for a pull request or a page of notes.

use super::Subject;
use super::columns::{Cell, Column};
use super::figures::{digits, percent, seconds};
use super::rows::{Row, RowKind};
use crate::text;
use crate::text::Language;
use crate::working::grouped;

/// A table with these rows, headed by what it is about.
pub fn table(title: Option<&Subject>, rows: &[Row], columns: &[&Column], language: Language) -> String {
    let mut text = title.map_or(String::new(), |subject| heading(subject, language));
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(columns.iter().map(|column| column.heading(rows, language).to_owned()).collect()));
    let rules = columns.iter().map(|column| if column.is_numeric() { "---:" } else { ":---" }.to_owned());
    text.push_str(&line(rules.collect()));
    for row in rows {
        text.push_str(&line(columns.iter().map(|column| cell(row, column, language)).collect()));
    }
    text
}

fn heading(subject: &Subject, language: Language) -> String {
    let (title, shapes, batch) = (escaped(&subject.title), subject.shapes(), subject.batch());
    let batch = text!("batch {batch}", "批量大小 {batch}");
    format!("### {title}\n\n{shapes} · {} · {}\n\n", batch.get(language), subject.analysis.status().name())
}

fn cell(row: &Row, column: &Column, language: Language) -> String {
    let text = if column.key == "layer" {
        let indent = "&emsp;".repeat(row.depth);
        let total = text!("total", "合计");
        let name = if row.kind == RowKind::Total { total.get(language) } else { &row.name };
        format!("{indent}{}", escaped(name))
    } else if row.kind == RowKind::Open {
        String::new()
    } else {
        match (column.cell)(row) {
            Cell::Text(text) => escaped(&text),
            Cell::Named(_, text) => escaped(text.get(language)),
            Cell::Sizes(sizes) => escaped(&sizes.text),
            Cell::Count(count) => grouped(count, ","),
            Cell::Reached(part) => percent(part),
            Cell::Share(share) => format!("{:.1} %", share * 100.0),
            Cell::Seconds(time) => seconds(time),
            Cell::Ratio(ratio) => digits(ratio),
            Cell::Unknown => text!("unknown", "未知").get(language).to_owned(),
            Cell::Empty => String::new(),
        }
    };
    if row.kind == RowKind::Total && !text.is_empty() { format!("**{text}**") } else { text }
}

/// Text that Markdown shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]<>#|~".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
