//! A few neighboring positions of a depthwise convolution, whose sums stay in registers.

use pulp::Simd;

use crate::vector::{block, load, multiply_add, store};
use crate::{Finish, Function};

/// The most positions of a tile. The sums, the taps of a row and a number of the input fit into 16 registers.
pub(super) const WIDEST: usize = 8;

/// Where a tile finds what it needs: a few columns of some rows of the output. All pointers are to the first channel of a group.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    /// The rows.
    pub lines: &'a [Line],
    /// Numbers from one row of taps to the next.
    pub down: usize,
    /// The column that the first tap of the first position is on, which may be outside.
    pub first: isize,
    /// Columns of the input.
    pub columns: usize,
    /// The bias.
    pub bias: *const f32,
    /// What is added at the first position of the first row, if anything is.
    pub residual: Option<*const f32>,
    /// The first position of the first row of the output.
    pub output: *mut f32,
    /// Numbers from one row of the output to the next, and of the residual.
    pub row: usize,
}

/// What a row of the output sees.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Column 0 of the row of the input that the first taps are on.
    pub input: *const f32,
    /// Weights of the first of these taps.
    pub weights: *const f32,
    /// Rows of taps that are inside.
    pub rows: usize,
}

/// A row of taps.
pub(super) trait Taps: Copy {
    /// How many taps there are.
    fn count(self) -> usize;

    /// Adds to the sums of `P` positions what their taps see in a row of the input, which begins at `row`.
    ///
    /// # Safety
    ///
    /// The row has as many columns of [`block`] numbers as the tile says, and there are as many weights as taps; unless it is at an
    /// `EDGE`, all taps of all positions are in the row; at one, those that this does not ask.
    unsafe fn add<S: Simd, const P: usize, const EDGE: bool>(
        self,
        simd: S,
        tile: &Tile<'_>,
        row: *const f32,
        weights: *const f32,
        sums: [S::f32s; P],
    ) -> [S::f32s; P];
}

/// `K` taps side by side, and `STRIDE` columns from one position to the next. At an edge it asks of the first `K` − 1 columns, and of
/// those behind the first tap of the last position, whether they are inside; all others are to be.
#[derive(Clone, Copy)]
pub(super) struct Beside<const K: usize, const STRIDE: usize>;

/// Taps of any number and distance.
#[derive(Clone, Copy)]
pub(super) struct Apart {
    /// How many.
    pub count: usize,
    /// Columns from one position to the next.
    pub stride: usize,
    /// Columns from one tap to the next.
    pub dilation: usize,
}

/// Computes a tile of `P` columns; `lane` is the channel that the pointers of its lines have still to go to.
///
/// # Safety
///
/// The tile's pointers are to what it says: for each line so many rows of the input, weights of [`Taps::count`] for each of these, a
/// bias, and `P` positions of the residual and of the output, which nobody else has, all in groups of [`block`] numbers of which the first
/// register is meant. Unless it is at an `EDGE`, all taps are in their rows.
#[inline(always)]
pub(super) unsafe fn compute<S: Simd, T: Taps, const P: usize, const EDGE: bool>(
    simd: S,
    taps: T,
    tile: &Tile<'_>,
    lane: usize,
    finish: Finish,
) {
    // SAFETY: the caller says that there is a bias.
    let bias = unsafe { load::<S>(tile.bias) };
    for (index, line) in tile.lines.iter().enumerate() {
        let mut sums = [bias; P];
        for row in 0..line.rows {
            // SAFETY: the caller says that there are so many rows of the input and of weights.
            sums = unsafe {
                let weights = line.weights.add(lane + row * taps.count() * block::<S>());
                taps.add::<S, P, EDGE>(simd, tile, line.input.add(lane + row * tile.down), weights, sums)
            };
        }
        if finish.first != Function::Identity {
            sums = finish.first.of_all(simd, sums);
        }
        if let Some(residual) = tile.residual {
            for (position, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the caller says that there are as many rows and positions.
                let added = unsafe { load::<S>(residual.add(index * tile.row + position * block::<S>())) };
                *sum = simd.add_f32s(*sum, added);
            }
        }
        if finish.last != Function::Identity {
            sums = finish.last.of_all(simd, sums);
        }
        for (position, sum) in sums.into_iter().enumerate() {
            // SAFETY: the caller says that there are as many rows and positions.
            unsafe { store::<S>(tile.output.add(index * tile.row + position * block::<S>()), sum) };
        }
    }
}

/// What a tap sees outside.
static OUTSIDE: [f32; 16] = [0.0; 16];

/// A column of the input, counted from the first that the tile sees; zeros where it is outside, which is asked if it is `DOUBTFUL`.
///
/// # Safety
///
/// As for [`Taps::add`]: the column is one of those that taps are on, and it is inside or doubtful.
#[inline(always)]
unsafe fn column<S: Simd, const DOUBTFUL: bool>(tile: &Tile<'_>, row: *const f32, index: usize) -> S::f32s {
    let column = tile.first + index as isize;
    let place = row.wrapping_offset(column * block::<S>() as isize);
    let is_outside = DOUBTFUL && column.cast_unsigned() >= tile.columns;
    // SAFETY: the row has this column, because it was asked for it or because the caller says so; a register is at most 16 numbers.
    unsafe { load::<S>(if is_outside { OUTSIDE.as_ptr() } else { place }) }
}

impl<const K: usize, const STRIDE: usize> Taps for Beside<K, STRIDE> {
    #[inline(always)]
    fn count(self) -> usize {
        K
    }

    #[inline(always)]
    unsafe fn add<S: Simd, const P: usize, const EDGE: bool>(
        self,
        simd: S,
        tile: &Tile<'_>,
        row: *const f32,
        weights: *const f32,
        mut sums: [S::f32s; P],
    ) -> [S::f32s; P] {
        let mut taps = [simd.splat_f32s(0.0); K];
        for (index, tap) in taps.iter_mut().enumerate() {
            // SAFETY: the caller has as many weights as taps.
            *tap = unsafe { load::<S>(weights.add(index * block::<S>())) };
        }
        // Written out, because a loop that is not unrolled has its sums in memory.
        macro_rules! columns {
            ($($index:literal)*) => {$(
                if const { $index < (P - 1) * STRIDE + K } {
                    // SAFETY: a position's tap is on this column.
                    let number = unsafe {
                        if const { EDGE && ($index + 1 < K || $index + STRIDE > P * STRIDE) } {
                            column::<S, true>(tile, row, $index)
                        } else {
                            column::<S, false>(tile, row, $index)
                        }
                    };
                    for tap in 0..K {
                        if $index >= tap && ($index - tap) % STRIDE == 0 && ($index - tap) / STRIDE < P {
                            let sum = &mut sums[($index - tap) / STRIDE];
                            *sum = multiply_add(simd, taps[tap], number, *sum);
                        }
                    }
                }
            )*};
        }
        const { assert!((WIDEST - 1) * STRIDE + K <= 20, "all columns are written out") };
        columns!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19);
        sums
    }
}

impl Taps for Apart {
    #[inline(always)]
    fn count(self) -> usize {
        self.count
    }

    #[inline(always)]
    unsafe fn add<S: Simd, const P: usize, const EDGE: bool>(
        self,
        simd: S,
        tile: &Tile<'_>,
        row: *const f32,
        weights: *const f32,
        mut sums: [S::f32s; P],
    ) -> [S::f32s; P] {
        for tap in 0..self.count {
            // SAFETY: the caller has as many weights as taps.
            let weight = unsafe { load::<S>(weights.add(tap * block::<S>())) };
            for (position, sum) in sums.iter_mut().enumerate() {
                let index = position * self.stride + tap * self.dilation;
                // SAFETY: this position's tap is on this column.
                let number = unsafe { column::<S, EDGE>(tile, row, index) };
                *sum = multiply_add(simd, weight, number, *sum);
            }
        }
        sums
    }
}
