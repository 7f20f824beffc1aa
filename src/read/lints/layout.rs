//! How the numbers of each tensor lie, as far as what made it tells: whether channels come first, or features last.

use crate::graph::{Content, Graph, Node, NodeId};
use crate::op::reduction::keeps_reduced;
use crate::op::{Class, Op};

/// What the dimensions of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Not known: what made it takes them in any order.
    Unknown,
    /// Channels, then positions along one or more dimensions: the last is a length or a width.
    ChannelsFirst,
    /// Positions of a sequence, then the features of each.
    FeaturesLast,
}

/// The layout of every tensor, by node.
pub(super) fn layouts(graph: &Graph) -> Vec<Layout> {
    let mut layouts = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let layout = match &node.content {
            Content::Input => of_input(graph, id, node),
            Content::Unknown { .. } => Layout::Unknown,
            Content::Operator(op) => of_output(graph, &layouts, id, op),
        };
        let is_one = node.shape.rank() < 2;
        layouts.push(if is_one { Layout::Unknown } else { layout });
    }
    layouts
}

/// An input of the network is an image where it is taken as one, or where its last two sizes are equal.
fn of_input(graph: &Graph, id: NodeId, node: &Node) -> Layout {
    let [_, .., height, width] = *node.shape.dims() else { return Layout::Unknown };
    let is_image = node.shape.rank() > 2 && height == width;
    let is_taken = graph.users(id).any(|user| graph.node(user).operator().is_some_and(takes_images));
    if is_image || is_taken { Layout::ChannelsFirst } else { Layout::Unknown }
}

/// Whether it takes nothing but channels × height × width, or × depth × height × width.
fn takes_images(op: &Op) -> bool {
    let is_sliding = matches!(op.class(), Class::Convolution | Class::Pooling);
    let takes_all =
        op.name().ends_with("1d") || keeps_reduced(op).is_some() || matches!(op, Op::GlobalAvgPool(_));
    (is_sliding && !takes_all) || matches!(op, Op::BatchNorm2d(_) | Op::BatchNorm3d(_))
}

fn of_output(graph: &Graph, layouts: &[Layout], id: NodeId, op: &Op) -> Layout {
    if takes_images(op) || op.class() == Class::Convolution {
        Layout::ChannelsFirst
    } else if matches!(op, Op::Embedding(_) | Op::Lstm(_) | Op::Gru(_) | Op::Rnn(_)) {
        Layout::FeaturesLast
    } else if keeps_dimensions(op) {
        let mut inputs = graph.inputs(id).map(|input| layouts[input.index()]);
        inputs.find(|&layout| layout != Layout::Unknown).unwrap_or(Layout::Unknown)
    } else {
        Layout::Unknown
    }
}

/// Whether each dimension of the output is that of the inputs, if perhaps of another size.
fn keeps_dimensions(op: &Op) -> bool {
    match op.class() {
        Class::Activation | Class::Normalization | Class::Merge => true,
        Class::Pooling => matches!(op, Op::GlobalAvgPool(_)) || keeps_reduced(op) == Some(true),
        Class::Rearrangement => {
            let moves = matches!(op, Op::Flatten(_) | Op::Reshape(_) | Op::Permute(_) | Op::Select(_));
            !moves && !matches!(op, Op::Embedding(_))
        }
        Class::Convolution
        | Class::Linear
        | Class::Attention
        | Class::Softmax
        | Class::Source
        | Class::Opaque => false,
    }
}
