//! Workings as Unicode text: `K²·H·W·C_in·C_out`, `5²·28²·192·32`.

use super::grouped;
use super::written::Term;

/// The term, with `times` between factors.
pub(super) fn write(term: &Term, times: &str) -> String {
    match term {
        Term::Number(number) => grouped(*number, ","),
        Term::Letter(letter) => letter.written().to_owned(),
        Term::Words(words) | Term::Phrase(words) => (*words).to_owned(),
        Term::Product(factors) if factors.is_empty() => "1".to_owned(),
        Term::Product(factors) => {
            let factors: Vec<_> =
                factors.iter().map(|(base, exponent)| power(base, *exponent, times)).collect();
            factors.join(times)
        }
        Term::Quotient(whole, divisor) => format!("{}/{}", factor(whole, times), divisor.written()),
        Term::Sum(terms) => terms.iter().map(|term| summand(term, times)).collect::<Vec<_>>().join(" + "),
        Term::Difference(a, b) => format!("{} − {}", summand(a, times), factor(b, times)),
        Term::Floor(a, b) => format!("⌊{}/{}⌋", factor(a, times), factor(b, times)),
        Term::Ceiling(a, b) => format!("⌈{}/{}⌉", factor(a, times), factor(b, times)),
    }
}

/// A part of a product or what is subtracted: in parentheses if it is a sum.
fn factor(term: &Term, times: &str) -> String {
    let written = write(term, times);
    if term.is_open() { format!("({written})") } else { written }
}

fn summand(term: &Term, times: &str) -> String {
    if term.is_open_in_sum() { factor(term, times) } else { write(term, times) }
}

fn power(base: &Term, exponent: usize, times: &str) -> String {
    match (base, exponent) {
        (_, 1) => factor(base, times),
        (Term::Quotient(..), _) => format!("({}){}", write(base, times), superscript(exponent)),
        _ => format!("{}{}", factor(base, times), superscript(exponent)),
    }
}

pub(crate) fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}
