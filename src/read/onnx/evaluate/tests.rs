//! Operators on small arrays. Figures are NumPy's and onnxruntime's, where no rule says them.

use super::super::array::{Array, Numbers};
use super::super::messages::{Attribute, AttributeValue, Kind, Node};
use super::evaluate;

mod bounds;
mod files;
mod forms;
mod hostile;
mod nodes;
mod numbers;

/// A node with so many inputs and outputs.
fn node(operator: &str, inputs: usize, outputs: usize, attributes: &[(&str, AttributeValue)]) -> Node {
    let attribute =
        |(name, value): &(&str, AttributeValue)| Attribute { name: (*name).into(), value: value.clone() };
    Node {
        operator: operator.into(),
        inputs: (0..inputs).map(|place| format!("x{place}").into()).collect(),
        outputs: (0..outputs).map(|place| format!("y{place}").into()).collect(),
        attributes: attributes.iter().map(attribute).collect(),
        ..Node::default()
    }
}

/// What an operator of the newest versions makes of these inputs.
fn made(operator: &str, inputs: &[&Array], attributes: &[(&str, AttributeValue)]) -> Array {
    made_in(21, operator, inputs, attributes)
}

/// What an operator of a version makes of these inputs.
fn made_in(opset: i64, operator: &str, inputs: &[&Array], attributes: &[(&str, AttributeValue)]) -> Array {
    let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
    let made = evaluate(&node(operator, inputs.len(), 1, attributes), opset, &inputs, 4096);
    made.unwrap().unwrap_or_else(|| panic!("{operator} is not evaluated")).remove(0)
}

/// Why an operator cannot be, in English.
fn refused(operator: &str, inputs: &[&Array], attributes: &[(&str, AttributeValue)]) -> String {
    let inputs: Vec<_> = inputs.iter().copied().map(Some).collect();
    evaluate(&node(operator, inputs.len(), 1, attributes), 21, &inputs, 4096).unwrap_err().english
}

fn list(ints: &[i64]) -> Array {
    Array::list(ints)
}

fn int(value: i64) -> AttributeValue {
    AttributeValue::Int(value)
}

fn ints(values: &[i64]) -> AttributeValue {
    AttributeValue::Ints(values.to_vec())
}

fn floats(values: &[f32]) -> Array {
    let dims = vec![values.len() as u64];
    Array { dims, kind: Kind::FLOAT, numbers: Some(Numbers::Floats(values.into())) }
}

fn float(value: f32) -> Array {
    Array { dims: vec![], ..floats(&[value]) }
}

/// Of sizes alone.
fn bare(dims: &[u64], kind: Kind) -> Array {
    Array { dims: dims.to_vec(), kind, numbers: None }
}

/// The same elements in other sizes.
fn shaped(array: &Array, dims: &[u64]) -> Array {
    Array { dims: dims.to_vec(), ..array.clone() }
}

/// All operators that are evaluated.
fn operators() -> &'static [&'static str] {
    &[
        "Constant",
        "ConstantOfShape",
        "Range",
        "EyeLike",
        "OneHot",
        "Shape",
        "Size",
        "Identity",
        "Dropout",
        "Reshape",
        "Flatten",
        "Squeeze",
        "Unsqueeze",
        "Cast",
        "CastLike",
        "Gather",
        "GatherElements",
        "GatherND",
        "ScatterElements",
        "Scatter",
        "ScatterND",
        "Slice",
        "Split",
        "Concat",
        "Transpose",
        "Expand",
        "Tile",
        "Pad",
        "Upsample",
        "Resize",
        "Where",
        "Trilu",
        "NonZero",
        "CumSum",
        "ArgMax",
        "ArgMin",
        "TopK",
        "MatMul",
        "Gemm",
        "Softmax",
        "LogSoftmax",
        "BatchNormalization",
        "InstanceNormalization",
        "LayerNormalization",
        "QuantizeLinear",
        "DequantizeLinear",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Mod",
        "Pow",
        "Min",
        "Max",
        "Sum",
        "Mean",
        "Equal",
        "Less",
        "LessOrEqual",
        "Greater",
        "GreaterOrEqual",
        "And",
        "Or",
        "Xor",
        "Not",
        "IsNaN",
        "IsInf",
        "Neg",
        "Abs",
        "Sign",
        "Relu",
        "Clip",
        "ReduceSum",
        "ReduceMean",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceL1",
        "ReduceL2",
        "ReduceSumSquare",
        "ReduceLogSum",
        "ReduceLogSumExp",
        "Sqrt",
        "Exp",
        "Erf",
        "Round",
    ]
}
