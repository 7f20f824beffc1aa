//! `roll`: a cyclic shift, as `torch.roll`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Class, Definition, Operator, Reach, Reason, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::shape::Shape;
use crate::text;

/// A cyclic shift: what leaves a dimension at one end comes in again at the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "循环移位:从一端移出的元素由另一端移入"))]
pub struct Roll {
    /// How far along each of `dims`; a negative number shifts towards the start.
    #[schemars(length(min = 1))]
    #[schemars(extend("x-zh" = "沿 `dims` 的每一维移动多远;负数向起点移动"))]
    pub shifts: Vec<i64>,
    /// The dimensions that are shifted; channels are 1, and the last is -1.
    #[schemars(length(min = 1))]
    #[schemars(extend("x-zh" = "移位的维度;通道为 1,最后一维为 -1"))]
    pub dims: Vec<Dim>,
}

impl Definition for Roll {
    const EXAMPLE: &'static str = r#"{ op = "roll", shifts = [-3, -3], dims = [1, 2] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[56, 56, 96]];
}

impl Operator for Roll {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let (shifts, dims) = (self.shifts.len(), self.dims.len());
        if shifts != dims || dims == 0 {
            return Err(Reason::new(text!(
                "`shifts` lists one number for each of `dims`, and these list {shifts} and {dims}",
                "`shifts` 应为 `dims` 的每一维各列一个数,这里两者分别有 {shifts} 个和 {dims} 个"
            ))
            .at("shifts"));
        }
        self.dims.iter().try_for_each(|dim| dim.axis("dims", input).map(|_| ()))?;
        Ok(input.clone())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::moving(&inputs[0], |dim| self.dims.iter().any(|rolled| inputs[0].axis(rolled.0) == Some(dim)))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Roll {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        self.shifts.iter().zip(&self.dims).try_fold(inputs[0].contiguous()?, |tensor, (&shift, &dim)| {
            let size = i64::try_from(tensor.dim(dim)?).map_err(candle_core::Error::wrap)?;
            let shift = i32::try_from(shift.rem_euclid(size)).map_err(candle_core::Error::wrap)?;
            tensor.roll(shift, candle_core::shape::Dim::to_index(&dim, tensor.shape(), "roll")?)
        })
    }

    /// What is moved along one dimension, while it is along the next.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(1, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn roll(shifts: &[i64], dims: &[i64]) -> Roll {
        Roll { shifts: shifts.to_vec(), dims: dims.iter().map(|&dim| Dim(dim)).collect() }
    }

    #[test]
    fn the_shape_stays() {
        let inputs = shapes(&[&[56, 56, 96]]);
        assert_eq!(roll(&[-3, -3], &[1, 2]).output(&inputs).as_ref(), Ok(&inputs[0]));
        assert_eq!(roll(&[i64::MIN], &[-1]).output(&inputs).as_ref(), Ok(&inputs[0]));
        assert!(!roll(&[1], &[1]).is_view());
    }

    #[test]
    fn shifts_go_around() {
        let rolled = |shift| -> Vec<f32> {
            let input = Tensor::new(&[[0f32, 1., 2., 3., 4.]], &candle_core::Device::Cpu).unwrap();
            roll(&[shift], &[1]).forward(&[input], &[]).unwrap().flatten_all().unwrap().to_vec1().unwrap()
        };
        assert_eq!(rolled(2), [3., 4., 0., 1., 2.]);
        assert_eq!([rolled(-3), rolled(12)], [rolled(2), rolled(2)]);
        // −2^63 leaves the remainder 2 when it is divided by 5.
        assert_eq!(rolled(i64::MIN), rolled(2));
    }

    #[test]
    fn every_dimension_has_its_shift() {
        let reason = |shifts: &[i64], dims: &[i64]| {
            roll(shifts, dims).output(&shapes(&[&[8, 8]])).unwrap_err().to_string()
        };
        let uneven = "`shifts` lists one number for each of `dims`, and these list 1 and 2";
        assert_eq!(reason(&[1], &[1, 2]), uneven);
        assert!(reason(&[], &[]).ends_with("0 and 0"));
        assert_eq!(reason(&[1, 1], &[1, 0]), "dimension 0 is the batch");
        assert_eq!(reason(&[1], &[3]), "there is no dimension 3 in 8×8");
    }
}
