//! `constant`: fixed numbers that are written in the description: an attention mask. Nothing of it is learned, and nothing
//! stored beside the weights.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{Size, finite};
use super::{Arity, Class, Definition, Operator, Reason, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// Fixed numbers, the same for every sample of the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// The sizes, without the batch.
    #[schemars(length(min = 1))]
    pub shape: Vec<Size>,
    /// The numbers, the last dimension fastest.
    #[schemars(length(min = 1))]
    pub values: Vec<Finite>,
}

/// A number that is neither infinite nor "not a number".
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Finite(#[serde(deserialize_with = "finite")] pub f64);

impl Definition for Constant {
    const EXAMPLE: &'static str = r#"{ op = "constant", shape = [2, 2], values = [0, -100, -100, 0] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[];
}

impl Operator for Constant {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        if !inputs.is_empty() {
            return Err(Arity::NONE.mismatch(inputs.len()));
        }
        let shape = shape(self.shape.iter().map(|size| size.get()).collect());
        let shape = shape.map_err(|reason| reason.at("shape"))?;
        let (elements, values) = (shape.elements(), self.values.len());
        if elements != values as u128 {
            return Err(Reason::new(text!(
                "{shape} has {elements} elements, and `values` lists {values}",
                "{shape} 有 {elements} 个元素,而 `values` 列出了 {values} 个"
            ))
            .at("values"));
        }
        Ok(shape)
    }

    fn arity(&self) -> Arity {
        Arity::NONE
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("fixed numbers", "常量"))
    }

    fn class(&self) -> Class {
        Class::Source
    }
}

#[cfg(feature = "run")]
impl Reference for Constant {
    fn forward(&self, _inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        // A source knows no device; the executor brings it to that of the inputs.
        let values: Vec<f64> = self.values.iter().map(|value| value.0).collect();
        let mut dims = vec![1];
        for size in &self.shape {
            dims.push(tensors::size_of(size.get())?);
        }
        Tensor::from_vec(values, dims, &Device::Cpu)?.to_dtype(DType::F32)
    }

    /// As it is written, in 64 bits.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(6, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn constant(settings: &str) -> Result<Shape, Reason> {
        toml::from_str::<Constant>(settings).unwrap().output(&[])
    }

    #[test]
    fn a_value_for_each_element() {
        assert_eq!(constant("shape = [2, 3]\nvalues = [1, 2, 3, 4, 5, -6.5]").unwrap().dims(), [2, 3]);
        let reason = constant("shape = [2, 3]\nvalues = [1]").unwrap_err();
        assert_eq!(reason.to_string(), "2×3 has 6 elements, and `values` lists 1");
        assert_eq!(reason.message.chinese, "2×3 有 6 个元素,而 `values` 列出了 1 个");
        assert_eq!(reason.setting, Some("values"));
        let huge = "shape = [9007199254740992, 9007199254740992, 9007199254740992]\nvalues = [1]";
        assert_eq!(constant(huge).unwrap_err().setting, Some("shape"));
        assert!(toml::from_str::<Constant>("shape = [1]\nvalues = [nan]").is_err());
    }

    #[test]
    fn it_takes_no_input_and_learns_nothing() {
        let constant: Constant = toml::from_str("shape = [1]\nvalues = [1]").unwrap();
        let reason = constant.output(&shapes(&[&[2]])).unwrap_err();
        assert_eq!(reason.to_string(), "takes no input, and gets 1");
        assert!(constant.weights(&[]).is_empty());
        assert_eq!(constant.forward(&[], &[]).unwrap().dims(), [1, 1]);
    }
}
