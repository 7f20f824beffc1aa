//! A list of items while it is expanded, what is around it, and the way that led to it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::sources::Incoming;
use crate::error::{Diagnostic, Span};
use crate::read::description::{Block, Item};
use crate::read::expression::Value;
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
}

/// What `from` finds outside the list: the lists around it, then the inputs of the block.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a, 'd> {
    pub(super) inputs: &'a [(Arc<str>, Incoming)],
    pub(super) outer: Option<&'a List<'a, 'd>>,
}

/// A list of items while it is expanded.
pub(super) struct List<'a, 'd> {
    pub(super) items: &'d [Item],
    pub(super) index: OnceCell<HashMap<&'d str, usize>>,
    pub(super) done: Vec<Done>,
    pub(super) around: Surroundings<'a, 'd>,
}

/// What became of an item.
pub(super) struct Done {
    /// Its tensor, or `None` if it was left out.
    pub(super) tensor: Option<Incoming>,
    pub(super) nodes: Range<u32>,
    /// Whether the output of all that is in it is known.
    pub(super) is_whole: bool,
}

/// What a name of `from` stands for.
pub(super) enum Found<'a> {
    Tensor(Incoming),
    LeftOut(&'a Item),
    Nothing,
}

impl<'d> List<'_, 'd> {
    pub(super) fn index(&self) -> &HashMap<&'d str, usize> {
        self.index.get_or_init(|| self.items.iter().enumerate().map(|(at, item)| (&*item.name, at)).collect())
    }

    pub(super) fn find(&self, name: &str) -> Found<'d> {
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
