//! What can be counted and is probably not meant: shapes that fit by accident.

use std::collections::HashSet;

use layout::Layout;

use crate::error::{Code, Diagnostic};
use crate::graph::{Graph, Node, NodeId};
use crate::op::reduction::keeps_reduced;
use crate::op::{Class, Op};
use crate::shape::Shape;
use crate::text;

mod layout;
mod softmax;

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
        Some(Diagnostic::new(Code::ChannelsLast, message, node.origin.clone()?).warning().help(help))
    };
    graph.network_inputs().filter_map(doubt).collect()
}

/// Operators that take a dimension for what it is not, each item once however often it is used.
pub(super) fn mistaken_dimensions(graph: &Graph) -> Vec<Diagnostic> {
    let layouts = layout::layouts(graph);
    let mut seen: HashSet<usize> = HashSet::new();
    let mut found = vec![];
    for (id, node) in graph.nodes() {
        let (Some(op), Some(origin)) = (node.operator(), &node.origin) else { continue };
        let Some(input) = graph.inputs(id).next() else { continue };
        let (shape, layout) = (&graph.node(input).shape, layouts[input.index()]);
        let doubt = if op.class() == Class::Softmax {
            softmax::doubt(graph, &layouts, (id, op, input))
        } else {
            not_flattened(op, shape, layout)
                .or_else(|| not_tokens(op, shape, layout))
                .or_else(|| not_permuted(op, shape, layout))
        };
        if let Some(doubt) = doubt
            && seen.insert(origin.position())
        {
            found.push(Diagnostic { places: vec![(origin.clone(), None)], ..doubt.warning() });
        }
    }
    found
}

/// A linear layer on an image or a volume, whose width it takes for features: a forgotten `flatten`. On the length of a sequence
/// it is often meant: so are series forecast.
fn not_flattened(op: &Op, shape: &Shape, layout: Layout) -> Option<Diagnostic> {
    let is_mistaken = matches!(op, Op::Linear(_)) && layout == Layout::ChannelsFirst && shape.rank() > 2;
    is_mistaken.then(|| {
        let message = text!(
            "`linear` takes the width of {shape} for its features",
            "`linear` 会把 {shape} 的宽当作特征"
        );
        Diagnostic::nowhere(Code::NotFlattened, message).help(text!(
            "put `{{ op = \"flatten\" }}` before it, unless this is meant",
            "如非有意,请在它前面加上 `{{ op = \"flatten\" }}`"
        ))
    })
}

/// Attention on an image, whose rows it takes for tokens and each channel for a sequence: a forgotten `flatten` and `permute`.
fn not_tokens(op: &Op, shape: &Shape, layout: Layout) -> Option<Diagnostic> {
    let [channels, height, width] = shape.image()?;
    let is_mistaken = matches!(op, Op::MultiHeadAttention(_)) && layout == Layout::ChannelsFirst;
    is_mistaken.then(|| {
        let message = text!(
            "`multi_head_attention` takes {shape} for {channels} sequences of {height} tokens with {width} channels",
            "`multi_head_attention` 会把 {shape} 当作 {channels} 个序列,每个 {height} 个词元、{width} 个通道"
        );
        let positions = u128::from(height) * u128::from(width);
        Diagnostic::nowhere(Code::NotFlattened, message).help(text!(
            "`{{ op = \"flatten\", start_dim = 2 }}, {{ op = \"permute\", dims = [0, 2, 1] }}` make {positions}×{channels} of it, unless \
             this is meant",
            "如非有意,可用 `{{ op = \"flatten\", start_dim = 2 }}, {{ op = \"permute\", dims = [0, 2, 1] }}` 变为 {positions}×{channels}"
        ))
    })
}

/// A sequence whose channels come first for what wants them last, or the other way about: a forgotten `permute`.
fn not_permuted(op: &Op, shape: &Shape, layout: Layout) -> Option<Diagnostic> {
    let [first, last] = *shape.dims() else { return None };
    let name = op.name();
    let is_sliding = matches!(op.class(), Class::Convolution | Class::Pooling) && keeps_reduced(op).is_none();
    let message = match layout {
        Layout::FeaturesLast if is_sliding || matches!(op, Op::BatchNorm1d(_)) => text!(
            "`{name}` takes the {first} positions of {shape} for channels, and its {last} features for positions",
            "`{name}` 会把 {shape} 的 {first} 个位置当作通道,把 {last} 个特征当作位置"
        ),
        Layout::ChannelsFirst if matches!(op, Op::Lstm(_) | Op::Gru(_) | Op::Rnn(_)) => text!(
            "`{name}` takes the {first} channels of {shape} for steps, and its {last} positions for features",
            "`{name}` 会把 {shape} 的 {first} 个通道当作时间步,把 {last} 个位置当作特征"
        ),
        Layout::Unknown | Layout::FeaturesLast | Layout::ChannelsFirst => return None,
    };
    Some(Diagnostic::nowhere(Code::NotPermuted, message).help(text!(
        "put `{{ op = \"permute\", dims = [0, 2, 1] }}` before it, unless this is meant",
        "如非有意,请在它前面加上 `{{ op = \"permute\", dims = [0, 2, 1] }}`"
    )))
}
