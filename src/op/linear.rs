//! `linear`: a linear layer, as `torch.nn.Linear`: on the last dimension of a tensor of any rank.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Size};
use super::{
    Class, Cost, Definition, Family, Initializer, Operator, Reach, Reason, Term, Weight, only_ranked, shape,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, packing::packed, workspace::elements};
use crate::counts::{Contraction, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Linear layer on the last dimension; an image wants `flatten` before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "作用于最后一维的线性层;图像之前需要 `flatten`"))]
pub struct Linear {
    /// Features of the output.
    #[schemars(extend("x-zh" = "输出特征数"))]
    pub out_features: Size,
    /// Whether a learned bias is added to each output feature.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个输出特征是否加上可学习的偏置"))]
    pub bias: bool,
}

impl Definition for Linear {
    const EXAMPLE: &'static str = r#"{ op = "linear", out_features = 1000 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1024]];
}

impl Operator for Linear {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let (positions, _) = positions_and_features(only_ranked(inputs)?);
        shape([positions, &[self.out_features.get()]].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let (_, fan_in) = positions_and_features(&inputs[0]);
        let out = (Factor::OutFeatures, self.out_features.get());
        let initializer = Initializer::Uniform { fan_in };
        let mut weights =
            vec![Weight::learned("weight", vec![out, (Factor::InFeatures, fan_in)], initializer)];
        if self.bias {
            weights.push(Weight::learned("bias", vec![out], initializer));
        }
        weights
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (positions, features) = positions_and_features(&inputs[0]);
        let mut factors = vec![
            Working::named(Factor::InFeatures, features),
            Working::named(Factor::OutFeatures, self.out_features.get()),
        ];
        if !positions.is_empty() {
            factors.insert(0, Working::sizes(Factor::Positions, positions));
        }
        let macs = Term::macs(Contraction::Linear, Working::Product(factors));
        Ok(Cost { terms: if self.bias { vec![macs, Term::bias(output)] } else { vec![macs] } })
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (_, from) = positions_and_features(&inputs[0]);
        let to = self.out_features.get();
        let mut words =
            vec![text!("linear layer", "线性层"), text!("{from} → {to} features", "{from} → {to} 特征")];
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::phrase(&words))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let last = inputs[0].rank() - 1;
        Reach::mixing(&inputs[0], |dim| dim == last)
    }

    fn class(&self) -> Class {
        Class::Linear
    }

    fn family(&self) -> Option<Family> {
        Some(Family::Linear)
    }
}

#[cfg(feature = "run")]
impl Reference for Linear {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, weight) = (&inputs[0], &weights[0]);
        let mut dims = input.dims().to_vec();
        let rows = input.reshape(((), input.dim(D::Minus1)?))?;
        let output = rows.matmul(&weight.t()?)?;
        let output = match weights.get(1) {
            Some(bias) => output.broadcast_add(bias)?,
            None => output,
        };
        dims.pop();
        dims.push(output.dim(1)?);
        output.reshape(dims)
    }

    /// What the product needs; then the output once more, while the bias is added.
    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let biased = if self.bias { elements(output.dims()) } else { 0 };
        let (positions, from) = positions_and_features(&inputs[0]);
        let multiplied = packed(elements(positions), from.into(), self.out_features.get().into(), device);
        Workspace::of_sample(biased).or(multiplied)
    }
}

/// The leading sizes, and the last one. [`output`](Operator::output) has seen that there is one.
fn positions_and_features(input: &Shape) -> (&[u64], u64) {
    input.dims().split_last().map_or((&[], 1), |(&features, positions)| (positions, features))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn linear(out_features: u64) -> Linear {
        Linear { out_features: out_features.try_into().unwrap(), bias: true }
    }

    fn shape_of(sizes: &[u64]) -> Shape {
        Shape::new(sizes.to_vec()).unwrap()
    }

    /// The last layer of GoogLeNet: 1,025,000 parameters.
    #[test]
    fn googlenets_classifier() {
        let (input, output) = ([shape_of(&[1024])], shape_of(&[1000]));
        assert_eq!(linear(1000).output(&input), Ok(output.clone()));
        let params =
            linear(1000).weights(&input).iter().map(|weight| weight.count().evaluate().unwrap()).sum();
        assert_eq!(1_025_000u128, params);
        let cost = linear(1000).cost(&input, &output).unwrap();
        assert_eq!(cost.terms[0].nominal.formula(Notation::Text), "in · out");
        assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "1,024·1,000");
        let (work, exact) = cost.work().unwrap();
        assert_eq!((work.macs.linear, work.ops.add), (1_024_000, 1_025_000));
        assert_eq!(work, exact);
    }

    /// PyTorch takes an image as rows of features, and so is it counted.
    #[test]
    fn other_dimensions_are_positions() {
        let (input, output) = ([shape_of(&[16, 5, 5])], shape_of(&[16, 5, 120]));
        assert_eq!(linear(120).output(&input), Ok(output.clone()));
        let macs = &linear(120).cost(&input, &output).unwrap().terms[0].nominal;
        assert_eq!(macs.formula(Notation::Text), "positions · in · out");
        assert_eq!(macs.substitution(Notation::Text), "16·5·5·120");
    }

    #[test]
    fn a_single_number_has_no_features() {
        let reason = linear(2).output(&[shape_of(&[])]).unwrap_err();
        assert_eq!(reason.to_string(), "needs at least one dimension beside the batch");
    }
}
