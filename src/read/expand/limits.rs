//! How large a network may be: the steps of expansion, and the foresight that spares most of them.

use super::list::Frame;
use super::sources::Incoming;
use super::{Expander, Here, grow};
use crate::error::{Code, Diagnostic, Span};
use crate::read::description::{BlockBody, Body, Branches, Datum, DatumKind, Item};
use crate::read::settings::{Context, SettingError};
use crate::text;

/// The most nodes of a network.
pub const MOST_NODES: u64 = 4_000_000;

/// The most steps of expansion. Every item and every copy takes one, there or not, so that nothing loops without end.
pub(super) const MOST_STEPS: u64 = 4 * MOST_NODES;

/// The most that expansion takes in all, in [`Expander::work`]: what is read for the nodes can be more than these are.
const MOST_WORK: u64 = 2 * MOST_NODES;

/// Bytes of an expression that are as much work as a value.
const EXPRESSION: usize = 4;

/// Mistakes after which expansion stops.
const MOST_MISTAKES: usize = 50;

impl Expander<'_> {
    /// Takes a step, and tells whether expansion has to stop.
    pub(super) fn is_full(&mut self, span: &Span) -> bool {
        if self.stopped {
            return true;
        }
        self.steps += 1;
        if self.steps > MOST_STEPS || self.builder.graph().len() as u64 >= MOST_NODES {
            self.mistakes.push(too_many(span));
            self.stopped = true;
        }
        self.stopped |= self.mistakes.len() >= MOST_MISTAKES;
        self.stopped
    }

    /// Takes account of values that are read for what stands at `span`; false if they are too many.
    pub(super) fn work(&mut self, count: usize, span: &Span) -> bool {
        self.worked = self.worked.saturating_add(count as u64);
        if self.worked > MOST_WORK && !self.stopped {
            let message = text!(
                "expanding the network takes more than {MOST_WORK} settings and inputs",
                "展开此网络要读取超过 {MOST_WORK} 个设置和输入"
            );
            self.mistakes.push(Diagnostic::new(Code::TooLarge, message, span.clone()));
            self.stopped = true;
        }
        !self.stopped
    }

    /// The mistake of a network that is too large whatever those of its conditions and expressions come to that are not known
    /// beforehand.
    pub(super) fn too_many_at_least(&self) -> Option<Diagnostic> {
        let mut steps = 0u64;
        let layers = self.description.layers.iter();
        let item = layers.into_iter().find(|item| {
            steps = steps.saturating_add(self.least_steps(item));
            steps > MOST_STEPS
        })?;
        let repeat = item.repeat.as_ref().filter(|repeat| matches!(repeat.kind, DatumKind::Number(_)));
        Some(too_many(repeat.map_or(&item.span, |repeat| &repeat.span)))
    }

    /// Steps that an item takes at least: it may not be there, unless that is known beforehand.
    fn least_steps(&self, item: &Item) -> u64 {
        let copies = match &item.repeat {
            None => 1,
            Some(repeat) => self.foresee(repeat, |place, datum| place.whole(datum)).unwrap_or(0),
        };
        let copies = u64::try_from(copies.max(0)).unwrap_or(u64::MAX);
        if copies == 0 || !self.is_surely_there(item.when.as_ref()) {
            return 1;
        }
        copies.saturating_mul(self.least_steps_of_one(item))
    }

    fn is_surely_there(&self, when: Option<&Datum>) -> bool {
        when.is_none_or(|when| self.foresee(when, |place, datum| place.boolean(datum)) == Some(true))
    }

    /// What a value comes to wherever it is used; `None` if it takes more than the network's parameters to know.
    fn foresee<T>(
        &self,
        datum: &Datum,
        read: impl Fn(Context<'_>, &Datum) -> Result<T, SettingError>,
    ) -> Option<T> {
        let is_param = |name: &str| self.params.iter().any(|(param, _)| &**param == name);
        if let DatumKind::Text(_, expression) = &datum.kind
            && !expression.as_ref().as_ref().is_ok_and(|expression| expression.names().all(is_param))
        {
            return None;
        }
        let frame = Frame { values: vec![], written: vec![], entered: None };
        let names = self.names(Here { frame: &frame, counter: None }, Incoming::Unknown);
        read(Context { source: &self.description.source, scope: &names }, datum).ok()
    }

    pub(super) fn least_steps_of_one(&self, item: &Item) -> u64 {
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
        let always = branches.branches.iter().filter(|branch| self.is_surely_there(branch.when.as_ref()));
        always.fold(1, |sum: u64, branch| sum.saturating_add(self.least_steps_of_list(&branch.layers)))
    }
}

/// How much work it is to read a value.
pub(super) fn weight(datum: &Datum) -> usize {
    match &datum.kind {
        DatumKind::Number(_) | DatumKind::Boolean(_) | DatumKind::Unread => 1,
        DatumKind::Text(text, _) => 1 + text.len() / EXPRESSION,
        DatumKind::List(list) => list.iter().fold(1, |sum, datum| sum + weight(datum)),
    }
}

pub(super) fn too_many(span: &Span) -> Diagnostic {
    let message = text!(
        "the network would have more than {MOST_NODES} nodes, or {MOST_STEPS} with its boxes and copies",
        "网络的节点会超过 {MOST_NODES} 个,或连同模块与副本超过 {MOST_STEPS} 个"
    );
    Diagnostic::new(Code::TooLarge, message, span.clone())
}
