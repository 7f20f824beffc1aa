//! `take`: the slices of a dimension that another tensor points at, as `numpy.take` with an axis, and ONNX's `Gather`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Along, Arity, Class, Definition, Look, Operator, Reach, Reason, shape};
#[cfg(feature = "run")]
use super::{
    Reference, Workspace, rows,
    workspace::{elements, product},
};
use crate::shape::Shape;

/// The slices of one dimension of the first input that the second points at; the dimensions of the indices, which are whole numbers
/// from 0 on, or below it from the end, stand in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "取第二个输入所指的第一个输入某一维上的切片;该维由索引的各维取代;索引为整数,从 0 编号,负数从末尾数起"))]
pub struct Take {
    /// The dimension that slices are taken from; channels are 1, and the last is -1.
    #[serde(default = "Dim::channels")]
    #[schemars(extend("x-zh" = "从中取切片的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
}

impl Definition for Take {
    const EXAMPLE: &'static str = r#"{ op = "take", dim = 1, from = ["tokens", "index"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[197, 768], &[98]];
}

impl Operator for Take {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [data, index] = inputs else { return Err(Arity::TWO.mismatch(inputs.len())) };
        let axis = self.dim.axis("dim", data)?;
        let (before, behind) = (&data.dims()[..axis], &data.dims()[axis + 1..]);
        shape([before, index.dims(), behind].concat())
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        (index == 1).then(|| inputs[0].axis(self.dim.0).map(|axis| inputs[0].dims()[axis])).flatten()
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        let axis = inputs[0].axis(self.dim.0).unwrap_or(0);
        if index == 1 {
            let along = |dim| Along { to: Some(axis + dim), look: Look::Same };
            return Reach::Along((0..inputs[1].rank()).map(along).collect());
        }
        let along = |dim: usize| match dim.cmp(&axis) {
            std::cmp::Ordering::Less => Along { to: Some(dim), look: Look::Same },
            std::cmp::Ordering::Equal => Along { to: None, look: Look::All },
            std::cmp::Ordering::Greater => Along { to: Some(dim - 1 + inputs[1].rank()), look: Look::Same },
        };
        Reach::Along((0..inputs[0].rank()).map(along).collect())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Take {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (data, index) = (&inputs[0], &inputs[1]);
        let axis = candle_core::shape::Dim::to_index(&self.dim, data.shape(), "take")?;
        let (before, behind) = (&data.dims()[..axis], &data.dims()[axis + 1..]);
        let (size, of_row) = (data.dim(axis)?, behind.iter().product());
        let of_sample: usize = index.dims()[1..].iter().product();
        let found = rows::read(index)?;
        // The same slices of each part of a sample that lies before the dimension.
        let parts: usize = before[1..].iter().product();
        let stacks =
            (0..before[0]).flat_map(|sample| (0..parts).map(move |part| (sample, sample * parts + part)));
        let taken = stacks.flat_map(|(sample, stack)| {
            let of_sample = &found[sample * of_sample..(sample + 1) * of_sample];
            of_sample.iter().map(move |&index| Ok(stack * size + rows::place(index, size)?))
        });
        let taken = rows::take(data, rows::numbered(taken)?, of_row)?;
        taken.reshape([before, &index.dims()[1..], behind].concat())
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        let before = &inputs[0].dims()[..inputs[0].axis(self.dim.0).unwrap_or(0)];
        rows::workspace(&inputs[1], product([elements(before), elements(inputs[1].dims())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn indices_stand_in_place_of_the_dimension() {
        let output =
            |dim, dims: &[&[u64]]| Take { dim: Dim(dim) }.output(&shapes(dims)).unwrap().dims().to_vec();
        assert_eq!(output(1, &[&[197, 768], &[98]]), [98, 768]);
        assert_eq!(output(2, &[&[3, 5, 7], &[2, 4]]), [3, 2, 4, 7]);
        // One index takes the dimension away.
        assert_eq!(output(-1, &[&[3, 5], &[]]), [3]);
        assert_eq!(Take { dim: Dim(0) }.output(&shapes(&[&[3], &[2]])).unwrap_err().setting, Some("dim"));
    }
}
