//! The memory that a session will take, before it is made.

use std::collections::BTreeSet;

use cnncost_kernels::{Attention, Layout};

use super::{Settings, part};
use crate::analyze::Analysis;
use crate::graph::{Graph, NodeId};
use crate::op::{Class, Op, Weight};
use crate::plan::arena::{Wanted, arena};
use crate::plan::{Plan, Step};
use crate::run::memory::Needs;
use crate::shape::{ElementType, Shape};

/// Bytes of a number.
const BYTES: u128 = size_of::<f32>() as u128;

/// As many transformed weights as Winograd's algorithm makes of nine.
const POINTS: u128 = 36;

/// What a pass of the analysis's batch needs at the most: weights as they are and as they are packed, of which there are both at
/// first; and tensors, where channels fill whole groups and what a step takes and makes may have to be converted.
pub(in crate::run) fn needs(graph: &Graph, analysis: &Analysis, settings: Settings) -> Needs {
    let (plan, batch, block) = (settings.plan(graph), analysis.batch(), block(graph, settings));
    let part = usize::try_from(batch).map_or(batch, |batch| part::samples(graph, batch, settings) as u64);
    let outputs = || graph.outputs().iter().map(|&(_, id)| id);
    // What is given and what comes out stands apart; the outputs of parts are there when they are put together.
    let apart = graph.network_inputs().map(|(id, _)| id).chain(outputs());
    let apart = apart.chain(outputs().filter(|_| part < batch));
    let planar = |id: NodeId| graph.node(id).shape.elements().saturating_mul(graph.samples(id, batch).into());
    let tensors = apart.map(planar).fold(arena_of(graph, &plan, part, block), u128::saturating_add);
    let converted = |step: &Step| (step_numbers(graph, step, part, block), step.main);
    let largest = plan.steps.iter().map(converted).rev().max_by_key(|&(numbers, _)| numbers);
    let (beside, layer) = largest.map_or((0, String::new()), |(numbers, main)| (numbers, graph.path(main)));
    let stored = analysis.total().params.stored().bytes(ElementType::F32);
    let packed = packed(graph, &plan, settings).saturating_mul(BYTES);
    // Those of one layer at a time are folded before they are packed.
    let of_layer = |id: NodeId| {
        graph.weights(id).iter().map(|weight| filled(weight, settings)).fold(0, u128::saturating_add)
    };
    let folded = packed_nodes(graph, &plan).map(of_layer).max().unwrap_or(0).saturating_mul(BYTES);
    // What is computed once is held as it was computed, too.
    let fixed = graph.nodes().filter(|&(id, _)| graph.is_fixed(id)).map(|(_, node)| node.shape.elements());
    let fixed = fixed.fold(0, u128::saturating_add).saturating_mul(BYTES);
    let scratch = plan.steps.iter().map(|step| scratch(graph, step.main, part)).max().unwrap_or(0);
    Needs {
        weights: [stored, packed, folded, fixed].into_iter().fold(0, u128::saturating_add),
        activations: tensors.saturating_mul(BYTES),
        workspace: beside.saturating_add(scratch).saturating_mul(BYTES),
        layer,
        batch,
    }
}

/// Channels of a group where tensors are blocked: those around convolutions and pools.
pub(super) fn block(graph: &Graph, settings: Settings) -> usize {
    let makes_groups = |op: &Op| matches!(op.class(), Class::Convolution | Class::Pooling);
    let has_groups = graph.nodes().filter_map(|(_, node)| node.operator()).any(makes_groups);
    if has_groups { settings.isa.block() } else { 1 }
}

/// Numbers that an arena has for so many samples, as far as the plan tells.
pub(super) fn arena_of(graph: &Graph, plan: &Plan, samples: u64, block: usize) -> u128 {
    let size = |numbers: u128| usize::try_from(numbers).unwrap_or(usize::MAX);
    let computed = plan.roots().filter(|&(id, _)| !graph.is_fixed(id)).map(|(id, lifetime)| Wanted {
        from: lifetime.from,
        to: lifetime.to,
        size: size(of_samples(graph, id, samples, block)),
    });
    // What is computed once and taken by steps stays as long as the session, and stands there for each sample.
    let steps = plan.steps.iter().filter(|step| !graph.is_fixed(step.output()));
    let taken = steps.flat_map(|step| &step.inputs).map(|&id| plan.passed(id));
    let taken: BTreeSet<NodeId> = taken.filter(|&id| graph.is_fixed(id)).collect();
    let constants = taken.into_iter().map(|id| Wanted {
        from: 0,
        to: plan.steps.len(),
        size: size(numbers(graph, id, block).saturating_mul(samples.into())),
    });
    arena(&computed.chain(constants).collect::<Vec<_>>()).size as u128
}

/// Numbers that attention holds while it computes: what it makes of its inputs, and for each thread a head's key and value and the
/// scores of a few tokens.
fn scratch(graph: &Graph, id: NodeId, samples: u64) -> u128 {
    let shapes = graph.input_shapes(id);
    let tokens = |shape: &Shape| {
        let mut sizes = shape.dims().iter().rev().map(|&size| u128::from(size));
        [sizes.next().unwrap_or(1), sizes.next().unwrap_or(1)]
    };
    let (Some(op), Some(query)) = (graph.node(id).operator(), shapes.first()) else { return 0 };
    let [channels, queries] = tokens(query);
    let key = shapes.get(1).unwrap_or(query);
    let [key_channels, keys] = tokens(key);
    let (size, value_size, projected) = if let Op::ScaledDotProductAttention(_) = op {
        (key_channels, shapes.get(2).map_or(key_channels, |value| tokens(value)[0]), 0)
    } else if let Op::MultiHeadAttention(attention) = op {
        let size = channels / u128::from(attention.num_heads.get());
        let projected = queries.saturating_add(keys).saturating_mul(2 * channels);
        (size, size, projected.saturating_mul(samples.into()))
    } else {
        return 0;
    };
    let in_groups = |size: u128| size.next_multiple_of(64);
    let of_token =
        size.saturating_add(in_groups(value_size)).saturating_add(queries.min(Attention::ROWS as u128));
    let of_threads =
        of_token.saturating_mul(in_groups(keys)).saturating_mul(rayon::current_num_threads() as u128);
    projected.saturating_add(of_threads)
}

/// Numbers that a step takes and makes of so many samples.
pub(super) fn step_numbers(graph: &Graph, step: &Step, samples: u64, block: usize) -> u128 {
    let all = step.inputs.iter().copied().chain([step.output()]);
    all.map(|id| of_samples(graph, id, samples, block)).fold(0, u128::saturating_add)
}

fn of_samples(graph: &Graph, id: NodeId, samples: u64, block: usize) -> u128 {
    numbers(graph, id, block).saturating_mul(graph.samples(id, samples).into())
}

/// Numbers of a sample of a tensor whose channels may be in groups.
fn numbers(graph: &Graph, id: NodeId, block: usize) -> u128 {
    let shape = &graph.node(id).shape;
    let Some((&channels, positions)) = shape.dims().split_first() else { return 1 };
    let positions = positions.iter().fold(1u128, |product, &size| product.saturating_mul(size.into()));
    let channels = usize::try_from(channels).unwrap_or(usize::MAX - block);
    let channels = Layout::Blocked.numbers(channels, 1, block) as u128;
    channels.saturating_mul(positions)
}

/// Numbers of all weights that are packed, with output channels in whole groups.
pub(super) fn packed(graph: &Graph, plan: &Plan, settings: Settings) -> u128 {
    let of_node = |id: NodeId| {
        let times = if may_be_transformed(graph, id, settings) { POINTS } else { 9 };
        let weights =
            graph.weights(id).iter().map(|weight| filled(weight, settings)).fold(0, u128::saturating_add);
        weights.saturating_mul(times) / 9
    };
    packed_nodes(graph, plan).map(of_node).fold(0, u128::saturating_add)
}

/// The nodes whose weights a kernel may pack: not those of tables that are looked up.
fn packed_nodes<'g>(graph: &'g Graph, plan: &'g Plan) -> impl Iterator<Item = NodeId> + 'g {
    let is_packed = |&id: &NodeId| {
        let class = graph.node(id).operator().map(|op| op.class());
        !graph.is_fixed(id) && class != Some(Class::Rearrangement)
    };
    plan.steps.iter().map(|step| step.main).filter(is_packed)
}

fn filled(weight: &Weight, settings: Settings) -> u128 {
    let dims = weight.dims();
    let Some((&first, others)) = dims.split_first() else { return 0 };
    let others = others.iter().fold(1u128, |product, &size| product.saturating_mul(size.into()));
    u128::from(first).next_multiple_of(settings.isa.block() as u128).saturating_mul(others)
}

/// Whether a convolution is of the kind that Winograd's algorithm computes.
fn may_be_transformed(graph: &Graph, id: NodeId, settings: Settings) -> bool {
    let Some(Op::Conv2d(conv)) = graph.node(id).operator() else { return false };
    let ones = |axes: [crate::op::settings::Size; 2]| axes.iter().all(|size| size.get() == 1);
    let taps = conv.kernel_size.0.map(crate::op::settings::Size::get);
    settings.winograd
        && taps == [3, 3]
        && ones(conv.stride.0)
        && ones(conv.dilation.0)
        && conv.groups.get() == 1
}
