//! `rotary_embedding`: pairs of channels turned by an angle that depends on where the token is (Su et al. 2021). The cosines and sines
//! of the angles come in beside what is turned.
//!
//! The counting rule: of each pair (x, y), x·cos − y·sin and x·sin + y·cos: two multiplications and one addition for each number that is
//! turned.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, Term, merge, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Pairs of channels of the last dimension, each turned by an angle whose cosine and sine the second and third input have: tokens × pairs,
/// the same for all that is before the tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "最后一维的通道成对旋转,角度的余弦和正弦由第二、第三个输入给出:词元数 × 对数,对词元之前的各维相同"))]
pub struct RotaryEmbedding {
    /// How many channels are turned, from the first on; all, unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    #[schemars(extend("x-zh" = "从第一个起旋转多少个通道;不设则为全部"))]
    pub dims: Option<Size>,
    /// Whether a pair is two neighbors; otherwise it is one of the first half and one of the second.
    #[serde(default)]
    #[schemars(extend("x-zh" = "是否以相邻两个为一对;否则前半与后半各取一个"))]
    pub interleaved: bool,
}

impl Definition for RotaryEmbedding {
    const EXAMPLE: &'static str = r#"{ op = "rotary_embedding", from = ["query", "cos", "sin"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[12, 128, 64], &[128, 32], &[128, 32]];
}

impl Operator for RotaryEmbedding {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [x, cosines, sines] = inputs else { return Err(Arity::THREE.mismatch(inputs.len())) };
        let (Some(turned), [before @ .., channels]) = (self.turned(x), x.dims()) else {
            return Err(Reason::new(text!(
                "needs tokens × channels, and gets {x}",
                "需要词元 × 通道,却得到 {x}"
            )));
        };
        if turned > *channels || !turned.is_multiple_of(2) {
            return Err(Reason::new(text!(
                "{turned} of {channels} channels do not make pairs",
                "{channels} 个通道中的 {turned} 个不能成对"
            ))
            .at("dims"));
        }
        let pairs = shape([before, &[turned / 2]].concat())?;
        let fits = cosines == sines
            && cosines.dims().last() == Some(&(turned / 2))
            && merge::stretch(&pairs, cosines).is_ok_and(|stretched| stretched == pairs);
        if fits {
            return Ok(x.clone());
        }
        Err(Reason::new(text!(
            "cosines and sines of {pairs}, or of what is stretched to it, turn {x}, and these are {cosines} and {sines}",
            "旋转 {x} 需要 {pairs}(或可扩展为它)的余弦和正弦,这里是 {cosines} 和 {sines}"
        )))
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let x = &inputs[0];
        let before = &x.dims()[..x.rank().saturating_sub(1)];
        let turned = Working::sizes(Factor::Tokens, before)
            .by(Working::named(Factor::Channels, self.turned(x).unwrap_or_default()));
        Ok(Cost {
            terms: vec![
                Term::ops(Kind::Mul, Working::Number(2).by(turned.clone())),
                Term::ops(Kind::Add, turned),
            ],
        })
    }

    fn arity(&self) -> Arity {
        Arity::THREE
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    /// The same token, another channel beside its own.
    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        let last = inputs[0].rank().saturating_sub(1);
        if index == 0 { Reach::mixing(&inputs[0], |dim| dim == last) } else { Reach::Rearranged }
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

impl RotaryEmbedding {
    /// How many channels are turned.
    fn turned(&self, x: &Shape) -> Option<u64> {
        let all = x.dims().last().copied()?;
        Some(self.dims.map_or(all, Size::get))
    }
}

#[cfg(feature = "run")]
impl Reference for RotaryEmbedding {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let channels = inputs[0].dim(D::Minus1)?;
        let turned = self.dims.map_or(Ok(channels), |dims| tensors::size_of(dims.get()))?;
        let lifted = merge::lifted(inputs)?;
        let (x, cosines, sines) = (&lifted[0], &lifted[1], &lifted[2]);
        let part = x.narrow(D::Minus1, 0, turned)?;
        let half = turned / 2;
        let (first, second) = if self.interleaved {
            let pairs = part.contiguous()?.reshape([&x.dims()[..x.rank() - 1], &[half, 2]].concat())?;
            (
                pairs.narrow(D::Minus1, 0, 1)?.squeeze(D::Minus1)?,
                pairs.narrow(D::Minus1, 1, 1)?.squeeze(D::Minus1)?,
            )
        } else {
            (part.narrow(D::Minus1, 0, half)?, part.narrow(D::Minus1, half, half)?)
        };
        let along = (first.broadcast_mul(cosines)? - second.broadcast_mul(sines)?)?;
        let across = (first.broadcast_mul(sines)? + second.broadcast_mul(cosines)?)?;
        let joined = if self.interleaved {
            Tensor::stack(&[along, across], x.rank())?.flatten_from(x.rank() - 1)?
        } else {
            Tensor::cat(&[along, across], x.rank() - 1)?
        };
        if turned == channels {
            return joined.contiguous();
        }
        Tensor::cat(&[joined, x.narrow(D::Minus1, turned, channels - turned)?], x.rank() - 1)?.contiguous()
    }

    /// What is turned in order, products, and sums; and all of it once more and in order, if some is left as it is.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(5, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    #[test]
    fn each_number_takes_two_products_and_a_sum() {
        let inputs = shapes(&[&[12, 128, 64], &[128, 16], &[128, 16]]);
        let op: RotaryEmbedding = toml::from_str("dims = 32").unwrap();
        let output = op.output(&inputs).unwrap();
        assert_eq!(output, inputs[0]);
        let turned = 12 * 128 * 32;
        let ops = Ops { mul: 2 * turned, add: turned, ..Ops::default() };
        assert_eq!(op.cost(&inputs, &output).unwrap().work().unwrap().0.ops, ops);
    }

    #[test]
    fn angles_are_of_pairs() {
        let reason = |dims: &[&[u64]]| RotaryEmbedding::default().output(&shapes(dims)).unwrap_err();
        assert_eq!(reason(&[&[8, 7], &[8, 3], &[8, 3]]).to_string(), "7 of 7 channels do not make pairs");
        assert!(reason(&[&[8, 6], &[8, 6], &[8, 6]]).to_string().starts_with("cosines and sines of 8×3"));
        assert!(reason(&[&[8, 6], &[8, 3], &[3]]).to_string().ends_with("these are 8×3 and 3"));
    }
}
