//! What is done to two numbers, and to rows of them.

use pulp::Simd;

use crate::Function;
use crate::function::apply;
use crate::rows::{self, Map};
use crate::vector::{at_least, at_most, load, store};

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// left + right
    Add,
    /// left − right
    Subtract,
    /// left · right
    Multiply,
    /// left / right
    Divide,
    /// The larger one; if one is not a number, that.
    Maximum,
    /// The smaller one; if one is not a number, that.
    Minimum,
}

/// The most numbers of a block.
const MOST: usize = 16;

/// Computes a row. A side is where it begins, and how many numbers it has from one block of the output to the next.
///
/// # Safety
///
/// The output is where it begins, and how many numbers it has: all can be written. A side can be read where a step is a block: as
/// far as the output goes, which it may be itself; where a step is 0: for a block.
#[inline(always)]
pub(super) unsafe fn combine<S: Simd>(
    simd: S,
    operation: Operation,
    last: Function,
    sides: [(*const f32, usize); 2],
    block: usize,
    output: (*mut f32, usize),
) {
    let bounds = last.bounds();
    let row = Row { bounds: bounds.unwrap_or((f32::NEG_INFINITY, f32::INFINITY)), sides, block };
    // SAFETY: as above
    unsafe {
        match operation {
            Operation::Add => row.compute(simd, rows::Sum, output),
            Operation::Subtract => row.compute(simd, rows::Difference, output),
            Operation::Multiply => row.compute(simd, rows::Product, output),
            Operation::Divide => row.compute(simd, rows::Quotient, output),
            Operation::Maximum => row.compute(simd, Larger, output),
            Operation::Minimum => row.compute(simd, Smaller, output),
        }
        if bounds.is_none() {
            // Once for all operations, as functions are long.
            apply(simd, last, std::slice::from_raw_parts_mut(output.0, output.1));
        }
    }
}

/// The larger of two numbers, or what is none.
#[derive(Clone, Copy)]
struct Larger;

/// The smaller of two numbers, or what is none.
#[derive(Clone, Copy)]
struct Smaller;

impl Map<2> for Larger {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, [x, y]: [S::f32s; 2]) -> S::f32s {
        simd.select_f32s(simd.equal_f32s(x, x), at_least(simd, x, y), x)
    }
}

impl Map<2> for Smaller {
    #[inline(always)]
    fn of<S: Simd>(self, simd: S, [x, y]: [S::f32s; 2]) -> S::f32s {
        simd.select_f32s(simd.equal_f32s(x, x), at_most(simd, x, y), x)
    }
}

/// A row to be computed.
#[derive(Clone, Copy)]
struct Row {
    /// What the results are kept within.
    bounds: (f32, f32),
    sides: [(*const f32, usize); 2],
    block: usize,
}

impl Row {
    /// Computes whole blocks, and what is left by way of blocks of its own.
    ///
    /// # Safety
    ///
    /// As of [`combine`].
    #[inline(always)]
    unsafe fn compute<S: Simd>(self, simd: S, operation: impl Map<2>, (output, count): (*mut f32, usize)) {
        let Self { sides, block, .. } = self;
        let whole = count / block * block;
        let rest = count - whole;
        if rest > 0 && whole > 0 && block == S::F32_LANES {
            // The last block overlaps the one before it, so it is computed before that is replaced. What has a step of 0 is the same
            // number all along: only planar rows have a rest.
            let shifted = sides
                .map(|(side, step)| (side.wrapping_add(if step == 0 { 0 } else { count - block }), step));
            // SAFETY: as above
            unsafe {
                let last = Self { sides: shifted, ..self }.at(simd, operation, 0, 0);
                self.blocks(simd, operation, output, whole);
                output.add(count - block).cast::<S::f32s>().write_unaligned(last);
            }
            return;
        }
        // SAFETY: as above
        unsafe { self.blocks(simd, operation, output, whole) };
        if rest > 0 {
            let mut rooms = [[0.0_f32; MOST]; 3];
            for ((side, step), room) in sides.into_iter().zip(&mut rooms) {
                let from = if step == 0 { side } else { side.wrapping_add(whole) };
                // SAFETY: as above; a block has no more than there is room for
                unsafe { from.copy_to_nonoverlapping(room.as_mut_ptr(), rest) };
            }
            let [left, right, all] = &mut rooms;
            let of_rest = Self { sides: [(left.as_ptr(), 0), (right.as_ptr(), 0)], ..self };
            // SAFETY: there is room for a block, and so many numbers are left of the output
            unsafe {
                of_rest.blocks(simd, operation, all.as_mut_ptr(), block);
                output.add(whole).copy_from_nonoverlapping(all.as_ptr(), rest);
            }
        }
    }

    /// Computes whole blocks.
    ///
    /// # Safety
    ///
    /// As of [`combine`], and so many numbers can be written to `output`.
    #[inline(always)]
    unsafe fn blocks<S: Simd>(self, simd: S, operation: impl Map<2>, output: *mut f32, count: usize) {
        for index in 0..count / self.block {
            for lane in (0..self.block).step_by(S::F32_LANES) {
                // SAFETY: as above
                unsafe {
                    let value = self.at(simd, operation, index, lane);
                    store::<S>(output.add(index * self.block + lane), value);
                }
            }
        }
    }

    /// What the operation makes of a register's worth of a block, within the bounds.
    ///
    /// # Safety
    ///
    /// As of [`combine`].
    #[inline(always)]
    unsafe fn at<S: Simd>(self, simd: S, operation: impl Map<2>, index: usize, lane: usize) -> S::f32s {
        let [(left, left_step), (right, right_step)] = self.sides;
        // SAFETY: as above
        let (left, right) = unsafe {
            let left = load::<S>(left.add(index * left_step + lane));
            (left, load::<S>(right.add(index * right_step + lane)))
        };
        let (low, high) = (simd.splat_f32s(self.bounds.0), simd.splat_f32s(self.bounds.1));
        at_most(simd, high, at_least(simd, low, operation.of(simd, [left, right])))
    }
}
