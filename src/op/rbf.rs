//! `rbf`: Euclidean radial basis functions, the output layer of LeNet-5 (LeCun et al. 1998, section II.B, equation 7).
//!
//! Unit j is the squared distance of the input from its center, y_j = Σ_i (x_i − c_ji)²: the smaller, the better the fit.
//! The centers are chosen by hand (in LeNet-5 they are bitmaps of the characters) and not trained, so they are a buffer and
//! there are no parameters.
//!
//! The counting rule follows the formula, as the variance in a norm is counted: for n inputs, n differences, n squares and
//! n − 1 additions for each unit. None is a MAC, which is a product with its addition inside a contraction; here a number
//! is multiplied with itself. The paper's "connections" of this layer are its n · units differences.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{
    Class, Cost, Definition, Initializer, Operator, Reach, Reason, Term, Weight, only_ranked, shape,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Squared distances of the last dimension from fixed centers, one for each unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rbf {
    /// Units, each with a center.
    pub out_features: Size,
}

impl Definition for Rbf {
    const EXAMPLE: &'static str = r#"{ op = "rbf", out_features = 10 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[84]];
}

impl Operator for Rbf {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_ranked(inputs)?;
        shape([&input.dims()[..input.rank() - 1], &[self.out_features.get()]].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let axes =
            vec![(Factor::OutFeatures, self.out_features.get()), (Factor::InFeatures, features(&inputs[0]))];
        // As large as the numbers of LeNet-5's centers, which are 1 and −1.
        vec![Weight::buffer("centers", axes, Initializer::Normal { deviation: 1.0 })]
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let units = Working::elements(Factor::OutputElements, output);
        let inputs = Working::named(Factor::InFeatures, features(&inputs[0]));
        let squares = units.clone().by(inputs.clone());
        let sum = inputs.clone().less(Working::Number(1)).called(Factor::Sum);
        let sums = units.by(inputs.called(Factor::Differences).and(sum));
        Ok(Cost { terms: vec![Term::ops(Kind::Mul, squares), Term::ops(Kind::Add, sums)] })
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (from, to) = (features(&inputs[0]), self.out_features.get());
        Some(text!(
            "squared distances of {from} features from {to} centers",
            "{from} 个特征到 {to} 个中心的平方距离"
        ))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let last = inputs[0].rank() - 1;
        Reach::mixing(&inputs[0], |dim| dim == last)
    }

    fn class(&self) -> Class {
        Class::Linear
    }
}

#[cfg(feature = "run")]
impl Reference for Rbf {
    /// One center after the other, so that there is never more than a tensor of the size of the input.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, centers) = (&inputs[0], &weights[0]);
        let distance = |unit| input.broadcast_sub(&centers.get(unit)?)?.sqr()?.sum_keepdim(D::Minus1);
        let units = (0..centers.dim(0)?).map(distance).collect::<candle_core::Result<Vec<_>>>()?;
        Tensor::cat(&units, D::Minus1)
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::of_sample(2 * elements(inputs[0].dims()) + elements(output.dims()))
    }
}

/// The size of the last dimension. [`output`](Operator::output) has seen that there is one.
fn features(input: &Shape) -> u64 {
    input.dims().last().copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::{Role, shapes};
    use crate::working::Notation;

    #[test]
    fn lenet5s_output() {
        let (rbf, inputs) = (Rbf { out_features: 10.try_into().unwrap() }, shapes(&[&[84]]));
        let output = rbf.output(&inputs).unwrap();
        assert_eq!(output.dims(), [10]);
        let [centers] = rbf.weights(&inputs).try_into().unwrap();
        assert_eq!((centers.role, centers.dims()), (Role::Buffer, vec![10, 84]));
        let cost = rbf.cost(&inputs, &output).unwrap();
        assert_eq!(cost.terms[0].nominal.evaluate(), Ok(840), "connections");
        assert_eq!(cost.terms[1].nominal.formula(Notation::Text), "output elements · (differences + sum)");
        let (work, _) = cost.work().unwrap();
        assert_eq!(work.ops, Ops { mul: 840, add: 840 + 830, ..Ops::default() });
        assert_eq!(work.macs.total(), 0);
        let summary = rbf.summary(&inputs, &output).unwrap();
        assert_eq!(summary.english, "squared distances of 84 features from 10 centers");
    }

    #[test]
    fn it_wants_features() {
        let rbf = Rbf { out_features: 10.try_into().unwrap() };
        let reason = rbf.output(&shapes(&[&[]])).unwrap_err();
        assert_eq!(reason.to_string(), "needs at least one dimension beside the batch");
    }
}
