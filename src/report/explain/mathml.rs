//! The explanation of a place as a fragment of HTML, its formulas in MathML.

use super::piece::{Cell, Head, Piece, Table, label_of, legend, once, sides};
use super::{About, Lookup, pieces};
use crate::graph::Place;
use crate::report::Subject;
use crate::text;
use crate::text::Language;
use crate::text::markup::escaped;
use crate::working::{Letter, Notation};

/// What is to be said of a layer or a box, for a page in HTML: paragraphs, lists of equations and tables, each formula a
/// `<math>`; a box by the sums over what is in it. Without the name of the place, so that places that work out alike have the
/// same fragment. It is well-formed as XML, and whatever a network calls things is escaped.
pub fn mathml(subject: &Subject, place: Place, language: Language) -> String {
    write(&pieces(subject, &Lookup::new(subject), place, ABOUT, language), language)
}

/// The same of many places, one after another: what they are looked up in is made once.
pub fn mathml_of_each(
    subject: &Subject,
    places: impl Iterator<Item = Place>,
    language: Language,
) -> impl Iterator<Item = String> {
    let lookup = Lookup::new(subject);
    places.map(move |place| write(&pieces(subject, &lookup, place, ABOUT, language), language))
}

/// Of a place, what it costs itself.
const ABOUT: About = About::Costs(Some(0));

fn write(pieces: &[Piece], language: Language) -> String {
    let (mut html, mut legend) = (String::new(), String::new());
    let is_equation = |piece: &Piece| label_of(piece).is_some();
    for (index, run) in pieces.chunk_by(|a, b| is_equation(a) && is_equation(b)).enumerate() {
        match &run[0] {
            // The place has its name on the page.
            Piece::Heading(heading) if index == 0 => {
                html.push_str(&format!("<p class=\"about\">{}</p>", escaped(&heading.about)));
            }
            Piece::Heading(heading) => html.push_str(&format!("<h4>{}</h4>", escaped(&heading.line()))),
            Piece::Shapes(sentence) | Piece::Sentence(sentence) => {
                html.push_str(&format!("<p>{}</p>", prose(sentence)));
            }
            // What is looked up stands below.
            Piece::Letters(letters) => legend = told(letters, language),
            Piece::Table(table) => html.push_str(&self::table(table, language)),
            Piece::Equation(..) | Piece::Written(..) => {
                let equations: String = run.iter().map(|piece| equation(piece, language)).collect();
                html.push_str(&format!("<dl class=\"equations\">{equations}</dl>"));
            }
        }
    }
    html + &legend
}

fn told(letters: &[Letter], language: Language) -> String {
    let list = legend(letters, language, |letter| math(&Notation::MathMl.letter(letter)), escaped);
    let legend = text!("Letters: {list}", "字母:{list}");
    format!("<p class=\"letters\">{}</p>", legend.get(language))
}

/// A side is a formula of its own, so that a line may end between two of them.
fn equation(piece: &Piece, language: Language) -> String {
    let (label, sides) = match piece {
        Piece::Equation(label, working) => (label, sides(working, Notation::MathMl, language)),
        Piece::Written(label, sides) => {
            let code = |side| format!("<mtext>{}</mtext>", escaped(side));
            (label, once(sides).into_iter().map(code).collect())
        }
        Piece::Heading(_) | Piece::Shapes(_) | Piece::Sentence(_) | Piece::Letters(_) | Piece::Table(_) => {
            return String::new();
        }
    };
    let side = |side: &String| math(&format!("<mo form=\"infix\">=</mo>{side}"));
    let sides: Vec<_> = sides.iter().map(side).collect();
    format!("<dt>{}</dt><dd>{}</dd>", escaped(label), sides.join(" "))
}

fn table(table: &Table, language: Language) -> String {
    let head = |head: &Head| {
        let words = match head {
            Head::Words(words) => prose(words),
            Head::Formula(..) => math(&head.formula(Notation::MathMl, language).unwrap_or_default()),
        };
        format!("<th scope=\"col\">{words}</th>")
    };
    let cell = |cell: &Cell| match (cell, cell.sides(Notation::MathMl)) {
        (Cell::Words(words), _) => format!("<td>{}</td>", escaped(words)),
        (Cell::Worked(_), [numbers, result]) if numbers.is_empty() => {
            format!("<td class=\"number\">{}</td>", math(&result))
        }
        (Cell::Worked(_), [numbers, result]) => {
            format!("<td class=\"number\">{}</td>", math(&format!("{numbers}<mo>=</mo>{result}")))
        }
    };
    let heads: String = table.heads.iter().map(head).collect();
    let last = table.rows.len().saturating_sub(1);
    let row = |(index, row): (usize, &Vec<Cell>)| {
        let class = if table.has_sum && index == last { " class=\"sum\"" } else { "" };
        format!("<tr{class}>{}</tr>", row.iter().map(cell).collect::<String>())
    };
    let rows: String = table.rows.iter().enumerate().map(row).collect();
    format!("<table class=\"working\"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}

fn math(content: &str) -> String {
    // A fraction in a line of words would be too small to read.
    let style = if content.contains("<mfrac>") { " displaystyle=\"true\"" } else { "" };
    format!("<math{style}>{content}</math>")
}

/// A sentence: what stands in backquotes is code, if they are in pairs.
fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(sentence);
    }
    let part = |(index, part): (usize, &&str)| {
        if index % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) }
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_network_calls_things_is_text() {
        assert_eq!(prose("from `a</code><script>` on"), "from <code>a&lt;/code&gt;&lt;script&gt;</code> on");
        assert_eq!(prose("a lone ` & more"), "a lone ` &amp; more");
        assert_eq!(
            escaped("\"><img src='x'>\u{202e}\u{0}"),
            "&quot;&gt;&lt;img src=&#39;x&#39;&gt;\\u{202e}\\u{0}"
        );
    }
}
