//! Local response normalization: a number by a power of the squares of its neighbors in other channels.

use pulp::{Simd, WithSimd};

use crate::memory::Shared;
use crate::rows::single;
use crate::{Isa, rows, tasks};

/// The sizes and settings of a local response norm of planar images.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalResponseShape {
    /// Samples.
    pub batch: usize,
    /// Channels.
    pub channels: usize,
    /// Positions of a channel.
    pub positions: usize,
    /// Numbers from one sample of the input to the next.
    pub input_sample: usize,
    /// The same of the output.
    pub output_sample: usize,
    /// Channels that are summed; an even size has one more before than after.
    pub size: usize,
    /// Factor of the mean of the squares.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Added before the power is taken.
    pub k: f64,
}

/// Local response norm of planar images: `x / (k + alpha/size · Σ x²)^beta`, the sum over neighboring channels.
#[derive(Clone, Debug)]
pub struct LocalResponseNorm {
    isa: Isa,
    shape: LocalResponseShape,
}

impl LocalResponseNorm {
    /// One of this shape.
    ///
    /// # Panics
    ///
    /// If samples of the output overlap, or no channels are summed.
    pub fn new(isa: Isa, shape: &LocalResponseShape) -> Self {
        assert!(shape.batch < 2 || shape.output_sample >= shape.channels * shape.positions, "samples apart");
        assert!(shape.size > 0, "channels are summed");
        Self { isa, shape: shape.clone() }
    }

    /// Computes `output` of `input`, both planar.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let LocalResponseShape { batch, channels, positions, input_sample, output_sample, size, .. } =
            self.shape;
        let sample = channels * positions;
        if batch == 0 || sample == 0 {
            return;
        }
        assert!(output.len() >= (batch - 1) * output_sample + sample, "an output has room for its samples");
        let to = Shared(output.as_mut_ptr());
        let strips = positions.div_ceil(STRIP);
        tasks::run(batch * strips, batch * sample * (2 * size + 20), |task| {
            let (index, first) = (task / strips, task % strips * STRIP);
            self.isa.run(Strip {
                shape: &self.shape,
                input: &input[index * input_sample..][..sample],
                output: to,
                before: index * output_sample,
                first,
                count: STRIP.min(positions - first),
            });
        });
    }
}

/// Positions that are computed together.
const STRIP: usize = 256;

/// Some positions of a sample.
struct Strip<'a> {
    shape: &'a LocalResponseShape,
    input: &'a [f32],
    output: Shared,
    before: usize,
    first: usize,
    count: usize,
}

impl WithSimd for Strip<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let LocalResponseShape { channels, positions, size, alpha, beta, k, .. } = *self.shape;
        let plane = |channel: usize| &self.input[channel * positions + self.first..][..self.count];
        let affine = rows::Affine([single(alpha / size as f64), single(k)]);
        let mut sums = [0.0; STRIP];
        let sums = &mut sums[..self.count];
        for channel in 0..channels {
            let (first, last) =
                (channel.saturating_sub(size / 2), (channel + (size - 1) / 2).min(channels - 1));
            sums.fill(0.0);
            for neighbor in first..=last {
                rows::change_by(simd, sums, plane(neighbor), rows::SumWithSquare);
            }
            rows::change(simd, sums, affine);
            power(simd, sums, beta);
            // SAFETY: positions of a channel that no other task has; `run` has seen that the output is long enough.
            let output = unsafe {
                let first = self.output.0.add(self.before + channel * positions + self.first);
                std::slice::from_raw_parts_mut(first, self.count)
            };
            rows::map(simd, [plane(channel), sums], output, rows::Quotient);
        }
    }
}

/// The power of each number.
#[inline(always)]
fn power<S: Simd>(simd: S, numbers: &mut [f32], exponent: f64) {
    let is = |known: f64| (exponent - known).abs() < f64::EPSILON;
    if is(0.75) {
        // Networks have this one.
        rows::change(simd, numbers, rows::ThreeQuarters);
    } else if is(0.5) {
        rows::change(simd, numbers, rows::Root);
    } else if !is(1.0) {
        for x in numbers {
            *x = x.powf(single(exponent));
        }
    }
}
