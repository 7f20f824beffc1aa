//! Columns that whoever wrote a file has made with spaces, but those of lists of tables: they stay columns, whatever is in them.

use super::document::{Gap, Remark};

/// Spaces before a comment that stands behind something.
const BEFORE_REMARK: usize = 3;

/// Numbers in rows; where those of several lengths stood below each other, each takes as much room as the longest.
pub(super) fn grid(rows: &[&[(&str, Gap)]]) -> Vec<String> {
    let first = |row: &[(&str, Gap)]| row.first().map(|(text, gap)| (gap.column, gap.column + text.len()));
    let pairs = || rows.windows(2).map(|pair| (first(pair[0]), first(pair[1])));
    let end_alike = pairs().all(|(a, b)| a.map(|a| a.1) == b.map(|b| b.1));
    let is_shifted = pairs().any(|(a, b)| a != b) && end_alike;
    let is_wide = rows.iter().any(|row| row.iter().any(|(_, gap)| gap.is_wide));
    // Of one length they would stand below each other in any case.
    let differ = |(one, other): (&(&str, Gap), &(&str, Gap))| one.0.len() != other.0.len();
    let is_ragged = rows.windows(2).any(|pair| pair[0].iter().zip(pair[1]).any(differ));
    let longest = rows.iter().flat_map(|row| row.iter().map(|(text, _)| text.len())).max();
    let width = longest.filter(|_| (is_shifted || is_wide) && is_ragged).unwrap_or_default();
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
