//! What a network's inputs hold: any numbers, or indices into a table.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use rand::RngExt;
use rand::rngs::StdRng;

use super::weights::{made_of, normal, sizes, stream};
use super::{RunError, npy};
use crate::graph::{Graph, Node, NodeId};
use crate::op::Class;
use crate::shape::{Element, ElementType};

/// An input of indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    /// They go from 0 to one less.
    pub below: u64,
    /// The layer that looks them up; of several, that with the fewest rows.
    pub layer: NodeId,
}

/// For each input of a network, whether it holds indices: whether what it holds, moved about or not, is looked up.
pub fn indices(graph: &Graph) -> Vec<Option<Indices>> {
    let mut found: Vec<Option<Indices>> = vec![None; graph.len()];
    for (id, node) in graph.nodes().rev() {
        let Some(op) = node.operator() else { continue };
        let moved = found[id.index()].filter(|_| op.class() == Class::Rearrangement);
        let shapes = graph.input_shapes(id);
        for (index, input) in graph.inputs(id).enumerate() {
            let own = op.indices_of(index, &shapes).map(|rows| Indices { below: rows, layer: id });
            let Some(wanted) = own.or(moved) else { continue };
            let known = &mut found[input.index()];
            *known =
                Some(known.map_or(wanted, |known| if known.below < wanted.below { known } else { wanted }));
        }
    }
    graph.network_inputs().map(|(id, _)| found[id.index()]).collect()
}

/// Inputs for a graph, the same for the same seed: normal deviates, and indices where these are wanted.
pub fn random_inputs(
    graph: &Graph,
    batch: usize,
    seed: u64,
    device: &Device,
    dtype: DType,
) -> Result<Vec<Tensor>, RunError> {
    inputs(graph, vec![], batch, seed, device, dtype)
}

/// Inputs for a graph that is executed in `dtype`: arrays, each with the index of its input and of the sizes of that, with or
/// without a batch of one; the others random. What is no index is an error, where indices are wanted.
pub fn inputs(
    graph: &Graph,
    arrays: Vec<(usize, npy::Array)>,
    batch: usize,
    seed: u64,
    device: &Device,
    dtype: DType,
) -> Result<Vec<Tensor>, RunError> {
    let mut arrays: BTreeMap<usize, npy::Array> = arrays.into_iter().collect();
    let make = |(place, ((id, node), indices)): (usize, ((NodeId, &Node), Option<Indices>))| {
        let own = of_its_own(node).unwrap_or(dtype);
        let failed = |source| RunError::Candle { path: graph.path(id), source };
        let dims = [&[batch], &*sizes(node.shape.dims()).map_err(failed)?].concat();
        let Some(array) = arrays.remove(&place) else {
            return random(&dims, indices, stream(seed, id), own, device).map_err(failed);
        };
        let mut wrong = None;
        let read = array.read(own, device, |piece| {
            if let (Some(Indices { below, .. }), None) = (indices, wrong) {
                wrong = no_index(piece, below)?;
            }
            Ok(())
        })?;
        match (indices, wrong) {
            (Some(Indices { below, layer }), Some(found)) => {
                Err(RunError::Index { input: graph.path(id), layer: graph.path(layer), below, found })
            }
            (Some(_) | None, _) => read.reshape(dims).map_err(failed),
        }
    };
    graph.network_inputs().zip(indices(graph)).enumerate().map(make).collect()
}

fn random(
    dims: &[usize],
    indices: Option<Indices>,
    mut random: StdRng,
    dtype: DType,
    device: &Device,
) -> candle_core::Result<Tensor> {
    match indices {
        None => made_of(dims, dtype, device, || normal(&mut random, 1.0)),
        Some(Indices { below, .. }) => {
            let below = below.min(exact(dtype)).cast_signed();
            made_of(dims, dtype, device, || random.random_range(0..below))
        }
    }
}

/// The type of an input that has one of its own.
fn of_its_own(input: &Node) -> Option<DType> {
    match input.element {
        Element::Network => None,
        Element::Fixed(ElementType::F32) => Some(DType::F32),
        Element::Fixed(ElementType::F16) => Some(DType::F16),
        Element::Fixed(ElementType::Bf16) => Some(DType::BF16),
        // candle has neither integers of 8 bits with a sign nor truths.
        Element::Fixed(ElementType::I8 | ElementType::Bool) => Some(DType::U8),
        Element::Fixed(ElementType::I64) => Some(DType::I64),
    }
}

/// Up to here a type tells all whole numbers apart.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are wider")]
fn exact(dtype: DType) -> u64 {
    match dtype {
        DType::BF16 | DType::U8 => 1 << 8,
        DType::F16 => 1 << 11,
        DType::F32 => 1 << 24,
        _ => 1 << 53,
    }
}

/// The first number that is no index.
fn no_index(array: &Tensor, below: u64) -> candle_core::Result<Option<f64>> {
    let values: Vec<f64> = array.to_dtype(DType::F64)?.to_vec1()?;
    #[expect(clippy::cast_precision_loss, reason = "it is at most 2^53")]
    let is_index = |value: &f64| value.fract() == 0.0 && (0.0..below as f64).contains(value);
    Ok(values.into_iter().find(|value| !is_index(value)))
}
