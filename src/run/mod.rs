//! A graph into its outputs, on whatever device candle's tensors are on.
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use cnncost::read::{Description, Options, bundled};
//! use cnncost::run::{Weights, forward};
//!
//! let description = Description::parse("lenet5.toml", bundled::find("lenet5").unwrap().0.text)?;
//! let graph = description.expand(&Options::default())?.graph;
//! let weights = Weights::fresh(&graph, 0, &Device::Cpu, DType::F32)?;
//! let image = Tensor::zeros((1, 1, 32, 32), DType::F32, &Device::Cpu)?;
//! let outputs = forward(&graph, vec![image], &weights, |_, _| ())?;
//! assert_eq!(outputs[0].1.dims(), [1, 10]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use candle_core::{DType, Device, Tensor};

use crate::graph::{Content, Graph, NodeId};
use crate::op::{Class, Op};
use crate::shape::Shape;

mod alike;
mod archive;
pub mod assign;
mod cgroup;
mod draft;
mod engine;
mod error;
mod flow;
mod inputs;
mod likeness;
mod limits;
pub mod map;
pub mod memory;
mod modules;
mod native;
pub mod npy;
mod npz;
mod pieces;
mod safetensors;
mod save;
mod session;
mod summary;
mod threads;
mod torchvision_order;
mod weights;

#[cfg(feature = "cli")]
pub(crate) use archive::io_error;
pub use draft::Draft;
pub use engine::{Engine, NotExecuted, dtype};
pub use error::RunError;
pub(crate) use error::said;
pub use inputs::{Indices, indices, inputs, random_inputs};
pub use native::{Isa, Settings as NativeSettings, multiply_add};
pub use session::{Executed, Session};
pub use summary::Summary;
pub use threads::start_threads;
pub use weights::{Loaded, Stored, Weights, names};

/// Computes the outputs of `graph`, by name, with candle's kernels, node by node: the reference that every engine is held against.
///
/// `inputs` are the network's, in their order, each with the batch first, all of one element type and on one device, which
/// are those of `weights`; but for those with a type of their own, as [`indices`] have. Whole numbers are looked up and moved
/// about as such; what else is computed of them is computed in the type of the network. What depends on no input is computed
/// for one sample, and repeated where it meets what does. Every tensor's shape is held against the inferred one. A tensor is
/// freed at its last use: what is alive at any time is what
/// [`Memory`](crate::analyze::memory::Memory) says, of an input only if the caller has no other handle to it; except that
/// candle copies what is flattened or reshaped of parts of several samples, where PyTorch has a view.
///
/// `observe` is called when a node is computed, before anything it was the last to use is freed.
pub fn forward(
    graph: &Graph,
    inputs: Vec<Tensor>,
    weights: &Weights,
    mut observe: impl FnMut(NodeId, &Tensor),
) -> Result<Vec<(String, Tensor)>, RunError> {
    executable(graph)?;
    let (wanted, found) = (graph.network_inputs().count(), inputs.len());
    // There is no network without an input.
    let Some(like) =
        inputs.first().filter(|_| wanted == found).map(|first| Like::of(first, &inputs, weights))
    else {
        return Err(RunError::Inputs { wanted, found });
    };
    let mut tensors: Vec<Option<Tensor>> = vec![None; graph.len()];
    for ((id, node), input) in graph.network_inputs().zip(inputs) {
        check(&input, &node.shape, like.batch, || graph.path(id))?;
        tensors[id.index()] = Some(input);
    }
    let mut uses = uses(graph);
    for (id, node) in graph.nodes() {
        if node.operator().is_some() {
            let taken = graph.inputs(id).map(|input| alive(&tensors, input).clone()).collect();
            let output = computed(graph, id, taken, weights.of(id), &like);
            let output = output.map_err(|source| RunError::Candle { path: graph.path(id), source })?;
            let samples = if graph.is_fixed(id) { 1 } else { like.batch };
            check(&output, &node.shape, samples, || graph.path(id))?;
            tensors[id.index()] = Some(output);
        }
        observe(id, alive(&tensors, id));
        for used in graph.inputs(id) {
            uses[used.index()] -= 1;
        }
        for used in graph.inputs(id).chain([id]) {
            if uses[used.index()] == 0 {
                tensors[used.index()] = None;
            }
        }
    }
    let output = |(name, id): &(String, NodeId)| match repeated(alive(&tensors, *id), like.batch) {
        Ok(output) => Ok((name.clone(), output)),
        Err(source) => Err(RunError::Candle { path: graph.path(*id), source }),
    };
    graph.outputs().iter().map(output).collect()
}

/// Whether it is known of every node how it is computed.
pub fn executable(graph: &Graph) -> Result<(), RunError> {
    graph.nodes().try_for_each(|(id, node)| {
        if let Content::Unknown { name } = &node.content {
            return Err(RunError::Unknown { path: graph.path(id), operator: name.clone() });
        }
        if let Some(Op::Opaque(opaque)) = node.operator() {
            return Err(RunError::Opaque { path: graph.path(id), operator: opaque.called().to_owned() });
        }
        Ok(())
    })
}

fn alive(tensors: &[Option<Tensor>], id: NodeId) -> &Tensor {
    tensors[id.index()]
        .as_ref()
        .expect("nodes are in the order of execution, and a tensor is freed at its last use")
}

/// Whether an operator takes whole numbers as such for its input number `index`, of inputs of these shapes: as indices, or to
/// move them about, which leaves them exact. Others meet floats, and candle computes nothing of two types.
fn stays_whole(op: &Op, index: usize, shapes: &[Shape]) -> bool {
    op.indices_of(index, shapes).is_some() || shapes.len() == 1 && op.class() == Class::Rearrangement
}

/// What whole numbers, and sources, which take no input, have in common with the rest of a network.
struct Like {
    batch: usize,
    dtype: DType,
    device: Device,
}

impl Like {
    fn of(first: &Tensor, inputs: &[Tensor], weights: &Weights) -> Self {
        let batch = first.dims().first().copied().unwrap_or(1);
        // An input of whole numbers has a type of its own.
        let float = || inputs.iter().map(Tensor::dtype).find(DType::is_float);
        let dtype = weights.dtype().or_else(float).unwrap_or(DType::F32);
        Self { batch, dtype, device: first.device().clone() }
    }
}

/// A tensor of one sample as that of each sample of a batch, without a copy of it.
fn repeated(tensor: &Tensor, batch: usize) -> candle_core::Result<Tensor> {
    tensor.broadcast_as([&[batch], tensor.dims().get(1..).unwrap_or_default()].concat())
}

/// What an operator makes of its inputs with candle's kernels: whole numbers are floats to those that compute with them, and what
/// is the same for each sample is repeated.
///
/// What takes no floats, as sources do and what makes floats of indices, knows neither the device nor the type of what these will
/// meet.
fn computed(
    graph: &Graph,
    id: NodeId,
    tensors: Vec<Tensor>,
    weights: &[Tensor],
    like: &Like,
) -> candle_core::Result<Tensor> {
    let Some(op) = graph.node(id).operator() else {
        candle_core::bail!("there is nothing to compute");
    };
    let samples = |id| if graph.is_fixed(id) { 1 } else { like.batch };
    let taken = graph.inputs(id).zip(tensors).enumerate().map(|(index, (input, tensor))| {
        let is_whole = || stays_whole(op, index, &graph.input_shapes(id));
        let tensor =
            if tensor.dtype().is_float() || is_whole() { tensor } else { tensor.to_dtype(like.dtype)? };
        let is_alike = samples(input) == samples(id);
        if is_alike { Ok(tensor) } else { repeated(&tensor, samples(id))?.contiguous() }
    });
    let inputs = taken.collect::<candle_core::Result<Vec<_>>>()?;
    let output = op.reference().forward(&inputs, weights)?;
    if inputs.iter().any(|input| input.dtype().is_float()) || !output.dtype().is_float() {
        return Ok(output);
    }
    output.to_device(&like.device)?.to_dtype(like.dtype)?.contiguous()
}

fn check(tensor: &Tensor, shape: &Shape, batch: usize, path: impl Fn() -> String) -> Result<(), RunError> {
    let sizes = shape.dims().iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX));
    let wanted: Vec<usize> = std::iter::once(batch).chain(sizes).collect();
    if tensor.dims() == wanted {
        return Ok(());
    }
    Err(RunError::Shape { path: path(), wanted, found: tensor.dims().to_vec() })
}

/// By [`NodeId`]: how often each tensor is wanted, by the nodes that take it and once for each output that it is.
fn uses(graph: &Graph) -> Vec<usize> {
    let mut uses: Vec<usize> = graph.nodes().map(|(id, _)| graph.users(id).count()).collect();
    for (_, id) in graph.outputs() {
        uses[id.index()] += 1;
    }
    uses
}
