//! The arithmetic behind a number: named factors that evaluate to it and print as a line of lecture notes.
//!
//! A count *is* the value of its working, so what is explained and what is reported cannot disagree.

use std::fmt::Write;

use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text::Language;

mod factor;

pub use factor::Factor;

/// A formula over whole numbers that knows the names of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Working {
    /// A number that stands for itself.
    Number(u128),
    /// A part with a name: the name stands in the formula, the value in its substitution.
    Named(Factor, Box<Working>),
    /// `a · b · …`; a run of equal factors of one name is shown as a power.
    Product(Vec<Working>),
    /// `a + b + …`
    Sum(Vec<Working>),
    /// `a − b`, never negative.
    Difference(Box<Working>, Box<Working>),
    /// `⌊a / b⌋`
    Floor(Box<Working>, Box<Working>),
    /// `⌈a / b⌉`
    Ceiling(Box<Working>, Box<Working>),
}

/// How a working is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notation {
    /// Unicode text: `5²·28²·192·32`.
    Text,
    /// LaTeX, for math mode: `5^{2} \cdot 28^{2}`.
    Latex,
}

/// Which side of `formula = substitution` is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Names, in a language.
    Names(Language),
    Values,
}

impl Working {
    /// A named number.
    pub fn named(name: Factor, value: impl Into<u128>) -> Self {
        Self::Named(name, Box::new(Self::Number(value.into())))
    }

    /// How many times something is done, step by step: `squares + scaling = 1 + 1`.
    pub fn steps(steps: &[(Factor, u64)]) -> Self {
        match steps {
            [(name, count)] => Self::named(*name, *count),
            steps => Self::Sum(steps.iter().map(|&(name, count)| Self::named(name, count)).collect()),
        }
    }

    /// The elements of one sample of `shape`, under the name [`Factor::OutputElements`] or the like.
    pub fn elements(name: Factor, shape: &Shape) -> Self {
        Self::sizes(name, shape.dims())
    }

    /// Some sizes of a tensor as one factor with a name: `output height·width = 28²`.
    pub fn sizes(name: Factor, sizes: &[u64]) -> Self {
        Self::Product(sizes.iter().map(|&size| Self::Number(size.into())).collect()).called(name)
    }

    /// Gives the whole a name.
    #[must_use]
    pub fn called(self, name: Factor) -> Self {
        Self::Named(name, Box::new(self))
    }

    /// `self · other`
    #[must_use]
    pub fn by(self, other: Self) -> Self {
        let mut factors = match self {
            Self::Product(factors) => factors,
            single @ (Self::Number(_)
            | Self::Named(..)
            | Self::Sum(_)
            | Self::Difference(..)
            | Self::Floor(..)
            | Self::Ceiling(..)) => vec![single],
        };
        factors.push(other);
        Self::Product(factors)
    }

    /// `self + other`
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::Sum(vec![self, other])
    }

    /// `self − other`
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self::Difference(Box::new(self), Box::new(other))
    }

    /// The number this works out to.
    pub fn evaluate(&self) -> Result<u128, Overflow> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Named(_, value) => value.evaluate(),
            Self::Product(factors) => factors
                .iter()
                .try_fold(1u128, |product, factor| product.checked_mul(factor.evaluate()?).ok_or(Overflow)),
            Self::Sum(terms) => {
                terms.iter().try_fold(0u128, |sum, term| sum.checked_add(term.evaluate()?).ok_or(Overflow))
            }
            Self::Difference(a, b) => a.evaluate()?.checked_sub(b.evaluate()?).ok_or(Overflow),
            Self::Floor(a, b) => a.evaluate()?.checked_div(b.evaluate()?).ok_or(Overflow),
            Self::Ceiling(a, b) => {
                let (a, b) = (a.evaluate()?, b.evaluate()?);
                if b == 0 { Err(Overflow) } else { Ok(a.div_ceil(b)) }
            }
        }
    }

    /// The formula in English names: `kernel² · output height·width · in · out`.
    pub fn formula(&self, notation: Notation) -> String {
        self.formula_in(Language::English, notation)
    }

    /// The formula in the names of a language: `核² · 输出高·宽 · 输入通道 · 输出通道`.
    pub fn formula_in(&self, language: Language, notation: Notation) -> String {
        self.written(notation, Side::Names(language))
    }

    /// The formula with the numbers in their places: `5²·28²·192·32`.
    pub fn substitution(&self, notation: Notation) -> String {
        self.written(notation, Side::Values)
    }

    fn written(&self, notation: Notation, side: Side) -> String {
        let mut text = String::new();
        self.write(&mut text, notation, side);
        text
    }

    fn write(&self, text: &mut String, notation: Notation, side: Side) {
        match self {
            Self::Number(number) => text.push_str(&notation.number(*number)),
            Self::Named(name, value) => match side {
                Side::Names(language) => text.push_str(&notation.name(name.get(language))),
                Side::Values => value.write(text, notation, side),
            },
            Self::Product(factors) => Self::write_product(factors, text, notation, side),
            Self::Sum(terms) => Self::write_sum(terms, text, notation, side),
            Self::Difference(a, b) => {
                a.write(text, notation, side);
                text.push_str(if notation == Notation::Text { " − " } else { " - " });
                b.write_factor(text, notation, side);
            }
            Self::Floor(a, b) => Self::write_rounded(("⌊", "⌋", "floor"), a, b, text, notation, side),
            Self::Ceiling(a, b) => Self::write_rounded(("⌈", "⌉", "ceil"), a, b, text, notation, side),
        }
    }

    /// Writes terms one after another, and many equal ones as a product: `118,784 + 12 · 7,087,872`.
    fn write_sum(terms: &[Self], text: &mut String, notation: Notation, side: Side) {
        const MANY: usize = 4;
        let is_one = |term: &Self| *term.shown(Side::Values) == Self::Number(1);
        let alike = |a: &Self, b: &Self| a.shown(side) == b.shown(side) && !is_one(a);
        for (index, run) in terms.chunk_by(alike).enumerate() {
            text.push_str(if index > 0 { " + " } else { "" });
            if run.len() >= MANY {
                text.push_str(&notation.number(run.len() as u128));
                text.push_str(notation.times(side));
                run[0].write_factor(text, notation, side);
                continue;
            }
            for (index, term) in run.iter().enumerate() {
                text.push_str(if index > 0 { " + " } else { "" });
                term.write(text, notation, side);
            }
        }
    }

    fn write_product(factors: &[Self], text: &mut String, notation: Notation, side: Side) {
        let flat = Self::flattened(factors, side);
        for (index, run) in flat.chunk_by(|a, b| a == b).enumerate() {
            if index > 0 {
                text.push_str(notation.times(side));
            }
            run[0].write_factor(text, notation, side);
            text.push_str(&notation.power(run.len()));
        }
        if flat.is_empty() {
            text.push('1');
        }
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

    /// Writes a part of a product or what is subtracted: in parentheses if it is a sum.
    fn write_factor(&self, text: &mut String, notation: Notation, side: Side) {
        let open = matches!(self.shown(side), Self::Sum(_) | Self::Difference(..));
        if open {
            text.push('(');
        }
        self.write(text, notation, side);
        if open {
            text.push(')');
        }
    }

    fn write_rounded(
        (open, close, latex): (&str, &str, &str),
        a: &Self,
        b: &Self,
        text: &mut String,
        notation: Notation,
        side: Side,
    ) {
        match notation {
            Notation::Text => {
                text.push_str(open);
                a.write_factor(text, notation, side);
                text.push('/');
                b.write_factor(text, notation, side);
                text.push_str(close);
            }
            Notation::Latex => {
                let (a, b) = (a.written(notation, side), b.written(notation, side));
                let _ = write!(text, "\\left\\l{latex}\\frac{{{a}}}{{{b}}}\\right\\r{latex}");
            }
        }
    }
}

impl Notation {
    /// A whole number with its thousands apart: `120,422,400`.
    pub fn number(self, number: u128) -> String {
        let separator = match self {
            Self::Text => ",",
            Self::Latex => "{,}",
        };
        grouped(number, separator)
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Text => name.to_owned(),
            Self::Latex => format!("\\text{{{name}}}"),
        }
    }

    fn times(self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Text, Side::Names(_)) => " · ",
            (Self::Text, Side::Values) => "·",
            (Self::Latex, _) => " \\cdot ",
        }
    }

    fn power(self, exponent: usize) -> String {
        match (self, exponent) {
            (_, 1) => String::new(),
            (Self::Text, _) => superscript(exponent),
            (Self::Latex, _) => format!("^{{{exponent}}}"),
        }
    }
}

/// The digits of `number` in groups of three.
pub fn grouped(number: u128, separator: &str) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convolution() -> Working {
        let kernel = Working::named(Factor::Kernel, 5u128);
        let output = Working::Product(vec![Working::Number(28); 2]).called(Factor::OutputArea);
        Working::Product(vec![kernel.clone(), kernel])
            .by(output)
            .by(Working::named(Factor::InChannels, 192u128))
            .by(Working::named(Factor::OutChannels, 32u128))
    }

    #[test]
    fn a_product_reads_as_on_the_slide() {
        let macs = convolution();
        assert_eq!(macs.evaluate(), Ok(120_422_400));
        assert_eq!(macs.formula(Notation::Text), "kernel² · output height·width · in · out");
        let chinese = macs.formula_in(Language::Chinese, Notation::Text);
        assert_eq!(chinese, "核² · 输出高·宽 · 输入通道 · 输出通道");
        assert_eq!(macs.substitution(Notation::Text), "5²·28²·192·32");
        assert_eq!(macs.substitution(Notation::Latex), r"5^{2} \cdot 28^{2} \cdot 192 \cdot 32");
    }

    #[test]
    fn an_output_size_reads_as_on_the_slide() {
        let number = |value: u128| Working::Number(value);
        let span = number(28).and(number(2).by(Working::named(Factor::Padding, 2u128))).less(number(5));
        let size = Working::Floor(Box::new(span), Box::new(number(1))).and(number(1));
        assert_eq!(size.substitution(Notation::Text), "⌊(28 + 2·2 − 5)/1⌋ + 1");
        assert_eq!(size.evaluate(), Ok(28));
    }

    #[test]
    fn sums_inside_products_keep_their_parentheses() {
        let k = Working::named(Factor::Kernel, 9u128).less(Working::Number(1));
        let count = Working::named(Factor::N, 2u128).by(k);
        assert_eq!(count.formula(Notation::Text), "n · (kernel − 1)");
        assert_eq!(count.substitution(Notation::Text), "2·(9 − 1)");
        assert_eq!(count.evaluate(), Ok(16));
    }

    /// A factor that is called as another is taken for it in a power only if it is the same.
    #[test]
    fn every_factor_has_words() {
        for factor in Factor::ALL {
            let words = [Language::English, Language::Chinese].map(|language| factor.get(language));
            assert!(words.iter().all(|words| !words.is_empty()), "{factor:?}");
        }
    }

    #[test]
    fn overflow_is_an_error() {
        let huge = Working::Number(u128::MAX);
        assert_eq!(huge.clone().by(Working::Number(2)).evaluate(), Err(Overflow));
        assert_eq!(Working::Number(1).less(huge).evaluate(), Err(Overflow));
    }
}
