//! The text that places point into: that of one file, or of a file and those that it includes.

use super::Span;

/// A file's name and text, and those of the files that it includes: one behind another, so that a place in any of them is a
/// place in the whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// What the file is called, as it is shown: a path, or the name of a bundled file.
    pub name: String,
    /// Its text, and behind it those that it includes.
    pub text: String,
    /// Where each of those begins, and what it is called.
    included: Vec<(usize, String)>,
}

impl Source {
    /// A file alone.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), included: vec![] }
    }

    /// Lays a file behind the others; where it begins.
    pub fn include(&mut self, name: impl Into<String>, text: &str) -> usize {
        // So that the end of a file is a place in it, and not the start of the next.
        self.text.push('\n');
        let start = self.text.len();
        self.text.push_str(text);
        self.included.push((start, name.into()));
        start
    }

    /// The file and those that it includes, each with its name and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..=self.included.len()).map(|index| {
            let (name, span) = self.file(index);
            (name, &self.text[span])
        })
    }

    /// What the file is called that a place is in.
    pub fn file_of(&self, span: &Span) -> &str {
        self.file(self.index(span.start)).0
    }

    /// Whether a place is in a file that is included.
    pub fn is_included(&self, span: &Span) -> bool {
        self.index(span.start) > 0
    }

    /// The place of the whole file that a byte is in.
    pub(crate) fn file_around(&self, byte: usize) -> Span {
        self.file(self.index(byte)).1
    }

    /// The number of the line that a place begins in, from 1.
    pub fn line_of(&self, span: &Span) -> usize {
        self.line(self.floor(span.start))
    }

    /// The line and the column that a place begins in, both from 1; columns are characters.
    pub fn line_and_column(&self, span: &Span) -> (usize, usize) {
        let at = self.floor(span.start);
        let before = &self.text[self.around(at).start..at];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        (self.line(at), 1 + before[line..].chars().count())
    }

    /// Where the text is of the file that `at` is in.
    pub(super) fn around(&self, at: usize) -> Span {
        self.file(self.index(at)).1
    }

    /// The number of the line of its file that `at` stands in, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        let start = self.around(at).start;
        1 + self.text.as_bytes()[start..at].iter().filter(|&&byte| byte == b'\n').count()
    }

    /// `span`, or as much of it as is in the text of one file, on character boundaries.
    #[cfg(feature = "cli")]
    pub(super) fn clip(&self, span: &Span) -> Span {
        let start = self.floor(span.start);
        start..self.floor(span.end.min(self.around(start).end)).max(start)
    }

    /// The character boundary at `index` or before it.
    pub(super) fn floor(&self, index: usize) -> usize {
        (0..=index.min(self.text.len())).rev().find(|&index| self.text.is_char_boundary(index)).unwrap_or(0)
    }

    /// Which file `at` is in: 0 for the first.
    fn index(&self, at: usize) -> usize {
        self.included.partition_point(|&(start, _)| start <= at)
    }

    /// The name of a file and where its text is.
    fn file(&self, index: usize) -> (&str, Span) {
        let end = self.included.get(index).map_or(self.text.len(), |(start, _)| start - 1);
        match index.checked_sub(1) {
            None => (&self.name, 0..end),
            Some(included) => (&self.included[included].1, self.included[included].0..end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_in_its_file() {
        let mut source = Source::new("a", "1\n2");
        assert_eq!(source.include("b", "é\nz\n"), 4);
        assert_eq!(source.include("c", ""), 10);
        let files: Vec<_> = source.files().collect();
        assert_eq!(files, [("a", "1\n2"), ("b", "é\nz\n"), ("c", "")]);
        let place = |at: usize| (source.file_of(&(at..at)), source.line_and_column(&(at..at)));
        assert_eq!(place(0), ("a", (1, 1)));
        assert_eq!(place(3), ("a", (2, 2)));
        assert_eq!(place(4), ("b", (1, 1)));
        assert_eq!(place(6), ("b", (1, 2)));
        assert_eq!(place(7), ("b", (2, 1)));
        assert_eq!(place(9), ("b", (3, 1)));
        assert_eq!(place(10), ("c", (1, 1)));
        assert_eq!(place(99), ("c", (1, 1)));
        assert_eq!([3, 4].map(|at| source.is_included(&(at..at))), [false, true]);
    }
}
