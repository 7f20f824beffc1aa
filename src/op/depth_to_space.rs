//! `depth_to_space` and `space_to_depth`: channels into pixels and back in TensorFlow's order, where the place of a pixel in its block is
//! what changes slowest among channels; in PyTorch's order, where it is what changes fastest, these are `pixel_shuffle` and
//! `pixel_unshuffle`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pixel_shuffle::{PixelShuffle, PixelUnshuffle};
use super::settings::Size;
use super::{Class, Definition, Operator, Reach, Reason};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Makes a larger image of fewer channels, as `pixel_shuffle`, of channels in another order: the first pixel of each block comes from the
/// first channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "与 `pixel_shuffle` 相同,但通道顺序不同:每块的第一个像素取自最前面的通道"))]
pub struct DepthToSpace {
    /// How many times as high and as wide the image becomes; its square divides the number of channels.
    #[schemars(extend("x-zh" = "图像的高和宽放大的倍数;其平方须能整除通道数"))]
    pub block_size: Size,
}

/// Makes a smaller image of more channels, as `pixel_unshuffle`, with channels in another order: the first are of the first pixel of
/// each block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "与 `pixel_unshuffle` 相同,但通道顺序不同:最前面的通道来自每块的第一个像素"))]
pub struct SpaceToDepth {
    /// How many times as low and as narrow the image becomes; it divides height and width.
    #[schemars(extend("x-zh" = "高和宽变为原来的几分之一;须能整除高和宽"))]
    pub block_size: Size,
}

impl Definition for DepthToSpace {
    const EXAMPLE: &'static str = r#"{ op = "depth_to_space", block_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 24, 24]];
}

impl Definition for SpaceToDepth {
    const EXAMPLE: &'static str = r#"{ op = "space_to_depth", block_size = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 48, 48]];
}

impl DepthToSpace {
    /// What has the same sizes.
    fn alike(&self) -> PixelShuffle {
        PixelShuffle { upscale_factor: self.block_size }
    }
}

impl SpaceToDepth {
    /// What has the same sizes.
    fn alike(&self) -> PixelUnshuffle {
        PixelUnshuffle { downscale_factor: self.block_size }
    }
}

/// The reason, at the setting that the operator has.
fn renamed(reason: Reason) -> Reason {
    if reason.setting.is_some() { reason.at("block_size") } else { reason }
}

impl Operator for DepthToSpace {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.alike().output(inputs).map_err(renamed)
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.alike().output_workings(inputs, output)
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.alike().reach(inputs, output)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

impl Operator for SpaceToDepth {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        self.alike().output(inputs).map_err(renamed)
    }

    fn output_workings(&self, inputs: &[Shape], output: &Shape) -> Vec<(Factor, Working)> {
        self.alike().output_workings(inputs, output)
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.alike().reach(inputs, output)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for DepthToSpace {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let block = tensors::size_of(self.block_size.get())?;
        let (batch, channels, height, width) = inputs[0].dims4()?;
        let left = channels / block / block;
        let blocks = inputs[0].contiguous()?.reshape(&[batch, block, block, left, height, width][..])?;
        let pixels = blocks.permute(vec![0, 3, 4, 1, 5, 2])?.contiguous()?;
        pixels.reshape((batch, left, height * block, width * block))
    }
}

#[cfg(feature = "run")]
impl Reference for SpaceToDepth {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let block = tensors::size_of(self.block_size.get())?;
        let (batch, channels, height, width) = inputs[0].dims4()?;
        let (rows, columns) = (height / block, width / block);
        let blocks = inputs[0].contiguous()?.reshape(&[batch, channels, rows, block, columns, block][..])?;
        let channels_first = blocks.permute(vec![0, 3, 5, 1, 2, 4])?.contiguous()?;
        channels_first.reshape((batch, channels * block * block, rows, columns))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::op::shapes;

    #[test]
    fn sizes_are_those_of_a_pixel_shuffle() {
        let block_size = Size::try_from(2).unwrap();
        let (there, back) = (DepthToSpace { block_size }, SpaceToDepth { block_size });
        assert_eq!(there.output(&shapes(&[&[256, 24, 20]])).unwrap().dims(), [64, 48, 40]);
        assert_eq!(back.output(&shapes(&[&[3, 48, 40]])).unwrap().dims(), [12, 24, 20]);
        assert_eq!(there.output(&shapes(&[&[6, 24, 24]])).unwrap_err().setting, Some("block_size"));
        assert_eq!(back.output(&shapes(&[&[6, 24, 25]])).unwrap_err().setting, Some("block_size"));
        assert_eq!(back.output(&shapes(&[&[6]])).unwrap_err().setting, None);
    }

    #[test]
    fn blocks_come_from_the_first_channels() {
        let block_size = Size::try_from(2).unwrap();
        let input = Tensor::arange(0f32, 8., &Device::Cpu).unwrap().reshape((1, 8, 1, 1)).unwrap();
        let image = DepthToSpace { block_size }.forward(&[input], &[]).unwrap();
        assert_eq!(image.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [0., 2., 4., 6., 1., 3., 5., 7.]);
        let back = SpaceToDepth { block_size }.forward(&[image], &[]).unwrap();
        assert_eq!(back.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [0., 1., 2., 3., 4., 5., 6., 7.]);
    }
}
