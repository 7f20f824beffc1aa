//! How many inputs the standard's operators have.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::messages::Node;
use crate::text;
use crate::text::Text;

/// The fewest and the most inputs, in any version of the operators: `onnx.defs.get_all_schemas_with_history()` of onnx 1.23.
/// Operators with any number, and those that are not mapped, are not listed.
const INPUTS: [(usize, usize, &str); 13] = [
    (0, 0, "Constant RandomNormal RandomUniform SequenceEmpty"),
    (
        1,
        1,
        "Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Cast Ceil Celu ConcatFromSequence ConstantOfShape Cos \
         Cosh DepthToSpace Elu Erf EyeLike Flatten Floor Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool HardSigmoid HardSwish \
         Hardmax Identity If IsInf IsNaN LRN LeakyRelu Log LogSoftmax LpNormalization LpPool MaxPool MeanVarianceNormalization \
         Mish Neg NonZero Not Reciprocal Relu Round Selu SequenceLength Shape Shrink Sigmoid Sign Sin Sinh Size Softmax Softplus \
         Softsign SpaceToDepth Sqrt Swish Tan Tanh ThresholdedRelu Transpose Unique Exp",
    ),
    (
        1,
        2,
        "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare \
         Reshape SequenceErase Split SplitToSequence Squeeze TopK Trilu Unsqueeze Upsample",
    ),
    (1, 3, "Clip Dropout"),
    (1, 4, "Pad Resize"),
    (1, 5, "Slice"),
    (
        2,
        2,
        "Add And CastLike Compress CumSum Div Equal Expand Gather GatherElements GatherND Greater GreaterOrEqual GridSample Less \
         LessOrEqual MatMul Mod Mul Or PRelu Pow RMSNormalization SequenceAt Sub Xor",
    ),
    (2, 3, "Conv ConvTranspose DequantizeLinear Gemm LayerNormalization QuantizeLinear SequenceInsert Tile"),
    (
        3,
        3,
        "Col2Im GroupNormalization InstanceNormalization OneHot Range RoiAlign Scatter ScatterElements ScatterND Where",
    ),
    (3, 6, "GRU RNN"),
    (3, 7, "Attention"),
    (3, 8, "LSTM"),
    (5, 5, "BatchNormalization"),
];

/// Whether an operator is given as many inputs as it takes; one that is left out at the end counts as none.
pub(super) fn takes_as_many(node: &Node) -> Result<(), Text> {
    static BY_NAME: LazyLock<HashMap<&str, (usize, usize)>> = LazyLock::new(|| {
        INPUTS
            .iter()
            .flat_map(|&(least, most, names)| names.split(' ').map(move |name| (name, (least, most))))
            .collect()
    });
    let known = BY_NAME.get(&*node.operator).filter(|_| node.domain.is_empty());
    let Some(&(least, most)) = known else { return Ok(()) };
    let given = node.inputs.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    if (least..=most).contains(&given) {
        return Ok(());
    }
    let operator = &node.operator;
    Err(if least == most {
        text!(
            "{operator} takes {least} inputs, and {given} are given",
            "{operator} 有 {least} 个输入,却给出 {given} 个"
        )
    } else {
        text!(
            "{operator} takes {least} to {most} inputs, and {given} are given",
            "{operator} 有 {least} 到 {most} 个输入,却给出 {given} 个"
        )
    })
}
