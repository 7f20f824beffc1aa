//! Floats as few bits and a scale.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::arithmetic::narrow;
use super::cast::{converted, range};
use super::elementwise::held;
use super::place::{index, places, strides};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

/// Where the scale of each element is: one for all, one for each place along an axis, or one for each block along it.
fn scales(call: &Call, input: &Array, scale: &Array, zero: Option<&Array>) -> Result<Vec<Vec<usize>>, Text> {
    let wrong = || {
        let (of, by) = (&input.dims, &scale.dims);
        text!("scales of {by:?} do not fit to {of:?}", "{by:?} 的缩放系数与 {of:?} 不符")
    };
    if zero.is_some_and(|zero| zero.elements() != scale.elements()) {
        return Err(wrong());
    }
    let one = |&size: &u64| vec![0; index(size)];
    let mut tables: Vec<_> = input.dims.iter().map(one).collect();
    if scale.dims.len() < 2 && scale.elements() == Some(1) {
        return Ok(tables);
    }
    let axis = call.axis("axis", 1, input.dims.len())?;
    let block = u64::try_from(call.node.int("block_size").unwrap_or(0)).unwrap_or(0);
    if block == 0 {
        if scale.dims != [input.dims[axis]] {
            return Err(wrong());
        }
        tables[axis] = (0..index(input.dims[axis])).collect();
        return Ok(tables);
    }
    let mut wanted = input.dims.clone();
    wanted[axis] = wanted[axis].div_ceil(block);
    if wanted != scale.dims {
        return Err(wrong());
    }
    for (other, stride) in strides(&wanted).into_iter().enumerate() {
        let place = |at: u64| index(if other == axis { at / block } else { at }) * stride;
        tables[other] = (0..input.dims[other]).map(place).collect();
    }
    Ok(tables)
}

/// The type that a setting names.
fn asked(call: &Call) -> Option<Kind> {
    let number = call.node.int("output_dtype").filter(|&number| number != 0)?;
    i32::try_from(number).ok().map(Kind)
}

pub(super) fn dequantize(call: &Call) -> Answer {
    let (input, scale, zero) = (call.input(0)?, call.input(1)?, call.optional(2));
    let kind = asked(call).unwrap_or(scale.kind);
    call.makes(input.dims.clone(), kind, |_| {
        let tables = scales(call, input, scale, zero)?;
        let (Some(numbers), Some(by)) = (&input.numbers, &scale.numbers) else {
            return Ok(None);
        };
        let zeros = match zero.map(|zero| &zero.numbers) {
            Some(Some(zeros)) => Some(zeros),
            Some(None) => return Ok(None),
            None => None,
        };
        let (by, at) = (narrow(by), places(&tables));
        let levels = match (numbers, zeros) {
            (Numbers::Ints(values), Some(Numbers::Ints(zeros))) => {
                let level = |(&value, &at): (&i64, &usize)| value.saturating_sub(zeros[at]);
                narrow(&Numbers::Ints(values.iter().zip(&at).map(level).collect()))
            }
            // Of floats of 8 bits the zero is 0.
            (values, _) => narrow(values),
        };
        let values = levels.iter().zip(&at).map(|(level, &at)| level * by[at]);
        held(kind, Numbers::Floats(values.collect())).map(Some)
    })
}

pub(super) fn quantize(call: &Call) -> Answer {
    let (input, scale, zero) = (call.input(0)?, call.input(1)?, call.optional(2));
    let kind = zero.map(|zero| zero.kind).or_else(|| asked(call)).unwrap_or(Kind::UINT8);
    call.makes(input.dims.clone(), kind, |_| {
        let tables = scales(call, input, scale, zero)?;
        let (Some(numbers), Some(by)) = (&input.numbers, &scale.numbers) else {
            return Ok(None);
        };
        let (values, by, at) = (narrow(numbers), narrow(by), places(&tables));
        let levels = values.iter().zip(&at).map(|(value, &at)| value / by[at]);
        if kind.is_float() {
            return Ok(converted(&Numbers::Floats(levels.collect()), kind, call.flag("saturate", true)));
        }
        let zeros = match zero {
            Some(zero) => match zero.ints() {
                Some(zeros) => Some(zeros),
                None => return Ok(None),
            },
            None => None,
        };
        let (least, most) = range(kind);
        let level = |(level, &at): (f32, &usize)| {
            let zero = zeros.map_or(0, |zeros| zeros[at]);
            whole(level).saturating_add(zero).clamp(least, most)
        };
        Ok(Some(Numbers::Ints(levels.zip(&at).map(level).collect())))
    })
}

#[expect(clippy::cast_possible_truncation, reason = "what is beyond is cut off at the ends of the type")]
fn whole(level: f32) -> i64 {
    level.round_ties_even() as i64
}
