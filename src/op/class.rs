//! What kinds of operators there are.

/// A kind of operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Convolution, transposed or not.
    Convolution,
    /// Linear layer.
    Linear,
    /// Attention and products of two activations.
    Attention,
    /// Batch, layer, group, instance and local response norm.
    Normalization,
    /// Elementwise function.
    Activation,
    /// Maximum or mean over a window or the whole.
    Pooling,
    /// Softmax and its logarithm.
    Softmax,
    /// Where branches meet.
    Merge,
    /// Moves numbers and computes none.
    Rearrangement,
    /// A source: a learned tensor.
    Source,
    /// An operator of one's own.
    Opaque,
}

/// What an operator is, whatever its number of axes: the layers that are asked about by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// A convolution, not transposed.
    Convolution,
    /// A transposed convolution.
    TransposedConvolution,
    /// A linear layer.
    Linear,
    /// Batch norm.
    BatchNorm,
}
