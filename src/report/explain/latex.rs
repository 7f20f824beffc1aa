//! An explanation as a fragment of LaTeX, for a document with amsmath.

use unicode_width::UnicodeWidthStr;

use super::piece::{Cell, Head, Piece, Table, label_of, legend, letters, once, sides};
use crate::report::latex::escaped;
use crate::text;
use crate::text::Language;
use crate::working::{Letter, Notation, Working};

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
    const PAGE: Room = Room { line: 66, rows: 40, names: "0.4\\linewidth", has_alerts: false };
    let is_equation = |piece: &Piece| label_of(piece).is_some();
    let mut text = String::new();
    for run in pieces.chunk_by(|a, b| is_equation(a) && is_equation(b)) {
        match &run[0] {
            Piece::Heading(heading) => {
                let command =
                    ["section*", "subsection*", "subsubsection*", "paragraph*"][(heading.level - 1).min(3)];
                // A paragraph's heading stands in the line that follows.
                let end = if heading.level > 3 { "\\leavevmode\\par\\nopagebreak" } else { "" };
                text.push_str(&format!("\n\\{command}{{{}}}{end}\n", prose(&heading.line())));
            }
            Piece::Sentence(sentence) => text.push_str(&format!("{}\\par\n", prose(sentence))),
            Piece::Letters(letters) => text.push_str(&format!("{}\\par\n", told(letters, language))),
            Piece::Equation(..) | Piece::Written(..) => {
                let lines: Vec<_> =
                    run.iter().map(|piece| rows(piece, &PAGE, language).join(" \\\\\n    ")).collect();
                text.push_str(&format!(
                    "\\begin{{align*}}\n  {}\n\\end{{align*}}\n",
                    lines.join(" \\\\\n  ")
                ));
            }
            Piece::Table(table) => {
                for part in tables(table, &PAGE, language) {
                    text.push_str(&format!("\\par\\smallskip\\noindent\n{part}\\par\\smallskip\n"));
                }
            }
        }
    }
    text
}

/// What fits.
pub(super) struct Room {
    /// Characters of a line of formulas, with what stands to the left of it.
    pub line: usize,
    /// Rows of a table.
    pub rows: usize,
    /// How wide names are set in a table.
    pub names: &'static str,
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
    const LONG: usize = 24;
    let word = |word: &str| {
        let escaped = escaped(&word.replace('`', ""));
        if word.len() > LONG { escaped.replace('/', "/\\allowbreak{}") } else { escaped }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// An equation in rows of `align*`: one where that is short enough, else one for the letters and those of the numbers, and
/// several for a long sum.
pub(super) fn rows(piece: &Piece, room: &Room, language: Language) -> Vec<String> {
    let Some(label) = label_of(piece) else { return vec![] };
    let left = format!("\\text{{{}}}", escaped(label));
    let left_of = label.width() + 3;
    let working = match piece {
        Piece::Equation(_, working) => working,
        Piece::Written(_, sides) => {
            let text = |side| format!("\\text{{{}}}", escaped(side));
            let sides: Vec<_> = once(sides).into_iter().map(text).collect();
            return vec![format!("{left} &= {}", sides.join(" = "))];
        }
        Piece::Heading(_) | Piece::Sentence(_) | Piece::Letters(_) | Piece::Table(_) => return vec![],
    };
    let lines = right(working, room.line.saturating_sub(left_of), room.has_alerts, language);
    let row = |(index, line): (usize, String)| {
        if index == 0 { format!("{left} &{line}") } else { format!("&{line}") }
    };
    lines.into_iter().enumerate().map(row).collect()
}

/// What stands to the right of an equation's first `=`, in lines that are not much longer than `room`.
fn right(working: &Working, room: usize, has_alerts: bool, language: Language) -> Vec<String> {
    let sides_of = |notation| sides(working, notation, language);
    let (short, mut latex) = (sides_of(Notation::Text), sides_of(Notation::Latex));
    if let Some(result) = latex.last_mut().filter(|_| has_alerts) {
        *result = format!("\\alert{{{result}}}");
    }
    let mut lines: Vec<(usize, String)> = vec![];
    for (short, side) in short.iter().zip(&latex) {
        let width = short.width() + 3;
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

/// A long sum in lines of some of its terms.
fn broken(side: &str, short: &str, room: usize) -> Vec<(usize, String)> {
    let terms: Vec<&str> = side.split(" + ").collect();
    let each = short.width() / terms.len() + 3;
    let lines = terms.chunks((room / each).max(1));
    let joint = |index| if index > 0 { "\\quad + " } else { "= " };
    let line = |(index, terms): (usize, &[&str])| {
        (terms.len() * each, format!("{}{}", joint(index), terms.join(" + ")))
    };
    lines.enumerate().map(line).collect()
}

/// A table, in as many parts as it has to be.
pub(super) fn tables(table: &Table, room: &Room, language: Language) -> Vec<String> {
    let numbers =
        |column: usize| table.rows.iter().any(|row| matches!(row.get(column), Some(Cell::Worked(_))));
    let alignment = |column: usize| match (column, numbers(column)) {
        (_, true) => "r@{${}={}$}r".to_owned(),
        (0, false) => format!("p{{{}}}", room.names),
        (_, false) => "l".to_owned(),
    };
    let alignment: String = (0..table.heads.len()).map(alignment).collect();
    let head = |(column, head): (usize, &Head)| {
        let words = match head {
            Head::Words(words) => escaped(words),
            Head::Formula(..) => format!("${}$", head.formula(Notation::Latex, language).unwrap_or_default()),
        };
        if numbers(column) { format!("\\multicolumn{{2}}{{c}}{{{words}}}") } else { words }
    };
    let heads: Vec<String> = table.heads.iter().enumerate().map(head).collect();
    let cell = |cell: &Cell| match (cell, cell.sides(Notation::Latex)) {
        (Cell::Words(words), _) => prose(words),
        (Cell::Worked(_), [numbers, result]) if numbers.is_empty() => {
            format!("\\multicolumn{{2}}{{r}}{{${result}$}}")
        }
        (Cell::Worked(_), [numbers, result]) => format!("${numbers}$ & ${result}$"),
    };
    let rows: Vec<String> =
        table.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" & ")).collect();
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
