//! Rearrangements that exporters write as reshapes around a permutation, or as parts that are put together again.

use super::{Found, Seen};
use crate::op::Op;
use crate::op::channel_shuffle::ChannelShuffle;
use crate::op::copies::Copies;
use crate::op::depth_to_space::{DepthToSpace, SpaceToDepth};
use crate::op::glu::Glu;
use crate::op::pixel_shuffle::{PixelShuffle, PixelUnshuffle};
use crate::op::roll::Roll;
use crate::op::settings::{Dim, Size};
use crate::op::slice::Slice;
use crate::read::onnx::value::DraftId;
use crate::shape::Shape;

/// Dimensions taken apart, in another order, and put together: of channels of an image, and of channels and pixels.
pub(super) fn shuffle(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Reshape(_) = seen.op(root)? else { return None };
    let permuted = seen.input(root)?;
    let Op::Permute(permute) = seen.inner(permuted)? else { return None };
    let order: Vec<usize> =
        permute.dims.iter().map(|&Dim(dim)| usize::try_from(dim).ok()).collect::<Option<_>>()?;
    let parts = seen.input(permuted)?;
    let Op::Reshape(_) = seen.inner(parts)? else { return None };
    let (apart, after) = (seen.dims(parts), seen.dims(root));
    let (copies, op, before) = channels(apart, &order, after).or_else(|| pixels(apart, &order))?;
    let op = Copies::of(copies, op).ok()?;
    let before = Shape::new(before).ok()?;
    if op.output(std::slice::from_ref(&before)).ok()?.dims() != after {
        return None;
    }
    let x = seen.with_shape(parts, before)?;
    Some(Found { op, inputs: vec![x], weights: vec![] })
}

/// Leading sizes, what is done behind them, and the sizes that it is done to.
type Shuffled = (Vec<u64>, Op, Vec<u64>);

/// Groups of channels and the channels of each, exchanged.
fn channels(apart: &[u64], order: &[usize], after: &[u64]) -> Option<Shuffled> {
    // The batch is the first of `order`, and no dimension of `apart`.
    let first = order.iter().zip(0..).position(|(&from, to)| from != to)?.checked_sub(1)?;
    let mut swapped: Vec<usize> = (0..order.len()).collect();
    swapped.get_mut(first + 1..=first + 2)?.reverse();
    let (copies, &[size, each], positions) =
        (apart.get(..first)?, apart.get(first..first + 2)?, apart.get(first + 2..)?)
    else {
        return None;
    };
    // Of positions in less than two dimensions it may as well be rows and columns that are exchanged.
    let together = [copies, &[size.checked_mul(each)?], positions].concat();
    if order != swapped || after != together || positions.len() < 2 {
        return None;
    }
    let groups = Size::try_from(size).ok()?;
    Some((copies.to_vec(), ChannelShuffle { groups }.into(), together))
}

/// Pixels of blocks into channels, or channels into these.
fn pixels(apart: &[u64], order: &[usize]) -> Option<Shuffled> {
    let leading = apart.len().checked_sub(5)?;
    let (copies, parts) = apart.split_at_checked(leading)?;
    if !order.iter().take(leading + 1).copied().eq(0..=leading) {
        return None;
    }
    let order: Vec<usize> =
        order.iter().skip(leading + 1).map(|from| from.checked_sub(leading)).collect::<Option<_>>()?;
    let &[first, second, third, fourth, fifth] = parts else { return None };
    let channels = || first.checked_mul(second)?.checked_mul(third);
    let (op, before): (Op, _) = match order[..] {
        [1, 4, 2, 5, 3] if second == third => {
            (PixelShuffle { upscale_factor: second.try_into().ok()? }.into(), [channels()?, fourth, fifth])
        }
        [3, 4, 1, 5, 2] if first == second => {
            (DepthToSpace { block_size: first.try_into().ok()? }.into(), [channels()?, fourth, fifth])
        }
        [1, 3, 5, 2, 4] | [3, 5, 1, 2, 4] if third == fifth => {
            let size = Size::try_from(third).ok()?;
            let pixels = [first, second.checked_mul(third)?, fourth.checked_mul(fifth)?];
            let is_by_channel = order.first() == Some(&1);
            let op = if is_by_channel {
                PixelUnshuffle { downscale_factor: size }.into()
            } else {
                SpaceToDepth { block_size: size }.into()
            };
            (op, pixels)
        }
        _ => return None,
    };
    Some((copies.to_vec(), op, [copies, &before].concat()))
}

/// The end of a dimension in front of its start.
pub(super) fn roll(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (Op::Concat(concat), &[end, start]) = (seen.op(root)?, seen.inputs(root)) else { return None };
    let (x, first) = part(seen, end, concat.dim)?;
    let (same, rest) = part(seen, start, concat.dim)?;
    if same != x || rest.start != 0 || rest.end != first.start || first.end != size(seen, x, concat.dim)? {
        return None;
    }
    let (back, forth) = (i64::try_from(first.start).ok()?, i64::try_from(first.end - first.start).ok()?);
    let shift = if back <= forth { -back } else { forth };
    Some(Found::unary(Roll { shifts: vec![shift], dims: vec![concat.dim] }, x))
}

/// Two of these one behind the other, along other dimensions.
pub(super) fn rolls(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Roll(second) = seen.op(root)? else { return None };
    let before = seen.input(root)?;
    let Op::Roll(first) = seen.inner(before)? else { return None };
    if first.dims.iter().any(|dim| second.dims.contains(dim)) {
        return None;
    }
    let roll = Roll {
        shifts: [&first.shifts[..], &second.shifts].concat(),
        dims: [&first.dims[..], &second.dims].concat(),
    };
    Some(Found::unary(roll, seen.input(before)?))
}

/// The first half of a dimension, times the sigmoid of the second.
pub(super) fn glu(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (sigmoid, half) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::Sigmoid(_))))?;
    let gate = seen.input(sigmoid)?;
    let Op::Slice(Slice { dim, .. }) = *seen.op(half)? else { return None };
    let (x, first) = part(seen, half, dim)?;
    let (same, second) = part(seen, gate, dim)?;
    let is_halved = first.start == 0
        && first.end == second.start
        && second.end == size(seen, x, dim)?
        && second.end - second.start == first.end;
    if x == same && is_halved { Some(Found::unary(Glu { dim }, x)) } else { None }
}

/// What a part, which nothing else takes, is of, and from where to where it goes along this dimension.
fn part(seen: &Seen<'_>, id: DraftId, along: Dim) -> Option<(DraftId, std::ops::Range<u64>)> {
    let Op::Slice(Slice { dim, start, end, step: Size::ONE }) = *seen.inner(id)? else { return None };
    let x = seen.input(id)?;
    let end = end.map_or_else(|| size(seen, x, dim), |end| u64::try_from(end).ok())?;
    (dim == along).then_some((x, u64::try_from(start).ok()?..end))
}

fn size(seen: &Seen<'_>, id: DraftId, dim: Dim) -> Option<u64> {
    let axis = seen.draft.node(id).shape.axis(dim.0)?;
    seen.dims(id).get(axis).copied()
}
