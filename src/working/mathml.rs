//! Workings in presentation MathML, for inside of `<math>`; what belongs together is one element.

use super::grouped;
use super::letter::Letter;
use super::written::Term;
use crate::text::markup::escaped;

pub(super) fn write(term: &Term) -> String {
    match term {
        Term::Number(number) => format!("<mn>{}</mn>", grouped(*number, ",")),
        Term::Letter(letter) => self::letter(*letter, 1),
        Term::Words(words) | Term::Phrase(words) => format!("<mtext>{}</mtext>", escaped(words)),
        Term::Product(factors) if factors.is_empty() => "<mn>1</mn>".to_owned(),
        Term::Product(factors) => {
            let factors: Vec<_> = factors.iter().map(|(base, exponent)| power(base, *exponent)).collect();
            row(&factors.join("<mo>·</mo>"))
        }
        Term::Quotient(whole, divisor) => format!("<mfrac>{}{}</mfrac>", write(whole), letter(*divisor, 1)),
        Term::Sum(terms) => row(&terms.iter().map(summand).collect::<Vec<_>>().join("<mo>+</mo>")),
        Term::Difference(a, b) => row(&format!("{}<mo>−</mo>{}", summand(a), factor(b))),
        Term::Floor(a, b) => rounded(["⌊", "⌋"], a, b),
        Term::Ceiling(a, b) => rounded(["⌈", "⌉"], a, b),
    }
}

/// A letter with its subscript and a power.
pub(super) fn letter(letter: Letter, exponent: usize) -> String {
    let (base, subscript) = letter.parts();
    match (subscript, exponent) {
        (None, 1) => format!("<mi>{base}</mi>"),
        (None, _) => format!("<msup><mi>{base}</mi><mn>{exponent}</mn></msup>"),
        (Some(subscript), 1) => format!("<msub><mi>{base}</mi>{}</msub>", below(subscript)),
        (Some(subscript), _) => {
            format!("<msubsup><mi>{base}</mi>{}<mn>{exponent}</mn></msubsup>", below(subscript))
        }
    }
}

fn below(subscript: &str) -> String {
    let element = if subscript.starts_with(|c: char| c.is_ascii_digit()) { "mn" } else { "mi" };
    format!("<{element}>{subscript}</{element}>")
}

fn row(content: &str) -> String {
    format!("<mrow>{content}</mrow>")
}

/// A part of a product or what is subtracted: in parentheses if it is a sum.
fn factor(term: &Term) -> String {
    if term.is_open() { row(&format!("<mo>(</mo>{}<mo>)</mo>", write(term))) } else { write(term) }
}

fn summand(term: &Term) -> String {
    if term.is_open_in_sum() { factor(term) } else { write(term) }
}

fn power(base: &Term, exponent: usize) -> String {
    match (base, exponent) {
        (_, 1) => factor(base),
        (Term::Letter(letter), _) => self::letter(*letter, exponent),
        (Term::Quotient(..), _) => {
            let base = row(&format!("<mo>(</mo>{}<mo>)</mo>", write(base)));
            format!("<msup>{base}<mn>{exponent}</mn></msup>")
        }
        _ => format!("<msup>{}<mn>{exponent}</mn></msup>", factor(base)),
    }
}

fn rounded([open, close]: [&str; 2], a: &Term, b: &Term) -> String {
    row(&format!("<mo>{open}</mo><mfrac>{}{}</mfrac><mo>{close}</mo>", write(a), write(b)))
}
