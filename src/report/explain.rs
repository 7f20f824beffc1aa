//! The working of every number, like a page of lecture notes: names, substituted sizes, the result; for a layer, a box or
//! the whole network.

use super::{Style, Subject};
use crate::graph::outline::Outline;
use crate::graph::{Content, Graph, NodeId, Place, ScopeId, Unfound};
use crate::metric::{METRICS, Metric};
use crate::text;
use crate::text::{Language, Text};
use crate::working::Working;

mod alive;
mod beamer;
mod bytes;
mod field;
mod grid;
mod json;
mod latex;
mod layer;
mod markup;
mod mathml;
mod piece;
mod plain;
mod sizes;
mod tabular;

use alive::Alive;
pub use json::{json, schema};
pub use markup::Markup;
pub use mathml::{mathml, mathml_of_each};
use piece::{Heading, Piece};

/// What is explained of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum About {
    /// What it costs; boxes that are deeper in it than the number, by the sums over what is in them.
    Costs(Option<usize>),
    /// What its output sees of the input, layer after layer.
    Field,
    /// What is alive when the most is: each tensor, and the sum.
    Peak,
}

/// What is to be said of a layer, a box or a network, in one language.
#[derive(Debug)]
pub struct Explanation<'s> {
    subject: &'s Subject,
    pieces: Vec<Piece>,
}

impl<'s> Explanation<'s> {
    /// Explains the layer or box that `path` leads to, or the whole network.
    ///
    /// # Errors
    /// If the path leads to no place, or to several.
    pub fn new(
        subject: &'s Subject,
        path: Option<&str>,
        about: About,
        language: Language,
    ) -> Result<Self, Unfound> {
        let place = subject.graph().resolve(path.unwrap_or_default())?;
        Ok(Self { subject, pieces: pieces(subject, &Lookup::new(subject), place, about, language) })
    }

    /// As a person reads it; `style` should be of the language it was made in.
    pub fn set(&self, markup: Markup, style: Style) -> String {
        set(std::slice::from_ref(self), markup, style)
    }
}

/// Explanations one after another, as a person reads them; of slides, one document. `style` should be of the language they
/// were made in.
pub fn set(explanations: &[Explanation<'_>], markup: Markup, style: Style) -> String {
    let networks: Vec<&[Piece]> = explanations.iter().map(|explanation| &*explanation.pieces).collect();
    markup.set(&networks, style)
}

/// What is looked up of a network for each of its places.
#[derive(Debug)]
struct Lookup<'s> {
    outline: Outline<'s>,
    alive: Alive,
}

impl<'s> Lookup<'s> {
    fn new(subject: &'s Subject) -> Self {
        let graph = subject.graph();
        Self { outline: Outline::new(graph), alive: Alive::new(graph, &subject.analysis.memory) }
    }
}

fn pieces(
    subject: &Subject,
    lookup: &Lookup<'_>,
    place: Place,
    about: About,
    language: Language,
) -> Vec<Piece> {
    let depth = if let About::Costs(depth) = about { depth } else { None };
    let mut notes =
        Notes { depth, subject, graph: subject.graph(), lookup, language, pieces: vec![], told: vec![] };
    match (about, place) {
        (About::Costs(_), Place::Box(scope)) => notes.scope(scope, 1),
        (About::Costs(_), Place::Node(node)) => notes.node(node, 1),
        (About::Field, _) => notes.field(place),
        (About::Peak, _) => notes.most_alive(place),
    }
    let mut pieces = notes.pieces;
    if let (Some(Piece::Heading(heading)), batch @ 2..) = (pieces.first_mut(), subject.batch()) {
        let batch = text!("batch {batch}", "批量大小 {batch}");
        let parts = [Text { english: heading.about.clone(), chinese: heading.about.clone() }, batch];
        let parts = &parts[usize::from(heading.about.is_empty())..];
        Text::phrase(parts).get(language).clone_into(&mut heading.about);
    }
    let letters = piece::letters(&pieces);
    if !letters.is_empty() {
        pieces.insert(1, Piece::Letters(letters));
    }
    pieces
}

/// An explanation while it is written.
struct Notes<'s> {
    subject: &'s Subject,
    graph: &'s Graph,
    lookup: &'s Lookup<'s>,
    language: Language,
    /// How many boxes within one another are opened; without it, every one.
    depth: Option<usize>,
    pieces: Vec<Piece>,
    /// Boxes that have been explained, to their end.
    told: Vec<ScopeId>,
}

impl Notes<'_> {
    fn say(&self, text: &Text) -> String {
        text.get(self.language).to_owned()
    }

    fn heading(&mut self, level: usize, name: String, about: String) {
        self.pieces.push(Piece::Heading(Heading { level, name, about }));
    }

    fn sentence(&mut self, text: &Text) {
        let sentence = self.say(text);
        self.pieces.push(Piece::Sentence(sentence));
    }

    fn equation(&mut self, label: impl Into<String>, working: Working) {
        self.pieces.push(Piece::Equation(label.into(), working));
    }

    /// A box: its parts one after another, then what they come to.
    fn scope(&mut self, id: ScopeId, level: usize) {
        let path = self.graph.scope_path(id);
        let is_network = id == ScopeId::ROOT;
        if is_network {
            self.heading(level, self.subject.title.clone(), self.subject.shapes());
        } else {
            self.heading(level, path.clone(), self.shapes_of_box(id));
        }
        if !is_network && let Some(twin) = self.told.iter().copied().find(|&told| self.alike(told, id)) {
            let twin = self.graph.scope_path(twin);
            self.sentence(&text!("the same as `{twin}`, number for number:", "与 `{twin}` 完全相同:"));
            return self.totals(id, &[]);
        }
        let is_input = |part: &Place| matches!(part, Place::Node(node) if self.graph.node(*node).content == Content::Input);
        let parts: Vec<Place> =
            self.lookup.outline.parts(id).iter().copied().filter(|part| !is_input(part)).collect();
        if self.depth.is_some_and(|depth| level > depth) {
            return self.sums(id, &parts);
        }
        for &part in &parts {
            match self.lookup.outline.innermost(part) {
                Place::Node(node) => self.node(node, level + 1),
                Place::Box(scope) => self.scope(scope, level + 1),
            }
        }
        // Only what has been told whole can be referred to: never a box from within itself.
        self.told.push(id);
        if parts.len() == 1 && !is_network {
            // Its figures are those of its only part.
            return;
        }
        let together = if is_network {
            text!("the whole network in total", "整个网络合计")
        } else {
            text!("{path} in total", "{path} 合计")
        };
        let together = self.say(&together);
        self.heading(level + 1, together, String::new());
        self.sums(id, &parts);
    }

    /// What a box comes to, and of the network what it holds and sees.
    fn sums(&mut self, id: ScopeId, parts: &[Place]) {
        self.totals(id, parts);
        if id == ScopeId::ROOT {
            self.field_of_output();
            self.peak();
            self.steps_if_few(self.graph.main_output());
        }
    }

    /// Totals, as sums over the parts where these are given; what comes to the same as the total before, once.
    fn totals(&mut self, id: ScopeId, parts: &[Place]) {
        let count = |metric: &Metric, place| metric.of(self.subject, place).ok()?.count();
        let mut before = None;
        let mut equations = vec![];
        for metric in METRICS.iter().filter(|metric| metric.is_explained) {
            let Some(sum) = count(metric, Place::Box(id)).filter(|&sum| sum > 0) else { continue };
            let likeness = Some((metric.unit, sum));
            if before == likeness {
                continue;
            }
            before = likeness;
            let terms = parts.iter().filter_map(|&part| count(metric, part)).filter(|&term| term > 0);
            let terms: Vec<_> = terms.map(Working::Number).collect();
            let working = if terms.is_empty() { Working::Number(sum) } else { Working::Sum(terms) };
            equations.push((metric.words.get(self.language), working));
        }
        for (label, working) in equations {
            self.equation(label, working);
        }
        if let Some(uncounted) = self.subject.uncounted(id) {
            self.sentence(&text!("partial: {uncounted}", "不完整:{uncounted:#}"));
        }
    }

    fn shapes_of_box(&self, id: ScopeId) -> String {
        let shapes = |nodes: Vec<NodeId>| {
            nodes
                .into_iter()
                .map(|node| self.graph.node(node).shape.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        format!("{} → {}", shapes(self.graph.entering(id)), shapes(self.graph.leaving(id)))
    }

    /// Whether two boxes hold the same operators on the same shapes, joined in the same way.
    fn alike(&self, a: ScopeId, b: ScopeId) -> bool {
        let (first, second) = (self.graph.scope(a).nodes(), self.graph.scope(b).nodes());
        if first.len() != second.len() || first.len() < 2 {
            return false;
        }
        let starts = [first.clone().next(), second.clone().next()].map(|id| id.map_or(0, NodeId::index));
        first.zip(second).all(|(a, b)| {
            let ([left, right], [from, to]) = ([a, b].map(|id| self.graph.node(id)), starts);
            let joined = |id: NodeId, start: usize| -> Vec<Option<usize>> {
                self.graph.inputs(id).map(|input| input.index().checked_sub(start)).collect()
            };
            left.content == right.content
                && left.shape == right.shape
                && left.frozen == right.frozen
                && self.graph.ties(a).map(|(index, _)| index).eq(self.graph.ties(b).map(|(index, _)| index))
                && self.graph.input_shapes(a) == self.graph.input_shapes(b)
                && joined(a, from) == joined(b, to)
        })
    }
}
