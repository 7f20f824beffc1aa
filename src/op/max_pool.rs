//! `max_pool1d`, `max_pool2d`, `max_pool3d`: the maximum over a sliding window, as `torch.nn.MaxPool1d`, `MaxPool2d` and
//! `MaxPool3d`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pool::Pool;
use super::settings::{Padding, PerAxis, Size};
use super::{Class, Cost, Definition, Operator, Reason, Window};
#[cfg(feature = "run")]
use super::{Reference, Workspace, pool::Native, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Maximum over a sliding window, channel by channel; padding never wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "逐通道对滑动窗口取最大值;填充不参与比较"))]
pub struct MaxPool<const N: usize> {
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, N>,
    /// Steps from one window to the next; the size of the window, unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PerAxis<Size, N>")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅;不设时等于窗口尺寸"))]
    pub stride: Option<PerAxis<Size, N>>,
    /// Positions added on the sides: a number for both, a list of the axes, for each a number or `[before, after]`, each at
    /// most half the window; or a rule. `"half"` is half the window's reach on both sides, `"same"` keeps the size at stride 1,
    /// `"same_upper"` divides it by the stride, rounded up, as TensorFlow's SAME.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的位置数:一个数表示两侧相同;也可为各轴列表,每轴一个数或 `[前,后]`,均至多为窗口的一半;或用规则名:`\"half\"` 为每侧窗口跨度的一半,`\"same\"` 在步幅 1 下保持尺寸,`\"same_upper\"` 使尺寸除以步幅并向上取整(即 TensorFlow 的 SAME)"))]
    pub padding: Padding<N>,
    /// Positions from one tap of the window to the next.
    #[serde(default = "PerAxis::<Size, N>::ones")]
    #[schemars(extend("x-zh" = "窗口内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, N>,
    /// Whether the last window may stick out, so that no element is left over.
    #[serde(default)]
    #[schemars(extend("x-zh" = "最后一个窗口是否可以超出边界,使元素无一遗漏"))]
    pub ceil_mode: bool,
}

/// Max pool of sequences.
pub type MaxPool1d = MaxPool<1>;

/// Max pool of images.
pub type MaxPool2d = MaxPool<2>;

/// Max pool of volumes.
pub type MaxPool3d = MaxPool<3>;

impl Definition for MaxPool1d {
    const EXAMPLE: &'static str = r#"{ op = "max_pool1d", kernel_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for MaxPool2d {
    const EXAMPLE: &'static str = r#"{ op = "max_pool2d", kernel_size = 3, stride = 2, padding = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 112, 112]];
}

impl Definition for MaxPool3d {
    const EXAMPLE: &'static str = r#"{ op = "max_pool3d", kernel_size = [1, 2, 2] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 16, 112, 112]];
}

impl<const N: usize> Operator for MaxPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.pool().output(inputs)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost { terms: vec![self.pool().reduction(Kind::Cmp, &inputs[0], output)?] })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.pool().output_workings(&inputs[0], output)
    }

    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        Some(self.pool().window(&inputs[0]).touched(&inputs[0], output))
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        Some(self.pool().window(input))
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let window = self.pool().window(&inputs[0]);
        let extent = window.extent();
        let name = text!("{extent} max pool", "{extent:#} 最大池化");
        Some(Text::phrase(&[vec![name], window.sliding()].concat()))
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for MaxPool<N> {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, window) = (&inputs[0], self.pool().over(&tensors::spatial_sizes(&inputs[0])));
        match Native::of(input, &window, f64::NEG_INFINITY)? {
            Some(Native { input, kernel, stride }) => input.max_pool2d_with_stride(kernel, stride),
            None => tensors::reduce(input, &window, f64::NEG_INFINITY, |most, tap| most.maximum(tap)),
        }
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        self.pool().workspace(&inputs[0], output)
    }
}

impl<const N: usize> MaxPool<N> {
    fn pool(&self) -> Pool<N> {
        let &Self { kernel_size, stride, padding, dilation, ceil_mode } = self;
        Pool { kernel_size, stride, padding, dilation, ceil_mode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn max_pool(kernel: u64, stride: u64) -> MaxPool2d {
        let [kernel_size, stride] = [kernel, stride].map(|size| PerAxis::all(size.try_into().unwrap()));
        let (padding, dilation) = (Padding::default(), PerAxis::ones());
        MaxPool { kernel_size, stride: Some(stride), padding, dilation, ceil_mode: false }
    }

    /// The first pool of GoogLeNet: 112 to 56 needs `ceil_mode`, and the last windows reach past the image.
    #[test]
    fn googlenets_first() {
        let pool = MaxPool { ceil_mode: true, ..max_pool(3, 2) };
        let (input, output) =
            ([Shape::new(vec![64, 112, 112]).unwrap()], Shape::new(vec![64, 56, 56]).unwrap());
        assert_eq!(pool.output(&input), Ok(output.clone()));
        let cost = pool.cost(&input, &output).unwrap();
        let working = &cost.terms[0].nominal;
        assert_eq!(working.formula(Notation::Text), "output elements · (kernel² − 1)");
        assert_eq!(working.substitution(Notation::Text), "64·56²·(3² − 1)");
        let exact = cost.terms[0].padding_exact.as_ref().unwrap();
        assert_eq!(exact.formula(Notation::Text), "channels · (taps on the input − windows on the input)");
        assert_eq!(exact.substitution(Notation::Text), "64·(167² − 56²)");
    }

    #[test]
    fn without_padding_there_is_one_count() {
        let (input, output) = ([Shape::new(vec![6, 28, 28]).unwrap()], Shape::new(vec![6, 14, 14]).unwrap());
        let pool = MaxPool { stride: None, ..max_pool(2, 9) };
        assert_eq!(pool.output(&input), Ok(output.clone()), "the stride is the window's size by default");
        let cost = pool.cost(&input, &output).unwrap();
        assert_eq!(cost.terms[0].padding_exact, None);
        assert_eq!(cost.work().unwrap().0.ops.cmp, 6 * 14 * 14 * 3);
    }

    /// A volume of one slice is pooled as the image it is.
    #[test]
    fn a_volume_is_pooled_like_an_image() -> candle_core::Result<()> {
        let device = &candle_core::Device::Cpu;
        let image = Tensor::arange(0f32, 30.0, device)?.reshape((1, 1, 5, 6))?;
        let [kernel_size, stride] =
            [[1, 3, 3], [1, 2, 2]].map(|sizes| PerAxis(sizes.map(|size: u64| size.try_into().unwrap())));
        let (padding, dilation) = (Padding::default(), PerAxis::ones());
        let volume = MaxPool3d { kernel_size, stride: Some(stride), padding, dilation, ceil_mode: false };
        let output = volume.forward(&[image.unsqueeze(2)?], &[])?.squeeze(2)?;
        let expected = max_pool(3, 2).forward(&[image], &[])?;
        assert_eq!(output.flatten_all()?.to_vec1::<f32>()?, expected.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}
