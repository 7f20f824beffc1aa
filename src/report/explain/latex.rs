//! An explanation as a fragment of LaTeX, for a document with amsmath.

use unicode_width::UnicodeWidthChar;

use super::piece::{Piece, label_of, legend, letters, once, sides};
use super::tabular;
use crate::report::latex::escaped;
use crate::text;
use crate::text::Language;
use crate::working::{Letter, Notation, Working};

/// What sets off the further lines of a sum.
const QUAD: usize = 20;

/// The explanations of networks one after another.
pub(super) fn write(networks: &[&[Piece]], language: Language) -> String {
    let mut text = String::from("% \\usepackage{amsmath}\n");
    let is_table = |piece: &Piece| matches!(piece, Piece::Table(_));
    if networks.iter().any(|pieces| pieces.iter().any(is_table)) {
        text.push_str("% \\usepackage{booktabs}\n");
    }
    if language == Language::Chinese {
        text.push_str("% \\usepackage{ctex}\n");
    }
    // Layers with many figures go on over the page.
    text.push_str("\\begingroup\\allowdisplaybreaks\n");
    for pieces in networks {
        text.push_str(&fragment(pieces, language));
    }
    text + "\\endgroup\n"
}

fn fragment(pieces: &[Piece], language: Language) -> String {
    const PAGE: Room = Room { line: 680, rows: 40, has_alerts: false };
    let is_equation = |piece: &Piece| label_of(piece).is_some();
    let mut text = String::new();
    for run in pieces.chunk_by(|a, b| is_equation(a) && is_equation(b)) {
        match &run[0] {
            Piece::Heading(heading) => {
                let words = prose(&heading.line());
                text.push_str(&match ["section*", "subsection*", "subsubsection*"].get(heading.level - 1) {
                    Some(command) => format!("\n\\{command}{{\\raggedright {words}}}\n"),
                    // A paragraph's heading would not go on in a second line.
                    None => format!(
                        "\n\\par\\medskip\\noindent{{\\bfseries\\raggedright {words}\\par}}\\nopagebreak\n"
                    ),
                });
            }
            Piece::Shapes(sentence) | Piece::Sentence(sentence) => {
                text.push_str(&format!("\\noindent {}\\par\n", prose(sentence)));
            }
            Piece::Letters(letters) => {
                text.push_str(&format!("\\noindent {}\\par\n", told(letters, language)));
            }
            Piece::Equation(..) | Piece::Written(..) => {
                let left = leftmost(run);
                let rows = run.iter().map(|piece| rows(piece, left, &PAGE, language).join(" \\\\\n    "));
                let rows: Vec<_> = rows.collect();
                text.push_str(&format!("\\begin{{align*}}\n  {}\n\\end{{align*}}\n", rows.join(" \\\\\n  ")));
            }
            Piece::Table(table) => {
                for part in tabular::write(table, &PAGE, language) {
                    text.push_str(&format!(
                        "\\par\\smallskip\\noindent{{\\small\n{part}}}\\par\\smallskip\n"
                    ));
                }
            }
        }
    }
    text
}

/// What fits.
pub(super) struct Room {
    /// A line of formulas with what stands to the left of it, in tenths of a digit's breadth.
    pub line: usize,
    /// Rows of a table.
    pub rows: usize,
    /// Whether results are set off.
    pub has_alerts: bool,
}

/// What the letters are, as a sentence.
pub(super) fn told(letters: &[Letter], language: Language) -> String {
    let list = legend(letters, language, |letter| format!("${}$", Notation::Latex.letter(letter)), prose);
    let legend = text!("Letters: {list}", "字母:{list}");
    legend.get(language).to_owned()
}

/// The letters of some pieces, as a sentence; `None` if there are none.
pub(super) fn legend_of(pieces: &[&Piece], language: Language) -> Option<String> {
    let letters = letters(pieces.iter().copied());
    (!letters.is_empty()).then(|| told(&letters, language))
}

/// Words without marks of code, in which long paths may be broken.
pub(super) fn prose(text: &str) -> String {
    const LONG: usize = 14;
    let word = |word: &str| {
        let escaped = escaped(&word.replace('`', ""));
        if word.len() <= LONG {
            return escaped;
        }
        escaped.replace('/', "/\\allowbreak{}").replace("\\_", "\\_\\allowbreak{}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// How much the labels of equations that stand together take of a line.
pub(super) fn leftmost<'p>(pieces: impl IntoIterator<Item = &'p Piece>) -> usize {
    pieces.into_iter().filter_map(label_of).map(breadth_of_words).max().unwrap_or(0)
}

/// An equation in rows of `align*`: one where that is short enough, else one for the letters and those of the numbers, and
/// several for a long sum. `left` is what the labels take of a line.
pub(super) fn rows(piece: &Piece, left: usize, room: &Room, language: Language) -> Vec<String> {
    let label = |label: &str| format!("\\text{{{}}}", escaped(label));
    let (label, lines) = match piece {
        Piece::Equation(name, working) => (label(name), right(working, left, room, language)),
        Piece::Written(name, sides) => {
            let text = |side| format!("\\text{{{}}}", escaped(side));
            let sides: Vec<_> = once(sides).into_iter().map(text).collect();
            (label(name), vec![format!("= {}", sides.join(" = "))])
        }
        Piece::Heading(_) | Piece::Shapes(_) | Piece::Sentence(_) | Piece::Letters(_) | Piece::Table(_) => {
            return vec![];
        }
    };
    let row = |(index, line): (usize, String)| {
        if index == 0 { format!("{label} &{line}") } else { format!("&{line}") }
    };
    lines.into_iter().enumerate().map(row).collect()
}

/// What stands to the right of an equation's first `=`, in lines that fit where they can.
fn right(working: &Working, left: usize, room: &Room, language: Language) -> Vec<String> {
    let sides_of = |notation| sides(working, notation, language);
    let (short, mut latex) = (sides_of(Notation::Text), sides_of(Notation::Latex));
    if let Some(result) = latex.last_mut().filter(|_| room.has_alerts) {
        *result = format!("\\alert{{{result}}}");
    }
    let room = room.line.saturating_sub(left);
    let mut lines: Vec<(usize, String)> = vec![];
    for (short, side) in short.iter().zip(&latex) {
        let width = breadth(short) + breadth(" = ");
        match lines.last_mut() {
            Some((used, last)) if *used + width <= room => {
                *used += width;
                last.push_str(&format!(" = {side}"));
            }
            _ if width <= room => lines.push((width, format!("= {side}"))),
            _ => lines.extend(broken(side, short, room)),
        }
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// A long sum in lines of as many terms as fit; a fraction stays whole.
fn broken(side: &str, short: &str, room: usize) -> Vec<(usize, String)> {
    let (terms, shorts) = (terms(side), short.split(" + ").collect::<Vec<_>>());
    if terms.len() != shorts.len() {
        return vec![(room, format!("= {side}"))];
    }
    let mut lines: Vec<(usize, String)> = vec![];
    for (term, short) in terms.into_iter().zip(shorts) {
        let width = breadth(short) + breadth(" + ");
        match lines.last_mut() {
            Some((used, line)) if *used + width <= room => {
                *used += width;
                line.push_str(&format!(" + {term}"));
            }
            Some(_) => lines.push((width + QUAD, format!("\\quad + {term}"))),
            None => lines.push((width, format!("= {term}"))),
        }
    }
    lines
}

/// The terms of a sum, but not of those within braces.
fn terms(side: &str) -> Vec<&str> {
    let (mut terms, mut start, mut depth) = (vec![], 0, 0usize);
    for (at, c) in side.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && side[at..].starts_with(" + ") => {
                terms.push(&side[start..at]);
                start = at + 3;
            }
            _ => {}
        }
    }
    terms.push(&side[start..]);
    terms
}

/// How broad words are when they are set, in tenths of a digit.
pub(super) fn breadth_of_words(words: &str) -> usize {
    words.chars().map(|c| 10 * c.width().unwrap_or(1)).sum()
}

/// About how broad a formula or words are when they are set, in tenths of a digit.
pub(super) fn breadth(text: &str) -> usize {
    let (mut is_below, mut is_under, mut sum) = (false, false, 0);
    for c in text.chars() {
        // What a rounded fraction is divided by stands below the line.
        is_under = (is_under || (c == '/' && text.contains(['⌊', '⌈']))) && !"⌋⌉".contains(c);
        is_below = c == '_' || is_below && c.is_ascii_alphanumeric();
        sum += match c {
            _ if is_under || c == '_' => 0,
            _ if is_below => 7,
            ',' => 6,
            'A'..='Z' => 15,
            ' ' | '(' | ')' | '²' | '³' | '⁴' | '⁵' => 8,
            '·' | '+' | '−' | '=' | '/' => 16,
            c if c.is_ascii() => 10,
            c => 10 * c.width().unwrap_or(1),
        };
    }
    sum
}
