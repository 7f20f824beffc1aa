//! `multi_head_attention`, as `torch.nn.MultiheadAttention` with `batch_first = True`: each head compares every token of the
//! query with every token of the key, and mixes the tokens of the value by the softmax of that.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attention::{self, Attention, Parts, Sizes};
use super::settings::{self, Size};
use super::{
    Arity, Class, Cost, Definition, Initializer, Look, Operator, Purpose, Reach, Reason, Term, Weight,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, packing::packed, tensors, workspace::product};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Attention of tokens × channels to themselves, or of three inputs: query, key and value. Dimensions before the tokens, such as
/// windows, are sequences of their own. One more input is a mask or a bias on the scores, heads × tokens × tokens, of these sizes
/// or 1. The projected query, key and value and the scores of every token with every other are held inside, the scores before
/// and after a step at once: they are in the peak, as they are where the same is written out in `linear`, `matmul` and `softmax`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "词元 × 通道的自注意力,或三个输入(查询、键、值)的注意力。词元之前的维度(如窗口)各是独立的序列。再多一个输入则是加到得分上的掩码或偏置,形状为头 × 词元 × 词元,各尺寸也可为 1。投影后的查询、键、值以及词元两两之间的得分都保留在内部,一步前后的得分同时存在:它们计入峰值,与用 `linear`、`matmul` 和 `softmax` 逐步写出时相同"))]
pub struct MultiHeadAttention {
    /// Heads; each has an equal share of the channels.
    #[schemars(extend("x-zh" = "头数;各头平分通道"))]
    pub num_heads: Size,
    /// Whether the four projections have a learned bias.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "四个投影是否有可学习的偏置"))]
    pub bias: bool,
    /// Channels of the key, where they are not those of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Size")]
    #[schemars(extend("x-zh" = "键的通道数,与查询不同时给出"))]
    pub kdim: Option<Size>,
    /// Channels of the value, where they are not those of the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Size")]
    #[schemars(extend("x-zh" = "值的通道数,与查询不同时给出"))]
    pub vdim: Option<Size>,
}

impl Definition for MultiHeadAttention {
    const EXAMPLE: &'static str = r#"{ op = "multi_head_attention", num_heads = 12 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768]];
}

impl Operator for MultiHeadAttention {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let Some(parts) = Parts::of_one_or_several(inputs) else {
            return Err(one_or_three(inputs.len()));
        };
        let query = parts.query;
        let &[.., _, channels] = query.dims() else {
            return Err(Reason::new(text!(
                "needs tokens × channels, and gets {query}",
                "需要词元 × 通道,却得到 {query}"
            ))
            .help(text!(
                "`flatten` and `permute` make 196×768 of an image of 768×14×14",
                "用 `flatten` 和 `permute` 可把 768×14×14 的图像变为 196×768"
            )));
        };
        self.accepts(&parts, channels)?;
        let heads = self.num_heads.get();
        if !channels.is_multiple_of(heads) {
            return Err(Reason::new(text!(
                "{heads} heads do not divide the {channels} channels",
                "{heads} 个头不能整除 {channels} 个通道"
            ))
            .at_divisor("num_heads", heads, &[channels]));
        }
        if let Some(mask) = parts.mask {
            attention::stretches(mask, &self.scores(inputs)).map_err(|reason| match inputs {
                [_, _] => reason.help(text!(
                    "of two inputs the second is a mask; another sequence is named twice, as the key and as the value",
                    "两个输入时第二个是掩码;另一序列应写两次,分别作为键和值"
                )),
                _ => reason,
            })?;
        }
        Ok(query.clone())
    }

    /// One matrix for all three projections where they take as many channels, as PyTorch has it, and else one for each.
    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let Sizes { channels, key_channels, value_channels, .. } = sizes(inputs);
        let (all, axis) = (channels * 3, (Factor::Channels, channels));
        let zero = Initializer::Constant(0.0);
        let mut weights = if Self::is_separate(inputs) {
            let of = |name: &'static str, from: (Factor, u64)| {
                Weight::learned(
                    name,
                    vec![axis, from],
                    Initializer::Xavier { fan_in: from.1, fan_out: channels },
                )
            };
            vec![
                of("q_proj_weight", axis),
                of("k_proj_weight", (Factor::KeyChannels, key_channels)),
                of("v_proj_weight", (Factor::ValueChannels, value_channels)),
            ]
        } else {
            let initializer = Initializer::Xavier { fan_in: channels, fan_out: all };
            vec![Weight::learned("in_proj_weight", vec![(Factor::ProjectedChannels, all), axis], initializer)]
        };
        if self.bias {
            weights.push(Weight::learned("in_proj_bias", vec![(Factor::ProjectedChannels, all)], zero));
        }
        let output = Initializer::Uniform { fan_in: channels };
        weights.push(Weight::learned("out_proj.weight", vec![axis, axis], output));
        if self.bias {
            weights.push(Weight::learned("out_proj.bias", vec![axis], zero));
        }
        weights
    }

    /// Projections are linear layers. Beside the two products each score is scaled, which PyTorch does to the query or to
    /// the scores; the softmax is over the tokens of the key.
    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let Sizes { before, queries, keys, channels, key_channels, value_channels } = sizes(inputs);
        let is_self = is_self(inputs);
        let tokens = Working::named(if is_self { Factor::Tokens } else { Factor::QueryTokens }, queries);
        let others = Working::named(if is_self { Factor::Tokens } else { Factor::KeyTokens }, keys);
        let sequences = (!before.is_empty()).then(|| Working::sizes(Factor::Sequences, before));
        let channels = || Working::named(Factor::Channels, channels);
        let outputs = |projections: u64, tokens: &Working| {
            let count = (projections > 1).then(|| Working::named(Factor::Projections, projections));
            let factors = count.into_iter().chain(sequences.clone()).chain([tokens.clone(), channels()]);
            Working::Product(factors.collect())
        };
        let linear = |projections: u64, tokens: &Working, from, purpose| {
            Term::macs(Contraction::Linear, outputs(projections, tokens).by(from)).purpose(purpose)
        };
        let bias = |projections: u64, tokens: &Working, purpose| {
            self.bias.then(|| Term::ops(Kind::Add, outputs(projections, tokens)).purpose(purpose))
        };
        let mut terms = vec![];
        if is_self {
            terms.push(linear(3, &tokens, channels(), Purpose::Projections));
            terms.extend(bias(3, &tokens, Purpose::BiasOfProjections));
        } else {
            terms.push(linear(1, &tokens, channels(), Purpose::Query));
            terms.extend(bias(1, &tokens, Purpose::BiasOfQuery));
            if Self::is_separate(inputs) {
                let [key, value] =
                    [(Factor::KeyChannels, key_channels), (Factor::ValueChannels, value_channels)]
                        .map(|(name, size)| Working::named(name, size));
                terms.push(linear(1, &others, key, Purpose::Key));
                terms.push(linear(1, &others, value, Purpose::Value));
            } else {
                terms.push(linear(2, &others, channels(), Purpose::KeyAndValue));
            }
            terms.extend(bias(2, &others, Purpose::BiasOfKeyAndValue));
        }
        let size = Working::named(Factor::HeadSize, channels_of(inputs) / self.num_heads.get());
        let heads = Working::named(Factor::Heads, self.num_heads.get());
        let attention = Attention {
            each: sequences.clone().into_iter().chain([heads]).collect(),
            queries: tokens.clone(),
            keys: others.clone(),
            size: size.clone(),
            value_size: size,
            is_scaled: true,
            is_masked: mask_of(inputs).is_some(),
        };
        terms.extend(attention.terms());
        terms.push(linear(1, &tokens, channels(), Purpose::Output));
        terms.extend(bias(1, &tokens, Purpose::BiasOfOutput));
        Ok(Cost { terms })
    }

    /// Query, key and value, and the scores of them; then the value, and the scores before and after they are scaled or
    /// their softmax is taken.
    fn inside(&self, inputs: &[Shape], _output: &Shape) -> Working {
        let Sizes { before, queries, keys, channels, .. } = sizes(inputs);
        let projected = |name, tokens| Working::sizes(name, &[before, &[tokens, channels]].concat());
        let query = projected(Factor::Query, queries);
        let [key, value] = [Factor::Key, Factor::Value].map(|name| projected(name, keys));
        let [before, behind] = attention::scores_twice(&self.scores(inputs));
        let mixed = Working::Sum(vec![value.clone(), before.clone(), behind]);
        let compared = Working::Sum(vec![query, key, value, before]);
        // What does not fit is the larger.
        let size = |working: &Working| working.evaluate().unwrap_or(u128::MAX);
        if size(&compared) < size(&mixed) { mixed } else { compared }
    }

    fn arity(&self) -> Arity {
        Arity { least: 1, most: 4 }
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (heads, channels) = (self.num_heads.get(), channels_of(inputs));
        let size = channels / heads;
        let mut words = vec![
            if is_self(inputs) {
                text!("self-attention", "自注意力")
            } else {
                text!("attention", "注意力")
            },
            text!("{heads} heads of {size} channels", "{heads} 个头,每头 {size} 通道"),
        ];
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::phrase(&words))
    }

    /// Every token asks every other of its sequence; those of key and value have no place in the output.
    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let tokens = inputs[0].rank() - 2;
        let is_self = is_self(inputs);
        let look = |dim| match dim {
            dim if dim < tokens => Look::Same,
            dim if dim == tokens && is_self => Look::AmongAll,
            _ => Look::All,
        };
        Reach::kept((0..inputs[0].rank()).map(look))
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        if let Some(mask) = mask_of(inputs)
            && index + 1 == inputs.len()
        {
            let tokens = output.rank() - 2;
            // Behind the sequences there are heads, which become channels, and then the tokens.
            return attention::reach_of_mask(mask, &self.scores(inputs), |dim| match dim {
                dim if dim < tokens => Some(dim),
                dim if dim == tokens + 1 => Some(tokens),
                _ => None,
            });
        }
        if index == 0 && !is_self(inputs) {
            // The query itself is one token.
            return Reach::mixing(&inputs[0], |dim| dim + 1 == output.rank());
        }
        self.reach(inputs, output)
    }

    fn class(&self) -> Class {
        Class::Attention
    }
}

#[cfg(feature = "run")]
impl Reference for MultiHeadAttention {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let Some(Parts { query, key, value, mask }) = Parts::of_one_or_several(inputs) else {
            return Err(candle_core::Error::Msg(format!("{} inputs of 1 to 4", inputs.len())));
        };
        // In one matrix, or in three: what is behind them are the biases and the matrix of the output.
        let of_inputs = weights.len() - if self.bias { 3 } else { 1 };
        let (projections, others) = weights.split_at(of_inputs);
        let projections = if let [all] = projections { all.chunk(3, 0)? } else { projections.to_vec() };
        let (biases, output, bias) = match others {
            [output] => (None, output, None),
            [biases, output, bias] => (Some(biases.chunk(3, 0)?), output, Some(bias)),
            _ => return Err(candle_core::Error::Msg(format!("{} weights of 2 to 6", weights.len()))),
        };
        let heads = tensors::size_of(self.num_heads.get())?;
        let stack = |tensor: &Tensor| tensor.flatten_to(tensor.rank() - 3);
        let projected = |index: usize, input: &Tensor| {
            let projected =
                project(&stack(input)?, &projections[index], biases.as_ref().map(|biases| &biases[index]))?;
            let (sequences, tokens, channels) = projected.dims3()?;
            let of_heads =
                projected.reshape((sequences, tokens, heads, channels / heads))?.transpose(1, 2)?;
            of_heads.contiguous()?.flatten_to(1)
        };
        let [own, asked, values] = [projected(0, query)?, projected(1, key)?, projected(2, value)?];
        let (_, tokens, size) = own.dims3()?;
        let before = &query.dims()[..query.rank() - 2];
        let masked = |scores: Tensor| match mask {
            Some(mask) => {
                attention::add_mask(&scores, mask, &[before, &[heads, tokens, asked.dim(1)?]].concat())
            }
            None => Ok(scores),
        };
        #[expect(clippy::cast_precision_loss, reason = "a factor is a float")]
        let scale = 1.0 / (size as f64).sqrt();
        let mixed = attention::attend([&own, &asked, &values], scale, masked)?;
        let mixed = mixed.reshape(((), heads, tokens, size))?.transpose(1, 2)?.flatten_from(2)?;
        project(&mixed, output, bias)?.reshape(query.shape())
    }

    /// Query, key and value; the scores twice, and the mixture; or the scores, the mixture in two orders, and what is projected;
    /// or of the value what is projected, with its bias. Beside them, what one product of these needs: projections are of the
    /// tokens of all samples, the others of a head's.
    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        let Sizes { before, queries, keys, channels, key_channels, value_channels } = sizes(inputs);
        let widest = channels.max(key_channels).max(value_channels);
        let [queries, keys, channels, widest] = [queries, keys, channels, widest].map(u128::from);
        let sequences = product(before.iter().map(|&size| size.into()));
        let scores = product(self.scores(inputs).into_iter().map(u128::from));
        let tensors = Workspace::of_sample(
            product([4, sequences, queries, channels]) + product([3, sequences, keys, channels]) + 2 * scores,
        );
        let of_head =
            |inner, columns| Workspace { each: 0, once: packed(queries, inner, columns, device).of_batch(1) };
        let size = channels / u128::from(self.num_heads.get());
        let projected = packed(product([sequences, queries.max(keys)]), widest, channels, device);
        tensors + projected.or(of_head(size, keys)).or(of_head(keys, size))
    }
}

impl MultiHeadAttention {
    /// Whether key and value go with a query of so many channels, and with one another.
    fn accepts(&self, parts: &Parts<'_, Shape>, channels: u64) -> Result<(), Reason> {
        parts.are_paired()?;
        let Parts { query, key, value, .. } = parts;
        let rank = query.rank();
        if key.rank() != rank || key.dims()[..rank - 2] != query.dims()[..rank - 2] {
            return Err(Reason::new(text!(
                "the query is {query}, and the key, which has the same sizes before its tokens, is {key}",
                "查询是 {query},而词元之前各维应当相同的键是 {key}"
            )));
        }
        let of = |shape: &Shape, setting, given: Option<Size>, words: Text| {
            let found = shape.dims()[rank - 1];
            match given.map(Size::get) {
                Some(given) if given != found => Err(Reason::new(text!(
                    "`{setting}` is {given}, and {words} is {shape}",
                    "`{setting}` 是 {given},而{words:#}是 {shape}"
                ))
                .at(setting)),
                None if found != channels => Err(Reason::new(text!(
                    "the query is {query}, and {words}, which has as many channels, is {shape}",
                    "查询是 {query},而通道数应当相同的{words:#}是 {shape}"
                ))
                .help(text!(
                    "`{setting} = {found}` gives it channels of its own",
                    "`{setting} = {found}` 可让它有自己的通道数"
                ))),
                _ => Ok(()),
            }
        };
        of(key, "kdim", self.kdim, text!("the key", "键"))?;
        of(value, "vdim", self.vdim, text!("the value", "值"))
    }

    /// Whether each projection has a matrix of its own.
    fn is_separate(inputs: &[Shape]) -> bool {
        let Sizes { channels, key_channels, value_channels, .. } = sizes(inputs);
        key_channels != channels || value_channels != channels
    }

    /// The sizes of the scores.
    fn scores(&self, inputs: &[Shape]) -> Vec<u64> {
        let Sizes { before, queries, keys, .. } = sizes(inputs);
        [before, &[self.num_heads.get(), queries, keys]].concat()
    }
}

/// Whether tokens ask themselves.
fn is_self(inputs: &[Shape]) -> bool {
    inputs.len() < 3
}

/// The sizes of inputs that [`output`](Operator::output) has accepted.
fn sizes(inputs: &[Shape]) -> Sizes<'_> {
    Parts::of_one_or_several(inputs).expect("`output` has accepted the inputs").sizes()
}

fn mask_of(inputs: &[Shape]) -> Option<&Shape> {
    Parts::of_one_or_several(inputs).and_then(|parts| parts.mask)
}

fn channels_of(inputs: &[Shape]) -> u64 {
    sizes(inputs).channels
}

fn one_or_three(count: usize) -> Reason {
    Reason::new(text!(
        "takes tokens, or query, key and value, and perhaps a mask behind them; and gets {count} inputs",
        "接受词元,或查询、键、值,其后还可有掩码,却得到 {count} 个输入"
    ))
}

/// A linear layer on the tokens of sequences.
#[cfg(feature = "run")]
fn project(tokens: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> candle_core::Result<Tensor> {
    let (sequences, count, _) = tokens.dims3()?;
    let output = tokens.flatten_to(1)?.matmul(&weight.t()?)?.reshape((sequences, count, ()))?;
    match bias {
        Some(bias) => output.broadcast_add(bias),
        None => Ok(output),
    }
}

#[cfg(test)]
mod tests;
