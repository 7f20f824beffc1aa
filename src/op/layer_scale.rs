//! `layer_scale`: a learned factor for each channel that starts close to 0, as in torchvision's ConvNeXt.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::Reference;
use super::settings::finite;
use super::{Class, Cost, Definition, Initializer, Operator, Reason, Weight, only_ranked};
use crate::counts::{Kind, Overflow};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// A learned factor for each channel, the same small one at first: with it a residual block starts as nearly nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerScale {
    /// What every factor is before training.
    #[serde(default = "default_init_value", deserialize_with = "finite")]
    pub init_value: f64,
}

impl Definition for LayerScale {
    const EXAMPLE: &'static str = r#"{ op = "layer_scale" }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[96, 56, 56]];
}

impl Operator for LayerScale {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        only_ranked(inputs).cloned()
    }

    /// With a size of 1 for each dimension after the channels, as torchvision stores it: C×1×1 for an image.
    fn weights(&self, inputs: &[Shape]) -> Vec<Weight> {
        let mut axes = vec![(Factor::Channels, inputs[0].dims()[0])];
        axes.resize(inputs[0].rank(), (Factor::Single, 1));
        vec![Weight::learned("layer_scale", axes, Initializer::Constant(self.init_value))]
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost::each(&[Kind::Mul], &Working::elements(Factor::OutputElements, output)))
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

#[cfg(feature = "run")]
impl Reference for LayerScale {
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> candle_core::Result<Tensor> {
        // Its dimensions are those of one sample: it broadcasts over the batch as it is.
        inputs[0].broadcast_mul(&weights[0])
    }
}

fn default_init_value() -> f64 {
    1e-6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Ops;
    use crate::op::shapes;

    /// ConvNeXt-T's first: 96 parameters, 96·56² multiplications.
    #[test]
    fn a_factor_for_each_channel() {
        let scale: LayerScale = toml::from_str("").unwrap();
        let inputs = shapes(&[&[96, 56, 56]]);
        assert_eq!(scale.output(&inputs).as_ref(), Ok(&inputs[0]));
        let [weight] = scale.weights(&inputs).try_into().unwrap();
        assert_eq!((&*weight.name, weight.dims()), ("layer_scale", vec![96, 1, 1]));
        assert_eq!(weight.count().evaluate(), Ok(96));
        assert_eq!(weight.initializer, Initializer::Constant(1e-6));
        let ops = scale.cost(&inputs, &inputs[0]).unwrap().work().unwrap().0.ops;
        assert_eq!(ops, Ops::of(Kind::Mul, 301_056));
    }

    #[test]
    fn features_are_channels() {
        let scale: LayerScale = toml::from_str("init_value = 0.1").unwrap();
        let weights = scale.weights(&shapes(&[&[10]]));
        assert_eq!((weights[0].dims(), weights[0].initializer), (vec![10], Initializer::Constant(0.1)));
    }

    #[test]
    fn a_single_number_has_no_channels() {
        let reason = LayerScale { init_value: 1.0 }.output(&shapes(&[&[]])).unwrap_err();
        assert_eq!(reason.to_string(), "needs at least one dimension beside the batch");
        assert!(toml::from_str::<LayerScale>("init_value = inf").is_err());
    }
}
