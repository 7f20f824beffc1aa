//! Which tensors are alive while a node is executed, looked up for many nodes.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::analyze::memory::{Lifetime, Memory};
use crate::graph::{Graph, NodeId};

/// Tensors in the order in which they are made, and for each node among which of them those lie that are alive.
#[derive(Debug)]
pub(super) struct Alive {
    tensors: Vec<(NodeId, Lifetime)>,
    /// By [`NodeId`].
    among: Vec<Range<usize>>,
}

impl Alive {
    /// Those of a network.
    pub(super) fn new(graph: &Graph, memory: &Memory) -> Self {
        let tensors = graph.nodes().filter_map(|(id, _)| Some((id, memory.lifetime(id)?)));
        let tensors: Vec<(NodeId, Lifetime)> = tensors.collect();
        let (mut come, mut go) = (vec![vec![]; graph.len()], vec![vec![]; graph.len()]);
        for (tensor, (_, lifetime)) in tensors.iter().enumerate() {
            come[lifetime.from.index()].push(tensor);
            if let Some(last) = lifetime.to {
                go[last.index()].push(tensor);
            }
        }
        let mut alive = BTreeSet::new();
        let steps = come.iter().zip(&go).map(|(come, go)| {
            alive.extend(come);
            let among = alive.first().copied().unwrap_or(0)..alive.last().map_or(0, |last| last + 1);
            for tensor in go {
                alive.remove(tensor);
            }
            among
        });
        let among = steps.collect();
        Self { tensors, among }
    }

    /// Those that are alive while a node is executed, in the order in which they are made.
    pub(super) fn at(&self, step: NodeId) -> impl Iterator<Item = NodeId> {
        let is_alive =
            move |lifetime: &Lifetime| lifetime.from <= step && lifetime.to.is_none_or(|last| step <= last);
        let among = &self.tensors[self.among[step.index()].clone()];
        among.iter().filter(move |(_, lifetime)| is_alive(lifetime)).map(|&(tensor, _)| tensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_tensors_as_without_looking_up_are_alive() {
        for network in ["lenet5", "resnet18", "unet"] {
            let subject =
                crate::source::open(network).unwrap().subject(&crate::source::Choice::default()).unwrap();
            let (graph, memory) = (subject.graph(), &subject.analysis.memory);
            let alive = Alive::new(graph, memory);
            for (step, _) in graph.nodes() {
                let all = memory.alive_at(graph, step).into_iter().map(|(tensor, _)| tensor);
                assert!(alive.at(step).eq(all), "{network}: {}", graph.path(step));
            }
        }
    }
}
