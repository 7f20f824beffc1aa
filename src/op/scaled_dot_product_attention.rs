//! `scaled_dot_product_attention`, as PyTorch's function of that name: attention of query, key and value that are there already,
//! one head or many.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::attention::{self, Attention, Parts, Sizes};
use super::settings::finite;
use super::{Along, Arity, Class, Cost, Definition, Dims, Look, Operator, Reach, Reason, shape};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    packing::packed,
    workspace::{elements, product},
};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Attention of three inputs, each of tokens × channels with any dimensions before these, such as heads: query, key and value. A
/// fourth is a mask or a bias, which is added to the scores; its sizes are those of the scores or 1. The scores of every token
/// with every other are held inside, before and after a step at once: they are in the peak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "三个输入的注意力:查询、键、值,各为词元 × 通道,之前可有任意维(如头)。第四个输入是掩码或偏置,加到得分上,各尺寸与得分相同或为 1。词元两两之间的得分保留在内部,一步前后的得分同时存在:它们计入峰值"))]
pub struct ScaledDotProductAttention {
    /// Whether a token looks only at itself and at those before it. What is left out is counted nevertheless, as every score
    /// is computed.
    #[serde(default)]
    #[schemars(extend("x-zh" = "词元是否只看自身和之前的词元。被遮去的部分照样计数,如同计算了每个得分"))]
    pub is_causal: bool,
    /// What scores are multiplied by; unless given, one by the root of the channels of a token. 1 takes no multiplication.
    #[serde(default, deserialize_with = "some_finite", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64")]
    #[schemars(extend("x-zh" = "得分所乘的系数;未给出时为每个词元通道数平方根的倒数。为 1 时不计乘法"))]
    pub scale: Option<f64>,
    /// Whether several heads of the query share one of key and value: heads are the dimension before the tokens.
    #[serde(default)]
    #[schemars(extend("x-zh" = "查询的若干个头是否共用键、值的一个头:头是词元之前的那一维"))]
    pub enable_gqa: bool,
}

impl Definition for ScaledDotProductAttention {
    const EXAMPLE: &'static str =
        r#"{ op = "scaled_dot_product_attention", from = ["query", "key", "value", "bias"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] =
        &[&[12, 197, 64], &[12, 197, 64], &[12, 197, 64], &[12, 197, 197]];
}

impl Operator for ScaledDotProductAttention {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let Some(parts) = Parts::of_several(inputs) else {
            return Err(self.arity().mismatch(inputs.len()));
        };
        self.accepts(&parts)?;
        let mut dims = parts.query.dims().to_vec();
        dims.pop();
        dims.extend(parts.value.dims().last());
        let output = shape(dims)?;
        let Some(mask) = parts.mask else { return Ok(output) };
        if self.is_causal {
            return Err(Reason::new(text!(
                "`is_causal` is a mask of its own, and there is a mask among the inputs",
                "`is_causal` 本身就是一种掩码,而输入中已有掩码"
            ))
            .at("is_causal"));
        }
        attention::stretches(mask, &scores(inputs)).map(|()| output)
    }

    /// What lies ahead of a causal token is counted too.
    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let Sizes { before, queries, keys, channels, value_channels, .. } = sizes(inputs);
        let attention = Attention {
            each: if before.is_empty() { vec![] } else { vec![Working::sizes(Factor::Matrices, before)] },
            queries: Working::named(Factor::QueryTokens, queries),
            keys: Working::named(Factor::KeyTokens, keys),
            size: Working::named(Factor::HeadSize, channels),
            value_size: Working::named(Factor::ValueSize, value_channels),
            is_scaled: self.is_scaled(),
            is_masked: inputs.len() > 3,
        };
        Ok(Cost { terms: attention.terms() })
    }

    /// The scores before and after they are scaled or their softmax is taken, one of them where there will be the output.
    fn inside(&self, inputs: &[Shape], output: &Shape) -> Working {
        let [before, behind] = attention::scores_twice(&scores(inputs));
        let Sizes { keys, value_channels, .. } = sizes(inputs);
        // A row of scores, and one of the output.
        if keys > value_channels {
            before.and(behind).less(Working::elements(Factor::Output, output))
        } else {
            before
        }
    }

    fn arity(&self) -> Arity {
        Arity { least: 3, most: 4 }
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let Sizes { queries, keys, channels, .. } = sizes(inputs);
        let mut words = vec![
            text!("attention of {queries} tokens to {keys}", "注意力,{queries} 个词元对 {keys} 个"),
            text!("{channels} channels", "{channels} 通道"),
        ];
        if self.is_causal {
            words.push(text!("causal", "因果"));
        }
        Some(Text::phrase(&words))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    /// A token of the query is that of the output, and asks all others.
    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        let (rank, tokens) = (output.rank(), output.rank() - 2);
        if index == 3 {
            return attention::reach_of_mask(&inputs[3], &scores(inputs), |dim| {
                (dim < rank - 1).then_some(dim)
            });
        }
        // Of tokens and channels, what stays: the query's tokens, the value's channels.
        let own = [Some(tokens), None, Some(rank - 1)][index];
        let along = |dim: usize| match dim {
            // Heads of the key that several of the query share.
            dim if inputs[index].dims()[dim] != output.dims()[dim] && dim + 3 == rank => {
                Along { to: None, look: Look::Spread(Dims::of(dim)) }
            }
            dim if dim < tokens || Some(dim) == own => Along { to: Some(dim), look: Look::Same },
            _ => Along { to: None, look: Look::All },
        };
        Reach::Along((0..rank).map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Attention
    }
}

#[cfg(feature = "run")]
impl Reference for ScaledDotProductAttention {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (query, key, value) = (&inputs[0], &inputs[1], &inputs[2]);
        let rank = query.rank();
        let (queries, size) = (query.dim(rank - 2)?, query.dim(rank - 1)?);
        let (keys, value_size) = (key.dim(rank - 2)?, value.dim(rank - 1)?);
        // Heads that share a key are more tokens of one head. candle multiplies matrices stacked along a single dimension.
        let matrices: usize = key.dims()[..rank - 2].iter().product();
        let stacked = [
            query.reshape((matrices, (), size))?,
            key.reshape((matrices, keys, size))?,
            value.reshape((matrices, keys, value_size))?,
        ];
        let sizes = [&query.dims()[..rank - 1], &[keys]].concat();
        let masked = |scores: Tensor| match inputs.get(3) {
            Some(mask) => attention::add_mask(&scores, mask, &sizes),
            None if self.is_causal => {
                let ahead = ahead(queries, keys, &scores)?;
                attention::add_mask(&scores, &ahead, &sizes)
            }
            None => Ok(scores),
        };
        let mixed = attention::attend(stacked.each_ref(), self.scale(size), masked)?;
        mixed.reshape([&query.dims()[..rank - 1], &[value_size]].concat())
    }

    /// The scores twice, one of them where there will be the output; what one product needs; and a causal mask, as it is made and
    /// as a tensor.
    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let Sizes { queries, keys, channels, value_channels, .. } = sizes(inputs);
        let [queries, keys, channels, value_channels] =
            [queries, keys, channels, value_channels].map(u128::from);
        let of_scores = product(scores(inputs).into_iter().map(u128::from));
        let twice = (2 * of_scores).saturating_sub(elements(output.dims()));
        let causal = if self.is_causal { product([2, queries, keys]) } else { 0 };
        // As many rows in a product as heads share a key, at the most.
        let rows = if self.enable_gqa { of_scores / keys } else { queries };
        let of_product =
            |inner, columns| Workspace { each: 0, once: packed(rows, inner, columns, device).of_batch(1) };
        let tensors = Workspace { each: twice.max(of_scores), once: causal };
        tensors + of_product(channels, keys).or(of_product(keys, value_channels))
    }
}

impl ScaledDotProductAttention {
    /// Whether query, key and value go together.
    fn accepts(&self, parts: &Parts<'_, Shape>) -> Result<(), Reason> {
        let Parts { query, key, value, .. } = parts;
        if [query, key, value].iter().any(|shape| shape.rank() < 2) {
            return Err(Reason::new(text!(
                "needs tokens × channels of query, key and value, and gets {query}, {key} and {value}",
                "查询、键、值都需要是词元 × 通道,却得到 {query}、{key} 和 {value}"
            )));
        }
        parts.are_paired()?;
        let Sizes { before, channels, key_channels, .. } = parts.sizes();
        if channels != key_channels {
            return Err(Reason::new(text!(
                "the query is {query}, and the key, which has as many channels, is {key}",
                "查询是 {query},而通道数应当相同的键是 {key}"
            )));
        }
        let of_key = &key.dims()[..key.rank() - 2];
        if before == of_key {
            return Ok(());
        }
        match (before.split_last(), of_key.split_last()) {
            (Some((heads, rest)), Some((shared, of_key))) if self.enable_gqa && rest == of_key => {
                if heads.is_multiple_of(*shared) {
                    return Ok(());
                }
                Err(Reason::new(text!(
                    "{shared} heads of the key do not divide the {heads} of the query",
                    "键的 {shared} 个头不能整除查询的 {heads} 个头"
                ))
                .at("enable_gqa"))
            }
            _ => Err(Reason::new(text!(
                "the query is {query}, and the key, which has the same sizes before its tokens, is {key}",
                "查询是 {query},而词元之前各维应当相同的键是 {key}"
            ))
            .help(text!(
                "`expand` repeats what one of them has only once; `enable_gqa = true` lets several heads of the query share one \
                 of the key",
                "其中一个只有一份时,可用 `expand` 重复它;`enable_gqa = true` 让查询的若干个头共用键的一个头"
            ))),
        }
    }

    /// Whether the scores are multiplied.
    fn is_scaled(&self) -> bool {
        self.scale != Some(1.0)
    }

    /// What scores of this many channels are multiplied by.
    #[cfg(feature = "run")]
    #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
    fn scale(&self, size: usize) -> f64 {
        self.scale.unwrap_or_else(|| 1.0 / (size as f64).sqrt())
    }
}

/// The sizes of inputs that [`output`](Operator::output) has accepted.
fn sizes(inputs: &[Shape]) -> Sizes<'_> {
    Parts::of_several(inputs).expect("`output` has accepted the inputs").sizes()
}

/// The sizes of the scores.
fn scores(inputs: &[Shape]) -> Vec<u64> {
    let Sizes { before, queries, keys, .. } = sizes(inputs);
    [before, &[queries, keys]].concat()
}

/// Minus infinity for each token that is ahead of the one that asks.
#[cfg(feature = "run")]
fn ahead(queries: usize, keys: usize, like: &Tensor) -> candle_core::Result<Tensor> {
    let row = |query| (0..keys).map(move |key| if key > query { f32::NEG_INFINITY } else { 0.0 });
    let mask = Tensor::from_iter((0..queries).flat_map(row), like.device())?;
    mask.reshape((1, queries, keys))?.to_dtype(like.dtype())
}

fn some_finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    finite(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
