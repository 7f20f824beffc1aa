//! Whether a network fits into memory, which is asked before anything is made.

use std::path::Path;

use candle_core::Device;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::{RunError, cgroup};
use crate::analyze::Analysis;
use crate::counts::{Overflow, Tally};
use crate::graph::{Graph, NodeId};
use crate::op::{Class, Weight};
use crate::text;
use crate::text::Text;

/// Outputs that candle computes at a time in a convolution on the CPU.
const TILE: u128 = 512;

/// Bytes that one forward pass needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Parameters and buffers.
    pub weights: u128,
    /// Tensors that are alive at once, at the most.
    pub activations: u128,
    /// What the convolution that needs most has beside its input and output while it computes.
    pub workspace: u128,
}

impl Needs {
    /// Of `graph`, analyzed at its batch, with numbers of `element_bytes`.
    pub fn of(
        graph: &Graph,
        analysis: &Analysis,
        element_bytes: u64,
        device: &Device,
    ) -> Result<Self, Overflow> {
        let params = analysis.total().params;
        let workspaces = graph.nodes().map(|(id, _)| workspace(graph, id, analysis.batch, device.is_cpu()));
        let workspace = workspaces.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(0);
        Ok(Self {
            weights: params.total().plus(params.buffers)?.times(element_bytes)?,
            activations: analysis.memory.peak().times(element_bytes)?,
            workspace: workspace.times(element_bytes)?,
        })
    }

    /// All of it.
    pub fn total(&self) -> u128 {
        [self.activations, self.workspace].iter().fold(self.weights, |sum, part| sum.saturating_add(*part))
    }

    /// Whether it fits into so many bytes.
    pub fn check(self, free: u128) -> Result<(), RunError> {
        if self.total() <= free { Ok(()) } else { Err(RunError::Memory { needs: self, free }) }
    }

    pub(super) fn text(&self, free: u128) -> Text {
        let [total, weights, activations, workspace] =
            [self.total(), self.weights, self.activations, self.workspace].map(megabytes);
        // Rounded down: what is not there is never shown to be.
        let free = format!("{} MB", free / 1_000_000);
        text!(
            "it needs {total} of memory, and {free} is free: {weights} of weights, {activations} of tensors that are alive at \
             once, {workspace} of workspace for a convolution",
            "需要 {total} 内存,而可用的只有 {free}:权重 {weights},同时存活的张量 {activations},卷积的工作区 {workspace}"
        )
    }
}

/// Bytes that are free where `device` has its tensors; `None` where that is not known.
pub fn free(device: &Device) -> Option<u128> {
    match device {
        Device::Cpu => {
            let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
            let available = System::new_with_specifics(what).available_memory();
            // 0 where the library does not know the system.
            let available = Some(available).filter(|&bytes| bytes > 0);
            let allowed = cgroup::free(Path::new("/"));
            available.into_iter().chain(allowed).min().map(u128::from)
        }
        #[cfg(feature = "cuda")]
        Device::Cuda(cuda) => cuda.cuda_stream().context().mem_get_info().ok().map(|(free, _)| free as u128),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => None,
        Device::Metal(_) => None,
    }
}

/// Numbers that candle has beside the input and the output of a convolution, at the most. On the CPU those of two axes copy
/// their input and their weights, and each thread has the windows of [`TILE`] outputs as rows; some copy their output.
/// Elsewhere, and along one axis, there are the windows of all outputs.
fn workspace(graph: &Graph, id: NodeId, batch: u64, on_cpu: bool) -> Result<u128, Overflow> {
    let node = graph.node(id);
    if node.operator().is_none_or(|op| op.class() != Class::Convolution) {
        return Ok(0);
    }
    let Some(input) = graph.input_shapes(id).into_iter().next() else { return Ok(0) };
    let kernel = graph.weights(id).first().map_or(vec![], Weight::dims);
    let in_window = kernel.iter().skip(1).try_fold(1u128, |product, &size| product.times(size))?;
    let positions: u128 = node.shape.dims().iter().skip(1).map(|&size| u128::from(size)).product();
    let copies = if on_cpu && input.rank() > 2 {
        input.elements().plus(node.shape.elements())?
    } else {
        node.shape.elements()
    };
    let (rows, weights) = if on_cpu && input.rank() > 2 {
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u128);
        (positions.min(TILE) * threads, kernel.iter().try_fold(1u128, |product, &size| product.times(size))?)
    } else {
        (positions.times(batch)?, 0)
    };
    let windows = in_window.checked_mul(rows).ok_or(Overflow)?;
    copies.times(batch)?.plus(windows)?.plus(weights)
}

/// Rounded up.
fn megabytes(bytes: u128) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let needs = Needs { weights: 614_400_000, activations: 702_464_001, workspace: 0 };
        assert!(needs.check(1_316_864_001).is_ok());
        let refused = needs.check(1_316_864_000).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "it needs 1317 MB of memory, and 1316 MB is free: 615 MB of weights, 703 MB of tensors that are alive at once, \
             0 MB of workspace for a convolution"
        );
        assert_eq!(Needs { weights: u128::MAX, ..needs }.total(), u128::MAX);
    }

    #[test]
    fn free_memory_is_found_where_the_system_tells() {
        assert_eq!(free(&Device::Cpu).is_some_and(|bytes| bytes > 1_000_000), sysinfo::IS_SUPPORTED_SYSTEM);
    }
}
