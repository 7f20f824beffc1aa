//! Convolutions of images, directly from the image: without columns of windows, without a padded copy.

mod pixels;
mod plan;
#[cfg(test)]
mod tests;
mod tile;
mod work;

use rayon::prelude::*;

use self::{
    pixels::Pixels,
    plan::{Bundle, Plan, Widths},
    tile::Start,
    work::{Job, Split, Task},
};
use crate::{
    ConvShape, Finish, Function, Isa, Layout, Memory, Residual,
    isa::Registers,
    memory::{LINE, Shared},
};

/// The most vectors of output channels that a tile has.
const MOST_VECTORS: usize = 4;

/// Bytes of weights that all pixels at hand go through before the next: they stay in the second cache.
const WEIGHTS: usize = 160 << 10;

/// Bytes of the input that all weights go through before the next: they stay there too.
const INPUT: usize = 256 << 10;

/// Planes of blocks of which the first cache keeps the lines at hand.
const PLANES: usize = 16;

/// The most positions, and the most channels: their product can be counted.
const MOST: usize = 1 << 27;

/// Multiplications and additions that are worth another thread.
const WORTH_A_THREAD: usize = 200_000;

/// A convolution of images in any groups, with any kernel, stride, dilation and padding. Its output is blocked.
///
/// Where groups do not fill blocks, those that share a block are computed as one with weights of 0 between them: what is not
/// finite in a channel then reaches the others of its block.
#[derive(Debug)]
pub struct Conv {
    isa: Isa,
    shape: ConvShape,
    layout: Layout,
    finish: Finish,
    plan: Plan,
    /// The pixels in tiles, for bundles of so many vectors.
    pixels: [Pixels; MOST_VECTORS + 1],
    weights: Memory,
    bias: Memory,
    zeros: Memory,
}

impl Conv {
    /// Packs the weights (out × in ÷ groups × height × width) for an input of a layout, and for an instruction set that this
    /// processor has.
    pub fn new(
        isa: Isa,
        shape: &ConvShape,
        input: Layout,
        weights: &[f32],
        bias: Option<&[f32]>,
        finish: Finish,
    ) -> Self {
        assert!(isa.is_here(), "instructions of this processor");
        let (block, taps) = (isa.block(), shape.kernel.iter().product::<usize>());
        assert!(shape.groups > 0 && shape.in_channels > 0 && taps > 0, "a convolution of nothing");
        assert!(shape.in_channels.is_multiple_of(shape.groups), "channels of the input in whole groups");
        assert!(shape.out_channels.is_multiple_of(shape.groups), "channels of the output in whole groups");
        let row = (shape.in_channels / shape.groups).checked_mul(taps);
        assert_eq!(row.and_then(|row| row.checked_mul(shape.out_channels)), Some(weights.len()), "weights");
        let (_, written) = numbers(shape, input, block);
        assert!(shape.batch < 2 || shape.output_sample >= written, "samples of the output apart");
        let Registers { lanes, count: registers } = isa.registers();
        let widths = Widths { lanes, block, most: MOST_VECTORS };
        let plan = Plan::new(shape, input, widths);
        let pixels = std::array::from_fn(|vectors| {
            if plan.bundles.iter().any(|bundle| bundle.vectors == vectors) {
                Pixels::new(shape, input, block, tile::most_pixels(registers, vectors))
            } else {
                Pixels::default()
            }
        });
        let mut padded = Memory::zeros(shape.out_channels.div_ceil(block) * block);
        if let Some(bias) = bias {
            padded[..shape.out_channels].copy_from_slice(bias);
        }
        Self {
            isa,
            shape: shape.clone(),
            layout: input,
            finish,
            weights: plan.pack(shape, input, widths, weights),
            plan,
            pixels,
            bias: padded,
            zeros: Memory::zeros(block.max(shape.kernel[1])),
        }
    }

    /// Numbers that it holds.
    pub fn held(&self) -> usize {
        let pixels: usize = self.pixels.iter().map(Pixels::held).sum();
        self.weights.len() + self.bias.len() + self.zeros.len() + pixels
    }

    /// Computes the output, blocked, of the samples of an input. The residual is what `finish` says.
    pub fn run(&self, input: &[f32], residual: Residual<'_>, output: &mut [f32]) {
        let shape = &self.shape;
        if shape.batch == 0 {
            return;
        }
        let (read, written) = numbers(shape, self.layout, self.isa.block());
        assert!(input.len() >= extent(shape.batch, shape.input_sample, read), "the input is there");
        assert!(output.len() >= extent(shape.batch, shape.output_sample, written), "the output has room");
        let (start, residual) = match residual {
            Residual::None => (Start::Bias, None),
            Residual::Of(residual) => {
                let there = residual.len() >= extent(shape.batch, shape.residual_sample, written);
                assert!(there, "the residual is there");
                (Start::Bias, Some(residual))
            }
            Residual::InPlace => {
                assert_eq!(self.finish.first, Function::Identity, "nothing before a residual in place");
                (Start::BiasAndOutput, None)
            }
        };
        let added = residual.is_some() || start == Start::BiasAndOutput;
        assert_eq!(self.finish.add, added, "a residual as planned");
        let split = self.split();
        let job = Job { conv: self, split, input, residual, output: Shared(output.as_mut_ptr()), start };
        let tasks = shape.batch * split.chunks * split.parts;
        if split.threads {
            (0..tasks).into_par_iter().for_each(|task| self.isa.run(Task { job: &job, task }));
        } else {
            (0..tasks).for_each(|task| self.isa.run(Task { job: &job, task }));
        }
    }

    /// Taps of the kernel.
    fn taps(&self) -> usize {
        self.shape.kernel.iter().product()
    }

    /// How many segments tiles sum over before the next takes its turn.
    fn depth(&self, bundle: &Bundle, lanes: usize) -> usize {
        let channels = self.plan.segments[bundle.segments.start].channels;
        let weights = (WEIGHTS / (size_of::<f32>() * bundle.vectors * lanes * self.taps() * channels)).max(1);
        // Where a pixel is less than a line, the next tile wants the rest of the line, which has to stay in the first cache, though the
        // planes of blocks may all be mapped to the same few places in it.
        if self.isa.block() < LINE { weights.min(PLANES) } else { weights }
    }

    /// How the work is split: for the caches, and for threads.
    fn split(&self) -> Split {
        let shape = &self.shape;
        let positions: usize = shape.output.iter().product();
        let pixels = shape.input.iter().product::<usize>().min(positions * self.taps());
        let seen = size_of::<f32>() * shape.in_channels / shape.groups * pixels;
        let tiles = self.pixels.iter().map(|pixels| pixels.spans.len()).max().unwrap_or(0);
        let chunks = seen.div_ceil(INPUT).clamp(1, tiles.max(1));
        let threads = rayon::current_num_threads();
        let work = shape.batch * positions * self.plan.weights;
        if threads == 1 || work < 2 * WORTH_A_THREAD {
            return Split { chunks, parts: 1, threads: false };
        }
        let wanted = (4 * threads).min(work / WORTH_A_THREAD);
        let parts = wanted.div_ceil(shape.batch * chunks).min(self.plan.bundles.len());
        let chunks = chunks.max(wanted.div_ceil(shape.batch * parts)).min(tiles.max(1));
        Split { chunks, parts, threads: true }
    }
}

/// Numbers of a sample of the input and of the output.
fn numbers(shape: &ConvShape, input: Layout, block: usize) -> (usize, usize) {
    let count = |layout: Layout, channels: usize, [height, width]: [usize; 2]| {
        let positions = height.checked_mul(width).filter(|&positions| positions <= MOST && channels <= MOST);
        layout.numbers(channels, positions.expect("an image of a size that can be counted"), block)
    };
    let written = count(Layout::Blocked, shape.out_channels, shape.output);
    (count(input, shape.in_channels, shape.input), written)
}

/// Numbers from the first of the first sample to the last of the last, of which there is at least one.
fn extent(batch: usize, sample: usize, numbers: usize) -> usize {
    let before = (batch - 1).checked_mul(sample);
    before.and_then(|before| before.checked_add(numbers)).expect("as many numbers as can be counted")
}
