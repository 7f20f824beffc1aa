//! Items: a list of them, one with its condition and copies, and what each copy is.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Context` is not general over its lifetime"
)]

use std::ops::Range;
use std::sync::Arc;

use super::limits::{Known, too_many};
use super::list::{Done, List, Surroundings};
use super::mistakes::left_out;
use super::sources::Incoming;
use super::{Expander, Here, grow};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::{NodeId, ScopeKind};
use crate::read::description::{Body, Datum, Item, Name, Template};
use crate::text;

/// What became of an item that is there.
pub(super) struct Placed {
    /// Its tensor, or its tensors.
    pub(super) end: Incoming,
    /// That of each of its copies, where these are taken one by one.
    pub(super) copies: Vec<Incoming>,
}

impl Placed {
    const UNKNOWN: Self = Self { end: Incoming::Unknown, copies: vec![] };
}

impl<'d> Expander<'d> {
    /// Expands a list; what comes out of its last item, or the tensors of its `outputs`.
    pub(super) fn list(
        &mut self,
        items: &'d [Item],
        input: Incoming,
        around: Surroundings<'_, 'd>,
        here: Here<'_>,
        outputs: &[Name],
    ) -> Incoming {
        let mut list = List::new(items, around);
        let mut current = input;
        for item in items {
            if self.is_full(&item.span) {
                return Incoming::Unknown;
            }
            if let Some(each) = &item.each {
                current = self.each_of(item, each, current, &mut list, here);
                continue;
            }
            let Some(name) = self.name(item, here) else {
                list.done.push(Done::unknown());
                current = Incoming::Unknown;
                continue;
            };
            let (done, next) = self.done(item, &name, current, &list, here);
            current = next;
            if item.template.is_some() {
                self.add_copy(item, &mut list, &name, done, here);
            } else {
                list.done.push(done);
            }
        }
        if outputs.is_empty() { current } else { self.chosen(outputs, &list, here) }
    }

    /// The name of an item, with the values of its expressions.
    pub(super) fn name(&mut self, item: &Item, here: Here<'_>) -> Option<Arc<str>> {
        match &item.template {
            None => Some(item.name.clone()),
            Some(template) => self.named(template, here),
        }
    }

    /// Expands an item behind `before`: what became of it, and what the next one takes.
    pub(super) fn done(
        &mut self,
        item: &'d Item,
        name: &Arc<str>,
        before: Incoming,
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> (Done, Incoming) {
        let (start, unknown) = (self.builder.next(), self.unknown);
        let placed =
            self.item(item, name, before, list, Here { tensors: Some(list.inside()), before, ..here });
        let end = placed.as_ref().map(|placed| placed.end);
        self.unknown += u64::from(end == Some(Incoming::Unknown));
        let next = end.filter(|_| !matches!(item.body, Body::Side(_))).unwrap_or(before);
        let done = Done {
            tensor: end,
            copies: placed.map_or(vec![], |placed| placed.copies),
            nodes: self.builder.since(start),
            is_whole: self.unknown == unknown,
        };
        if end.is_some() {
            self.finish(item, &done, list, here);
        }
        (done, next)
    }

    /// An item with its condition and its copies; `None` if it is left out.
    fn item(
        &mut self,
        item: &'d Item,
        name: &Arc<str>,
        before: Incoming,
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Option<Placed> {
        if let Some(when) = &item.when {
            match self.evaluate(when, here, before, |place, datum| place.boolean(datum)) {
                Some(true) => {}
                Some(false) => return None,
                None => return Some(Placed::UNKNOWN),
            }
        }
        let copies = match &item.repeat {
            None => None,
            Some(repeat) => match self.copies(item, repeat, before, here) {
                Some(0) => return None,
                Some(copies) => Some(copies),
                None => return Some(Placed::UNKNOWN),
            },
        };
        let Some(sources) = self.sources(item, before, list.inside(), here) else {
            return Some(Placed::UNKNOWN);
        };
        let Some(copies) = copies else {
            let end = self.copy(item, name, &sources, list, here);
            return Some(Placed { end, copies: vec![] });
        };
        let is_tied = match &item.tied {
            None => false,
            Some(tied) => match self.evaluate(&tied.value, here, before, |place, datum| place.boolean(datum))
            {
                Some(is_tied) => is_tied,
                None => return Some(Placed::UNKNOWN),
            },
        };
        self.builder.open(name.clone(), ScopeKind::Repeat, Some(item.span.clone().into()));
        let placed = self.chained(item, (copies, is_tied), sources, list, here);
        self.builder.close();
        Some(placed)
    }

    /// Copies of an item, each behind the one before.
    fn chained(
        &mut self,
        item: &'d Item,
        (copies, is_tied): (u64, bool),
        mut sources: Vec<Incoming>,
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Placed {
        let taken = &self.description.copied;
        let is_kept = taken.any || taken.names.contains(&item.name) || item.template.is_some();
        let mut placed = Placed::UNKNOWN;
        let mut first = 0..0;
        for counter in 0..copies {
            if counter > 0 && (placed.end == Incoming::Unknown || self.is_full(&item.span)) {
                placed.end = Incoming::Unknown;
                break;
            }
            if counter > 0 {
                let next = self.next_sources(item, placed.end, list.inside(), here);
                let Some(next) = next else { return Placed::UNKNOWN };
                sources = next;
            }
            let (start, unknown) = (self.builder.next(), self.unknown);
            let here = Here { counter: Some(counter), ..here };
            placed.end = self.copy(item, &counter.to_string().into(), &sources, list, here);
            if is_kept {
                placed.copies.push(placed.end);
            }
            let nodes = self.builder.since(start);
            if counter == 0 {
                first = nodes;
            } else if is_tied && self.unknown == unknown && placed.end != Incoming::Unknown {
                self.share(item, nodes, first.clone(), item.span.clone(), here);
            }
        }
        placed
    }

    /// How often an item is repeated; less than is too much, as far as that can be known beforehand.
    fn copies(&mut self, item: &Item, repeat: &Datum, before: Incoming, here: Here<'_>) -> Option<u64> {
        let copies = self.evaluate(repeat, here, before, |place, datum| place.size(datum))?;
        let known = Known::at(here);
        // Looking ahead takes no longer than the copies: without any, it would be the most of the work.
        if copies == 0 || !self.is_too_much(self.least_of_copies(item, copies, known)) {
            return Some(copies);
        }
        self.mistakes.push(too_many(&repeat.span).label(text!("{copies} copies", "{copies} 个副本")));
        None
    }

    /// Marks and shares the weights of what was just expanded.
    fn finish(&mut self, item: &Item, done: &Done, list: &List<'_, 'd>, here: Here<'_>) {
        if item.frozen {
            self.builder.freeze(done.nodes.clone());
        }
        let Some(template) = &item.weights else { return };
        let Some(name) = self.named(template, here) else { return };
        let Some((owner, owner_item)) = list.inside().owner(&name) else {
            if self.known.is_empty() {
                let message = text!("there is no `{name}` before this item", "此项之前没有 `{name}`");
                let mistake = Diagnostic::new(Code::UnknownItem, message, template.name.span.clone());
                self.mistake(mistake, here);
            }
            return;
        };
        if owner.tensor.is_none() {
            self.mistake(left_out(&template.name, &owner_item.span), here);
            return;
        }
        // What is missing is not known, and may be alike.
        if done.is_whole && owner.is_whole {
            self.share(item, done.nodes.clone(), owner.nodes.clone(), owner_item.span.clone(), here);
        }
    }

    /// Gives `nodes` the weights of the nodes of `owner`, which is at `place`.
    fn share(
        &mut self,
        item: &Item,
        nodes: Range<u32>,
        owner: Range<u32>,
        place_of_owner: Span,
        here: Here<'_>,
    ) {
        let Err(mismatch) = self.builder.share(nodes, owner) else { return };
        let message = match &item.weights {
            Some(Template { name, .. }) => {
                let text = &name.text;
                text!("the weights of `{text}` cannot be used here", "`{text}` 的权重不能在此使用")
            }
            None => {
                text!("the weights of the first copy cannot be used here", "第一个副本的权重不能在此使用")
            }
        };
        let graph = self.builder.graph();
        let place = |node: NodeId| graph.node(node).origin.clone();
        let (user, owner) = mismatch.nodes.map_or((None, None), |(a, b)| (place(a), place(b)));
        let user = user.unwrap_or_else(|| item.span.clone().into());
        let diagnostic = Diagnostic::new(Code::SharedWeights, message, user).label(mismatch.message);
        let label = text!("the weights are from here", "权重来自此处");
        self.mistake(diagnostic.also(owner.unwrap_or_else(|| place_of_owner.into()), label), here);
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
        let around = list.inside();
        let first = item.first.as_ref().filter(|_| here.counter == Some(0));
        let (kind, items) = match &item.body {
            Body::Operator { op, settings } => {
                let settings = first.map_or(settings, |first| &first.all);
                return self.operator(item, name, op, settings, sources, here);
            }
            Body::Use { block, arguments } => {
                let arguments = first.map_or(arguments, |first| &first.all);
                return self.block(item, name, block, arguments, sources, here);
            }
            Body::Branches(branches) => {
                let input = self.one(sources, &item.span);
                self.builder.open(name.clone(), ScopeKind::Branches, origin());
                let end = grow(|| self.branches(branches, &item.span, input, around, here));
                self.builder.close();
                return end;
            }
            Body::Layers(items) => (ScopeKind::Group, items),
            Body::Side(items) => (ScopeKind::Side, items),
        };
        let input = self.one(sources, &item.span);
        let is_side = kind == ScopeKind::Side;
        self.builder.open(name.clone(), kind, origin());
        let end = grow(|| self.list(items, input, around, here, &[]));
        match end {
            Incoming::Tensor(node) if is_side => {
                let path = self.builder.path();
                self.output(path, node, &item.span, here);
            }
            Incoming::Bundle(bundle) if is_side => {
                let count = bundle.range().len();
                let message = text!(
                    "a side ends in one tensor, and this in {count}",
                    "侧支以一个张量结束,这里有 {count} 个"
                );
                let help =
                    text!("a side for each takes one: `from = \"…\"`", "请为每个各写一个侧支:`from = \"…\"`");
                self.mistake(Diagnostic::new(Code::Inputs, message, item.span.clone()).help(help), here);
            }
            Incoming::Tensor(_) | Incoming::Bundle(_) | Incoming::Unknown | Incoming::Several(_) => {}
        }
        self.builder.close();
        end
    }
}
