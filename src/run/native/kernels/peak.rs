//! The arithmetic that an instruction set can do at most: multiplications with additions whose numbers never leave the registers.

use std::hint::black_box;

use pulp::{Simd, WithSimd};

use crate::{Isa, vector};

/// Sums that do not wait for each other: as many as hide the time of one, and as fit in 16 registers with the two factors.
const SUMS: usize = 12;

/// Steps of a round.
const STEPS: usize = 1 << 14;

/// Multiplies and adds for so many rounds on each of rayon's threads, and says how many operations these were, 2 for each
/// multiplication with its addition.
pub fn multiply_add(isa: Isa, rounds: usize) -> f64 {
    let lanes: usize = rayon::broadcast(|_| isa.run(Rounds(rounds))).into_iter().sum();
    2.0 * (lanes * SUMS * STEPS) as f64 * rounds as f64
}

struct Rounds(usize);

impl WithSimd for Rounds {
    /// Numbers in a register.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        // Close to 1, so that sums neither grow beyond all bounds nor become too small to be numbers as others.
        let (factor, term) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        let mut sums = [simd.splat_f32s(1.0); SUMS];
        for _ in 0..self.0 * STEPS {
            for sum in &mut sums {
                *sum = vector::multiply_add(simd, *sum, factor, term);
            }
        }
        black_box(sums);
        S::F32_LANES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_those_of_all_threads() {
        for isa in Isa::here() {
            let once = multiply_add(isa, 1);
            assert!((multiply_add(isa, 3) - 3.0 * once).abs() < 1.0);
            assert!(once >= (2 * 4 * SUMS * STEPS * rayon::current_num_threads()) as f64);
        }
    }
}
