//! What a `for` writes out: an item, or a branch, once for each element of its lists.

#![expect(
    clippy::redundant_closure_for_method_calls,
    reason = "a method of `Context` is not general over its lifetime"
)]

use std::sync::Arc;

use super::list::{Done, List};
use super::names::Elements;
use super::sources::Incoming;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::ScopeKind;
use crate::read::description::{Each, Item};
use crate::read::expression::Value;
use crate::text;

/// The lists of a `for`, all of one length.
pub(super) struct Lists {
    lists: Vec<(Arc<str>, Arc<[Value]>)>,
    count: usize,
}

impl Lists {
    pub(super) fn new(lists: Vec<(Arc<str>, Arc<[Value]>)>) -> Self {
        let count = lists.iter().map(|(_, list)| list.len()).min().unwrap_or(0);
        Self { lists, count }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// What each name stands for in copy number `at`.
    pub(super) fn elements(&self, at: usize) -> Vec<(Arc<str>, Value)> {
        let element = |(name, list): &(Arc<str>, Arc<[Value]>)| Some((name.clone(), list.get(at)?.clone()));
        self.lists.iter().filter_map(element).collect()
    }
}

impl<'d> Expander<'d> {
    /// The lists of a `for`; `None` after a mistake.
    pub(super) fn lists(&mut self, each: &Each, before: Incoming, here: Here<'_>) -> Option<Lists> {
        let mut lists: Vec<(Arc<str>, Arc<[Value]>)> = vec![];
        for setting in &each.lists {
            let list = self.evaluate(&setting.value, here, before, |place, datum| place.list(datum))?;
            if let Some((first, known)) = lists.first().filter(|(_, known)| known.len() != list.len()) {
                let (name, count, known) = (&setting.name.text, list.len(), known.len());
                let message = text!(
                    "the lists of a `for` go in step: `{first}` has {known} elements, and `{name}` {count}",
                    "`for` 的各列表同步推进:`{first}` 有 {known} 个元素,而 `{name}` 有 {count} 个"
                );
                let place = setting.value.span.clone();
                let first = each.lists[0].value.span.clone();
                let mistake = Diagnostic::new(Code::WrongValue, message, place);
                self.mistake(mistake.also(first, text!("the first", "第一个")), here);
                return None;
            }
            lists.push((setting.name.text.clone(), list));
        }
        Some(Lists::new(lists))
    }

    /// An item that is written out for each element of its lists, one behind the other; what comes out of the last.
    pub(super) fn each_of(
        &mut self,
        item: &'d Item,
        each: &'d Each,
        before: Incoming,
        list: &mut List<'_, 'd>,
        here: Here<'_>,
    ) -> Incoming {
        let around = Here { tensors: Some(list.inside()), before, ..here };
        let Some(lists) = self.lists(each, before, around) else {
            list.done.push(Done::unknown());
            return Incoming::Unknown;
        };
        if self.is_refused(item, &lists, here) {
            list.done.push(Done::unknown());
            return Incoming::Unknown;
        }
        let is_numbered = item.template.is_none();
        if is_numbered && lists.len() > 0 {
            self.builder.open(item.name.clone(), ScopeKind::For, Some(item.span.clone().into()));
        }
        let mut current = before;
        let mut all = Done {
            tensor: None,
            copies: vec![],
            nodes: self.builder.since(self.builder.next()),
            is_whole: true,
        };
        for at in 0..lists.len() {
            if self.is_full(&item.span) {
                current = Incoming::Unknown;
                break;
            }
            let elements = Elements { values: lists.elements(at), outer: here.each };
            let here = Here { counter: Some(at as u64), each: Some(&elements), ..here };
            let name = if is_numbered { Some(at.to_string().into()) } else { self.name(item, here) };
            let Some(name) = name else {
                current = Incoming::Unknown;
                continue;
            };
            let current_inputs = if at > 0 { self.first_inputs(item, current) } else { current };
            let (done, next) = self.done(item, &name, current_inputs, list, here);
            current = if done.tensor.is_some() { next } else { current };
            if is_numbered {
                all.tensor = done.tensor.or(all.tensor);
                all.copies.extend(done.tensor);
                all.nodes.end = done.nodes.end;
                all.is_whole &= done.is_whole;
            } else {
                self.add_copy(item, list, &name, done, here);
            }
        }
        if is_numbered && lists.len() > 0 {
            self.builder.close();
        }
        list.done.push(if is_numbered { all } else { Done::unknown() });
        current
    }

    /// Adds an item under a name that expressions gave it.
    pub(super) fn add_copy(
        &mut self,
        item: &'d Item,
        list: &mut List<'_, 'd>,
        name: &Arc<str>,
        done: Done,
        here: Here<'_>,
    ) {
        let Some(other) = list.add(name.clone(), done) else { return };
        let message = text!("two items of this list are called `{name}`", "此列表中有两个名为 `{name}` 的项");
        let place = item.template.as_ref().map_or(&item.span, |template| &template.name.span);
        let mut mistake = Diagnostic::new(Code::RepeatedName, message, place.clone());
        if !std::ptr::eq(other, item) {
            mistake = mistake.also(other.span.clone(), text!("the first", "第一个"));
        }
        self.mistake(mistake, here);
    }

    /// Whether copies are too many, as far as that can be known beforehand.
    fn is_refused(&mut self, item: &Item, lists: &Lists, here: Here<'_>) -> bool {
        let is_refused = self.is_too_much(self.least_of_lists(item, lists, here));
        if is_refused {
            let span: &Span = item.each.as_ref().map_or(&item.span, |each| &each.span);
            self.mistakes.push(super::limits::too_many(span));
            self.stopped = true;
        }
        is_refused
    }
}
