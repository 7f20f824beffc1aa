//! The threads that candle computes with. Left to itself it starts them at their first use, and panics where the system lets
//! it have none.

use std::io;
use std::sync::{Mutex, OnceLock};
use std::thread::{Builder, scope};

use super::RunError;
use crate::text;
use crate::text::Text;

/// Starts them, once, before anything is computed or held against the memory that is free: their stacks take of it.
///
/// # Errors
/// If the system does not let this process have so many.
pub fn start_threads() -> Result<(), RunError> {
    static STARTED: OnceLock<Result<(), Text>> = OnceLock::new();
    let started = STARTED.get_or_init(|| start().map_err(|error| text!("{error}", "{error}")));
    started.clone().map_err(|why| RunError::Threads { why })
}

fn start() -> io::Result<()> {
    if let Err(error) = rayon::ThreadPoolBuilder::new().build_global() {
        // Whoever uses this library may have made that pool, which is no failure of the system's.
        let of_system = std::error::Error::source(&error).map(ToString::to_string);
        of_system.map_or(Ok(()), |error| Err(io::Error::other(error)))?;
    }
    // candle's own cannot fail without a panic. So that those of the trial, which may take a moment to be gone, are not in
    // the way of those, there are twice as many.
    trial(2 * candle_core::utils::get_num_threads().max(of_elements().unwrap_or(0)))?;
    candle_core::utils::barrier_pool();
    Ok(())
}

/// Of candle's own threads, which compute elementwise functions, how many are asked for.
fn of_elements() -> Option<usize> {
    std::env::var("CANDLE_NUM_THREADS").ok()?.parse().ok()
}

/// Whether there can be so many threads more.
fn trial(count: usize) -> io::Result<()> {
    let gate = Mutex::new(());
    let closed = gate.lock();
    scope(|scope| {
        let wait = || drop(gate.lock());
        let started: io::Result<Vec<_>> =
            (0..count).map(|_| Builder::new().spawn_scoped(scope, wait)).collect();
        drop(closed);
        started.map(|threads| threads.into_iter().for_each(|thread| drop(thread.join())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_started_once_and_stay() {
        assert!(start_threads().is_ok() && start_threads().is_ok());
        assert!(trial(3).is_ok());
    }
}
