//! `deform_conv2d`: deformable convolution, as `torchvision.ops.deform_conv2d` and `DeformConv2d` (Dai et al. 2017; with a
//! mask, Zhu et al. 2019).
//!
//! Its inputs are what is convolved, the offsets and, if there are three, a mask. The offsets move each tap of the window at each
//! position of the output, down and to the right; in between, the input is sampled bilinearly, with zeros outside of it. They
//! are of as many groups as their channels say, each for an equal part of the input's channels.
//!
//! The counting rule: MACs as a convolution; for each value that is sampled, which is one for each position of the output, tap and
//! channel of the input, 4 multiplications and 3 additions, as for bilinear upsampling; and one more multiplication where
//! there is a mask. The places themselves are not counted, no more than there: they are worked out once for all channels of
//! a group. Where taps come to lie depends on the offsets, so nothing is left out of the padding-exact count.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::deform::{self, Sampler};
use super::settings::{self, Padding, PerAxis, Size};
use super::window::{self, Axis, Window, shorthand};
use super::{
    Arity, Class, Cost, Definition, Family, Initializer, Look, Operator, Purpose, Reach, Reason, Term,
    Weight, conv, only_spatial, shape,
};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Contraction, Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Convolution whose taps are moved by offsets: of an image, two offsets for each tap and position, and if there is a third
/// input, a factor for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "可变形卷积:各取样点按偏移量移动;输入为图像、每个取样点和位置的两个偏移量,以及可选的第三个输入(每个取样点的系数)"))]
pub struct DeformConv2d {
    /// Channels of the output.
    #[schemars(extend("x-zh" = "输出通道数"))]
    pub out_channels: Size,
    /// Size of the window.
    #[schemars(extend("x-zh" = "窗口尺寸"))]
    pub kernel_size: PerAxis<Size, 2>,
    /// Steps from one window to the next.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "相邻窗口之间的步幅"))]
    pub stride: PerAxis<Size, 2>,
    /// Zeros added on the sides, as in `conv2d`.
    #[serde(default)]
    #[schemars(extend("x-zh" = "两侧填充的零,写法与 `conv2d` 相同"))]
    pub padding: Padding<2>,
    /// Positions from one tap of the window to the next, before they are moved.
    #[serde(default = "PerAxis::<Size, 2>::ones")]
    #[schemars(extend("x-zh" = "移动之前窗口内相邻取样点的间距(扩张率)"))]
    pub dilation: PerAxis<Size, 2>,
    /// Groups of channels that are convolved separately; those of the offsets are as many as these have channels for.
    #[serde(default = "conv::one_group")]
    #[schemars(extend("x-zh" = "分别做卷积的通道组数;偏移量的组数由其通道数决定"))]
    pub groups: Size,
    /// Whether a learned bias is added to each output channel.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "每个输出通道是否加上可学习的偏置"))]
    pub bias: bool,
}

impl Definition for DeformConv2d {
    const EXAMPLE: &'static str = r#"{ op = "deform_conv2d", out_channels = 64, kernel_size = 3, padding = 1, from = ["x", "offset"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56], &[18, 56, 56]];
}

/// One input and its offsets, or a mask beside.
const INPUTS: Arity = Arity { least: 2, most: 3 };

impl Operator for DeformConv2d {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [image, moving @ ..] = inputs else { return Err(INPUTS.mismatch(inputs.len())) };
        if !(1..=2).contains(&moving.len()) {
            return Err(INPUTS.mismatch(inputs.len()));
        }
        let image = only_spatial::<2>(std::slice::from_ref(image))?;
        conv::check_groups(self.groups, image.dims()[0], self.out_channels)?;
        self.padding.check(self.stride, settings::divides)?;
        let sizes = self.sliding(image).output(window::spatial_sizes(image))?;
        let groups = self.offset_groups(&moving[0], image.dims()[0], &sizes)?;
        if let Some(mask) = moving.get(1) {
            self.check_mask(mask, groups, &sizes)?;
        }
        shape([vec![self.out_channels.get()], sizes].concat())
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let out = (Factor::OutChannels, self.out_channels.get());
        let kernel = self.sliding(&inputs[0]).kernel();
        let (name, of_group) = self.group_channels(&inputs[0]);
        let fan_in = kernel.iter().fold(of_group, |product, &(_, size)| product.saturating_mul(size));
        let initializer = Initializer::Uniform { fan_in };
        let dims = [vec![out, (name, of_group)], kernel].concat();
        let bias = self.bias.then(|| Weight::learned("bias", vec![out], initializer));
        std::iter::once(Weight::learned("weight", dims, initializer)).chain(bias).collect()
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let positions =
            Working::Product(self.sliding(&inputs[0]).kernel_working()).by(window::positions(output));
        let sampled = positions.clone().by(Working::named(Factor::InChannels, inputs[0].dims()[0]));
        let corners = || Working::named(Factor::Corners, 4u64);
        let sampling =
            |kind, each: Working| Term::ops(kind, each.by(sampled.clone())).purpose(Purpose::Sampling);
        let mut terms =
            vec![sampling(Kind::Mul, corners()), sampling(Kind::Add, corners().less(Working::Number(1)))];
        if inputs.len() > 2 {
            terms.push(Term::ops(Kind::Mul, sampled.clone()).purpose(Purpose::Mask));
        }
        let channels = [self.group_channels(&inputs[0]), (Factor::OutChannels, self.out_channels.get())];
        let named = channels.into_iter().map(|(name, count)| Working::named(name, count));
        terms.push(Term::macs(Contraction::Convolution, named.fold(positions, Working::by)));
        if self.bias {
            terms.push(Term::bias(output));
        }
        Ok(Cost { terms })
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.padding.output_workings(&self.sliding(&inputs[0]), &inputs[0], output)
    }

    /// An offset may point anywhere in the image, and stands itself where it is taken.
    fn reach_of(&self, index: usize, _inputs: &[Shape], _output: &Shape) -> Reach {
        let look = || if index == 0 { Look::All } else { Look::Same };
        Reach::spatial([look(), look()])
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    fn arity(&self) -> Arity {
        INPUTS
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let window = self.sliding(&inputs[0]);
        let (extent, from, to) = (window.extent(), inputs[0].dims()[0], self.out_channels.get());
        let mut words = vec![
            text!("{extent} deformable convolution", "{extent:#} 可变形卷积"),
            text!("{from} → {to} channels", "{from} → {to} 通道"),
        ];
        words.extend(window.sliding());
        if self.groups != Size::ONE {
            let groups = self.groups.get();
            words.push(text!("{groups} groups", "{groups} 组"));
        }
        let groups = u128::from(inputs[1].dims()[0]) / (2 * self.taps());
        if groups > 1 {
            words.push(text!("{groups} groups of offsets", "{groups} 组偏移量"));
        }
        if inputs.len() > 2 {
            words.push(text!("with a mask", "带掩码"));
        }
        if !self.bias {
            words.push(text!("no bias", "无偏置"));
        }
        Some(Text::phrase(&words))
    }

    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        let input = inputs.first()?;
        let groups = shorthand::groups(self.groups.get(), input.channels()?);
        let signs = [Some(self.sliding(input).shorthand()), groups];
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
impl Reference for DeformConv2d {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let window = self.over(&tensors::spatial_sizes(&inputs[0]));
        let sampler = Sampler::new(&inputs[0], &inputs[1], inputs.get(2), &window)?;
        let output = deform::convolved(&sampler, &weights[0], tensors::size_of(self.groups.get())?)?;
        match weights.get(1) {
            Some(bias) => output.broadcast_add(&tensors::spread(bias, &output, 1)?),
            None => Ok(output),
        }
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, device: &Device) -> Workspace {
        let groups = u128::from(inputs[1].dims()[0]) / (2 * self.taps());
        deform::workspace(inputs, output, groups, self.groups.get(), device)
    }
}

impl DeformConv2d {
    fn sliding(&self, input: &Shape) -> Window {
        self.over(window::spatial_sizes(input))
    }

    /// How the window slides over these spatial sizes, unless it is moved.
    fn over(&self, sizes: &[u64]) -> Window {
        let axis = |(index, &size): (usize, &u64)| {
            let [kernel, stride, dilation] =
                [self.kernel_size, self.stride, self.dilation].map(|setting| setting.0[index].get());
            let bare = Axis { kernel, stride, dilation, before: 0, after: 0, ceil: false };
            self.padding.around(index, bare, size)
        };
        Window { axes: sizes.iter().enumerate().map(axis).collect() }
    }

    /// Taps of the window.
    fn taps(&self) -> u128 {
        self.kernel_size.0.into_iter().map(|size| u128::from(size.get())).product()
    }

    /// The number of input channels that each output channel sees, with its name.
    fn group_channels(&self, input: &Shape) -> (Factor, u64) {
        let name = if self.groups == Size::ONE { Factor::InChannels } else { Factor::InChannelsOfGroup };
        (name, input.dims()[0] / self.groups.get())
    }

    /// How many groups of offsets there are for `channels` of the input, at these positions of the output.
    fn offset_groups(&self, offset: &Shape, channels: u64, positions: &[u64]) -> Result<u128, Reason> {
        let (pairs, [height, width]) = (2 * self.taps(), [positions[0], positions[1]]);
        let wrong = |message: Text| Err(Reason::new(message).help(self.maker(pairs)));
        let groups = match offset.dims() {
            &[offsets, h, w] if [h, w] == [height, width] => u128::from(offsets) / pairs,
            _ => {
                return wrong(text!(
                    "offsets are {pairs}×{height}×{width}, two for each tap and position, and these are {offset}",
                    "偏移量应为 {pairs}×{height}×{width}(每个取样点和位置两个),这里是 {offset}"
                ));
            }
        };
        let offsets = offset.dims()[0];
        if !u128::from(offsets).is_multiple_of(pairs) {
            return wrong(text!(
                "there are {pairs} offsets for each position, two for each tap, or a multiple of that, and not {offsets}",
                "每个位置应有 {pairs} 个偏移量(每个取样点两个)或其倍数,而不是 {offsets} 个"
            ));
        }
        if !u128::from(channels).is_multiple_of(groups) {
            return wrong(text!(
                "{groups} groups of offsets do not divide the {channels} input channels",
                "{groups} 组偏移量不能整除 {channels} 个输入通道"
            ));
        }
        Ok(groups)
    }

    fn check_mask(&self, mask: &Shape, groups: u128, positions: &[u64]) -> Result<(), Reason> {
        let (factors, [height, width]) = (groups * self.taps(), [positions[0], positions[1]]);
        let fits = matches!(mask.dims(), &[channels, h, w] if u128::from(channels) == factors && [h, w] == [height, width]);
        if fits {
            return Ok(());
        }
        Err(Reason::new(text!(
            "the mask is {factors}×{height}×{width}, one for each tap and position, and this one is {mask}",
            "掩码应为 {factors}×{height}×{width}(每个取样点和位置一个),这里是 {mask}"
        ))
        .help(self.maker(factors)))
    }

    /// The convolution that makes so many channels at the positions of the output, of the same image.
    fn maker(&self, channels: u128) -> Text {
        let one_for_all = |sizes: [u64; 2]| match sizes {
            [height, width] if height == width => height.to_string(),
            [height, width] => format!("[{height}, {width}]"),
        };
        let mut settings = format!(
            "out_channels = {channels}, kernel_size = {}",
            one_for_all(self.kernel_size.0.map(Size::get))
        );
        for (name, sizes) in [("stride", self.stride), ("dilation", self.dilation)] {
            if sizes != PerAxis::ones() {
                settings.push_str(&format!(", {name} = {}", one_for_all(sizes.0.map(Size::get))));
            }
        }
        if self.padding != Padding::default()
            && let Ok(padding) = serde_json::to_string(&self.padding)
        {
            settings.push_str(&format!(", padding = {padding}"));
        }
        text!("a `conv2d` with `{settings}` makes what is wanted", "用 `conv2d`(`{settings}`)即可得到")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::settings::of_toml;
    use crate::op::shapes;
    use crate::working::Notation;

    fn reason(settings: &str, inputs: &[&[u64]]) -> Reason {
        of_toml::<DeformConv2d>(settings).output(&shapes(inputs)).unwrap_err()
    }

    /// A 3×3 layer of a ResNet's fifth stage, as Dai et al. have it, with the mask of Zhu et al.
    #[test]
    fn one_with_a_mask() {
        let conv: DeformConv2d =
            of_toml("out_channels = 512\nkernel_size = 3\npadding = 2\ndilation = 2\nbias = false");
        let inputs = shapes(&[&[512, 14, 14], &[18, 14, 14], &[9, 14, 14]]);
        let output = conv.output(&inputs).unwrap();
        assert_eq!(output.dims(), [512, 14, 14]);
        let work = conv.cost(&inputs, &output).unwrap().work().unwrap();
        assert_eq!(work.0, work.1);
        let (macs, sampled) = (9 * 14 * 14 * 512 * 512, 9 * 14 * 14 * 512);
        assert_eq!(work.0.macs.convolution, macs);
        assert_eq!((work.0.ops.mul, work.0.ops.add), (macs + 5 * sampled, macs + 3 * sampled));
        let [weight] = conv.weights(&inputs).try_into().unwrap();
        assert_eq!(weight.dims(), [512, 512, 3, 3]);
        let cost = conv.cost(&inputs, &output).unwrap();
        assert_eq!(
            cost.terms[1].nominal.formula(Notation::Text),
            "(corners − 1) · kernel² · output height·width · in"
        );
        assert_eq!(
            conv.summary(&inputs, &output).unwrap().english,
            "3×3 deformable convolution, 512 → 512 channels, padding 2, dilation 2, with a mask, no bias"
        );
        assert_eq!(conv.shorthand(&inputs).as_deref(), Some("3×3 p2 d2"));
    }

    #[test]
    fn reasons_say_what_is_wrong() {
        let settings = "out_channels = 4\nkernel_size = [3, 2]\npadding = [1, 0]\nstride = 2";
        let maker = "a `conv2d` with `out_channels = 12, kernel_size = [3, 2], stride = 2, padding = [1,0]` makes what is wanted";
        assert_eq!(reason(settings, &[&[6, 8, 8]]).to_string(), "takes 2 to 3 inputs, and gets 1");
        let positions = reason(settings, &[&[6, 8, 8], &[12, 8, 8]]);
        assert_eq!(
            positions.to_string(),
            "offsets are 12×4×4, two for each tap and position, and these are 12×8×8"
        );
        assert_eq!(positions.help.unwrap().english, maker);
        let odd = reason(settings, &[&[6, 8, 8], &[18, 4, 4]]).to_string();
        assert_eq!(
            odd,
            "there are 12 offsets for each position, two for each tap, or a multiple of that, and not 18"
        );
        let few = reason(settings, &[&[6, 8, 8], &[6, 4, 4]]).to_string();
        assert!(few.ends_with("and not 6"), "{few}");
        let groups = reason(settings, &[&[6, 8, 8], &[48, 4, 4]]).to_string();
        assert_eq!(groups, "4 groups of offsets do not divide the 6 input channels");
        let mask = reason(settings, &[&[6, 8, 8], &[24, 4, 4], &[6, 4, 4]]).to_string();
        assert_eq!(mask, "the mask is 12×4×4, one for each tap and position, and this one is 6×4×4");
    }

    #[test]
    fn the_largest_settings_do_not_wrap() {
        let huge = crate::shape::LARGEST_SIZE;
        let conv: DeformConv2d =
            of_toml(&format!("out_channels = {huge}\nkernel_size = {huge}\npadding = {huge}"));
        assert!(conv.output(&shapes(&[&[1, 1 << 52, 1 << 52], &[1, 1, 1]])).is_err());
    }
}
