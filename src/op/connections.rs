//! `connections`, a setting of convolutions: which input channels each output channel takes, where these are
//! neither all of them nor those of its group. LeNet-5's second convolution is the classic: LeCun et al. 1998, Table I.

use std::collections::HashSet;

#[cfg(feature = "run")]
use candle_core::{Result as CandleResult, Tensor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Reason;
#[cfg(feature = "run")]
use super::tensors;
use crate::text;

/// For each output channel the input channels it takes, numbered from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Connections(pub Vec<Vec<u64>>);

impl Connections {
    /// How many pairs of an input and an output channel are connected.
    pub(super) fn pairs(&self) -> u64 {
        self.0.iter().map(|list| list.len() as u64).sum()
    }

    /// How many input channels are connected to anything.
    pub(super) fn inputs(&self) -> u128 {
        self.0.iter().flatten().collect::<HashSet<_>>().len() as u128
    }

    /// The most input channels that an output channel takes.
    pub(super) fn widest(&self) -> u64 {
        self.0.iter().map(|list| list.len() as u64).max().unwrap_or_default()
    }

    /// Whether every output channel has a list, and lists only input channels that exist, each once.
    pub(super) fn check(&self, channels: u64, out_channels: u64) -> Result<(), Reason> {
        let lists = self.0.len() as u64;
        if lists != out_channels {
            return Err(wrong(Reason::new(text!(
                "`connections` wants a list for each of the {out_channels} output channels, and has {lists}",
                "`connections` 需要为 {out_channels} 个输出通道各给一个列表,这里有 {lists} 个"
            ))));
        }
        self.0.iter().enumerate().try_for_each(|(output, list)| check_list(output, list, channels))
    }

    /// The kernel of an ordinary convolution, out × in × axes, from the kernels of the connected pairs, pairs × axes: zeros
    /// where nothing is connected.
    #[cfg(feature = "run")]
    pub(super) fn dense(&self, kernels: &Tensor, channels: usize) -> CandleResult<Tensor> {
        let rows = self.0.iter().enumerate().flat_map(|(output, list)| {
            list.iter().map(move |&input| {
                let row = tensors::size_of(input)? + output * channels;
                u32::try_from(row).map_err(candle_core::Error::wrap)
            })
        });
        let rows = Tensor::new(rows.collect::<CandleResult<Vec<u32>>>()?, kernels.device())?;
        let kernels_flat = kernels.flatten_from(1)?;
        let taps = kernels_flat.dim(1)?;
        let none = Tensor::zeros((self.0.len() * channels, taps), kernels.dtype(), kernels.device())?;
        let dims = [&[self.0.len(), channels], &kernels.dims()[1..]].concat();
        none.index_add(&rows, &kernels_flat, 0)?.reshape(dims)
    }
}

fn check_list(output: usize, list: &[u64], channels: u64) -> Result<(), Reason> {
    if list.is_empty() {
        return Err(wrong(Reason::new(text!(
            "output channel {output} takes no input channel",
            "输出通道 {output} 没有连接任何输入通道"
        ))));
    }
    let mut seen = HashSet::new();
    for &input in list {
        if input >= channels {
            let largest = channels - 1;
            return Err(wrong(Reason::new(text!(
                "output channel {output} takes input channel {input} of {channels}",
                "输出通道 {output} 连接输入通道 {input},而输入只有 {channels} 个通道"
            )))
            .help(text!("input channels go from 0 to {largest}", "输入通道从 0 到 {largest}")));
        }
        if !seen.insert(input) {
            return Err(wrong(Reason::new(text!(
                "output channel {output} takes input channel {input} more than once",
                "输出通道 {output} 多次连接输入通道 {input}"
            ))));
        }
    }
    Ok(())
}

fn wrong(reason: Reason) -> Reason {
    reason.at("connections")
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn connections(lists: &[&[u64]]) -> Connections {
        Connections(lists.iter().map(|list| list.to_vec()).collect())
    }

    #[test]
    fn every_entry_is_checked() {
        let wrong = |lists: &[&[u64]]| {
            let reason = connections(lists).check(3, 2).unwrap_err();
            assert_eq!(reason.setting, Some("connections"));
            reason.to_string()
        };
        assert_eq!(connections(&[&[2, 0], &[0]]).check(3, 2), Ok(()));
        assert_eq!(wrong(&[&[0]]), "`connections` wants a list for each of the 2 output channels, and has 1");
        assert_eq!(wrong(&[&[0], &[]]), "output channel 1 takes no input channel");
        assert_eq!(wrong(&[&[0], &[1, 3]]), "output channel 1 takes input channel 3 of 3");
        assert_eq!(
            wrong(&[&[u64::MAX], &[1]]),
            format!("output channel 0 takes input channel {} of 3", u64::MAX)
        );
        assert_eq!(wrong(&[&[1, 2, 1], &[1]]), "output channel 0 takes input channel 1 more than once");
    }

    /// In the order of the lists, not of the channels.
    #[test]
    fn kernels_come_to_their_places() -> CandleResult<()> {
        let kernels = Tensor::new(&[[1f32, 2.0], [3.0, 4.0], [5.0, 6.0]], &Device::Cpu)?;
        let dense = connections(&[&[2, 0], &[1]]).dense(&kernels, 3)?;
        let expected = [[[3f32, 4.0], [0.0; 2], [1.0, 2.0]], [[0.0; 2], [5.0, 6.0], [0.0; 2]]];
        assert_eq!(dense.to_vec3::<f32>()?, expected.map(|rows| rows.map(Vec::from).to_vec()).to_vec());
        Ok(())
    }
}
