//! `avg_pool1d`, `avg_pool2d`, `avg_pool3d`: the mean over a sliding window, as `torch.nn.AvgPool1d`, `AvgPool2d` and
//! `AvgPool3d`.
//!
//! PyTorch's `AvgPool1d` has no `divisor_override`; here it has the others'. PyTorch's `AvgPool3d` refuses an
//! input that is smaller than the window even where the padding makes room for it; here it is pooled as in two dimensions.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pool::Pool;
use super::settings::{self, Padding, PerAxis, Size};
#[cfg(any(feature = "run", test))]
use super::window::Axis;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, Window};
#[cfg(feature = "run")]
use super::{Reference, Workspace, pool::Native, tensors, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Mean over a sliding window, channel by channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "逐通道对滑动窗口取平均"))]
pub struct AvgPool<const N: usize> {
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, N>,
    /// Steps from one window to the next; the size of the window, unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PerAxis<Size, N>")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅;不设时等于窗口尺寸"))]
    pub stride: Option<PerAxis<Size, N>>,
    /// Zeros added on the sides: a number for both, a list of the axes, for each a number or `[before, after]`, each at
    /// most half the window; or a rule. `"half"` is half the window's reach on both sides, `"same"` keeps the size at stride 1,
    /// `"same_upper"` divides it by the stride, rounded up, as TensorFlow's SAME.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的零:一个数表示两侧相同;也可为各轴列表,每轴一个数或 `[前,后]`,均至多为窗口的一半;或用规则名:`\"half\"` 为每侧窗口跨度的一半,`\"same\"` 在步幅 1 下保持尺寸,`\"same_upper\"` 使尺寸除以步幅并向上取整(即 TensorFlow 的 SAME)"))]
    pub padding: Padding<N>,
    /// Whether the last window may stick out, so that no element is left over.
    #[serde(default)]
    #[schemars(extend("x-zh" = "最后一个窗口是否可以超出边界,使元素无一遗漏"))]
    pub ceil_mode: bool,
    /// Whether the sum is divided by the positions on the padding, too, as TensorFlow never does. What sticks out beyond it is
    /// never counted.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "求平均时除数是否计入填充上的位置(TensorFlow 从不计入);超出填充的部分从不计入"))]
    pub count_include_pad: bool,
    /// What every sum is divided by, instead of the number of positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Size")]
    #[schemars(extend("x-zh" = "代替位置数的除数"))]
    pub divisor_override: Option<Size>,
}

/// Average pool of sequences.
pub type AvgPool1d = AvgPool<1>;

/// Average pool of images.
pub type AvgPool2d = AvgPool<2>;

/// Average pool of volumes.
pub type AvgPool3d = AvgPool<3>;

impl Definition for AvgPool1d {
    const EXAMPLE: &'static str = r#"{ op = "avg_pool1d", kernel_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for AvgPool2d {
    const EXAMPLE: &'static str = r#"{ op = "avg_pool2d", kernel_size = 7 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1024, 7, 7]];
}

impl Definition for AvgPool3d {
    const EXAMPLE: &'static str = r#"{ op = "avg_pool3d", kernel_size = [2, 7, 7] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 2, 7, 7]];
}

impl<const N: usize> Operator for AvgPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.pool().output(inputs)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let sum = self.pool().reduction(Kind::Add, &inputs[0], output)?;
        let mean = Term::ops(Kind::Div, Working::elements(Factor::OutputElements, output));
        Ok(Cost { terms: vec![sum, mean] })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.pool().output_workings(&inputs[0], output)
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.pool().reach(&inputs[0], output)
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
        let name = text!("{extent} average pool", "{extent:#} 平均池化");
        Some(Text::phrase(&[vec![name], window.sliding()].concat()))
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for AvgPool<N> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are at most 2^53")]
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, window) = (&inputs[0], self.pool().over(&tensors::spatial_sizes(&inputs[0])));
        let sums = match Native::of(input, &window, 0.0)? {
            Some(Native { input, kernel, stride }) => {
                let means = input.avg_pool2d_with_stride(kernel, stride)?;
                if self.divides_by_the_window(&window) {
                    return Ok(means);
                }
                (means * (kernel.0 * kernel.1) as f64)?
            }
            None => tensors::reduce(input, &window, 0.0, |sum, tap| sum + tap)?,
        };
        if let Some(divisor) = self.divisor_override {
            return sums / divisor.get() as f64;
        }
        // A window's positions are a product, so the axes divide one after the other.
        window.axes.iter().zip(2..).try_fold(sums, |sums, (axis, dim)| {
            let divisors = self.divisors(axis, input.dim(dim)? as u64, sums.dim(dim)? as u64);
            let divisors = Tensor::new(divisors, input.device())?;
            sums.broadcast_div(&tensors::spread(&divisors, &sums, dim)?)
        })
    }

    /// What the sums are divided by is little beside them.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let window = self.pool().window(&inputs[0]);
        let sums = if self.divides_by_the_window(&window) { 0 } else { elements(output.dims()) };
        self.pool().workspace(&inputs[0], output) + Workspace::of_sample(sums)
    }
}

impl<const N: usize> AvgPool<N> {
    fn pool(&self) -> Pool<N> {
        let &Self { kernel_size, stride, padding, ceil_mode, .. } = self;
        Pool { kernel_size, stride, padding, dilation: PerAxis::ones(), ceil_mode }
    }

    /// Whether every sum is divided by as many positions as the window has.
    #[cfg(feature = "run")]
    fn divides_by_the_window(&self, window: &Window) -> bool {
        let pads = window.axes.iter().any(|axis| axis.before > 0 || axis.after > 0);
        self.divisor_override.is_none() && !self.ceil_mode && (self.count_include_pad || !pads)
    }

    /// How many positions of each window along one axis the sum is divided by.
    #[cfg(any(feature = "run", test))]
    fn divisors(&self, axis: &Axis, size: u64, windows: u64) -> Vec<f32> {
        let end = axis.before + size;
        let counted = if self.count_include_pad { 0..end + axis.after } else { axis.before..end };
        let divisor = |window: u64| {
            let start = window * axis.stride;
            let taps = start.max(counted.start)..(start + axis.kernel).min(counted.end);
            taps.end - taps.start
        };
        #[expect(clippy::cast_precision_loss, reason = "a window that is computed has few positions")]
        (0..windows).map(|window| divisor(window) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::settings::Extent;

    fn avg_pool(kernel: u64, padding: u64) -> AvgPool2d {
        AvgPool {
            kernel_size: PerAxis::all(kernel.try_into().unwrap()),
            stride: Some(PerAxis::ones()),
            padding: PerAxis::all(Extent::try_from(padding).unwrap()).into(),
            ceil_mode: false,
            count_include_pad: true,
            divisor_override: None,
        }
    }

    /// GoogLeNet's last pool, as in the paper: 7×7 to 1×1.
    #[test]
    fn googlenets_last() {
        let (input, output) =
            ([Shape::new(vec![1024, 7, 7]).unwrap()], Shape::new(vec![1024, 1, 1]).unwrap());
        assert_eq!(avg_pool(7, 0).output(&input), Ok(output.clone()));
        let (work, exact) = avg_pool(7, 0).cost(&input, &output).unwrap().work().unwrap();
        assert_eq!((work.ops.add, work.ops.div, work.ops.flops()), (49_152, 1_024, 50_176));
        assert_eq!(work, exact);
    }

    /// A padded sum saves additions, and is divided all the same.
    #[test]
    fn padding_is_neither_added_nor_left_undivided() {
        let image = [Shape::new(vec![1, 4, 4]).unwrap()];
        let (work, exact) = avg_pool(3, 1).cost(&image, &image[0]).unwrap().work().unwrap();
        assert_eq!((work.ops.add, exact.ops.add), (16 * 8, 100 - 16));
        assert_eq!((work.ops.div, exact.ops.div), (16, 16));
    }

    /// 6 elements, padding 1, windows of 3 every 3: the last starts at the sixth position and reaches one past the padding.
    #[test]
    fn what_sticks_out_beyond_the_padding_is_never_divided_by() {
        let axis = Axis { kernel: 3, stride: 3, dilation: 1, before: 1, after: 1, ceil: true };
        let counting = avg_pool(3, 1);
        let sparing = AvgPool { count_include_pad: false, ..counting.clone() };
        assert_eq!(counting.divisors(&axis, 6, 3), [3.0, 3.0, 2.0]);
        assert_eq!(sparing.divisors(&axis, 6, 3), [2.0, 3.0, 1.0]);
        // Sides that differ: 6 elements, nothing before and two after, windows of 4 every 2.
        let axis = Axis { kernel: 4, stride: 2, before: 0, after: 2, ceil: false, ..axis };
        assert_eq!(counting.divisors(&axis, 6, 3), [4.0; 3]);
        assert_eq!(sparing.divisors(&axis, 6, 3), [4.0, 4.0, 2.0]);
    }
}
