//! Convolutions of each channel by itself: a depthwise convolution of blocked images.
//!
//! A tile is up to eight neighboring positions of a row of the output, whose sums stay in registers. For kernels that networks
//! have, each number of the input is read once for a row of taps and used for all of these; a tile at an edge asks of each column
//! whether it is inside. Rows outside are left out.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::pieces::{Part, Parts};
use crate::vector::{block, is_wide};
use crate::{ConvShape, Finish, Isa, Layout, Memory, Residual};

mod tile;

use tile::{Apart, Beside, Line, Taps, Tile};

/// Rows that are computed together, tile by tile: they see the same rows of the input, which stay in the first-level cache.
const BAND: usize = 4;

/// A depthwise convolution, of blocked images to blocked images.
#[derive(Clone, Debug)]
pub struct Depthwise {
    isa: Isa,
    shape: ConvShape,
    finish: Finish,
    /// Group of channels, tap, channel of the group; the bias last.
    weights: Memory,
    /// The tiles of a row of the output.
    tiles: Vec<Columns>,
    /// Whether these see no more outside than [`Beside`] asks for.
    is_narrow: bool,
}

/// The columns of a tile.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// The first.
    first: usize,
    /// How many.
    width: usize,
    /// Whether some taps may be outside.
    at_edge: bool,
}

impl Depthwise {
    /// With weights of the shape channels × kernel height × kernel width, and a bias of as many numbers as there are channels.
    ///
    /// # Panics
    ///
    /// If the shape is not that of a depthwise convolution with one output channel for each of the input, or the weights are not of it.
    pub fn new(isa: Isa, shape: &ConvShape, weights: &[f32], bias: Option<&[f32]>, finish: Finish) -> Self {
        let channels = shape.groups;
        assert!(
            shape.in_channels == channels && shape.out_channels == channels,
            "each channel is a group of its own"
        );
        assert!([shape.kernel, shape.stride, shape.dilation].as_flattened().iter().all(|&size| size > 0));
        let taps = shape.kernel[0] * shape.kernel[1];
        assert_eq!(weights.len(), channels * taps, "there is a weight for each channel and tap");
        assert!(bias.is_none_or(|bias| bias.len() == channels), "there is a bias for each channel");
        let block = isa.block();
        let mut packed = Memory::zeros(channels.div_ceil(block) * (taps + 1) * block);
        for channel in 0..channels {
            let first = channel / block * (taps + 1) * block + channel % block;
            for tap in 0..taps {
                packed[first + tap * block] = weights[channel * taps + tap];
            }
            packed[first + taps * block] = bias.map_or(0.0, |bias| bias[channel]);
        }
        let tiles = tiles(isa, shape);
        let is_narrow = tiles.iter().all(|tile| tile.sees_little_outside(shape));
        Self { isa, shape: shape.clone(), finish, weights: packed, tiles, is_narrow }
    }

    /// The numbers that it holds.
    pub fn held(&self) -> usize {
        self.weights.len()
    }

    /// Convolves `input`.
    ///
    /// # Panics
    ///
    /// If a slice is smaller than its shape says, or the residual is not there that the finish adds.
    pub fn run(&self, input: &[f32], residual: Residual<'_>, output: &mut [f32]) {
        let (shape, block) = (&self.shape, self.isa.block());
        let blocks = shape.groups.div_ceil(block);
        let planes = |sample, [rows, columns]: [usize; 2]| Parts {
            batch: shape.batch,
            sample,
            planes: blocks,
            rows,
            row: columns * block,
        };
        let from = planes(shape.input_sample, shape.input);
        assert!(input.len() >= from.least(), "the input is as large as its shape says");
        let to = planes(shape.output_sample, shape.output);
        let added = Parts { sample: shape.residual_sample, ..to };
        match residual {
            Residual::None => assert!(!self.finish.add, "there is a residual where one is added"),
            Residual::Of(numbers) => {
                assert!(numbers.len() >= added.least(), "the residual is as large as its shape says");
            }
            Residual::InPlace => {}
        }
        let numbers = Layout::Blocked.numbers(shape.groups, shape.output[0] * shape.output[1], block);
        let work = 2 * shape.batch * numbers * shape.kernel[0] * shape.kernel[1];
        to.each(output, work, |part, output| {
            let input = &input[from.first(Part { row: 0, ..part })..][..from.rows * from.row];
            let residual = match residual {
                Residual::Of(numbers) => Residual::Of(&numbers[added.first(part)..][..output.len()]),
                other => other,
            };
            self.isa.run(Rows { kernel: self, part, input, residual, output });
        });
    }
}

/// The tiles of a row: as even as can be.
fn tiles(isa: Isa, shape: &ConvShape) -> Vec<Columns> {
    let columns = shape.output[1];
    let count = columns.div_ceil(widest(isa));
    let inside = inside(shape, 1);
    let tile = |index: usize| {
        let first = columns * index / count;
        let end = columns * (index + 1) / count;
        Columns { first, width: end - first, at_edge: first < inside.start || end > inside.end }
    };
    (0..count).map(tile).collect()
}

/// The most columns of a tile.
fn widest(isa: Isa) -> usize {
    match isa {
        Isa::Scalar => 4,
        Isa::Avx2 | Isa::Avx512 | Isa::Neon => tile::WIDEST,
    }
}

/// The positions of the output along an axis all of whose taps are inside.
fn inside(shape: &ConvShape, axis: usize) -> Range<usize> {
    let (before, stride) = (shape.before[axis], shape.stride[axis]);
    let reach = (shape.kernel[axis] - 1) * shape.dilation[axis];
    let end = (shape.input[axis] + before).checked_sub(reach + 1).map_or(0, |last| last / stride + 1);
    before.div_ceil(stride)..end.min(shape.output[axis])
}

/// The taps along an axis that are inside, for a position of the output.
fn taps_inside(shape: &ConvShape, axis: usize, position: usize) -> Range<usize> {
    let (start, dilation) = (position * shape.stride[axis], shape.dilation[axis]);
    let before = shape.before[axis];
    let first = before.saturating_sub(start).div_ceil(dilation);
    let end = (shape.input[axis] + before).saturating_sub(start).div_ceil(dilation);
    let end = end.min(shape.kernel[axis]);
    first.min(end)..end
}

/// Some rows of a plane of the output.
struct Rows<'a> {
    kernel: &'a Depthwise,
    part: Part,
    /// The whole plane.
    input: &'a [f32],
    /// Of the same rows as the output.
    residual: Residual<'a>,
    output: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let shape = &self.kernel.shape;
        assert_eq!(self.kernel.isa.block(), block::<S>(), "weights are packed for the instruction set");
        if const { is_wide::<S>() } && self.kernel.is_narrow && shape.dilation[1] == 1 {
            match (shape.kernel[1], shape.stride[1]) {
                (3, 1) => return self.with_taps(simd, Beside::<3, 1>),
                (3, 2) => return self.with_taps(simd, Beside::<3, 2>),
                (5, 1) => return self.with_taps(simd, Beside::<5, 1>),
                (5, 2) => return self.with_taps(simd, Beside::<5, 2>),
                (7, 1) => return self.with_taps(simd, Beside::<7, 1>),
                _ => {}
            }
        }
        let (count, stride, dilation) = (shape.kernel[1], shape.stride[1], shape.dilation[1]);
        self.with_taps(simd, Apart { count, stride, dilation });
    }
}

impl Rows<'_> {
    #[inline(always)]
    fn with_taps<S: Simd, T: Taps>(mut self, simd: S, taps: T) {
        let Depthwise { shape, finish, weights, tiles, .. } = self.kernel;
        let block = block::<S>();
        let row = shape.output[1] * block;
        let of_block = (shape.kernel[0] * shape.kernel[1] + 1) * block;
        let weights = &weights[self.part.plane * of_block..][..of_block];
        let nothing = Line { input: self.input.as_ptr(), weights: weights.as_ptr(), rows: 0 };
        let mut lines = [nothing; BAND];
        let all = std::mem::take(&mut self.output);
        for (band, output) in all.chunks_mut(BAND * row).enumerate() {
            let residual = match self.residual {
                Residual::None => None,
                Residual::Of(numbers) => Some(numbers[band * BAND * row..][..output.len()].as_ptr()),
                Residual::InPlace => Some(output.as_ptr()),
            };
            let lines = &mut lines[..output.len() / row];
            for (index, line) in lines.iter_mut().enumerate() {
                *line = self.line(self.part.row + band * BAND + index, weights).unwrap_or(nothing);
            }
            let tile = Tile {
                lines,
                down: shape.dilation[0] * shape.input[1] * block,
                first: -(shape.before[1] as isize),
                columns: shape.input[1],
                bias: weights[of_block - block..].as_ptr(),
                residual: residual.filter(|_| finish.add),
                output: output.as_mut_ptr(),
                row,
            };
            for columns in tiles {
                // SAFETY: the lines' rows of taps are those inside, the input is a whole plane, the weights are those of a group of
                // channels, the output and the residual are as many rows of as many columns as the tiles cover, and a tile that is
                // not said to be at an edge has all its taps inside; at an edge no more are outside than the taps ask for.
                unsafe { columns.compute(simd, taps, tile, shape.stride[1], *finish) };
            }
        }
    }

    /// What a row of the output sees, if anything.
    fn line(&self, position: usize, weights: &[f32]) -> Option<Line> {
        let shape = &self.kernel.shape;
        let rows = taps_inside(shape, 0, position);
        if rows.is_empty() {
            return None;
        }
        let block = self.kernel.isa.block();
        let top = position * shape.stride[0] + rows.start * shape.dilation[0] - shape.before[0];
        Some(Line {
            input: self.input[top * shape.input[1] * block..].as_ptr(),
            weights: weights[rows.start * shape.kernel[1] * block..].as_ptr(),
            rows: rows.len(),
        })
    }
}

impl Columns {
    /// Whether only those columns may be outside that [`Beside`] asks.
    fn sees_little_outside(self, shape: &ConvShape) -> bool {
        let (reach, across) = (shape.kernel[1] - 1, (self.width - 1) * shape.stride[1]);
        let start = self.first * shape.stride[1];
        let before = shape.before[1];
        across < reach || start + reach >= before && start + across < shape.input[1] + before
    }

    /// Computes these columns of the tile `row`, which is as wide as the output.
    ///
    /// # Safety
    ///
    /// As for [`tile::compute`], for all registers of a group.
    #[inline(always)]
    unsafe fn compute<S: Simd, T: Taps>(
        self,
        simd: S,
        taps: T,
        row: Tile<'_>,
        stride: usize,
        finish: Finish,
    ) {
        let first = self.first * block::<S>();
        for lane in (0..block::<S>()).step_by(S::F32_LANES) {
            // SAFETY: the caller has these columns and all registers of a group.
            unsafe {
                let tile = &Tile {
                    first: row.first + (self.first * stride) as isize,
                    bias: row.bias.add(lane),
                    residual: row.residual.map(|residual| residual.wrapping_add(first + lane)),
                    output: row.output.add(first + lane),
                    ..row
                };
                if const { !is_wide::<S>() } {
                    match self.width {
                        1 => tile::compute::<S, T, 1, true>(simd, taps, tile, lane, finish),
                        2 => tile::compute::<S, T, 2, true>(simd, taps, tile, lane, finish),
                        3 => tile::compute::<S, T, 3, true>(simd, taps, tile, lane, finish),
                        4 => tile::compute::<S, T, 4, true>(simd, taps, tile, lane, finish),
                        _ => unreachable!("a tile is at most as wide as `widest` says"),
                    }
                } else {
                    // Narrow tiles are of narrow images, and see their edges most of the time.
                    match (self.width, self.at_edge) {
                        (7, false) => tile::compute::<S, T, 7, false>(simd, taps, tile, lane, finish),
                        (8, false) => tile::compute::<S, T, 8, false>(simd, taps, tile, lane, finish),
                        (1, _) => tile::compute::<S, T, 1, true>(simd, taps, tile, lane, finish),
                        (2, _) => tile::compute::<S, T, 2, true>(simd, taps, tile, lane, finish),
                        (3, _) => tile::compute::<S, T, 3, true>(simd, taps, tile, lane, finish),
                        (4, _) => tile::compute::<S, T, 4, true>(simd, taps, tile, lane, finish),
                        (5, _) => tile::compute::<S, T, 5, true>(simd, taps, tile, lane, finish),
                        (6, _) => tile::compute::<S, T, 6, true>(simd, taps, tile, lane, finish),
                        (7, _) => tile::compute::<S, T, 7, true>(simd, taps, tile, lane, finish),
                        (8, _) => tile::compute::<S, T, 8, true>(simd, taps, tile, lane, finish),
                        _ => unreachable!("a tile is at most as wide as `widest` says"),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
