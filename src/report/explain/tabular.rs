//! A table of workings in LaTeX, with booktabs.

use super::latex::{Room, breadth, breadth_of_words, prose};
use super::piece::{Cell, Head, Table};
use crate::report::latex::escaped;
use crate::text::Language;
use crate::working::Notation;

/// The table, in as many parts as it has to be.
pub(super) fn write(table: &Table, room: &Room, language: Language) -> Vec<String> {
    let heads = 0..table.heads.len();
    let alignment: String = heads.clone().map(|column| alignment(table, column, room, language)).collect();
    let head = |column: usize| head(table, column, language);
    let heads: Vec<String> = heads.map(head).collect();
    let row = |row: &Vec<Cell>| {
        let cells = row.iter().enumerate().map(|(column, cell)| set(table, column, cell));
        cells.collect::<Vec<_>>().join(" & ")
    };
    let rows: Vec<String> = table.rows.iter().map(row).collect();
    let last = rows.len();
    let mut done = 0;
    let part = |rows: &[String]| {
        let mut text = format!(
            "\\begin{{tabular}}{{@{{}}{alignment}@{{}}}}\n  \\toprule\n  {} \\\\\n  \\midrule\n",
            heads.join(" & ")
        );
        for row in rows {
            done += 1;
            text.push_str(if table.has_sum && done == last { "  \\midrule\n" } else { "" });
            text.push_str(&format!("  {row} \\\\\n"));
        }
        text + "  \\bottomrule\n\\end{tabular}\n"
    };
    rows.chunks(room.rows).map(part).collect()
}

/// Whether there are numbers in a column.
fn is_worked(table: &Table, column: usize) -> bool {
    table.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Worked(_))))
}

/// Numbers by their `=`; names as broad as what is left, in which they may be broken.
fn alignment(table: &Table, column: usize, room: &Room, language: Language) -> String {
    /// Between two columns.
    const GAP: usize = 26;
    if is_worked(table, column) {
        return "r@{${}={}$}r".to_owned();
    }
    if column > 0 {
        return "l".to_owned();
    }
    let others: usize = (1..table.heads.len()).map(|column| breadth_of(table, column, language) + GAP).sum();
    let names = breadth_of(table, 0, language).min(room.line.saturating_sub(others).max(room.line / 5));
    // A digit is half an em.
    format!("p{{{}.{}em}}", names / 20, names % 20 / 2)
}

/// How broad a column is.
fn breadth_of(table: &Table, column: usize, language: Language) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.get(column));
    let (left, right) = cells.fold((0, 0), |(left, right), cell| match (cell, cell.sides(Notation::Text)) {
        (Cell::Words(words), _) => (left, right.max(breadth_of_words(words))),
        (Cell::Worked(_), [numbers, result]) => (left.max(breadth(&numbers)), right.max(breadth(&result))),
    });
    let equals = if is_worked(table, column) { breadth(" = ") } else { 0 };
    let head = match &table.heads[column] {
        Head::Words(words) => breadth_of_words(words),
        head @ Head::Formula(..) => breadth(&head.formula(Notation::Text, language).unwrap_or_default()),
    };
    head.max(left + equals + right)
}

fn head(table: &Table, column: usize, language: Language) -> String {
    let words = match &table.heads[column] {
        Head::Words(words) => escaped(words),
        head @ Head::Formula(..) => {
            format!("${}$", head.formula(Notation::Latex, language).unwrap_or_default())
        }
    };
    if is_worked(table, column) { format!("\\multicolumn{{2}}{{c}}{{{words}}}") } else { words }
}

fn set(table: &Table, column: usize, cell: &Cell) -> String {
    // Where there is no `=`, there is as much room.
    const PLAIN: &str = "\\multicolumn{1}{r@{\\phantom{${}={}$}}}{}";
    match (cell, cell.sides(Notation::Latex)) {
        (Cell::Words(words), _) if is_worked(table, column) => format!("{PLAIN} & {}", prose(words)),
        (Cell::Words(words), _) if column == 0 => format!("\\raggedright {}", prose(words)),
        (Cell::Words(words), _) => prose(words),
        (Cell::Worked(_), [numbers, result]) if numbers.is_empty() => format!("{PLAIN} & ${result}$"),
        (Cell::Worked(_), [numbers, result]) => format!("${numbers}$ & ${result}$"),
    }
}
