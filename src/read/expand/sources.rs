//! What comes into an item: the tensors that `from` names, and how many of them it takes.

use std::ops::Range;
use std::sync::Arc;

use super::found::Missing;
use super::list::{List, Surroundings};
use super::mistakes::left_out;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::NodeId;
use crate::read::description::{Body, Item, Name};
use crate::text;

/// What `from` calls what is before the item.
pub(super) const PREVIOUS: &str = "previous";

/// A tensor and what it is called.
pub(super) type Tensor = (Arc<str>, Incoming);

/// What comes into an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Incoming {
    /// One tensor.
    Tensor(NodeId),
    /// Not known, because of a mistake that has been reported.
    Unknown,
    /// Several, which have names.
    Bundle(Bundle),
    /// So many as an operator or a block takes.
    Several(usize),
}

/// Several tensors: where they stand in [`Expander::bundled`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bundle {
    start: usize,
    count: usize,
}

impl Bundle {
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.start + self.count
    }
}

impl Expander<'_> {
    /// Several tensors as one thing; one is itself.
    pub(super) fn bundle(&mut self, tensors: &[Tensor]) -> Incoming {
        if let [(_, one)] = tensors {
            return *one;
        }
        self.named_bundle(tensors)
    }

    /// The same, of which one is taken by its name even if there is no other.
    fn named_bundle(&mut self, tensors: &[Tensor]) -> Incoming {
        let bundle = Bundle { start: self.bundled.len(), count: tensors.len() };
        self.bundled.extend_from_slice(tensors);
        Incoming::Bundle(bundle)
    }

    /// Adds what an item gives, one by one.
    pub(super) fn spread(&self, given: Incoming, sources: &mut Vec<Incoming>) {
        match given {
            Incoming::Bundle(bundle) => {
                sources.extend(self.bundled[bundle.range()].iter().map(|&(_, tensor)| tensor));
            }
            Incoming::Tensor(_) | Incoming::Unknown | Incoming::Several(_) => sources.push(given),
        }
    }

    /// What an item takes: what its `from` names, or what is before it.
    pub(super) fn sources(
        &mut self,
        item: &Item,
        before: Incoming,
        around: Surroundings<'_, '_>,
        here: Here<'_>,
    ) -> Option<Vec<Incoming>> {
        let mut sources = vec![];
        if let [first, ..] = &item.from[..] {
            if !self.work(item.from.len(), &first.name.span) {
                return None;
            }
            for template in &item.from {
                let name = self.named(template, here)?;
                // All of a name are looked for one by one.
                if name.contains('*') && !self.work(around.len(), &template.name.span) {
                    return None;
                }
                match self.found(&name, before, around) {
                    Ok(found) => found.into_iter().for_each(|given| self.spread(given, &mut sources)),
                    // Of any number of inputs there may be none.
                    Err(Missing::Nothing) if here.frame.takes(&name) => {}
                    Err(missing) => {
                        self.missing(&template.name, &name, missing, around, here);
                        return None;
                    }
                }
            }
        } else {
            self.spread(before, &mut sources);
        }
        self.work(sources.len(), &item.span).then_some(sources)
    }

    /// What the next copy of an item takes: what the one before gives, as many as its block has inputs; where `from` names it
    /// among others, these again.
    pub(super) fn next_sources(
        &mut self,
        item: &Item,
        before: Incoming,
        around: Surroundings<'_, '_>,
        here: Here<'_>,
    ) -> Option<Vec<Incoming>> {
        // An item may be called so, as it could before this was a word.
        let is_word = around.owner(PREVIOUS).is_none() && around.input(PREVIOUS).is_none();
        if is_word && item.from.iter().any(|template| &*template.name.text == PREVIOUS) {
            return self.sources(item, before, around, here);
        }
        let mut sources = vec![];
        self.spread(self.first_inputs(item, before), &mut sources);
        self.work(sources.len(), &item.span).then_some(sources)
    }

    /// Of what one copy gives, as much as the next takes: its block may have more outputs than inputs.
    pub(super) fn first_inputs(&self, item: &Item, given: Incoming) -> Incoming {
        let (Body::Use { block, .. }, Incoming::Bundle(bundle)) = (&item.body, given) else { return given };
        let Some(block) = self.description.block(&block.text).filter(|block| !block.takes_any()) else {
            return given;
        };
        let count = bundle.count.min(block.inputs.len().max(1));
        match self.bundled[bundle.range()] {
            [(_, first), ..] if count == 1 => first,
            _ => Incoming::Bundle(Bundle { count, ..bundle }),
        }
    }

    /// The tensors of a list that come out of it, by their names.
    pub(super) fn chosen(&mut self, outputs: &[Name], list: &List<'_, '_>, here: Here<'_>) -> Incoming {
        let mut tensors = vec![];
        for name in outputs {
            let all = if name.text.contains('*') {
                list.own_of(&name.text)
            } else if let Some((done, item)) = list.inside().owner(&name.text) {
                let Some(tensor) = done.tensor else {
                    self.mistake(left_out(name, &item.span), here);
                    return Incoming::Unknown;
                };
                vec![(name.text.clone(), tensor)]
            } else {
                vec![]
            };
            if all.is_empty() {
                self.missing(name, &name.text, Missing::Nothing, list.inside(), here);
                return Incoming::Unknown;
            }
            for (name, tensor) in all {
                match tensor {
                    // Of a block that gives several itself, these.
                    Incoming::Bundle(bundle) => tensors.extend_from_slice(&self.bundled[bundle.range()]),
                    Incoming::Tensor(_) | Incoming::Unknown | Incoming::Several(_) => {
                        tensors.push((name, tensor));
                    }
                }
            }
        }
        let Some(first) =
            outputs.first().filter(|_| tensors.iter().all(|(_, tensor)| *tensor != Incoming::Unknown))
        else {
            return Incoming::Unknown;
        };
        if !self.work(tensors.len(), &first.span) {
            return Incoming::Unknown;
        }
        let node =
            |&(_, tensor): &Tensor| if let Incoming::Tensor(node) = tensor { Some(node) } else { None };
        self.named.extend(tensors.iter().filter_map(node));
        self.named_bundle(&tensors)
    }

    /// What an item that takes one thing takes: a tensor, or several as one.
    pub(super) fn one(&mut self, sources: &[Incoming], span: &Span) -> Incoming {
        if let [one] = *sources {
            return one;
        }
        if !self.work(sources.len(), span) {
            return Incoming::Unknown;
        }
        let tensors: Vec<Tensor> = sources.iter().map(|&source| ("".into(), source)).collect();
        self.bundle(&tensors)
    }

    /// The nodes of `sources`; `None` if one is unknown or not chosen.
    pub(super) fn tensors(
        &mut self,
        sources: &[Incoming],
        item: &Item,
        here: Here<'_>,
    ) -> Option<Vec<NodeId>> {
        let mut nodes = vec![];
        for &source in sources {
            match source {
                Incoming::Tensor(node) => nodes.push(node),
                Incoming::Unknown => return None,
                Incoming::Several(count) => {
                    self.choose(count, &item.span, here);
                    return None;
                }
                Incoming::Bundle(bundle) => {
                    self.choose(bundle.range().len(), &item.span, here);
                    return None;
                }
            }
        }
        Some(nodes)
    }

    pub(super) fn choose(&mut self, count: usize, span: &Span, here: Here<'_>) {
        let message =
            text!("{count} inputs come in here, and one is taken", "此处有 {count} 个输入,只能取一个");
        let help = text!("say which with `from = \"…\"`", "用 `from = \"…\"` 指明");
        self.mistake(Diagnostic::new(Code::Inputs, message, span.clone()).help(help), here);
    }
}
