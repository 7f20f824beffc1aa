//! A kernel with the tensors it works on, as an operation of candle's on the memory that holds them.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp1, InplaceOp2, Layout, Result};

/// What computes an output of inputs.
pub(super) trait Kernel: Send + Sync {
    /// What it is called where a plan is shown.
    fn name(&self) -> &'static str;

    /// Computes `output`, of inputs that lie elsewhere. What it works on in place is in `output` already.
    fn compute(&self, inputs: &[&[f32]], output: &mut [f32], scratch: &mut [f32]);

    /// Numbers that it needs beside while it computes.
    fn scratch(&self) -> usize {
        0
    }

    /// Numbers that it holds: packed weights, tables.
    fn held(&self) -> usize {
        0
    }
}

/// A kernel, and which parts of the memory it reads and writes.
pub(super) struct Placed<'s> {
    pub(super) kernel: &'s dyn Kernel,
    pub(super) reads: Vec<Read>,
    pub(super) writes: Range<usize>,
    pub(super) scratch: &'s Mutex<Vec<f32>>,
}

/// Where something is that is read.
pub(super) enum Read {
    /// In the memory of the session.
    Memory(Range<usize>),
    /// In an input of the network.
    Given(Range<usize>),
}

impl Placed<'_> {
    /// Computes on the memory, and on the input of the network that is read, if there is one.
    fn compute(&self, storage: &mut CpuStorage, given: Option<&[f32]>) -> Result<()> {
        let CpuStorage::F32(memory) = storage else {
            candle_core::bail!("the memory of a session holds numbers of 32 bits");
        };
        let (before, rest) = memory.split_at_mut(self.writes.start);
        let (output, behind) = rest.split_at_mut(self.writes.len());
        let read = |read: &Read| match (read, given) {
            (Read::Memory(range), _) if range.end <= self.writes.start => Ok(&before[range.clone()]),
            (Read::Memory(range), _) if range.start >= self.writes.end => {
                Ok(&behind[range.start - self.writes.end..range.end - self.writes.end])
            }
            (Read::Given(range), Some(given)) => Ok(&given[range.clone()]),
            (Read::Memory(_), _) => candle_core::bail!("{} reads where it writes", self.kernel.name()),
            (Read::Given(_), None) => candle_core::bail!("{} has no input", self.kernel.name()),
        };
        let inputs = self.reads.iter().map(read).collect::<Result<Vec<_>>>()?;
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let needed = self.kernel.scratch();
        self.kernel.compute(&inputs, output, &mut scratch[..needed]);
        Ok(())
    }
}

impl InplaceOp1 for Placed<'_> {
    fn name(&self) -> &'static str {
        self.kernel.name()
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _layout: &Layout) -> Result<()> {
        self.compute(storage, None)
    }
}

/// The same with an input of the network.
pub(super) struct WithGiven<'s>(pub(super) Placed<'s>);

impl InplaceOp2 for WithGiven<'_> {
    fn name(&self) -> &'static str {
        self.0.kernel.name()
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        _layout: &Layout,
        given: &CpuStorage,
        layout: &Layout,
    ) -> Result<()> {
        self.0.compute(storage, Some(&given.as_slice::<f32>()?[layout.start_offset()..]))
    }
}
