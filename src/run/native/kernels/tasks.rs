//! Tasks that do not depend on each other, and the threads of rayon's current pool.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{Yield, yield_now};

/// Operations below which other threads would cost more than they save.
const SMALL: usize = 1 << 18;

/// Looks for work before a thread that waits for it lets others of the machine have the core.
const LOOKS: usize = 1 << 8;

/// How long the others are waited for at the beginning: about what it takes to wake a thread.
const GATE: Duration = Duration::from_micros(100);

/// What a gate holds when it is closed, beside how many have come in.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Whether anybody keeps threads awake.
static AWAKE: AtomicBool = AtomicBool::new(false);

/// Does `work` in a thread of rayon's current pool, whose other threads stay awake until it is done: what it shares with them takes less
/// time than to wake them. While they wait, they give way to other threads of the machine.
///
/// Threads that have something else to do are left to it. Within itself, and while others do the same, it does `work` and no more.
pub fn awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let others = rayon::current_num_threads() - 1;
    if others == 0 || AWAKE.swap(true, Ordering::Acquire) {
        return work();
    }
    let _awake = Finally(|| AWAKE.store(false, Ordering::Release));
    let (gate, done) = (&AtomicUsize::new(0), &AtomicBool::new(false));
    rayon::scope(|scope| {
        let here = rayon::current_thread_index();
        scope.spawn_broadcast(move |_, thread| {
            // A thread that came later may be in the midst of what `work` shared, waiting for a part of that: it may not wait for all.
            if Some(thread.index()) != here && gate.fetch_add(1, Ordering::AcqRel) & CLOSED == 0 {
                help(done);
            }
        });
        let start = Instant::now();
        while gate.load(Ordering::Acquire) < others && start.elapsed() < GATE {
            spin_loop();
        }
        gate.fetch_or(CLOSED, Ordering::AcqRel);
        // Also where it panics, or they would wait for ever.
        let _done = Finally(|| done.store(true, Ordering::Release));
        work()
    })
}

/// Does what is shared, until all is done.
fn help(done: &AtomicBool) {
    let mut idle = 0;
    while !done.load(Ordering::Acquire) {
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

/// Does something in the end, however that comes.
struct Finally<F: FnMut()>(F);

impl<F: FnMut()> Drop for Finally<F> {
    fn drop(&mut self) {
        (self.0)();
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
                (0..500).for_each(|_| awake(|| awake(share)));
                std::panic::catch_unwind(|| awake(|| panic!("at work"))).is_err()
            });
            assert!(outcome);
            assert_eq!(done.into_inner().unwrap(), [500; 100]);
        }
    }
}
