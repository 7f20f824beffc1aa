//! `multi_head_attention`, as `torch.nn.MultiheadAttention` with `batch_first = True`: each head compares every token of the
//! query with every token of the key, and mixes the tokens of the value by the softmax of that.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Size};
use super::{
    Arity, Class, Cost, Definition, Initializer, Look, Operator, Purpose, Reach, Reason, Term, Weight,
    softmax,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, packing::packed, tensors, workspace::product};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Attention of tokens × channels to themselves, or of three inputs: query, key and value. The projected query, key and
/// value and the scores of every token with every other are held inside, the scores before and after a step at once: they
/// are in the peak, as they are where the same is written out in `linear`, `matmul` and `softmax`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MultiHeadAttention {
    /// Heads; each has an equal share of the channels.
    pub num_heads: Size,
    /// Whether the four projections have a learned bias.
    #[serde(default = "settings::yes")]
    pub bias: bool,
}

impl Definition for MultiHeadAttention {
    const EXAMPLE: &'static str = r#"{ op = "multi_head_attention", num_heads = 12 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768]];
}

impl Operator for MultiHeadAttention {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [query, key, value] = match inputs {
            [all] => [all; 3],
            [query, key, value] => [query, key, value],
            _ => return Err(one_or_three(inputs.len())),
        };
        let &[_, channels] = query.dims() else {
            return Err(Reason::new(text!(
                "needs tokens × channels, and gets {query}",
                "需要词元 × 通道,却得到 {query}"
            ))
            .help(text!(
                "`flatten` and `permute` make 196×768 of an image of 768×14×14",
                "用 `flatten` 和 `permute` 可把 768×14×14 的图像变为 196×768"
            )));
        };
        if key != value {
            return Err(Reason::new(text!(
                "every token of the key has one of the value, and these are {key} and {value}",
                "键与值的词元应一一对应,这里分别是 {key} 和 {value}"
            )));
        }
        if key.rank() != 2 || key.dims()[1] != channels {
            return Err(Reason::new(text!(
                "the query is {query}, and the key, which has as many channels, is {key}",
                "查询是 {query},而通道数应当相同的键是 {key}"
            )));
        }
        let heads = self.num_heads.get();
        if !channels.is_multiple_of(heads) {
            return Err(Reason::new(text!(
                "{heads} heads do not divide the {channels} channels",
                "{heads} 个头不能整除 {channels} 个通道"
            ))
            .at_divisor("num_heads", heads, &[channels]));
        }
        Ok(query.clone())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let channels = Sizes::of(inputs).channels;
        let (all, axis) = (channels * 3, (Factor::Channels, channels));
        let projection = Initializer::Xavier { fan_in: channels, fan_out: all };
        let zero = Initializer::Constant(0.0);
        let mut weights =
            vec![Weight::learned("in_proj_weight", vec![(Factor::ProjectedChannels, all), axis], projection)];
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
        let Sizes { queries, keys, channels } = Sizes::of(inputs);
        let tokens =
            Working::named(if inputs.len() == 1 { Factor::Tokens } else { Factor::QueryTokens }, queries);
        let others = Working::named(if inputs.len() == 1 { Factor::Tokens } else { Factor::KeyTokens }, keys);
        let channels = || Working::named(Factor::Channels, channels);
        let heads = || Working::named(Factor::Heads, self.num_heads.get());
        let size = || Working::named(Factor::HeadSize, channels_of(inputs) / self.num_heads.get());
        let linear = |projections: u64, tokens: &Working, purpose, bias| {
            let count = (projections > 1).then(|| Working::named(Factor::Projections, projections));
            let outputs = Working::Product(count.into_iter().chain([tokens.clone(), channels()]).collect());
            let macs = Term::macs(Contraction::Linear, outputs.clone().by(channels())).purpose(purpose);
            let bias = self.bias.then(|| Term::ops(Kind::Add, outputs).purpose(bias));
            std::iter::once(macs).chain(bias)
        };
        let rows = Working::Product(vec![heads(), tokens.clone()]);
        let scores = rows.clone().by(others.clone());
        let attention =
            |purpose| Term::macs(Contraction::Attention, scores.clone().by(size())).purpose(purpose);
        let mut terms = vec![];
        if inputs.len() == 1 {
            terms.extend(linear(3, &tokens, Purpose::Projections, Purpose::BiasOfProjections));
        } else {
            terms.extend(linear(1, &tokens, Purpose::Query, Purpose::BiasOfQuery));
            terms.extend(linear(2, &others, Purpose::KeyAndValue, Purpose::BiasOfKeyAndValue));
        }
        terms.push(attention(Purpose::Scores));
        terms.push(Term::ops(Kind::Mul, scores.clone()).purpose(Purpose::Scaling));
        let softmax = softmax::cost(Some(&rows), &others).terms;
        terms.extend(softmax.into_iter().map(|term| term.purpose(Purpose::Softmax)));
        terms.push(attention(Purpose::WeightedValues));
        terms.extend(linear(1, &tokens, Purpose::Output, Purpose::BiasOfOutput));
        Ok(Cost { terms })
    }

    /// Query, key and value, and the scores of them; then the value, and the scores before and after they are scaled or
    /// their softmax is taken.
    fn inside(&self, inputs: &[Shape], _output: &Shape) -> Working {
        let Sizes { queries, keys, channels } = Sizes::of(inputs);
        let query = Working::sizes(Factor::Query, &[queries, channels]);
        let [key, value] = [Factor::Key, Factor::Value].map(|name| Working::sizes(name, &[keys, channels]));
        let of_scores = |name| Working::sizes(name, &[self.num_heads.get(), queries, keys]);
        let mixed = Working::Sum(vec![value.clone(), of_scores(Factor::Scores), of_scores(Factor::Softmax)]);
        let compared = Working::Sum(vec![query, key, value, of_scores(Factor::Scores)]);
        // What does not fit is the larger.
        let size = |working: &Working| working.evaluate().unwrap_or(u128::MAX);
        if size(&compared) < size(&mixed) { mixed } else { compared }
    }

    fn arity(&self) -> Arity {
        Arity { least: 1, most: 3 }
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (heads, channels) = (self.num_heads.get(), channels_of(inputs));
        let size = channels / heads;
        let mut words = vec![
            if inputs.len() == 1 {
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

    /// Every token asks every other; those of key and value have no place in the output.
    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        if inputs.len() == 1 {
            let look = |dim| if dim == 0 { Look::AmongAll } else { Look::All };
            return Reach::kept((0..inputs[0].rank()).map(look));
        }
        Reach::mixing(&inputs[0], |_| true)
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        if index == 0 && inputs.len() > 1 {
            // The query itself is one token.
            return Reach::mixing(&inputs[0], |dim| dim > 0);
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
        let (input, output, biases) = match weights {
            [input, output] => (input, output, None),
            [input, input_bias, output, output_bias] => (input, output, Some((input_bias, output_bias))),
            _ => return Err(candle_core::Error::Msg(format!("{} weights of 2 or 4", weights.len()))),
        };
        let weights = input.chunk(3, 0)?;
        let biases_of_inputs = biases.map(|(bias, _)| bias.chunk(3, 0)).transpose()?;
        let heads = tensors::size_of(self.num_heads.get())?;
        let projected = |index: usize| {
            let input = if inputs.len() == 1 { &inputs[0] } else { &inputs[index] };
            let bias = biases_of_inputs.as_ref().map(|biases| &biases[index]);
            let (batch, tokens, channels) = input.dims3()?;
            let projected = project(input, &weights[index], bias)?;
            projected.reshape((batch, tokens, heads, channels / heads))?.transpose(1, 2)?.contiguous()
        };
        let [query, key, value] = [projected(0)?, projected(1)?, projected(2)?];
        let scale = f64::from(u32::try_from(query.dim(D::Minus1)?).map_err(candle_core::Error::wrap)?).sqrt();
        let scores = (query.matmul(&key.t()?)? / scale)?;
        let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&value)?;
        let mixed = mixed.transpose(1, 2)?.flatten_from(2)?;
        project(&mixed, output, biases.map(|(_, bias)| bias))
    }

    /// Query, key and value; the scores twice, and the mixture; or the scores, the mixture in two orders, and what is projected.
    /// Beside them, what one product of these needs: projections are of the tokens of all samples, the others of a head's.
    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        let Sizes { queries, keys, channels } = Sizes::of(inputs);
        let [queries, keys, channels, heads] =
            [queries, keys, channels, self.num_heads.get()].map(u128::from);
        let (scores, values) = (product([heads, queries, keys]), product([keys, channels]));
        let tensors = Workspace::of_sample(product([4, queries, channels]) + 2 * values + 2 * scores);
        let of_head =
            |inner, columns| Workspace { each: 0, once: packed(queries, inner, columns, device).of_batch(1) };
        let size = channels / heads;
        let projected = packed(queries.max(keys), channels, channels, device);
        tensors + projected.or(of_head(size, keys)).or(of_head(keys, size))
    }
}

/// The sizes of attention: tokens of the query, tokens of key and value, channels.
struct Sizes {
    queries: u64,
    keys: u64,
    channels: u64,
}

impl Sizes {
    /// Those of inputs that [`output`](Operator::output) has accepted.
    fn of(inputs: &[Shape]) -> Self {
        let key = inputs.get(1).unwrap_or(&inputs[0]);
        Self { queries: inputs[0].dims()[0], keys: key.dims()[0], channels: channels_of(inputs) }
    }
}

fn channels_of(inputs: &[Shape]) -> u64 {
    inputs[0].dims()[1]
}

fn one_or_three(count: usize) -> Reason {
    Reason::new(text!(
        "takes one input, or three: query, key and value; and gets {count}",
        "接受一个输入,或查询、键、值三个输入,却得到 {count} 个"
    ))
}

/// A linear layer on tokens.
#[cfg(feature = "run")]
fn project(tokens: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> candle_core::Result<Tensor> {
    let output = tokens.flatten_to(1)?.matmul(&weight.t()?)?.reshape(tokens.shape())?;
    match bias {
        Some(bias) => output.broadcast_add(bias),
        None => Ok(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::{Macs, Ops, Work};
    use crate::op::shapes;
    use crate::working::Notation;

    fn attention(settings: &str) -> MultiHeadAttention {
        toml::from_str(settings).unwrap()
    }

    fn work(settings: &str, dims: &[&[u64]]) -> Work {
        let inputs = shapes(dims);
        let output = attention(settings).output(&inputs).unwrap();
        attention(settings).cost(&inputs, &output).unwrap().work().unwrap().0
    }

    fn reason(heads: u64, dims: &[&[u64]]) -> Reason {
        attention(&format!("num_heads = {heads}")).output(&shapes(dims)).unwrap_err()
    }

    /// ViT-B/16 has 12 of these: of its 16,732,895,232 linear MACs in torchvision, and all 715,327,488 of attention.
    #[test]
    fn a_layer_of_a_vision_transformer() {
        let work = work("num_heads = 12", &[&[197, 768]]);
        assert_eq!(work.macs, Macs { linear: 464_781_312, attention: 59_610_624, ..Macs::default() });
        assert_eq!(work.macs.attention * 12, 715_327_488);
        let scores = 12 * 197 * 197;
        let beside = Ops {
            mul: scores,
            add: 197 * 4 * 768 + 12 * 197 * (2 * 197 - 1),
            div: scores,
            cmp: 12 * 197 * 196,
            exp: scores,
        };
        let macs = work.macs.total();
        assert_eq!(work.ops, Ops { mul: beside.mul + macs, add: beside.add + macs, ..beside });
        let weights = attention("num_heads = 12").weights(&shapes(&[&[197, 768]]));
        let params: u128 = weights.iter().map(|weight| weight.count().evaluate().unwrap()).sum();
        assert_eq!(params, 2_362_368);
        let names: Vec<_> = weights.iter().map(|weight| &*weight.name).collect();
        assert_eq!(names, ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]);
    }

    #[test]
    fn key_and_value_may_be_another_sequence() {
        let work = work("num_heads = 2\nbias = false", &[&[5, 8], &[7, 8], &[7, 8]]);
        let linear = 2 * 5 * 64 + 2 * 7 * 64;
        assert_eq!(work.macs, Macs { linear, attention: 2 * 2 * 5 * 7 * 4, ..Macs::default() });
        // Ten rows of 7 scores.
        assert_eq!((work.ops.cmp, work.ops.exp), (10 * 6, 70));
        assert_eq!(work.ops.add, work.macs.total() + 10 * 13);
    }

    #[test]
    fn the_working_reads_by_its_steps() {
        let inputs = shapes(&[&[197, 768]]);
        let cost = attention("num_heads = 12").cost(&inputs, &inputs[0]).unwrap();
        let written: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
        assert_eq!(
            written,
            [
                "projections · tokens · channels²",
                "projections · tokens · channels",
                "heads · tokens² · head size",
                "heads · tokens²",
                "heads · tokens · (differences + sum)",
                "heads · tokens²",
                "heads · tokens · (tokens − 1)",
                "heads · tokens²",
                "heads · tokens² · head size",
                "tokens · channels²",
                "tokens · channels",
            ]
        );
        assert_eq!(cost.terms[2].nominal.substitution(Notation::Text), "12·197²·64");
    }

    #[test]
    fn what_its_products_pack_is_in_its_workspace() {
        let inputs = shapes(&[&[3, 8], &[500, 8], &[500, 8]]);
        let held = attention("num_heads = 2").workspace(&inputs, &inputs[0], &Device::Cpu);
        let tensors = 4 * 3 * 8 + 2 * 500 * 8 + 2 * 2 * 3 * 500;
        for (rows, inner, columns, samples) in [(500, 8, 8, 4), (3, 4, 500, 1), (3, 500, 4, 1)] {
            let product = packed(rows, inner, columns, &Device::Cpu).of_batch(samples);
            assert!(held.of_batch(4) >= 4 * tensors + product, "{rows}×{inner}×{columns}");
        }
    }

    #[test]
    fn inputs_must_fit() {
        let message = |heads, dims: &[&[u64]]| reason(heads, dims).to_string();
        assert_eq!(message(5, &[&[197, 768]]), "5 heads do not divide the 768 channels");
        assert_eq!(reason(5, &[&[197, 768]]).setting, Some("num_heads"));
        assert_eq!(message(1, &[&[768, 14, 14]]), "needs tokens × channels, and gets 768×14×14");
        assert_eq!(message(1, &[&[768]]), "needs tokens × channels, and gets 768");
        assert_eq!(
            message(1, &[&[5, 8], &[5, 8]]),
            "takes one input, or three: query, key and value; and gets 2"
        );
        assert_eq!(
            message(1, &[&[5, 8], &[7, 8], &[6, 8]]),
            "every token of the key has one of the value, and these are 7×8 and 6×8"
        );
        assert_eq!(
            message(1, &[&[5, 8], &[7, 4], &[7, 4]]),
            "the query is 5×8, and the key, which has as many channels, is 7×4"
        );
        assert_eq!(
            message(1, &[&[5, 8], &[8], &[8]]),
            "the query is 5×8, and the key, which has as many channels, is 8"
        );
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let inputs = shapes(&[&[1 << 53, 1 << 53]]);
        let attention = attention("num_heads = 1");
        assert_eq!(attention.cost(&inputs, &inputs[0]).unwrap().work(), Err(Overflow));
        assert_eq!(attention.weights(&inputs)[0].dims(), [3 << 53, 1 << 53]);
    }
}
