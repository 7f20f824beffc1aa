//! `gather_nd`: the parts of a tensor that the rows of another point at, as TensorFlow's and ONNX's operators of that name.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Extent;
use super::{Arity, Class, Definition, Operator, Reach, Reason, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, rows, tensors, workspace::elements};
use crate::shape::Shape;
use crate::text;

/// The parts of the first input that the second points at: each row of it, its last dimension, holds an index for each of as many
/// dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "取第二个输入所指的第一个输入的各部分:其最后一维的每一行给出若干维各一个索引"))]
pub struct GatherNd {
    /// How many dimensions, from the first on, both inputs share: each part of one is pointed at by the same of the other. The batch
    /// is one in any case and does not count.
    #[serde(default)]
    #[schemars(extend("x-zh" = "从第一维起两个输入共有多少维:各部分只由另一输入的相同部分索引。批次维总是如此,不计在内"))]
    pub batch_dims: Extent,
}

impl Definition for GatherNd {
    const EXAMPLE: &'static str = r#"{ op = "gather_nd", from = ["features", "points"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[28, 28, 64], &[100, 2]];
}

impl Operator for GatherNd {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let [data, index] = inputs else { return Err(Arity::TWO.mismatch(inputs.len())) };
        let shared = usize::try_from(self.batch_dims.get()).unwrap_or(usize::MAX);
        let (places, left) = parts(data, index, shared)?;
        shape([places, left].concat())
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn indices_of(&self, index: usize, inputs: &[Shape]) -> Option<u64> {
        let shared = usize::try_from(self.batch_dims.get()).ok()?;
        (index == 1).then(|| below(inputs, shared)).flatten()
    }

    fn reach(&self, _inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::Rearranged
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

/// The sizes of `index` but for its rows, and those of `data` that they do not point into, behind `shared` dimensions.
pub(super) fn parts<'a>(
    data: &'a Shape,
    index: &'a Shape,
    shared: usize,
) -> Result<(&'a [u64], &'a [u64]), Reason> {
    let pointing = |places: &[u64], count: u64| {
        let count = usize::try_from(count).ok()?.checked_add(shared)?;
        let left = data.dims().get(count..)?;
        (places.len() >= shared && data.dims()[..shared] == places[..shared]).then_some(left)
    };
    match index.dims() {
        [places @ .., count] if pointing(places, *count).is_some() => {
            Ok((places, pointing(places, *count).unwrap_or_default()))
        }
        _ => Err(Reason::new(text!(
            "rows of {index} do not point into {data} behind {shared} dimensions that both have: a row, the last dimension, has an index for each dimension that it points into",
            "索引 {index} 的行与 {data}(两者共有前 {shared} 维)不符:每一行(最后一维)应为所指的每一维各给一个索引"
        ))),
    }
}

/// What all indices of a row are below, if the dimensions that they point into are of one size.
pub(super) fn below(inputs: &[Shape], shared: usize) -> Option<u64> {
    let count = usize::try_from(*inputs[1].dims().last()?).ok()?;
    let into = inputs[0].dims().get(shared..)?.get(..count)?;
    into.first().copied().filter(|first| into.iter().all(|size| size == first))
}

#[cfg(feature = "run")]
impl Reference for GatherNd {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (data, index) = (&inputs[0], &inputs[1]);
        let shared = tensors::size_of(self.batch_dims.get())? + 1;
        let (found, left) = pointed_at(data, index, shared)?;
        let places = &index.dims()[..index.rank() - 1];
        let dims = [places, left].concat();
        rows::take(data, found, left.iter().product())?.reshape(dims)
    }

    fn workspace(&self, inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        rows::workspace(&inputs[1], elements(inputs[1].dims()))
    }
}

/// Which parts of `data`, numbered through, the rows of `index` point at behind `shared` dimensions, the batch among them; and the
/// sizes of such a part.
#[cfg(feature = "run")]
pub(super) fn pointed_at<'a>(
    data: &'a Tensor,
    index: &Tensor,
    shared: usize,
) -> candle_core::Result<(Vec<u32>, &'a [usize])> {
    let count = index.dim(index.rank() - 1)?;
    let (into, left) = (&data.dims()[shared..shared + count], &data.dims()[shared + count..]);
    let (stacks, strides): (usize, _) = (data.dims()[..shared].iter().product(), rows::strides(into));
    let places = index.elem_count() / count.max(1) / stacks.max(1);
    let of_stack: usize = into.iter().product();
    let found = rows::read(index)?;
    let row = |(number, row): (usize, &[i64])| {
        let start = number / places.max(1) * of_stack;
        let offset =
            |(stride, (&size, &index)): (&usize, (&usize, &i64))| Ok(stride * rows::place(index, size)?);
        let offsets = strides.iter().zip(into.iter().zip(row)).map(offset);
        Ok(start + offsets.sum::<candle_core::Result<usize>>()?)
    };
    Ok((rows::numbered(found.chunks(count.max(1)).enumerate().map(row))?, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn output(batch_dims: u64, dims: &[&[u64]]) -> Result<Vec<u64>, Reason> {
        let op = GatherNd { batch_dims: batch_dims.try_into().unwrap() };
        op.output(&shapes(dims)).map(|shape| shape.dims().to_vec())
    }

    /// The last three are of ONNX's documentation.
    #[test]
    fn what_rows_do_not_point_into_is_taken_whole() {
        assert_eq!(output(0, &[&[28, 28, 64], &[100, 2]]), Ok(vec![100, 64]));
        assert_eq!(output(0, &[&[2, 2], &[2, 2]]), Ok(vec![2]));
        assert_eq!(output(0, &[&[2, 2, 2], &[2, 1, 2]]), Ok(vec![2, 1, 2]));
        assert_eq!(output(1, &[&[2, 2, 2], &[2, 1]]), Ok(vec![2, 2]));
    }

    #[test]
    fn rows_are_no_longer_than_the_tensor_is_deep() {
        let reason = output(0, &[&[28, 28], &[100, 3]]).unwrap_err().to_string();
        assert!(reason.starts_with("rows of 100×3 do not point into 28×28 behind 0 dimensions"), "{reason}");
        assert!(output(1, &[&[2, 2, 2], &[3, 1]]).is_err() && output(0, &[&[2], &[]]).is_err());
        assert!(output(1 << 53, &[&[2], &[1, 1]]).is_err());
    }
}
