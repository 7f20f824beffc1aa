//! Lists of tensors, as `tensor_split` becomes in some exports.

use super::super::evaluate::axis;
use super::super::import::{Importer, MOST_EVALUATED};
use super::super::map::Part;
use super::super::messages::Node;
use super::super::value::{Mapped, Refusal, Value};
use crate::text;

impl Importer<'_> {
    /// An operator that makes a list or takes one; `None` if it is another.
    pub(super) fn listed(&mut self, node: &Node, inputs: &[Option<Value>]) -> Option<Mapped<Vec<Value>>> {
        let list = || match inputs.first() {
            Some(Some(Value::Sequence(list))) => Ok(list.clone()),
            _ => Err(Refusal::Lost),
        };
        // A place in a list, from its end if it is negative.
        let place = |length: usize| {
            let at = self.known(inputs, if &*node.operator == "SequenceInsert" { 2 } else { 1 });
            #[expect(clippy::cast_possible_truncation, reason = "no list is as long")]
            let at = at.ok_or(Refusal::Lost)? as i64;
            let at = if at < 0 { at + i64::try_from(length).unwrap_or(i64::MAX) } else { at };
            usize::try_from(at).ok().filter(|&at| at <= length).ok_or_else(|| {
                Refusal::Wrong(text!(
                    "there is no place {at} in a list of {length}",
                    "长度为 {length} 的列表没有位置 {at}"
                ))
            })
        };
        let is_insert = &*node.operator == "SequenceInsert";
        let is_list = |input: &Option<Value>| matches!(input, Some(Value::Sequence(_)));
        Some(match &*node.operator {
            "SequenceEmpty" => Ok(vec![Value::Sequence(vec![])]),
            "SequenceConstruct" | "SequenceInsert"
                if inputs.iter().skip(usize::from(is_insert)).any(is_list) =>
            {
                Err(Refusal::Wrong(text!("a list is put into a list", "把列表放入列表")))
            }
            "SequenceConstruct" => Ok(vec![Value::Sequence(inputs.iter().flatten().cloned().collect())]),
            "SequenceInsert" => list().and_then(|mut list| {
                let at = if matches!(inputs.get(2), Some(Some(_))) { place(list.len())? } else { list.len() };
                let value = inputs.get(1).cloned().flatten().ok_or(Refusal::Lost)?;
                list.insert(at, value);
                Ok(vec![Value::Sequence(list)])
            }),
            "SequenceErase" => list().and_then(|mut kept| {
                let end = kept.len().checked_sub(1).ok_or(Refusal::Lost)?;
                let at = if matches!(inputs.get(1), Some(Some(_))) { place(end)? } else { end };
                kept.remove(at);
                Ok(vec![Value::Sequence(kept)])
            }),
            "SequenceAt" => list().and_then(|list| {
                let at = place(list.len())?;
                list.get(at).cloned().map(|value| vec![value]).ok_or(Refusal::Lost)
            }),
            "SequenceLength" => list().map(|list| {
                vec![self.known_ints(vec![], vec![i64::try_from(list.len()).unwrap_or(i64::MAX)])]
            }),
            "SplitToSequence" => self.split_to_list(node, inputs),
            "ConcatFromSequence" => list().and_then(|list| self.joined(node, &list)),
            _ => return None,
        })
    }

    /// Pieces of a tensor: each of as many positions as is said, or of one.
    fn split_to_list(&mut self, node: &Node, inputs: &[Option<Value>]) -> Mapped<Vec<Value>> {
        let tensor = self.made(&inputs.first().cloned().flatten().ok_or(Refusal::Lost)?)?;
        let along = axis(node.int("axis").unwrap_or(0), tensor.rank())?;
        let length = tensor.dims[along];
        let given = matches!(inputs.get(1), Some(Some(_)));
        let lengths: Vec<u64> = match inputs.get(1) {
            Some(Some(Value::Fixed(fixed))) => {
                let array = self.table.array(*fixed);
                let numbers = super::super::call::numbers(array).ok_or(Refusal::Lost)?;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "lengths are few"
                )]
                let lengths: Vec<u64> = numbers.iter().map(|&number| number.max(0.0) as u64).collect();
                match (&lengths[..], array.dims.is_empty()) {
                    (&[each], true) if each > 0 && length.div_ceil(each) <= MOST_EVALUATED => {
                        (0..length.div_ceil(each)).map(|piece| each.min(length - piece * each)).collect()
                    }
                    _ => lengths,
                }
            }
            Some(Some(_)) => return Err(Refusal::Lost),
            _ => (0..length.min(MOST_EVALUATED)).map(|_| 1).collect(),
        };
        if lengths.iter().try_fold(0u64, |sum, &length| sum.checked_add(length)) != Some(length) {
            return Err(Refusal::Unsupported(text!(
                "it is split into other parts than {length} elements, or too many",
                "所分各段之和不是 {length},或段数过多"
            )));
        }
        let keeps = given || node.int("keepdims").unwrap_or(1) != 0;
        let (mut pieces, mut start) = (vec![], 0);
        for piece in lengths {
            let part = self.part(&tensor, along, Part::run(start, piece))?;
            let mut dims = part.dims.to_vec();
            if !keeps {
                dims.remove(along);
            }
            pieces.push(Value::Tensor(self.draft.view(&part, &dims)?));
            start += piece;
        }
        Ok(vec![Value::Sequence(pieces)])
    }

    /// The tensors of a list along an axis, one of theirs or a new one.
    fn joined(&mut self, node: &Node, list: &[Value]) -> Mapped<Vec<Value>> {
        let mut tensors = list.iter().map(|value| self.made(value)).collect::<Mapped<Vec<_>>>()?;
        let Some(rank) = tensors.first().map(super::super::value::Tensor::rank) else {
            return Err(Refusal::Lost);
        };
        let is_new = node.int("new_axis").unwrap_or(0) != 0;
        let along = axis(node.int("axis").unwrap_or(0), rank + usize::from(is_new))?;
        if is_new {
            for tensor in &mut tensors {
                let mut dims = tensor.dims.to_vec();
                dims.insert(along, 1);
                *tensor = self.draft.view(tensor, &dims)?;
            }
        }
        match &tensors[..] {
            [only] => Ok(vec![Value::Tensor(only.clone())]),
            several => Ok(vec![Value::Tensor(self.concatenated(several, along)?)]),
        }
    }
}
