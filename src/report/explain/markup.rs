//! How an explanation is set: as text for the terminal, as Markdown, or as LaTeX.

use unicode_width::UnicodeWidthStr;

use super::super::latex::escaped;
use super::super::wrap::hanging;
use super::super::{Style, markdown};
use crate::text::Language;
use crate::working::{Notation, Working};

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
}

/// A piece of an explanation.
#[derive(Debug)]
pub(super) enum Piece {
    Heading(usize, String),
    Sentence(String),
    /// A label, and what it stands for: each side of its equation.
    Equation(String, Working),
    /// A label, and the sides of its equation as somebody has written them.
    Written(String, Vec<String>),
}

/// What stands to the left of an equation.
fn label_of(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Equation(label, _) | Piece::Written(label, _) => Some(label),
        Piece::Heading(..) | Piece::Sentence(_) => None,
    }
}

/// The sides that are written, each once.
fn once(sides: &[String]) -> Vec<&str> {
    let mut sides: Vec<&str> = sides.iter().map(String::as_str).collect();
    sides.dedup();
    sides
}

impl Markup {
    /// The pieces one after another, in this markup.
    pub(super) fn set(self, pieces: &[Piece], style: Style) -> String {
        match self {
            Self::Text => text(pieces, style),
            Self::Markdown => markdown(pieces, style.language),
            Self::Latex => latex(pieces, style.language),
        }
    }
}

/// The sides of an equation, from names over numbers to the result; a side that repeats the one before is left out.
fn sides(working: &Working, notation: Notation, language: Language) -> Vec<String> {
    let result = working.evaluate().map_or_else(|error| error.to_string(), |number| notation.number(number));
    let mut sides = vec![working.formula_in(language, notation), working.substitution(notation), result];
    // Without names, the formula is the substitution, set wider.
    let bare = |side: &str| side.replace(' ', "");
    sides.dedup_by(|later, earlier| bare(later) == bare(earlier));
    sides
}

fn text(pieces: &[Piece], style: Style) -> String {
    const INDENT: usize = 2;
    let width = style.width;
    let (bold, plain) = style.bold();
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Heading(level, heading) => {
                // Headings that follow one another belong together.
                let follows = index > 0 && !matches!(pieces[index - 1], Piece::Heading(..));
                text.push_str(if follows { "\n" } else { "" });
                // What begins with two colons is a command to some workflows that print it.
                let space = if heading.starts_with("::") { " " } else { "" };
                let heading = hanging(&format!("{space}{heading}"), INDENT, width);
                text.push_str(&format!("{bold}{heading}{plain}\n"));
                if *level == 1 {
                    let longest = heading.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
                    text.push_str(&format!("{}\n", "═".repeat(longest)));
                }
            }
            Piece::Sentence(sentence) => text.push_str(&format!("{:INDENT$}{sentence}\n", "")),
            Piece::Equation(label, _) | Piece::Written(label, _) => {
                let start = pieces[..index].iter().rposition(|piece| matches!(piece, Piece::Heading(..)));
                let after = pieces[index..].iter().skip(1);
                let end = after.take_while(|piece| !matches!(piece, Piece::Heading(..))).count() + index + 1;
                let labels =
                    pieces[start.unwrap_or(0)..end].iter().filter_map(label_of).map(UnicodeWidthStr::width);
                let column = labels.max().unwrap_or(0);
                let pad = column - label.width();
                let sides = match piece {
                    Piece::Equation(_, working) => sides(working, Notation::Text, style.language),
                    Piece::Written(_, sides) => once(sides).into_iter().map(str::to_owned).collect(),
                    Piece::Heading(..) | Piece::Sentence(_) => vec![],
                };
                let equation = wrapped(&sides, INDENT + column + 3, width);
                text.push_str(&format!("{:INDENT$}{label}{:pad$} = {equation}\n", "", ""));
            }
        }
    }
    text
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
        let mut line = String::new();
        for term in side.split_inclusive(" + ") {
            if !line.is_empty() && line.width() + term.trim_end().width() > room {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            line.push_str(term);
        }
        // The result stands behind its numbers where there is room.
        let joins = index > 0 && lines.last().is_some_and(|last| last.width() + 3 + line.width() <= room);
        match lines.last_mut().filter(|_| joins) {
            Some(last) => last.push_str(&format!(" = {line}")),
            None => lines.push(if index > 0 { format!("\u{0}{line}") } else { line }),
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

fn markdown(pieces: &[Piece], language: Language) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Heading(level, heading) => {
                let marks = "#".repeat((*level).min(6));
                text.push_str(&format!("\n{marks} {}\n\n", markdown::escaped(heading)));
            }
            Piece::Sentence(sentence) => text.push_str(&format!("- {sentence}\n")),
            Piece::Equation(label, working) => {
                let equation = sides(working, Notation::Latex, language).join(" = ");
                text.push_str(&format!("- {}: ${equation}$\n", markdown::escaped(label)));
            }
            Piece::Written(label, sides) => {
                let sides = once(sides).join("` = `");
                text.push_str(&format!("- {}: `{sides}`\n", markdown::escaped(label)));
            }
        }
    }
    text.trim_start().to_owned()
}

fn latex(pieces: &[Piece], language: Language) -> String {
    let mut text =
        String::from("% \\usepackage{amsmath}, and \\allowdisplaybreaks for layers with many figures\n");
    if language == Language::Chinese {
        text.push_str("% \\usepackage{ctex}\n");
    }
    let is_equation = |piece: &Piece| label_of(piece).is_some();
    for run in pieces.chunk_by(|a, b| is_equation(a) && is_equation(b)) {
        match &run[0] {
            Piece::Heading(level, heading) => {
                let command =
                    ["section*", "subsection*", "subsubsection*", "paragraph*"][(*level - 1).min(3)];
                text.push_str(&format!("\n\\{command}{{{}}}\n", escaped(heading)));
            }
            Piece::Sentence(sentence) => {
                text.push_str(&format!("{}\\par\n", escaped(&sentence.replace('`', ""))));
            }
            Piece::Equation(..) | Piece::Written(..) => {
                let lines: Vec<_> = run.iter().map(|piece| latex_equation(piece, language)).collect();
                text.push_str(&format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines.join(" \\\\\n")));
            }
        }
    }
    text
}

/// On one line where that is short enough, else a line for each side, and several for a long sum.
fn latex_equation(piece: &Piece, language: Language) -> String {
    const ONE_LINE: usize = 64;
    const TERMS: usize = 5;
    let Some(label) = label_of(piece) else { return String::new() };
    let label = format!("  \\text{{{}}}", escaped(label));
    let working = match piece {
        Piece::Equation(_, working) => working,
        Piece::Written(_, sides) => {
            let sides: Vec<_> =
                once(sides).into_iter().map(|side| format!("\\text{{{}}}", escaped(side))).collect();
            return format!("{label} &= {}", sides.join(" = "));
        }
        Piece::Heading(..) | Piece::Sentence(_) => return String::new(),
    };
    let sides_of = |notation| sides(working, notation, language);
    if sides_of(Notation::Text).join(" = ").width() <= ONE_LINE {
        return format!("{label} &= {}", sides_of(Notation::Latex).join(" = "));
    }
    let mut lines = vec![];
    for side in sides_of(Notation::Latex) {
        let terms: Vec<&str> = side.split(" + ").collect();
        for (index, chunk) in terms.chunks(TERMS).enumerate() {
            let joint = if index > 0 { "\\quad +" } else { "=" };
            lines.push(format!("{joint} {}", chunk.join(" + ")));
        }
    }
    format!("{label} &{}", lines.join(" \\\\\n    &"))
}
