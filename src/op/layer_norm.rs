//! `layer_norm`: normalization over the last dimensions, as `torch.nn.LayerNorm`, whose `normalized_shape` is read off
//! the input.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Size, finite};
use super::{
    Class, Cost, Definition, Operator, Reach, Reason, Weight, only_ranked, sizes_named, standardize,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Layer normalization over the last dimensions: (x − mean)/√(var + eps)·weight + bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "对最后若干维做层归一化:(x − mean)/√(var + eps)·weight + bias"))]
pub struct LayerNorm {
    /// How many of the last dimensions are normalized together.
    #[serde(default = "one")]
    #[schemars(extend("x-zh" = "一起归一化的末尾维度的个数"))]
    pub dims: Size,
    /// Added to the variance, against division by zero.
    #[serde(default = "standardize::default_eps", deserialize_with = "finite")]
    #[schemars(extend("x-zh" = "加在方差上,以防除以零"))]
    pub eps: f64,
    /// Whether each of the normalized elements has a learned factor.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个被归一化的元素是否有可学习的系数"))]
    pub affine: bool,
    /// Whether each has a learned bias too; without `affine` there is none.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个元素是否还有可学习的偏置;没有 `affine` 时则没有"))]
    pub bias: bool,
}

impl Definition for LayerNorm {
    const EXAMPLE: &'static str = r#"{ op = "layer_norm" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768]];
}

impl Operator for LayerNorm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        output(self.dims, inputs)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let (_, normalized) = split(self.dims, inputs[0].dims());
        standardize::weights(&axes(normalized), self.affine, self.has_bias())
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (groups, normalized) = split(self.dims, output.dims());
        let groups = (!groups.is_empty()).then(|| Working::sizes(Factor::Groups, groups));
        Ok(standardize::cost(
            groups.as_ref(),
            &Working::sizes(Factor::N, normalized),
            self.affine,
            self.has_bias(),
        ))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let kept = split(self.dims, inputs[0].dims()).0.len();
        Reach::among(&inputs[0], |dim| dim >= kept)
    }

    fn class(&self) -> Class {
        Class::Normalization
    }
}

#[cfg(feature = "run")]
impl Reference for LayerNorm {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let (_, normalized) = split(self.dims, input.dims());
        let n: usize = normalized.iter().product();
        let mut output = standardize::rows(&input.reshape(((), n))?, self.eps)?.reshape(input.shape())?;
        // The weights' dimensions are the last ones: they broadcast as they are.
        if let Some(weight) = weights.first() {
            output = output.broadcast_mul(weight)?;
        }
        if let Some(bias) = weights.get(1) {
            output = output.broadcast_add(bias)?;
        }
        Ok(output)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        let (groups, _) = split(self.dims, inputs[0].dims());
        standardize::workspace(&inputs[0], groups)
    }
}

impl LayerNorm {
    fn has_bias(&self) -> bool {
        self.affine && self.bias
    }
}

/// The shape stays, if it has `dims` dimensions.
pub(super) fn output(dims: Size, inputs: &[Shape]) -> Result<Shape, Reason> {
    let input = only_ranked(inputs)?;
    let (dims, rank) = (dims.get(), input.rank());
    if dims > rank as u64 {
        let reason = Reason::new(text!(
            "{dims} dimensions cannot be normalized: {input} has {rank} beside the batch",
            "无法对 {dims} 个维度归一化:除批次维外,{input} 只有 {rank} 个维度"
        ));
        return Err(reason.at("dims"));
    }
    Ok(input.clone())
}

/// The sizes before the last `dims`, which are normalized together, and those. [`output`] has seen that there are enough.
pub(super) fn split<T>(dims: Size, sizes: &[T]) -> (&[T], &[T]) {
    let dims = usize::try_from(dims.get()).unwrap_or(usize::MAX);
    sizes.split_at(sizes.len().saturating_sub(dims))
}

/// The axes of what is learned for each of the elements that are normalized together.
pub(super) fn axes(normalized: &[u64]) -> Vec<(Factor, u64)> {
    if let [features] = normalized { vec![(Factor::Features, *features)] } else { sizes_named(normalized) }
}

/// The default of `dims`.
pub(super) fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    fn norm(settings: &str) -> LayerNorm {
        toml::from_str(settings).unwrap()
    }

    fn ops(settings: &str, dims: &[u64]) -> Ops {
        let shape = &shapes(&[dims])[0];
        norm(settings).cost(&[], shape).unwrap().work().unwrap().0.ops
    }

    fn reason(settings: &str, dims: &[u64]) -> Reason {
        norm(settings).output(&shapes(&[dims])).unwrap_err()
    }

    /// ViT-B's 197 tokens of 768: n = 768.
    #[test]
    fn a_vision_transformers_first() {
        let inputs = shapes(&[&[197, 768]]);
        assert_eq!(norm("").output(&inputs).as_ref(), Ok(&inputs[0]));
        let params: u128 =
            norm("").weights(&inputs).iter().map(|weight| weight.count().evaluate().unwrap()).sum();
        assert_eq!(params, 1536);
        let expected = Ops { mul: 453_888, add: 604_987, div: 591, cmp: 0, exp: 197 };
        assert_eq!(ops("", &[197, 768]), expected);
    }

    #[test]
    fn without_affine_there_is_no_bias_either() {
        let names = |settings| -> Vec<_> {
            norm(settings).weights(&shapes(&[&[2, 5]])).iter().map(|weight| weight.name.clone()).collect()
        };
        assert_eq!(names(""), ["weight", "bias"]);
        assert_eq!(names("bias = false"), ["weight"]);
        assert!(names("affine = false").is_empty());
        let all = Ops { mul: 30, add: 38, div: 6, cmp: 0, exp: 2 };
        assert_eq!(ops("", &[2, 5]), all);
        assert_eq!(ops("bias = false", &[2, 5]), Ops { add: 28, ..all });
        assert_eq!(ops("affine = false", &[2, 5]), Ops { mul: 20, add: 28, ..all });
    }

    #[test]
    fn several_dimensions_are_one_group() {
        let inputs = shapes(&[&[4, 3, 5]]);
        let weights = norm("dims = 2").weights(&inputs);
        assert_eq!(weights.iter().map(Weight::dims).collect::<Vec<_>>(), [[3, 5]; 2]);
        assert_eq!(ops("dims = 2", &[4, 3, 5]).add, 4 * 59);
        assert_eq!(ops("dims = 3", &[4, 3, 5]), Ops { mul: 180, add: 239, div: 3, cmp: 0, exp: 1 });
    }

    #[test]
    fn the_working_reads_by_groups() {
        let workings = |settings, dims: &[u64]| -> Vec<[String; 2]> {
            let cost = norm(settings).cost(&[], &shapes(&[dims])[0]).unwrap();
            let both =
                |working: &Working| [working.formula(Notation::Text), working.substitution(Notation::Text)];
            cost.terms.iter().map(|term| both(&term.nominal)).collect()
        };
        assert_eq!(
            workings("", &[197, 768]),
            [
                ["groups · n · (squares + scaling + weight)", "197·768·(1 + 1 + 1)"],
                [
                    "groups · (mean + deviations + variance + eps + bias)",
                    "197·(768 − 1 + 768 + 768 − 1 + 1 + 768)"
                ],
                ["groups · (mean + variance + 1/root)", "197·(1 + 1 + 1)"],
                ["groups", "197"],
            ]
        );
        assert_eq!(
            workings("dims = 2", &[7, 5]),
            [
                ["n · (squares + scaling + weight)", "7·5·(1 + 1 + 1)"],
                ["mean + deviations + variance + eps + bias", "7·5 − 1 + 7·5 + 7·5 − 1 + 1 + 7·5"],
                ["mean + variance + 1/root", "1 + 1 + 1"],
                ["1", "1"]
            ]
        );
    }

    #[test]
    fn the_batch_is_not_normalized() {
        let too_many = reason("dims = 3", &[197, 768]);
        assert_eq!(too_many.to_string(), "3 dimensions cannot be normalized: 197×768 has 2 beside the batch");
        assert_eq!(too_many.setting, Some("dims"));
        assert_eq!(reason("", &[]).to_string(), "needs at least one dimension beside the batch");
        assert!(toml::from_str::<LayerNorm>("dims = 0").is_err());
        assert!(toml::from_str::<LayerNorm>("eps = nan").is_err());
    }
}
