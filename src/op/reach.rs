//! Which elements of its inputs an element of an operator's output depends on, dimension by dimension: for receptive fields.

use super::Window;
use crate::shape::Shape;

/// How the positions of an output look at those of the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Each at the same position of every input; a size of 1 is stretched.
    Position,
    /// An entry for each dimension of the input, without the batch.
    Along(Vec<Along>),
    /// Positions are rearranged, and where each comes from is not followed.
    Rearranged,
}

/// What becomes of one dimension of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Along {
    /// The dimension of the output that it becomes; `None` if it is gone.
    pub to: Option<usize>,
    /// How each position of the output looks at it.
    pub look: Look,
}

/// How a position of the output looks at the positions of one dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Look {
    /// At the same.
    Same,
    /// At a range that moves along with it.
    Sliding(Slide),
    /// At ranges that take turns: of `n` entries, output position `q·n + r` looks at those from the first to the last of entry
    /// `r`, each moved by `q`; at none where there is no entry.
    InTurn(Vec<Option<Turn>>),
    /// At one, which is moved about: the positions are spread over these dimensions of the output.
    Spread(Dims),
    /// At this one, whatever its own position.
    At(u64),
    /// At all.
    All,
    /// At the same, and at all for what they have in common: a mean, a sum, how each compares.
    AmongAll,
}

/// Some of the dimensions of a tensor, a bit for each: there are at most 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims(u64);

impl Dims {
    /// No dimension.
    pub const NONE: Self = Self(0);

    /// This one.
    pub fn of(dim: usize) -> Self {
        Self(u32::try_from(dim).ok().and_then(|dim| 1u64.checked_shl(dim)).unwrap_or(0))
    }

    /// All of a shape.
    pub fn all(shape: &Shape) -> Self {
        (0..shape.rank()).map(Self::of).fold(Self::NONE, Self::and)
    }

    /// These and those.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same dimensions where there are so many more before them.
    fn behind(self, count: usize) -> Self {
        Self(u32::try_from(count).ok().and_then(|count| self.0.checked_shl(count)).unwrap_or(0))
    }

    /// Whether this dimension is one of them.
    pub fn has(self, dim: usize) -> bool {
        self.0 & Self::of(dim).0 != 0
    }
}

/// Output position `o` looks at `⌈(stride·o + first) / divisor⌉` up to `⌊(stride·o + last) / divisor⌋`, each `step` behind the other, the padding's
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
    /// From one position that is looked at to the next, the dilation of a window; 1 where there is a divisor.
    pub step: i128,
}

/// Positions that an output position looks at: from the first to the last, each `step` behind the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The first.
    pub first: i128,
    /// The last.
    pub last: i128,
    /// From one to the next.
    pub step: i128,
}

impl Reach {
    /// Of a window that slides over every dimension after the channels.
    pub fn window(window: &Window) -> Self {
        Self::spatial(window.axes.iter().map(|axis| {
            let first = -i128::from(axis.before);
            // A window reaches over 2^106 elements at most.
            let last = first + axis.reach().cast_signed() - 1;
            let (stride, step) = (axis.stride.into(), axis.dilation.into());
            Look::Sliding(Slide { stride, divisor: 1, first, last, step })
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

    /// Every dimension of `input` stays; along those that `is_mixed` names, each position is new and looks at all.
    pub fn mixing(input: &Shape, is_mixed: impl Fn(usize) -> bool) -> Self {
        Self::kept((0..input.rank()).map(|dim| if is_mixed(dim) { Look::All } else { Look::Same }))
    }

    /// Every dimension of `input` stays; along those that `is_mixed` names, each position looks at itself among all.
    pub fn among(input: &Shape, is_mixed: impl Fn(usize) -> bool) -> Self {
        Self::kept((0..input.rank()).map(|dim| if is_mixed(dim) { Look::AmongAll } else { Look::Same }))
    }

    /// Every dimension of `input` stays; along those that `is_moved` names, positions are moved about.
    pub fn moving(input: &Shape, is_moved: impl Fn(usize) -> bool) -> Self {
        let look = |dim| if is_moved(dim) { Look::Spread(Dims::of(dim)) } else { Look::Same };
        Self::kept((0..input.rank()).map(look))
    }

    /// The same, of `input` to `output`, where there are so many more dimensions before those of either, each looked at where it is.
    #[must_use]
    pub(super) fn behind(self, count: usize, input: &Shape, output: &Shape) -> Self {
        match self {
            // What is smaller than the output stands at its end, and so would not any more.
            Self::Position if input.rank() == output.rank() => Self::Position,
            Self::Position | Self::Rearranged => Self::Rearranged,
            Self::Along(along) => {
                let before = (0..count).map(|dim| Along { to: Some(dim), look: Look::Same });
                let behind = along.into_iter().map(|Along { to, look }| Along {
                    to: to.map(|dim| dim + count),
                    look: match look {
                        Look::Spread(dims) => Look::Spread(dims.behind(count)),
                        Look::Same
                        | Look::Sliding(_)
                        | Look::InTurn(_)
                        | Look::At(_)
                        | Look::All
                        | Look::AmongAll => look,
                    },
                });
                Self::Along(before.chain(behind).collect())
            }
        }
    }

    /// The same numbers in the same order, in other dimensions: those that multiply to the same size, from the first on, become
    /// one another.
    pub fn reshaped(input: &Shape, output: &Shape) -> Self {
        let (from, to) = (input.dims(), output.dims());
        let mut along = Vec::with_capacity(from.len());
        let mut taken = 0;
        while along.len() < from.len() {
            let (start, mut end) = (taken, taken);
            let (mut members, mut wanted, mut found) = (0, 1u128, 1u128);
            // One of each at least, then of those that have come to less.
            while along.len() + members < from.len() && (members == 0 || wanted < found) {
                wanted *= u128::from(from[along.len() + members]);
                members += 1;
                while end < to.len() && found < wanted {
                    found *= u128::from(to[end]);
                    end += 1;
                }
            }
            let same = members == 1 && end == start + 1;
            let group = (start..end).map(Dims::of).fold(Dims::NONE, Dims::and);
            let one = if same {
                Along { to: Some(start), look: Look::Same }
            } else {
                Along { to: None, look: Look::Spread(group) }
            };
            along.extend(std::iter::repeat_n(one, members));
            taken = end;
        }
        Self::Along(along)
    }
}

impl Slide {
    /// Of an output that has `to` positions for `from` of its input, each looking at those nearest before it.
    pub fn nearest(from: u64, to: u64) -> Self {
        let divisor = i128::from(to);
        Self { stride: from.into(), divisor, first: 1 - divisor, last: 0, step: 1 }
    }
}
