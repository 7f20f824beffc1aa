//! What computes an operator with candle: the reference that other engines are held against.

use candle_core::{Device, Result, Tensor};

use super::{Operator, Workspace};
use crate::shape::Shape;

/// An operator that candle computes.
pub trait Reference: Operator {
    /// Computes the output. Tensors have the batch as their first dimension; weights are those of
    /// [`weights`](Operator::weights), in that order. In an input that is a view, samples may lie apart; only in the output of
    /// another view may they.
    fn forward(&self, inputs: &[Tensor], weights: &[Tensor]) -> Result<Tensor>;

    /// What [`forward`](Self::forward) holds beside inputs, weights and output, its [`inside`](Operator::inside) included, on
    /// inputs that [`output`](Operator::output) has accepted and in which no samples lie apart.
    fn workspace(&self, _inputs: &[Shape], _output: &Shape, _device: &Device) -> Workspace {
        Workspace::NONE
    }
}
