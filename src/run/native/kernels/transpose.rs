//! Matrices whose rows become columns: square tiles of them in registers.

use std::any::Any;

use pulp::Simd;

/// Where the rows of a tile lie.
#[derive(Clone, Copy)]
pub(crate) struct Rows<P> {
    /// The first number.
    pub(crate) start: P,
    /// Numbers from one row to the next.
    pub(crate) apart: usize,
    /// How many there are, at least 1; where a register has more numbers, there may be fewer rows than that.
    pub(crate) count: usize,
}

/// Writes the columns of a square of as many rows and columns as a register has numbers. Where there are fewer rows, the last
/// stands for those that are missing; where fewer columns are wanted, the rest is not written.
///
/// # Safety
///
/// A register's worth of numbers can be read from the beginning of each row of `from`, and written to that of each of `to`.
#[inline(always)]
pub(crate) unsafe fn tile<S: Simd>(simd: S, from: Rows<*const f32>, to: Rows<*mut f32>) {
    let any: &dyn Any = &simd;
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V4>() {
            // SAFETY: as above
            return unsafe { x86::sixteen(simd, from, to) };
        }
        if let Some(&simd) = any.downcast_ref::<pulp::x86::V3>() {
            // SAFETY: as above
            return unsafe { x86::eight(simd, from, to) };
        }
    }
    let _ = any;
    for column in 0..to.count.min(S::F32_LANES) {
        for row in 0..S::F32_LANES {
            // SAFETY: as above
            unsafe {
                let number = *from.start.add(row.min(from.count - 1) * from.apart + column);
                *to.start.add(column * to.apart + row) = number;
            }
        }
    }
}

/// A matrix of `size` rows and columns, `apart` from row to row, is written with its columns as rows, these also `apart`. Sizes of
/// at least a register go by tiles, of which the last ones overlap.
///
/// # Panics
///
/// If rows overlap in `to`, or a slice is too short.
#[inline(always)]
pub(crate) fn matrix<S: Simd>(
    simd: S,
    (from, from_apart): (&[f32], usize),
    (to, to_apart): (&mut [f32], usize),
    [rows, columns]: [usize; 2],
) {
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(from.len() >= (rows - 1) * from_apart + columns, "rows to be read");
    assert!(to.len() >= (columns - 1) * to_apart + rows, "rows to be written");
    let lanes = S::F32_LANES;
    // What a tile reads beside few columns is not written, but must be there.
    let is_tiled = rows >= lanes && from.len() >= (rows - 1) * from_apart + lanes;
    if !is_tiled {
        for column in 0..columns {
            let to = &mut to[column * to_apart..][..rows];
            for (row, number) in to.iter_mut().enumerate() {
                *number = from[row * from_apart + column];
            }
        }
        return;
    }
    for row in (0..rows).step_by(lanes) {
        let row = row.min(rows - lanes);
        for column in (0..columns).step_by(lanes) {
            let column = column.min(columns.saturating_sub(lanes));
            let from = &from[row * from_apart + column..];
            let to = &mut to[column * to_apart + row..];
            let from = Rows { start: from.as_ptr(), apart: from_apart, count: lanes };
            let to = Rows { start: to.as_mut_ptr(), apart: to_apart, count: columns.min(lanes) };
            // SAFETY: so many rows and columns are left from the first of the tile, or were found to be there to be read, in slices
            // that are as long as asserted
            unsafe { tile(simd, from, to) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Every step is a function that is told to be inlined, and no closure: what is not inlined is not compiled for the instruction
    //! set, and calls a function for each instruction.

    use core::arch::x86_64::{__m256, __m512};

    use pulp::x86::{V3, V4};

    use super::Rows;

    /// A tile of 16 × 16.
    ///
    /// # Safety
    ///
    /// As of [`tile`](super::tile).
    #[inline(always)]
    pub(super) unsafe fn sixteen(simd: V4, from: Rows<*const f32>, to: Rows<*mut f32>) {
        // SAFETY: as above
        unsafe {
            let a = columns_of_sixteen(simd, read_four(from, 0));
            let b = columns_of_sixteen(simd, read_four(from, 4));
            let c = columns_of_sixteen(simd, read_four(from, 8));
            let d = columns_of_sixteen(simd, read_four(from, 12));
            write_sixteen(simd, [a[0], b[0], c[0], d[0]], to, 0);
            write_sixteen(simd, [a[1], b[1], c[1], d[1]], to, 1);
            write_sixteen(simd, [a[2], b[2], c[2], d[2]], to, 2);
            write_sixteen(simd, [a[3], b[3], c[3], d[3]], to, 3);
        }
    }

    /// A tile of 8 × 8.
    ///
    /// # Safety
    ///
    /// As of [`tile`](super::tile).
    #[inline(always)]
    pub(super) unsafe fn eight(simd: V3, from: Rows<*const f32>, to: Rows<*mut f32>) {
        // SAFETY: as above
        unsafe {
            let a = columns_of_eight(simd, read_four(from, 0));
            let b = columns_of_eight(simd, read_four(from, 4));
            write_eight(simd, [a[0], b[0]], to, 0);
            write_eight(simd, [a[1], b[1]], to, 1);
            write_eight(simd, [a[2], b[2]], to, 2);
            write_eight(simd, [a[3], b[3]], to, 3);
        }
    }

    /// Four rows.
    ///
    /// # Safety
    ///
    /// There is a register's worth of each.
    #[inline(always)]
    unsafe fn read_four<V>(from: Rows<*const f32>, first: usize) -> [V; 4] {
        // SAFETY: as above
        unsafe { [read(from, first), read(from, first + 1), read(from, first + 2), read(from, first + 3)] }
    }

    /// A row, or the last one.
    ///
    /// # Safety
    ///
    /// There is a register's worth of it.
    #[inline(always)]
    unsafe fn read<V>(from: Rows<*const f32>, row: usize) -> V {
        // SAFETY: as above
        unsafe { from.start.add(row.min(from.count - 1) * from.apart).cast::<V>().read_unaligned() }
    }

    /// Writes a row, if it is one of those that are wanted.
    ///
    /// # Safety
    ///
    /// There is room for a register's worth of it.
    #[inline(always)]
    unsafe fn write<V>(to: Rows<*mut f32>, row: usize, numbers: V) {
        if row < to.count {
            // SAFETY: as above
            unsafe { to.start.add(row * to.apart).cast::<V>().write_unaligned(numbers) };
        }
    }

    /// Of every fourth column, beginning with each of the first four: the numbers of four rows side by side.
    #[inline(always)]
    fn columns_of_sixteen(simd: V4, rows: [__m512; 4]) -> [__m512; 4] {
        let f = simd.avx512f;
        let low = f._mm512_castps_pd(f._mm512_unpacklo_ps(rows[0], rows[1]));
        let high = f._mm512_castps_pd(f._mm512_unpackhi_ps(rows[0], rows[1]));
        let low_next = f._mm512_castps_pd(f._mm512_unpacklo_ps(rows[2], rows[3]));
        let high_next = f._mm512_castps_pd(f._mm512_unpackhi_ps(rows[2], rows[3]));
        [
            f._mm512_castpd_ps(f._mm512_unpacklo_pd(low, low_next)),
            f._mm512_castpd_ps(f._mm512_unpackhi_pd(low, low_next)),
            f._mm512_castpd_ps(f._mm512_unpacklo_pd(high, high_next)),
            f._mm512_castpd_ps(f._mm512_unpackhi_pd(high, high_next)),
        ]
    }

    /// The same of eight columns.
    #[inline(always)]
    fn columns_of_eight(simd: V3, rows: [__m256; 4]) -> [__m256; 4] {
        let f = simd.avx;
        let low = f._mm256_castps_pd(f._mm256_unpacklo_ps(rows[0], rows[1]));
        let high = f._mm256_castps_pd(f._mm256_unpackhi_ps(rows[0], rows[1]));
        let low_next = f._mm256_castps_pd(f._mm256_unpacklo_ps(rows[2], rows[3]));
        let high_next = f._mm256_castps_pd(f._mm256_unpackhi_ps(rows[2], rows[3]));
        [
            f._mm256_castpd_ps(f._mm256_unpacklo_pd(low, low_next)),
            f._mm256_castpd_ps(f._mm256_unpackhi_pd(low, low_next)),
            f._mm256_castpd_ps(f._mm256_unpacklo_pd(high, high_next)),
            f._mm256_castpd_ps(f._mm256_unpackhi_pd(high, high_next)),
        ]
    }

    /// Writes every fourth column, of each of which four rows are side by side.
    ///
    /// # Safety
    ///
    /// There is room for a register's worth of each.
    #[inline(always)]
    unsafe fn write_sixteen(simd: V4, [a, b, c, d]: [__m512; 4], to: Rows<*mut f32>, first: usize) {
        let f = simd.avx512f;
        let even = [f._mm512_shuffle_f32x4::<0x88>(a, b), f._mm512_shuffle_f32x4::<0x88>(c, d)];
        let odd = [f._mm512_shuffle_f32x4::<0xdd>(a, b), f._mm512_shuffle_f32x4::<0xdd>(c, d)];
        // SAFETY: as above
        unsafe {
            write(to, first, f._mm512_shuffle_f32x4::<0x88>(even[0], even[1]));
            write(to, first + 4, f._mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]));
            write(to, first + 8, f._mm512_shuffle_f32x4::<0xdd>(even[0], even[1]));
            write(to, first + 12, f._mm512_shuffle_f32x4::<0xdd>(odd[0], odd[1]));
        }
    }

    /// The same of eight columns.
    ///
    /// # Safety
    ///
    /// There is room for a register's worth of each.
    #[inline(always)]
    unsafe fn write_eight(simd: V3, [a, b]: [__m256; 2], to: Rows<*mut f32>, first: usize) {
        // SAFETY: as above
        unsafe {
            write(to, first, simd.avx._mm256_permute2f128_ps::<0x20>(a, b));
            write(to, first + 4, simd.avx._mm256_permute2f128_ps::<0x31>(a, b));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulp::WithSimd;

    use super::*;
    use crate::Isa;
    use crate::testing::Numbers;

    struct Work<'a>(&'a [f32], usize, &'a mut [f32], usize, [usize; 2]);

    impl WithSimd for Work<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            matrix(simd, (self.0, self.1), (self.2, self.3), self.4);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn rows_become_columns(rows in 1..50usize, columns in 1..50usize, more: [bool; 2], seed: u64) {
            let [from_apart, to_apart] = [columns + 3 * usize::from(more[0]), rows + 5 * usize::from(more[1])];
            let from = Numbers::new(seed).some(rows * from_apart);
            for isa in Isa::here() {
                let mut to = vec![7.0; columns * to_apart];
                isa.run(Work(&from, from_apart, &mut to, to_apart, [rows, columns]));
                for (at, &found) in to.iter().enumerate() {
                    let (column, row) = (at / to_apart, at % to_apart);
                    let wanted = if row < rows { from[row * from_apart + column] } else { 7.0 };
                    prop_assert_eq!(found.to_bits(), wanted.to_bits());
                }
            }
        }
    }
}
