//! `scale`: a learned factor for each channel, as LayerScale and the affine part of a norm.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, Cost, Definition, Initializer, Operator, Reason, Term, Weight, only_ranked};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// A learned factor for each channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "每个通道一个可学习的系数"))]
pub struct Scale {
    /// Whether a learned bias is added to each channel.
    #[serde(default)]
    #[schemars(extend("x-zh" = "每个通道是否加上可学习的偏置"))]
    pub bias: bool,
}

impl Definition for Scale {
    const EXAMPLE: &'static str = r#"{ op = "scale", bias = true }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Operator for Scale {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        only_ranked(inputs).cloned()
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let axes = vec![(Factor::Channels, inputs[0].dims()[0])];
        let mut weights = vec![Weight::learned("weight", axes.clone(), Initializer::Constant(1.0))];
        if self.bias {
            weights.push(Weight::learned("bias", axes, Initializer::Constant(0.0)));
        }
        weights
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let factor = Term::ops(Kind::Mul, Working::elements(Factor::OutputElements, output));
        Ok(Cost { terms: if self.bias { vec![factor, Term::bias(output)] } else { vec![factor] } })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(if self.bias {
            text!("learned factor and bias for each channel", "每个通道一个可学习的系数和偏置")
        } else {
            text!("learned factor for each channel", "每个通道一个可学习的系数")
        })
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl Reference for Scale {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let scaled = input.broadcast_mul(&tensors::spread(&weights[0], input, 1)?)?;
        match weights.get(1) {
            Some(bias) => scaled.broadcast_add(&tensors::spread(bias, input, 1)?),
            None => Ok(scaled),
        }
    }

    /// The product, while a bias is added.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(self.bias.into(), inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;

    #[test]
    fn one_factor_a_channel() {
        let shape = Shape::new(vec![64, 56, 56]).unwrap();
        let scale = Scale { bias: true };
        let weights = scale.weights(std::slice::from_ref(&shape));
        assert_eq!(weights.iter().map(Weight::dims).collect::<Vec<_>>(), [[64], [64]]);
        let ops = scale.cost(&[], &shape).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops { mul: 200_704, add: 200_704, ..Ops::default() });
    }

    #[test]
    fn without_bias_it_only_multiplies() {
        let scale: Scale = toml::from_str("").unwrap();
        let flat = Shape::new(vec![10]).unwrap();
        assert_eq!(scale.weights(std::slice::from_ref(&flat)).len(), 1);
        assert_eq!(scale.cost(&[], &flat).unwrap().work().unwrap().0.ops, Ops::of(Kind::Mul, 10));
    }

    #[test]
    fn a_single_number_has_no_channels() {
        let reason = Scale { bias: false }.output(&[Shape::new(vec![]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "needs at least one dimension beside the batch");
    }
}
