//! Normalizations that exporters write as their arithmetic, or by another one and reshapes around it.

use super::{Found, Seen};
use crate::op::Op;
use crate::op::copies::Copies;
use crate::op::group_norm::GroupNorm;
use crate::op::layer_norm::LayerNorm;
use crate::op::rms_norm::RmsNorm;
use crate::op::settings::{Dim, Size};
use crate::read::onnx::draft::Stored;
use crate::read::onnx::value::DraftId;

/// (x − mean)/√(variance + eps), over the last dimensions.
pub(super) fn layer_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Rooted { above: distance, eps, mean } = rooted(seen, root)?;
    let (square, dims) = mean_of(seen, mean)?;
    let (squared, times) = squared(seen, square)?;
    // The distance from the mean is computed once, or for each of its two uses.
    let is_once = squared == distance;
    let (x, mean) = difference(seen, distance, if is_once { 1 + times } else { 1 })?;
    let means = if is_once {
        [Some(mean), None]
    } else {
        let (other, of_other) = difference(seen, squared, times)?;
        (other == x).then_some([Some(mean), Some(of_other).filter(|&other| other != mean)])?
    };
    let uses = if is_once || means[1].is_some() { 1 } else { 2 };
    let is_mean = |mean: DraftId| {
        seen.uses[mean.index()] == uses && mean_of_any(seen, mean).is_some_and(|found| found == (x, dims))
    };
    if !means.into_iter().flatten().all(is_mean) {
        return None;
    }
    Some(Found::unary(LayerNorm { dims, eps, affine: false, bias: true }, x))
}

/// x/√(mean of x² + eps), over the last dimensions.
pub(super) fn rms_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Rooted { above, eps, mean } = rooted(seen, root)?;
    let (square, dims) = mean_of(seen, mean)?;
    let (x, _) = squared(seen, square)?;
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
    let plain = |id: DraftId| match seen.inner(id)?.itself() {
        Op::GroupNorm(norm) if !norm.affine => Some(norm.clone()),
        _ => None,
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
    let (above, sum) = match (seen.op(root)?, seen.inputs(root)) {
        (Op::Div(_), &[above, below]) => (above, root_of(seen, below)?),
        (Op::Mul(_), _) => {
            let (below, above) = seen.pair(root, |id| inverse_root_of(seen, id).is_some())?;
            (above, inverse_root_of(seen, below)?)
        }
        _ => return None,
    };
    let (1.0, eps, mean) = seen.inner_affine(sum)? else { return None };
    Some(Rooted { above, eps, mean })
}

fn root_of(seen: &Seen<'_>, id: DraftId) -> Option<DraftId> {
    if let Op::SquareRoot(_) = seen.inner(id)? { seen.input(id) } else { None }
}

fn inverse_root_of(seen: &Seen<'_>, id: DraftId) -> Option<DraftId> {
    match seen.inner(id)? {
        Op::Reciprocal(_) => root_of(seen, seen.input(id)?),
        Op::Power(power) if power.exponent == -1.0 => root_of(seen, seen.input(id)?),
        Op::Power(power) if power.exponent == -0.5 => seen.input(id),
        _ => None,
    }
}

/// What a mean, which nothing else takes, is taken of, and over how many of the last dimensions.
fn mean_of(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, Size)> {
    seen.inner(id)?;
    mean_of_any(seen, id)
}

fn mean_of_any(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, Size)> {
    let Op::Mean(mean) = seen.op(id)? else { return None };
    let x = seen.input(id)?;
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

/// What is squared, and how often that takes it.
fn squared(seen: &Seen<'_>, id: DraftId) -> Option<(DraftId, u32)> {
    match (seen.inner(id)?, seen.inputs(id)) {
        (Op::Power(power), &[x]) if power.exponent == 2.0 => Some((x, 1)),
        (Op::Mul(_), &[x, other]) if x == other => Some((x, 2)),
        _ => None,
    }
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
    match op {
        Op::LayerNorm(norm) if !norm.affine => {
            Some((LayerNorm { affine: true, bias: false, ..norm.clone() }.into(), norm.dims))
        }
        Op::RmsNorm(norm) if !norm.affine => {
            Some((RmsNorm { affine: true, ..norm.clone() }.into(), norm.dims))
        }
        _ => None,
    }
}

/// A norm that has one more weight, if `more` is stored, a number for each of the elements it normalizes.
fn extended(seen: &Seen<'_>, norm: DraftId, more: DraftId, op: Op, dims: Size) -> Option<Found> {
    let sizes = seen.dims(norm);
    let from = sizes.len().checked_sub(usize::try_from(dims.get()).ok()?)?;
    let more = seen.of_last(more, sizes.get(from..)?)?;
    let weights = [&seen.draft.node(norm).weights[..], &[more]].concat();
    Some(Found { op, inputs: seen.inputs(norm).to_vec(), weights })
}
