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
        let cells = self.cells.iter().map(|cell| &cell.text);
        cells.chain([&self.heading]).map(|text| widest(text)).max().unwrap_or(0)
    }

    /// Gives the heading and every cell another form, `to` columns wide.
    fn refit(&mut self, form: Form, to: usize) {
        for text in self.cells.iter_mut().map(|cell| &mut cell.text).chain([&mut self.heading]) {
            if widest(text) > to {
                *text = form(text, to);
            }
        }
    }
}

/// A text in another form, so many columns wide.
pub(super) type Form = fn(&str, usize) -> String;

/// How columns may become narrower.
#[derive(Clone, Copy)]
pub(super) struct Squeeze<'a> {
    pub(super) columns: &'a [usize],
    /// How narrow they may become.
    pub(super) least: usize,
    pub(super) form: Form,
}

/// Takes what is missing from columns, those of the first step as far as it goes before those of the next, the wider first;
/// whether that was enough.
pub(super) fn squeeze(columns: &mut [Column], steps: &[Squeeze], room: usize) -> bool {
    let mut widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let mut missing = width(columns).saturating_sub(room);
    for step in steps {
        while missing > 0 {
            let widest = step.columns.iter().copied().max_by_key(|&index| widths[index]);
            let Some(index) = widest.filter(|&index| widths[index] > step.least) else { break };
            widths[index] -= 1;
            missing -= 1;
        }
    }
    for step in steps {
        step.columns.iter().for_each(|&index| columns[index].refit(step.form, widths[index]));
    }
    missing == 0
}

fn widest(text: &str) -> usize {
    text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The width of these columns side by side.
pub(super) fn width(columns: &[Column]) -> usize {
    1 + columns.iter().map(Column::width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// The columns as lines; with a rule before the last `totals` rows. A cell may have several lines.
pub(super) fn draw(columns: &[Column], totals: usize, style: Style) -> String {
    let widths: Vec<usize> = columns.iter().map(Column::width).collect();
    let (bold, plain) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let headings: Vec<Cell> = columns.iter().map(|column| column.heading.clone().into()).collect();
    let mut text = String::new();
    for line in lines(columns, &widths, &headings.iter().collect::<Vec<_>>(), style) {
        let _ = writeln!(text, "{bold}{line}{plain}");
    }
    let rule = "─".repeat(width(columns));
    let _ = writeln!(text, "{rule}");
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        if totals > 0 && row + totals == rows {
            let _ = writeln!(text, "{rule}");
        }
        let cells: Vec<&Cell> = columns.iter().map(|column| &column.cells[row]).collect();
        for line in lines(columns, &widths, &cells, style) {
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// The lines of a row: of a cell that has fewer, empty ones.
fn lines(columns: &[Column], widths: &[usize], cells: &[&Cell], style: Style) -> Vec<String> {
    let count = cells.iter().map(|cell| cell.text.lines().count()).max().unwrap_or(0).max(1);
    (0..count).map(|at| line(columns, widths, cells, at, style)).collect()
}

fn line(columns: &[Column], widths: &[usize], cells: &[&Cell], at: usize, style: Style) -> String {
    let mut text = String::new();
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
        let shown = cell.text.lines().nth(at).unwrap_or_default();
        let pad = " ".repeat(width.saturating_sub(shown.width()));
        let (on, off) = match cell.is_better {
            Some(true) if style.color => ("\u{1b}[32m", "\u{1b}[0m"),
            Some(false) if style.color => ("\u{1b}[31m", "\u{1b}[0m"),
            Some(_) | None => ("", ""),
        };
        let gap = " ".repeat(if text.is_empty() { 1 } else { GAP });
        let (before, after) = if column.is_numeric { (pad, String::new()) } else { (String::new(), pad) };
        let _ = write!(text, "{gap}{before}{on}{shown}{off}{after}");
    }
    text.trim_end().to_owned()
}
