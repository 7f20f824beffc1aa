//! Statements about networks, and whether they hold.
//!
//! A statement compares two figures: `direct:macs / bottleneck:macs ~ 9.7`. `~` holds if the figure, rounded or cut at the
//! last digit that is written, is what is written.
//!
//! ```
//! use cnncost::source::{Choice, Claims};
//!
//! let text = "networks = { net = 'lenet5' }\n\
//!             claims = [{ expect = 'net:params ~ 61.7K' }, { expect = 'net:c3.macs < 200K' }]";
//! let claims = Claims::parse("notes.toml", text)?;
//! let reports = claims.check(&Choice::default(), &mut vec![])?;
//! let passed: Vec<bool> = reports[0].results.iter().map(|(_, checked)| checked.passes()).collect();
//! assert_eq!(passed, [true, false]);
//! assert!(!reports[0].passes());
//! # Ok::<(), cnncost::error::ReadError>(())
//! ```

use std::collections::BTreeMap;

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Zero};

use crate::analyze::roofline::{Device, Fit};
use crate::convention::figure::Quantity;
use crate::error::{Code, Diagnostic, Source};
use crate::read::description::Claim;
use crate::read::expression::{Expression, Failure, Rational, Value as Expressed};
use crate::subject::Subject;
use crate::text;
use crate::text::Text;

mod compare;
mod found;
pub mod metric;
mod slip;
pub mod statement;

use compare::compare;
pub use found::Found;
pub use slip::Slips;
use statement::{ClaimedFigure, Comparison, Literal, Operator, Statement, Term, TermKind};

/// What a figure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(Rational),
    /// Sizes: a shape, or a receptive field.
    Sizes(Vec<i128>),
    /// Whether something is so.
    Truth(bool),
    /// It cannot be told, and this is why.
    Unknown(Text),
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It holds.
    Holds(Reading),
    /// It does not hold.
    Fails,
    /// It does not hold, as its `erratum` says.
    KnownWrong,
    /// It holds, though its `erratum` says that it is wrong.
    NotWrong,
    /// Its working comes to another number than its figure.
    WrongWorking(Rational),
    /// It cannot be told whether it holds, and this is why.
    Undecided(Text),
}

/// How a figure is what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading {
    /// By its comparison alone, which is not `~`.
    Plain,
    /// To the last digit.
    Exactly,
    /// Rounded at the last digit written.
    Rounded,
    /// Cut at the last digit written.
    Cut,
    /// Within what `within` allows.
    Within,
}

/// A claim and what became of it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What became of it.
    pub verdict: Verdict,
    /// What the left side comes to.
    pub left: Value,
    /// What the right side comes to.
    pub right: Value,
    /// Whether the right side is written out, and the left computed; the other way round otherwise.
    pub is_right_written: bool,
    /// How the sides compare. Of a range both sides and this are those of the bound that is not kept, or else of the first.
    pub comparison: Comparison,
    /// What the figure counts, where that is known.
    pub quantity: Option<Quantity>,
    /// The slip that probably led to what is claimed, where one is known.
    pub slip: Option<Text>,
    /// What is needed of the device, where it is asked whether that holds the network.
    pub fit: Option<Fit>,
}

impl Checked {
    /// Whether all is as it should be.
    pub fn passes(&self) -> bool {
        self.verdict.passes()
    }
}

impl Verdict {
    /// Whether all is as it should be.
    pub fn passes(&self) -> bool {
        matches!(self, Self::Holds(_) | Self::KnownWrong)
    }

    /// The name that stands in data.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Holds(_) => "holds",
            Self::Fails => "fails",
            Self::KnownWrong => "known wrong",
            Self::NotWrong => "not wrong",
            Self::WrongWorking(_) => "wrong working",
            Self::Undecided(_) => "undecided",
        }
    }
}

impl Reading {
    /// The name that stands in reports.
    pub fn name(self) -> Text {
        match self {
            Self::Plain => text!("", ""),
            Self::Exactly => text!("exactly", "完全相等"),
            Self::Rounded => text!("rounded", "四舍五入"),
            Self::Cut => text!("cut", "截断"),
            Self::Within => text!("within what is allowed", "在允许范围内"),
        }
    }
}

/// The claims of one file and what became of them.
#[derive(Debug)]
pub struct Report<'c> {
    /// What the file calls itself.
    pub title: String,
    /// The file.
    pub source: &'c Source,
    /// Whether its networks are counted as they are deployed, rather than their graphs.
    pub is_deployed: bool,
    /// Each claim.
    pub results: Vec<(&'c Claim, Checked)>,
}

impl Report<'_> {
    /// How many claims are not as they should be.
    pub fn failures(&self) -> usize {
        self.results.iter().filter(|(_, checked)| !checked.passes()).count()
    }

    /// Whether all are.
    pub fn passes(&self) -> bool {
        self.failures() == 0
    }
}

/// What claims speak of.
#[derive(Debug, Default)]
pub struct Known {
    /// The networks, by the alias that claims use; `None` for figures without one.
    pub networks: BTreeMap<Option<String>, Subject>,
    /// The devices, by what claims call them.
    pub devices: BTreeMap<String, Device>,
    /// What was found in these: other networks and devices want another of it.
    pub found: Found,
}

/// A claim with its statement read.
#[derive(Debug)]
pub struct Parsed<'c> {
    /// The claim as it stands in the file.
    pub claim: &'c Claim,
    statement: Statement,
    working: Option<Rational>,
    within: Option<Literal>,
}

impl Parsed<'_> {
    /// The aliases of the networks it speaks of.
    pub fn aliases(&self) -> impl Iterator<Item = &Option<String>> {
        self.statement.figures().map(|figure| &figure.alias)
    }

    /// The devices it speaks of.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.statement.figures().filter_map(|figure| figure.device.as_deref())
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }
}

/// Reads the statement of a claim, its working and its tolerance; every mistake is in the error.
pub fn parse<'c>(claim: &'c Claim, source: &Source) -> Result<Parsed<'c>, Vec<Diagnostic>> {
    let at = |name: &crate::read::description::Name, failure: statement::Misread| {
        Diagnostic::new(Code::Claim, failure.failure.message, name.place(source, failure.span))
            .help(failure.failure.help)
    };
    let mut mistakes = vec![];
    let statement = statement::parse(&claim.expect.text).map_err(|failure| at(&claim.expect, failure));
    let working = claim
        .working
        .as_ref()
        .map(|working| evaluate_working(&working.text).map_err(|failure| at(working, failure)));
    let within = claim
        .within
        .as_ref()
        .map(|within| statement::literal(&within.text).map_err(|failure| at(within, failure)));
    let statement = statement.map_err(|mistake| mistakes.push(mistake)).ok();
    let mut keep = |mistake| mistakes.push(mistake);
    let working = working.transpose().unwrap_or_else(|mistake| {
        keep(mistake);
        None
    });
    let within = within.transpose().unwrap_or_else(|mistake| {
        keep(mistake);
        None
    });
    if let (Some(statement), Some(written)) = (&statement, &claim.within)
        && !matches!(statement.comparison, Comparison::Equal | Comparison::About)
    {
        let message = text!("`within` goes with `==` and `~`", "`within` 只用于 `==` 与 `~`");
        mistakes.push(Diagnostic::new(Code::Claim, message, written.span.clone()));
    }
    match statement {
        Some(statement) if mistakes.is_empty() => Ok(Parsed { claim, statement, working, within }),
        Some(_) | None => Err(mistakes),
    }
}

/// A working stands on its own: it names nothing.
fn evaluate_working(text: &str) -> Result<Rational, statement::Misread> {
    struct Nothing;

    impl crate::read::expression::Scope for Nothing {
        fn name(&self, name: &str) -> Result<Expressed, Failure> {
            Err(text!("a working is in numbers, and `{name}` is none", "算式只含数字,`{name}` 不是").into())
        }

        fn dim(&self, _: i128) -> Result<u64, Failure> {
            Err(text!("a working has no dimensions", "算式中没有维度").into())
        }
    }

    let misread = |error: crate::read::expression::ExpressionError| statement::Misread {
        span: error.span,
        failure: error.failure,
    };
    match Expression::parse(text).and_then(|working| working.evaluate(&Nothing)).map_err(misread)? {
        Expressed::Number(number) => Ok(number),
        other @ (Expressed::Boolean(_) | Expressed::Word(_) | Expressed::List(_)) => {
            Err(statement::Misread {
                span: 0..text.len(),
                failure: text!("a working is a number, not {other}", "算式应为数,而不是 {other}").into(),
            })
        }
    }
}

/// Whether a claim holds, and the slip that it probably is if it does not.
pub fn check(
    parsed: &Parsed,
    known: &Known,
    source: &Source,
    slips: &Slips<'_>,
) -> Result<Checked, Diagnostic> {
    let name = &parsed.claim.expect;
    let misread = |misread: statement::Misread| {
        Diagnostic::new(Code::Claim, misread.failure.message, name.place(source, misread.span))
            .help(misread.failure.help)
    };
    let held = hold(&parsed.statement, parsed.within.as_ref(), known).map_err(misread)?;
    let Held { statement, left, right, reading } = held;
    let undecided = undecided(&parsed.statement, known, [&left, &right]);
    let figure = if statement.is_left_written() { &right } else { &left };
    let verdict = match (undecided, reading, &parsed.claim.erratum) {
        (Some(why), _, _) => Verdict::Undecided(why),
        (None, Some(_), Some(_)) => Verdict::NotWrong,
        (None, None, Some(_)) => Verdict::KnownWrong,
        (None, None, None) => Verdict::Fails,
        (None, Some(reading), None) => match (&parsed.working, figure) {
            (Some(working), Value::Number(figure)) if working != figure => Verdict::WrongWorking(*working),
            _ => Verdict::Holds(reading),
        },
    };
    let slip = match verdict {
        Verdict::Fails | Verdict::KnownWrong => slip::likely(statement, known, (&left, &right), slips),
        Verdict::Holds(_) | Verdict::NotWrong | Verdict::WrongWorking(_) | Verdict::Undecided(_) => None,
    };
    let is_right_written = !statement.is_left_written();
    let side = if is_right_written { &statement.left } else { &statement.right };
    let (comparison, quantity) = (statement.comparison, side.quantity());
    let fit = statement.figures().find_map(|figure| metric::fit(figure, known));
    Ok(Checked { verdict, left, right, is_right_written, comparison, quantity, slip, fit })
}

/// Why it cannot be told whether a statement holds, if it cannot.
fn undecided(statement: &Statement, known: &Known, sides: [&Value; 2]) -> Option<Text> {
    let is_partial = statement.figures().any(|figure| {
        known.networks.get(&figure.alias).is_some_and(|subject| metric::is_partial(subject, figure))
    });
    if is_partial {
        return Some(text!(
            "operators are missing from the figure whose cost is not known",
            "指标缺少运算量未知的算子"
        ));
    }
    sides.into_iter().find_map(|side| match side {
        Value::Unknown(why) => Some(why.clone()),
        Value::Number(_) | Value::Sizes(_) | Value::Truth(_) => None,
    })
}

/// A comparison, what its sides come to, and how it holds, if it does.
struct Held<'s> {
    statement: &'s Statement,
    left: Value,
    right: Value,
    reading: Option<Reading>,
}

/// Whether a statement holds; of a range, the bound that decides it.
fn hold<'s>(
    statement: &'s Statement,
    within: Option<&Literal>,
    known: &Known,
) -> Result<Held<'s>, statement::Misread> {
    let value = |term: &Term| evaluate(term, &|figure| figure_value(figure, known));
    let (left, right) = (value(&statement.left)?, value(&statement.right)?);
    let reading = compare(statement, &left, &right, within)?;
    let first = Held { statement, left, right, reading };
    match &statement.and {
        Some(and) if first.reading.is_some() => {
            let second = hold(and, within, known)?;
            Ok(if second.reading.is_some() { first } else { second })
        }
        Some(_) | None => Ok(first),
    }
}

/// What a figure of a claim comes to.
pub fn figure_value(figure: &ClaimedFigure, known: &Known) -> Result<Value, statement::Misread> {
    let misread = |failure: Failure| statement::Misread { span: figure.span.clone(), failure };
    let subject = known.networks.get(&figure.alias).ok_or_else(|| {
        let alias = figure.alias.as_deref().unwrap_or_default();
        misread(text!("there is no network `{alias}`", "没有网络 `{alias}`").into())
    })?;
    known.found.value(figure, || metric::value(subject, figure, known)).map_err(misread)
}

/// What a side comes to.
fn evaluate(
    term: &Term,
    value: &dyn Fn(&ClaimedFigure) -> Result<Value, statement::Misread>,
) -> Result<Value, statement::Misread> {
    let misread = |message: Text| statement::Misread { span: term.span.clone(), failure: message.into() };
    match &term.kind {
        TermKind::Literal(literal) => Ok(Value::Number(literal.value)),
        TermKind::Sizes(sizes) => Ok(Value::Sizes(sizes.clone())),
        TermKind::Truth(truth) => Ok(Value::Truth(*truth)),
        TermKind::Figure(figure) => value(figure),
        TermKind::Operation(operator, left, right) => {
            let (a, b) = match (evaluate(left, value)?, evaluate(right, value)?) {
                (Value::Number(a), Value::Number(b)) => (a, b),
                (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_)) => return Ok(unknown),
                (Value::Number(_) | Value::Sizes(_) | Value::Truth(_), _) => {
                    return Err(misread(text!("only numbers can be calculated with", "只有数可以参与运算")));
                }
            };
            let result = match operator {
                Operator::Add => a.checked_add(&b),
                Operator::Subtract => a.checked_sub(&b),
                Operator::Multiply => a.checked_mul(&b),
                Operator::Divide if b.is_zero() => {
                    return Err(misread(text!("division by zero", "除数为零")));
                }
                Operator::Divide => a.checked_div(&b),
            };
            // Of the least number there is no negative.
            let result = result.filter(|number| *number.numer() != i128::MIN).map(Value::Number);
            result.ok_or_else(|| misread(text!("the result does not fit 127 bits", "结果超出 127 位")))
        }
    }
}
