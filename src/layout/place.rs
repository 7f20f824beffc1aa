//! What a value is, by the keys that lead to it.

use crate::read::keys::MERGES;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Blocks,
    Block,
    /// An item, or a list of them.
    Items,
    /// Lists of items by name, or the only one.
    Branches,
    /// None of them.
    Other,
}

impl Place {
    /// What stands there behind a key.
    pub(super) fn at(self, key: &[String]) -> Self {
        key.iter().fold(self, |place, part| place.behind(part))
    }

    fn behind(self, key: &str) -> Self {
        match (self, key) {
            (Self::File, "blocks") => Self::Blocks,
            (Self::Blocks, _) => Self::Block,
            (Self::File | Self::Block | Self::Items, "layers")
            | (Self::Items, "side")
            | (Self::Branches, _) => Self::Items,
            (Self::Block | Self::Items, "branches") => Self::Branches,
            (Self::Block | Self::Items, key) if MERGES.contains(&key) => Self::Branches,
            (Self::File | Self::Block | Self::Items | Self::Other, _) => Self::Other,
        }
    }
}
