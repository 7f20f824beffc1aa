//! A table on the screen: as many columns as there is room for, figures flush right, a bar for each share.

use comfy_table::{Attribute, Cell as Drawn, CellAlignment, Color, LineStyle, Table, TableStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Style;
use super::figures::bar;
use super::sheet::{Cell, Head, Kind, Line, Role, Sheet, Title, unknown};
use super::wrap::hanging;
use crate::op::Class;
use crate::text::Language;
use crate::working::grouped;

/// How boxes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A box that is open has a line with nothing but its name: the figures of the lines add up to the total.
    Table,
    /// Every box has its figures, and lines join it with what is in it.
    Tree,
}

/// How many columns a table has even if names are shortened for them.
const USUAL: usize = 6;

/// The narrowest and the widest bar of a share, without its percentage.
const BAR: (usize, usize) = (5, 24);

/// Space beside a column: comfy-table pads on both sides.
const PADDING: usize = 2;

/// The narrowest column of names: the other columns come first, and longer names lose their beginning.
const NAME: usize = 16;

/// A column on its way to the screen.
struct Column<'s> {
    /// Its place among those of the sheet.
    at: usize,
    head: &'s Head,
    /// What stands in each line, with bars at their narrowest.
    words: Vec<String>,
    width: usize,
}

/// The keys of the columns that are shown, in the order they stand, of those `wanted` in order of priority: as many as there is
/// room for.
pub(super) fn fitting(sheet: &Sheet, wanted: &[&str], layout: Layout, style: Style) -> Vec<&'static str> {
    let mut chosen: Vec<usize> = vec![];
    let (mut room, mut name_width) = (style.width, 0usize);
    let find = |key: &&str| sheet.heads.iter().position(|head| head.key == *key);
    let is_worth_it = |at: &usize| sheet.lines.iter().any(|line| line.cells[*at] != Cell::Empty);
    for (place, at) in wanted.iter().filter_map(find).filter(is_worth_it).enumerate() {
        let column = Column::new(sheet, at, layout, style.language);
        // Further columns must not take room from the names, nor if one before them has found none.
        let is_usual = place < USUAL;
        let is_name = column.head.role == Role::Name;
        let least = if is_name && is_usual { column.width.min(NAME) } else { column.width };
        let slack = if is_usual { 0 } else { name_width.saturating_sub(NAME) };
        // A line without a name would say nothing, however narrow the terminal is.
        if chosen.is_empty() || least + slack + PADDING <= room {
            room = room.saturating_sub(least + PADDING);
            name_width = if is_name { column.width } else { name_width };
            chosen.push(at);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| sheet.heads[at].key).collect()
}

/// The columns of these keys, in the order of the keys.
pub(super) fn draw(sheet: &Sheet, keys: &[&str], layout: Layout, style: Style) -> String {
    let find = |key: &&str| sheet.heads.iter().position(|head| head.key == *key);
    let columns = keys.iter().filter_map(find).map(|at| Column::new(sheet, at, layout, style.language));
    let columns: Vec<Column> = columns.collect();
    // What is left over widens the bars; what is missing is taken from the names.
    let widths = |is_name: bool| {
        let columns = columns.iter().filter(move |column| (column.head.role == Role::Name) == is_name);
        columns.map(|column| column.width + PADDING)
    };
    let rest: usize = widths(false).sum();
    let name =
        widths(true).next().map_or(0, |name| name.min(style.width.saturating_sub(rest).max(NAME + PADDING)));
    let spare = style.width.saturating_sub(rest + name);
    let bars = columns.iter().filter(|column| column.head.role == Role::Share).count().max(1);
    let bar = (BAR.0 + spare / bars).min(BAR.1);
    let name = name.saturating_sub(PADDING);

    let mut table = table(style);
    let heading = |column: &Column| aligned(column.head.words.get(style.language), column.head);
    table.set_header(columns.iter().map(|column| heading(column).add_attribute(Attribute::Bold)));
    for (index, line) in sheet.lines.iter().enumerate() {
        table.add_row(columns.iter().map(|column| {
            let words = match (column.head.role, &line.cells[column.at]) {
                (Role::Name, _) => &shortened(&column.words[index], name),
                (Role::Share, Cell::Share(share)) if !column.words[index].is_empty() => &drawn(*share, bar),
                (_, _) => &column.words[index],
            };
            tinted(aligned(words, column.head), column.head.role, line)
        }));
    }
    let mut lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    if sheet.lines.last().is_some_and(|line| line.kind == Kind::Total) {
        // The rule below the headings is that above the total, too.
        let rule = lines.get(1).cloned().unwrap_or_default();
        lines.insert(lines.len() - 1, rule);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// What a page is about, above it.
pub(super) fn heading(title: &Title, style: Style) -> String {
    let about: Vec<_> = title.about.iter().map(|about| about.get(style.language)).collect();
    let (name, about) = (&title.name, about.join(" · "));
    let separator = if name.width() + about.width() + 4 <= style.width { " · " } else { "\n " };
    let [name, about] = [name, &about].map(|words| hanging(words, 1, style.width));
    let (on, off) = if style.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    format!(" {on}{name}{off}{separator}{about}\n\n")
}

impl<'s> Column<'s> {
    fn new(sheet: &'s Sheet, at: usize, layout: Layout, language: Language) -> Self {
        let head = &sheet.heads[at];
        let is_open = |line: &Line| line.kind == Kind::Open && layout == Layout::Table;
        let words = |line: &Line| match (&line.cells[at], head.role) {
            (cell, Role::Name) => words(cell, language),
            (_, _) if is_open(line) => String::new(),
            (cell, _) => words(cell, language),
        };
        let mut words: Vec<String> = sheet.lines.iter().map(words).collect();
        if head.role == Role::Name {
            set_in(&mut words, &sheet.lines, layout);
        }
        let widths = words.iter().map(|words| words.width());
        let width = widths.chain([head.words.get(language).width()]).max().unwrap_or(0);
        Self { at, head, words, width }
    }
}

fn words(cell: &Cell, language: Language) -> String {
    match cell {
        Cell::Name(text, _) | Cell::Text(text) => text.clone(),
        Cell::Named(_, text) => text.get(language).to_owned(),
        Cell::Sizes(sizes) => sizes.text.clone(),
        Cell::Shared(_) => crate::text!("shared", "共享").get(language).to_owned(),
        Cell::Count(count) => grouped(*count, ","),
        Cell::Share(share) => drawn(*share, BAR.0),
        Cell::Quantity(number, unit) => unit.shown(*number),
        Cell::Unknown => unknown(language),
        Cell::Empty => String::new(),
    }
}

/// A share as a bar with its percentage.
fn drawn(share: f64, bar_width: usize) -> String {
    format!("{} {:>5.1}%", bar(share, bar_width), share * 100.0)
}

/// Sets names in as deep as their lines are, with the lines of a tree before them if it is one.
fn set_in(names: &mut [String], lines: &[Line], layout: Layout) {
    if layout == Layout::Table {
        for (name, line) in names.iter_mut().zip(lines) {
            name.insert_str(0, &" ".repeat(2 * line.depth));
        }
        return;
    }
    // From the last line up: whether a line of each depth goes on below.
    let mut goes_on: Vec<bool> = vec![];
    for (name, line) in names.iter_mut().zip(lines).rev().filter(|(_, line)| line.kind != Kind::Total) {
        goes_on.resize(line.depth + 1, false);
        let stems = goes_on[..line.depth].iter().map(|&on| if on { "│  " } else { "   " });
        let knee = if goes_on[line.depth] { "├─ " } else { "└─ " };
        name.insert_str(0, &stems.chain([knee]).collect::<String>());
        goes_on[line.depth] = true;
    }
}

/// A table without frames: a rule below its headings.
fn table(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
    if style.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

fn aligned(words: &str, head: &Head) -> Drawn {
    let flush = if head.role.is_flush_right() { CellAlignment::Right } else { CellAlignment::Left };
    Drawn::new(words).set_alignment(flush)
}

fn tinted(cell: Drawn, role: Role, line: &Line) -> Drawn {
    match (line.kind, role, line.class) {
        (Kind::Total, ..) | (Kind::Open | Kind::Folded, Role::Name, _) => cell.add_attribute(Attribute::Bold),
        (_, Role::Name | Role::Kind | Role::Share, Some(class)) => cell.fg(color(class)),
        (_, _, _) => cell,
    }
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
