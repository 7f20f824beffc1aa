//! This program once more in its own place, with a number of threads: candle takes it from the environment, as it was when the
//! process began.

use std::process::Command;

use super::{Invocation, Outcome};
use crate::bench;

/// On the same arguments, input and output, with so many threads: in the place of this process, so that what ends the one ends the
/// other.
pub(super) fn again(threads: usize, invocation: &Invocation) -> std::io::Result<Outcome> {
    let mut program = invocation.command();
    bench::set_threads(program.args(invocation.arguments.iter().skip(1)), threads);
    replaced_by(program)
}

#[cfg(unix)]
fn replaced_by(mut program: Command) -> std::io::Result<Outcome> {
    Err(std::os::unix::process::CommandExt::exec(&mut program))
}

/// Where no program takes the place of another, how it ended.
#[cfg(not(unix))]
fn replaced_by(mut program: Command) -> std::io::Result<Outcome> {
    Ok(match program.status()?.code() {
        Some(0) => Outcome::Done,
        Some(2) => Outcome::Unusable,
        Some(_) | None => Outcome::Failed,
    })
}
