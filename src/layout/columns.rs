//! Columns that whoever wrote a file has made with spaces, but those of lists of tables: they stay columns, whatever is in them.

use super::document::{Gap, Remark};

/// Spaces before a comment that stands behind something.
const BEFORE_REMARK: usize = 3;

/// Numbers in rows; where they stood below each other, each takes as much room as the longest.
pub(super) fn grid(rows: &[&[(&str, Gap)]]) -> Vec<String> {
    let first = |row: &[(&str, Gap)]| row.first().map(|(_, gap)| gap.column);
    let is_shifted = rows.windows(2).any(|pair| first(pair[0]) != first(pair[1]));
    let is_grid = is_shifted || rows.iter().any(|row| row.iter().any(|(_, gap)| gap.is_wide));
    let longest = rows.iter().flat_map(|row| row.iter().map(|(text, _)| text.len())).max();
    let width = longest.filter(|_| is_grid).unwrap_or_default();
    let write = |row: &&[(&str, Gap)]| {
        row.iter().map(|(text, _)| format!("{text:>width$}")).collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(write).collect()
}

/// The spaces before each comment behind a line, of lines that follow each other: how wide each is, and its comment. Where all
/// stand in one column, or one stands far off, they stay or come into one.
pub(super) fn before_remarks(lines: &[(usize, &Remark)]) -> Vec<usize> {
    let is_column = lines.windows(2).all(|pair| pair[0].1.column == pair[1].1.column);
    if !is_column && !lines.iter().any(|(_, remark)| remark.is_far) {
        return vec![BEFORE_REMARK; lines.len()];
    }
    let widest = lines.iter().map(|(width, _)| *width).max().unwrap_or_default();
    lines.iter().map(|(width, _)| widest - width + BEFORE_REMARK).collect()
}

/// A comment behind something that no other comment stands below.
pub(super) fn alone(remark: &str) -> String {
    format!("{:BEFORE_REMARK$}{remark}", "")
}
