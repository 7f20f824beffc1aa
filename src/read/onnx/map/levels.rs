//! Levels of numbers, and numbers of levels.

use crate::graph::Content;
use crate::op::Op;
use crate::op::activation::{Clamp, Round};
use crate::op::div::Div;
use crate::op::reduction::{Max, Min};
use crate::op::sub::Sub;
use crate::read::onnx::array::{Array, Numbers, elements};
use crate::read::onnx::call::{Call, number};
use crate::read::onnx::evaluate::{axis, range};
use crate::read::onnx::import::{Importer, MOST_EVALUATED};
use crate::read::onnx::messages::{Attribute, AttributeValue, Kind, Node};
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};

/// What levels stand for.
#[derive(Clone, Default)]
pub(super) struct Levels {
    /// How far one is from the next; 1 if none is given.
    pub(super) scale: Option<Value>,
    /// Which stands for 0; 0 if none is given.
    pub(super) zero: Option<Value>,
    /// The axis along which there is a scale for each place, if there is more than one.
    pub(super) axis: i64,
    /// Their type, if that is not their zero's.
    pub(super) kind: Option<Kind>,
}

impl Levels {
    /// With the scale and the zero that these inputs are.
    pub(super) fn of(call: &Call<'_>, scale: usize, zero: usize) -> Self {
        let [scale, zero] = [scale, zero].map(|index| call.inputs.get(index).cloned().flatten());
        Self { scale, zero, ..Self::default() }
    }

    pub(super) fn along(self, axis: i64) -> Self {
        Self { axis, ..self }
    }

    /// Of this type if they have no zero.
    pub(super) fn or_kind(self, kind: Option<Kind>) -> Self {
        Self { kind, ..self }
    }
}

/// A number for all elements, or one for each place.
enum Factor {
    Number(f64),
    Tensor(Tensor),
}

/// An operator of the standard with one output.
pub(super) fn node(operator: &str, attributes: Vec<Attribute>) -> Node {
    Node { operator: operator.into(), attributes, outputs: vec!["".into()], ..Node::default() }
}

impl Importer<'_> {
    /// What levels stand for: `(level − zero) · scale`.
    pub(super) fn dequantized(&mut self, levels: &Value, by: &Levels) -> Mapped<Value> {
        if let Some(numbers) = self.stored_numbers(levels, by)? {
            return Ok(numbers);
        }
        let levels = self.made(levels)?;
        let levels = Tensor { kind: Kind::FLOAT, ..levels };
        let zero = self.factor(by.zero.as_ref(), 0.0, &levels, by.axis)?;
        let scale = self.factor(by.scale.as_ref(), 1.0, &levels, by.axis)?;
        let numbers = match (scale, zero) {
            (Factor::Number(scale), Factor::Number(zero)) => match self.unshifted(&levels, zero) {
                Some(steps) => self.affine(&steps, scale, 0.0)?,
                None => self.affine(&levels, scale, -scale * zero)?,
            },
            (scale, zero) => {
                let steps = match zero {
                    Factor::Number(zero) => self.affine(&levels, 1.0, -zero)?,
                    Factor::Tensor(zero) => {
                        self.merged(|broadcast| Sub { broadcast }.into(), &[levels, zero])?
                    }
                };
                match scale {
                    Factor::Number(scale) => self.affine(&steps, scale, 0.0)?,
                    Factor::Tensor(scale) => self.multiplied(&steps, &scale)?,
                }
            }
        };
        Ok(Value::Tensor(numbers))
    }

    /// The same of what is stored: a formula that is stored too.
    fn stored_numbers(&mut self, levels: &Value, by: &Levels) -> Mapped<Option<Value>> {
        let Value::Fixed(levels) = *levels else { return Ok(None) };
        let zero = match by.zero {
            Some(Value::Fixed(zero)) => Some(zero),
            None => None,
            Some(_) => return Ok(None),
        };
        let scale = match by.scale {
            Some(Value::Fixed(scale)) => scale,
            None => {
                let dims = zero.map_or(vec![], |zero| self.dims_of(zero).to_vec());
                let count = elements(&dims).filter(|&count| count <= MOST_EVALUATED * 4);
                let ones = vec![1.0; usize::try_from(count.ok_or(Refusal::Lost)?).unwrap_or_default()];
                let numbers = Some(Numbers::Floats(ones.into()));
                self.table.know(Array { dims, kind: Kind::FLOAT, numbers })
            }
            Some(_) => return Ok(None),
        };
        let axis = Attribute { name: "axis".into(), value: AttributeValue::Int(by.axis) };
        let node = node("DequantizeLinear", vec![axis]);
        let values = self.evaluated(&node, 13, &[Some(levels), Some(scale), zero])?;
        Ok(values.and_then(|values| values.into_iter().next()))
    }

    /// The levels that are nearest to numbers: `x / scale + zero`, rounded and within the type.
    pub(super) fn quantized(&mut self, numbers: &Tensor, by: &Levels) -> Mapped<Tensor> {
        let kind = match &by.zero {
            Some(Value::Fixed(zero)) => self.table.array(*zero).kind,
            _ => by.kind.unwrap_or(Kind::UINT8),
        };
        if kind.is_float() {
            return Err(Refusal::Unsupported(crate::text!(
                "its levels are floats of few bits",
                "其量化级是位数很少的浮点数"
            )));
        }
        let scale = self.factor(by.scale.as_ref(), 1.0, numbers, by.axis)?;
        let steps = match scale {
            Factor::Number(scale) if scale != 0.0 => self.affine(numbers, 1.0 / scale, 0.0)?,
            Factor::Number(_) => {
                return Err(Refusal::Wrong(crate::text!("its scale is 0", "其缩放系数为 0")));
            }
            Factor::Tensor(scale) => {
                self.merged(|broadcast| Div { broadcast }.into(), &[numbers.clone(), scale])?
            }
        };
        let whole = self.draft.emit(Round {}, &[&steps], vec![], &steps.dims, steps.kind)?;
        let (least, most) = range(kind);
        #[expect(clippy::cast_precision_loss, reason = "types of levels are narrow")]
        let (least, most) = (least as f64, most as f64);
        match self.factor(by.zero.as_ref(), 0.0, numbers, by.axis)? {
            // What takes them back to numbers then finds them before the zero is added.
            Factor::Number(zero) => {
                let whole = self.within(&whole, least - zero, most - zero)?;
                self.affine(&whole, 1.0, zero)
            }
            Factor::Tensor(zero) => {
                let levels = self.added(&whole, &zero)?;
                self.within(&levels, least, most)
            }
        }
    }

    /// Levels of 8 bits of numbers whose range is looked at, their scale and their zero, as `DynamicQuantizeLinear` makes them.
    pub(super) fn leveled(&mut self, numbers: &Tensor) -> Mapped<[Tensor; 3]> {
        let most = self.of_all(numbers, |dim| Max { dim, keepdim: false }.into())?;
        let least = self.of_all(numbers, |dim| Min { dim, keepdim: false }.into())?;
        let bound = |min, max| Clamp { min, max };
        let most = self.draft.emit(bound(Some(0.0), None), &[&most], vec![], &[], most.kind)?;
        let least = self.draft.emit(bound(None, Some(0.0)), &[&least], vec![], &[], least.kind)?;
        let width = self.merged(|broadcast| Sub { broadcast }.into(), &[most, least.clone()])?;
        let scale = self.affine(&width, 1.0 / 255.0, 0.0)?;
        let below = self.affine(&least, -1.0, 0.0)?;
        let zero = self.merged(|broadcast| Div { broadcast }.into(), &[below, scale.clone()])?;
        let zero = self.draft.emit(Round {}, &[&zero], vec![], &[], zero.kind)?;
        let zero = self.within(&zero, 0.0, 255.0)?;
        let by = Levels {
            scale: Some(Value::Tensor(scale.clone())),
            zero: Some(Value::Tensor(zero.clone())),
            ..Levels::default()
        };
        Ok([self.quantized(numbers, &by)?, scale, zero])
    }

    /// One number of all elements.
    fn of_all(
        &mut self,
        tensor: &Tensor,
        op: impl FnOnce(Vec<crate::op::settings::Dim>) -> Op,
    ) -> Mapped<Tensor> {
        let count = tensor.dims.iter().try_fold(1u64, |all, &size| all.checked_mul(size));
        let flat = self.draft.as_sample(tensor, &[count.ok_or(Refusal::Lost)?])?;
        self.draft.emit(op(vec![super::shape::dim(0)]), &[&flat], vec![], &[], tensor.kind)
    }

    fn within(&mut self, tensor: &Tensor, min: f64, max: f64) -> Mapped<Tensor> {
        let op = Clamp { min: Some(min), max: Some(max) };
        self.draft.emit(op, &[tensor], vec![], &tensor.dims, tensor.kind)
    }

    /// What a zero was added to, if that is how these levels were made.
    #[expect(clippy::float_cmp, reason = "only the same number is taken away again")]
    fn unshifted(&self, levels: &Tensor, zero: f64) -> Option<Tensor> {
        let node = self.draft.node(levels.id);
        let (Content::Operator(op), &[id]) = (&node.content, &node.inputs[..]) else { return None };
        let Op::Affine(affine) = &**op else { return None };
        (affine.mul == 1.0 && affine.add == zero).then(|| Tensor { id, ..levels.clone() })
    }

    /// A scale or a zero, of a tensor along an axis: stored, it is no parameter.
    fn factor(&mut self, value: Option<&Value>, otherwise: f64, of: &Tensor, along: i64) -> Mapped<Factor> {
        let Some(value) = value else { return Ok(Factor::Number(otherwise)) };
        let Value::Fixed(fixed) = *value else {
            let tensor = self.made(value)?;
            let dims = spread(&tensor.dims, of, along)?;
            return Ok(Factor::Tensor(self.draft.view(&tensor, &dims)?));
        };
        let array = self.table.array(fixed);
        if let Some(number) = number(array).filter(|number| number.is_finite()) {
            return Ok(Factor::Number(number));
        }
        if crate::read::onnx::call::numbers(array).is_some_and(|all| all.iter().all(|&one| one == 0.0)) {
            return Ok(Factor::Number(0.0));
        }
        let dims = spread(&array.dims, of, along)?;
        Ok(Factor::Tensor(self.buffer(fixed, &dims)?))
    }
}

/// The sizes of factors that broadcast to a tensor: one for each place along an axis, if there are several.
fn spread(dims: &[u64], of: &Tensor, along: i64) -> Mapped<Vec<u64>> {
    match dims {
        [] | [1] => Ok(vec![]),
        &[several] => {
            let along = axis(along, of.rank())?;
            let mut dims = vec![1; of.rank()];
            dims[along] = several;
            Ok(dims)
        }
        all => Ok(all.to_vec()),
    }
}
