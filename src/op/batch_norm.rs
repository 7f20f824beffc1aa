//! `batch_norm1d`, `batch_norm2d`, `batch_norm3d`: batch normalization as at inference, as `torch.nn.BatchNorm1d`,
//! `BatchNorm2d` and `BatchNorm3d` in `eval()`.
//!
//! PyTorch's buffer `num_batches_tracked` takes no part in inference and is not modelled.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Class, Cost, Definition, Family, Initializer, Operator, Reason, Weight, only, only_spatial, settings,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Batch normalization with the running statistics, channel by channel: (x − mean)/√(var + eps)·weight + bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "用滑动统计量逐通道做批归一化:(x − mean)/√(var + eps)·weight + bias"))]
pub struct BatchNorm<const N: usize> {
    /// Added to the variance, against division by zero.
    #[serde(default = "default_eps", deserialize_with = "settings::not_negative")]
    #[schemars(range(min = 0))]
    #[schemars(extend("x-zh" = "加在方差上,以防除以零"))]
    pub eps: f64,
    /// Whether each channel has a learned factor and a learned bias.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个通道是否有可学习的系数和偏置"))]
    pub affine: bool,
}

/// Batch norm of features and of sequences.
pub type BatchNorm1d = BatchNorm<1>;

/// Batch norm of images.
pub type BatchNorm2d = BatchNorm<2>;

/// Batch norm of volumes.
pub type BatchNorm3d = BatchNorm<3>;

impl Definition for BatchNorm1d {
    const EXAMPLE: &'static str = r#"{ op = "batch_norm1d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256]];
}

impl Definition for BatchNorm2d {
    const EXAMPLE: &'static str = r#"{ op = "batch_norm2d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 112, 112]];
}

impl Definition for BatchNorm3d {
    const EXAMPLE: &'static str = r#"{ op = "batch_norm3d" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 16, 56, 56]];
}

impl<const N: usize> Operator for BatchNorm<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        match (N, input.rank()) {
            // PyTorch's for sequences takes features too, each a channel.
            (1, 1 | 2) => Ok(input.clone()),
            (1, _) => Err(Reason::new(text!(
                "needs channels or channels × length, and gets {input}",
                "需要通道或通道 × 长度,却得到 {input}"
            ))
            .help(text!(
                "there are `batch_norm2d` for images and `batch_norm3d` for volumes",
                "图像用 `batch_norm2d`,三维数据用 `batch_norm3d`"
            ))),
            _ => only_spatial::<N>(inputs).cloned(),
        }
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let axes = vec![(Factor::Channels, inputs[0].dims()[0])];
        let [zero, one] = [0.0, 1.0].map(Initializer::Constant);
        let mut weights = vec![];
        if self.affine {
            weights.push(Weight::learned("weight", axes.clone(), one));
            weights.push(Weight::learned("bias", axes.clone(), zero));
        }
        weights.push(Weight::buffer("running_mean", axes.clone(), zero));
        weights.push(Weight::buffer("running_var", axes, one));
        weights
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost::each(&[Kind::Mul, Kind::Add], &Working::elements(Factor::OutputElements, output)))
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let affine = text!("batch norm", "批归一化");
        let plain = text!("batch norm without scale and shift", "无缩放和平移的批归一化");
        Some(if self.affine { affine } else { plain })
    }

    fn class(&self) -> Class {
        Class::Normalization
    }

    fn family(&self) -> Option<Family> {
        Some(Family::BatchNorm)
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for BatchNorm<N> {
    /// Computed as it is counted, and as PyTorch does it: one factor and one summand for each channel.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let (learned, statistics) = weights.split_at(weights.len() - 2);
        let (mean, variance) = (&statistics[0], &statistics[1]);
        let mut factor = variance.affine(1.0, self.eps)?.sqrt()?.recip()?;
        if let [weight, _] = learned {
            factor = (factor * weight)?;
        }
        let mut summand = (mean * &factor)?.neg()?;
        if let [_, bias] = learned {
            summand = (summand + bias)?;
        }
        input
            .broadcast_mul(&tensors::spread(&factor, input, 1)?)?
            .broadcast_add(&tensors::spread(&summand, input, 1)?)
    }

    /// The product, while the summand is added.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(1, inputs, output)
    }
}

fn default_eps() -> f64 {
    1e-5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Role, shapes};

    fn batch_norm(affine: bool) -> BatchNorm2d {
        BatchNorm { eps: default_eps(), affine }
    }

    /// After ResNet's first convolution: 128 parameters and 128 buffers.
    #[test]
    fn resnets_first() {
        let shapes = [Shape::new(vec![64, 112, 112]).unwrap()];
        let numbers = |role| -> u128 {
            let weights = batch_norm(true).weights(&shapes);
            weights
                .iter()
                .filter(|weight| weight.role == role)
                .map(|weight| weight.count().evaluate().unwrap())
                .sum()
        };
        assert_eq!([Role::Learned, Role::Buffer].map(numbers), [128, 128]);
        let (work, _) = batch_norm(true).cost(&shapes, &shapes[0]).unwrap().work().unwrap();
        assert_eq!((work.ops.mul, work.ops.add, work.ops.flops()), (802_816, 802_816, 1_605_632));
        assert_eq!(work.macs.total(), 0);
    }

    #[test]
    fn without_affine_only_statistics_are_stored() {
        let weights = batch_norm(false).weights(&[Shape::new(vec![3, 2, 2]).unwrap()]);
        assert_eq!(
            weights.iter().map(|weight| weight.name.clone()).collect::<Vec<_>>(),
            ["running_mean", "running_var"]
        );
    }

    #[test]
    fn features_are_no_image() {
        let reason = batch_norm(true).output(&[Shape::new(vec![400]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "needs channels × height × width, and gets 400");
    }

    #[test]
    fn features_are_channels_for_batch_norm1d() {
        let norm: BatchNorm1d = toml::from_str("").unwrap();
        let inputs = shapes(&[&[400]]);
        assert_eq!(norm.output(&inputs).as_ref(), Ok(&inputs[0]));
        assert_eq!(norm.weights(&inputs).iter().map(Weight::dims).collect::<Vec<_>>(), [[400]; 4]);
        assert!(norm.output(&shapes(&[&[400, 3]])).is_ok());
        let reason = |dims| norm.output(&shapes(&[dims])).unwrap_err().to_string();
        assert_eq!(reason(&[400, 3, 3]), "needs channels or channels × length, and gets 400×3×3");
        let volumes: BatchNorm3d = toml::from_str("").unwrap();
        let reason = volumes.output(&inputs).unwrap_err();
        assert_eq!(reason.to_string(), "needs channels × depth × height × width, and gets 400");
    }

    /// A negative one would take the root of a negative number where the variance is small.
    #[test]
    fn eps_is_not_negative() {
        let error =
            |eps: &str| toml::from_str::<BatchNorm2d>(eps).map_err(|error| error.message().to_owned());
        assert_eq!(error("eps = -1e-5"), Err("must not be negative, and is -0.00001".to_owned()));
        assert_eq!(error("eps = inf"), Err("must be finite, and is inf".to_owned()));
        assert!(error("eps = 0").is_ok());
    }
}
