//! What a description file says, item by item and each with its place: read once, expanded as often as there are variants.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::expression::{Expression, ExpressionError, Rational, Value};
use super::include::File;
use crate::error::{Diagnostic, Source, Span};

/// A whole file.
#[derive(Debug)]
pub struct Description {
    /// The file, with those that it includes.
    pub source: Arc<Source>,
    /// The files that it includes, and those that they include.
    pub included: Vec<File>,
    /// What the network is called.
    pub name: Option<String>,
    /// What is to be known about it.
    pub about: Option<String>,
    /// Inputs of the network; the one of `input = […]` is called `input`.
    pub inputs: Vec<Input>,
    /// What `--set` and variants may change.
    pub params: Vec<Param>,
    /// Parameters whose value could not be read, which has been reported.
    pub unread_params: Vec<Arc<str>>,
    /// Settings of the parameters that have a name.
    pub variants: Vec<Variant>,
    /// Where each variant stands in [`variants`](Self::variants), the first of those of one name.
    pub variant_index: HashMap<Arc<str>, usize>,
    /// The items whose tensors are its outputs, if these are not the last's; a `*` stands for any number.
    pub outputs: Vec<Name>,
    /// The network.
    pub layers: Vec<Item>,
    /// What `use` uses.
    pub blocks: Vec<Block>,
    /// Where each block stands in [`blocks`](Self::blocks).
    pub block_index: HashMap<Arc<str>, usize>,
    /// Items of which copies are taken one by one.
    pub copied: Copied,
    /// Statements about the network, kept as they are written.
    pub claims: Vec<Claim>,
    /// What is probably not meant.
    pub warnings: Vec<Diagnostic>,
}

impl Description {
    /// The block called `name`.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.block_index.get(name).map(|&index| &self.blocks[index])
    }

    /// The variant called `name`.
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variant_index.get(name).map(|&index| &self.variants[index])
    }

    /// The first variant that leaves every parameter as it is without one.
    pub fn default_variant(&self) -> Option<&Variant> {
        let is_default = |(name, value): &(Name, Value)| {
            self.params.iter().any(|param| param.name.text == name.text && param.default == *value)
        };
        self.variants.iter().find(|variant| variant.set.iter().all(is_default))
    }
}

/// The names of items of which copies are taken one by one.
#[derive(Debug, Default)]
pub struct Copied {
    /// Those that are known.
    pub names: HashSet<Arc<str>>,
    /// Whether there are others, which an expression comes to.
    pub any: bool,
}

/// A word and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// An input of the network.
#[derive(Debug)]
pub struct Input {
    /// What `from` calls it.
    pub name: Name,
    /// Its sizes, without the batch.
    pub sizes: Datum,
}

/// A parameter of the network.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: Name,
    /// Its value unless something else is set.
    pub default: Value,
    /// The words it may be, if it is a choice.
    pub choices: Vec<Arc<str>>,
}

/// Parameters set together, under a name.
#[derive(Debug)]
pub struct Variant {
    /// Its name.
    pub name: Name,
    /// What is to be known about it.
    pub about: Option<String>,
    /// What it sets.
    pub set: Vec<(Name, Value)>,
}

/// A statement about the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The words it is said in.
    pub says: Option<Name>,
    /// What must hold.
    pub expect: Name,
    /// The arithmetic it is shown with.
    pub working: Option<Name>,
    /// Where it is from.
    pub source: Option<String>,
    /// Why it is known to be wrong, if it is.
    pub erratum: Option<String>,
    /// How far off it may be.
    pub within: Option<Name>,
}

/// A box that is written once and used many times.
#[derive(Debug)]
pub struct Block {
    /// Its name.
    pub name: Name,
    /// Parameters that every use gives.
    pub params: Vec<Name>,
    /// Parameters that a use may give, and what they are otherwise; each after those that it depends on. Those that are one of
    /// several words are among them.
    pub defaults: Vec<Setting>,
    /// Those that are one of several words.
    pub choices: Vec<Choice>,
    /// What its inputs are called, if it has several; one that ends in `*` stands for any number.
    pub inputs: Vec<Name>,
    /// The items whose tensors come out of it, if these are not the last's; a `*` stands for any number.
    pub outputs: Vec<Name>,
    /// What is in it.
    pub body: BlockBody,
    /// Whether its parameters and inputs could be read; if not, that has been reported.
    pub has_parameters: bool,
    /// Whether what is in it could be read; if not, that has been reported.
    pub has_body: bool,
}

/// A parameter of a block that is one of several words.
#[derive(Debug)]
pub struct Choice {
    /// Its name.
    pub name: Arc<str>,
    /// The words, its default first.
    pub words: Vec<Arc<str>>,
}

/// What is in a block.
#[derive(Debug)]
pub enum BlockBody {
    /// A list of layers.
    Layers(Vec<Item>),
    /// Branches and their merge.
    Branches(Branches),
}

/// One entry of a list of layers.
#[derive(Debug)]
pub struct Item {
    /// Its part of the path: given, or from what it is and its number.
    pub name: Arc<str>,
    /// The same where expressions are in it.
    pub template: Option<Box<Template>>,
    /// Whether that was given.
    pub is_named: bool,
    /// Whether it is a word alone: an operator or a block, whichever is called so.
    pub is_word: bool,
    /// Its place.
    pub span: Span,
    /// What it takes instead of the item before.
    pub from: Vec<Template>,
    /// What it is written out for.
    pub each: Option<Each>,
    /// Whether it is there.
    pub when: Option<Datum>,
    /// How many copies are chained.
    pub repeat: Option<Datum>,
    /// What is otherwise in the first of these copies.
    pub first: Option<First>,
    /// Whether the copies share their weights, with its place.
    pub tied: Option<Setting>,
    /// Whose weights it uses.
    pub weights: Option<Template>,
    /// Whether its weights are kept as they are.
    pub frozen: bool,
    /// What it is.
    pub body: Body,
}

/// Lists of which an item, or a branch, is written out once for each element, all in step.
#[derive(Debug)]
pub struct Each {
    /// Its place.
    pub span: Span,
    /// What an element is called, and the list.
    pub lists: Vec<Setting>,
}

/// Settings or arguments of the first of several copies.
#[derive(Debug)]
pub struct First {
    /// Those that are its own.
    pub own: Vec<Setting>,
    /// All that it has.
    pub all: Vec<Setting>,
}

/// A name that may have expressions in braces in it: `x{j}`.
#[derive(Clone, Debug)]
pub struct Template {
    /// As it is written.
    pub name: Name,
    /// What it is made of; nothing if no expression is in it.
    pub parts: Box<[Part]>,
}

/// A part of a name.
#[derive(Clone, Debug)]
pub enum Part {
    /// As it is written.
    Text(Box<str>),
    /// An expression, and where in the name it stands.
    Value(Expression, usize),
}

impl Block {
    /// Whether it takes any number of inputs.
    pub fn takes_any(&self) -> bool {
        self.inputs.iter().any(|name| name.text.ends_with('*'))
    }
}

impl Template {
    /// A name without expressions.
    pub fn plain(name: Name) -> Self {
        Self { name, parts: Box::default() }
    }

    /// The expressions in it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(expression, _) => Some(expression),
            Part::Text(_) => None,
        })
    }
}

/// What an item is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Body {
    /// An operator.
    Operator {
        /// Which.
        op: Name,
        /// Its settings.
        settings: Vec<Setting>,
    },
    /// A block.
    Use {
        /// Which.
        block: Name,
        /// What its parameters are.
        arguments: Vec<Setting>,
    },
    /// A group.
    Layers(Vec<Item>),
    /// Branches and their merge.
    Branches(Branches),
    /// A list whose end is an output of the network.
    Side(Vec<Item>),
}

/// Branches and their merge.
#[derive(Debug)]
pub struct Branches {
    /// The operator that merges them.
    pub merge: Name,
    /// Its settings.
    pub settings: Vec<Setting>,
    /// In the order of merging.
    pub branches: Vec<Branch>,
}

/// One of several ways to a merge.
#[derive(Debug)]
pub struct Branch {
    /// Its part of the path.
    pub name: Template,
    /// Its place, name and all.
    pub span: Span,
    /// What it is written out for.
    pub each: Option<Each>,
    /// Whether it is there.
    pub when: Option<Datum>,
    /// What is on it; nothing is the identity.
    pub layers: Vec<Item>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The key.
    pub name: Name,
    /// The value.
    pub value: Datum,
}

/// A value as it is written.
#[derive(Clone, Debug)]
pub struct Datum {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: DatumKind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum DatumKind {
    /// A number, exactly.
    Number(Rational),
    /// `true` or `false`.
    Boolean(bool),
    /// A word or an expression: which of the two is clear where it is used.
    Text(Arc<str>, Box<Result<Expression, ExpressionError>>),
    /// A list.
    List(Vec<Datum>),
    /// Something that has no meaning here, and has been reported.
    Unread,
}

impl Datum {
    /// The text, if it is one.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            DatumKind::Text(text, _) => Some(text),
            DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::List(_) | DatumKind::Unread => None,
        }
    }

    /// Whether it is the same wherever it is used.
    pub fn is_fixed(&self) -> bool {
        match &self.kind {
            DatumKind::Number(_) | DatumKind::Boolean(_) => true,
            DatumKind::Text(..) | DatumKind::Unread => false,
            DatumKind::List(list) => list.iter().all(Self::is_fixed),
        }
    }

    /// The place of a part of its text, which is `inside` the quotes.
    pub fn place(&self, source: &Source, inside: Span) -> Span {
        match &self.kind {
            DatumKind::Text(text, _) => place_inside(source, &self.span, text, inside),
            DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::List(_) | DatumKind::Unread => {
                self.span.clone()
            }
        }
    }
}

impl From<&Value> for DatumKind {
    /// As it would be written.
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::Number(*number),
            Value::Boolean(boolean) => Self::Boolean(*boolean),
            Value::Word(word) => {
                let quoted = format!("'{word}'");
                let expression = Box::new(Expression::parse(&quoted));
                Self::Text(word.clone(), expression)
            }
            Value::List(values) => {
                let datum = |value| Datum { span: 0..0, kind: Self::from(value) };
                Self::List(values.iter().map(datum).collect())
            }
        }
    }
}

impl Name {
    /// The place of a part of it, which is `inside` the quotes.
    pub fn place(&self, source: &Source, inside: Span) -> Span {
        place_inside(source, &self.span, &self.text, inside)
    }
}

/// The place of what is `inside` the quotes around `text`, which stand at `span`.
fn place_inside(source: &Source, span: &Span, text: &str, inside: Span) -> Span {
    let written = source.text.get(span.clone()).unwrap_or_default();
    let quotes = written.len().saturating_sub(text.len()) / 2;
    // An escape inside the quotes shifts what follows it: then the whole text is the place.
    if written.get(quotes..quotes + text.len()) == Some(text) {
        span.start + quotes + inside.start..span.start + quotes + inside.end
    } else {
        span.clone()
    }
}
