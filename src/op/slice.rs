//! `slice`: a part of a dimension, as `x[:, start:end:step]` in PyTorch.
//!
//! It is `torch.split` and `torch.chunk` too, one part at a time: chunk `k` of `n` is from `k*ceil(in/n)` to
//! `(k + 1)*ceil(in/n)`. The end of the last one may lie beyond the size, which cuts it as PyTorch does.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Dim, Size};
use super::{Class, Definition, Look, Operator, Reach, Reason, Slide, only, shape};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;
use crate::working::Working;

/// The elements of one dimension from a start up to an end, which is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "一个维度上从起点到终点(不含)的元素"))]
pub struct Slice {
    /// The dimension that is cut; channels are 1, and the last is -1.
    #[serde(default = "Dim::channels")]
    #[schemars(extend("x-zh" = "被截取的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
    /// The first element that is kept, counted from 0; a negative number counts from the end.
    #[serde(default)]
    #[schemars(extend("x-zh" = "保留的第一个元素,从 0 编号;负数从末尾数起"))]
    pub start: i64,
    /// The first element that is no longer kept; a negative number counts from the end. The size, unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "i64")]
    #[schemars(extend("x-zh" = "不再保留的第一个元素;负数从末尾数起。不设时为该维的尺寸"))]
    pub end: Option<i64>,
    /// Distance from one element that is kept to the next.
    #[serde(default = "one")]
    #[schemars(extend("x-zh" = "相邻两个保留元素的间距"))]
    pub step: Size,
}

impl Definition for Slice {
    const EXAMPLE: &'static str = r#"{ op = "slice", end = 58 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[116, 28, 28]];
}

impl Operator for Slice {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let axis = self.dim.axis("dim", input)?;
        let mut dims = input.dims().to_vec();
        let (start, end) = self.bounds(dims[axis]);
        if start >= end {
            let (size, from, to) =
                (dims[axis], self.start, self.end.unwrap_or(i64::try_from(end).unwrap_or(i64::MAX)));
            return Err(Reason::new(text!(
                "nothing is left of {size} elements from `start = {from}` up to `end = {to}`, which is left out",
                "在 {size} 个元素中,从 `start = {from}` 到 `end = {to}`(不含)没有剩下任何元素"
            ))
            .at(if self.end.is_some() { "end" } else { "start" }));
        }
        dims[axis] = (end - start).div_ceil(self.step.get());
        shape(dims)
    }

    fn resized(&self, inputs: &[Shape], _output: &Shape) -> Vec<(usize, Working)> {
        let Some(axis) = inputs[0].axis(self.dim.0) else { return vec![] };
        let (start, end) = self.bounds(inputs[0].dims()[axis]);
        let kept = Working::Number(end.into()).less(Working::Number(start.into()));
        let working = match self.step {
            Size::ONE => kept,
            step => Working::Ceiling(Box::new(kept), Box::new(Working::Number(step.get().into()))),
        };
        vec![(axis, working)]
    }

    /// The channels of one sample lie one after another, so a range of them is a part of its memory.
    fn is_view(&self) -> bool {
        self.dim == Dim::channels() && self.step == Size::ONE
    }

    /// What it keeps.
    fn touched(&self, _inputs: &[Shape], output: &Shape) -> Option<u128> {
        Some(output.elements())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let input = &inputs[0];
        let cut = input.axis(self.dim.0);
        Reach::kept(input.dims().iter().enumerate().map(|(dim, &size)| {
            if Some(dim) != cut {
                return Look::Same;
            }
            let first = i128::from(self.bounds(size).0);
            Look::Sliding(Slide { stride: self.step.get().into(), divisor: 1, first, last: first, step: 1 })
        }))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Slice {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let (start, end) = self.bounds(input.dim(self.dim)? as u64);
        if self.step == Size::ONE {
            let part = input.narrow(
                self.dim,
                tensors::size_of(start)?,
                tensors::size_of(end.saturating_sub(start))?,
            )?;
            return if self.is_view() { Ok(part) } else { part.contiguous() };
        }
        let step = tensors::size_of(self.step.get())?;
        let kept: Vec<u32> = (start..end)
            .step_by(step)
            .map(u32::try_from)
            .collect::<Result<_, _>>()
            .map_err(candle_core::Error::wrap)?;
        tensors::pick(input, kept, self.dim)
    }
}

impl Slice {
    /// The first element that is kept of `size`, and the first after it that no longer is: as in Python, what reaches
    /// beyond either end is cut off.
    pub(crate) fn bounds(&self, size: u64) -> (u64, u64) {
        let place = |index: i64| {
            let distance = index.unsigned_abs();
            if index < 0 { size.saturating_sub(distance) } else { distance.min(size) }
        };
        (place(self.start), self.end.map_or(size, place))
    }
}

fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn slice(settings: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let slice: Slice = toml::from_str(settings).unwrap();
        slice.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn the_halves_of_shufflenet() {
        assert_eq!(slice("end = 58", &[116, 28, 28]), Ok(vec![58, 28, 28]));
        assert_eq!(slice("start = 58\nend = 116", &[116, 28, 28]), Ok(vec![58, 28, 28]));
    }

    /// As `torch.ones(1, 8).chunk(3, dim=1)`.
    #[test]
    fn the_last_chunk_is_smaller() {
        let chunks = ["end = 3", "start = 3\nend = 6", "start = 6\nend = 9"];
        assert_eq!(chunks.map(|chunk| slice(chunk, &[8]).unwrap()[0]), [3, 3, 2]);
    }

    #[test]
    fn bounds_are_those_of_python() {
        assert_eq!(slice("", &[5]), Ok(vec![5]));
        assert_eq!(slice("start = -2", &[5]), Ok(vec![2]));
        assert_eq!(slice("end = -2", &[5]), Ok(vec![3]));
        // What reaches beyond an end is cut off.
        assert_eq!(slice("start = -9\nend = 9", &[5]), Ok(vec![5]));
        assert_eq!(slice("start = -9223372036854775808\nend = 9223372036854775807", &[5]), Ok(vec![5]));
        assert_eq!(slice("start = 1\nstep = 2\ndim = -1", &[4, 6]), Ok(vec![4, 3]));
        assert_eq!(slice("step = 9007199254740992", &[5]), Ok(vec![1]));
    }

    #[test]
    fn the_working_of_the_size() {
        let working = |settings: &str, dims: &[u64]| {
            let slice: Slice = toml::from_str(settings).unwrap();
            let input = [Shape::new(dims.to_vec()).unwrap()];
            let output = slice.output(&input).unwrap();
            let (axis, working) = slice.resized(&input, &output).remove(0);
            assert_eq!(working.evaluate(), Ok(output.dims()[slice.dim.axis("dim", &output).unwrap()].into()));
            (axis, working.substitution(Notation::Text))
        };
        assert_eq!(working("start = 58", &[116, 28, 28]), (0, "116 − 58".to_owned()));
        assert_eq!(working("dim = 2\nstep = 2", &[3, 7, 7]), (1, "⌈(7 − 0)/2⌉".to_owned()));
    }

    #[test]
    fn something_is_left() {
        let reason = slice("start = 3\nend = -3", &[5]).unwrap_err();
        assert_eq!(
            reason.to_string(),
            "nothing is left of 5 elements from `start = 3` up to `end = -3`, which is left out"
        );
        assert_eq!(reason.setting, Some("end"));
        let reason = slice("start = 5", &[5]).unwrap_err();
        assert_eq!(
            reason.to_string(),
            "nothing is left of 5 elements from `start = 5` up to `end = 5`, which is left out"
        );
        assert_eq!(reason.setting, Some("start"));
        let chinese = reason.message.chinese;
        assert_eq!(chinese, "在 5 个元素中,从 `start = 5` 到 `end = 5`(不含)没有剩下任何元素");
    }

    #[test]
    fn the_batch_is_not_cut() {
        assert_eq!(slice("dim = 0", &[5]).unwrap_err().to_string(), "dimension 0 is the batch");
        assert_eq!(slice("dim = 2", &[5]).unwrap_err().to_string(), "there is no dimension 2 in 5");
        assert!(toml::from_str::<Slice>("step = 0").is_err());
    }

    #[test]
    fn only_a_part_of_the_channels_is_a_view() {
        let is_view = |settings: &str| toml::from_str::<Slice>(settings).unwrap().is_view();
        assert!(is_view("start = 3"));
        assert!(!is_view("step = 2"));
        assert!(!is_view("dim = 2"));
    }
}
