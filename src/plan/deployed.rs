//! What a network costs as an engine executes it: the counts, the traffic and the memory of its [`Plan`], by node of the graph, so that
//! all that is said of a graph can be said of it.
//!
//! - A batch norm that is folded into a sum costs nothing any more; the sum has a bias in its place, if it had none: a parameter for
//!   each output channel, and an addition for each number that it makes.
//! - Whatever else is fused computes what it did. What goes to and from memory is what crosses the border of a step: a tensor that is
//!   made elsewhere is read once, by the first node of the step that takes it; weights are read by the node that has them; and the
//!   step's output is written by its main node.
//! - Nothing goes to or from memory for views, for what is passed on, and for a concatenation whose parts are written where they
//!   belong.
//! - A tensor that lies in the memory of another has none of its own, and nodes of one step are alive at once.
//!
//! A batch norm that is not folded keeps its parameters and buffers, and what an implementation needs beside while it computes is
//! apart, as in a graph.

use std::collections::HashSet;

use super::part::Part;
use super::{Home, Plan, Step};
use crate::analyze::memory::{Lifetime, Steps, Together, of_steps};
use crate::analyze::{Analysis, TooLarge, analyze};
use crate::counts::{Kind, Linear, Ops, Overflow, Params, Rates, Tally, Volume, Work};
use crate::graph::{Content, Graph, NodeId};
use crate::op::Weight;

/// The costs of a graph that is executed as planned, for a forward pass of one sample; [`Analysis::at`] has those of a batch.
///
/// ```
/// use cnncost::plan::{Blocks, Plan, deployed};
///
/// let text = "input = [3, 32, 32]\n\
///             layers = [{ op = 'conv2d', out_channels = 16, kernel_size = 3, bias = false },\n\
///                       { op = 'batch_norm2d' }, { op = 'relu' }]";
/// let network = cnncost::read::Description::parse("net.toml", text)?.expand(&Default::default())?;
/// let analysis = deployed(&network.graph, &Plan::of(&network.graph, Blocks::NONE))?;
/// // The norm is a bias of the convolution.
/// assert_eq!(analysis.total().params.total(), 16 * 3 * 3 * 3 + 16);
/// assert_eq!(analysis.total().traffic.written.numbers, 16 * 30 * 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a count does not fit 128 bits.
pub fn deployed(graph: &Graph, plan: &Plan) -> Result<Analysis, TooLarge> {
    let of_graph = analyze(graph)?;
    let memory = of_steps(graph, steps(graph, plan));
    let memory = memory.map_err(|Overflow| TooLarge { path: String::new(), origin: None })?;
    let deployment = Deployment::new(graph, plan);
    of_graph.with(graph, |id, rates| deployment.rates(id, rates), memory)
}

struct Deployment<'g> {
    graph: &'g Graph,
    plan: &'g Plan,
    /// The batch norms that are folded into sums.
    folded: HashSet<NodeId>,
    /// Nodes that have weights which others use that are not folded.
    kept: HashSet<NodeId>,
}

impl<'g> Deployment<'g> {
    fn new(graph: &'g Graph, plan: &'g Plan) -> Self {
        let folded: HashSet<_> = plan.steps.iter().flat_map(|step| folded(graph, step)).collect();
        let users = graph.nodes().map(|(id, _)| id).filter(|id| !folded.contains(id));
        let kept = users.flat_map(|id| graph.ties(id)).map(|(_, tie)| tie.owner.node).collect();
        Self { graph, plan, folded, kept }
    }

    /// What a node comes to, of what it comes to in the graph.
    fn rates(&self, id: NodeId, of_graph: &Rates) -> Result<Rates, Overflow> {
        let Some(step) = self.plan.step_of(id).map(|step| &self.plan.steps[step]) else {
            return Ok(Rates { read: Linear::default(), written: Linear::default(), ..*of_graph });
        };
        if self.folded.contains(&id) {
            let params = if self.kept.contains(&id) { of_graph.params } else { Params::default() };
            return Ok(Rates { params, ..Rates::default() });
        }
        let written = if id == step.main { self.written(step)? } else { Linear::default() };
        let rates = Rates { read: self.read(step, id, of_graph)?, written, ..*of_graph };
        if self.gains_bias(step, id) { self.with_bias(id, rates) } else { Ok(rates) }
    }

    /// What a step writes, nothing if its parts have been written where they belong.
    fn written(&self, step: &Step) -> Result<Linear<Volume>, Overflow> {
        let output = step.output();
        let volume =
            if self.is_in_place(output) { Volume::default() } else { self.graph.node(output).volume()? };
        Ok(Linear::of(volume, self.graph.is_fixed(output)))
    }

    /// What a node reads of what is made outside of its step, and of weights.
    fn read(&self, step: &Step, id: NodeId, of_graph: &Rates) -> Result<Linear<Volume>, Overflow> {
        let (graph, node) = (self.graph, self.graph.node(id));
        let (shapes, Some(op)) = (graph.input_shapes(id), node.operator()) else { return Ok(of_graph.read) };
        if op.weights_touched(&shapes).is_some() {
            // It stands alone, and how much of its weights it reads is not known of one sample.
            return Ok(of_graph.read);
        }
        let mut read =
            Linear { once: Volume::numbers(Weight::numbers(&graph.weights(id))?), each: Volume::default() };
        if self.is_in_place(id) {
            return Ok(read);
        }
        let incoming = self.incoming(step, id);
        match (op.touched(&shapes, &node.shape), &incoming[..]) {
            (Some(touched), [first, ..]) => {
                let touched = Volume::of(touched, graph.node(*first).element)?;
                read = read.plus(Linear::of(touched, graph.is_fixed(*first)))?;
            }
            (Some(_), []) | (None, _) => {
                for input in incoming {
                    read = read.plus(Linear::of(graph.node(input).volume()?, graph.is_fixed(input)))?;
                }
            }
        }
        Ok(read)
    }

    /// The tensors made outside of a step that a node is the first in it to take.
    fn incoming(&self, step: &Step, id: NodeId) -> Vec<NodeId> {
        let here = self.plan.step_of(id);
        let taken = |id: NodeId| {
            let input = |input| {
                let mut input = self.plan.passed(input);
                // The sum takes what a norm did that is folded into it.
                while self.folded.contains(&input) && self.plan.step_of(input) == here {
                    input = self.graph.inputs(input).next().map_or(input, |from| self.plan.passed(from));
                }
                input
            };
            self.graph.inputs(id).map(input)
        };
        let before = step.nodes.iter().copied().take_while(|&other| other != id);
        let before = before.filter(|other| !self.folded.contains(other));
        let mut known: HashSet<NodeId> = before.flat_map(taken).map(|input| self.viewed(input)).collect();
        let outside = |&input: &NodeId| self.plan.step_of(input) != here;
        taken(id).filter(outside).filter(|&input| known.insert(self.viewed(input))).collect()
    }

    /// The tensor that all of another is a view of, or that itself.
    fn viewed(&self, mut id: NodeId) -> NodeId {
        let elements = |id| self.graph.node(id).shape.elements();
        while let Home::View(other) = self.plan.home(id)
            && elements(other) == elements(id)
        {
            id = other;
        }
        id
    }

    /// Whether it is a concatenation whose parts are written where they belong.
    fn is_in_place(&self, id: NodeId) -> bool {
        let is_within = |input| matches!(self.plan.home(input), Home::Within { whole, .. } if whole == id);
        self.graph.inputs(id).any(is_within)
    }

    /// Whether it is a sum that has a bias only since a batch norm is folded into it.
    fn gains_bias(&self, step: &Step, id: NodeId) -> bool {
        let is_folded_into = id == step.main && step.nodes.iter().any(|other| self.folded.contains(other));
        is_folded_into && !self.graph.weights(id).iter().any(Weight::is_bias)
    }

    fn with_bias(&self, id: NodeId, rates: Rates) -> Result<Rates, Overflow> {
        let node = self.graph.node(id);
        let channels = u128::from(node.shape.dims().first().copied().unwrap_or(1));
        let (frozen, trainable) = if node.frozen { (channels, 0) } else { (0, channels) };
        let added = Work { ops: Ops::of(Kind::Add, node.shape.elements()), ..Work::default() };
        let added = Linear::of(added, false);
        Ok(Rates {
            params: rates.params.plus(Params { trainable, frozen, buffers: 0 })?,
            work: rates.work.plus(added)?,
            padding_exact: rates.padding_exact.plus(added)?,
            read: rates.read.plus(Linear::of(Volume::numbers(channels), true))?,
            written: rates.written,
        })
    }
}

/// The batch norms of a step that are folded into its sum.
fn folded(graph: &Graph, step: &Step) -> impl Iterator<Item = NodeId> {
    let into_sum = Part::of(graph, step.main) == Part::Sum;
    step.nodes.iter().copied().filter(move |&id| into_sum && Part::of(graph, id) == Part::Scaling)
}

/// When the memory of tensors is taken, and what is executed at once.
fn steps(graph: &Graph, plan: &Plan) -> Steps {
    let ids = || graph.nodes().map(|(id, _)| id);
    let step_of = |id| plan.step_of(id).map(|step| &plan.steps[step]);
    let together = Together {
        mains: ids().map(|id| step_of(id).map_or(id, |step| step.main)).collect(),
        moments: ids().map(|id| step_of(id).map_or(id, Step::output)).collect(),
        owners: owners(graph, plan),
    };
    let stay: HashSet<NodeId> = graph.outputs().iter().filter_map(|&(_, id)| plan.root(id)).collect();
    let mut lifetimes = vec![None; graph.len()];
    for (root, lifetime) in plan.roots() {
        let is_input = graph.node(root).content == Content::Input;
        let moment = |step: usize| plan.steps.get(step).map_or(root, Step::output);
        let from = if is_input { ids().next() } else { None };
        let from = from.unwrap_or_else(|| moment(lifetime.from));
        let to = (!stay.contains(&root)).then(|| moment(lifetime.to));
        lifetimes[root.index()] = Some(Lifetime { from, to });
    }
    Steps { together, lifetimes }
}

/// By [`NodeId`]: the node in whose memory a tensor lies. Each way there is gone once, however long it is.
fn owners(graph: &Graph, plan: &Plan) -> Vec<NodeId> {
    let mut owners: Vec<Option<NodeId>> = vec![None; graph.len()];
    let mut way = vec![];
    for (id, _) in graph.nodes() {
        let mut at = id;
        let owner = loop {
            if let Some(owner) = owners[at.index()] {
                break owner;
            }
            way.push(at);
            at = match plan.home(at) {
                Home::Own => break plan.passed(at),
                Home::View(other) | Home::InPlace(other) | Home::Within { whole: other, .. } => other,
                Home::Nowhere => match plan.step_of(plan.passed(at)) {
                    Some(step) => plan.steps[step].output(),
                    None => break at,
                },
            };
        };
        for passed in way.drain(..) {
            owners[passed.index()] = Some(owner);
        }
    }
    owners.into_iter().flatten().collect()
}
