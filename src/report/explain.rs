//! The working of every number, like a page of lecture notes: names, substituted sizes, the result; for a layer, a box or
//! the whole network.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::names::plain;
use super::rows::{MOST, listed};
use super::{Style, Subject};
use crate::analyze::axes::{Axes, axes};
use crate::analyze::cost;
use crate::counts::{Counts, Overflow};
use crate::graph::outline::Outline;
use crate::graph::{Content, Graph, Node, NodeId, Place, ScopeId, Tie, Unfound};
use crate::metric::{METRICS, Metric};
use crate::op::window::spatial_sizes;
use crate::op::{Cost, Role, Weight};
use crate::shape::Shape;
use crate::text;
use crate::text::{Language, Text};
use crate::working::{Factor, Working};

mod bytes;
mod json;
mod markup;
mod mathml;

pub use json::{json, schema};
pub use markup::Markup;
use markup::Piece;
pub use mathml::mathml;

/// What is to be said of a layer, a box or a network, in one language.
#[derive(Debug)]
pub struct Explanation<'s> {
    subject: &'s Subject,
    pieces: Vec<Piece>,
}

impl<'s> Explanation<'s> {
    /// Explains the layer or box that `path` leads to, or the whole network; boxes that are deeper in it than `depth` by their
    /// totals alone.
    ///
    /// # Errors
    /// If the path leads to no place, or to several.
    pub fn new(
        subject: &'s Subject,
        path: Option<&str>,
        depth: Option<usize>,
        language: Language,
    ) -> Result<Self, Unfound> {
        let mut notes = Notes {
            depth,
            subject,
            graph: subject.graph(),
            outline: Outline::new(subject.graph()),
            axes: OnceCell::new(),
            language,
            pieces: vec![],
            told: vec![],
        };
        match notes.graph.resolve(path.unwrap_or_default())? {
            Place::Box(scope) => notes.scope(scope, 1),
            Place::Node(node) => notes.node(node, 1),
        }
        if let (Some(Piece::Heading(_, heading)), batch @ 2..) = (notes.pieces.first_mut(), subject.batch()) {
            heading.push_str(text!(", batch {batch}", ",批量大小 {batch}").get(language));
        }
        Ok(Self { subject, pieces: notes.pieces })
    }

    /// As a person reads it; `style` should be of the language it was made in.
    pub fn set(&self, markup: Markup, style: Style) -> String {
        markup.set(&self.pieces, style)
    }
}

/// An explanation while it is written.
struct Notes<'s> {
    subject: &'s Subject,
    graph: &'s Graph,
    outline: Outline<'s>,
    /// What dimensions are, once somebody asks.
    axes: OnceCell<Axes>,
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
        let heading = if is_network {
            format!("{}: {}", self.subject.title, self.subject.shapes())
        } else {
            format!("{path}: {}", self.shapes_of_box(id))
        };
        self.pieces.push(Piece::Heading(level, heading));
        if !is_network && let Some(twin) = self.told.iter().copied().find(|&told| self.alike(told, id)) {
            let twin = self.graph.scope_path(twin);
            self.sentence(&text!("the same as `{twin}`, number for number:", "与 `{twin}` 完全相同:"));
            return self.totals(id, &[]);
        }
        if self.depth.is_some_and(|depth| level > depth) {
            self.totals(id, &[]);
            if is_network {
                self.peak();
            }
            return;
        }
        let is_input = |part: &Place| matches!(part, Place::Node(node) if self.graph.node(*node).content == Content::Input);
        let parts: Vec<Place> =
            self.outline.parts(id).iter().copied().filter(|part| !is_input(part)).collect();
        for &part in &parts {
            match self.outline.innermost(part) {
                Place::Node(node) => self.node(node, level + 1),
                Place::Box(scope) => self.scope(scope, level + 1),
            }
        }
        // Only what has been told whole can be referred to: never a box from within itself.
        self.told.push(id);
        if parts.len() == 1 {
            // Its figures are those of its only part.
            return;
        }
        let together = if is_network {
            text!("the whole network in total", "整个网络合计")
        } else {
            text!("{path} in total", "{path} 合计")
        };
        let together = self.say(&together);
        self.pieces.push(Piece::Heading(level + 1, together));
        self.totals(id, &parts);
        if is_network {
            self.peak();
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

    /// A layer: its output's sizes, its weights, what it computes.
    fn node(&mut self, id: NodeId, level: usize) {
        let node = self.graph.node(id);
        let inputs = self.graph.input_shapes(id);
        let shown = listed(&inputs.iter().collect::<Vec<_>>(), MOST);
        let (path, op, output) = (self.graph.path(id), node.operator_name(), &node.shape);
        let summary = node.operator().and_then(|op| op.summary(&inputs, output));
        let summary = summary.unwrap_or_else(|| plain(op));
        let summary = self.say(&summary);
        self.pieces.push(Piece::Heading(level, format!("{path}: {summary}")));
        let shapes = if inputs.is_empty() { output.to_string() } else { format!("{shown} → {output}") };
        self.pieces.push(Piece::Sentence(shapes));
        if node.content == Content::Input {
            return;
        }
        let cost = match cost(self.graph, id) {
            Ok(Some(cost)) => Some(cost),
            Ok(None) if node.operator().is_none() => {
                return self.sentence(&text!("cnncost does not know this operator", "未知算子"));
            }
            Ok(None) => None,
            // The analysis has shown that nothing overflows.
            Err(Overflow) => return,
        };
        for written in self.subject.network.letters.of(id) {
            self.pieces.push(Piece::Written(written.name.to_string(), written.sides.clone()));
        }
        if let Some(op) = node.operator() {
            for (name, working) in op.output_workings(&inputs, output) {
                self.equation(name.get(self.language), working);
            }
            for (axis, working) in op.resized(&inputs, output) {
                let axes = self.axes.get_or_init(|| axes(self.graph));
                let label = self.say(&axes.of(id)[axis].of_output(axis + 1));
                self.equation(label, working);
            }
        }
        let weights = self.graph.weights(id);
        self.weights(id, &weights);
        match cost {
            None => self.sentence(&text!(
                "is not counted: neither `macs` nor `ops` says what it computes",
                "不计数:既无 `macs` 也无 `ops` 说明其运算量"
            )),
            Some(cost) if cost.terms.is_empty() => self.sentence(&text!("computes nothing", "无运算")),
            Some(cost) => {
                self.taps(node, &inputs, &cost);
                self.cost(
                    &cost,
                    self.graph.samples(id, self.subject.batch()),
                    self.subject.analysis.node(id).copied(),
                );
            }
        }
        // Among other layers that would be too much of it.
        if level == 1 {
            self.receptive_field(id);
            self.memory(id);
        }
    }

    fn weights(&mut self, id: NodeId, weights: &[Weight]) {
        if let Some(owner) = self.graph.weights_of(id) {
            let owner = self.graph.path(owner);
            return self.sentence(&text!(
                "uses the weights of `{owner}`, which are counted there",
                "使用 `{owner}` 的权重,已在那里计入"
            ));
        }
        let ties: BTreeMap<usize, Tie> = self.graph.ties(id).collect();
        let mut learned = vec![];
        for (index, weight) in weights.iter().enumerate() {
            if let Some(tie) = ties.get(&index) {
                self.tied(weight, *tie);
                continue;
            }
            if weight.role == Role::Learned {
                learned.push(weight);
            }
            let kind = if weight.role == Role::Buffer {
                self.say(&text!(" (buffer)", "(缓冲区)"))
            } else {
                String::new()
            };
            let name = self.say(&weight.words());
            self.equation(format!("{name}{kind}"), weight.count());
        }
        if learned.len() > 1 {
            let counts = learned.iter().filter_map(|weight| weight.count().evaluate().ok());
            let label = self.say(&text!("params", "参数量"));
            self.equation(label, Working::Sum(counts.map(Working::Number).collect()));
        }
        if self.graph.node(id).frozen && !learned.is_empty() {
            self.sentence(&text!("its weights are not trained", "其权重不参与训练"));
        }
    }

    /// A weight that is an earlier layer's.
    fn tied(&mut self, weight: &Weight, tie: Tie) {
        let (name, owner) = (&weight.name, self.graph.path(tie.owner.node));
        let (turned, turned_zh) = if tie.transposed { (" transposed", "的转置") } else { ("", "") };
        self.sentence(&text!(
            "{name} is a weight of `{owner}`{turned}, which is counted there",
            "{name} 是 `{owner}` 的权重{turned_zh},已在那里计入"
        ));
    }

    /// What of a window's taps falls on the input, where that is not all.
    fn taps(&mut self, node: &Node, inputs: &[Shape], cost: &Cost) {
        let Some(input) =
            inputs.first().filter(|_| cost.terms.iter().any(|term| term.padding_exact.is_some()))
        else {
            return;
        };
        let Some(op) = node.operator() else { return };
        let [one, output] = [input, &node.shape].map(|shape| op.one(shape));
        let (sizes, window) = ((spatial_sizes(&one), spatial_sizes(&output)), op.window(input));
        let taps = window.and_then(|window| window.taps_workings(sizes.0, sizes.1).ok());
        for (name, working) in taps.into_iter().flatten() {
            self.equation(name.get(self.language), working);
        }
    }

    fn cost(&mut self, cost: &Cost, batch: u64, counts: Option<Counts>) {
        let with_batch = |working: &Working| match batch {
            1 => working.clone(),
            _ => Working::Product(vec![Working::named(Factor::Batch, batch), working.clone()]),
        };
        for term in &cost.terms {
            let label = self.say(&term.label());
            self.equation(label, with_batch(&term.nominal));
            if let Some(exact) = &term.padding_exact {
                let label = self.say(&text!("off padding", "不计填充"));
                self.equation(label, with_batch(exact));
            }
        }
        let Some(counts) = counts else { return };
        let (macs, flops) = (counts.work.macs.total(), counts.work.ops.flops());
        if macs > 0 {
            let twice = Working::Product(vec![Working::Number(2), Working::named(Factor::Macs, macs)]);
            let rest = flops - 2 * macs;
            let working = if rest > 0 { twice.and(Working::named(Factor::Others, rest)) } else { twice };
            self.equation("FLOPs", working);
        } else if cost.terms.len() > 1 {
            let mut sums: Vec<(Factor, u128)> = vec![];
            for term in &cost.terms {
                let unit = term.unit.factor();
                let count = with_batch(&term.nominal).evaluate().unwrap_or_default();
                match sums.iter_mut().find(|(name, _)| *name == unit) {
                    Some((_, sum)) => *sum = sum.saturating_add(count),
                    None => sums.push((unit, count)),
                }
            }
            let terms = sums.into_iter().map(|(unit, sum)| Working::named(unit, sum));
            self.equation("FLOPs", Working::Sum(terms.collect()));
        }
    }
}
