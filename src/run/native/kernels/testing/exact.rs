//! Functions of a number in 64 bits, as what kernels make of it is to be.

use crate::Function;

/// What the function is, in 64 bits.
pub(crate) fn exact(function: Function, x: f64) -> f64 {
    let elu = |x: f64| x.exp_m1();
    match function {
        Function::Identity => x,
        Function::Clamp { low, high } => x.max(low.into()).min(high.into()),
        Function::LeakyRelu { slope } => {
            if x > 0.0 {
                x
            } else {
                x * f64::from(slope)
            }
        }
        Function::Elu { alpha } => {
            if x > 0.0 {
                x
            } else {
                f64::from(alpha) * elu(x)
            }
        }
        Function::Selu => {
            1.050_700_987_355_480_5 * if x > 0.0 { x } else { 1.673_263_242_354_377_2 * elu(x) }
        }
        Function::Celu { alpha } => {
            if x > 0.0 {
                x
            } else {
                f64::from(alpha) * elu(x / f64::from(alpha))
            }
        }
        Function::Silu => x / (1.0 + (-x).exp()),
        Function::Gelu => {
            let tail = tail_of_error(x.abs() * std::f64::consts::FRAC_1_SQRT_2) / 2.0;
            x * if x < 0.0 { tail } else { 1.0 - tail }
        }
        Function::GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            x / (1.0 + (-2.0 * u).exp())
        }
        Function::Mish => x * x.exp().ln_1p().tanh(),
        Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Function::Tanh => x.tanh(),
        Function::HardSigmoid => (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::Softplus { beta, threshold } => {
            let y = x * f64::from(beta);
            if y > threshold.into() { x } else { y.exp().ln_1p() / f64::from(beta) }
        }
        Function::Softsign => x / (1.0 + x.abs()),
        Function::Exponential => x.exp(),
        Function::Logarithm => x.ln(),
        Function::ErrorFunction => erf(x),
        Function::SquareRoot => x.sqrt(),
        Function::InverseSquareRoot => 1.0 / x.sqrt(),
        Function::Reciprocal => 1.0 / x,
        Function::Square => x * x,
        Function::Cube => x * x * x,
        Function::Absolute => x.abs(),
        Function::Negative => -x,
        Function::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        Function::Floor => x.floor(),
        Function::Ceiling => x.ceil(),
        Function::Round => x.round_ties_even(),
        Function::Threshold { threshold, value } => {
            if x > threshold.into() {
                x
            } else {
                value.into()
            }
        }
        Function::LogicalNot => f64::from(u8::from(x == 0.0)),
        Function::Affine { factor, constant } => x * f64::from(factor) + f64::from(constant),
    }
}

/// 1 − erf(x) of x from 0 on: the series of the error function where that is exact enough, otherwise the continued fraction.
fn tail_of_error(x: f64) -> f64 {
    if x < 2.5 {
        let mut term = x;
        let mut sum = x;
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return 1.0 - 2.0 / std::f64::consts::PI.sqrt() * sum;
    }
    let fraction = (1..200).rev().fold(0.0, |inner, n| f64::from(n) / 2.0 / (x + inner));
    (-x * x).exp() / (x + fraction) / std::f64::consts::PI.sqrt()
}

/// The error function.
fn erf(x: f64) -> f64 {
    if x.abs() < 0.1 {
        let series = x - x.powi(3) / 3.0 + x.powi(5) / 10.0 - x.powi(7) / 42.0 + x.powi(9) / 216.0;
        return 2.0 / std::f64::consts::PI.sqrt() * series;
    }
    (1.0 - tail_of_error(x.abs())).copysign(x)
}
