//! Blocks, and branches with their merge.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Context` is not general over its lifetime"
)]

use std::ops::Range;
use std::sync::Arc;

use super::limits::{Known, too_many};
use super::list::{Frame, Surroundings};
use super::merge_error;
use super::names::Elements;
use super::sources::{Incoming, Tensor};
use super::{Expander, Here, grow};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::ScopeKind;
use crate::read::description::{Block, BlockBody, Branch, Branches, Item, Name, Setting};
use crate::read::written::written;
use crate::text;

impl<'d> Expander<'d> {
    pub(super) fn block(
        &mut self,
        item: &'d Item,
        name: &Arc<str>,
        used: &Name,
        arguments: &'d [Setting],
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Incoming {
        let block = self.description.block(&used.text).filter(|block| block.has_parameters && block.has_body);
        let Some(block) = block else { return Incoming::Unknown };
        if self.is_too_much(self.least_of_one(item, Known::NOTHING)) {
            self.mistakes.push(too_many(&item.span));
            self.stopped = true;
            return Incoming::Unknown;
        }
        let Some(inputs) = self.block_inputs(item, block, sources, here) else { return Incoming::Unknown };
        let incoming = self.bundle(&inputs);
        let given = if let &[one] = sources { one } else { Incoming::Several(sources.len()) };
        let entered = Some((block, used.span.clone(), here.frame));
        let mut frame = Frame { values: vec![], written: vec![], entered, inputs: inputs.len() };
        let around = Surroundings { inputs: &inputs, outer: None };
        for argument in arguments {
            let value = self.evaluate(&argument.value, here, given, |place, datum| {
                place.argument(datum, &argument.name.text, block)
            });
            frame.values.push((argument.name.text.clone(), value));
            if self.letters.is_open() {
                let names = self.names(here, given);
                frame.written.extend(written(argument, &names, &here.frame.written));
            }
        }
        for default in &block.defaults {
            if arguments.iter().all(|argument| argument.name.text != default.name.text) {
                let inside = Here { tensors: Some(around), ..Here::new(&frame) };
                let value =
                    self.evaluate(&default.value, inside, incoming, |place, datum| place.value(datum));
                if self.letters.is_open() {
                    let names = self.names(inside, incoming);
                    let written = written(default, &names, &frame.written);
                    frame.written.extend(written);
                }
                frame.values.push((default.name.text.clone(), value));
            }
        }
        self.builder.open(name.clone(), ScopeKind::Block(used.text.clone()), Some(item.span.clone().into()));
        let inside = Here { tensors: Some(around), ..Here::new(&frame) };
        let end = grow(|| match &block.body {
            BlockBody::Layers(items) => self.list(items, incoming, around, inside, &block.outputs),
            BlockBody::Branches(branches) => {
                self.branches(branches, &block.name.span, incoming, around, inside)
            }
        });
        self.builder.close();
        end
    }

    /// Branches and their merge, of an item or of a whole block.
    pub(super) fn branches(
        &mut self,
        branches: &'d Branches,
        span: &Span,
        input: Incoming,
        around: Surroundings<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        let mut ends: Vec<(&Branch, Incoming, Range<u32>)> = vec![];
        for branch in &branches.branches {
            let Some(each) = &branch.each else {
                if !self.branch(branch, None, input, around, here, &mut ends) {
                    return Incoming::Unknown;
                }
                continue;
            };
            let Some(lists) = self.lists(each, input, here) else { return Incoming::Unknown };
            let is_numbered = branch.name.parts.is_empty();
            if is_numbered {
                let origin = Some(branch.span.clone().into());
                self.builder.open(branch.name.name.text.clone(), ScopeKind::For, origin);
            }
            let mut is_known = true;
            for at in 0..lists.len() {
                let elements = Elements { values: lists.elements(at), outer: here.each };
                let here = Here { counter: Some(at as u64), each: Some(&elements), ..here };
                let number = is_numbered.then_some(at);
                is_known = self.branch(branch, number, input, around, here, &mut ends);
                if !is_known {
                    break;
                }
            }
            if is_numbered {
                self.builder.close();
            }
            if !is_known {
                return Incoming::Unknown;
            }
        }
        match &ends[..] {
            [] => {
                let message = text!("every branch is left out", "所有分支都被省去");
                self.mistake(Diagnostic::new(Code::Empty, message, span.clone()), here);
                Incoming::Unknown
            }
            [(_, end, _)] => *end,
            ends => self.merge(branches, ends, span, input, here),
        }
    }

    /// Expands a branch, copy number `number` of a `for` or else by its own name, and adds where it ends, if it is there. Whether
    /// that is known.
    fn branch<'b>(
        &mut self,
        branch: &'d Branch,
        number: Option<usize>,
        input: Incoming,
        around: Surroundings<'_, 'd>,
        here: Here<'_>,
        ends: &mut Vec<(&'b Branch, Incoming, Range<u32>)>,
    ) -> bool
    where
        'd: 'b,
    {
        if self.is_full(&branch.span) {
            return false;
        }
        self.steps += 1;
        let there = match &branch.when {
            Some(when) => self.evaluate(when, here, input, |place, datum| place.boolean(datum)),
            None => Some(true),
        };
        match there {
            Some(true) => {}
            Some(false) => return true,
            None => return false,
        }
        let name = match number {
            Some(number) => Some(number.to_string().into()),
            None => self.named(&branch.name, here),
        };
        let Some(name) = name else { return false };
        self.builder.open(name, ScopeKind::Branch, Some(branch.span.clone().into()));
        let start = self.builder.next();
        let mut end = self.list(&branch.layers, input, around, here, &[]);
        self.builder.close();
        if branch.layers.is_empty() && self.has_known(&branch.span) {
            end = Incoming::Unknown;
        }
        if let (Incoming::Bundle(bundle), false) = (end, branch.layers.is_empty()) {
            self.choose(bundle.range().len(), &branch.span, here);
        }
        ends.push((branch, end, self.builder.since(start)));
        true
    }

    /// The inputs of a block by name, as many as it has.
    fn block_inputs(
        &mut self,
        item: &Item,
        block: &Block,
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Option<Vec<Tensor>> {
        let wanted = block.inputs.len().max(1);
        let fits = if block.takes_any() { sources.len() + 1 >= wanted } else { sources.len() == wanted };
        // What is not known after a mistake may be several tensors.
        if sources.contains(&Incoming::Unknown) && (block.takes_any() || !fits) {
            return None;
        }
        if !fits {
            let (name, count) = (&block.name.text, sources.len());
            let message = if block.takes_any() {
                let least = wanted - 1;
                text!(
                    "block `{name}` takes at least {least} inputs, and gets {count}",
                    "块 `{name}` 至少需要 {least} 个输入,却得到 {count} 个"
                )
            } else {
                text!(
                    "block `{name}` takes {wanted} input(s), and gets {count}",
                    "块 `{name}` 需要 {wanted} 个输入,却得到 {count} 个"
                )
            };
            let help = text!("say which with `from = […]`", "用 `from = […]` 指明");
            self.mistake(Diagnostic::new(Code::Inputs, message, item.span.clone()).help(help), here);
            return None;
        }
        let more = (sources.len() + 1).saturating_sub(wanted);
        let names = block.inputs.iter().flat_map(|name| match name.text.strip_suffix('*') {
            Some(name) => (0..more).map(|at| Arc::from(format!("{name}{at}"))).collect(),
            None => vec![name.text.clone()],
        });
        let names: Vec<Arc<str>> =
            if block.inputs.is_empty() { vec!["input".into()] } else { names.collect() };
        Some(names.into_iter().zip(sources.iter().copied()).collect())
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
                Incoming::Bundle(bundle) => self.choose(bundle.range().len(), &branch.span, here),
            }
        }
        if tensors.len() < ends.len() {
            return Incoming::Unknown;
        }
        self.steps += 1;
        match self.builder.operator(merge.text.clone(), operator, &tensors, Some(span.clone().into())) {
            Ok(node) => {
                self.keep_letters(node, settings, input, here);
                Incoming::Tensor(node)
            }
            Err(reason) => {
                let path = self.builder.path();
                let ways: Vec<_> = ends
                    .iter()
                    .zip(&tensors)
                    .map(|((branch, _, nodes), &end)| merge_error::Way { branch, end, nodes: nodes.clone() })
                    .collect();
                let graph = self.builder.graph();
                let diagnostic = merge_error::explain(graph, &path, branches, &ways, reason);
                self.mistake(diagnostic, here);
                Incoming::Unknown
            }
        }
    }
}
