//! `affine`: a fixed factor and a fixed offset, as the normalization of an image.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::finite;
use super::{Class, Cost, Definition, Operator, Reason, only};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// mul · x + add, with two fixed numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Affine {
    /// The factor; 1 costs nothing.
    #[serde(default = "one", deserialize_with = "finite")]
    pub mul: f64,
    /// The offset; 0 costs nothing.
    #[serde(default, deserialize_with = "finite")]
    pub add: f64,
}

impl Definition for Affine {
    const EXAMPLE: &'static str = r#"{ op = "affine", mul = 0.00392, add = -0.5 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[3, 224, 224]];
}

impl Operator for Affine {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        only(inputs).cloned()
    }

    #[expect(clippy::float_cmp, reason = "only exactly 1 and exactly 0 leave every number as it is")]
    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        let mut kinds = vec![];
        if self.mul != 1.0 {
            kinds.push(Kind::Mul);
        }
        if self.add != 0.0 {
            kinds.push(Kind::Add);
        }
        Ok(Cost::each(&kinds, &Working::elements(Factor::OutputElements, output)))
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        let (factor, offset) = (self.mul, self.add);
        Some(text!("{factor} · x + ({offset})", "{factor} · x + ({offset})"))
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl Reference for Affine {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        inputs[0].affine(self.mul, self.add)
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;

    fn ops(settings: &str) -> Ops {
        let image = Shape::new(vec![3, 224, 224]).unwrap();
        let affine: Affine = toml::from_str(settings).unwrap();
        assert_eq!(affine.output(std::slice::from_ref(&image)), Ok(image.clone()));
        affine.cost(&[], &image).unwrap().work().unwrap().0.ops
    }

    #[test]
    fn what_changes_nothing_costs_nothing() {
        assert_eq!(ops("mul = 0.458\nadd = -0.03"), Ops { mul: 150_528, add: 150_528, ..Ops::default() });
        assert_eq!(ops("add = 2.5"), Ops::of(Kind::Add, 150_528));
        assert_eq!(ops("mul = 2"), Ops::of(Kind::Mul, 150_528));
        // A factor of 0 is still multiplied by.
        assert_eq!(ops("mul = 0"), Ops::of(Kind::Mul, 150_528));
        assert_eq!(ops(""), Ops::default());
    }

    #[test]
    fn numbers_are_finite() {
        let error = toml::from_str::<Affine>("mul = inf").unwrap_err();
        assert_eq!(error.message(), "must be finite, and is inf");
    }
}
