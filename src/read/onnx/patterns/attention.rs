//! Attention, which exporters write as its two products with a softmax between them.

use super::{Found, Seen, is_about};
use crate::graph::Content;
use crate::op::Op;
use crate::op::add::Add;
use crate::op::permute::Permute;
use crate::op::scaled_dot_product_attention::ScaledDotProductAttention;
use crate::op::settings::Dim;
use crate::read::onnx::value::DraftId;
use crate::shape::Shape;

/// softmax(query · keyᵀ · scale + mask) · value.
pub(super) fn attention(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (weights, value) = product(seen, root)?;
    let rank = seen.dims(weights).len();
    let Op::Softmax(softmax) = seen.inner(weights)? else { return None };
    let dim = softmax.dim.0;
    if dim != -1 && usize::try_from(dim) != Ok(rank) {
        return None;
    }
    let mut scores = seen.input(weights)?;
    // What is added, and by which node.
    let mut added = vec![];
    while let Op::Add(_) = seen.inner(scores)? {
        let (of_scores, mask) = seen.pair(scores, |id| has_scores(seen, id, MOST_MASKS - added.len()))?;
        added.push((scores, mask));
        scores = of_scores;
    }
    let mut scale = 1.0;
    let mut unscaled = |id: DraftId| match seen.inner_affine(id) {
        Some((factor, 0.0, from)) => {
            scale *= factor;
            from
        }
        _ => id,
    };
    scores = unscaled(scores);
    seen.inner(scores)?;
    let (query, key) = product(seen, scores)?;
    let (query, key) = (unscaled(query), unscaled(key));
    let shape = |id: DraftId| seen.draft.node(id).shape.clone();
    let straight = transposed(&shape(key))?;
    let turned = turned(seen, key, &straight)?;
    let channels = *seen.dims(query).last()?;
    #[expect(clippy::cast_precision_loss, reason = "channels are few")]
    let usual = 1.0 / (channels as f64).sqrt();
    let op = Op::from(ScaledDotProductAttention {
        is_causal: false,
        scale: (!is_about(scale, usual)).then_some(scale),
        enable_gqa: stacks(seen, query) != stacks(seen, key),
    });
    // Two masks are added to each other first.
    let mask = match added[..] {
        [] => None,
        [(_, mask)] => Some((mask, shape(mask))),
        [(sum, last), (_, first)] => {
            let add = Op::from(Add { broadcast: shape(first) != shape(last) });
            Some((sum, add.output(&[shape(first), shape(last)]).ok()?))
        }
        _ => return None,
    };
    let mut shapes = vec![shape(query), straight.clone(), shape(value)];
    shapes.extend(mask.iter().map(|(_, shape)| shape.clone()));
    if op.output(&shapes).ok()? != shape(root) {
        return None;
    }
    let key = match turned {
        Turned::From(from) => from,
        Turned::View(view) => seen.with_shape(view, straight)?,
        Turned::In(permute) => {
            // Nothing else takes it, so it may be turned where it is.
            let node = &mut seen.draft.nodes[key.index()];
            node.content = Content::Operator(Op::from(permute).into());
            node.shape = straight;
            key
        }
    };
    if let ([(sum, last), (_, first)], Some((_, shape))) = (&added[..], &mask) {
        let add = Add { broadcast: seen.draft.node(*first).shape != seen.draft.node(*last).shape };
        let node = &mut seen.draft.nodes[sum.index()];
        node.content = Content::Operator(Op::from(add).into());
        node.shape = shape.clone();
        seen.take(*sum, vec![*first, *last]);
    }
    let inputs = [query, key, value].into_iter().chain(mask.map(|(mask, _)| mask)).collect();
    Some(Found { op, inputs, weights: vec![] })
}

/// As many are added to scores: biases by position, and which tokens are in one window.
const MOST_MASKS: usize = 2;

/// Whether something is a product, scaled or not, with no more than so many masks added.
fn has_scores(seen: &Seen<'_>, id: DraftId, masks: usize) -> bool {
    match (seen.inner(id), seen.inputs(id)) {
        (Some(Op::Matmul(_)), _) => product(seen, id).is_some(),
        (Some(Op::Affine(_)), &[from]) => product(seen, from).is_some(),
        (Some(Op::Add(_)), inputs) if masks > 1 => {
            inputs.iter().any(|&input| has_scores(seen, input, masks - 1))
        }
        _ => false,
    }
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
    /// By this view, under other sizes.
    View(DraftId),
    /// By another order of the dimensions.
    In(Permute),
}

/// The two inputs of a product, which are as many matrices, or of which the second are the same for all heads.
fn product(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, DraftId)> {
    let (Op::Matmul(_), &[a, b]) = (seen.op(id)?, seen.inputs(id)) else { return None };
    let (of_a, of_b) = (stacks(seen, a)?, stacks(seen, b)?);
    let is_shared = || {
        let ((_, others), (shared, of_b)) = (of_a.split_last()?, of_b.split_last()?);
        (*shared == 1 && others == of_b).then_some(())
    };
    (of_a == of_b || is_shared().is_some()).then_some((a, b))
}

/// The sizes before those of matrices.
fn stacks<'s>(seen: &'s Seen<'_>, id: DraftId) -> Option<&'s [u64]> {
    let dims = seen.dims(id);
    dims.get(..dims.len().checked_sub(2)?)
}

/// The other way round, which has this shape, of a key that is transposed, if nothing else takes it.
fn turned(seen: &Seen<'_>, key: DraftId, straight: &Shape) -> Option<Turned> {
    if let Op::Permute(permute) = seen.inner(key)? {
        let (permute, is_straight) = exchanged(permute)?;
        return Some(if is_straight { Turned::From(seen.input(key)?) } else { Turned::In(permute) });
    }
    // Transposed under other sizes, of which the last are the same.
    let Op::Reshape(_) = seen.inner(key)? else { return None };
    let permuted = seen.input(key)?;
    let Op::Permute(permute) = seen.inner(permuted)? else { return None };
    let from = seen.input(permuted)?;
    let last = |dims: &[u64]| dims.split_last_chunk::<2>().map(|(_, last)| *last);
    if !exchanged(permute)?.1 || last(seen.dims(permuted))? != last(seen.dims(key))? {
        return None;
    }
    let has_shape = |id: DraftId| seen.draft.node(id).shape == *straight;
    if has_shape(from) {
        return Some(Turned::From(from));
    }
    let Op::Reshape(_) = seen.op(from)? else { return None };
    match seen.input(from)? {
        viewed if has_shape(viewed) => Some(Turned::From(viewed)),
        _ => seen.inner(from).map(|_| Turned::View(from)),
    }
}

/// An order of dimensions with the last two exchanged, and whether all are in place then.
fn exchanged(permute: &Permute) -> Option<(Permute, bool)> {
    let mut dims = permute.dims.clone();
    let last = dims.len();
    dims.swap(last.checked_sub(1)?, last.checked_sub(2)?);
    let is_straight = dims.iter().zip(0..).all(|(&Dim(dim), index)| dim == index);
    Some((Permute { dims }, is_straight))
}
