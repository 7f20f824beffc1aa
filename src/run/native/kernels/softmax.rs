//! Softmax and its logarithm, along any dimension.

use pulp::{Simd, WithSimd};

use crate::memory::Shared;
use crate::product::parts;
use crate::{Isa, rows, tasks};

/// What is computed of numbers x along a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftmaxKind {
    /// e^x by the sum of all e^x.
    Shares,
    /// The logarithm of that: x less the logarithm of the sum.
    Logarithms,
}

/// Softmax along a dimension of `size`, with `outer` numbers in the dimensions before it and `inner` in those behind.
#[derive(Clone, Copy, Debug)]
pub struct Softmax {
    isa: Isa,
    outer: usize,
    size: usize,
    inner: usize,
    kind: SoftmaxKind,
}

impl Softmax {
    /// One of these sizes.
    pub fn new(isa: Isa, [outer, size, inner]: [usize; 3], kind: SoftmaxKind) -> Self {
        Self { isa, outer, size, inner, kind }
    }

    /// Computes `output` of `input`, both outer × size × inner.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let numbers = self.outer * self.size * self.inner;
        let (input, output) = (&input[..numbers], &mut output[..numbers]);
        let (operations, to) = (OPERATIONS * numbers, Shared(output.as_mut_ptr()));
        if self.inner == 1 {
            let of_task: Vec<_> = parts(self.outer, (NUMBERS / self.size.max(1)).max(1)).collect();
            tasks::run(of_task.len(), operations, |task| {
                let range = of_task[task].start * self.size..of_task[task].end * self.size;
                // SAFETY: rows of the output, and of every task others.
                let output = unsafe { to.part(range.start, range.len()) };
                self.isa.run(Rows { input: &input[range], output, softmax: self });
            });
            return;
        }
        let strips = self.inner.div_ceil(STRIP);
        tasks::run(self.outer * strips, operations, |task| {
            let (before, first) = (task / strips * self.size * self.inner, task % strips * STRIP);
            let count = STRIP.min(self.inner - first);
            let input = &input[before..][..self.size * self.inner];
            let strip = Strip { input, output: to, before, first, count, softmax: self };
            self.isa.run(strip);
        });
    }
}

/// Operations of a number, about.
const OPERATIONS: usize = 16;

/// Numbers of a task.
const NUMBERS: usize = 1 << 14;

/// Positions behind the dimension that are computed together: whole cache lines.
const STRIP: usize = 64;

/// Rows along the last dimension.
struct Rows<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
    softmax: &'a Softmax,
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Softmax { size, kind, .. } = *self.softmax;
        for (input, output) in self.input.chunks_exact(size).zip(self.output.chunks_exact_mut(size)) {
            output.copy_from_slice(input);
            let sum = rows::exponentials(simd, output);
            match kind {
                SoftmaxKind::Shares => rows::change(simd, output, rows::Times(1.0 / sum)),
                SoftmaxKind::Logarithms => {
                    // As the exponentials had it.
                    let largest = rows::largest(simd, input, rows::Same);
                    rows::map(simd, [input], output, rows::Less([largest, sum.ln()]));
                }
            }
        }
    }
}

/// Up to [`STRIP`] positions side by side, along a dimension before them.
struct Strip<'a> {
    input: &'a [f32],
    output: Shared,
    before: usize,
    first: usize,
    count: usize,
    softmax: &'a Softmax,
}

impl WithSimd for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Softmax { size, inner, kind, .. } = *self.softmax;
        let (mut largest, mut sums) = ([f32::NEG_INFINITY; STRIP], [0.0; STRIP]);
        let (largest, sums) = (&mut largest[..self.count], &mut sums[..self.count]);
        let input = |index: usize| &self.input[index * inner + self.first..][..self.count];
        for index in 0..size {
            rows::change_by(simd, largest, input(index), rows::Larger);
        }
        // SAFETY: positions that no other task has, of a dimension that `run` has seen to be whole; one row at a time.
        let output =
            |index: usize| unsafe { self.output.part(self.before + index * inner + self.first, self.count) };
        for index in 0..size {
            rows::map(simd, [input(index), largest], output(index), rows::PowerOfDifference);
            rows::change_by(simd, sums, output(index), rows::Sum);
        }
        match kind {
            SoftmaxKind::Shares => {
                rows::change(simd, sums, rows::Reciprocal);
                for index in 0..size {
                    rows::change_by(simd, output(index), sums, rows::Product);
                }
            }
            SoftmaxKind::Logarithms => {
                for sum in sums.iter_mut() {
                    *sum = sum.ln();
                }
                for index in 0..size {
                    rows::map(simd, [input(index), largest], output(index), rows::Difference);
                    rows::change_by(simd, output(index), sums, rows::Difference);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Numbers, close};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn as_by_hand(
            outer in 1..6usize, size in 1..40usize, inner in prop_oneof![Just(1usize), 1..150usize], is_log: bool, seed: u64,
        ) {
            let kind = if is_log { SoftmaxKind::Logarithms } else { SoftmaxKind::Shares };
            let input: Vec<f32> = Numbers::new(seed).some(outer * size * inner).iter().map(|x| 20.0 * x).collect();
            for isa in Isa::here() {
                let mut output = vec![f32::NAN; input.len() + 1];
                Softmax::new(isa, [outer, size, inner], kind).run(&input, &mut output);
                for at in 0..input.len() {
                    let first = at / (size * inner) * size * inner + at % inner;
                    let along = (0..size).map(|index| f64::from(input[first + index * inner]));
                    let largest = along.clone().fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = along.map(|x| (x - largest).exp()).sum();
                    let x = f64::from(input[at]) - largest;
                    close(output[at], if is_log { x - sum.ln() } else { x.exp() / sum }, 4.0)?;
                }
                prop_assert!(output[input.len()].is_nan());
            }
        }
    }

    #[test]
    fn what_is_left_out_is_zero() {
        for isa in Isa::here() {
            for inner in [1, 3] {
                let mut input = vec![2.0; 20 * inner];
                input[..inner].fill(f32::NEG_INFINITY);
                let mut output = vec![f32::NAN; input.len()];
                Softmax::new(isa, [1, 20, inner], SoftmaxKind::Shares).run(&input, &mut output);
                assert!(output[..inner].iter().all(|&share| share == 0.0));
                assert!(output[inner..].iter().all(|&share| (share - 1.0 / 19.0).abs() < 1e-7));
            }
        }
    }
}
