//! Columns of lists of tables that whoever wrote a file has made with spaces: they stay columns, whatever is in them by now.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::document::{Entry, Gap, Value};
use super::write::flat;

/// What is written up to a comma, behind which a column may begin.
#[derive(Debug)]
pub(super) struct Piece {
    /// Its key, behind those of the tables that it is in.
    key: String,
    text: String,
    gap: Gap,
}

/// The pieces of a table on one line, or nothing if there are lines in its text.
pub(super) fn pieces(entries: &[Entry]) -> Option<Vec<Piece>> {
    let mut pieces = vec![];
    cut(entries, "{ ".to_owned(), Gap::default(), "", &mut pieces)?;
    Some(pieces)
}

fn cut(
    entries: &[Entry],
    mut opening: String,
    mut gap: Gap,
    outer: &str,
    pieces: &mut Vec<Piece>,
) -> Option<()> {
    for (index, entry) in entries.iter().enumerate() {
        if index > 0 {
            pieces.last_mut()?.text.push(',');
            gap = entry.gap;
        }
        let (start, key) = (std::mem::take(&mut opening), entry.key.join("."));
        match &entry.value {
            Value::Table(inner) if !inner.is_empty() => {
                cut(inner, format!("{start}{key} = {{ "), gap, &format!("{outer}{key}{{"), pieces)?;
            }
            Value::Table(_) | Value::Scalar(_) | Value::List(_) => {
                let text = format!("{start}{key} = {}", flat(&entry.value)?);
                if text.contains('\n') {
                    return None;
                }
                pieces.push(Piece { key: format!("{outer}{key}"), text, gap });
            }
        }
    }
    pieces.last_mut()?.text.push_str(" }");
    Some(())
}

/// The text of each line. A column begins behind a comma, in lines that have the same keys up to there and the same behind it,
/// and in those of the same operator or block next to them; that it is meant is seen where most of these had it.
pub(super) fn lined_up(lines: &[Option<Vec<Piece>>]) -> Vec<Option<String>> {
    let mut lines: Vec<Line> =
        lines.iter().map(|pieces| Line::new(pieces.as_deref().unwrap_or_default())).collect();
    let mut open: Vec<usize> = (0..lines.len()).filter(|&line| !lines[line].pieces.is_empty()).collect();
    let mut ids = BTreeMap::new();
    for next in 1.. {
        if open.is_empty() {
            break;
        }
        for &line in &open {
            let (new, pieces) = (ids.len() + 1, lines[line].pieces);
            lines[line].keys = *ids.entry((lines[line].keys, &*pieces[next - 1].key)).or_insert(new);
        }
        let starts = starts(&lines, &open, next);
        open.retain(|&line| lines[line].pieces.len() > next);
        for (&line, start) in open.iter().zip(starts) {
            lines[line].write(next, start);
        }
    }
    lines.into_iter().map(|line| (!line.pieces.is_empty()).then_some(line.text)).collect()
}

/// A line, as far as it is written.
struct Line<'p> {
    pieces: &'p [Piece],
    /// Its operator or block.
    what: Option<&'p str>,
    text: String,
    width: usize,
    /// Stands for the keys so far.
    keys: usize,
}

impl<'p> Line<'p> {
    fn new(pieces: &'p [Piece]) -> Self {
        let what = pieces.iter().find(|piece| piece.key == "use" || piece.key == "op");
        let text = pieces.first().map_or_else(String::new, |piece| piece.text.clone());
        Self { pieces, what: what.map(|piece| &*piece.text), width: text.width(), text, keys: 0 }
    }

    fn write(&mut self, next: usize, start: usize) {
        let piece = &self.pieces[next];
        self.text.push_str(&" ".repeat(start.saturating_sub(self.width)));
        self.text.push_str(&piece.text);
        self.width = start + piece.text.width();
    }
}

/// Where the next piece begins of each line of `open` that has one.
fn starts(lines: &[Line], open: &[usize], next: usize) -> Vec<usize> {
    let mut units = BTreeMap::new();
    let unit_of: Vec<usize> = open
        .iter()
        .map(|&line| {
            let Line { pieces, what, keys, .. } = &lines[line];
            let key = pieces.get(next).map(|piece| &*piece.key);
            let new = units.len();
            *units.entry((*keys, key, if key.is_none() { *what } else { None })).or_insert(new)
        })
        .collect();
    let mut together = Together((0..units.len()).collect());
    for (pair, units) in open.windows(2).zip(unit_of.windows(2)) {
        let [one, other] = [pair[0], pair[1]].map(|line| (lines[line].keys, lines[line].what));
        if pair[0] + 1 == pair[1] && one == other {
            together.join(units[0], units[1]);
        }
    }
    let roots = together.roots();
    let mut columns: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let going_on = || open.iter().zip(&unit_of).filter(|(line, _)| lines[**line].pieces.len() > next);
    for (&line, &unit) in going_on() {
        columns.entry(roots[unit]).or_default().push(line);
    }
    let natural = |line: usize| lines[line].width + 1;
    let start = |members: &Vec<usize>| {
        let gaps: Vec<Gap> = members.iter().map(|&line| lines[line].pieces[next].gap).collect();
        members.iter().map(|&line| natural(line)).max().filter(|_| is_column(&gaps))
    };
    let columns: BTreeMap<usize, Option<usize>> =
        columns.iter().map(|(root, members)| (*root, start(members))).collect();
    going_on()
        .map(|(&line, &unit)| columns.get(&roots[unit]).copied().flatten().unwrap_or(natural(line)))
        .collect()
}

/// Whether half of the words or more begin in one column, and more than a space is before one of them.
fn is_column(gaps: &[Gap]) -> bool {
    let mut columns: BTreeMap<usize, (usize, bool)> = BTreeMap::new();
    for gap in gaps {
        let (count, is_wide) = columns.entry(gap.column).or_default();
        (*count, *is_wide) = (*count + 1, *is_wide || gap.is_wide);
    }
    columns.into_values().any(|(count, is_wide)| is_wide && count > 1 && 2 * count >= gaps.len())
}

/// Which of several belong together: each names one before it, or itself.
struct Together(Vec<usize>);

impl Together {
    fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            // So the way is half as long for whoever comes next.
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }

    /// The first of those that each belongs to.
    fn roots(mut self) -> Vec<usize> {
        (0..self.0.len()).map(|of| self.root(of)).collect()
    }
}
