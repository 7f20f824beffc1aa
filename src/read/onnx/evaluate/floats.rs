//! Functions of floats, in the width of their type.

use super::super::array::Numbers;
use super::elementwise::{held, mapped};
use super::{Answer, Call};
use crate::text;

/// The rule of an operator, if it is a function of floats.
pub(super) fn function(name: &str) -> Option<fn(&Call) -> Answer> {
    functions(name).map(|_| apply as fn(&Call) -> Answer)
}

type Functions = (fn(f32) -> f32, fn(f64) -> f64);

/// The function of floats of each width.
fn functions(name: &str) -> Option<Functions> {
    macro_rules! both {
        (|$x:ident| $value:expr) => {
            (|$x| $value, |$x| $value)
        };
    }
    Some(match name {
        "Sqrt" => (f32::sqrt, f64::sqrt),
        "Exp" => (f32::exp, f64::exp),
        "Log" => (f32::ln, f64::ln),
        "Ceil" => (f32::ceil, f64::ceil),
        "Floor" => (f32::floor, f64::floor),
        "Round" => (f32::round_ties_even, f64::round_ties_even),
        "Sin" => (f32::sin, f64::sin),
        "Cos" => (f32::cos, f64::cos),
        "Tan" => (f32::tan, f64::tan),
        "Asin" => (f32::asin, f64::asin),
        "Acos" => (f32::acos, f64::acos),
        "Atan" => (f32::atan, f64::atan),
        "Sinh" => (f32::sinh, f64::sinh),
        "Cosh" => (f32::cosh, f64::cosh),
        "Tanh" => (f32::tanh, f64::tanh),
        "Asinh" => (f32::asinh, f64::asinh),
        "Acosh" => (f32::acosh, f64::acosh),
        "Atanh" => (f32::atanh, f64::atanh),
        "Reciprocal" => both!(|x| x.recip()),
        "Sigmoid" => both!(|x| (1.0 + (-x).exp()).recip()),
        "Softplus" => both!(|x| x.exp().ln_1p()),
        "Softsign" => both!(|x| x / (1.0 + x.abs())),
        "Erf" => (narrow_erf, erf),
        _ => return None,
    })
}

fn apply(call: &Call) -> Answer {
    let (input, name) = (call.input(0)?, &call.node.operator);
    call.makes(input.dims.clone(), input.kind, |_| {
        let (Some(numbers), Some((floats, doubles))) = (&input.numbers, functions(name)) else {
            return Ok(None);
        };
        let ints = |_| Err(text!("{name} is for floats", "{name} 只用于浮点数"));
        let numbers: Numbers = mapped(numbers, ints, floats, doubles)?;
        held(input.kind, numbers).map(Some)
    })
}

#[expect(clippy::cast_possible_truncation, reason = "it is rounded once")]
fn narrow_erf(x: f32) -> f32 {
    erf(x.into()) as f32
}

/// The error function: `2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))`, whose terms all have one sign (Abramowitz and Stegun,
/// 7.1.6).
fn erf(x: f64) -> f64 {
    // From there on it is 1 to the last bit.
    if x.abs() > 6.0 || x.is_nan() {
        return if x.is_nan() { x } else { x.signum() };
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-17 {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}
