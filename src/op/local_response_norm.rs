//! `local_response_norm`: AlexNet's normalization over neighboring channels, as `torch.nn.LocalResponseNorm`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Size, finite};
use super::window::{Axis, spatial_sizes};
use super::{Class, Cost, Definition, Operator, Reason, Term, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors, window::Window};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Local response normalization: x / (k + alpha/size · Σ x²)^beta, the sum over `size` neighboring channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalResponseNorm {
    /// Channels that are summed; an even size has one more before than after.
    pub size: Size,
    /// Factor of the mean of the squares.
    #[serde(default = "default_alpha", deserialize_with = "finite")]
    pub alpha: f64,
    /// Exponent.
    #[serde(default = "default_beta", deserialize_with = "finite")]
    pub beta: f64,
    /// Added before the power is taken.
    #[serde(default = "default_k", deserialize_with = "finite")]
    pub k: f64,
}

impl Definition for LocalResponseNorm {
    const EXAMPLE: &'static str = r#"{ op = "local_response_norm", size = 5, k = 2.0 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[96, 55, 55]];
}

impl Operator for LocalResponseNorm {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        if input.rank() < 2 {
            return Err(Reason::new(text!(
                "needs channels and at least one more dimension, and gets {input}",
                "需要通道和至少另一个维度,却得到 {input}"
            )));
        }
        Ok(input.clone())
    }

    /// For each element: its square and the factor of the sum; `size − 1` additions for the sum and one of `k`; the power;
    /// the division.
    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let elements = Working::elements(Factor::OutputElements, output);
        let channels = output.dims()[0];
        let taps = Working::named(Factor::TapsOnChannels, self.channels().taps_inside(channels, channels)?);
        let add =
            Term::ops(Kind::Add, elements.clone().by(Working::named(Factor::WindowSize, self.size.get())))
                .padding_exact(taps.by(Working::sizes(Factor::Positions, spatial_sizes(output))));
        let mul = Term::ops(
            Kind::Mul,
            Working::steps(&[(Factor::Squares, 1), (Factor::ScaleFactor, 1)]).by(elements.clone()),
        );
        let single = [Kind::Div, Kind::Exp].map(|kind| Term::ops(kind, elements.clone()));
        Ok(Cost { terms: [mul, add].into_iter().chain(single).collect() })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let size = self.size.get();
        Some(text!("local response norm over {size} channels", "{size} 个通道上的局部响应归一化"))
    }

    fn class(&self) -> Class {
        Class::Normalization
    }
}

#[cfg(feature = "run")]
impl Reference for LocalResponseNorm {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        // The channels as the one spatial axis.
        let squares = input.sqr()?.unsqueeze(1)?;
        let window = Window { axes: vec![self.channels()] };
        let sums = tensors::reduce(&squares, &window, 0.0, |sum, square| sum + square)?.squeeze(1)?;
        #[expect(clippy::cast_precision_loss, reason = "sizes are at most 2^53")]
        let size = self.size.get() as f64;
        input / sums.affine(self.alpha / size, self.k)?.powf(self.beta)?
    }

    /// The squares, and either what their sums take, or the sums and what they become.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let sizes = [&[1], inputs[0].dims()].concat();
        let sums = tensors::reduce_holds(&sizes, &Window { axes: vec![self.channels()] });
        Workspace::of_sample(sums).or(Workspace::copies(4, inputs, output))
    }
}

impl LocalResponseNorm {
    /// The window over the channels.
    fn channels(&self) -> Axis {
        let kernel = self.size.get();
        Axis { kernel, stride: 1, dilation: 1, before: kernel / 2, after: (kernel - 1) / 2, ceil: false }
    }
}

fn default_alpha() -> f64 {
    1e-4
}

fn default_beta() -> f64 {
    0.75
}

fn default_k() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn norm(size: u64) -> LocalResponseNorm {
        let size = size.try_into().unwrap();
        LocalResponseNorm { size, alpha: default_alpha(), beta: default_beta(), k: default_k() }
    }

    #[test]
    fn alexnets_first() {
        let shapes = [Shape::new(vec![96, 55, 55]).unwrap()];
        assert_eq!(norm(5).output(&shapes).as_ref(), Ok(&shapes[0]));
        let (work, exact) = norm(5).cost(&shapes, &shapes[0]).unwrap().work().unwrap();
        let (elements, ops) = (290_400, work.ops);
        assert_eq!([ops.mul, ops.add, ops.div, ops.cmp, ops.exp].map(|ops| ops / elements), [2, 5, 1, 0, 1]);
        // Two taps are missing at the first and last channel, one at their neighbors.
        assert_eq!(exact.ops.add, work.ops.add - 6 * 55 * 55);
    }

    /// With size 4, channel c takes c − 2 to c + 1.
    #[test]
    fn an_even_size_has_one_more_before() {
        assert_eq!((norm(4).channels().before, norm(4).channels().after), (2, 1));
    }

    #[test]
    fn features_have_no_neighbors() {
        let reason = norm(5).output(&[Shape::new(vec![400]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "needs channels and at least one more dimension, and gets 400");
    }
    #[test]
    fn the_working_reads_by_elements() {
        let shape = Shape::new(vec![96, 55, 55]).unwrap();
        let mul = &norm(5).cost(&[], &shape).unwrap().terms[0].nominal;
        assert_eq!(mul.formula(Notation::Text), "(squares + factor) · output elements");
    }

    #[test]
    fn numbers_are_finite() {
        let error = toml::from_str::<LocalResponseNorm>("size = 5\nalpha = nan").unwrap_err();
        assert_eq!(error.message(), "must be finite, and is NaN");
    }
}
