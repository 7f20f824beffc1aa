//! What a graph costs: counts for each node, for each box at any depth, and in total; the memory its tensors take.

use std::collections::HashMap;

use crate::counts::{Counts, Overflow, Params, Tally, Traffic, check_bytes};
use crate::error::Origin;
use crate::graph::{Content, Graph, NodeId, ScopeId, ScopeKind};
use crate::op::{Cost, Role, Weight};
use crate::shape::Shape;

pub mod axes;
pub mod memory;
pub mod receptive_field;
pub mod roofline;

use memory::Memory;

/// The counts of a graph, in tables beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Samples of one forward pass; counts are for all of them.
    pub batch: u64,
    /// Every count that a node has. Most of them are shared: copies cost the same.
    counts_of_nodes: Table,
    /// Every count that a box has, likewise.
    counts_of_boxes: Table,
    /// By [`NodeId`]; `None` for an operator that cnncost does not know.
    nodes: Vec<Option<Index>>,
    /// By [`ScopeId`]: what is in the box, at any depth.
    scopes: Vec<Index>,
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
    /// Where the node is from.
    pub origin: Option<Origin>,
}

impl Analysis {
    /// What a node costs; `None` if cnncost does not know its operator. A weight that is an earlier node's costs nothing.
    pub fn node(&self, id: NodeId) -> Option<&Counts> {
        self.nodes[id.index()].map(|index| self.counts_of_nodes.get(index))
    }

    /// What is in a box.
    pub fn scope(&self, id: ScopeId) -> &Counts {
        self.counts_of_boxes.get(self.scopes[id.index()])
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
    let mut counts_of_nodes = Table::default();
    let nodes = nodes(graph, batch, &mut counts_of_nodes)?;
    let (scopes, counts_of_boxes) = boxes(graph, &nodes, &counts_of_nodes)?;
    let uncounted = graph.nodes().map(|(id, _)| id).filter(|id| nodes[id.index()].is_none()).collect();
    let memory = memory::of(graph, batch).map_err(sum_too_large)?;
    let analysis = Analysis { batch, counts_of_nodes, counts_of_boxes, nodes, scopes, uncounted, memory };
    let total = analysis.total();
    total.check().map_err(sum_too_large)?;
    let held = analysis.memory.peak().plus(total.params.total() + total.params.buffers);
    held.and_then(check_bytes).map_err(sum_too_large)?;
    Ok(analysis)
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

/// Counts each node. Of those written at one place that take and give as many numbers, as copies do, one that has the
/// premises of the one before is not counted again.
fn nodes(graph: &Graph, batch: u64, table: &mut Table) -> Result<Vec<Option<Index>>, TooLarge> {
    let mut latest = HashMap::new();
    let indices = graph.nodes().map(|(id, node)| {
        let too_large = |Overflow| TooLarge { path: graph.path(id), origin: node.origin.clone() };
        let premises = Premises::new(graph, id).map_err(too_large)?;
        let place = start(node.origin.as_ref());
        let likeness = (place, premises.incoming, node.shape.elements());
        match latest.get(&likeness) {
            Some((known, index)) if *known == premises => Ok(*index),
            Some(_) | None => {
                let counts = count(graph, id, &premises, batch).map_err(too_large)?;
                let index = counts.map(|counts| table.add(counts));
                latest.insert(likeness, (premises, index));
                Ok(index)
            }
        }
    });
    indices.collect()
}

/// Adds up what is in each box. Of those written at one place, one that comes to the same as the one before shares its entry.
fn boxes(
    graph: &Graph,
    nodes: &[Option<Index>],
    counts_of_nodes: &Table,
) -> Result<(Vec<Index>, Table), TooLarge> {
    let mut scopes = vec![Table::NOTHING; graph.scopes().len()];
    let mut table = Table::default();
    let mut latest: HashMap<(Option<usize>, &ScopeKind), Index> = HashMap::new();
    let add = |sum: &mut Counts, id: NodeId| {
        let Some(index) = nodes[id.index()] else { return Ok(()) };
        let too_large = |Overflow| TooLarge { path: graph.path(id), origin: graph.node(id).origin.clone() };
        *sum = sum.plus(*counts_of_nodes.get(index)).map_err(too_large)?;
        Ok(())
    };
    let join = |around: &mut Counts, sum: &Counts| {
        *around = around.plus(*sum).map_err(sum_too_large)?;
        Ok(())
    };
    graph.each_sum(&Counts::default(), add, join, |id, counts| {
        let scope = graph.scope(id);
        let place = start(scope.origin.as_ref());
        let index = latest.entry((place, &scope.kind)).or_insert(Table::NOTHING);
        if *table.get(*index) != counts {
            *index = table.add(counts);
        }
        scopes[id.index()] = *index;
    })?;
    Ok((scopes, table))
}

fn sum_too_large(_: Overflow) -> TooLarge {
    TooLarge { path: String::new(), origin: None }
}

/// Where something is written in a text, which copies have in common.
fn start(origin: Option<&Origin>) -> Option<usize> {
    origin.and_then(Origin::text).map(|span| span.start)
}

/// An index into a [`Table`].
type Index = u32;

/// Counts, for nodes and boxes to share.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Table(Vec<Counts>);

impl Table {
    /// Where no counts at all stand.
    const NOTHING: Index = 0;

    fn get(&self, index: Index) -> &Counts {
        &self.0[index as usize]
    }

    fn add(&mut self, counts: Counts) -> Index {
        self.0.push(counts);
        Index::try_from(self.0.len() - 1).expect("nodes and boxes have ids of 32 bits")
    }
}

impl Default for Table {
    fn default() -> Self {
        Self(vec![Counts::default()])
    }
}

/// What the counts of a node follow from, beside the batch.
#[derive(PartialEq)]
struct Premises<'g> {
    content: &'g Content,
    inputs: Vec<&'g Shape>,
    /// Elements of a sample that come in, those of a tensor that comes in twice once.
    incoming: u128,
    /// Which of its weights are an earlier node's.
    tied: Vec<usize>,
    frozen: bool,
}

impl<'g> Premises<'g> {
    fn new(graph: &'g Graph, id: NodeId) -> Result<Self, Overflow> {
        let node = graph.node(id);
        let mut inputs: Vec<_> = graph.inputs(id).collect();
        let shape = |&input: &NodeId| &graph.node(input).shape;
        let shapes = inputs.iter().map(shape).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let mut elements = inputs.iter().map(|input| shape(input).elements());
        Ok(Self {
            content: &node.content,
            inputs: shapes,
            incoming: elements.try_fold(0u128, Tally::plus)?,
            tied: graph.ties(id).map(|(index, _)| index).collect(),
            frozen: node.frozen,
        })
    }
}

fn count(graph: &Graph, id: NodeId, premises: &Premises<'_>, batch: u64) -> Result<Option<Counts>, Overflow> {
    let Some(cost) = cost(graph, id)? else { return Ok(None) };
    let (work, padding_exact) = cost.work()?;
    let stored = params(&graph.weights(id), premises.frozen)?;
    let traffic = traffic(graph, id, premises.incoming, stored, batch)?;
    let params =
        if premises.tied.is_empty() { stored } else { params(&graph.own_weights(id), premises.frozen)? };
    let (work, padding_exact) = (work.times(batch)?, padding_exact.times(batch)?);
    Ok(Some(Counts { params, work, padding_exact, traffic }))
}

/// What is touched of each input and weight goes once, and so does the output; nothing of a view, and nothing of what is given
/// from outside.
fn traffic(
    graph: &Graph,
    id: NodeId,
    incoming: u128,
    stored: Params,
    batch: u64,
) -> Result<Traffic, Overflow> {
    let node = graph.node(id);
    let Some(op) = node.operator().filter(|op| !op.is_view()) else { return Ok(Traffic::default()) };
    let inputs = graph.input_shapes(id);
    let touched = op.touched(&inputs, &node.shape).unwrap_or(incoming);
    let weights = match op.weights_touched(&inputs, batch) {
        Some(touched) => touched,
        None => stored.trainable.plus(stored.frozen)?.plus(stored.buffers)?,
    };
    Ok(Traffic { read: touched.times(batch)?.plus(weights)?, written: node.shape.elements().times(batch)? })
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
