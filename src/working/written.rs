//! How a working is written: the same terms in words, in letters or in numbers, for each notation.

use super::letter::{Letter, Symbol};
use super::{Factor, Working, grouped, latex, mathml, plain};
use crate::text::Language;

/// How a working is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notation {
    /// Unicode text: `5²·28²·192·32`.
    Text,
    /// LaTeX, for math mode: `5^{2} \cdot 28^{2}`.
    Latex,
    /// Presentation MathML, for inside of `<math>`.
    MathMl,
}

/// Which side of `formula = substitution` is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Names in words of a language.
    Words(Language),
    /// Letters, and words of a language for what has none.
    Letters(Language),
    Values,
}

/// What is written of a working.
#[derive(Debug)]
pub(super) enum Term {
    Number(u128),
    Letter(Letter),
    Words(&'static str),
    /// Words among letters: in parentheses where they would be read as several factors or terms.
    Phrase(&'static str),
    /// Factors with their powers.
    Product(Vec<(Term, usize)>),
    Quotient(Box<Term>, Letter),
    Sum(Vec<Term>),
    Difference(Box<Term>, Box<Term>),
    Floor(Box<Term>, Box<Term>),
    Ceiling(Box<Term>, Box<Term>),
}

impl Working {
    /// The formula in English names: `kernel² · output height·width · in · out`.
    pub fn formula(&self, notation: Notation) -> String {
        self.formula_in(Language::English, notation)
    }

    /// The formula in the names of a language: `核² · 输出高·宽 · 输入通道 · 输出通道`.
    pub fn formula_in(&self, language: Language, notation: Notation) -> String {
        self.written(notation, Side::Words(language))
    }

    /// The formula in letters, and what has none in words of a language: `K²·H·W·C_in·C_out`.
    pub fn in_letters(&self, language: Language, notation: Notation) -> String {
        self.written(notation, Side::Letters(language))
    }

    /// The formula with the numbers in their places: `5²·28²·192·32`.
    pub fn substitution(&self, notation: Notation) -> String {
        self.written(notation, Side::Values)
    }

    fn written(&self, notation: Notation, side: Side) -> String {
        let term = self.term(side);
        match (notation, side) {
            // Between words, a bare dot is hard to see.
            (Notation::Text, Side::Words(_)) => plain::write(&term, " · "),
            (Notation::Text, Side::Letters(_) | Side::Values) => plain::write(&term, "·"),
            (Notation::Latex, _) => latex::write(&term),
            (Notation::MathMl, _) => mathml::write(&term),
        }
    }

    fn term(&self, side: Side) -> Term {
        let pair = |a: &Self, b: &Self| (Box::new(a.term(side)), Box::new(b.term(side)));
        match self {
            Self::Number(number) => Term::Number(*number),
            Self::Named(name, value) => match side {
                Side::Words(language) => Term::Words(name.get(language)),
                Side::Letters(language) => Term::named(*name, language),
                Side::Values => value.term(side),
            },
            Self::Product(factors) => Self::product(factors, side),
            Self::Sum(terms) => Self::sum(terms, side),
            Self::Difference(a, b) => {
                let (a, b) = pair(a, b);
                Term::Difference(a, b)
            }
            Self::Floor(a, b) => {
                let (a, b) = pair(a, b);
                Term::Floor(a, b)
            }
            Self::Ceiling(a, b) => {
                let (a, b) = pair(a, b);
                Term::Ceiling(a, b)
            }
        }
    }

    /// Terms one after another, and many equal ones as a product: `118,784 + 12·7,087,872`.
    fn sum(terms: &[Self], side: Side) -> Term {
        const MANY: usize = 4;
        let is_one = |term: &Self| *term.shown(Side::Values) == Self::Number(1);
        let alike = |a: &Self, b: &Self| a.shown(side) == b.shown(side) && !is_one(a);
        let mut sum = vec![];
        for run in terms.chunk_by(alike) {
            if run.len() >= MANY {
                let count = Term::Number(run.len() as u128);
                sum.push(Term::Product(vec![(count, 1), (run[0].term(side), 1)]));
            } else {
                sum.extend(run.iter().map(|term| term.term(side)));
            }
        }
        Term::Sum(sum)
    }

    fn product(factors: &[Self], side: Side) -> Term {
        let flat = Self::flattened(factors, side);
        let mut product = vec![];
        for run in flat.chunk_by(|a, b| a == b) {
            let term = run[0].by_letter_or_words(&flat, side);
            if let Term::Product(letters) = term {
                // The letters of one factor are factors themselves.
                product.extend(letters.into_iter().map(|(letter, power)| (letter, power * run.len())));
            } else {
                product.push((term, run.len()));
            }
        }
        // A factor of several letters may end with the one that the next begins with.
        product.dedup_by(|(later, exponent), (earlier, sum)| match (later, earlier) {
            (Term::Letter(later), Term::Letter(earlier)) if later == earlier => {
                *sum += *exponent;
                true
            }
            _ => false,
        });
        Term::Product(product)
    }

    /// A factor of a product: in words where another of another size has its letter, of which a power would be wrong.
    fn by_letter_or_words(&self, factors: &[&Self], side: Side) -> Term {
        let (Self::Named(name, value), Side::Letters(language)) = (self, side) else {
            return self.term(side);
        };
        let is_single = |name: Factor| name.symbol().is_some_and(|symbol| symbol.product.len() == 1);
        let clashes = |other: &&Self| match other {
            Self::Named(other, number) => {
                other.symbol() == name.symbol() && number.evaluate() != value.evaluate()
            }
            Self::Number(_)
            | Self::Product(_)
            | Self::Sum(_)
            | Self::Difference(..)
            | Self::Floor(..)
            | Self::Ceiling(..) => false,
        };
        if is_single(*name) && factors.iter().any(clashes) {
            return Term::Phrase(name.get(language));
        }
        self.term(side)
    }

    /// The factors of a product with products inside it taken apart, where they are shown as products.
    fn flattened(factors: &[Self], side: Side) -> Vec<&Self> {
        let mut flat = Vec::with_capacity(factors.len());
        for factor in factors {
            if let Self::Product(inner) = factor.shown(side) {
                flat.extend(Self::flattened(inner, side));
            } else {
                flat.push(factor);
            }
        }
        flat
    }

    /// What stands on `side`: a name hides its value among names, and is nothing among values.
    fn shown(&self, side: Side) -> &Self {
        if let (Self::Named(_, value), Side::Values) = (self, side) { value.shown(side) } else { self }
    }
}

impl Term {
    /// A factor by its letters, or else in words.
    fn named(name: Factor, language: Language) -> Self {
        let Some(Symbol { product, divisor }) = name.symbol() else {
            return Self::Phrase(name.get(language));
        };
        let whole = match product {
            [letter] => Self::Letter(*letter),
            letters => Self::Product(letters.iter().map(|&letter| (Self::Letter(letter), 1)).collect()),
        };
        match divisor {
            Some(divisor) => Self::Quotient(Box::new(whole), divisor),
            None => whole,
        }
    }

    /// Whether it needs parentheses as a factor.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Sum(_) | Self::Difference(..) => true,
            Self::Phrase(words) => words.contains([' ', '/']),
            Self::Number(_)
            | Self::Letter(_)
            | Self::Words(_)
            | Self::Product(_)
            | Self::Quotient(..)
            | Self::Floor(..)
            | Self::Ceiling(..) => false,
        }
    }

    /// Whether it needs parentheses as a term of a sum: words with signs of their own.
    pub(super) fn is_open_in_sum(&self) -> bool {
        matches!(self, Self::Phrase(words) if [" + ", " − ", " > ", " < "].iter().any(|sign| words.contains(sign)))
    }
}

impl Notation {
    /// A whole number with its thousands apart: `120,422,400`.
    pub fn number(self, number: u128) -> String {
        match self {
            Self::Text => grouped(number, ","),
            Self::Latex => grouped(number, "{,}"),
            Self::MathMl => format!("<mn>{}</mn>", grouped(number, ",")),
        }
    }

    /// A letter with its subscript.
    pub fn letter(self, letter: Letter) -> String {
        match self {
            Self::Text => letter.written().to_owned(),
            Self::Latex => latex::letter(letter, 1),
            Self::MathMl => mathml::letter(letter, 1),
        }
    }
}
