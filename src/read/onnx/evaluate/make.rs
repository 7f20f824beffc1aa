//! Operators that make arrays of nothing but sizes and bounds.

use super::super::array::{Array, Numbers};
use super::super::messages::{AttributeValue, Kind};
use super::elementwise::{check_kinds, differ};
use super::place::{each, index};
use super::rule::size;
use super::{Answer, Call, given};
use crate::text;
use crate::text::Text;

pub(super) fn constant(call: &Call) -> Answer {
    let value = call.node.attributes.first().map(|attribute| &attribute.value);
    let (dims, kind, numbers) = match value {
        Some(AttributeValue::Int(int)) => (vec![], Kind::INT64, Numbers::Ints([*int].into())),
        Some(AttributeValue::Float(float)) => (vec![], Kind::FLOAT, Numbers::Floats([*float].into())),
        Some(AttributeValue::Ints(ints)) => {
            (vec![ints.len() as u64], Kind::INT64, Numbers::Ints(ints.as_slice().into()))
        }
        Some(AttributeValue::Floats(floats)) => {
            (vec![floats.len() as u64], Kind::FLOAT, Numbers::Floats(floats.as_slice().into()))
        }
        None => return Err(text!("Constant is given no value", "Constant 没有给出值")),
        _ => {
            return Ok(call
                .optional(0)
                .filter(|_| given(call.node).is_some())
                .map(|value| vec![value.clone()]));
        }
    };
    Ok(Some(vec![Array { dims, kind, numbers: Some(numbers) }]))
}

/// Of zeros, or of the one element that is given.
pub(super) fn constant_of_shape(call: &Call) -> Answer {
    let Some(sizes) = call.input(0)?.ints() else {
        return Ok(None);
    };
    let dims = sizes.iter().map(|&value| size(value)).collect::<Result<Vec<_>, _>>()?;
    let value = match (call.optional(1), given(call.node)) {
        (Some(value), _) => Some((value.kind, value.numbers.as_ref())),
        (None, Some(tensor)) => Some((tensor.kind, None)),
        (None, None) => None,
    };
    let kind = value.map_or(Kind::FLOAT, |(kind, _)| kind);
    call.makes(dims, kind, |dims| {
        let count = index(dims.iter().product());
        match value {
            None => Ok(Numbers::zeros(Kind::FLOAT, count)),
            Some((_, None)) => Ok(None),
            Some((_, Some(numbers))) if numbers.len() == 1 => {
                Ok(Some(each!(numbers, values => vec![values[0]; count].into())))
            }
            Some(_) => Err(text!("ConstantOfShape takes one value", "ConstantOfShape 只取一个值")),
        }
    })
}

pub(super) fn range(call: &Call) -> Answer {
    let bounds = [call.input(0)?, call.input(1)?, call.input(2)?];
    check_kinds(&bounds)?;
    let kind = bounds[0].kind;
    let [Some(start), Some(end), Some(step)] =
        bounds.map(|bound| bound.numbers.as_ref().filter(|it| it.len() == 1))
    else {
        return Ok(None);
    };
    match (start, end, step) {
        (Numbers::Ints(start), Numbers::Ints(end), Numbers::Ints(step)) => {
            let (start, end, step) = (i128::from(start[0]), i128::from(end[0]), i128::from(step[0]));
            if step == 0 {
                return Err(still());
            }
            let length = if step > 0 { end - start } else { start - end };
            let count = if length > 0 { (length - 1) / step.abs() + 1 } else { 0 };
            let count = u64::try_from(count).map_err(|_| text!("{count} numbers", "{count} 个数"))?;
            let value = |at: u64| i64::try_from(start + i128::from(at) * step).unwrap_or(i64::MAX);
            call.makes(vec![count], kind, |_| Ok(Some(Numbers::Ints((0..count).map(value).collect()))))
        }
        (Numbers::Floats(start), Numbers::Floats(end), Numbers::Floats(step)) => {
            let (start, step) = (start[0], step[0]);
            let count = steps((end[0] - start).into(), step.into())?;
            let value = |at: u64| start + small(at) * step;
            call.makes(vec![count], kind, |_| Ok(Some(Numbers::Floats((0..count).map(value).collect()))))
        }
        (Numbers::Doubles(start), Numbers::Doubles(end), Numbers::Doubles(step)) => {
            let (start, step) = (start[0], step[0]);
            let count = steps(end[0] - start, step)?;
            let value = |at: u64| start + large(at) * step;
            call.makes(vec![count], kind, |_| Ok(Some(Numbers::Doubles((0..count).map(value).collect()))))
        }
        _ => Err(differ()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "places of a range of floats are floats")]
fn small(at: u64) -> f32 {
    at as f32
}

#[expect(clippy::cast_precision_loss, reason = "places of a range of floats are floats")]
fn large(at: u64) -> f64 {
    at as f64
}

fn still() -> Text {
    text!("Range takes steps of 0", "Range 的步长为 0")
}

/// How many steps there are in a length.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is looked at")]
fn steps(length: f64, step: f64) -> Result<u64, Text> {
    let count = (length / step).ceil();
    match count {
        _ if step == 0.0 => Err(still()),
        _ if count <= 0.0 => Ok(0),
        _ if count < 1e18 => Ok(count as u64),
        _ => Err(text!("Range has {count} numbers", "Range 有 {count} 个数")),
    }
}

/// Ones on a diagonal, zeros elsewhere.
pub(super) fn eye_like(call: &Call) -> Answer {
    let input = call.input(0)?;
    let [_, columns] = input.dims[..] else {
        return Err(text!("EyeLike takes two dimensions", "EyeLike 需要两维"));
    };
    let kind = call.node.int("dtype").map_or(Ok(input.kind), |number| {
        i32::try_from(number).map(Kind).map_err(|_| text!("there is no type {number}", "没有类型 {number}"))
    })?;
    let diagonal = i128::from(call.node.int("k").unwrap_or(0));
    call.makes(input.dims.clone(), kind, |dims| {
        let count = dims.iter().product::<u64>();
        let is_one = |place: u64| i128::from(place % columns) - i128::from(place / columns) == diagonal;
        Ok(Numbers::zeros(kind, 0).map(|numbers| match numbers {
            Numbers::Ints(_) => Numbers::Ints((0..count).map(|place| i64::from(is_one(place))).collect()),
            Numbers::Floats(_) => {
                Numbers::Floats((0..count).map(|place| f32::from(u8::from(is_one(place)))).collect())
            }
            Numbers::Doubles(_) => {
                Numbers::Doubles((0..count).map(|place| f64::from(u8::from(is_one(place)))).collect())
            }
        }))
    })
}

/// A new axis, on at the index and off elsewhere.
pub(super) fn one_hot(call: &Call) -> Answer {
    let (at, depth, values) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let Some(depth) = depth.numbers.as_ref().and_then(single) else {
        return Ok(None);
    };
    let axis = call.axis("axis", -1, at.dims.len() + 1)?;
    let mut dims = at.dims.clone();
    dims.insert(axis, size(depth)?);
    call.makes(dims, values.kind, |dims| {
        let (Some(at), Some(values)) = (&at.numbers, &values.numbers) else {
            return Ok(None);
        };
        if values.len() != 2 {
            return Err(text!("OneHot takes two values", "OneHot 取两个值"));
        }
        let at = whole(at);
        let (_, inner) = super::place::around(dims, axis);
        let depth = index(dims[axis]);
        let place = |place: usize| {
            let (outer, step, inside) = (place / inner / depth, place / inner % depth, place % inner);
            let at = at[outer * inner + inside];
            usize::from(super::rule::resolved(at, depth as u64) == Some(step as u64))
        };
        let count = dims.iter().product::<u64>();
        Ok(Some(super::place::taken(values, &(0..index(count)).map(place).collect::<Vec<_>>())))
    })
}

fn single(numbers: &Numbers) -> Option<i64> {
    whole(numbers).first().copied()
}

#[expect(clippy::cast_possible_truncation, reason = "indices may be floats, without a fraction")]
fn whole(numbers: &Numbers) -> Vec<i64> {
    match numbers {
        Numbers::Ints(values) => values.to_vec(),
        Numbers::Floats(values) => values.iter().map(|&value| value as i64).collect(),
        Numbers::Doubles(values) => values.iter().map(|&value| value as i64).collect(),
    }
}
