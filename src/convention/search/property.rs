//! Numbers of a network that are no count of operations: parameters, bytes, activations.

use crate::convention::figure::{Figure, Quantity};
use crate::text::Text;

/// What it is to assume that a figure without its unit is one of bytes, and of units of powers of 1024 for what is none.
const ASSUME_BYTES: u32 = 2;
const ASSUME_BINARY: u32 = 3;

/// A number of a network that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// What it is called.
    pub words: Text,
    /// The number.
    pub number: u128,
    /// What it counts; `None` for operations and activations.
    pub of: Option<Quantity>,
}

impl Property {
    /// How much is assumed if a figure is this, with units of powers of 1000 and of 1024; `None` if its unit says that it is
    /// something else.
    pub(super) fn may_be(&self, figure: &Figure) -> Option<(u32, u32)> {
        match (figure.of, self.of) {
            (Some(of), Some(own)) if of != own => None,
            // A file's MB are as often of the one kind as of the other.
            (Some(Quantity::Bytes), Some(_)) => Some((0, 0)),
            (Some(Quantity::Params | Quantity::Bytes), None) => None,
            (None, Some(Quantity::Bytes)) if figure.binary.is_some() => Some((ASSUME_BYTES, ASSUME_BYTES)),
            (Some(_) | None, Some(_) | None) => Some((0, ASSUME_BINARY)),
        }
    }
}
