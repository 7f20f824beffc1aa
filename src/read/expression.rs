//! The expression language of descriptions and claims: `if(i == 0, 2, 1)`, `make_divisible(16*width, 8)`, `5²·28²·192·32`.
//!
//! Text becomes an [`Expression`] once, and that is evaluated as often as a [`Scope`] asks. Numbers are exact fractions;
//! what would not fit is an error. An operator is a `Function` that is written between its arguments: every one of
//! them is a row of `OPERATORS` or `FUNCTIONS` and decides itself which of its arguments it evaluates.

use std::cmp::Ordering;
use std::fmt;
use std::mem::discriminant;
use std::ops::Range;
use std::sync::Arc;

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Zero};

use crate::text;
use crate::text::Text;

mod parse;
mod token;

pub(super) use token::is_numeral;
pub use token::number;

/// An exact number. The language refuses the numerator `i128::MIN`, so that negation cannot overflow.
pub type Rational = Ratio<i128>;

/// What an expression evaluates to. Displayed as it would be written: `28`, `3/2`, `true`, `'identity'`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Rational),
    /// `true` or `false`.
    Boolean(bool),
    /// A choice among words.
    Word(Arc<str>),
}

/// Where an expression's names get their values.
pub trait Scope {
    /// What `name` stands for here: a parameter, `i`, `in`, `h` or `w`.
    fn name(&self, name: &str) -> Result<Value, Failure>;
    /// The size of dimension `k` of the incoming tensor in PyTorch's numbering: batch = 0, negative from the end.
    fn dim(&self, k: i128) -> Result<u64, Failure>;
}

/// Why an expression could not be read or evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong.
    pub message: Text,
    /// What to do about it.
    pub help: Option<Text>,
}

/// A failure and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    /// Bytes in the expression's source; empty at its end if something is missing there.
    pub span: Range<usize>,
    /// What is wrong there.
    pub failure: Failure,
}

/// A parsed expression, or a part of one.
#[derive(Clone, Debug)]
pub struct Expression {
    span: Range<usize>,
    kind: Kind,
}

/// Words that a parameter may not be called: the language's own, and every function's name.
pub const RESERVED: &[&str] = &{
    const WORDS: [&str; 9] = ["in", "h", "w", "i", "input", "and", "or", "not", "true"];
    let mut reserved = ["false"; WORDS.len() + FUNCTIONS.len() + 1];
    let mut at = 0;
    while at < WORDS.len() + FUNCTIONS.len() {
        reserved[at] = if at < WORDS.len() { WORDS[at] } else { FUNCTIONS[at - WORDS.len()].name };
        at += 1;
    }
    reserved
};

impl Expression {
    /// Reads `source`, or says where it is not an expression.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        parse::parse(source).map_err(|error| *error)
    }

    /// The value in `scope`, or what stands in its way and where.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        self.value(scope).map_err(|error| *error)
    }

    fn value(&self, scope: &dyn Scope) -> Outcome {
        match &self.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Name(name) => scope.name(name).or_else(|failure| fail(&self.span, failure)),
            Kind::Call(function, arguments) => {
                (function.apply)(&Call { span: &self.span, name: function.name, arguments, scope })
            }
        }
    }

    /// The names it mentions, with repetitions; `dim` is among them if it is called, other functions are not.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut rest = vec![self];
        std::iter::from_fn(move || {
            loop {
                match &rest.pop()?.kind {
                    Kind::Constant(_) => {}
                    Kind::Name(name) => return Some(&**name),
                    Kind::Call(function, arguments) => {
                        rest.extend(arguments.iter().rev());
                        if function.name == "dim" {
                            return Some("dim");
                        }
                    }
                }
            }
        })
    }
}

impl Value {
    /// What it is called in a sentence, in English and Chinese.
    fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Value::Number(_) => ("number", "数"),
            Value::Boolean(_) => ("boolean", "布尔值"),
            Value::Word(_) => ("word", "词"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Boolean(boolean) => write!(f, "{boolean}"),
            Value::Word(word) => write!(f, "'{word}'"),
        }
    }
}

impl From<Text> for Failure {
    fn from(message: Text) -> Self {
        Failure { message, help: None }
    }
}

impl Failure {
    /// The same failure with advice.
    #[must_use]
    pub fn with_help(self, help: Text) -> Self {
        Failure { help: Some(help), ..self }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Constant(Value),
    Name(Box<str>),
    Call(&'static Function, Box<[Expression]>),
}

/// A function or an operator.
#[derive(Debug)]
struct Function {
    /// As it is written.
    name: &'static str,
    /// What it takes; a last `…` stands for any number more.
    parameters: &'static [&'static str],
    /// What it does with its arguments, which are not yet evaluated.
    apply: fn(&Call) -> Outcome,
}

/// How tightly an operator binds, from loosest to tightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Whole,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Negation,
    Power,
}

/// An operator that stands between its two arguments.
struct Operator {
    level: Level,
    function: Function,
}

/// Its error is boxed to keep results small, and with them the stack that evaluation takes.
type Outcome<T = Value> = Result<T, Box<ExpressionError>>;

fn fail<T>(span: &Range<usize>, failure: impl Into<Failure>) -> Outcome<T> {
    Err(Box::new(ExpressionError { span: span.clone(), failure: failure.into() }))
}

const fn operator(level: Level, name: &'static str, apply: fn(&Call) -> Outcome) -> Operator {
    Operator { level, function: Function { name, parameters: &["a", "b"], apply } }
}

static OPERATORS: [&Operator; 14] = [
    &operator(Level::Or, "or", |call| Ok(Value::Boolean(call.boolean(0)? || call.boolean(1)?))),
    &operator(Level::And, "and", |call| Ok(Value::Boolean(call.boolean(0)? && call.boolean(1)?))),
    &operator(Level::Comparison, "==", |call| call.equal().map(Value::Boolean)),
    &operator(Level::Comparison, "!=", |call| call.equal().map(|equal| Value::Boolean(!equal))),
    &operator(Level::Comparison, "<", |call| call.compare(Ordering::is_lt)),
    &operator(Level::Comparison, "<=", |call| call.compare(Ordering::is_le)),
    &operator(Level::Comparison, ">", |call| call.compare(Ordering::is_gt)),
    &operator(Level::Comparison, ">=", |call| call.compare(Ordering::is_ge)),
    &operator(Level::Sum, "+", |call| call.arithmetic(i128::checked_add, Rational::checked_add)),
    &operator(Level::Sum, "-", |call| call.arithmetic(i128::checked_sub, Rational::checked_sub)),
    &operator(Level::Product, "*", |call| call.arithmetic(i128::checked_mul, Rational::checked_mul)),
    &operator(Level::Product, "/", |call| call.divide(Rational::checked_div)),
    &operator(Level::Product, "%", |call| {
        call.divide(|a, b| a.checked_sub(&b.checked_mul(&floor(&a.checked_div(b)?).into())?))
    }),
    &POWER,
];

static POWER: Operator = operator(Level::Power, "^", power);

static NOT: Function =
    Function { name: "not", parameters: &["a"], apply: |call| Ok(Value::Boolean(!call.boolean(0)?)) };

static NEGATION: Function =
    Function { name: "-", parameters: &["a"], apply: |call| Ok(Value::Number(-call.number(0)?)) };

static FUNCTIONS: [Function; 8] = [
    Function {
        name: "if",
        parameters: &["condition", "a", "b"],
        apply: |call| call.value(if call.boolean(0)? { 1 } else { 2 }),
    },
    Function { name: "min", parameters: &["a", "b", "…"], apply: |call| call.extreme(Ordering::is_lt) },
    Function { name: "max", parameters: &["a", "b", "…"], apply: |call| call.extreme(Ordering::is_gt) },
    Function { name: "floor", parameters: &["x"], apply: |call| call.to_whole(|_, _| false) },
    Function { name: "ceil", parameters: &["x"], apply: |call| call.to_whole(|rest, _| rest > 0) },
    Function {
        name: "round",
        parameters: &["x"],
        apply: |call| call.to_whole(|rest, one| rest >= one - rest),
    },
    Function { name: "make_divisible", parameters: &["x", "d"], apply: make_divisible },
    Function {
        name: "dim",
        parameters: &["k"],
        apply: |call| match call.scope.dim(call.whole(0)?) {
            Ok(size) => Ok(Value::Number(i128::from(size).into())),
            Err(failure) => fail(call.span, failure),
        },
    },
];

/// A function with its arguments, to be evaluated one by one.
struct Call<'a> {
    span: &'a Range<usize>,
    name: &'static str,
    arguments: &'a [Expression],
    scope: &'a dyn Scope,
}

impl Call<'_> {
    fn value(&self, argument: usize) -> Outcome {
        self.arguments[argument].value(self.scope)
    }

    fn number(&self, argument: usize) -> Outcome<Rational> {
        match self.value(argument)? {
            Value::Number(number) if *number.numer() == i128::MIN => {
                fail(&self.arguments[argument].span, too_large(number))
            }
            Value::Number(number) => Ok(number),
            other @ (Value::Boolean(_) | Value::Word(_)) => self.mismatch(argument, ("number", "数"), &other),
        }
    }

    fn whole(&self, argument: usize) -> Outcome<i128> {
        let number = self.number(argument)?;
        if number.is_integer() {
            Ok(*number.numer())
        } else {
            self.mismatch(argument, ("whole number", "整数"), &Value::Number(number))
        }
    }

    fn boolean(&self, argument: usize) -> Outcome<bool> {
        match self.value(argument)? {
            Value::Boolean(boolean) => Ok(boolean),
            other @ (Value::Number(_) | Value::Word(_)) => {
                self.mismatch(argument, ("boolean", "布尔值"), &other)
            }
        }
    }

    fn equal(&self) -> Outcome<bool> {
        let (left, right) = (self.value(0)?, self.value(1)?);
        if discriminant(&left) == discriminant(&right) {
            return Ok(left == right);
        }
        let ((a, a_zh), (b, b_zh)) = (left.kind(), right.kind());
        let message = text!(
            "cannot compare the {a} {left} with the {b} {right}",
            "不能比较{a_zh} {left} 与{b_zh} {right}"
        );
        fail(self.span, message)
    }

    fn compare(&self, holds: fn(Ordering) -> bool) -> Outcome {
        Ok(Value::Boolean(holds(self.number(0)?.cmp(&self.number(1)?))))
    }

    fn extreme(&self, better: fn(Ordering) -> bool) -> Outcome {
        let mut best = self.number(0)?;
        for argument in 1..self.arguments.len() {
            let number = self.number(argument)?;
            if better(number.cmp(&best)) {
                best = number;
            }
        }
        Ok(Value::Number(best))
    }

    /// `exact`, or the quicker `whole` where both numbers are whole.
    fn arithmetic(
        &self,
        whole: fn(i128, i128) -> Option<i128>,
        exact: fn(&Rational, &Rational) -> Option<Rational>,
    ) -> Outcome {
        let (a, b) = (self.number(0)?, self.number(1)?);
        if a.is_integer() && b.is_integer() {
            self.fitting(&a, &b, whole(*a.numer(), *b.numer()).map(Rational::from))
        } else {
            self.fitting(&a, &b, exact(&a, &b))
        }
    }

    fn divide(&self, exact: fn(&Rational, &Rational) -> Option<Rational>) -> Outcome {
        let (a, b, name) = (self.number(0)?, self.number(1)?, self.name);
        if b.is_zero() {
            let message = text!("division by zero: {a} {name} 0", "除数为零：{a} {name} 0");
            return fail(&self.arguments[1].span, message);
        }
        self.fitting(&a, &b, exact(&a, &b))
    }

    /// The next lower whole number, plus one if `up` says so of what is left over, `rest` / `one`.
    fn to_whole(&self, up: fn(rest: i128, one: i128) -> bool) -> Outcome {
        let number = self.number(0)?;
        let (rest, one) = (number.numer().rem_euclid(*number.denom()), *number.denom());
        Ok(Value::Number((floor(&number) + i128::from(up(rest, one))).into()))
    }

    /// `result`, computed from `a` and `b`, if there is one.
    fn fitting(&self, a: &Rational, b: &Rational, result: Option<Rational>) -> Outcome {
        if let Some(number) = result.filter(|number| *number.numer() != i128::MIN) {
            return Ok(Value::Number(number));
        }
        let name = self.name;
        let is_operator = OPERATORS.iter().any(|operator| operator.function.name == name);
        let tried = if is_operator { format!("{a} {name} {b}") } else { format!("{name}({a}, {b})") };
        fail(self.span, too_large(tried))
    }

    fn mismatch<T>(&self, argument: usize, wanted: (&str, &str), found: &Value) -> Outcome<T> {
        let (name, (wanted, wanted_zh), (kind, kind_zh)) = (self.name, wanted, found.kind());
        let message = text!(
            "`{name}` wants a {wanted} here, not the {kind} {found}",
            "`{name}` 在此需要{wanted_zh}，而不是{kind_zh} {found}"
        );
        fail(&self.arguments[argument].span, message)
    }
}

fn power(call: &Call) -> Outcome {
    let (base, exponent) = (call.number(0)?, call.whole(1)?);
    if base.is_zero() && exponent < 0 {
        let message = text!("division by zero: 0 ^ {exponent}", "除数为零：0 ^ {exponent}");
        return fail(call.span, message);
    }
    let factor = if exponent < 0 { base.recip() } else { base };
    // Beyond u32 only the powers of 0, 1 and -1 fit, and for these no more than parity matters.
    let times = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX - u32::from(exponent % 2 == 0));
    let power = |number: &i128| number.checked_pow(times);
    let result = power(factor.numer()).zip(power(factor.denom())).map(|(n, d)| Rational::new_raw(n, d));
    call.fitting(&base, &exponent.into(), result)
}

/// The multiple of d nearest to x, at least d and not below 0.9·x.
/// Source: `_make_divisible` of MobileNet (tensorflow/models, slim/nets/mobilenet).
fn make_divisible(call: &Call) -> Outcome {
    let (x, d) = (call.number(0)?, call.whole(1)?);
    if d < 1 {
        let message = text!(
            "`make_divisible` wants at least 1 here, not {d}",
            "`make_divisible` 在此至少需要 1，而不是 {d}"
        );
        return fail(&call.arguments[1].span, message);
    }
    let divisible = || {
        let count = floor(&x.checked_add(&Rational::new(d, 2))?.checked_div(&d.into())?);
        let nearest = count.checked_mul(d)?.max(d);
        let enough = Rational::from(nearest) >= x.checked_mul(&Rational::new(9, 10))?;
        if enough { Some(nearest) } else { nearest.checked_add(d) }
    };
    call.fitting(&x, &d.into(), divisible().map(Rational::from))
}

fn floor(number: &Rational) -> i128 {
    number.numer().div_euclid(*number.denom())
}

fn too_large(tried: impl fmt::Display) -> Failure {
    Failure::from(text!("the number is too large: {tried}", "数值过大：{tried}")).with_help(text!(
        "numbers are exact fractions whose two parts have at most 127 bits",
        "数均为精确分数，分子与分母各不超过 127 位二进制"
    ))
}

#[cfg(test)]
mod tests;
