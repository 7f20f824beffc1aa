//! Questions about elements, whose answers are true or false.

use std::sync::Arc;

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::elementwise::{check_kinds, differ, zipped};
use super::rule::broadcast;
use super::{Answer, Call};
use crate::text::Text;

/// The same question to numbers of each type.
macro_rules! question {
    ($a:expr, $b:expr, $dims:expr, |$x:ident, $y:ident| $holds:expr) => {
        match (&$a.numbers, &$b.numbers) {
            (Some(Numbers::Ints(a)), Some(Numbers::Ints(b))) => {
                Ok(Some(asked((a, &$a.dims), (b, &$b.dims), $dims, |$x: i64, $y: i64| $holds)))
            }
            (Some(Numbers::Floats(a)), Some(Numbers::Floats(b))) => {
                Ok(Some(asked((a, &$a.dims), (b, &$b.dims), $dims, |$x: f32, $y: f32| $holds)))
            }
            (Some(Numbers::Doubles(a)), Some(Numbers::Doubles(b))) => {
                Ok(Some(asked((a, &$a.dims), (b, &$b.dims), $dims, |$x: f64, $y: f64| $holds)))
            }
            (None, _) | (_, None) => Ok(None),
            (Some(_), Some(_)) => Err(differ()),
        }
    };
}

pub(super) fn compare(call: &Call) -> Answer {
    let (a, name) = (call.input(0)?, &*call.node.operator);
    if matches!(name, "Not" | "IsNaN" | "IsInf") {
        return of_one(call, a);
    }
    let b = call.input(1)?;
    check_kinds(&[a, b])?;
    let dims = broadcast(&[&a.dims, &b.dims])?;
    #[expect(clippy::float_cmp, reason = "that is what the operator asks")]
    call.makes(dims, Kind::BOOL, |dims| match name {
        "Equal" => question!(a, b, dims, |x, y| x == y),
        "Less" => question!(a, b, dims, |x, y| x < y),
        "LessOrEqual" => question!(a, b, dims, |x, y| x <= y),
        "Greater" => question!(a, b, dims, |x, y| x > y),
        "GreaterOrEqual" => question!(a, b, dims, |x, y| x >= y),
        "And" => logical(a, b, dims, |x, y| x && y),
        "Or" => logical(a, b, dims, |x, y| x || y),
        _ => logical(a, b, dims, |x, y| x != y),
    })
}

fn asked<T: Copy>(
    a: (&[T], &[u64]),
    b: (&[T], &[u64]),
    dims: &[u64],
    holds: impl Fn(T, T) -> bool,
) -> Numbers {
    Numbers::Ints(zipped(a, b, dims, |x, y| i64::from(holds(x, y))))
}

fn logical(
    a: &Array,
    b: &Array,
    dims: &[u64],
    holds: impl Fn(bool, bool) -> bool,
) -> Result<Option<Numbers>, Text> {
    if a.kind != Kind::BOOL {
        return Err(differ());
    }
    let both = a.ints().zip(b.ints());
    Ok(both.map(|(x, y)| asked((x, &a.dims), (y, &b.dims), dims, |x, y| holds(x != 0, y != 0))))
}

fn of_one(call: &Call, input: &Array) -> Answer {
    let (positive, negative) = (call.flag("detect_positive", true), call.flag("detect_negative", true));
    let is_infinite = |x: f64| x.is_infinite() && (if x > 0.0 { positive } else { negative });
    call.makes(input.dims.clone(), Kind::BOOL, |_| {
        let answers: Arc<[i64]> = match (&*call.node.operator, &input.numbers) {
            ("Not", Some(Numbers::Ints(values))) => values.iter().map(|&x| i64::from(x == 0)).collect(),
            ("IsNaN", Some(Numbers::Floats(values))) => {
                values.iter().map(|x| i64::from(x.is_nan())).collect()
            }
            ("IsNaN", Some(Numbers::Doubles(values))) => {
                values.iter().map(|x| i64::from(x.is_nan())).collect()
            }
            ("IsInf", Some(Numbers::Floats(values))) => {
                values.iter().map(|&x| i64::from(is_infinite(x.into()))).collect()
            }
            ("IsInf", Some(Numbers::Doubles(values))) => {
                values.iter().map(|&x| i64::from(is_infinite(x))).collect()
            }
            (_, Some(_)) => return Err(differ()),
            (_, None) => return Ok(None),
        };
        Ok(Some(Numbers::Ints(answers)))
    })
}
