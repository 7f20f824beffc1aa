//! Functions of a single number, which are applied to every number of a tensor.

use pulp::{Simd, WithSimd};

use crate::transcendental::{
    error_function, exponential, exponential_less_one, logarithm, logarithm_of_one_more, tail,
};
use crate::vector::{at_least, at_most, multiply_add};

/// A function of a number, as PyTorch has it of the same name. What is not a number stays so, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// x
    Identity,
    /// x, but no less than `low` and no more than `high`: ReLU, ReLU6, hard tanh. Where `high` is below `low`, it is `high`.
    Clamp {
        /// The least value; −∞ for none.
        low: f32,
        /// The largest; ∞ for none.
        high: f32,
    },
    /// x where it is positive, otherwise `slope` · x.
    LeakyRelu {
        /// What a negative x is multiplied by.
        slope: f32,
    },
    /// x where it is positive, otherwise `alpha` · (e^x − 1).
    Elu {
        /// How far below zero it goes.
        alpha: f32,
    },
    /// 1.0507 · [`Elu`](Self::Elu) with an alpha of 1.67326.
    Selu,
    /// x where it is positive, otherwise `alpha` · (e^(x/alpha) − 1).
    Celu {
        /// How far below zero it goes: not 0.
        alpha: f32,
    },
    /// x / (1 + e^−x)
    Silu,
    /// x · Φ(x), Φ being the standard normal distribution function.
    Gelu,
    /// The same with Φ by a hyperbolic tangent.
    GeluTanh,
    /// x · tanh(ln(1 + e^x))
    Mish,
    /// 1 / (1 + e^−x)
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// x/6 + 1/2, from 0 to 1.
    HardSigmoid,
    /// x times [`HardSigmoid`](Self::HardSigmoid).
    HardSwish,
    /// ln(1 + e^(`beta` · x))/`beta`, and x where `beta` · x is above `threshold`.
    Softplus {
        /// How sharply it bends at zero: not 0.
        beta: f32,
        /// Where it stops to bend.
        threshold: f32,
    },
    /// x / (1 + |x|)
    Softsign,
    /// e^x; 0 where that is below 1.8·10⁻³⁸.
    Exponential,
    /// Natural logarithm.
    Logarithm,
    /// Error function.
    ErrorFunction,
    /// √x
    SquareRoot,
    /// 1/√x
    InverseSquareRoot,
    /// 1/x
    Reciprocal,
    /// x²
    Square,
    /// x³
    Cube,
    /// |x|
    Absolute,
    /// −x
    Negative,
    /// 1 above zero, −1 below, otherwise 0.
    Sign,
    /// The largest whole number that is not above x.
    Floor,
    /// The smallest whole number that is not below x.
    Ceiling,
    /// The nearest whole number, the even one of two.
    Round,
    /// x where it is above `threshold`, otherwise `value`.
    Threshold {
        /// What x must be above.
        threshold: f32,
        /// What stands in place of the others.
        value: f32,
    },
    /// 1 where x is 0, otherwise 0.
    LogicalNot,
    /// `factor` · x + `constant`
    Affine {
        /// What x is multiplied by.
        factor: f32,
        /// What is added.
        constant: f32,
    },
}

impl Function {
    /// Rectified linear unit.
    pub const RELU: Self = Self::Clamp { low: 0.0, high: f32::INFINITY };

    /// Its bounds, if it is nothing but a clamp; those of the identity are infinite.
    pub(crate) fn bounds(self) -> Option<(f32, f32)> {
        if let Self::Clamp { low, high } = self {
            Some((low, high))
        } else if self == Self::Identity {
            Some((f32::NEG_INFINITY, f32::INFINITY))
        } else {
            None
        }
    }

    /// x^`exponent`, if that is one of these.
    #[expect(clippy::float_cmp, reason = "powers that differ by however little are other functions")]
    pub fn power(exponent: f64) -> Option<Self> {
        let known = [
            (1.0, Self::Identity),
            (2.0, Self::Square),
            (3.0, Self::Cube),
            (0.5, Self::SquareRoot),
            (-0.5, Self::InverseSquareRoot),
            (-1.0, Self::Reciprocal),
        ];
        known.into_iter().find(|(power, _)| *power == exponent).map(|(_, function)| function)
    }

    /// The function of each number of a register.
    #[inline(always)]
    pub(crate) fn of<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        self.of_all(simd, [x])[0]
    }

    /// The function of each number of some registers.
    #[inline(always)]
    pub(crate) fn of_all<S: Simd, const N: usize>(self, simd: S, x: [S::f32s; N]) -> [S::f32s; N] {
        let mut numbers = x;
        match self {
            Self::Identity => {}
            Self::Clamp { low, high } => {
                let (low, high) = (simd.splat_f32s(low), simd.splat_f32s(high));
                for number in &mut numbers {
                    *number = at_most(simd, high, at_least(simd, low, *number));
                }
            }
            // What takes more instructions is not repeated wherever a kernel ends.
            function => {
                let mut others = numbers;
                simd.vectorize(Longer { simd, function, numbers: &mut others });
                numbers = others;
            }
        }
        numbers
    }
}

/// Applies a function to each of `numbers`.
#[inline(always)]
pub(crate) fn apply<S: Simd>(simd: S, function: Function, numbers: &mut [f32]) {
    if function == Function::Identity {
        return;
    }
    let (vectors, rest) = S::as_mut_simd_f32s(numbers);
    simd.vectorize(Longer { simd, function, numbers: vectors });
    if !rest.is_empty() {
        let last = function.of(simd, simd.partial_load_f32s(rest));
        simd.partial_store_f32s(rest, last);
    }
}

/// A function of the numbers of some registers.
struct Longer<'a, S: Simd> {
    simd: S,
    function: Function,
    numbers: &'a mut [S::f32s],
}

impl<S: Simd> WithSimd for Longer<'_, S> {
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _: T) {
        let Self { simd, function, numbers } = self;
        // A closure might stay a function of its own, which is not compiled for the instruction set.
        macro_rules! each {
            ($x:ident => $value:expr) => {
                for number in numbers {
                    let $x = *number;
                    *number = $value;
                }
            };
        }
        match function {
            Function::Identity => {}
            Function::Clamp { low, high } => {
                each!(x => at_most(simd, simd.splat_f32s(high), at_least(simd, simd.splat_f32s(low), x)))
            }
            Function::LeakyRelu { slope } => {
                each!(x => where_negative(simd, x, simd.mul_f32s(x, simd.splat_f32s(slope))))
            }
            Function::Elu { alpha } => each!(x => elu(simd, x, [1.0, alpha, 1.0])),
            Function::Selu => each!(x => elu(simd, x, [SELU_SCALE, SELU_SCALE * SELU_ALPHA, 1.0])),
            Function::Celu { alpha } => each!(x => elu(simd, x, [1.0, alpha, 1.0 / alpha])),
            Function::Silu => each!(x => simd.div_f32s(x, one_more_than_power(simd, x))),
            Function::Gelu => each!(x => gelu(simd, x)),
            Function::GeluTanh => each!(x => gelu_tanh(simd, x)),
            Function::Mish => each!(x => mish(simd, x)),
            Function::Sigmoid => {
                each!(x => simd.div_f32s(simd.splat_f32s(1.0), one_more_than_power(simd, x)))
            }
            Function::Tanh => each!(x => tanh(simd, x)),
            Function::HardSigmoid => each!(x => hard_sigmoid(simd, x)),
            Function::HardSwish => each!(x => simd.mul_f32s(x, hard_sigmoid(simd, x))),
            Function::Softplus { beta, threshold } => each!(x => softplus(simd, x, beta, threshold)),
            Function::Softsign => {
                each!(x => simd.div_f32s(x, simd.add_f32s(simd.splat_f32s(1.0), simd.abs_f32s(x))))
            }
            Function::Exponential => each!(x => exponential(simd, x)),
            Function::Logarithm => each!(x => logarithm(simd, x)),
            Function::ErrorFunction => each!(x => error_function(simd, x)),
            Function::SquareRoot => each!(x => simd.sqrt_f32s(x)),
            Function::InverseSquareRoot => each!(x => simd.div_f32s(simd.splat_f32s(1.0), simd.sqrt_f32s(x))),
            Function::Reciprocal => each!(x => simd.div_f32s(simd.splat_f32s(1.0), x)),
            Function::Square => each!(x => simd.mul_f32s(x, x)),
            Function::Cube => each!(x => simd.mul_f32s(simd.mul_f32s(x, x), x)),
            Function::Absolute => each!(x => simd.abs_f32s(x)),
            Function::Negative => each!(x => simd.neg_f32s(x)),
            Function::Sign => each!(x => sign(simd, x)),
            Function::Floor => each!(x => {
                let whole = round(simd, x);
                let less = simd.sub_f32s(whole, simd.splat_f32s(1.0));
                simd.select_f32s(simd.less_than_f32s(x, whole), less, whole)
            }),
            Function::Ceiling => each!(x => {
                let whole = round(simd, x);
                let more = simd.add_f32s(whole, simd.splat_f32s(1.0));
                simd.select_f32s(simd.less_than_f32s(whole, x), more, whole)
            }),
            Function::Round => each!(x => round(simd, x)),
            Function::Threshold { threshold, value } => each!(x => {
                let below = simd.less_than_or_equal_f32s(x, simd.splat_f32s(threshold));
                simd.select_f32s(below, simd.splat_f32s(value), x)
            }),
            Function::LogicalNot => {
                each!(x => simd.select_f32s(simd.equal_f32s(x, simd.splat_f32s(0.0)), simd.splat_f32s(1.0), simd.splat_f32s(0.0)))
            }
            Function::Affine { factor, constant } => {
                each!(x => multiply_add(simd, x, simd.splat_f32s(factor), simd.splat_f32s(constant)))
            }
        }
    }
}

/// Klambauer et al. 2017, equation 14.
const SELU_ALPHA: f32 = 1.673_263_2;

/// Likewise.
const SELU_SCALE: f32 = 1.050_701;

/// `below` where x is negative, otherwise x.
#[inline(always)]
fn where_negative<S: Simd>(simd: S, x: S::f32s, below: S::f32s) -> S::f32s {
    simd.select_f32s(simd.less_than_f32s(x, simd.splat_f32s(0.0)), below, x)
}

/// `above` · x where x is positive, otherwise `below` · (e^(`inside` · x) − 1).
#[inline(always)]
fn elu<S: Simd>(simd: S, x: S::f32s, [above, below, inside]: [f32; 3]) -> S::f32s {
    let power = exponential_less_one(simd, simd.mul_f32s(x, simd.splat_f32s(inside)));
    let is_negative = simd.less_than_f32s(x, simd.splat_f32s(0.0));
    let linear = simd.mul_f32s(x, simd.splat_f32s(above));
    simd.select_f32s(is_negative, simd.mul_f32s(power, simd.splat_f32s(below)), linear)
}

/// 1 + e^−x.
#[inline(always)]
fn one_more_than_power<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    simd.add_f32s(simd.splat_f32s(1.0), exponential(simd, simd.neg_f32s(x)))
}

/// (e^2x − 1)/(e^2x + 1).
#[inline(always)]
fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // From 10 on it is 1.
    let held = at_most(simd, simd.splat_f32s(10.0), at_least(simd, simd.splat_f32s(-10.0), x));
    let power = exponential_less_one(simd, simd.add_f32s(held, held));
    simd.div_f32s(power, simd.add_f32s(power, simd.splat_f32s(2.0)))
}

/// x · Φ(x) by the tail of the error function on the side of x, which is exact where it is small.
#[inline(always)]
fn gelu<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let size = simd.mul_f32s(simd.abs_f32s(x), simd.splat_f32s(std::f32::consts::FRAC_1_SQRT_2));
    let tail = simd.mul_f32s(tail(simd, size), simd.splat_f32s(0.5));
    let is_negative = simd.less_than_f32s(x, simd.splat_f32s(0.0));
    let other = simd.sub_f32s(simd.splat_f32s(1.0), tail);
    simd.mul_f32s(x, simd.select_f32s(is_negative, tail, other))
}

/// x · (1 + tanh(u))/2 with u = √(2/π) · (x + 0.044715 · x³), which is x / (1 + e^−2u).
#[inline(always)]
fn gelu_tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let twice = 2.0 * (2.0 * std::f32::consts::FRAC_1_PI).sqrt();
    let factor = simd.splat_f32s(twice * 0.044_715);
    let inner = multiply_add(simd, simd.mul_f32s(x, x), factor, simd.splat_f32s(twice));
    simd.div_f32s(x, one_more_than_power(simd, simd.mul_f32s(x, inner)))
}

/// tanh(ln(1 + e^x)) is n/(n + 2) with n = e^x · (e^x + 2); from x = 20 on it is 1.
#[inline(always)]
fn mish<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let two = simd.splat_f32s(2.0);
    let power = exponential(simd, at_most(simd, simd.splat_f32s(20.0), x));
    let n = simd.mul_f32s(power, simd.add_f32s(power, two));
    simd.mul_f32s(x, simd.div_f32s(n, simd.add_f32s(n, two)))
}

#[inline(always)]
fn hard_sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let line = multiply_add(simd, x, simd.splat_f32s(1.0 / 6.0), simd.splat_f32s(0.5));
    at_most(simd, simd.splat_f32s(1.0), at_least(simd, simd.splat_f32s(0.0), line))
}

/// With y = beta · x it is max(y, 0) + ln(1 + e^−|y|), which does not overflow.
#[inline(always)]
fn softplus<S: Simd>(simd: S, x: S::f32s, beta: f32, threshold: f32) -> S::f32s {
    let y = simd.mul_f32s(x, simd.splat_f32s(beta));
    let bend = logarithm_of_one_more(simd, exponential(simd, simd.neg_f32s(simd.abs_f32s(y))));
    let sum = simd.add_f32s(at_least(simd, simd.splat_f32s(0.0), y), bend);
    let is_above = simd.greater_than_f32s(y, simd.splat_f32s(threshold));
    simd.select_f32s(is_above, x, simd.mul_f32s(sum, simd.splat_f32s(1.0 / beta)))
}

#[inline(always)]
fn sign<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    let below = simd.select_f32s(simd.less_than_f32s(x, zero), simd.splat_f32s(-1.0), zero);
    simd.select_f32s(simd.less_than_f32s(zero, x), simd.splat_f32s(1.0), below)
}

/// The nearest whole number, the even one of two. From 2²³ on there are no others.
#[inline(always)]
fn round<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let (size, limit) = (simd.abs_f32s(x), simd.splat_f32s(8_388_608.0));
    let rounded = simd.sub_f32s(simd.add_f32s(size, limit), limit);
    let signed = crate::vector::with_sign(simd, rounded, x);
    simd.select_f32s(simd.less_than_f32s(size, limit), signed, x)
}

#[cfg(test)]
mod tests;
