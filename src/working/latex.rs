//! Workings in LaTeX, for math mode: `K^{2} \cdot H \cdot W`. Words need amsmath.

use super::grouped;
use super::letter::Letter;
use super::written::Term;

pub(super) fn write(term: &Term) -> String {
    match term {
        Term::Number(number) => grouped(*number, "{,}"),
        Term::Letter(letter) => self::letter(*letter, 1),
        Term::Words(words) | Term::Phrase(words) => self::words(words),
        Term::Product(factors) if factors.is_empty() => "1".to_owned(),
        Term::Product(factors) => {
            let factors: Vec<_> = factors.iter().map(|(base, exponent)| power(base, *exponent)).collect();
            factors.join(" \\cdot ")
        }
        Term::Quotient(whole, divisor) => format!("\\frac{{{}}}{{{}}}", write(whole), letter(*divisor, 1)),
        Term::Sum(terms) => terms.iter().map(summand).collect::<Vec<_>>().join(" + "),
        Term::Difference(a, b) => format!("{} - {}", summand(a), factor(b)),
        Term::Floor(a, b) => rounded("floor", a, b),
        Term::Ceiling(a, b) => rounded("ceil", a, b),
    }
}

/// A letter with its subscript and a power.
pub(super) fn letter(letter: Letter, exponent: usize) -> String {
    let (base, subscript) = letter.parts();
    let below = match subscript {
        Some(subscript) if subscript.len() > 1 => format!("_{{\\text{{{subscript}}}}}"),
        Some(subscript) => format!("_{subscript}"),
        None => String::new(),
    };
    let above = if exponent > 1 { format!("^{{{exponent}}}") } else { String::new() };
    format!("{base}{below}{above}")
}

/// Words as they are; those of factors have few characters that LaTeX takes for something else.
fn words(words: &str) -> String {
    let mut text = String::from("\\text{");
    for c in words.chars() {
        match c {
            '^' => text.push_str("\\^{}"),
            '−' => text.push_str("$-$"),
            '·' => text.push_str("$\\cdot$"),
            '>' => text.push_str("$>$"),
            '<' => text.push_str("$<$"),
            _ => text.push(c),
        }
    }
    text + "}"
}

/// A part of a product or what is subtracted: in parentheses if it is a sum.
fn factor(term: &Term) -> String {
    if term.is_open() { format!("({})", write(term)) } else { write(term) }
}

fn summand(term: &Term) -> String {
    if term.is_open_in_sum() { factor(term) } else { write(term) }
}

fn power(base: &Term, exponent: usize) -> String {
    match (base, exponent) {
        (_, 1) => factor(base),
        (Term::Letter(letter), _) => self::letter(*letter, exponent),
        (Term::Quotient(..), _) => format!("\\left({}\\right)^{{{exponent}}}", write(base)),
        _ => format!("{}^{{{exponent}}}", factor(base)),
    }
}

fn rounded(bracket: &str, a: &Term, b: &Term) -> String {
    format!("\\left\\l{bracket}\\frac{{{}}}{{{}}}\\right\\r{bracket}", write(a), write(b))
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::text::Language;
    use crate::working::Factor;

    /// Other signs would have to be escaped, too.
    #[test]
    fn words_of_factors_are_plain() {
        for factor in Factor::ALL {
            for language in [Language::English, Language::Chinese] {
                let word = factor.get(language);
                let is_plain = |c: char| {
                    c.is_alphanumeric() || c == ' ' || "^−·><+/=".contains(c) || (c as u32) > 0x2E80
                };
                assert!(word.chars().all(is_plain), "{word}");
            }
        }
        assert_eq!(words("e^−x"), r"\text{e\^{}$-$x}");
    }
}
