//! `mul`: the product of several tensors, as a squeeze-and-excitation block weights its channels.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::{Arity, Class, Cost, Definition, Operator, Reach, Reason, merge, shape};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The elementwise product of two or more inputs with the same number of dimensions; sizes of 1 are repeated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "两个或更多维数相同的输入的逐元素乘积;尺寸为 1 的维度会重复"))]
pub struct Mul {
    /// Whether shapes of another number of dimensions are stretched, too, as NumPy does it: from the last on, sizes of 1 are
    /// repeated, and so are those that are missing in front; the batch stays.
    #[serde(default)]
    #[schemars(extend("x-zh" = "维数不同时是否也按 NumPy 规则扩展为同一形状:从最后一维起,重复尺寸为 1 的维度及前面缺少的维度;批次维不变"))]
    pub broadcast: bool,
}

impl Definition for Mul {
    const EXAMPLE: &'static str = r#"{ op = "mul", from = ["features", "gate"] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[96, 56, 56], &[96, 1, 1]];
}

impl Operator for Mul {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        if self.broadcast {
            return merge::alike(inputs, true);
        }
        let (first, rest) = merge::several(inputs)?;
        rest.iter().try_fold(first.clone(), |product, input| {
            merge::stretched(&product, input).ok_or_else(|| misfit(&product, input)).and_then(shape)
        })
    }

    fn cost(&self, inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(merge::cost(Kind::Mul, inputs, output))
    }

    fn arity(&self) -> Arity {
        Arity::SEVERAL
    }

    fn summary(&self, inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let count = inputs.len();
        let product = text!("product of {count} tensors", "{count} 个张量的积");
        Some(if self.broadcast { Text::phrase(&[product, merge::broadcasting()]) } else { product })
    }

    fn reach_of(&self, index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        merge::reach(&inputs[index], output)
    }

    fn class(&self) -> Class {
        Class::Merge
    }
}

#[cfg(feature = "run")]
impl Reference for Mul {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let inputs = merge::lifted(inputs)?;
        inputs[1..].iter().try_fold(inputs[0].clone(), |product, input| product.broadcast_mul(input))
    }
}

fn misfit(a: &Shape, b: &Shape) -> Reason {
    if a.rank() == b.rank() {
        return Reason::new(text!(
            "{a} and {b} differ, and only sizes of 1 are repeated",
            "{a} 与 {b} 不同,而只有尺寸为 1 的维度才会重复"
        ))
        .help(text!(
            "give both the same size, or one of them 1, in each dimension: 96×1×1 weights the channels of 96×56×56",
            "每个维度上两者尺寸须相同或其一为 1:96×1×1 可为 96×56×56 的各通道加权"
        ));
    }
    let (dims_a, dims_b) = (a.rank(), b.rank());
    let reason = Reason::new(text!(
        "{a} and {b} have {dims_a} and {dims_b} dimensions",
        "{a} 与 {b} 的维数分别为 {dims_a} 和 {dims_b}"
    ));
    if let Ok(shape) = merge::stretch(a, b) {
        return reason.help(merge::meant(&shape));
    }
    reason.help(text!(
        "give both as many dimensions, of size 1 where they repeat: 96×1×1 weights the channels of 96×56×56",
        "请使两者维数相同,需要重复的维度尺寸取 1:96×1×1 可为 96×56×56 的各通道加权"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    fn output(dims: &[&[u64]]) -> Result<Shape, Reason> {
        Mul::default().output(&shapes(dims))
    }

    #[test]
    fn a_squeeze_and_excitation_block() {
        let inputs = shapes(&[&[96, 56, 56], &[96, 1, 1]]);
        let output = Mul::default().output(&inputs).unwrap();
        assert_eq!(output, inputs[0]);
        let ops = Mul::default().cost(&inputs, &output).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops::of(Kind::Mul, 301_056));
    }

    #[test]
    fn sizes_of_one_are_repeated_on_either_side() {
        assert_eq!(output(&[&[3, 1, 1], &[1, 2, 4]]).unwrap().dims(), [3, 2, 4]);
        assert_eq!(output(&[&[1], &[4], &[1]]).unwrap().dims(), [4]);
        // Two multiplications for each of 24 elements.
        let inputs = shapes(&[&[3, 1, 1], &[1, 2, 4], &[3, 2, 4]]);
        assert_eq!(
            Mul::default().cost(&inputs, &inputs[2]).unwrap().work().unwrap().0.ops,
            Ops::of(Kind::Mul, 48)
        );
    }

    #[test]
    fn other_sizes_are_not() {
        let reason = output(&[&[96, 56, 56], &[48, 1, 1]]).unwrap_err();
        assert_eq!(reason.to_string(), "96×56×56 and 48×1×1 differ, and only sizes of 1 are repeated");
    }

    #[test]
    fn the_number_of_dimensions_is_equal() {
        let reason = output(&[&[96, 56, 56], &[96]]).unwrap_err();
        assert_eq!(reason.to_string(), "96×56×56 and 96 have 3 and 1 dimensions");
        assert!(reason.help.unwrap().english.starts_with("give both as many dimensions"));
        let help = output(&[&[96, 56, 56], &[56]]).unwrap_err().help.unwrap();
        assert!(help.english.ends_with("`broadcast = true` stretches both to 96×56×56"));
        let mul = Mul { broadcast: true };
        assert_eq!(mul.output(&shapes(&[&[96, 56, 56], &[56]])).unwrap().dims(), [96, 56, 56]);
    }

    #[test]
    fn too_many_elements_are_an_error() {
        let most = 1 << 53;
        assert!(output(&[&[most, 1, 1], &[1, most, 1], &[1, 1, most]]).is_err());
    }
}
