//! `upsample`: a larger image by repeating or interpolating pixels, as `torch.nn.Upsample`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{PerAxis, Size};
use super::window::spatial_sizes;
use super::{Class, Cost, Definition, Look, Operator, Reach, Reason, Slide, Term, only_spatial, shape, size};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors, workspace::elements};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

mod factors;

pub use factors::Factors;

/// An image of another height and width, usually a larger one; either by a factor or to a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把图像变为另一高和宽,通常更大;按倍数或按目标尺寸"))]
pub struct Upsample {
    /// How many times as high and as wide the image becomes, rounded down to whole pixels. One number is a whole one; a
    /// list of height and width may have fractions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Factors")]
    #[schemars(extend("x-zh" = "高和宽的倍数,结果向下取整到整像素。单个数须为整数;高、宽的列表可带小数"))]
    pub scale_factor: Option<Factors>,
    /// Height and width of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PerAxis<Size, 2>")]
    #[schemars(extend("x-zh" = "输出的高和宽"))]
    pub size: Option<PerAxis<Size, 2>>,
    /// What a pixel between those of the input is.
    #[serde(default)]
    #[schemars(extend("x-zh" = "输入像素之间的像素如何取值"))]
    pub mode: Mode,
    /// For bilinear: whether the centers of the corner pixels stay in the corners, rather than their outer edges.
    #[serde(default)]
    #[schemars(extend("x-zh" = "用于 bilinear:角上像素是以中心(而非外边缘)与角对齐"))]
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
    /// As the mean of the four pixels around it, weighted by how near they are.
    Bilinear,
}

impl Definition for Upsample {
    const EXAMPLE: &'static str = r#"{ op = "upsample", scale_factor = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 64, 64]];
}

impl Operator for Upsample {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only_spatial::<2>(inputs)?;
        if self.align_corners && self.mode == Mode::Nearest {
            return Err(Reason::new(text!(
                "`align_corners` goes with `mode = \"bilinear\"` only",
                "`align_corners` 只能与 `mode = \"bilinear\"` 一起使用"
            ))
            .at("align_corners"));
        }
        let [height, width] = match (self.size, self.scale_factor) {
            (Some(size), None) => size.0.map(Size::get),
            (None, Some(factors)) => {
                let scaled = |axis: usize| size(factors.scaled(axis, input.dims()[axis + 1]));
                let sizes = scaled(0).and_then(|height| Ok([height, scaled(1)?]));
                sizes.map_err(|reason| reason.at("scale_factor"))?
            }
            (given, _) => return Err(one_of_two(given.is_some())),
        };
        let sizes = shape(vec![input.dims()[0], height, width]);
        sizes.map_err(|reason| reason.at(if self.size.is_some() { "size" } else { "scale_factor" }))
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(match self.mode {
            Mode::Nearest => Cost::FREE,
            Mode::Bilinear => {
                let each = |steps: Working| steps.by(Working::elements(Factor::OutputElements, output));
                let corners = || Working::named(Factor::Corners, 4u64);
                let sums = corners().less(Working::Number(1));
                Cost { terms: vec![Term::ops(Kind::Mul, each(corners())), Term::ops(Kind::Add, each(sums))] }
            }
        })
    }

    /// By whole factors; a fraction has no working in whole numbers.
    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        let (input, output) = (inputs[0].dims(), output.dims());
        let Some(factors) = self.scale_factor else { return vec![] };
        let working = |(axis, name): (usize, _)| {
            let (from, to) = (input[axis + 1], output[axis + 1]);
            let factor = to / from;
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "asks whether it is exact")]
            let is_whole = factor as f64 == factors.0[axis];
            is_whole.then(|| (name, Working::Number(from.into()).by(Working::Number(factor.into()))))
        };
        [Factor::OutputHeight, Factor::OutputWidth].into_iter().enumerate().filter_map(working).collect()
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
            Mode::Bilinear => Class::Pooling,
        }
    }
}

#[cfg(feature = "run")]
impl Reference for Upsample {
    /// One axis after the other: the weights of the four pixels around are products.
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        (0..2).try_fold(input.clone(), |image, axis| {
            let dim = axis + 2;
            let from = image.dim(dim)?;
            let to = tensors::size_of(match (self.size, self.scale_factor) {
                (Some(size), _) => size.0[axis].get(),
                (None, Some(factors)) => {
                    u64::try_from(factors.scaled(axis, from as u64)).map_err(candle_core::Error::wrap)?
                }
                (None, None) => return Err(candle_core::Error::wrap(one_of_two(false))),
            })?;
            let pick = |indices| tensors::pick(&image, indices, dim);
            match self.mode {
                Mode::Nearest => pick(self.nearest(axis, from, to)),
                Mode::Bilinear => {
                    let (low, high, weights) = self.between(axis, from, to);
                    let weights = tensors::spread(&Tensor::new(weights, image.device())?, &image, dim)?;
                    let (low, high) = (pick(low)?, pick(high)?);
                    low.broadcast_mul(&weights.affine(-1.0, 1.0)?)? + high.broadcast_mul(&weights)?
                }
            }
        })
    }

    /// Both steps count: the image that is stretched along its height, and what the step to the output or to that image takes.
    /// Nearest takes only the new image; bilinear picks two pixels for each, weights both, and adds them.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let first = elements(&[&output.dims()[..2], &inputs[0].dims()[2..]].concat());
        let whole = elements(output.dims());
        let of_each = match self.mode {
            Mode::Nearest => 1,
            Mode::Bilinear => 5,
        };
        Workspace::of_sample(first + of_each * first.max(whole) - whole)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "places in an image that is computed, as PyTorch computes them; none is negative"
)]
impl Upsample {
    /// Pixels of the input from one pixel of the output to the next. PyTorch takes the factor at its word, even where
    /// the output was rounded down.
    fn step(&self, axis: usize, from: usize, to: usize) -> f64 {
        match self.scale_factor {
            Some(factors) => 1.0 / factors.0[axis],
            None => from as f64 / to as f64,
        }
    }

    /// Which of `from` pixels each of `to` looks at; `None` where the factor is a fraction that was rounded.
    fn look(&self, axis: usize, from: u64, to: u64) -> Option<Look> {
        if self.scale_factor.is_some_and(|factors| factors.0[axis] * from as f64 != to as f64) {
            return None;
        }
        let (from_wide, to_wide) = (i128::from(from), i128::from(to));
        let (stride, divisor, start) = match (self.mode, self.align_corners) {
            (Mode::Nearest, _) => return Some(Look::Sliding(Slide::nearest(from, to))),
            (Mode::Bilinear, true) if to == 1 => return Some(Look::At(0)),
            (Mode::Bilinear, true) => (from_wide - 1, to_wide - 1, 0),
            // From center to center: (o + 1/2)·from/to − 1/2.
            (Mode::Bilinear, false) => (2 * from_wide, 2 * to_wide, from_wide - to_wide),
        };
        // The pixel at or before the place, and the one at or behind it.
        Some(Look::Sliding(Slide {
            stride,
            divisor,
            first: start - (divisor - 1),
            last: start + divisor - 1,
            step: 1,
        }))
    }

    /// Of each of `to` pixels, which of `from` pixels it is.
    #[cfg(feature = "run")]
    fn nearest(&self, axis: usize, from: usize, to: usize) -> Vec<u32> {
        (0..to).map(|pixel| self.nearest_to(axis, from, to, pixel) as u32).collect()
    }

    /// Which of `from` pixels number `pixel` of `to` is; in f32, as PyTorch computes it for tensors of f32.
    fn nearest_to(&self, axis: usize, from: usize, to: usize, pixel: usize) -> usize {
        // PyTorch knows these two without computing them.
        let place = if from == to {
            pixel
        } else if to == 2 * from {
            pixel / 2
        } else {
            (pixel as f32 * self.step(axis, from, to) as f32) as usize
        };
        place.min(from - 1)
    }

    /// Of each of `to` pixels, which two of `from` pixels it lies between, and the weight of the second.
    #[cfg(feature = "run")]
    fn between(&self, axis: usize, from: usize, to: usize) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
        let (mut low, mut high, mut weights) = (vec![], vec![], vec![]);
        for pixel in 0..to {
            let (first, second, weight) = self.two_around(axis, from, to, pixel);
            low.push(first as u32);
            high.push(second as u32);
            weights.push(weight);
        }
        (low, high, weights)
    }

    /// Which two of `from` pixels number `pixel` of `to` lies between, and the weight of the second.
    fn two_around(&self, axis: usize, from: usize, to: usize, pixel: usize) -> (usize, usize, f32) {
        let place = if self.align_corners {
            if to > 1 { pixel as f64 * ((from - 1) as f64 / (to - 1) as f64) } else { 0.0 }
        } else {
            ((pixel as f64 + 0.5) * self.step(axis, from, to) - 0.5).max(0.0)
        };
        let first = (place as usize).min(from - 1);
        (first, (first + 1).min(from - 1), (place - first as f64).clamp(0.0, 1.0) as f32)
    }

    /// How many of `from` pixels any of `to` is made from: each step takes it on, and where steps are short, it leaves none out.
    fn picked(&self, axis: usize, from: u64, to: u64) -> u64 {
        let (Ok(wide), Ok(made)) = (usize::try_from(from), usize::try_from(to)) else { return from };
        let picked = match self.mode {
            Mode::Nearest => (self.nearest_to(axis, wide, made, made - 1) + 1).min(made),
            Mode::Bilinear => {
                let (start, _, _) = self.two_around(axis, wide, made, 0);
                let (low, high, _) = self.two_around(axis, wide, made, made - 1);
                // The last two are one where the last pixel of all is picked.
                (high - start + 1).min(made.saturating_mul(2) - usize::from(low == high))
            }
        };
        picked as u64
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
mod tests {
    use super::*;
    use crate::working::Notation;

    fn upsample(settings: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let upsample: Upsample = toml::from_str(settings).unwrap();
        upsample.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn by_a_factor_or_to_a_size() {
        assert_eq!(upsample("scale_factor = 2", &[256, 64, 64]), Ok(vec![256, 128, 128]));
        assert_eq!(upsample("scale_factor = [1.5, 3]", &[2, 5, 4]), Ok(vec![2, 7, 12]));
        assert_eq!(upsample("size = [7, 7]", &[2, 5, 4]), Ok(vec![2, 7, 7]));
        assert_eq!(upsample("size = [1, 9]", &[2, 5, 4]), Ok(vec![2, 1, 9]));
    }

    #[test]
    fn bilinear_is_a_weighted_sum_of_four() {
        let upsample: Upsample = toml::from_str("scale_factor = 2\nmode = 'bilinear'").unwrap();
        let inputs = [Shape::new(vec![3, 5, 4]).unwrap()];
        let output = upsample.output(&inputs).unwrap();
        let cost = upsample.cost(&inputs, &output).unwrap();
        assert_eq!(cost.terms[0].nominal.formula(Notation::Text), "corners · output elements");
        assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "4·3·10·8");
        let (work, _) = cost.work().unwrap();
        assert_eq!((work.ops.mul, work.ops.add), (4 * 240, 3 * 240));
        assert_eq!(upsample.class(), Class::Pooling);
        let workings = upsample.output_workings(&inputs, &output);
        assert_eq!(
            (workings[0].0, workings[0].1.substitution(Notation::Text)),
            (Factor::OutputHeight, "5·2".to_owned())
        );
    }

    #[test]
    fn nearest_is_free_and_fractions_have_no_working() {
        let upsample: Upsample = toml::from_str("scale_factor = [1.5, 3]").unwrap();
        let inputs = [Shape::new(vec![2, 5, 4]).unwrap()];
        let output = upsample.output(&inputs).unwrap();
        assert_eq!(upsample.cost(&inputs, &output), Ok(Cost::FREE));
        assert_eq!(upsample.class(), Class::Rearrangement);
        let workings = upsample.output_workings(&inputs, &output);
        assert_eq!(workings.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [Factor::OutputWidth]);
    }

    #[test]
    fn settings_fit_together() {
        let reason = |settings: &str, dims: &[u64]| {
            let reason = upsample(settings, dims).unwrap_err();
            (reason.to_string(), reason.setting)
        };
        let image = &[2, 5, 4];
        assert_eq!(reason("", image), ("needs `scale_factor` or `size`".to_owned(), None));
        let both = "only one of `scale_factor` and `size` can be given, and both are".to_owned();
        assert_eq!(reason("size = [3, 3]\nscale_factor = 2", image), (both, Some("size")));
        let corners = "`align_corners` goes with `mode = \"bilinear\"` only".to_owned();
        assert_eq!(reason("size = [3, 3]\nalign_corners = true", image), (corners, Some("align_corners")));
        let empty = "a size is 0 in 2×0×4".to_owned();
        assert_eq!(reason("scale_factor = [0.1, 1]", image), (empty, Some("scale_factor")));
        assert_eq!(reason("size = [3, 3]", &[5]).0, "needs channels × height × width, and gets 5");
        assert_eq!(reason("scale_factor = [1e300, 1]", image).1, Some("scale_factor"));
    }

    #[test]
    fn factors_are_above_zero() {
        let error = |text: &str| toml::from_str::<Upsample>(text).unwrap_err().message().to_owned();
        assert_eq!(error("scale_factor = 0"), "must be finite and above 0, and is 0");
        assert_eq!(error("scale_factor = [2, -1.5]"), "must be finite and above 0, and is -1.5");
        assert_eq!(error("scale_factor = inf"), "must be finite and above 0, and is inf");
        assert_eq!(error("scale_factor = [1, 2, 3]"), "wants one number or a list of 2");
    }
}
