//! `adaptive_max_pool1d`, `adaptive_max_pool2d`, `adaptive_max_pool3d`: the largest element of each of as many bins as the output
//! has elements, as `torch.nn.AdaptiveMaxPool1d`, `AdaptiveMaxPool2d` and `AdaptiveMaxPool3d`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adaptive::Bins;
use super::settings::{PerAxis, Size};
use super::window::Window;
use super::{Class, Cost, Definition, Operator, Reach, Reason};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// Maximum over bins, channel by channel, to an output of a given size: bin i of n is from ⌊i·in/n⌋ to ⌈(i + 1)·in/n⌉.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveMaxPool<const N: usize> {
    /// Spatial size of the output; 1 is the maximum of each whole channel.
    pub output_size: PerAxis<Size, N>,
}

/// Adaptive max pool of sequences.
pub type AdaptiveMaxPool1d = AdaptiveMaxPool<1>;

/// Adaptive max pool of images.
pub type AdaptiveMaxPool2d = AdaptiveMaxPool<2>;

/// Adaptive max pool of volumes.
pub type AdaptiveMaxPool3d = AdaptiveMaxPool<3>;

impl Definition for AdaptiveMaxPool1d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_max_pool1d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for AdaptiveMaxPool2d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_max_pool2d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 7, 7]];
}

impl Definition for AdaptiveMaxPool3d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_max_pool3d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 2, 7, 7]];
}

impl<const N: usize> Operator for AdaptiveMaxPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        Bins(self.output_size).output(inputs)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost { terms: vec![Bins(self.output_size).reduction(Kind::Cmp, &inputs[0], output)] })
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        Bins(self.output_size).window(input)
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let sizes = Bins(self.output_size).extent();
        Some(text!("max pool to {sizes}", "最大池化到 {sizes}"))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Bins(self.output_size).reach(&inputs[0])
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for AdaptiveMaxPool<N> {
    /// The maximum over a bin is the maximum along one axis of the maxima along the other.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        Bins(self.output_size).reduce(&inputs[0], Tensor::max_keepdim)
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

    /// 4 bins of 2×3 elements: five comparisons each.
    #[test]
    fn one_comparison_less_than_elements() {
        let pool: AdaptiveMaxPool2d = toml::from_str("output_size = [4, 2]").unwrap();
        let inputs = shapes(&[&[16, 8, 6]]);
        let output = pool.output(&inputs).unwrap();
        assert_eq!(output.dims(), [16, 4, 2]);
        let cost = pool.cost(&inputs, &output).unwrap();
        assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "16·4·2·(2·3 − 1)");
        assert_eq!(cost.work().unwrap().0.ops.cmp, 16 * 8 * 5);
        let summary = pool.summary(&inputs, &output).unwrap();
        assert_eq!((&*summary.english, &*summary.chinese), ("max pool to 4×2", "最大池化到 4×2"));
    }

    #[test]
    fn it_takes_as_many_axes_as_its_name_says() {
        let pool: AdaptiveMaxPool1d = toml::from_str("output_size = 1").unwrap();
        let reason = pool.output(&shapes(&[&[16, 8, 6]])).unwrap_err();
        assert_eq!(reason.to_string(), "needs channels × length, and gets 16×8×6");
    }
}
