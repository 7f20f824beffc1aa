//! Named operators joined in a directed acyclic graph, in the blocks they were written in.
//!
//! A graph is built once, front to back, and then only read: findings about it go into tables beside it, indexed by
//! [`NodeId`]. A [`Builder`] takes its nodes box by box; a [`Filler`] takes them as a file lists them, each with the boxes it
//! stands in. petgraph stays private here.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::counts::{Overflow, Volume};
use crate::error::Origin;
use crate::op::{Family, Op, Role, Weight};
use crate::shape::{Element, Shape};

mod arrange;
mod builder;
mod filler;
mod find;
mod fixed;
mod index;
mod indices;
pub mod outline;
mod sums;
mod ties;

pub use builder::{Builder, SharingMismatch};
pub use filler::Filler;
pub use find::Unfound;
use index::Index;
use ties::Ties;
pub use ties::{Tie, WeightRef};

/// A node of a [`Graph`]. Ids count from 0 in the order of execution, so they index side tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// A box of a [`Graph`]: a block instance, a group, a branch. Ids count from 0, parents before what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(u32);

impl NodeId {
    /// The index into side tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    fn petgraph(self) -> NodeIndex {
        NodeIndex::from(self.0)
    }
}

impl ScopeId {
    /// The whole network.
    pub const ROOT: Self = Self(0);

    /// The index into side tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// An input of the network.
    Input,
    /// An operator with its settings, which may be another node's too: copies share one.
    Operator(Arc<Op>),
    /// An operator that cnncost does not know: it has a shape, and its cost is unknown, never zero.
    Unknown {
        /// What it is called where it comes from.
        name: String,
    },
}

/// One tensor, and what makes it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The last part of its path.
    pub name: Arc<str>,
    /// The box it stands in.
    pub scope: ScopeId,
    /// What makes it.
    pub content: Content,
    /// Its shape.
    pub shape: Shape,
    /// The type of its elements.
    pub element: Element,
    /// Whether its weights are kept as they are in training.
    pub frozen: bool,
    /// Where it is from.
    pub origin: Option<Origin>,
}

impl Node {
    /// What its tensor holds of one sample.
    pub fn volume(&self) -> Result<Volume, Overflow> {
        Volume::of(self.shape.elements(), self.element)
    }

    /// The operator, unless it is an input or unknown.
    pub fn operator(&self) -> Option<&Op> {
        match &self.content {
            Content::Operator(op) => Some(op),
            Content::Input | Content::Unknown { .. } => None,
        }
    }

    /// Whether what it computes is known.
    pub fn is_counted(&self) -> bool {
        match &self.content {
            Content::Input => true,
            Content::Operator(op) => op.is_counted(),
            Content::Unknown { .. } => false,
        }
    }

    /// What its operator is, whatever its number of axes.
    pub fn family(&self) -> Option<Family> {
        self.operator().and_then(|op| op.family())
    }

    /// The operator's name, as in a description.
    pub fn operator_name(&self) -> &str {
        match &self.content {
            Content::Input => "input",
            Content::Operator(op) => op.name(),
            Content::Unknown { name } => name,
        }
    }
}

/// What kind of box a scope is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScopeKind {
    /// The network itself.
    Network,
    /// An instance of a block.
    Block(Arc<str>),
    /// A list of layers.
    Group,
    /// All the copies of a repeated item.
    Repeat,
    /// All that an item, or a branch, is written out as.
    For,
    /// Branches and their merge.
    Branches,
    /// One branch.
    Branch,
    /// A side output.
    Side,
}

impl ScopeKind {
    /// What it is called in data: the word that a description has for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Block(_) => "block",
            Self::Group => "layers",
            Self::Repeat => "repeat",
            Self::For => "for",
            Self::Branches => "branches",
            Self::Branch => "branch",
            Self::Side => "side",
        }
    }

    /// What stands for it where operators have their names: the block's own, or what kind of box it is; nothing for the network.
    pub fn label(&self) -> &str {
        match self {
            Self::Network => "",
            Self::Block(block) => block,
            Self::Group | Self::Repeat | Self::For | Self::Branches | Self::Branch | Self::Side => {
                self.name()
            }
        }
    }
}

/// A box: consecutive nodes that were written together.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The last part of its path; empty for the network.
    pub name: Arc<str>,
    /// The box around it; the network is around itself.
    pub parent: ScopeId,
    /// What kind of box it is.
    pub kind: ScopeKind,
    /// How many boxes are around it.
    pub depth: usize,
    /// Where it is from.
    pub origin: Option<Origin>,
    nodes: Range<u32>,
}

impl Scope {
    /// The nodes in it, at any depth, in order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + Clone + use<> {
        self.nodes.clone().map(NodeId)
    }
}

/// What a weight is whose operator would have it learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A buffer: fixed numbers.
    Stored,
    /// Computed from other tensors, which are the parameters.
    Made {
        /// How many these have, those of earlier weights left out.
        parameters: u128,
    },
}

/// A network.
#[derive(Debug)]
pub struct Graph {
    /// Edges run from a tensor to where it is used. For each node they were added last input first, so that petgraph, which
    /// walks the newest first, gives the inputs in their order.
    dag: DiGraph<Node, ()>,
    scopes: Vec<Scope>,
    outputs: Vec<(String, NodeId)>,
    ties: Ties,
    /// Weights that are something else here than their operators have it.
    held: BTreeMap<WeightRef, Held>,
    /// By [`NodeId`]: whether it depends on no input.
    fixed: Vec<bool>,
    /// Made when a path is looked up first: most graphs are only counted.
    index: OnceLock<Index>,
}

impl Graph {
    /// Every node, in the order of execution.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> + DoubleEndedIterator {
        (0..self.len()).map(|index| (id(index), self.node(id(index))))
    }

    /// How many nodes there are, inputs included.
    pub fn len(&self) -> usize {
        self.dag.node_count()
    }

    /// Whether there is no node at all.
    pub fn is_empty(&self) -> bool {
        self.dag.node_count() == 0
    }

    /// A node.
    ///
    /// # Panics
    /// If the id is another graph's.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.dag[id.petgraph()]
    }

    /// The tensors that a node takes, in their order.
    pub fn inputs(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.dag.neighbors_directed(id.petgraph(), Direction::Incoming).map(|index| self::id(index.index()))
    }

    /// The nodes that take a tensor; one that takes it twice comes twice.
    pub fn users(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.dag.neighbors_directed(id.petgraph(), Direction::Outgoing).map(|index| self::id(index.index()))
    }

    /// The shapes that a node takes, in their order.
    pub fn input_shapes(&self, id: NodeId) -> Vec<Shape> {
        self.inputs(id).map(|input| self.node(input).shape.clone()).collect()
    }

    /// How the window slides that the only node among some slides, in a few signs; nothing if several do.
    pub fn shorthand(&self, nodes: impl Iterator<Item = NodeId>) -> String {
        let mut all = nodes.filter_map(|id| self.node(id).operator()?.shorthand(&self.input_shapes(id)));
        all.next().filter(|_| all.next().is_none()).unwrap_or_default()
    }

    /// The weights that a node uses, its own or shared.
    pub fn weights(&self, id: NodeId) -> Vec<Weight> {
        let mut weights = self.node(id).operator().map_or(vec![], |op| op.weights(&self.input_shapes(id)));
        if !self.held.is_empty() {
            for (weight, index) in weights.iter_mut().zip(0..) {
                match self.held.get(&WeightRef { node: id, index }) {
                    Some(Held::Stored) => weight.role = Role::Buffer,
                    Some(Held::Made { parameters }) => weight.counted = Some(*parameters),
                    None => {}
                }
            }
        }
        weights
    }

    /// What weights of a node are, by their place among its weights, where its operator would have them learned.
    pub fn held(&self, id: NodeId) -> impl Iterator<Item = (u32, Held)> {
        let all = WeightRef { node: id, index: 0 }..=WeightRef { node: id, index: u32::MAX };
        self.held.range(all).map(|(weight, held)| (weight.index, *held))
    }

    /// The network's inputs.
    pub fn network_inputs(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes().filter(|(_, node)| node.content == Content::Input)
    }

    /// The network's outputs, by name: `output`, then side outputs by their paths.
    pub fn outputs(&self) -> &[(String, NodeId)] {
        &self.outputs
    }

    /// Every box, each before what is in it; the first is the network.
    pub fn scopes(&self) -> impl ExactSizeIterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(index, scope)| (scope_id(index), scope))
    }

    /// A box.
    ///
    /// # Panics
    /// If the id is another graph's.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.index()]
    }

    /// Whether a node stands in a box, at any depth.
    pub fn is_in(&self, id: NodeId, scope: ScopeId) -> bool {
        self.scope(scope).nodes.contains(&id.0)
    }

    /// The output at the end of the main line: those of sides stand before it.
    ///
    /// # Panics
    /// If there is no output, which no graph is without that is read or finished.
    pub fn main_output(&self) -> NodeId {
        self.outputs().last().expect("a network has an output").1
    }

    /// The nodes outside a box whose tensors it takes, each once, in the order in which it takes them.
    pub fn entering(&self, scope: ScopeId) -> Vec<NodeId> {
        let mut seen = HashSet::new();
        let inputs = self.scope(scope).nodes().flat_map(|node| self.inputs(node));
        inputs.filter(|&input| !self.is_in(input, scope) && seen.insert(input)).collect()
    }

    /// The nodes of a box whose tensors something outside it takes; where nothing does, the last.
    pub fn leaving(&self, scope: ScopeId) -> Vec<NodeId> {
        let nodes = self.scope(scope).nodes();
        let is_taken = |&node: &NodeId| self.users(node).any(|user| !self.is_in(user, scope));
        let taken: Vec<_> = nodes.clone().filter(is_taken).collect();
        if taken.is_empty() { nodes.last().into_iter().collect() } else { taken }
    }

    /// A node's path: `layer1/0/add_1/body/conv_bn_1/conv2d_1`.
    pub fn path(&self, id: NodeId) -> String {
        let node = self.node(id);
        let mut path = self.scope_path(node.scope);
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&node.name);
        path
    }

    /// A box's path; empty for the network.
    pub fn scope_path(&self, id: ScopeId) -> String {
        scope_path(&self.scopes, id)
    }
}

/// What a path of a graph names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A node.
    Node(NodeId),
    /// A box; the whole network is one.
    Box(ScopeId),
}

fn scope_path(scopes: &[Scope], id: ScopeId) -> String {
    let mut names = vec![];
    let mut scope = id;
    while scope != ScopeId::ROOT {
        names.push(&*scopes[scope.index()].name);
        scope = scopes[scope.index()].parent;
    }
    names.reverse();
    names.join("/")
}

/// Ids are 32 bits, as petgraph's; a reader allows 4,000,000 nodes.
fn id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).expect("petgraph holds fewer than 2^32 nodes"))
}

fn scope_id(index: usize) -> ScopeId {
    ScopeId(
        u32::try_from(index)
            .expect("every box takes a step of expansion, and these are limited to 16,000,000"),
    )
}
