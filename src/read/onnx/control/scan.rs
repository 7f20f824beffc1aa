//! `Scan`: a body for each position of its inputs, written out.

use super::super::import::Importer;
use super::super::map::Part;
use super::super::mistake::Mistake;
use super::super::value::{Refusal, Tensor, Value};
use super::{Inside, body};
use crate::text;

impl<'m> Importer<'m> {
    /// A `Scan`, written out; its lengths are always known where sizes are.
    pub(super) fn scan(
        &mut self,
        inside: Inside<'_, 'm>,
        inputs: &[Option<Value>],
    ) -> Result<Vec<Value>, Mistake> {
        let Some(graph) = body(inside.node, "body") else {
            return Err(inside.mistake(&text!("its body is missing", "缺少循环体")));
        };
        let scanned =
            inside.node.int("num_scan_inputs").and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
        let values: Vec<Value> = inputs.iter().flatten().cloned().collect();
        if scanned == 0 || values.len() < scanned || values.len() != graph.inputs.len() {
            let why = text!("its inputs are not those of its body", "其输入与循环体的输入不一致");
            return Err(inside.mistake(&why));
        }
        let (start, over) = values.split_at(values.len() - scanned);
        let over = over.iter().map(|value| self.made(value)).collect::<Result<Vec<Tensor>, Refusal>>();
        let over = match over {
            Ok(over) => over,
            Err(Refusal::Wrong(why)) => return Err(inside.mistake(&why)),
            Err(Refusal::Unsupported(_) | Refusal::Lost) => return self.either(inside, inputs, &[graph]),
        };
        let list = |name: &str| inside.node.ints(name).unwrap_or_default().to_vec();
        let (in_axes, out_axes) = (list("scan_input_axes"), list("scan_output_axes"));
        let (in_turns, out_turns) = (list("scan_input_directions"), list("scan_output_directions"));
        let is_turned = |turns: &[i64], index: usize| turns.get(index) == Some(&1);
        let axis_of = |axes: &[i64], index: usize, rank: usize| {
            super::super::evaluate::axis(axes.get(index).copied().unwrap_or(0), rank)
        };
        let mut axes = vec![];
        for (index, tensor) in over.iter().enumerate() {
            axes.push(axis_of(&in_axes, index, tensor.rank()).map_err(|why| inside.mistake(&why))?);
        }
        let length = over[0].dims[axes[0]];
        if over.iter().zip(&axes).any(|(tensor, &axis)| tensor.dims[axis] != length) {
            return Err(inside.mistake(&text!("its inputs differ in length", "各输入的长度不同")));
        }
        let mut carried = start.to_vec();
        let mut stacked: Vec<Vec<Value>> = vec![];
        for step in 0..length {
            self.spend_on(inside.node, true)?;
            let mut scope = Importer::inner(inside.scope);
            let mut given = carried.clone();
            for (index, (tensor, &axis)) in over.iter().zip(&axes).enumerate() {
                let at = if is_turned(&in_turns, index) { length - 1 - step } else { step };
                let part = self.position(tensor, axis, at);
                given.push(part.map(Value::Tensor).or_else(|refusal| inside.lost(refusal))?);
            }
            for (input, value) in graph.inputs.iter().zip(given) {
                scope.set(&input.name, value);
            }
            let mut outputs =
                self.body(graph, &mut scope, inside.context)?.into_iter().map(|(_, value)| value);
            carried = outputs.by_ref().take(carried.len()).collect();
            for (index, value) in outputs.enumerate() {
                if stacked.len() <= index {
                    stacked.push(vec![]);
                }
                stacked[index].push(value);
            }
        }
        for (index, mut parts) in stacked.into_iter().enumerate() {
            if is_turned(&out_turns, index) {
                parts.reverse();
            }
            let whole = self.stacked(&parts).and_then(|value| match value {
                Value::Tensor(tensor) => {
                    let along = axis_of(&out_axes, index, tensor.rank())?;
                    let mut order: Vec<usize> = (1..tensor.rank()).collect();
                    order.insert(along.min(order.len()), 0);
                    Ok(Value::Tensor(self.permuted(&tensor, &order)?))
                }
                Value::Fixed(_) | Value::Sequence(_) | Value::Lost(_) => Ok(value),
            });
            carried.push(whole.or_else(|refusal| inside.lost(refusal))?);
        }
        Ok(carried)
    }

    /// One position along an axis, without it.
    fn position(&mut self, tensor: &Tensor, axis: usize, at: u64) -> Result<Tensor, Refusal> {
        let part = self.part(tensor, axis, Part::run(at, 1))?;
        let mut dims = part.dims.to_vec();
        dims.remove(axis);
        self.draft.view(&part, &dims)
    }
}
