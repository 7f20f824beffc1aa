//! Comma-separated values: plain digits, whole paths, heads by the columns' keys.

use super::sheet::{Cell, Line, Sheet};

/// The lines that add up, in the columns that have a key; of several sheets with the same columns, one below the other.
pub fn write(sheets: &[Sheet]) -> String {
    let Some(first) = sheets.first() else { return String::new() };
    let has_key = |key: &&str| !key.is_empty();
    let label = first.label.iter().map(|(key, _)| *key);
    let keys = label.chain(first.heads.iter().map(|head| head.key).filter(has_key));
    let lines = sheets.iter().flat_map(|sheet| sheet.lines.iter().map(move |line| (sheet, line)));
    let record = |(sheet, line): (&Sheet, &Line)| {
        let cells = sheet.heads.iter().zip(&line.cells).filter(|(head, _)| has_key(&head.key));
        sheet.label.iter().map(|(_, name)| name.clone()).chain(cells.map(|(_, cell)| field(cell))).collect()
    };
    let lines = lines.filter(|(_, line)| line.kind.adds_up()).map(record);
    records(std::iter::once(keys.map(str::to_owned).collect()).chain(lines))
}

/// Lines of as many fields each.
fn records(lines: impl IntoIterator<Item = Vec<String>>) -> String {
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
        Cell::Said(text) | Cell::Change(text, _) => text.english.clone(),
        Cell::Named(name, _) => (*name).to_owned(),
        Cell::Sizes(sizes) => sizes.text.clone(),
        Cell::Count(count) | Cell::Glance(count) | Cell::Shared(count) => count.to_string(),
        Cell::Share(number) | Cell::Quantity(number, _) => number.to_string(),
        Cell::Unknown => "unknown".to_owned(),
        Cell::Empty => String::new(),
    }
}
