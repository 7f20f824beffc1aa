//! Engines: whose kernels compute what an operator says.

use candle_core::Tensor;

use crate::op::Op;

/// What executes the operators of a graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Each operator as its file composes it from what candle has, with candle's own kernels.
    #[default]
    Candle,
}

impl Engine {
    /// Every engine, in the order they are offered.
    pub const ALL: &[Self] = &[Self::Candle];

    /// The name on the command line and in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candle => "candle",
        }
    }

    /// The engine called `name`.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|engine| engine.name() == name)
    }

    /// The output of an operator, as [`Reference::forward`](crate::op::Reference::forward) has it.
    pub(super) fn compute(
        self,
        op: &Op,
        inputs: &[Tensor],
        weights: &[Tensor],
    ) -> candle_core::Result<Tensor> {
        match self {
            Self::Candle => op.reference().forward(inputs, weights),
        }
    }
}
