//! `select`: one element of a dimension, as `torch.select`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Along, Class, Definition, Look, Operator, Reach, Reason, only, shape};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;

/// One element of a dimension, which is gone afterwards: the class token of a sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "取一个维度上的一个元素,该维度随之消失:例如序列的分类词元"))]
pub struct Select {
    /// The dimension that the element is taken from; channels are 1, and the last is -1.
    #[schemars(extend("x-zh" = "从中取元素的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
    /// Which element, counted from 0; a negative number counts from the end.
    #[schemars(extend("x-zh" = "取哪个元素,从 0 编号;负数从末尾数起"))]
    pub index: i64,
}

impl Definition for Select {
    const EXAMPLE: &'static str = r#"{ op = "select", dim = 1, index = 0 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768]];
}

impl Operator for Select {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let axis = self.dim.axis("dim", input)?;
        let mut dims = input.dims().to_vec();
        let size = dims.remove(axis);
        if self.position(size).is_none() {
            let (index, dim, last) = (self.index, self.dim.0, size - 1);
            return Err(Reason::new(text!(
                "there is no element {index} among the {size} of dimension {dim} in {input}",
                "{input} 的第 {dim} 维有 {size} 个元素,没有第 {index} 个"
            ))
            .at("index")
            .help(text!(
                "elements go from 0 to {last}, or from -{size} to -1 counted from the end",
                "元素从 0 到 {last},从末尾数则为 -{size} 到 -1"
            )));
        }
        shape(dims)
    }

    /// Taken from the outermost dimension, the element lies in memory as a part of the sample.
    fn is_view(&self) -> bool {
        self.dim == Dim::channels()
    }

    /// What it keeps.
    fn touched(&self, _inputs: &[Shape], output: &Shape) -> Option<u128> {
        Some(output.elements())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let input = &inputs[0];
        let chosen = input.axis(self.dim.0);
        let mut left = 0..;
        let along = |(dim, &size)| match self.position(size) {
            Some(position) if Some(dim) == chosen => Along { to: None, look: Look::At(position) },
            Some(_) | None => Along { to: left.next(), look: Look::Same },
        };
        Reach::Along(input.dims().iter().enumerate().map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Select {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let size = inputs[0].dim(self.dim)? as u64;
        let position = self.position(size).ok_or_else(|| {
            candle_core::Error::Msg(format!("there is no element {} among {size}", self.index))
        })?;
        let element = inputs[0].narrow(self.dim, tensors::size_of(position)?, 1)?.squeeze(self.dim)?;
        if self.is_view() { Ok(element) } else { element.contiguous() }
    }
}

impl Select {
    /// The index counted from 0, if there is such an element among `size`.
    pub(crate) fn position(&self, size: u64) -> Option<u64> {
        let distance = self.index.unsigned_abs();
        let position = if self.index < 0 { size.checked_sub(distance)? } else { distance };
        (position < size).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(dim: i64, index: i64, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let select = Select { dim: Dim(dim), index };
        select.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn the_dimension_is_gone() {
        assert_eq!(select(1, 0, &[197, 768]), Ok(vec![768]));
        assert_eq!(select(-1, -4, &[3, 2, 4]), Ok(vec![3, 2]));
        assert_eq!(select(2, 1, &[3, 2, 4]), Ok(vec![3, 4]));
        // One number for each sample.
        assert_eq!(select(1, 6, &[7]), Ok(vec![]));
    }

    #[test]
    fn the_element_is_there() {
        let reason = select(2, 2, &[3, 2, 4]).unwrap_err();
        assert_eq!(reason.to_string(), "there is no element 2 among the 2 of dimension 2 in 3×2×4");
        assert_eq!(reason.message.chinese, "3×2×4 的第 2 维有 2 个元素,没有第 2 个");
        assert_eq!(reason.setting, Some("index"));
        assert_eq!(
            reason.help.unwrap().english,
            "elements go from 0 to 1, or from -2 to -1 counted from the end"
        );
        assert!(select(2, -3, &[3, 2, 4]).is_err());
        assert!(select(2, i64::MIN, &[3, 2, 4]).is_err());
    }

    #[test]
    fn no_sample_is_selected() {
        let reason = select(0, 0, &[3, 2]).unwrap_err();
        assert_eq!((reason.to_string().as_str(), reason.setting), ("dimension 0 is the batch", Some("dim")));
    }

    #[test]
    fn only_one_of_the_outermost_is_a_view() {
        assert!(Select { dim: Dim(1), index: 0 }.is_view());
        assert!(!Select { dim: Dim(2), index: 0 }.is_view());
    }
}
