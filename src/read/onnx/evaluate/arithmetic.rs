//! Sums, products, quotients and the like.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::elementwise::{Rule, check_kinds, differ, held, mapped, zipped};
use super::rule::broadcast;
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

/// The rule that does the same to floats of both widths.
macro_rules! rule {
    ($ints:expr, |$a:ident, $b:ident| $floats:expr) => {
        Rule { ints: $ints, floats: |$a, $b| $floats, doubles: |$a, $b| $floats }
    };
}

pub(super) fn arithmetic(call: &Call) -> Answer {
    let name = &*call.node.operator;
    let rule = match name {
        "Pow" => return power(call),
        "Add" | "Sum" | "Mean" => rule!(|a, b| fits(a.checked_add(b), "+", a, b), |a, b| a + b),
        "Sub" => rule!(|a, b| fits(a.checked_sub(b), "-", a, b), |a, b| a - b),
        "Mul" => rule!(|a, b| fits(a.checked_mul(b), "×", a, b), |a, b| a * b),
        "Div" => rule!(quotient, |a, b| a / b),
        "Mod" if call.flag("fmod", false) => rule!(remainder, |a, b| a % b),
        // The sign is the divisor's.
        "Mod" => rule!(modulo, |a, b| {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
        }),
        "Min" => rule!(|a, b| Ok(a.min(b)), |a, b| if a.is_nan() || a <= b { a } else { b }),
        _ => rule!(|a, b| Ok(a.max(b)), |a, b| if a.is_nan() || a >= b { a } else { b }),
    };
    let arrays = call.all()?;
    check_kinds(&arrays)?;
    // Below version 7 the second is repeated from an axis that is named.
    let aligned = if call.opset < 7 { aligned(call, &arrays)? } else { None };
    let arrays = match &aligned {
        Some(second) => vec![arrays[0], second],
        None => arrays,
    };
    let dims = broadcast(&arrays.iter().map(|array| &*array.dims).collect::<Vec<_>>())?;
    call.makes(dims, arrays[0].kind, |dims| {
        let folded = match &arrays[..] {
            [a] => a.numbers.clone(),
            [a, b] => rule.apply(a, b, dims)?,
            [a, others @ ..] => {
                let mut so_far = (*a).clone();
                for other in others {
                    let dims = broadcast(&[&so_far.dims, &other.dims])?;
                    let numbers = rule.apply(&so_far, other, &dims)?;
                    so_far = Array { dims, kind: so_far.kind, numbers };
                }
                so_far.numbers
            }
            [] => None,
        };
        match folded {
            Some(numbers) if name == "Mean" => mean(arrays[0].kind, &numbers, arrays.len()).map(Some),
            folded => Ok(folded),
        }
    })
}

/// The second input with sizes of 1 behind it, so that it begins at the axis that is named.
fn aligned(call: &Call, arrays: &[&Array]) -> Result<Option<Array>, Text> {
    let ([first, second], Some(_)) = (arrays, call.node.int("axis")) else {
        return Ok(None);
    };
    let axis = call.axis("axis", 0, first.dims.len())?;
    let behind = first.dims.len().saturating_sub(axis + second.dims.len());
    let dims = second.dims.iter().copied().chain(std::iter::repeat_n(1, behind)).collect();
    Ok(Some(Array { dims, ..(*second).clone() }))
}

#[expect(clippy::cast_precision_loss, reason = "nothing has so many inputs")]
fn mean(kind: Kind, sum: &Numbers, count: usize) -> Result<Numbers, Text> {
    let mean = mapped(sum, |_| Err(differ()), |sum| sum / count as f32, |sum| sum / count as f64)?;
    held(kind, mean)
}

fn fits(result: Option<i64>, sign: &str, a: i64, b: i64) -> Result<i64, Text> {
    result.ok_or_else(|| text!("{a} {sign} {b} does not fit into 64 bits", "{a} {sign} {b} 超出 64 位"))
}

fn by_zero(a: i64) -> Text {
    text!("{a} is divided by 0", "{a} 除以 0")
}

fn quotient(a: i64, b: i64) -> Result<i64, Text> {
    if b == 0 { Err(by_zero(a)) } else { fits(a.checked_div(b), "÷", a, b) }
}

/// What is left of a division, with the sign of the dividend.
fn remainder(a: i64, b: i64) -> Result<i64, Text> {
    if b == 0 { Err(by_zero(a)) } else { Ok(a.wrapping_rem(b)) }
}

/// What is left of a division, with the sign of the divisor.
fn modulo(a: i64, b: i64) -> Result<i64, Text> {
    let rest = remainder(a, b)?;
    Ok(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

/// The type is the base's, whatever the exponent's.
fn power(call: &Call) -> Answer {
    let (base, exponent) = (call.input(0)?, call.input(1)?);
    let dims = broadcast(&[&base.dims, &exponent.dims])?;
    call.makes(dims, base.kind, |dims| {
        let (Some(of), Some(to)) = (&base.numbers, &exponent.numbers) else {
            return Ok(None);
        };
        let numbers = match (of, to) {
            (Numbers::Ints(a), Numbers::Ints(b)) => {
                let of = |a, b| fits(whole_power(a, b), "^", a, b);
                Numbers::Ints(zipped::<_, _, _, Result<_, _>>(
                    (a, &base.dims),
                    (b, &exponent.dims),
                    dims,
                    of,
                )?)
            }
            (Numbers::Ints(a), _) => {
                let b = wide(to);
                let of = |a: i64, b: f64| truncated(float(a).powf(b));
                Numbers::Ints(zipped::<_, _, _, Result<_, _>>(
                    (a, &base.dims),
                    (&b, &exponent.dims),
                    dims,
                    of,
                )?)
            }
            (Numbers::Floats(a), _) => {
                let b = narrow(to);
                Numbers::Floats(zipped((a, &base.dims), (&b, &exponent.dims), dims, f32::powf))
            }
            (Numbers::Doubles(a), _) => {
                let b = wide(to);
                Numbers::Doubles(zipped((a, &base.dims), (&b, &exponent.dims), dims, f64::powf))
            }
        };
        held(base.kind, numbers).map(Some)
    })
}

/// A whole number to a whole power, without its fraction; `None` if it does not fit or is infinite.
fn whole_power(a: i64, b: i64) -> Option<i64> {
    match (a, b) {
        (1, _) => Some(1),
        (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
        (0, ..=-1) => None,
        (_, ..=-1) => Some(0),
        _ => a.checked_pow(u32::try_from(b).unwrap_or(u32::MAX)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a power of a fraction is a float")]
fn float(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the fraction is to go, and the range is looked at")]
fn truncated(value: f64) -> Result<i64, Text> {
    let fits = value.abs() < 9.2e18;
    fits.then_some(value as i64)
        .ok_or_else(|| text!("{value} does not fit into 64 bits", "{value} 超出 64 位"))
}

pub(super) fn wide(numbers: &Numbers) -> Vec<f64> {
    match numbers {
        Numbers::Ints(values) => values.iter().map(|&value| float(value)).collect(),
        Numbers::Floats(values) => values.iter().map(|&value| value.into()).collect(),
        Numbers::Doubles(values) => values.to_vec(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the base's type is the result's"
)]
pub(super) fn narrow(numbers: &Numbers) -> Vec<f32> {
    match numbers {
        Numbers::Ints(values) => values.iter().map(|&value| value as f32).collect(),
        Numbers::Floats(values) => values.to_vec(),
        Numbers::Doubles(values) => values.iter().map(|&value| value as f32).collect(),
    }
}

pub(super) fn unary(call: &Call) -> Answer {
    let input = call.input(0)?;
    if &*call.node.operator == "Clip" {
        return clip(call, input);
    }
    call.makes(input.dims.clone(), input.kind, |_| {
        let Some(numbers) = &input.numbers else {
            return Ok(None);
        };
        let numbers = match &*call.node.operator {
            "Neg" => mapped(numbers, |a| fits(a.checked_neg(), "-", 0, a), |a| -a, |a| -a),
            "Abs" => mapped(numbers, |a| fits(a.checked_abs(), "-", 0, a), f32::abs, f64::abs),
            "Sign" => mapped(
                numbers,
                |a| Ok(a.signum()),
                |a| if a == 0.0 { 0.0 } else { a.signum() },
                |a| if a == 0.0 { 0.0 } else { a.signum() },
            ),
            _ => mapped(
                numbers,
                |a| Ok(a.max(0)),
                |a| if a < 0.0 { 0.0 } else { a },
                |a| if a < 0.0 { 0.0 } else { a },
            ),
        }?;
        held(input.kind, numbers).map(Some)
    })
}

fn clip(call: &Call, input: &Array) -> Answer {
    // Below version 11 the bounds are settings.
    let bound = |name, place: usize| match (call.node.float(name), call.optional(place)) {
        (Some(value), _) if call.opset < 11 => Some(bound(input.kind, value)),
        (_, found) => found.cloned(),
    };
    let bounds = [bound("min", 1), bound("max", 2)];
    let rules = [
        rule!(|a, b| Ok(a.max(b)), |a, b| if a < b { b } else { a }),
        rule!(|a, b| Ok(a.min(b)), |a, b| if a > b { b } else { a }),
    ];
    for bound in bounds.iter().flatten() {
        check_kinds(&[input, bound])?;
        if bound.elements() != Some(1) {
            let dims = &bound.dims;
            return Err(text!("a bound of Clip has sizes {dims:?}", "Clip 的界限的尺寸为 {dims:?}"));
        }
    }
    call.makes(input.dims.clone(), input.kind, |dims| {
        let mut clipped = input.clone();
        for (bound, rule) in bounds.iter().zip(rules) {
            if let Some(bound) = bound {
                clipped.numbers = rule.apply(&clipped, bound, dims)?;
            }
        }
        Ok(clipped.numbers)
    })
}

fn bound(kind: Kind, value: f32) -> Array {
    let numbers = match kind {
        Kind::DOUBLE => Numbers::Doubles([value.into()].into()),
        _ => Numbers::Floats([value].into()),
    };
    Array { dims: vec![], kind, numbers: Some(numbers) }
}
