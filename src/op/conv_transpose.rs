//! `conv_transpose1d`, `conv_transpose2d`, `conv_transpose3d`: transposed convolution, as `torch.nn.ConvTranspose1d`,
//! `ConvTranspose2d` and `ConvTranspose3d`, where no `output_size` is asked for.
//!
//! Every element of the input is multiplied with every tap of the kernel, and the products are added up where the taps come
//! to lie in the output. So the nominal count has a MAC for each element, tap and output channel of the group: what
//! PyTorch's own counter (`torch.utils.flop_counter`) has. The padding-exact count leaves out the products that fall on what
//! the padding cuts off.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Extent, Padding, PerAxis, Size};
use super::window::{self, Axis, Window, shorthand};
use super::{
    Class, Cost, Definition, Family, Initializer, Look, Operator, Reach, Reason, Slide, Term, Turn, Weight,
    conv, only_spatial, shape, size,
};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    scatter::{self, scatter},
    tensors,
};
use crate::counts::{Contraction, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Transposed convolution: each element of the input adds a multiple of the kernel to the output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "转置卷积:输入的每个元素把核的若干倍加到输出上"))]
pub struct ConvTranspose<const N: usize> {
    /// Channels of the output.
    #[schemars(extend("x-zh" = "输出通道数"))]
    pub out_channels: Size,
    /// Size of the kernel.
    #[schemars(extend("x-zh" = "核的尺寸"))]
    pub kernel_size: PerAxis<Size, N>,
    /// Positions of the output from one element of the input to the next.
    #[serde(default = "PerAxis::<Size, N>::ones")]
    #[schemars(extend("x-zh" = "输入的相邻元素在输出上的间隔"))]
    pub stride: PerAxis<Size, N>,
    /// Positions that are cut off on the sides of the output, what a convolution back would have to be padded with: a number
    /// for both, a list of the axes, for each a number or `[before, after]`, or a rule. `"half"` is half the kernel's reach
    /// on both sides, `"same"` keeps the size at stride 1, `"same_upper"` multiplies it by the stride, as TensorFlow's SAME.
    #[serde(default)]
    #[schemars(extend("x-zh" = "输出两侧裁去的位置数,即反方向的卷积所需的填充:一个数表示两侧相同;也可为各轴列表,每轴一个数或 `[前,后]`;或用规则名:`\"half\"` 为每侧核跨度的一半,`\"same\"` 在步幅 1 下保持尺寸,`\"same_upper\"` 使尺寸乘以步幅(即 TensorFlow 的 SAME)"))]
    pub padding: Padding<N>,
    /// Positions added at the end of each axis of the output; less than the stride or the dilation.
    #[serde(default)]
    #[schemars(extend("x-zh" = "输出每个轴末尾增加的位置数;须小于步幅或扩张率"))]
    pub output_padding: PerAxis<Extent, N>,
    /// Groups of channels that are convolved apart.
    #[serde(default = "conv::one_group")]
    #[schemars(extend("x-zh" = "分别做卷积的通道组数"))]
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个输出通道是否加上可学习的偏置"))]
    pub bias: bool,
    /// Positions from one tap of the kernel to the next.
    #[serde(default = "PerAxis::<Size, N>::ones")]
    #[schemars(extend("x-zh" = "核内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, N>,
}

/// Transposed convolution of sequences.
pub type ConvTranspose1d = ConvTranspose<1>;

/// Transposed convolution of images.
pub type ConvTranspose2d = ConvTranspose<2>;

/// Transposed convolution of volumes.
pub type ConvTranspose3d = ConvTranspose<3>;

impl Definition for ConvTranspose1d {
    const EXAMPLE: &'static str =
        r#"{ op = "conv_transpose1d", out_channels = 32, kernel_size = 4, stride = 2, padding = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 128]];
}

impl Definition for ConvTranspose2d {
    const EXAMPLE: &'static str =
        r#"{ op = "conv_transpose2d", out_channels = 64, kernel_size = 2, stride = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[128, 28, 28]];
}

impl Definition for ConvTranspose3d {
    const EXAMPLE: &'static str =
        r#"{ op = "conv_transpose3d", out_channels = 64, kernel_size = 2, stride = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[128, 8, 28, 28]];
}

impl<const N: usize> Operator for ConvTranspose<N> {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<N>(inputs)?;
        conv::check_groups(self.groups, input.dims()[0], self.out_channels)?;
        self.padding.check(self.stride, settings::multiplies)?;
        self.check_output_padding()?;
        let sizes = self.axes().into_iter().zip(window::spatial_sizes(input));
        let sizes = sizes.map(|((axis, more), &size)| output_size(&axis, more, size));
        let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
        shape([vec![self.out_channels.get()], sizes].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let group = self.group_channels();
        let axes = [vec![(Factor::InChannels, inputs[0].dims()[0]), group], self.sliding().kernel()].concat();
        // As PyTorch reckons it, from the second dimension on.
        let fan_in = axes[1..].iter().fold(1u64, |product, &(_, size)| product.saturating_mul(size));
        let initializer = Initializer::Uniform { fan_in };
        let mut weights = vec![Weight::learned("weight", axes, initializer)];
        if self.bias {
            weights.push(Weight::learned(
                "bias",
                vec![(Factor::OutChannels, self.out_channels.get())],
                initializer,
            ));
        }
        weights
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (window, input) = (self.sliding(), &inputs[0]);
        let exact = window.taps_on_output(window::spatial_sizes(input), window::spatial_sizes(output))?;
        let (name, channels) = self.group_channels();
        let from = Working::named(Factor::InChannels, input.dims()[0]);
        let to = Working::named(name, channels);
        let nominal = Working::Product(window.kernel_working()).by(window::input_positions(input));
        let macs = Term::macs(Contraction::Convolution, nominal.by(from.clone()).by(to.clone()))
            .padding_exact(Working::Product(vec![exact, from, to]));
        Ok(Cost { terms: if self.bias { vec![macs, Term::bias(output)] } else { vec![macs] } })
    }

    fn output_workings(&self, inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        let sizes = self.axes().into_iter().zip(window::spatial_sizes(&inputs[0]));
        let working = |((axis, more), &size): ((Axis, u64), &u64)| match self.padding {
            Padding::SameUpper => {
                Working::named(Factor::InSize, size).by(Working::named(Factor::Stride, axis.stride))
            }
            Padding::Same | Padding::Half | Padding::Valid | Padding::Of(_) => {
                size_working(&axis, more, size)
            }
        };
        window::name_sizes(sizes.map(working).collect())
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (window, groups) = (self.sliding(), self.groups.get());
        let (extent, from, to) = (window.extent(), inputs[0].dims()[0], self.out_channels.get());
        let depthwise = groups > 1 && groups == from;
        let mut words = vec![
            if depthwise {
                text!("{extent} depthwise transposed convolution", "{extent:#} 逐通道转置卷积")
            } else {
                text!("{extent} transposed convolution", "{extent:#} 转置卷积")
            },
            text!("{from} → {to} channels", "{from} → {to} 通道"),
        ];
        words.extend(window.sliding());
        if let Some(more) = self.more_at_the_end() {
            words.push(text!("output padding {more}", "输出填充 {more}"));
        }
        if groups > 1 && !depthwise {
            words.push(text!("{groups} groups", "{groups} 组"));
        }
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::phrase(&words))
    }

    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        let more = self.more_at_the_end().map(|more| format!("o{more}"));
        let groups = shorthand::groups(self.groups.get(), inputs.first()?.channels()?);
        let signs = [Some(self.sliding().shorthand()), more, groups];
        Some(signs.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// Elements that add only to what the padding cuts off are left alone.
    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        let sizes = window::spatial_sizes(output).iter().zip(window::spatial_sizes(&inputs[0]));
        let axes = self.sliding().axes.into_iter().zip(sizes);
        let touching = axes
            .map(|(axis, (&size, &windows))| axis.windows_inside(size, windows).unwrap_or(windows.into()));
        Some(touching.fold(inputs[0].dims()[0].into(), |product, windows| product * windows))
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::spatial(self.sliding().axes.iter().map(look))
    }

    fn class(&self) -> Class {
        Class::Convolution
    }

    fn family(&self) -> Option<Family> {
        Some(Family::TransposedConvolution)
    }
}

#[cfg(feature = "run")]
impl<const N: usize> Reference for ConvTranspose<N> {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, kernel) = (&inputs[0], &weights[0]);
        let landings = self.axes().into_iter().zip(&input.dims()[2..]).map(|((axis, more), &size)| {
            let size = output_size(&axis, more, size as u64).map_err(candle_core::Error::wrap)?;
            Ok((axis, tensors::size_of(size)?))
        });
        let landings = landings.collect::<candle_core::Result<Vec<_>>>()?;
        let output = scatter(input, kernel, &landings, tensors::size_of(self.groups.get())?)?;
        match weights.get(1) {
            Some(bias) => output.broadcast_add(&tensors::spread(bias, &output, 1)?),
            None => Ok(output),
        }
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let kernel = self.weights(inputs).first().map_or(vec![], Weight::dims);
        scatter::workspace(inputs[0].dims(), output.dims(), &kernel, self.groups.get(), device)
    }
}

/// Above this, turns are not told apart.
const MOST_TURNS: u64 = 64;

/// Element `i` adds with tap `t` to position `stride·i + dilation·t − padding`. So a position looks back at the elements that
/// reach it with one of those taps that come to a multiple of the stride: each position with others, in turn.
fn look(axis: &Axis) -> Look {
    let (stride, dilation) = (i128::from(axis.stride), i128::from(axis.dilation));
    let (before, last) = (i128::from(axis.before), i128::from(axis.kernel) - 1);
    if axis.stride > MOST_TURNS {
        return Look::Sliding(Slide {
            stride: 1,
            divisor: stride,
            first: before - dilation * last,
            last: before,
            step: 1,
        });
    }
    let turn = |position: i128| {
        let reaches = |tap: &i128| (position + before - dilation * tap).rem_euclid(stride) == 0;
        let first = (0..stride).find(reaches).filter(|&tap| tap <= last)?;
        let again = (1..=stride).find(|tap| (dilation * tap).rem_euclid(stride) == 0).unwrap_or(stride);
        let furthest = first + (last - first) / again * again;
        let element = |tap: i128| (position + before - dilation * tap) / stride;
        // From one of these taps to the next, and so from one element to the next.
        let step = dilation * again / stride;
        Some(Turn { first: element(furthest), last: element(first), step })
    };
    Look::InTurn((0..stride).map(turn).collect())
}

impl<const N: usize> ConvTranspose<N> {
    /// How the kernel slides over each axis of the output, which `padding` cuts, and what is added at its end.
    pub(crate) fn axes(&self) -> Vec<(Axis, u64)> {
        let axis = |index: usize| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.stride, self.dilation].map(|setting| setting.0[index].get());
            let bare = Axis { kernel, stride, dilation, before: 0, after: 0, ceil: false };
            let (axis, more) = self.padding.cut(index, bare);
            (axis, more.max(self.output_padding.0[index].get()))
        };
        (0..N).map(axis).collect()
    }

    fn sliding(&self) -> Window {
        Window { axes: self.axes().into_iter().map(|(axis, _)| axis).collect() }
    }

    /// The output padding, `1` or `1×0`; `None` if there is none.
    fn more_at_the_end(&self) -> Option<String> {
        let more: Vec<u64> = self.axes().into_iter().map(|(_, more)| more).collect();
        let shown = if more.iter().all(|size| *size == more[0]) { &more[..1] } else { &more };
        let shown = shown.iter().map(u64::to_string).collect::<Vec<_>>().join("×");
        more.iter().any(|&more| more > 0).then_some(shown)
    }

    /// The output channels that each input channel adds to, with what they are called.
    fn group_channels(&self) -> (Factor, u64) {
        let name = if self.groups == Size::ONE { Factor::OutChannels } else { Factor::OutChannelsOfGroup };
        (name, self.out_channels.get() / self.groups.get())
    }

    /// PyTorch's rule: a convolution back comes to the input's size for each of these sizes, and for no other.
    fn check_output_padding(&self) -> Result<(), Reason> {
        let is_ruled = matches!(self.padding, Padding::Same | Padding::SameUpper);
        if is_ruled && self.output_padding != PerAxis::default() {
            return Err(Reason::new(text!(
                "the rule of `padding` says how large the output is, and `output_padding` would add to it",
                "`padding` 的规则已决定输出尺寸,`output_padding` 会再增加它"
            ))
            .at("output_padding")
            .help(text!("leave `output_padding` out", "请去掉 `output_padding`")));
        }
        for (axis, more) in self.sliding().axes.iter().zip(self.output_padding.0) {
            let (more, stride, dilation) = (more.get(), axis.stride, axis.dilation);
            if more >= stride.max(dilation) {
                return Err(Reason::new(text!(
                    "`output_padding` is {more}, and must be less than the stride, {stride}, or the dilation, {dilation}",
                    "`output_padding` 是 {more},必须小于步幅({stride})或扩张率({dilation})"
                ))
                .at("output_padding"));
            }
        }
        Ok(())
    }
}

/// PyTorch's rule: `(in − 1) · stride + dilation · (kernel − 1) + 1 + output_padding − 2 · padding`, here with a padding of
/// either side.
fn output_size(axis: &Axis, more: u64, input: u64) -> Result<u64, Reason> {
    window::check_padding(axis)?;
    let full = u128::from(input - 1) * u128::from(axis.stride) + axis.reach() + u128::from(more);
    let (before, after) = (axis.before, axis.after);
    match full.checked_sub(u128::from(before) + u128::from(after)) {
        None | Some(0) => {
            let padding = if before == after {
                text!("{before}", "{before}")
            } else {
                text!("{before} and {after}", "{before} 与 {after}")
            };
            Err(Reason::new(text!(
                "a padding of {padding} cuts off all {full} positions of the output",
                "填充 {padding:#} 会裁掉输出的全部 {full} 个位置"
            ))
            .at("padding"))
        }
        Some(left) => size(left),
    }
}

/// The working of [`output_size`]: what is 0 or changes nothing is left out, but for the padding.
fn size_working(axis: &Axis, more: u64, input: u64) -> Working {
    let one = || Working::Number(1);
    let steps = Working::named(Factor::InSize, input).less(one());
    let mut terms = vec![Working::Product(vec![steps, Working::named(Factor::Stride, axis.stride)])];
    let kernel = Working::named(Factor::Kernel, axis.kernel);
    if axis.dilation == 1 {
        terms.push(kernel);
    } else {
        terms.extend([Working::named(Factor::Dilation, axis.dilation).by(kernel.less(one())), one()]);
    }
    if more > 0 {
        terms.push(Working::named(Factor::OutputPadding, more));
    }
    Working::Sum(terms).less(axis.padding_working())
}

#[cfg(test)]
mod tests;
