//! How many samples of a batch are computed at once.
//!
//! What a step has written is read by the next: from the processor's cache, if the tensors that are alive fit it, and from memory, if
//! not, which for several networks takes longer than to compute. A batch is therefore computed in parts, each of which goes through
//! the whole network, where that costs less than it saves: every part reads the weights anew.

use super::Settings;
use super::memory::{arena_of, block, packed, step_numbers};
use crate::graph::Graph;
use crate::plan::Plan;

/// Numbers that caches keep from one step to the next: the second cache of each thread's core, and half of what the last one of a
/// server's processor has for a few threads, or as much as such processors have for each.
fn kept() -> [u128; 2] {
    let threads = rayon::current_num_threads() as u128;
    [threads << 18, (4 << 20).max(threads << 21)]
}

/// The samples of each part: as many as a cache keeps, of a number that divides the batch; or all.
pub(in crate::run) fn samples(graph: &Graph, batch: usize, settings: Settings) -> usize {
    if batch < 2 {
        return batch;
    }
    let (plan, block) = (settings.plan(graph), block(graph, settings));
    let alive = arena_of(graph, &plan, 1, block).max(1);
    let (weights, moved) = (packed(graph, &plan, settings), moved(graph, &plan, block));
    let pays = |part: &usize| {
        let again = ((batch / part - 1) as u128).saturating_mul(weights);
        again < (batch as u128).saturating_mul(moved)
    };
    let fitting = |kept: u128| {
        let most = usize::try_from(kept / alive).unwrap_or(batch).min(batch);
        (1..=most).rev().find(|&part| batch.is_multiple_of(part))
    };
    kept().into_iter().filter_map(fitting).find(pays).unwrap_or(batch)
}

/// Numbers of a sample that steps read and write.
fn moved(graph: &Graph, plan: &Plan, block: usize) -> u128 {
    plan.steps.iter().map(|step| step_numbers(graph, step, 1, block)).fold(0, u128::saturating_add)
}
