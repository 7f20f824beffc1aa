//! What a graph costs: counts for each node, for each box at any depth, and in total; the memory its tensors take.

use crate::counts::{Counts, Overflow, Params, Tally, Traffic, check_bytes};
use crate::error::Span;
use crate::graph::{Content, Graph, NodeId, ScopeId};
use crate::op::{Cost, Role, Weight};

pub mod memory;
pub mod receptive_field;
pub mod roofline;

use memory::Memory;

/// The counts of a graph, in tables beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Samples of one forward pass; counts are for all of them.
    pub batch: u64,
    /// By [`NodeId`]; `None` for an operator that cnncost does not know.
    nodes: Vec<Option<Counts>>,
    /// By [`ScopeId`]: what is in the box, at any depth.
    scopes: Vec<Counts>,
    /// The operators that are not counted.
    uncounted: Vec<NodeId>,
    /// What is alive when.
    pub memory: Memory,
}

/// Whether a total is the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything is counted.
    Complete,
    /// Operators are missing that cnncost does not know.
    Partial,
}

/// A count is too large.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a count of {} does not fit 128 bits", if path.is_empty() { "the network" } else { path })]
pub struct TooLarge {
    /// The node where it happened; empty for a sum over nodes.
    pub path: String,
    /// Where the node was written.
    pub span: Option<Span>,
}

impl Analysis {
    /// What a node costs; `None` if cnncost does not know its operator. A weight shared with an earlier node costs nothing.
    pub fn node(&self, id: NodeId) -> Option<&Counts> {
        self.nodes[id.index()].as_ref()
    }

    /// What is in a box.
    pub fn scope(&self, id: ScopeId) -> &Counts {
        &self.scopes[id.index()]
    }

    /// What the network costs.
    pub fn total(&self) -> &Counts {
        self.scope(ScopeId::ROOT)
    }

    /// The operators that are missing from the total.
    pub fn uncounted(&self) -> &[NodeId] {
        &self.uncounted
    }

    /// Whether the total is the whole.
    pub fn status(&self) -> Status {
        if self.uncounted.is_empty() { Status::Complete } else { Status::Partial }
    }
}

impl Status {
    /// The name that stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
        }
    }
}

/// Counts everything in `graph`, for a forward pass of `batch` samples.
///
/// ```
/// let text = "input = [192, 28, 28]\n\
///             layers = [{ op = 'conv2d', out_channels = 32, kernel_size = 5, padding = 2 }]";
/// let network = cnncost::read::Description::parse("net.toml", text)?.expand(&Default::default())?;
/// let analysis = cnncost::analyze(&network.graph, 1)?;
/// assert_eq!(analysis.total().work.macs.total(), 120_422_400);
/// assert_eq!(analysis.total().padding_exact.macs.total(), 110_321_664);
/// assert_eq!(analysis.total().params.total(), 153_632);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn analyze(graph: &Graph, batch: u64) -> Result<Analysis, TooLarge> {
    let mut nodes = Vec::with_capacity(graph.len());
    let mut scopes = vec![Counts::default(); graph.scopes().len()];
    let mut uncounted = vec![];
    let too_large = |id: NodeId| TooLarge { path: graph.path(id), span: graph.node(id).span.clone() };
    for (id, node) in graph.nodes() {
        let counts = count(graph, id, batch).map_err(|Overflow| too_large(id))?;
        match &counts {
            Some(counts) => {
                let sum = &mut scopes[node.scope.index()];
                *sum = sum.plus(*counts).map_err(|Overflow| too_large(id))?;
            }
            None => uncounted.push(id),
        }
        nodes.push(counts);
    }
    let sum_too_large = |Overflow| TooLarge { path: String::new(), span: None };
    // Boxes come before what is in them: from the last to the first, each is complete when it is added to its parent.
    let parents: Vec<_> = graph.scopes().map(|(_, scope)| scope.parent).collect();
    for index in (1..scopes.len()).rev() {
        let parent = parents[index].index();
        scopes[parent] = scopes[parent].plus(scopes[index]).map_err(sum_too_large)?;
    }
    let total = &scopes[ScopeId::ROOT.index()];
    total.check().map_err(sum_too_large)?;
    let memory = memory::of(graph, batch).map_err(sum_too_large)?;
    let held = memory.peak().plus(total.params.total() + total.params.buffers);
    held.and_then(check_bytes).map_err(sum_too_large)?;
    Ok(Analysis { batch, nodes, scopes, uncounted, memory })
}

/// What a node computes, with the working of each count, for one sample; `None` for an unknown operator.
pub fn cost(graph: &Graph, id: NodeId) -> Result<Option<Cost>, Overflow> {
    let node = graph.node(id);
    match &node.content {
        Content::Input => Ok(Some(Cost::FREE)),
        Content::Unknown { .. } => Ok(None),
        Content::Operator(op) => op.cost(&graph.input_shapes(id), &node.shape).map(Some),
    }
}

fn count(graph: &Graph, id: NodeId, batch: u64) -> Result<Option<Counts>, Overflow> {
    let Some(cost) = cost(graph, id)? else { return Ok(None) };
    let (work, padding_exact) = cost.work()?;
    let node = graph.node(id);
    let stored = params(&graph.weights(id), node.frozen)?;
    let traffic = traffic(graph, id, stored, batch)?;
    let params = if node.weights_of.is_some() { Params::default() } else { stored };
    let (work, padding_exact) = (work.times(batch)?, padding_exact.times(batch)?);
    Ok(Some(Counts { params, work, padding_exact, traffic }))
}

/// Each input, weight and output goes once; nothing of a view, and nothing of what is given from outside.
fn traffic(graph: &Graph, id: NodeId, stored: Params, batch: u64) -> Result<Traffic, Overflow> {
    let node = graph.node(id);
    if node.operator().is_none_or(|op| op.is_view()) {
        return Ok(Traffic::default());
    }
    let mut inputs: Vec<NodeId> = graph.inputs(id).collect();
    inputs.sort_unstable();
    inputs.dedup();
    let elements = inputs
        .into_iter()
        .try_fold(0u128, |sum, input| sum.plus(graph.node(input).shape.elements().times(batch)?))?;
    let weights = stored.trainable.plus(stored.frozen)?.plus(stored.buffers)?;
    Ok(Traffic { read: elements.plus(weights)?, written: node.shape.elements().times(batch)? })
}

fn params(weights: &[Weight], frozen: bool) -> Result<Params, Overflow> {
    weights.iter().try_fold(Params::default(), |mut params, weight| {
        let sum = match (weight.role, frozen) {
            (Role::Buffer, _) => &mut params.buffers,
            (Role::Learned, true) => &mut params.frozen,
            (Role::Learned, false) => &mut params.trainable,
        };
        *sum = sum.plus(weight.count().evaluate()?)?;
        Ok(params)
    })
}
