//! What kernels do with registers of numbers beside what [`pulp`] has a name for.

use pulp::Simd;

/// Whether the instruction set is more than what every processor has: where it is not, numbers are multiplied and added apart, or pulp
/// would call a function for each of them, and kernels do without variants, which a compiler takes long for.
pub(crate) const fn is_wide<S: Simd>() -> bool {
    S::F32_LANES > 4 || S::REGISTER_COUNT > 16
}

/// Whether there are 32 registers rather than 16: what a tile may have of them. It is to be asked in an `if const`, so that tiles are
/// compiled only for instruction sets that use them.
pub(crate) const fn has_many_registers<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// a · b + c, rounded once where the instruction set does so: where it does not, a function would be called for every number.
#[inline(always)]
pub(crate) fn multiply_add<S: Simd>(simd: S, a: S::f32s, b: S::f32s, c: S::f32s) -> S::f32s {
    if const { is_wide::<S>() } { simd.mul_add_f32s(a, b, c) } else { simd.add_f32s(simd.mul_f32s(a, b), c) }
}

/// `x`, but no less than `low`; what is not a number stays so.
#[inline(always)]
pub(crate) fn at_least<S: Simd>(simd: S, low: S::f32s, x: S::f32s) -> S::f32s {
    if const { is_wide::<S>() } {
        // x86 takes the second of two that do not compare, NEON what is not a number.
        simd.max_f32s(low, x)
    } else {
        simd.select_f32s(simd.less_than_f32s(x, low), low, x)
    }
}

/// `x`, but no more than `high`; what is not a number stays so.
#[inline(always)]
pub(crate) fn at_most<S: Simd>(simd: S, high: S::f32s, x: S::f32s) -> S::f32s {
    if const { is_wide::<S>() } {
        simd.min_f32s(high, x)
    } else {
        simd.select_f32s(simd.less_than_f32s(high, x), high, x)
    }
}

/// The polynomial with these coefficients, the constant one first.
#[inline(always)]
pub(crate) fn polynomial<S: Simd, const N: usize>(simd: S, x: S::f32s, coefficients: [f32; N]) -> S::f32s {
    let mut sum = simd.splat_f32s(coefficients[N - 1]);
    for index in (0..N - 1).rev() {
        sum = multiply_add(simd, sum, x, simd.splat_f32s(coefficients[index]));
    }
    sum
}

/// The sign of `sign` on the size of `size`.
#[inline(always)]
pub(crate) fn with_sign<S: Simd>(simd: S, size: S::f32s, sign: S::f32s) -> S::f32s {
    let bit = simd.splat_f32s(-0.0);
    simd.or_f32s(simd.and_f32s(bit, sign), simd.abs_f32s(size))
}

/// The channels of a group in the blocked layout, for the instruction set: what [`Isa::block`](crate::Isa::block) says.
pub(crate) const fn block<S: Simd>() -> usize {
    if S::F32_LANES > 8 { S::F32_LANES } else { 8 }
}

/// The numbers of a register, from memory.
///
/// # Safety
///
/// There are as many numbers at `from`.
#[inline(always)]
pub(crate) unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: registers are plain numbers, which the caller has there; nothing is asked of where they lie.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// Writes the numbers of a register to memory.
///
/// # Safety
///
/// There is room for as many numbers at `to`, which nobody else has.
#[inline(always)]
pub(crate) unsafe fn store<S: Simd>(to: *mut f32, numbers: S::f32s) {
    // SAFETY: as for `load`.
    unsafe { to.cast::<S::f32s>().write_unaligned(numbers) }
}
