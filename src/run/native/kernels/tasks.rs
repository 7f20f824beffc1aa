//! Tasks that do not depend on each other, and the threads of rayon's current pool.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

/// Operations below which other threads would cost more than they save.
const SMALL: usize = 1 << 20;

/// How many threads so many operations are worth: 1, or all.
pub(crate) fn threads_for(operations: usize) -> usize {
    if operations < SMALL { 1 } else { rayon::current_num_threads() }
}

/// Does so many tasks of so many operations in all; in other threads as well, if there are enough.
pub(crate) fn run(count: usize, operations: usize, task: impl Fn(usize) + Send + Sync) {
    if count < 2 || threads_for(operations) == 1 {
        (0..count).for_each(task);
    } else {
        (0..count).into_par_iter().with_max_len(1).for_each(task);
    }
}

/// The same with scratch memory, which is cut in pieces of `size` numbers: a piece serves one task after the other.
pub(crate) fn run_with_scratch(
    count: usize,
    operations: usize,
    (scratch, size): (&mut [f32], usize),
    task: impl Fn(usize, &mut [f32]) + Send + Sync,
) {
    assert!(count == 0 || scratch.len() >= size, "scratch memory for a task");
    if count < 2 || threads_for(operations) == 1 || scratch.len() < 2 * size {
        (0..count).for_each(|index| task(index, &mut scratch[..size]));
        return;
    }
    let next = AtomicUsize::new(0);
    scratch.par_chunks_exact_mut(size).take(count).with_max_len(1).for_each(|piece| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            task(index, piece);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::testing::in_threads;

    #[test]
    fn every_task_is_done_once() {
        for operations in [0, SMALL] {
            let done = Mutex::new(vec![0; 100]);
            let mut scratch = vec![0.0; 3 * 7 + 2];
            in_threads(3, || {
                run(100, operations, |index| done.lock().unwrap()[index] += 1);
                run_with_scratch(100, operations, (&mut scratch, 7), |index, piece| {
                    assert_eq!(piece.len(), 7);
                    done.lock().unwrap()[index] += 1;
                });
            });
            assert_eq!(done.into_inner().unwrap(), [2; 100]);
        }
    }
}
