//! Comma-separated values: plain digits, whole paths, heads by the columns' keys. A text that a spreadsheet would take for a
//! formula has an apostrophe before it.

use super::sheet::{Cell, Line, Sheet};
use crate::text::printable;

/// The lines that add up, in the columns that have a key; of several sheets with the same columns, one below the other.
pub fn write(sheets: &[Sheet]) -> String {
    let Some(first) = sheets.first() else { return String::new() };
    let has_key = |key: &&str| !key.is_empty();
    let label = first.label.iter().map(|(key, _)| *key);
    let keys = label.chain(first.heads.iter().map(|head| head.key).filter(has_key));
    let lines = sheets.iter().flat_map(|sheet| sheet.lines.iter().map(move |line| (sheet, line)));
    let record = |(sheet, line): (&Sheet, &Line)| {
        let cells = sheet.heads.iter().zip(&line.cells).filter(|(head, _)| has_key(&head.key));
        let label = sheet.label.iter().map(|(_, name)| plain(name));
        label.chain(cells.map(|(_, cell)| field(cell))).collect()
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

/// A text of a file as data: no formula, whatever it begins with, unless it is a number, and none of it hidden.
fn plain(text: &str) -> String {
    let text = printable(text);
    let is_formula = text.starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Name(_, text) | Cell::Text(text) => plain(text),
        Cell::Said(text) | Cell::Change(text, _) => text.english.clone(),
        Cell::Named(name, _) => (*name).to_owned(),
        Cell::Sizes(sizes) => sizes.text.clone(),
        Cell::Count(count) | Cell::Glance(count) | Cell::Shared(count) => count.to_string(),
        Cell::Share(number) | Cell::Quantity(number, _) => number.to_string(),
        Cell::Unknown => "unknown".to_owned(),
        Cell::Empty => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for formula in ["=1+1", "+1+1.toml", "-a", "@SUM(1)"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        assert_eq!(["-3", "+1e5", "-0.5", "a=b", "'x"].map(plain), ["-3", "+1e5", "-0.5", "a=b", "'x"]);
        assert_eq!(plain("\t=1\r\u{1b}"), "\\t=1\\r\\u{1b}");
    }
}
