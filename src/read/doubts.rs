//! What can be counted and is probably not meant: shapes that fit by accident.

use std::collections::HashSet;

use crate::error::Diagnostic;
use crate::graph::{Graph, Node, NodeId};
use crate::op::{Class, Op};
use crate::text;

/// The most channels of a picture: red, green, blue and opacity.
const PICTURE: u64 = 4;

/// Inputs that look like height × width × channels, as pictures are stored and other tools want them.
pub(super) fn channels_last(graph: &Graph) -> Vec<Diagnostic> {
    let doubt = |(_, node): (NodeId, &Node)| {
        let [height, width, channels] = node.shape.image()?;
        if height != width || width <= PICTURE || channels > PICTURE {
            return None;
        }
        let message = text!(
            "this is read as {height} channels of {width}×{channels}",
            "这会读作 {height} 个通道,每个 {width}×{channels}"
        );
        let help = text!(
            "sizes are channels × height × width: `[{channels}, {height}, {width}]`",
            "尺寸的顺序是通道 × 高 × 宽:`[{channels}, {height}, {width}]`"
        );
        Some(Diagnostic::new(message, node.span.clone()?).warning().help(help))
    };
    graph.network_inputs().filter_map(doubt).collect()
}

/// Linear layers on the output of a convolution or pool, which take its width for features: a forgotten `flatten`.
pub(super) fn not_flattened(graph: &Graph) -> Vec<Diagnostic> {
    let mut seen: HashSet<usize> = HashSet::new();
    let mut doubts = vec![];
    for (id, node) in graph.nodes() {
        let (Some(Op::Linear(_)), Some(span)) = (node.operator(), &node.span) else { continue };
        let Some(input) = graph.inputs(id).next().filter(|&input| is_spatial(graph, input)) else { continue };
        if !seen.insert(span.start) {
            continue;
        }
        let shape = &graph.node(input).shape;
        let message = text!(
            "`linear` takes the width of {shape} for its features",
            "`linear` 会把 {shape} 的宽当作特征"
        );
        let help = text!(
            "put `{{ op = \"flatten\" }}` before it, unless this is meant",
            "如非有意,请在它前面加上 `{{ op = \"flatten\" }}`"
        );
        doubts.push(Diagnostic::new(message, span.clone()).warning().help(help));
    }
    doubts
}

/// Whether the node is a convolution or pool over height and width, or follows one element by element.
fn is_spatial(graph: &Graph, mut id: NodeId) -> bool {
    // More activations in a row are no network's, and every step takes time.
    const STEPS: usize = 16;
    for _ in 0..STEPS {
        let node = graph.node(id);
        let Some(operator) = node.operator().filter(|_| node.shape.rank() > 2) else { return false };
        match operator.class() {
            Class::Convolution | Class::Pooling => return true,
            Class::Activation => {}
            Class::Normalization
            | Class::Rearrangement
            | Class::Linear
            | Class::Attention
            | Class::Softmax
            | Class::Merge
            | Class::Source => {
                if !matches!(
                    operator,
                    Op::BatchNorm2d(_) | Op::BatchNorm3d(_) | Op::Dropout(_) | Op::Identity(_)
                ) {
                    return false;
                }
            }
        }
        let Some(input) = graph.inputs(id).next() else { return false };
        id = input;
    }
    false
}
