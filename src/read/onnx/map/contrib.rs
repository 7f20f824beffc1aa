//! Operators of the domain `com.microsoft`, which onnxruntime makes of several of the standard's when it saves what it has
//! optimized.

use super::attention::{Parts, Sight, rotary_embedding};
use super::cut::Part;
use super::quantized::quantized;
use crate::op::Op;
use crate::op::activation::{Approximate, Clamp, Gelu};
use crate::read::onnx::call::{Call, decimal, natural};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::{Attribute, AttributeValue};
use crate::read::onnx::value::{Mapped, Refusal, Tensor, Value};
use crate::text;

/// `None` for an operator that is none of these.
pub(super) fn contrib(import: &mut Importer<'_>, call: &Call<'_>) -> Option<Mapped<Vec<Value>>> {
    let one = |tensor: Mapped<Tensor>| tensor.map(|tensor| vec![Value::Tensor(tensor)]);
    Some(match &*call.node.operator {
        "FusedConv" => one(fused_conv(import, call)),
        "FusedGemm" => one(fused_gemm(import, call)),
        "FusedMatMul" | "TransposeMatMul" => one(fused_matmul(import, call)),
        "Gelu" | "BiasGelu" => one(gelu(import, call, Approximate::None)),
        "FastGelu" => one(gelu(import, call, Approximate::Tanh)),
        "QuickGelu" => one(quick_gelu(import, call)),
        "BiasSoftmax" => one(bias_softmax(import, call)),
        "BiasAdd" => one(bias_add(import, call)),
        "SkipLayerNormalization" => skip(import, call, "LayerNormalization"),
        "SkipSimplifiedLayerNormalization" => skip(import, call, "RMSNormalization"),
        "SimplifiedLayerNormalization" => one(import.same(call, "RMSNormalization")),
        "Attention" => one(attention(import, call)),
        "MultiHeadAttention" => one(multi_head_attention(import, call)),
        "RotaryEmbedding" => rotary_embedding(import, call, [1, 2, 3]),
        operator @ ("Trilu" | "GridSample" | "LayerNormalization" | "Pad" | "MatMul" | "Conv") => {
            one(import.same(call, operator))
        }
        _ => return quantized(import, call),
    })
}

impl Importer<'_> {
    /// An operator of the standard, with these inputs and attributes.
    fn same(&mut self, call: &Call<'_>, operator: &str) -> Mapped<Tensor> {
        self.standard(call, operator, call.node.attributes.clone(), None, call.inputs.clone())
    }
}

fn fused_conv(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let inputs = call.inputs.iter().take(3).cloned().collect();
    let mut result = import.standard(call, "Conv", call.node.attributes.clone(), None, inputs)?;
    if call.has(3) {
        let more = import.tensor(call, 3)?;
        result = import.added(&result, &more)?;
    }
    let params = match call.node.attribute("activation_params") {
        Some(AttributeValue::Floats(params)) => params.iter().map(|&param| decimal(param)).collect(),
        _ => vec![],
    };
    activated(import, call, &result, &params)
}

fn fused_gemm(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let result = import.same(call, "Gemm")?;
    let params: Vec<f64> = ["activation_alpha", "activation_beta", "activation_gamma"]
        .iter()
        .filter_map(|name| call.node.float(name).map(decimal))
        .collect();
    activated(import, call, &result, &params)
}

/// With the function that the attribute `activation` names.
fn activated(import: &mut Importer<'_>, call: &Call<'_>, tensor: &Tensor, params: &[f64]) -> Mapped<Tensor> {
    let Some(activation) = call.node.text("activation").filter(|name| !name.is_empty()) else {
        return Ok(tensor.clone());
    };
    if let ("Clip", &[min, max]) = (activation, params) {
        let op: Op = if (min, max) == (0.0, 6.0) {
            crate::op::activation::Relu6 {}.into()
        } else {
            Clamp { min: Some(min), max: Some(max) }.into()
        };
        return import.draft.emit(op, &[tensor], vec![], &tensor.dims, tensor.kind);
    }
    #[expect(clippy::cast_possible_truncation, reason = "they were floats of 32 bits")]
    let named = |(&name, &value): (&&str, &f64)| Attribute {
        name: name.into(),
        value: AttributeValue::Float(value as f32),
    };
    let attributes = ["alpha", "beta"].iter().zip(params).map(named).collect();
    let inputs = vec![Some(Value::Tensor(tensor.clone()))];
    import.standard(call, activation, attributes, None, inputs)
}

/// A product of matrices that may be transposed, and whose rows may stand before what they are stacked in.
fn fused_matmul(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let is = |name: &str| call.int_or(name, 0) != 0;
    let alpha = call.float_or("alpha", 1.0);
    let rows = turned(import, call, 0, is("transBatchA"), is("transA"))?;
    let product = match call.fixed(1) {
        Some(weight) if import.dims_of(weight).len() == 2 && !is("transBatchB") => {
            let dims = import.dims_of(weight);
            let (out, stored) = if is("transB") {
                (dims[0], Stored::whole(weight))
            } else {
                (dims[1], Stored::transposed(weight))
            };
            import.linear(&rows, out, vec![stored])?
        }
        _ => {
            let columns = turned(import, call, 1, is("transBatchB"), is("transB"))?;
            import.product(&rows, &columns)?
        }
    };
    import.affine(&product, alpha, 0.0)
}

fn turned(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    index: usize,
    from_front: bool,
    is_transposed: bool,
) -> Mapped<Tensor> {
    let mut tensor = import.tensor(call, index)?;
    let rank = tensor.rank();
    if from_front && rank > 2 {
        let order: Vec<usize> = (1..rank - 1).chain([0, rank - 1]).collect();
        tensor = import.permuted(&tensor, &order)?;
    }
    if is_transposed && rank > 1 { import.swapped(&tensor) } else { Ok(tensor) }
}

fn gelu(import: &mut Importer<'_>, call: &Call<'_>, approximate: Approximate) -> Mapped<Tensor> {
    let input = biased(import, call)?;
    import.draft.emit(Gelu { approximate }, &[&input], vec![], &input.dims, input.kind)
}

/// The first input, with the second added if there is one.
fn biased(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let input = import.tensor(call, 0)?;
    if !call.has(1) {
        return Ok(input);
    }
    let bias = import.tensor(call, 1)?;
    import.added(&input, &bias)
}

/// x · sigmoid(1.702 · x).
fn quick_gelu(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let alpha = AttributeValue::Float(call.node.float("alpha").unwrap_or(1.702));
    let attributes = vec![Attribute { name: "alpha".into(), value: alpha }];
    import.standard(call, "Swish", attributes, None, call.inputs.clone())
}

fn bias_softmax(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let input = biased(import, call)?;
    let attributes = call.node.attributes.iter().filter(|attribute| &*attribute.name == "axis");
    let inputs = vec![Some(Value::Tensor(input))];
    import.standard(call, "Softmax", attributes.cloned().collect(), Some(12), inputs)
}

fn bias_add(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let (sum, skip) = (biased(import, call)?, import.tensor(call, 2)?);
    import.added(&sum, &skip)
}

/// A norm of a sum, which is an output too.
fn skip(import: &mut Importer<'_>, call: &Call<'_>, norm: &str) -> Mapped<Vec<Value>> {
    let mut sum = biased(import, call)?;
    // A layer norm has a bias of its own before that of the sum.
    let is_layer_norm = norm == "LayerNormalization";
    let (shift, bias) = if is_layer_norm { (Some(3), 4) } else { (None, 3) };
    if call.has(bias) {
        let bias = import.tensor(call, bias)?;
        sum = import.added(&sum, &bias)?;
    }
    let given = |index: usize| call.inputs.get(index).cloned().flatten();
    let mut inputs = vec![Some(Value::Tensor(sum.clone())), given(2)];
    inputs.extend(shift.map(given));
    let epsilon = AttributeValue::Float(call.node.float("epsilon").unwrap_or(1e-5));
    let attributes = vec![Attribute { name: "epsilon".into(), value: epsilon }];
    let normed = import.standard(call, norm, attributes, None, inputs)?;
    Ok(vec![Value::Tensor(normed), Value::Lost(None), Value::Lost(None), Value::Tensor(sum)])
}

/// `Attention`: one projection to query, key and value.
fn attention(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    let (input, weight) = (import.tensor(call, 0)?, call.weight(1)?);
    let &[_, out] = import.dims_of(weight) else {
        return Err(Refusal::Wrong(text!("its weight is no matrix", "权重不是矩阵")));
    };
    let mut weights = vec![Stored::transposed(weight)];
    if call.has(2) {
        weights.push(Stored::whole(call.weight(2)?));
    }
    none_of(call, &[4, 6])?;
    let all = import.linear(&input, out, weights)?;
    let sizes = match call.node.ints("qkv_hidden_sizes") {
        Some(sizes) => sizes.iter().map(|&size| natural(size)).collect::<Mapped<Vec<u64>>>()?,
        None => vec![out / 3; 3],
    };
    let all_of = sizes.iter().try_fold(0u64, |sum, &size| sum.checked_add(size));
    let (&[q, k, v], true) = (&sizes[..], all_of == Some(out)) else {
        return Err(Refusal::Wrong(text!(
            "its query, key and value do not come to {out} channels",
            "查询、键、值合起来不是 {out} 个通道"
        )));
    };
    let heads = natural(call.int_or("num_heads", 1))?;
    let mut parts = vec![];
    let mut first = 0;
    for size in [q, k, v] {
        let part = import.part(&all, 2, Part::run(first, size))?;
        parts.push(import.by_heads(&part, heads)?);
        first += size;
    }
    let [query, key, value] = <[Tensor; 3]>::try_from(parts).map_err(|_| Refusal::Lost)?;
    let mask = padding(import, call, 3)?;
    let mask = with(import, mask, call, 5)?;
    mixed(import, call, query, key, value, mask)
}

/// `MultiHeadAttention`, of which query, key and value are there.
fn multi_head_attention(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Tensor> {
    none_of(call, &[6, 7, 8, 9])?;
    let heads = natural(call.int_or("num_heads", 1))?;
    let (mut parts, mut first) = (vec![], 0);
    for index in 0..3 {
        let mut part = import.tensor(call, index)?;
        if part.rank() == 4 && index > 0 {
            parts.push(part);
            continue;
        }
        let &[_, _, channels] = &part.dims[..] else {
            return Err(Refusal::Unsupported(text!(
                "its query, key and value are packed",
                "其查询、键、值打包在一起"
            )));
        };
        if call.has(3) {
            let biases = import.tensor(call, 3)?;
            let bias = import.part(&biases, 0, Part::run(first, channels))?;
            part = import.added(&part, &bias)?;
        }
        first += channels;
        parts.push(import.by_heads(&part, heads)?);
    }
    let [query, key, value] = <[Tensor; 3]>::try_from(parts).map_err(|_| Refusal::Lost)?;
    let mask = padding(import, call, 4)?;
    let mask = with(import, mask, call, 5)?;
    mixed(import, call, query, key, value, mask)
}

fn mixed(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Option<Tensor>,
) -> Mapped<Tensor> {
    let sight = Sight::causal(call.int_or("unidirectional", 0) != 0, 0);
    let scale = call.node.float("scale").filter(|&scale| scale != 0.0).map(decimal);
    let parts = Parts { query, key, value, mask, sight, scale, softcap: 0.0 };
    let mixed = import.attended(parts)?;
    import.of_heads(&mixed)
}

/// A mask of batch × tokens, 1 for what is no padding, as what is added to scores.
fn padding(import: &mut Importer<'_>, call: &Call<'_>, index: usize) -> Mapped<Option<Tensor>> {
    if !call.has(index) {
        return Ok(None);
    }
    let mask = import.tensor(call, index)?;
    let &[batch, tokens] = &mask.dims[..] else {
        return Err(Refusal::Unsupported(text!("its mask is not batch × tokens", "其掩码不是批次维 × 词元")));
    };
    let least = -call.float_or("mask_filter_value", -10_000.0);
    let added = import.affine(&mask, least, -least)?;
    Ok(Some(import.draft.view(&added, &[batch, 1, 1, tokens])?))
}

/// With another mask added, if there is one.
fn with(
    import: &mut Importer<'_>,
    mask: Option<Tensor>,
    call: &Call<'_>,
    index: usize,
) -> Mapped<Option<Tensor>> {
    if !call.has(index) {
        return Ok(mask);
    }
    let more = import.tensor(call, index)?;
    Ok(Some(match mask {
        Some(mask) => import.added(&mask, &more)?,
        None => more,
    }))
}

fn none_of(call: &Call<'_>, inputs: &[usize]) -> Mapped<()> {
    match inputs.iter().find(|&&index| call.has(index)) {
        None => Ok(()),
        Some(index) => Err(Refusal::Unsupported(text!(
            "its input {index}, of earlier tokens, is not known",
            "不支持第 {index} 个输入(之前的词元)"
        ))),
    }
}
