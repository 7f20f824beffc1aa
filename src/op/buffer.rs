//! `buffer`: a stored tensor that is not trained, as `torch.nn.Module.register_buffer`: a mask, a table of angles.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::Size;
use super::{Arity, Class, Definition, Initializer, Operator, Reason, Weight, shape, sizes_named};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// A stored tensor that is not trained, the same for every sample of the batch; its numbers come with the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "存储但不训练的张量,对一批中的每个样本都相同;其数值随权重给出"))]
pub struct Buffer {
    /// The sizes, without the batch; none for a single number.
    #[schemars(extend("x-zh" = "各维尺寸,不含批次维;单个数则为空"))]
    pub shape: Vec<Size>,
}

impl Definition for Buffer {
    const EXAMPLE: &'static str = r#"{ op = "buffer", shape = [49, 49] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[];
}

impl Operator for Buffer {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        if !inputs.is_empty() {
            return Err(Arity::NONE.mismatch(inputs.len()));
        }
        shape(self.dims()).map_err(|reason| reason.at("shape"))
    }

    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        vec![Weight::buffer("buffer", sizes_named(&self.dims()), Initializer::Constant(0.0))]
    }

    fn arity(&self) -> Arity {
        Arity::NONE
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("stored tensor", "存储的张量"))
    }

    fn class(&self) -> Class {
        Class::Source
    }
}

#[cfg(feature = "run")]
impl Reference for Buffer {
    fn forward(&self, _inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        weights[0].unsqueeze(0)
    }
}

impl Buffer {
    fn dims(&self) -> Vec<u64> {
        self.shape.iter().map(|size| size.get()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Role;

    #[test]
    fn it_is_stored_and_not_trained() {
        let buffer: Buffer = toml::from_str("shape = [49, 49]").unwrap();
        assert_eq!(buffer.output(&[]).unwrap().dims(), [49, 49]);
        let weights = buffer.weights(&[]);
        assert_eq!((weights[0].role, weights[0].dims()), (Role::Buffer, vec![49, 49]));
        let number: Buffer = toml::from_str("shape = []").unwrap();
        assert_eq!(number.output(&[]).unwrap().rank(), 0);
        assert!(number.output(&[Shape::new(vec![2]).unwrap()]).is_err());
    }
}
