//! Blocks, and branches with their merge.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Context` is not general over its lifetime"
)]

use std::ops::Range;
use std::sync::Arc;

use super::limits::too_many;
use super::list::{Frame, Surroundings};
use super::merge_error;
use super::sources::Incoming;
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
        if self.is_too_much(self.least_of_one(item, None)) {
            self.mistakes.push(too_many(&item.span));
            self.stopped = true;
            return Incoming::Unknown;
        }
        let Some(inputs) = self.block_inputs(item, block, sources, here) else { return Incoming::Unknown };
        let incoming = if let [(_, one)] = &inputs[..] { *one } else { Incoming::Several(inputs.len()) };
        let given = if let &[one] = sources { one } else { Incoming::Several(sources.len()) };
        let mut frame =
            Frame { values: vec![], written: vec![], entered: Some((block, used.span.clone(), here.frame)) };
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
                let inside = Here { frame: &frame, counter: None };
                let value =
                    self.evaluate(&default.value, inside, incoming, |place, datum| place.evaluate(datum));
                if self.letters.is_open() {
                    let names = self.names(inside, incoming);
                    let written = written(default, &names, &frame.written);
                    frame.written.extend(written);
                }
                frame.values.push((default.name.text.clone(), value));
            }
        }
        self.builder.open(name.clone(), ScopeKind::Block(used.text.clone()), Some(item.span.clone().into()));
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
            self.builder.open(branch.name.text.clone(), ScopeKind::Branch, Some(branch.span.clone().into()));
            let start = self.builder.next();
            let mut end = self.list(&branch.layers, input, around, here);
            self.builder.close();
            if branch.layers.is_empty() && self.has_known(&branch.span) {
                end = Incoming::Unknown;
            }
            if let (Incoming::Several(count), false) = (end, branch.layers.is_empty()) {
                self.choose(count, &branch.span, here);
            }
            ends.push((branch, end, self.builder.since(start)));
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
            self.mistake(Diagnostic::new(Code::Inputs, message, item.span.clone()).help(help), here);
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
