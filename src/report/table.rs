//! The table on the screen, and the tree: a line for each layer, figures in columns, a bar for each share, totals below.

use comfy_table::{Attribute, Cell as Drawn, CellAlignment, Color, LineStyle, Table, TableStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::columns::{COLUMNS, Cell, Column};
use super::figures::{bar, digits, percent, seconds};
use super::rows::{self, Depth, Row, RowKind};
use super::sort::sort;
use super::wrap::hanging;
use super::{Style, Subject};
use crate::op::Class;
use crate::op::window::legend;
use crate::text;
use crate::working::grouped;

mod footer;

use footer::footer;

/// How boxes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A box that is open has a line with nothing but its name: the figures of the lines add up to the total.
    Table,
    /// Every box has its figures, and lines join it with what is in it.
    Tree,
}

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
}

/// Columns of one network in the order in which they are added while there is room.
const NETWORK: [&str; 13] = [
    "layer", "like", "macs", "time", "bound", "output", "params", "share", "kernel", "op", "flops", "input",
    "exact",
];

/// How many columns a table has even if names are shortened for them.
const USUAL: usize = 6;

/// Columns of a summary, likewise.
const SUMMARY: [&str; 10] =
    ["layer", "params", "like", "macs", "time", "flops", "input", "output", "exact", "buffers"];

/// The narrowest and the widest bar of a share, without its percentage.
const BAR: (usize, usize) = (5, 24);

/// Space beside a column: comfy-table pads on both sides.
const PADDING: usize = 2;

/// The narrowest column of names: the other columns come first, and longer names lose their beginning.
const NAME: usize = 16;

/// One network as a table.
pub fn network(subject: &Subject, choice: &Choice, style: Style) -> String {
    let (mut rows, folded) = rows::rows(subject, choice.depth);
    sort(&mut rows, &choice.sort);
    let tree = choice.layout == Layout::Tree && choice.sort.is_empty();
    let mut names = if tree { branched(&rows) } else { indented(&rows) };
    let total = text!("total", "合计");
    rows.push(rows::total(subject));
    names.push(total.get(style.language).to_owned());
    let drawing = Drawing { rows, names, tree, style };
    let columns =
        choice.columns.clone().unwrap_or_else(|| drawing.fitting(&wanted(&NETWORK, &choice.sort), &all()));
    let mut text = heading(subject, style);
    text.push_str(&drawing.draw(&columns));
    text.push('\n');
    let has_kernels = columns.iter().any(|column| column.key == "kernel");
    let kernels = drawing.rows.iter().filter(|row| row.kind != RowKind::Open).map(|row| &*row.kernel.text);
    let signs = has_kernels.then(|| legend(kernels)).flatten();
    text.push_str(&footer(subject, folded, signs, style));
    text
}

/// Several networks, a line each, in the order of the columns to sort by, if any.
pub fn summary(
    subjects: &[Subject],
    columns: Option<&[&'static Column]>,
    sorted_by: &[&'static Column],
    style: Style,
) -> String {
    let mut rows: Vec<_> =
        subjects.iter().map(|subject| Row { kind: RowKind::Operator, ..rows::total(subject) }).collect();
    sort(&mut rows, sorted_by);
    let names = rows.iter().map(|row| row.name.clone()).collect();
    let drawing = Drawing { rows, names, tree: false, style };
    let columns =
        columns.map_or_else(|| drawing.fitting(&wanted(&SUMMARY, sorted_by), &all()), <[_]>::to_vec);
    drawing.draw(&columns)
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

pub(super) fn indented(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| format!("{:indent$}{}", "", row.name, indent = 2 * row.depth)).collect()
}

/// Names with the lines of a tree before them.
fn branched(rows: &[Row]) -> Vec<String> {
    let mut names = vec![String::new(); rows.len()];
    // From the last line up: whether a line of each depth goes on below.
    let mut goes_on: Vec<bool> = vec![];
    for (name, row) in names.iter_mut().zip(rows).rev() {
        goes_on.resize(row.depth + 1, false);
        let stems = goes_on[..row.depth].iter().map(|&on| if on { "│  " } else { "   " });
        let knee = if goes_on[row.depth] { "├─ " } else { "└─ " };
        *name = stems.chain([knee, &row.name]).collect();
        goes_on[row.depth] = true;
    }
    names
}

pub(super) fn heading(subject: &Subject, style: Style) -> String {
    let (title, shapes, batch) = (&subject.title, subject.shapes(), subject.batch());
    let batch = text!("batch {batch}", "批量大小 {batch}");
    let rest = format!("{shapes} · {}", batch.get(style.language));
    let separator = if title.width() + rest.width() + 4 <= style.width { " · " } else { "\n " };
    let [title, rest] = [title, &rest].map(|words| hanging(words, 1, style.width));
    let (on, off) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    format!(" {on}{title}{off}{separator}{rest}\n\n")
}

/// Every column of an analysis.
fn all() -> Vec<&'static Column> {
    COLUMNS.iter().collect()
}

/// Rows on their way to the screen.
pub(super) struct Drawing {
    pub(super) rows: Vec<Row>,
    /// What stands in the first column.
    pub(super) names: Vec<String>,
    pub(super) tree: bool,
    pub(super) style: Style,
}

impl Drawing {
    /// Of the columns `wanted`, in order of priority, as many as the terminal has room for; they stand in the order of `known`.
    pub(super) fn fitting(&self, wanted: &[&str], known: &[&'static Column]) -> Vec<&'static Column> {
        let mut chosen: Vec<&'static Column> = vec![];
        let mut room = self.style.width;
        // Counted as another tool does, there is one figure, its own.
        let ours = ["macs", "flops", "exact"];
        let is_like = self.rows.iter().any(|row| row.like.is_some());
        let wanted = wanted.iter().filter(|key| !is_like || !ours.contains(key));
        let find = |key: &&str| known.iter().copied().find(|column| column.key == *key);
        let is_empty = |column: &Column, row| matches!((column.cell)(row), Cell::Empty);
        let worth_it = |column: &&Column| self.rows.iter().any(|row| !is_empty(column, row));
        for (place, column) in wanted.filter_map(find).filter(worth_it).enumerate() {
            let needed = self.width_of(column);
            // Further columns must not take room from the names, nor if one before them has found none.
            let is_usual = place < USUAL;
            let least = if column.key == "layer" && is_usual { needed.min(NAME) } else { needed };
            let slack = if is_usual { 0 } else { self.width_of(chosen[0]).saturating_sub(NAME) };
            // A line without a name would say nothing, however narrow the terminal is.
            if chosen.is_empty() || least + slack + PADDING <= room {
                room = room.saturating_sub(least + PADDING);
                chosen.push(column);
            }
        }
        chosen.sort_by_key(|column| known.iter().position(|known| known.key == column.key));
        chosen
    }

    /// The width a column needs: of its widest cell, and of a bar at its narrowest.
    fn width_of(&self, column: &Column) -> usize {
        let cells = (0..self.rows.len()).map(|index| self.words(column, index, BAR.0).width());
        cells.chain([column.heading(&self.rows, self.style.language).width()]).max().unwrap_or(0)
    }

    pub(super) fn draw(&self, columns: &[&'static Column]) -> String {
        let widths: Vec<usize> = columns.iter().map(|column| self.width_of(column)).collect();
        let rest: usize =
            columns.iter().zip(&widths).filter(|(c, _)| c.key != "layer").map(|(_, w)| w + PADDING).sum();
        // What is left over widens the bars; what is missing is taken from the names.
        let name = widths
            .first()
            .copied()
            .unwrap_or(0)
            .min(self.style.width.saturating_sub(rest + PADDING).max(NAME));
        let spare = self.style.width.saturating_sub(rest + name + PADDING);
        let bars = columns.iter().filter(|column| column.key.ends_with("share")).count().max(1);
        let bar_width = (BAR.0 + spare / bars).min(BAR.1);

        let rule = LineStyle::none().fill('─');
        let mut table = Table::new();
        table.load_style(TableStyle::new().header_separator(rule));
        if self.style.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        let heading = |column: &Column| {
            let cell =
                Drawn::new(column.heading(&self.rows, self.style.language)).add_attribute(Attribute::Bold);
            cell.set_alignment(alignment(column))
        };
        table.set_header(columns.iter().map(|column| heading(column)).collect::<Vec<_>>());
        for index in 0..self.rows.len() {
            let cells = columns.iter().map(|column| self.cell(column, index, bar_width, name));
            table.add_row(cells.collect::<Vec<_>>());
        }
        let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        if self.rows.last().is_some_and(|row| row.kind == RowKind::Total) {
            // The rule below the headings is that above the total, too.
            let rule = lines.get(1).cloned().unwrap_or_default();
            lines.insert(lines.len() - 1, rule);
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    fn cell(&self, column: &Column, index: usize, bar_width: usize, name_width: usize) -> Drawn {
        let row = &self.rows[index];
        let mut words = self.words(column, index, bar_width);
        if column.key == "layer" {
            words = shortened(&words, name_width);
        }
        let cell = Drawn::new(words).set_alignment(alignment(column));
        let color = row.class.map(color);
        match (row.kind, column.key, color) {
            (RowKind::Total, ..) | (RowKind::Open | RowKind::Folded, "layer", _) => {
                cell.add_attribute(Attribute::Bold)
            }
            (_, "layer" | "op" | "kernel" | "share" | "macs_share" | "time_share", Some(color)) => {
                cell.fg(color)
            }
            (_, _, _) => cell,
        }
    }

    fn words(&self, column: &Column, index: usize, bar_width: usize) -> String {
        let row = &self.rows[index];
        if column.key == "layer" {
            return self.names[index].clone();
        }
        if row.kind == RowKind::Open && !self.tree {
            return String::new();
        }
        match (column.cell)(row) {
            Cell::Text(text) => text,
            Cell::Named(_, text) => text.get(self.style.language).to_owned(),
            Cell::Sizes(sizes) => sizes.text,
            Cell::Count(_)
                if row.shared && matches!(column.key, "params" | "trainable" | "frozen" | "buffers") =>
            {
                text!("shared", "共享").get(self.style.language).to_owned()
            }
            Cell::Count(count) => grouped(count, ","),
            Cell::Share(share) => format!("{} {:>5.1}%", bar(share, bar_width), share * 100.0),
            Cell::Seconds(time) => seconds(time),
            Cell::Reached(part) => percent(part),
            Cell::Ratio(ratio) => digits(ratio),
            Cell::Unknown => text!("unknown", "未知").get(self.style.language).to_owned(),
            Cell::Empty => String::new(),
        }
    }
}

fn alignment(column: &Column) -> CellAlignment {
    if column.is_numeric() { CellAlignment::Right } else { CellAlignment::Left }
}

/// As in the lecture: blue convolutions, red pools, yellow softmax.
fn color(class: Class) -> Color {
    match class {
        Class::Convolution => Color::Blue,
        Class::Linear | Class::Attention => Color::Cyan,
        Class::Normalization => Color::Magenta,
        Class::Pooling => Color::Red,
        Class::Softmax => Color::Yellow,
        Class::Merge => Color::Green,
        Class::Activation | Class::Rearrangement | Class::Source => Color::Reset,
    }
}

/// At most `width` columns of `text`: where that is too little, the end of it, which tells more.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let indent: String = text.chars().take_while(|c| *c == ' ' || "│├└─".contains(*c)).collect();
    let room = width.saturating_sub(indent.width() + 1);
    let mut tail = vec![];
    let mut used = 0;
    for c in text[indent.len()..].chars().rev() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        tail.push(c);
    }
    indent.chars().chain(['…']).chain(tail.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_too_long_keep_their_end() {
        assert_eq!(shortened("  layer1/0/conv", 10), "  …/0/conv");
        assert_eq!(shortened("层层层层", 5), "…层层");
    }
}
