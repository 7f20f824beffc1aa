//! A list of items while it is expanded, what is around it, and the way that led to it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::sources::{Incoming, Tensor};
use crate::error::{Diagnostic, Span};
use crate::read::description::{Block, Item};
use crate::read::expression::Value;
use crate::read::patterns::stands_for;
use crate::read::written::Written;
use crate::text;

/// The parameters that are known where an item stands: those of the block it is in.
pub(super) struct Frame<'a> {
    /// `None` for a value that a mistake made unknown.
    pub(super) values: Vec<(Arc<str>, Option<Value>)>,
    /// Those that are expressions, as they are written.
    pub(super) written: Vec<Written>,
    /// The block and the `use` that led here, and where that stands.
    pub(super) entered: Option<(&'a Block, Span, &'a Frame<'a>)>,
    /// How many tensors come into the block.
    pub(super) inputs: usize,
}

/// What `from` finds outside the list: the lists around it, then the inputs of the block.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a, 'd> {
    pub(super) inputs: &'a [Tensor],
    pub(super) outer: Option<&'a List<'a, 'd>>,
}

/// A list of items while it is expanded.
pub(super) struct List<'a, 'd> {
    items: &'d [Item],
    index: OnceCell<HashMap<Arc<str>, usize>>,
    /// What became of each item; of one that is written out under several names, nothing.
    pub(super) done: Vec<Done>,
    /// What is written out under names with expressions in them, each with the item it is of.
    copies: Vec<(Arc<str>, usize, Done)>,
    /// Where each name stands among these.
    copy_index: HashMap<Arc<str>, usize>,
    pub(super) around: Surroundings<'a, 'd>,
}

/// What became of an item.
pub(super) struct Done {
    /// Its tensor or tensors, or `None` if it was left out.
    pub(super) tensor: Option<Incoming>,
    /// Those of its copies, where these are taken one by one.
    pub(super) copies: Vec<Incoming>,
    pub(super) nodes: Range<u32>,
    /// Whether the output of all that is in it is known.
    pub(super) is_whole: bool,
}

impl Done {
    /// What a mistake hides.
    pub(super) fn unknown() -> Self {
        Self { tensor: Some(Incoming::Unknown), copies: vec![], nodes: 0..0, is_whole: false }
    }
}

impl<'a, 'd> List<'a, 'd> {
    pub(super) fn new(items: &'d [Item], around: Surroundings<'a, 'd>) -> Self {
        let done = Vec::with_capacity(items.len());
        Self { items, index: OnceCell::new(), done, copies: vec![], copy_index: HashMap::new(), around }
    }

    /// Adds what is written out under a name of its own. The item that already has that name is returned.
    pub(super) fn add(&mut self, name: Arc<str>, done: Done) -> Option<&'d Item> {
        let (items, at) = (self.items, self.done.len());
        let known = self.copy_index.get(&name).map(|&copy| self.copies[copy].1);
        let known = known.or_else(|| self.index().get(&*name).copied());
        if known.is_none() {
            self.copy_index.insert(name.clone(), self.copies.len());
            self.copies.push((name, at, done));
        }
        known.map(|known| &items[known])
    }

    fn index(&self) -> &HashMap<Arc<str>, usize> {
        let named = || self.items.iter().enumerate().filter(|(_, item)| item.template.is_none());
        self.index.get_or_init(|| named().map(|(at, item)| (item.name.clone(), at)).collect())
    }

    /// The item of a name, in this list alone.
    fn own(&'a self, name: &str) -> Option<(&'a Done, &'d Item)> {
        if let Some(&copy) = self.copy_index.get(name) {
            let (_, item, done) = &self.copies[copy];
            return Some((done, &self.items[*item]));
        }
        let &at = self.index().get(name)?;
        Some((self.done.get(at)?, &self.items[at]))
    }

    /// This list as what is around something in it.
    pub(super) fn inside(&'a self) -> Surroundings<'a, 'd> {
        Surroundings { inputs: self.around.inputs, outer: Some(self) }
    }

    /// What in this list alone is there and goes by a name with a `*` in it, with their names.
    pub(super) fn own_of(&self, pattern: &str) -> Vec<Tensor> {
        let plain = self.items.iter().zip(&self.done).enumerate();
        let plain = plain.filter(|(_, (item, _))| item.template.is_none() && stands_for(pattern, &item.name));
        let plain = plain.map(|(at, (item, done))| (at, &item.name, done));
        let copies = self.copies.iter().filter(|(name, ..)| stands_for(pattern, name));
        let copies = copies.map(|(name, at, done)| (*at, name, done));
        let mut all: Vec<_> = plain.chain(copies).collect();
        all.sort_by_key(|&(at, ..)| at);
        all.into_iter().filter_map(|(_, name, done)| Some((name.clone(), done.tensor?))).collect()
    }
}

impl<'a, 'd> Surroundings<'a, 'd> {
    /// The lists, from the nearest outwards.
    fn lists(self) -> impl Iterator<Item = &'a List<'a, 'd>> {
        std::iter::successors(self.outer, |list| list.around.outer)
    }

    /// The item of a name in the nearest list that has one.
    pub(super) fn owner(self, name: &str) -> Option<(&'a Done, &'d Item)> {
        self.lists().find_map(|list| list.own(name))
    }

    /// The input of a block that has a name, or the only one.
    pub(super) fn input(self, name: &str) -> Option<Incoming> {
        let named = self.inputs.iter().find(|(input, _)| &**input == name);
        match self.inputs {
            [(_, only)] if name == "input" => Some(*only),
            _ => named.map(|&(_, tensor)| tensor),
        }
    }

    /// How many items are before this place, there or not.
    pub(super) fn len(self) -> usize {
        self.lists().map(|list| list.done.len() + list.copies.len()).sum()
    }

    /// What is before this place, for a name that is not: the nearest first.
    pub(super) fn names(self) -> Vec<&'a str> {
        let own = |list: &'a List<'a, 'd>| {
            let items = list.items[..list.done.len()].iter().filter(|item| item.template.is_none());
            let copies = list.copies.iter().map(|(name, ..)| &**name);
            items.map(|item| &*item.name).chain(copies).collect::<Vec<&'a str>>()
        };
        self.lists().flat_map(own).chain(self.inputs.iter().map(|(name, _)| &**name)).collect()
    }

    /// All that go by a name with a `*` in it, with their names: in the nearest list that has any, or else among what comes in.
    pub(super) fn all(self, pattern: &str) -> Vec<Tensor> {
        let own = self.lists().map(|list| list.own_of(pattern)).find(|own| !own.is_empty());
        own.unwrap_or_else(|| {
            self.inputs.iter().filter(|(name, _)| stands_for(pattern, name)).cloned().collect()
        })
    }
}

impl Frame<'_> {
    /// What is known outside every block.
    pub(super) fn of_the_network() -> Self {
        Self { values: vec![], written: vec![], entered: None, inputs: 0 }
    }

    /// Whether the block says that tensors of this name, a `*` in it, come into it.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.entered.as_ref().is_some_and(|(block, ..)| block.inputs.iter().any(|input| &*input.text == name))
    }

    /// Adds the `use`s that led here, the nearest with its arguments.
    pub(super) fn trail(&self, mut diagnostic: Diagnostic) -> Diagnostic {
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
