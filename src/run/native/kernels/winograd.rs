//! Convolutions of 3 × 3 taps by Winograd's minimal filtering: fewer multiplications than a direct convolution.
//!
//! The output is divided into square tiles. The inputs that a tile sees become values at some points, and so does a kernel, once and
//! for all; the values are multiplied at each point, and the products summed over the input channels: for each point, that is a
//! product of matrices, tiles × input channels by input channels × output channels. From its sums come the outputs.
//!
//! # Accuracy
//!
//! Errors against exact sums of uniformly random numbers, in parts of the outputs' root mean square: the mean and the largest of
//! 6400 outputs.
//!
//! | input channels | direct, one term after the other | tiles of 2 × 2 | of 4 × 4 |
//! |---|---|---|---|
//! | 64 | 3.0e−7, 3.2e−6 | 2.0e−7, 1.4e−6 | 5.6e−7, 6.0e−6 |
//! | 256 | 5.9e−7, 6.3e−6 | 3.7e−7, 2.1e−6 | 9.9e−7, 1.3e−5 |
//! | 512 | 8.6e−7, 8.9e−6 | 5.4e−7, 2.7e−6 | 1.4e−6, 1.4e−5 |
//!
//! Tiles of 2 × 2 are more accurate than a direct convolution, whose sums are of nine times as many terms; tiles of 4 × 4 have about
//! twice its errors.

mod choice;
mod input;
mod output;
mod plan;
mod product;
#[cfg(test)]
mod tests;
mod transform;
mod weights;
mod work;

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use self::plan::{Plan, Split};
use self::product::most_rows;
use self::weights::{Pack, Panel, panels};
use self::work::{Data, Step, Work};
use crate::isa::Registers;
use crate::memory::{Shared, aligned, spare};
use crate::{ConvShape, Finish, Function, Isa, Layout, Memory, Residual};

/// The outputs of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tile {
    /// 2 × 2, by 16 multiplications instead of 36.
    Two,
    /// 4 × 4, by 36 multiplications instead of 144.
    Four,
}

impl Tile {
    /// Its height and width.
    pub fn side(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Multiplications for each input and output channel.
    pub fn points(self) -> usize {
        (self.side() + 2) * (self.side() + 2)
    }
}

/// A convolution of 3 × 3 taps of blocked images, with its weights.
#[derive(Clone, Debug)]
pub struct Winograd {
    isa: Isa,
    shape: ConvShape,
    tile: Tile,
    finish: Finish,
    lanes: usize,
    plan: Plan,
    panels: Vec<Panel>,
    weights: Memory,
    bias: Memory,
}

impl Winograd {
    /// Whether it can compute a convolution: 3 × 3 taps, side by side, each place in turn, of all channels; and no more numbers than
    /// fit into any memory.
    pub fn fits(shape: &ConvShape) -> bool {
        shape.kernel == [3, 3]
            && shape.stride == [1, 1]
            && shape.dilation == [1, 1]
            && shape.groups == 1
            && shape.before.iter().all(|&before| before <= 2)
            && countable(shape)
    }

    /// The convolution of weights (output channel × input channel × 3 × 3) and a bias for each output channel. It reckons with as
    /// many threads as rayon has now.
    ///
    /// # Panics
    ///
    /// Where the processor lacks `isa`, the shape does not [fit](Self::fits), or the weights or the bias are not of the shape.
    pub fn new(
        isa: Isa,
        shape: &ConvShape,
        tile: Tile,
        weights: &[f32],
        bias: Option<&[f32]>,
        finish: Finish,
    ) -> Self {
        assert!(isa.is_here() && Self::fits(shape), "not for Winograd's convolution: {shape:?}");
        assert_eq!(weights.len(), shape.out_channels * shape.in_channels * 9, "weights");
        let Registers { lanes, count } = isa.registers();
        let vectors = shape.out_channels.div_ceil(lanes);
        let tiles = shape.output.iter().map(|size| size.div_ceil(tile.side())).product::<usize>();
        // Few tiles are multiplied by more channels at once, so that enough sums are under way.
        let widest = if shape.batch * tiles <= most_rows(count, 4) { 4 } else { 2 };
        let panels = panels(vectors, widest);
        let mut padded = Memory::zeros(vectors * lanes);
        if let Some(bias) = bias {
            assert_eq!(bias.len(), shape.out_channels, "bias");
            padded[..bias.len()].copy_from_slice(bias);
        }
        let threads = rayon::current_num_threads();
        Self {
            isa,
            shape: shape.clone(),
            tile,
            finish,
            lanes,
            plan: Plan::new(shape, tile.side(), isa.block(), (panels.len(), widest * lanes), threads),
            weights: isa.run(Pack { shape, panels: &panels, lanes, weights, tile }),
            panels,
            bias: padded,
        }
    }

    /// Numbers of scratch memory that it needs while it runs.
    pub fn scratch(&self) -> usize {
        self.plan.scratch()
    }

    /// Numbers that it holds: the transformed weights and the bias.
    pub fn held(&self) -> usize {
        self.weights.len() + self.bias.len()
    }

    /// Computes the output of an input, both blocked; what is in `scratch` before does not matter.
    ///
    /// # Panics
    ///
    /// Where a slice is shorter than the shape says, or a residual is missing.
    pub fn run(&self, input: &[f32], residual: Residual<'_>, output: &mut [f32], scratch: &mut [f32]) {
        let shape = &self.shape;
        if self.plan.grid.tiles == 0 {
            return;
        }
        assert!(input.len() >= self.extent(shape.in_channels, shape.input, shape.input_sample), "input");
        assert!(output.len() >= self.extent(shape.out_channels, shape.output, shape.output_sample), "output");
        assert!(scratch.len() >= self.scratch(), "scratch memory");
        let place = Shared(output.as_mut_ptr());
        let residual = match residual {
            _ if !self.finish.add => None,
            Residual::None => panic!("a residual is to be added, and there is none"),
            Residual::Of(numbers) => {
                let needed = self.extent(shape.out_channels, shape.output, shape.residual_sample);
                assert!(numbers.len() >= needed, "residual");
                Some((Shared(numbers.as_ptr().cast_mut()), shape.residual_sample))
            }
            Residual::InPlace => {
                assert_eq!(
                    self.finish.first,
                    Function::Identity,
                    "a residual in place of a function's output"
                );
                Some((place, shape.output_sample))
            }
        };
        let data = Data { input: Shared(input.as_ptr().cast_mut()), residual, output: place };
        self.divide(data, aligned(scratch, self.scratch() - spare()));
    }

    /// Numbers from the first to the last of a blocked batch.
    fn extent(&self, channels: usize, [height, width]: [usize; 2], sample: usize) -> usize {
        let numbers = Layout::Blocked.numbers(channels, height * width, self.isa.block());
        assert!(self.shape.batch <= 1 || sample >= numbers, "samples overlap");
        self.shape.batch.saturating_sub(1) * sample + numbers
    }

    /// Lets each thread do its part.
    fn divide(&self, data: Data, scratch: &mut [f32]) {
        let plan = &self.plan;
        let (values, products) = (plan.values(), plan.products());
        match plan.split {
            Split::Serial => {
                let (values, products) = scratch.split_at_mut(values);
                for group in 0..plan.groups {
                    self.group(data, group, values, products);
                }
            }
            Split::Groups => {
                let next = AtomicUsize::new(0);
                scratch.par_chunks_exact_mut(values + products).take(plan.slots).for_each(|scratch| {
                    let (values, products) = scratch.split_at_mut(values);
                    for group in turns(&next, plan.groups) {
                        self.group(data, group, values, products);
                    }
                });
            }
            Split::Channels => {
                let (values, all) = scratch.split_at_mut(values);
                for group in 0..plan.groups {
                    let shared = Shared(values.as_mut_ptr());
                    (0..plan.in_blocks).into_par_iter().for_each(|block| {
                        self.step(data, group, Step::Input(block..block + 1), shared);
                    });
                    let next = AtomicUsize::new(0);
                    all.par_chunks_exact_mut(products).take(plan.slots).for_each(|products| {
                        for panel in turns(&next, self.panels.len()) {
                            let products = Shared(products.as_mut_ptr());
                            self.step(data, group, Step::Output(panel..panel + 1, products), shared);
                        }
                    });
                }
            }
        }
    }

    /// All of a group.
    fn group(&self, data: Data, group: usize, values: &mut [f32], products: &mut [f32]) {
        let values = Shared(values.as_mut_ptr());
        self.step(data, group, Step::Input(0..self.plan.in_blocks), values);
        let products = Shared(products.as_mut_ptr());
        self.step(data, group, Step::Output(0..self.panels.len(), products), values);
    }

    fn step(&self, data: Data, group: usize, step: Step, values: Shared) {
        let tiles = self.plan.group(group);
        self.isa.run(Work { convolution: self, data, tiles, step, values });
    }
}

/// Whether products of a shape's sizes are far from overflowing.
fn countable(shape: &ConvShape) -> bool {
    let product = |sizes: &[usize]| sizes.iter().map(|&size| size as f64 + 64.0).product::<f64>();
    let ([height, width], [down, across]) = (shape.input, shape.output);
    let sample = shape.input_sample.max(shape.residual_sample).max(shape.output_sample);
    let numbers = [
        product(&[shape.in_channels, height, width]),
        product(&[shape.out_channels, down, across]),
        product(&[shape.batch, down, across, shape.in_channels.max(shape.out_channels)]),
        product(&[shape.batch, sample]),
        product(&[shape.in_channels, shape.out_channels]),
    ];
    numbers.iter().all(|&numbers| numbers < (1_u64 << 50) as f64)
}

/// The numbers below `end` that no other thread has taken.
fn turns(next: &AtomicUsize, end: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let turn = next.fetch_add(1, Ordering::Relaxed);
        (turn < end).then_some(turn)
    })
}
