//! `grid_sample`: a picture sampled where a grid points, as `torch.nn.functional.grid_sample`.
//!
//! The counting rule: for each number that is sampled between its neighbors, a multiplication for each of them and an addition for
//! each but one, as for bilinear upsampling. The places themselves are not counted, no more than there: they are worked out once for
//! all channels. What is taken from the nearest position is copied.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Along, Arity, Class, Cost, Definition, Look, Operator, Purpose, Reach, Reason, Term, shape};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace,
    sample::{self, Neighbor, Places},
    workspace::elements,
};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// A picture or volume sampled where the second input points: height × width × 2, or depth × height × width × 3, each place as x, y and z
/// from −1 to 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "在第二个输入所指之处对图像或体积采样:高 × 宽 × 2 或深 × 高 × 宽 × 3,每处依次为 x、y、z,取值 −1 到 1"))]
pub struct GridSample {
    /// How it is sampled between positions.
    #[serde(default)]
    #[schemars(extend("x-zh" = "位置之间如何采样"))]
    pub mode: Mode,
    /// What there is outside.
    #[serde(default)]
    #[schemars(extend("x-zh" = "边界之外取什么"))]
    pub padding_mode: Outside,
    /// Whether −1 and 1 are the centers of the outermost positions; otherwise they are their outer edges.
    #[serde(default)]
    #[schemars(extend("x-zh" = "−1 和 1 是否指最外侧位置的中心;否则指其外缘"))]
    pub align_corners: bool,
}

/// How [`GridSample`] samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Mode {
    /// Between the neighbors on every side, four of a picture and eight of a volume.
    #[default]
    Bilinear,
    /// The nearest position.
    Nearest,
}

/// What [`GridSample`] finds outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Outside {
    /// Zeros.
    #[default]
    Zeros,
    /// What is at the border.
    Border,
    /// The picture, reflected again and again.
    Reflection,
}

impl Definition for GridSample {
    const EXAMPLE: &'static str = r#"{ op = "grid_sample", from = ["features", "grid"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 28, 28], &[14, 14, 2]];
}

impl Operator for GridSample {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [picture, grid] = inputs else { return Err(Arity::TWO.mismatch(inputs.len())) };
        match (picture.dims(), grid.dims()) {
            ([channels, sizes @ ..], [positions @ .., axes])
                if (2..=3).contains(&sizes.len())
                    && positions.len() == sizes.len()
                    && *axes == sizes.len() as u64 =>
            {
                shape([&[*channels], positions].concat())
            }
            _ => Err(Reason::new(text!(
                "needs channels × height × width and a grid of height × width × 2, or those of a volume, and gets {picture} and {grid}",
                "需要通道 × 高 × 宽和高 × 宽 × 2 的网格,或体积的相应形状,却得到 {picture} 和 {grid}"
            ))),
        }
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(match self.mode {
            Mode::Nearest => Cost::FREE,
            Mode::Bilinear => {
                let corners = || Working::named(Factor::Corners, 1u64 << (inputs[0].rank() - 1));
                let each = |kind, count: Working| {
                    let count = count.by(Working::elements(Factor::OutputElements, output));
                    Term::ops(kind, count).purpose(Purpose::Sampling)
                };
                let added = corners().less(Working::Number(1));
                Cost { terms: vec![each(Kind::Mul, corners()), each(Kind::Add, added)] }
            }
        })
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(match self.mode {
            Mode::Bilinear => text!("bilinear sampling where a grid points", "按网格双线性采样"),
            Mode::Nearest => text!("nearest sampling where a grid points", "按网格取最近位置"),
        })
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach_of(0, inputs, output)
    }

    /// Anywhere in the picture; where to is at the same position of the grid.
    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        if index == 0 {
            return Reach::mixing(&inputs[0], |dim| dim > 0);
        }
        let last = inputs[1].rank() - 1;
        let along = |dim| {
            if dim == last {
                Along { to: None, look: Look::All }
            } else {
                Along { to: Some(dim + 1), look: Look::Same }
            }
        };
        Reach::Along((0..=last).map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for GridSample {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (pictures, grid) = (&inputs[0], &inputs[1]);
        let (sizes, positions) = (&pictures.dims()[2..], &grid.dims()[1..grid.rank() - 1]);
        let axes = sizes.len();
        let of_sample: usize = positions.iter().product();
        let points = grid.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
        let mut places = Places::new(self.neighbors(axes));
        for (number, point) in points.chunks_exact(axes).enumerate() {
            // x is of the last axis.
            let along = sizes.iter().zip(point.iter().rev()).map(|(&size, &at)| self.along(at, size));
            places.push(number / of_sample.max(1), sizes, &along.collect::<Vec<_>>())?;
        }
        let (batch, channels) = (pictures.dim(0)?, pictures.dim(1)?);
        let sampled = places.sampled(pictures)?.reshape((batch, of_sample, channels))?.transpose(1, 2)?;
        sampled.reshape([&[batch, channels], positions].concat())
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        let neighbors = self.neighbors(inputs[0].rank() - 1) as u128;
        let (picture, places) = (elements(inputs[0].dims()), elements(&output.dims()[1..]));
        sample::workspace(picture, places, output.dims()[0], neighbors)
            + Workspace::of_sample(elements(inputs[1].dims()))
    }
}

#[cfg(feature = "run")]
impl GridSample {
    fn neighbors(&self, axes: usize) -> usize {
        if self.mode == Mode::Bilinear { 1 << axes } else { 1 }
    }

    /// The neighbors, on an axis of `size` positions, of a place between −1 and 1.
    #[expect(clippy::cast_precision_loss, reason = "sizes of a picture that is computed")]
    fn along(&self, at: f32, size: usize) -> Vec<Neighbor> {
        let positions = size as f32;
        let last = positions - 1.0;
        let place = if self.align_corners {
            f32::midpoint(at, 1.0) * last
        } else {
            ((at + 1.0) * positions - 1.0) / 2.0
        };
        let place = match self.padding_mode {
            Outside::Zeros => place,
            Outside::Border => place.clamp(0.0, last),
            Outside::Reflection if self.align_corners => reflected(place, 0.0, last).clamp(0.0, last),
            Outside::Reflection => reflected(place, -0.5, last + 0.5).clamp(0.0, last),
        };
        match self.mode {
            Mode::Bilinear => sample::between(place, size),
            Mode::Nearest => sample::nearest(place, size),
        }
    }
}

/// Where a place comes to lie that is reflected at either end until it is between them.
#[cfg(feature = "run")]
fn reflected(place: f32, first: f32, last: f32) -> f32 {
    let span = last - first;
    if span <= 0.0 {
        return first;
    }
    let around = (place - first).rem_euclid(2.0 * span);
    first + if around > span { 2.0 * span - around } else { around }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn grids_are_of_the_picture() {
        let output = |dims: &[&[u64]]| GridSample::default().output(&shapes(dims));
        assert_eq!(output(&[&[64, 28, 28], &[14, 10, 2]]).unwrap().dims(), [64, 14, 10]);
        assert_eq!(output(&[&[64, 4, 28, 28], &[2, 14, 10, 3]]).unwrap().dims(), [64, 2, 14, 10]);
        for dims in [&[&[64, 28, 28][..], &[14, 10, 3]], &[&[64, 28], &[14, 1]], &[&[64, 28, 28], &[14, 2]]] {
            assert!(output(dims).unwrap_err().to_string().starts_with("needs channels × height × width"));
        }
    }

    #[test]
    fn reflections_end_between_the_ends() {
        let places = [-1.5, -0.5, 0.0, 2.0, 2.5, 3.0, 7.0].map(|place| reflected(place, -0.5, 2.5));
        let expected = [0.5f32, -0.5, 0.0, 2.0, 2.5, 2.0, 1.0];
        assert_eq!(places.map(f32::to_bits), expected.map(f32::to_bits));
        assert!(reflected(4.0, 0.0, 0.0).abs() < f32::EPSILON);
    }
}
