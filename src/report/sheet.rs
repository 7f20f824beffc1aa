//! A table before it is written: heads with a role, lines of cells, a title, notes. Commands make sheets, and a writer for
//! each format writes any of them: none looks at what a column is called.

use super::figures::{digits, percent, seconds};
use super::rows::Sizes;
use crate::op::Class;
use crate::text;
use crate::text::{Language, Text};

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// What it is about, where that is to be said.
    pub title: Option<Title>,
    /// The columns.
    pub heads: Vec<Head>,
    /// The lines, each with a cell for every head.
    pub lines: Vec<Line>,
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
    /// What data formats call it.
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
}

/// A line.
#[derive(Clone, Debug)]
pub struct Line {
    /// What kind of line it is.
    pub kind: Kind,
    /// How many of the lines above it are of what it is part of.
    pub depth: usize,
    /// The class of the operator, if it is about one.
    pub class: Option<Class>,
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

/// What stands in a column of a line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// What the line is called, and its whole path.
    Name(String, String),
    /// Words.
    Text(String),
    /// A word that is known by a name, and what it is to a person.
    Named(&'static str, Text),
    /// Shapes, windows, receptive fields.
    Sizes(Sizes),
    /// A count.
    Count(u128),
    /// A count of what is shared with another line, and counted there.
    Shared(u128),
    /// A part of a whole, from 0 to 1.
    Share(f64),
    /// Any other quantity.
    Quantity(f64, Unit),
    /// A count that is not known.
    Unknown,
    /// Nothing to say.
    Empty,
}

/// What a quantity is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// The ratio of two quantities: FLOPs for each byte.
    Ratio,
    /// So much of what is possible, 1 being all.
    Part,
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

impl Unit {
    /// A quantity as a person reads it.
    pub(super) fn shown(self, number: f64) -> String {
        match self {
            Self::Seconds => seconds(number),
            Self::Ratio => digits(number),
            Self::Part => percent(number),
        }
    }
}

/// The word for what is not known.
pub(super) fn unknown(language: Language) -> String {
    text!("unknown", "未知").get(language).to_owned()
}
