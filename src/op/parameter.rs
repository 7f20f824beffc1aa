//! `parameter` and `buffer`: a tensor by itself that is stored with the weights. A parameter is learned, as `torch.nn.Parameter`: a
//! class token, a position embedding; a buffer is not, as what PyTorch's `register_buffer` keeps: a mask, a table.

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
use crate::working::Factor;

/// The most dimensions of a parameter: as many as any library of networks has.
const MOST_DIMENSIONS: usize = 8;

/// A learned tensor, the same for every sample of the batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "可学习张量,对一批中的每个样本都相同"))]
pub struct Parameter {
    /// The sizes, without the batch.
    #[schemars(length(min = 1, max = 8))]
    #[schemars(extend("x-zh" = "各维尺寸,不含批次维"))]
    pub shape: Vec<Size>,
}

/// A stored tensor that is not learned, the same for every sample of the batch; its numbers come with the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "存储而不学习的张量,对一批中的每个样本都相同;其数值随权重给出"))]
pub struct Buffer {
    /// The sizes, without the batch.
    #[schemars(length(max = 8))]
    #[schemars(extend("x-zh" = "各维尺寸,不含批次维"))]
    pub shape: Vec<Size>,
}

impl Definition for Parameter {
    const EXAMPLE: &'static str = r#"{ op = "parameter", shape = [1, 768] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[];
}

impl Definition for Buffer {
    const EXAMPLE: &'static str = r#"{ op = "buffer", shape = [49, 49] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[];
}

impl Operator for Parameter {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let dimensions = self.shape.len();
        if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
            return Err(Reason::new(text!(
                "a parameter has 1 to {MOST_DIMENSIONS} dimensions, and `shape` lists {dimensions}",
                "参数有 1 到 {MOST_DIMENSIONS} 维,而 `shape` 列出了 {dimensions} 维"
            ))
            .at("shape"));
        }
        source(&self.shape, inputs)
    }

    /// Drawn as vision transformers draw their position embeddings; PyTorch itself leaves it to the module.
    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        vec![Weight::learned("weight", axes(&self.shape), Initializer::Normal { deviation: 0.02 })]
    }

    fn arity(&self) -> Arity {
        Arity::NONE
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("learned tensor", "可学习张量"))
    }

    fn class(&self) -> Class {
        Class::Source
    }
}

impl Operator for Buffer {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let dimensions = self.shape.len();
        if dimensions > MOST_DIMENSIONS {
            return Err(Reason::new(text!(
                "a buffer has up to {MOST_DIMENSIONS} dimensions, and `shape` lists {dimensions}",
                "缓冲区至多 {MOST_DIMENSIONS} 维,而 `shape` 列出了 {dimensions} 维"
            ))
            .at("shape"));
        }
        source(&self.shape, inputs)
    }

    /// Zeros, unless weights are given.
    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        vec![Weight::buffer("weight", axes(&self.shape), Initializer::Constant(0.0))]
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
impl Reference for Parameter {
    fn forward(&self, _inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        weights[0].unsqueeze(0)
    }
}

#[cfg(feature = "run")]
impl Reference for Buffer {
    fn forward(&self, _inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        weights[0].unsqueeze(0)
    }
}

/// The shape of a tensor of these sizes that takes no input.
fn source(sizes: &[Size], inputs: &[Shape]) -> Result<Shape, Reason> {
    if !inputs.is_empty() {
        return Err(Arity::NONE.mismatch(inputs.len()));
    }
    shape(dims(sizes)).map_err(|reason| reason.at("shape"))
}

fn axes(sizes: &[Size]) -> Vec<(Factor, u64)> {
    match dims(sizes)[..] {
        [rows, columns] => vec![(Factor::Rows, rows), (Factor::Columns, columns)],
        ref dims => sizes_named(dims),
    }
}

fn dims(sizes: &[Size]) -> Vec<u64> {
    sizes.iter().map(|size| size.get()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Role;
    use crate::working::Notation;

    fn parameter(sizes: &[u64]) -> Parameter {
        Parameter { shape: sizes.iter().map(|&size| Size::try_from(size).unwrap()).collect() }
    }

    #[test]
    fn the_position_embedding_of_vit_b_16() {
        let parameter: Parameter = toml::from_str("shape = [197, 768]").unwrap();
        assert_eq!(parameter.output(&[]).unwrap().dims(), [197, 768]);
        let count = parameter.weights(&[])[0].count();
        assert_eq!(count.evaluate(), Ok(151_296));
        assert_eq!(count.substitution(Notation::Text), "197·768");
    }

    #[test]
    fn the_batch_is_put_in_front() {
        let weight = Tensor::zeros((2, 3), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
        assert_eq!(parameter(&[2, 3]).forward(&[], &[weight]).unwrap().dims(), [1, 2, 3]);
    }

    /// Swin's mask of a window of 7×7 tokens.
    #[test]
    fn a_buffer_is_no_parameter() {
        let buffer: Buffer = toml::from_str("shape = [49, 49]").unwrap();
        assert_eq!(buffer.output(&[]).unwrap().dims(), [49, 49]);
        let weight = &buffer.weights(&[])[0];
        assert_eq!((weight.role, weight.count().evaluate()), (Role::Buffer, Ok(2401)));
        let scalar = Buffer { shape: vec![] };
        assert_eq!(scalar.output(&[]).unwrap().dims(), [0; 0]);
        let reason = Buffer { shape: vec![Size::ONE; 9] }.output(&[]).unwrap_err();
        assert_eq!(reason.to_string(), "a buffer has up to 8 dimensions, and `shape` lists 9");
    }

    #[test]
    fn it_takes_no_input() {
        let reason = parameter(&[2]).output(&[Shape::new(vec![2]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "takes no input, and gets 1");
    }

    #[test]
    fn dimensions_are_limited() {
        let reason = |sizes: &[u64]| parameter(sizes).output(&[]).unwrap_err();
        let message = "a parameter has 1 to 8 dimensions, and `shape` lists 9";
        assert_eq!(reason(&[2; 9]).to_string(), message);
        assert_eq!(reason(&[2; 9]).setting, Some("shape"));
        // PyTorch's scalar is written as `[1]`: it is of no use without a dimension to meet another tensor.
        assert_eq!(reason(&[]).to_string(), "a parameter has 1 to 8 dimensions, and `shape` lists 0");
        assert!(parameter(&[2; 8]).output(&[]).is_ok());
        // 2^159 numbers.
        assert_eq!(reason(&[1 << 53; 3]).setting, Some("shape"));
        assert!(toml::from_str::<Parameter>("shape = [3, 0]").is_err());
    }
}
