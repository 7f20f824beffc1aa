//! Comma-separated values: plain digits, whole paths, heads by the columns' keys.

use super::sheet::{Cell, Sheet};

/// The lines that add up.
pub fn write(sheet: &Sheet) -> String {
    let heads = sheet.heads.iter().map(|head| head.key.to_owned()).collect();
    let lines = sheet.lines.iter().filter(|line| line.kind.adds_up());
    records(std::iter::once(heads).chain(lines.map(|line| line.cells.iter().map(field).collect())))
}

/// Lines of as many fields each.
pub(super) fn records(lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::Writer::from_writer(vec![]);
    for line in lines {
        writer.write_record(&line).expect("a vector takes any record of as many fields as the first");
    }
    let bytes = writer.into_inner().expect("a vector can be flushed");
    String::from_utf8(bytes).expect("fields are text, and commas, quotes and line breaks are too")
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Name(_, text) | Cell::Text(text) => text.clone(),
        Cell::Named(name, _) => (*name).to_owned(),
        Cell::Sizes(sizes) => sizes.text.clone(),
        Cell::Count(count) | Cell::Shared(count) => count.to_string(),
        Cell::Share(number) | Cell::Quantity(number, _) => number.to_string(),
        Cell::Unknown => "unknown".to_owned(),
        Cell::Empty => String::new(),
    }
}
