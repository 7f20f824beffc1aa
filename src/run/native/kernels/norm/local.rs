//! Local response normalization: a number by a power of the squares of its neighbors in other channels.

use pulp::{Simd, WithSimd};

use crate::memory::Shared;
use crate::rows::single;
use crate::vector::{block, load, store};
use crate::{Isa, Layout, rows, tasks};

/// The sizes and settings of a local response norm of images.
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

/// Local response norm of images: `x / (k + alpha/size · Σ x²)^beta`, the sum over neighboring channels.
#[derive(Clone, Debug)]
pub struct LocalResponseNorm {
    isa: Isa,
    shape: LocalResponseShape,
    layout: Layout,
    /// Numbers of a sample in that layout.
    sample: usize,
}

impl LocalResponseNorm {
    /// One of this shape, whose input and output are in this layout.
    ///
    /// # Panics
    ///
    /// If samples of the output overlap, or no channels are summed.
    pub fn new(isa: Isa, shape: &LocalResponseShape, layout: Layout) -> Self {
        let sample = layout.numbers(shape.channels, shape.positions, isa.block());
        assert!(shape.batch < 2 || shape.output_sample >= sample, "samples apart");
        assert!(shape.size > 0, "channels are summed");
        Self { isa, shape: shape.clone(), layout, sample }
    }

    /// Computes `output` of `input`.
    ///
    /// # Panics
    ///
    /// If a slice is too short.
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let LocalResponseShape { batch, channels, positions, input_sample, output_sample, size, .. } =
            self.shape;
        let sample = self.sample;
        if batch == 0 || sample == 0 {
            return;
        }
        assert!(output.len() >= (batch - 1) * output_sample + sample, "an output has room for its samples");
        let to = Shared(output.as_mut_ptr());
        let strip = match self.layout {
            Layout::Planar => STRIP,
            Layout::Blocked => (NUMBERS * positions / sample).max(1),
        };
        let strips = positions.div_ceil(strip);
        tasks::run(batch * strips, batch * sample * (2 * size.min(channels) + 20), |task| {
            let (index, first) = (task / strips, task % strips * strip);
            self.isa.run(Strip {
                norm: self,
                input: &input[index * input_sample..][..sample],
                output: to,
                before: index * output_sample,
                first,
                count: strip.min(positions - first),
            });
        });
    }
}

/// Positions of a planar image that are computed together.
const STRIP: usize = 256;

/// Numbers of a blocked one, about.
const NUMBERS: usize = 4096;

/// Some positions of a sample.
struct Strip<'a> {
    norm: &'a LocalResponseNorm,
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
        match self.norm.layout {
            Layout::Planar => self.planar(simd),
            Layout::Blocked => self.blocked(simd),
        }
    }
}

impl Strip<'_> {
    /// Channel by channel, each with planes of its neighbors.
    #[inline(always)]
    fn planar<S: Simd>(&self, simd: S) {
        let LocalResponseShape { channels, positions, size, beta, .. } = self.norm.shape;
        let plane = |channel: usize| &self.input[channel * positions + self.first..][..self.count];
        let affine = self.affine();
        let mut sums = [0.0; STRIP];
        let sums = &mut sums[..self.count];
        for channel in 0..channels {
            let (first, last) =
                (channel.saturating_sub(size / 2), channel.saturating_add((size - 1) / 2).min(channels - 1));
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

    /// Position by position: the squares of its channels are put in a row with zeros around, where a number's neighbors are beside
    /// it though they be in another group.
    #[inline(always)]
    fn blocked<S: Simd>(&self, simd: S) {
        let LocalResponseShape { channels, positions, size, beta, .. } = self.norm.shape;
        let block = block::<S>();
        assert_eq!(self.norm.isa.block(), block, "the layout is that of the instruction set");
        let groups = channels.div_ceil(block);
        let [before, after] = [size / 2, (size - 1) / 2].map(|neighbors| neighbors.min(channels));
        let width = before + groups * block + after;
        // Where the registers of a position are: in the row of all its channels, and in the image.
        let places = |position: usize| {
            (0..groups * block).step_by(S::F32_LANES).map(move |lane| {
                (lane, (lane / block * positions + self.first + position) * block + lane % block)
            })
        };
        let mut squares = vec![0.0; self.count * width];
        for (position, squares) in squares.chunks_exact_mut(width).enumerate() {
            for (lane, at) in places(position) {
                // SAFETY: a group of channels at a position of the sample; and the row has room for all groups.
                unsafe {
                    let x = load::<S>(self.input.as_ptr().add(at));
                    store::<S>(squares.as_mut_ptr().add(before + lane), simd.mul_f32s(x, x));
                }
            }
            squares[before + channels..].fill(0.0);
        }
        let mut sums = vec![0.0; groups * block];
        for (position, squares) in squares.chunks_exact(width).enumerate() {
            for lane in (0..groups * block).step_by(S::F32_LANES) {
                let mut sum = simd.splat_f32s(0.0);
                for neighbor in 0..=before + after {
                    // SAFETY: the row is longer than its groups by the neighbors of the last.
                    sum = simd.add_f32s(sum, unsafe { load::<S>(squares.as_ptr().add(lane + neighbor)) });
                }
                // SAFETY: as many numbers as there are in all groups.
                unsafe { store::<S>(sums.as_mut_ptr().add(lane), sum) };
            }
            rows::change(simd, &mut sums, self.affine());
            power(simd, &mut sums, beta);
            for (lane, at) in places(position) {
                // SAFETY: a position that no other task has; `run` has seen that input and output are long enough.
                unsafe {
                    let x = load::<S>(self.input.as_ptr().add(at));
                    let quotient = simd.div_f32s(x, load::<S>(sums.as_ptr().add(lane)));
                    store::<S>(self.output.0.add(self.before + at), quotient);
                }
            }
        }
    }

    /// What is made of a sum before its power is taken.
    fn affine(&self) -> rows::Affine {
        let LocalResponseShape { size, alpha, k, .. } = self.norm.shape;
        rows::Affine([single(alpha / size as f64), single(k)])
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
