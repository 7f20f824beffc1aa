//! `conv2d`: two-dimensional convolution, as `torch.nn.Conv2d`.

use candle_core::Tensor;
use schemars::JsonSchema;
use serde::Deserialize;

use super::settings::{Padding, PerAxis, Size};
use super::window::{self, Axis, Window};
use super::{Class, Cost, Definition, Initializer, Operator, Reason, Term, Weight, only_image, shape, taps};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::Working;

/// Two-dimensional convolution.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Channels of the output.
    pub out_channels: Size,
    /// Size of the window.
    pub kernel_size: PerAxis<Size, 2>,
    /// Steps from one window to the next.
    #[serde(default = "one")]
    pub stride: PerAxis<Size, 2>,
    /// Zeros added on both sides, or `"same"` to keep the size.
    #[serde(default)]
    pub padding: Padding<2>,
    /// Positions from one tap of the window to the next.
    #[serde(default = "one")]
    pub dilation: PerAxis<Size, 2>,
    /// Groups of channels that are convolved apart.
    #[serde(default = "one_group")]
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    #[serde(default = "yes")]
    pub bias: bool,
}

impl Definition for Conv2d {
    const EXAMPLE: &'static str = r#"{ op = "conv2d", out_channels = 32, kernel_size = 5, padding = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[192, 28, 28]];
}

impl Operator for Conv2d {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [channels, height, width] = only_image(inputs)?;
        self.check_groups(channels)?;
        let sizes = self.sliding()?.output(&[height, width])?;
        shape(vec![self.out_channels.get(), sizes[0], sizes[1]])
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let channels = inputs[0].dims()[0] / self.groups.get();
        let [height, width] = self.kernel_size.0.map(Size::get);
        let names = if height == width { ["kernel"; 2] } else { ["kernel height", "kernel width"] };
        let inputs_name = if self.groups == Size::ONE { "in" } else { "in/groups" };
        let out = ("out", self.out_channels.get());
        let initializer =
            Initializer::Uniform { fan_in: channels.saturating_mul(height).saturating_mul(width) };
        let axes = vec![out, (inputs_name, channels), (names[0], height), (names[1], width)];
        let mut weights = vec![Weight::learned("weight", axes, initializer)];
        if self.bias {
            weights.push(Weight::learned("bias", vec![out], initializer));
        }
        weights
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let (input, sizes) = (window::spatial_sizes(&inputs[0]), window::spatial_sizes(output));
        let window = self.window(&inputs[0]).unwrap_or(Window { axes: vec![] });
        let mut channels =
            vec![self.input_working(&inputs[0]), Working::named("out", self.out_channels.get())];
        let mut nominal = window.kernel_working();
        nominal.push(window::spatial("output height·width", sizes));
        nominal.append(&mut channels.clone());
        let mut exact = vec![Working::named("taps on the input", window.taps_inside(input, sizes)?)];
        exact.append(&mut channels);
        let macs = Term::macs(Contraction::Convolution, Working::Product(nominal))
            .padding_exact(Working::Product(exact));
        let bias = Term::ops(Kind::Add, Working::elements("output elements", output)).purpose("bias");
        Ok(Cost { terms: if self.bias { vec![macs, bias] } else { vec![macs] } })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(&'static str, Working)> {
        self.window(&inputs[0]).map_or(vec![], |window| window.output_workings(&inputs[0], output))
    }

    fn window(&self, _input: &Shape) -> Option<Window> {
        self.sliding().ok()
    }

    fn class(&self) -> Class {
        Class::Convolution
    }

    /// candle has one stride, dilation and padding for both axes. Where they differ, the padding is added beforehand, and
    /// the convolution is a sum of 1×1 convolutions, one for each tap of the window.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, kernel) = (&inputs[0], &weights[0]);
        let window = self.sliding().map_err(candle_core::Error::wrap)?;
        let (vertical, horizontal) = (window.axes[0], window.axes[1]);
        let groups = taps::size_of(self.groups.get())?;
        let alike = |field: fn(&Axis) -> u64| field(&vertical) == field(&horizontal);
        let output = if alike(|axis| axis.stride) && alike(|axis| axis.dilation) {
            let symmetric =
                alike(|axis| axis.before) && window.axes.iter().all(|axis| axis.before == axis.after);
            let [stride, dilation, padding] =
                [vertical.stride, vertical.dilation, if symmetric { vertical.before } else { 0 }];
            let input = if symmetric { input.clone() } else { taps::pad(input, &window, 0.0)? };
            let [stride, dilation, padding] =
                [taps::size_of(stride)?, taps::size_of(dilation)?, taps::size_of(padding)?];
            input.contiguous()?.conv2d(kernel, padding, stride, dilation, groups)?
        } else {
            Self::forward_by_taps(input, kernel, &window, groups)?
        };
        match weights.get(1) {
            Some(bias) => output.broadcast_add(&bias.reshape((1, (), 1, 1))?),
            None => Ok(output),
        }
    }
}

impl Conv2d {
    /// The window; `padding = "same"` needs stride 1, as in PyTorch.
    fn sliding(&self) -> Result<Window, Reason> {
        let axis = |index: usize| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.stride, self.dilation].map(|setting| setting.0[index].get());
            let (before, after) = match self.padding {
                Padding::Valid => (0, 0),
                Padding::Of(padding) => (padding.0[index].get(), padding.0[index].get()),
                Padding::Same if stride != 1 => {
                    return Err(Reason::new(text!(
                        "`padding = \"same\"` keeps the size, and a stride of {stride} does not",
                        "`padding = \"same\"` 要保持尺寸,步幅 {stride} 做不到"
                    ))
                    .at("padding")
                    .help(text!("give the padding as a number", "请用数字给出填充")));
                }
                Padding::Same => {
                    // An odd total puts the one more at the end, as PyTorch does.
                    let total = dilation.saturating_mul(kernel - 1);
                    (total / 2, total - total / 2)
                }
            };
            Ok(Axis { kernel, stride, dilation, before, after, ceil: false })
        };
        Ok(Window { axes: vec![axis(0)?, axis(1)?] })
    }

    fn forward_by_taps(
        input: &Tensor,
        kernel: &Tensor,
        window: &Window,
        groups: usize,
    ) -> candle_core::Result<Tensor> {
        let windows = taps::windows(input, window)?;
        let padded = taps::pad(input, window, 0.0)?;
        let mut sum: Option<Tensor> = None;
        for row in 0..kernel.dim(2)? {
            let rows = taps::along(&padded, 2, &window.axes[0], row as u64, windows[0])?;
            for column in 0..kernel.dim(3)? {
                let seen = taps::along(&rows, 3, &window.axes[1], column as u64, windows[1])?.contiguous()?;
                let weight = kernel.narrow(2, row, 1)?.narrow(3, column, 1)?.contiguous()?;
                let product = seen.conv2d(&weight, 0, 1, 1, groups)?;
                sum = Some(match sum {
                    Some(sum) => (sum + product)?,
                    None => product,
                });
            }
        }
        sum.ok_or_else(|| candle_core::Error::Msg("a kernel has at least one tap".to_owned()))
    }

    fn check_groups(&self, channels: u64) -> Result<(), Reason> {
        let (groups, out) = (self.groups.get(), self.out_channels.get());
        if !channels.is_multiple_of(groups) {
            return Err(Reason::new(text!(
                "{groups} groups do not divide the {channels} input channels",
                "{groups} 个分组不能整除 {channels} 个输入通道"
            ))
            .at("groups"));
        }
        if !out.is_multiple_of(groups) {
            return Err(Reason::new(text!(
                "{groups} groups do not divide the {out} output channels",
                "{groups} 个分组不能整除 {out} 个输出通道"
            ))
            .at("groups"));
        }
        Ok(())
    }

    fn input_working(&self, input: &Shape) -> Working {
        let (channels, groups) = (input.dims()[0], self.groups.get());
        if groups == 1 {
            Working::named("in", channels)
        } else {
            Working::named("in/groups", channels / groups)
        }
    }
}

fn one() -> PerAxis<Size, 2> {
    PerAxis::all(Size::ONE)
}

fn one_group() -> Size {
    Size::ONE
}

fn yes() -> bool {
    true
}
