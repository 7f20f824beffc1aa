//! A network that is ready to be executed, as often as is wanted.

use candle_core::Tensor;

use super::{RunError, Weights, forward};
use crate::graph::{Graph, NodeId};

/// What an engine has made ready.
pub trait Session {
    /// Computes the outputs, by name, of the network's inputs in their order, each with the batch first.
    ///
    /// `observe` is called after each of the [events](super::Engine::events) of a pass, and of each part of a pass.
    fn run(
        &mut self,
        inputs: &[Tensor],
        observe: &mut (dyn FnMut() + Send),
    ) -> Result<Vec<(String, Tensor)>, RunError>;

    /// Computes so many passes, one after the other, for their time alone.
    fn repeat(&mut self, inputs: &[Tensor], passes: usize) -> Result<(), RunError> {
        (0..passes).try_for_each(|_| self.run(inputs, &mut || ()).map(drop))
    }

    /// What computes each step, in the order of execution.
    fn steps(&self) -> Vec<Executed>;

    /// In how many parts it computes a batch, one after the other.
    fn parts(&self) -> usize {
        1
    }

    /// Bytes that it holds between passes beside the weights that it was made of.
    fn held(&self) -> u128;
}

/// A step as it is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// The nodes that it computes at once, the main one first.
    pub nodes: Vec<NodeId>,
    /// The kernels, in their order; what converts a tensor before is one, too.
    pub kernels: Vec<&'static str>,
    /// Whether candle's operations compute it, node by node.
    pub by_candle: bool,
    /// Where its output begins in the memory of the session, and the bytes of that; `None` where candle keeps it.
    pub output: Option<(usize, usize)>,
}

/// A network that candle executes node by node.
pub(super) struct ByNode<'g> {
    pub(super) graph: &'g Graph,
    pub(super) weights: Weights,
}

impl Session for ByNode<'_> {
    fn run(
        &mut self,
        inputs: &[Tensor],
        observe: &mut (dyn FnMut() + Send),
    ) -> Result<Vec<(String, Tensor)>, RunError> {
        forward(self.graph, inputs.to_vec(), &self.weights, |_, _| observe())
    }

    fn steps(&self) -> Vec<Executed> {
        let computed = self.graph.nodes().filter(|(_, node)| node.operator().is_some());
        let step = |(id, _)| Executed { nodes: vec![id], kernels: vec![], by_candle: true, output: None };
        computed.map(step).collect()
    }

    fn held(&self) -> u128 {
        0
    }
}
