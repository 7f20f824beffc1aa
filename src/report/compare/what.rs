//! What a layer or box is, in words of three lengths: with whatever the two networks differ in, and that first where nothing
//! else tells them apart.

use serde_json::Value;

use crate::graph::{Graph, NodeId, Place};
use crate::op::{Entry, Op};
use crate::report::Subject;
use crate::shape::Shape;
use crate::text;
use crate::text::Language;

/// What a layer or box is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct What {
    /// `dw 3×3 /2 p1 64`.
    pub(super) terse: String,
    /// `conv2d 3×3 /2 p1 dw 64×56×56`.
    pub(super) short: String,
    /// With the shapes of its input and output.
    pub(super) long: String,
    /// How windows slide in it: the signs that may have to be explained.
    pub(super) signs: Vec<String>,
}

impl What {
    /// From the shortest to the longest.
    pub(super) fn forms(&mut self) -> [&mut String; 3] {
        [&mut self.terse, &mut self.short, &mut self.long]
    }

    /// Puts words before what it is, for each form.
    pub(super) fn put_first(&mut self, words: [&str; 3], language: Language) {
        for (form, words) in self.forms().into_iter().zip(words) {
            text!("{words}, {form}", "{words},{form}").get(language).clone_into(form);
        }
    }
}

/// A layer or box in one of the networks.
pub(super) struct Side<'s> {
    pub(super) path: String,
    /// The operator or the block.
    pub(super) kind: &'s str,
    pub(super) signs: String,
    inputs: Vec<Shape>,
    output: Option<&'s Shape>,
    op: Option<&'s Op>,
    summary: Option<String>,
    /// Whether its first dimension is channels: a window slides over the others, or there are none.
    has_channels: bool,
    /// What else is to be said.
    remark: String,
}

impl<'s> Side<'s> {
    pub(super) fn new(subject: &'s Subject, place: Place, language: Language) -> Self {
        let graph = subject.graph();
        match place {
            Place::Node(id) => Self::layer(graph, id, language),
            Place::Box(id) => Self {
                path: graph.scope_path(id),
                kind: graph.scope(id).kind.label(),
                signs: graph.shorthand(graph.scope(id).nodes()),
                inputs: vec![],
                output: graph.scope(id).nodes().next_back().map(|last| &graph.node(last).shape),
                op: None,
                summary: None,
                has_channels: false,
                remark: String::new(),
            },
        }
    }

    fn layer(graph: &'s Graph, id: NodeId, language: Language) -> Self {
        let (node, inputs) = (graph.node(id), graph.input_shapes(id));
        let signs = graph.shorthand(std::iter::once(id));
        let summary = node.operator().and_then(|op| op.summary(&inputs, &node.shape));
        let mut remark = String::new();
        if node.frozen && !graph.weights(id).is_empty() {
            remark.push_str(text!(", frozen", ",冻结").get(language));
        }
        if graph.is_tied(id) {
            remark.push_str(text!(", shared", ",共享").get(language));
        }
        if !node.is_counted() {
            remark.push_str(text!(", not counted", ",未计数").get(language));
        }
        Self {
            path: graph.path(id),
            kind: node.operator_name(),
            has_channels: !signs.is_empty() || node.shape.rank() == 1,
            signs,
            inputs,
            output: Some(&node.shape),
            op: node.operator(),
            summary: summary.map(|summary| summary.get(language).to_owned()),
            remark,
        }
    }

    /// What it is; beside its like, if it has one.
    pub(super) fn what(&self, other: Option<&Self>) -> What {
        let Self { remark, signs, .. } = self;
        let output = self.output.map_or(String::new(), ToString::to_string);
        let kind = joined([self.kind, signs]);
        let shapes = match &self.inputs[..] {
            [input] if Some(input) != self.output => format!("{input} → {output}"),
            _ => output.clone(),
        };
        let channels = self.channels(other).unwrap_or(output);
        What {
            terse: self.terse(&channels) + remark,
            short: joined([&kind, &channels]) + remark,
            long: joined([&kind, &shapes]) + remark,
            signs: vec![signs.clone()],
        }
    }

    /// Whether both are boxes out of which the same comes.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        self.op.is_none() && other.op.is_none() && self.output == other.output
    }

    /// `dw 3×3 /2 p1 64`: where a window slides, what becomes of the sizes follows.
    fn terse(&self, shapes: &str) -> String {
        let ([input], Some(output), Some(_)) = (&self.inputs[..], self.output, self.op) else {
            return joined([self.kind, &self.signs, shapes]);
        };
        let kind = ["1d", "2d", "3d"].iter().find_map(|axes| self.kind.strip_suffix(axes));
        let kind = kind.unwrap_or(self.kind).replace('_', " ");
        let (kind, signs) = match self.signs.strip_suffix(" dw") {
            Some(signs) => ("dw", signs),
            None => (&*kind, &*self.signs),
        };
        let channels = change_of_channels(input, output).filter(|_| !signs.is_empty());
        joined([kind, signs, channels.as_deref().unwrap_or(shapes)])
    }

    /// `192→32`, where that is all that a shape has to say: height and width are the same everywhere.
    fn channels(&self, other: Option<&Self>) -> Option<String> {
        let ([input], Some(output)) = (&self.inputs[..], self.output) else { return None };
        let spatial = output.dims().get(1..)?;
        let is_alike = |shape: &Shape| shape.dims().get(1..) == Some(spatial);
        let shapes_of =
            |side: &Self| side.inputs.iter().chain(side.output).all(is_alike) && side.has_channels;
        if !shapes_of(self) || !other.is_none_or(shapes_of) {
            return None;
        }
        change_of_channels(input, output)
    }
}

/// `192→32`, or `64` where they stay as many.
fn change_of_channels(input: &Shape, output: &Shape) -> Option<String> {
    let (from, to) = (input.channels()?, output.channels()?);
    Some(if from == to { to.to_string() } else { format!("{from}→{to}") })
}

/// Those that say something, with a space between.
fn joined<const N: usize>(words: [&str; N]) -> String {
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Where few words do not say what is different, more do: the shapes, or else the words and settings that differ, first.
pub(super) fn tell_apart(sides: [&Side; 2], [old, new]: [&mut What; 2], language: Language) {
    if old.long != new.long {
        if old.short == new.short {
            (old.short, new.short) = (old.long.clone(), new.long.clone());
        }
        if old.terse == new.terse {
            (old.terse, new.terse) = (old.short.clone(), new.short.clone());
        }
        return;
    }
    let words = differing_words(sides, language).unwrap_or_else(|| differing_settings(sides, language));
    for (what, words) in [old, new].into_iter().zip(words) {
        if let Some(words) = words {
            what.put_first([&words; 3], language);
        }
    }
}

/// The words of each summary that are not in the other; `None` if the summaries are the same.
pub(super) fn differing_words(sides: [&Side; 2], language: Language) -> Option<[Option<String>; 2]> {
    let [Some(first), Some(second)] = sides.map(|side| side.summary.as_ref()) else { return None };
    let separator = match language {
        Language::English => ", ",
        Language::Chinese => "、",
    };
    let only = |own: &String, other: &String| {
        let theirs: Vec<_> = other.split(separator).collect();
        let own: Vec<_> = own.split(separator).filter(|word| !theirs.contains(word)).collect();
        (!own.is_empty()).then(|| own.join(separator))
    };
    (first != second).then(|| [only(first, second), only(second, first)])
}

/// The settings in which two operators of a kind differ: with their values, where these are simple.
fn differing_settings(sides: [&Side; 2], language: Language) -> [Option<String>; 2] {
    let [Some(first), Some(second)] = sides.map(|side| side.op) else { return [None, None] };
    let names = Entry::find(first.name()).map_or(&[][..], |entry| (entry.settings)());
    let [old, new] = [first, second].map(Op::all_settings);
    let (mut own, mut theirs) = (vec![], vec![]);
    for name in names {
        let values = [&old, &new].map(|settings| settings.get(*name));
        if values[0] == values[1] {
            continue;
        }
        match values.map(|value| value.map(simple)) {
            [Some(None), _] | [_, Some(None)] => {
                theirs.push(text!("other {name}", "{name} 不同").get(language).to_owned());
            }
            [old, new] => {
                own.extend(old.flatten().map(|value| format!("{name} {value}")));
                theirs.extend(new.flatten().map(|value| format!("{name} {value}")));
            }
        }
    }
    [own, theirs].map(|words| (!words.is_empty()).then(|| words.join(", ")))
}

/// A number, a word or a truth value; `None` of a list.
fn simple(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) if number.is_f64() => number.as_f64().map(|number| format!("{number:?}")),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
