//! A file as its layout sees it: what is written, in order, with the comments and blank lines between.

/// A whole file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) statements: Vec<Statement>,
    /// What stands behind the last of them.
    pub(super) tail: Vec<Between>,
    /// What ends a line.
    pub(super) newline: &'static str,
}

/// What stands on lines of its own between others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// Any number of empty lines.
    Blank,
    /// A comment, with its `#`.
    Comment(String),
}

/// A header, or a key with its value.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) before: Vec<Between>,
    pub(super) kind: Kind,
    pub(super) remark: Option<Remark>,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// `[path]`, or `[[path]]` of a list.
    Header { path: Vec<String>, is_list: bool },
    /// `key = value`.
    Entry(Entry),
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its parts, each as it is written: bare where possible.
    pub(super) key: Vec<String>,
    pub(super) value: Value,
    pub(super) gap: Gap,
}

#[derive(Debug)]
pub(super) enum Value {
    /// A word, a number, a date: as it is written.
    Scalar(String),
    List(List),
    /// A table in braces.
    Table(Vec<Entry>),
}

#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) elements: Vec<Element>,
    /// The comment behind its `[`.
    pub(super) opening: Option<String>,
    /// What stands behind the last element.
    pub(super) tail: Vec<Between>,
    /// Whether it is written on several lines, whatever its elements are.
    pub(super) is_broken: bool,
}

#[derive(Debug)]
pub(super) struct Element {
    pub(super) before: Vec<Between>,
    pub(super) value: Value,
    /// Whether a line begins with it.
    pub(super) starts_row: bool,
    pub(super) gap: Gap,
    pub(super) remark: Option<Remark>,
}

/// What was before a word: that it stands below another one is meant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gap {
    /// Whether more than one space is between it and the comma before it.
    pub(super) is_wide: bool,
    /// The column that it begins in.
    pub(super) column: usize,
}

/// A comment behind something on its line.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) text: String,
    /// Whether so many spaces are before it that it is meant to stand below another one.
    pub(super) is_far: bool,
    /// The column that it begins in.
    pub(super) column: usize,
}

impl Entry {
    /// Whether its key is this one.
    pub(super) fn is(&self, key: &str) -> bool {
        matches!(&*self.key, [only] if only == key)
    }
}

impl Value {
    /// The word, if it is one in quotes without an escape.
    pub(super) fn word(&self) -> Option<&str> {
        let Self::Scalar(written) = self else { return None };
        written.strip_prefix('"')?.strip_suffix('"').filter(|word| !word.contains(['\\', '"']))
    }
}

impl List {
    /// Whether there is a comment in it, those in its elements apart.
    pub(super) fn has_comments(&self) -> bool {
        let is_comment = |between: &Between| matches!(between, Between::Comment(_));
        let has = |element: &Element| element.remark.is_some() || element.before.iter().any(is_comment);
        self.opening.is_some() || self.tail.iter().any(is_comment) || self.elements.iter().any(has)
    }

    /// Whether a table is an element of it.
    pub(super) fn has_tables(&self) -> bool {
        self.elements.iter().any(|element| matches!(element.value, Value::Table(_)))
    }
}
