//! What a network's inputs hold: any numbers, or indices into a table.

use candle_core::{DType, Device, Result, Tensor};
use rand::RngExt;

use super::RunError;
use super::weights::{elements, normal, sizes, stream};
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
        let own = op.indices().map(|rows| Indices { below: rows, layer: id });
        let moved = found[id.index()].filter(|_| op.class() == Class::Rearrangement);
        let Some(wanted) = own.or(moved) else { continue };
        for input in graph.inputs(id) {
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
) -> std::result::Result<Vec<Tensor>, RunError> {
    let make = |((id, node), indices): ((NodeId, &Node), Option<Indices>)| {
        let own = of_its_own(node).unwrap_or(dtype);
        let input = || {
            let dims = [&[batch], &*sizes(node.shape.dims())?].concat();
            let (count, mut random) = (elements(&dims)?, stream(seed, id));
            let values = match indices {
                None => {
                    let values = std::iter::repeat_with(|| normal(&mut random, 1.0)).take(count).collect();
                    Tensor::from_vec::<_, f32>(values, dims, &Device::Cpu)?
                }
                Some(Indices { below, .. }) => {
                    let below = below.min(exact(own)).cast_signed();
                    let index = || random.random_range(0..below);
                    let values = std::iter::repeat_with(index).take(count).collect();
                    Tensor::from_vec::<_, i64>(values, dims, &Device::Cpu)?
                }
            };
            values.to_dtype(own)?.to_device(device)
        };
        input().map_err(|source| RunError::Candle { path: graph.path(id), source })
    };
    graph.network_inputs().zip(indices(graph)).map(make).collect()
}

/// An array as input number `place` of a graph that is executed in `dtype`, whatever its own type. What is no index is an
/// error, if it holds indices.
pub fn given_input(
    graph: &Graph,
    place: usize,
    array: &Tensor,
    dtype: DType,
    device: &Device,
) -> std::result::Result<Tensor, RunError> {
    let indices = indices(graph).get(place).copied().flatten();
    let node = graph.network_inputs().nth(place);
    let input = || node.map_or_else(String::new, |(id, _)| graph.path(id));
    let own = node.and_then(|(_, node)| of_its_own(node)).unwrap_or(dtype);
    let failed = |source| RunError::Candle { path: input(), source };
    if let Some(Indices { below, layer }) = indices
        && let Some(found) = no_index(array, below).map_err(failed)?
    {
        return Err(RunError::Index { input: input(), layer: graph.path(layer), below, found });
    }
    array.to_dtype(own).and_then(|array| array.to_device(device)).map_err(failed)
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
        DType::BF16 => 1 << 8,
        DType::F16 => 1 << 11,
        DType::F32 => 1 << 24,
        _ => 1 << 53,
    }
}

/// The first number that is no index.
fn no_index(array: &Tensor, below: u64) -> Result<Option<f64>> {
    let values: Vec<f64> = array.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?;
    #[expect(clippy::cast_precision_loss, reason = "it is at most 2^53")]
    let is_index = |value: &f64| value.fract() == 0.0 && (0.0..below as f64).contains(value);
    Ok(values.into_iter().find(|value| !is_index(value)))
}
