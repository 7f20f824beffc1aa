//! A plain table for the terminal: columns of cells under their headings.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::report::Style;

/// Space between columns.
const GAP: usize = 2;

/// A column.
#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    pub(super) heading: String,
    /// Whether its cells are set flush right: figures are.
    pub(super) is_numeric: bool,
    pub(super) cells: Vec<Cell>,
}

/// A cell, and whether what it says is better.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) is_better: Option<bool>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, is_better: None }
    }
}

impl Column {
    pub(super) fn words(heading: impl Into<String>, cells: Vec<String>) -> Self {
        Self {
            heading: heading.into(),
            is_numeric: false,
            cells: cells.into_iter().map(Cell::from).collect(),
        }
    }

    pub(super) fn figures(heading: impl Into<String>, cells: Vec<String>) -> Self {
        Self { is_numeric: true, ..Self::words(heading, cells) }
    }

    pub(super) fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.text.width());
        cells.chain([self.heading.width()]).max().unwrap_or(0)
    }
}

/// The width of these columns side by side.
pub(super) fn width(columns: &[Column]) -> usize {
    1 + columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// The columns as lines; with a rule before the last `totals` rows.
pub(super) fn draw(columns: &[Column], totals: usize, style: Style) -> String {
    let mut text = String::new();
    let headings: Vec<Cell> = columns.iter().map(|column| column.heading.clone().into()).collect();
    let (bold, plain) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let heading = line(columns, headings.iter(), style);
    let _ = writeln!(text, "{bold}{heading}{plain}");
    let rule = "─".repeat(width(columns));
    let _ = writeln!(text, "{rule}");
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        if totals > 0 && row + totals == rows {
            let _ = writeln!(text, "{rule}");
        }
        let _ = writeln!(text, "{}", line(columns, columns.iter().map(|column| &column.cells[row]), style));
    }
    text
}

fn line<'c>(columns: &[Column], cells: impl Iterator<Item = &'c Cell>, style: Style) -> String {
    let mut text = String::new();
    for (column, cell) in columns.iter().zip(cells) {
        let pad = " ".repeat(column.width().saturating_sub(cell.text.width()));
        let (on, off) = match cell.is_better {
            Some(true) if style.color => ("\u{1b}[32m", "\u{1b}[0m"),
            Some(false) if style.color => ("\u{1b}[31m", "\u{1b}[0m"),
            Some(_) | None => ("", ""),
        };
        let gap = " ".repeat(if text.is_empty() { 1 } else { GAP });
        let (before, after) = if column.is_numeric { (pad, String::new()) } else { (String::new(), pad) };
        let _ = write!(text, "{gap}{before}{on}{}{off}{after}", cell.text);
    }
    text.trim_end().to_owned()
}
