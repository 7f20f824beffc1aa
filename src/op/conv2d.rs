//! `conv2d`: two-dimensional convolution, as `torch.nn.Conv2d`.

use candle_core::Tensor;
use schemars::JsonSchema;
use serde::Deserialize;

use super::settings::{self, Padding, PerAxis, Size};
use super::window::{self, Axis, Window};
use super::{
    Class, Cost, Definition, Initializer, Operator, Reason, Term, Weight, only_spatial, shape, taps,
};
use crate::counts::{Contraction, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
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
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    pub stride: PerAxis<Size, 2>,
    /// Zeros added on both sides, or `"same"` to keep the size.
    #[serde(default)]
    pub padding: Padding<2>,
    /// Positions from one tap of the window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    pub dilation: PerAxis<Size, 2>,
    /// Groups of channels that are convolved apart.
    #[serde(default = "one_group")]
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    #[serde(default = "settings::yes")]
    pub bias: bool,
}

impl Definition for Conv2d {
    const EXAMPLE: &'static str = r#"{ op = "conv2d", out_channels = 32, kernel_size = 5, padding = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[192, 28, 28]];
}

impl Operator for Conv2d {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<2>(inputs)?;
        self.check_groups(input.dims()[0])?;
        self.check_padding()?;
        let sizes = self.sliding().output(window::spatial_sizes(input))?;
        shape([vec![self.out_channels.get()], sizes].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let input = self.group_channels(&inputs[0]);
        let out = ("out", self.out_channels.get());
        let axes = [vec![out, input], self.sliding().kernel()].concat();
        let fan_in = axes[1..].iter().fold(1u64, |product, &(_, size)| product.saturating_mul(size));
        let initializer = Initializer::Uniform { fan_in };
        let mut weights = vec![Weight::learned("weight", axes, initializer)];
        if self.bias {
            weights.push(Weight::learned("bias", vec![out], initializer));
        }
        weights
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let window = self.sliding();
        let exact = window.taps_inside(window::spatial_sizes(&inputs[0]), window::spatial_sizes(output))?;
        let (name, channels) = self.group_channels(&inputs[0]);
        let input = Working::named(name, channels);
        let out = Working::named("out", self.out_channels.get());
        let nominal = Working::Product(window.kernel_working()).by(window::positions(output));
        let macs = Term::macs(Contraction::Convolution, nominal.by(input.clone()).by(out.clone()))
            .padding_exact(Working::Product(vec![exact, input, out]));
        Ok(Cost { terms: if self.bias { vec![macs, Term::bias(output)] } else { vec![macs] } })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(&'static str, Working)> {
        self.sliding().output_workings(&inputs[0], output)
    }

    fn window(&self, _input: &Shape) -> Option<Window> {
        Some(self.sliding())
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (window, groups) = (self.sliding(), self.groups.get());
        let (extent, from, to) = (window.extent(), inputs[0].dims()[0], self.out_channels.get());
        let depthwise = groups > 1 && groups == from;
        let mut words = vec![
            if depthwise {
                text!("{extent} depthwise convolution", "{extent} 逐通道卷积")
            } else {
                text!("{extent} convolution", "{extent} 卷积")
            },
            text!("{from} → {to} channels", "{from} → {to} 通道"),
        ];
        words.extend(window.sliding());
        if groups > 1 && !depthwise {
            words.push(text!("{groups} groups", "{groups} 组"));
        }
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::list(&words))
    }

    fn class(&self) -> Class {
        Class::Convolution
    }

    /// candle has one stride, dilation and padding for both axes. Where paddings differ, the zeros are added beforehand;
    /// where the others do, the convolution is a sum of 1×1 convolutions, one for each tap of the window.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, kernel) = (&inputs[0], &weights[0]);
        let window = self.sliding();
        let groups = taps::size_of(self.groups.get())?;
        let output = match window.shared(|axis| (axis.stride, axis.dilation)) {
            Some((stride, dilation)) => {
                let padding = window.shared(|axis| (axis.before, axis.after));
                let (input, padding) = match padding {
                    Some((before, after)) if before == after => (input.clone(), before),
                    Some(_) | None => (taps::pad(input, &window, 0.0)?, 0),
                };
                let [padding, stride, dilation] = [padding, stride, dilation].map(taps::size_of);
                input.contiguous()?.conv2d(kernel, padding?, stride?, dilation?, groups)?
            }
            None => forward_by_taps(input, kernel, &window, groups)?,
        };
        match weights.get(1) {
            Some(bias) => output.broadcast_add(&taps::spread(bias, &output, 1)?),
            None => Ok(output),
        }
    }
}

impl Conv2d {
    fn sliding(&self) -> Window {
        let axis = |index: usize| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.stride, self.dilation].map(|setting| setting.0[index].get());
            let (before, after) = match self.padding {
                Padding::Valid => (0, 0),
                Padding::Of(padding) => (padding.0[index].get(), padding.0[index].get()),
                Padding::Same => {
                    // An odd total puts the one more at the end, as PyTorch does.
                    let total = dilation.saturating_mul(kernel - 1);
                    (total / 2, total - total / 2)
                }
            };
            Axis { kernel, stride, dilation, before, after, ceil: false }
        };
        Window { axes: vec![axis(0), axis(1)] }
    }

    /// The input channels that each output channel sees, with what they are called.
    fn group_channels(&self, input: &Shape) -> (&'static str, u64) {
        let name = if self.groups == Size::ONE { "in" } else { "in/groups" };
        (name, input.dims()[0] / self.groups.get())
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

    /// `padding = "same"` needs stride 1, as in PyTorch.
    fn check_padding(&self) -> Result<(), Reason> {
        let stride = self.stride.0.into_iter().map(Size::get).find(|&stride| stride != 1);
        match (self.padding, stride) {
            (Padding::Same, Some(stride)) => Err(Reason::new(text!(
                "`padding = \"same\"` keeps the size, and a stride of {stride} does not",
                "`padding = \"same\"` 要保持尺寸,步幅 {stride} 做不到"
            ))
            .at("padding")
            .help(text!("give the padding as a number", "请用数字给出填充"))),
            (Padding::Same | Padding::Valid | Padding::Of(_), _) => Ok(()),
        }
    }
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

fn one_group() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::settings::Extent;
    use super::*;
    use crate::shape::LARGEST_SIZE;
    use crate::working::Notation;

    fn size(value: u64) -> Size {
        value.try_into().unwrap()
    }

    fn square(value: u64) -> PerAxis<Size, 2> {
        PerAxis::all(size(value))
    }

    fn padding(sizes: [u64; 2]) -> Padding<2> {
        Padding::Of(PerAxis(sizes.map(|size| Extent::try_from(size).unwrap())))
    }

    /// A convolution with PyTorch's defaults.
    fn conv(out_channels: u64, kernel_size: [u64; 2]) -> Conv2d {
        Conv2d {
            out_channels: size(out_channels),
            kernel_size: PerAxis(kernel_size.map(size)),
            stride: PerAxis::ones(),
            padding: Padding::Valid,
            dilation: PerAxis::ones(),
            groups: Size::ONE,
            bias: true,
        }
    }

    fn image(sizes: [u64; 3]) -> [Shape; 1] {
        [Shape::new(sizes.to_vec()).unwrap()]
    }

    /// `[parameters, MACs, padding-exact MACs]`
    fn numbers(conv: &Conv2d, input: [u64; 3]) -> [u128; 3] {
        let input = image(input);
        let output = conv.output(&input).unwrap();
        let params = conv.weights(&input).iter().map(|weight| weight.count().evaluate().unwrap()).sum();
        let (work, exact) = conv.cost(&input, &output).unwrap().work().unwrap();
        [params, work.macs.convolution, exact.macs.convolution]
    }

    fn output(conv: &Conv2d, input: [u64; 3]) -> [u64; 3] {
        conv.output(&image(input)).unwrap().image().unwrap()
    }

    #[test]
    fn the_lectures_convolution() {
        let conv = Conv2d { padding: padding([2, 2]), ..conv(32, [5, 5]) };
        assert_eq!(output(&conv, [192, 28, 28]), [32, 28, 28]);
        assert_eq!(numbers(&conv, [192, 28, 28]), [153_632, 120_422_400, 110_321_664]);
        let cost = conv.cost(&image([192, 28, 28]), &image([32, 28, 28])[0]).unwrap();
        let macs = &cost.terms[0];
        assert_eq!(macs.nominal.formula(Notation::Text), "kernel² · output height·width · in · out");
        assert_eq!(macs.nominal.substitution(Notation::Text), "5²·28²·192·32");
        let exact = macs.padding_exact.as_ref().unwrap();
        assert_eq!(exact.formula(Notation::Text), "taps on the input · in · out");
        assert_eq!(exact.substitution(Notation::Text), "134²·192·32");
        assert_eq!(cost.work().unwrap().0.ops.flops(), 2 * 120_422_400 + 32 * 28 * 28);
    }

    /// The second layer, split over two graphics cards.
    #[test]
    fn alexnets_grouped_convolution() {
        let conv = Conv2d { padding: padding([2, 2]), groups: size(2), ..conv(256, [5, 5]) };
        let [params, macs, _] = numbers(&conv, [96, 27, 27]);
        assert_eq!([params, macs], [307_456, 223_948_800]);
        let weight = &conv.weights(&image([96, 27, 27]))[0];
        assert_eq!(weight.dims(), [256, 48, 5, 5]);
        assert_eq!(weight.count().formula(Notation::Text), "out · in/groups · kernel²");
    }

    /// Three taps with gaps of one between them reach over five.
    #[test]
    fn dilation_widens_the_reach_and_costs_nothing() {
        let conv = Conv2d { dilation: square(2), ..conv(1, [3, 3]) };
        assert_eq!(output(&conv, [1, 9, 9]), [1, 5, 5]);
        assert_eq!(numbers(&conv, [1, 9, 9]), [10, 9 * 25, 9 * 25]);
    }

    /// Height before width, in every setting.
    #[test]
    fn axes_may_differ() {
        let stride = PerAxis([2, 1].map(size));
        let conv = Conv2d { stride, padding: padding([0, 3]), bias: false, ..conv(64, [1, 7]) };
        assert_eq!(output(&conv, [128, 17, 17]), [64, 9, 17]);
        let weight = &conv.weights(&image([128, 17, 17]))[0];
        assert_eq!(weight.count().formula(Notation::Text), "out · in · kernel height · kernel width");
        let workings = conv.output_workings(&image([128, 17, 17]), &image([64, 9, 17])[0]);
        assert_eq!(
            workings.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["output height", "output width"]
        );
        assert_eq!(numbers(&conv, [128, 17, 17])[1], 7 * 9 * 17 * 128 * 64);
    }

    /// An even kernel needs an odd padding; the one more is at the end.
    #[test]
    fn the_same_size_with_an_even_kernel() {
        let conv = Conv2d { padding: Padding::Same, ..conv(3, [2, 4]) };
        assert_eq!(output(&conv, [1, 6, 5]), [3, 6, 5]);
        let paddings = conv.sliding().axes.iter().map(|axis| (axis.before, axis.after)).collect::<Vec<_>>();
        assert_eq!(paddings, [(0, 1), (1, 2)]);
    }

    #[test]
    fn without_padding_there_is_one_count() {
        let cost = conv(6, [5, 5]).cost(&image([1, 32, 32]), &image([6, 28, 28])[0]).unwrap();
        assert_eq!(cost.terms[0].padding_exact, None);
    }

    #[test]
    fn reasons_say_what_is_wrong() {
        let wrong =
            |conv: Conv2d, input: &[u64], setting: Option<&str>, message: &str, help: Option<&str>| {
                let reason = conv.output(&[Shape::new(input.to_vec()).unwrap()]).unwrap_err();
                assert_eq!((reason.to_string().as_str(), reason.setting), (message, setting));
                assert_eq!(reason.help.map(|help| help.english).as_deref(), help);
            };
        let groups = || Conv2d { groups: size(3), ..conv(32, [1, 1]) };
        wrong(conv(1, [1, 1]), &[400], None, "needs channels × height × width, and gets 400", None);
        wrong(groups(), &[4, 8, 8], Some("groups"), "3 groups do not divide the 4 input channels", None);
        wrong(groups(), &[6, 8, 8], Some("groups"), "3 groups do not divide the 32 output channels", None);
        wrong(
            Conv2d { stride: square(2), padding: Padding::Same, ..conv(1, [3, 3]) },
            &[1, 8, 8],
            Some("padding"),
            "`padding = \"same\"` keeps the size, and a stride of 2 does not",
            Some("give the padding as a number"),
        );
        let kernel = Some("kernel_size");
        wrong(
            conv(1, [5, 5]),
            &[1, 4, 8],
            kernel,
            "a window of 5 does not fit into 4",
            Some("a smaller `kernel_size`, or `padding = 1`"),
        );
        wrong(
            Conv2d { padding: padding([1, 1]), dilation: square(3), ..conv(1, [3, 3]) },
            &[1, 3, 8],
            kernel,
            "a window of 3 with dilation 3, which reaches over 7, does not fit into 3, 5 with its padding",
            Some("a smaller `kernel_size` or `dilation`"),
        );
        wrong(
            Conv2d { padding: padding([LARGEST_SIZE, 0]), ..conv(1, [1, 1]) },
            &[1, 1, 1],
            None,
            "the output would have more than 2^53 positions",
            None,
        );
        let message = "9007199254740992×9007199254740992×9007199254740992 has more than 2^128 elements";
        wrong(conv(LARGEST_SIZE, [1, 1]), &[1, LARGEST_SIZE, LARGEST_SIZE], None, message, None);
        let none = conv(1, [1, 1]).output(&[]).unwrap_err();
        assert_eq!(none.to_string(), "takes one input, and gets 0");
    }

    /// Every setting at its largest: refused or counted, without a panic.
    #[test]
    fn the_largest_settings_do_not_wrap() {
        let same =
            Conv2d { padding: Padding::Same, dilation: square(LARGEST_SIZE), ..conv(1, [LARGEST_SIZE; 2]) };
        let all =
            Conv2d { padding: padding([LARGEST_SIZE; 2]), stride: square(LARGEST_SIZE), ..same.clone() };
        for conv in [same, all] {
            assert_eq!(conv.output(&image([1, 1, 1])).unwrap_err().setting, Some("kernel_size"));
            assert_eq!(conv.weights(&image([1, 1, 1])).len(), 2);
        }
        let wide =
            Conv2d { padding: padding([LARGEST_SIZE / 2; 2]), ..conv(LARGEST_SIZE, [LARGEST_SIZE; 2]) };
        let input = image([LARGEST_SIZE, 2, 2]);
        let output = wide.output(&input).unwrap();
        assert_eq!(output.image(), Some([LARGEST_SIZE, 3, 3]));
        assert_eq!(wide.cost(&input, &output).and_then(|cost| cost.work()), Err(Overflow));
    }

    /// MACs one by one: `[nominal, padding-exact]`.
    fn counted(conv: &Conv2d, input: [u64; 3], output: [u64; 3]) -> [u128; 2] {
        let window = conv.sliding();
        // For each window along an axis, how many of its taps see an element.
        let seen = |axis: usize| {
            let Axis { kernel, stride, dilation, before, .. } = window.axes[axis];
            let elements = before..before + input[axis + 1];
            (0..output[axis + 1])
                .map(|index| {
                    (0..kernel).filter(|tap| elements.contains(&(index * stride + tap * dilation))).count()
                })
                .collect::<Vec<_>>()
        };
        let [kernel_height, kernel_width] = conv.kernel_size.0.map(Size::get);
        let (rows, columns) = (seen(0), seen(1));
        let [mut nominal, mut exact] = [0; 2];
        for _channel in 0..output[0] {
            for _channel in 0..input[0] / conv.groups.get() {
                for (row, column) in
                    rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)))
                {
                    nominal += u128::from(kernel_height * kernel_width);
                    exact += (row * column) as u128;
                }
            }
        }
        [nominal, exact]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn macs_are_those_that_a_loop_counts(
            sizes in prop::array::uniform2(1u64..9),
            sliding in prop::array::uniform3(prop::array::uniform2(1u64..5)),
            pad in prop::option::of(prop::array::uniform2(0u64..4)),
            groups in 1u64..4, channels in prop::array::uniform2(1u64..3),
        ) {
            let [kernel, stride, dilation] = sliding;
            let conv = Conv2d {
                stride: PerAxis(if pad.is_some() { stride.map(size) } else { [Size::ONE; 2] }),
                dilation: PerAxis(dilation.map(size)),
                padding: pad.map_or(Padding::Same, padding),
                groups: size(groups),
                ..conv(groups * channels[1], kernel)
            };
            let input = [groups * channels[0], sizes[0], sizes[1]];
            if let Ok(output) = conv.output(&image(input)) {
                let [_, nominal, exact] = numbers(&conv, input);
                prop_assert_eq!([nominal, exact], counted(&conv, input, output.image().unwrap()));
            }
        }
    }
}
