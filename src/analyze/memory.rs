//! The memory that the tensors of a forward pass take: what is alive at each step, and the peak.
//!
//! Nodes are executed in their order, none in place. A tensor is alive from the step that makes it to the last that takes it;
//! the network's inputs from the beginning, its outputs to the end. A view has no memory of its own: it keeps alive what it
//! looks at. To it comes, while an operator is executed, what it holds inside by its definition
//! ([`Operator::inside`](crate::op::Operator::inside)). Weights are apart, and so is what an implementation needs beside while
//! it computes. All of it is as many times more as there are samples, so the peak is at the same node for every batch; but where
//! some tensors have a type of their own, it may be at another in another type of the network's numbers.

use std::collections::HashMap;
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
    /// What is alive while a node is executed, for nodes to share: copies hold as much.
    steps: Vec<Alive>,
    /// By [`NodeId`]: which of these it is.
    nodes: Vec<u32>,
    /// By [`NodeId`]: when its memory comes and goes; `None` for a view.
    lifetimes: Vec<Option<Lifetime>>,
    /// At no time is more alive, of either kind.
    most: Volume,
}

/// What is alive while a node is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Alive {
    /// All of it: its inputs, its output, what else is still to be taken, and what it holds inside.
    live: Volume,
    /// Of this, the numbers that it holds inside.
    inside: u128,
}

impl OfSample {
    fn at(&self, id: NodeId) -> Alive {
        self.steps[self.nodes[id.index()] as usize]
    }
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
        let bytes: Vec<_> =
            self.of_sample.steps.iter().map(|alive| self.of_batch(alive.live).bytes(element)).collect();
        self.of_sample.nodes.iter().map(|&step| bytes[step as usize]).collect()
    }

    /// What is alive while a node is executed.
    pub fn live(&self, id: NodeId) -> Volume {
        self.of_batch(self.of_sample.at(id).live)
    }

    /// Of this, what the node holds inside while it is executed.
    pub fn inside(&self, id: NodeId) -> Volume {
        self.of_batch(Volume::numbers(self.of_sample.at(id).inside))
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
        let of_sample = self.of_sample.steps.iter().map(|alive| alive.live.bytes(element)).max();
        of_sample.unwrap_or(0) * u128::from(self.batch)
    }

    /// The first node at which that many are alive; `None` if there are no nodes.
    pub fn peak_at(&self, graph: &Graph, element: ElementType) -> Option<NodeId> {
        let of_sample = |id: NodeId| self.of_sample.at(id).live.bytes(element);
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
    let (steps, nodes) = steps(graph, &storage, &lifetimes)?;
    let most = steps.iter().map(|alive| alive.live).fold(Volume::default(), Volume::or);
    Ok(Memory { batch: 1, of_sample: OfSample { steps, nodes, lifetimes, most }.into() })
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

/// What is alive at each step, and which of that it is for each node: what has come by then, less what has gone before.
fn steps(
    graph: &Graph,
    storage: &[NodeId],
    lifetimes: &[Option<Lifetime>],
) -> Result<(Vec<Alive>, Vec<u32>), Overflow> {
    let (mut steps, mut nodes) = (vec![], Vec::with_capacity(graph.len()));
    let mut known: HashMap<Alive, u32> = HashMap::new();
    let mut tensors = Volume::default();
    for (_, input) in graph.network_inputs() {
        tensors = tensors.plus(input.volume()?)?;
    }
    for (id, node) in graph.nodes() {
        if node.content != Content::Input && lifetimes[id.index()].is_some() {
            tensors = tensors.plus(node.volume()?)?;
        }
        let inside = match node.operator() {
            Some(op) => op.inside(&graph.input_shapes(id), &node.shape).evaluate()?,
            None => 0,
        };
        let alive = Alive { live: tensors.plus(Volume::numbers(inside))?, inside };
        nodes.push(*known.entry(alive).or_insert_with(|| {
            steps.push(alive);
            u32::try_from(steps.len() - 1).expect("nodes have ids of 32 bits")
        }));
        // What goes with this step is among what it takes and makes, perhaps more than once.
        let mut used: Vec<_> = graph.inputs(id).chain([id]).map(|used| storage[used.index()]).collect();
        used.sort_unstable();
        used.dedup();
        for used in used {
            if lifetimes[used.index()].is_some_and(|lifetime| lifetime.to == Some(id)) {
                tensors = tensors.less(graph.node(used).volume()?);
            }
        }
    }
    Ok((steps, nodes))
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::read::{Description, Options};

    /// Of a network of millions of layers it is these that take the room.
    #[test]
    fn what_copies_hold_is_kept_once() {
        let text = "input = [8, 4, 4]\nlayers = [{ repeat = 100, layers = [{ op = 'conv2d', out_channels = 8, \
                    kernel_size = 1 }, { op = 'relu' }, { op = 'max_pool2d', kernel_size = 1 }] }]";
        let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
        assert_eq!(of(&graph).unwrap().of_sample.steps.len(), 2);
    }
}
