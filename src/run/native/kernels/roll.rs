//! Cyclic shifts of planar tensors.

use crate::pieces::{self, Cut, Samples};

/// A planar tensor of which what leaves a dimension at its end comes in again at its start.
#[derive(Clone, Debug)]
pub struct Roll {
    /// The dimensions outside the innermost that is shifted, outermost first.
    outer: Vec<Ring>,
    /// Numbers of a row, which is that innermost one with all that is inside of it.
    row: usize,
    /// How many numbers it is shifted by.
    shift: usize,
    numbers: usize,
}

/// A dimension that is shifted.
#[derive(Clone, Copy, Debug)]
struct Ring {
    size: usize,
    shift: usize,
    /// Numbers from one position to the next.
    apart: usize,
}

impl Roll {
    /// One of a tensor with these dimensions, of which each is shifted by so many positions.
    ///
    /// # Panics
    ///
    /// If there is not a shift for each dimension, or one is by more positions than there are.
    pub fn new(dims: &[usize], shifts: &[usize]) -> Self {
        assert_eq!(dims.len(), shifts.len(), "a shift for each dimension");
        assert!(dims.iter().zip(shifts).all(|(size, shift)| shift <= size), "positions that there are");
        let apart = |dim: usize| dims[dim + 1..].iter().product::<usize>();
        let innermost = shifts.iter().rposition(|&shift| shift > 0);
        let (outer, row, shift) = innermost.map_or((0, dims.iter().product(), 0), |dim| {
            (dim, dims[dim] * apart(dim), shifts[dim] * apart(dim))
        });
        let ring = |dim: usize| Ring { size: dims[dim], shift: shifts[dim], apart: apart(dim) };
        Self { outer: (0..outer).map(ring).collect(), row, shift, numbers: dims.iter().product() }
    }

    /// Writes `output`, which is `input` shifted.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let input = &input[..self.numbers];
        let samples = Samples { batch: 1, distance: self.numbers, numbers: self.numbers };
        pieces::run(output, samples, Cut::Rows(self.row), |_, start, piece| {
            for (index, row) in piece.chunks_exact_mut(self.row).enumerate() {
                let from = &input[self.start(start / self.row + index)..][..self.row];
                let (behind, front) = from.split_at(self.row - self.shift);
                row[..self.shift].copy_from_slice(front);
                row[self.shift..].copy_from_slice(behind);
            }
        });
    }

    /// Where the row of the input begins that a row of the output has.
    fn start(&self, mut index: usize) -> usize {
        let mut start = 0;
        for ring in self.outer.iter().rev() {
            start += (index % ring.size + ring.size - ring.shift) % ring.size * ring.apart;
            index /= ring.size;
        }
        start
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "numbers are moved, not computed")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{GUARD, Numbers};

    proptest! {
        #[test]
        fn by_hand(sizes in prop::collection::vec((1..6usize, 0..6usize), 1..5), seed: u64) {
            let (dims, shifts): (Vec<_>, Vec<_>) =
                sizes.iter().map(|&(size, shift)| (size, shift.min(size))).unzip();
            let numbers = dims.iter().product();
            let input = Numbers::new(seed).some(numbers);
            let mut output = vec![GUARD; numbers + 1];
            Roll::new(&dims, &shifts).run(&input, &mut output);
            prop_assert_eq!(output[numbers], GUARD);
            for (index, &number) in input.iter().enumerate() {
                // Where it goes, dimension by dimension from the last on.
                let (mut rest, mut apart, mut to) = (index, 1, 0);
                for (&size, &shift) in dims.iter().zip(&shifts).rev() {
                    to += (rest % size + shift) % size * apart;
                    rest /= size;
                    apart *= size;
                }
                prop_assert_eq!(output[to], number);
            }
        }
    }
}
