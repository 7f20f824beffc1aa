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

/// The longest source that is read, in bytes.
const MAX_BYTES: usize = 1000;
/// How deep parentheses, calls, signs and powers may stand in each other.
const MAX_NESTING: usize = 64;

impl Expression {
    /// Reads `source`, or says where it is not an expression.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        parse(source).map_err(|error| *error)
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

/// Reads a literal exactly: `1.1` is 11/10; `1e-5`, `1_000` and a sign are understood. `None` if it is no such
/// number, or if its digits or its power of ten do not fit 127 bits.
pub fn number(literal: &str) -> Option<Rational> {
    let unsigned = literal.strip_prefix(['+', '-']).unwrap_or(literal);
    if unsigned.is_empty() || numeral(unsigned) < unsigned.len() {
        return None;
    }
    let plain = literal.replace('_', "");
    let (decimal, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("{whole}{fraction}").parse().ok().filter(|&digits| digits != i128::MIN)?;
    if digits == 0 {
        return Some(Rational::zero());
    }
    let exponent = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let scale = 10_i128.checked_pow(exponent.unsigned_abs())?;
    if exponent < 0 {
        Some(Rational::new(digits, scale))
    } else {
        digits.checked_mul(scale).map(Rational::from)
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

fn parse(source: &str) -> Outcome<Expression> {
    let bytes = source.len();
    if bytes > MAX_BYTES {
        let message = text!(
            "the expression is too long: {bytes} bytes of at most {MAX_BYTES}",
            "表达式过长：{bytes} 字节，上限 {MAX_BYTES} 字节"
        );
        return fail(&(0..bytes), message);
    }
    if source.trim().is_empty() {
        return fail(&(0..bytes), text!("the expression is empty", "表达式为空"));
    }
    let mut parser = Parser { source, token: Token::End, span: 0..0, nesting: 0 };
    parser.advance()?;
    let expression = parser.expression(Level::Whole)?;
    if parser.token == Token::End { Ok(expression) } else { parser.expected_operator() }
}

/// Reads by precedence climbing, one token ahead.
struct Parser<'a> {
    source: &'a str,
    /// The next token.
    token: Token<'a>,
    /// Where it stands.
    span: Range<usize>,
    nesting: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Token<'a> {
    Constant(Value),
    /// An exponent such as `²`.
    Superscript(Rational),
    Name(&'a str),
    /// An operator, parenthesis or comma, in its first spelling.
    Symbol(&'static str),
    End,
}

/// Symbols as they may be written, longest first: what each means or, as an `Err`, what to write instead.
#[rustfmt::skip]
const SYMBOLS: [(&str, Result<&str, &str>); 33] = [
    ("==", Ok("==")), ("!=", Ok("!=")), ("<=", Ok("<=")), (">=", Ok(">=")), ("<", Ok("<")), (">", Ok(">")),
    ("&&", Err("and")), ("||", Err("or")), ("!", Err("not")), ("=", Err("==")),
    ("**", Err("^")), ("//", Err("floor(a / b)")), ("^", Ok("^")), ("*", Ok("*")), ("·", Ok("*")), ("×", Ok("*")),
    ("/", Ok("/")), ("÷", Err("/")), ("%", Ok("%")), ("+", Ok("+")), ("-", Ok("-")), ("−", Ok("-")),
    ("(", Ok("(")), (")", Ok(")")), (",", Ok(",")), ("（", Err("(")), ("）", Err(")")), ("，", Err(",")),
    ("≠", Err("!=")), ("≤", Err("<=")), ("≥", Err(">=")), ("\"", Err("'")), ("“", Err("'")),
];

const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";

impl<'a> Parser<'a> {
    /// An expression whose operators all bind tighter than `above`.
    fn expression(&mut self, above: Level) -> Outcome<Expression> {
        let mut left = self.operand(above)?;
        while let Some(operator) = self.operator().filter(|operator| operator.level > above) {
            let (_, span) = self.advance()?;
            let right = if operator.level == Level::Power {
                self.nested(&span, Level::Negation)?
            } else {
                self.expression(operator.level)?
            };
            let compared = operator.level == Level::Comparison;
            if let Some(next) = self.operator().filter(|next| compared && next.level == Level::Comparison) {
                return self.chained(&left, &right, next);
            }
            left = call(left.span.start..right.span.end, &operator.function, [left, right]);
        }
        Ok(left)
    }

    /// What an operator of level `above` may stand before.
    fn operand(&mut self, above: Level) -> Outcome<Expression> {
        let (token, span) = self.advance()?;
        let mut operand = match token {
            Token::Constant(value) => Expression { span, kind: Kind::Constant(value) },
            Token::Name(name) => self.name_or_call(name, span)?,
            Token::Symbol("(") => {
                let inner = self.nested(&span, Level::Whole)?;
                Expression { span: span.start..self.close(&span)?, ..inner }
            }
            Token::Symbol("-") => return self.prefix(span, &NEGATION, Level::Negation),
            Token::Symbol("not") if above <= Level::Not => return self.prefix(span, &NOT, Level::Not),
            Token::Symbol(_) | Token::Superscript(_) | Token::End => return self.expected_value(&span),
        };
        while let Token::Superscript(exponent) = self.token {
            let (_, span) = self.advance()?;
            let whole = operand.span.start..span.end;
            let exponent = Expression { span, kind: Kind::Constant(Value::Number(exponent)) };
            operand = call(whole, &POWER.function, [operand, exponent]);
        }
        Ok(operand)
    }

    fn prefix(
        &mut self,
        span: Range<usize>,
        function: &'static Function,
        level: Level,
    ) -> Outcome<Expression> {
        let argument = self.nested(&span, level)?;
        Ok(call(span.start..argument.span.end, function, [argument]))
    }

    fn name_or_call(&mut self, name: &str, span: Range<usize>) -> Outcome<Expression> {
        let is_call = self.token == Token::Symbol("(");
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            return if is_call {
                fail(&span, unknown_function(name))
            } else {
                Ok(Expression { span, kind: Kind::Name(name.into()) })
            };
        };
        let (arguments, end) = if is_call { self.arguments()? } else { (Vec::new(), span.end) };
        let span = span.start..end;
        if function.takes(arguments.len()) {
            return Ok(Expression { span, kind: Kind::Call(function, arguments.into()) });
        }
        let (count, usage) = (arguments.len(), function.usage());
        let message =
            text!("wrong number of arguments for `{name}`: {count}", "函数 `{name}` 的参数个数不对：{count}");
        fail(&span, Failure::from(message).with_help(usage))
    }

    /// Arguments in parentheses, and where these end.
    fn arguments(&mut self) -> Outcome<(Vec<Expression>, usize)> {
        let (_, open) = self.advance()?;
        let mut arguments = Vec::new();
        while self.token != Token::Symbol(")") {
            arguments.push(self.nested(&open, Level::Whole)?);
            if self.token != Token::Symbol(",") {
                break;
            }
            self.advance()?;
        }
        Ok((arguments, self.close(&open)?))
    }

    /// An expression inside what stands at `outer`.
    fn nested(&mut self, outer: &Range<usize>, above: Level) -> Outcome<Expression> {
        if self.nesting == MAX_NESTING {
            let message = text!(
                "the expression is nested too deep: more than {MAX_NESTING} levels",
                "表达式嵌套过深：超过 {MAX_NESTING} 层"
            );
            return fail(outer, message);
        }
        self.nesting += 1;
        let expression = self.expression(above);
        self.nesting -= 1;
        expression
    }

    /// Takes the parenthesis that closes the one at `open`, and says where it ends.
    fn close(&mut self, open: &Range<usize>) -> Outcome<usize> {
        if self.token == Token::Symbol(")") {
            Ok(self.advance()?.1.end)
        } else if self.token == Token::End {
            fail(open, text!("this parenthesis is not closed", "此左括号没有闭合"))
        } else {
            self.expected_operator()
        }
    }

    fn operator(&self) -> Option<&'static Operator> {
        let Token::Symbol(symbol) = self.token else { return None };
        OPERATORS.iter().find(|operator| operator.function.name == symbol).copied()
    }

    /// Fails because `next`, another comparison, follows `left < right`.
    fn chained<T>(&mut self, left: &Expression, right: &Expression, next: &Operator) -> Outcome<T> {
        self.advance()?;
        let last = self.expression(Level::Comparison)?;
        let (first, middle) =
            (&self.source[left.span.start..right.span.end], &self.source[right.span.clone()]);
        let (next, end) = (next.function.name, &self.source[last.span.clone()]);
        let failure = Failure::from(text!("comparisons cannot be chained", "比较不能连写")).with_help(text!(
            "write `{first} and {middle} {next} {end}`",
            "请写成 `{first} and {middle} {next} {end}`"
        ));
        fail(&(left.span.start..last.span.end), failure)
    }

    fn expected_value<T>(&self, span: &Range<usize>) -> Outcome<T> {
        let found = &self.source[span.clone()];
        let message = if found.is_empty() {
            text!("expected a value, but the expression ends here", "此处应有一个值，但表达式已结束")
        } else {
            text!("expected a value, not `{found}`", "此处应为一个值，而不是 `{found}`")
        };
        fail(span, message)
    }

    fn expected_operator<T>(&self) -> Outcome<T> {
        let found = &self.source[self.span.clone()];
        let message = if found == ")" {
            text!("this parenthesis was never opened", "此右括号没有对应的左括号")
        } else {
            text!("expected an operator, not `{found}`", "此处应为运算符，而不是 `{found}`")
        };
        fail(&self.span, message)
    }

    /// Takes the next token and reads the one after it.
    fn advance(&mut self) -> Outcome<(Token<'a>, Range<usize>)> {
        let rest = self.source[self.span.end..].trim_start();
        let start = self.source.len() - rest.len();
        let (token, length) =
            token(rest).or_else(|(length, failure)| fail(&(start..start + length), failure))?;
        let span = start..start + length;
        Ok((std::mem::replace(&mut self.token, token), std::mem::replace(&mut self.span, span)))
    }
}

/// The first token of `text`, which does not start with a space, and its length; or the length of what is no token.
fn token(text: &str) -> Result<(Token<'_>, usize), (usize, Failure)> {
    let Some(first) = text.chars().next() else { return Ok((Token::End, 0)) };
    let run = |belongs: fn(char) -> bool| text.find(|c| !belongs(c)).unwrap_or(text.len());
    if first.is_ascii_digit() {
        let length = numeral(text);
        let value = number(&text[..length]).ok_or_else(|| (length, too_large(&text[..length])))?;
        Ok((Token::Constant(Value::Number(value)), length))
    } else if SUPERSCRIPTS.contains(first) {
        let length = run(|c| SUPERSCRIPTS.contains(c));
        let digits = text[..length].chars().filter_map(|c| SUPERSCRIPTS.chars().position(|digit| digit == c));
        let exponent = number(&digits.map(|digit| digit.to_string()).collect::<String>());
        Ok((Token::Superscript(exponent.ok_or_else(|| (length, too_large(&text[..length])))?), length))
    } else if is_letter(first) {
        let length = run(|c| is_letter(c) || c.is_ascii_digit());
        Ok((name_or_keyword(&text[..length]), length))
    } else if let Some(quoted) = text.strip_prefix('\'') {
        let unclosed = || (1, text!("this quote is not closed", "此引号没有闭合").into());
        let length = quoted.find('\'').ok_or_else(unclosed)?;
        Ok((Token::Constant(Value::Word(quoted[..length].into())), length + 2))
    } else {
        match SYMBOLS.iter().find(|(written, _)| text.starts_with(written)) {
            Some((written, Ok(symbol))) => Ok((Token::Symbol(symbol), written.len())),
            Some((written, Err(instead))) => Err((written.len(), foreign(written, Some(instead)))),
            None => Err((first.len_utf8(), foreign(&text[..first.len_utf8()], None))),
        }
    }
}

fn foreign(found: &str, instead: Option<&str>) -> Failure {
    let message = text!("`{found}` is not part of the language", "表达式中不能使用 `{found}`");
    let help = instead.map(|instead| match instead {
        "'" => text!("words stand in single quotes: 'identity'", "词要放在单引号中：'identity'"),
        _ => text!("write `{instead}`", "请写成 `{instead}`"),
    });
    Failure { message, help }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn name_or_keyword(word: &str) -> Token<'_> {
    match word {
        "true" => Token::Constant(Value::Boolean(true)),
        "false" => Token::Constant(Value::Boolean(false)),
        "and" => Token::Symbol("and"),
        "or" => Token::Symbol("or"),
        "not" => Token::Symbol("not"),
        _ => Token::Name(word),
    }
}

/// The length of the literal at the start of `text`: `1_000`, `1.5`, `1e-5`.
fn numeral(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let after_digits = |mut at: usize| {
        while is_digit(at) || (bytes.get(at) == Some(&b'_') && is_digit(at - 1) && is_digit(at + 1)) {
            at += 1;
        }
        at
    };
    let mut end = if is_digit(0) { after_digits(0) } else { return 0 };
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        end = after_digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if is_digit(exponent) {
            end = after_digits(exponent);
        }
    }
    end
}

fn call<const N: usize>(
    span: Range<usize>,
    function: &'static Function,
    arguments: [Expression; N],
) -> Expression {
    Expression { span, kind: Kind::Call(function, Box::new(arguments)) }
}

impl Function {
    fn takes(&self, count: usize) -> bool {
        match self.parameters {
            [required @ .., "…"] => count >= required.len(),
            all => count == all.len(),
        }
    }

    fn usage(&self) -> Text {
        let (name, parameters) = (self.name, self.parameters.join(", "));
        text!("write `{name}({parameters})`", "请写成 `{name}({parameters})`")
    }
}

fn unknown_function(name: &str) -> Failure {
    let distance = |function: &&str| strsim::osa_distance(name, function);
    let names = FUNCTIONS.each_ref().map(|function| function.name);
    let near = names.into_iter().min_by_key(distance).filter(|near| distance(near) <= near.len() / 3);
    let known = names.join(", ");
    Failure::from(text!("there is no function `{name}`", "没有函数 `{name}`")).with_help(match near {
        Some(near) => text!("did you mean `{near}`?", "是否指 `{near}`？"),
        None => text!("the functions are {known}", "可用的函数：{known}"),
    })
}

#[cfg(test)]
mod tests;
