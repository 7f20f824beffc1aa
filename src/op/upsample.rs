//! `upsample`: a larger image, sequence or volume by repeating or interpolating its elements, as `torch.nn.Upsample`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::window::spatial_sizes;
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, before_flatten, only, shape, size};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

mod on_axes;
mod taps;

pub use on_axes::{OnAxes, Times};

/// An image of another height and width, usually a larger one; or a sequence of another length, or a volume. Either by a
/// factor or to a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把图像变为另一高和宽,通常更大;也可用于序列的长度或三维数据。按倍数或按目标尺寸"))]
pub struct Upsample {
    /// How many times as high and as wide the image becomes, or as long the sequence, rounded down to whole pixels: one number,
    /// or a list of one for each axis, such as height and width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OnAxes<Times>")]
    #[schemars(extend("x-zh" = "高和宽(或序列长度)的倍数,结果向下取整到整像素:一个数,或每轴一个数的列表(如高、宽)"))]
    pub scale_factor: Option<OnAxes<Times>>,
    /// Height and width of the output; the length of a sequence; depth, height and width of a volume. One number is that of
    /// every axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OnAxes<Size>")]
    #[schemars(extend("x-zh" = "输出的高和宽;序列则为长度,三维数据则为深、高、宽。单个数用于每个轴"))]
    pub size: Option<OnAxes<Size>>,
    /// What a pixel between those of the input is.
    #[serde(default)]
    #[schemars(extend("x-zh" = "输入像素之间的像素如何取值"))]
    pub mode: Mode,
    /// For modes that interpolate: whether the centers of the corner pixels stay in the corners, rather than their outer
    /// edges.
    #[serde(default)]
    #[schemars(extend("x-zh" = "用于插值的模式:角上像素是以中心(而非外边缘)与角对齐"))]
    pub align_corners: bool,
}

/// How [`Upsample`] fills a pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[non_exhaustive]
pub enum Mode {
    /// As the nearest pixel above it and to its left.
    #[default]
    Nearest,
    /// Of a sequence: as the mean of the two elements around it, weighted by how near they are.
    Linear,
    /// Of an image: as the mean of the four pixels around it, weighted by how near they are.
    Bilinear,
    /// Of a volume: as the mean of the eight elements around it, weighted by how near they are.
    Trilinear,
    /// Of an image: by cubic polynomials through the sixteen pixels around it.
    Bicubic,
}

impl Mode {
    /// The name in a description.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Linear => "linear",
            Self::Bilinear => "bilinear",
            Self::Trilinear => "trilinear",
            Self::Bicubic => "bicubic",
        }
    }

    /// The spatial axes of what it is for; `None` for any number of them.
    fn axes(self) -> Option<usize> {
        match self {
            Self::Nearest => None,
            Self::Linear => Some(1),
            Self::Bilinear | Self::Bicubic => Some(2),
            Self::Trilinear => Some(3),
        }
    }
}

impl Definition for Upsample {
    const EXAMPLE: &'static str = r#"{ op = "upsample", scale_factor = 2, mode = "bilinear" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 64, 64]];
}

impl Operator for Upsample {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.accepts(input)?;
        if self.align_corners && self.mode == Mode::Nearest {
            return Err(Reason::new(text!(
                "`align_corners` goes with modes that interpolate, such as `mode = \"bilinear\"`",
                "`align_corners` 只能与插值的模式(如 `mode = \"bilinear\"`)一起使用"
            ))
            .at("align_corners"));
        }
        let setting = match (&self.size, &self.scale_factor) {
            (Some(sizes), None) => sizes.check("size", input).map(|()| "size")?,
            (None, Some(factors)) => factors.check("scale_factor", input).map(|()| "scale_factor")?,
            (given, _) => return Err(one_of_two(given.is_some())),
        };
        let sizes = spatial_sizes(input).iter().enumerate().map(|(axis, &from)| self.made(axis, from));
        let sizes = std::iter::once(Ok(input.dims()[0])).chain(sizes).collect::<Result<_, _>>();
        sizes.and_then(shape).map_err(|reason| reason.at(setting))
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let around = || match self.mode {
            Mode::Nearest => Working::Number(0),
            Mode::Linear => Working::named(Factor::Neighbors, 2u64),
            Mode::Bilinear => Working::named(Factor::Corners, 4u64),
            Mode::Trilinear => Working::named(Factor::Corners, 8u64),
            Mode::Bicubic => Working::sizes(Factor::Neighbors, &[4, 4]),
        };
        if self.mode == Mode::Nearest {
            return Ok(Cost::FREE);
        }
        let each = |steps: Working| steps.by(Working::elements(Factor::OutputElements, output));
        let sums = around().less(Working::Number(1));
        Ok(Cost { terms: vec![Term::ops(Kind::Mul, each(around())), Term::ops(Kind::Add, each(sums))] })
    }

    /// By whole factors; a fraction has no working in whole numbers.
    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        let (Some(factors), [from, to]) = (&self.scale_factor, [&inputs[0], output].map(spatial_sizes))
        else {
            return vec![];
        };
        let names: &[Factor] = match to.len() {
            1 => &[Factor::OutputLength],
            2 => &[Factor::OutputHeight, Factor::OutputWidth],
            _ => &[Factor::OutputDepth, Factor::OutputHeight, Factor::OutputWidth],
        };
        let working = |(axis, &name): (usize, &Factor)| {
            let factor = to[axis] / from[axis];
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "asks whether it is exact")]
            let is_whole = factor as f64 == factors.on(axis).get();
            is_whole.then(|| (name, Working::Number(from[axis].into()).by(Working::Number(factor.into()))))
        };
        names.iter().enumerate().filter_map(working).collect()
    }

    /// Pixels that lie between those which are picked are left alone.
    fn touched(&self, inputs: &[Shape], output: &Shape) -> Option<u128> {
        let sizes = spatial_sizes(&inputs[0]).iter().zip(spatial_sizes(output)).enumerate();
        let touched = sizes.map(|(axis, (&from, &to))| u128::from(self.picked(axis, from, to)));
        Some(touched.fold(inputs[0].dims()[0].into(), |product, pixels| product * pixels))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        let sizes = spatial_sizes(&inputs[0]).iter().zip(spatial_sizes(output)).enumerate();
        let looks = sizes.map(|(axis, (&from, &to))| self.look(axis, from, to));
        looks.collect::<Option<Vec<_>>>().map_or(Reach::Rearranged, Reach::spatial)
    }

    fn class(&self) -> Class {
        match self.mode {
            Mode::Nearest => Class::Rearrangement,
            // A weighted mean over a small window.
            Mode::Linear | Mode::Bilinear | Mode::Trilinear | Mode::Bicubic => Class::Pooling,
        }
    }
}

#[cfg(feature = "run")]
impl Reference for Upsample {
    /// One axis after the other: the weights of the pixels around are products.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        (0..input.rank() - 2).try_fold(input.clone(), |image, axis| {
            let dim = axis + 2;
            let from = image.dim(dim)?;
            let to = tensors::size_of(self.made(axis, from as u64).map_err(candle_core::Error::wrap)?)?;
            let weighted = |tap: taps::Tap| {
                let picked = tensors::pick(&image, tap.positions, dim)?;
                let Some(weights) = tap.weights else { return Ok(picked) };
                picked.broadcast_mul(&tensors::spread(&Tensor::new(weights, image.device())?, &image, dim)?)
            };
            let mut taps = self.taps(axis, from, to).into_iter().map(weighted);
            let first = taps.next().unwrap_or_else(|| Ok(image.clone()))?;
            taps.try_fold(first, |sum, part| sum + part?)
        })
    }

    /// At each axis the image that is stretched along those before it, and of the image that it makes one copy, or for each
    /// tap what is picked, what that comes to, and the sum: three at any time. And where they are picked, with which weights.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let of_each = if self.mode == Mode::Nearest { 1 } else { 3 };
        let (from, to) = (inputs[0].dims(), output.dims());
        let made = |axes: usize| elements(&[&to[..=axes], &from[axes + 1..]].concat());
        let at = |axis: usize| (if axis > 0 { made(axis) } else { 0 }) + of_each * made(axis + 1);
        let most = (0..to.len() - 1).map(at).max().unwrap_or(0);
        let longest = spatial_sizes(output).iter().copied().max().unwrap_or(0);
        let places = 4 * (u128::from(self.mode.taps()) + 1) * u128::from(longest);
        Workspace { each: most.saturating_sub(elements(to)), once: places }
    }
}

impl Upsample {
    /// Whether the input has the axes that its mode is for.
    fn accepts(&self, input: &Shape) -> Result<(), Reason> {
        let kinds = || {
            [
                text!("channels × length", "通道 × 长度"),
                text!("channels × height × width", "通道 × 高 × 宽"),
                text!("channels × depth × height × width", "通道 × 深 × 高 × 宽"),
            ]
        };
        let axes = input.rank().checked_sub(1).filter(|axes| (1..=3).contains(axes));
        let help = |reason: Reason| match axes {
            Some(axes) => {
                let mode = ["linear", "bilinear", "trilinear"][axes - 1];
                reason.help(text!(
                    "for {input} it is `mode = \"{mode}\"`",
                    "{input} 应使用 `mode = \"{mode}\"`"
                ))
            }
            None if input.rank() == 1 => reason.help(before_flatten()),
            None => reason,
        };
        match (self.mode.axes(), axes) {
            (None, Some(_)) => Ok(()),
            (Some(wanted), Some(axes)) if wanted == axes => Ok(()),
            (Some(wanted), _) => {
                let (mode, needs): (_, Text) = (self.mode.name(), kinds()[wanted - 1].clone());
                Err(help(Reason::new(text!(
                    "`mode = \"{mode}\"` needs {needs}, and gets {input}",
                    "`mode = \"{mode}\"` 需要{needs:#},却得到 {input}"
                )))
                .at("mode"))
            }
            (None, None) => {
                let [sequence, image, volume] = kinds();
                Err(help(Reason::new(text!(
                    "needs {sequence}, {image} or {volume}, and gets {input}",
                    "需要{sequence:#}、{image:#}或{volume:#},却得到 {input}"
                ))))
            }
        }
    }

    /// What `from` positions along a spatial axis become.
    fn made(&self, axis: usize, from: u64) -> Result<u64, Reason> {
        match (&self.size, &self.scale_factor) {
            (Some(sizes), _) => Ok(sizes.on(axis).get()),
            (None, Some(factors)) => size(factors.on(axis).of(from)),
            (None, None) => Err(one_of_two(false)),
        }
    }
}

/// The reason why neither or both of two settings are wrong.
fn one_of_two(both: bool) -> Reason {
    if both {
        return Reason::new(text!(
            "only one of `scale_factor` and `size` can be given, and both are",
            "`scale_factor` 与 `size` 只能给出一个,这里两者都给出了"
        ))
        .at("size");
    }
    Reason::new(text!("needs `scale_factor` or `size`", "需要 `scale_factor` 或 `size`"))
}

#[cfg(test)]
mod tests;
