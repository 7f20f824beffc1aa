//! What the names in an expression stand for, where it stands.

use std::cell::Cell;
use std::sync::Arc;

use super::Expander;
use super::list::{Frame, Surroundings};
use super::sources::Incoming;
use crate::error::{did_you_mean, known_here, known_names, meant};
use crate::read::description::Name;
use crate::read::expression::{Failure, Rational, Scope, SizeOf, Value};
use crate::shape::Shape;
use crate::text;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) frame: &'a Frame<'a>,
    /// What `i` is, inside a `repeat` or a `for`.
    pub(super) counter: Option<u64>,
    /// What the names of a `for` stand for.
    pub(super) each: Option<&'a Elements<'a>>,
    /// The tensors that have a name.
    pub(super) tensors: Option<Surroundings<'a, 'a>>,
    /// What is before the item.
    pub(super) before: Incoming,
}

/// What the names of a `for` stand for in one copy.
pub(super) struct Elements<'a> {
    pub(super) values: Vec<(Arc<str>, Value)>,
    /// The `for` around it.
    pub(super) outer: Option<&'a Elements<'a>>,
}

impl Elements<'_> {
    pub(super) fn find(&self, name: &str) -> Option<&Value> {
        let own = self.values.iter().find(|(known, _)| &**known == name).map(|(_, value)| value);
        own.or_else(|| self.outer?.find(name))
    }

    fn names(&self) -> Vec<&str> {
        let outer = self.outer.map_or(vec![], Elements::names);
        self.values.iter().map(|(name, _)| &**name).chain(outer).collect()
    }
}

impl<'a> Here<'a> {
    /// The beginning of a network or a block.
    pub(super) fn new(frame: &'a Frame<'a>) -> Self {
        Self { frame, counter: None, each: None, tensors: None, before: Incoming::Several(0) }
    }
}

/// The names of expressions, for one item.
pub(super) struct Names<'a> {
    pub(super) expander: &'a Expander<'a>,
    pub(super) here: Here<'a>,
    pub(super) incoming: Incoming,
    /// Elements of lists that were looked at.
    pub(super) looked_at: Cell<usize>,
    /// Set when an unknown value was asked for: then the failure is no mistake of its own.
    pub(super) unknown: Cell<bool>,
}

impl Scope for Names<'_> {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        if let Some(value) = self.here.each.and_then(|each| each.find(name)) {
            return Ok(value.clone());
        }
        let block = self.here.frame.values.iter().find(|(known, _)| &**known == name);
        if let Some((_, value)) = block {
            return value.clone().ok_or_else(|| self.unknown());
        }
        if self.here.frame.entered.as_ref().is_some_and(|(block, ..)| block.has(name)) {
            return Err(self.unknown());
        }
        if let Some((_, value)) = self.expander.params.iter().find(|(known, _)| &**known == name) {
            return Ok(value.clone());
        }
        if self.expander.description.unread_params.iter().any(|known| &**known == name) {
            return Err(self.unknown());
        }
        match name {
            "in" => self.dim(1).map(size),
            "h" | "w" => {
                let shape = self.shape()?;
                let Some([_, height, width]) = shape.image() else {
                    let text = text!(
                        "`{name}` is for channels × height × width, and the input is {shape}",
                        "`{name}` 只用于通道 × 高 × 宽,而输入是 {shape}"
                    );
                    return Err(Failure::from(text));
                };
                Ok(size(if name == "h" { height } else { width }))
            }
            "i" => match self.here.counter {
                Some(counter) => Ok(size(counter)),
                None => Err(Failure::from(text!(
                    "`i` counts the copies of a `repeat` or a `for`, and there is none around this",
                    "`i` 是 `repeat` 或 `for` 的序号,而这里不在其中"
                ))),
            },
            _ if self.is_part_of_param(name) => Err(self.unknown()),
            _ => Err(self.no_such_name(name)),
        }
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        dimension(self.shape()?, k, None)
    }

    fn size_of(&self, name: &str, size: SizeOf) -> Result<u64, Failure> {
        let found =
            self.here.tensors.and_then(|around| self.expander.tensor_called(name, self.here.before, around));
        let Some(found) = found else {
            let message = text!("there is no tensor `{name}` before this", "此处之前没有张量 `{name}`");
            let known = self.here.tensors.map_or(vec![], Surroundings::names);
            return Err(Failure { message, help: known_names(name, &known) });
        };
        let shape = self.shape_of(found)?;
        match size {
            SizeOf::Channels => dimension(shape, 1, Some(name)),
            SizeOf::Dimension(k) => dimension(shape, k, Some(name)),
            SizeOf::Height | SizeOf::Width => {
                let Some([_, height, width]) = shape.image() else {
                    return Err(Failure::from(text!(
                        "height and width are for channels × height × width, and `{name}` is {shape}",
                        "高和宽只用于通道 × 高 × 宽,而 `{name}` 是 {shape}"
                    )));
                };
                Ok(if size == SizeOf::Height { height } else { width })
            }
        }
    }

    fn count(&self, name: &str) -> Option<usize> {
        let (block, ..) = self.here.frame.entered.as_ref()?;
        let is_it = |input: &Name| input.text.strip_suffix('*') == Some(name);
        block
            .inputs
            .iter()
            .any(is_it)
            .then(|| (self.here.frame.inputs + 1).saturating_sub(block.inputs.len()))
    }

    fn looks_at(&self, elements: usize) {
        self.looked_at.set(self.looked_at.get().saturating_add(elements));
    }
}

/// The size of a dimension, batch = 0, negative from the end.
fn dimension(shape: &Shape, k: i128, name: Option<&str>) -> Result<u64, Failure> {
    if k == 0 {
        return Err(Failure::from(text!(
            "dimension 0 is the batch, whose size a description does not know",
            "第 0 维是批次维,描述文件不知道它的大小"
        )));
    }
    let axis = i64::try_from(k).ok().and_then(|k| shape.axis(k));
    axis.map(|axis| shape.dims()[axis]).ok_or_else(|| {
        Failure::from(match name {
            Some(name) => {
                text!("`{name}` is {shape} and has no dimension {k}", "`{name}` 是 {shape},没有第 {k} 维")
            }
            None => text!("the input {shape} has no dimension {k}", "输入 {shape} 没有第 {k} 维"),
        })
    })
}

impl Names<'_> {
    fn shape(&self) -> Result<&Shape, Failure> {
        self.shape_of(self.incoming)
    }

    fn shape_of(&self, incoming: Incoming) -> Result<&Shape, Failure> {
        let several = |count: usize| {
            Err(Failure::from(text!(
                "{count} tensors come in here, so it is not clear whose size this is",
                "此处有 {count} 个输入张量,不清楚指的是哪一个的尺寸"
            )))
        };
        match incoming {
            Incoming::Tensor(node) => Ok(&self.expander.builder.graph().node(node).shape),
            Incoming::Unknown => Err(self.unknown()),
            Incoming::Several(0) => Err(Failure::from(text!("no tensor comes in here", "此处没有输入张量"))),
            Incoming::Several(count) => several(count),
            Incoming::Bundle(bundle) => several(bundle.range().len()),
        }
    }

    fn unknown(&self) -> Failure {
        self.unknown.set(true);
        Failure::from(text!("this is not known", "此值未知"))
    }

    /// Whether a parameter's name falls apart in an expression, and this is a part of it: `my` of `my-width`, which has been
    /// reported.
    fn is_part_of_param(&self, name: &str) -> bool {
        let block = self.here.frame.values.iter().map(|(known, _)| known);
        let mut all = block.chain(self.expander.params.iter().map(|(known, _)| known));
        all.any(|known| known.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == name))
    }

    fn no_such_name(&self, name: &str) -> Failure {
        let block = self.here.frame.values.iter().map(|(known, _)| &**known);
        let network = self.expander.params.iter().map(|(known, _)| &**known);
        let image = match self.incoming {
            Incoming::Tensor(node) if self.expander.builder.graph().node(node).shape.image().is_some() => {
                &["in", "h", "w"][..]
            }
            Incoming::Tensor(_) => &["in"],
            Incoming::Unknown | Incoming::Several(_) | Incoming::Bundle(_) => &[],
        };
        let counter = self.here.counter.map(|_| "i");
        let each = self.here.each.map_or(vec![], Elements::names);
        let params: Vec<_> = each.into_iter().chain(block).chain(network).collect();
        let known: Vec<_> = params.iter().chain(image).copied().chain(counter).collect();
        let of_input = match name {
            "in_channels" | "input_channels" | "in_planes" | "inplanes" | "in_ch" | "c_in" | "cin"
            | "in_features" => Some("in"),
            "height" | "H" => Some("h"),
            "width" | "W" => Some("w"),
            _ => None,
        };
        let of_input = of_input.filter(|name| image.contains(name)).map(meant);
        // A letter is near to many words.
        let near = of_input.or_else(|| did_you_mean(name, params));
        Failure {
            message: text!("nothing is called `{name}` here", "此处没有名为 `{name}` 的参数"),
            help: near.or_else(|| known_here(&known)),
        }
    }
}

fn size(size: u64) -> Value {
    Value::Number(Rational::from_integer(size.into()))
}
