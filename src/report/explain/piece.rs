//! What an explanation is made of, whatever it is written in.

use crate::text;
use crate::text::Language;
use crate::working::{Letter, Notation, Working};

/// A piece of an explanation.
#[derive(Debug)]
pub(super) enum Piece {
    Heading(Heading),
    /// What a layer takes and makes.
    Shapes(String),
    Sentence(String),
    /// What the letters are that stand in all that follows.
    Letters(Vec<Letter>),
    /// A label, and what it stands for: each side of its equation.
    Equation(String, Working),
    /// A label, and the sides of its equation as somebody has written them.
    Written(String, Vec<String>),
    Table(Table),
}

/// What begins a part.
#[derive(Debug)]
pub(super) struct Heading {
    /// How deep it stands, from 1.
    pub level: usize,
    /// The layer or the box, by its path.
    pub name: String,
    /// What is said of it; empty where the name says all.
    pub about: String,
}

/// Numbers with their workings, line by line.
#[derive(Debug)]
pub(super) struct Table {
    pub heads: Vec<Head>,
    pub rows: Vec<Vec<Cell>>,
    /// Whether the last row is the sum of those before.
    pub has_sum: bool,
}

/// What stands above a column.
#[derive(Debug)]
pub(super) enum Head {
    Words(String),
    /// `r = r_in + (K − 1)·j_in`: what the numbers of the column come from.
    Formula(Letter, Working),
}

#[derive(Debug)]
pub(super) enum Cell {
    Words(String),
    /// The numbers, and what they come to.
    Worked(Working),
}

impl Heading {
    /// On one line.
    pub(super) fn line(&self) -> String {
        if self.about.is_empty() { self.name.clone() } else { format!("{}: {}", self.name, self.about) }
    }
}

impl Head {
    /// Its formula in a notation, if it has one.
    pub(super) fn formula(&self, notation: Notation, language: Language) -> Option<String> {
        match self {
            Self::Words(_) => None,
            Self::Formula(letter, working) => {
                let equals = if notation == Notation::MathMl { "<mo>=</mo>" } else { " = " };
                Some(notation.letter(*letter) + equals + &working.in_letters(language, notation))
            }
        }
    }
}

impl Cell {
    /// The two sides of a number: what it comes from, if it is not plain, and what that is.
    pub(super) fn sides(&self, notation: Notation) -> [String; 2] {
        match self {
            Self::Words(words) => [String::new(), words.clone()],
            Self::Worked(working) => {
                let says_nothing = working.substitution(Notation::Text) == result(working, Notation::Text);
                let numbers = if says_nothing { String::new() } else { working.substitution(notation) };
                [numbers, result(working, notation)]
            }
        }
    }
}

/// The letters in what is explained, each once, in the order of a legend.
pub(super) fn letters<'p>(pieces: impl IntoIterator<Item = &'p Piece>) -> Vec<Letter> {
    let mut letters = vec![];
    for piece in pieces {
        match piece {
            Piece::Equation(_, working) => letters.extend(working.letters()),
            Piece::Table(table) => {
                for head in &table.heads {
                    if let Head::Formula(letter, working) = head {
                        letters.extend(std::iter::once(*letter).chain(working.letters()));
                    }
                }
            }
            Piece::Heading(_)
            | Piece::Shapes(_)
            | Piece::Sentence(_)
            | Piece::Letters(_)
            | Piece::Written(..) => {}
        }
    }
    letters.sort_unstable();
    letters.dedup();
    letters
}

/// What each letter is, in a list: `K kernel, H height`, with letters and words as a markup has them.
pub(super) fn legend(
    letters: &[Letter],
    language: Language,
    letter: impl Fn(Letter) -> String,
    words: impl Fn(&str) -> String,
) -> String {
    let entry = |&it: &Letter| format!("{} {}", letter(it), words(it.meaning(language)));
    let list: Vec<_> = letters.iter().map(entry).collect();
    list.join(text!(", ", ",").get(language))
}

/// What stands to the left of an equation.
pub(super) fn label_of(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Equation(label, _) | Piece::Written(label, _) => Some(label),
        Piece::Heading(_) | Piece::Shapes(_) | Piece::Sentence(_) | Piece::Letters(_) | Piece::Table(_) => {
            None
        }
    }
}

/// The sides that are written, each once.
pub(super) fn once(sides: &[String]) -> Vec<&str> {
    let mut sides: Vec<&str> = sides.iter().map(String::as_str).collect();
    sides.dedup();
    sides
}

/// The sides of an equation, from letters over numbers to the result; a side that repeats the one before is left out.
pub(super) fn sides(working: &Working, notation: Notation, language: Language) -> Vec<String> {
    let of = |notation| {
        [working.in_letters(language, notation), working.substitution(notation), result(working, notation)]
    };
    // Markup may have the same twice, once in a row of its own.
    let mut sides: Vec<(String, String)> = of(Notation::Text).into_iter().zip(of(notation)).collect();
    sides.dedup_by(|(later, _), (earlier, _)| later == earlier);
    sides.into_iter().map(|(_, side)| side).collect()
}

fn result(working: &Working, notation: Notation) -> String {
    working.evaluate().map_or_else(|error| error.to_string(), |number| notation.number(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Factor;

    #[test]
    fn a_side_is_not_repeated_in_any_notation() {
        let bias = Working::Product(vec![Working::named(Factor::OutChannels, 64u128)]);
        let params = Working::Sum(vec![Working::Number(9472)]);
        for notation in [Notation::Text, Notation::Latex, Notation::MathMl] {
            assert_eq!(sides(&bias, notation, Language::English).len(), 2, "{notation:?}");
            assert_eq!(sides(&params, notation, Language::English).len(), 1, "{notation:?}");
            assert_eq!(Cell::Worked(params.clone()).sides(notation)[0], "", "{notation:?}");
        }
    }
}
