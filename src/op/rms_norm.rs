//! `rms_norm`: normalization over the last dimensions by the root of the mean square, as `torch.nn.RMSNorm`, whose
//! `normalized_shape` is read off the input.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Size, finite};
use super::{
    Class, Cost, Definition, Operator, Purpose, Reach, Reason, Term, Weight, layer_norm, standardize,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Root mean square normalization over the last dimensions: x/√(mean of x² + eps)·weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "对最后若干维做均方根归一化:x/√(x² 的均值 + eps)·weight"))]
pub struct RmsNorm {
    /// How many of the last dimensions are normalized together.
    #[serde(default = "layer_norm::one")]
    #[schemars(extend("x-zh" = "一起归一化的末尾维度的个数"))]
    pub dims: Size,
    /// Added to the mean square, against division by zero; the distance of 1 to the next number of 32 bits, as PyTorch has it there,
    /// unless it is set.
    #[serde(default = "epsilon", deserialize_with = "finite")]
    #[schemars(extend("x-zh" = "加在均方上,以防除以零;不设时为 32 位数中 1 与下一个数之差,与 PyTorch 一致"))]
    pub eps: f64,
    /// Whether each of the normalized elements has a learned factor.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个被归一化的元素是否有可学习的系数"))]
    pub affine: bool,
}

impl Definition for RmsNorm {
    const EXAMPLE: &'static str = r#"{ op = "rms_norm" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768]];
}

impl Operator for RmsNorm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        layer_norm::output(self.dims, inputs)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let (_, normalized) = layer_norm::split(self.dims, inputs[0].dims());
        standardize::weights(&layer_norm::axes(normalized), self.affine, false)
    }

    /// For each group: n squares, n − 1 additions and a division for their mean; the addition of `eps`, a root and a division
    /// for 1/√(mean + eps); n multiplications by that, and n by the learned factor.
    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (groups, normalized) = layer_norm::split(self.dims, output.dims());
        let groups = (!groups.is_empty()).then(|| Working::sizes(Factor::Groups, groups));
        let n = Working::sizes(Factor::N, normalized);
        let one = || Working::Number(1);
        let steps = &[(Factor::Squares, 1), (Factor::Scaling, 1), (Factor::Weight, 1)]
            [..2 + usize::from(self.affine)];
        let add = n.clone().less(one()).called(Factor::Mean).and(Working::named(Factor::Eps, 1u64));
        let in_all = |kind, working| Term::ops(kind, standardize::in_all(groups.as_ref(), working));
        Ok(Cost {
            terms: vec![
                in_all(Kind::Mul, n.by(Working::steps(steps))),
                in_all(Kind::Add, add),
                in_all(Kind::Div, Working::steps(&[(Factor::Mean, 1), (Factor::InverseRoot, 1)])),
                in_all(Kind::Exp, one()).purpose(Purpose::Root),
            ],
        })
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let kept = layer_norm::split(self.dims, inputs[0].dims()).0.len();
        Reach::among(&inputs[0], |dim| dim >= kept)
    }

    fn class(&self) -> Class {
        Class::Normalization
    }
}

#[cfg(feature = "run")]
impl Reference for RmsNorm {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let n: usize = layer_norm::split(self.dims, input.dims()).1.iter().product();
        let rows = input.reshape(((), n))?;
        let root = rows.sqr()?.mean_keepdim(D::Minus1)?.affine(1.0, self.eps)?.sqrt()?;
        let output = rows.broadcast_mul(&root.recip()?)?.reshape(input.shape())?;
        // The weight's dimensions are the last ones: it broadcasts as it is.
        weights.first().map_or(Ok(output.clone()), |weight| output.broadcast_mul(weight))
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        standardize::workspace(&inputs[0], layer_norm::split(self.dims, inputs[0].dims()).0)
    }
}

fn epsilon() -> f64 {
    f32::EPSILON.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    fn norm(settings: &str) -> RmsNorm {
        toml::from_str(settings).unwrap()
    }

    fn ops(settings: &str, dims: &[u64]) -> Ops {
        norm(settings).cost(&[], &shapes(&[dims])[0]).unwrap().work().unwrap().0.ops
    }

    /// 197 tokens of 768: n = 768.
    #[test]
    fn the_tokens_of_a_vision_transformer() {
        let inputs = shapes(&[&[197, 768]]);
        assert_eq!(norm("").output(&inputs).as_ref(), Ok(&inputs[0]));
        let weights = norm("").weights(&inputs);
        assert_eq!(
            weights.iter().map(|weight| (&*weight.name, weight.dims())).collect::<Vec<_>>(),
            [("weight", vec![768])]
        );
        assert!(norm("affine = false").weights(&inputs).is_empty());
        let all = Ops { mul: 3 * 151_296, add: 151_296, div: 394, cmp: 0, exp: 197 };
        assert_eq!(ops("", &[197, 768]), all);
        assert_eq!(ops("affine = false", &[197, 768]), Ops { mul: 2 * 151_296, ..all });
        assert_eq!(ops("dims = 2", &[197, 768]), Ops { div: 2, exp: 1, ..all });
    }

    #[test]
    fn the_working_reads_by_groups() {
        let cost = norm("").cost(&[], &shapes(&[&[197, 768]])[0]).unwrap();
        let formulas: Vec<_> = cost.terms.iter().map(|term| term.nominal.formula(Notation::Text)).collect();
        assert_eq!(
            formulas,
            [
                "groups · n · (squares + scaling + weight)",
                "groups · (mean + eps)",
                "groups · (mean + 1/root)",
                "groups"
            ]
        );
        assert_eq!(cost.terms[1].nominal.substitution(Notation::Text), "197·(768 − 1 + 1)");
    }

    #[test]
    fn no_more_dimensions_are_normalized_than_there_are() {
        let reason = norm("dims = 3").output(&shapes(&[&[4, 5]])).unwrap_err();
        assert_eq!(
            (reason.to_string().as_str(), reason.setting),
            ("3 dimensions cannot be normalized: 4×5 has 2 beside the batch", Some("dims"))
        );
        assert!(toml::from_str::<RmsNorm>("bias = true").is_err());
    }
}
