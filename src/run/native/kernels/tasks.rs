//! Tasks that do not depend on each other, and the threads of rayon's current pool.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;
use rayon::{Yield, yield_now};

/// Operations below which other threads would cost more than they save.
const SMALL: usize = 1 << 18;

/// Looks for work before a thread that waits for it lets others of the machine have the core.
const LOOKS: usize = 1 << 8;

/// Does `work` in a thread of rayon's current pool, whose other threads stay awake until it is done: what it shares with them takes less
/// time than to wake them. While they wait, they give way to other threads of the machine.
pub fn awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if rayon::current_num_threads() == 1 {
        return work();
    }
    let done = &Done(AtomicBool::new(false));
    rayon::scope(|scope| {
        let here = rayon::current_thread_index();
        scope.spawn_broadcast(move |_, thread| {
            if Some(thread.index()) != here {
                done.wait();
            }
        });
        // Also where it panics, or they would wait for ever.
        let _done = Finally(done);
        work()
    })
}

struct Done(AtomicBool);

impl Done {
    /// Does what others share until they are done.
    fn wait(&self) {
        let mut idle = 0;
        while !self.0.load(Ordering::Acquire) {
            if yield_now() == Some(Yield::Executed) {
                idle = 0;
            } else if idle < LOOKS {
                idle += 1;
                spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

struct Finally<'d>(&'d Done);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Release);
    }
}

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

    #[test]
    fn threads_that_are_awake_share_what_is_done_and_go_home() {
        for threads in [1, 3] {
            let done = Mutex::new(vec![0; 100]);
            let outcome = in_threads(threads, || {
                let share = || run(100, SMALL, |index| done.lock().unwrap()[index] += 1);
                // Within another, and again in the same threads.
                (0..50).for_each(|_| awake(|| awake(share)));
                std::panic::catch_unwind(|| awake(|| panic!("at work"))).is_err()
            });
            assert!(outcome);
            assert_eq!(done.into_inner().unwrap(), [50; 100]);
        }
    }
}
