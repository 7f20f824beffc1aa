//! `sub`: the difference of two tensors of one shape.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, merge};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The first input less the second, which has the same shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "第一个输入减去同形状的第二个输入"))]
pub struct Sub {
    /// Whether shapes that differ are stretched to one, as NumPy does it: from the last on, sizes of 1 are repeated, and so are those
    /// that are missing in front; the batch stays.
    #[serde(default)]
    #[schemars(extend("x-zh" = "形状不同时是否按 NumPy 规则扩展为同一形状:从最后一维起,重复尺寸为 1 的维度及前面缺少的维度;批次维不变"))]
    pub broadcast: bool,
}

impl Definition for Sub {
    const EXAMPLE: &'static str = r#"{ op = "sub", from = ["features", "mean"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 28, 28], &[64, 28, 28]];
}

impl Operator for Sub {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        merge::two(inputs, self.broadcast)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(merge::cost(Kind::Add, inputs, output))
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        merge::reach(&inputs[index], output)
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        self.broadcast.then(|| text!("difference, broadcast", "差,广播"))
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

#[cfg(feature = "run")]
impl Reference for Sub {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let inputs = merge::lifted(inputs)?;
        inputs[0].broadcast_sub(&inputs[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    #[test]
    fn one_subtraction_for_each_element() {
        let inputs = shapes(&[&[64, 28, 28][..]; 2]);
        let cost = Sub::default().cost(&inputs, &Sub::default().output(&inputs).unwrap()).unwrap();
        assert_eq!(cost.work().unwrap().0.ops, Ops::of(Kind::Add, 50_176));
    }

    #[test]
    fn the_second_is_taken_from_the_first() {
        let input = |value: f32| Tensor::new(&[[value]], &candle_core::Device::Cpu).unwrap();
        let output = Sub::default().forward(&[input(6.0), input(4.0)], &[]).unwrap();
        assert_eq!(output.to_vec2::<f32>().unwrap(), [[2.0]]);
    }
}
