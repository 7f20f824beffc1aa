//! `gather`: of each line along a dimension the elements that another tensor points at, as `torch.gather`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Dim;
use super::{Arity, Class, Definition, Operator, Reach, Reason};
#[cfg(feature = "run")]
use super::{Reference, Workspace, rows, workspace::elements};
use crate::shape::Shape;
use crate::text;

/// The elements of the first input that the second points at, each along one dimension: as many as there are indices, which are whole
/// numbers, counted from 0, or from the end below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "沿一个维度取第二个输入所指的第一个输入的元素:每个索引取一个;索引为整数,从 0 编号,负数从末尾数起"))]
pub struct Gather {
    /// The dimension along which indices point; channels are 1, and the last is -1.
    #[schemars(extend("x-zh" = "索引所沿的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
}

impl Definition for Gather {
    const EXAMPLE: &'static str = r#"{ op = "gather", dim = 1, from = ["boxes", "index"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[8400, 4], &[300, 4]];
}

impl Operator for Gather {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [data, index] = inputs else { return Err(Arity::TWO.mismatch(inputs.len())) };
        let axis = self.dim.axis("dim", data)?;
        fits(data, index, axis)?;
        Ok(index.clone())
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        (index == 1).then(|| inputs[0].axis(self.dim.0).map(|axis| inputs[0].dims()[axis])).flatten()
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], _output: &Shape) -> Reach {
        let along = inputs[0].axis(self.dim.0);
        if index == 0 { Reach::mixing(&inputs[0], |dim| Some(dim) == along) } else { Reach::Position }
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

/// Whether indices have as many dimensions as what they point into, and none larger but that along which they do.
pub(super) fn fits(data: &Shape, index: &Shape, axis: usize) -> Result<(), Reason> {
    let sizes = data.dims().iter().zip(index.dims()).enumerate();
    let is_within =
        data.rank() == index.rank() && { sizes }.all(|(dim, (data, index))| dim == axis || index <= data);
    if is_within {
        return Ok(());
    }
    let number = axis + 1;
    Err(Reason::new(text!(
        "indices of {index} do not lie in {data}: they have as many dimensions, and none that is larger but dimension {number}",
        "索引 {index} 与 {data} 不符:两者维数须相同,且除第 {number} 维外索引的尺寸不得更大"
    )))
}

#[cfg(feature = "run")]
impl Reference for Gather {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (data, index) = (&inputs[0], &inputs[1]);
        let axis = candle_core::shape::Dim::to_index(&self.dim, data.shape(), "gather")?;
        rows::take(data, pointed_at(data, index, axis)?, 1)?.reshape(index.shape())
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        rows::workspace(&inputs[1], elements(inputs[1].dims()))
    }
}

/// Which elements of `data`, numbered through, `index` points at along a dimension.
#[cfg(feature = "run")]
pub(super) fn pointed_at(data: &Tensor, index: &Tensor, axis: usize) -> candle_core::Result<Vec<u32>> {
    let (strides, places) = (rows::strides(data.dims()), rows::strides(index.dims()));
    let along = |(number, found): (usize, i64)| {
        let found = rows::place(found, data.dim(axis)?)?;
        let at = |dim: usize| number / places[dim] % index.dims()[dim];
        Ok((0..data.rank()).map(|dim| strides[dim] * if dim == axis { found } else { at(dim) }).sum())
    };
    rows::numbered(rows::read(index)?.into_iter().enumerate().map(along))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn as_many_as_there_are_indices() {
        let gather = Gather { dim: Dim(1) };
        assert_eq!(gather.output(&shapes(&[&[8400, 4], &[300, 4]])).unwrap().dims(), [300, 4]);
        assert_eq!(gather.output(&shapes(&[&[5, 4], &[9, 2]])).unwrap().dims(), [9, 2]);
        let reason = gather.output(&shapes(&[&[5, 4], &[9, 5]])).unwrap_err();
        assert!(reason.to_string().starts_with("indices of 9×5 do not lie in 5×4"));
        assert!(gather.output(&shapes(&[&[5, 4], &[9]])).is_err());
        assert_eq!(gather.indices_of(1, &shapes(&[&[8400, 4], &[300, 4]])), Some(8400));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let tensor = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let found =
            |index: &[f32]| Gather { dim: Dim(1) }.forward(&[tensor(&[5., 6., 7.]), tensor(index)], &[]);
        assert_eq!(found(&[2., -1., 0.]).unwrap().to_vec2::<f32>().unwrap(), [[7., 7., 5.]]);
        assert_eq!(found(&[3.]).unwrap_err().to_string(), "there is no element 3 among 3");
        assert_eq!(found(&[-4.]).unwrap_err().to_string(), "there is no element -4 among 3");
        assert_eq!(found(&[0.5]).unwrap_err().to_string(), "0.5 is no index");
    }
}
