//! Attention, which exporters write as its two products with a softmax between them.

use super::{Found, Seen, is_about};
use crate::graph::Content;
use crate::op::Op;
use crate::op::permute::Permute;
use crate::op::scaled_dot_product_attention::ScaledDotProductAttention;
use crate::op::settings::Dim;
use crate::read::onnx::value::DraftId;
use crate::shape::Shape;

/// softmax(query · keyᵀ · scale + mask) · value.
pub(super) fn attention(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (weights, value) = product(seen, root)?;
    let rank = seen.dims(value).len();
    let Op::Softmax(softmax) = seen.inner(weights)? else { return None };
    let dim = softmax.dim.0;
    if dim != -1 && usize::try_from(dim) != Ok(rank) {
        return None;
    }
    let mut scores = seen.input(weights)?;
    let mut mask = None;
    if let Op::Add(_) = seen.inner(scores)? {
        let is_score = |id: DraftId| {
            seen.inner(id).is_some() && (product(seen, id).is_some() || seen.inner_affine(id).is_some())
        };
        let (of_scores, added) = seen.pair(scores, is_score)?;
        (scores, mask) = (of_scores, Some(added));
    }
    let mut scale = 1.0;
    if let Some((factor, 0.0, from)) = seen.inner_affine(scores) {
        (scale, scores) = (factor, from);
    }
    seen.inner(scores)?;
    let (mut query, mut key) = product(seen, scores)?;
    for side in [&mut query, &mut key] {
        if let Some((factor, 0.0, from)) = seen.inner_affine(*side) {
            scale *= factor;
            *side = from;
        }
    }
    let turned = turned(seen, key)?;
    let channels = *seen.dims(query).last()?;
    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    let usual = 1.0 / (channels as f64).sqrt();
    let op = Op::from(ScaledDotProductAttention {
        is_causal: false,
        scale: (!is_about(scale, usual)).then_some(scale),
        enable_gqa: false,
    });
    let shape = |id: DraftId| seen.draft.node(id).shape.clone();
    let (from, straight) = match &turned {
        Turned::From(from) => (*from, shape(*from)),
        Turned::In(_) => (key, transposed(&shape(key))?),
    };
    let mut shapes = vec![shape(query), straight.clone(), shape(value)];
    shapes.extend(mask.map(shape));
    if op.output(&shapes).ok()? != shape(root) {
        return None;
    }
    if let Turned::In(permute) = turned {
        // Nothing else takes it, so it may be turned where it is.
        let node = &mut seen.draft.nodes[key.index()];
        node.content = Content::Operator(Op::from(permute).into());
        node.shape = straight;
    }
    let key = from;
    let inputs = [query, key, value].into_iter().chain(mask).collect();
    Some(Found { op, inputs, weights: vec![] })
}

/// A shape with its last two dimensions exchanged.
fn transposed(shape: &Shape) -> Option<Shape> {
    let mut dims = shape.dims().to_vec();
    let last = dims.len();
    dims.swap(last.checked_sub(1)?, last.checked_sub(2)?);
    Shape::new(dims).ok()
}

/// How a key is had from its transpose.
enum Turned {
    /// It is that of which this is the transpose.
    From(DraftId),
    /// By another order of the dimensions.
    In(Permute),
}

/// The two inputs of a product, which are as many matrices.
fn product(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, DraftId)> {
    match (seen.op(id)?, seen.inputs(id)) {
        (Op::Matmul(_), &[a, b]) => {
            let [a_dims, b_dims] = [a, b].map(|id| seen.dims(id));
            let stacks = |dims: &[u64]| dims.len().checked_sub(2).map(|stacks| dims[..stacks].to_vec());
            (stacks(a_dims)? == stacks(b_dims)?).then_some((a, b))
        }
        _ => None,
    }
}

/// The other way round of a key that is transposed, if nothing else takes it.
fn turned(seen: &Seen<'_>, key: DraftId) -> Option<Turned> {
    let Op::Permute(permute) = seen.inner(key)? else { return None };
    let mut dims = permute.dims.clone();
    let last = dims.len();
    dims.swap(last.checked_sub(1)?, last.checked_sub(2)?);
    let is_straight = dims.iter().zip(0..).all(|(&Dim(dim), index)| dim == index);
    Some(if is_straight { Turned::From(seen.input(key)?) } else { Turned::In(Permute { dims }) })
}
