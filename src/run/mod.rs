//! A graph into its outputs, on whatever device candle's tensors are on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use candle_core::{Device, Tensor};

use crate::graph::{Content, Graph, NodeId};
use crate::op::{Arity, Op, Weight};
use crate::shape::Shape;

pub mod weights;

/// A graph could not be executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There are more or fewer inputs than the network has.
    #[error("the network takes {wanted} inputs, and gets {found}")]
    Inputs {
        /// Inputs of the network.
        wanted: usize,
        /// Inputs that were given.
        found: usize,
    },
    /// A tensor has another shape than was inferred.
    #[error("`{path}` is {wanted:?} by its description, and {found:?} when it is executed")]
    Shape {
        /// The node.
        path: String,
        /// The inferred shape, the batch first.
        wanted: Vec<usize>,
        /// The shape that came out.
        found: Vec<usize>,
    },
    /// The weights of a node are not those it needs.
    #[error("`{path}` needs weights of {wanted:?}, and gets {found:?}")]
    Weights {
        /// The node.
        path: String,
        /// The shapes it needs.
        wanted: Vec<Vec<u64>>,
        /// The shapes it got.
        found: Vec<Vec<u64>>,
    },
    /// cnncost does not know the operator.
    #[error("`{path}` cannot be executed: `{operator}` is not known")]
    Unknown {
        /// The node.
        path: String,
        /// What it is called where it comes from.
        operator: String,
    },
    /// candle failed.
    #[error("`{path}` failed")]
    Candle {
        /// The node.
        path: String,
        /// What candle says.
        #[source]
        source: candle_core::Error,
    },
}

/// Computes the outputs of `graph` by name.
///
/// `inputs` are the network's, in their order, each with the batch first. `weights` is asked once for each node that has
/// weights of its own, for tensors of those shapes and in that order. Every tensor's shape is held against the inferred
/// one, and a tensor is freed at its last use.
pub fn forward(
    graph: &Graph,
    inputs: &[Tensor],
    mut weights: impl FnMut(NodeId, &[Weight]) -> candle_core::Result<Vec<Tensor>>,
) -> Result<Vec<(String, Tensor)>, RunError> {
    let wanted = graph.network_inputs().count();
    let Some(batch) = batch(inputs).filter(|_| inputs.len() == wanted) else {
        return Err(RunError::Inputs { wanted, found: inputs.len() });
    };
    let mut given = inputs.iter();
    let mut uses = uses(graph);
    let mut live: HashMap<NodeId, Tensor> = HashMap::new();
    let mut weights_by_owner: HashMap<NodeId, Vec<Tensor>> = HashMap::new();
    for (id, node) in graph.nodes() {
        let failed = |source| RunError::Candle { path: graph.path(id), source };
        let tensor = match &node.content {
            Content::Unknown { name } => {
                return Err(RunError::Unknown { path: graph.path(id), operator: name.clone() });
            }
            // As many as the network has have been counted above.
            Content::Input => {
                given.next().cloned().ok_or(RunError::Inputs { wanted, found: inputs.len() })?
            }
            Content::Operator(op) => {
                let owner = node.weights_of.unwrap_or(id);
                let own = match weights_by_owner.entry(owner) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(slot) => {
                        let wanted = graph.weights(owner);
                        let given = if wanted.is_empty() {
                            vec![]
                        } else {
                            weights(owner, &wanted).map_err(failed)?
                        };
                        check_weights(&given, &wanted, || graph.path(owner))?;
                        slot.insert(given)
                    }
                };
                let taken: Vec<Tensor> = graph.inputs(id).map(|input| live[&input].clone()).collect();
                compute(op, &taken, own, batch, inputs[0].device()).map_err(failed)?
            }
        };
        check(&tensor, &node.shape, batch, || graph.path(id))?;
        live.insert(id, tensor);
        for used in graph.inputs(id).chain([id]) {
            if uses.get_mut(&used).is_some_and(|left| release(left, used == id)) {
                live.remove(&used);
            }
        }
    }
    Ok(graph.outputs().iter().map(|(name, id)| (name.clone(), live[id].clone())).collect())
}

/// The batch of the first input; there is no network without one.
fn batch(inputs: &[Tensor]) -> Option<usize> {
    inputs.first()?.dims().first().copied()
}

/// A source has one sample of its own, which is the same for every sample of the batch; one without weights does not know
/// where it is wanted.
fn compute(
    op: &Op,
    inputs: &[Tensor],
    weights: &[Tensor],
    batch: usize,
    device: &Device,
) -> candle_core::Result<Tensor> {
    let output = op.forward(inputs, weights)?;
    if op.arity() != Arity::NONE {
        return Ok(output);
    }
    let output = output.to_device(device)?;
    let dims = [&[batch], &output.dims()[1..]].concat();
    output.broadcast_as(dims)?.contiguous()
}

fn check(tensor: &Tensor, shape: &Shape, batch: usize, path: impl Fn() -> String) -> Result<(), RunError> {
    let sizes = shape.dims().iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX));
    let wanted: Vec<usize> = std::iter::once(batch).chain(sizes).collect();
    if tensor.dims() == wanted {
        return Ok(());
    }
    Err(RunError::Shape { path: path(), wanted, found: tensor.dims().to_vec() })
}

fn check_weights(given: &[Tensor], wanted: &[Weight], path: impl Fn() -> String) -> Result<(), RunError> {
    let wanted: Vec<Vec<u64>> = wanted.iter().map(Weight::dims).collect();
    let found: Vec<Vec<u64>> =
        given.iter().map(|tensor| tensor.dims().iter().map(|&size| size as u64).collect()).collect();
    if found == wanted { Ok(()) } else { Err(RunError::Weights { path: path(), wanted, found }) }
}

/// How often each tensor is still wanted: by the nodes that take it, and once for each output that it is.
fn uses(graph: &Graph) -> HashMap<NodeId, usize> {
    let mut uses: HashMap<NodeId, usize> =
        graph.nodes().map(|(id, _)| (id, graph.users(id).count())).collect();
    for (_, id) in graph.outputs() {
        *uses.entry(*id).or_default() += 1;
    }
    uses
}

/// Takes one use away, unless the tensor is only just made; whether none is left.
fn release(left: &mut usize, is_new: bool) -> bool {
    if !is_new {
        *left -= 1;
    }
    *left == 0
}
