//! Attention, and the positions that are turned into its queries and keys.

use crate::op::activation::Tanh;
use crate::op::parameter::Buffer;
use crate::op::rotary_embedding::RotaryEmbedding;
use crate::op::scaled_dot_product_attention::ScaledDotProductAttention;
use crate::op::settings::Dim;
use crate::op::softmax::Softmax;
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::call::{Call, decimal, natural, size};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::import::Importer;
use crate::read::onnx::messages::{Attribute, AttributeValue, Kind};
use crate::read::onnx::value::{Fixed, Mapped, Refusal, Tensor, Value, sample};
use crate::text;

/// The most scores of a mask that is made here.
const MOST_MASKED: u64 = 1 << 20;

/// What attention is computed of.
pub(super) struct Parts {
    /// Batch × heads × tokens × channels.
    pub(super) query: Tensor,
    pub(super) key: Tensor,
    pub(super) value: Tensor,
    /// What is added to the scores.
    pub(super) mask: Option<Tensor>,
    /// If a token looks only at those before it: how many there are before the first.
    pub(super) causal: Option<u64>,
    /// What scores are multiplied by, if not by one over the root of the channels.
    pub(super) scale: Option<f64>,
    /// Where scores are bent to stay within this number and its negative: the number, else 0.
    pub(super) softcap: f64,
}

/// `Attention` of the standard.
pub(super) fn attention(import: &mut Importer<'_>, call: &Call<'_>) -> Mapped<Vec<Value>> {
    let heads = [("q_num_heads", 0), ("kv_num_heads", 1), ("kv_num_heads", 2)];
    let mut parts = vec![];
    for (name, index) in heads {
        let tensor = import.tensor(call, index)?;
        parts.push(if tensor.rank() == 3 {
            import.by_heads(&tensor, natural(call.int_or(name, 0))?)?
        } else {
            tensor
        });
    }
    let is_flat = import.tensor(call, 0)?.rank() == 3;
    if call.has(6) || import.is_used(call, 3) {
        return Err(Refusal::Unsupported(text!(
            "lengths without padding, and scores as an output, are not known",
            "不支持非填充长度以及把得分作为输出"
        )));
    }
    let mut before = 0;
    for (index, part) in [(4, 1), (5, 2)] {
        if call.has(index) {
            let past = import.tensor(call, index)?;
            before = past.dims.get(2).copied().unwrap_or(0);
            parts[part] = import.concatenated(&[past, parts[part].clone()], 2)?;
        }
    }
    let [query, key, value] = <[Tensor; 3]>::try_from(parts).map_err(|_| Refusal::Lost)?;
    let mask = match call.inputs.get(3) {
        Some(Some(mask)) => Some(import.mask(call, mask)?),
        _ => None,
    };
    let causal = (call.int_or("is_causal", 0) != 0).then_some(before);
    let scale = call.node.float("scale").map(decimal);
    let softcap = call.float_or("softcap", 0.0);
    let present = [key.clone(), value.clone()].map(Value::Tensor);
    let mixed = import.attended(Parts { query, key, value, mask, causal, scale, softcap })?;
    let mixed = if is_flat { import.of_heads(&mixed)? } else { mixed };
    Ok([Value::Tensor(mixed)].into_iter().chain(present).collect())
}

/// `RotaryEmbedding`, of which these inputs are the positions, the cosines and the sines.
pub(super) fn rotary_embedding(
    import: &mut Importer<'_>,
    call: &Call<'_>,
    [positions, cosines, sines]: [usize; 3],
) -> Mapped<Vec<Value>> {
    let input = import.tensor(call, 0)?;
    let angles = [cosines, sines].map(|index| import.angles(call, index, positions));
    let [cosines, sines] = angles;
    let (cosines, sines) = (cosines?, sines?);
    let turned = natural(call.int_or("rotary_embedding_dim", 0))?;
    let op = RotaryEmbedding {
        dims: if turned == 0 { None } else { Some(size(turned)?) },
        interleaved: call.int_or("interleaved", 0) != 0,
    };
    // Batch × tokens × pairs, the same for all heads.
    let &[batch, tokens, pairs] = &cosines.dims[..] else {
        return Err(Refusal::Wrong(text!("its cosines have not 3 dimensions", "余弦不是 3 维")));
    };
    let (heads, of_angles) = match input.dims[..] {
        [batch, tokens, channels] => {
            let heads = natural(call.int_or("num_heads", 0))?;
            let each = channels.checked_div(heads).filter(|each| each.checked_mul(heads) == Some(channels));
            (vec![batch, tokens, heads, each.ok_or_else(no_heads)?], vec![1, pairs])
        }
        _ => (input.dims.to_vec(), vec![pairs]),
    };
    let of_angles = if input.rank() == 3 {
        [&[batch, tokens], &of_angles[..]].concat()
    } else {
        vec![batch, 1, tokens, pairs]
    };
    let x = import.draft.view(&input, &heads)?;
    let cosines = import.draft.view(&cosines, &of_angles)?;
    let sines = import.draft.view(&sines, &of_angles)?;
    let turned = import.draft.emit(op, &[&x, &cosines, &sines], vec![], &heads, input.kind)?;
    Ok(vec![Value::Tensor(import.draft.view(&turned, &input.dims)?)])
}

fn no_heads() -> Refusal {
    Refusal::Wrong(text!("its heads do not divide its channels", "头数不能整除通道数"))
}

impl Importer<'_> {
    /// Batch × tokens × channels as batch × heads × tokens × channels of a head.
    pub(in crate::read::onnx) fn by_heads(&mut self, tensor: &Tensor, heads: u64) -> Mapped<Tensor> {
        let &[batch, tokens, channels] = &tensor.dims[..] else { return Err(no_heads()) };
        if heads == 0 || !channels.is_multiple_of(heads) {
            return Err(no_heads());
        }
        let split = self.draft.view(tensor, &[batch, tokens, heads, channels / heads])?;
        self.permuted(&split, &[0, 2, 1, 3])
    }

    /// The other way round.
    pub(in crate::read::onnx) fn of_heads(&mut self, tensor: &Tensor) -> Mapped<Tensor> {
        let &[batch, heads, tokens, channels] = &tensor.dims[..] else { return Err(no_heads()) };
        let channels = heads.checked_mul(channels).ok_or(Refusal::Lost)?;
        let turned = self.permuted(tensor, &[0, 2, 1, 3])?;
        self.draft.view(&turned, &[batch, tokens, channels])
    }

    /// Attention of parts that are there.
    pub(in crate::read::onnx) fn attended(&mut self, parts: Parts) -> Mapped<Tensor> {
        let Parts { query, key, value, mut mask, causal, scale, softcap } = parts;
        let ([batch, heads, queries, channels], [_, shared, keys, _], [.., of_value]) =
            (&query.dims[..], &key.dims[..], &value.dims[..])
        else {
            return Err(Refusal::Wrong(text!(
                "its inputs are not batch × heads × tokens × channels",
                "输入不是批次 × 头 × 词元 × 通道"
            )));
        };
        let (queries, keys, channels, enable_gqa) = (*queries, *keys, *channels, heads != shared);
        let dims = [*batch, *heads, queries, *of_value];
        // The last of all tokens sees those before it, which are all.
        let mut is_causal = causal.is_some() && !(queries == 1 && causal == Some(keys.saturating_sub(1)));
        if is_causal && (mask.is_some() || causal != Some(0) || softcap != 0.0) {
            let ahead = self.ahead(queries, keys, causal.unwrap_or(0))?;
            mask = Some(match mask {
                Some(mask) => self.added(&mask, &ahead)?,
                None => ahead,
            });
            is_causal = false;
        }
        if softcap == 0.0 {
            let op = ScaledDotProductAttention { is_causal, scale, enable_gqa };
            let inputs: Vec<&Tensor> = [&query, &key, &value].into_iter().chain(&mask).collect();
            return self.draft.emit(op, &inputs, vec![], &dims, query.kind);
        }
        if enable_gqa {
            return Err(Refusal::Unsupported(text!(
                "its heads share keys whose scores are bent",
                "多个头共用键,且得分经过软截断"
            )));
        }
        #[expect(clippy::cast_precision_loss, reason = "channels are few")]
        let scale = scale.unwrap_or_else(|| 1.0 / (channels as f64).sqrt());
        let turned = self.swapped(&key)?;
        let scores = self.product(&query, &turned)?;
        let scores = self.affine(&scores, scale / softcap, 0.0)?;
        let scores = self.draft.emit(Tanh {}, &[&scores], vec![], &scores.dims, scores.kind)?;
        let mut scores = self.affine(&scores, softcap, 0.0)?;
        if let Some(mask) = mask {
            scores = self.added(&scores, &mask)?;
        }
        let op = Softmax { dim: Dim(-1) };
        let weights = self.draft.emit(op, &[&scores], vec![], &scores.dims, scores.kind)?;
        self.product(&weights, &value)
    }

    /// What is added to scores: a mask of truths is 0 where it is so, and minus infinity where it is not.
    fn mask(&mut self, call: &Call<'_>, mask: &Value) -> Mapped<Tensor> {
        let kind = match mask {
            Value::Fixed(fixed) => self.table.array(*fixed).kind,
            Value::Tensor(tensor) => tensor.kind,
            Value::Sequence(_) | Value::Lost(_) => return Err(Refusal::Lost),
        };
        if kind != Kind::BOOL {
            return self.made(mask);
        }
        let [zero, infinity] = [0.0, f32::NEG_INFINITY].map(|number| {
            let numbers = Some(Numbers::Floats([number].into()));
            Value::Fixed(self.table.know(Array { dims: vec![], kind: Kind::FLOAT, numbers }))
        });
        let inputs = vec![Some(mask.clone()), Some(zero), Some(infinity)];
        self.standard(call, "Where", vec![], None, inputs)
    }

    /// Minus infinity where a token is ahead of the one that asks, of which there are some before the first.
    fn ahead(&mut self, queries: u64, keys: u64, before: u64) -> Mapped<Tensor> {
        if queries.checked_mul(keys).is_none_or(|scores| scores > MOST_MASKED) {
            return Err(Refusal::Unsupported(text!(
                "its mask of {queries}×{keys} is too large to be made",
                "其 {queries}×{keys} 的掩码过大,无法生成"
            )));
        }
        let row =
            |query: u64| (0..keys).map(move |key| if key > query + before { f32::NEG_INFINITY } else { 0.0 });
        let numbers: Vec<f32> = (0..queries).flat_map(row).collect();
        let numbers = Some(Numbers::Floats(numbers.into()));
        let mask = self.table.know(Array { dims: vec![queries, keys], kind: Kind::FLOAT, numbers });
        self.made(&Value::Fixed(mask))
    }

    /// Cosines or sines for each position, batch × tokens × pairs: those that are given, or rows of a table.
    fn angles(&mut self, call: &Call<'_>, table: usize, positions: usize) -> Mapped<Tensor> {
        let is_given = call.has(positions);
        if let (Some(of_all), true) = (call.fixed(table), is_given)
            && let Some(positions) = call.fixed(positions)
        {
            let axis = Attribute { name: "axis".into(), value: AttributeValue::Int(0) };
            let node = super::levels::node("Gather", vec![axis]);
            let rows = self.evaluated(&node, 13, &[Some(of_all), Some(positions)])?;
            if let Some(&[Value::Fixed(rows)]) = rows.as_deref() {
                let dims = self.dims_of(rows).to_vec();
                return self.buffer(rows, &dims);
            }
        }
        let of_all = match call.fixed(table) {
            Some(fixed) => {
                let dims = self.dims_of(fixed).to_vec();
                self.buffer(fixed, &dims)?
            }
            None => self.tensor(call, table)?,
        };
        if !is_given {
            return Ok(of_all);
        }
        let inputs = vec![Some(Value::Tensor(of_all)), call.inputs.get(positions).cloned().flatten()];
        self.standard(call, "Gather", vec![], None, inputs)
    }

    /// What is stored and no parameter, under these sizes.
    pub(in crate::read::onnx) fn buffer(&mut self, fixed: Fixed, dims: &[u64]) -> Mapped<Tensor> {
        let shape = sample(dims).iter().map(|&one| size(one)).collect::<Mapped<Vec<_>>>()?;
        let stored = vec![Stored::whole(fixed).unlearned()];
        self.draft.emit(Buffer { shape }, &[], stored, dims, Kind::FLOAT)
    }
}
