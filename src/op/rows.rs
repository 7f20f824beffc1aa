//! Numbers looked up by indices that are computed: which rows of a table are taken, and which are replaced.
//!
//! Indices are brought to the CPU and held against the size that they point into, as no kernel does; what they point at stays where it
//! is. Below 0 they count from the end.

use candle_core::{DType, Error, Result, Tensor};

use super::workspace::{Workspace, elements, product};
use crate::shape::Shape;

/// Whole numbers, as floats or of 64 bits.
pub(super) fn read(index: &Tensor) -> Result<Vec<i64>> {
    let flat = index.flatten_all()?;
    if !flat.dtype().is_float() {
        return flat.to_dtype(DType::I64)?.to_vec1();
    }
    flat.to_dtype(DType::F32)?.to_vec1::<f32>()?.into_iter().map(whole).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "it has been seen to be whole and small")]
fn whole(float: f32) -> Result<i64> {
    if float.fract() == 0.0 && float.abs() < 9e15 {
        return Ok(float as i64);
    }
    Err(Error::Msg(format!("{float} is no index")))
}

/// Where `index` points among `size`.
pub(super) fn place(index: i64, size: usize) -> Result<usize> {
    let from_end = || size.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
    let place = if index < 0 { from_end() } else { usize::try_from(index).ok() };
    place
        .filter(|&place| place < size)
        .ok_or_else(|| Error::Msg(format!("there is no element {index} among {size}")))
}

/// Rows of `of_row` numbers each, as candle wants them.
pub(super) fn numbered(rows: impl IntoIterator<Item = Result<usize>>) -> Result<Vec<u32>> {
    rows.into_iter().map(|row| u32::try_from(row?).map_err(Error::wrap)).collect()
}

/// These rows of `data`, taken as a table with `of_row` numbers in each.
pub(super) fn take(data: &Tensor, rows: Vec<u32>, of_row: usize) -> Result<Tensor> {
    let count = rows.len();
    let table = data.contiguous()?.reshape((data.elem_count() / of_row.max(1), of_row))?;
    table.index_select(&Tensor::from_vec(rows, count, data.device())?, 0)
}

/// `data` with these rows of it replaced by those of `source`, or added to.
pub(super) fn put(
    data: &Tensor,
    rows: Vec<u32>,
    source: &Tensor,
    of_row: usize,
    is_added: bool,
) -> Result<Tensor> {
    let table = data.contiguous()?.reshape((data.elem_count() / of_row.max(1), of_row))?;
    let count = rows.len();
    let (rows, source) =
        (Tensor::from_vec(rows, count, data.device())?, source.contiguous()?.reshape((count, of_row))?);
    let source = source.to_dtype(data.dtype())?;
    let put = if is_added {
        table.index_add(&rows, &source, 0)?
    } else {
        let everywhere = rows.unsqueeze(1)?.broadcast_as((count, of_row))?.contiguous()?;
        table.scatter(&everywhere, &source, 0)?
    };
    put.reshape(data.shape())
}

/// What is held for each of the indices, which is read, and for each of `rows`.
pub(super) fn workspace(index: &Shape, rows: u128) -> Workspace {
    Workspace::of_sample(product([5, elements(index.dims())]) + product([3, rows]))
}

/// Distances from one element of each of these dimensions to the next, in rows.
pub(super) fn strides(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for dim in (1..dims.len()).rev() {
        strides[dim - 1] = strides[dim] * dims[dim];
    }
    strides
}
