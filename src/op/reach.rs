//! Which elements of its inputs an element of an operator's output depends on, dimension by dimension: for receptive fields.

use super::Window;
use crate::shape::Shape;

/// How the positions of an output look at those of the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Each at the same position of every input; a size of 1 is stretched.
    Position,
    /// An entry for each dimension of the input, without the batch.
    Along(Vec<Along>),
    /// Positions are rearranged, and where each comes from is not followed.
    Rearranged,
}

/// What becomes of one dimension of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Along {
    /// The dimension of the output that it becomes; `None` if it is gone.
    pub to: Option<usize>,
    /// How each position of the output looks at it.
    pub look: Look,
}

/// How a position of the output looks at the positions of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// At the same.
    Same,
    /// At a range that moves along with it.
    Sliding(Slide),
    /// At this one, whatever its own position.
    At(u64),
    /// At all.
    All,
}

/// Output position `o` looks at `⌈(stride·o + first) / divisor⌉` up to `⌊(stride·o + last) / divisor⌋`, the padding's
/// positions included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Over the divisor: how far the range moves from one output position to the next.
    pub stride: i128,
    /// More than 1 where the output is finer than its input: the stride of a transposed convolution.
    pub divisor: i128,
    /// Over the divisor: where the range of output position 0 begins.
    pub first: i128,
    /// Over the divisor: where that range ends.
    pub last: i128,
}

impl Reach {
    /// Of a window that slides over every dimension after the channels.
    pub fn window(window: &Window) -> Self {
        Self::spatial(window.axes.iter().map(|axis| {
            let first = -i128::from(axis.before);
            // A window reaches over 2^106 elements at most.
            let last = first + axis.reach().cast_signed() - 1;
            Look::Sliding(Slide { stride: axis.stride.into(), divisor: 1, first, last })
        }))
    }

    /// The same channels, and these looks at the dimensions after them.
    pub fn spatial(looks: impl IntoIterator<Item = Look>) -> Self {
        Self::kept(std::iter::once(Look::Same).chain(looks))
    }

    /// Every dimension stays where it is.
    pub fn kept(looks: impl IntoIterator<Item = Look>) -> Self {
        let along = |(dim, look)| Along { to: Some(dim), look };
        Self::Along(looks.into_iter().enumerate().map(along).collect())
    }

    /// Every dimension of `input` stays; along those that `is_mixed` names, each position looks at all.
    pub fn mixing(input: &Shape, is_mixed: impl Fn(usize) -> bool) -> Self {
        Self::kept((0..input.rank()).map(|dim| if is_mixed(dim) { Look::All } else { Look::Same }))
    }
}

impl Slide {
    /// Of an output that has `to` positions for `from` of its input, each looking at those nearest before it.
    pub fn nearest(from: u64, to: u64) -> Self {
        let divisor = i128::from(to);
        Self { stride: from.into(), divisor, first: 1 - divisor, last: 0 }
    }
}
