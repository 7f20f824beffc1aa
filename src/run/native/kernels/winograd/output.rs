//! From the products at each point to the output.

use std::ops::Range;

use pulp::Simd;

use super::plan::{Plan, Spot};
use super::transform::Transform;
use super::weights::Panel;
use crate::vector::{block, load, store};
use crate::{ConvShape, Finish};

/// What is transformed: a panel of output channels of some tiles.
pub(super) struct Output<'a> {
    pub(super) shape: &'a ConvShape,
    pub(super) plan: &'a Plan,
    pub(super) finish: Finish,
    pub(super) tiles: Range<usize>,
    pub(super) panel: Panel,
    /// The first product of the group.
    pub(super) products: *const f32,
    /// The bias of the first output channel.
    pub(super) bias: *const f32,
    /// The first number of the residual, if there is one, and numbers from a sample to the next.
    pub(super) residual: Option<(*const f32, usize)>,
    /// The first number of the output.
    pub(super) image: *mut f32,
}

/// Transforms the products, and finishes the output.
///
/// # Safety
///
/// The output, the residual and the bias are as long as their shape says, the plan is of the shape and of the tiles of `W`, tiles and
/// panel are in it, there are as many products as it says, and no other thread is at the outputs of these tiles and channels.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    output: &Output<'_>,
) {
    let (shape, plan) = (output.shape, output.plan);
    let [height, width] = shape.output;
    for vector in 0..output.panel.vectors {
        let channel = (output.panel.first + vector) * S::F32_LANES;
        // SAFETY: there is a bias for each channel of each vector.
        let bias = unsafe { load::<S>(output.bias.add(channel)) };
        let inside = channel / block::<S>() * height * width * block::<S>() + channel % block::<S>();
        for (tile, spot) in plan.grid.spots(&output.tiles).enumerate() {
            let products = (vector * plan.most + tile) * S::F32_LANES;
            // SAFETY: the vector of the tile is in the products, and the block of channels in the output and the residual.
            unsafe {
                let outputs = sums::<S, W, IN, OUT>(simd, output.products.add(products), plan.product_point);
                write::<S, OUT>(simd, output, spot, inside, bias, &outputs);
            }
        }
    }
}

/// The sums of a tile.
#[inline(always)]
unsafe fn sums<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    products: *const f32,
    point_stride: usize,
) -> [[S::f32s; OUT]; OUT] {
    let mut rows = [[simd.splat_f32s(0.0); IN]; OUT];
    for column in 0..IN {
        let mut inputs = [simd.splat_f32s(0.0); IN];
        for (row, input) in inputs.iter_mut().enumerate() {
            // SAFETY: the caller has a vector at each point.
            *input = unsafe { load::<S>(products.add((row * IN + column) * point_stride)) };
        }
        for (row, value) in rows.iter_mut().zip(W::output(simd, inputs)) {
            row[column] = value;
        }
    }
    let mut sums = [[simd.splat_f32s(0.0); OUT]; OUT];
    for (sums, row) in sums.iter_mut().zip(rows) {
        *sums = W::output(simd, row);
    }
    sums
}

/// Finishes the sums of a tile, and writes those that are inside the output.
#[inline(always)]
unsafe fn write<S: Simd, const OUT: usize>(
    simd: S,
    output: &Output<'_>,
    spot: Spot,
    inside: usize,
    bias: S::f32s,
    sums: &[[S::f32s; OUT]; OUT],
) {
    let [height, width] = output.shape.output;
    let (y, x) = (spot.row * OUT, spot.column * OUT);
    let (rows, columns) = ((height - y).min(OUT), (width - x).min(OUT));
    let at = inside + (y * width + x) * block::<S>();
    let residual = output.residual.map(|(first, sample)| first.wrapping_add(spot.sample * sample + at));
    let image = output.image.wrapping_add(spot.sample * output.shape.output_sample + at);
    for (row, sums) in sums.iter().enumerate().take(rows) {
        for (column, &sum) in sums.iter().enumerate().take(columns) {
            let position = (row * width + column) * block::<S>();
            let mut value = output.finish.first.of(simd, simd.add_f32s(sum, bias));
            // SAFETY: the position is inside the image.
            unsafe {
                if let Some(residual) = residual {
                    value = simd.add_f32s(value, load::<S>(residual.wrapping_add(position)));
                }
                store::<S>(image.wrapping_add(position), output.finish.last.of(simd, value));
            }
        }
    }
}
