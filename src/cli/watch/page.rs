//! What is shown of files that are watched, as high as the terminal is.

use std::mem;

#[cfg(unix)]
use crate::text;
#[cfg(unix)]
use crate::text::Language;

/// What a command would have written and said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct Page {
    /// Whether it is drawn on the screen.
    pub(in crate::cli) is_screen: bool,
    /// What would go to standard output.
    pub(in crate::cli) data: String,
    /// What would go to standard error, one after the other.
    pub(in crate::cli) said: Vec<String>,
    /// Whether the files could be read.
    pub(super) is_good: bool,
}

/// The most lines below what is shown, but for the last.
#[cfg(unix)]
pub(super) const MOST_BELOW: usize = 6;

impl Page {
    /// What it is, and in its place an empty one.
    pub(super) fn take(&mut self) -> Self {
        let empty = Self { is_screen: self.is_screen, ..Self::default() };
        mem::replace(self, empty)
    }

    /// The lines of a screen that is so high: the table and what was said, and, at its end, what stands `below`.
    #[cfg(unix)]
    pub(super) fn lines(&self, below: &[String], height: usize, language: Language) -> Vec<String> {
        let mut lines: Vec<String> = self.data.lines().map(str::to_owned).collect();
        for said in &self.said {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(said.lines().map(str::to_owned));
        }
        let below = &below[below.len().saturating_sub(height)..];
        // An empty line sets it apart, if there is room for one.
        let room = height.saturating_sub(below.len() + 1);
        let mut lines = cut(lines, room, language);
        if height > below.len() {
            lines.push(String::new());
        }
        lines.extend_from_slice(below);
        lines
    }
}

/// At most `room` of the lines. Of a table they are taken from between its rules, so that heads and totals stay; else from the
/// end.
#[cfg(unix)]
fn cut(mut lines: Vec<String>, room: usize, language: Language) -> Vec<String> {
    if lines.len() <= room {
        return lines;
    }
    // One more goes for the line that says so.
    let missing = lines.len() + 1 - room.max(1);
    let is_rule = |line: &String| line.starts_with('─') && line.chars().all(|c| c == '─');
    let rules = (lines.iter().position(is_rule), lines.iter().rposition(is_rule));
    let (start, end) = match rules {
        (Some(first), Some(last)) if first < last => (last - missing.min(last - first - 1), last),
        _ => (lines.len() - missing, lines.len()),
    };
    lines.truncate(lines.len() - (missing - (end - start)));
    let said = text!(
        " … {missing} more lines: a taller terminal shows them",
        " …… 还有 {missing} 行:终端更高时可见"
    );
    lines.splice(start.min(lines.len())..end.min(lines.len()), [said.get(language).to_owned()]);
    lines.truncate(room);
    lines
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn lines(data: &str, below: &[&str], height: usize) -> Vec<String> {
        let page = Page { data: data.to_owned(), ..Page::default() };
        let below: Vec<_> = below.iter().map(|&line| line.to_owned()).collect();
        page.lines(&below, height, Language::English)
    }

    #[test]
    fn what_is_shown_fits_the_terminal() {
        let table = "title\n\nhead\n───\na\nb\nc\nd\n───\ntotal\nMACs 1\n";
        let whole: Vec<_> = table.lines().chain(["", "below"]).collect();
        assert_eq!(lines(table, &["below"], 30), whole);
        assert_eq!(lines(table, &["below"], 13), whole);
        let more = " … 3 more lines: a taller terminal shows them";
        assert_eq!(
            lines(table, &["below"], 11),
            ["title", "", "head", "───", "a", more, "───", "total", "MACs 1", "", "below"]
        );
        // Of one that is lower still, the totals stay longest.
        let least = [" … 5 more lines: a taller terminal shows them", "───", "total", "", "below"];
        assert_eq!(lines(table, &["below"], 9)[4..], least);
        for height in 0..20 {
            assert!(lines(table, &["one", "two"], height).len() <= height, "{height}");
        }
        assert_eq!(
            lines("a\nb\nc\nd", &["end"], 4),
            ["a", " … 3 more lines: a taller terminal shows them", "", "end"]
        );
        assert_eq!(lines(table, &["one", "two"], 1), ["two"]);
    }
}
