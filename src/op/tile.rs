//! `tile`: a tensor side by side with copies of itself, as `torch.tile` and `Tensor.repeat`.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Size;
use super::{Class, Definition, Operator, Reach, Reason, only, shape, size};
#[cfg(feature = "run")]
use super::{Reference, Workspace, tensors};
use crate::shape::Shape;
use crate::text;

/// The tensor side by side with copies of itself, along each dimension as often as is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-zh" = "张量沿各维与自身的副本并列,次数按所列"))]
pub struct Tile {
    /// How often it is there along each dimension, without the batch.
    #[schemars(extend("x-zh" = "沿各维重复的次数,不含批次维"))]
    pub repeats: Vec<Size>,
}

impl Definition for Tile {
    const EXAMPLE: &'static str = r#"{ op = "tile", repeats = [1, 2, 2] }"#;
    const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[64, 7, 7]];
}

impl Operator for Tile {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        let input = only(inputs)?;
        let (listed, rank) = (self.repeats.len(), input.rank());
        if listed != rank {
            return Err(Reason::new(text!(
                "`repeats` lists a number for each dimension beside the batch, and these are {listed} for {rank}",
                "`repeats` 应为批次维以外的每一维各列一个数,这里为 {rank} 维列出了 {listed} 个"
            ))
            .at("repeats"));
        }
        let sizes = input.dims().iter().zip(&self.repeats);
        let sizes = sizes.map(|(&dim, repeat)| size(u128::from(dim) * u128::from(repeat.get())));
        sizes.collect::<Result<_, _>>().and_then(shape).map_err(|reason| reason.at("repeats"))
    }

    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        Reach::moving(&inputs[0], |dim| self.repeats[dim] != Size::ONE)
    }

    fn class(&self) -> Class {
        Class::Rearrangement
    }
}

#[cfg(feature = "run")]
impl Reference for Tile {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        let repeats = self.repeats.iter().map(|repeat| tensors::size_of(repeat.get()));
        let repeats = std::iter::once(Ok(1)).chain(repeats).collect::<candle_core::Result<Vec<_>>>()?;
        inputs[0].repeat(repeats)?.contiguous()
    }

    /// What is repeated along the dimensions before.
    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(1, inputs, output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::shapes;

    fn tile(repeats: &str, dims: &[u64]) -> Result<Vec<u64>, Reason> {
        let tile: Tile = toml::from_str(&format!("repeats = {repeats}")).unwrap();
        tile.output(&shapes(&[dims])).map(|shape| shape.dims().to_vec())
    }

    #[test]
    fn sizes_are_multiplied() {
        assert_eq!(tile("[1, 2, 3]", &[64, 7, 5]), Ok(vec![64, 14, 15]));
        let reason = tile("[2]", &[64, 7]).unwrap_err();
        let message = "`repeats` lists a number for each dimension beside the batch, and these are 1 for 2";
        assert_eq!((reason.to_string().as_str(), reason.setting), (message, Some("repeats")));
        assert_eq!(tile("[9007199254740992]", &[2]).unwrap_err().setting, Some("repeats"));
    }
}
