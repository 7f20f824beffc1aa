//! The memory that the tensors of a forward pass take: what is alive at each step, and the peak.
//!
//! Nodes are executed in their order, none in place. A tensor is alive from the step that makes it to the last that takes it;
//! the network's inputs from the beginning, its outputs to the end. A view has no memory of its own: it keeps alive what it
//! looks at. To it comes, while an operator is executed, what it holds inside by its definition
//! ([`Operator::inside`](crate::op::Operator::inside)). Weights are apart, and so is what an implementation needs beside while
//! it computes. All of it is as many times more as there are samples, so the peak is at the same node for every batch. Sizes are in numbers; in bytes they are as many times more as the element type is wide.

use std::sync::Arc;

use crate::counts::{Overflow, Tally, check_bytes};
use crate::graph::{Content, Graph, Node, NodeId};

/// What is alive when, at a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Samples of one forward pass.
    batch: u64,
    of_sample: Arc<OfSample>,
}

/// What is alive of one sample.
#[derive(Debug, PartialEq, Eq)]
struct OfSample {
    /// By [`NodeId`]: the numbers that are alive while the node is executed: its inputs, its output, and what it holds inside.
    live: Vec<u128>,
    /// By [`NodeId`]: of these, what it holds inside.
    inside: Vec<u128>,
    /// By [`NodeId`]: when its memory comes and goes; `None` for a view.
    lifetimes: Vec<Option<Lifetime>>,
    /// The most that is ever alive.
    peak: u128,
}

/// The steps during which a tensor is alive, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The step that makes it; the first for an input of the network.
    pub from: NodeId,
    /// The last that takes it; `None` for an output of the network, which stays.
    pub to: Option<NodeId>,
}

impl Memory {
    /// The same at another batch.
    pub(super) fn at(&self, batch: u64) -> Result<Self, Overflow> {
        check_bytes(self.of_sample.peak.times(batch)?)?;
        Ok(Self { batch, of_sample: Arc::clone(&self.of_sample) })
    }

    /// `numbers` of a sample for the whole batch: no more than the peak, which fits.
    fn of_batch(&self, numbers: u128) -> u128 {
        numbers * u128::from(self.batch)
    }

    /// The numbers that are alive while each node is executed, in order.
    pub fn timeline(&self) -> Vec<u128> {
        self.of_sample.live.iter().map(|&live| self.of_batch(live)).collect()
    }

    /// The numbers that are alive while a node is executed.
    pub fn live(&self, id: NodeId) -> u128 {
        self.of_batch(self.of_sample.live[id.index()])
    }

    /// Of these, what the node holds inside while it is executed.
    pub fn inside(&self, id: NodeId) -> u128 {
        self.of_batch(self.of_sample.inside[id.index()])
    }

    /// Of these, the numbers of the tensors that nodes take and make.
    pub fn tensors(&self, id: NodeId) -> u128 {
        self.live(id) - self.inside(id)
    }

    /// When a tensor is alive; `None` for a view, which has no memory of its own.
    pub fn lifetime(&self, id: NodeId) -> Option<Lifetime> {
        self.of_sample.lifetimes[id.index()]
    }

    /// The node in whose memory a tensor lies: itself, unless it is a view.
    pub fn owner(&self, graph: &Graph, mut id: NodeId) -> NodeId {
        while self.lifetime(id).is_none()
            && let Some(viewed) = graph.inputs(id).next()
        {
            id = viewed;
        }
        id
    }

    /// The most numbers that are ever alive at once.
    pub fn peak(&self) -> u128 {
        self.of_batch(self.of_sample.peak)
    }

    /// The first node at which that many are alive; `None` if there are no nodes.
    pub fn peak_at(&self, graph: &Graph) -> Option<NodeId> {
        let OfSample { live, peak, .. } = &*self.of_sample;
        graph.nodes().map(|(id, _)| id).find(|id| live[id.index()] == *peak)
    }

    /// The numbers of the largest tensor that has memory of its own.
    pub fn largest(&self, graph: &Graph) -> u128 {
        let own = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some());
        own.map(|(_, node)| self.of_batch(node.shape.elements())).max().unwrap_or(0)
    }

    /// The tensors that are alive while a node is executed and the numbers in each, in the order in which they are made.
    pub fn alive_at(&self, graph: &Graph, step: NodeId) -> Vec<(NodeId, u128)> {
        let is_alive = |lifetime: Lifetime| lifetime.from <= step && lifetime.to.is_none_or(|to| step <= to);
        let alive = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some_and(is_alive));
        alive.map(|(id, node)| (id, self.of_batch(node.shape.elements()))).collect()
    }
}

/// What is alive when, for a forward pass of one sample.
pub(super) fn of(graph: &Graph) -> Result<Memory, Overflow> {
    let (storage, mut lifetimes) = (storages(graph), vec![None; graph.len()]);
    let mut first = None;
    for (id, node) in graph.nodes() {
        let start = *first.get_or_insert(id);
        let owner = storage[id.index()];
        if owner == id {
            let from = if node.content == Content::Input { start } else { id };
            lifetimes[id.index()] = Some(Lifetime { from, to: Some(id) });
        }
        for used in graph.inputs(id).map(|input| storage[input.index()]).chain([owner]) {
            if let Some(Lifetime { to, .. }) = &mut lifetimes[used.index()] {
                *to = Some(id);
            }
        }
    }
    for (_, output) in graph.outputs() {
        if let Some(Lifetime { to, .. }) = &mut lifetimes[storage[output.index()].index()] {
            *to = None;
        }
    }
    let inside = inside(graph)?;
    let tensors = alive(graph, &lifetimes)?;
    let live = tensors.into_iter().zip(&inside).map(|(tensors, &inside)| tensors.plus(inside));
    let live = live.collect::<Result<Vec<_>, _>>()?;
    let peak = live.iter().copied().max().unwrap_or(0);
    Ok(Memory { batch: 1, of_sample: OfSample { live, inside, lifetimes, peak }.into() })
}

/// By node: the one in whose memory its tensor lies, itself unless it is a view.
fn storages(graph: &Graph) -> Vec<NodeId> {
    let mut storage: Vec<NodeId> = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let viewed = graph.inputs(id).next().filter(|_| node.operator().is_some_and(|op| op.is_view()));
        storage.push(viewed.map_or(id, |viewed| storage[viewed.index()]));
    }
    storage
}

/// What each node holds inside.
fn inside(graph: &Graph) -> Result<Vec<u128>, Overflow> {
    let of_node = |(id, node): (NodeId, &Node)| match node.operator() {
        Some(op) => op.inside(&graph.input_shapes(id), &node.shape).evaluate(),
        None => Ok(0),
    };
    graph.nodes().map(of_node).collect()
}

/// How many numbers of tensors are alive at each step: what has come by then, less what has gone before.
fn alive(graph: &Graph, lifetimes: &[Option<Lifetime>]) -> Result<Vec<u128>, Overflow> {
    let (mut coming, mut going) = (vec![0u128; graph.len()], vec![0u128; graph.len()]);
    for ((_, node), lifetime) in graph.nodes().zip(lifetimes) {
        let Some(Lifetime { from, to }) = lifetime else { continue };
        let size = node.shape.elements();
        coming[from.index()] = coming[from.index()].plus(size)?;
        if let Some(to) = to {
            going[to.index()] = going[to.index()].plus(size)?;
        }
    }
    let mut alive = 0u128;
    let steps = coming.into_iter().zip(going).map(|(coming, going)| {
        let during = alive.plus(coming)?;
        alive = during - going;
        Ok(during)
    });
    steps.collect()
}
