//! What the names in an expression stand for, where it stands.

use std::cell::Cell;
use std::sync::Arc;

use super::list::Frame;
use super::sources::Incoming;
use crate::error::{did_you_mean, known_here, meant};
use crate::graph::Graph;
use crate::read::expression::{Failure, Rational, Scope, Value};
use crate::shape::Shape;
use crate::text;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) frame: &'a Frame<'a>,
    /// What `i` is, inside a `repeat`.
    pub(super) counter: Option<u64>,
}

/// The names of expressions, for one item.
pub(super) struct Names<'a> {
    pub(super) params: &'a [(Arc<str>, Value)],
    pub(super) here: Here<'a>,
    pub(super) incoming: Incoming,
    pub(super) graph: &'a Graph,
    /// Parameters of the network whose value could not be read.
    pub(super) unread: &'a [Arc<str>],
    /// Set when an unknown value was asked for: then the failure is no mistake of its own.
    pub(super) unknown: Cell<bool>,
}

impl Scope for Names<'_> {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        let block = self.here.frame.values.iter().find(|(known, _)| &**known == name);
        if let Some((_, value)) = block {
            return value.clone().ok_or_else(|| self.unknown());
        }
        if let Some((_, value)) = self.params.iter().find(|(known, _)| &**known == name) {
            return Ok(value.clone());
        }
        let of_block = self.here.frame.entered.as_ref().is_some_and(|(block, ..)| block.has(name));
        if of_block || self.unread.iter().any(|known| &**known == name) {
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
                    "`i` counts the copies of a `repeat`, and there is none around this",
                    "`i` 是 `repeat` 的序号,而这里不在任何 `repeat` 中"
                ))),
            },
            _ if self.is_part_of_param(name) => Err(self.unknown()),
            _ => Err(self.no_such_name(name)),
        }
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        let shape = self.shape()?;
        if k == 0 {
            return Err(Failure::from(text!(
                "dimension 0 is the batch, whose size a description does not know",
                "第 0 维是批次维,描述文件不知道它的大小"
            )));
        }
        let axis = i64::try_from(k).ok().and_then(|k| shape.axis(k));
        axis.map(|axis| shape.dims()[axis]).ok_or_else(|| {
            Failure::from(text!("the input {shape} has no dimension {k}", "输入 {shape} 没有第 {k} 维"))
        })
    }
}

impl Names<'_> {
    fn shape(&self) -> Result<&Shape, Failure> {
        match self.incoming {
            Incoming::Tensor(node) => Ok(&self.graph.node(node).shape),
            Incoming::Unknown => Err(self.unknown()),
            Incoming::Several(0) => Err(Failure::from(text!("no tensor comes in here", "此处没有输入张量"))),
            Incoming::Several(count) => Err(Failure::from(text!(
                "{count} tensors come in here, so it is not clear whose size this is",
                "此处有 {count} 个输入张量,不清楚指的是哪一个的尺寸"
            ))),
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
        let mut all = block.chain(self.params.iter().map(|(known, _)| known));
        all.any(|known| known.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == name))
    }

    fn no_such_name(&self, name: &str) -> Failure {
        let block = self.here.frame.values.iter().map(|(known, _)| &**known);
        let network = self.params.iter().map(|(known, _)| &**known);
        let image = match self.incoming {
            Incoming::Tensor(node) if self.graph.node(node).shape.image().is_some() => &["in", "h", "w"][..],
            Incoming::Tensor(_) => &["in"],
            Incoming::Unknown | Incoming::Several(_) => &[],
        };
        let counter = self.here.counter.map(|_| "i");
        let params: Vec<_> = block.chain(network).collect();
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
