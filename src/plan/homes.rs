//! Where each tensor lies: in memory of its own, or in that of another.

use std::collections::{HashMap, HashSet};

use super::part::Part;
use super::{Blocks, Lifetime, Plan, Step};
use crate::graph::{Content, Graph, NodeId};
use crate::op::Op;

/// Where a tensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In memory of its own.
    Own,
    /// It is what another tensor holds, or a part of it.
    View(NodeId),
    /// Where another lay that nothing takes any more.
    InPlace(NodeId),
    /// In a concatenation, behind so many of its channels.
    Within {
        /// The concatenation.
        whole: NodeId,
        /// Channels before it.
        channel: u64,
    },
    /// Nowhere: it is inside a step.
    Nowhere,
}

/// By [`NodeId`] where each tensor lies, and when the memory of those that have their own is taken.
pub(super) fn homes(graph: &Graph, plan: &Plan, blocks: Blocks) -> (Vec<Home>, HashMap<NodeId, Lifetime>) {
    let mut layout = Layout { graph, plan, homes: vec![Home::Own; graph.len()] };
    layout.views();
    layout.concatenations(blocks);
    let mut lifetimes = layout.lifetimes();
    layout.in_place(&mut lifetimes);
    (layout.homes, lifetimes)
}

struct Layout<'g> {
    graph: &'g Graph,
    plan: &'g Plan,
    /// By [`NodeId`].
    homes: Vec<Home>,
}

impl Layout<'_> {
    /// What is inside a step is nowhere, and what looks at another is there.
    fn views(&mut self) {
        for step in &self.plan.steps {
            for inside in step.nodes.iter().rev().skip(1) {
                self.homes[inside.index()] = Home::Nowhere;
            }
        }
        for (id, _) in self.graph.nodes() {
            if Part::of(self.graph, id) == Part::View
                && let Some(input) = self.graph.inputs(id).next()
            {
                self.homes[id.index()] = Home::View(self.plan.passed(input));
            }
        }
    }

    /// Lets what is concatenated be written where it belongs, if steps make all of it for that alone.
    fn concatenations(&mut self, blocks: Blocks) {
        let uses = self.uses();
        for (id, _) in self.graph.nodes().filter(|&(id, _)| Part::of(self.graph, id) == Part::Concatenation) {
            let parts: Vec<NodeId> = self.graph.inputs(id).map(|input| self.plan.passed(input)).collect();
            let mut channel = 0;
            let begin: Vec<u64> = parts
                .iter()
                .map(|part| {
                    let here = channel;
                    channel += self.graph.node(*part).shape.dims()[0];
                    here
                })
                .collect();
            let is_part = |part: &NodeId| {
                let is_made = self.plan.step_of(*part).is_some() && self.homes[part.index()] == Home::Own;
                is_made && uses[part.index()] == 1 && !self.graph.is_fixed(*part)
            };
            if parts.iter().all(is_part) && begin.iter().all(|&channel| blocks.begin_at(channel)) {
                for (part, channel) in parts.into_iter().zip(begin) {
                    self.homes[part.index()] = Home::Within { whole: id, channel };
                }
            }
        }
    }

    /// How often each tensor is taken, by steps, views and as an output.
    fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.graph.len()];
        for (id, _) in self.graph.nodes().filter(|&(id, _)| self.plan.passed(id) == id) {
            for input in self.graph.inputs(id) {
                uses[self.plan.passed(input).index()] += 1;
            }
        }
        for (_, output) in self.graph.outputs() {
            uses[self.plan.passed(*output).index()] += 1;
        }
        uses
    }

    fn root(&self, mut id: NodeId) -> NodeId {
        loop {
            match self.homes[id.index()] {
                Home::View(other) | Home::InPlace(other) | Home::Within { whole: other, .. } => id = other,
                Home::Own | Home::Nowhere => return id,
            }
        }
    }

    /// From the first step that writes into a memory to the last that takes something of it.
    fn lifetimes(&self) -> HashMap<NodeId, Lifetime> {
        let end = self.plan.steps.len().saturating_sub(1);
        let mut lifetimes: HashMap<NodeId, Lifetime> = HashMap::new();
        let mut extend = |root: NodeId, step: usize| {
            let lifetime = lifetimes.entry(root).or_insert(Lifetime { from: step, to: step });
            lifetime.from = lifetime.from.min(step);
            lifetime.to = lifetime.to.max(step);
        };
        for (id, node) in self.graph.nodes() {
            if node.content == Content::Input {
                extend(id, 0);
            }
        }
        for (number, step) in self.plan.steps.iter().enumerate() {
            for id in step.inputs.iter().copied().chain([step.output()]) {
                extend(self.root(id), number);
            }
        }
        for (_, output) in self.graph.outputs() {
            extend(self.root(self.plan.passed(*output)), end);
        }
        lifetimes
    }

    /// Lets a step write its output where an input lies that it is the last to take.
    fn in_place(&mut self, lifetimes: &mut HashMap<NodeId, Lifetime>) {
        let outputs = self.graph.outputs().iter().map(|&(_, id)| self.root(self.plan.passed(id)));
        let mut kept: HashSet<NodeId> = outputs.collect();
        for (number, step) in self.plan.steps.iter().enumerate() {
            let output = step.output();
            if self.homes[output.index()] != Home::Own || self.is_concatenated(output) {
                continue;
            }
            let root = replaceable(self.graph, self.plan, step).into_iter().find_map(|input| {
                let root = self.root(input);
                let is_last = lifetimes.get(&root).is_some_and(|lifetime| lifetime.to == number);
                // What else lies there is read after a part of it was written over.
                let alone = step.inputs.iter().filter(|&&other| self.root(other) == root).count() == 1;
                let ends = is_last && alone && !kept.contains(&root);
                (ends && self.is_as_large(root, input, output)).then_some(root)
            });
            let Some(root) = root else { continue };
            self.homes[output.index()] = Home::InPlace(root);
            if kept.contains(&output) {
                kept.insert(root);
            }
            if let Some(of_output) = lifetimes.remove(&output)
                && let Some(of_root) = lifetimes.get_mut(&root)
            {
                of_root.to = of_output.to;
            }
        }
    }

    /// Whether steps write parts of it, which is before it is made.
    fn is_concatenated(&self, id: NodeId) -> bool {
        let is_within = |part| matches!(self.homes[self.plan.passed(part).index()], Home::Within { .. });
        Part::of(self.graph, id) == Part::Concatenation && self.graph.inputs(id).any(is_within)
    }

    /// Whether a memory is one input and nothing else, and of the output's size and samples.
    fn is_as_large(&self, root: NodeId, input: NodeId, output: NodeId) -> bool {
        let [of_root, of_input, of_output] = [root, input, output].map(|id| self.graph.node(id));
        let same_type = of_root.element == of_output.element && of_input.element == of_output.element;
        let sizes = [of_root, of_input, of_output].map(|node| node.shape.elements());
        let is_each = !self.graph.is_fixed(root) && !self.graph.is_fixed(output);
        same_type && is_each && sizes[0] == sizes[1] && sizes[1] == sizes[2]
    }
}

/// The inputs in whose place a step could write its output, whatever else takes them or lies there.
fn replaceable(graph: &Graph, plan: &Plan, step: &Step) -> Vec<NodeId> {
    let shape = &graph.node(step.output()).shape;
    let outside = |id: NodeId| {
        graph.inputs(id).map(|input| plan.passed(input)).filter(|input| step.inputs.contains(input))
    };
    let part = Part::of(graph, step.main);
    let of_main = || outside(step.main).filter(|&input| graph.node(input).shape == *shape).collect();
    let op = graph.node(step.main).operator();
    if part.is_elementwise()
        || op.is_some_and(|op| op.copies().is_empty() && (is_by_channels(op) || is_by_rows(op)))
    {
        return of_main();
    }
    // The residual, to which the sum is added as it is: a function before that would need the sum alone.
    let Some(at) = step.nodes.iter().position(|&id| Part::of(graph, id) == Part::Addition) else {
        return vec![];
    };
    let before = step.nodes[..at].iter();
    let has_function = before.clone().any(|&id| Part::of(graph, id) == Part::Function);
    if part != Part::Sum || has_function {
        return vec![];
    }
    let is_of_sum = |input: &NodeId| before.clone().flat_map(|&id| outside(id)).any(|taken| taken == *input);
    outside(step.nodes[at]).filter(|input| !is_of_sum(input)).collect()
}

/// Whether each number is made of one and of what its channel has learned.
fn is_by_channels(op: &Op) -> bool {
    matches!(op, Op::Prelu(_) | Op::Scale(_) | Op::LayerScale(_))
}

/// Whether it needs the numbers of a row only while it makes that row.
fn is_by_rows(op: &Op) -> bool {
    matches!(op, Op::Softmax(_) | Op::LogSoftmax(_) | Op::LayerNorm(_) | Op::RmsNorm(_))
}
