//! What is stored, as nodes of the network where something computes with it.

use super::call::Call;
use super::draft::{Stored, elements};
use super::import::Importer;
use super::map::map;
use super::messages::Kind;
use super::stored::{Origin, Roots};
use super::value::{Fixed, Mapped, Refusal, Tensor, Value, sample};
use crate::op::parameter::{Buffer, Parameter};
use crate::text;

/// How many operators on weights may follow one another before what they compute is a node: each takes some of the stack.
const LONGEST: u32 = 100;

impl Importer<'_> {
    /// A value as a tensor of the network.
    pub(super) fn made(&mut self, value: &Value) -> Mapped<Tensor> {
        match value {
            Value::Tensor(tensor) => Ok(tensor.clone()),
            Value::Fixed(fixed) => self.stored(*fixed),
            Value::Lost(_) => Err(Refusal::Lost),
            Value::Sequence(_) => Err(Refusal::Unsupported(text!(
                "a list of tensors is taken for one",
                "把张量列表当作单个张量"
            ))),
        }
    }

    fn stored(&mut self, fixed: Fixed) -> Mapped<Tensor> {
        if let Some(tensor) = self.made.get(&fixed) {
            return Ok(tensor.clone());
        }
        let entry = self.table.get(fixed);
        let (array, source) = (&entry.array, &entry.source);
        let is_learned = match entry.roots {
            Roots::None => false,
            // As many numbers, whatever has been done to them.
            Roots::One(root) if !entry.is_product && elements(self.table.array(root)) == elements(array) => {
                true
            }
            Roots::One(_) | Roots::Several => {
                if let Origin::Made { node, opset, inputs, output, place } = source
                    && self.depth < LONGEST
                {
                    let (node, opset, output) = (node.clone(), *opset, *output);
                    let inputs = inputs.iter().map(|input| input.map(Value::Fixed)).collect();
                    let here = std::mem::replace(&mut self.draft.place, *place);
                    self.depth += 1;
                    let outputs = map(self, &Call { node: &node, opset, inputs });
                    self.depth -= 1;
                    self.draft.place = here;
                    let tensor = match outputs?.get(output) {
                        Some(value) => self.made(&value.clone())?,
                        None => return Err(Refusal::Lost),
                    };
                    self.remember(fixed, &tensor);
                    return Ok(tensor);
                }
                true
            }
        };
        let (dims, kind) = (array.dims.clone(), array.kind);
        let name = match source {
            Origin::Given(tensor) => Some(tensor.name.clone()).filter(|name| !name.is_empty()),
            Origin::Known | Origin::Made { .. } => None,
        };
        // A parameter of one number is a setting.
        let is_parameter = is_learned && elements(array) > 1;
        let weight = Stored { learned: is_parameter, ..Stored::whole(fixed) };
        let shape = sample(&dims).iter().map(|&size| size.try_into()).collect::<Result<Vec<_>, _>>()?;
        let tensor = if is_parameter && !shape.is_empty() {
            self.draft.emit(Parameter { shape }, &[], vec![weight], &dims, kind)?
        } else {
            self.draft.emit(Buffer { shape }, &[], vec![weight], &dims, kind)?
        };
        self.draft.name(&tensor, name);
        let tensor = if kind == Kind::UNDEFINED { Tensor { kind: Kind::FLOAT, ..tensor } } else { tensor };
        self.remember(fixed, &tensor);
        Ok(tensor)
    }

    fn remember(&mut self, fixed: Fixed, tensor: &Tensor) {
        self.made.insert(fixed, tensor.clone());
        self.made_since.push(fixed);
    }
}
