//! The products at a point: transformed tiles × input channels, by input channels × output channels. All sums of a few tiles and
//! vectors of output channels are held in registers.

use pulp::{Simd, WithSimd};

use crate::vector::{block, has_many_registers, load, multiply_add, store};

/// What a product is of.
#[derive(Clone, Copy)]
pub(super) struct Product {
    /// The first tile: the values of the channels of a block, side by side.
    pub(super) tiles: *const f32,
    /// Numbers from a block of channels to the next.
    pub(super) block_stride: usize,
    /// The weights of the panel at the point.
    pub(super) weights: *const f32,
    /// The terms of a sum.
    pub(super) in_channels: usize,
    /// Where the first tile's sums go: vectors, one for each tile.
    pub(super) sums: *mut f32,
    /// Numbers from a vector of channels to the next.
    pub(super) vector_stride: usize,
}

/// Computes a product of a fixed number of tiles and vectors.
///
/// # Safety
///
/// All numbers that [`Product`] describes are there.
pub(super) type Kernel<S> = unsafe fn(S, &Product);

/// Tiles that a kernel takes at most.
pub(super) fn most_rows(registers: usize, vectors: usize) -> usize {
    match (registers >= 32, vectors) {
        (true, 1 | 2) => 14,
        (false, 1) => 12,
        (true, _) | (false, 2) => 6,
        (false, _) => 3,
    }
}

macro_rules! kernels {
    ($rows:expr, $vectors:literal: $($number:literal)*) => {
        match $rows {
            $($number => run::<S, $number, $vectors> as Kernel<S>,)*
            _ => panic!("no kernel of {} rows", $rows),
        }
    };
}

/// The kernel of so many rows, no more than [`most_rows`], and vectors: 1, 2 or 4.
pub(super) fn kernel<S: Simd>(rows: usize, vectors: usize) -> Kernel<S> {
    if const { has_many_registers::<S>() } {
        match vectors {
            1 => kernels!(rows, 1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
            2 => kernels!(rows, 2: 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
            4 => kernels!(rows, 4: 1 2 3 4 5 6),
            _ => panic!("no kernel of {vectors} vectors"),
        }
    } else {
        match vectors {
            1 => kernels!(rows, 1: 1 2 3 4 5 6 7 8 9 10 11 12),
            2 => kernels!(rows, 2: 1 2 3 4 5 6),
            4 => kernels!(rows, 4: 1 2 3),
            _ => panic!("no kernel of {vectors} vectors"),
        }
    }
}

/// A [`Kernel`].
unsafe fn run<S: Simd, const ROWS: usize, const VECTORS: usize>(simd: S, product: &Product) {
    simd.vectorize(Rows::<ROWS, VECTORS>(product));
}

/// A product, made only where its numbers are there.
struct Rows<'a, const ROWS: usize, const VECTORS: usize>(&'a Product);

impl<const ROWS: usize, const VECTORS: usize> WithSimd for Rows<'_, ROWS, VECTORS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let product = self.0;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        let (mut tiles, mut weights) = (product.tiles, product.weights);
        let mut left = product.in_channels;
        // SAFETY: whoever called the kernel promised that the numbers are there: of each block of input channels as many as are
        // left, up to a whole block, for each row; and so many weights.
        unsafe {
            while left >= block::<S>() {
                for _ in 0..block::<S>() / 4 {
                    for channel in 0..4 {
                        let weights = weights.add(channel * VECTORS * S::F32_LANES);
                        term(simd, &mut sums, tiles.add(channel), weights);
                    }
                    tiles = tiles.add(4);
                    weights = weights.add(4 * VECTORS * S::F32_LANES);
                }
                left -= block::<S>();
                tiles = tiles.wrapping_add(product.block_stride - block::<S>());
            }
            for channel in 0..left {
                let weights = weights.add(channel * VECTORS * S::F32_LANES);
                term(simd, &mut sums, tiles.add(channel), weights);
            }
            for (row, sums) in sums.iter().enumerate() {
                for (vector, &sum) in sums.iter().enumerate() {
                    store::<S>(product.sums.add(vector * product.vector_stride + row * S::F32_LANES), sum);
                }
            }
        }
    }
}

/// Adds a channel's term to every sum: the shorter side is held in registers, the other is read one by one.
#[inline(always)]
unsafe fn term<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    sums: &mut [[S::f32s; VECTORS]; ROWS],
    tiles: *const f32,
    weights: *const f32,
) {
    // SAFETY: `Rows` calls it where a value of each row and the weights of each vector are there.
    unsafe {
        if VECTORS <= ROWS {
            let mut held = [simd.splat_f32s(0.0); VECTORS];
            for (vector, held) in held.iter_mut().enumerate() {
                *held = load::<S>(weights.add(vector * S::F32_LANES));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = simd.splat_f32s(*tiles.add(row * block::<S>()));
                for (sum, &weights) in sums.iter_mut().zip(&held) {
                    *sum = multiply_add(simd, value, weights, *sum);
                }
            }
        } else {
            let mut held = [simd.splat_f32s(0.0); ROWS];
            for (row, held) in held.iter_mut().enumerate() {
                *held = simd.splat_f32s(*tiles.add(row * block::<S>()));
            }
            for vector in 0..VECTORS {
                let weights = load::<S>(weights.add(vector * S::F32_LANES));
                for (sums, &value) in sums.iter_mut().zip(&held) {
                    sums[vector] = multiply_add(simd, value, weights, sums[vector]);
                }
            }
        }
    }
}
