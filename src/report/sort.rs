//! Rows in the order of what stands in some columns.

use std::cmp::Reverse;

use super::columns::Column;
use super::rows::Row;
use super::sheet::Cell;

/// What a cell is sorted by: the largest figures first, words by the alphabet, nothing at the end.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// What is not known may be the largest.
    Unknown,
    Figure(Reverse<u128>),
    Words(String, String),
    Nothing,
}

/// Sorts by the first of `columns`, what is equal there by the second, and so on; boxes have no lines then, and every line
/// has its whole path.
pub fn sort(rows: &mut Vec<Row<'_>>, columns: &[&Column]) {
    if columns.is_empty() {
        return;
    }
    rows.retain(|row| row.kind.adds_up());
    for row in rows.iter_mut() {
        (row.name, row.depth) = (row.path.clone(), 0);
    }
    rows.sort_by_cached_key(|row| -> Vec<Key> {
        columns.iter().map(|column| Key::of(column.cell(row))).collect()
    });
}

impl Key {
    fn of(cell: Cell) -> Self {
        match cell {
            Cell::Count(count) | Cell::Glance(count) | Cell::Shared(count) => Self::Figure(Reverse(count)),
            Cell::Sizes(sizes) => Self::Figure(Reverse(sizes.size)),
            // The bits of positive floats are in their order.
            Cell::Share(number) | Cell::Quantity(number, _) => Self::Figure(Reverse(number.to_bits().into())),
            Cell::Text(text) if text.is_empty() => Self::Nothing,
            Cell::Named(name, _) => Self::Words(name.to_owned(), String::new()),
            Cell::Text(text) | Cell::Name(_, text) => Self::Words(text.to_lowercase(), text),
            Cell::Said(text) | Cell::Change(text, _) => Self::Words(text.english, text.chinese),
            Cell::Unknown => Self::Unknown,
            Cell::Empty => Self::Nothing,
        }
    }
}
