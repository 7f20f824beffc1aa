//! Maxima and means over windows of images: pools, adaptive ones, and the mean of a whole image.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::function::apply;
use crate::pieces::{Part, Parts};
use crate::vector::{at_least, block, load, store};
use crate::{Function, Isa, Layout};

mod mean;

pub use mean::GlobalMean;

/// What a pool makes of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PoolKind {
    /// The largest number; −∞ where the window sees nothing.
    Max,
    /// The sum, divided by the product of what the windows of the two axes say.
    Mean,
    /// The sum divided by this number.
    SumOver(f32),
}

/// What of the padding the mean is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Nothing.
    Inside,
    /// What is there, before as the window has it, and so many positions after. What reaches beyond is not counted.
    WithPadding {
        /// Padding after.
        after: usize,
    },
}

/// A sliding window on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Taps.
    pub kernel: usize,
    /// From one window to the next.
    pub stride: usize,
    /// From one tap to the next.
    pub dilation: usize,
    /// Padding before.
    pub before: usize,
}

/// The windows on an axis, one for each position of the output.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    input: usize,
    dilation: usize,
    all: Vec<One>,
}

/// The sizes of a pool beside those of its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolShape {
    /// Samples.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
}

/// A pool of images: each channel by itself.
#[derive(Clone, Debug)]
pub struct Pool {
    isa: Isa,
    shape: PoolShape,
    rows: Windows,
    columns: Windows,
    kind: PoolKind,
    layout: Layout,
    last: Function,
}

/// A window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct One {
    /// The first tap that is inside.
    first: usize,
    /// How many are.
    taps: usize,
    /// What a sum is divided by.
    divisor: f32,
}

impl Windows {
    /// So many windows that slide over `input` positions.
    ///
    /// # Panics
    ///
    /// If a size of the window is 0.
    pub fn sliding(input: usize, output: usize, slide: Slide, counted: Counted) -> Self {
        let Slide { kernel, stride, dilation, before } = slide;
        assert!(
            kernel > 0 && stride > 0 && dilation > 0,
            "a window has taps, and steps from one to the next"
        );
        let end = before + input;
        let counted = match counted {
            Counted::Inside => before..end,
            Counted::WithPadding { after } => 0..end + after,
        };
        let window = |index: usize| {
            let start = index * stride;
            let taps_before = |position: usize| position.saturating_sub(start).div_ceil(dilation).min(kernel);
            let taps = |range: &Range<usize>| taps_before(range.end) - taps_before(range.start);
            let skipped = taps_before(before);
            One {
                first: (start + skipped * dilation).saturating_sub(before),
                taps: taps(&(before..end)),
                divisor: taps(&counted) as f32,
            }
        };
        Self { input, dilation, all: (0..output).map(window).collect() }
    }

    /// As many bins as an output has positions: bin i of n is from ⌊i·in/n⌋ to ⌈(i + 1)·in/n⌉.
    pub fn adaptive(input: usize, output: usize) -> Self {
        let window = |index: usize| {
            let (first, end) = (index * input / output, ((index + 1) * input).div_ceil(output));
            One { first, taps: end - first, divisor: (end - first) as f32 }
        };
        Self { input, dilation: 1, all: (0..output).map(window).collect() }
    }
}

impl Pool {
    /// With windows on the rows and on the columns, and a function of what they give.
    pub fn new(
        isa: Isa,
        shape: &PoolShape,
        [rows, columns]: [Windows; 2],
        kind: PoolKind,
        layout: Layout,
        last: Function,
    ) -> Self {
        for axis in [&rows, &columns] {
            let ends = axis.all.iter().filter(|window| window.taps > 0);
            let last = ends.map(|window| window.first + (window.taps - 1) * axis.dilation).max();
            assert!(last.is_none_or(|last| last < axis.input), "windows see positions inside");
        }
        Self { isa, shape: *shape, rows, columns, kind, layout, last }
    }

    /// Pools `input`.
    ///
    /// # Panics
    ///
    /// If a slice is smaller than its shape says.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let block = match self.layout {
            Layout::Planar => 1,
            Layout::Blocked => self.isa.block(),
        };
        let parts = |sample, [rows, columns]: [usize; 2]| Parts {
            batch: self.shape.batch,
            sample,
            planes: self.shape.channels.div_ceil(block),
            rows,
            row: columns * block,
        };
        let from = parts(self.shape.input_sample, [self.rows.input, self.columns.input]);
        let to = [&self.rows, &self.columns].map(|axis| axis.all.len());
        let to = parts(self.shape.output_sample, to);
        assert!(input.len() >= from.least(), "the input is as large as its shape says");
        let taps = |axis: &Windows| axis.all.iter().map(|window| window.taps).max().unwrap_or(0);
        let work = to.batch * to.numbers() * taps(&self.rows) * taps(&self.columns);
        to.each(output, work, |part, output| {
            let input = &input[from.first(Part { row: 0, ..part })..][..from.rows * from.row];
            self.isa.run(Rows { pool: self, first: part.row, input, output });
        });
    }
}

/// Some rows of the output.
struct Rows<'a> {
    pool: &'a Pool,
    first: usize,
    /// The whole plane.
    input: &'a [f32],
    output: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { pool, first, input, output } = self;
        let columns = &pool.columns.all;
        match pool.layout {
            Layout::Planar => {
                for (row, output) in pool.rows.all[first..].iter().zip(output.chunks_mut(columns.len())) {
                    for (column, output) in columns.iter().zip(&mut *output) {
                        *output = pool.of_number(input, row, column);
                    }
                    apply(simd, pool.last, output);
                }
            }
            Layout::Blocked => {
                assert_eq!(pool.isa.block(), block::<S>(), "the layout is that of the instruction set");
                let width = columns.len() * block::<S>();
                for (row, output) in pool.rows.all[first..].iter().zip(output.chunks_exact_mut(width)) {
                    match pool.kind {
                        PoolKind::Max => pool.of_row(simd, Largest, input, row, output),
                        PoolKind::Mean | PoolKind::SumOver(_) => {
                            pool.of_row(simd, Sum, input, row, output);
                            for (column, output) in columns.iter().zip(output.chunks_exact_mut(block::<S>()))
                            {
                                let divisor = simd.splat_f32s(pool.divisor(row, column));
                                for sum in S::as_mut_simd_f32s(output).0 {
                                    *sum = simd.div_f32s(*sum, divisor);
                                }
                            }
                        }
                    }
                    apply(simd, pool.last, output);
                }
            }
        }
    }
}

/// How the numbers that a window sees become one.
trait Reduce: Copy {
    fn start<S: Simd>(self, simd: S) -> S::f32s;
    fn step<S: Simd>(self, simd: S, result: S::f32s, number: S::f32s) -> S::f32s;
}

#[derive(Clone, Copy)]
struct Largest;

impl Reduce for Largest {
    #[inline(always)]
    fn start<S: Simd>(self, simd: S) -> S::f32s {
        simd.splat_f32s(f32::NEG_INFINITY)
    }

    #[inline(always)]
    fn step<S: Simd>(self, simd: S, result: S::f32s, number: S::f32s) -> S::f32s {
        // What is not a number is kept, as PyTorch has it.
        simd.select_f32s(simd.equal_f32s(result, result), at_least(simd, result, number), result)
    }
}

#[derive(Clone, Copy)]
struct Sum;

impl Reduce for Sum {
    #[inline(always)]
    fn start<S: Simd>(self, simd: S) -> S::f32s {
        simd.splat_f32s(0.0)
    }

    #[inline(always)]
    fn step<S: Simd>(self, simd: S, result: S::f32s, number: S::f32s) -> S::f32s {
        simd.add_f32s(result, number)
    }
}

impl Pool {
    /// What the sum of a window is divided by.
    fn divisor(&self, row: &One, column: &One) -> f32 {
        match self.kind {
            PoolKind::SumOver(divisor) => divisor,
            PoolKind::Max | PoolKind::Mean => row.divisor * column.divisor,
        }
    }

    /// What a window of a planar image comes to.
    #[inline(always)]
    fn of_number(&self, input: &[f32], row: &One, column: &One) -> f32 {
        let numbers = (0..row.taps).flat_map(|i| {
            let start = (row.first + i * self.rows.dilation) * self.columns.input + column.first;
            (0..column.taps).map(move |j| input[start + j * self.columns.dilation])
        });
        match self.kind {
            PoolKind::Max => {
                numbers.fold(f32::NEG_INFINITY, |most, x| if x < most || most.is_nan() { most } else { x })
            }
            PoolKind::Mean | PoolKind::SumOver(_) => numbers.sum::<f32>() / self.divisor(row, column),
        }
    }

    /// What the windows of a row of a blocked image come to.
    #[inline(always)]
    fn of_row<S: Simd>(&self, simd: S, reduce: impl Reduce, input: &[f32], row: &One, output: &mut [f32]) {
        let block = block::<S>();
        let right = self.columns.dilation * block;
        let down = self.rows.dilation * self.columns.input * block;
        assert!(input.len() >= self.rows.input * self.columns.input * block);
        for (column, output) in self.columns.all.iter().zip(output.chunks_exact_mut(block)) {
            let first = (row.first * self.columns.input + column.first) * block;
            for lane in (0..block).step_by(S::F32_LANES) {
                let mut result = reduce.start(simd);
                for i in 0..row.taps {
                    let taps = input.as_ptr().wrapping_add(first + lane + i * down);
                    for j in 0..column.taps {
                        // SAFETY: taps of windows are inside, which was asserted when the pool was made.
                        let number = unsafe { load::<S>(taps.wrapping_add(j * right)) };
                        result = reduce.step(simd, result, number);
                    }
                }
                // SAFETY: the output has a group of channels here, which is whole registers.
                unsafe { store::<S>(output.as_mut_ptr().add(lane), result) };
            }
        }
    }
}

#[cfg(test)]
mod tests;
