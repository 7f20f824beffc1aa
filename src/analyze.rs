//! What a graph costs: counts for each node, for each box at any depth, and in total; the memory its tensors take. Found out
//! once, for any batch.
//!
//! ```
//! use cnncost::graph::Place;
//! use cnncost::read::{Description, Options};
//! use cnncost::shape::ElementType;
//!
//! let text = "input = [3, 8, 8]\n\
//!             layers = [{ name = 'c1', op = 'conv2d', out_channels = 16, kernel_size = 3 }, { op = 'relu' }]";
//! let network = Description::parse("net.toml", text)?.expand(&Options::default())?;
//! let analysis = cnncost::analyze(&network.graph)?;
//!
//! let Ok(Place::Node(c1)) = network.graph.resolve("c1") else { unreachable!("it is the name of a layer") };
//! assert_eq!(analysis.node(c1).unwrap().work.macs.total(), 16 * 6 * 6 * 3 * 3 * 3);
//! // Input and output of the one, or of the other, are alive at once.
//! assert_eq!(analysis.memory.peak(ElementType::F32), 4 * (16 * 6 * 6 + 16 * 6 * 6));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use crate::counts::{Capped, Counts, Linear, Overflow, Rates, Tally, Traffic, Volume};
use crate::error::Origin;
use crate::graph::{Content, Graph, NodeId, ScopeId, ScopeKind};
use crate::op::Cost;

pub mod axes;
mod count;
mod lookups;
pub mod measured;
pub mod memory;
pub mod receptive_field;
pub mod roofline;

use count::{Premises, count};
use lookups::{Evaluated, Lookups};
use memory::Memory;

/// The counts of a graph at a batch, from tables beside it that hold at any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    batch: u64,
    tables: Arc<Tables>,
    /// By [`Index`].
    counts: Vec<Counts>,
    /// Of the nodes that look something up, and, if there are any, of every box.
    of_lookups: Evaluated,
    /// What is alive when.
    pub memory: Memory,
}

/// What is known of a graph whatever the batch.
#[derive(Debug, PartialEq, Eq)]
struct Tables {
    /// Everything that a node or a box costs. Most of it is shared: copies cost the same.
    rates: Table,
    /// By [`NodeId`]; `None` for an operator that cnncost does not know.
    nodes: Vec<Option<Index>>,
    /// By [`ScopeId`]: what is in the box, at any depth.
    scopes: Vec<Index>,
    /// What is not in the rates.
    lookups: Lookups,
    /// The operators that are not counted.
    uncounted: Vec<NodeId>,
}

/// Whether a total is the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everything is counted.
    Complete,
    /// Operators are missing whose cost is not known.
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
    /// The counts of another batch, from the same tables.
    ///
    /// # Errors
    /// If one does not fit 128 bits: [`too_large`](Self::too_large) says which.
    pub fn at(&self, batch: u64) -> Result<Self, Overflow> {
        Self::new(Arc::clone(&self.tables), self.memory.at(batch)?, batch)
    }

    fn new(tables: Arc<Tables>, memory: Memory, batch: u64) -> Result<Self, Overflow> {
        let counts = tables.rates.0.iter().map(|rates| rates.at(batch)).collect::<Result<Vec<_>, _>>()?;
        let of_lookups = tables.lookups.at(
            batch,
            |id| counts.get(tables.nodes[id.index()]? as usize),
            |id| &counts[tables.scopes[id.index()] as usize],
        )?;
        let analysis = Self { batch, tables, counts, of_lookups, memory };
        // Of what is checked here, every count of a node or a box is a part.
        let total = analysis.total();
        total.check()?;
        analysis.memory.most().plus(total.params.stored())?.check()?;
        Ok(analysis)
    }

    /// What is too large of a batch that [`at`](Self::at) refuses: the first node that is it by itself, or else a sum.
    pub fn too_large(&self, graph: &Graph, batch: u64) -> TooLarge {
        let is_too_large = |index: Index| self.tables.rates.get(index).at(batch).is_err();
        match graph.nodes().find(|(id, _)| self.tables.nodes[id.index()].is_some_and(is_too_large)) {
            Some((id, node)) => TooLarge { path: graph.path(id), origin: node.origin.clone() },
            None => sum_too_large(Overflow),
        }
    }

    /// The same graph with other rates of its nodes and another memory, for one sample: as it is executed where that is not node
    /// by node. `of` is given what a node has here, and what it looks up is as it is here.
    pub(crate) fn with(
        &self,
        graph: &Graph,
        of: impl Fn(NodeId, &Rates) -> Result<Rates, Overflow>,
        memory: Memory,
    ) -> Result<Self, TooLarge> {
        let (mut rates, mut known) = (Table::default(), HashMap::new());
        let nodes = graph.nodes().map(|(id, node)| {
            let Some(index) = self.tables.nodes[id.index()] else { return Ok(None) };
            let too_large = |Overflow| TooLarge { path: graph.path(id), origin: node.origin.clone() };
            let of_node = of(id, self.tables.rates.get(index)).map_err(too_large)?;
            Ok(Some(*known.entry(of_node).or_insert_with(|| rates.add(of_node))))
        });
        let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        let lookups = self.tables.lookups.nodes().to_vec();
        Self::of_nodes(graph, rates, nodes, lookups, memory)
    }

    /// What nodes come to, added up in every box.
    fn of_nodes(
        graph: &Graph,
        mut rates: Table,
        nodes: Vec<Option<Index>>,
        lookups: LookedUp,
        memory: Memory,
    ) -> Result<Self, TooLarge> {
        let (mut scopes, of_boxes) = boxes(graph, &nodes, &rates)?;
        rates.append(of_boxes, &mut scopes);
        let uncounted = graph.nodes().filter(|(_, node)| !node.is_counted()).map(|(id, _)| id).collect();
        let tables = Tables { rates, nodes, scopes, lookups: Lookups::new(graph, lookups), uncounted };
        Self::new(Arc::new(tables), memory, 1).map_err(sum_too_large)
    }

    /// Samples of one forward pass; counts are for all of them.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// What a node costs; `None` if cnncost does not know its operator. Of one that it knows and that is not
    /// [counted](crate::graph::Node::is_counted), the work is left out. A weight shared with an earlier node costs nothing.
    pub fn node(&self, id: NodeId) -> Option<&Counts> {
        let looked_up = self.tables.lookups.find(id).map(|at| &self.of_lookups.nodes[at]);
        looked_up.or_else(|| self.counts.get(self.tables.nodes[id.index()]? as usize))
    }

    /// What is in a box.
    pub fn scope(&self, id: ScopeId) -> &Counts {
        let counts = || &self.counts[self.tables.scopes[id.index()] as usize];
        self.of_lookups.scopes.get(id.index()).unwrap_or_else(counts)
    }

    /// What the network costs.
    pub fn total(&self) -> &Counts {
        self.scope(ScopeId::ROOT)
    }

    /// What is read and written, for any batch but for what is looked up.
    pub fn traffic(&self) -> Linear<Volume> {
        let Rates { read, written, .. } = *self.tables.rates.get(self.tables.scopes[ScopeId::ROOT.index()]);
        let total = |read, written| Traffic { read, written }.total();
        Linear { once: total(read.once, written.once), each: total(read.each, written.each) }
    }

    /// The numbers that are read of tables that are looked up, for each node that does.
    pub fn lookups(&self) -> impl Iterator<Item = Capped> {
        self.tables.lookups.iter()
    }

    /// The operators that are missing from the total.
    pub fn uncounted(&self) -> &[NodeId] {
        &self.tables.uncounted
    }

    /// Whether the total is the whole.
    pub fn status(&self) -> Status {
        if self.uncounted().is_empty() { Status::Complete } else { Status::Partial }
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

/// Counts everything in `graph`, for a forward pass of one sample; [`Analysis::at`] has the counts of a batch.
///
/// ```
/// let text = "input = [192, 28, 28]\n\
///             layers = [{ op = 'conv2d', out_channels = 32, kernel_size = 5, padding = 2 }]";
/// let network = cnncost::read::Description::parse("net.toml", text)?.expand(&Default::default())?;
/// let analysis = cnncost::analyze(&network.graph)?;
/// assert_eq!(analysis.total().work.macs.total(), 120_422_400);
/// assert_eq!(analysis.total().padding_exact.macs.total(), 110_321_664);
/// assert_eq!(analysis.total().params.total(), 153_632);
/// assert_eq!(analysis.at(8)?.total().work.macs.total(), 8 * 120_422_400);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn analyze(graph: &Graph) -> Result<Analysis, TooLarge> {
    let mut rates = Table::default();
    let (nodes, lookups) = nodes(graph, &mut rates)?;
    let memory = memory::of(graph).map_err(sum_too_large)?;
    Analysis::of_nodes(graph, rates, nodes, lookups, memory)
}

/// What a node computes, with the working of each count, for one sample; `None` for an operator that is not counted.
pub fn cost(graph: &Graph, id: NodeId) -> Result<Option<Cost>, Overflow> {
    let node = graph.node(id);
    match &node.content {
        Content::Input => Ok(Some(Cost::FREE)),
        Content::Unknown { .. } => Ok(None),
        Content::Operator(op) if !op.is_counted() => Ok(None),
        Content::Operator(op) => op.cost(&graph.input_shapes(id), &node.shape).map(Some),
    }
}

/// What is looked up, by the node that does.
type LookedUp = Vec<(NodeId, Capped)>;

/// Counts each node, and what is looked up apart. Of those written at one place that take and give as many numbers, as copies
/// do, one that has the premises of the one before is not counted again.
fn nodes(graph: &Graph, table: &mut Table) -> Result<(Vec<Option<Index>>, LookedUp), TooLarge> {
    let (mut latest, mut lookups) = (HashMap::new(), vec![]);
    let indices = graph.nodes().map(|(id, node)| {
        let too_large = |Overflow| TooLarge { path: graph.path(id), origin: node.origin.clone() };
        let premises = Premises::new(graph, id).map_err(too_large)?;
        let place = start(node.origin.as_ref());
        let likeness = (place, premises.incoming, node.shape.elements());
        let (index, looked_up) = match latest.get(&likeness) {
            Some((known, counted)) if *known == premises => *counted,
            Some(_) | None => {
                let looked_up = premises.looked_up(node.operator());
                let rates = count(graph, id, &premises, looked_up).map_err(too_large)?;
                let counted = (rates.map(|rates| table.add(rates)), looked_up);
                latest.insert(likeness, (premises, counted));
                counted
            }
        };
        lookups.extend(looked_up.map(|looked_up| (id, looked_up)));
        Ok(index)
    });
    Ok((indices.collect::<Result<_, _>>()?, lookups))
}

/// Adds up what is in each box. Of those written at one place, one that comes to the same as the one before shares its entry.
fn boxes(graph: &Graph, nodes: &[Option<Index>], of_nodes: &Table) -> Result<(Vec<Index>, Table), TooLarge> {
    let mut scopes = vec![Table::NOTHING; graph.scopes().len()];
    let mut table = Table::default();
    let mut latest: HashMap<(Option<usize>, &ScopeKind), Index> = HashMap::new();
    let add = |sum: &mut Rates, id: NodeId| {
        let Some(index) = nodes[id.index()] else { return Ok(()) };
        let too_large = |Overflow| TooLarge { path: graph.path(id), origin: graph.node(id).origin.clone() };
        *sum = sum.plus(*of_nodes.get(index)).map_err(too_large)?;
        Ok(())
    };
    let join = |around: &mut Rates, sum: &Rates| {
        *around = around.plus(*sum).map_err(sum_too_large)?;
        Ok(())
    };
    graph.each_sum(&Rates::default(), add, join, |id, rates| {
        let scope = graph.scope(id);
        let place = start(scope.origin.as_ref());
        let index = latest.entry((place, &scope.kind)).or_insert(Table::NOTHING);
        if *table.get(*index) != rates {
            *index = table.add(rates);
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

/// Rates, for nodes and boxes to share.
#[derive(Debug, PartialEq, Eq)]
struct Table(Vec<Rates>);

impl Table {
    /// Where nothing at all is counted.
    const NOTHING: Index = 0;

    fn get(&self, index: Index) -> &Rates {
        &self.0[index as usize]
    }

    fn add(&mut self, rates: Rates) -> Index {
        self.0.push(rates);
        Index::try_from(self.0.len() - 1).expect("nodes and boxes have ids of 32 bits")
    }

    /// Takes the entries of another, and says anew where those are that `indices` say.
    fn append(&mut self, other: Self, indices: &mut [Index]) {
        let behind = Index::try_from(self.0.len() - 1).expect("nodes and boxes have ids of 32 bits");
        self.0.extend(other.0.into_iter().skip(1));
        for index in indices.iter_mut().filter(|index| **index != Self::NOTHING) {
            *index += behind;
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self(vec![Rates::default()])
    }
}
