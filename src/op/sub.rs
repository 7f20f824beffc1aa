//! `sub`: the difference of two tensors of one shape.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::{Arity, Class, Cost, Definition, Operator, Reason, merge};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;

/// The first input less the second, which has the same shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sub {}

impl Definition for Sub {
    const EXAMPLE: &'static str = r#"{ op = "sub", from = ["features", "mean"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 28, 28], &[64, 28, 28]];
}

impl Operator for Sub {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        merge::two_alike(inputs).cloned()
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(merge::cost(Kind::Add, inputs, output))
    }

    fn arity(&self) -> Arity {
        Arity::TWO
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

#[cfg(feature = "run")]
impl Reference for Sub {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        &inputs[0] - &inputs[1]
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
        let cost = Sub {}.cost(&inputs, &Sub {}.output(&inputs).unwrap()).unwrap();
        assert_eq!(cost.work().unwrap().0.ops, Ops::of(Kind::Add, 50_176));
    }

    #[test]
    fn the_second_is_taken_from_the_first() {
        let input = |value: f32| Tensor::new(&[[value]], &candle_core::Device::Cpu).unwrap();
        let output = Sub {}.forward(&[input(6.0), input(4.0)], &[]).unwrap();
        assert_eq!(output.to_vec2::<f32>().unwrap(), [[2.0]]);
    }
}
