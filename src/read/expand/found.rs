//! What a name of `from` leads to: an item, an input, a copy, an output, or all of a kind.

use std::sync::Arc;

use super::list::Surroundings;
use super::mistakes::left_out;
use super::sources::{Incoming, PREVIOUS};
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span, known_names};
use crate::read::description::Name;
use crate::read::patterns::{Way, way};
use crate::text;

/// Why a name stands for nothing.
pub(super) enum Missing {
    /// It was left out, at this place.
    LeftOut(Span),
    /// It has so many copies, and not this one.
    NoCopy(usize),
    /// It has these outputs, and not this one.
    NoOutput(Vec<Arc<str>>),
    /// There is none of that name.
    Nothing,
}

impl Expander<'_> {
    /// What a name of `from` stands for.
    pub(super) fn found(
        &self,
        name: &str,
        before: Incoming,
        around: Surroundings<'_, '_>,
    ) -> Result<Vec<Incoming>, Missing> {
        if let Some((done, item)) = around.owner(name) {
            return done.tensor.map(|tensor| vec![tensor]).ok_or_else(|| Missing::LeftOut(item.span.clone()));
        }
        if let Some(input) = around.input(name) {
            return Ok(vec![input]);
        }
        if name == PREVIOUS {
            return Ok(vec![before]);
        }
        if let Some((item, way)) = way(name) {
            return self.along(item, way, around);
        }
        let all = around.all(name);
        if all.is_empty() || !name.contains('*') {
            return Err(Missing::Nothing);
        }
        Ok(all.into_iter().map(|(_, tensor)| tensor).collect())
    }

    /// The copies or the output that a name leads to.
    fn along(
        &self,
        item: &str,
        way: Way<'_>,
        around: Surroundings<'_, '_>,
    ) -> Result<Vec<Incoming>, Missing> {
        let (done, item) = around.owner(item).ok_or(Missing::Nothing)?;
        let end = done.tensor.ok_or_else(|| Missing::LeftOut(item.span.clone()))?;
        let copies = match way.copy {
            None => std::slice::from_ref(&end),
            Some("*") if !done.copies.is_empty() => &done.copies[..],
            Some(number) => {
                let at = number.parse::<usize>().ok();
                let copy = at.and_then(|at| done.copies.get(at));
                // After a mistake there are fewer copies than there would be.
                let unknown = (end == Incoming::Unknown).then_some(&end);
                std::slice::from_ref(copy.or(unknown).ok_or(Missing::NoCopy(done.copies.len()))?)
            }
        };
        let Some(output) = way.output else { return Ok(copies.to_vec()) };
        copies.iter().map(|&copy| self.picked(copy, output)).collect()
    }

    /// One of the tensors that come out of a block.
    fn picked(&self, end: Incoming, name: &str) -> Result<Incoming, Missing> {
        match end {
            Incoming::Unknown => Ok(Incoming::Unknown),
            Incoming::Bundle(bundle) => {
                let tensors = &self.bundled[bundle.range()];
                let found = tensors.iter().find(|(known, _)| &**known == name);
                let known = || tensors.iter().map(|(known, _)| known.clone()).collect();
                found.map(|&(_, tensor)| tensor).ok_or_else(|| Missing::NoOutput(known()))
            }
            Incoming::Tensor(_) | Incoming::Several(_) => Err(Missing::NoOutput(vec![])),
        }
    }

    /// Says why a name stands for nothing.
    pub(super) fn missing(
        &mut self,
        at: &Name,
        name: &str,
        missing: Missing,
        around: Surroundings<'_, '_>,
        here: Here<'_>,
    ) {
        let mistake = |message| Diagnostic::new(Code::UnknownItem, message, at.span.clone());
        let mistake = match missing {
            Missing::LeftOut(item) => left_out(at, &item),
            // The check of names has said so, or why it says nothing.
            Missing::Nothing if !self.known.is_empty() => return,
            Missing::Nothing => {
                let help = known_names(name, &around.names());
                mistake(text!("there is no `{name}` before this item", "此项之前没有 `{name}`")).help(help)
            }
            Missing::NoCopy(0) => mistake(text!(
                "`{name}` leads to copies, and there are none",
                "`{name}` 指向副本,而这里没有副本"
            )),
            Missing::NoCopy(count) => mistake(text!(
                "there is no copy `{name}`: there are {count}, counted from 0",
                "没有副本 `{name}`:共 {count} 个,从 0 数起"
            )),
            Missing::NoOutput(known) if known.is_empty() => {
                let help = text!(
                    "a block has several outputs if it says so: `outputs = [\"a\", \"b\"]`",
                    "块要有多个输出须写明:`outputs = [\"a\", \"b\"]`"
                );
                mistake(text!(
                    "`{name}` is no output: there is only one",
                    "`{name}` 不是输出:这里只有一个输出"
                ))
                .help(help)
            }
            Missing::NoOutput(known) => {
                let list = known.join("`, `");
                let help = text!("its outputs are `{list}`", "它的输出有 `{list}`");
                mistake(text!("there is no output `{name}`", "没有输出 `{name}`")).help(help)
            }
        };
        self.mistake(mistake, here);
    }

    /// The tensor of which an expression asks a size, where there is one of that name, or how many there are.
    pub(super) fn tensor_called(
        &self,
        name: &str,
        before: Incoming,
        around: Surroundings<'_, '_>,
    ) -> Option<Incoming> {
        if name.contains('*') {
            return None;
        }
        let mut tensors = vec![];
        for found in self.found(name, before, around).ok()? {
            self.spread(found, &mut tensors);
        }
        match tensors[..] {
            [one] => Some(one),
            _ => Some(Incoming::Several(tensors.len())),
        }
    }
}
