//! Tiles of a product, which are summed in registers: rows × registers of columns.

use pulp::{Simd, WithSimd};

use crate::vector::{at_least, at_most, has_many_registers, load, multiply_add, store};

/// A tile, and what it is the product of.
pub(super) struct Tile {
    /// The first number of its rows of the left matrix.
    pub(super) left: *const f32,
    /// Numbers from one row to the next.
    pub(super) left_row: usize,
    /// The first number of its panel of the right matrix.
    pub(super) right: *const f32,
    /// Products that are summed.
    pub(super) inner: usize,
    /// Its first number.
    pub(super) output: *mut f32,
    /// Numbers from one row to the next.
    pub(super) output_row: usize,
    /// What is added to the sums.
    pub(super) addends: [Addend; 2],
    /// The least and the largest number that is written, if they are bounded.
    pub(super) clamp: Option<(f32, f32)>,
    /// Columns in the last register, of which there is at least one.
    pub(super) last: usize,
}

/// Numbers that are added to a tile.
#[derive(Clone, Copy)]
pub(super) struct Addend {
    /// The first; null if there are none.
    pub(super) first: *const f32,
    /// Numbers from one row to the next.
    pub(super) row: usize,
}

/// A function for tiles of one size.
pub(super) type Kernel<S> = unsafe fn(S, &Tile);

impl Addend {
    /// Nothing.
    pub(super) const NONE: Self = Self { first: std::ptr::null(), row: 0 };
}

/// The most registers of a row of a tile.
pub(super) const fn most_vectors(registers: usize) -> usize {
    if registers >= 32 { 3 } else { 2 }
}

/// The most rows of a tile of so many registers: sums, a row of the panel and a number of the left matrix fill the registers.
#[inline(always)]
pub(super) const fn most_rows<S: Simd>(vectors: usize) -> usize {
    match (has_many_registers::<S>(), vectors) {
        (true, 3..) => 8,
        (true, _) => 12,
        (false, _) => 6,
    }
}

/// The function for tiles of so many rows and registers, at most [`most_rows`] and [`most_vectors`].
#[inline(always)]
pub(super) fn kernel<S: Simd>(rows: usize, vectors: usize) -> Kernel<S> {
    macro_rules! of_rows {
        ($vectors:literal: $($rows:literal)*) => {
            match rows {
                $($rows => enter::<S, $rows, $vectors>,)*
                other => unreachable!("a tile of {other} rows"),
            }
        };
    }
    if const { has_many_registers::<S>() } {
        match vectors {
            1 => of_rows!(1: 1 2 3 4 5 6 7 8 9 10 11 12),
            2 => of_rows!(2: 1 2 3 4 5 6 7 8 9 10 11 12),
            3 => of_rows!(3: 1 2 3 4 5 6 7 8),
            other => unreachable!("a tile of {other} registers"),
        }
    } else {
        match vectors {
            1 => of_rows!(1: 1 2 3 4 5 6),
            2 => of_rows!(2: 1 2 3 4 5 6),
            other => unreachable!("a tile of {other} registers"),
        }
    }
}

/// Enters code that is compiled for the instruction set.
///
/// # Safety
///
/// That of [`sum`].
unsafe fn enter<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, tile: &Tile) {
    struct Sum<'a, const ROWS: usize, const VECTORS: usize>(&'a Tile);

    impl<const ROWS: usize, const VECTORS: usize> WithSimd for Sum<'_, ROWS, VECTORS> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            // SAFETY: only `enter` makes it, whose caller answers for the tile.
            unsafe { sum::<S, ROWS, VECTORS>(simd, self.0) }
        }
    }
    simd.vectorize(Sum::<ROWS, VECTORS>(tile));
}

/// Sums a tile and writes it.
///
/// # Safety
///
/// All its pointers lead to as many numbers as it takes: `ROWS` rows of the left matrix of `inner` numbers each; `inner` rows of a
/// panel of `VECTORS` registers; `ROWS` rows of the output and of the addends, each of `VECTORS - 1` registers and `last` numbers.
#[inline(always)]
unsafe fn sum<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, tile: &Tile) {
    let mut sums = [[[simd.splat_f32s(0.0); VECTORS]; ROWS]; UNROLLED];
    let (mut left, mut right) = (tile.left, tile.right);
    let (width, row) = (VECTORS * S::F32_LANES, tile.left_row);
    // The few sums of a single row would wait for each other: it has several of each, which are added at last.
    let apart = usize::from(ROWS == 1);
    // SAFETY: the caller's promise; no pointer is moved further than behind the last number.
    unsafe {
        for _ in 0..tile.inner / UNROLLED {
            for step in 0..UNROLLED {
                add_products(simd, &mut sums[step * apart], left.add(step), row, right.add(step * width));
            }
            left = left.add(UNROLLED);
            right = right.add(UNROLLED * width);
        }
        for step in 0..tile.inner % UNROLLED {
            add_products(simd, &mut sums[0], left.add(step), row, right.add(step * width));
        }
        let [mut sums, others @ ..] = sums;
        for other in others.iter().filter(|_| ROWS == 1) {
            for (sum, other) in sums.as_flattened_mut().iter_mut().zip(other.as_flattened()) {
                *sum = simd.add_f32s(*sum, *other);
            }
        }
        finish(simd, &mut sums, tile);
    }
}

/// Products of a row that are added without a look at their count.
const UNROLLED: usize = 4;

/// Adds the products of a column of the left matrix and a row of the panel.
///
/// # Safety
///
/// `ROWS` numbers, `row` apart, and `VECTORS` registers can be read.
#[inline(always)]
unsafe fn add_products<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    sums: &mut [[S::f32s; VECTORS]; ROWS],
    left: *const f32,
    row: usize,
    right: *const f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut of_panel = [simd.splat_f32s(0.0); VECTORS];
        for (vector, of_panel) in of_panel.iter_mut().enumerate() {
            *of_panel = load::<S>(right.add(vector * S::F32_LANES));
        }
        for (index, sums) in sums.iter_mut().enumerate() {
            let number = simd.splat_f32s(*left.add(index * row));
            for (sum, of_panel) in sums.iter_mut().zip(of_panel) {
                *sum = multiply_add(simd, number, of_panel, *sum);
            }
        }
    }
}

/// Adds what is added, clamps what is clamped, and writes the sums.
///
/// # Safety
///
/// That of [`sum`].
#[inline(always)]
unsafe fn finish<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    sums: &mut [[S::f32s; VECTORS]; ROWS],
    tile: &Tile,
) {
    let is_whole = tile.last == S::F32_LANES;
    let at = |vector: usize| vector * S::F32_LANES;
    // SAFETY: the caller's promise; only of the last register may there be a part.
    unsafe {
        for addend in tile.addends.iter().filter(|addend| !addend.first.is_null()) {
            for (index, sums) in sums.iter_mut().enumerate() {
                for (vector, sum) in sums.iter_mut().enumerate() {
                    let from = addend.first.add(index * addend.row + at(vector));
                    let added = if is_whole || vector + 1 < VECTORS {
                        load::<S>(from)
                    } else {
                        simd.partial_load_f32s(std::slice::from_raw_parts(from, tile.last))
                    };
                    *sum = simd.add_f32s(*sum, added);
                }
            }
        }
        if let Some((low, high)) = tile.clamp {
            let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
            for sum in sums.as_flattened_mut() {
                *sum = at_most(simd, high, at_least(simd, low, *sum));
            }
        }
        for (index, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                let to = tile.output.add(index * tile.output_row + at(vector));
                if is_whole || vector + 1 < VECTORS {
                    store::<S>(to, *sum);
                } else {
                    simd.partial_store_f32s(std::slice::from_raw_parts_mut(to, tile.last), *sum);
                }
            }
        }
    }
}
