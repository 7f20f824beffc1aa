//! The transformed weights, packed in the order in which they are read.

use pulp::{Simd, WithSimd};

use super::Tile;
use super::transform::{OfFour, OfTwo, Transform};
use crate::{ConvShape, Memory};

/// Output channels that are computed together: some vectors of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    /// The first vector of output channels.
    pub(super) first: usize,
    /// How many vectors: 1, 2 or 4.
    pub(super) vectors: usize,
}

/// Panels of at most `most` (1, 2 or 4) vectors that make up so many.
pub(super) fn panels(vectors: usize, most: usize) -> Vec<Panel> {
    let mut panels = Vec::new();
    let mut first = 0;
    while first < vectors {
        let left = (vectors - first).min(most);
        let vectors = if left == 3 { 2 } else { left };
        panels.push(Panel { first, vectors });
        first += vectors;
    }
    panels
}

/// Weights to be packed: out × in × 3 × 3.
pub(super) struct Pack<'a> {
    pub(super) shape: &'a ConvShape,
    pub(super) panels: &'a [Panel],
    /// Numbers in a vector.
    pub(super) lanes: usize,
    pub(super) weights: &'a [f32],
    pub(super) tile: Tile,
}

/// Kernels that are transformed at once.
const AT_ONCE: usize = 16;

impl WithSimd for Pack<'_> {
    type Output = Memory;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Memory {
        match self.tile {
            Tile::Two => self.pack::<OfTwo, 4, 2>(),
            Tile::Four => self.pack::<OfFour, 6, 4>(),
        }
    }
}

impl Pack<'_> {
    /// The weights at each point: panel, point, input channel, output channel of the panel. Channels that fill up the last vector
    /// have zeros.
    #[inline(always)]
    fn pack<W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(&self) -> Memory {
        let Self { shape, panels, lanes, .. } = *self;
        let vectors = panels.last().map_or(0, |panel| panel.first + panel.vectors);
        let mut packed = Memory::zeros(vectors * lanes * shape.in_channels * IN * IN);
        let mut rest = &mut packed[..];
        for panel in panels {
            let (first, width) = (panel.first * lanes, panel.vectors * lanes);
            let (numbers, after) = rest.split_at_mut(width * shape.in_channels * IN * IN);
            rest = after;
            for input in 0..shape.in_channels {
                for start in (0..width).step_by(AT_ONCE) {
                    let outputs =
                        shape.out_channels.saturating_sub(first + start).min(width - start).min(AT_ONCE);
                    let kernels = self.kernels(input, first + start, outputs);
                    let values = values::<W, IN, OUT>(&kernels);
                    for (point, values) in values.as_flattened().iter().enumerate() {
                        let at = (point * shape.in_channels + input) * width + start;
                        numbers[at..at + outputs].copy_from_slice(&values[..outputs]);
                    }
                }
            }
        }
        packed
    }

    /// Each tap of the kernels from an input channel to some output channels.
    #[inline(always)]
    fn kernels(&self, input: usize, first: usize, outputs: usize) -> [[f64; AT_ONCE]; 9] {
        let mut kernels = [[0.0; AT_ONCE]; 9];
        for output in 0..outputs {
            let kernel = &self.weights[((first + output) * self.shape.in_channels + input) * 9..][..9];
            for (taps, &weight) in kernels.iter_mut().zip(kernel) {
                taps[output] = f64::from(weight);
            }
        }
        kernels
    }
}

/// G · kernel · Gᵀ of some kernels, each rounded once.
#[inline(always)]
fn values<W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    kernels: &[[f64; AT_ONCE]; 9],
) -> [[[f32; AT_ONCE]; IN]; IN] {
    let mut values = [[[0.0; AT_ONCE]; IN]; IN];
    for (row, values) in W::KERNEL.iter().zip(&mut values) {
        let mut columns = [[0.0; AT_ONCE]; 3];
        for (column, sums) in columns.iter_mut().enumerate() {
            for (kernel, sum) in sums.iter_mut().enumerate() {
                *sum = row[0] * kernels[column][kernel]
                    + row[1] * kernels[3 + column][kernel]
                    + row[2] * kernels[6 + column][kernel];
            }
        }
        for (column, values) in W::KERNEL.iter().zip(values) {
            for (kernel, value) in values.iter_mut().enumerate() {
                let sum = column[0] * columns[0][kernel]
                    + column[1] * columns[1][kernel]
                    + column[2] * columns[2][kernel];
                #[expect(clippy::cast_possible_truncation, reason = "this is the rounding")]
                let rounded = sum as f32;
                *value = rounded;
            }
        }
    }
    values
}
