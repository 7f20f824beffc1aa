//! Arrays whose numbers may be known: what follows from shapes, constants and weights alone.

use std::sync::Arc;

use super::messages::Kind;

/// An array of known sizes. Unlike a tensor of a network it may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its sizes.
    pub dims: Vec<u64>,
    /// The type of its elements.
    pub kind: Kind,
    /// Its elements in row-major order; `None` where only sizes are known: of weights while counting, and of what is large.
    pub numbers: Option<Numbers>,
}

/// The elements of an [`Array`], whatever their width in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Whole numbers; true and false are 1 and 0.
    Ints(Arc<[i64]>),
    /// Floats: of 32 bits and fewer, as 32 bits hold them.
    Floats(Arc<[f32]>),
    /// Floats of 64 bits.
    Doubles(Arc<[f64]>),
}
