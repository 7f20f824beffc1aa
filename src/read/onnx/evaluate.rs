//! What operators give where it follows from shapes, constants and weights alone.
//!
//! Sizes are always found out; numbers where those that they depend on are known and there are not too many. Whole numbers are
//! exact or refused, floats are those of IEEE in the width of their type.

mod arithmetic;
mod cast;
mod compare;
mod elementwise;
mod floats;
mod index;
mod join;
mod linear;
mod make;
mod norm;
mod place;
mod quantize;
mod reduce;
mod rule;
mod scatter;
mod select;
mod shape;
mod slice;
mod sort;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::array::{Array, Numbers};
use super::messages::{AttributeValue, Kind, Node, Tensor};
use crate::text;
use crate::text::Text;

pub(super) use cast::range;
use rule::elements;
pub(super) use rule::{axis, broadcast, resolved};

/// What an operator gives: an array for each of its outputs, or `None` where no size can be told.
type Answer = Result<Option<Vec<Array>>, Text>;

/// What `node` gives for these inputs, in version `opset` of its operators; of an input that is left out or unknown there is
/// `None`. A tensor among its settings ([`given`]) is expected behind the inputs.
///
/// There is one array for each output of the node. Its numbers are known if those that they follow from are, and neither it nor
/// an input has more than `limit` elements; where only sizes change they are shared, however many. The answer is `None` where
/// the operator is not one of those here, or where its sizes follow from numbers that are not known.
///
/// An error says why there can be no such node.
pub(super) fn evaluate(node: &Node, opset: i64, inputs: &[Option<&Array>], limit: u64) -> Answer {
    let is_unknown =
        |(place, name): (usize, &Arc<str>)| !name.is_empty() && !matches!(inputs.get(place), Some(Some(_)));
    let is_open = |value: &AttributeValue| matches!(value, AttributeValue::Reference(_));
    if node.inputs.iter().enumerate().any(is_unknown) || node.attributes.iter().any(|it| is_open(&it.value)) {
        return Ok(None);
    }
    let Some(operator) = operator(&node.domain, &node.operator) else {
        return Ok(None);
    };
    let mut is_small = true;
    for input in inputs.iter().flatten() {
        let count = elements(&input.dims)?;
        is_small &= count <= limit;
        if input.numbers.as_ref().is_some_and(|numbers| numbers.len() as u64 != count) {
            let dims = &input.dims;
            return Err(text!(
                "an array of {dims:?} has another number of elements",
                "{dims:?} 的数组的元素个数不符"
            ));
        }
    }
    let mut answer = operator(&Call { node, opset, inputs, limit, is_small })?;
    if let Some(arrays) = &mut answer {
        if arrays.len() < node.outputs.len() {
            return Ok(None);
        }
        arrays.truncate(node.outputs.len());
    }
    Ok(answer)
}

/// The tensor among the settings of `node`, which whoever asks what it gives has to read: of `Constant` and `ConstantOfShape`.
pub(super) fn given(node: &Node) -> Option<&Arc<Tensor>> {
    let has_one = node.domain.is_empty() && matches!(&*node.operator, "Constant" | "ConstantOfShape");
    match node.attribute("value").filter(|_| has_one)? {
        AttributeValue::Tensor(tensor) => Some(tensor),
        AttributeValue::Float(_)
        | AttributeValue::Int(_)
        | AttributeValue::Text(_)
        | AttributeValue::Graph(_)
        | AttributeValue::Floats(_)
        | AttributeValue::Ints(_)
        | AttributeValue::Texts(_)
        | AttributeValue::Reference(_)
        | AttributeValue::Other => None,
    }
}

/// A node that is asked what it gives.
struct Call<'a> {
    node: &'a Node,
    opset: i64,
    inputs: &'a [Option<&'a Array>],
    limit: u64,
    /// Whether all inputs have at most `limit` elements.
    is_small: bool,
}

/// The numbers of an input are not known.
struct Unknown;

impl<'a> Call<'a> {
    /// An input that must be there, counted from 0.
    fn input(&self, place: usize) -> Result<&'a Array, Text> {
        let (operator, number) = (&self.node.operator, place + 1);
        self.optional(place)
            .ok_or_else(|| text!("{operator} has no input {number}", "{operator} 没有第 {number} 个输入"))
    }

    /// An input that may be left out.
    fn optional(&self, place: usize) -> Option<&'a Array> {
        self.inputs.get(place).copied().flatten()
    }

    /// All inputs that are there.
    fn all(&self) -> Result<Vec<&'a Array>, Text> {
        self.input(0)?;
        Ok(self.inputs.iter().copied().flatten().collect())
    }

    /// A setting that became an input: as whole numbers, unless it is left out.
    fn listed(&self, name: &str, place: usize) -> Result<Option<&'a [i64]>, Unknown> {
        match self.optional(place) {
            Some(input) => input.ints().map(Some).ok_or(Unknown),
            None => Ok(self.node.ints(name)),
        }
    }

    /// Whether a setting is given and is not 0, or is `otherwise`.
    fn flag(&self, name: &str, otherwise: bool) -> bool {
        self.node.int(name).map_or(otherwise, |value| value != 0)
    }

    /// The axis that a setting names, of an array of `rank` dimensions.
    fn axis(&self, name: &str, otherwise: i64, rank: usize) -> Result<usize, Text> {
        axis(self.node.int(name).unwrap_or(otherwise), rank)
    }

    /// One array of these sizes; its numbers are asked for if it is small enough.
    fn makes(
        &self,
        dims: Vec<u64>,
        kind: Kind,
        numbers: impl FnOnce(&[u64]) -> Result<Option<Numbers>, Text>,
    ) -> Answer {
        Ok(Some(vec![self.array(dims, kind, numbers)?]))
    }

    /// One array of these sizes with elements of `input`, from the places that are asked for if it is small enough.
    fn takes(&self, input: &Array, dims: Vec<u64>, places: impl FnOnce(&[u64]) -> Vec<usize>) -> Answer {
        let taken = |dims: &[u64]| input.numbers.as_ref().map(|numbers| place::taken(numbers, &places(dims)));
        self.makes(dims, input.kind, |dims| Ok(taken(dims)))
    }

    /// An array of these sizes; its numbers are asked for if it is small enough.
    fn array(
        &self,
        dims: Vec<u64>,
        kind: Kind,
        numbers: impl FnOnce(&[u64]) -> Result<Option<Numbers>, Text>,
    ) -> Result<Array, Text> {
        let numbers = match elements(&dims)? {
            0 => Numbers::zeros(kind, 0),
            count if count <= self.limit && self.is_small => numbers(&dims)?,
            _ => None,
        };
        Ok(Array { dims, kind, numbers })
    }
}

/// The rule of an operator, if it is one of those here.
fn operator(domain: &str, name: &str) -> Option<fn(&Call) -> Answer> {
    match domain {
        "" => standard(name),
        "com.microsoft" => match name {
            "DequantizeLinear" => Some(quantize::dequantize),
            "QuantizeLinear" => Some(quantize::quantize),
            _ => None,
        },
        _ => None,
    }
}

fn standard(name: &str) -> Option<fn(&Call) -> Answer> {
    Some(match name {
        "Constant" => make::constant,
        "ConstantOfShape" => make::constant_of_shape,
        "Range" => make::range,
        "EyeLike" => make::eye_like,
        "OneHot" => make::one_hot,
        "Shape" => shape::shape,
        "Size" => shape::size,
        "Identity" => shape::identity,
        "Dropout" => shape::dropout,
        "Reshape" => shape::reshape,
        "Flatten" => shape::flatten,
        "Squeeze" => shape::squeeze,
        "Unsqueeze" => shape::unsqueeze,
        "Cast" => cast::cast,
        "CastLike" => cast::cast_like,
        "Gather" => index::gather,
        "GatherElements" => index::gather_elements,
        "GatherND" => index::gather_nd,
        "ScatterElements" | "Scatter" => scatter::scatter_elements,
        "ScatterND" => scatter::scatter_nd,
        "Slice" => slice::slice,
        "Split" => slice::split,
        "Concat" => join::concat,
        "Transpose" => join::transpose,
        "Expand" => join::expand,
        "Tile" => join::tile,
        "Pad" => join::pad,
        "Upsample" | "Resize" => join::resize,
        "Where" => select::choose,
        "Trilu" => select::trilu,
        "NonZero" => select::non_zero,
        "CumSum" => reduce::cum_sum,
        "ArgMax" => sort::arg_max,
        "ArgMin" => sort::arg_min,
        "TopK" => sort::top_k,
        "MatMul" => linear::matmul,
        "Gemm" => linear::gemm,
        "Softmax" => norm::softmax,
        "LogSoftmax" => norm::log_softmax,
        "BatchNormalization" => norm::batch,
        "InstanceNormalization" => norm::instance,
        "LayerNormalization" => norm::layer,
        "QuantizeLinear" => quantize::quantize,
        "DequantizeLinear" => quantize::dequantize,
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Pow" | "Min" | "Max" | "Sum" | "Mean" => {
            arithmetic::arithmetic
        }
        "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "And" | "Or" | "Xor" | "Not"
        | "IsNaN" | "IsInf" => compare::compare,
        "Neg" | "Abs" | "Sign" | "Relu" | "Clip" => arithmetic::unary,
        _ if name.starts_with("Reduce") => reduce::reduce,
        _ => floats::function(name)?,
    })
}
