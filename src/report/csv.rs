//! Comma-separated values: plain digits, whole paths, heads by the columns' keys. A text that a spreadsheet would take for a
//! formula, or a workflow for a command, has an apostrophe before it.

use std::borrow::Borrow;
use std::io;

use super::sheet::{Cell, Head, Sheet};
use crate::text::printable;

/// The lines that add up, in the columns that have a key; of several sheets with the same columns, one below the other.
pub fn write(sheets: &[Sheet]) -> String {
    let mut bytes = vec![];
    stream(sheets, &mut bytes).expect("a vector takes anything");
    String::from_utf8(bytes).expect("fields are text, and commas, quotes and line breaks are too")
}

/// The same, each sheet written before the next is asked for.
///
/// # Errors
/// If it cannot be written.
pub fn stream<S: Borrow<Sheet>>(
    sheets: impl IntoIterator<Item = S>,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    let mut writer = ::csv::Writer::from_writer(to);
    let has_key = |head: &&Head| !head.key.is_empty();
    for (at, sheet) in sheets.into_iter().enumerate() {
        let Sheet { label, heads, lines, .. } = sheet.borrow();
        if at == 0 {
            let keys = heads.iter().filter(has_key).map(|head| head.key);
            writer.write_record(label.iter().map(|(key, _)| *key).chain(keys)).map_err(io)?;
        }
        for line in lines.iter().filter(|line| line.kind.adds_up()) {
            let cells = heads.iter().zip(&line.cells).filter(|(head, _)| has_key(head));
            let label = label.iter().map(|(_, name)| plain(name));
            let fields = label.chain(cells.map(|(_, cell)| field(cell)));
            writer.write_record(fields.collect::<Vec<_>>()).map_err(io)?;
        }
    }
    writer.flush()
}

/// What went wrong, as the system has it: a reader that has gone away is no error to some.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the others are of records that are longer than others, and of reading"
)]
fn io(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A text of a file as data: no formula, whatever it begins with, unless it is a number, no command to a workflow that prints it,
/// and none of it hidden.
fn plain(text: &str) -> String {
    let text = printable(text);
    let is_formula = text.starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err();
    if is_formula || text.starts_with("::") { format!("'{text}") } else { text }
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
    fn a_reader_that_has_gone_away_is_seen() {
        struct Gone;
        impl io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let head = Head::new("name", crate::text!("name", "名称"), crate::report::sheet::Role::Text);
        let lines = vec![vec![Cell::Text("x".repeat(100))]; 1000];
        let error = stream([Sheet::of(vec![head], lines)], &mut Gone).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn no_text_is_a_formula() {
        for formula in ["=1+1", "+1+1.toml", "-a", "@SUM(1)", "::error::a"] {
            assert_eq!(plain(formula), format!("'{formula}"));
        }
        assert_eq!(["-3", "+1e5", "-0.5", "a=b", "'x"].map(plain), ["-3", "+1e5", "-0.5", "a=b", "'x"]);
        assert_eq!(plain("\t=1\r\u{1b}"), "\\t=1\\r\\u{1b}");
    }
}
