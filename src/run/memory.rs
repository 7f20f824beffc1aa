//! Whether a network fits into memory, which is asked before anything is made.

use std::path::Path;

use candle_core::Device;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::{Engine, RunError, cgroup, limits, native};
use crate::analyze::Analysis;
use crate::analyze::memory::Lifetime;
use crate::counts::{Overflow, Tally, Volume};
use crate::graph::{Graph, Node, NodeId};
use crate::op::{Arity, Op};
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// Bytes that one forward pass needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Parameters and buffers.
    pub weights: u128,
    /// Tensors that are alive while the layer that needs most computes.
    pub activations: u128,
    /// What that layer holds beside.
    pub workspace: u128,
    /// The layer.
    pub layer: String,
    /// Samples of the pass.
    pub batch: u64,
}

impl Needs {
    /// Of an engine.
    pub fn of(
        engine: Engine,
        graph: &Graph,
        analysis: &Analysis,
        element: ElementType,
        device: &Device,
    ) -> Self {
        match engine {
            Engine::Candle => Self::by_node(graph, analysis, element, device),
            Engine::Native(settings) => native::memory::needs(graph, analysis, settings),
        }
    }

    /// Of candle, node by node: of `graph`, analyzed at its batch, with numbers of `element`. What a layer holds inside is part of its
    /// workspace.
    fn by_node(graph: &Graph, analysis: &Analysis, element: ElementType, device: &Device) -> Self {
        let of_weights = of_weights(graph, analysis, element);
        let needs = |(id, _): (NodeId, &Node)| {
            let beside = workspace(graph, id, analysis.batch(), device);
            let alive = analysis.memory.tensors(id).bytes(element).saturating_sub(of_weights[id.index()]);
            (id, alive, beside.bytes(element))
        };
        // Of layers that need as much, the first.
        let most =
            graph.nodes().map(needs).rev().max_by_key(|&(_, live, beside)| live.saturating_add(beside));
        let (layer, live, beside) =
            most.map_or((String::new(), 0, 0), |(id, live, beside)| (graph.path(id), live, beside));
        Self {
            weights: analysis.total().params.stored().bytes(element),
            activations: live,
            workspace: beside,
            layer,
            batch: analysis.batch(),
        }
    }

    /// Of two networks that are ready at once, and executed one after the other.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        let weights = self.weights.saturating_add(other.weights);
        let of_pass = |needs: &Self| needs.activations.saturating_add(needs.workspace);
        let most = if of_pass(&other) > of_pass(&self) { other } else { self };
        Self { weights, ..most }
    }

    /// Of so many processes, each of which needs as much.
    #[must_use]
    pub fn times(self, processes: u128) -> Self {
        let [weights, activations, workspace] =
            [self.weights, self.activations, self.workspace].map(|part| part.saturating_mul(processes));
        Self { weights, activations, workspace, ..self }
    }

    /// All of it.
    pub fn total(&self) -> u128 {
        [self.activations, self.workspace].iter().fold(self.weights, |sum, part| sum.saturating_add(*part))
    }

    /// About the largest batch that fits into so many bytes, where this one does not; `None` if that is none at all. It has many
    /// divisors, so that it can be computed in parts as this one is.
    pub fn batch_within(&self, free: u128) -> Option<u64> {
        let of_batch = self.activations.saturating_add(self.workspace);
        let of_sample = of_batch.div_ceil(self.batch.max(1).into()).max(1);
        let fitting = u64::try_from(free.checked_sub(self.weights)? / of_sample).ok()?;
        let unit = 1 << fitting.checked_ilog2()?.saturating_sub(3);
        Some(fitting / unit * unit).filter(|&fitting| fitting < self.batch)
    }

    /// Whether it fits into what is free where `device` has its tensors, as far as that is known.
    pub fn check(self, device: &Device) -> Result<(), RunError> {
        free(device).map_or(Ok(()), |free| self.check_within(free))
    }

    /// Whether it fits into so many bytes.
    pub fn check_within(self, free: u128) -> Result<(), RunError> {
        if self.total() <= free { Ok(()) } else { Err(RunError::Memory { needs: self, free }) }
    }

    pub(super) fn text(&self, free: u128) -> Text {
        let [total, weights, activations, workspace] =
            [self.total(), self.weights, self.activations, self.workspace].map(needed);
        let free = available(free);
        let layer = &self.layer;
        text!(
            "it needs {total} of memory, and {free} is free: {weights} of weights, {activations} of tensors that are alive at \
             `{layer}`, {workspace} that this layer holds while it computes",
            "需要 {total} 内存,而可用的只有 {free}:权重 {weights},执行 `{layer}` 时存活的张量 {activations},该层计算时另占 {workspace}"
        )
    }
}

/// Bytes that are alive while each node is executed and yet take none: a parameter or buffer that is an input of other layers
/// is the weight itself.
fn of_weights(graph: &Graph, analysis: &Analysis, element: ElementType) -> Vec<u128> {
    let (mut from, mut behind) = (vec![0u128; graph.len()], vec![0u128; graph.len()]);
    let is_weight = |op: &Op| op.arity() == Arity::NONE && !op.weights(&[]).is_empty();
    for (id, node) in graph.nodes().filter(|(_, node)| node.operator().is_some_and(is_weight)) {
        let Some(Lifetime { from: first, to }) = analysis.memory.lifetime(id) else { continue };
        // Whatever the batch, there is one.
        let bytes = node.volume().map_or(0, |volume| volume.bytes(element));
        from[first.index()] = from[first.index()].saturating_add(bytes);
        if let Some(to) = to {
            behind[to.index()] = behind[to.index()].saturating_add(bytes);
        }
    }
    let mut alive = 0u128;
    let at = |(from, behind): (u128, u128)| {
        alive = alive.saturating_add(from);
        let here = alive;
        alive = alive.saturating_sub(behind);
        here
    };
    from.into_iter().zip(behind).map(at).collect()
}

/// What a node holds while it computes, beside the tensors that are alive.
///
/// An operator may first put its inputs together: those of several samples that are views of a part of each, and so lie apart. And
/// what is the same for each sample is repeated for it.
pub fn workspace(graph: &Graph, id: NodeId, batch: u64, device: &Device) -> Volume {
    let Some(op) = graph.node(id).operator() else { return Volume::default() };
    let batch = graph.samples(id, batch);
    let is_view = |input| graph.node(input).operator().is_some_and(|op| op.is_view());
    let is_copied = |input: &NodeId| batch > 1 && (is_view(*input) || graph.is_fixed(*input));
    let workspace = op.reference().workspace(&graph.input_shapes(id), &graph.node(id).shape, device);
    let apart = graph.inputs(id).filter(is_copied).map(|input| graph.node(input).volume()?.times(batch));
    // What moves indices about holds indices.
    let all = apart.chain([Volume::of(workspace.of_batch(batch), graph.node(id).element)]);
    // What does not fit is more than any machine holds.
    let sum: Result<_, Overflow> = all.into_iter().try_fold(Volume::default(), |sum, part| sum.plus(part?));
    sum.unwrap_or(Volume::numbers(u128::MAX))
}

/// Bytes that are free where `device` has its tensors; `None` where that is not known.
pub fn free(device: &Device) -> Option<u128> {
    match device {
        Device::Cpu => {
            let what = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
            let available = System::new_with_specifics(what).available_memory();
            // 0 where the library does not know the system.
            let available = Some(available).filter(|&bytes| bytes > 0);
            let root = Path::new("/");
            let allowed = [cgroup::free(root), limits::free(root)].into_iter().flatten();
            available.into_iter().chain(allowed).min().map(u128::from)
        }
        #[cfg(feature = "cuda")]
        Device::Cuda(cuda) => cuda.cuda_stream().context().mem_get_info().ok().map(|(free, _)| free as u128),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => None,
        Device::Metal(_) => None,
    }
}

/// `1.32 GB`, rounded up: what is needed is never shown to be less.
pub(crate) fn needed(bytes: u128) -> String {
    three_digits(bytes, u128::div_ceil)
}

/// Rounded down: what is not there is never shown to be.
pub(crate) fn available(bytes: u128) -> String {
    three_digits(bytes, |bytes, step| bytes / step)
}

/// Megabytes, or with three digits a larger unit.
fn three_digits(bytes: u128, divided: fn(u128, u128) -> u128) -> String {
    const MEGABYTE: u128 = 1_000_000;
    const LARGER: [&str; 4] = ["GB", "TB", "PB", "EB"];
    let megabytes = divided(bytes, MEGABYTE);
    if megabytes < 1000 {
        return format!("{megabytes} MB");
    }
    // Hundredths of the unit, tenths, or whole ones, whichever are three digits.
    let units = std::iter::successors(Some(MEGABYTE * 1000), |unit| Some(unit * 1000)).zip(LARGER);
    let steps = units.flat_map(|(unit, name)| [(unit / 100, 2, name), (unit / 10, 1, name), (unit, 0, name)]);
    let steps = steps.map(|(step, decimals, name)| (divided(bytes, step), decimals, name));
    let mut last = None;
    for (count, decimals, name) in steps {
        last = Some((count, decimals, name));
        if count < 1000 {
            break;
        }
    }
    match last {
        Some((count, decimals @ 1.., name)) => {
            let one = 10u128.pow(decimals);
            format!("{}.{:0width$} {name}", count / one, count % one, width = decimals as usize)
        }
        Some((count, 0, name)) => format!("{count} {name}"),
        None => format!("{megabytes} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let layer = "conv1".to_owned();
        let needs = Needs { weights: 614_400_000, activations: 702_464_001, workspace: 0, layer, batch: 8 };
        assert!(needs.clone().check_within(1_316_864_001).is_ok());
        let refused = needs.clone().check_within(1_316_864_000).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "it needs 1.32 GB of memory, and 1.31 GB is free: 615 MB of weights, 703 MB of tensors that are alive at `conv1`, \
             0 MB that this layer holds while it computes"
        );
        assert_eq!(needs.batch_within(1_316_864_000), Some(7));
        let other =
            Needs { weights: 1, activations: 9, workspace: 702_464_000, layer: "other".to_owned(), batch: 1 };
        let both = needs.clone().beside(other.clone()).times(2);
        assert_eq!((both.total(), both.layer), (2 * (614_400_001 + 702_464_009), other.layer));
        assert_eq!(Needs { weights: u128::MAX, ..needs }.total(), u128::MAX);
    }

    #[test]
    fn what_is_needed_is_rounded_up_and_what_is_free_down() {
        let shown = |bytes| (needed(bytes), available(bytes));
        let both = |up: &str, down: &str| (up.to_owned(), down.to_owned());
        assert_eq!(shown(1), both("1 MB", "0 MB"));
        assert_eq!(shown(999_000_001), both("1.00 GB", "999 MB"));
        assert_eq!(shown(22_484_000_000), both("22.5 GB", "22.4 GB"));
        assert_eq!(shown(999_999_999_999), both("1.00 TB", "999 GB"));
        assert_eq!(shown(1_000_000_000_000), both("1.00 TB", "1.00 TB"));
        assert_eq!(shown(186_287_913_016_241_764_427_000_000).0, "186287914 EB");
    }

    #[test]
    fn free_memory_is_found_where_the_system_tells() {
        assert_eq!(free(&Device::Cpu).is_some_and(|bytes| bytes > 1_000_000), sysinfo::IS_SUPPORTED_SYSTEM);
    }
}
