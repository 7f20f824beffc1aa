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

/// The most numbers of a mask, or of positions, that are made here.
const MOST_MASKED: u64 = 1 << 20;

/// What attention is computed of.
pub(super) struct Parts {
    /// Batch × heads × tokens × channels.
    pub(super) query: Tensor,
    pub(super) key: Tensor,
    pub(super) value: Tensor,
    /// What is added to the scores.
    pub(super) mask: Option<Tensor>,
    /// Which tokens one looks at.
    pub(super) sight: Sight,
    /// What scores are multiplied by, if not by one over the root of the channels.
    pub(super) scale: Option<f64>,
    /// Where scores are bent to stay within this number and its negative: the number, else 0.
    pub(super) softcap: f64,
}

/// Which tokens one looks at: those from so many before it to so many behind it.
#[derive(Clone, Copy, Default)]
pub(super) struct Sight {
    /// How many tokens there are before the first that asks.
    pub(super) past: u64,
    /// How many before it, if not all.
    pub(super) left: Option<u64>,
    /// How many behind it, if not all.
    pub(super) right: Option<u64>,
}

impl Sight {
    /// Itself and all before it, or all there are.
    pub(super) fn causal(is_causal: bool, past: u64) -> Self {
        Self { past, left: None, right: is_causal.then_some(0) }
    }

    /// Whether something is out of it.
    fn is_limited(self, queries: u64, keys: u64) -> bool {
        let last = self.past.saturating_add(queries).saturating_sub(1);
        self.left.is_some_and(|left| last > left)
            || self.right.is_some_and(|right| self.past.saturating_add(right) < keys.saturating_sub(1))
    }

    fn sees(self, query: u64, key: u64) -> bool {
        let at = self.past.saturating_add(query);
        self.left.is_none_or(|left| key >= at.saturating_sub(left))
            && self.right.is_none_or(|right| key <= at.saturating_add(right))
    }
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
    let mut past_tokens = 0;
    for (index, part) in [(4, 1), (5, 2)] {
        if call.has(index) {
            let past = import.tensor(call, index)?;
            past_tokens = past.dims.get(2).copied().unwrap_or(0);
            parts[part] = import.concatenated(&[past, parts[part].clone()], 2)?;
        }
    }
    let [query, key, value] = <[Tensor; 3]>::try_from(parts).map_err(|_| Refusal::Lost)?;
    let mask = match call.inputs.get(3) {
        Some(Some(mask)) => Some(import.mask(call, mask)?),
        _ => None,
    };
    let mut sight = Sight::causal(call.int_or("is_causal", 0) != 0, past_tokens);
    // Those of negative numbers are no bounds.
    let bound = |name: &str| u64::try_from(call.int_or(name, -1)).ok();
    sight.left = bound("left_window_size");
    sight.right = sight.right.or(bound("right_window_size"));
    let scale = call.node.float("scale").map(decimal);
    let softcap = call.float_or("softcap", 0.0);
    let present = [key.clone(), value.clone()].map(Value::Tensor);
    let mixed = import.attended(Parts { query, key, value, mask, sight, scale, softcap })?;
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
    let (heads, tokens) = match input.dims[..] {
        [_, tokens, _] => (natural(call.int_or("num_heads", 0))?, tokens),
        [_, heads, tokens, _] => (heads, tokens),
        _ => {
            return Err(Refusal::Wrong(text!(
                "its input has neither 3 nor 4 dimensions",
                "输入既非 3 维也非 4 维"
            )));
        }
    };
    let mut angles = vec![];
    for table in [cosines, sines] {
        angles.push(import.angles(call, table, positions, tokens)?);
    }
    let turned = natural(call.int_or("rotary_embedding_dim", 0))?;
    let op = RotaryEmbedding {
        dims: if turned == 0 { None } else { Some(size(turned)?) },
        interleaved: call.int_or("interleaved", 0) != 0,
    };
    // Batch × tokens × pairs, the same for all heads.
    let Some(&[batch, tokens, pairs]) = angles.first().map(|angle| &angle.dims[..]) else {
        return Err(Refusal::Wrong(text!("its cosines have not 3 dimensions", "余弦不是 3 维")));
    };
    let (dims, of_angles) = match input.dims[..] {
        [batch, tokens, channels] => {
            // Heads are of all pairs where nothing says how many there are.
            let heads = if heads == 0 { channels.checked_div(2 * pairs).unwrap_or(0) } else { heads };
            let each = channels.checked_div(heads).filter(|each| each.checked_mul(heads) == Some(channels));
            ([batch, tokens, heads, each.ok_or_else(no_heads)?].to_vec(), [batch, tokens, 1, pairs])
        }
        _ => (input.dims.to_vec(), [batch, 1, tokens, pairs]),
    };
    let mut inputs = vec![import.draft.view(&input, &dims)?];
    for angle in &angles {
        inputs.push(import.draft.view(angle, &of_angles)?);
    }
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    let turned = import.draft.emit(op, &inputs, vec![], &dims, input.kind)?;
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
    pub(super) fn attended(&mut self, parts: Parts) -> Mapped<Tensor> {
        let Parts { query, key, value, mut mask, sight, scale, softcap } = parts;
        let ([batch, heads, queries, channels], [_, shared, keys, _], [.., of_value]) =
            (&query.dims[..], &key.dims[..], &value.dims[..])
        else {
            return Err(Refusal::Wrong(text!(
                "its inputs are not batch × heads × tokens × channels",
                "输入不是批次维 × 头 × 词元 × 通道"
            )));
        };
        let (heads, queries, keys, enable_gqa) = (*heads, *queries, *keys, heads != shared);
        let dims = [*batch, heads, queries, *of_value];
        let is_plain = sight.past == 0 && sight.left.is_none() && sight.right == Some(0);
        let is_causal = is_plain && mask.is_none() && softcap == 0.0;
        if !is_causal && sight.is_limited(queries, keys) {
            let ahead = self.out_of_sight(queries, keys, sight)?;
            mask = Some(match mask {
                Some(mask) => self.added(&mask, &ahead)?,
                None => ahead,
            });
        }
        if softcap == 0.0 {
            let op = ScaledDotProductAttention { is_causal, scale, enable_gqa };
            let inputs: Vec<&Tensor> = [&query, &key, &value].into_iter().chain(&mask).collect();
            return self.draft.emit(op, &inputs, vec![], &dims, query.kind);
        }
        #[expect(clippy::cast_precision_loss, reason = "channels are few")]
        let scale = scale.unwrap_or_else(|| 1.0 / (*channels as f64).sqrt());
        let (key, value) = (self.for_heads(&key, heads)?, self.for_heads(&value, heads)?);
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

    /// Keys or values that heads share, for each of so many.
    fn for_heads(&mut self, tensor: &Tensor, heads: u64) -> Mapped<Tensor> {
        let &[batch, shared, tokens, channels] = &tensor.dims[..] else { return Err(no_heads()) };
        let each = heads.checked_div(shared).filter(|each| each * shared == heads).ok_or_else(no_heads)?;
        let apart = self.draft.view(tensor, &[batch, shared, 1, tokens, channels])?;
        let repeated = self.expanded(&apart, &[batch, shared, each, tokens, channels])?;
        self.draft.view(&repeated, &[batch, heads, tokens, channels])
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

    /// Minus infinity where a token does not see another.
    fn out_of_sight(&mut self, queries: u64, keys: u64, sight: Sight) -> Mapped<Tensor> {
        if queries.checked_mul(keys).is_none_or(|scores| scores > MOST_MASKED) {
            return Err(Refusal::Unsupported(text!(
                "its mask of {queries}×{keys} is too large to be made",
                "其 {queries}×{keys} 的掩码过大,无法生成"
            )));
        }
        // One of as many as a small operator makes counts as that.
        self.steps = self.steps.saturating_add(queries * keys / 64);
        let row = |query: u64| {
            (0..keys).map(move |key| if sight.sees(query, key) { 0.0 } else { f32::NEG_INFINITY })
        };
        let numbers: Vec<f32> = (0..queries).flat_map(row).collect();
        let numbers = Some(Numbers::Floats(numbers.into()));
        let mask = self.table.know(Array { dims: vec![queries, keys], kind: Kind::FLOAT, numbers });
        self.made(&Value::Fixed(mask))
    }

    /// Cosines or sines for each position, batch × tokens × pairs: those that are given, or rows of a table.
    fn angles(&mut self, call: &Call<'_>, table: usize, positions: usize, tokens: u64) -> Mapped<Tensor> {
        let is_given = call.has(positions);
        let is_first = |dims: &[u64]| dims == [1];
        if let Some(Some(Value::Tensor(first))) = call.inputs.get(positions)
            && is_first(&first.dims)
            && tokens != 1
        {
            return Err(Refusal::Unsupported(text!(
                "the position of its first token is computed",
                "其首个词元的位置由计算得出"
            )));
        }
        if let (Some(of_all), true) = (call.fixed(table), is_given)
            && let Some(mut positions) = call.fixed(positions)
        {
            if is_first(self.dims_of(positions))
                && let Some(&[first]) = self.table.array(positions).ints()
                && tokens <= MOST_MASKED
            {
                // Those behind it follow.
                let last = first.saturating_add(i64::try_from(tokens).unwrap_or(i64::MAX));
                let numbers = Some(Numbers::Ints((first..last).collect()));
                positions = self.table.know(Array { dims: vec![1, tokens], kind: Kind::INT64, numbers });
            }
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
        let positions = self.tensor(call, positions)?;
        let positions = match positions.dims[..] {
            [1] => self.draft.view(&positions, &[1, 1])?,
            _ => positions,
        };
        let inputs = vec![Some(Value::Tensor(of_all)), Some(Value::Tensor(positions))];
        self.standard(call, "Gather", vec![], None, inputs)
    }

    /// What is stored and no parameter, under these sizes.
    pub(in crate::read::onnx) fn buffer(&mut self, fixed: Fixed, dims: &[u64]) -> Mapped<Tensor> {
        let shape = sample(dims).iter().map(|&one| size(one)).collect::<Mapped<Vec<_>>>()?;
        let stored = vec![Stored::whole(fixed).unlearned()];
        self.draft.emit(Buffer { shape }, &[], stored, dims, Kind::FLOAT)
    }
}
