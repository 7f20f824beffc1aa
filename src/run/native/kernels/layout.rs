//! How the numbers of a tensor lie in memory.

/// The order of the numbers of a batch of images: channels, and positions on any number of spatial axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Sample, channel, position: as candle and PyTorch have it.
    Planar,
    /// Sample, group of channels, position, channel of the group: groups of [`Isa::block`](crate::Isa::block) channels, the last
    /// one filled up. What stands in the channels that fill up is nobody's business: who makes a tensor may leave anything there,
    /// and who reads one looks away.
    Blocked,
}

impl Layout {
    /// The numbers of a sample of so many channels and positions, where groups have `block` channels.
    pub fn numbers(self, channels: usize, positions: usize, block: usize) -> usize {
        match self {
            Self::Planar => channels * positions,
            Self::Blocked => channels.div_ceil(block) * block * positions,
        }
    }
}
