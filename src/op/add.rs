//! `add`: the sum of several tensors of one shape, as at the end of a residual block.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, merge};
#[cfg(feature = "run")]
use super::{Reference, Workspace};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The sum of two or more inputs of the same shape.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "两个或更多同形状输入之和"))]
pub struct Add {
    /// Whether shapes that differ are stretched to one, as NumPy does it: from the last on, sizes of 1 are repeated, and so are those
    /// that are missing in front; the batch stays.
    #[serde(default)]
    #[schemars(extend("x-zh" = "形状不同时是否按 NumPy 规则扩展为同一形状:从最后一维起,重复尺寸为 1 的维度及前面缺少的维度;批次维不变"))]
    pub broadcast: bool,
}

impl Definition for Add {
    const EXAMPLE: &'static str = r#"{ op = "add", from = ["shortcut", "body"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[256, 56, 56], &[256, 56, 56]];
}

impl Operator for Add {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        merge::alike(inputs, self.broadcast)
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(merge::cost(Kind::Add, inputs, output))
    }

    fn arity(&self) -> Arity {
        Arity::SEVERAL
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let count = inputs.len();
        let sum = text!("sum of {count} tensors", "{count} 个张量的和");
        Some(if self.broadcast { Text::phrase(&[sum, merge::broadcasting()]) } else { sum })
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        merge::reach(&inputs[index], output)
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

#[cfg(feature = "run")]
impl Reference for Add {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let inputs = merge::lifted(inputs)?;
        inputs[1..].iter().try_fold(inputs[0].clone(), |sum, input| sum.broadcast_add(input))
    }

    /// The sum so far.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies((inputs.len() > 2).into(), inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;
    use crate::working::Notation;

    fn reason(dims: &[&[u64]]) -> String {
        Add::default().output(&shapes(dims)).unwrap_err().to_string()
    }

    #[test]
    fn a_residual_block_of_resnet() {
        let inputs = shapes(&[&[256, 56, 56][..]; 2]);
        let cost = Add::default().cost(&inputs, &Add::default().output(&inputs).unwrap()).unwrap();
        assert_eq!(cost.work().unwrap().0.ops, Ops::of(Kind::Add, 802_816));
        assert_eq!(cost.terms[0].nominal.substitution(Notation::Text), "256·56²");
    }

    #[test]
    fn three_inputs_take_two_additions() {
        let inputs = shapes(&[&[6][..]; 3]);
        let count = &Add::default().cost(&inputs, &inputs[0]).unwrap().terms[0].nominal;
        assert_eq!(count.evaluate(), Ok(12));
        assert_eq!(count.formula(Notation::Text), "(inputs − 1) · output elements");
        assert_eq!(count.substitution(Notation::Text), "(3 − 1)·6");
    }

    #[test]
    fn shapes_must_be_equal() {
        assert_eq!(reason(&[&[256, 56, 56], &[64, 56, 56]]), "256×56×56 and 64×56×56 are not the same shape");
        // PyTorch would add the one channel to all 64.
        assert_eq!(
            reason(&[&[64, 56, 56], &[1, 56, 56]]),
            "64×56×56 and 1×56×56 are not the same shape, and PyTorch would silently repeat the sizes of 1"
        );
        assert_eq!(reason(&[&[6], &[6], &[2, 3]]), "6 and 2×3 are not the same shape");
    }

    /// A bias of each column, and one of each row: two additions for each element of the sum.
    #[test]
    fn shapes_are_stretched_where_that_is_meant() {
        let inputs = shapes(&[&[3], &[2, 1], &[4, 1, 1]]);
        let add = Add { broadcast: true };
        let output = add.output(&inputs).unwrap();
        assert_eq!(output.dims(), [4, 2, 3]);
        assert_eq!(add.cost(&inputs, &output).unwrap().work().unwrap().0.ops, Ops::of(Kind::Add, 48));
        let help = Add::default().output(&inputs).unwrap_err().help.unwrap();
        assert_eq!(help.english, "where the repetition is meant, `broadcast = true` stretches both to 2×3");
    }

    #[test]
    fn one_input_is_no_sum() {
        assert_eq!(reason(&[&[6]]), "takes 2 or more inputs, and gets 1");
    }

    #[test]
    fn counts_that_do_not_fit_are_an_error() {
        let inputs = shapes(&[&[1 << 53, 1 << 53, 1 << 21][..]; 3]);
        assert_eq!(Add::default().cost(&inputs, &inputs[0]).unwrap().work(), Err(Overflow));
    }
}
