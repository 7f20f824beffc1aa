//! How many samples of a batch are computed at once.
//!
//! What a step has written is read by the next: from the processor's cache, if the tensors that are alive fit it, and from memory, if
//! not, which for several networks takes longer than to compute. A batch is therefore computed in parts, each of which goes through
//! the whole network, where that costs less than it saves: every part reads the weights anew.

use super::Settings;
use super::memory::{arena_of, packed, step_numbers};
use crate::graph::Graph;
use crate::plan::Plan;

/// Numbers that a cache keeps from one step to the next: half of what the last cache of a server's processor has for a few threads,
/// and for each thread as much as such processors have.
const CACHED: u128 = 4 << 20;
const CACHED_FOR_EACH: u128 = 2 << 20;

/// The samples of each part: as many as the cache keeps, of a number that divides the batch; or all.
pub(in crate::run) fn samples(graph: &Graph, batch: usize, settings: Settings) -> usize {
    if batch < 2 {
        return batch;
    }
    let plan = settings.plan(graph);
    let cached = CACHED.max(CACHED_FOR_EACH * rayon::current_num_threads() as u128);
    let alive = arena_of(graph, &plan, 1, settings).max(1);
    let fits = |part: &usize| batch.is_multiple_of(*part) && *part as u128 * alive <= cached;
    // As many as the cache may keep are few.
    let most = usize::try_from(cached / alive).unwrap_or(batch).min(batch);
    let Some(part) = (1..=most).rev().find(fits) else { return batch };
    let again = (batch / part - 1) as u128 * packed(graph, &plan, settings);
    if again < (batch as u128).saturating_mul(moved(graph, &plan, settings)) { part } else { batch }
}

/// Numbers of a sample that steps read and write.
fn moved(graph: &Graph, plan: &Plan, settings: Settings) -> u128 {
    plan.steps.iter().map(|step| step_numbers(graph, step, 1, settings)).fold(0, u128::saturating_add)
}
