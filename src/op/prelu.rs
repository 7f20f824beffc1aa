//! `prelu`: a rectified linear unit with a learned leak, as `torch.nn.PReLU`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Class, Cost, Definition, Initializer, Operator, Reason, Weight, only};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::text;
use crate::working::{Factor, Working};

/// Rectified linear unit with a learned leak: x if positive, otherwise weight · x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prelu {
    /// Learned factors: 1 for all channels together, or as many as there are channels.
    #[serde(default = "one")]
    pub num_parameters: Size,
}

impl Definition for Prelu {
    const EXAMPLE: &'static str = r#"{ op = "prelu", num_parameters = 64 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 56, 56]];
}

impl Operator for Prelu {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        // PyTorch takes a single number for one channel.
        let (parameters, channels) = (self.num_parameters.get(), input.channels().unwrap_or(1));
        if parameters == 1 || parameters == channels {
            return Ok(input.clone());
        }
        let reason = Reason::new(text!(
            "`num_parameters` is {parameters} on {channels} channels",
            "`num_parameters` 是 {parameters},而通道数是 {channels}"
        ));
        Err(reason.at("num_parameters").help(text!(
            "1 is one factor for all channels, {channels} one for each",
            "取 1 则所有通道共用一个系数,取 {channels} 则每个通道各有一个"
        )))
    }

    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        let axes = vec![(Factor::Parameters, self.num_parameters.get())];
        vec![Weight::learned("weight", axes, Initializer::Constant(0.25))]
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost::each(&[Kind::Mul, Kind::Cmp], &Working::elements(Factor::OutputElements, output)))
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl Reference for Prelu {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, weight) = (&inputs[0], &weights[0]);
        // One factor broadcasts over any rank, that of a batch of single numbers too.
        let weight =
            if weight.elem_count() == 1 { weight.clone() } else { tensors::spread(weight, input, 1)? };
        input.gt(0f32)?.where_cond(input, &input.broadcast_mul(&weight)?)
    }

    /// What is scaled, and a byte for each number.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(2, inputs, output)
    }
}

fn one() -> Size {
    Size::ONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;

    fn prelu(num_parameters: u64) -> Prelu {
        Prelu { num_parameters: num_parameters.try_into().unwrap() }
    }

    #[test]
    fn a_factor_for_each_channel() {
        let shape = Shape::new(vec![64, 56, 56]).unwrap();
        let inputs = std::slice::from_ref(&shape);
        assert_eq!(prelu(64).output(inputs).as_ref(), Ok(&shape));
        let params = |prelu: Prelu| prelu.weights(inputs)[0].count().evaluate();
        assert_eq!([params(prelu(64)), params(toml::from_str("").unwrap())], [Ok(64), Ok(1)]);
        let ops = prelu(64).cost(inputs, &shape).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops { mul: 200_704, cmp: 200_704, ..Ops::default() });
    }

    #[test]
    fn other_numbers_of_factors_fit_no_channels() {
        let reason = prelu(3).output(&[Shape::new(vec![64, 56, 56]).unwrap()]).unwrap_err();
        assert_eq!(reason.to_string(), "`num_parameters` is 3 on 64 channels");
        assert_eq!(reason.setting, Some("num_parameters"));
        assert_eq!(reason.help.unwrap().english, "1 is one factor for all channels, 64 one for each");
        assert!(toml::from_str::<Prelu>("num_parameters = 0").is_err());
    }

    #[test]
    fn a_single_number_is_one_channel() {
        let single = [Shape::new(vec![]).unwrap()];
        assert!(prelu(1).output(&single).is_ok());
        let reason = prelu(2).output(&single).unwrap_err();
        assert_eq!(reason.to_string(), "`num_parameters` is 2 on 1 channels");
    }
}
