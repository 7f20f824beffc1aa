//! `identity`, as `torch.nn.Identity`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::{Class, Definition, Operator, Reason, only};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// The input as it is: a place with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {}

impl Definition for Identity {
    const EXAMPLE: &'static str = r#"{ op = "identity" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Operator for Identity {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        only(inputs).cloned()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("identity", "恒等"))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Identity {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        Ok(inputs[0].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Cost;

    #[test]
    fn it_is_free() {
        let shape = Shape::new(vec![64, 56, 56]).unwrap();
        assert_eq!(Identity {}.output(std::slice::from_ref(&shape)), Ok(shape.clone()));
        assert_eq!(Identity {}.cost(&[], &shape), Ok(Cost::FREE));
    }

    #[test]
    fn it_takes_one_input_and_no_setting() {
        let shape = Shape::new(vec![10]).unwrap();
        let reason = Identity {}.output(&[shape.clone(), shape]).unwrap_err();
        assert_eq!(reason.to_string(), "takes one input, and gets 2");
        assert!(toml::from_str::<Identity>("p = 1").is_err());
    }
}
