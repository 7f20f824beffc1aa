//! A description into a graph, for one choice of its parameters: every `use` becomes the block's nodes, every expression a
//! number, every tensor gets its shape.
//!
//! After a mistake the tensor is unknown and expansion goes on, so that further mistakes are found; what depends on an
//! unknown tensor is left out silently.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Context` is not general over its lifetime"
)]

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::description::{Datum, DatumKind, Description, Name, Setting};
use super::expression::Value;
use super::written::Letters;
use crate::error::{Code, Diagnostic, Span};
use crate::graph::{Builder, Graph, NodeId};
use crate::op::Op;
use crate::shape::Shape;
use crate::text;

mod boxes;
mod each;
mod found;
mod items;
mod limits;
mod list;
mod merge_error;
mod mistakes;
mod names;
mod operator;
mod padding;
mod sources;
mod template;

use limits::Least;
pub use limits::MOST_NODES;
use list::{Frame, Surroundings};
use names::Here;
use sources::{Incoming, Tensor};

/// What is expanded: the network with these parameters and, if given, this input. Of what stands at one of the `known`
/// mistakes nothing more is said.
pub(super) fn expand(
    description: &Description,
    params: &[(Arc<str>, Value)],
    input: Option<&[u64]>,
    known: &[Span],
) -> Expanded {
    let mut expander = Expander { known, ..Expander::new(description, params) };
    if let Some(mistake) = expander.too_many_at_least() {
        expander.mistakes = vec![mistake];
        return expander.expanded();
    }
    let inputs = expander.inputs(input);
    let frame = Frame::of_the_network();
    let incoming = match &inputs[..] {
        several if several.iter().all(|(_, input)| *input == Incoming::Unknown) => Incoming::Unknown,
        _ => expander.bundle(&inputs),
    };
    let surroundings = Surroundings { inputs: &inputs, outer: None };
    let end =
        expander.list(&description.layers, incoming, surroundings, Here::new(&frame), &description.outputs);
    if let Some(last) = description.layers.last() {
        let named = description.outputs.first().zip(description.outputs.last());
        let span = named.map_or(last.span.clone(), |(first, last)| first.span.start..last.span.end);
        expander.outputs(end, &span);
    }
    expander.expanded()
}

/// What a description becomes.
pub(super) struct Expanded {
    /// The network, as far as it could be made.
    pub(super) graph: Graph,
    /// The expressions that it was made with.
    pub(super) letters: Letters,
    /// The outputs of blocks that have several.
    pub(super) named: HashSet<NodeId>,
    /// Why it could not.
    pub(super) mistakes: Vec<Diagnostic>,
}

/// An operator whose settings need neither parameters nor a tensor.
pub(super) fn operator(
    description: &Description,
    op: &Name,
    settings: &[Setting],
) -> Result<Arc<Op>, Vec<Diagnostic>> {
    let mut expander = Expander::new(description, &[]);
    let frame = Frame::of_the_network();
    let here = Here::new(&frame);
    let operator = expander.read_operator(op, settings, Incoming::Several(0), here);
    operator.ok_or(expander.mistakes)
}

/// Nodes whose output nothing takes: probably a forgotten `from`. Of what is named as an output of a block, nothing needs to.
pub(super) fn unused(graph: &Graph, named: &HashSet<NodeId>) -> Vec<Diagnostic> {
    let outputs: HashSet<NodeId> =
        graph.outputs().iter().map(|&(_, output)| output).chain(named.iter().copied()).collect();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut warnings = vec![];
    for (id, node) in graph.nodes().filter(|&(id, _)| graph.users(id).next().is_none()) {
        let Some(origin) = node.origin.as_ref().filter(|_| !outputs.contains(&id)) else { continue };
        if !seen.insert(origin.position()) {
            continue;
        }
        let path = graph.path(id);
        let message = text!("nothing takes the output of `{path}`", "没有任何项使用 `{path}` 的输出");
        warnings.push(Diagnostic::new(Code::UnusedOutput, message, origin.clone()).warning());
    }
    warnings
}

struct Expander<'d> {
    description: &'d Description,
    params: &'d [(Arc<str>, Value)],
    builder: Builder,
    letters: Letters,
    mistakes: Vec<Diagnostic>,
    steps: u64,
    /// Values that have been read.
    worked: u64,
    /// Whether there are too many nodes or mistakes to go on.
    stopped: bool,
    /// Places of mistakes that were found before.
    known: &'d [Span],
    /// Items whose output is not known, because of a mistake that has been reported.
    unknown: u64,
    /// The operator that was read last from each list of settings.
    operators: HashMap<(usize, *const Setting), Arc<Op>>,
    /// What the outputs of the network are called.
    output_names: HashSet<String>,
    /// The outputs of blocks that have several.
    named: HashSet<NodeId>,
    /// The tensors of every [`Bundle`](sources::Bundle), with their names.
    bundled: Vec<Tensor>,
    /// What each block takes at least.
    of_blocks: Vec<OnceCell<Least>>,
    /// Whether what was looked at beforehand may be another in each copy, and how much such there was.
    has_counted: Cell<bool>,
    looked_at: Cell<u64>,
}

impl<'d> Expander<'d> {
    fn new(description: &'d Description, params: &'d [(Arc<str>, Value)]) -> Self {
        let of_blocks = vec![OnceCell::new(); description.blocks.len()];
        let (builder, mistakes) = (Builder::new(), vec![]);
        Self {
            description,
            params,
            builder,
            letters: Letters::default(),
            mistakes,
            steps: 0,
            worked: 0,
            stopped: false,
            known: &[],
            unknown: 0,
            operators: HashMap::new(),
            bundled: vec![],
            output_names: HashSet::new(),
            named: HashSet::new(),
            of_blocks,
            has_counted: Cell::new(false),
            looked_at: Cell::new(0),
        }
    }

    fn expanded(self) -> Expanded {
        let node =
            |&(_, tensor): &Tensor| if let Incoming::Tensor(node) = tensor { Some(node) } else { None };
        let named = self.bundled.iter().filter_map(node).collect();
        Expanded { graph: self.builder.finish_named(), letters: self.letters, named, mistakes: self.mistakes }
    }

    /// Keeps the expressions of what has just become `node`.
    fn keep_letters(&mut self, node: NodeId, settings: &[Setting], incoming: Incoming, here: Here<'_>) {
        if !self.letters.is_open() {
            return;
        }
        let mut letters = std::mem::take(&mut self.letters);
        letters.keep(node, settings, &self.names(here, incoming), &here.frame.written);
        self.letters = letters;
    }

    /// Makes what comes out of the last item the output of the network: of several tensors each, under its name.
    fn outputs(&mut self, end: Incoming, last: &Span) {
        let frame = Frame::of_the_network();
        match end {
            Incoming::Tensor(node) => self.output("output".to_owned(), node, last, Here::new(&frame)),
            Incoming::Bundle(bundle) => {
                for at in bundle.range() {
                    if let (name, Incoming::Tensor(node)) = self.bundled[at].clone() {
                        self.output(name.as_ref().to_owned(), node, last, Here::new(&frame));
                    }
                }
            }
            Incoming::Unknown | Incoming::Several(_) => {}
        }
    }

    /// Makes a tensor an output of the network.
    fn output(&mut self, name: String, node: NodeId, span: &Span, here: Here<'_>) {
        if !self.output_names.insert(name.clone()) {
            let message =
                text!("two outputs of the network are called `{name}`", "网络有两个名为 `{name}` 的输出");
            self.mistake(Diagnostic::new(Code::RepeatedName, message, span.clone()), here);
            return;
        }
        self.builder.output(name, node);
    }

    fn inputs(&mut self, given: Option<&[u64]>) -> Vec<Tensor> {
        let frame = Frame::of_the_network();
        let here = Here::new(&frame);
        let only = self.description.inputs.len() == 1;
        if given.is_some() && !only {
            let count = self.description.inputs.len();
            let message = text!(
                "sizes are given for one input, and the network has {count}",
                "给出了一个输入的尺寸,而网络有 {count} 个输入"
            );
            let help = text!(
                "the sizes of several stand in `inputs`; where they are expressions, `--set` changes them",
                "多个输入的尺寸写在 `inputs` 中;若为表达式,可用 `--set` 更改"
            );
            self.mistakes.push(Diagnostic::nowhere(Code::Inputs, message).help(help));
        }
        let mut inputs = vec![];
        for input in &self.description.inputs {
            let sizes = match given.filter(|_| only) {
                Some(given) => Some(given.to_vec()),
                None => self.sizes(&input.sizes, here),
            };
            let span = input.sizes.span.clone();
            let tensor = match sizes.map(Shape::new) {
                Some(Ok(shape)) => {
                    Incoming::Tensor(self.builder.input(input.name.text.clone(), shape, Some(span.into())))
                }
                Some(Err(why)) => {
                    let mistake = Diagnostic::new(Code::WrongValue, why, span);
                    // Sizes that are given stand nowhere in the file.
                    let places = if given.is_some() { vec![] } else { mistake.places };
                    self.mistakes.push(Diagnostic { places, ..mistake });
                    Incoming::Unknown
                }
                None => Incoming::Unknown,
            };
            inputs.push((input.name.text.clone(), tensor));
        }
        inputs
    }

    fn sizes(&mut self, datum: &Datum, here: Here<'_>) -> Option<Vec<u64>> {
        let DatumKind::List(list) = &datum.kind else {
            if self.has_known(&datum.span) {
                return None;
            }
            let message = text!("an input is a list of sizes", "输入应是尺寸列表");
            let help = text!("`[3, 224, 224]`: channels, height, width", "`[3, 224, 224]`:通道、高、宽");
            self.mistakes.push(Diagnostic::new(Code::WrongType, message, datum.span.clone()).help(help));
            return None;
        };
        list.iter()
            .map(|datum| self.evaluate(datum, here, Incoming::Several(0), |place, datum| place.size(datum)))
            .collect()
    }
}

/// Runs what recurses with enough stack for it: items and blocks may stand deep in one another.
fn grow<T>(recurse: impl FnOnce() -> T) -> T {
    const ENOUGH: usize = 2 << 20;
    const MORE: usize = 8 << 20;
    stacker::maybe_grow(ENOUGH, MORE, recurse)
}
