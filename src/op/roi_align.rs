//! `roi_align`: rectangles of a picture brought to one size, as `torchvision.ops.roi_align` (He et al. 2017).
//!
//! Each sample has its own rectangles, and as many as any other. The counting rule: each number that comes out is the mean of
//! `sampling_ratio`² that are sampled, each with 4 multiplications and 3 additions, as for bilinear upsampling.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{PerAxis, Size, above_zero};
use super::{Along, Arity, Class, Cost, Definition, Look, Operator, Purpose, Reach, Reason, Term, shape};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    sample::{self, Neighbor, Places},
    tensors,
    workspace::{elements, product},
};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// Rectangles of a picture, each brought to one size: the second input has x and y of two opposite corners for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把图像中的矩形区域统一到同一尺寸:第二个输入给出每个矩形两个对角的 x、y"))]
pub struct RoiAlign {
    /// The size that they are brought to.
    #[schemars(extend("x-zh" = "统一后的尺寸"))]
    pub output_size: PerAxis<Size, 2>,
    /// What the corners are multiplied by.
    #[serde(default = "one", deserialize_with = "above_zero")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    #[schemars(extend("x-zh" = "角点坐标所乘的系数"))]
    pub spatial_scale: f64,
    /// How many places are sampled along each axis of what becomes one number. PyTorch's default, as many as there are pixels, is
    /// not known beforehand.
    #[schemars(extend("x-zh" = "每个输出值沿每一轴采样多少处。PyTorch 的默认(按像素数)无法预先知道"))]
    pub sampling_ratio: Size,
    /// Whether corners are moved by half a pixel, as pixels have their centers there.
    #[serde(default)]
    #[schemars(extend("x-zh" = "角点是否移动半个像素(像素中心对齐)"))]
    pub aligned: bool,
}

fn one() -> f64 {
    1.0
}

impl Definition for RoiAlign {
    const EXAMPLE: &'static str =
        r#"{ op = "roi_align", output_size = 7, sampling_ratio = 2, from = ["features", "boxes"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 50, 50], &[1000, 4]];
}

impl Operator for RoiAlign {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [picture, boxes] = inputs else { return Err(Arity::TWO.mismatch(inputs.len())) };
        let (&[channels, _, _], &[count, 4]) = (picture.dims(), boxes.dims()) else {
            return Err(Reason::new(text!(
                "needs channels × height × width and boxes × 4, and gets {picture} and {boxes}",
                "需要通道 × 高 × 宽和矩形数 × 4,却得到 {picture} 和 {boxes}"
            )));
        };
        let [height, width] = self.output_size.0.map(Size::get);
        shape(vec![count, channels, height, width])
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let elements = || Working::elements(Factor::OutputElements, output);
        let places = || {
            let ratio = Working::named(Factor::SamplingRatio, self.sampling_ratio.get());
            Working::Product(vec![ratio.clone(), ratio])
        };
        let corners = || Working::named(Factor::Corners, 4u64);
        let sampling = |kind, each: Working| {
            Term::ops(kind, each.by(places()).by(elements())).purpose(Purpose::Sampling)
        };
        Ok(Cost {
            terms: vec![
                sampling(Kind::Mul, corners()),
                sampling(Kind::Add, corners().less(Working::Number(1))),
                Term::ops(Kind::Add, elements().by(places().less(Working::Number(1)))).purpose(Purpose::Mean),
                Term::ops(Kind::Div, elements()).purpose(Purpose::Mean),
            ],
        })
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let ([height, width], count) = (self.output_size.0.map(Size::get), inputs[1].dims()[0]);
        Some(text!("{count} boxes brought to {height}×{width}", "{count} 个矩形区域统一为 {height}×{width}"))
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    /// Anywhere in the picture, of each box where that is.
    fn reach_of(&self, index: usize, _inputs: &[Shape], _output: &Shape) -> Reach {
        let all = Along { to: None, look: Look::All };
        let same = |dim| Along { to: Some(dim), look: Look::Same };
        Reach::Along(if index == 0 { vec![same(1), all.clone(), all] } else { vec![same(0), all] })
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl Reference for RoiAlign {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (pictures, boxes) = (&inputs[0], &inputs[1]);
        let (batch, channels, height, width) = pictures.dims4()?;
        let count = boxes.dim(1)?;
        let sizes = self.output_size.0.map(|size| tensors::size_of(size.get()));
        let ([rows, columns], ratio) =
            ([sizes[0].as_ref(), sizes[1].as_ref()], tensors::size_of(self.sampling_ratio.get())?);
        let (Ok(&rows), Ok(&columns)) = (rows, columns) else {
            candle_core::bail!("a size that does not fit")
        };
        let corners = boxes.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        let mut places = Places::new(4);
        for (number, corners) in corners.chunks_exact(4).enumerate() {
            let &[left, top, right, bottom] = corners else { continue };
            let down = self.along(top, bottom, rows, ratio, height);
            let across = self.along(left, right, columns, ratio, width);
            // The places of each number that comes out, one after the other.
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                for (y, x) in (0..ratio).flat_map(|y| (0..ratio).map(move |x| (y, x))) {
                    let along = [down[row * ratio + y].clone(), across[column * ratio + x].clone()];
                    places.push(number / count.max(1), &[height, width], &along)?;
                }
            }
        }
        let sampled =
            places.sampled(pictures)?.reshape((batch * count * rows * columns, ratio * ratio, channels))?;
        let means = sampled.mean(1)?.reshape((batch, count, rows, columns, channels))?;
        means.permute((0, 1, 4, 2, 3))?.contiguous()
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let (channels, ratio) = (inputs[0].dims()[0], u128::from(self.sampling_ratio.get()));
        let [height, width] = self.output_size.0.map(|size| u128::from(size.get()));
        let places = product([inputs[1].dims()[0].into(), height, width, ratio, ratio]);
        sample::workspace(elements(inputs[0].dims()), places, channels, 4) + Workspace::copies(2, &[], output)
    }
}

#[cfg(feature = "run")]
impl RoiAlign {
    /// The neighbors of the places that are sampled between two edges on an axis of `size` positions: `ratio` for each of so many `parts`.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "sizes of a picture that is computed, and a factor as exact as its places"
    )]
    fn along(&self, from: f32, to: f32, parts: usize, ratio: usize, size: usize) -> Vec<Vec<Neighbor>> {
        let (scale, half) = (self.spatial_scale as f32, if self.aligned { 0.5 } else { 0.0 });
        let [from, to] = [from, to].map(|edge| edge * scale - half);
        let length = if self.aligned { to - from } else { (to - from).max(1.0) };
        let step = length / (parts * ratio) as f32;
        let neighbors = |number: usize| {
            let place = from + (number as f32 + 0.5) * step;
            if place < -1.0 || place > size as f32 {
                return vec![(None, 0.0); 2];
            }
            sample::between(place.clamp(0.0, size as f32 - 1.0), size)
        };
        (0..parts * ratio).map(neighbors).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    /// Mask R-CNN's head: 7×7 of each of 1000 boxes.
    #[test]
    fn four_places_for_each_number() {
        let op: RoiAlign =
            toml::from_str("output_size = 7\nsampling_ratio = 2\nspatial_scale = 0.25").unwrap();
        let inputs = shapes(&[&[256, 50, 50], &[1000, 4]]);
        let output = op.output(&inputs).unwrap();
        assert_eq!(output.dims(), [1000, 256, 7, 7]);
        let numbers = 1000 * 256 * 49;
        let ops = Ops { mul: 16 * numbers, add: 15 * numbers, div: numbers, ..Ops::default() };
        assert_eq!(op.cost(&inputs, &output).unwrap().work().unwrap().0.ops, ops);
        let reason = op.output(&shapes(&[&[256, 50, 50], &[1000, 5]])).unwrap_err();
        assert!(reason.to_string().ends_with("and gets 256×50×50 and 1000×5"));
    }
}
