//! A table before it is written: heads with a role, lines of cells, a title, notes. Commands make sheets, and a writer for
//! each format writes any of them: none looks at what a column is called.

use super::figures::{digits, four_digits, percent, seconds, short};
use super::rows::SizeText;
use crate::metric::told;
use crate::op::Class;
use crate::text;
use crate::text::{Language, Text};
use crate::working::grouped;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// What it is about, where that is to be said.
    pub title: Option<Title>,
    /// What data formats call what it is about, and the name it has there: sheets that are joined have a first column of these.
    pub label: Option<(&'static str, String)>,
    /// The columns.
    pub heads: Vec<Head>,
    /// The lines, each with a cell for every head.
    pub lines: Vec<Line>,
    /// What is to be said below it.
    pub notes: Vec<Text>,
    /// Whether a terminal shows it as a list: without headings, and every sentence behind what is short.
    pub is_list: bool,
}

/// What a sheet is about.
#[derive(Clone, Debug)]
pub struct Title {
    /// What it calls itself.
    pub name: String,
    /// What else is to be known: shapes, the batch.
    pub about: Vec<Text>,
    /// Whether everything is counted, where that is no note of its own.
    pub status: Option<&'static str>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct Head {
    /// What data formats call it; what has no key is for people alone.
    pub key: &'static str,
    /// What people call it.
    pub words: Text,
    /// What stands below it.
    pub role: Role,
    /// What is to be said of it where it is shown: what its signs mean.
    pub note: Option<Text>,
}

/// What kind of thing a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// What a line is called: set in as deep as the line is, shortened where there is little room.
    Name,
    /// What kind of thing a line is about, in the color of its class.
    Kind,
    /// Words and sizes.
    Text,
    /// Figures, set flush right.
    Figure,
    /// Parts of a whole, drawn as bars too where there is room.
    Share,
    /// Sentences, in lines of the room that is left: of a table for the terminal, in the last column alone.
    Sentence,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What kind of line it is.
    pub kind: Kind,
    /// What has become of what it is about, where that is asked.
    pub mark: Option<Mark>,
    /// How many of the lines above it are of what it is part of.
    pub depth: usize,
    /// The class of the operator, if it is about one.
    pub class: Option<Class>,
    /// Where its name leads on a terminal.
    pub link: Option<String>,
    /// What stands below each head.
    pub cells: Vec<Cell>,
}

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// One thing.
    Part,
    /// Several things in one line.
    Folded,
    /// What the lines below it are parts of: its figures are those of these lines.
    Open,
    /// All of it.
    Total,
}

/// What has become of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is another than it was.
    Changed,
    /// It was not there.
    Added,
    /// It is there no longer.
    Removed,
}

/// What stands in a column of a line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// What the line is called, and its whole path.
    Name(String, String),
    /// Words.
    Text(String),
    /// Words in each language.
    Said(Text),
    /// What has become of a figure, and whether that is better.
    Change(Text, Option<bool>),
    /// A word that is known by a name, and what it is to a person.
    Named(&'static str, Text),
    /// Shapes, windows, receptive fields.
    Sizes(SizeText),
    /// A count.
    Count(u128),
    /// A count at a glance: three digits and a unit.
    Glance(u128),
    /// A count of what is shared with another line, and counted there.
    Shared(u128),
    /// A part of a whole, from 0 to 1.
    Share(f64),
    /// Any other quantity.
    Quantity(f64, QuantityUnit),
    /// A count that is not known.
    Unknown,
    /// Nothing to say.
    Empty,
}

/// What a quantity is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuantityUnit {
    /// Seconds.
    Seconds,
    /// The ratio of two quantities: FLOPs for each byte.
    Ratio,
    /// So much of what is possible, 1 being all.
    Part,
    /// Nothing: a number that a network has computed.
    Number,
}

impl Sheet {
    /// A sheet of lines that are alike.
    pub(crate) fn of(heads: Vec<Head>, lines: Vec<Vec<Cell>>) -> Self {
        Self { heads, lines: lines.into_iter().map(Line::of).collect(), ..Self::default() }
    }

    /// A list for the terminal, of columns without headings.
    pub(crate) fn list<const N: usize>(roles: [Role; N], lines: Vec<[Cell; N]>) -> Self {
        let heads = roles.map(|role| Head::new("", text!("", ""), role));
        Self { is_list: true, ..Self::of(heads.into(), lines.into_iter().map(Vec::from).collect()) }
    }

    /// The columns of both side by side; they have as many lines.
    pub(super) fn beside(mut self, other: Self) -> Self {
        self.heads.extend(other.heads);
        for (line, others) in self.lines.iter_mut().zip(other.lines) {
            line.cells.extend(others.cells);
        }
        self
    }
}

impl Head {
    /// A head of which nothing else is to be said.
    pub(crate) fn new(key: &'static str, words: Text, role: Role) -> Self {
        Self { key, words, role, note: None }
    }
}

impl Line {
    /// One thing.
    pub(super) fn of(cells: Vec<Cell>) -> Self {
        Self { kind: Kind::Part, mark: None, depth: 0, class: None, link: None, cells }
    }
}

impl Mark {
    /// A sign before a name.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Changed => " ",
            Self::Added => "+",
            Self::Removed => "−",
        }
    }

    /// The word that data formats have for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

impl Role {
    /// Whether it is set flush right: figures are.
    pub fn is_flush_right(self) -> bool {
        self == Self::Figure
    }
}

impl Kind {
    /// Whether the figures of such lines add up to the total.
    pub fn adds_up(self) -> bool {
        matches!(self, Self::Part | Self::Folded)
    }
}

impl Cell {
    /// Whether something is so.
    pub(super) fn truth(truth: bool) -> Self {
        Self::Named(if truth { "true" } else { "false" }, told(truth))
    }

    /// What stands in it, as a person reads it.
    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::Name(text, _) | Self::Text(text) => text.clone(),
            Self::Named(_, text) | Self::Said(text) | Self::Change(text, _) => text.get(language).to_owned(),
            Self::Sizes(sizes) => sizes.text.clone(),
            Self::Count(count) | Self::Shared(count) => grouped(*count, ","),
            Self::Glance(count) => short(*count),
            Self::Share(share) => format!("{:.1} %", share * 100.0),
            Self::Quantity(number, unit) => unit.shown(*number),
            Self::Unknown => text!("unknown", "未知").get(language).to_owned(),
            Self::Empty => String::new(),
        }
    }
}

impl QuantityUnit {
    /// A quantity as a person reads it.
    pub(super) fn shown(self, number: f64) -> String {
        match self {
            Self::Seconds => seconds(number),
            Self::Ratio => digits(number),
            Self::Part => percent(number),
            Self::Number => four_digits(number),
        }
    }
}
