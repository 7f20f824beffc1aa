//! What is done to a row of numbers: sums and the like, and one row made of another.
//!
//! What is done to each number is a type of its own and no closure: only what is told to be inlined is compiled for the instruction
//! set of who calls it.

use pulp::Simd;

use crate::transcendental::exponential;
use crate::vector::{load, multiply_add, store};

/// A function of numbers that stand at the same place in `N` registers.
pub(crate) trait Map<const N: usize>: Copy {
    /// The function of them.
    fn of<S: Simd>(self, simd: S, numbers: [S::f32s; N]) -> S::f32s;
}

/// Defines functions as types.
macro_rules! functions {
    ($($(#[$says:meta])* $name:ident $(($field:ty))?: |$this:ident, $simd:ident, [$($x:ident),+]: $count:literal| $value:expr;)*) => {
        $(
            $(#[$says])*
            #[derive(Clone, Copy)]
            pub(crate) struct $name $((pub(crate) $field))?;

            impl Map<$count> for $name {
                #[inline(always)]
                fn of<S: Simd>(self, $simd: S, [$($x),+]: [S::f32s; $count]) -> S::f32s {
                    let $this = self;
                    $value
                }
            }
        )*
    };
}

functions! {
    /// x
    Same: |_this, _simd, [x]: 1| x;
    /// −x
    Negative: |_this, simd, [x]: 1| simd.neg_f32s(x);
    /// |x|
    Absolute: |_this, simd, [x]: 1| simd.abs_f32s(x);
    /// x times the number.
    Times(f32): |this, simd, [x]: 1| simd.mul_f32s(x, simd.splat_f32s(this.0));
    /// The square of x less the number.
    SquareOfLess(f32): |this, simd, [x]: 1| {
        let less = simd.sub_f32s(x, simd.splat_f32s(this.0));
        simd.mul_f32s(less, less)
    };
    /// x less the first number and then the second.
    Less([f32; 2]): |this, simd, [x]: 1| {
        simd.sub_f32s(simd.sub_f32s(x, simd.splat_f32s(this.0[0])), simd.splat_f32s(this.0[1]))
    };
    /// x less the first number and times the second; the product times y, plus z.
    Learned([f32; 2]): |this, simd, [x, y, z]: 3| {
        let less = simd.sub_f32s(x, simd.splat_f32s(this.0[0]));
        multiply_add(simd, simd.mul_f32s(less, simd.splat_f32s(this.0[1])), y, z)
    };
    /// x less the first number, times the second, plus the third.
    Standard([f32; 3]): |this, simd, [x]: 1| {
        let (less, factor) = (simd.splat_f32s(this.0[0]), simd.splat_f32s(this.0[1]));
        multiply_add(simd, simd.sub_f32s(x, less), factor, simd.splat_f32s(this.0[2]))
    };
    /// x times the first number, plus the second.
    Affine([f32; 2]): |this, simd, [x]: 1| {
        multiply_add(simd, x, simd.splat_f32s(this.0[0]), simd.splat_f32s(this.0[1]))
    };
    /// 1/x
    Reciprocal: |_this, simd, [x]: 1| simd.div_f32s(simd.splat_f32s(1.0), x);
    /// √x
    Root: |_this, simd, [x]: 1| simd.sqrt_f32s(x);
    /// √x · √√x
    ThreeQuarters: |_this, simd, [x]: 1| {
        let root = simd.sqrt_f32s(x);
        simd.mul_f32s(root, simd.sqrt_f32s(root))
    };
    /// x + y
    Sum: |_this, simd, [x, y]: 2| simd.add_f32s(x, y);
    /// x · y
    Product: |_this, simd, [x, y]: 2| simd.mul_f32s(x, y);
    /// x − y
    Difference: |_this, simd, [x, y]: 2| simd.sub_f32s(x, y);
    /// x / y
    Quotient: |_this, simd, [x, y]: 2| simd.div_f32s(x, y);
    /// The larger one.
    Larger: |_this, simd, [x, y]: 2| simd.max_f32s(x, y);
    /// The smaller one.
    Smaller: |_this, simd, [x, y]: 2| simd.min_f32s(x, y);
    /// e^(x − y)
    PowerOfDifference: |_this, simd, [x, y]: 2| exponential(simd, simd.sub_f32s(x, y));
    /// x + y²
    SumWithSquare: |_this, simd, [x, y]: 2| multiply_add(simd, y, y, x);
    /// x + |y|
    SumWithAbsolute: |_this, simd, [x, y]: 2| simd.add_f32s(x, simd.abs_f32s(y));
}

/// Sums that run beside each other, so that none waits for another.
const APART: usize = 4;

/// Numbers whose sum is taken in `f32`; sums of more are added in `f64`.
const TOGETHER: usize = 4096;

/// The most numbers of a register.
const MOST_LANES: usize = 16;

/// The sum of a function of every number.
#[inline(always)]
pub(crate) fn sum<S: Simd>(simd: S, row: &[f32], function: impl Map<1>) -> f64 {
    let mut sum = 0.0;
    for row in row.chunks(TOGETHER) {
        sum += f64::from(sum_together(simd, row, function));
    }
    sum
}

#[inline(always)]
fn sum_together<S: Simd>(simd: S, row: &[f32], function: impl Map<1>) -> f32 {
    let (whole, rest) = S::as_simd_f32s(row);
    let mut sums = [simd.splat_f32s(0.0); APART];
    let (several, few) = whole.as_chunks::<APART>();
    for numbers in several {
        for (sum, numbers) in sums.iter_mut().zip(numbers) {
            *sum = simd.add_f32s(*sum, function.of(simd, [*numbers]));
        }
    }
    for numbers in few {
        sums[0] = simd.add_f32s(sums[0], function.of(simd, [*numbers]));
    }
    let of_rest = if rest.is_empty() {
        0.0
    } else {
        sum_first(simd, function.of(simd, [simd.partial_load_f32s(rest)]), rest.len())
    };
    let both = [simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3])];
    simd.reduce_sum_f32s(simd.add_f32s(both[0], both[1])) + of_rest
}

/// The sum of the first so many numbers of a register.
#[inline(always)]
fn sum_first<S: Simd>(simd: S, numbers: S::f32s, count: usize) -> f32 {
    let mut first = [0.0; MOST_LANES];
    simd.partial_store_f32s(&mut first[..count], numbers);
    simd.reduce_sum_f32s(S::as_simd_f32s(&first).0[0])
}

/// The largest number that a function has; −∞ of none. A number that is none may be overlooked.
#[inline(always)]
pub(crate) fn largest<S: Simd>(simd: S, row: &[f32], function: impl Map<1>) -> f32 {
    let (whole, rest) = S::as_simd_f32s(row);
    let mut largest = [simd.splat_f32s(f32::NEG_INFINITY); APART];
    let (several, few) = whole.as_chunks::<APART>();
    for numbers in several {
        for (largest, numbers) in largest.iter_mut().zip(numbers) {
            *largest = simd.max_f32s(function.of(simd, [*numbers]), *largest);
        }
    }
    for numbers in few {
        largest[0] = simd.max_f32s(function.of(simd, [*numbers]), largest[0]);
    }
    if !rest.is_empty() {
        let mut last = [f32::NEG_INFINITY; MOST_LANES];
        let numbers = function.of(simd, [simd.partial_load_f32s(rest)]);
        simd.partial_store_f32s(&mut last[..rest.len()], numbers);
        largest[1] = simd.max_f32s(S::as_simd_f32s(&last).0[0], largest[1]);
    }
    let both = [simd.max_f32s(largest[0], largest[1]), simd.max_f32s(largest[2], largest[3])];
    simd.reduce_max_f32s(simd.max_f32s(both[0], both[1]))
}

/// Writes a function of the numbers at each place of other rows.
#[inline(always)]
pub(crate) fn map<S: Simd, const N: usize>(
    simd: S,
    rows: [&[f32]; N],
    output: &mut [f32],
    function: impl Map<N>,
) {
    assert!(rows.iter().all(|row| row.len() == output.len()), "a number for each");
    // SAFETY: all rows have as many numbers, and the output is borrowed exclusively.
    unsafe { each(simd, rows.map(<[f32]>::as_ptr), output.as_mut_ptr(), output.len(), function) }
}

/// Replaces every number by a function of it.
#[inline(always)]
pub(crate) fn change<S: Simd>(simd: S, row: &mut [f32], function: impl Map<1>) {
    let first = row.as_mut_ptr();
    // SAFETY: the row has so many numbers, and is borrowed exclusively.
    unsafe { each(simd, [first.cast_const()], first, row.len(), function) }
}

/// Replaces every number by a function of it and the one at its place in another row.
#[inline(always)]
pub(crate) fn change_by<S: Simd>(simd: S, row: &mut [f32], other: &[f32], function: impl Map<2>) {
    assert_eq!(row.len(), other.len(), "a number for each");
    let first = row.as_mut_ptr();
    // SAFETY: both rows have so many numbers, and the first is borrowed exclusively.
    unsafe { each(simd, [first.cast_const(), other.as_ptr()], first, row.len(), function) }
}

/// Writes a function of the numbers at each of `count` places.
///
/// # Safety
///
/// So many can be read from each of `rows` and written to `output`. A row that is not the output itself does not overlap it.
#[inline(always)]
unsafe fn each<S: Simd, const N: usize>(
    simd: S,
    rows: [*const f32; N],
    output: *mut f32,
    count: usize,
    function: impl Map<N>,
) {
    let lanes = S::F32_LANES;
    let mut numbers = [simd.splat_f32s(0.0); N];
    // SAFETY: the caller's promise: no register reaches further than `count` numbers.
    unsafe {
        if count < lanes {
            for (numbers, row) in numbers.iter_mut().zip(rows) {
                *numbers = simd.partial_load_f32s(std::slice::from_raw_parts(row, count));
            }
            let value = function.of(simd, numbers);
            simd.partial_store_f32s(std::slice::from_raw_parts_mut(output, count), value);
            return;
        }
        // The last register has numbers of the one before, should they not come out even: it is read before these are replaced.
        let end = count - lanes;
        for (numbers, row) in numbers.iter_mut().zip(rows) {
            *numbers = load::<S>(row.add(end));
        }
        let last = function.of(simd, numbers);
        let mut at = 0;
        while at < end {
            for (numbers, row) in numbers.iter_mut().zip(rows) {
                *numbers = load::<S>(row.add(at));
            }
            store::<S>(output.add(at), function.of(simd, numbers));
            at += lanes;
        }
        store::<S>(output.add(end), last);
    }
}

/// Replaces every number by e^(x − the largest), and tells the sum of these.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(simd: S, row: &mut [f32]) -> f32 {
    let less = simd.splat_f32s(largest(simd, row, Same));
    let (whole, rest) = S::as_mut_simd_f32s(row);
    let mut sums = [simd.splat_f32s(0.0); 2];
    let (several, few) = whole.as_chunks_mut::<2>();
    for numbers in several {
        for (sum, numbers) in sums.iter_mut().zip(numbers) {
            *numbers = exponential(simd, simd.sub_f32s(*numbers, less));
            *sum = simd.add_f32s(*sum, *numbers);
        }
    }
    for numbers in few {
        *numbers = exponential(simd, simd.sub_f32s(*numbers, less));
        sums[0] = simd.add_f32s(sums[0], *numbers);
    }
    let mut of_rest = 0.0;
    if !rest.is_empty() {
        let numbers = exponential(simd, simd.sub_f32s(simd.partial_load_f32s(rest), less));
        simd.partial_store_f32s(rest, numbers);
        of_rest = sum_first(simd, numbers, rest.len());
    }
    simd.reduce_sum_f32s(simd.add_f32s(sums[0], sums[1])) + of_rest
}

/// The nearest number of 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "what is lost is what is meant to be")]
pub(crate) fn single(number: f64) -> f32 {
    number as f32
}
