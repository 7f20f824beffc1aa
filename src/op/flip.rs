//! `flip`: the order of dimensions turned around, as `torch.flip`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Dim, one_or_more, one_or_more_schema};
use super::{Class, Definition, Operator, Reach, Reason, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::shape::Shape;
use crate::text;

/// The elements of some dimensions in the opposite order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "把若干维上的元素按相反的顺序排列"))]
pub struct Flip {
    /// The dimensions that are turned around; channels are 1, and the last is -1.
    #[serde(deserialize_with = "one_or_more")]
    #[schemars(schema_with = "one_or_more_schema")]
    #[schemars(extend("x-zh" = "反转的维度;通道为 1,最后一维为 -1"))]
    pub dims: Vec<Dim>,
}

impl Definition for Flip {
    const EXAMPLE: &'static str = r#"{ op = "flip", dims = [3] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 224, 224]];
}

impl Operator for Flip {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let mut turned = vec![];
        for dim in &self.dims {
            let axis = dim.axis("dims", input)?;
            if turned.contains(&axis) {
                let number = axis + 1;
                return Err(Reason::new(text!(
                    "`dims` lists dimension {number} of {input} more than once",
                    "`dims` 多次列出了 {input} 的第 {number} 维"
                ))
                .at("dims"));
            }
            turned.push(axis);
        }
        if turned.is_empty() {
            let reason = text!("`dims` names no dimension", "`dims` 没有列出任何维度");
            return Err(Reason::new(reason).at("dims"));
        }
        Ok(input.clone())
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::moving(&inputs[0], |dim| self.dims.iter().any(|turned| inputs[0].axis(turned.0) == Some(dim)))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Flip {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        self.dims.iter().try_fold(inputs[0].clone(), |tensor, &dim| {
            let positions = 0..u32::try_from(tensor.dim(dim)?).map_err(candle_core::Error::wrap)?;
            tensors::pick(&tensor, positions.rev().collect(), dim)
        })
    }

    /// What is turned around along one dimension, while it is along the next.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(1, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    #[test]
    fn each_dimension_is_turned_once() {
        let output = |dims: &[i64]| {
            Flip { dims: dims.iter().map(|&dim| Dim(dim)).collect() }.output(&shapes(&[&[3, 8, 9]]))
        };
        assert_eq!(output(&[3, 1]).unwrap().dims(), [3, 8, 9]);
        let reason = output(&[3, -1]).unwrap_err();
        assert_eq!(reason.to_string(), "`dims` lists dimension 3 of 3×8×9 more than once");
        assert_eq!(output(&[]).unwrap_err().to_string(), "`dims` names no dimension");
        assert_eq!(output(&[0]).unwrap_err().setting, Some("dims"));
    }
}
