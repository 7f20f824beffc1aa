//! The steps for a group of tiles, compiled for an instruction set.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::product::{Product, kernel, most_rows};
use super::transform::{OfFour, OfTwo, Transform};
use super::weights::Panel;
use super::{Tile, Winograd, input, output};
use crate::memory::Shared;

/// What it computes on. The lengths have been checked.
#[derive(Clone, Copy)]
pub(super) struct Data {
    pub(super) input: Shared,
    /// With the numbers from a sample to the next.
    pub(super) residual: Option<(Shared, usize)>,
    pub(super) output: Shared,
}

/// A part of what is to be done for a group of tiles.
pub(super) enum Step {
    /// Some blocks of input channels are transformed.
    Input(Range<usize>),
    /// Some panels of output channels are computed, in memory for the products of one.
    Output(Range<usize>, Shared),
}

/// A step to be compiled for an instruction set.
pub(super) struct Work<'a> {
    pub(super) convolution: &'a Winograd,
    pub(super) data: Data,
    pub(super) tiles: Range<usize>,
    pub(super) step: Step,
    pub(super) values: Shared,
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.convolution.tile {
            Tile::Two => self.tiles_of::<S, OfTwo, 4, 2>(simd),
            Tile::Four => self.tiles_of::<S, OfFour, 6, 4>(simd),
        }
    }
}

impl Work<'_> {
    #[inline(always)]
    fn tiles_of<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(self, simd: S) {
        let &Winograd { ref shape, ref plan, finish, .. } = self.convolution;
        match self.step {
            Step::Input(blocks) => {
                let (image, values) = (self.data.input.0, self.values.0);
                let input = input::Input { shape, plan, tiles: self.tiles, blocks, image, values };
                // SAFETY: `run` checked the lengths, and threads have blocks of their own.
                unsafe { input::transform::<S, W, IN, OUT>(simd, &input) };
            }
            Step::Output(ref panels, products) => {
                for &panel in &self.convolution.panels[panels.clone()] {
                    self.multiply(simd, panel, products, IN * IN);
                    let output = output::Output {
                        shape,
                        plan,
                        finish,
                        tiles: self.tiles.clone(),
                        panel,
                        products: products.0,
                        bias: self.convolution.bias.as_ptr(),
                        residual: self.data.residual.map(|(first, sample)| (first.0.cast_const(), sample)),
                        image: self.data.output.0,
                    };
                    // SAFETY: `run` checked the lengths, and threads have groups or panels of their own.
                    unsafe { output::transform::<S, W, IN, OUT>(simd, &output) };
                }
            }
        }
    }

    /// The products of a panel at all points.
    #[inline(always)]
    fn multiply<S: Simd>(&self, simd: S, panel: Panel, products: Shared, points: usize) {
        let &Winograd { ref shape, ref plan, lanes, isa, .. } = self.convolution;
        let (width, block) = (panel.vectors * lanes, isa.block());
        let weights = &self.convolution.weights[panel.first * lanes * shape.in_channels * points..];
        let steps = self.tiles.len().div_ceil(most_rows(S::REGISTER_COUNT, panel.vectors));
        for point in 0..points {
            for step in 0..steps {
                let at = |step: usize| step * self.tiles.len() / steps;
                let (first, rows) = (at(step), at(step + 1) - at(step));
                let product = Product {
                    tiles: self.values.0.wrapping_add(point * plan.value_point + first * block),
                    block_stride: plan.most * block,
                    weights: weights[point * width * shape.in_channels..].as_ptr(),
                    in_channels: shape.in_channels,
                    sums: products.0.wrapping_add(point * plan.product_point + first * lanes),
                    vector_stride: plan.most * lanes,
                };
                // SAFETY: the plan has room for the tiles of a group, and the weights of the panel at the point are packed there.
                unsafe { kernel::<S>(rows, panel.vectors)(simd, &product) };
            }
        }
    }
}
