//! A tensor's dimensions and element type.

use std::sync::Arc;

use crate::text;
use crate::text::Text;

/// The largest size of a dimension: every whole number up to it is exact in any tool that computes in 64-bit floats.
pub const LARGEST_SIZE: u64 = 1 << 53;

/// The most dimensions of a tensor, as in PyTorch.
pub const MOST_DIMENSIONS: usize = 64;

/// The dimensions of a tensor without the batch: 192 channels of 28×28 are `[192, 28, 28]`.
///
/// There are at most [`MOST_DIMENSIONS`], every size is from 1 to [`LARGEST_SIZE`], and the number of elements fits a `u128`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: Arc<[u64]>,
    is_known: bool,
}

impl Shape {
    /// A shape of these sizes, or which size is at fault.
    pub fn new(dims: Vec<u64>) -> Result<Self, Text> {
        let count = dims.len();
        if count > MOST_DIMENSIONS {
            return Err(text!(
                "a tensor has at most {MOST_DIMENSIONS} dimensions, and this has {count}",
                "张量最多有 {MOST_DIMENSIONS} 维,这里有 {count} 维"
            ));
        }
        if dims.contains(&0) {
            let shown = show(&dims);
            return Err(text!("a size is 0 in {shown}", "{shown} 中有一个尺寸为 0"));
        }
        if let Some(size) = dims.iter().find(|&&size| size > LARGEST_SIZE) {
            return Err(text!("the size {size} is above 2^53", "尺寸 {size} 超过了 2^53"));
        }
        if dims.iter().try_fold(1u128, |product, &size| product.checked_mul(size.into())).is_none() {
            let shown = show(&dims);
            return Err(text!("{shown} has more than 2^128 elements", "{shown} 的元素超过 2^128 个"));
        }
        Ok(Self { dims: dims.into(), is_known: true })
    }

    /// That of a tensor of which no size is known: it has no dimensions and no elements, and is shown as `?`.
    pub fn unknown() -> Self {
        Self { dims: [].into(), is_known: false }
    }

    /// Whether its sizes are known.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// The sizes, without the batch.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// How many dimensions there are, without the batch.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }

    /// How many numbers the tensor holds, for one sample.
    pub fn elements(&self) -> u128 {
        if self.is_known { self.dims.iter().map(|&size| u128::from(size)).product() } else { 0 }
    }

    /// What is behind the first `count` dimensions.
    #[must_use]
    pub fn behind(&self, count: usize) -> Self {
        Self { dims: self.dims.get(count..).unwrap_or_default().into(), ..*self }
    }

    /// Channels, the first dimension, if there is one.
    pub fn channels(&self) -> Option<u64> {
        self.dims.first().copied()
    }

    /// `[channels, height, width]`, if the tensor is such an image.
    pub fn image(&self) -> Option<[u64; 3]> {
        self.dims().try_into().ok()
    }

    /// The index into [`dims`](Self::dims) of dimension `dim` in PyTorch's numbering: the batch is 0, channels are 1, and
    /// negative numbers count from the end. `None` for the batch and for what is out of range.
    pub fn axis(&self, dim: i64) -> Option<usize> {
        let rank = i64::try_from(self.rank()).ok()?;
        let axis = if dim < 0 { rank.checked_add(dim)? } else { dim - 1 };
        (0..rank).contains(&axis).then(|| usize::try_from(axis).ok()).flatten()
    }
}

/// Sizes as they are written: `192×28×28`; `()` where there are none.
pub(crate) fn show(dims: &[u64]) -> String {
    if dims.is_empty() {
        return "()".to_owned();
    }
    dims.iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}

/// The same in a sentence, in which a tensor without dimensions is something too.
#[cfg(feature = "run")]
pub(crate) fn in_words(dims: &[u64]) -> Text {
    let shown = show(dims);
    if dims.is_empty() { text!("a scalar", "0 维标量") } else { text!("{shown}", "{shown}") }
}

impl std::fmt::Display for Shape {
    /// `192×28×28`; `?` if it is not known.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&if self.is_known { show(&self.dims) } else { "?".to_owned() })
    }
}

/// The type of a tensor's elements, for what depends on their width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ElementType {
    /// 32-bit float.
    #[default]
    F32,
    /// 16-bit float.
    F16,
    /// 16-bit float with the exponent of a 32-bit one.
    Bf16,
    /// 8-bit integer.
    I8,
    /// 64-bit integer, as which indices are stored.
    I64,
    /// True or false, in a byte.
    Bool,
}

/// The type of one tensor's elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Element {
    /// That of the network's numbers, whatever it is stored in.
    #[default]
    Network,
    /// This one in any case: indices into a table are no less wide in a network of 16 bits.
    Fixed(ElementType),
}

impl ElementType {
    /// Every type that a network may be stored in.
    pub const OF_NETWORKS: [Self; 4] = [Self::F32, Self::F16, Self::Bf16, Self::I8];

    /// The name as it stands on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::I8 => "i8",
            Self::I64 => "i64",
            Self::Bool => "bool",
        }
    }

    /// Bytes of one number.
    pub fn bytes(self) -> u128 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 | Self::Bool => 1,
            Self::I64 => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_checked() {
        assert_eq!(Shape::new(vec![192, 28, 28]).unwrap().elements(), 150_528);
        assert_eq!(Shape::new(vec![3, 0]).unwrap_err().english, "a size is 0 in 3×0");
        assert!(Shape::new(vec![LARGEST_SIZE + 1]).is_err());
        assert!(Shape::new(vec![LARGEST_SIZE; 3]).is_err());
        assert!(Shape::new(vec![]).is_ok());
    }

    #[test]
    fn dimensions_are_numbered_as_in_pytorch() {
        let shape = Shape::new(vec![192, 28, 14]).unwrap();
        assert_eq!([1, 3, -1, -3].map(|dim| shape.axis(dim)), [Some(0), Some(2), Some(2), Some(0)]);
        assert_eq!([0, 4, -4, i64::MIN, i64::MAX].map(|dim| shape.axis(dim)), [None; 5]);
    }
}
