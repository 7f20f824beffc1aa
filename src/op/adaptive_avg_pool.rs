//! `adaptive_avg_pool1d`, `adaptive_avg_pool2d`, `adaptive_avg_pool3d`: the mean of each of as many bins as the output has
//! elements, as `torch.nn.AdaptiveAvgPool1d`, `AdaptiveAvgPool2d` and `AdaptiveAvgPool3d`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adaptive::Bins;
use super::settings::{PerAxis, Size};
use super::window::Window;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Mean over bins, channel by channel, to an output of a given size: bin i of n is from ⌊i·in/n⌋ to ⌈(i + 1)·in/n⌉.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveAvgPool<const N: usize> {
    /// Spatial size of the output; 1 is the mean of each whole channel.
    pub output_size: PerAxis<Size, N>,
}

/// Adaptive average pool of sequences.
pub type AdaptiveAvgPool1d = AdaptiveAvgPool<1>;

/// Adaptive average pool of images.
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;

/// Adaptive average pool of volumes.
pub type AdaptiveAvgPool3d = AdaptiveAvgPool<3>;

impl Definition for AdaptiveAvgPool1d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_avg_pool1d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for AdaptiveAvgPool2d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_avg_pool2d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 7, 7]];
}

impl Definition for AdaptiveAvgPool3d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_avg_pool3d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 2, 7, 7]];
}

impl<const N: usize> Operator for AdaptiveAvgPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        Bins(self.output_size).output(inputs)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let sum = Bins(self.output_size).reduction(Kind::Add, &inputs[0], output);
        let mean = Term::ops(Kind::Div, Working::elements(Factor::OutputElements, output));
        Ok(Cost { terms: vec![sum, mean] })
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        Bins(self.output_size).window(input)
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let sizes = Bins(self.output_size).extent();
        Some(text!("average pool to {sizes}", "平均池化到 {sizes}"))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Bins(self.output_size).reach(&inputs[0])
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for AdaptiveAvgPool<N> {
    /// The mean over a bin is the mean along one axis of the means along the other.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        if self.output_size == PerAxis::ones() {
            return tensors::whole_mean(&inputs[0]);
        }
        Bins(self.output_size).reduce(&inputs[0], Tensor::mean_keepdim)
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Bins(self.output_size).workspace(&inputs[0], output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;
    use crate::working::Notation;

    /// The last pool of ResNet: all of each 7×7 channel.
    #[test]
    fn resnets_global_mean() {
        let pool: AdaptiveAvgPool2d = toml::from_str("output_size = 1").unwrap();
        let inputs = shapes(&[&[512, 7, 7]]);
        let output = pool.output(&inputs).unwrap();
        assert_eq!(output.dims(), [512, 1, 1]);
        let cost = pool.cost(&inputs, &output).unwrap();
        let sums = &cost.terms[0].nominal;
        assert_eq!(sums.formula(Notation::Text), "output elements · (elements in a bin − 1)");
        assert_eq!(sums.substitution(Notation::Text), "512·1²·(7² − 1)");
        let (work, _) = cost.work().unwrap();
        assert_eq!((work.ops.add, work.ops.div), (512 * 48, 512));
    }

    /// 2 bins of 3 elements each, or, of 5 elements, 2 that share the one in the middle.
    #[test]
    fn sequences_and_volumes() {
        let sequence: AdaptiveAvgPool1d = toml::from_str("output_size = 2").unwrap();
        let adds = |length: u64| {
            let inputs = shapes(&[&[3, length]]);
            let output = sequence.output(&inputs).unwrap();
            assert_eq!(output.dims(), [3, 2]);
            sequence.cost(&inputs, &output).unwrap().work().unwrap().0.ops.add
        };
        assert_eq!([6, 5].map(adds), [3 * 2 * 2; 2]);
        let volume: AdaptiveAvgPool3d = toml::from_str("output_size = [1, 2, 3]").unwrap();
        let output = volume.output(&shapes(&[&[4, 5, 6, 7]])).unwrap();
        assert_eq!(output.dims(), [4, 1, 2, 3]);
        let summary = volume.summary(&[], &output).unwrap();
        assert_eq!((&*summary.english, &*summary.chinese), ("average pool to 1×2×3", "平均池化到 1×2×3"));
    }
}
