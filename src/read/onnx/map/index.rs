//! Elements at the places that indices name.

use super::cut::{Part, index};
use crate::op::embedding::Embedding;
use crate::op::gather::Gather;
use crate::op::gather_nd::GatherNd;
use crate::op::index_select::IndexSelect;
use crate::op::scatter_nd::{Reduce, Scatter, ScatterNd};
use crate::op::select::Select;
use crate::op::take::Take;
use crate::read::onnx::array::elements;

use crate::read::onnx::call::{Call, natural, size};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::evaluate::{axis, resolved};
use crate::read::onnx::import::Importer;
use crate::read::onnx::stored::Roots;
use crate::read::onnx::value::{Fixed, Mapped, Refusal, Tensor, Value};
use crate::text;

/// `Gather`: slices along an axis.
pub(super) fn gather(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    if let Some(indices) = call.fixed(1)
        && let Some(list) = import.table.array(indices).ints().map(<[i64]>::to_vec)
    {
        let shape = import.dims_of(indices).to_vec();
        let data = import.tensor(call, 0)?;
        let along = axis(call.int_or("axis", 0), data.rank())?;
        return Ok(vec![import.picked(&data, along, &list, &shape)?]);
    }
    let indices = import.tensor(call, 1)?;
    if let Some(table) = call.fixed(0)
        && import.is_table(table)
        && axis(call.int_or("axis", 0), import.dims_of(table).len())? == 0
    {
        return import.embedded(table, &indices);
    }
    let data = import.tensor(call, 0)?;
    let along = axis(call.int_or("axis", 0), data.rank())?;
    import.taken(&data, along, &indices)
}

/// `Compress` by a condition that is known: slices along an axis, or of all elements.
pub(super) fn compress(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let mut data = import.tensor(call, 0)?;
    let along = if let Some(index) = call.node.int("axis") {
        axis(index, data.rank())?
    } else {
        let all = elements(&data.dims).ok_or(Refusal::Lost)?;
        data = import.draft.view(&data, &[all])?;
        0
    };
    let truths = import.ints(call, 1)?.unwrap_or_default();
    let chosen: Vec<i64> =
        (0..).zip(truths).filter(|&(_, truth)| truth != 0).map(|(place, _)| place).collect();
    let count = chosen.len() as u64;
    Ok(vec![import.picked(&data, along, &chosen, &[count])?])
}

/// `GatherElements`: along an axis, an index for each element.
pub(super) fn gather_elements(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let inputs = import.tensors(call)?;
    let [data, indices] = &inputs[..] else { return Err(Refusal::Lost) };
    let along = axis(call.int_or("axis", 0), data.rank())?;
    let (dims, kind) = (indices.dims.clone(), data.kind);
    let (tensors, axes) = import.together(&inputs, &[along])?;
    let tensors: Vec<&Tensor> = tensors.iter().collect();
    import.one(Gather { dim: axes[0] }, &tensors, vec![], &dims, kind)
}

/// `GatherND`: parts that rows of indices name.
pub(super) fn gather_nd(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let data = import.tensor(call, 0)?;
    let shared = usize::try_from(natural(call.int_or("batch_dims", 0))?).map_err(|_| no_rows())?;
    let shape = match call.inputs.get(1) {
        Some(Some(Value::Tensor(indices))) => indices.dims.to_vec(),
        _ => import.dims_of(call.weight(1)?).to_vec(),
    };
    let [places @ .., width] = &shape[..] else { return Err(no_rows()) };
    let width = usize::try_from(*width).map_err(|_| no_rows())?;
    let named = data.dims.get(shared..).and_then(|dims| dims.get(..width)).ok_or_else(no_rows)?;
    let left = &data.dims[shared + width..];
    let known = call.fixed(1).and_then(|fixed| import.table.array(fixed).ints());
    if let Some(list) = known
        && let Some(list) = flat(list, &data.dims[..shared], named, places)
    {
        let rows = elements(&data.dims[..shared + width]).ok_or(Refusal::Lost)?;
        let table = import.draft.view(&data, &[&[rows], left].concat())?;
        return Ok(vec![import.picked(&table, 0, &list, places)?]);
    }
    let indices = import.tensor(call, 1)?;
    if (shared, width) == (0, 1) {
        let indices = import.draft.view(&indices, places)?;
        return import.taken(&data, 0, &indices);
    }
    let dims = [places, left].concat();
    let are_led = shared > 0 && data.is_led() && indices.is_led();
    let (data, indices, batch_dims) = if are_led {
        (data, indices, shared - 1)
    } else {
        (import.full(&data)?, import.full(&indices)?, shared)
    };
    let op = GatherNd { batch_dims: (batch_dims as u64).try_into()? };
    let kind = data.kind;
    import.one(op, &[&data, &indices], vec![], &dims, kind)
}

/// Rows of indices as indices into the dimensions that they name, taken as one, with those that both have before them.
fn flat(list: &[i64], shared: &[u64], named: &[u64], places: &[u64]) -> Option<Vec<i64>> {
    let rows_of_each = places.get(shared.len()..).and_then(elements)?;
    if named.is_empty() || list.is_empty() || places.get(..shared.len()) != Some(shared) {
        return None;
    }
    let each = elements(named)?;
    let place = |(number, row): (u64, &[i64])| {
        let within = row.iter().zip(named).try_fold(0u64, |sum, (&index, &size)| {
            sum.checked_mul(size)?.checked_add(resolved(index, size)?)
        })?;
        let before = number.checked_div(rows_of_each)?.checked_mul(each)?;
        i64::try_from(before.checked_add(within)?).ok()
    };
    (0..).zip(list.chunks_exact(named.len())).map(place).collect()
}

fn no_rows() -> Refusal {
    Refusal::Wrong(text!(
        "its rows of indices have more than its first input has dimensions",
        "索引的每行个数多于第一个输入的维数"
    ))
}

/// `ScatterElements`: along an axis, an index for each number that is put somewhere.
pub(super) fn scatter_elements(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    if let Some(data) = untouched(import, call) {
        return Ok(vec![data]);
    }
    let inputs = import.tensors(call)?;
    let Some(data) = inputs.first().cloned() else { return Err(Refusal::Lost) };
    let along = axis(call.int_or("axis", 0), data.rank())?;
    let (tensors, axes) = import.together(&inputs, &[along])?;
    let tensors: Vec<&Tensor> = tensors.iter().collect();
    let op = Scatter { dim: axes[0], reduce: reduce(call)? };
    import.one(op, &tensors, vec![], &data.dims, data.kind)
}

/// `ScatterND`: parts put where rows of indices name.
pub(super) fn scatter_nd(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    if let Some(data) = untouched(import, call) {
        return Ok(vec![data]);
    }
    let inputs = import.tensors(call)?;
    let Some(data) = inputs.first().cloned() else { return Err(Refusal::Lost) };
    let full = inputs.iter().map(|input| import.full(input)).collect::<Mapped<Vec<_>>>()?;
    let full: Vec<&Tensor> = full.iter().collect();
    import.one(ScatterNd { reduce: reduce(call)? }, &full, vec![], &data.dims, data.kind)
}

/// What nothing is put into.
fn untouched(import: &Importer<'_>, call: &Call<'_>) -> Option<Value> {
    let is_empty = |index| call.fixed(index).is_some_and(|fixed| import.dims_of(fixed).contains(&0));
    if is_empty(1) || is_empty(2) { call.inputs.first().cloned().flatten() } else { None }
}

fn reduce(call: &Call<'_>) -> Mapped<Reduce> {
    match call.node.text("reduction").unwrap_or("none") {
        "none" => Ok(Reduce::None),
        "add" => Ok(Reduce::Add),
        other => Err(Refusal::Unsupported(text!("`reduction` is `{other}`", "`reduction` 的值为 `{other}`"))),
    }
}

impl Importer<'_> {
    /// Whether rows of what is stored are looked up as those of an embedding: numbers of the file, as they are.
    fn is_table(&self, fixed: Fixed) -> bool {
        let entry = self.table.get(fixed);
        let is_whole = match entry.roots {
            Roots::None => true,
            Roots::One(root) => elements(self.dims_of(root)) == elements(&entry.array.dims),
            Roots::Several => false,
        };
        entry.array.kind.is_float() && is_whole
    }

    /// The row of a stored table for each index.
    fn embedded(&mut self, table: Fixed, indices: &Tensor) -> Mapped<Vec<Value>> {
        let (dims, kind) = (self.dims_of(table).to_vec(), self.table.array(table).kind);
        let [rows, row @ ..] = &dims[..] else {
            return Err(Refusal::Wrong(text!("its first input is a single number", "第一个输入是单个数")));
        };
        let features = elements(row).ok_or(Refusal::Lost)?;
        let op = Embedding { num_embeddings: size(*rows)?, embedding_dim: size(features)? };
        self.one(op, &[indices], vec![Stored::whole(table)], &[&indices.dims, row].concat(), kind)
    }

    /// The slices along an axis that indices name, which are computed or many.
    fn taken(&mut self, data: &Tensor, along: usize, indices: &Tensor) -> Mapped<Vec<Value>> {
        let dims = [&data.dims[..along], &indices.dims, &data.dims[along + 1..]].concat();
        let (input, dim) = self.along(data, along)?;
        self.one(Take { dim }, &[&input, indices], vec![], &dims, data.kind)
    }

    /// The slices along an axis that a list of indices names, which has these sizes.
    pub(in crate::read::onnx) fn picked(
        &mut self,
        data: &Tensor,
        along: usize,
        list: &[i64],
        shape: &[u64],
    ) -> Mapped<Value> {
        let (before, behind) = (&data.dims[..along], &data.dims[along + 1..]);
        let dims = [before, shape, behind].concat();
        if let Some(empty) = self.empty(&dims, data.kind) {
            return Ok(empty);
        }
        let length = data.dims[along];
        let place = |&index: &i64| {
            resolved(index, length).ok_or_else(|| {
                Refusal::Wrong(text!(
                    "{length} elements have no index {index}",
                    "{length} 个元素没有索引 {index}"
                ))
            })
        };
        let places = list.iter().map(place).collect::<Mapped<Vec<u64>>>()?;
        let (Some(&first), count) = (places.first(), places.len() as u64) else { return Err(Refusal::Lost) };
        let is_run = places.iter().zip(first..).all(|(&place, next)| place == next);
        let result = if is_run && count == length {
            self.draft.view(data, &dims)?
        } else if shape.is_empty() {
            let (input, dim) = self.along(data, along)?;
            self.draft.emit(Select { dim, index: index(first) }, &[&input], vec![], &dims, data.kind)?
        } else if is_run {
            let part = self.part(data, along, Part::run(first, count))?;
            self.draft.view(&part, &dims)?
        } else {
            let (input, dim) = self.along(data, along)?;
            let index = places.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
            self.draft.emit(IndexSelect { dim, index }, &[&input], vec![], &dims, data.kind)?
        };
        Ok(Value::Tensor(result))
    }
}
