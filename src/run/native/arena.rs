//! Where tensors lie in the memory of a session, while that is laid out and when it is used.

use std::ops::Range;

use cnncost_kernels::Layout;

use crate::plan::arena::{Arena, Wanted, arena};

/// Numbers that an offset is a multiple of: those of a cache line, so that no vector lies across two.
pub(super) const LINE: usize = 16;

/// A tensor in the memory of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// The piece of memory.
    pub(super) buffer: usize,
    /// Numbers before its first.
    pub(super) offset: usize,
    /// Numbers from one sample to the next.
    pub(super) sample: usize,
    /// How its numbers lie.
    pub(super) layout: Layout,
    /// The sizes of a sample.
    pub(super) dims: Vec<usize>,
}

impl Spot {
    /// The first size, which is that of the channels; 1 of a single number.
    pub(super) fn channels(&self) -> usize {
        self.dims.first().copied().unwrap_or(1)
    }

    /// The positions of a channel.
    pub(super) fn positions(&self) -> usize {
        self.dims.iter().skip(1).product()
    }

    /// Numbers of a sample, in groups of `block` channels where it has groups.
    pub(super) fn numbers(&self, block: usize) -> usize {
        self.layout.numbers(self.channels(), self.positions(), block)
    }

    /// Whether its samples lie one behind the other.
    pub(super) fn is_dense(&self, block: usize) -> bool {
        self.sample == self.numbers(block)
    }

    /// The part of the piece from its first number to its last.
    pub(super) fn range(&self, batch: usize, block: usize) -> Range<usize> {
        self.offset..self.offset + (batch - 1) * self.sample + self.numbers(block)
    }
}

/// Pieces of memory, and when they are used.
#[derive(Debug, Default)]
pub(super) struct Buffers(Vec<Wanted>);

impl Buffers {
    /// A piece of so many numbers, from a piece of work on.
    pub(super) fn add(&mut self, numbers: usize, from: usize) -> usize {
        self.0.push(Wanted { from, to: from, size: numbers.next_multiple_of(LINE) });
        self.0.len() - 1
    }

    /// Notes that a piece is used by a piece of work.
    pub(super) fn touch(&mut self, buffer: usize, work: usize) {
        self.0[buffer].to = self.0[buffer].to.max(work);
    }

    /// Notes that a piece holds the same from before the first piece of work to this one, as what is put there once does.
    pub(super) fn keep(&mut self, buffer: usize, work: usize) {
        self.0[buffer].from = 0;
        self.touch(buffer, work);
    }

    /// Lets a piece take no room.
    pub(super) fn leave_out(&mut self, buffer: usize) {
        self.0[buffer].size = 0;
    }

    /// Lays them out.
    pub(super) fn laid_out(&self) -> Arena {
        arena(&self.0)
    }
}
