//! Elements at the places that indices name.

use super::cut::{Part, index};
use crate::op::embedding::Embedding;
use crate::op::index_select::IndexSelect;
use crate::op::select::Select;
use crate::read::onnx::array::elements;
use crate::read::onnx::call::{Call, size};
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
    Err(Refusal::Unsupported(text!("its indices are computed", "其索引由计算得出")))
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
