//! Parts of tensors along their axes.

use super::shape::{all_sizes_of, sizes_of};
use crate::op::flip::Flip;
use crate::op::settings::Size;
use crate::op::slice::Slice;
use crate::read::onnx::call::{Call, size};
use crate::read::onnx::evaluate::axis;
use crate::read::onnx::import::Importer;
use crate::read::onnx::value::{Mapped, Tensor, Value};

/// Elements along an axis, each so many behind the one before, or in front of it.
#[derive(Clone, Copy)]
pub(in crate::read::onnx) struct Part {
    pub(in crate::read::onnx) first: u64,
    pub(in crate::read::onnx) step: i64,
    pub(in crate::read::onnx) count: u64,
}

impl Part {
    /// Elements that follow one another.
    pub(in crate::read::onnx) fn run(first: u64, count: u64) -> Self {
        Self { first, step: 1, count }
    }
}

/// `Slice`, whose bounds are attributes in early versions and inputs later.
pub(super) fn slice(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let dims = sizes_of(import, call, &input)?;
    if let Some(empty) = import.empty(&dims, input.kind) {
        return Ok(vec![empty]);
    }
    let list = |name: &str, index: usize| match call.node.ints(name) {
        Some(list) => Ok(Some(list.to_vec())),
        None => import.ints(call, index),
    };
    let starts = list("starts", 1)?.unwrap_or_default();
    let (axes, steps) = (list("axes", 3)?, list("steps", 4)?);
    let mut part = input.clone();
    for (place, &start) in starts.iter().enumerate() {
        let along = match axes.as_ref().and_then(|axes| axes.get(place)) {
            Some(&index) => axis(index, input.rank())?,
            None => place,
        };
        let step = steps.as_ref().and_then(|steps| steps.get(place)).copied().unwrap_or(1);
        let first = first(start, input.dims[along], step);
        part = import.part(&part, along, Part { first, step, count: dims[along] })?;
    }
    Ok(vec![Value::Tensor(part)])
}

/// The first element that is taken of `size`: counted from the end if negative, and within them.
fn first(start: i64, size: u64, step: i64) -> u64 {
    let (start, size) = (i128::from(start), i128::from(size));
    let last = if step > 0 { size } else { size - 1 };
    let first = (if start < 0 { start + size } else { start }).clamp(0, last);
    u64::try_from(first).unwrap_or(0)
}

/// `Split`: a part for each output that something may take.
pub(super) fn split(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let along = axis(call.int_or("axis", 0), input.rank())?;
    let (mut parts, mut first) = (vec![], 0);
    for (output, dims) in all_sizes_of(import, call, &input)?.iter().enumerate() {
        let count = dims[along];
        parts.push(match import.empty(dims, input.kind) {
            Some(empty) => empty,
            None if !call.wants(output) => Value::Lost(None),
            None => Value::Tensor(import.part(&input, along, Part::run(first, count))?),
        });
        first = first.saturating_add(count);
    }
    Ok(parts)
}

impl Importer<'_> {
    /// Some of the elements along an axis.
    pub(in crate::read::onnx) fn part(
        &mut self,
        tensor: &Tensor,
        along: usize,
        part: Part,
    ) -> Mapped<Tensor> {
        let Part { mut first, step, count } = part;
        let whole = tensor.dims[along];
        if count == whole && (step == 1 || whole == 1) {
            return Ok(tensor.clone());
        }
        let (tensor, stride) = if step < 0 && count > 1 {
            first = whole.saturating_sub(first + 1);
            (self.flipped(tensor, along)?, step.unsigned_abs())
        } else {
            (tensor.clone(), if count > 1 { step.unsigned_abs() } else { 1 })
        };
        if count == whole {
            return Ok(tensor);
        }
        let mut dims = tensor.dims.to_vec();
        dims[along] = count;
        let (input, dim) = self.along(&tensor, along)?;
        // Up to the end is not said.
        let is_rest = whole.saturating_sub(first).div_ceil(stride) == count;
        let end = (count.saturating_sub(1)).checked_mul(stride).and_then(|way| way.checked_add(first + 1));
        let end = if is_rest { None } else { Some(index(end.unwrap_or(whole))) };
        let step = if count > 1 { size(stride)? } else { Size::ONE };
        let op = Slice { dim, start: index(first), end, step };
        self.draft.emit(op, &[&input], vec![], &dims, tensor.kind)
    }

    /// The elements along an axis from the last to the first.
    pub(in crate::read::onnx) fn flipped(&mut self, tensor: &Tensor, along: usize) -> Mapped<Tensor> {
        let (input, dim) = self.along(tensor, along)?;
        self.draft.emit(Flip { dims: vec![dim] }, &[&input], vec![], &tensor.dims, tensor.kind)
    }
}

/// A place along an axis as settings have it.
pub(super) fn index(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}
