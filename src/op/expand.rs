//! `expand`: sizes of 1 repeated, as `Tensor.expand`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, Definition, Operator, Reason, only, shape};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;

/// Sizes of 1 repeated, where PyTorch would stretch them without a word when tensors are added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expand {
    /// The new sizes, without the batch; -1 keeps the size that is there.
    pub shape: Vec<i64>,
}

impl Definition for Expand {
    const EXAMPLE: &'static str = r#"{ op = "expand", shape = [64, -1, -1, -1] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1, 3, 49, 49]];
}

impl Operator for Expand {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.sizes(input.dims()).and_then(shape).map_err(|reason| reason.at("shape"))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Expand {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let sizes: Vec<u64> = input.dims()[1..].iter().map(|&size| size as u64).collect();
        let mut dims = vec![input.dim(0)?];
        for size in self.sizes(&sizes).map_err(candle_core::Error::wrap)? {
            dims.push(tensors::size_of(size)?);
        }
        input.broadcast_as(dims)?.contiguous()
    }
}

/// What stands for the size that is there.
const KEPT: i64 = -1;

impl Expand {
    /// The new sizes of a tensor of these sizes.
    fn sizes(&self, input: &[u64]) -> Result<Vec<u64>, Reason> {
        let (listed, there) = (self.shape.len(), input.len());
        if listed != there {
            return Err(Reason::new(text!(
                "`shape` lists {listed} sizes, and the input has {there} beside the batch",
                "`shape` 列出了 {listed} 个尺寸,而输入除批次维外有 {there} 个"
            ))
            .help(text!("`reshape` adds dimensions of size 1", "可用 `reshape` 添加尺寸为 1 的维度")));
        }
        let expanded = |(&size, &there): (&i64, &u64)| match u64::try_from(size) {
            Ok(size @ 1..) if there == 1 || there == size => Ok(size),
            Ok(size @ 1..) => Err(Reason::new(text!(
                "a size of {there} cannot become {size}: only sizes of 1 are repeated",
                "尺寸 {there} 不能变为 {size}:只有尺寸为 1 的维度才能重复"
            ))),
            Err(_) if size == KEPT => Ok(there),
            Ok(0) | Err(_) => Err(Reason::new(text!(
                "a size is at least 1, or -1 for what is there, and is {size}",
                "尺寸至少为 1,或用 -1 表示保持原样,这里是 {size}"
            ))),
        };
        self.shape.iter().zip(input).map(expanded).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn expand(sizes: &[i64], dims: &[u64]) -> Result<Vec<u64>, Reason> {
        Expand { shape: sizes.to_vec() }.output(&shapes(&[dims])).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn a_bias_for_every_window() {
        assert_eq!(expand(&[64, -1, -1, -1], &[1, 3, 49, 49]), Ok(vec![64, 3, 49, 49]));
        assert_eq!(expand(&[2, 3], &[2, 3]), Ok(vec![2, 3]));
        assert_eq!(expand(&[-1, 5], &[1, 1]), Ok(vec![1, 5]));
        assert_eq!(expand(&[], &[]), Ok(vec![]));
    }

    #[test]
    fn only_sizes_of_one_are_repeated() {
        let reason = |sizes: &[i64], dims: &[u64]| {
            let reason = expand(sizes, dims).unwrap_err();
            assert_eq!(reason.setting, Some("shape"));
            reason.to_string()
        };
        assert_eq!(reason(&[4, 6], &[2, 6]), "a size of 2 cannot become 4: only sizes of 1 are repeated");
        assert_eq!(
            reason(&[4, 2, 6], &[2, 6]),
            "`shape` lists 3 sizes, and the input has 2 beside the batch"
        );
        assert_eq!(reason(&[0], &[1]), "a size is at least 1, or -1 for what is there, and is 0");
        assert_eq!(reason(&[-2], &[1]), "a size is at least 1, or -1 for what is there, and is -2");
        assert!(expand(&[i64::MAX], &[1]).is_err());
    }

    #[test]
    fn it_copies() {
        assert!(!Expand { shape: vec![] }.is_view());
    }
}
