//! Where a network is executed.

use candle_core::{Device, Error};

use crate::text;
use crate::text::Text;

/// A device as it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(usize),
}

impl Target {
    /// The device that is written `cpu`, `cuda` or `cuda:1`.
    pub fn parse(written: &str) -> Result<Self, Text> {
        let (kind, number) = written.split_once(':').unwrap_or((written, "0"));
        match (kind, number.parse()) {
            ("cpu", _) if written == "cpu" => Ok(Self::Cpu),
            ("cuda", Ok(number)) => Ok(Self::Cuda(number)),
            (_, _) => Err(text!(
                "there is no device `{written}`: devices are `cpu`, `cuda` and `cuda:1`",
                "没有设备 `{written}`:设备写作 `cpu`、`cuda` 或 `cuda:1`"
            )),
        }
    }

    /// The device, or why it cannot be used and what to do.
    pub fn open(self) -> Result<Device, (Text, Option<Text>)> {
        let Self::Cuda(number) = self else { return Ok(Device::Cpu) };
        Device::new_cuda(number).map_err(|error| {
            if matches!(error, Error::NotCompiledWithCudaSupport) {
                let message = text!(
                    "this cnncost was built without CUDA: there is no `{self}`",
                    "此 cnncost 构建时未启用 CUDA:没有 `{self}`"
                );
                let help = text!(
                    "build it with the feature: `cargo install --path . --features cuda`",
                    "请启用该特性构建:`cargo install --path . --features cuda`"
                );
                return (message, Some(help));
            }
            (text!("`{self}` cannot be used: {error}", "无法使用 `{self}`:{error}"), None)
        })
    }
}

impl std::fmt::Display for Target {
    /// `cpu`, `cuda:0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_written_as_in_pytorch() {
        let parsed = ["cpu", "cuda", "cuda:1"].map(|written| Target::parse(written).unwrap());
        assert_eq!(parsed, [Target::Cpu, Target::Cuda(0), Target::Cuda(1)]);
        for wrong in ["", "gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1"] {
            assert!(Target::parse(wrong).unwrap_err().english.contains(&format!("`{wrong}`")), "{wrong}");
        }
    }
}
