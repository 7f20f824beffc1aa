//! Operators that are not known, or whose output has as many elements as the data bring: they are there, uncounted, and the total
//! is partial.

use std::collections::BTreeMap;

use super::draft::Stored;
use super::import::{Importer, Scope};
use super::messages::{Dimension, Kind, Node};
use super::stored::Roots;
use super::value::{Mapped, Refusal, Tensor, Value};
use crate::op::opaque::Opaque;
use crate::op::settings::Size;
use crate::text::Text;

/// The longest name of an operator, or of a weight, that is shown.
const LONGEST: usize = 100;

impl<'m> Importer<'m> {
    /// What an operator makes of which nothing is known: where the file says what sizes it has, counting goes on behind it.
    pub(super) fn lose(
        &mut self,
        node: &'m Node,
        inputs: &[Option<Value>],
        scope: &Scope<'_, 'm>,
    ) -> Result<Vec<Value>, Text> {
        let (mut tensors, mut weights, mut stored) = (vec![], BTreeMap::new(), vec![]);
        for (input, name) in inputs.iter().zip(&node.inputs) {
            match input {
                Some(Value::Tensor(tensor) | Value::Lost(Some(tensor))) => tensors.push(tensor.clone()),
                Some(Value::Sequence(parts)) => tensors.extend(parts.iter().filter_map(|part| match part {
                    Value::Tensor(tensor) | Value::Lost(Some(tensor)) => Some(tensor.clone()),
                    Value::Fixed(_) | Value::Sequence(_) | Value::Lost(None) => None,
                })),
                Some(Value::Fixed(fixed)) if self.table.get(*fixed).roots != Roots::None => {
                    let sizes = self.dims_of(*fixed).iter().map(|&size| Size::try_from(size)).collect();
                    // A name that stands twice is one tensor.
                    if let Ok(sizes) = sizes {
                        weights.insert(named(name), sizes);
                        stored.push((named(name), *fixed));
                    }
                }
                Some(Value::Fixed(_) | Value::Lost(None)) | None => {}
            }
        }
        stored.sort_by(|(a, _), (b, _)| a.cmp(b));
        stored.dedup_by(|(a, _), (b, _)| a == b);
        let mut stored: Vec<Stored> = stored.into_iter().map(|(_, fixed)| Stored::whole(fixed)).collect();
        let mut outputs = vec![];
        for name in &node.outputs {
            if name.is_empty() {
                outputs.push(Value::Lost(None));
                continue;
            }
            let hint = self.hint(scope, name);
            let (dims, kind) = match &hint {
                Some((dims, kind)) => (Some(&dims[..]), *kind),
                None => (None, Kind::FLOAT),
            };
            let (weights, stored) = (std::mem::take(&mut weights), std::mem::take(&mut stored));
            let made = self.opaque(&node.operator, &tensors, dims, kind, weights, stored);
            outputs.push(match made {
                Ok(tensor) if hint.is_some() => Value::Tensor(tensor),
                Ok(tensor) => Value::Lost(Some(tensor)),
                Err(Refusal::Wrong(why) | Refusal::Unsupported(why)) => return Err(why),
                Err(Refusal::Lost) => Value::Lost(None),
            });
        }
        Ok(outputs)
    }

    /// The sizes and the type that the file says a tensor has, where that is known in numbers.
    fn hint(&self, scope: &Scope<'_, 'm>, name: &str) -> Option<(Vec<u64>, Kind)> {
        let info = scope.hint(name)?;
        let size = |dimension: &Dimension| match dimension {
            Dimension::Size(size) => u64::try_from(*size).ok().filter(|&size| size > 0),
            Dimension::Symbol(symbol) => self.symbols.get(symbol).copied(),
            Dimension::Unknown => None,
        };
        let dims = info.dims.as_ref()?.iter().map(size).collect::<Option<_>>()?;
        Some((dims, info.kind))
    }

    /// A value as an output of the network; of what is lost, the node that stands for it.
    pub(super) fn output(&mut self, value: &Value) -> Mapped<Tensor> {
        if let Value::Lost(tensor) = value { tensor.clone().ok_or(Refusal::Lost) } else { self.made(value) }
    }

    /// An operator of which nothing is known but what it takes, and what sizes come out, where the file says that.
    pub(super) fn opaque(
        &mut self,
        operator: &str,
        inputs: &[Tensor],
        dims: Option<&[u64]>,
        kind: Kind,
        weights: BTreeMap<String, Vec<Size>>,
        stored: Vec<Stored>,
    ) -> Result<Tensor, Refusal> {
        let inputs: Vec<&Tensor> = inputs.iter().collect();
        if inputs.is_empty() {
            return self.draft.unknown(&named(operator), &inputs, dims, kind);
        }
        let (is_unsized, dims) = (dims.is_none(), dims.unwrap_or_default());
        let shape =
            super::value::sample(dims).iter().map(|&size| size.try_into()).collect::<Result<_, _>>()?;
        let op = Opaque { kind: Some(named(operator)), shape, weights, is_unsized, ..Opaque::default() };
        self.draft.emit(op, &inputs, stored, dims, kind)
    }
}

/// A name as one of ours may be.
pub(super) fn named(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' };
    let name: String = name.chars().take(LONGEST).map(plain).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}
