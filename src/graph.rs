//! Named operators joined in a directed acyclic graph, in the blocks they were written in.
//!
//! A graph is built once, front to back, and then only read: findings about it go into tables beside it, indexed by
//! [`NodeId`]. petgraph stays private here.

use std::ops::Range;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::error::{Span, nearest};
use crate::op::{Op, Reason, Weight};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

pub mod outline;

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
pub enum Content {
    /// An input of the network.
    Input,
    /// An operator with its settings.
    Operator(Op),
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
    pub name: Box<str>,
    /// The box it stands in.
    pub scope: ScopeId,
    /// What makes it.
    pub content: Content,
    /// Its shape.
    pub shape: Shape,
    /// The node whose weights it uses, if not its own. That node has weights of its own.
    pub weights_of: Option<NodeId>,
    /// Whether its weights are kept as they are in training.
    pub frozen: bool,
    /// Where it was written.
    pub span: Option<Span>,
}

impl Node {
    /// The operator, unless it is an input or unknown.
    pub fn operator(&self) -> Option<&Op> {
        match &self.content {
            Content::Operator(op) => Some(op),
            Content::Input | Content::Unknown { .. } => None,
        }
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The network itself.
    Network,
    /// An instance of a block.
    Block(Box<str>),
    /// A list of layers.
    Group,
    /// All the copies of a repeated item.
    Repeat,
    /// Branches and their merge.
    Branches,
    /// One branch.
    Branch,
    /// A side output.
    Side,
}

/// A box: consecutive nodes that were written together.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The last part of its path; empty for the network.
    pub name: Box<str>,
    /// The box around it; the network is around itself.
    pub parent: ScopeId,
    /// What kind of box it is.
    pub kind: ScopeKind,
    /// How many boxes are around it.
    pub depth: usize,
    /// Where it was written.
    pub span: Option<Span>,
    nodes: Range<u32>,
}

impl Scope {
    /// The nodes in it, at any depth, in order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeId> + Clone + use<> {
        self.nodes.clone().map(NodeId)
    }
}

/// A network.
#[derive(Debug)]
pub struct Graph {
    /// Edges run from a tensor to where it is used. For each node they were added last input first, so that petgraph, which
    /// walks the newest first, gives the inputs in their order.
    dag: DiGraph<Node, ()>,
    scopes: Vec<Scope>,
    outputs: Vec<(String, NodeId)>,
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

    /// The weights that a node uses, its own or shared.
    pub fn weights(&self, id: NodeId) -> Vec<Weight> {
        self.node(id).operator().map_or(vec![], |op| op.weights(&self.input_shapes(id)))
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

    /// The node or box of this path; the network if it is empty.
    pub fn find(&self, path: &str) -> Option<Place> {
        let path = path.trim_matches('/');
        let node = self.nodes().find(|(id, _)| self.path(*id) == path).map(|(id, _)| Place::Node(id));
        node.or_else(|| {
            self.scopes().find(|(id, _)| self.scope_path(*id) == path).map(|(id, _)| Place::Box(id))
        })
    }

    /// The path that is nearest to one that names nothing.
    pub fn nearest_path(&self, path: &str) -> Option<String> {
        let nodes = self.nodes().map(|(id, _)| self.path(id));
        let paths: Vec<_> = nodes.chain(self.scopes().skip(1).map(|(id, _)| self.scope_path(id))).collect();
        // Who gives the last part of a path means the first layer of that name.
        let ending = paths.iter().find(|known| known.rsplit('/').next() == Some(path));
        ending.cloned().or_else(|| nearest(path, paths.iter().map(String::as_str)).map(str::to_owned))
    }

    /// A box's path; empty for the network.
    pub fn scope_path(&self, id: ScopeId) -> String {
        scope_path(&self.scopes, id)
    }
}

/// What a path of a graph names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A node.
    Node(NodeId),
    /// A box; the whole network is one.
    Box(ScopeId),
}

/// What an operator was refused for, with the weights that were to be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingMismatch {
    /// Why the weights cannot be shared.
    pub message: Text,
    /// The node that was to use another's weights, and the node that has them, where one is at fault.
    pub nodes: Option<(NodeId, NodeId)>,
}

/// Builds a [`Graph`], front to back.
#[derive(Debug)]
pub struct Builder {
    graph: Graph,
    open: Vec<ScopeId>,
}

impl Default for Builder {
    fn default() -> Self {
        let root = Scope {
            name: "".into(),
            parent: ScopeId::ROOT,
            kind: ScopeKind::Network,
            depth: 0,
            span: None,
            nodes: 0..0,
        };
        let graph = Graph { dag: DiGraph::new(), scopes: vec![root], outputs: vec![] };
        Self { graph, open: vec![ScopeId::ROOT] }
    }
}

impl Builder {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// The graph as it stands.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The id that the next node will have.
    pub fn next(&self) -> NodeId {
        id(self.graph.len())
    }

    /// The nodes from `start` up to the last.
    pub fn since(&self, start: NodeId) -> Range<u32> {
        start.0..self.next().0
    }

    /// Opens a box: what is added until [`close`](Self::close) is in it.
    pub fn open(&mut self, name: &str, kind: ScopeKind, span: Option<Span>) {
        let (parent, start) = (self.current(), self.next().0);
        let depth = self.open.len();
        self.open.push(scope_id(self.graph.scopes.len()));
        self.graph.scopes.push(Scope { name: name.into(), parent, kind, depth, span, nodes: start..start });
    }

    /// Closes the innermost box.
    pub fn close(&mut self) {
        let end = self.next().0;
        if let Some(scope) = self.open.pop() {
            self.graph.scopes[scope.index()].nodes.end = end;
        }
    }

    /// The path of the innermost box.
    pub fn path(&self) -> String {
        self.graph.scope_path(self.current())
    }

    /// Adds an input of the network.
    pub fn input(&mut self, name: &str, shape: Shape, span: Option<Span>) -> NodeId {
        self.push(name, Content::Input, shape, &[], span)
    }

    /// Adds an operator, if it accepts its inputs.
    pub fn operator(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[NodeId],
        span: Option<Span>,
    ) -> Result<NodeId, Reason> {
        let shapes: Vec<_> = inputs.iter().map(|&input| self.graph.node(input).shape.clone()).collect();
        let arity = op.arity();
        if !(arity.least..=arity.most).contains(&inputs.len()) {
            return Err(arity.mismatch(inputs.len()));
        }
        let shape = op.output(&shapes)?;
        Ok(self.push(name, Content::Operator(op), shape, inputs, span))
    }

    /// Adds an operator that cnncost does not know, with the shape that is known of it from elsewhere.
    pub fn unknown(&mut self, name: &str, operator: &str, shape: Shape, inputs: &[NodeId]) -> NodeId {
        self.push(name, Content::Unknown { name: operator.to_owned() }, shape, inputs, None)
    }

    /// Makes a tensor an output of the network.
    pub fn output(&mut self, name: String, node: NodeId) {
        self.graph.outputs.push((name, node));
    }

    /// Marks the weights of `nodes` as not trained.
    pub fn freeze(&mut self, nodes: Range<u32>) {
        for node in nodes {
            self.graph.dag[NodeIndex::from(node)].frozen = true;
        }
    }

    /// Makes `users` use the weights of `owners`: the same operators with the same weight shapes, in order.
    pub fn share(&mut self, users: Range<u32>, owners: Range<u32>) -> Result<(), SharingMismatch> {
        let (users, owners) = (self.with_weights(users), self.with_weights(owners));
        for (&user, &owner) in users.iter().zip(&owners) {
            self.check_alike(user, owner)?;
        }
        if users.len() != owners.len() {
            let (here, there) = (users.len(), owners.len());
            let message = text!(
                "{here} operators with weights here, and {there} there",
                "此处有 {here} 个带权重的算子,那里有 {there} 个"
            );
            return Err(SharingMismatch { message, nodes: None });
        }
        for (user, owner) in users.into_iter().zip(owners) {
            let owner = self.graph.node(owner).weights_of.unwrap_or(owner);
            self.graph.dag[user.petgraph()].weights_of = Some(owner);
        }
        Ok(())
    }

    /// The finished graph.
    pub fn finish(mut self) -> Graph {
        while !self.open.is_empty() {
            self.close();
        }
        self.graph
    }

    fn current(&self) -> ScopeId {
        self.open.last().copied().unwrap_or(ScopeId::ROOT)
    }

    fn push(
        &mut self,
        name: &str,
        content: Content,
        shape: Shape,
        inputs: &[NodeId],
        span: Option<Span>,
    ) -> NodeId {
        let scope = self.current();
        let node = Node { name: name.into(), scope, content, shape, weights_of: None, frozen: false, span };
        let index = self.graph.dag.add_node(node);
        for input in inputs.iter().rev() {
            self.graph.dag.add_edge(input.petgraph(), index, ());
        }
        id(index.index())
    }

    fn with_weights(&self, nodes: Range<u32>) -> Vec<NodeId> {
        nodes.map(NodeId).filter(|&node| !self.graph.weights(node).is_empty()).collect()
    }

    fn check_alike(&self, user: NodeId, owner: NodeId) -> Result<(), SharingMismatch> {
        let mismatch = |message| Err(SharingMismatch { message, nodes: Some((user, owner)) });
        let [here, there] = [user, owner].map(|node| self.graph.node(node).operator_name());
        if here != there {
            return mismatch(text!("a {here} here, and a {there} there", "此处是 {here},那里是 {there}"));
        }
        let [here, there] = [user, owner].map(|node| self.graph.weights(node));
        let named =
            |weights: &[Weight]| -> Vec<_> { weights.iter().map(|w| (w.name.clone(), w.dims())).collect() };
        if named(&here) == named(&there) {
            return Ok(());
        }
        let [here, there] = [&here, &there].map(|weights| show_weights(weights));
        mismatch(text!("weights of {here} here, and of {there} there", "此处的权重是 {here},那里是 {there}"))
    }
}

fn show_weights(weights: &[Weight]) -> String {
    let show = |weight: &Weight| weight.dims().iter().map(u64::to_string).collect::<Vec<_>>().join("×");
    weights.iter().map(show).collect::<Vec<_>>().join(" + ")
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
