//! From the input to the values of its tiles at each point.

use std::ops::Range;

use pulp::Simd;

use super::plan::{Plan, Spot};
use super::transform::Transform;
use crate::ConvShape;
use crate::memory::LINE;
use crate::vector::{block, load, store};

/// What is transformed: some blocks of channels of some tiles.
pub(super) struct Input<'a> {
    pub(super) shape: &'a ConvShape,
    pub(super) plan: &'a Plan,
    pub(super) tiles: Range<usize>,
    pub(super) blocks: Range<usize>,
    /// The first number of the input.
    pub(super) image: *const f32,
    /// The first of the transformed inputs of the group.
    pub(super) values: *mut f32,
}

/// A row outside of the image: of a tile's columns, zeros.
static NOTHING: [f32; 6 * LINE] = [0.0; 6 * LINE];

/// Transforms the input.
///
/// # Safety
///
/// The input is as long as its shape says, the plan is of the shape and of the tiles of `W`, tiles and blocks are in it, and there
/// are as many numbers to write to as the plan says.
#[inline(always)]
pub(super) unsafe fn transform<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    input: &Input<'_>,
) {
    let (shape, plan) = (input.shape, input.plan);
    let [height, width] = shape.input;
    let mut columns = [[simd.splat_f32s(0.0); IN]; IN];
    for channels in input.blocks.clone() {
        for (tile, spot) in plan.grid.spots(&input.tiles).enumerate() {
            let image = spot.sample * shape.input_sample + channels * height * width * block::<S>();
            let values = (channels * plan.most + tile) * block::<S>();
            for lane in (0..block::<S>()).step_by(S::F32_LANES) {
                // SAFETY: the sample's block of channels is in the input, and the tile of the block in the values.
                unsafe {
                    let (rows, range) = view::<S, IN, OUT>(shape, spot, input.image.add(image));
                    down::<S, W, IN, OUT>(simd, &mut columns, rows, range, lane);
                    let values = input.values.add(values + lane);
                    across::<S, W, IN, OUT>(simd, &columns, values, plan.value_point);
                }
            }
        }
    }
}

/// Where the rows of a tile begin (which may be before the image's), and which of their numbers are inside the image.
#[inline(always)]
fn view<S: Simd, const IN: usize, const OUT: usize>(
    shape: &ConvShape,
    spot: Spot,
    image: *const f32,
) -> ([*const f32; IN], Range<usize>) {
    let [height, width] = shape.input;
    let [above, left] = shape.before;
    let (y, x) = (spot.row * OUT, spot.column * OUT);
    let mut rows = [NOTHING.as_ptr(); IN];
    for (row, first) in rows.iter_mut().enumerate() {
        let (row, inside) = (y + row, y + row >= above && y + row < height + above);
        if inside {
            let at = ((row - above) * width + x) * block::<S>();
            *first = image.wrapping_add(at).wrapping_sub(left * block::<S>());
        }
    }
    let end = (width + left).saturating_sub(x).min(IN);
    (rows, left.saturating_sub(x).min(end)..end)
}

/// Transforms each column of a tile; what is outside of the image is 0.
#[inline(always)]
unsafe fn down<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    columns: &mut [[S::f32s; IN]; IN],
    rows: [*const f32; IN],
    range: Range<usize>,
    lane: usize,
) {
    if range.len() == IN {
        for column in 0..IN {
            // SAFETY: the column is in the range.
            unsafe { self::column::<S, W, IN, OUT>(simd, columns, &rows, column, lane) };
        }
    } else {
        for column in 0..IN {
            if range.contains(&column) {
                // SAFETY: the column is in the range.
                unsafe { self::column::<S, W, IN, OUT>(simd, columns, &rows, column, lane) };
            } else {
                for row in columns.iter_mut() {
                    row[column] = simd.splat_f32s(0.0);
                }
            }
        }
    }
}

/// Transforms a column of a tile, which is inside the image.
#[inline(always)]
unsafe fn column<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    columns: &mut [[S::f32s; IN]; IN],
    rows: &[*const f32; IN],
    column: usize,
    lane: usize,
) {
    let mut inputs = [simd.splat_f32s(0.0); IN];
    for (input, row) in inputs.iter_mut().zip(rows) {
        // SAFETY: the row is one of the image, or of zeros as wide as a tile.
        *input = unsafe { load::<S>(row.wrapping_add(column * block::<S>() + lane)) };
    }
    for (row, value) in columns.iter_mut().zip(W::input(simd, inputs)) {
        row[column] = value;
    }
}

/// Transforms each row of what became of the columns.
#[inline(always)]
unsafe fn across<S: Simd, W: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    simd: S,
    columns: &[[S::f32s; IN]; IN],
    values: *mut f32,
    point_stride: usize,
) {
    for (row, &inputs) in columns.iter().enumerate() {
        for (column, value) in W::input(simd, inputs).into_iter().enumerate() {
            // SAFETY: the caller has a vector at each point.
            unsafe { store::<S>(values.add((row * IN + column) * point_stride), value) };
        }
    }
}
