//! `reshape`: the same numbers under other sizes, as `torch.reshape`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, Definition, Operator, Reach, Reason, only, shape, size};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// The same numbers in the same order, under other sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reshape {
    /// The new sizes, without the batch; one may be -1, which takes what the others leave.
    pub shape: Vec<i64>,
}

impl Definition for Reshape {
    const EXAMPLE: &'static str = r#"{ op = "reshape", shape = [1, 28, 28] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[784]];
}

impl Operator for Reshape {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        self.sizes(input).and_then(shape).map_err(|reason| reason.at("shape"))
    }

    fn output_workings(&self, inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        match self.known() {
            Ok(known) if self.shape.contains(&INFERRED) => {
                let all = Working::elements(Factor::InputElements, &inputs[0]);
                vec![(Factor::InferredSize, Working::Floor(Box::new(all), Box::new(Working::Number(known))))]
            }
            Ok(_) | Err(_) => vec![],
        }
    }

    fn is_view(&self) -> bool {
        true
    }

    fn reach(&self, inputs: &[Shape], output: &Shape) -> Reach {
        Reach::reshaped(&inputs[0], output)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Reshape {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let input = &inputs[0];
        let sample = Shape::new(input.dims()[1..].iter().map(|&size| size as u64).collect());
        let sizes = sample.map_err(Reason::new).and_then(|sample| self.sizes(&sample));
        let mut dims = vec![input.dim(0)?];
        for size in sizes.map_err(candle_core::Error::wrap)? {
            dims.push(tensors::size_of(size)?);
        }
        input.reshape(dims)
    }
}

/// What stands for the size that the others leave.
const INFERRED: i64 = -1;

impl Reshape {
    /// The new sizes of `input`, every one of them known.
    fn sizes(&self, input: &Shape) -> Result<Vec<u64>, Reason> {
        let (known, elements) = (self.known()?, input.elements());
        let wanted = self.shape.iter().map(i64::to_string).collect::<Vec<_>>().join("×");
        if !self.shape.contains(&INFERRED) {
            if known != elements {
                return Err(Reason::new(text!(
                    "{input} has {elements} elements, and `shape` has {known}: {wanted}",
                    "{input} 有 {elements} 个元素,而 `shape` 有 {known} 个:{wanted}"
                )));
            }
        } else if !elements.is_multiple_of(known) {
            return Err(Reason::new(text!(
                "{input} has {elements} elements, which {known}, the product of the other sizes, does not divide",
                "{input} 有 {elements} 个元素,不能被其余尺寸之积 {known} 整除"
            )));
        }
        let inferred = size(elements / known);
        self.shape.iter().map(|&size| u64::try_from(size).or_else(|_| inferred.clone())).collect()
    }

    /// The product of the sizes that are given.
    fn known(&self) -> Result<u128, Reason> {
        if let Some(wrong) = self.shape.iter().find(|&&size| size < 1 && size != INFERRED) {
            return Err(Reason::new(text!(
                "a size is at least 1, or -1 for what the others leave, and is {wrong}",
                "尺寸至少为 1,或用 -1 表示由其余尺寸推出,这里是 {wrong}"
            )));
        }
        let inferred = self.shape.iter().filter(|&&size| size == INFERRED).count();
        if inferred > 1 {
            return Err(Reason::new(text!(
                "only one size can be -1, and {inferred} are",
                "只能有一个尺寸为 -1,这里有 {inferred} 个"
            )));
        }
        let mut given = self.shape.iter().filter_map(|&size| u128::try_from(size).ok());
        given.try_fold(1u128, u128::checked_mul).ok_or_else(|| {
            Reason::new(text!("the sizes have more than 2^128 elements", "这些尺寸的元素超过 2^128 个"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working::Notation;

    fn reshape(sizes: &[i64], dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let reshape = Reshape { shape: sizes.to_vec() };
        reshape.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn one_size_may_follow_from_the_others() {
        assert_eq!(reshape(&[1, 28, 28], &[784]), Ok(vec![1, 28, 28]));
        assert_eq!(reshape(&[-1], &[3, 2, 4]), Ok(vec![24]));
        assert_eq!(reshape(&[2, -1, 3], &[3, 2, 4]), Ok(vec![2, 4, 3]));
        assert_eq!(reshape(&[24, -1], &[3, 2, 4]), Ok(vec![24, 1]));
        assert_eq!(reshape(&[], &[1, 1]), Ok(vec![]));
    }

    #[test]
    fn the_working_of_the_inferred_size() {
        let reshape: Reshape = toml::from_str("shape = [8, -1, 4]").unwrap();
        let inputs = [Shape::new(vec![512, 7, 7]).unwrap()];
        let output = reshape.output(&inputs).unwrap();
        let (name, working) = &reshape.output_workings(&inputs, &output)[0];
        assert_eq!(
            (*name, working.substitution(Notation::Text).as_str()),
            (Factor::InferredSize, "⌊512·7²/32⌋")
        );
        assert_eq!(working.evaluate(), Ok(784));
        assert!(reshape.is_view());
    }

    #[test]
    fn no_number_is_lost() {
        let reason = |sizes: &[i64]| {
            let reason = reshape(sizes, &[3, 2, 4]).unwrap_err();
            assert_eq!(reason.setting, Some("shape"));
            reason.to_string()
        };
        assert_eq!(reason(&[5, 5]), "3×2×4 has 24 elements, and `shape` has 25: 5×5");
        assert_eq!(
            reason(&[-1, 5]),
            "3×2×4 has 24 elements, which 5, the product of the other sizes, does not divide"
        );
        assert_eq!(reason(&[-1, 2, -1]), "only one size can be -1, and 2 are");
        assert_eq!(reason(&[-2, 12]), "a size is at least 1, or -1 for what the others leave, and is -2");
        assert_eq!(reason(&[0, -1]), "a size is at least 1, or -1 for what the others leave, and is 0");
        assert_eq!(reason(&[i64::MAX; 3]), "the sizes have more than 2^128 elements");
    }

    #[test]
    fn a_size_that_is_too_large_is_shown_exactly() {
        let reason = reshape(&[-1], &[1 << 53, 1 << 53]).unwrap_err().to_string();
        assert_eq!(reason, "the size 81129638414606681695789005144064 is above 2^53");
    }
}
