//! Operators of the standard as operators of ours, a file for each family.

use super::call::Call;
use super::import::Importer;
use super::messages::Node;
use super::value::{Mapped, Refusal, Value};
use crate::text;

mod attention;
mod compare;
mod contrib;
mod conv;
mod cut;
mod einsum;
mod elementwise;
mod fold;
mod functions;
mod index;
mod levels;
mod linear;
mod norm;
mod order;
mod pad;
mod pool;
mod quantized;
mod recurrent;
mod reduce;
mod resize;
mod sample;
mod shape;
mod unrolled;

pub(super) use cut::Part;

/// What an operator becomes: a value for each of its outputs that something may take.
pub(super) fn map(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    match &*call.node.domain {
        "" => standard(import, call),
        "com.microsoft" => contrib::contrib(import, call).unwrap_or_else(|| Err(unknown(call.node))),
        _ => Err(unknown(call.node)),
    }
}

fn standard(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    match &*call.node.operator {
        "Conv" => conv::conv(import, call),
        "ConvTranspose" => conv::conv_transpose(import, call),
        "Gemm" => linear::gemm(import, call),
        "MatMul" => linear::matmul(import, call),
        "BatchNormalization" => norm::batch_norm(import, call),
        "LayerNormalization" => norm::layer_norm(import, call),
        "InstanceNormalization" => norm::instance_norm(import, call),
        "GroupNormalization" => norm::group_norm(import, call),
        "RMSNormalization" => norm::rms_norm(import, call),
        "LRN" => norm::local_response_norm(import, call),
        "MaxPool" => pool::max_pool(import, call),
        "AveragePool" => pool::avg_pool(import, call),
        "LpPool" => pool::lp_pool(import, call),
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" => pool::global(import, call),
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => shape::view(import, call),
        "Identity" | "Cast" => shape::same(import, call),
        "CastLike" => shape::cast_like(import, call),
        "Shape" | "Size" | "EyeLike" => shape::sizes(import, call),
        "Transpose" => shape::transpose(import, call),
        "Concat" => shape::concat(import, call),
        "Expand" => shape::expand(import, call),
        "Slice" => cut::slice(import, call),
        "Split" => cut::split(import, call),
        "Gather" => index::gather(import, call),
        "GatherElements" => index::gather_elements(import, call),
        "GatherND" => index::gather_nd(import, call),
        "ScatterElements" | "Scatter" => index::scatter_elements(import, call),
        "ScatterND" => index::scatter_nd(import, call),
        "LpNormalization" => reduce::normalize(import, call),
        "MeanVarianceNormalization" => reduce::standardize(import, call),
        "Einsum" => einsum::einsum(import, call),
        "GridSample" => sample::grid_sample(import, call),
        "RoiAlign" => sample::roi_align(import, call),
        "Compress" if import.ints(call, 1).is_ok() => index::compress(import, call),
        "Dropout" => shape::dropout(import, call),
        "Col2Im" => fold::fold(import, call),
        "Attention" => attention::attention(import, call),
        "RotaryEmbedding" => attention::rotary_embedding(import, call, [3, 1, 2]),
        "Pad" => pad::pad(import, call),
        "Resize" | "Upsample" => resize::resize(import, call),
        "DepthToSpace" => resize::depth_to_space(import, call),
        "SpaceToDepth" => resize::space_to_depth(import, call),
        "NonZero" | "NonMaxSuppression" | "Unique" | "Compress" => Err(Refusal::Unsupported(text!(
            "the data decide how many elements it has",
            "输出的元素个数由数据决定"
        ))),
        _ => elementwise::elementwise(import, call)
            .or_else(|| compare::compare(import, call))
            .or_else(|| reduce::reduce(import, call))
            .or_else(|| order::order(import, call))
            .or_else(|| recurrent::recurrent(import, call))
            .or_else(|| quantized::quantized(import, call))
            .unwrap_or_else(|| Err(unknown(call.node))),
    }
}

/// Operators that multiply and accumulate: on weights they are work of the network, whatever else they take.
pub(super) fn computes_with_weights(node: &Node) -> bool {
    matches!(
        &*node.operator,
        "Conv"
            | "ConvTranspose"
            | "Gemm"
            | "MatMul"
            | "Einsum"
            | "LSTM"
            | "GRU"
            | "RNN"
            | "QLinearConv"
            | "QLinearMatMul"
            | "ConvInteger"
            | "MatMulInteger"
            | "Attention"
            | "FusedConv"
            | "FusedMatMul"
            | "FusedGemm"
            | "QGemm"
            | "MultiHeadAttention"
            | "DynamicQuantizeMatMul"
            | "MatMulIntegerToFloat"
    )
}

fn unknown(node: &Node) -> Refusal {
    let (domain, operator) = (&node.domain, &node.operator);
    Refusal::Unsupported(match &**domain {
        "" => text!("the operator {operator} is not known", "未知算子 {operator}"),
        _ => text!("the operator {domain}::{operator} is not known", "未知算子 {domain}::{operator}"),
    })
}
