//! What is said of a layer: its output's sizes, its weights, what it computes.

use std::collections::BTreeMap;

use super::Notes;
use super::piece::Piece;
use crate::analyze::cost;
use crate::counts::{Counts, Overflow};
use crate::graph::{Content, Node, NodeId, Tie};
use crate::op::window::spatial_sizes;
use crate::op::{Cost, Role, Term, Weight};
use crate::report::names::plain;
use crate::report::rows::{MOST, listed};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Letter, Working};

impl Notes<'_> {
    /// A layer: its output's sizes, its weights, what it computes.
    pub(super) fn node(&mut self, id: NodeId, level: usize) {
        let node = self.graph.node(id);
        let inputs = self.graph.input_shapes(id);
        let shown = listed(&inputs.iter().collect::<Vec<_>>(), MOST);
        let (path, op, output) = (self.graph.path(id), node.operator_name(), &node.shape);
        let summary = node.operator().and_then(|op| op.summary(&inputs, output));
        let summary = summary.unwrap_or_else(|| plain(op));
        let summary = self.say(&summary);
        self.heading(level, path, summary);
        let shapes = if inputs.is_empty() { output.to_string() } else { format!("{shown} → {output}") };
        self.pieces.push(Piece::Shapes(shapes));
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
                let label = self.say(&self.subject.axes().of(id)[axis].of_output(axis + 1));
                self.equation(label, working);
            }
        }
        let weights = self.graph.weights(id);
        self.weights(id, &weights);
        match cost {
            None if inputs.iter().any(|input| !input.is_known()) => self.sentence(&text!(
                "is not counted: the shape of its input is not known",
                "不计数:其输入的形状未知"
            )),
            None => self.sentence(&text!(
                "is not counted: neither `macs` nor `ops` says what it computes",
                "不计数:既无 `macs` 也无 `ops` 说明其运算量"
            )),
            Some(cost) if cost.terms.is_empty() => self.sentence(&text!("computes nothing", "无运算")),
            Some(cost) => {
                self.taps(node, &inputs, &cost);
                let cost = self.sized(id, cost);
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
            self.steps_if_few(id);
            self.alive_if_few(id);
        }
    }

    /// The same, with elements and positions by their sizes.
    fn sized(&self, id: NodeId, cost: Cost) -> Cost {
        let letters: Vec<Letter> = cost.terms.iter().flat_map(|term| term.nominal.letters()).collect();
        let terms = cost.terms.into_iter().map(|term| Term {
            nominal: self.by_sizes(id, &term.nominal, &letters),
            padding_exact: term.padding_exact.map(|exact| self.by_sizes(id, &exact, &letters)),
            ..term
        });
        Cost { terms: terms.collect() }
    }

    /// What it holds beside its inputs.
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

    /// What it computes, and what that comes to in FLOPs.
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
