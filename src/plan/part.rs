//! What an operator may be to those that it is fused with.

use crate::graph::{Graph, NodeId};
use crate::op::{Class, Family, Op};
use crate::shape::Element;

/// What an operator is to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A weighted sum with a bias: a convolution, transposed or not, or a linear layer. What comes behind is done to its output.
    Sum,
    /// A factor and an offset for each channel, known before anything is executed: a batch norm. It is folded into the weights of a
    /// sum.
    Scaling,
    /// A function of each number by itself, without weights.
    Function,
    /// A sum of two tensors of one shape: a residual.
    Addition,
    /// An operation on pairs of numbers of two tensors; a function may be done to its output.
    Pairwise,
    /// Computes an output of which a function can be done to: a pool, a norm.
    Finished,
    /// Passes on what it takes: identity, dropout.
    Passing,
    /// Looks at what another tensor holds: flatten, reshape, a range of channels.
    View,
    /// Several tensors behind one another, along the channels.
    Concatenation,
    /// Anything else.
    Other,
}

impl Part {
    /// What a node is; what is the same for each sample, or has a type of its own, is left alone.
    pub fn of(graph: &Graph, id: NodeId) -> Self {
        let node = graph.node(id);
        let Some(op) = node.operator() else { return Self::Other };
        if matches!(op, Op::Identity(_) | Op::Dropout(_)) {
            return Self::Passing;
        }
        if op.is_view() {
            return Self::View;
        }
        if graph.is_fixed(id) || node.element != Element::Network || !op.copies().is_empty() {
            return Self::Other;
        }
        match (op.family(), op.class()) {
            (Some(Family::Convolution | Family::TransposedConvolution | Family::Linear), _) => Self::Sum,
            (Some(Family::BatchNorm), _) => Self::Scaling,
            (None, Class::Activation) => of_activation(graph, id, op),
            (None, Class::Merge) => of_merge(graph, id, op),
            (None, Class::Pooling | Class::Normalization) if one_tensor(graph, id) => Self::Finished,
            (
                None,
                Class::Convolution
                | Class::Linear
                | Class::Attention
                | Class::Pooling
                | Class::Normalization
                | Class::Softmax
                | Class::Rearrangement
                | Class::Source
                | Class::Opaque,
            ) => Self::Other,
        }
    }

    /// Whether each number of the output is made of one number of an input of its shape, so that it can take its place.
    pub(super) fn is_elementwise(self) -> bool {
        match self {
            Self::Scaling | Self::Function | Self::Addition | Self::Pairwise => true,
            Self::Sum | Self::Finished | Self::Passing | Self::View | Self::Concatenation | Self::Other => {
                false
            }
        }
    }
}

/// A function, if it has no weights and no other shape: unlike prelu, and unlike glu.
fn of_activation(graph: &Graph, id: NodeId, op: &Op) -> Part {
    let inputs = graph.input_shapes(id);
    let is_function = op.weights(&inputs).is_empty() && inputs == [graph.node(id).shape.clone()];
    if is_function { Part::Function } else { Part::Other }
}

fn of_merge(graph: &Graph, id: NodeId, op: &Op) -> Part {
    let (inputs, output) = (graph.input_shapes(id), &graph.node(id).shape);
    let of_pairs = inputs.len() == 2 && inputs.iter().any(|input| input == output);
    let same = inputs.iter().all(|input| input == output);
    let floats = graph.inputs(id).all(|input| graph.node(input).element == Element::Network);
    if let Op::Concat(concat) = op {
        return if inputs[0].axis(concat.dim.0) == Some(0) { Part::Concatenation } else { Part::Other };
    }
    let takes_pairs =
        matches!(op, Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) | Op::Maximum(_) | Op::Minimum(_));
    if !(takes_pairs && of_pairs && floats) {
        Part::Other
    } else if matches!(op, Op::Add(_)) && same {
        Part::Addition
    } else {
        Part::Pairwise
    }
}

/// Whether it takes one tensor and makes one of the network's numbers.
fn one_tensor(graph: &Graph, id: NodeId) -> bool {
    graph.inputs(id).count() == 1
}
