//! `scatter` and `scatter_nd`: a tensor with some of its numbers replaced, or added to, by those of another at places that a third
//! points at, as `torch.scatter` and ONNX's `ScatterND`. What is added counts one addition for each number.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, Term, gather, gather_nd};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace, rows,
    workspace::{elements, product},
};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// The first input with the numbers of the third put where the second points, each along one dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把第三个输入的各数放到第一个输入中第二个输入(沿一个维度)所指之处"))]
pub struct Scatter {
    /// The dimension along which indices point; channels are 1, and the last is -1.
    #[schemars(extend("x-zh" = "索引所沿的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
    /// What becomes of the number that is there.
    #[serde(default)]
    #[schemars(extend("x-zh" = "原有的数如何处理"))]
    pub reduce: Reduce,
}

/// The first input with the parts of the third put where the rows of the second point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把第三个输入的各部分放到第一个输入中第二个输入各行所指之处"))]
pub struct ScatterNd {
    /// What becomes of the numbers that are there.
    #[serde(default)]
    #[schemars(extend("x-zh" = "原有的数如何处理"))]
    pub reduce: Reduce,
}

/// What becomes of numbers where others are put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Reduce {
    /// They are replaced.
    #[default]
    None,
    /// They are added to.
    Add,
}

impl Definition for Scatter {
    const EXAMPLE: &'static str = r#"{ op = "scatter", dim = 1, from = ["x", "index", "values"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[100, 64], &[10, 64], &[10, 64]];
}

impl Definition for ScatterNd {
    const EXAMPLE: &'static str = r#"{ op = "scatter_nd", from = ["grid", "places", "pillars"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[496, 432, 64], &[12000, 2], &[12000, 64]];
}

impl Operator for Scatter {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [data, index, source] = inputs else { return Err(Arity::THREE.mismatch(inputs.len())) };
        let axis = self.dim.axis("dim", data)?;
        gather::fits(data, index, axis)?;
        if index != source {
            return Err(Reason::new(text!(
                "there is an index for each number, and {index} and {source} are not the same shape",
                "每个数对应一个索引,而 {index} 与 {source} 形状不同"
            )));
        }
        Ok(data.clone())
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(self.reduce.cost(&inputs[2]))
    }

    fn arity(&self) -> Arity {
        Arity::THREE
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        (index == 1).then(|| inputs[0].axis(self.dim.0).map(|axis| inputs[0].dims()[axis])).flatten()
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        let along = inputs[0].axis(self.dim.0);
        if index == 0 { Reach::Position } else { Reach::mixing(&inputs[index], |dim| Some(dim) == along) }
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

impl Operator for ScatterNd {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [data, index, source] = inputs else { return Err(Arity::THREE.mismatch(inputs.len())) };
        let (places, left) = gather_nd::parts(data, index, 0)?;
        let wanted = super::shape([places, left].concat())?;
        if wanted != *source {
            return Err(Reason::new(text!(
                "what is put where {index} points in {data} is {wanted}, and this is {source}",
                "放到 {data} 中 {index} 所指之处的应为 {wanted},这里是 {source}"
            )));
        }
        Ok(data.clone())
    }

    fn cost(&self, inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(self.reduce.cost(&inputs[2]))
    }

    fn arity(&self) -> Arity {
        Arity::THREE
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        (index == 1).then(|| gather_nd::below(inputs, 0)).flatten()
    }

    fn reach_of(&self, index: usize, _inputs: &[Shape], _output: &Shape) -> Reach {
        if index == 0 { Reach::Position } else { Reach::Rearranged }
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

impl Reduce {
    /// Of numbers that are put somewhere.
    fn cost(self, source: &Shape) -> Cost {
        match self {
            Self::None => Cost::FREE,
            Self::Add => {
                Cost { terms: vec![Term::ops(Kind::Add, Working::elements(Factor::InputElements, source))] }
            }
        }
    }
}

#[cfg(feature = "run")]
impl Reference for Scatter {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let axis = candle_core::shape::Dim::to_index(&self.dim, inputs[0].shape(), "scatter")?;
        let places = gather::pointed_at(&inputs[0], &inputs[1], axis)?;
        rows::put(&inputs[0], places, &inputs[2], 1, self.reduce == Reduce::Add)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        rows::workspace(&inputs[1], elements(inputs[1].dims()))
    }
}

#[cfg(feature = "run")]
impl Reference for ScatterNd {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (places, left) = gather_nd::pointed_at(&inputs[0], &inputs[1], 1)?;
        rows::put(&inputs[0], places, &inputs[2], left.iter().product(), self.reduce == Reduce::Add)
    }

    /// A row for each number that is put.
    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        rows::workspace(&inputs[1], elements(inputs[1].dims()))
            + Workspace::of_sample(product([2, elements(inputs[2].dims())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    /// `PointPillars`: 12,000 pillars into a grid.
    #[test]
    fn what_is_added_counts() {
        let inputs = shapes(&[&[496, 432, 64], &[12000, 2], &[12000, 64]]);
        let (put, added) = (ScatterNd::default(), ScatterNd { reduce: Reduce::Add });
        let output = put.output(&inputs).unwrap();
        assert_eq!(output, inputs[0]);
        assert_eq!(put.cost(&inputs, &output), Ok(Cost::FREE));
        let ops = added.cost(&inputs, &output).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops::of(Kind::Add, 768_000));
    }

    #[test]
    fn shapes_fit_one_another() {
        let reason = |op: &dyn Operator, dims: &[&[u64]]| op.output(&shapes(dims)).unwrap_err().to_string();
        let nd = ScatterNd::default();
        let message = "what is put where 5×1 points in 9×4 is 5×4, and this is 5×3";
        assert_eq!(reason(&nd, &[&[9, 4], &[5, 1], &[5, 3]]), message);
        let scatter = Scatter { dim: Dim(1), reduce: Reduce::None };
        let message = "there is an index for each number, and 5×4 and 5×3 are not the same shape";
        assert_eq!(reason(&scatter, &[&[9, 4], &[5, 4], &[5, 3]]), message);
        assert!(
            reason(&scatter, &[&[9, 4], &[5, 6], &[5, 6]]).starts_with("indices of 5×6 do not lie in 9×4")
        );
    }
}
