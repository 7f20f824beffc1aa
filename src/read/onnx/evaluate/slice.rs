//! Operators that cut arrays into pieces.

use super::super::array::Array;
use super::place::{index, places, steps, strides};
use super::rule::marked;
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

/// What is taken along an axis.
struct Range {
    start: u64,
    step: i64,
    count: u64,
}

pub(super) fn slice(call: &Call) -> Answer {
    let input = call.input(0)?;
    let listed =
        (call.listed("starts", 1), call.listed("ends", 2), call.listed("axes", 3), call.listed("steps", 4));
    let (Ok(starts), Ok(ends), Ok(along), Ok(by)) = listed else {
        return Ok(None);
    };
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return Err(text!("Slice is given no start or no end", "Slice 没有给出起点或终点"));
    };
    let rank = input.dims.len();
    let whole = |&size: &u64| Range { start: 0, step: 1, count: size };
    let mut ranges: Vec<_> = input.dims.iter().map(whole).collect();
    let same = |list: Option<&[i64]>| list.is_none_or(|list| list.len() == starts.len());
    if ends.len() != starts.len() || !same(along) || !same(by) || along.is_none() && starts.len() > rank {
        return Err(text!("Slice is given lists of different lengths", "Slice 的各列表长度不同"));
    }
    if let Some(axes) = along {
        marked(axes, rank)?;
    }
    for place in 0..starts.len() {
        let axis = along.map_or(Ok(place), |axes| super::axis(axes[place], rank))?;
        let step = by.map_or(1, |by| by[place]);
        ranges[axis] = range(input.dims[axis], starts[place], ends[place], step)?;
    }
    let dims = ranges.iter().map(|range| range.count).collect();
    call.takes(input, dims, |_| {
        let table = |(range, stride): (&Range, usize)| table(range, stride);
        places(&ranges.iter().zip(strides(&input.dims)).map(table).collect::<Vec<_>>())
    })
}

/// What is taken of `size`: start and end count from the end if negative, and stop at either end.
fn range(size: u64, start: i64, end: i64, step: i64) -> Result<Range, Text> {
    if step == 0 {
        return Err(text!("Slice takes steps of 0", "Slice 的步长为 0"));
    }
    let size = i128::from(size);
    let (least, most) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let place = |at: i64| {
        let at = i128::from(at);
        (if at < 0 { at + size } else { at }).clamp(least, most)
    };
    let (start, end, step) = (place(start).max(0), place(end), i128::from(step));
    let length = if step > 0 { end - start } else { start - end };
    let count = if length > 0 { (length - 1) / step.abs() + 1 } else { 0 };
    // All are at most a size.
    let number = |value: i128| u64::try_from(value).unwrap_or(0);
    Ok(Range { start: number(start), step: i64::try_from(step).unwrap_or(1), count: number(count) })
}

fn table(range: &Range, stride: usize) -> Vec<usize> {
    let step = index(range.step.unsigned_abs());
    let start = index(range.start);
    (0..index(range.count))
        .map(|at| stride * if range.step < 0 { start - at * step } else { start + at * step })
        .collect()
}

pub(super) fn split(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Ok(sizes) = call.listed("split", 1) else {
        return Ok(None);
    };
    let axis = call.axis("axis", 0, input.dims.len())?;
    let size = input.dims[axis];
    let pieces = call.node.outputs.len() as u64;
    let sizes = match sizes {
        Some(sizes) => sizes.iter().map(|&size| super::rule::size(size)).collect::<Result<Vec<_>, _>>()?,
        None => equal(call, size, pieces)?,
    };
    let total = sizes.iter().try_fold(0u64, |total, &size| total.checked_add(size));
    if total != Some(size) || sizes.len() as u64 != pieces {
        return Err(text!("{size} is not split into {sizes:?}", "{size} 不能分成 {sizes:?}"));
    }
    let mut start = 0;
    let mut arrays = Vec::with_capacity(sizes.len());
    for count in sizes {
        arrays.push(piece(call, input, axis, &Range { start, step: 1, count })?);
        start += count;
    }
    Ok(Some(arrays))
}

/// Pieces of one size; the last is smaller if their number is given as a setting and does not divide.
fn equal(call: &Call, size: u64, pieces: u64) -> Result<Vec<u64>, Text> {
    let is_smaller = call.node.int("num_outputs").is_some();
    if pieces == 0 || !is_smaller && !size.is_multiple_of(pieces) {
        return Err(text!("{size} is not split into {pieces} equal pieces", "{size} 不能等分为 {pieces} 份"));
    }
    let each = size.div_ceil(pieces);
    Ok((0..pieces).map(|piece| size.saturating_sub(piece * each).min(each)).collect())
}

fn piece(call: &Call, input: &Array, axis: usize, range: &Range) -> Result<Array, Text> {
    let mut dims = input.dims.clone();
    dims[axis] = range.count;
    call.array(dims, input.kind, |dims| {
        let strides = strides(&input.dims);
        let piece = |(other, &size): (usize, &u64)| {
            if other == axis { table(range, strides[axis]) } else { steps(size, strides[other]) }
        };
        let places = places(&dims.iter().enumerate().map(piece).collect::<Vec<_>>());
        Ok(input.numbers.as_ref().map(|numbers| super::place::taken(numbers, &places)))
    })
}
