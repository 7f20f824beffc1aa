//! An operator with its settings, and why it was refused.

use std::sync::Arc;

use super::limits::weight;
use super::padding;
use super::sources::Incoming;
use super::{Expander, Here};
use crate::error::{Code, Diagnostic, Span};
use crate::graph::NodeId;
use crate::op::{Arity, Entry, Op, Reason};
use crate::read::description::{Item, Name, Setting};
use crate::read::settings::{Context, SettingError, Settings};
use crate::text;
use crate::text::Text;

/// What to say of a mistake in `padding` that comes from another tool.
fn advice(error: &SettingError, op: &str, settings: &[Setting], place: Context<'_>) -> Option<(Text, Text)> {
    let padding = settings.iter().find(|setting| &*setting.name.text == "padding")?;
    let is_there = |span: &Span| padding.value.span.start <= span.start && span.end <= padding.value.span.end;
    error.span.as_ref().filter(|span| is_there(span))?;
    padding::advice(op, settings, place)
}

/// Beside `help`, the operator of the same kind that takes as many dimensions as `dims` are, where `op` takes more or fewer:
/// `conv2d` for a `conv1d` that gets an image. A single sample is a batch for sure.
fn of_this_rank(op: &str, dims: &[u64], help: Option<Text>) -> Option<Text> {
    if help.is_some() && dims.first() == Some(&1) {
        return help;
    }
    let kind = op.strip_suffix('d').map(|name| name.trim_end_matches(|c: char| c.is_ascii_digit()));
    let other = kind.map(|kind| format!("{kind}{}d", dims.len().saturating_sub(1)));
    let Some(other) = other.filter(|other| other != op && Entry::find(other).is_some()) else { return help };
    Some(match help {
        Some(help) if help.english.contains(&other) => help,
        Some(Text { english, chinese }) => {
            text!("{english}; or else it is `{other}`", "{chinese};否则应是 `{other}`")
        }
        None => text!("did you mean `{other}`?", "是否指 `{other}`?"),
    })
}

/// Where the number of inputs is wrong: the example shows which there are, if they have names.
fn with_example(op: &str, reason: Reason) -> Reason {
    match Entry::find(op).map(|entry| entry.example).filter(|example| example.contains("from = [")) {
        Some(example) => reason.help(text!("as in `{example}`", "例如 `{example}`")),
        None => reason,
    }
}

impl Expander<'_> {
    pub(super) fn operator(
        &mut self,
        item: &Item,
        name: &Arc<str>,
        op: &Name,
        settings: &[Setting],
        sources: &[Incoming],
        here: Here<'_>,
    ) -> Incoming {
        let incoming = if let &[one] = sources { one } else { Incoming::Several(sources.len()) };
        let Some(operator) = self.read_operator(op, settings, incoming, here) else {
            return Incoming::Unknown;
        };
        let arity = operator.arity();
        let is_source = arity == Arity::NONE;
        if is_source && !item.from.is_empty() {
            let op = operator.name();
            let message = text!("a {op} takes no input", "{op} 不接受输入");
            self.mistake(Diagnostic::new(Code::Inputs, message, item.from[0].name.span.clone()), here);
            return Incoming::Unknown;
        }
        if !is_source && item.from.is_empty() && sources.len() > operator.arity().most {
            self.choose(sources.len(), &item.span, here);
            return Incoming::Unknown;
        }
        let inputs = if is_source { Some(vec![]) } else { self.tensors(sources, item, here) };
        let Some(inputs) = inputs else { return Incoming::Unknown };
        // Of all that a name stands for there may be one: then nothing is merged, as where one branch is left.
        let is_of_all = item.from.iter().any(|template| template.name.text.contains('*'));
        if let ([one], true) = (&inputs[..], is_of_all && arity == Arity::SEVERAL) {
            return Incoming::Tensor(*one);
        }
        match self.builder.operator(name.clone(), operator, &inputs, Some(item.span.clone().into())) {
            Ok(node) => {
                self.keep_letters(node, settings, incoming, here);
                Incoming::Tensor(node)
            }
            Err(reason) => {
                let are_as_many = (arity.least..=arity.most).contains(&inputs.len());
                let reason = if are_as_many { reason } else { with_example(&op.text, reason) };
                let at =
                    reason.setting.and_then(|key| settings.iter().find(|setting| &*setting.name.text == key));
                let span = at.map_or(op.span.clone(), |setting| setting.value.span.clone());
                let diagnostic = self.refused(&op.text, reason, span, &inputs);
                self.mistake(diagnostic, here);
                Incoming::Unknown
            }
        }
    }

    /// An operator with its settings, the one that was read here before if it is the same; `None` after a mistake.
    pub(super) fn read_operator(
        &mut self,
        op: &Name,
        settings: &[Setting],
        incoming: Incoming,
        here: Here<'_>,
    ) -> Option<Arc<Op>> {
        if !self.work(settings.iter().map(|setting| weight(&setting.value)).sum(), &op.span) {
            return None;
        }
        let place = (op.span.start, settings.as_ptr());
        let known = self.operators.get(&place);
        if known.is_some() && settings.iter().all(|setting| setting.value.is_fixed()) {
            return known.cloned();
        }
        let names = self.names(here, incoming);
        let context = Context { source: &self.description.source, scope: &names };
        match Op::read(&op.text, Settings { settings, place: context })? {
            Ok(operator) => {
                let known = known.filter(|known| ***known == operator).cloned();
                let operator = known.unwrap_or_else(|| Arc::new(operator));
                self.operators.insert(place, operator.clone());
                Some(operator)
            }
            Err(error) => {
                let silent = names.unknown.get();
                // Nothing stands where something is missing: only an example shows what does.
                let example = Entry::find(&op.text).filter(|_| error.span.is_none()).map(|entry| {
                    let example = entry.example;
                    text!("as in `{example}`", "例如 `{example}`")
                });
                let mut error = SettingError { help: error.help.or(example), ..error };
                if let Some((message, help)) = advice(&error, &op.text, settings, context) {
                    error = SettingError {
                        code: Code::WrongValue,
                        message,
                        help: Some(help),
                        is_predicate: false,
                        ..error
                    };
                }
                self.setting_mistake(error, &op.span, silent, here);
                None
            }
        }
    }

    /// Why an operator was refused, with the shapes that came in.
    fn refused(&self, op: &str, reason: Reason, span: Span, inputs: &[NodeId]) -> Diagnostic {
        let Reason { message, help, setting } = reason;
        let code = if setting.is_some() { Code::WrongValue } else { Code::Inputs };
        let (english, chinese) = (message.english, message.chinese);
        let graph = self.builder.graph();
        let help = match inputs {
            &[input] => of_this_rank(op, graph.node(input).shape.dims(), help),
            _ => help,
        };
        let diagnostic = Diagnostic::new(code, text!("{op}: {english}", "{op}:{chinese}"), span).help(help);
        let shapes = inputs.iter().map(|&input| graph.node(input).shape.to_string()).collect::<Vec<_>>();
        match &shapes[..] {
            [] => diagnostic,
            [shape] => diagnostic.label(text!("the input is {shape}", "输入为 {shape}")),
            shapes => {
                let list = shapes.join(", ");
                diagnostic.label(text!("the inputs are {list}", "输入为 {list}"))
            }
        }
    }
}
