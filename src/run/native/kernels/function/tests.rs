//! Functions against the same in 64 bits.

#![expect(clippy::float_cmp, reason = "some results are to be exact")]
#![expect(clippy::cast_possible_truncation, reason = "rounding is what is tested")]

use pulp::{Simd, WithSimd};

use super::*;
use crate::Isa;
use crate::testing::exact;

/// [`apply`], for an instruction set.
struct Apply<'a>(Function, &'a mut [f32]);

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        apply(simd, self.0, self.1);
    }
}

/// Each function with what it is wrong by at most: in units in the last place, and by a share of |x|.
const BOUNDS: [(Function, f64, f64); 35] = [
    (Function::Identity, 0.0, 0.0),
    (Function::Clamp { low: -0.5, high: 6.0 }, 0.0, 0.0),
    (Function::RELU, 0.0, 0.0),
    (Function::LeakyRelu { slope: 0.01 }, 0.5, 0.0),
    (Function::Elu { alpha: 0.7 }, 2.5, 0.0),
    (Function::Selu, 2.5, 0.0),
    (Function::Celu { alpha: 1.3 }, 3.0, 0.0),
    (Function::Silu, 3.0, 0.0),
    (Function::Gelu, 3.0, 3e-8),
    (Function::GeluTanh, 3.0, 3e-8),
    (Function::Mish, 4.0, 0.0),
    (Function::Sigmoid, 3.0, 0.0),
    (Function::Tanh, 3.0, 0.0),
    (Function::HardSigmoid, 1.0, 1e-7),
    (Function::HardSwish, 1.0, 2e-7),
    (Function::Softplus { beta: 1.0, threshold: 20.0 }, 3.0, 0.0),
    (Function::Softplus { beta: 2.0, threshold: 5.0 }, 3.0, 0.0),
    (Function::Softsign, 2.0, 0.0),
    (Function::Exponential, 1.2, 0.0),
    (Function::Logarithm, 2.0, 0.0),
    (Function::ErrorFunction, 3.0, 0.0),
    (Function::SquareRoot, 0.5, 0.0),
    (Function::InverseSquareRoot, 1.5, 0.0),
    (Function::Reciprocal, 0.5, 0.0),
    (Function::Square, 0.5, 0.0),
    (Function::Cube, 1.5, 0.0),
    (Function::Absolute, 0.0, 0.0),
    (Function::Negative, 0.0, 0.0),
    (Function::Sign, 0.0, 0.0),
    (Function::Floor, 0.0, 0.0),
    (Function::Ceiling, 0.0, 0.0),
    (Function::Round, 0.0, 0.0),
    (Function::Threshold { threshold: 0.5, value: -3.0 }, 0.0, 0.0),
    (Function::LogicalNot, 0.0, 0.0),
    (Function::Affine { factor: 0.5, constant: 2.0 }, 0.5, 0.0),
];

/// The distance from a number of 32 bits to the next larger one.
fn unit(of: f64) -> f64 {
    let size = of.abs().clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    2f64.powi(size.log2().floor() as i32 - 23)
}

/// All over the numbers there are, and closer together where functions bend; as many that no register ends where they do.
fn arguments() -> Vec<f32> {
    let everywhere = (0..u32::MAX).step_by(60_013).map(f32::from_bits).filter(|x| x.is_finite());
    let near = (-40_000..40_000).map(|step| step as f32 * 0.002_503);
    let mut arguments: Vec<f32> = everywhere.chain(near).chain([0.0, -0.0, 0.5, 1.5, -2.5]).collect();
    arguments.truncate(arguments.len() / 16 * 16 - 3);
    arguments
}

#[test]
fn functions_are_exact() {
    let arguments = arguments();
    for (function, units, share) in BOUNDS {
        let expected: Vec<f64> = arguments.iter().map(|&x| exact(function, x.into())).collect();
        for isa in Isa::here() {
            let mut results = arguments.clone();
            isa.run(Apply(function, &mut results));
            for ((&x, &result), &expected) in arguments.iter().zip(&results).zip(&expected) {
                let (error, size) = (f64::from(result) - expected, f64::from(x).abs());
                let close = units * unit(expected) + share * size + 1.8e-38 * (1.0 + size);
                let rounded = expected as f32;
                let is_same = result == rounded || result.is_nan() && rounded.is_nan();
                let units = error / unit(expected);
                assert!(
                    is_same || error.abs() <= close,
                    "{isa:?} {function:?}({x:e}) = {result:e}, not {expected:e}: {units} units"
                );
            }
        }
    }
}

#[test]
fn limits_are_reached() {
    let (infinity, none) = (f32::INFINITY, f32::NAN);
    let limits = [
        (Function::Elu { alpha: 2.0 }, [-2.0, infinity]),
        (Function::Gelu, [none, infinity]),
        (Function::GeluTanh, [none, infinity]),
        (Function::Silu, [none, infinity]),
        (Function::Mish, [none, infinity]),
        (Function::Sigmoid, [0.0, 1.0]),
        (Function::Tanh, [-1.0, 1.0]),
        (Function::HardSigmoid, [0.0, 1.0]),
        (Function::Softplus { beta: 1.0, threshold: 20.0 }, [0.0, infinity]),
        (Function::Exponential, [0.0, infinity]),
        (Function::Logarithm, [none, infinity]),
        (Function::ErrorFunction, [-1.0, 1.0]),
        (Function::Round, [-infinity, infinity]),
    ];
    for isa in Isa::here() {
        for (function, expected) in limits {
            let mut numbers = [-infinity, infinity];
            isa.run(Apply(function, &mut numbers));
            let same = |a: f32, b: f32| a == b || a.is_nan() && b.is_nan();
            assert!(
                numbers.iter().zip(expected).all(|(&a, b)| same(a, b)),
                "{isa:?} {function:?} {numbers:?}"
            );
        }
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    for isa in Isa::here() {
        for (function, ..) in BOUNDS {
            let mut numbers = [f32::NAN; 19];
            isa.run(Apply(function, &mut numbers));
            let becomes_one = matches!(function, Function::Sign | Function::LogicalNot);
            assert!(numbers.iter().all(|x| x.is_nan() != becomes_one), "{isa:?} {function:?} {numbers:?}");
        }
    }
}
