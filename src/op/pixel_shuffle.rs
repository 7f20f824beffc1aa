//! `pixel_shuffle` and `pixel_unshuffle`: channels into pixels and back, as `torch.nn.PixelShuffle` and
//! `torch.nn.PixelUnshuffle`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Class, Definition, Look, Operator, Reach, Reason, Slide, only_spatial, shape, size};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Makes a larger image of fewer channels: each r² channels become r × r pixels of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PixelShuffle {
    /// r: how many times as high and as wide the image becomes; its square divides the number of channels.
    pub upscale_factor: Size,
}

/// Makes a smaller image of more channels: each r × r pixels become r² channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PixelUnshuffle {
    /// r: how many times as low and as narrow the image becomes; it divides height and width.
    pub downscale_factor: Size,
}

impl Definition for PixelShuffle {
    const EXAMPLE: &'static str = r#"{ op = "pixel_shuffle", upscale_factor = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 24, 24]];
}

impl Definition for PixelUnshuffle {
    const EXAMPLE: &'static str = r#"{ op = "pixel_unshuffle", downscale_factor = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 48, 48]];
}

impl Operator for PixelShuffle {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let (channels, [height, width]) = image(inputs)?;
        let factor = u128::from(self.upscale_factor.get());
        let square = factor * factor;
        if channels % square != 0 {
            return Err(Reason::new(text!(
                "{channels} channels cannot be divided by {factor}² = {square}",
                "{channels} 个通道不能被 {factor}² = {square} 整除"
            ))
            .at("upscale_factor"));
        }
        shape(vec![size(channels / square)?, size(height * factor)?, size(width * factor)?])
    }

    fn output_workings(&self, inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        let factor = self.upscale_factor;
        workings(&inputs[0], |channels| divided(channels, squared(factor)), |size| size.by(number(factor)))
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        let look = Look::Sliding(Slide::nearest(1, self.upscale_factor.get()));
        Reach::spatial([look.clone(), look])
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for PixelShuffle {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        candle_nn::ops::pixel_shuffle(&inputs[0], tensors::size_of(self.upscale_factor.get())?)
    }
}

impl Operator for PixelUnshuffle {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let (channels, [height, width]) = image(inputs)?;
        let factor = u128::from(self.downscale_factor.get());
        for (name, size) in [(text!("height", "高"), height), (text!("width", "宽"), width)] {
            if size % factor != 0 {
                return Err(Reason::new(text!(
                    "{name} {size} cannot be divided by {factor}",
                    "{name:#} {size} 不能被 {factor} 整除"
                ))
                .at("downscale_factor"));
            }
        }
        // The factor divides sizes of at most 2^53, so its square fits, and so does the square times channels.
        let channels = channels.saturating_mul(factor * factor);
        shape(vec![size(channels)?, size(height / factor)?, size(width / factor)?])
    }

    fn output_workings(&self, inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        let factor = self.downscale_factor;
        workings(&inputs[0], |channels| channels.by(squared(factor)), |size| divided(size, number(factor)))
    }

    /// An output pixel is one of the square; all its channels together are the square.
    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        let stride = i128::from(self.downscale_factor.get());
        let slide = Slide { stride, divisor: 1, first: 0, last: stride - 1, step: 1 };
        Reach::spatial([slide; 2].map(Look::Sliding))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for PixelUnshuffle {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        candle_nn::ops::pixel_unshuffle(&inputs[0], tensors::size_of(self.downscale_factor.get())?)
    }
}

/// Channels, and height and width, of the only input.
fn image(inputs: &[Shape]) -> Result<(u128, [u128; 2]), Reason> {
    let sizes = only_spatial::<2>(inputs)?.dims();
    Ok((sizes[0].into(), [sizes[1].into(), sizes[2].into()]))
}

/// How channels, height and width come about.
fn workings(
    input: &Shape,
    channels: impl Fn(Working) -> Working,
    size: impl Fn(Working) -> Working,
) -> Vec<(Factor, Working)> {
    let sizes = input.dims().iter().map(|&size| Working::Number(size.into()));
    let names = [Factor::OutputChannels, Factor::OutputHeight, Factor::OutputWidth];
    let working = |(index, working)| if index == 0 { channels(working) } else { size(working) };
    names.into_iter().zip(sizes.enumerate().map(working)).collect()
}

fn number(factor: Size) -> Working {
    Working::Number(factor.get().into())
}

fn squared(factor: Size) -> Working {
    number(factor).by(number(factor))
}

fn divided(size: Working, divisor: Working) -> Working {
    Working::Floor(Box::new(size), Box::new(divisor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn factor(factor: u64) -> Size {
        factor.try_into().unwrap()
    }

    fn output(operator: &dyn Operator, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        operator.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    fn shuffle(r: u64, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        output(&PixelShuffle { upscale_factor: factor(r) }, dims)
    }

    fn unshuffle(r: u64, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        output(&PixelUnshuffle { downscale_factor: factor(r) }, dims)
    }

    #[test]
    fn one_is_the_other_backwards() {
        assert_eq!(shuffle(3, &[18, 5, 7]), Ok(vec![2, 15, 21]));
        assert_eq!(unshuffle(3, &[2, 15, 21]), Ok(vec![18, 5, 7]));
        assert_eq!(shuffle(1, &[2, 5, 7]), Ok(vec![2, 5, 7]));
    }

    #[test]
    fn sizes_have_workings() {
        let workings = |operator: &dyn Operator, dims: &[u64]| -> Vec<String> {
            let inputs = [Shape::new(dims.to_vec()).unwrap()];
            let output = operator.output(&inputs).unwrap();
            let workings = operator.output_workings(&inputs, &output);
            for ((_, working), &size) in workings.iter().zip(output.dims()) {
                assert_eq!(working.evaluate(), Ok(size.into()));
            }
            workings.iter().map(|(name, w)| format!("{name} {}", w.substitution(Notation::Text))).collect()
        };
        let up = PixelShuffle { upscale_factor: factor(3) };
        let expected = ["output channels ⌊18/3²⌋", "output height 5·3", "output width 7·3"];
        assert_eq!(workings(&up, &[18, 5, 7]), expected);
        let down = PixelUnshuffle { downscale_factor: factor(3) };
        let expected = ["output channels 2·3²", "output height ⌊15/3⌋", "output width ⌊21/3⌋"];
        assert_eq!(workings(&down, &[2, 15, 21]), expected);
    }

    #[test]
    fn nothing_is_left_over() {
        let reason = shuffle(2, &[18, 5, 7]).unwrap_err();
        assert_eq!(reason.to_string(), "18 channels cannot be divided by 2² = 4");
        assert_eq!(reason.message.chinese, "18 个通道不能被 2² = 4 整除");
        assert_eq!(reason.setting, Some("upscale_factor"));
        let reason = unshuffle(2, &[2, 4, 7]).unwrap_err();
        assert_eq!(reason.to_string(), "width 7 cannot be divided by 2");
        assert_eq!(reason.message.chinese, "宽 7 不能被 2 整除");
        assert_eq!(reason.setting, Some("downscale_factor"));
        assert_eq!(unshuffle(2, &[2, 5, 4]).unwrap_err().to_string(), "height 5 cannot be divided by 2");
    }

    #[test]
    fn they_take_images() {
        let message = "needs channels × height × width, and gets 4×6";
        assert_eq!(shuffle(2, &[4, 6]).unwrap_err().to_string(), message);
        assert_eq!(unshuffle(2, &[4, 6]).unwrap_err().to_string(), message);
    }

    #[test]
    fn sizes_that_are_too_large_are_an_error() {
        let huge = 1 << 53;
        assert_eq!(
            shuffle(2, &[4, huge, 1]).unwrap_err().to_string(),
            "the size 18014398509481984 is above 2^53"
        );
        assert!(shuffle(huge, &[4, 1, 1]).is_err());
        assert!(unshuffle(1 << 40, &[1 << 47, 1 << 40, 1 << 40]).is_err());
    }
}
