//! An explanation as text for the terminal.

use unicode_width::UnicodeWidthStr;

use super::grid;
use super::piece::{Piece, label_of, legend, once, sides};
use crate::report::Style;
use crate::report::wrap::hanging;
use crate::text;
use crate::working::Notation;

const INDENT: usize = 2;

pub(super) fn write(pieces: &[Piece], style: Style) -> String {
    let (bold, plain) = style.bold();
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Heading(heading) => {
                // Headings that follow one another belong together.
                let follows = index > 0 && !matches!(pieces[index - 1], Piece::Heading(_));
                text.push_str(if follows { "\n" } else { "" });
                // What begins with two colons is a command to some workflows that print it.
                let (line, level) = (heading.line(), heading.level);
                let space = if line.starts_with("::") { " " } else { "" };
                let heading = hanging(&format!("{space}{line}"), INDENT, style.width);
                text.push_str(&format!("{bold}{heading}{plain}\n"));
                if level == 1 {
                    let longest = heading.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
                    text.push_str(&format!("{}\n", "═".repeat(longest)));
                }
            }
            Piece::Shapes(sentence) | Piece::Sentence(sentence) => {
                let sentence = hanging(sentence, INDENT, style.width);
                text.push_str(&format!("{:INDENT$}{sentence}\n", ""));
            }
            Piece::Letters(letters) => {
                let entry = |letter| Notation::Text.letter(letter);
                // A letter and what it is stay on one line.
                let list = legend(letters, style.language, entry, str::to_owned);
                let list = list.replace(", ", "\u{1}").replace(' ', "\u{a0}").replace('\u{1}', ", ");
                let legend = text!("letters: {list}", "字母:{list}");
                let legend = hanging(legend.get(style.language), INDENT, style.width).replace('\u{a0}', " ");
                text.push_str(&format!("{:INDENT$}{legend}\n", ""));
                // What every part below shares stands apart from the first.
                let ends = matches!(pieces.get(index + 1), Some(Piece::Heading(_)));
                text.push_str(if ends { "" } else { "\n" });
            }
            Piece::Equation(label, _) | Piece::Written(label, _) => {
                let column = labels_beside(pieces, index).map(UnicodeWidthStr::width).max().unwrap_or(0);
                let pad = column - label.width();
                let sides = match piece {
                    Piece::Equation(_, working) => sides(working, Notation::Text, style.language),
                    Piece::Written(_, sides) => once(sides).into_iter().map(str::to_owned).collect(),
                    Piece::Heading(_)
                    | Piece::Shapes(_)
                    | Piece::Sentence(_)
                    | Piece::Letters(_)
                    | Piece::Table(_) => vec![],
                };
                let equation = wrapped(&sides, INDENT + column + 3, style.width);
                text.push_str(&format!("{:INDENT$}{label}{:pad$} = {equation}\n", "", ""));
            }
            Piece::Table(table) => {
                // It stands apart from what is said before and behind it.
                let is_apart = |piece: Option<&Piece>| matches!(piece, Some(Piece::Heading(_)) | None);
                let before = index.checked_sub(1).and_then(|before| pieces.get(before));
                let before = if text.ends_with("\n\n") || is_apart(before) { "" } else { "\n" };
                let behind = if is_apart(pieces.get(index + 1)) { "" } else { "\n" };
                text.push_str(&format!("{before}{}{behind}", grid::write(table, INDENT, style)));
            }
        }
    }
    text
}

/// The labels of the equations between the headings around it.
fn labels_beside(pieces: &[Piece], index: usize) -> impl Iterator<Item = &str> {
    let is_heading = |piece: &Piece| matches!(piece, Piece::Heading(_));
    let start = pieces[..index].iter().rposition(is_heading).unwrap_or(0);
    let after = pieces[index..].iter().skip(1);
    let end = after.take_while(|piece| !is_heading(piece)).count() + index + 1;
    pieces[start..end].iter().filter_map(label_of)
}

/// The sides of an equation on one line, or on several: broken before `=`, and long sums after `+`.
fn wrapped(sides: &[String], indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(20);
    let whole = sides.join(" = ");
    if whole.width() <= room {
        return whole;
    }
    let mut lines: Vec<String> = vec![];
    for (index, side) in sides.iter().enumerate() {
        let mut broken = vec![String::new()];
        for term in side.split_inclusive(" + ") {
            match broken
                .last_mut()
                .filter(|line| line.is_empty() || line.width() + term.trim_end().width() <= room)
            {
                Some(line) => line.push_str(term),
                None => broken.push(term.to_owned()),
            }
        }
        let is_whole = broken.len() == 1;
        // The result stands behind its numbers where there is room.
        let fits = |last: &&mut String| index > 0 && is_whole && last.width() + 3 + side.width() <= room;
        if let Some(last) = lines.last_mut().filter(fits) {
            last.push_str(&format!(" = {side}"));
            continue;
        }
        for (at, line) in broken.iter().enumerate() {
            let mark = if index > 0 && at == 0 { "\u{0}" } else { "" };
            lines.push(format!("{mark}{}", line.trim_end()));
        }
    }
    // A line that starts a new side has its `=` under that of the first.
    let breaks = |line: &String| match line.strip_prefix('\u{0}') {
        Some(side) => format!("\n{:pad$}= {side}", "", pad = indent - 2),
        None => format!("\n{:indent$}{line}", ""),
    };
    let rest: String = lines[1..].iter().map(breaks).collect();
    format!("{}{rest}", lines[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the width, what is broken reads as the whole, and a line that begins with `=` begins a side.
    #[test]
    fn lines_are_broken_between_sides_and_terms() {
        let equations = [
            vec!["⌊(H_in + 2·P − K)/S⌋ + 1", "⌊(14 + 2·0 − 5)/1⌋ + 1", "10"],
            vec!["K²·H·W·C_in·C_out", "5²·10²·6·16", "240,000"],
            vec!["2,408,448 + 9,934,848 + 9,182,208 + 3,612,672", "25,138,176"],
        ];
        for (sides, width) in equations.iter().flat_map(|sides| (20..=100).map(move |width| (sides, width))) {
            let sides: Vec<String> = sides.iter().map(|&side| side.to_owned()).collect();
            let text = wrapped(&sides, 26, width);
            let read = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(read, sides.join(" = "), "{width}:\n{text}");
            for line in text.lines().filter_map(|line| line.trim_start().strip_prefix("= ")) {
                let begins = |side: &String| side.starts_with(line.split(" = ").next().unwrap_or_default());
                assert!(sides[1..].iter().any(begins), "{width}:\n{text}");
            }
        }
        let sides = ["⌊(H_in + 2·P − K)/S⌋ + 1", "⌊(14 + 2·0 − 5)/1⌋ + 1", "10"].map(str::to_owned);
        let last = wrapped(&sides, 26, 40).lines().skip(2).map(str::trim).collect::<Vec<_>>().join("\n");
        assert_eq!(last, "= ⌊(14 + 2·0 − 5)/1⌋ +\n1 = 10");
    }
}
