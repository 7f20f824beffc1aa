//! `conv1d`, `conv2d`, `conv3d`: convolution, as `torch.nn.Conv1d`, `Conv2d` and `Conv3d`, and with a table of connections
//! as in LeNet-5.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::connections::Connections;
use super::padding_mode::PaddingMode;
use super::settings::{self, Extent, Padding, PerAxis, Size};
use super::window::{self, Axis, Window, shorthand};
use super::{
    Class, Cost, Definition, Family, Initializer, Operator, Reason, Term, Weight, only_spatial, shape,
};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    convolve::{self, convolve},
    padding_mode, tensors,
    workspace::{elements, product},
};
use crate::counts::{Contraction, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Convolution: a window slides over every spatial axis, and each output channel is a sum over what it sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "卷积:窗口沿每个空间轴滑动,每个输出通道是所见元素的加权和"))]
pub struct Conv<const N: usize> {
    /// Channels of the output.
    #[schemars(extend("x-zh" = "输出通道数"))]
    pub out_channels: Size,
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, N>,
    /// Steps from one window to the next.
    #[serde(default = "PerAxis::<Size, N>::ones")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅"))]
    pub stride: PerAxis<Size, N>,
    /// Positions added on the sides: a number for both, a list of the axes, for each a number or `[before, after]`, or
    /// a rule. `"half"` is half the window's reach on both sides, `"same"` keeps the size at stride 1, `"same_upper"` divides
    /// it by the stride, rounded up, as TensorFlow's SAME.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的位置数:一个数表示两侧相同;也可为各轴列表,每轴一个数或 `[前,后]`;或用规则名:`\"half\"` 为每侧窗口跨度的一半,`\"same\"` 在步幅 1 下保持尺寸,`\"same_upper\"` 使尺寸除以步幅并向上取整(即 TensorFlow 的 SAME)"))]
    pub padding: Padding<N>,
    /// What stands there: zeros, or numbers of the input again, as in a mirror (`reflect`), its outermost ones (`replicate`) or
    /// those from the other end on (`circular`).
    #[serde(default)]
    #[schemars(extend("x-zh" = "填充什么:零(`zeros`),或再次取输入中的数:镜像(`reflect`)、最外侧的数(`replicate`)、从另一端循环(`circular`)"))]
    pub padding_mode: PaddingMode,
    /// Positions from one tap of the window to the next.
    #[serde(default = "PerAxis::<Size, N>::ones")]
    #[schemars(extend("x-zh" = "窗口内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, N>,
    /// Groups of channels that are convolved separately.
    #[serde(default = "one_group")]
    #[schemars(extend("x-zh" = "分别做卷积的通道组数"))]
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个输出通道是否加上可学习的偏置"))]
    pub bias: bool,
    /// For each output channel the input channels it takes, numbered from 0, where it does not take all; instead of
    /// `groups`. The weight then holds a kernel for each pair, in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Connections")]
    #[schemars(extend("x-zh" = "输出通道不取用全部输入通道时,为每个输出通道列出所取的输入通道(从 0 编号);用以代替 `groups`。此时权重按此顺序为每一对通道各存一个核"))]
    pub connections: Option<Connections>,
}

/// Convolution of sequences.
pub type Conv1d = Conv<1>;

/// Convolution of images.
pub type Conv2d = Conv<2>;

/// Convolution of volumes.
pub type Conv3d = Conv<3>;

impl Definition for Conv1d {
    const EXAMPLE: &'static str = r#"{ op = "conv1d", out_channels = 64, kernel_size = 3, padding = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[32, 128]];
}

impl Definition for Conv2d {
    const EXAMPLE: &'static str = r#"{ op = "conv2d", out_channels = 32, kernel_size = 5, padding = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[192, 28, 28]];
}

impl Definition for Conv3d {
    const EXAMPLE: &'static str = r#"{ op = "conv3d", out_channels = 64, kernel_size = 3, padding = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 16, 112, 112]];
}

impl<const N: usize> Operator for Conv<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<N>(inputs)?;
        check_groups(self.groups, input.dims()[0], self.out_channels)?;
        self.check_connections(input.dims()[0])?;
        self.padding.check(self.stride, settings::divides)?;
        let (window, sizes) = (self.sliding(input), window::spatial_sizes(input));
        let positions = window.output(sizes)?;
        self.padding_mode.check(&window, sizes)?;
        shape([vec![self.out_channels.get()], positions].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let kernel = self.sliding(&inputs[0]).kernel();
        let out = (Factor::OutChannels, self.out_channels.get());
        let (channels, most) = match &self.connections {
            None => (vec![out, self.group_channels(&inputs[0])], self.group_channels(&inputs[0]).1),
            // Of all output channels, the one that takes the most has the narrowest bounds.
            Some(connections) => (vec![(Factor::Connections, connections.pairs())], connections.widest()),
        };
        let fan_in = kernel.iter().fold(most, |product, &(_, size)| product.saturating_mul(size));
        let initializer = Initializer::Uniform { fan_in };
        let mut weights = vec![Weight::learned("weight", [channels, kernel].concat(), initializer)];
        if self.bias {
            weights.push(Weight::learned("bias", vec![out], initializer));
        }
        weights
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let window = self.sliding(&inputs[0]);
        let channels = match &self.connections {
            None => vec![self.group_channels(&inputs[0]), (Factor::OutChannels, self.out_channels.get())],
            Some(connections) => vec![(Factor::Connections, connections.pairs())],
        };
        let channels = channels.into_iter().map(|(name, count)| Working::named(name, count));
        let positions = Working::Product(window.kernel_working()).by(window::positions(output));
        let macs = Term::macs(Contraction::Convolution, channels.clone().fold(positions, Working::by));
        let macs = if self.padding_mode.repeats(&window) {
            // What stands on the padding is multiplied like all else.
            macs
        } else {
            let exact =
                window.taps_inside(window::spatial_sizes(&inputs[0]), window::spatial_sizes(output))?;
            macs.padding_exact(channels.fold(Working::Product(vec![exact]), Working::by))
        };
        Ok(Cost { terms: if self.bias { vec![macs, Term::bias(output)] } else { vec![macs] } })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.padding.output_workings(&self.sliding(&inputs[0]), &inputs[0], output)
    }

    /// Strides may skip positions, and connections channels.
    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        let (window, channels) = (self.sliding(&inputs[0]), u128::from(inputs[0].dims()[0]));
        let touched = if self.padding_mode.repeats(&window) {
            let sizes = window::spatial_sizes(&inputs[0]).iter().zip(window::spatial_sizes(output));
            let axes = window.axes.iter().zip(sizes);
            axes.fold(channels, |touched, (axis, (&input, &output))| {
                touched * u128::from(self.padding_mode.touched(axis, input, output))
            })
        } else {
            window.touched(&inputs[0], output)
        };
        Some(match &self.connections {
            None => touched,
            Some(connections) => touched / channels * connections.inputs(),
        })
    }

    fn window(&self, input: &Shape) -> Option<Window> {
        Some(self.sliding(input))
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (window, groups) = (self.sliding(&inputs[0]), self.groups.get());
        let (extent, from, to) = (window.extent(), inputs[0].dims()[0], self.out_channels.get());
        let depthwise = groups > 1 && groups == from;
        let mut words = vec![
            if depthwise {
                text!("{extent} depthwise convolution", "{extent:#} 深度卷积")
            } else {
                text!("{extent} convolution", "{extent:#} 卷积")
            },
            text!("{from} → {to} channels", "{from} → {to} 通道"),
        ];
        words.extend(window.sliding());
        if self.padding_mode.repeats(&window) {
            let mode = self.padding_mode.name();
            words.push(text!("padding mode {mode}", "填充方式 {mode}"));
        }
        if groups > 1 && !depthwise {
            words.push(text!("{groups} groups", "{groups} 组"));
        }
        if let Some(connections) = &self.connections {
            let (pairs, all) = (connections.pairs(), u128::from(from) * u128::from(to));
            words.push(text!("{pairs} of {all} connections", "{all} 个连接中的 {pairs} 个"));
        }
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::phrase(&words))
    }

    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        let (input, window) = (inputs.first()?, self.sliding(inputs.first()?));
        let groups = shorthand::groups(self.groups.get(), input.channels()?);
        let mode = self.padding_mode.repeats(&window).then(|| self.padding_mode.name().to_owned());
        let signs = [Some(window.shorthand()), mode, groups];
        Some(signs.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    fn class(&self) -> Class {
        Class::Convolution
    }

    fn family(&self) -> Option<Family> {
        Some(Family::Convolution)
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for Conv<N> {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, kernel) = (&inputs[0], &weights[0]);
        let dense = self.connections.as_ref().map(|connections| connections.dense(kernel, input.dim(1)?));
        let dense = dense.transpose()?;
        let groups = tensors::size_of(self.groups.get())?;
        let (kernel, window) = (dense.as_ref().unwrap_or(kernel), self.over(&tensors::spatial_sizes(input)));
        let output = if self.padding_mode.repeats(&window) {
            let padded = self.padding_mode.fill(input, &window)?;
            convolve(&padded, kernel, &padding_mode::bare(&window), groups)?
        } else {
            convolve(input, kernel, &window, groups)?
        };
        match weights.get(1) {
            Some(bias) => output.broadcast_add(&tensors::spread(bias, &output, 1)?),
            None => Ok(output),
        }
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, device: &Device) -> Workspace {
        let (sizes, out, window) = (inputs[0].dims(), self.out_channels.get(), self.sliding(&inputs[0]));
        let groups = self.groups.get();
        let convolution = if self.padding_mode.repeats(&window) {
            // PyTorch too makes a padded copy first, which is the engine's own: no other operator sees it.
            let (padded, most) = padding_mode::filled(sizes, &window);
            let convolution = convolve::workspace(&padded, out, &padding_mode::bare(&window), groups, device);
            Workspace::of_sample(most).or(Workspace::of_sample(elements(&padded)) + convolution)
        } else {
            convolve::workspace(sizes, out, &window, groups, device)
        };
        let dense = self.connections.as_ref().map_or(0, |_| {
            let taps = window.axes.iter().map(|axis| axis.kernel.into());
            product(taps.chain([out, sizes[0]].map(u128::from)))
        });
        // A kernel with all connections is zeros, and then those and what there is.
        convolution + Workspace { each: 0, once: 2 * dense }
    }
}

impl<const N: usize> Conv<N> {
    /// With these channels and this window, a number for all axes or one for each; all else as PyTorch has it by default.
    ///
    /// ```
    /// use cnncost::op::conv::Conv2d;
    ///
    /// let conv = Conv2d::new(64, [3, 5])?.with_stride(2)?.with_padding([1, 2])?.without_bias();
    /// assert_eq!((conv.out_channels.get(), conv.bias), (64, false));
    /// assert!(Conv2d::new(64, 0).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(out_channels: u64, kernel_size: impl Into<PerAxis<u64, N>>) -> Result<Self, Text> {
        Ok(Self {
            out_channels: out_channels.try_into()?,
            kernel_size: kernel_size.into().try_into_each()?,
            stride: PerAxis::ones(),
            padding: Padding::default(),
            padding_mode: PaddingMode::default(),
            dilation: PerAxis::ones(),
            groups: one_group(),
            bias: true,
            connections: None,
        })
    }

    /// The same with these steps.
    pub fn with_stride(self, stride: impl Into<PerAxis<u64, N>>) -> Result<Self, Text> {
        Ok(Self { stride: stride.into().try_into_each()?, ..self })
    }

    /// The same with so many zeros on both sides of each axis.
    pub fn with_padding(self, padding: impl Into<PerAxis<u64, N>>) -> Result<Self, Text> {
        Ok(Self { padding: padding.into().try_into_each::<Extent>()?.into(), ..self })
    }

    /// The same with taps so far apart.
    pub fn with_dilation(self, dilation: impl Into<PerAxis<u64, N>>) -> Result<Self, Text> {
        Ok(Self { dilation: dilation.into().try_into_each()?, ..self })
    }

    /// The same in so many groups.
    pub fn with_groups(self, groups: u64) -> Result<Self, Text> {
        Ok(Self { groups: groups.try_into()?, ..self })
    }

    /// The same without a bias.
    #[must_use]
    pub fn without_bias(self) -> Self {
        Self { bias: false, ..self }
    }

    fn sliding(&self, input: &Shape) -> Window {
        self.over(window::spatial_sizes(input))
    }

    /// How the window slides over these spatial sizes.
    fn over(&self, sizes: &[u64]) -> Window {
        let axis = |(index, &size): (usize, &u64)| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.stride, self.dilation].map(|setting| setting.0[index].get());
            let bare = Axis { kernel, stride, dilation, before: 0, after: 0, ceil: false };
            self.padding.around(index, bare, size)
        };
        Window { axes: sizes.iter().enumerate().map(axis).collect() }
    }

    /// The number of input channels that each output channel sees, with its name.
    fn group_channels(&self, input: &Shape) -> (Factor, u64) {
        let name = if self.groups == Size::ONE { Factor::InChannels } else { Factor::InChannelsOfGroup };
        (name, input.dims()[0] / self.groups.get())
    }

    /// Whether the table of connections fits the channels and stands alone: it says what groups would say.
    fn check_connections(&self, channels: u64) -> Result<(), Reason> {
        let Some(connections) = &self.connections else { return Ok(()) };
        if self.groups != Size::ONE {
            return Err(Reason::new(text!(
                "`connections` and `groups` cannot stand together",
                "`connections` 和 `groups` 不能同时使用"
            ))
            .at("connections")
            .help(text!(
                "leave out `groups`: the lists may be those of groups",
                "请去掉 `groups`:列表本身就能表示分组"
            )));
        }
        connections.check(channels, self.out_channels.get())
    }
}

/// Whether `groups` divide the channels on both sides.
pub(super) fn check_groups(groups: Size, channels: u64, out_channels: Size) -> Result<(), Reason> {
    let (groups, out) = (groups.get(), out_channels.get());
    let message = if !channels.is_multiple_of(groups) {
        text!(
            "{groups} groups do not divide the {channels} input channels",
            "{groups} 个分组不能整除 {channels} 个输入通道"
        )
    } else if !out.is_multiple_of(groups) {
        text!(
            "{groups} groups do not divide the {out} output channels",
            "{groups} 个分组不能整除 {out} 个输出通道"
        )
    } else {
        return Ok(());
    };
    Err(Reason::new(message).at_divisor("groups", groups, &[channels, out]))
}

/// The default of `groups`.
pub(super) fn one_group() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests;
