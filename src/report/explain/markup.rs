//! What an explanation is written in, and how it is set in Markdown.

use super::piece::{Cell, Head, Piece, Table, legend, once, sides};
use super::{beamer, latex, plain};
use crate::report::{Style, markdown};
use crate::text;
use crate::text::Language;
use crate::working::Notation;

/// What an explanation is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Markup {
    /// For the terminal.
    Text,
    /// For a page of notes; formulas as GitHub sets them.
    Markdown,
    /// A fragment for a document with amsmath.
    Latex,
    /// A whole document of slides.
    Beamer,
}

impl Markup {
    /// The pieces of each network, one after another.
    pub(super) fn set(self, networks: &[&[Piece]], style: Style) -> String {
        let pages = |page: &dyn Fn(&[Piece]) -> String| {
            networks.iter().map(|pieces| page(pieces)).collect::<Vec<_>>().join("\n")
        };
        match self {
            Self::Text => pages(&|pieces| plain::write(pieces, style)),
            Self::Markdown => pages(&|pieces| markdown_page(pieces, style.language)),
            Self::Latex => latex::write(networks, style.language),
            Self::Beamer => beamer::write(networks, style.language),
        }
    }
}

fn markdown_page(pieces: &[Piece], language: Language) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Heading(heading) => {
                let marks = "#".repeat(heading.level.min(6));
                text.push_str(&format!("\n{marks} {}\n\n", markdown::escaped(&heading.line())));
            }
            Piece::Shapes(sentence) | Piece::Sentence(sentence) => {
                text.push_str(&format!("- {}\n", markdown::prose(sentence)));
            }
            Piece::Letters(letters) => {
                let entry = |letter| format!("${}$", Notation::Latex.letter(letter));
                let list = legend(letters, language, entry, markdown::escaped);
                let legend = text!("- letters: {list}\n", "- 字母:{list}\n");
                text.push_str(legend.get(language));
            }
            Piece::Equation(label, working) => {
                let equation = sides(working, Notation::Latex, language).join(" = ");
                text.push_str(&format!("- {}: ${equation}$\n", markdown::escaped(label)));
            }
            Piece::Written(label, sides) => {
                let sides = once(sides).join("` = `");
                text.push_str(&format!("- {}: `{sides}`\n", markdown::escaped(label)));
            }
            Piece::Table(table) => text.push_str(&markdown_table(table, language)),
        }
    }
    text.trim_start().to_owned()
}

fn markdown_table(table: &Table, language: Language) -> String {
    let record = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let head = |head: &Head| match head {
        Head::Words(words) => markdown::escaped(words),
        Head::Formula(..) => format!("${}$", head.formula(Notation::Latex, language).unwrap_or_default()),
    };
    let mut text = format!("\n{}", record(table.heads.iter().map(head).collect()));
    text.push_str(&record(vec![":---".to_owned(); table.heads.len()]));
    for row in &table.rows {
        let cell = |cell: &Cell| match cell {
            Cell::Words(words) => markdown::escaped(words),
            Cell::Worked(_) => {
                let sides = cell.sides(Notation::Latex);
                let sides: Vec<_> = sides.into_iter().filter(|side| !side.is_empty()).collect();
                format!("${}$", sides.join(" = "))
            }
        };
        text.push_str(&record(row.iter().map(cell).collect()));
    }
    text + "\n"
}
