//! Operators that take elements by their indices.

use super::super::array::Array;
use super::place::{around, index, places, steps, strides};
use super::rule::{elements, resolved};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

/// Indices of an axis as places along it, if they are known; from the end if negative. An error if one is not there.
fn indices(array: &Array, size: u64) -> Result<Option<Vec<usize>>, Text> {
    array.ints().map(|ints| ints.iter().map(|&at| found(at, size)).collect()).transpose()
}

/// The place that an index names. An error if it is not there.
pub(super) fn found(at: i64, size: u64) -> Result<usize, Text> {
    let missing = || text!("index {at} is not among {size}", "索引 {at} 超出 {size} 个元素");
    resolved(at, size).map(index).ok_or_else(missing)
}

pub(super) fn gather(call: &Call) -> Answer {
    let (data, at) = (call.input(0)?, call.input(1)?);
    let axis = call.axis("axis", 0, data.dims.len())?;
    let wanted = indices(at, data.dims[axis])?;
    let dims = [&data.dims[..axis], &at.dims, &data.dims[axis + 1..]].concat();
    call.makes(dims, data.kind, |_| {
        let (Some(numbers), Some(wanted)) = (&data.numbers, wanted) else {
            return Ok(None);
        };
        let (outer, inner) = around(&data.dims, axis);
        let block = inner * index(data.dims[axis]);
        let rows = wanted.into_iter().map(|row| row * inner).collect();
        let tables = [steps(outer as u64, block), rows, steps(inner as u64, 1)];
        Ok(Some(super::place::taken(numbers, &places(&tables))))
    })
}

/// The places in `data` that indices along one axis name, each at its own place along the others. An error if one is not there.
pub(super) fn along(data: &Array, at: &Array, axis: usize) -> Result<Option<Vec<usize>>, Text> {
    let fits = |(other, (&wanted, &size)): (usize, (&u64, &u64))| other == axis || wanted <= size;
    if data.dims.len() != at.dims.len() || !at.dims.iter().zip(&data.dims).enumerate().all(fits) {
        let (of, by) = (&data.dims, &at.dims);
        return Err(text!("indices of {by:?} do not fit to {of:?}", "{by:?} 的索引与 {of:?} 不符"));
    }
    let Some(wanted) = indices(at, data.dims[axis])? else {
        return Ok(None);
    };
    let strides = strides(&data.dims);
    let table = |(other, &size): (usize, &u64)| steps(size, if other == axis { 0 } else { strides[other] });
    let others = places(&at.dims.iter().enumerate().map(table).collect::<Vec<_>>());
    Ok(Some(others.into_iter().zip(wanted).map(|(place, step)| place + step * strides[axis]).collect()))
}

pub(super) fn gather_elements(call: &Call) -> Answer {
    let (data, at) = (call.input(0)?, call.input(1)?);
    let axis = call.axis("axis", 0, data.dims.len())?;
    call.makes(at.dims.clone(), data.kind, |_| {
        let places = along(data, at, axis)?;
        Ok(data.numbers.as_ref().zip(places).map(|(numbers, places)| super::place::taken(numbers, &places)))
    })
}

/// Where slices of `data` begin whose indices are the last axis of `at`, behind `batch` axes that both have; and the sizes of a
/// slice. An error if sizes do not fit.
pub(super) struct Slices<'a> {
    data: &'a Array,
    at: &'a Array,
    batch: usize,
    /// How many axes are indexed.
    depth: usize,
}

impl<'a> Slices<'a> {
    pub(super) fn new(data: &'a Array, at: &'a Array, batch: usize) -> Result<Self, Text> {
        let wrong = || {
            let (of, by) = (&data.dims, &at.dims);
            text!("indices of {by:?} do not fit to {of:?}", "{by:?} 的索引与 {of:?} 不符")
        };
        let Some((&depth, outer)) = at.dims.split_last() else {
            return Err(wrong());
        };
        let depth = index(depth);
        let fits = data.dims.len().checked_sub(batch).is_some_and(|rank| depth <= rank)
            && outer.len() >= batch
            && outer[..batch] == data.dims[..batch];
        if fits { Ok(Self { data, at, batch, depth }) } else { Err(wrong()) }
    }

    /// The sizes of all slices together.
    pub(super) fn dims(&self) -> Vec<u64> {
        [&self.at.dims[..self.at.dims.len() - 1], &self.data.dims[self.batch + self.depth..]].concat()
    }

    /// The places of all elements of all slices, if the indices are known. An error if one is not there.
    pub(super) fn places(&self) -> Result<Option<Vec<usize>>, Text> {
        let Some(indices) = self.at.ints() else {
            return Ok(None);
        };
        let (strides, sizes) = (strides(&self.data.dims), &self.data.dims[self.batch..]);
        let block = index(elements(sizes)?);
        let batches = index(elements(&self.data.dims[..self.batch])?);
        let rows = index(elements(&self.at.dims[..self.at.dims.len() - 1])?);
        let each = rows.checked_div(batches).unwrap_or(0);
        let mut starts = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut start = row / each.max(1) * block;
            for (axis, &at) in indices[row * self.depth..][..self.depth].iter().enumerate() {
                start += found(at, sizes[axis])? * strides[self.batch + axis];
            }
            starts.push(start);
        }
        Ok(Some(places(&[starts, steps(elements(&sizes[self.depth..])?, 1)])))
    }
}

pub(super) fn gather_nd(call: &Call) -> Answer {
    let (data, at) = (call.input(0)?, call.input(1)?);
    let batch = usize::try_from(call.node.int("batch_dims").unwrap_or(0)).unwrap_or(usize::MAX);
    let slices = Slices::new(data, at, batch)?;
    call.makes(slices.dims(), data.kind, |_| {
        let places = slices.places()?;
        Ok(data.numbers.as_ref().zip(places).map(|(numbers, places)| super::place::taken(numbers, &places)))
    })
}
