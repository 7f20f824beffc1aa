//! An operator of the file with what it takes: what each family of operators is mapped from.

use super::array::{Array, Numbers};
use super::draft::Stored;
use super::import::Importer;
use super::messages::{Kind, Node};
use super::value::{Fixed, Mapped, Refusal, Tensor, Value};
use crate::op::Op;
use crate::op::settings::{Extent, Size};
use crate::text;

/// An operator of the file with what it takes.
pub(super) struct Call<'c> {
    /// The operator, with its attributes.
    pub(super) node: &'c Node,
    /// The version of the operators of its domain.
    pub(super) opset: i64,
    /// What it takes; `None` for what is left out.
    pub(super) inputs: Vec<Option<Value>>,
}

impl Call<'_> {
    /// Whether an input is given.
    pub(super) fn has(&self, index: usize) -> bool {
        matches!(self.inputs.get(index), Some(Some(_)))
    }

    /// An input as what is stored, if it is that.
    pub(super) fn fixed(&self, index: usize) -> Option<Fixed> {
        match self.inputs.get(index)? {
            Some(Value::Fixed(fixed)) => Some(*fixed),
            _ => None,
        }
    }

    /// Input `index` as a weight, which is stored.
    pub(super) fn weight(&self, index: usize) -> Mapped<Fixed> {
        self.fixed(index).ok_or_else(|| {
            Refusal::Unsupported(text!(
                "its input {index}, a weight, is what operators of the network compute: it is not counted",
                "第 {index} 个输入是权重,却由网络中的算子算出:不计数"
            ))
        })
    }

    /// Whether anything takes an output that is not the first.
    pub(super) fn wants(&self, output: usize) -> bool {
        self.node.outputs.get(output).is_some_and(|name| !name.is_empty())
    }

    /// What an attribute is, or what it is otherwise.
    pub(super) fn int_or(&self, name: &str, otherwise: i64) -> i64 {
        self.node.int(name).unwrap_or(otherwise)
    }

    /// The same of a number.
    pub(super) fn float_or(&self, name: &str, otherwise: f32) -> f64 {
        // A decimal that was written for 32 bits is that decimal for 64.
        let value = self.node.float(name).unwrap_or(otherwise);
        decimal(value)
    }
}

/// The shortest decimal that is this number in 32 bits, in 64.
pub(super) fn decimal(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

impl Importer<'_> {
    /// Input `index` as a tensor of the network.
    pub(super) fn tensor(&mut self, call: &Call<'_>, index: usize) -> Mapped<Tensor> {
        match call.inputs.get(index) {
            Some(Some(value)) => self.made(&value.clone()),
            _ => Err(Refusal::Wrong(text!("input {index} is missing", "缺少第 {index} 个输入"))),
        }
    }

    /// All inputs as tensors of the network.
    pub(super) fn tensors(&mut self, call: &Call<'_>) -> Mapped<Vec<Tensor>> {
        (0..call.inputs.len()).map(|index| self.tensor(call, index)).collect()
    }

    /// The sizes of what is stored.
    pub(super) fn dims_of(&self, fixed: Fixed) -> &[u64] {
        &self.table.array(fixed).dims
    }

    /// The whole numbers of an input, which must be known if it is given.
    pub(super) fn ints(&self, call: &Call<'_>, index: usize) -> Mapped<Option<Vec<i64>>> {
        if !call.has(index) {
            return Ok(None);
        }
        match call.fixed(index).map(|fixed| self.table.array(fixed)) {
            Some(Array { numbers: Some(Numbers::Ints(ints)), .. }) => Ok(Some(ints.to_vec())),
            _ => Err(unknown_numbers(index)),
        }
    }

    /// The numbers of an input as floats, which must be known if it is given.
    pub(super) fn floats(&self, call: &Call<'_>, index: usize) -> Mapped<Option<Vec<f64>>> {
        if !call.has(index) {
            return Ok(None);
        }
        let known = call.fixed(index).and_then(|fixed| numbers(self.table.array(fixed)));
        known.map(Some).ok_or_else(|| unknown_numbers(index))
    }

    /// The number of an input that is one.
    pub(super) fn scalar(&self, call: &Call<'_>, index: usize) -> Option<f64> {
        number(self.table.array(call.fixed(index)?))
    }

    /// Axes that an attribute gives, or an input in later versions; none if neither does.
    pub(super) fn axes(&self, call: &Call<'_>, input: usize) -> Mapped<Option<Vec<i64>>> {
        match call.node.ints("axes") {
            Some(axes) => Ok(Some(axes.to_vec())),
            None => self.ints(call, input),
        }
    }

    /// An operator on one tensor that keeps its sizes.
    pub(super) fn each(&mut self, op: impl Into<Op>, input: &Tensor) -> Mapped<Vec<Value>> {
        let (dims, kind) = (input.dims.clone(), input.kind);
        self.one(op, &[input], vec![], &dims, kind)
    }

    /// An operator with one output.
    pub(super) fn one(
        &mut self,
        op: impl Into<Op>,
        inputs: &[&Tensor],
        weights: Vec<Stored>,
        dims: &[u64],
        kind: Kind,
    ) -> Mapped<Vec<Value>> {
        Ok(vec![Value::Tensor(self.draft.emit(op, inputs, weights, dims, kind)?)])
    }
}

fn unknown_numbers(index: usize) -> Refusal {
    Refusal::Unsupported(text!(
        "its output's sizes depend on the numbers of input {index}, which are not known",
        "输出尺寸取决于第 {index} 个输入的数值,而这些数值未知"
    ))
}

/// The numbers of an array as floats, if they are known.
pub(super) fn numbers(array: &Array) -> Option<Vec<f64>> {
    #[expect(clippy::cast_precision_loss, reason = "settings are floats")]
    Some(match array.numbers.as_ref()? {
        Numbers::Ints(ints) => ints.iter().map(|&int| int as f64).collect(),
        Numbers::Floats(floats) => floats.iter().map(|&float| decimal(float)).collect(),
        Numbers::Doubles(doubles) => doubles.to_vec(),
    })
}

/// The number of an array of one element, if it is known.
pub(super) fn number(array: &Array) -> Option<f64> {
    match numbers(array)?[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// A size as operators have it.
pub(super) fn size(value: u64) -> Mapped<Size> {
    Ok(value.try_into()?)
}

/// The same of an attribute.
pub(super) fn size_of(value: i64) -> Mapped<Size> {
    size(natural(value)?)
}

/// A length that may be 0.
pub(super) fn extent_of(value: i64) -> Mapped<Extent> {
    Ok(natural(value)?.try_into()?)
}

/// A number that is not negative.
pub(super) fn natural(value: i64) -> Mapped<u64> {
    u64::try_from(value).map_err(|_| {
        Refusal::Wrong(text!("{value} is negative, and cannot be a size", "{value} 为负,不能作为尺寸"))
    })
}

/// As many sizes as there are axes, one after another.
pub(super) fn array<T: Copy, const N: usize>(values: &[T]) -> Mapped<[T; N]> {
    let found = values.len();
    values
        .try_into()
        .map_err(|_| Refusal::Wrong(text!("{found} values for {N} axes", "有 {N} 个轴,却给出 {found} 个值")))
}

/// Whether a number is exactly another.
pub(super) fn is(number: impl Into<f64>, other: f64) -> bool {
    number.into().total_cmp(&other).is_eq()
}
