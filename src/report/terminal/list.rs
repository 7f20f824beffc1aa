//! A sheet as a list: what is short side by side, and behind it the sentences, one below the other.

use super::{Column, Layout, PADDING};
use crate::report::Style;
use crate::report::sheet::{Role, Sheet};
use crate::report::wrap::hanging;

/// The narrowest column of sentences; narrower, they go below what is short.
const NARROWEST: usize = 20;

/// The lines of a sheet, set in by `indent` columns; sentences that have no room go on below where they begin.
pub(in crate::report) fn list(sheet: &Sheet, indent: usize, style: Style) -> String {
    let column = |at| Column::new(sheet, at, Layout::Table, style.language);
    let columns = (0..sheet.heads.len()).map(|at| Column { heading: String::new(), ..column(at) }.measured());
    let (sentences, short): (Vec<_>, Vec<_>) =
        columns.partition(|column: &Column| column.role == Role::Sentence);
    let beside = indent + short.iter().map(|column| column.width + PADDING).sum::<usize>();
    let is_beside = beside + NARROWEST <= style.width;
    let edge = if is_beside { beside } else { indent + PADDING };
    let gap = format!("\n{:edge$}", "");
    let mut text = String::new();
    for index in 0..sheet.lines.len() {
        let mut line = " ".repeat(indent);
        line.extend(short.iter().map(|column| column.padded(index) + &" ".repeat(PADDING)));
        if !is_beside {
            let short = line.trim_end();
            line = if short.is_empty() { gap[1..].to_owned() } else { format!("{short}{gap}") };
        }
        let said = sentences.iter().map(|column| &*column.words[index]).filter(|words| !words.is_empty());
        let said: Vec<_> = said.map(|words| hanging(words, edge, style.width)).collect();
        line.push_str(&said.join(&gap));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sheet::Cell;
    use crate::text::Language;

    #[test]
    fn sentences_go_on_where_they_begin() {
        let line = |name: &str, count, said: &str, more: &str| {
            let [name, said, more] = [name, said, more].map(|words| Cell::Text(words.to_owned()));
            [name, Cell::Count(count), said, more]
        };
        let lines = vec![line("权重", 5, "one", ""), line("a", 1234, "of twenty columns and more", "two")];
        let sheet = Sheet::list([Role::Text, Role::Figure, Role::Sentence, Role::Sentence], lines);
        let style = Style { language: Language::English, width: 34, color: false };
        let drawn = list(&sheet, 1, style);
        let expected = [
            " 权重      5  one",
            " a     1,234  of twenty columns",
            "              and more",
            "              two",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), expected);
        let narrow = list(&sheet, 0, Style { width: 30, ..style });
        let expected = ["权重      5", "  one", "a     1,234", "  of twenty columns and more", "  two"];
        assert_eq!(narrow.lines().collect::<Vec<_>>(), expected);
    }
}
