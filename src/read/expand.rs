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

use super::description::{Block, Body, Datum, DatumKind, Description, Item, Name, Setting};
use super::expression::Value;
use super::written::Letters;
use crate::error::{Code, Diagnostic, Span};
use crate::graph::{Builder, Graph, NodeId, ScopeKind};
use crate::op::Op;
use crate::shape::Shape;
use crate::text;

mod boxes;
mod limits;
mod list;
mod merge_error;
mod mistakes;
mod names;
mod operator;
mod padding;
mod sources;

pub use limits::MOST_NODES;
use limits::{Least, too_many};
use list::{Done, Frame, List, Surroundings};
use mistakes::left_out;
use names::Here;
use sources::Incoming;

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
    let frame = Frame { values: vec![], written: vec![], entered: None };
    let incoming = match &inputs[..] {
        [] => Incoming::Unknown,
        [(_, only)] => *only,
        several if several.iter().all(|(_, input)| *input == Incoming::Unknown) => Incoming::Unknown,
        _ => Incoming::Several(inputs.len()),
    };
    let surroundings = Surroundings { inputs: &inputs, outer: None };
    let end =
        expander.list(&description.layers, incoming, surroundings, Here { frame: &frame, counter: None });
    match end {
        Incoming::Tensor(node) if !description.layers.is_empty() => {
            expander.builder.output("output".to_owned(), node);
        }
        Incoming::Tensor(_) | Incoming::Unknown | Incoming::Several(_) => {}
    }
    expander.expanded()
}

/// What a description becomes.
pub(super) struct Expanded {
    /// The network, as far as it could be made.
    pub(super) graph: Graph,
    /// The expressions that it was made with.
    pub(super) letters: Letters,
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
    let frame = Frame { values: vec![], written: vec![], entered: None };
    let here = Here { frame: &frame, counter: None };
    let operator = expander.read_operator(op, settings, Incoming::Several(0), here);
    operator.ok_or(expander.mistakes)
}

/// Nodes whose output nothing takes: probably a forgotten `from`.
pub(super) fn unused(graph: &Graph) -> Vec<Diagnostic> {
    let outputs: HashSet<NodeId> = graph.outputs().iter().map(|&(_, output)| output).collect();
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
    /// The operator that was read last at each place where one is named.
    operators: HashMap<usize, Arc<Op>>,
    /// What each block takes at least.
    of_blocks: Vec<OnceCell<Least>>,
    /// Whether what was looked at beforehand may be another in each copy, and how much such there was.
    has_counted: Cell<bool>,
    looked_at: Cell<u64>,
    /// The block of what is looked at beforehand, whose parameters are not known yet.
    hiding: Cell<Option<&'d Block>>,
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
            of_blocks,
            has_counted: Cell::new(false),
            looked_at: Cell::new(0),
            hiding: Cell::new(None),
        }
    }

    fn expanded(self) -> Expanded {
        Expanded { graph: self.builder.finish_named(), letters: self.letters, mistakes: self.mistakes }
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

    fn inputs(&mut self, given: Option<&[u64]>) -> Vec<(Arc<str>, Incoming)> {
        let frame = Frame { values: vec![], written: vec![], entered: None };
        let here = Here { frame: &frame, counter: None };
        let only = self.description.inputs.len() == 1;
        if given.is_some() && !only {
            let count = self.description.inputs.len();
            let message = text!(
                "sizes are given for one input, and the network has {count}",
                "给出了一个输入的尺寸,而网络有 {count} 个输入"
            );
            self.mistakes.push(Diagnostic::nowhere(Code::Inputs, message));
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

    /// Expands a list; what comes out of its last item.
    fn list(
        &mut self,
        items: &'d [Item],
        input: Incoming,
        around: Surroundings<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        let mut list = List { items, index: OnceCell::new(), done: Vec::with_capacity(items.len()), around };
        let mut current = input;
        for item in items {
            if self.is_full(&item.span) {
                return Incoming::Unknown;
            }
            let (start, unknown) = (self.builder.next(), self.unknown);
            let tensor = self.item(item, current, &list, here);
            if let (Some(tensor), false) = (tensor, matches!(item.body, Body::Side(_))) {
                current = tensor;
            }
            self.unknown += u64::from(tensor == Some(Incoming::Unknown));
            let is_whole = self.unknown == unknown;
            list.done.push(Done { tensor, nodes: self.builder.since(start), is_whole });
            if tensor.is_some() {
                self.finish(item, &list, here);
            }
        }
        current
    }

    /// An item with its condition and its copies; `None` if it is left out.
    fn item(
        &mut self,
        item: &'d Item,
        before: Incoming,
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Option<Incoming> {
        if let Some(when) = &item.when {
            match self.evaluate(when, here, before, |place, datum| place.boolean(datum)) {
                Some(true) => {}
                Some(false) => return None,
                None => return Some(Incoming::Unknown),
            }
        }
        let copies = match &item.repeat {
            None => None,
            Some(repeat) => match self.copies(item, repeat, before, here) {
                Some(0) => return None,
                Some(copies) => Some(copies),
                None => return Some(Incoming::Unknown),
            },
        };
        let sources = match &item.from[..] {
            [] => vec![before],
            names => match self.sources(names, list, here) {
                Some(sources) => sources,
                None => return Some(Incoming::Unknown),
            },
        };
        let Some(copies) = copies else { return Some(self.copy(item, &item.name, &sources, list, here)) };
        self.builder.open(item.name.clone(), ScopeKind::Repeat, Some(item.span.clone().into()));
        let mut current = self.copy(item, &"0".into(), &sources, list, Here { counter: Some(0), ..here });
        for counter in 1..copies {
            if current == Incoming::Unknown || self.is_full(&item.span) {
                current = Incoming::Unknown;
                break;
            }
            let here = Here { counter: Some(counter), ..here };
            current = self.copy(item, &counter.to_string().into(), &[current], list, here);
        }
        self.builder.close();
        Some(current)
    }

    /// How often an item is repeated; less than is too much, as far as that can be known beforehand.
    fn copies(&mut self, item: &Item, repeat: &Datum, before: Incoming, here: Here<'_>) -> Option<u64> {
        let copies = self.evaluate(repeat, here, before, |place, datum| place.size(datum))?;
        // Looking ahead takes no longer than the copies: without any, it would be the most of the work.
        if copies == 0 || !self.are_too_many(item, copies, here) {
            return Some(copies);
        }
        self.mistakes.push(too_many(&repeat.span).label(text!("{copies} copies", "{copies} 个副本")));
        None
    }

    /// Marks and shares the weights of what was just expanded.
    fn finish(&mut self, item: &Item, list: &List<'_, 'd>, here: Here<'_>) {
        let Some(Done { nodes, is_whole, .. }) = list.done.last() else { return };
        if item.frozen {
            self.builder.freeze(nodes.clone());
        }
        let Some(name) = &item.weights else { return };
        let Some(&at) = list.index().get(&*name.text) else { return };
        let Some(owner) = list.done.get(at).filter(|_| at + 1 < list.done.len()) else { return };
        let text = &name.text;
        if owner.tensor.is_none() {
            self.mistake(left_out(name, &list.items[at]), here);
            return;
        }
        if !is_whole || !owner.is_whole {
            // What is missing is not known, and may be alike.
            return;
        }
        if let Err(mismatch) = self.builder.share(nodes.clone(), owner.nodes.clone()) {
            let message = text!("the weights of `{text}` cannot be used here", "`{text}` 的权重不能在此使用");
            let graph = self.builder.graph();
            let place = |node: NodeId| graph.node(node).origin.clone();
            let (user, owner) = mismatch.nodes.map_or((None, None), |(a, b)| (place(a), place(b)));
            let user = user.unwrap_or_else(|| item.span.clone().into());
            let diagnostic = Diagnostic::new(Code::SharedWeights, message, user).label(mismatch.message);
            let label = text!("the weights are from here", "权重来自此处");
            self.mistake(
                diagnostic.also(owner.unwrap_or_else(|| list.items[at].span.clone().into()), label),
                here,
            );
        }
    }

    /// One copy of an item.
    fn copy(
        &mut self,
        item: &'d Item,
        name: &Arc<str>,
        sources: &[Incoming],
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        self.steps += 1;
        if self.is_known(item) {
            return Incoming::Unknown;
        }
        let origin = || Some(item.span.clone().into());
        let around = Surroundings { inputs: list.around.inputs, outer: Some(list) };
        match &item.body {
            Body::Operator { op, settings } => self.operator(item, name, op, settings, sources, here),
            Body::Use { block, arguments } => self.block(item, name, block, arguments, sources, here),
            Body::Layers(items) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name.clone(), ScopeKind::Group, origin());
                let end = grow(|| self.list(items, input, around, here));
                self.builder.close();
                end
            }
            Body::Branches(branches) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name.clone(), ScopeKind::Branches, origin());
                let end = grow(|| self.branches(branches, &item.span, input, around, here));
                self.builder.close();
                end
            }
            Body::Side(items) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name.clone(), ScopeKind::Side, origin());
                let end = grow(|| self.list(items, input, around, here));
                if let Incoming::Tensor(node) = end {
                    let path = self.builder.path();
                    self.builder.output(path, node);
                }
                self.builder.close();
                end
            }
        }
    }
}

/// Runs what recurses with enough stack for it: items and blocks may stand deep in one another.
fn grow<T>(recurse: impl FnOnce() -> T) -> T {
    const ENOUGH: usize = 2 << 20;
    const MORE: usize = 8 << 20;
    stacker::maybe_grow(ENOUGH, MORE, recurse)
}
