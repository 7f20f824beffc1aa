//! `dropout`, as `torch.nn.Dropout`: at inference it does nothing.

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

/// Zeros a random share of the numbers during training; at inference the input as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dropout {
    /// The share that training zeros, from 0 to 1.
    #[serde(default = "half")]
    #[schemars(range(min = 0, max = 1))]
    pub p: f64,
}

impl Definition for Dropout {
    const EXAMPLE: &'static str = r#"{ op = "dropout", p = 0.2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[1024]];
}

impl Operator for Dropout {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let p = self.p;
        if !(0.0..=1.0).contains(&p) {
            let reason = Reason::new(text!(
                "a share from 0 to 1 is dropped, and `p` is {p}",
                "丢弃的比例应在 0 到 1 之间,而 `p` 是 {p}"
            ));
            let share = p / 100.0;
            let is_percentage = (1.0..=100.0).contains(&p);
            let help = is_percentage.then(|| text!("{p} % is `p = {share}`", "{p} % 即 `p = {share}`"));
            return Err(Reason { help, ..reason.at("p") });
        }
        only(inputs).cloned()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        Some(text!("dropout, idle at inference", "dropout,推理时不起作用"))
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Dropout {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        Ok(inputs[0].clone())
    }
}

fn half() -> f64 {
    0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Cost;

    #[test]
    fn it_is_the_identity_and_free() {
        let shape = Shape::new(vec![1024]).unwrap();
        let dropout: Dropout = toml::from_str("").unwrap();
        assert_eq!(dropout, Dropout { p: 0.5 });
        assert_eq!(dropout.output(std::slice::from_ref(&shape)), Ok(shape.clone()));
        assert_eq!(dropout.cost(&[], &shape), Ok(Cost::FREE));
        // Both ends are allowed, as in PyTorch.
        assert!([0.0, 1.0].iter().all(|&p| Dropout { p }.output(std::slice::from_ref(&shape)).is_ok()));
    }

    #[test]
    fn the_share_is_checked() {
        let reason = |p| Dropout { p }.output(&[Shape::new(vec![1024]).unwrap()]).unwrap_err();
        assert_eq!(reason(1.5).to_string(), "a share from 0 to 1 is dropped, and `p` is 1.5");
        assert_eq!(reason(-0.1).setting, Some("p"));
        // TOML can write it.
        assert_eq!(reason(f64::NAN).to_string(), "a share from 0 to 1 is dropped, and `p` is NaN");
    }
}
