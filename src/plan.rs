//! A graph into steps: what an engine executes that is not bound to go node by node.
//!
//! What is fused is what every engine for inference fuses: a batch norm is folded into the convolution before it, a bias,
//! an activation and the addition of a residual are done to the output while it is at hand, and dropout and identity are gone. A
//! concatenation has its inputs written where they belong, and what changes each number by itself does so in place
//! ([`Home`]). A plan is data: it is shown and analyzed without being executed.
//!
//! ```
//! use cnncost::plan::{Blocks, Plan};
//! use cnncost::read::{Description, Options};
//!
//! let text = r#"
//! input = [3, 32, 32]
//! layers = [
//!   { op = "conv2d", out_channels = 16, kernel_size = 3, bias = false },
//!   { op = "batch_norm2d" },
//!   { op = "relu" },
//!   { op = "dropout" },
//!   { op = "global_avg_pool" },
//! ]
//! "#;
//! let graph = Description::parse("net.toml", text)?.expand(&Options::default())?.graph;
//! let plan = Plan::of(&graph, Blocks::NONE);
//! // The convolution with what is done to its output, and the mean.
//! assert_eq!(plan.steps.iter().map(|step| step.nodes.len()).collect::<Vec<_>>(), [3, 1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};

pub mod arena;
mod deployed;
mod fuse;
mod homes;
mod part;

pub use deployed::deployed;
pub use homes::Home;
pub use part::Part;

/// The steps of a forward pass, in the order in which they are executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<Step>,
    /// By [`NodeId`]: the tensor that a node's is, if identity or dropout pass on that of another; else itself.
    passed: Vec<NodeId>,
    /// By [`NodeId`]: which step computes it.
    of_node: Vec<Option<u32>>,
    /// By [`NodeId`]: where its tensor lies.
    homes: Vec<Home>,
    /// By step, of the tensors that begin or end with it.
    lifetimes: HashMap<NodeId, Lifetime>,
}

/// What is executed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The nodes that it computes, in their order. It makes the tensor of the last; those of the others are never written down.
    pub nodes: Vec<NodeId>,
    /// The node that the others are fused with.
    pub main: NodeId,
    /// The tensors that it takes, each once, in the order in which its nodes take them: what [`Plan::passed`] has of them.
    pub inputs: Vec<NodeId>,
}

impl Step {
    /// The node whose tensor it makes.
    pub fn output(&self) -> NodeId {
        *self.nodes.last().unwrap_or(&self.main)
    }
}

/// The steps, by their number, during which memory is taken, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The first; of an input of the network that of the pass.
    pub from: usize,
    /// The last; of an output of the network that of the pass.
    pub to: usize,
}

/// How an engine groups the channels of images in memory: a tensor can be written into another only where its channels begin with a
/// group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks(u64);

impl Blocks {
    /// Every channel by itself.
    pub const NONE: Self = Self(1);

    /// Groups of so many channels: of one at the least.
    pub fn of(channels: u64) -> Self {
        Self(channels.max(1))
    }

    fn begin_at(self, channel: u64) -> bool {
        channel.is_multiple_of(self.0)
    }
}

impl Plan {
    /// The plan of a graph. Whether it can be executed is not asked: what is not known is a step of its own.
    pub fn of(graph: &Graph, blocks: Blocks) -> Self {
        let fuse::Fused { passed, steps } = fuse::fuse(graph);
        let mut of_node = vec![None; graph.len()];
        for (number, step) in (0..).zip(&steps) {
            for node in &step.nodes {
                of_node[node.index()] = Some(number);
            }
        }
        let mut plan = Self { steps, passed, of_node, homes: vec![], lifetimes: HashMap::new() };
        (plan.homes, plan.lifetimes) = homes::homes(graph, &plan, blocks);
        plan
    }

    /// The number of the step that computes a node; `None` of inputs, of views, and of what is gone.
    pub fn step_of(&self, id: NodeId) -> Option<usize> {
        self.of_node[id.index()].map(|step| step as usize)
    }

    /// The node whose tensor a node's is: itself, or what is passed on by an identity or a dropout.
    pub fn passed(&self, id: NodeId) -> NodeId {
        self.passed[id.index()]
    }

    /// Where the tensor of a node lies.
    pub fn home(&self, id: NodeId) -> Home {
        self.homes[self.passed(id).index()]
    }

    /// The node in whose memory the tensor of a node lies, and on which channel of it, where that is known: where it was
    /// concatenated. `None` of what is never written down.
    pub fn root(&self, id: NodeId) -> Option<NodeId> {
        let mut id = self.passed(id);
        loop {
            match self.homes[id.index()] {
                Home::Own => return Some(id),
                Home::View(other) | Home::InPlace(other) | Home::Within { whole: other, .. } => id = other,
                Home::Nowhere => return None,
            }
        }
    }

    /// When the memory of a tensor that has its own is taken.
    pub fn lifetime(&self, root: NodeId) -> Option<Lifetime> {
        self.lifetimes.get(&root).copied()
    }

    /// The tensors that have memory of their own, in the order of their nodes.
    pub fn roots(&self) -> impl Iterator<Item = (NodeId, Lifetime)> {
        let mut roots: Vec<_> = self.lifetimes.iter().map(|(&id, &lifetime)| (id, lifetime)).collect();
        roots.sort_unstable_by_key(|&(id, _)| id);
        roots.into_iter()
    }
}
