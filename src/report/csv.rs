//! Comma-separated values: plain digits, whole paths, headings by the columns' names.

use super::columns::{Cell, Column};
use super::rows::Row;

/// The rows that add up, with these columns.
pub fn table(rows: &[Row], columns: &[&Column]) -> String {
    let lines = rows
        .iter()
        .filter(|row| row.kind.adds_up())
        .map(|row| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>());
    let headings = columns.iter().map(|column| column.key.to_owned()).collect();
    records(std::iter::once(headings).chain(lines))
}

/// Lines of as many fields each.
pub(super) fn records(lines: impl Iterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::Writer::from_writer(vec![]);
    for line in lines {
        writer.write_record(&line).expect("a vector takes any record of as many fields as the first");
    }
    let bytes = writer.into_inner().expect("a vector can be flushed");
    String::from_utf8(bytes).expect("fields are text, and commas, quotes and line breaks are too")
}

fn cell(row: &Row, column: &Column) -> String {
    if column.key == "layer" {
        return row.path.clone();
    }
    match (column.cell)(row) {
        Cell::Text(text) => text,
        Cell::Named(name, _) => name.to_owned(),
        Cell::Sizes(sizes) => sizes.text,
        Cell::Count(count) => count.to_string(),
        Cell::Share(number) | Cell::Reached(number) | Cell::Ratio(number) | Cell::Seconds(number) => {
            number.to_string()
        }
        Cell::Unknown => "unknown".to_owned(),
        Cell::Empty => String::new(),
    }
}
