//! The mean of each channel over all positions.

use pulp::{Simd, WithSimd};

use crate::function::apply;
use crate::pieces::Parts;
use crate::{Function, Isa, Layout, Positions};

/// Means of each channel, as a planar tensor of one position, and a function of them.
#[derive(Clone, Debug)]
pub struct GlobalMean {
    isa: Isa,
    shape: Positions,
    layout: Layout,
    last: Function,
}

impl GlobalMean {
    /// Of images of this shape, whose positions the output has not.
    pub fn new(isa: Isa, shape: &Positions, layout: Layout, last: Function) -> Self {
        Self { isa, shape: *shape, layout, last }
    }

    /// The means of `input`.
    ///
    /// # Panics
    ///
    /// If a slice is smaller than its shape says.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let Positions { batch, channels, positions, input_sample, output_sample } = self.shape;
        let from = self.shape.parts(self.layout, self.isa, input_sample);
        assert!(input.len() >= from.least(), "the input is as large as its shape says");
        let to = Parts { batch, sample: output_sample, planes: 1, rows: 1, row: channels };
        to.each(output, from.batch * from.numbers(), |part, output| {
            let input = &input[part.sample * input_sample..][..from.numbers()];
            let plane = positions * from.row;
            self.isa.run(Means { input, plane, row: from.row, positions, last: self.last, output });
        });
    }
}

/// The means of a sample.
struct Means<'a> {
    input: &'a [f32],
    /// The numbers of a group of channels,
    plane: usize,
    /// and of a position of it.
    row: usize,
    positions: usize,
    last: Function,
    output: &'a mut [f32],
}

impl WithSimd for Means<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { input, plane, row, positions, last, output } = self;
        if plane == 0 {
            return output.fill(f32::NAN);
        }
        for (input, output) in input.chunks_exact(plane).zip(output.chunks_mut(row)) {
            if row == 1 {
                output[0] = sum(simd, input) / positions as f32;
                continue;
            }
            let (numbers, _) = S::as_simd_f32s(input);
            let registers = row / S::F32_LANES;
            for (index, output) in output.chunks_mut(S::F32_LANES).enumerate() {
                let sum = sum_apart(simd, &numbers[index..], registers);
                let mean = simd.div_f32s(sum, simd.splat_f32s(positions as f32));
                simd.partial_store_f32s(output, mean);
            }
        }
        apply(simd, last, output);
    }
}

/// The sum of every so-manieth register.
#[inline(always)]
fn sum_apart<S: Simd>(simd: S, numbers: &[S::f32s], apart: usize) -> S::f32s {
    let mut sums = [simd.splat_f32s(0.0); 4];
    for numbers in numbers.chunks(4 * apart) {
        for (sum, &number) in sums.iter_mut().zip(numbers.iter().step_by(apart)) {
            *sum = simd.add_f32s(*sum, number);
        }
    }
    simd.add_f32s(simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]))
}

/// The sum of neighboring numbers.
#[inline(always)]
fn sum<S: Simd>(simd: S, numbers: &[f32]) -> f32 {
    let (registers, rest) = S::as_simd_f32s(numbers);
    let sum = simd.add_f32s(sum_apart(simd, registers, 1), simd.partial_load_f32s(rest));
    simd.reduce_sum_f32s(sum)
}
