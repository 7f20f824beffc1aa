//! The operators and functions of expressions: each is a row, and decides itself which of its arguments it evaluates.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::mem::discriminant;
use std::ops::Range;

use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Zero};

use super::{Expression, Failure, Outcome, Rational, Scope, SizeOf, Value, fail, lists, roots, too_large};
use crate::text;

/// A function or an operator.
#[derive(Debug)]
pub(super) struct Function {
    /// As it is written.
    pub(super) name: &'static str,
    /// What it takes; a last `…` stands for any number more.
    pub(super) parameters: &'static [&'static str],
    /// What it does with its arguments, which are not yet evaluated.
    pub(super) apply: fn(&Call) -> Outcome,
    /// Whether its value is looked up rather than computed: a size, an element of a list.
    pub(super) is_lookup: bool,
}

/// How tightly an operator binds, from loosest to tightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
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
pub(super) struct Operator {
    pub(super) level: Level,
    pub(super) function: Function,
}

const fn operator(level: Level, name: &'static str, apply: fn(&Call) -> Outcome) -> Operator {
    Operator { level, function: function(name, &["a", "b"], apply) }
}

const fn function(
    name: &'static str,
    parameters: &'static [&'static str],
    apply: fn(&Call) -> Outcome,
) -> Function {
    Function { name, parameters, apply, is_lookup: false }
}

const fn lookup(
    name: &'static str,
    parameters: &'static [&'static str],
    apply: fn(&Call) -> Outcome,
) -> Function {
    Function { name, parameters, apply, is_lookup: true }
}

pub(super) static OPERATORS: [&Operator; 14] = [
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

pub(super) static POWER: Operator = operator(Level::Power, "^", power);

pub(super) static NOT: Function = function("not", &["a"], |call| Ok(Value::Boolean(!call.boolean(0)?)));

pub(super) static NEGATION: Function = function("-", &["a"], |call| Ok(Value::Number(-call.number(0)?)));

/// `list[k]`.
pub(super) static ELEMENT: Function = lookup("[…]", &["list", "k"], lists::element);

/// `in(name)`, `h(name)` and `w(name)`: what stands alone is of the tensor that comes in.
pub(super) static SIZES: [Function; 3] = [
    lookup("in", &["name"], |call| call.size_of(SizeOf::Channels)),
    lookup("h", &["name"], |call| call.size_of(SizeOf::Height)),
    lookup("w", &["name"], |call| call.size_of(SizeOf::Width)),
];

/// The size of a dimension of what comes in, or of the tensor that is named first.
pub(super) static DIM_OF: Function =
    lookup("dim", &["name", "k"], |call| call.size_of(SizeOf::Dimension(call.whole(1)?)));

/// How many of the functions no parameter may be called as; later ones are functions only before a parenthesis.
pub(super) const RESERVED_FUNCTIONS: usize = 8;

pub(super) static FUNCTIONS: [Function; 13] = [
    function("if", &["condition", "a", "b"], |call| call.value(if call.boolean(0)? { 1 } else { 2 })),
    function("min", &["a", "b", "…"], |call| call.extreme(Ordering::is_lt)),
    function("max", &["a", "b", "…"], |call| call.extreme(Ordering::is_gt)),
    function("floor", &["x"], |call| call.to_whole(|_, _| false)),
    function("ceil", &["x"], |call| call.to_whole(|rest, _| rest > 0)),
    function("round", &["x"], |call| call.to_whole(|rest, one| rest >= one - rest)),
    function("make_divisible", &["x", "d"], make_divisible),
    lookup("dim", &["k"], |call| match call.scope.dim(call.whole(0)?) {
        Ok(size) => Ok(Value::Number(i128::from(size).into())),
        Err(failure) => fail(call.span, failure),
    }),
    function("sqrt", &["x"], roots::sqrt),
    function("log2", &["x"], roots::log2),
    function("len", &["list"], lists::len),
    function("sum", &["list"], lists::sum),
    function("range", &["n"], lists::range),
];

/// A function with its arguments, to be evaluated one by one.
pub(super) struct Call<'a> {
    pub(super) span: &'a Range<usize>,
    pub(super) name: &'static str,
    pub(super) arguments: &'a [Expression],
    pub(super) scope: &'a dyn Scope,
}

impl Call<'_> {
    pub(super) fn value(&self, argument: usize) -> Outcome {
        self.arguments[argument].value(self.scope)
    }

    pub(super) fn number(&self, argument: usize) -> Outcome<Rational> {
        match self.value(argument)? {
            Value::Number(number) if *number.numer() == i128::MIN => {
                fail(&self.arguments[argument].span, too_large(number))
            }
            Value::Number(number) => Ok(number),
            other @ (Value::Boolean(_) | Value::Word(_) | Value::List(_)) => {
                self.mismatch(argument, ("number", "数"), &other)
            }
        }
    }

    pub(super) fn whole(&self, argument: usize) -> Outcome<i128> {
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
            other @ (Value::Number(_) | Value::Word(_) | Value::List(_)) => {
                self.mismatch(argument, ("boolean", "布尔值"), &other)
            }
        }
    }

    fn equal(&self) -> Outcome<bool> {
        let (left, right) = (self.value(0)?, self.value(1)?);
        if let (Value::List(left), Value::List(_)) = (&left, &right) {
            self.scope.looks_at(left.len());
        }
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

    /// A size of the tensor that the first argument names.
    fn size_of(&self, size: SizeOf) -> Outcome {
        let named = &self.arguments[0];
        let Some(name) = named.tensor() else {
            let message = text!("this names no tensor", "这不是张量的名称");
            let failure = Failure::from(message).with_help(text!(
                "a name that `from` could have: `h(low)`, or in quotes: `h('stage3.y1')`",
                "请写 `from` 可用的名称:`h(low)`,或加引号:`h('stage3.y1')`"
            ));
            return fail(&named.span, failure);
        };
        match self.scope.size_of(&interpolated(name, &named.span, self.scope)?, size) {
            Ok(size) => Ok(Value::Number(i128::from(size).into())),
            Err(failure) => fail(&named.span, failure),
        }
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
            let message = text!("division by zero: {a} {name} 0", "除数为零:{a} {name} 0");
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

    pub(super) fn mismatch<T>(&self, argument: usize, wanted: (&str, &str), found: &Value) -> Outcome<T> {
        let (name, (wanted, wanted_zh), (kind, kind_zh)) = (self.name, wanted, found.kind());
        let message = text!(
            "`{name}` wants a {wanted} here, not the {kind} {found}",
            "`{name}` 在此需要{wanted_zh},而不是{kind_zh} {found}"
        );
        fail(&self.arguments[argument].span, message)
    }
}

fn power(call: &Call) -> Outcome {
    let (base, exponent) = (call.number(0)?, call.whole(1)?);
    if base.is_zero() && exponent < 0 {
        let message = text!("division by zero: 0 ^ {exponent}", "除数为零:0 ^ {exponent}");
        return fail(call.span, message);
    }
    let factor = if exponent < 0 { base.recip() } else { base };
    // Beyond u32 only the powers of 0, 1 and -1 fit, and for these no more than parity matters.
    let times = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX - u32::from(exponent % 2 == 0));
    let power = |number: &i128| number.checked_pow(times);
    let result = power(factor.numer()).zip(power(factor.denom())).map(|(n, d)| Rational::new_raw(n, d));
    call.fitting(&base, &exponent.into(), result)
}

/// A name with the values of the expressions that stand in braces in it.
fn interpolated<'n>(name: &'n str, span: &Range<usize>, scope: &dyn Scope) -> Outcome<Cow<'n, str>> {
    let Some((before, rest)) = name.split_once('{') else { return Ok(name.into()) };
    let Some((inside, after)) = rest.split_once('}') else {
        return fail(span, text!("this brace has no other one", "花括号没有成对"));
    };
    let value = Expression::parse(inside).and_then(|expression| expression.evaluate(scope));
    let value = match value {
        Ok(Value::Word(word)) => word.to_string(),
        Ok(value) => value.to_string(),
        Err(error) => return fail(span, error.failure),
    };
    Ok(format!("{before}{value}{}", interpolated(after, span, scope)?).into())
}

/// The multiple of d nearest to x, at least d and not below 0.9·x.
/// Source: `_make_divisible` of MobileNet (tensorflow/models, slim/nets/mobilenet).
fn make_divisible(call: &Call) -> Outcome {
    let (x, d) = (call.number(0)?, call.whole(1)?);
    if d < 1 {
        let message = text!(
            "`make_divisible` wants at least 1 here, not {d}",
            "`make_divisible` 在此至少需要 1,而不是 {d}"
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

pub(super) fn floor(number: &Rational) -> i128 {
    number.numer().div_euclid(*number.denom())
}
