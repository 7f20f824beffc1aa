//! Sums, means, extremes and lengths along a dimension, which one number stands for afterwards.

use pulp::{Simd, WithSimd};

use crate::memory::Shared;
use crate::product::parts;
use crate::rows::{self, Map};
use crate::{Isa, tasks};

/// What stands for the numbers along a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceKind {
    /// Σ x
    Sum,
    /// Σ x, by how many there are.
    Mean,
    /// The largest.
    Largest,
    /// The smallest.
    Smallest,
    /// Σ |x|
    SumOfAbsolutes,
    /// √Σ x²
    Length,
}

/// A reduction of a dimension of `size`, with `outer` numbers in the dimensions before it and `inner` in those behind.
#[derive(Clone, Copy, Debug)]
pub struct Reduce {
    isa: Isa,
    outer: usize,
    size: usize,
    inner: usize,
    kind: ReduceKind,
}

impl Reduce {
    /// One of these sizes.
    pub fn new(isa: Isa, [outer, size, inner]: [usize; 3], kind: ReduceKind) -> Self {
        Self { isa, outer, size, inner, kind }
    }

    /// Computes `output`, outer × inner, of `input`, outer × size × inner.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let Self { outer, size, inner, .. } = *self;
        let (input, output) = (&input[..outer * size * inner], &mut output[..outer * inner]);
        let to = Shared(output.as_mut_ptr());
        if inner == 1 {
            let of_task: Vec<_> = parts(outer, (NUMBERS / size.max(1)).max(1)).collect();
            tasks::run(of_task.len(), input.len(), |task| {
                let rows = of_task[task].clone();
                // SAFETY: numbers of the output, and of every task others.
                let output = unsafe { to.part(rows.start, rows.len()) };
                let input = &input[rows.start * size..rows.end * size];
                self.isa.run(Rows { input, output, reduce: self });
            });
            return;
        }
        let strips = inner.div_ceil(STRIP);
        tasks::run(outer * strips, input.len(), |task| {
            let (index, first) = (task / strips, task % strips * STRIP);
            let count = STRIP.min(inner - first);
            // SAFETY: as above.
            let output = unsafe { to.part(index * inner + first, count) };
            let input = &input[index * size * inner..][..size * inner];
            self.isa.run(Strip { input, output, first, reduce: self });
        });
    }
}

/// Numbers of a task.
const NUMBERS: usize = 1 << 14;

/// Positions behind the dimension that are computed together: whole cache lines.
const STRIP: usize = 256;

/// Numbers that are added before their sum is added to that of others, which is as exact again.
const TOGETHER: usize = 64;

/// Rows along the last dimension.
struct Rows<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
    reduce: &'a Reduce,
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Reduce { size, kind, .. } = *self.reduce;
        if size == 0 {
            return;
        }
        for (row, output) in self.input.chunks_exact(size).zip(self.output) {
            *output = match kind {
                ReduceKind::Sum => rows::single(rows::sum(simd, row, rows::Same)),
                ReduceKind::Mean => rows::single(rows::sum(simd, row, rows::Same) / size as f64),
                ReduceKind::SumOfAbsolutes => rows::single(rows::sum(simd, row, rows::Absolute)),
                ReduceKind::Length => rows::single(rows::sum(simd, row, rows::SquareOfLess(0.0)).sqrt()),
                ReduceKind::Largest => rows::largest(simd, row, rows::Same),
                ReduceKind::Smallest => -rows::largest(simd, row, rows::Negative),
            };
        }
    }
}

/// Up to [`STRIP`] positions side by side, along a dimension before them.
struct Strip<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
    first: usize,
    reduce: &'a Reduce,
}

impl WithSimd for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        match self.reduce.kind {
            ReduceKind::Sum => self.along(simd, 0.0, rows::Sum, rows::Sum),
            ReduceKind::Mean => {
                self.along(simd, 0.0, rows::Sum, rows::Sum);
                rows::change(simd, self.output, rows::Times(1.0 / self.reduce.size as f32));
            }
            ReduceKind::SumOfAbsolutes => self.along(simd, 0.0, rows::SumWithAbsolute, rows::Sum),
            ReduceKind::Length => {
                self.along(simd, 0.0, rows::SumWithSquare, rows::Sum);
                rows::change(simd, self.output, rows::Root);
            }
            ReduceKind::Largest => self.along(simd, f32::NEG_INFINITY, rows::Larger, rows::Larger),
            ReduceKind::Smallest => self.along(simd, f32::INFINITY, rows::Smaller, rows::Smaller),
        }
    }
}

impl Strip<'_> {
    /// Takes numbers along the dimension to what `step` makes of them, some at a time, and what comes of these to what `join` does.
    #[inline(always)]
    fn along<S: Simd>(&mut self, simd: S, start: f32, step: impl Map<2>, join: impl Map<2>) {
        let Reduce { size, inner, .. } = *self.reduce;
        let mut together = [start; STRIP];
        let together = &mut together[..self.output.len()];
        self.output.fill(start);
        for first in (0..size).step_by(TOGETHER) {
            together.fill(start);
            for index in first..size.min(first + TOGETHER) {
                let numbers = &self.input[index * inner + self.first..][..together.len()];
                rows::change_by(simd, together, numbers, step);
            }
            rows::change_by(simd, self.output, together, join);
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is not written stays as it is")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{GUARD, Numbers, close, in_threads};

    const KINDS: [ReduceKind; 6] = [
        ReduceKind::Sum,
        ReduceKind::Mean,
        ReduceKind::Largest,
        ReduceKind::Smallest,
        ReduceKind::SumOfAbsolutes,
        ReduceKind::Length,
    ];

    fn by_hand(kind: ReduceKind, numbers: impl Iterator<Item = f64> + Clone) -> f64 {
        let count = numbers.clone().count() as f64;
        match kind {
            ReduceKind::Sum => numbers.sum(),
            ReduceKind::Mean => numbers.sum::<f64>() / count,
            ReduceKind::Largest => numbers.fold(f64::NEG_INFINITY, f64::max),
            ReduceKind::Smallest => numbers.fold(f64::INFINITY, f64::min),
            ReduceKind::SumOfAbsolutes => numbers.map(f64::abs).sum(),
            ReduceKind::Length => numbers.map(|x| x * x).sum::<f64>().sqrt(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn as_by_hand(
            outer in 1..6usize, size in 1..200usize, inner in prop_oneof![Just(1usize), 1..300usize], kind in 0..KINDS.len(), seed: u64,
        ) {
            let (kind, input) = (KINDS[kind], Numbers::new(seed).some(outer * size * inner));
            for isa in Isa::here() {
                let mut output = vec![GUARD; outer * inner + 1];
                Reduce::new(isa, [outer, size, inner], kind).run(&input, &mut output);
                for (at, &number) in output[..outer * inner].iter().enumerate() {
                    let first = at / inner * size * inner + at % inner;
                    let along = (0..size).map(|index| f64::from(input[first + index * inner]));
                    close(number, by_hand(kind, along), size as f64)?;
                }
                prop_assert_eq!(output[outer * inner], GUARD);
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        for (inner, kind) in [(1, ReduceKind::Length), (700, ReduceKind::Mean)] {
            let sizes = [30, 100, inner];
            let input = Numbers::new(3).some(sizes.iter().product());
            let [one, several] = [1, 3].map(|threads| {
                let mut output = vec![0.0; 30 * inner];
                in_threads(threads, || Reduce::new(Isa::best(), sizes, kind).run(&input, &mut output));
                output
            });
            assert!(one == several);
        }
    }
}
