//! Planar tensors end to end along any dimension.

use crate::pieces::{self, Cut, Samples};

/// Several tensors in one, which differ in the size of one dimension.
#[derive(Clone, Debug)]
pub struct Join {
    /// Parts outside of that dimension.
    outside: usize,
    /// Of each tensor, the numbers of such a part.
    within: Vec<usize>,
}

impl Join {
    /// Of tensors with so many parts outside of the dimension, of which each has so many numbers in a part.
    pub fn new(outside: usize, within: Vec<usize>) -> Self {
        Self { outside, within }
    }

    /// Writes `output`.
    ///
    /// # Panics
    ///
    /// If there are fewer inputs than it was made for, or a slice is too short.
    pub fn run(&self, inputs: &[&[f32]], output: &mut [f32]) {
        assert_eq!(inputs.len(), self.within.len(), "inputs");
        let row = self.within.iter().sum();
        let numbers = self.outside * row;
        let samples = Samples { batch: 1, distance: numbers, numbers };
        pieces::run(output, samples, Cut::Rows(row), |_, start, piece| {
            for (index, mut row) in (start / row..).zip(piece.chunks_exact_mut(row)) {
                for (input, &within) in inputs.iter().zip(&self.within) {
                    let (here, rest) = row.split_at_mut(within);
                    here.copy_from_slice(&input[index * within..][..within]);
                    row = rest;
                }
            }
        });
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
        fn by_hand(outside in 1..6usize, within in prop::collection::vec(1..30usize, 1..5), seed: u64) {
            let mut numbers = Numbers::new(seed);
            let inputs: Vec<_> = within.iter().map(|within| numbers.some(outside * within)).collect();
            let row: usize = within.iter().sum();
            let mut output = vec![GUARD; outside * row + 1];
            let slices: Vec<&[f32]> = inputs.iter().map(|input| &input[..]).collect();
            Join::new(outside, within.clone()).run(&slices, &mut output);
            prop_assert_eq!(output[outside * row], GUARD);
            for part in 0..outside {
                let mut at = part * row;
                for (input, within) in inputs.iter().zip(&within) {
                    for number in &input[part * within..][..*within] {
                        prop_assert_eq!(output[at], *number);
                        at += 1;
                    }
                }
            }
        }
    }
}
