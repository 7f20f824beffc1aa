//! Normalizations that exporters write as their arithmetic, or by another one and reshapes around it.

use super::{Found, Seen};
use crate::op::Op;
use crate::op::copies::Copies;
use crate::op::group_norm::GroupNorm;
use crate::op::layer_norm::LayerNorm;
use crate::op::rms_norm::RmsNorm;
use crate::op::settings::{Dim, Size};
use crate::read::onnx::call::is;
use crate::read::onnx::draft::Stored;
use crate::read::onnx::value::DraftId;

/// (x − mean)/√(variance + eps), over the last dimensions.
pub(super) fn layer_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Rooted { above: distance, eps, mean } = rooted(seen, root)?;
    let (square, dims) = mean_of(seen, mean)?;
    let (squared, times) = seen.squared(square)?;
    // The distance from the mean is computed once, or for each of its two uses.
    let is_once = squared == distance;
    let (x, mean) = difference(seen, distance, if is_once { 1 + times } else { 1 })?;
    let (other, again) = if is_once { (x, mean) } else { difference(seen, squared, times)? };
    let uses = if !is_once && again == mean { 2 } else { 1 };
    let is_mean = |mean: DraftId| {
        seen.uses[mean.index()] == uses && mean_of_any(seen, mean).is_some_and(|found| found == (x, dims))
    };
    if other == x && is_mean(mean) && is_mean(again) {
        return Some(Found::unary(LayerNorm { dims, eps, affine: false, bias: true }, x));
    }
    None
}

/// x/√(mean of x² + eps), over the last dimensions.
pub(super) fn rms_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Rooted { above, eps, mean } = rooted(seen, root)?;
    let (square, dims) = mean_of(seen, mean)?;
    let (x, _) = seen.squared(square)?;
    if x == above { Some(Found::unary(RmsNorm { dims, eps, affine: false }, x)) } else { None }
}

/// A norm over the last dimensions, times a factor for each of their elements.
pub(super) fn factors(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (norm, factors) =
        seen.pair(root, |id| matches!(seen.inner(id), Some(op) if factored(op).is_some()))?;
    let (op, dims) = factored(seen.op(norm)?)?;
    extended(seen, norm, factors, op, dims)
}

/// A layer norm that has its factors, with a bias for each element.
pub(super) fn bias(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Add(_) = seen.op(root)? else { return None };
    let is_unbiased =
        |id: DraftId| matches!(seen.inner(id), Some(Op::LayerNorm(norm)) if norm.affine && !norm.bias);
    let (norm, bias) = seen.pair(root, is_unbiased)?;
    let Op::LayerNorm(op) = seen.op(norm)? else { return None };
    let (op, dims) = (LayerNorm { bias: true, ..op.clone() }, op.dims);
    extended(seen, norm, bias, op.into(), dims)
}

/// Groups as the channels of an `instance_norm1d`, and the sizes that there were again.
pub(super) fn group_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Reshape(_) = seen.op(root)? else { return None };
    let norm = seen.input(root)?;
    let op = seen.inner(norm)?;
    let Op::InstanceNorm1d(instance) = op.itself() else { return None };
    if instance.affine && !seen.are_plain(&seen.draft.node(norm).weights) {
        return None;
    }
    let (copies, eps) = (op.copies().to_vec(), instance.eps);
    let [groups, _] = *seen.dims(norm).get(copies.len()..)? else { return None };
    let reshape = seen.input(norm)?;
    let Op::Reshape(_) = seen.inner(reshape)? else { return None };
    let op = GroupNorm { num_groups: groups.try_into().ok()?, eps, affine: false };
    let op = Copies::of(copies, op).ok()?;
    let shape = seen.draft.node(root).shape.clone();
    if op.output(std::slice::from_ref(&shape)).ok()? != shape {
        return None;
    }
    let x = seen.with_shape(reshape, shape)?;
    Some(Found { op, inputs: vec![x], weights: vec![] })
}

/// A group norm, times a factor for each channel, and a bias for each.
pub(super) fn of_channels(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Add(_) = seen.op(root)? else { return None };
    let is_product = |id: DraftId| matches!(seen.inner(id), Some(Op::Mul(_)));
    let (product, bias) = seen.pair(root, is_product)?;
    let plain = |id: DraftId| {
        let Op::GroupNorm(norm) = seen.inner(id)?.itself() else { return None };
        (!norm.affine).then(|| norm.clone())
    };
    let (norm, factors) = seen.pair(product, |id| plain(id).is_some())?;
    let op = GroupNorm { affine: true, ..plain(norm)? };
    let copies = seen.op(norm)?.copies().to_vec();
    let (&channels, positions) = seen.dims(norm).get(copies.len()..)?.split_first()?;
    let one_each = [&[channels], &vec![1; positions.len()][..]].concat();
    let weights = [factors, bias].map(|id| seen.of_last(id, &one_each));
    let weights = weights.into_iter().collect::<Option<Vec<Stored>>>()?;
    Some(Found { op: Copies::of(copies, op).ok()?, inputs: seen.inputs(norm).to_vec(), weights })
}

/// What is divided by √(mean + eps).
struct Rooted {
    above: DraftId,
    eps: f64,
    mean: DraftId,
}

fn rooted(seen: &Seen<'_>, root: DraftId) -> Option<Rooted> {
    let powered = |id: DraftId, wanted: f64| {
        seen.power(id).and_then(|(exponent, of)| is(exponent, wanted).then_some(of))
    };
    let inverse_root = |id: DraftId| powered(id, -0.5).or_else(|| powered(powered(id, -1.0)?, 0.5));
    let (above, sum) = match (seen.op(root)?, seen.inputs(root)) {
        (Op::Div(_), &[above, below]) => (above, powered(below, 0.5)?),
        (Op::Mul(_), _) => {
            let (below, above) = seen.pair(root, |id| inverse_root(id).is_some())?;
            (above, inverse_root(below)?)
        }
        _ => return None,
    };
    let (1.0, eps, mean) = seen.inner_affine(sum)? else { return None };
    Some(Rooted { above, eps, mean })
}

/// What a mean, which nothing else takes, is taken of, and over how many of the last dimensions.
fn mean_of(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, Size)> {
    seen.inner(id)?;
    mean_of_any(seen, id)
}

fn mean_of_any(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, Size)> {
    let x = seen.input(id)?;
    if let Op::GlobalAvgPool(_) = seen.op(id)? {
        let positions = u64::try_from(seen.dims(x).len()).ok()?.checked_sub(1)?;
        return Some((x, positions.try_into().ok()?));
    }
    let Op::Mean(mean) = seen.op(id)? else { return None };
    let (rank, over) = (seen.dims(x).len(), mean.dim.len());
    let mut dims: Vec<i64> = mean.dim.iter().map(|&Dim(dim)| dim).collect();
    dims.sort_unstable();
    let is_last =
        dims.iter().rev().zip((1..=rank).rev()).all(|(&dim, last)| usize::try_from(dim) == Ok(last));
    if !mean.keepdim || !is_last || over > rank {
        return None;
    }
    Some((x, u64::try_from(over).ok()?.try_into().ok()?))
}

/// The two sides of a difference that is taken so often.
fn difference(seen: &Seen<'_>, id: DraftId, uses: u32) -> Option<(DraftId, DraftId)> {
    match (seen.op(id)?, seen.inputs(id)) {
        (Op::Sub(_), &[x, mean]) if seen.uses[id.index()] == uses => Some((x, mean)),
        _ => None,
    }
}

/// A norm without factors, with them, and over how many of the last dimensions it is.
fn factored(op: &Op) -> Option<(Op, Size)> {
    if let Op::LayerNorm(norm) = op {
        let more = LayerNorm { affine: true, bias: false, ..norm.clone() };
        return (!norm.affine).then_some((more.into(), norm.dims));
    }
    let Op::RmsNorm(norm) = op else { return None };
    let more = RmsNorm { affine: true, ..norm.clone() };
    (!norm.affine).then_some((more.into(), norm.dims))
}

/// A norm that has one more weight, if `more` is stored, a number for each of the elements it normalizes.
fn extended(seen: &Seen<'_>, norm: DraftId, more: DraftId, op: Op, dims: Size) -> Option<Found> {
    let sizes = seen.dims(norm);
    let from = sizes.len().checked_sub(usize::try_from(dims.get()).ok()?)?;
    let more = seen.of_last(more, sizes.get(from..)?)?;
    let weights = [&seen.draft.node(norm).weights[..], &[more]].concat();
    Some(Found { op, inputs: seen.inputs(norm).to_vec(), weights })
}
