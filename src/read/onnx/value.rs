//! What the name of a tensor stands for while a file is gone through.

use std::sync::Arc;

use super::messages::Kind;
use crate::text::Text;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// It follows from constants, shapes and weights alone.
    Fixed(Fixed),
    /// A node of the network makes it.
    Tensor(Tensor),
    /// A list of such.
    Sequence(Vec<Value>),
    /// Its sizes are not known: an operator that is not known made it, or one whose output has as many elements as the data bring.
    /// The node that stands for that has no sizes.
    Lost(Option<Tensor>),
}

/// An entry of the table of what is [`stored`](super::stored).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Fixed(pub(super) u32);

/// The output of a node of the draft, under the sizes that the file gives it.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    /// The node.
    pub(super) id: DraftId,
    /// Its sizes in the file, the batch included.
    pub(super) dims: Arc<[u64]>,
    /// The type of its elements.
    pub(super) kind: Kind,
}

/// A node of the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DraftId(pub(super) u32);

impl DraftId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Tensor {
    /// How many dimensions it has in the file.
    pub(super) fn rank(&self) -> usize {
        self.dims.len()
    }

    /// Whether its first size is left out of the sample: one that is 1 is where the batch goes.
    pub(super) fn is_led(&self) -> bool {
        self.dims.first() == Some(&1)
    }
}

/// The sizes of one sample of a tensor: all of those in the file but a first one that is 1.
pub(super) fn sample(dims: &[u64]) -> &[u64] {
    match dims {
        [1, rest @ ..] => rest,
        all => all,
    }
}

/// Why an operator of the file does not become one of the network.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// The file contradicts itself.
    Wrong(Text),
    /// Nothing here does what it asks for.
    Unsupported(Text),
    /// It takes what is lost.
    Lost,
}

impl From<Text> for Refusal {
    fn from(why: Text) -> Self {
        Self::Wrong(why)
    }
}

/// An operator of ours may want more than the standard does.
impl From<crate::op::Reason> for Refusal {
    fn from(reason: crate::op::Reason) -> Self {
        Self::Unsupported(reason.message)
    }
}

/// What becomes of an operator.
pub(super) type Mapped<T> = Result<T, Refusal>;
