//! A table of workings for the terminal: words flush left, numbers with one `=` under the other.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::piece::{Cell, Head, Table};
use crate::report::Style;
use crate::report::wrap::lines;
use crate::working::Notation;

/// Columns between two of them.
const GAP: usize = 2;

/// The least that names have.
const NARROWEST: usize = 12;

/// The table, `indent` columns from the left, in lines of the terminal's width as far as the numbers let it.
pub(super) fn write(table: &Table, indent: usize, style: Style) -> String {
    let heads: Vec<String> = table.heads.iter().map(|head| told(head, style)).collect();
    let columns = (0..heads.len()).map(|column| column_of(table, column));
    let columns: Vec<Vec<String>> = columns.collect();
    let width_of = |(head, cells): (&String, &Vec<String>)| {
        cells.iter().chain([head]).map(|cell| cell.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = heads.iter().zip(&columns).map(width_of).collect();
    // Paths are what may be long; they go on below.
    let others: usize = widths.iter().skip(1).map(|width| width + GAP).sum();
    if let Some(first) = widths.first_mut() {
        *first = (*first).min(style.width.saturating_sub(indent + others).max(NARROWEST));
    }
    let rule = format!("{:indent$}{}\n", "", "─".repeat(widths.iter().take(1).sum::<usize>() + others));
    let mut text = line(&heads.iter().map(String::as_str).collect::<Vec<_>>(), &widths, indent) + &rule;
    for index in 0..table.rows.len() {
        text.push_str(if table.has_sum && index + 1 == table.rows.len() { &rule } else { "" });
        let cells: Vec<&str> = columns.iter().map(|cells| cells[index].as_str()).collect();
        text.push_str(&line(&cells, &widths, indent));
    }
    text
}

/// The cells of a column, all as wide as they have to be for their `=` to stand below one another.
fn column_of(table: &Table, column: usize) -> Vec<String> {
    let sides = |row: &Vec<Cell>| row.get(column).map(|cell| cell.sides(Notation::Text)).unwrap_or_default();
    let sides: Vec<[String; 2]> = table.rows.iter().map(sides).collect();
    let widest = |side: usize| sides.iter().map(|sides| sides[side].width()).max().unwrap_or(0);
    let (left, right) = (widest(0), widest(1));
    let is_worked = |row: &Vec<Cell>| matches!(row.get(column), Some(Cell::Worked(_)));
    if !table.rows.iter().any(is_worked) {
        return sides.into_iter().map(|[_, words]| words).collect();
    }
    let set = |[numbers, result]: &[String; 2]| {
        let (before, between) = (left - numbers.width(), right - result.width());
        let equals = match (left, numbers.is_empty()) {
            (0, _) => "",
            (_, true) => "   ",
            (_, false) => " = ",
        };
        format!("{:before$}{numbers}{equals}{:between$}{result}", "", "")
    };
    sides.iter().map(set).collect()
}

/// A row, on several lines where its name is too long for one.
fn line(cells: &[&str], widths: &[usize], indent: usize) -> String {
    let Some((name, others)) = cells.split_first() else { return String::new() };
    let mut text = String::new();
    for (index, name) in lines(name, widths[0]).iter().enumerate() {
        let name = shortened(name, widths[0]);
        let mut line = format!("{:indent$}{name}", "");
        let mut start = indent + widths[0];
        for (cell, width) in others.iter().zip(&widths[1..]).filter(|_| index == 0) {
            start += GAP;
            line.push_str(&" ".repeat(start.saturating_sub(line.width())));
            line.push_str(cell);
            start += width;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A name that cannot be broken, in at most `width` columns: its beginning and its end, where layers of a kind differ.
fn shortened(name: &str, width: usize) -> String {
    if name.width() <= width {
        return name.to_owned();
    }
    let room = width.saturating_sub(1);
    let fitting = |letters: &mut dyn Iterator<Item = char>, room: usize| -> Vec<char> {
        let mut used = 0;
        let fits = |letter: &char| {
            used += letter.width().unwrap_or(0);
            used <= room
        };
        letters.take_while(fits).collect()
    };
    let front: String = fitting(&mut name.chars(), room / 2).into_iter().collect();
    let mut end = fitting(&mut name.chars().rev(), room - front.width());
    end.reverse();
    format!("{front}…{}", end.into_iter().collect::<String>())
}

fn told(head: &Head, style: Style) -> String {
    match head {
        Head::Words(words) => words.clone(),
        Head::Formula(..) => head.formula(Notation::Text, style.language).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use crate::working::{Factor, Working};

    #[test]
    fn a_long_name_keeps_both_ends_and_its_distance() {
        assert_eq!(shortened("a_very_long_name", 7), "a_v…ame");
        assert_eq!(shortened("很长的名字", 7), "很…名字");
        let stride = Working::Product(vec![
            Working::named(Factor::StrideBefore, 31u128),
            Working::named(Factor::Stride, 1u128),
        ]);
        let name = "convolution_".repeat(20);
        let heads = vec![Head::Words("layer".to_owned()), Head::Words("stride".to_owned())];
        let rows = vec![vec![Cell::Words(name), Cell::Worked(stride)]];
        let table = Table { heads, rows, has_sum: false };
        for width in 30..100 {
            let text = write(&table, 2, Style { language: Language::English, width, color: false });
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            let row = text.lines().last().unwrap_or_default();
            assert!(row.contains("  convolution") || width < 40, "{width}:\n{text}");
            assert!(row.contains("_  31·1 = 31"), "{width}:\n{text}");
        }
    }
}
