//! A table on the screen: as many columns as there is room for, figures flush right, a bar for each share.

use comfy_table::{Cell as Drawn, CellAlignment, LineStyle, TableStyle};
use unicode_width::UnicodeWidthStr;

use super::Style;
use super::figures::bar;
use super::sheet::{Cell, Kind, Line, Mark, Role, Sheet, Title};
use super::wrap::{hanging, lines, wrapped};
use crate::text;
use crate::text::{Language, Text, link};

#[cfg(feature = "cli")]
mod colors;
mod list;
mod narrow;
#[cfg(not(feature = "cli"))]
mod plain;

#[cfg(not(feature = "cli"))]
use plain as colors;

pub(super) use list::list;
pub(super) use narrow::{Squeeze, shortened};

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

/// The narrowest column of sentences beside figures; narrower, they go below.
const SENTENCES: usize = 45;

/// A table on its way to the screen.
pub(super) struct Table<'s> {
    sheet: &'s Sheet,
    columns: Vec<Column>,
    style: Style,
    /// Columns that are left for a last space: rules end with the last column, or one column behind it.
    spare: usize,
}

/// A column of it.
#[derive(Clone)]
struct Column {
    /// Its place among those of the sheet.
    at: usize,
    role: Role,
    heading: String,
    /// What stands in each line, with bars at their narrowest.
    words: Vec<String>,
    /// The width of the widest of these and of the heading.
    width: usize,
}

/// A sheet as a page of its own: its title, every column, what there is to note.
pub fn write(sheet: &Sheet, style: Style) -> String {
    let heading = sheet.title.as_ref().map_or(String::new(), |title| heading(title, style));
    let notes = sheet.notes.iter().map(|note| wrapped(note.get(style.language), style.width));
    let lines = if sheet.is_list {
        let gap = if sheet.lines.is_empty() || sheet.notes.is_empty() { "" } else { "\n" };
        list(sheet, 1, style) + gap
    } else {
        Table::new(sheet, Layout::Table, style).tight().draw()
    };
    heading + &lines + &notes.collect::<String>()
}

/// What a page is about, above it.
pub(super) fn heading(title: &Title, style: Style) -> String {
    let about: Vec<_> = title.about.iter().map(|about| about.get(style.language)).collect();
    let (name, about) = (&title.name, about.join(" · "));
    let fits = name.width() + about.width() + 4 <= style.width;
    let separator = if about.is_empty() {
        ""
    } else if fits {
        " · "
    } else {
        "\n "
    };
    let [name, about] = [name, &about].map(|words| hanging(words, 1, style.width));
    let (on, off) = style.bold();
    format!(" {on}{name}{off}{separator}{about}\n\n")
}

impl<'s> Table<'s> {
    /// Every column of a sheet.
    pub(super) fn new(sheet: &'s Sheet, layout: Layout, style: Style) -> Self {
        let columns = (0..sheet.heads.len()).map(|at| Column::new(sheet, at, layout, style.language));
        Self { sheet, columns: columns.collect(), style, spare: 0 }
    }

    /// Lets rules end with the last column.
    pub(super) fn tight(self) -> Self {
        Self { spare: 1, ..self }
    }

    /// The headings of columns that hold something and are not shown.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &'s Text> + '_ {
        let is_shown = |at: usize| self.columns.iter().any(|column| column.at == at);
        let holds = |at: usize| self.sheet.lines.iter().any(|line| line.cells[at] != Cell::Empty);
        let heads = self.sheet.heads.iter().enumerate();
        heads.filter(move |&(at, _)| !is_shown(at) && holds(at)).map(|(_, head)| &head.words)
    }

    /// Keeps, of the columns `wanted`, in order of priority, as many as there is room for; every column if none are named.
    pub(super) fn fit(mut self, wanted: Option<&[&str]>) -> Self {
        let Some(wanted) = wanted else { return self };
        let mut chosen: Vec<usize> = vec![];
        let (mut room, mut name_width) = (self.style.width, 0usize);
        let find = |key: &&str| self.sheet.heads.iter().position(|head| head.key == *key);
        let is_worth_it = |at: &usize| self.sheet.lines.iter().any(|line| line.cells[*at] != Cell::Empty);
        for (place, at) in wanted.iter().filter_map(find).filter(is_worth_it).enumerate() {
            let (width, is_name) = (self.columns[at].width, self.columns[at].role == Role::Name);
            // Further columns must not take room from the names, nor if one before them has found none.
            let is_usual = place < USUAL;
            let least = if is_name && is_usual { width.min(NAME) } else { width };
            let slack = if is_usual { 0 } else { name_width.saturating_sub(NAME) };
            // A line without a name would say nothing, however narrow the terminal is.
            if chosen.is_empty() || least + slack + PADDING <= room {
                room = room.saturating_sub(least + PADDING);
                name_width = if is_name { width } else { name_width };
                chosen.push(at);
            }
        }
        self.columns.retain(|column| chosen.contains(&column.at));
        self
    }

    /// What is to be said of the columns that are shown.
    pub(super) fn notes(&self) -> impl Iterator<Item = &'s Text> {
        let sheet = self.sheet;
        self.columns.iter().filter_map(move |column| sheet.heads[column.at].note.as_ref())
    }

    /// The width of the columns side by side.
    pub(super) fn width(&self) -> usize {
        (self.columns.iter().map(|column| column.width + PADDING).sum::<usize>()).saturating_sub(self.spare)
    }

    /// The width of the widest column of a role.
    pub(super) fn widest(&self, role: Role) -> usize {
        let columns = self.columns.iter().filter(|column| column.role == role);
        columns.map(|column| column.width).max().unwrap_or(0)
    }

    /// The width of the first column.
    pub(super) fn first(&self) -> usize {
        self.columns.first().map_or(0, |column| column.width)
    }

    /// The table, in lines.
    pub(super) fn draw(mut self) -> String {
        let below = self.put_sentences();
        self.shorten_names();
        self.widen_bars();
        let mut table = comfy_table::Table::new();
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
        colors::allow(&mut table, self.style.color);
        let heading = |column: &Column| colors::bold(aligned(&column.heading, column.role));
        table.set_header(self.columns.iter().map(heading));
        for (index, line) in self.sheet.lines.iter().enumerate() {
            let cells = self.columns.iter().map(|column| {
                colors::tinted(
                    aligned(&column.words[index], column.role),
                    column.role,
                    line,
                    &line.cells[column.at],
                )
            });
            table.add_row(cells);
        }
        self.ruled(table.lines().map(|line| line.trim_end().to_owned()).collect(), &below)
    }

    /// Lines with a rule below the headings and above the total, and with what stands below each.
    fn ruled(&self, drawn: Vec<String>, below: &[Vec<String>]) -> String {
        let mut text = String::new();
        let height = |index: usize| self.columns.iter().map(|column| column.height(index)).max().unwrap_or(1);
        let headings =
            self.columns.iter().map(|column| column.heading.lines().count()).max().unwrap_or(1).max(1);
        let widest = below.iter().flatten().map(|line| line.width()).max().unwrap_or(0);
        let rule = "─".repeat(self.width().max(widest)) + "\n";
        let mut drawn = drawn.into_iter();
        let mut push = |text: &mut String, count: usize| {
            drawn.by_ref().take(count).for_each(|line| text.push_str(&(line + "\n")));
        };
        push(&mut text, headings);
        push(&mut String::new(), 1);
        text.push_str(&rule);
        for (index, line) in self.sheet.lines.iter().enumerate() {
            if line.kind == Kind::Total {
                text.push_str(&rule);
            }
            let start = text.len();
            push(&mut text, height(index));
            if let Some((target, name)) = line.link.as_ref().zip(self.name(index)) {
                let drawn = text.split_off(start);
                text.push_str(&drawn.replacen(name, &link(target, name), 1));
            }
            below.get(index).into_iter().flatten().for_each(|line| text.push_str(&format!("{line}\n")));
        }
        text
    }

    /// What a line is called, without what stands before it.
    fn name(&self, index: usize) -> Option<&str> {
        let column = self.columns.iter().find(|column| column.role == Role::Name)?;
        let name = column.words[index].trim_start_matches([' ', '│', '├', '└', '─']);
        Some(name.trim_end()).filter(|name| !name.is_empty())
    }

    /// Sets sentences in lines of the room that is left beside the other columns; where that is little, gives them back as
    /// lines below each line.
    fn put_sentences(&mut self) -> Vec<Vec<String>> {
        let Some(last) = self.columns.pop_if(|column| column.role == Role::Sentence) else { return vec![] };
        let room = self.style.width.saturating_sub(self.width() + PADDING);
        if room >= SENTENCES {
            let words = last.words.iter().map(|words| lines(words, room).join("\n")).collect();
            self.columns.push(Column { words, ..last }.measured());
            return vec![];
        }
        let below = |words: &String| {
            lines(words, self.style.width.saturating_sub(3)).iter().map(|line| format!("   {line}")).collect()
        };
        last.words.iter().map(below).collect()
    }

    /// Takes what is missing from the names.
    fn shorten_names(&mut self) {
        let is_name = |column: &Column| column.role == Role::Name;
        let rest: usize =
            self.columns.iter().filter(|column| !is_name(column)).map(|column| column.width + PADDING).sum();
        let room = (self.style.width + self.spare).saturating_sub(rest + PADDING).max(NAME);
        for column in self.columns.iter_mut().filter(|column| is_name(column)) {
            if column.width > room {
                column.words.iter_mut().for_each(|words| *words = shortened(words, room));
                column.measure();
            }
        }
    }

    /// Gives what is left over to the bars.
    fn widen_bars(&mut self) {
        let spare = self.style.width.saturating_sub(self.width());
        let bars = self.columns.iter().filter(|column| column.role == Role::Share).count().max(1);
        let bar_width = (BAR.0 + spare / bars).min(BAR.1);
        for column in self.columns.iter_mut().filter(|column| column.role == Role::Share) {
            for (words, line) in column.words.iter_mut().zip(&self.sheet.lines) {
                if let (Cell::Share(share), false) = (&line.cells[column.at], words.is_empty()) {
                    *words = drawn(*share, bar_width);
                }
            }
            column.measure();
        }
    }
}

impl Column {
    fn new(sheet: &Sheet, at: usize, layout: Layout, language: Language) -> Self {
        let head = &sheet.heads[at];
        let is_open = |line: &Line| line.kind == Kind::Open && layout == Layout::Table;
        let words = |line: &Line| {
            if head.role != Role::Name && is_open(line) {
                String::new()
            } else {
                words(&line.cells[at], language)
            }
        };
        let mut words: Vec<String> = sheet.lines.iter().map(words).collect();
        let mut heading = head.words.get(language).to_owned();
        if head.role == Role::Name {
            set_in(&mut words, &sheet.lines, layout);
            if sheet.lines.iter().any(|line| line.mark.is_some()) {
                heading.insert_str(0, "  ");
            }
        }
        Self { at, role: head.role, heading, words, width: 0 }.measured()
    }

    /// With its width.
    fn measured(mut self) -> Self {
        self.measure();
        self
    }

    /// Finds its width anew, after its words have changed.
    fn measure(&mut self) {
        self.width = self.words.iter().chain([&self.heading]).map(|words| widest(words)).max().unwrap_or(0);
    }

    fn height(&self, index: usize) -> usize {
        self.words[index].lines().count().max(1)
    }

    /// What stands in a line, as wide as the column.
    fn padded(&self, index: usize) -> String {
        let (words, pad) = (&self.words[index], self.width.saturating_sub(self.words[index].width()));
        if self.role.is_flush_right() { format!("{:pad$}{words}", "") } else { format!("{words}{:pad$}", "") }
    }
}

fn widest(words: &str) -> usize {
    words.lines().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

fn words(cell: &Cell, language: Language) -> String {
    if let Cell::Share(share) = cell {
        drawn(*share, BAR.0)
    } else if let Cell::Shared(_) = cell {
        text!("shared", "共享").get(language).to_owned()
    } else {
        cell.words(language)
    }
}

/// A share as a bar with its percentage.
fn drawn(share: f64, bar_width: usize) -> String {
    format!("{} {:>5.1}%", bar(share, bar_width), share * 100.0)
}

/// Sets names in as deep as their lines are, with the lines of a tree before them if it is one, or with what has become of them.
fn set_in(names: &mut [String], lines: &[Line], layout: Layout) {
    let marked = lines.iter().any(|line| line.mark.is_some());
    if layout == Layout::Table {
        for (name, line) in names.iter_mut().zip(lines) {
            let mark =
                if marked { format!("{} ", line.mark.map_or(" ", Mark::symbol)) } else { String::new() };
            name.insert_str(0, &(mark + &" ".repeat(2 * line.depth)));
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

fn aligned(words: &str, role: Role) -> Drawn {
    let flush = if role.is_flush_right() { CellAlignment::Right } else { CellAlignment::Left };
    Drawn::new(words).set_alignment(flush)
}
