//! What comes into an item: the tensors that `from` names, and how many of them it takes.

use std::ops::Range;
use std::sync::Arc;

use super::list::{List, Surroundings};
use super::mistakes::left_out;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span, known_names};
use crate::graph::NodeId;
use crate::read::description::{Body, Item, Name, Part, Template};
use crate::read::expression::Value;
use crate::read::patterns::{Way, way};
use crate::text;

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

/// Why a name stands for nothing.
enum Missing {
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
    fn spread(&self, given: Incoming, sources: &mut Vec<Incoming>) {
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
                match self.found(&name, before, around) {
                    Ok(found) => found.into_iter().for_each(|given| self.spread(given, &mut sources)),
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
        if item.from.iter().any(|template| &*template.name.text == "previous") {
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

    /// A name with the values of its expressions in it.
    pub(super) fn named(&mut self, template: &Template, here: Here<'_>) -> Option<Arc<str>> {
        if template.parts.is_empty() {
            return Some(template.name.text.clone());
        }
        let mut name = String::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Value(expression, at) => {
                    let names = self.names(here, Incoming::Several(0));
                    let (value, silent) = (expression.evaluate(&names), names.unknown.get());
                    let place = |span: &Span| {
                        let inside = at + span.start..at + span.end;
                        template.name.place(&self.description.source, inside)
                    };
                    let mistake = match value {
                        Ok(Value::Number(number)) if number.is_integer() => {
                            name.push_str(&number.to_string());
                            continue;
                        }
                        Ok(Value::Word(word)) => {
                            name.push_str(&word);
                            continue;
                        }
                        Ok(other) => {
                            let message = text!(
                                "a name has whole numbers and words in it, and this is {other}",
                                "名称中只能有整数和单词,这里是 {other}"
                            );
                            Diagnostic::new(Code::WrongValue, message, template.name.span.clone())
                        }
                        Err(error) => {
                            let failure = error.failure;
                            Diagnostic::new(Code::Evaluation, failure.message, place(&error.span))
                                .help(failure.help)
                        }
                    };
                    if !silent {
                        self.mistake(mistake, here);
                    }
                    return None;
                }
            }
        }
        Some(name.into())
    }

    /// What a name of `from` stands for.
    fn found(
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
        if name == "previous" {
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
        copies.iter().map(|&copy| self.output(copy, output)).collect()
    }

    /// One of the tensors that come out of a block.
    fn output(&self, end: Incoming, name: &str) -> Result<Incoming, Missing> {
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

    /// The tensors of a list that come out of it, by their names.
    pub(super) fn chosen(&mut self, outputs: &[Name], list: &List<'_, '_>, here: Here<'_>) -> Incoming {
        let mut tensors = vec![];
        for name in outputs {
            let all = if name.text.contains('*') {
                list.own_of(&name.text)
            } else {
                match list.inside().owner(&name.text) {
                    Some((done, item)) => match done.tensor {
                        Some(tensor) => vec![(name.text.clone(), tensor)],
                        None => {
                            self.mistake(left_out(name, &item.span), here);
                            return Incoming::Unknown;
                        }
                    },
                    None => vec![],
                }
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
                        tensors.push((name, tensor))
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
        self.named_bundle(&tensors)
    }

    fn missing(
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
                let inputs: Vec<_> = around.inputs.iter().map(|(name, _)| &**name).collect();
                let help = known_names(name, &inputs);
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
    pub(super) fn tensor_called(&self, name: &str, around: Surroundings<'_, '_>) -> Option<Incoming> {
        let mut tensors = vec![];
        for found in self.found(name, Incoming::Unknown, around).ok()? {
            self.spread(found, &mut tensors);
        }
        match tensors[..] {
            [one] => Some(one),
            _ => Some(Incoming::Several(tensors.len())),
        }
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
