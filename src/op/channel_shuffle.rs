//! `channel_shuffle`: takes the channels of all groups in turn, as `torch.nn.ChannelShuffle`.

#[cfg(feature = "run")]
use candle_core::Tensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Class, Definition, Operator, Reason, only};
#[cfg(feature = "run")]
use super::{Reference, tensors};
use crate::shape::Shape;
use crate::text;

/// Channels in a new order: the first of each group, then the second of each, and so on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelShuffle {
    /// Groups that the channels are in; their number divides that of the channels.
    pub groups: Size,
}

impl Definition for ChannelShuffle {
    const EXAMPLE: &'static str = r#"{ op = "channel_shuffle", groups = 2 }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[116, 28, 28]];
}

impl Operator for ChannelShuffle {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let [channels, _, ..] = *input.dims() else {
            return Err(Reason::new(text!(
                "needs channels × one or more other dimensions, and gets {input}",
                "需要通道 × 一个或多个其他维度,却得到 {input}"
            )));
        };
        let groups = self.groups.get();
        if !channels.is_multiple_of(groups) {
            return Err(Reason::new(text!(
                "{channels} channels cannot be divided into {groups} groups",
                "{channels} 个通道不能等分为 {groups} 组"
            ))
            .at_divisor("groups", groups, &[channels]));
        }
        Ok(input.clone())
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for ChannelShuffle {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let (input, groups) = (&inputs[0], tensors::size_of(self.groups.get())?);
        let mut grouped = input.dims().to_vec();
        grouped.splice(1..2, [groups, input.dim(1)? / groups]);
        input.reshape(grouped)?.transpose(1, 2)?.reshape(input.dims())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffle(groups: u64, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let shuffle = ChannelShuffle { groups: groups.try_into().unwrap() };
        shuffle.output(&[Shape::new(dims.to_vec()).unwrap()]).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn sizes_stay_as_they_are() {
        assert_eq!(shuffle(2, &[116, 28, 28]), Ok(vec![116, 28, 28]));
        assert_eq!(shuffle(6, &[6, 5]), Ok(vec![6, 5]));
    }

    #[test]
    fn groups_take_turns() {
        let input = Tensor::arange(0f32, 6., &candle_core::Device::Cpu).unwrap().reshape((1, 6, 1)).unwrap();
        let shuffle: ChannelShuffle = toml::from_str("groups = 2").unwrap();
        let output = shuffle.forward(&[input], &[]).unwrap().flatten_all().unwrap();
        assert_eq!(output.to_vec1::<f32>().unwrap(), [0., 3., 1., 4., 2., 5.]);
        assert!(!shuffle.is_view());
    }

    #[test]
    fn groups_are_equal() {
        let reason = shuffle(3, &[116, 28, 28]).unwrap_err();
        assert_eq!(reason.to_string(), "116 channels cannot be divided into 3 groups");
        assert_eq!(reason.message.chinese, "116 个通道不能等分为 3 组");
        assert_eq!(reason.setting, Some("groups"));
    }

    /// PyTorch wants more than two dimensions, the batch among them.
    #[test]
    fn channels_alone_are_not_shuffled() {
        let reason = shuffle(2, &[6]).unwrap_err();
        assert_eq!(reason.to_string(), "needs channels × one or more other dimensions, and gets 6");
    }
}
