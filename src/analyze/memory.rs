//! The memory that the tensors of a forward pass take: what is alive at each step, and the peak.
//!
//! Nodes are executed in their order, none in place. A tensor is alive from the step that makes it to the last that takes it;
//! the network's inputs from the beginning, its outputs to the end. A view has no memory of its own: it keeps alive what it
//! looks at. To it comes, while an operator is executed, what it holds inside by its definition
//! ([`Operator::inside`](crate::op::Operator::inside)). Weights are apart, and so is what an implementation needs beside while
//! it computes. All of it is as many times more as there are samples, so the peak is at the same node for every batch; but where
//! some tensors have a type of their own, it may be at another in another type of the network's numbers.

use std::sync::Arc;

use crate::counts::{Overflow, Tally, Volume};
use crate::graph::{Content, Graph, Node, NodeId};
use crate::shape::ElementType;

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
    /// By [`NodeId`]: what is alive while the node is executed: its inputs, its output, and what it holds inside.
    live: Vec<Volume>,
    /// By [`NodeId`]: of this, the numbers that it holds inside.
    inside: Vec<u128>,
    /// By [`NodeId`]: when its memory comes and goes; `None` for a view.
    lifetimes: Vec<Option<Lifetime>>,
    /// At no time is more alive, of either kind.
    most: Volume,
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
        self.of_sample.most.times(batch)?.check()?;
        Ok(Self { batch, of_sample: Arc::clone(&self.of_sample) })
    }

    /// What is alive of a sample at some time, for the whole batch.
    fn of_batch(&self, volume: Volume) -> Volume {
        volume.times(self.batch).expect("at no time is more alive than the most, which fits")
    }

    /// At no time is more alive: not of the network's numbers, and not of what has a type of its own.
    pub(super) fn most(&self) -> Volume {
        self.of_batch(self.of_sample.most)
    }

    /// The bytes that are alive while each node is executed, in order.
    pub fn timeline(&self, element: ElementType) -> Vec<u128> {
        self.of_sample.live.iter().map(|&live| self.of_batch(live).bytes(element)).collect()
    }

    /// What is alive while a node is executed.
    pub fn live(&self, id: NodeId) -> Volume {
        self.of_batch(self.of_sample.live[id.index()])
    }

    /// Of this, what the node holds inside while it is executed.
    pub fn inside(&self, id: NodeId) -> Volume {
        self.of_batch(Volume::numbers(self.of_sample.inside[id.index()]))
    }

    /// Of this, the tensors that nodes take and make.
    pub fn tensors(&self, id: NodeId) -> Volume {
        self.live(id).less(self.inside(id))
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

    /// The most bytes that are ever alive at once.
    pub fn peak(&self, element: ElementType) -> u128 {
        let of_sample = self.of_sample.live.iter().map(|live| live.bytes(element)).max();
        of_sample.unwrap_or(0) * u128::from(self.batch)
    }

    /// The first node at which that many are alive; `None` if there are no nodes.
    pub fn peak_at(&self, graph: &Graph, element: ElementType) -> Option<NodeId> {
        let of_sample = |id: NodeId| self.of_sample.live[id.index()].bytes(element);
        // Of nodes with as many, the last that is come to.
        graph.nodes().map(|(id, _)| id).rev().max_by_key(|&id| of_sample(id))
    }

    /// The bytes of the largest tensor that has memory of its own.
    pub fn largest(&self, graph: &Graph, element: ElementType) -> u128 {
        let own = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some());
        own.map(|(_, node)| self.of_tensor(node).bytes(element)).max().unwrap_or(0)
    }

    /// What a tensor with memory of its own takes.
    fn of_tensor(&self, node: &Node) -> Volume {
        self.of_batch(node.volume().expect("it is alive at some time, and what is alive fits"))
    }

    /// The tensors that are alive while a node is executed and what each takes, in the order in which they are made.
    pub fn alive_at(&self, graph: &Graph, step: NodeId) -> Vec<(NodeId, Volume)> {
        let is_alive = |lifetime: Lifetime| lifetime.from <= step && lifetime.to.is_none_or(|to| step <= to);
        let alive = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some_and(is_alive));
        alive.map(|(id, node)| (id, self.of_tensor(node))).collect()
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
    let live =
        tensors.into_iter().zip(&inside).map(|(tensors, &inside)| tensors.plus(Volume::numbers(inside)));
    let live = live.collect::<Result<Vec<_>, _>>()?;
    let most = live.iter().copied().fold(Volume::default(), Volume::or);
    Ok(Memory { batch: 1, of_sample: OfSample { live, inside, lifetimes, most }.into() })
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

/// What is alive of tensors at each step: what has come by then, less what has gone before.
fn alive(graph: &Graph, lifetimes: &[Option<Lifetime>]) -> Result<Vec<Volume>, Overflow> {
    let (mut coming, mut going) =
        (vec![Volume::default(); graph.len()], vec![Volume::default(); graph.len()]);
    for ((_, node), lifetime) in graph.nodes().zip(lifetimes) {
        let Some(Lifetime { from, to }) = lifetime else { continue };
        let size = node.volume()?;
        coming[from.index()] = coming[from.index()].plus(size)?;
        if let Some(to) = to {
            going[to.index()] = going[to.index()].plus(size)?;
        }
    }
    let mut alive = Volume::default();
    let steps = coming.into_iter().zip(going).map(|(coming, going)| {
        let during = alive.plus(coming)?;
        alive = during.less(going);
        Ok(during)
    });
    steps.collect()
}
