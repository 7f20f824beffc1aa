//! `group_norm`: normalization over groups of channels, as `torch.nn.GroupNorm`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Size, finite};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Weight, only_ranked, standardize};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Group normalization: (x − mean)/√(var + eps)·weight + bias, with the mean and variance of a group of channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "组归一化:(x − mean)/√(var + eps)·weight + bias,均值与方差取自一组通道"))]
pub struct GroupNorm {
    /// Groups that the channels are divided into.
    #[schemars(extend("x-zh" = "通道分成的组数"))]
    pub num_groups: Size,
    /// Added to the variance, against division by zero.
    #[serde(default = "standardize::default_eps", deserialize_with = "finite")]
    #[schemars(extend("x-zh" = "加在方差上,以防除以零"))]
    pub eps: f64,
    /// Whether each channel has a learned factor and a learned bias.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个通道是否有可学习的系数和偏置"))]
    pub affine: bool,
}

impl Definition for GroupNorm {
    const EXAMPLE: &'static str = r#"{ op = "group_norm", num_groups = 32 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Operator for GroupNorm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_ranked(inputs)?;
        let (groups, channels) = (self.num_groups.get(), input.dims()[0]);
        if !channels.is_multiple_of(groups) {
            let reason = Reason::new(text!(
                "{groups} groups do not divide the {channels} channels",
                "{groups} 个分组不能整除 {channels} 个通道"
            ));
            return Err(reason.at_divisor("num_groups", groups, &[channels]));
        }
        // PyTorch refuses this as well, though for a batch of one alone.
        if u128::from(groups) == input.elements() {
            let reason = Reason::new(text!(
                "each group of {input} is a single value, and would become 0",
                "{input} 的每组只有一个值,归一化后总是 0"
            ));
            return Err(reason.at("num_groups"));
        }
        Ok(input.clone())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        standardize::weights(&[(Factor::Channels, inputs[0].dims()[0])], self.affine, self.affine)
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let groups = self.num_groups.get();
        let mut group = output.dims().to_vec();
        group[0] /= groups;
        let groups = (groups > 1).then(|| Working::named(Factor::Groups, groups));
        Ok(standardize::cost(groups.as_ref(), &Working::sizes(Factor::N, &group), self.affine, self.affine))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::among(&inputs[0], |dim| dim > 0)
    }

    fn class(&self) -> Class {
        Class::Normalization
    }
}

#[cfg(feature = "run")]
impl Reference for GroupNorm {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let rows = input.reshape((input.dim(0)?, tensors::size_of(self.num_groups.get())?, ()))?;
        let output = standardize::rows(&rows, self.eps)?.reshape(input.shape())?;
        standardize::by_channel(output, weights)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        standardize::workspace(&inputs[0], &[self.num_groups.get()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    fn norm(num_groups: u64, affine: bool) -> GroupNorm {
        GroupNorm { num_groups: num_groups.try_into().unwrap(), eps: 1e-5, affine }
    }

    fn ops(norm: &GroupNorm, dims: &[u64]) -> Ops {
        norm.cost(&[], &shapes(&[dims])[0]).unwrap().work().unwrap().0.ops
    }

    /// 64 channels of 56×56 in 32 groups: n = 2·56² = 6,272.
    #[test]
    fn two_channels_a_group() {
        let inputs = shapes(&[&[64, 56, 56]]);
        assert_eq!(norm(32, true).output(&inputs).as_ref(), Ok(&inputs[0]));
        let weights = norm(32, true).weights(&inputs);
        assert_eq!(weights.iter().map(Weight::dims).collect::<Vec<_>>(), [[64], [64]]);
        let all = Ops { mul: 602_112, add: 802_784, div: 96, cmp: 0, exp: 32 };
        assert_eq!(ops(&norm(32, true), &[64, 56, 56]), all);
        assert!(norm(32, false).weights(&inputs).is_empty());
        assert_eq!(ops(&norm(32, false), &[64, 56, 56]), Ops { mul: 401_408, add: 602_080, ..all });
    }

    #[test]
    fn the_working_reads_by_groups() {
        let add = |groups| {
            let cost = norm(groups, true).cost(&[], &shapes(&[&[64, 56, 56]])[0]).unwrap();
            let add = &cost.terms[1].nominal;
            [add.formula(Notation::Text), add.substitution(Notation::Text)]
        };
        assert_eq!(
            add(32),
            [
                "groups · (mean + deviations + variance + eps + bias)",
                "32·(2·56² − 1 + 2·56² + 2·56² − 1 + 1 + 2·56²)"
            ]
        );
        assert_eq!(
            add(1),
            ["mean + deviations + variance + eps + bias", "64·56² − 1 + 64·56² + 64·56² − 1 + 1 + 64·56²"]
        );
    }

    #[test]
    fn features_and_sequences_have_channels_too() {
        assert!(norm(2, true).output(&shapes(&[&[6]])).is_ok());
        assert_eq!(ops(&norm(2, true), &[6]), Ops { mul: 18, add: 22, div: 6, cmp: 0, exp: 2 });
        assert!(norm(6, true).output(&shapes(&[&[6, 2]])).is_ok());
    }

    #[test]
    fn groups_divide_the_channels() {
        let wrong = |groups, dims: &[u64], message| {
            let reason = norm(groups, true).output(&shapes(&[dims])).unwrap_err();
            assert_eq!((reason.to_string().as_str(), reason.setting), (message, Some("num_groups")));
        };
        wrong(5, &[64, 8, 8], "5 groups do not divide the 64 channels");
        wrong(128, &[64, 8, 8], "128 groups do not divide the 64 channels");
        wrong(6, &[6], "each group of 6 is a single value, and would become 0");
        wrong(6, &[6, 1, 1], "each group of 6×1×1 is a single value, and would become 0");
        let reason = norm(1, true).output(&shapes(&[&[]])).unwrap_err();
        assert_eq!(reason.to_string(), "needs at least one dimension beside the batch");
    }
}
