//! `topk`: the largest or smallest values of a dimension in order, or where they are, as `torch.topk`, whose two results are two
//! operators here.
//!
//! The counting rule: each of n values but the first is brought to its place among at most k that are in order, with
//! ⌈log₂(k + 1)⌉ comparisons; for k = 1 that is what a maximum takes.

#[cfg(feature = "run")]
use candle_core::{D, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, Dim, Size};
use super::{Class, Cost, Definition, Operator, Reach, Reason, Term, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// The k largest values of a dimension, the largest first, or where they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "一个维度上最大的 k 个值(从大到小),或它们的位置"))]
pub struct TopK {
    /// How many.
    #[schemars(extend("x-zh" = "取多少个"))]
    pub k: Size,
    /// The dimension that they are taken from; channels are 1, and the last is -1.
    #[serde(default = "last")]
    #[schemars(extend("x-zh" = "从中选取的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
    /// Whether the largest are taken; otherwise the smallest, the smallest first.
    #[serde(default = "settings::yes")]
    #[schemars(extend("x-zh" = "取最大的;否则取最小的,从小到大"))]
    pub largest: bool,
    /// Whether what comes out is where they are, counted from 0, in place of the values.
    #[serde(default)]
    #[schemars(extend("x-zh" = "输出它们的位置(从 0 编号)而不是值"))]
    pub indices: bool,
}

impl Definition for TopK {
    const EXAMPLE: &'static str = r#"{ op = "topk", k = 300, dim = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[8400, 80]];
}

fn last() -> Dim {
    Dim(-1)
}

impl Operator for TopK {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let axis = self.dim.axis("dim", input)?;
        let mut sizes = input.dims().to_vec();
        let (k, size, number) = (self.k.get(), sizes[axis], axis + 1);
        if k > size {
            return Err(Reason::new(text!(
                "there are no {k} values among the {size} of dimension {number} in {input}",
                "{input} 的第 {number} 维只有 {size} 个值,取不出 {k} 个"
            ))
            .at("k"));
        }
        sizes[axis] = k;
        shape(sizes)
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        let mut others = inputs[0].dims().to_vec();
        let searched = inputs[0].axis(self.dim.0).map_or(1, |axis| others.remove(axis));
        let each = u64::from(u64::BITS - self.k.get().leading_zeros());
        let terms = Working::sizes(Factor::Groups, &others)
            .by(Working::named(Factor::GroupSize, searched).less(Working::Number(1)))
            .by(Working::named(Factor::ToTheirPlace, each));
        Ok(Cost { terms: vec![Term::ops(Kind::Cmp, terms)] })
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let k = self.k.get();
        Some(match (self.largest, self.indices) {
            (true, false) => text!("{k} largest values", "最大的 {k} 个值"),
            (true, true) => text!("where the {k} largest values are", "最大的 {k} 个值的位置"),
            (false, false) => text!("{k} smallest values", "最小的 {k} 个值"),
            (false, true) => text!("where the {k} smallest values are", "最小的 {k} 个值的位置"),
        })
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let searched = inputs[0].axis(self.dim.0);
        Reach::mixing(&inputs[0], |dim| Some(dim) == searched)
    }

    fn class(&self) -> Class {
        Class::Pooling
    }
}

#[cfg(feature = "run")]
impl Reference for TopK {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let values = inputs[0].transpose(self.dim, D::Minus1)?.contiguous()?;
        let order = values.arg_sort_last_dim(!self.largest)?;
        let places = order.narrow(D::Minus1, 0, tensors::size_of(self.k.get())?)?.contiguous()?;
        drop(order);
        let taken = if self.indices {
            places.to_dtype(values.dtype())?
        } else {
            values.gather(&places, D::Minus1)?
        };
        taken.transpose(self.dim, D::Minus1)?.contiguous()
    }

    /// The values with their dimension at the end, their order, and what is taken of it.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(4, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    fn topk(settings: &str) -> TopK {
        toml::from_str(settings).unwrap()
    }

    #[test]
    fn each_value_is_brought_to_its_place() {
        let count = |settings: &str, dims: &[u64]| {
            let (op, inputs) = (topk(settings), shapes(&[dims]));
            let output = op.output(&inputs).unwrap();
            (output.dims().to_vec(), op.cost(&inputs, &output).unwrap().work().unwrap().0.ops)
        };
        // The best 300 of YOLO's 8400 boxes: nine comparisons tell places among 300 apart.
        assert_eq!(count("k = 300", &[8400]), (vec![300], Ops::of(Kind::Cmp, 8399 * 9)));
        // A maximum.
        assert_eq!(count("k = 1\ndim = 1", &[10, 3]), (vec![1, 3], Ops::of(Kind::Cmp, 27)));
    }

    #[test]
    fn there_are_as_many() {
        let reason = topk("k = 4\ndim = 2").output(&shapes(&[&[9, 3]])).unwrap_err();
        assert_eq!(reason.to_string(), "there are no 4 values among the 3 of dimension 2 in 9×3");
        assert_eq!(reason.setting, Some("k"));
    }
}
