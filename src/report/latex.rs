//! A LaTeX table with booktabs, for a slide or a paper.

use super::Subject;
use super::columns::{Cell, Column};
use super::figures::{digits, seconds};
use super::rows::{Row, RowKind};
use crate::text;
use crate::text::Language;
use crate::working::grouped;

/// A table with these rows. It needs `booktabs`, and ctex or another way to set Chinese where there is some.
pub fn table(title: Option<&Subject>, rows: &[Row], columns: &[&Column], language: Language) -> String {
    let alignment: String =
        columns.iter().map(|column| if column.is_numeric() { 'r' } else { 'l' }).collect();
    let line = |cells: Vec<String>| format!("    {} \\\\\n", cells.join(" & "));
    let headings = columns.iter().map(|column| escaped(column.heading(rows, language))).collect();
    let mut text = String::from("% \\usepackage{booktabs}\n");
    if language == Language::Chinese {
        text.push_str("% \\usepackage{ctex}\n");
    }
    text.push_str("\\begin{table}\n  \\centering\n");
    text.push_str(&title.map_or(String::new(), |subject| caption(subject, language)));
    text.push_str(&format!("  \\begin{{tabular}}{{{alignment}}}\n    \\toprule\n"));
    text.push_str(&line(headings));
    text.push_str("    \\midrule\n");
    for row in rows {
        if row.kind == RowKind::Total {
            text.push_str("    \\midrule\n");
        }
        text.push_str(&line(columns.iter().map(|column| cell(row, column, language)).collect()));
    }
    text.push_str("    \\bottomrule\n  \\end{tabular}\n\\end{table}\n");
    text
}

fn caption(subject: &Subject, language: Language) -> String {
    let (title, shapes, batch) = (escaped(&subject.title), escaped(&subject.shapes()), subject.batch());
    let batch = text!("batch {batch}", "批量大小 {batch}");
    format!("  \\caption{{{title}: {shapes}, {}}}\n", batch.get(language))
}

fn cell(row: &Row, column: &Column, language: Language) -> String {
    if column.key == "layer" {
        let total = text!("total", "合计");
        let name = if row.kind == RowKind::Total { total.get(language) } else { &row.name };
        let indent = if row.depth > 0 { format!("\\hspace{{{}em}}", row.depth) } else { String::new() };
        return format!("{indent}{}", escaped(name));
    }
    if row.kind == RowKind::Open {
        return String::new();
    }
    match (column.cell)(row) {
        Cell::Text(text) => escaped(&text),
        Cell::Named(_, text) => escaped(text.get(language)),
        Cell::Sizes(sizes) => escaped(&sizes.text),
        Cell::Count(count) => grouped(count, "\\,"),
        Cell::Share(share) => format!("{:.1}\\,\\%", share * 100.0),
        Cell::Reached(part) => format!("{}\\,\\%", digits(part * 100.0)),
        Cell::Seconds(time) => seconds(time),
        Cell::Ratio(ratio) => digits(ratio),
        Cell::Unknown => text!("unknown", "未知").get(language).to_owned(),
        Cell::Empty => String::new(),
    }
}

/// Text that LaTeX shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', c]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            '×' => escaped.push_str("$\\times$"),
            '→' => escaped.push_str("$\\to$"),
            '·' => escaped.push_str("$\\cdot$"),
            _ => escaped.push(c),
        }
    }
    escaped
}
