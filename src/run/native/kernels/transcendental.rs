//! Exponential functions, logarithms and the error function of registers of numbers.
//!
//! Each is a polynomial on the interval that the argument is reduced to. The coefficients are minimax fits of our own, weighted
//! so that the relative error of the result is what is least; that error is below 6·10⁻⁹ everywhere, so that rounding is what is left.

use pulp::Simd;

use crate::vector::{at_least, at_most, multiply_add, polynomial, with_sign};

/// 1.5 · 2²³: added to a number, it leaves the nearest whole one in the low bits.
const ROUNDS: f32 = 12_582_912.0;

/// What the bits of 1 are.
const ONE_BITS: u32 = 0x3f80_0000;

/// Where the exponent is in the bits of a number.
const EXPONENT_BIT: u32 = 23;

/// ln 2 as a sum of two, the first of so few digits that multiples of it are exact.
const LN_2: [f32; 2] = [355.0 / 512.0, -2.121_944_4e-4];

/// e^x. An error of at most 1.2 units in the last place; results below 1.8·10⁻³⁸ may be 0.
#[inline(always)]
pub(crate) fn exponential<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = at_most(simd, simd.splat_f32s(89.0), at_least(simd, simd.splat_f32s(-87.3), x));
    let Reduced { less_one, times } = reduce(simd, x);
    // 2^(n − 1) has a representation for every n from −126 to 128, and 2^128 is beyond what has one.
    let half = times_two_to(simd, times, ONE_BITS - (1 << EXPONENT_BIT));
    let doubled = multiply_add(simd, less_one, simd.splat_f32s(2.0), simd.splat_f32s(2.0));
    simd.mul_f32s(doubled, half)
}

/// e^x − 1, as exact near 0 as elsewhere: an error of at most 2 units in the last place. Above 88 it stays what it is there.
#[inline(always)]
pub(crate) fn exponential_less_one<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = at_most(simd, simd.splat_f32s(88.0), at_least(simd, simd.splat_f32s(-20.0), x));
    let Reduced { less_one, times } = reduce(simd, x);
    let scale = times_two_to(simd, times, ONE_BITS);
    multiply_add(simd, less_one, scale, simd.sub_f32s(scale, simd.splat_f32s(1.0)))
}

/// ln(1 + u) of u from 0 to 1: an error of at most 2 units in the last place.
#[inline(always)]
pub(crate) fn logarithm_of_one_more<S: Simd>(simd: S, u: S::f32s) -> S::f32s {
    let rest = polynomial(
        simd,
        u,
        [
            -0.499_999_33,
            0.333_305_12,
            -0.249_585_88,
            0.196_954_01,
            -0.153_553_96,
            0.106_805_56,
            -0.057_664_45,
            0.020_204_589,
            -0.003_318_473_2,
        ],
    );
    multiply_add(simd, simd.mul_f32s(u, u), rest, u)
}

/// ln x: an error of at most 2 units in the last place; −∞ of 0, and no number of what is negative.
#[inline(always)]
pub(crate) fn logarithm<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let is_subnormal = simd.less_than_f32s(x, simd.splat_f32s(f32::MIN_POSITIVE));
    let normal = simd.select_f32s(is_subnormal, simd.mul_f32s(x, simd.splat_f32s(8_388_608.0)), x);
    let bits = simd.transmute_u32s_f32s(normal);
    // The power of two that leaves a factor from √½ to √2, as it stands in the exponent.
    let root = simd.splat_u32s(ONE_BITS - std::f32::consts::FRAC_1_SQRT_2.to_bits());
    let places = simd.splat_u32s(EXPONENT_BIT);
    let biased = simd.wrapping_dyn_shr_u32s(simd.add_u32s(bits, root), places);
    let scale = simd.sub_u32s(simd.wrapping_dyn_shl_u32s(biased, places), simd.splat_u32s(ONE_BITS));
    let factor = simd.transmute_f32s_u32s(simd.sub_u32s(bits, scale));
    let power = simd.transmute_f32s_u32s(simd.or_u32s(biased, simd.splat_u32s(8_388_608f32.to_bits())));
    let zero_power = simd.select_f32s(
        is_subnormal,
        simd.splat_f32s(8_388_608.0 + 150.0),
        simd.splat_f32s(8_388_608.0 + 127.0),
    );
    let power = simd.sub_f32s(power, zero_power);
    let of_factor = logarithm_near_one(simd, simd.sub_f32s(factor, simd.splat_f32s(1.0)), power);
    let result = multiply_add(simd, power, simd.splat_f32s(LN_2[0]), of_factor);
    let result = simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(f32::INFINITY)), result, x);
    let result =
        simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(0.0)), simd.splat_f32s(f32::NAN), result);
    simd.select_f32s(simd.equal_f32s(x, simd.splat_f32s(0.0)), simd.splat_f32s(f32::NEG_INFINITY), result)
}

/// The error function: an error of at most 3 units in the last place.
#[inline(always)]
pub(crate) fn error_function<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let size = simd.abs_f32s(x);
    with_sign(simd, exponential_less_one(simd, logarithm_of_tail(simd, size)), x)
}

/// 1 − erf(x) of x from 0 on: an error of at most 10⁻⁷, and much less where it is small.
#[inline(always)]
pub(crate) fn tail<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    exponential(simd, logarithm_of_tail(simd, x))
}

/// e^x as (1 + `less_one`) · 2^n.
struct Reduced<S: Simd> {
    less_one: S::f32s,
    /// n + [`ROUNDS`].
    times: S::f32s,
}

#[inline(always)]
fn reduce<S: Simd>(simd: S, x: S::f32s) -> Reduced<S> {
    let rounds = simd.splat_f32s(ROUNDS);
    let times = multiply_add(simd, x, simd.splat_f32s(std::f32::consts::LOG2_E), rounds);
    let whole = simd.sub_f32s(times, rounds);
    let rest = multiply_add(simd, whole, simd.splat_f32s(-LN_2[0]), x);
    let rest = multiply_add(simd, whole, simd.splat_f32s(-LN_2[1]), rest);
    let upper = polynomial(simd, rest, [0.5, 0.166_665_18, 0.041_666_206, 0.008_368_918, 0.001_395_054]);
    Reduced { less_one: multiply_add(simd, simd.mul_f32s(rest, rest), upper, rest), times }
}

/// The number with the bits `one`, times 2^n; `times` is n + [`ROUNDS`].
#[inline(always)]
fn times_two_to<S: Simd>(simd: S, times: S::f32s, one: u32) -> S::f32s {
    let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(times), simd.splat_u32s(EXPONENT_BIT));
    simd.transmute_f32s_u32s(simd.add_u32s(exponent, simd.splat_u32s(one)))
}

/// ln(1 + f) of 1 + f from √½ to √2, and what the small part of ln 2 comes to `power` times.
#[inline(always)]
fn logarithm_near_one<S: Simd>(simd: S, f: S::f32s, power: S::f32s) -> S::f32s {
    let upper = polynomial(
        simd,
        f,
        [
            -0.5,
            0.333_333_13,
            -0.250_000_1,
            0.200_021_19,
            -0.166_679_96,
            0.142_195_52,
            -0.124_055_89,
            0.118_881_62,
            -0.116_756_52,
            0.067_466_41,
        ],
    );
    let square = simd.mul_f32s(f, f);
    let small = multiply_add(simd, square, upper, simd.mul_f32s(power, simd.splat_f32s(LN_2[1])));
    simd.add_f32s(f, small)
}

/// ln(1 − erf(x)) of x from 0 on. It is x times a smooth function, which from 3.95 on is held: the error function is 1 there.
#[inline(always)]
fn logarithm_of_tail<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let held = at_most(simd, simd.splat_f32s(3.95), x);
    let slope = polynomial(
        simd,
        held,
        [
            -std::f32::consts::FRAC_2_SQRT_PI,
            -0.636_619_4,
            -0.102_777_83,
            0.019_153_064,
            0.000_160_396_07,
            -0.001_667_027_5,
            0.000_632_836_83,
            -0.000_117_641_27,
            9.256_265e-6,
        ],
    );
    simd.mul_f32s(x, slope)
}

#[cfg(test)]
mod tests {
    use pulp::WithSimd;

    use super::*;
    use crate::Isa;
    use crate::rows::single;

    struct All<'a>(&'a mut [f32]);

    impl WithSimd for All<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let (whole, rest) = S::as_mut_simd_f32s(self.0);
            assert!(rest.is_empty());
            for numbers in whole {
                *numbers = exponential(simd, *numbers);
            }
        }
    }

    #[test]
    fn within_two_units_in_the_last_place() {
        let of: Vec<f32> = (0..1 << 20).map(|index| index as f32 / 6000.0 - 86.0).collect();
        for isa in Isa::here() {
            let mut found = of.clone();
            isa.run(All(&mut found));
            for (&x, &found) in of.iter().zip(&found) {
                let wanted = f64::from(x).exp();
                if wanted > f32::MAX.into() {
                    assert!(found.is_infinite(), "{x}");
                    continue;
                }
                let unit = single(wanted).next_up() - single(wanted);
                let wrong = (f64::from(found) - wanted).abs();
                assert!(wrong <= 2.0 * f64::from(unit), "{x}: {found} instead of {wanted}");
            }
        }
    }

    #[test]
    fn extremes_and_what_is_no_number() {
        for isa in Isa::here() {
            let mut numbers = [f32::NAN; 16];
            let of = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, -1e30, 1e30, -88.0, 88.7];
            numbers[..of.len()].copy_from_slice(&of);
            isa.run(All(&mut numbers));
            assert_eq!(numbers[..7], [1.0, 1.0, f32::INFINITY, 0.0, 0.0, f32::INFINITY, 0.0]);
            assert!(numbers[7].is_finite() && numbers[8..].iter().all(|number| number.is_nan()));
        }
    }
}
