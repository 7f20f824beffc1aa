//! Operators that put arrays together, repeat them or turn them.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::elementwise::check_kinds;
use super::place::{index, places, repeated, steps, strides};
use super::rule::{broadcast, elements, marked, size};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

pub(super) fn concat(call: &Call) -> Answer {
    let arrays = call.all()?;
    let first = arrays[0];
    let axis = call.axis("axis", 1, first.dims.len())?;
    check_kinds(&arrays)?;
    let mut dims = first.dims.clone();
    dims[axis] = 0;
    for array in &arrays {
        let mut others = array.dims.clone();
        let size = others.get_mut(axis).map(std::mem::take);
        let grown = size.and_then(|size| dims[axis].checked_add(size));
        let is_like =
            others.iter().zip(&dims).enumerate().all(|(at, (one, other))| at == axis || one == other);
        let Some(grown) = grown.filter(|_| is_like && others.len() == dims.len()) else {
            let (one, other) = (&first.dims, &array.dims);
            return Err(text!(
                "{other:?} cannot be joined to {one:?} along axis {axis}",
                "{other:?} 不能沿轴 {axis} 与 {one:?} 拼接"
            ));
        };
        dims[axis] = grown;
    }
    call.makes(dims, first.kind, |dims| {
        let outer = index(elements(&dims[..axis])?);
        Ok(joined(&arrays, outer, Numbers::ints, Numbers::Ints as fn(std::sync::Arc<[i64]>) -> _)
            .or_else(|| {
                joined(&arrays, outer, Numbers::floats, Numbers::Floats as fn(std::sync::Arc<[f32]>) -> _)
            })
            .or_else(|| {
                joined(&arrays, outer, Numbers::doubles, Numbers::Doubles as fn(std::sync::Arc<[f64]>) -> _)
            }))
    })
}

/// The arrays one behind the other, in each of `outer` blocks; `None` unless all are known and of one type.
fn joined<T: Copy>(
    arrays: &[&Array],
    outer: usize,
    values: for<'a> fn(&'a Numbers) -> Option<&'a [T]>,
    numbers: fn(std::sync::Arc<[T]>) -> Numbers,
) -> Option<Numbers> {
    let parts: Vec<_> = arrays.iter().map(|array| values(array.numbers.as_ref()?)).collect::<Option<_>>()?;
    let mut all = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for block in 0..outer {
        for part in &parts {
            let length = part.len() / outer;
            all.extend_from_slice(&part[block * length..][..length]);
        }
    }
    Some(numbers(all.into()))
}

pub(super) fn transpose(call: &Call) -> Answer {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let order: Vec<usize> = match call.node.ints("perm") {
        Some(order) => {
            marked(order, rank)?;
            order.iter().map(|&at| super::axis(at, rank)).collect::<Result<_, _>>()?
        }
        None => (0..rank).rev().collect(),
    };
    if order.len() != rank {
        let dims = &input.dims;
        return Err(text!("{dims:?} is not ordered by {order:?}", "{dims:?} 不能按 {order:?} 排列"));
    }
    let dims = order.iter().map(|&axis| input.dims[axis]).collect();
    call.takes(input, dims, |dims| {
        let strides = strides(&input.dims);
        let tables = order.iter().zip(dims).map(|(&axis, &size)| steps(size, strides[axis]));
        places(&tables.collect::<Vec<_>>())
    })
}

pub(super) fn expand(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Some(asked) = call.input(1)?.ints() else {
        return Ok(None);
    };
    let asked = asked.iter().map(|&value| size(value)).collect::<Result<Vec<_>, _>>()?;
    call.takes(input, broadcast(&[&input.dims, &asked])?, |dims| repeated(&input.dims, dims))
}

pub(super) fn tile(call: &Call) -> Answer {
    // Version 1 names one axis.
    if call.opset < 6 {
        return Ok(None);
    }
    let input = call.input(0)?;
    let Some(times) = call.input(1)?.ints() else {
        return Ok(None);
    };
    if times.len() != input.dims.len() {
        let dims = &input.dims;
        return Err(text!("{dims:?} is not repeated {times:?} times", "{dims:?} 不能重复 {times:?} 次"));
    }
    let mut dims = Vec::with_capacity(times.len());
    for (&one, &times) in input.dims.iter().zip(times) {
        let all = one.checked_mul(size(times)?);
        dims.push(all.ok_or_else(|| text!("{one} × {times} is too large", "{one} × {times} 过大"))?);
    }
    call.takes(input, dims, |dims| {
        let strides = strides(&input.dims);
        let table =
            |axis: usize| steps(input.dims[axis], strides[axis]).repeat(index(dims[axis] / input.dims[axis]));
        places(&(0..dims.len()).map(table).collect::<Vec<_>>())
    })
}

/// What stands beside an array.
#[derive(Clone, Copy)]
enum Border {
    Constant,
    Edge,
    Reflect,
    Wrap,
}

pub(super) fn pad(call: &Call) -> Answer {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let asked = if call.node.ints("paddings").is_some() { "paddings" } else { "pads" };
    let (Ok(pads), Ok(axes)) = (call.listed(asked, 1), call.listed("axes", 3)) else {
        return Ok(None);
    };
    let pads = pads.ok_or_else(|| text!("Pad is given no pads", "Pad 没有给出填充量"))?;
    let axes = match axes {
        Some(axes) => {
            marked(axes, rank)?;
            axes.iter().map(|&at| super::axis(at, rank)).collect::<Result<_, _>>()?
        }
        None => (0..rank).collect::<Vec<_>>(),
    };
    if pads.len() != 2 * axes.len() {
        let (count, axes) = (pads.len(), axes.len());
        return Err(text!("{axes} axes are given {count} pads", "{axes} 个轴给出了 {count} 个填充量"));
    }
    let border = match call.node.text("mode").unwrap_or("constant") {
        "constant" => Border::Constant,
        "edge" => Border::Edge,
        "reflect" => Border::Reflect,
        "wrap" => Border::Wrap,
        _ => return Ok(None),
    };
    let (mut dims, mut before) = (input.dims.clone(), vec![0; rank]);
    for (place, &axis) in axes.iter().enumerate() {
        let (front, behind) = (pads[place], pads[place + axes.len()]);
        let size = i128::from(dims[axis]) + i128::from(front) + i128::from(behind);
        dims[axis] =
            u64::try_from(size).map_err(|_| text!("a padded size is {size}", "填充后的尺寸为 {size}"))?;
        before[axis] = front;
    }
    let is_empty = elements(&input.dims)? == 0;
    call.makes(dims, input.kind, |dims| {
        let (Some(numbers), Some(fill)) = (&input.numbers, fill(call, input.kind)) else {
            return Ok(None);
        };
        if is_empty && !matches!(border, Border::Constant) {
            return Err(text!("there is nothing to repeat beside it", "没有可供重复的元素"));
        }
        let places = padded(&input.dims, dims, &before, border);
        Ok(super::place::both!(numbers, &fill, values, fill =>
            places.iter().map(|&place| values.get(place).copied().unwrap_or(fill[0])).collect()))
    })
}

/// The places of a padded array, those outside behind the last.
fn padded(from: &[u64], to: &[u64], before: &[i64], border: Border) -> Vec<usize> {
    let outside = index(elements(from).unwrap_or(u64::MAX));
    let strides = strides(from);
    let table = |axis: usize| {
        let (size, before) = (i128::from(from[axis]), i128::from(before[axis]));
        let place = |at: u64| {
            let at = i128::from(at) - before;
            let at = match border {
                Border::Constant => at,
                Border::Edge => at.clamp(0, size - 1),
                Border::Wrap => at.rem_euclid(size),
                Border::Reflect => {
                    let period = (2 * (size - 1)).max(1);
                    let at = at.rem_euclid(period);
                    at.min(period - at).min(size - 1)
                }
            };
            if (0..size).contains(&at) {
                usize::try_from(at).unwrap_or(0).saturating_mul(strides[axis])
            } else {
                outside
            }
        };
        (0..to[axis]).map(place).collect()
    };
    places(&(0..to.len()).map(table).collect::<Vec<_>>())
}

/// The number that stands outside, if it is known.
fn fill(call: &Call, kind: Kind) -> Option<Numbers> {
    if let Some(fill) = call.optional(2) {
        return fill.numbers.clone().filter(|numbers| numbers.len() == 1);
    }
    let value = call.node.float("value").unwrap_or(0.0);
    Some(match Numbers::zeros(kind, 1)? {
        Numbers::Floats(_) => Numbers::Floats([value].into()),
        Numbers::Doubles(_) => Numbers::Doubles([value.into()].into()),
        zero @ Numbers::Ints(_) => zero,
    })
}

/// Only its sizes.
pub(super) fn resize(call: &Call) -> Answer {
    let input = call.input(0)?;
    let is_old = &*call.node.operator == "Upsample" || call.opset < 11;
    let (scales, sizes) =
        if is_old { (call.optional(1), None) } else { (call.optional(2), call.optional(3)) };
    // What is empty is left out.
    let [scales, sizes] = [scales, sizes].map(|it| it.filter(|it| it.elements() != Some(0)));
    let rank = input.dims.len();
    let axes = match call.node.ints("axes") {
        Some(axes) => axes.iter().map(|&at| super::axis(at, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).collect(),
    };
    let given = match (sizes, scales, call.node.attribute("scales")) {
        (Some(sizes), _, _) => match sizes.ints() {
            Some(sizes) => sized(call, &input.dims, &axes, sizes)?,
            None => return Ok(None),
        },
        (None, Some(scales), _) => match scales.numbers.as_ref().and_then(Numbers::floats) {
            Some(scales) => scaled(&input.dims, &axes, scales)?,
            None => return Ok(None),
        },
        (None, None, Some(super::AttributeValue::Floats(scales))) => scaled(&input.dims, &axes, scales)?,
        (None, None, _) => return Ok(None),
    };
    let mut dims = input.dims.clone();
    for (&axis, size) in axes.iter().zip(given) {
        dims[axis] = size;
    }
    let is_same = dims == input.dims;
    call.makes(dims, input.kind, |_| Ok(input.numbers.clone().filter(|_| is_same)))
}

fn check_count(axes: &[usize], count: usize) -> Result<(), Text> {
    let axes = axes.len();
    if axes == count {
        return Ok(());
    }
    Err(text!("{axes} axes are given {count} sizes", "{axes} 个轴给出了 {count} 个尺寸"))
}

/// The sizes times the scales, in 32 bits, without their fractions.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "that is what the operator does"
)]
fn scaled(dims: &[u64], axes: &[usize], scales: &[f32]) -> Result<Vec<u64>, Text> {
    check_count(axes, scales.len())?;
    let size = |(&axis, &scale): (&usize, &f32)| match (dims[axis] as f32 * scale).floor() {
        size if (0.0..1e18).contains(&size) => Ok(size as u64),
        size => Err(text!("a size is {size}", "尺寸为 {size}")),
    };
    axes.iter().zip(scales).map(size).collect()
}

/// The sizes that are asked for, or those nearest to them that keep the proportions.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "that is what the operator does"
)]
fn sized(call: &Call, dims: &[u64], axes: &[usize], sizes: &[i64]) -> Result<Vec<u64>, Text> {
    check_count(axes, sizes.len())?;
    let sizes = sizes.iter().map(|&value| size(value)).collect::<Result<Vec<_>, _>>()?;
    let scales = axes.iter().zip(&sizes).map(|(&axis, &size)| size as f64 / dims[axis] as f64);
    let scale = match call.node.text("keep_aspect_ratio_policy") {
        Some("not_larger") => scales.fold(f64::INFINITY, f64::min),
        Some("not_smaller") => scales.fold(0.0, f64::max),
        _ => return Ok(sizes),
    };
    Ok(axes.iter().map(|&axis| (dims[axis] as f64 * scale + 0.5).floor() as u64).collect())
}
