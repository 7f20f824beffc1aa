//! `glu`: a gated linear unit, as `torch.nn.GLU`. It halves a dimension, so it is no elementwise function.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::activation::per_element;
use super::settings::Dim;
use super::{Class, Cost, Definition, Look, Operator, Reach, Reason, Slide, only, shape};
#[cfg(feature = "run")]
use super::{Reference, Workspace, workspace::elements};
use crate::counts::Kind::{Add, Div, Exp, Mul};
use crate::counts::Overflow;
use crate::shape::Shape;
use crate::text;
use crate::working::Factor;

/// Gated linear unit: the first half of a dimension, times the sigmoid of its second half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "门控线性单元:一个维度的前一半乘以后一半的 sigmoid"))]
pub struct Glu {
    /// The dimension that is halved; channels are 1, and the last is -1.
    #[serde(default = "last")]
    #[schemars(extend("x-zh" = "被对半分的维度;通道为 1,最后一维为 -1"))]
    pub dim: Dim,
}

impl Definition for Glu {
    const EXAMPLE: &'static str = r#"{ op = "glu", dim = 1 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[512, 100]];
}

impl Operator for Glu {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let axis = self.dim.axis("dim", input)?;
        let mut sizes = input.dims().to_vec();
        let (size, number) = (sizes[axis], axis + 1);
        if !size.is_multiple_of(2) {
            let reason = Reason::new(text!(
                "dimension {number} of {input} cannot be halved: its size {size} is odd",
                "{input} 的第 {number} 维无法对半分:其尺寸 {size} 是奇数"
            ));
            return Err(reason.at("dim"));
        }
        sizes[axis] = size / 2;
        shape(sizes)
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(per_element(
            &[
                (Mul, &[Factor::Product]),
                (Add, &[Factor::OnePlusExpOfNegative]),
                (Div, &[Factor::Sigmoid]),
                (Exp, &[Factor::ExpOfNegative]),
            ],
            output,
        ))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        let halved = inputs[0].axis(self.dim.0);
        Reach::kept(inputs[0].dims().iter().enumerate().map(|(dim, &size)| {
            if Some(dim) != halved {
                return Look::Same;
            }
            let half = i128::from(size / 2);
            Look::Sliding(Slide { stride: 1, divisor: 1, first: 0, last: half, step: half })
        }))
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl Reference for Glu {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let half = input.dim(self.dim)? / 2;
        let gate = candle_nn::ops::sigmoid(&input.narrow(self.dim, half, half)?.contiguous()?)?;
        input.narrow(self.dim, 0, half)? * gate
    }

    /// The second half by itself while its sigmoid is taken, and then that.
    fn workspace(&self, _inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::of_sample(elements(output.dims()))
    }
}

fn last() -> Dim {
    Dim(-1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    fn glu(dim: i64) -> Glu {
        Glu { dim: Dim(dim) }
    }

    #[test]
    fn a_dimension_is_halved() {
        let output = |dim| glu(dim).output(&shapes(&[&[512, 100]])).unwrap().dims().to_vec();
        assert_eq!((output(1), output(-1)), (vec![256, 100], vec![512, 50]));
        assert_eq!(toml::from_str::<Glu>(""), Ok(glu(-1)));
        let ops = glu(1).cost(&[], &shapes(&[&[256, 100]])[0]).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops { mul: 25_600, add: 25_600, div: 25_600, cmp: 0, exp: 25_600 });
    }

    #[test]
    fn what_is_odd_cannot_be_halved() {
        let reason = glu(-1).output(&shapes(&[&[4, 5]])).unwrap_err();
        assert_eq!(reason.to_string(), "dimension 2 of 4×5 cannot be halved: its size 5 is odd");
        assert_eq!(reason.setting, Some("dim"));
        assert_eq!(glu(0).output(&shapes(&[&[4]])).unwrap_err().to_string(), "dimension 0 is the batch");
    }

    /// Output 1 of 3 looks at input 1 and input 4.
    #[test]
    fn each_looks_at_its_gate() {
        let Reach::Along(along) = glu(1).reach(&shapes(&[&[6]]), &shapes(&[&[3]])[0]) else { panic!() };
        let slide = Slide { stride: 1, divisor: 1, first: 0, last: 3, step: 3 };
        assert_eq!(along[0].look, Look::Sliding(slide));
    }
}
