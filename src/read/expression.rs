//! The expression language of descriptions and claims: `if(i == 0, 2, 1)`, `make_divisible(16*width, 8)`, `5²·28²·192·32`,
//! `depths[k]`.
//!
//! Text becomes an [`Expression`] once, and that is evaluated as often as a [`Scope`] asks. Numbers are exact fractions;
//! what would not fit is an error. An operator is a function that is written between its arguments.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use num_rational::Ratio;

use crate::text;
use crate::text::Text;

mod functions;
mod lists;
mod parse;
mod roots;
mod token;

use functions::{Call, FUNCTIONS, Function, RESERVED_FUNCTIONS};

pub(super) use lists::MOST_ELEMENTS;
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
    /// Several of these, none of which is a list itself.
    List(Arc<[Value]>),
}

/// Where an expression's names get their values.
pub trait Scope {
    /// What `name` stands for here: a parameter, `i`, `in`, `h` or `w`.
    fn name(&self, name: &str) -> Result<Value, Failure>;
    /// The size of dimension `k` of the incoming tensor in PyTorch's numbering: batch = 0, negative from the end.
    fn dim(&self, k: i128) -> Result<u64, Failure>;

    /// What is asked of the tensor that `from` would call `name`, in the same numbering.
    fn size_of(&self, name: &str, size: SizeOf) -> Result<u64, Failure> {
        let _ = size;
        Err(Failure::from(text!("there is no tensor `{name}` here", "此处没有张量 `{name}`")))
    }

    /// How many tensors are called `name` with a number behind it, if that is what a block calls any number of its inputs.
    fn count(&self, _name: &str) -> Option<usize> {
        None
    }

    /// Takes account of so many elements of lists that are looked at.
    fn looks_at(&self, _elements: usize) {}
}

/// A size of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeOf {
    /// Channels.
    Channels,
    /// The height of an image.
    Height,
    /// The width of an image.
    Width,
    /// Dimension `k`: batch = 0, negative from the end.
    Dimension(i128),
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

/// Words that a parameter may not be called: the language's own, and the names of functions. Those of functions that are called
/// with parentheses only are free.
pub const RESERVED: &[&str] = &{
    const WORDS: [&str; 11] = ["in", "h", "w", "i", "input", "and", "or", "not", "true", "True", "False"];
    let mut reserved = ["false"; WORDS.len() + RESERVED_FUNCTIONS + 1];
    let mut at = 0;
    while at < WORDS.len() + RESERVED_FUNCTIONS {
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

    /// The names it mentions, with repetitions, those of tensors too; `dim` is among them if it is called, other functions are not.
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

    /// The names in it, its sizes and its elements of lists, in the order in which they are written.
    pub(super) fn named_parts(&self) -> Vec<&Self> {
        let (mut rest, mut parts) = (vec![self], vec![]);
        while let Some(part) = rest.pop() {
            match &part.kind {
                Kind::Constant(_) => {}
                Kind::Name(_) => parts.push(part),
                Kind::Call(function, _) if function.is_lookup => parts.push(part),
                Kind::Call(_, arguments) => rest.extend(arguments.iter()),
            }
        }
        parts.sort_by_key(|part| part.span.start);
        parts
    }

    /// The tensor that it names where one is wanted: `low`, or `'stage3.y1'`.
    fn tensor(&self) -> Option<&str> {
        match &self.kind {
            Kind::Name(name) => Some(name),
            Kind::Constant(Value::Word(word)) => Some(word),
            Kind::Constant(Value::Number(_) | Value::Boolean(_) | Value::List(_)) | Kind::Call(..) => None,
        }
    }

    /// Bytes of the source.
    pub(super) fn span(&self) -> &Range<usize> {
        &self.span
    }

    /// The names that it compares with a word by `==` or `!=`, the word, and where that stands.
    pub(super) fn compared_words(&self) -> impl Iterator<Item = (&str, &str, &Range<usize>)> {
        let mut rest = vec![self];
        std::iter::from_fn(move || {
            loop {
                let Kind::Call(function, arguments) = &rest.pop()?.kind else { continue };
                rest.extend(arguments.iter().rev());
                let ("==" | "!=", [a, b]) = (function.name, &arguments[..]) else { continue };
                match [(&a.kind, &b.kind, &b.span), (&b.kind, &a.kind, &a.span)] {
                    [(Kind::Name(name), Kind::Constant(Value::Word(word)), span), _]
                    | [_, (Kind::Name(name), Kind::Constant(Value::Word(word)), span)] => {
                        return Some((&**name, &**word, span));
                    }
                    [_, _] => {}
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
            Value::List(_) => ("list", "列表"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Boolean(boolean) => write!(f, "{boolean}"),
            Value::Word(word) => write!(f, "'{word}'"),
            Value::List(values) => {
                /// More of a list would hide the rest of a line.
                const SHOWN: usize = 20;
                let shown: Vec<_> = values.iter().take(SHOWN).map(Value::to_string).collect();
                let more = if values.len() > SHOWN { ", …" } else { "" };
                write!(f, "[{}{more}]", shown.join(", "))
            }
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

/// Its error is boxed to keep results small, and with them the stack that evaluation takes.
type Outcome<T = Value> = Result<T, Box<ExpressionError>>;

fn fail<T>(span: &Range<usize>, failure: impl Into<Failure>) -> Outcome<T> {
    Err(Box::new(ExpressionError { span: span.clone(), failure: failure.into() }))
}

fn too_large(tried: impl fmt::Display) -> Failure {
    Failure::from(text!("the number is too large: {tried}", "数值过大:{tried}")).with_help(text!(
        "numbers are exact fractions whose two parts have at most 127 bits",
        "数均为精确分数,分子与分母各不超过 127 位二进制"
    ))
}

#[cfg(test)]
mod tests;
