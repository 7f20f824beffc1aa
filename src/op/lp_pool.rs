//! `lp_pool1d`, `lp_pool2d`, `lp_pool3d`: the p-norm over a sliding window, as `torch.nn.LPPool1d`, `LPPool2d` and
//! `LPPool3d`.
//!
//! As in PyTorch, signs are kept: it is (Σ xᵖ)^(1/p), not (Σ |x|ᵖ)^(1/p), and with `norm_type = 1` it is the plain sum. A
//! window that sticks out with `ceil_mode` gets its mean times the size of the whole window, as in PyTorch.
//!
//! The counting rule follows that formula, as PyTorch computes it: each element of the input is raised to the power once,
//! which is a multiplication for p = 2, a transcendental function for any other p but 1, which costs nothing; then k − 1
//! additions for each window, and its root, unless p = 1. That PyTorch takes the sum as a mean times k is not counted.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pool::Pool;
use super::settings::{Padding, PerAxis, Size, above_zero};
use super::{Class, Cost, Definition, Operator, Purpose, Reach, Reason, Term, Window};
#[cfg(feature = "run")]
use super::{Reference, Workspace, avg_pool::AvgPool, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The p-norm over a sliding window, channel by channel: (Σ xᵖ)^(1/p); with p = 1 the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "逐通道对滑动窗口取 p-范数:(Σ xᵖ)^(1/p);p = 1 时为求和"))]
pub struct LpPool<const N: usize> {
    /// The power p; 1 is the sum, 2 the root of the sum of squares.
    #[serde(deserialize_with = "above_zero")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[schemars(extend("x-zh" = "幂 p;取 1 为求和,取 2 为平方和的平方根"))]
    pub norm_type: f64,
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, N>,
    /// Steps from one window to the next; the size of the window, unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PerAxis<Size, N>")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅;不设时等于窗口尺寸"))]
    pub stride: Option<PerAxis<Size, N>>,
    /// Zeros added on the sides, which PyTorch does not have here: a number for both, a list of the axes, for each a number or `[before, after]`, each at
    /// most half the window; or a rule. `"half"` is half the window's reach on both sides, `"same"` keeps the size at stride 1,
    /// `"same_upper"` divides it by the stride, rounded up, as TensorFlow's SAME.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的零(PyTorch 在此没有填充):一个数表示两侧相同;也可为各轴列表,每轴一个数或 `[前,后]`,均至多为窗口的一半;或用规则名:`\"half\"` 为每侧窗口跨度的一半,`\"same\"` 在步幅 1 下保持尺寸,`\"same_upper\"` 使尺寸除以步幅并向上取整(即 TensorFlow 的 SAME)"))]
    pub padding: Padding<N>,
    /// Whether the last window may stick out, so that no element is left over.
    #[serde(default)]
    #[schemars(extend("x-zh" = "最后一个窗口是否可以超出边界,使元素无一遗漏"))]
    pub ceil_mode: bool,
}

/// Power-average pool of sequences.
pub type LpPool1d = LpPool<1>;

/// Power-average pool of images.
pub type LpPool2d = LpPool<2>;

/// Power-average pool of volumes.
pub type LpPool3d = LpPool<3>;

impl Definition for LpPool1d {
    const EXAMPLE: &'static str = r#"{ op = "lp_pool1d", norm_type = 2, kernel_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for LpPool2d {
    const EXAMPLE: &'static str = r#"{ op = "lp_pool2d", norm_type = 2, kernel_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Definition for LpPool3d {
    const EXAMPLE: &'static str = r#"{ op = "lp_pool3d", norm_type = 2, kernel_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 16, 56, 56]];
}

/// What the power is, as far as it matters.
enum Power {
    One,
    Two,
    Other,
}

impl<const N: usize> Operator for LpPool<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.pool().output(inputs)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let sum = self.pool().reduction(Kind::Add, &inputs[0], output)?;
        let power = |kind| {
            Term::ops(kind, Working::elements(Factor::InputElements, &inputs[0])).purpose(Purpose::Power)
        };
        let root =
            || Term::ops(Kind::Exp, Working::elements(Factor::OutputElements, output)).purpose(Purpose::Root);
        Ok(Cost {
            terms: match self.power() {
                Power::One => vec![sum],
                Power::Two => vec![power(Kind::Mul), sum, root()],
                Power::Other => vec![power(Kind::Exp), sum, root()],
            },
        })
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
        let (window, norm) = (self.pool().window(&inputs[0]), self.norm_type);
        let extent = window.extent();
        let name = match self.power() {
            Power::One => text!("{extent} sum pool", "{extent:#} 求和池化"),
            Power::Two | Power::Other => text!("{extent} pool by {norm}-norm", "{extent:#} {norm}-范数池化"),
        };
        Some(Text::phrase(&[vec![name], window.sliding()].concat()))
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for LpPool<N> {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let &Self { norm_type, kernel_size, .. } = self;
        let powers = match self.power() {
            Power::One => inputs[0].clone(),
            Power::Two => inputs[0].sqr()?,
            Power::Other => inputs[0].powf(norm_type)?,
        };
        let means = self.average().forward(&[powers], weights)?;
        #[expect(clippy::cast_precision_loss, reason = "a window that is computed has few positions")]
        let positions = kernel_size.0.into_iter().map(|size| size.get() as f64).product::<f64>();
        let sums = (means * positions)?;
        match self.power() {
            Power::One => Ok(sums),
            Power::Two => sums.sqrt(),
            Power::Other => sums.powf(1.0 / norm_type),
        }
    }

    /// The powers, and either what their means take, or the means and the sums.
    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let means = self.average().workspace(inputs, output, device);
        let [powers, sums] =
            [elements(inputs[0].dims()), 2 * elements(output.dims())].map(Workspace::of_sample);
        powers + sums.or(means)
    }
}

impl<const N: usize> LpPool<N> {
    fn pool(&self) -> Pool<N> {
        let &Self { kernel_size, stride, padding, ceil_mode, .. } = self;
        Pool { kernel_size, stride, padding, dilation: PerAxis::ones(), ceil_mode }
    }

    /// What divides the sum that is wanted by the size of the window.
    #[cfg(feature = "run")]
    fn average(&self) -> AvgPool<N> {
        let &Self { kernel_size, stride, padding, ceil_mode, .. } = self;
        AvgPool { kernel_size, stride, padding, ceil_mode, count_include_pad: true, divisor_override: None }
    }

    fn power(&self) -> Power {
        match self.norm_type {
            1.0 => Power::One,
            2.0 => Power::Two,
            _ => Power::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    fn lp_pool(settings: &str) -> LpPool2d {
        toml::from_str(settings).unwrap()
    }

    fn ops(settings: &str, input: &[u64]) -> [Ops; 2] {
        let (pool, inputs) = (lp_pool(settings), shapes(&[input]));
        let output = pool.output(&inputs).unwrap();
        let (work, exact) = pool.cost(&inputs, &output).unwrap().work().unwrap();
        [work.ops, exact.ops]
    }

    /// Windows that overlap: each element is squared once.
    #[test]
    fn powers_are_taken_once() {
        let [two, exact] = ops("norm_type = 2\nkernel_size = 3\nstride = 2", &[4, 9, 9]);
        assert_eq!(two, Ops { mul: 4 * 81, add: 4 * 16 * 8, exp: 4 * 16, ..Ops::default() });
        assert_eq!(exact, two);
        let [three, _] = ops("norm_type = 3\nkernel_size = 3\nstride = 2", &[4, 9, 9]);
        assert_eq!(three, Ops { mul: 0, exp: 4 * (81 + 16), ..two });
        let [one, _] = ops("norm_type = 1\nkernel_size = 3\nstride = 2", &[4, 9, 9]);
        assert_eq!(one, Ops::of(Kind::Add, two.add));
    }

    /// 5 elements in windows of 3 every 3: the last sees two of them on each axis.
    #[test]
    fn a_window_that_sticks_out_adds_less() {
        let [nominal, exact] = ops("norm_type = 2\nkernel_size = 3\nceil_mode = true", &[1, 5, 5]);
        assert_eq!((nominal.add, exact.add), (4 * 8, 25 - 4));
        assert_eq!((nominal.mul, exact.mul), (25, 25));
    }

    #[test]
    fn the_power_is_above_zero() {
        let error = |settings: &str| toml::from_str::<LpPool2d>(settings).unwrap_err().message().to_owned();
        assert_eq!(error("norm_type = 0\nkernel_size = 2"), "must be above 0, and is 0");
        assert_eq!(error("norm_type = -2.0\nkernel_size = 2"), "must be above 0, and is -2");
        assert_eq!(error("norm_type = inf\nkernel_size = 2"), "must be finite, and is inf");
    }

    #[test]
    fn it_says_what_it_is() {
        let image = shapes(&[&[1, 4, 4]]);
        let words = |settings: &str| lp_pool(settings).summary(&image, &image[0]).unwrap();
        let sum = words("norm_type = 1\nkernel_size = 2");
        assert_eq!((&*sum.english, &*sum.chinese), ("2×2 sum pool, stride 2", "2×2 求和池化,步幅 2"));
        assert_eq!(words("norm_type = 1.5\nkernel_size = 2").english, "2×2 pool by 1.5-norm, stride 2");
    }
}
