//! `instance_norm1d`, `instance_norm2d`, `instance_norm3d`: normalization of each channel by itself, as
//! `torch.nn.InstanceNorm1d`, `InstanceNorm2d` and `InstanceNorm3d`, which take the statistics of their input at inference too.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::finite;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Weight, only_spatial, standardize};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Instance normalization: (x − mean)/√(var + eps), with the mean and variance of each channel of each sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "实例归一化:(x − mean)/√(var + eps),均值与方差取自每个样本的每个通道"))]
pub struct InstanceNorm<const N: usize> {
    /// Added to the variance, against division by zero.
    #[serde(default = "standardize::default_eps", deserialize_with = "finite")]
    #[schemars(extend("x-zh" = "加在方差上,以防除以零"))]
    pub eps: f64,
    /// Whether each channel has a learned factor and a learned bias.
    #[serde(default)]
    #[schemars(extend("x-zh" = "每个通道是否有可学习的系数和偏置"))]
    pub affine: bool,
}

/// Instance norm of sequences.
pub type InstanceNorm1d = InstanceNorm<1>;

/// Instance norm of images.
pub type InstanceNorm2d = InstanceNorm<2>;

/// Instance norm of volumes.
pub type InstanceNorm3d = InstanceNorm<3>;

impl Definition for InstanceNorm1d {
    const EXAMPLE: &'static str = r#"{ op = "instance_norm1d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for InstanceNorm2d {
    const EXAMPLE: &'static str = r#"{ op = "instance_norm2d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Definition for InstanceNorm3d {
    const EXAMPLE: &'static str = r#"{ op = "instance_norm3d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[32, 16, 56, 56]];
}

impl<const N: usize> Operator for InstanceNorm<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<N>(inputs)?;
        if input.dims()[1..].iter().all(|&size| size == 1) {
            return Err(Reason::new(text!(
                "each channel of {input} is a single value, and would become 0",
                "{input} 的每个通道只有一个值,归一化后总是 0"
            )));
        }
        Ok(input.clone())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        standardize::weights(&[(Factor::Channels, inputs[0].dims()[0])], self.affine, self.affine)
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (channels, positions) = output.dims().split_at(1);
        let channels = Working::sizes(Factor::Channels, channels);
        Ok(standardize::cost(
            Some(&channels),
            &Working::sizes(Factor::N, positions),
            self.affine,
            self.affine,
        ))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::among(&inputs[0], |dim| dim > 0)
    }

    fn class(&self) -> Class {
        Class::Normalization
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for InstanceNorm<N> {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let output = standardize::rows(&input.flatten_from(2)?, self.eps)?.reshape(input.shape())?;
        standardize::by_channel(output, weights)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        standardize::workspace(&inputs[0], &inputs[0].dims()[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    fn norm(settings: &str) -> InstanceNorm2d {
        toml::from_str(settings).unwrap()
    }

    /// As PyTorch, without factors unless they are asked for; n = 56² = 3,136.
    #[test]
    fn every_channel_is_a_group() {
        let inputs = shapes(&[&[64, 56, 56]]);
        assert_eq!(norm("").output(&inputs).as_ref(), Ok(&inputs[0]));
        let ops = |settings| norm(settings).cost(&[], &inputs[0]).unwrap().work().unwrap().0.ops;
        let plain = Ops { mul: 401_408, add: 602_048, div: 192, cmp: 0, exp: 64 };
        assert_eq!(ops(""), plain);
        assert_eq!(ops("affine = true"), Ops { mul: 602_112, add: 802_752, ..plain });
        assert!(norm("").weights(&inputs).is_empty());
        let weights = norm("affine = true").weights(&inputs);
        assert_eq!(
            weights.iter().map(|weight| (&*weight.name, weight.dims())).collect::<Vec<_>>(),
            [("weight", vec![64]), ("bias", vec![64])]
        );
        let add = &norm("").cost(&[], &inputs[0]).unwrap().terms[1].nominal;
        assert_eq!(add.formula(Notation::Text), "channels · (mean + deviations + variance + eps)");
        assert_eq!(add.substitution(Notation::Text), "64·(56² − 1 + 56² + 56² − 1 + 1)");
    }

    #[test]
    fn it_takes_images_of_several_positions() {
        let reason = |dims| norm("").output(&shapes(&[dims])).unwrap_err().to_string();
        assert_eq!(reason(&[400]), "needs channels × height × width, and gets 400");
        assert_eq!(reason(&[64, 1, 1]), "each channel of 64×1×1 is a single value, and would become 0");
        assert!(norm("").output(&shapes(&[&[64, 1, 2]])).is_ok());
        let sequence: InstanceNorm1d = toml::from_str("").unwrap();
        assert!(sequence.output(&shapes(&[&[64, 2]])).is_ok());
        let reason = sequence.output(&shapes(&[&[64, 1]])).unwrap_err().to_string();
        assert_eq!(reason, "each channel of 64×1 is a single value, and would become 0");
        assert!(sequence.output(&shapes(&[&[64, 2, 2]])).is_err());
        assert!(toml::from_str::<InstanceNorm3d>("").unwrap().output(&shapes(&[&[64, 1, 1, 2]])).is_ok());
    }
}
