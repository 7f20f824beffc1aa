//! The memory that the tensors of a forward pass take: what is alive at each step, and the peak.
//!
//! Nodes are executed in their order, none in place. A tensor is alive from the step that makes it to the last that takes it;
//! the network's inputs from the beginning, its outputs to the end. A view has no memory of its own: it keeps alive what it
//! looks at. To it comes, while an operator is executed, what it holds inside by its definition
//! ([`Operator::inside`](crate::op::Operator::inside)). Weights are apart, and so is what an implementation needs beside while
//! it computes. All of it is as many times more as there are samples, but for what is the same for each, of which there is one. So
//! the peak may be at another node for another batch; and where some tensors have a type of their own, in another type of the
//! network's numbers.
//!
//! That is how a graph goes. Where several nodes are executed at once and tensors lie in each other's memory, the steps of a plan say so.

use std::collections::HashMap;
use std::sync::Arc;

use crate::counts::{Linear, Overflow, Tally, Volume};
use crate::graph::{Content, Graph, NodeId};
use crate::shape::ElementType;

/// What is alive when, at a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Samples of one forward pass.
    batch: u64,
    of_any: Arc<OfAny>,
}

/// What is alive of any batch.
#[derive(Debug, PartialEq, Eq)]
struct OfAny {
    /// What is alive while a node is executed, for nodes to share: copies hold as much.
    steps: Vec<Alive>,
    /// By [`NodeId`]: which of these it is.
    nodes: Vec<u32>,
    /// By [`NodeId`]: when its memory comes and goes; `None` for a view.
    lifetimes: Vec<Option<Lifetime>>,
    /// At no time is more alive, of any kind.
    most: Linear<Volume>,
    /// Which nodes are executed at once, if any are.
    together: Option<Together>,
}

/// Which nodes are executed at once, and in whose memory tensors lie.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Together {
    /// By [`NodeId`]: the node of its step that the others are fused with; itself if it is in none.
    pub(crate) mains: Vec<NodeId>,
    /// By [`NodeId`]: the last node of its step, in whose place the step is executed; likewise.
    pub(crate) moments: Vec<NodeId>,
    /// By [`NodeId`]: the node in whose memory its tensor lies; of what is never written down, that of its step's output.
    pub(crate) owners: Vec<NodeId>,
}

/// How a graph is executed where that is not node by node.
#[derive(Debug)]
pub(crate) struct Steps {
    /// What is executed at once.
    pub(crate) together: Together,
    /// By [`NodeId`]: when the memory of a tensor is taken, from one moment to another; `None` of what has none of its own.
    pub(crate) lifetimes: Vec<Option<Lifetime>>,
}

/// What is alive while a node is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Alive {
    /// All of it: its inputs, its output, what else is still to be taken, and what it holds inside.
    live: Linear<Volume>,
    /// Of this, what it holds inside.
    inside: Linear<Volume>,
}

impl OfAny {
    /// What is alive in all these steps.
    fn new(
        graph: &Graph,
        lifetimes: Vec<Option<Lifetime>>,
        together: Option<Together>,
    ) -> Result<Self, Overflow> {
        let (steps, nodes) = steps(graph, &lifetimes, together.as_ref())?;
        let most = steps.iter().fold(Linear::default(), |most: Linear<Volume>, Alive { live, .. }| Linear {
            once: most.once.or(live.once),
            each: most.each.or(live.each),
        });
        Ok(Self { steps, nodes, lifetimes, most, together })
    }

    fn at(&self, id: NodeId) -> Alive {
        self.steps[self.nodes[id.index()] as usize]
    }
}

/// The steps during which a tensor is alive, both ends included; where several nodes are executed at once, a step is called by the
/// last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The first step that writes into its memory; the first of all for an input of the network.
    pub from: NodeId,
    /// The last that takes it; `None` for an output of the network, which stays.
    pub to: Option<NodeId>,
}

impl Memory {
    /// The same at another batch.
    pub(super) fn at(&self, batch: u64) -> Result<Self, Overflow> {
        self.of_any.most.at(batch)?.check()?;
        Ok(Self { batch, of_any: Arc::clone(&self.of_any) })
    }

    /// What is alive at some time, for the whole batch.
    fn of_batch(&self, volume: Linear<Volume>) -> Volume {
        volume.at(self.batch).expect("at no time is more alive than the most, which fits")
    }

    /// At no time is more alive: not of the network's numbers, and not of what has a type of its own.
    pub(super) fn most(&self) -> Volume {
        self.of_batch(self.of_any.most)
    }

    /// The bytes that are alive while each node is executed, in order.
    pub fn timeline(&self, element: ElementType) -> Vec<u128> {
        let bytes: Vec<_> = self.steps(element).collect();
        self.of_any.nodes.iter().map(|&step| bytes[step as usize]).collect()
    }

    /// The bytes of each step that there is.
    fn steps(&self, element: ElementType) -> impl Iterator<Item = u128> {
        self.of_any.steps.iter().map(move |alive| self.of_batch(alive.live).bytes(element))
    }

    /// What is alive while a node is executed.
    pub fn live(&self, id: NodeId) -> Volume {
        self.of_batch(self.of_any.at(id).live)
    }

    /// Of this, what the node holds inside while it is executed.
    pub fn inside(&self, id: NodeId) -> Volume {
        self.of_batch(self.of_any.at(id).inside)
    }

    /// Of this, the tensors that nodes take and make.
    pub fn tensors(&self, id: NodeId) -> Volume {
        self.live(id).less(self.inside(id))
    }

    /// When a tensor is alive; `None` for a view, which has no memory of its own.
    pub fn lifetime(&self, id: NodeId) -> Option<Lifetime> {
        self.of_any.lifetimes[id.index()]
    }

    /// The node that stands for what is executed at once with a node: itself, unless it is fused with another.
    pub fn main(&self, id: NodeId) -> NodeId {
        self.of_any.together.as_ref().map_or(id, |together| together.mains[id.index()])
    }

    /// The node in whose place a node is executed: itself, unless others are executed with it.
    fn moment(&self, id: NodeId) -> NodeId {
        self.of_any.together.as_ref().map_or(id, |together| together.moments[id.index()])
    }

    /// The node in whose memory a tensor lies: itself, unless it is a view, or written where another belongs.
    pub fn owner(&self, graph: &Graph, mut id: NodeId) -> NodeId {
        if let Some(together) = &self.of_any.together {
            return together.owners[id.index()];
        }
        while self.lifetime(id).is_none()
            && let Some(viewed) = graph.inputs(id).next()
        {
            id = viewed;
        }
        id
    }

    /// The most bytes that are ever alive at once.
    pub fn peak(&self, element: ElementType) -> u128 {
        self.steps(element).max().unwrap_or(0)
    }

    /// The first node at which that many are alive, of those that are executed at once the main one; `None` if there are no
    /// nodes.
    pub fn peak_at(&self, graph: &Graph, element: ElementType) -> Option<NodeId> {
        // Of nodes with as many, the last that is come to.
        let all = graph.nodes().map(|(id, _)| id).rev();
        all.max_by_key(|&id| self.live(id).bytes(element)).map(|id| self.main(id))
    }

    /// The bytes of the largest tensor that has memory of its own.
    pub fn largest(&self, graph: &Graph, element: ElementType) -> u128 {
        let own = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some());
        own.map(|(id, _)| self.of_tensor(graph, id).bytes(element)).max().unwrap_or(0)
    }

    /// What a tensor with memory of its own takes.
    fn of_tensor(&self, graph: &Graph, id: NodeId) -> Volume {
        self.of_batch(volume(graph, id).expect("it is alive at some time, and what is alive fits"))
    }

    /// The tensors that are alive while a node is executed and what each takes, in the order in which they are made.
    pub fn alive_at(&self, graph: &Graph, id: NodeId) -> Vec<(NodeId, Volume)> {
        let step = self.moment(id);
        let is_alive = |lifetime: Lifetime| lifetime.from <= step && lifetime.to.is_none_or(|to| step <= to);
        let alive = graph.nodes().filter(|&(id, _)| self.lifetime(id).is_some_and(is_alive));
        alive.map(|(id, _)| (id, self.of_tensor(graph, id))).collect()
    }
}

/// What a tensor takes: of a fixed one there is one sample in any batch.
fn volume(graph: &Graph, id: NodeId) -> Result<Linear<Volume>, Overflow> {
    Ok(Linear::of(graph.node(id).volume()?, graph.is_fixed(id)))
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
    Memory { batch: 1, of_any: OfAny::new(graph, lifetimes, None)?.into() }.at(1)
}

/// The same where nodes are executed in these steps.
pub(crate) fn of_steps(graph: &Graph, steps: Steps) -> Result<Memory, Overflow> {
    let Steps { together, lifetimes } = steps;
    Memory { batch: 1, of_any: OfAny::new(graph, lifetimes, Some(together))?.into() }.at(1)
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
    lifetimes: &[Option<Lifetime>],
    together: Option<&Together>,
) -> Result<(Vec<Alive>, Vec<u32>), Overflow> {
    let (mut steps, mut nodes) = (vec![], Vec::with_capacity(graph.len()));
    let mut known: HashMap<Alive, u32> = HashMap::new();
    let mut tensors = Linear::<Volume>::default();
    // What nodes hold inside that are executed with one that is still to come.
    let mut waiting: HashMap<NodeId, Linear<Volume>> = HashMap::new();
    let [mut come, mut go] = changes(graph, lifetimes).map(|all| all.into_iter().peekable());
    for (id, _) in graph.nodes() {
        while let Some((_, tensor)) = come.next_if(|&(at, _)| at == id) {
            tensors = tensors.plus(volume(graph, tensor)?)?;
        }
        let inside = inside(graph, id)?.plus(waiting.remove(&id).unwrap_or_default())?;
        if let Some(moment) = together.map(|together| together.moments[id.index()]).filter(|&at| at != id) {
            let before = waiting.entry(moment).or_default();
            *before = before.plus(inside)?;
            // What is alive is known once its step has been come to.
            nodes.push(0);
            continue;
        }
        let alive = Alive { live: tensors.plus(inside)?, inside };
        nodes.push(*known.entry(alive).or_insert_with(|| {
            steps.push(alive);
            u32::try_from(steps.len() - 1).expect("nodes have ids of 32 bits")
        }));
        while let Some((_, tensor)) = go.next_if(|&(at, _)| at == id) {
            let gone = volume(graph, tensor)?;
            tensors = Linear { once: tensors.once.less(gone.once), each: tensors.each.less(gone.each) };
        }
    }
    for (node, moment) in together.into_iter().flat_map(|together| together.moments.iter().enumerate()) {
        nodes[node] = nodes[moment.index()];
    }
    Ok((steps, nodes))
}

/// The tensors that come and those that go, each behind the step at which it does, in the order of these.
fn changes(graph: &Graph, lifetimes: &[Option<Lifetime>]) -> [Vec<(NodeId, NodeId)>; 2] {
    let (mut come, mut go) = (Vec::with_capacity(graph.len()), Vec::with_capacity(graph.len()));
    for ((id, _), lifetime) in graph.nodes().zip(lifetimes) {
        if let Some(Lifetime { from, to }) = *lifetime {
            come.push((from, id));
            go.extend(to.map(|to| (to, id)));
        }
    }
    come.sort_unstable();
    go.sort_unstable();
    [come, go]
}

/// What a node holds inside while it is executed.
fn inside(graph: &Graph, id: NodeId) -> Result<Linear<Volume>, Overflow> {
    let node = graph.node(id);
    let numbers = match node.operator() {
        Some(op) => op.inside(&graph.input_shapes(id), &node.shape).evaluate()?,
        None => 0,
    };
    Ok(Linear::of(Volume::numbers(numbers), graph.is_fixed(id)))
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
        assert_eq!(of(&graph).unwrap().of_any.steps.len(), 2);
    }
}
