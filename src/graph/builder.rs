//! Building a graph, front to back: every shape is inferred as its node is added.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use petgraph::graph::{DiGraph, NodeIndex};

use super::ties::{Ties, resolve, shown};
use super::{
    Content, Graph, Held, Node, NodeId, Scope, ScopeId, ScopeKind, Tie, WeightRef, id, indices, scope_id,
};
use crate::error::Origin;
use crate::op::{Op, Reason, Weight};
use crate::shape::{Element, ElementType, Shape};
use crate::text;
use crate::text::Text;

/// What an operator was refused for, with the weights that were to be shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharingMismatch {
    /// Why the weights cannot be shared.
    pub message: Text,
    /// The node that was to use another's weights, and the node that has them, where one is at fault.
    pub nodes: Option<(NodeId, NodeId)>,
}

/// Builds a [`Graph`], front to back.
///
/// ```
/// use cnncost::graph::Builder;
/// use cnncost::op::{activation::Relu, add::Add, conv::Conv2d};
/// use cnncost::shape::Shape;
///
/// // A residual block: y = relu(conv(x)), and y + conv(y).
/// let mut builder = Builder::new();
/// let image = builder.input("image", Shape::new(vec![3, 32, 32])?, None);
/// let conv = builder.operator("conv", Conv2d::new(16, 3)?.with_padding(1)?, &[image], None)?;
/// let relu = builder.operator("relu", Relu {}, &[conv], None)?;
/// let branch = builder.operator("branch", Conv2d::new(16, 1)?.without_bias(), &[relu], None)?;
/// let sum = builder.operator("sum", Add::default(), &[relu, branch], None)?;
/// builder.output("output".to_owned(), sum);
/// let graph = builder.finish()?;
///
/// let analysis = cnncost::analyze(&graph)?;
/// assert_eq!(analysis.total().work.macs.total(), 32 * 32 * (16 * 3 * 3 * 3 + 16 * 16));
///
/// # #[cfg(feature = "run")] {
/// // With the feature `run` it is executed.
/// use candle_core::{DType, Device, Tensor};
/// use cnncost::run::{Weights, forward};
///
/// let weights = Weights::fresh(&graph, 0, &Device::Cpu, DType::F32)?;
/// let image = Tensor::zeros((1, 3, 32, 32), DType::F32, &Device::Cpu)?;
/// let outputs = forward(&graph, vec![image], &weights, |_, _| ())?;
/// assert_eq!(outputs[0].1.dims(), [1, 16, 32, 32]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Builder {
    pub(super) graph: Graph,
    open: Vec<ScopeId>,
    /// Whether any tensor is looked up.
    looks_up: bool,
}

impl Default for Builder {
    fn default() -> Self {
        let root = Scope {
            name: "".into(),
            parent: ScopeId::ROOT,
            kind: ScopeKind::Network,
            depth: 0,
            origin: None,
            nodes: 0..0,
        };
        let graph = Graph {
            dag: DiGraph::new(),
            scopes: vec![root],
            outputs: vec![],
            ties: Ties::new(),
            held: BTreeMap::new(),
            fixed: vec![],
            index: OnceLock::new(),
        };
        Self { graph, open: vec![ScopeId::ROOT], looks_up: false }
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
    pub fn open(&mut self, name: impl Into<Arc<str>>, kind: ScopeKind, origin: Option<Origin>) {
        let (parent, start) = (self.current(), self.next().0);
        let depth = self.open.len();
        self.open.push(scope_id(self.graph.scopes.len()));
        self.graph.scopes.push(Scope { name: name.into(), parent, kind, depth, origin, nodes: start..start });
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
    pub fn input(&mut self, name: impl Into<Arc<str>>, shape: Shape, origin: Option<Origin>) -> NodeId {
        self.push(name.into(), Content::Input, shape, &[], origin)
    }

    /// Adds an operator, if it accepts its inputs.
    pub fn operator(
        &mut self,
        name: impl Into<Arc<str>>,
        op: impl Into<Arc<Op>>,
        inputs: &[NodeId],
        origin: Option<Origin>,
    ) -> Result<NodeId, Reason> {
        let op = op.into();
        let shapes: Vec<_> = inputs.iter().map(|&input| self.graph.node(input).shape.clone()).collect();
        let arity = op.arity();
        if !(arity.least..=arity.most).contains(&inputs.len()) {
            return Err(arity.mismatch(inputs.len()));
        }
        let shape = op.output(&shapes)?;
        self.looks_up |= (0..shapes.len()).any(|index| op.indices_of(index, &shapes).is_some());
        Ok(self.push(name.into(), Content::Operator(op), shape, inputs, origin))
    }

    /// Adds an operator that cnncost does not know, with the shape that is known of it from elsewhere.
    pub fn unknown(
        &mut self,
        name: impl Into<Arc<str>>,
        operator: &str,
        shape: Shape,
        inputs: &[NodeId],
        origin: Option<Origin>,
    ) -> NodeId {
        self.push(name.into(), Content::Unknown { name: operator.to_owned() }, shape, inputs, origin)
    }

    /// Gives a tensor a type of its own. That of inputs that are only looked up need not be given.
    pub fn element(&mut self, node: NodeId, element: ElementType) {
        self.graph.dag[node.petgraph()].element = Element::Fixed(element);
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
            for index in (0..).take(self.graph.weights(user).len()) {
                let [user, owner] = [user, owner].map(|node| WeightRef { node, index });
                self.graph.ties.insert(user, Tie { owner, transposed: false });
            }
        }
        Ok(())
    }

    /// Makes a weight something else than its operator has it.
    pub fn hold(&mut self, weight: WeightRef, held: Held) {
        self.graph.held.insert(weight, held);
    }

    /// The finished graph.
    ///
    /// # Errors
    /// If a path leads to two of its layers and boxes.
    pub fn finish(self) -> Result<Graph, Reason> {
        let graph = self.finish_named();
        match graph.repeated_path() {
            None => Ok(graph),
            Some(path) => Err(Reason::new(text!(
                "two layers or boxes are called `{path}`",
                "有两个层或模块名为 `{path}`"
            ))),
        }
    }

    /// The finished graph of a reader that has seen to it that no path is repeated: then paths need no index until one is
    /// looked up.
    pub(crate) fn finish_named(mut self) -> Graph {
        while !self.open.is_empty() {
            self.close();
        }
        resolve(&mut self.graph.ties);
        if self.looks_up {
            for index in indices::of(&self.graph) {
                self.element(index, ElementType::I64);
            }
        }
        self.graph
    }

    fn current(&self) -> ScopeId {
        self.open.last().copied().unwrap_or(ScopeId::ROOT)
    }

    fn push(
        &mut self,
        name: Arc<str>,
        content: Content,
        shape: Shape,
        inputs: &[NodeId],
        origin: Option<Origin>,
    ) -> NodeId {
        let scope = self.current();
        let element = Element::Network;
        self.add(Node { name, scope, content, shape, element, frozen: false, origin }, inputs)
    }

    /// Adds a node to the innermost box.
    pub(super) fn add(&mut self, node: Node, inputs: &[NodeId]) -> NodeId {
        self.graph.fixed.push(self.graph.would_be_fixed(&node.content, inputs));
        let index = self.graph.dag.add_node(Node { scope: self.current(), ..node });
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
    weights.iter().map(shown).collect::<Vec<_>>().join(" + ")
}
