//! A softmax along a dimension that no softmax is meant for.

use super::layout::Layout;
use crate::error::{Code, Diagnostic};
use crate::graph::{Graph, NodeId};
use crate::op::{Class, Op};
use crate::text;

/// What is probably wrong with the softmax `op`, which is node `id` and takes `input`.
pub(super) fn doubt(
    graph: &Graph,
    layouts: &[Layout],
    (id, op, input): (NodeId, &Op, NodeId),
) -> Option<Diagnostic> {
    let dim = if let Op::Softmax(softmax) = op {
        softmax.dim
    } else if let Op::LogSoftmax(softmax) = op {
        softmax.dim
    } else {
        return None;
    };
    let shape = &graph.node(id).shape;
    let axis = shape.axis(dim.0)?;
    let name = op.name();
    if shape.dims()[axis] == 1 {
        return Some(of_one(op));
    }
    if shape.rank() > 2 && axis + 2 < shape.rank() && comes_from_matmul(graph, input) {
        let (dim, size) = (axis + 1, shape.dims()[axis]);
        let message = text!(
            "`{name}` goes along dimension {dim} of {shape}: over {size} products of matrices, not along one",
            "`{name}` 沿 {shape} 的第 {dim} 维进行:跨越 {size} 个矩阵乘积,而不在其中之一内"
        );
        return Some(Diagnostic::nowhere(Code::SoftmaxDimension, message).help(text!(
            "the weights of attention sum to 1 over what is attended to: `dim = -1`",
            "注意力权重应在被关注的位置上求和为 1:`dim = -1`"
        )));
    }
    let before = graph.inputs(input).next().filter(|_| is_flatten(graph, input) && shape.rank() == 1)?;
    let image = &graph.node(before).shape;
    let [channels, positions @ ..] = image.dims() else { return None };
    let is_image = layouts[before.index()] == Layout::ChannelsFirst && image.rank() > 2;
    let mixes = *channels > 1 && positions.iter().any(|&size| size > 1);
    (is_image && mixes).then(|| {
        let message = text!(
            "`{name}` takes each channel at each position of {image} for a class of its own",
            "`{name}` 会把 {image} 的每个通道在每个位置上的值都当作一个类别"
        );
        Diagnostic::nowhere(Code::SoftmaxDimension, message).help(text!(
            "put `{{ op = \"global_avg_pool\" }}` before `flatten`, unless this is meant",
            "如非有意,请在 `flatten` 之前加上 `{{ op = \"global_avg_pool\" }}`"
        ))
    })
}

/// A softmax of one number, which is known beforehand.
fn of_one(op: &Op) -> Diagnostic {
    let (name, value) = (op.name(), u8::from(matches!(op, Op::Softmax(_))));
    let message =
        text!("`{name}` of a single number is always {value}", "对单个数做 `{name}`,结果总是 {value}");
    Diagnostic::nowhere(Code::SoftmaxOfOne, message).help(text!(
        "a single output wants `sigmoid`; `dim` says along which dimension the numbers sum to 1",
        "单个输出应使用 `sigmoid`;`dim` 指明沿哪一维求和为 1"
    ))
}

fn is_flatten(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.node(id).operator(), Some(Op::Flatten(_)))
}

/// Whether the tensor is a product of matrices, scaled or masked perhaps.
fn comes_from_matmul(graph: &Graph, mut id: NodeId) -> bool {
    /// More steps in a row are no network's, and each takes time.
    const STEPS: usize = 8;
    for _ in 0..STEPS {
        let Some(op) = graph.node(id).operator() else { return false };
        if matches!(op, Op::Matmul(_)) {
            return true;
        }
        let keeps = matches!(op.class(), Class::Activation | Class::Merge) || matches!(op, Op::Dropout(_));
        let Some(input) = graph.inputs(id).next().filter(|_| keeps) else { return false };
        id = input;
    }
    false
}
