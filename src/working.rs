//! The arithmetic behind a number: named factors that evaluate to it and print as a line of lecture notes.
//!
//! A count *is* the value of its working, so what is explained and what is reported cannot disagree.

use crate::counts::Overflow;
use crate::shape::Shape;

mod factor;
mod latex;
mod letter;
mod mathml;
mod plain;
mod written;

pub use factor::Factor;
pub use letter::{Letter, Symbol};
pub(crate) use plain::superscript;
pub use written::Notation;

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

    /// The same, with its factors called as `name` says.
    #[must_use]
    pub fn renamed(self, name: &impl Fn(Factor) -> Factor) -> Self {
        self.replaced(&|factor, value| value.called(name(factor)))
    }

    /// The same, with `by` of each factor and its value in that factor's place.
    #[must_use]
    pub fn replaced(self, by: &impl Fn(Factor, Self) -> Self) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.replaced(by)).collect();
        let one = |part: Box<Self>| Box::new(part.replaced(by));
        match self {
            Self::Number(number) => Self::Number(number),
            Self::Named(factor, value) => by(factor, value.replaced(by)),
            Self::Product(factors) => Self::Product(all(factors)),
            Self::Sum(terms) => Self::Sum(all(terms)),
            Self::Difference(a, b) => Self::Difference(one(a), one(b)),
            Self::Floor(a, b) => Self::Floor(one(a), one(b)),
            Self::Ceiling(a, b) => Self::Ceiling(one(a), one(b)),
        }
    }

    /// What stands in it under a name, the first if there are several.
    pub fn under(&self, name: Factor) -> Option<&Self> {
        match self {
            Self::Number(_) => None,
            Self::Named(factor, value) if *factor == name => Some(value),
            Self::Named(_, value) => value.under(name),
            Self::Product(parts) | Self::Sum(parts) => parts.iter().find_map(|part| part.under(name)),
            Self::Difference(a, b) | Self::Floor(a, b) | Self::Ceiling(a, b) => {
                a.under(name).or_else(|| b.under(name))
            }
        }
    }

    /// The letters that stand in its formula, each once, in the order of a legend.
    pub fn letters(&self) -> Vec<Letter> {
        let mut letters = vec![];
        self.gather(&mut letters);
        letters.sort_unstable();
        letters.dedup();
        letters
    }

    fn gather(&self, letters: &mut Vec<Letter>) {
        match self {
            Self::Number(_) => {}
            Self::Named(factor, _) => {
                if let Some(symbol) = factor.symbol() {
                    letters.extend(symbol.product.iter().copied().chain(symbol.divisor));
                }
            }
            Self::Product(parts) | Self::Sum(parts) => parts.iter().for_each(|part| part.gather(letters)),
            Self::Difference(a, b) | Self::Floor(a, b) | Self::Ceiling(a, b) => {
                a.gather(letters);
                b.gather(letters);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;

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
        let letters = |notation| macs.in_letters(Language::Chinese, notation);
        assert_eq!(letters(Notation::Text), "K²·H·W·C_in·C_out");
        assert_eq!(
            letters(Notation::Latex),
            r"K^{2} \cdot H \cdot W \cdot C_{\text{in}} \cdot C_{\text{out}}"
        );
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

    #[test]
    fn words_among_letters_are_set_apart() {
        let letters = |working: &Working| working.in_letters(Language::English, Notation::Text);
        let said = |name| Working::named(name, 1u128);
        let steps = Working::named(Factor::Steps, 5u128);
        assert_eq!(letters(&said(Factor::InputAndState).by(steps)), "(input and state)·T");
        let signs = said(Factor::Positive).and(said(Factor::BelowZero)).and(said(Factor::OneMore));
        assert_eq!(letters(&signs), "(x > 0) + (x < 0) + one more");
        assert_eq!(letters(&said(Factor::InputAndState)), "input and state");
    }

    /// A parameter of five sizes is no fifth power.
    #[test]
    fn different_sizes_are_no_power_of_a_letter() {
        let sizes = [(Factor::FirstSize, 2u128), (Factor::SecondSize, 3), (Factor::ThirdSize, 2)];
        let count = Working::Product(sizes.map(|(name, size)| Working::named(name, size)).to_vec());
        assert_eq!(count.in_letters(Language::English, Notation::Text), "X_1·X_2·X_3");
        let same = [3u128, 4].map(|size| Working::named(Factor::Size, size)).to_vec();
        assert_eq!(Working::Product(same).in_letters(Language::English, Notation::Text), "size·size");
    }

    #[test]
    fn channels_of_a_group_are_a_fraction() {
        let of_group = Working::named(Factor::InChannelsOfGroup, 4u128);
        let product = of_group.clone().by(Working::named(Factor::OutChannels, 128u128));
        let written = |working: &Working, notation| working.in_letters(Language::English, notation);
        assert_eq!(written(&product, Notation::Text), "C_in/G·C_out");
        assert_eq!(written(&product, Notation::Latex), r"\frac{C_{\text{in}}}{G} \cdot C_{\text{out}}");
        assert_eq!(written(&of_group.clone().by(of_group.clone()), Notation::Text), "(C_in/G)²");
        let mathml = written(&of_group, Notation::MathMl);
        assert_eq!(mathml, "<mfrac><msub><mi>C</mi><mi>in</mi></msub><mi>G</mi></mfrac>");
        assert_eq!(product.letters(), [Letter::ChannelsIn, Letter::ChannelsOut, Letter::Groups]);
    }

    #[test]
    fn what_counts_steps_or_sums_is_said_in_words_and_all_else_in_letters() {
        let words = [Factor::Single, Factor::ToTheirPlace, Factor::Gcd];
        let parts = [Factor::Query, Factor::Key, Factor::Value, Factor::Scores, Factor::Softmax];
        for &factor in Factor::ALL {
            let is_said = words.contains(&factor)
                || parts.contains(&factor)
                || (Factor::Reset..=Factor::Threshold).contains(&factor)
                || (Factor::Macs..=Factor::Buffers).contains(&factor);
            assert_eq!(factor.symbol().is_none(), is_said, "{factor:?}");
        }
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
