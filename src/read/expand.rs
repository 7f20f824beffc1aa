//! A description into a graph, for one choice of its parameters: every `use` becomes the block's nodes, every expression a
//! number, every tensor gets its shape.
//!
//! After a mistake the tensor is unknown and expansion goes on, so that further mistakes are found; what depends on an
//! unknown tensor is left out silently.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Place` is not general over its lifetime"
)]

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::description::{
    Block, BlockBody, Body, Branch, Branches, Datum, DatumKind, Description, Item, Name, Setting,
};
use super::expression::{Failure, Rational, Scope, Value};
use super::settings::{Place, SettingError, Settings};
use crate::error::{Diagnostic, Span};
use crate::graph::{Builder, Graph, NodeId, ScopeKind};
use crate::op::{Arity, Op, Reason};
use crate::shape::Shape;
use crate::text;

use super::explain_merge;

/// The most nodes of a network. Every item takes a step, there or not, so that nothing loops without end.
pub const MOST_NODES: u64 = 4_000_000;

/// Mistakes after which expansion stops.
const MOST_MISTAKES: usize = 50;

/// What is expanded: the network with these parameters and, if given, this input. Of what stands at one of the `known`
/// mistakes nothing more is said.
pub(super) fn expand(
    description: &Description,
    params: &[(Arc<str>, Value)],
    input: Option<&[u64]>,
    known: &[Span],
) -> (Graph, Vec<Diagnostic>) {
    let mut expander = Expander { known, ..Expander::new(description, params) };
    if let Some(mistake) = expander.too_many_at_least() {
        return (expander.builder.finish(), vec![mistake]);
    }
    let inputs = expander.inputs(input);
    let frame = Frame { values: vec![], entered: None };
    let incoming = match &inputs[..] {
        [] => Incoming::Unknown,
        [(_, only)] => *only,
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
    let mistakes = expander.mistakes;
    let graph = expander.builder.finish();
    (graph, mistakes)
}

/// An operator whose settings need neither parameters nor a tensor.
pub(super) fn operator(
    description: &Description,
    op: &Name,
    settings: &[Setting],
) -> Result<Op, Vec<Diagnostic>> {
    let mut expander = Expander::new(description, &[]);
    let frame = Frame { values: vec![], entered: None };
    let here = Here { frame: &frame, counter: None };
    let operator = expander.read_operator(op, settings, Incoming::Several(0), here);
    operator.ok_or(expander.mistakes)
}

/// Nodes whose output nothing takes: probably a forgotten `from`.
pub(super) fn unused(graph: &Graph) -> Vec<Diagnostic> {
    let is_output = |id| graph.outputs().iter().any(|&(_, output)| output == id);
    let mut seen: Vec<&Span> = vec![];
    let mut warnings = vec![];
    for (id, node) in graph.nodes().filter(|&(id, _)| graph.users(id).next().is_none()) {
        let Some(span) = node.span.as_ref().filter(|span| !is_output(id) && !seen.contains(span)) else {
            continue;
        };
        seen.push(span);
        let path = graph.path(id);
        let message = text!("nothing takes the output of `{path}`", "没有任何项使用 `{path}` 的输出");
        warnings.push(Diagnostic::new(message, span.clone()).warning());
    }
    warnings
}

/// What comes into an item.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Incoming {
    /// One tensor.
    Tensor(NodeId),
    /// Not known, because of a mistake that has been reported.
    Unknown,
    /// So many, of which `from` must choose.
    Several(usize),
}

struct Expander<'d> {
    description: &'d Description,
    params: &'d [(Arc<str>, Value)],
    builder: Builder,
    mistakes: Vec<Diagnostic>,
    steps: u64,
    /// Whether there are too many nodes or mistakes to go on.
    stopped: bool,
    /// Places of mistakes that were found before.
    known: &'d [Span],
    /// Steps that each block takes at least.
    block_steps: Vec<OnceCell<u64>>,
}

/// The parameters that are known where an item stands: those of the block it is in.
struct Frame<'a> {
    /// `None` for a value that a mistake made unknown.
    values: Vec<(Arc<str>, Option<Value>)>,
    /// The block and the `use` that led here, and where that stands.
    entered: Option<(&'a Block, Span, &'a Frame<'a>)>,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Here<'a> {
    frame: &'a Frame<'a>,
    /// What `i` is, inside a `repeat`.
    counter: Option<u64>,
}

/// What `from` finds outside the list: the lists around it, then the inputs of the block.
#[derive(Clone, Copy)]
struct Surroundings<'a, 'd> {
    inputs: &'a [(Arc<str>, Incoming)],
    outer: Option<&'a List<'a, 'd>>,
}

/// A list of items while it is expanded.
struct List<'a, 'd> {
    items: &'d [Item],
    index: OnceCell<HashMap<&'d str, usize>>,
    done: Vec<Done>,
    around: Surroundings<'a, 'd>,
}

/// What became of an item.
struct Done {
    /// Its tensor, or `None` if it was left out.
    tensor: Option<Incoming>,
    nodes: Range<u32>,
}

/// The names of expressions, for one item.
struct Names<'a> {
    params: &'a [(Arc<str>, Value)],
    here: Here<'a>,
    incoming: Incoming,
    graph: &'a Graph,
    /// Set when an unknown value was asked for: then the failure is no mistake of its own.
    unknown: Cell<bool>,
}

impl<'d> Expander<'d> {
    fn new(description: &'d Description, params: &'d [(Arc<str>, Value)]) -> Self {
        let block_steps = vec![OnceCell::new(); description.blocks.len()];
        let (builder, mistakes) = (Builder::new(), vec![]);
        Self { description, params, builder, mistakes, steps: 0, stopped: false, known: &[], block_steps }
    }

    fn inputs(&mut self, given: Option<&[u64]>) -> Vec<(Arc<str>, Incoming)> {
        let frame = Frame { values: vec![], entered: None };
        let here = Here { frame: &frame, counter: None };
        let only = self.description.inputs.len() == 1;
        let mut inputs = vec![];
        for input in &self.description.inputs {
            let sizes = match given.filter(|_| only) {
                Some(given) => Some(given.to_vec()),
                None => self.sizes(&input.sizes, here),
            };
            let span = input.sizes.span.clone();
            let tensor = match sizes.map(Shape::new) {
                Some(Ok(shape)) => Incoming::Tensor(self.builder.input(&input.name.text, shape, Some(span))),
                Some(Err(why)) => {
                    self.mistakes.push(Diagnostic::new(why, span));
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
            let message = text!("an input is a list of sizes", "输入应是尺寸列表");
            let help = text!("`[3, 224, 224]`: channels, height, width", "`[3, 224, 224]`:通道、高、宽");
            self.mistakes.push(Diagnostic::new(message, datum.span.clone()).help(help));
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
            let start = self.builder.next();
            let tensor = self.item(item, current, &list, here);
            if let (Some(tensor), false) = (tensor, matches!(item.body, Body::Side(_))) {
                current = tensor;
            }
            list.done.push(Done { tensor, nodes: self.builder.since(start) });
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
        self.builder.open(&item.name, ScopeKind::Repeat, Some(item.span.clone()));
        let mut current = self.copy(item, "0", &sources, list, Here { counter: Some(0), ..here });
        for counter in 1..copies {
            if current == Incoming::Unknown || self.is_full(&item.span) {
                current = Incoming::Unknown;
                break;
            }
            let here = Here { counter: Some(counter), ..here };
            current = self.copy(item, &counter.to_string(), &[current], list, here);
        }
        self.builder.close();
        Some(current)
    }

    /// How often an item is repeated; fewer steps than the limit, as far as that can be known beforehand.
    fn copies(&mut self, item: &Item, repeat: &Datum, before: Incoming, here: Here<'_>) -> Option<u64> {
        let copies = self.evaluate(repeat, here, before, |place, datum| place.size(datum))?;
        let steps = copies.saturating_mul(self.least_steps_of_one(item));
        if self.steps.saturating_add(steps) <= MOST_NODES {
            return Some(copies);
        }
        self.mistakes.push(too_many(&repeat.span).label(text!("{copies} copies", "{copies} 个副本")));
        None
    }

    /// Marks and shares the weights of what was just expanded.
    fn finish(&mut self, item: &Item, list: &List<'_, 'd>, here: Here<'_>) {
        let Some(nodes) = list.done.last().map(|done| done.nodes.clone()) else { return };
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
        if let Err(mismatch) = self.builder.share(nodes, owner.nodes.clone()) {
            let message = text!("the weights of `{text}` cannot be used here", "`{text}` 的权重不能在此使用");
            let graph = self.builder.graph();
            let place = |node: NodeId| graph.node(node).span.clone();
            let (user, owner) = mismatch.nodes.map_or((None, None), |(a, b)| (place(a), place(b)));
            let diagnostic =
                Diagnostic::new(message, user.unwrap_or(item.span.clone())).label(mismatch.message);
            let label = text!("the weights are from here", "权重来自此处");
            self.mistake(diagnostic.also(owner.unwrap_or(list.items[at].span.clone()), label), here);
        }
    }

    /// One copy of an item.
    fn copy(
        &mut self,
        item: &'d Item,
        name: &str,
        sources: &[Incoming],
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        self.steps += 1;
        if self.is_known(item) {
            return Incoming::Unknown;
        }
        let span = || Some(item.span.clone());
        let around = Surroundings { inputs: list.around.inputs, outer: Some(list) };
        match &item.body {
            Body::Operator { op, settings } => self.operator(item, name, op, settings, sources, here),
            Body::Use { block, arguments } => self.block(item, name, block, arguments, sources, here),
            Body::Layers(items) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name, ScopeKind::Group, span());
                let end = grow(|| self.list(items, input, around, here));
                self.builder.close();
                end
            }
            Body::Branches(branches) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name, ScopeKind::Branches, span());
                let end = grow(|| self.branches(branches, &item.span, input, around, here));
                self.builder.close();
                end
            }
            Body::Side(items) => {
                let Some(input) = self.one(sources, item, here) else { return Incoming::Unknown };
                self.builder.open(name, ScopeKind::Side, span());
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

    fn operator(
        &mut self,
        item: &Item,
        name: &str,
        op: &Name,
        settings: &[Setting],
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Incoming {
        let incoming = if let &[one] = sources { one } else { Incoming::Several(sources.len()) };
        let Some(operator) = self.read_operator(op, settings, incoming, here) else {
            return Incoming::Unknown;
        };
        let is_source = operator.arity() == Arity::NONE;
        if is_source && !item.from.is_empty() {
            let op = operator.name();
            let message = text!("a {op} takes no input", "{op} 不接受输入");
            self.mistake(Diagnostic::new(message, item.from[0].span.clone()), here);
            return Incoming::Unknown;
        }
        let inputs = if is_source { Some(vec![]) } else { self.tensors(sources, item, here) };
        let Some(inputs) = inputs else { return Incoming::Unknown };
        match self.builder.operator(name, operator, &inputs, Some(item.span.clone())) {
            Ok(node) => Incoming::Tensor(node),
            Err(reason) => {
                let at =
                    reason.setting.and_then(|key| settings.iter().find(|setting| &*setting.name.text == key));
                let span = at.map_or(op.span.clone(), |setting| setting.value.span.clone());
                let diagnostic = self.refused(&op.text, reason, span, &inputs);
                self.mistake(diagnostic, here);
                Incoming::Unknown
            }
        }
    }

    /// Why an operator was refused, with the shapes that came in.
    fn refused(&self, op: &str, reason: Reason, span: Span, inputs: &[NodeId]) -> Diagnostic {
        let Reason { message, help, .. } = reason;
        let (english, chinese) = (message.english, message.chinese);
        let diagnostic = Diagnostic::new(text!("{op}: {english}", "{op}:{chinese}"), span).help(help);
        let graph = self.builder.graph();
        let shapes = inputs.iter().map(|&input| graph.node(input).shape.to_string()).collect::<Vec<_>>();
        match &shapes[..] {
            [] => diagnostic,
            [shape] => diagnostic.label(text!("the input is {shape}", "输入为 {shape}")),
            shapes => {
                let list = shapes.join(", ");
                diagnostic.label(text!("the inputs are {list}", "输入为 {list}"))
            }
        }
    }

    /// An operator with its settings; `None` after a mistake.
    fn read_operator(
        &mut self,
        op: &Name,
        settings: &[Setting],
        incoming: Incoming,
        here: Here<'_>,
    ) -> Option<Op> {
        let names = self.names(here, incoming);
        let place = Place { source: &self.description.source, scope: &names };
        match Op::read(&op.text, Settings { settings, place })? {
            Ok(operator) => Some(operator),
            Err(error) => {
                let silent = names.unknown.get();
                self.setting_mistake(error, &op.span, silent, here);
                None
            }
        }
    }

    fn block(
        &mut self,
        item: &'d Item,
        name: &str,
        used: &Name,
        arguments: &'d [Setting],
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Incoming {
        let Some(block) = self.description.block(&used.text) else { return Incoming::Unknown };
        let Some(inputs) = self.block_inputs(item, block, sources, here) else { return Incoming::Unknown };
        let incoming = if let [(_, one)] = &inputs[..] { *one } else { Incoming::Several(inputs.len()) };
        let given = if let &[one] = sources { one } else { Incoming::Several(sources.len()) };
        let mut frame = Frame { values: vec![], entered: Some((block, used.span.clone(), here.frame)) };
        for argument in arguments {
            let value = self.evaluate(&argument.value, here, given, |place, datum| place.evaluate(datum));
            frame.values.push((argument.name.text.clone(), value));
        }
        for default in &block.defaults {
            if arguments.iter().all(|argument| argument.name.text != default.name.text) {
                let inside = Here { frame: &frame, counter: None };
                let value =
                    self.evaluate(&default.value, inside, incoming, |place, datum| place.evaluate(datum));
                frame.values.push((default.name.text.clone(), value));
            }
        }
        self.builder.open(name, ScopeKind::Block((*used.text).into()), Some(item.span.clone()));
        let around = Surroundings { inputs: &inputs, outer: None };
        let inside = Here { frame: &frame, counter: None };
        let end = grow(|| match &block.body {
            BlockBody::Layers(items) => self.list(items, incoming, around, inside),
            BlockBody::Branches(branches) => {
                self.branches(branches, &block.name.span, incoming, around, inside)
            }
        });
        self.builder.close();
        end
    }

    /// The inputs of a block by name, as many as it has.
    fn block_inputs(
        &mut self,
        item: &Item,
        block: &Block,
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Option<Vec<(Arc<str>, Incoming)>> {
        let wanted = block.inputs.len().max(1);
        if sources.len() != wanted {
            let (name, count) = (&block.name.text, sources.len());
            let message = text!(
                "block `{name}` takes {wanted} input(s), and gets {count}",
                "块 `{name}` 需要 {wanted} 个输入,却得到 {count} 个"
            );
            let help = text!("say which with `from = […]`", "用 `from = […]` 指明");
            self.mistake(Diagnostic::new(message, item.span.clone()).help(help), here);
            return None;
        }
        if block.inputs.len() > 1 {
            let names = block.inputs.iter().map(|name| name.text.clone());
            return Some(names.zip(sources.iter().copied()).collect());
        }
        let input = self.one(sources, item, here)?;
        let name = block.inputs.first().map_or_else(|| "input".into(), |name| name.text.clone());
        Some(vec![(name, input)])
    }

    /// Branches and their merge, of an item or of a whole block.
    fn branches(
        &mut self,
        branches: &'d Branches,
        span: &Span,
        input: Incoming,
        around: Surroundings<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        let mut ends: Vec<(&Branch, Incoming, Range<u32>)> = vec![];
        for branch in &branches.branches {
            if self.is_full(&branch.span) {
                return Incoming::Unknown;
            }
            self.steps += 1;
            let there = match &branch.when {
                Some(when) => self.evaluate(when, here, input, |place, datum| place.boolean(datum)),
                None => Some(true),
            };
            match there {
                Some(true) => {}
                Some(false) => continue,
                None => return Incoming::Unknown,
            }
            self.builder.open(&branch.name.text, ScopeKind::Branch, Some(branch.span.clone()));
            let start = self.builder.next();
            let end = self.list(&branch.layers, input, around, here);
            self.builder.close();
            if let (Incoming::Several(count), false) = (end, branch.layers.is_empty()) {
                self.choose(count, &branch.span, here);
            }
            ends.push((branch, end, self.builder.since(start)));
        }
        match &ends[..] {
            [] => {
                let message = text!("every branch is left out", "所有分支都被省去");
                self.mistake(Diagnostic::new(message, span.clone()), here);
                Incoming::Unknown
            }
            [(_, end, _)] => *end,
            ends => self.merge(branches, ends, span, input, here),
        }
    }

    fn merge(
        &mut self,
        branches: &Branches,
        ends: &[(&Branch, Incoming, Range<u32>)],
        span: &Span,
        input: Incoming,
        here: Here<'_>,
    ) -> Incoming {
        let Branches { merge, settings, .. } = branches;
        let Some(operator) = self.read_operator(merge, settings, input, here) else {
            return Incoming::Unknown;
        };
        let mut tensors = vec![];
        for &(branch, end, _) in ends {
            match end {
                Incoming::Tensor(node) => tensors.push(node),
                Incoming::Unknown => {}
                Incoming::Several(count) => self.choose(count, &branch.span, here),
            }
        }
        if tensors.len() < ends.len() {
            return Incoming::Unknown;
        }
        self.steps += 1;
        match self.builder.operator(&merge.text, operator, &tensors, Some(span.clone())) {
            Ok(node) => Incoming::Tensor(node),
            Err(reason) => {
                let path = self.builder.path();
                let ways: Vec<_> = ends
                    .iter()
                    .zip(&tensors)
                    .map(|((branch, _, nodes), &end)| explain_merge::Way {
                        branch,
                        end,
                        nodes: nodes.clone(),
                    })
                    .collect();
                let graph = self.builder.graph();
                let diagnostic = explain_merge::explain(graph, &path, branches, &ways, reason);
                self.mistake(diagnostic, here);
                Incoming::Unknown
            }
        }
    }

    /// The tensors that `from` names.
    fn sources(&mut self, names: &[Name], list: &List<'_, 'd>, here: Here<'_>) -> Option<Vec<Incoming>> {
        let mut sources = vec![];
        for name in names {
            match list.find(&name.text) {
                Found::Tensor(tensor) => sources.push(tensor),
                Found::LeftOut(item) => {
                    self.mistake(left_out(name, item), here);
                    return None;
                }
                // The check of names has reported it.
                Found::Nothing => return None,
            }
        }
        Some(sources)
    }

    /// What an item that takes one tensor takes; `None` after a mistake.
    fn one(&mut self, sources: &[Incoming], item: &Item, here: Here<'_>) -> Option<Incoming> {
        if let [one] = *sources {
            // What is inside may choose for itself.
            return Some(one);
        }
        let count = sources.len();
        let message = text!("this takes one input, and gets {count}", "此项只接受一个输入,却得到 {count} 个");
        let help = text!(
            "the items inside can name several with their own `from`",
            "可在里面的项上用 `from` 引用多个"
        );
        self.mistake(Diagnostic::new(message, item.span.clone()).help(help), here);
        None
    }

    /// The nodes of `sources`; `None` if one is unknown or not chosen.
    fn tensors(&mut self, sources: &[Incoming], item: &Item, here: Here<'_>) -> Option<Vec<NodeId>> {
        let mut nodes = vec![];
        for &source in sources {
            match source {
                Incoming::Tensor(node) => nodes.push(node),
                Incoming::Unknown => return None,
                Incoming::Several(count) => {
                    self.choose(count, &item.span, here);
                    return None;
                }
            }
        }
        Some(nodes)
    }

    fn choose(&mut self, count: usize, span: &Span, here: Here<'_>) {
        let message =
            text!("{count} inputs come in here, and one is taken", "此处有 {count} 个输入,只能取一个");
        let help = text!("say which with `from = \"…\"`", "用 `from = \"…\"` 指明");
        self.mistake(Diagnostic::new(message, span.clone()).help(help), here);
    }

    fn names<'a>(&'a self, here: Here<'a>, incoming: Incoming) -> Names<'a> {
        Names { params: self.params, here, incoming, graph: self.builder.graph(), unknown: Cell::new(false) }
    }

    /// Evaluates with one of [`Place`]'s functions; `None` after a mistake.
    fn evaluate<T>(
        &mut self,
        datum: &Datum,
        here: Here<'_>,
        incoming: Incoming,
        read: impl Fn(Place<'_>, &Datum) -> Result<T, SettingError>,
    ) -> Option<T> {
        let names = self.names(here, incoming);
        match read(Place { source: &self.description.source, scope: &names }, datum) {
            Ok(value) => Some(value),
            Err(error) => {
                let silent = names.unknown.get();
                self.setting_mistake(error, &datum.span, silent, here);
                None
            }
        }
    }

    fn setting_mistake(&mut self, error: SettingError, span: &Span, silent: bool, here: Here<'_>) {
        if !silent {
            let error = error.with_subject(&text!("this", "此值"));
            let SettingError { span: at, message, help, .. } = error;
            self.mistake(Diagnostic::new(message, at.unwrap_or(span.clone())).help(help), here);
        }
    }

    /// Reports a mistake with the `use`s that led to it, once however often it is met.
    fn mistake(&mut self, diagnostic: Diagnostic, here: Here<'_>) {
        let is_same = |known: &Diagnostic| {
            known.message == diagnostic.message
                && known.places.first().map(|place| &place.0)
                    == diagnostic.places.first().map(|place| &place.0)
        };
        let is_known =
            |place: &Span| self.known.iter().any(|known| known.start < place.end && place.start < known.end);
        let place = diagnostic.places.first().map(|place| &place.0);
        if place.is_some_and(is_known) || self.mistakes.iter().any(is_same) {
            return;
        }
        self.mistakes.push(here.frame.trail(diagnostic));
    }

    /// Takes a step, and tells whether expansion has to stop.
    fn is_full(&mut self, span: &Span) -> bool {
        if self.stopped {
            return true;
        }
        self.steps += 1;
        if self.steps > MOST_NODES {
            self.mistakes.push(too_many(span));
            self.stopped = true;
        }
        self.stopped |= self.mistakes.len() >= MOST_MISTAKES;
        self.stopped
    }

    /// Whether a mistake in the item is known, so that its output is not.
    fn is_known(&self, item: &Item) -> bool {
        let is_whole = match &item.body {
            Body::Operator { .. } | Body::Use { .. } => true,
            Body::Layers(items) | Body::Side(items) => items.is_empty(),
            Body::Branches(_) => false,
        };
        is_whole && self.known.iter().any(|known| item.span.contains(&known.start))
    }

    /// The mistake of a network that is too large whatever its conditions and expressions come to.
    fn too_many_at_least(&self) -> Option<Diagnostic> {
        let mut steps = 0u64;
        let layers = self.description.layers.iter();
        let item = layers.into_iter().find(|item| {
            steps = steps.saturating_add(self.least_steps(item));
            steps > MOST_NODES
        })?;
        let repeat = item.repeat.as_ref().filter(|repeat| matches!(repeat.kind, DatumKind::Number(_)));
        Some(too_many(repeat.map_or(&item.span, |repeat| &repeat.span)))
    }

    /// Steps that an item takes at least: what stands under a condition or an expression may not be there.
    fn least_steps(&self, item: &Item) -> u64 {
        if item.when.is_some() {
            return 1;
        }
        let copies = match item.repeat.as_ref().map(|repeat| &repeat.kind) {
            None => 1,
            Some(DatumKind::Number(number)) => u64::try_from(number.to_integer().max(0)).unwrap_or(u64::MAX),
            Some(DatumKind::Text(..) | DatumKind::Boolean(_) | DatumKind::List(_)) => return 1,
        };
        copies.saturating_mul(self.least_steps_of_one(item)).max(1)
    }

    fn least_steps_of_one(&self, item: &Item) -> u64 {
        match &item.body {
            Body::Operator { .. } => 1,
            Body::Layers(items) | Body::Side(items) => self.least_steps_of_list(items),
            Body::Branches(branches) => self.least_steps_of_branches(branches),
            Body::Use { block, .. } => self.description.block_index.get(&block.text).map_or(1, |&index| {
                *self.block_steps[index].get_or_init(|| match &self.description.blocks[index].body {
                    BlockBody::Layers(items) => self.least_steps_of_list(items),
                    BlockBody::Branches(branches) => self.least_steps_of_branches(branches),
                })
            }),
        }
    }

    fn least_steps_of_list(&self, items: &[Item]) -> u64 {
        grow(|| items.iter().fold(1, |sum: u64, item| sum.saturating_add(self.least_steps(item))))
    }

    fn least_steps_of_branches(&self, branches: &Branches) -> u64 {
        let always = branches.branches.iter().filter(|branch| branch.when.is_none());
        always.fold(1, |sum: u64, branch| sum.saturating_add(self.least_steps_of_list(&branch.layers)))
    }
}

/// What a name of `from` stands for.
enum Found<'a> {
    Tensor(Incoming),
    LeftOut(&'a Item),
    Nothing,
}

impl<'d> List<'_, 'd> {
    fn index(&self) -> &HashMap<&'d str, usize> {
        self.index.get_or_init(|| self.items.iter().enumerate().map(|(at, item)| (&*item.name, at)).collect())
    }

    fn find(&self, name: &str) -> Found<'d> {
        if let Some(&at) = self.index().get(name)
            && let Some(done) = self.done.get(at)
        {
            return done.tensor.map_or(Found::LeftOut(&self.items[at]), Found::Tensor);
        }
        if let Some(outer) = self.around.outer {
            return outer.find(name);
        }
        let inputs = self.around.inputs;
        if let Some((_, tensor)) = inputs.iter().find(|(input, _)| &**input == name) {
            return Found::Tensor(*tensor);
        }
        match inputs {
            [(_, only)] if name == "input" => Found::Tensor(*only),
            _ => Found::Nothing,
        }
    }
}

impl Frame<'_> {
    /// Adds the `use`s that led here, the nearest with its arguments.
    fn trail(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        /// More would say nothing new.
        const SHOWN: usize = 3;
        let mut frame = self;
        for _ in 0..SHOWN {
            let Some((block, span, outer)) = &frame.entered else { break };
            let name = &block.name.text;
            let values: Vec<_> = frame
                .values
                .iter()
                .filter_map(|(name, value)| Some(format!("{name} = {}", value.as_ref()?)))
                .collect();
            let with = values.join(", ");
            let label = if with.is_empty() {
                text!("in this use of `{name}`", "在 `{name}` 的这次使用中")
            } else {
                text!("in this use of `{name}`, with {with}", "在 `{name}` 的这次使用中,{with}")
            };
            diagnostic = diagnostic.also(span.clone(), label);
            frame = outer;
        }
        diagnostic
    }
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
        match name {
            "in" => self.dim(1).map(size),
            "h" | "w" => {
                let shape = self.shape()?;
                let Some([_, height, width]) = shape.image() else {
                    let text = text!(
                        "`{name}` is for channels × height × width, and the input is {shape}",
                        "`{name}` 只用于 通道 × 高 × 宽,而输入是 {shape}"
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
            _ => Err(self.no_such_name(name)),
        }
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        let shape = self.shape()?;
        if k == 0 {
            return Err(Failure::from(text!(
                "dimension 0 is the batch, whose size a description does not know",
                "第 0 维是批量,描述文件不知道它的大小"
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

    fn no_such_name(&self, name: &str) -> Failure {
        let block = self.here.frame.values.iter().map(|(known, _)| &**known);
        let network = self.params.iter().map(|(known, _)| &**known);
        let help = crate::error::did_you_mean(name, block.chain(network));
        Failure {
            message: text!("nothing is called `{name}` here", "此处没有名为 `{name}` 的参数"), help
        }
    }
}

fn size(size: u64) -> Value {
    Value::Number(Rational::from_integer(size.into()))
}

fn left_out(name: &Name, item: &Item) -> Diagnostic {
    let text = &name.text;
    let message = text!("`{text}` is left out here", "`{text}` 在此被省去");
    let label = text!("its `when` is false or its `repeat` is 0", "它的 `when` 为假或 `repeat` 为 0");
    Diagnostic::new(message, name.span.clone()).also(item.span.clone(), label)
}

fn too_many(span: &Span) -> Diagnostic {
    let message =
        text!("the network would have more than {MOST_NODES} nodes", "网络的节点会超过 {MOST_NODES} 个");
    Diagnostic::new(message, span.clone())
}

/// Runs what recurses with enough stack for it: items and blocks may stand deep in one another.
fn grow<T>(recurse: impl FnOnce() -> T) -> T {
    const ENOUGH: usize = 2 << 20;
    const MORE: usize = 8 << 20;
    stacker::maybe_grow(ENOUGH, MORE, recurse)
}
