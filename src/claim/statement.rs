//! The language of claims: a figure, a comparison, a figure; or a range, or what is true of a device.

use std::ops::Range;

use crate::read::expression::{Failure, Rational};
use crate::text;
use crate::text::Text;

use super::metric::ClaimMetric;
use crate::convention::figure::Quantity;
use crate::convention::numeral::{Start, read};

mod remedy;
mod units;
mod words;
mod written;

use words::{Spanned, Word, words};
use written::literal_of;

/// Two sides and how they compare.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Before the comparison.
    pub left: Term,
    /// How the sides compare.
    pub comparison: Comparison,
    /// After it.
    pub right: Term,
    /// The other bound of a range, `3.8G <= macs <= 4.2G`: its left side is the right one here.
    pub and: Option<Box<Statement>>,
}

/// How two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `~`
    About,
}

/// A side, or a part of one.
#[derive(Clone, Debug)]
pub struct Term {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// What it is.
    pub kind: TermKind,
}

/// What a [`Term`] is.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// A number that is written out.
    Literal(Literal),
    /// Sizes that are written out: `[256, 28, 28]`.
    Sizes(Vec<i128>),
    /// Whether what a figure asks is to be true.
    Truth(bool),
    /// A figure of a network.
    Figure(ClaimedFigure),
    /// Two parts joined by an operator.
    Operation(Operator, Box<Term>, Box<Term>),
}

/// How two parts are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its value.
    pub value: Rational,
    /// What its last digit counts: a million in `120M`, a tenth in `9.7`.
    pub last_digit: Rational,
    /// What it counts, if its unit says so.
    pub of: Option<Quantity>,
    /// Whether its unit is `B` alone, which may be a billion or a byte.
    pub is_b: bool,
}

/// A figure of a network: `[alias:][path.][device.]metric`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedFigure {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// The network, if it is named.
    pub alias: Option<String>,
    /// The layer or box; the whole network without one.
    pub path: Option<String>,
    /// The device that it is asked about, for a figure of one.
    pub device: Option<String>,
    /// What is asked of it.
    pub metric: ClaimMetric,
}

/// Why a statement cannot be read, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// What is wrong there.
    pub failure: Failure,
}

impl Statement {
    /// The figures it speaks of.
    pub fn figures(&self) -> impl Iterator<Item = &ClaimedFigure> {
        let mut rest = vec![&self.right, &self.left];
        if let Some(and) = &self.and {
            rest.insert(0, &and.right);
        }
        std::iter::from_fn(move || {
            loop {
                match &rest.pop()?.kind {
                    TermKind::Figure(figure) => return Some(figure),
                    TermKind::Operation(_, left, right) => rest.extend([&**right, &**left]),
                    TermKind::Literal(_) | TermKind::Sizes(_) | TermKind::Truth(_) => {}
                }
            }
        })
    }

    /// Whether the left side is a number or a list of sizes that is written out.
    pub fn is_left_written(&self) -> bool {
        matches!(self.left.kind, TermKind::Literal(_) | TermKind::Sizes(_))
    }
}

impl Term {
    /// What it counts, where that is known: twice a time is a time, and a time by a time a plain number.
    pub fn quantity(&self) -> Option<Quantity> {
        let TermKind::Operation(operator, left, right) = &self.kind else {
            return match &self.kind {
                TermKind::Figure(figure) => figure.metric.quantity(),
                TermKind::Literal(literal) => literal.of,
                TermKind::Sizes(_) | TermKind::Truth(_) | TermKind::Operation(..) => None,
            };
        };
        let is_plain = |term: &Term| matches!(&term.kind, TermKind::Literal(literal) if literal.of.is_none());
        match operator {
            Operator::Add | Operator::Subtract => {
                left.quantity().filter(|of| right.quantity() == Some(*of) || is_plain(right))
            }
            Operator::Multiply if is_plain(left) => right.quantity(),
            Operator::Multiply | Operator::Divide => left.quantity().filter(|_| is_plain(right)),
        }
    }
}

/// Reads a statement.
pub fn parse(text: &str) -> Result<Statement, Misread> {
    let mut words = Words { text, at: 0, all: words(text)? };
    let statement = words.statement()?;
    units::check(&statement)?;
    Ok(statement)
}

/// Reads a number above 0 with its unit: `2%`, `1.5M`.
pub fn literal(text: &str) -> Result<Literal, Misread> {
    let trimmed = text.trim();
    let read = match read(trimmed) {
        Some(Start::Number(numeral, end)) if end == trimmed.len() => literal_of(numeral, false),
        Some(Start::Number(..) | Start::TooLong(_)) | None => None,
    };
    // What is counted is said by the figure.
    read.filter(|literal| literal.of.is_none()).ok_or_else(|| {
        let message = if trimmed.starts_with(['-', '−']) {
            text!("`{trimmed}` is below 0", "`{trimmed}` 小于 0")
        } else {
            text!("`{trimmed}` is no number", "`{trimmed}` 不是数")
        };
        misread(0..text.len(), message, ("as in 2%", "例如 2%"))
    })
}

const COMPARISONS: (&str, &str) = ("it is one of ==, !=, <, <=, >, >=, ~", "可用 ==、!=、<、<=、>、>=、~");
const OPERATORS: (&str, &str) =
    ("figures and numbers are put together with +, -, *, /", "指标与数之间用 +、-、*、/ 连接");

fn misread(span: Range<usize>, message: Text, (english, chinese): (&str, &str)) -> Misread {
    let help = Text { english: english.to_owned(), chinese: chinese.to_owned() };
    Misread { span, failure: Failure::from(message).with_help(help) }
}

/// The words of a statement, read one after the other.
struct Words<'t> {
    text: &'t str,
    at: usize,
    all: Vec<Spanned>,
}

impl Words<'_> {
    fn next(&mut self) -> Option<Spanned> {
        let word = self.all.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    /// `macs ~ 4.1G`, `3.8G <= macs <= 4.2G`, `t4.fits`, `not t4.fits`.
    fn statement(&mut self) -> Result<Statement, Misread> {
        let is_not = matches!(self.all.first(), Some((_, Word::Not)));
        self.at += usize::from(is_not);
        let left = self.sum()?;
        let is_truth = matches!(&left.kind, TermKind::Figure(figure) if figure.metric.is_truth());
        let ends = self.at == self.all.len();
        if is_not || is_truth && ends {
            if !is_truth || !ends {
                let message =
                    text!("`not` stands before what is true or not", "`not` 之后应为可真可假的指标");
                let help = ("as in `not stm32h743.fits`", "例如 `not stm32h743.fits`");
                return Err(misread(left.span, message, help));
            }
            let right = Term { span: left.span.clone(), kind: TermKind::Truth(!is_not) };
            return Ok(Statement { left, comparison: Comparison::Equal, right, and: None });
        }
        let comparison = self.comparison()?;
        let right = self.sum()?;
        let and = match self.all.get(self.at) {
            Some((_, Word::Comparison(_))) => Some(Box::new(self.other_bound(comparison, &right)?)),
            _ => None,
        };
        match self.next() {
            Some((span, _)) => {
                Err(misread(span, text!("nothing may follow here", "此处之后不能再有内容"), OPERATORS))
            }
            None => Ok(Statement { left, comparison, right, and }),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, Misread> {
        if let Some((_, Word::Comparison(comparison))) = self.next() {
            return Ok(comparison);
        }
        let (span, found) = self.place_of_last();
        let message = text!("a comparison is missing{found}", "缺少比较运算符{found:#}");
        Err(misread(span, message, COMPARISONS))
    }

    /// What follows `3.8G <= macs`: both bounds of a range are `<` or `<=`, or both `>` or `>=`.
    fn other_bound(&mut self, first: Comparison, middle: &Term) -> Result<Statement, Misread> {
        let (place, _) = self.all[self.at].clone();
        let comparison = self.comparison()?;
        let is_range = match first {
            Comparison::Less | Comparison::AtMost => {
                matches!(comparison, Comparison::Less | Comparison::AtMost)
            }
            Comparison::More | Comparison::AtLeast => {
                matches!(comparison, Comparison::More | Comparison::AtLeast)
            }
            Comparison::Equal | Comparison::NotEqual | Comparison::About => false,
        };
        if !is_range {
            let message = text!("these two comparisons make no range", "这两个比较不构成区间");
            let help = ("a range is as in `3.8G <= macs <= 4.2G`", "区间写作 `3.8G <= macs <= 4.2G`");
            return Err(misread(place, message, help));
        }
        Ok(Statement { left: middle.clone(), comparison, right: self.sum()?, and: None })
    }

    fn operator(&mut self, among: &[Operator]) -> Option<Operator> {
        match self.all.get(self.at) {
            Some((_, Word::Operator(operator))) if among.contains(operator) => {
                self.at += 1;
                Some(*operator)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Result<Term, Misread> {
        self.chain(&[Operator::Add, Operator::Subtract], |words| {
            words.chain(&[Operator::Multiply, Operator::Divide], Self::part)
        })
    }

    fn chain(
        &mut self,
        among: &[Operator],
        part: impl Fn(&mut Self) -> Result<Term, Misread>,
    ) -> Result<Term, Misread> {
        let mut term = part(self)?;
        while let Some(operator) = self.operator(among) {
            let right = part(self)?;
            let span = term.span.start..right.span.end;
            term = Term { span, kind: TermKind::Operation(operator, Box::new(term), Box::new(right)) };
        }
        Ok(term)
    }

    fn part(&mut self) -> Result<Term, Misread> {
        match self.next() {
            Some((span, Word::Term(kind))) => Ok(Term { span, kind }),
            Some((span, Word::Open)) => {
                let term = self.sum()?;
                match self.next() {
                    Some((end, Word::Close)) => Ok(Term { span: span.start..end.end, ..term }),
                    _ => Err(Misread {
                        span,
                        failure: text!("this parenthesis is not closed", "此括号没有闭合").into(),
                    }),
                }
            }
            found => {
                let span = found.map_or(self.text.len()..self.text.len(), |(span, _)| span);
                let help = (
                    "a figure is as in `macs`, `direct:macs`, `3a/5x5.params`",
                    "指标如 `macs`、`direct:macs`、`3a/5x5.params`",
                );
                Err(misread(span, text!("a figure is missing here", "此处缺少指标"), help))
            }
        }
    }

    /// Where reading stopped, and what stands there.
    fn place_of_last(&self) -> (Range<usize>, Text) {
        match self.all.get(self.at.saturating_sub(1)) {
            Some((_, Word::Comparison(_))) | None => (self.text.len()..self.text.len(), text!("", "")),
            Some((span, _)) => (span.clone(), text!(" behind this", "(在此之后)")),
        }
    }
}

#[cfg(test)]
mod tests;
