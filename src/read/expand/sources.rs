//! What comes into an item: the tensors that `from` names, and how many of them it takes.

use super::list::{Found, List};
use super::mistakes::left_out;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::NodeId;
use crate::read::description::{Item, Name};
use crate::text;

/// What comes into an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Incoming {
    /// One tensor.
    Tensor(NodeId),
    /// Not known, because of a mistake that has been reported.
    Unknown,
    /// So many, of which `from` must choose.
    Several(usize),
}

impl<'d> Expander<'d> {
    /// The tensors that `from` names.
    pub(super) fn sources(
        &mut self,
        names: &[Name],
        list: &List<'_, 'd>,
        here: Here<'_>,
    ) -> Option<Vec<Incoming>> {
        let [first, ..] = names else { return Some(vec![]) };
        if !self.work(names.len(), &first.span) {
            return None;
        }
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
    pub(super) fn one(&mut self, sources: &[Incoming], item: &Item, here: Here<'_>) -> Option<Incoming> {
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
        self.mistake(Diagnostic::new(Code::Inputs, message, item.span.clone()).help(help), here);
        None
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
