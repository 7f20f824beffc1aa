//! `adaptive_avg_pool2d`: means over as many bins as the output is to have, as `torch.nn.AdaptiveAvgPool2d`.

use std::ops::Range;

use candle_core::Tensor;
use schemars::JsonSchema;
use serde::Deserialize;

use super::settings::{PerAxis, Size};
use super::window::{Axis, Window, positions, spatial_sizes};
use super::{Class, Cost, Definition, Look, Operator, Reach, Reason, Slide, Term, only_spatial, shape, taps};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::Working;

/// Mean over bins, channel by channel, to an output of a given size: bin i of n is from ⌊i·in/n⌋ to ⌈(i + 1)·in/n⌉.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveAvgPool<const N: usize> {
    /// Spatial size of the output; 1 is the mean of the whole image.
    pub output_size: PerAxis<Size, N>,
}

/// Adaptive average pool of images.
pub type AdaptiveAvgPool2d = AdaptiveAvgPool<2>;

impl Definition for AdaptiveAvgPool2d {
    const EXAMPLE: &'static str = r#"{ op = "adaptive_avg_pool2d", output_size = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 7, 7]];
}

impl<const N: usize> Operator for AdaptiveAvgPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let channels = only_spatial::<N>(inputs)?.dims()[0];
        shape([vec![channels], self.sizes().to_vec()].concat())
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let means = Working::elements("output elements", output);
        let sums = if let Some(bin) = self.window(&inputs[0]) {
            let bin = bin.axes.iter().map(|axis| axis.kernel).collect::<Vec<_>>();
            means.clone().by(Working::sizes("elements in a bin", &bin).less(Working::Number(1)))
        } else {
            let sizes = spatial_sizes(&inputs[0]).iter().zip(self.sizes());
            let seen = Working::Product(sizes.map(|(&size, bins)| elements_in_bins(size, bins)).collect());
            Working::named("channels", output.dims()[0])
                .by(seen.called("elements in all bins").less(positions(output)))
        };
        Ok(Cost { terms: vec![Term::ops(Kind::Add, sums), Term::ops(Kind::Div, means)] })
    }

    /// Only where the bins are of one size; bins that overlap here and not there are no sliding window.
    fn window(&self, input: &Shape) -> Option<Window> {
        let even = |(&size, bins): (&u64, u64)| {
            let kernel = size / bins;
            let axis = Axis { kernel, stride: kernel, dilation: 1, before: 0, after: 0, ceil: false };
            size.is_multiple_of(bins).then_some(axis)
        };
        let axes = spatial_sizes(input).iter().zip(self.sizes()).map(even).collect::<Option<_>>()?;
        Some(Window { axes })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let sizes = self.sizes().map(|size| size.to_string()).join("×");
        Some(text!("average pool to {sizes}", "平均池化到 {sizes}"))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::spatial(spatial_sizes(&inputs[0]).iter().zip(self.sizes()).map(|(&size, bins)| {
            if bins == 1 {
                return Look::All;
            }
            let (stride, divisor) = (i128::from(size), i128::from(bins));
            Look::Sliding(Slide { stride, divisor, first: 1 - divisor, last: stride - 1 })
        }))
    }

    fn class(&self) -> Class {
        Class::Pooling
    }

    /// The mean over a bin is the mean along one axis of the means along the other.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        if self.sizes() == [1; N] {
            let mean = input.flatten_from(2)?.mean(2)?;
            return (0..N).try_fold(mean, |mean, _| mean.unsqueeze(2));
        }
        self.sizes().into_iter().zip(2..).try_fold(input.clone(), |means, (bins, dim)| {
            let (size, bins) = (means.dim(dim)?, taps::size_of(bins)?);
            let mean = |index| {
                let bin = bin(index, size, bins);
                means.narrow(dim, bin.start, bin.len())?.mean_keepdim(dim)
            };
            Tensor::cat(&(0..bins).map(mean).collect::<candle_core::Result<Vec<_>>>()?, dim)
        })
    }
}

impl<const N: usize> AdaptiveAvgPool<N> {
    fn sizes(&self) -> [u64; N] {
        self.output_size.0.map(Size::get)
    }
}

/// The elements in bin number `index` of `bins` over `size` elements.
fn bin(index: usize, size: usize, bins: usize) -> Range<usize> {
    index * size / bins..((index + 1) * size).div_ceil(bins)
}

/// The sizes of all `bins` over `size` elements together. A border between two bins that falls within an element makes both
/// of them take it: `gcd − 1` of the `bins − 1` borders do not.
fn elements_in_bins(size: u64, bins: u64) -> Working {
    if size.is_multiple_of(bins) {
        return Working::Number(size.into());
    }
    Working::Sum(vec![Working::Number(size.into()), Working::Number(bins.into())])
        .less(Working::named("gcd", greatest_common_divisor(size, bins)))
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::working::Notation;

    fn adaptive(sizes: [u64; 2]) -> AdaptiveAvgPool2d {
        AdaptiveAvgPool { output_size: PerAxis(sizes.map(|size| size.try_into().unwrap())) }
    }

    fn cost(input: [u64; 3], sizes: [u64; 2]) -> Cost {
        let inputs = [Shape::new(input.to_vec()).unwrap()];
        let output = adaptive(sizes).output(&inputs).unwrap();
        adaptive(sizes).cost(&inputs, &output).unwrap()
    }

    /// The last pool of ResNet: all of each 7×7 channel.
    #[test]
    fn resnets_global_mean() {
        let cost = cost([512, 7, 7], [1, 1]);
        let sums = &cost.terms[0].nominal;
        assert_eq!(sums.formula(Notation::Text), "output elements · (elements in a bin − 1)");
        assert_eq!(sums.substitution(Notation::Text), "512·1²·(7² − 1)");
        let (work, _) = cost.work().unwrap();
        assert_eq!((work.ops.add, work.ops.div), (512 * 48, 512));
    }

    /// Bins over 7 rows for 3: rows 0–2, 2–4 and 4–6; over 5 columns for 2: columns 0–2 and 2–4.
    #[test]
    fn bins_may_overlap() {
        assert_eq!([0, 1, 2].map(|index| bin(index, 7, 3)), [0..3, 2..5, 4..7]);
        let sums = &cost([1, 7, 5], [3, 2]).terms[0].nominal;
        assert_eq!(sums.substitution(Notation::Text), "1·((7 + 3 − 1)·(5 + 2 − 1) − 3·2)");
        assert_eq!(sums.evaluate(), Ok(9 * 6 - 6));
    }

    #[test]
    fn only_bins_of_one_size_are_a_window() {
        let image = Shape::new(vec![1, 8, 6]).unwrap();
        let window = adaptive([2, 2]).window(&image).unwrap();
        assert_eq!(
            window.axes.iter().map(|axis| (axis.kernel, axis.stride)).collect::<Vec<_>>(),
            [(4, 4), (3, 3)]
        );
        assert_eq!(adaptive([2, 4]).window(&image), None);
    }

    #[test]
    fn sizes_of_any_magnitude_take_no_time() {
        let huge = crate::shape::LARGEST_SIZE;
        let sums = elements_in_bins(huge, huge - 1).evaluate();
        assert_eq!(sums, Ok(2 * u128::from(huge) - 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn additions_are_those_that_a_loop_counts(
            input in prop::array::uniform2(1usize..12), output in prop::array::uniform2(1usize..12),
            channels in 1u64..4,
        ) {
            let bins = |axis: usize| (0..output[axis]).map(move |index| bin(index, input[axis], output[axis]).len());
            let additions: usize = bins(0).flat_map(|rows| bins(1).map(move |columns| rows * columns - 1)).sum();
            let [height, width] = input.map(|size| size as u64);
            let (work, exact) = cost([channels, height, width], output.map(|size| size as u64)).work().unwrap();
            prop_assert_eq!(work.ops.add, u128::from(channels) * additions as u128);
            prop_assert_eq!(work.ops.div, u128::from(channels) * (output[0] * output[1]) as u128);
            prop_assert_eq!(work, exact);
        }
    }
}
