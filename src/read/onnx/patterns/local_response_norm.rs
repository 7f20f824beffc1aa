//! Local response norm, which exporters write as an average over channels that are an axis of positions.

use super::{Found, Seen};
use crate::op::Op;
use crate::op::avg_pool::AvgPool;
use crate::op::local_response_norm::LocalResponseNorm;
use crate::op::pad::{Mode, Pad};
use crate::op::settings::{Padding, PerAxis, Size};
use crate::read::onnx::value::DraftId;

/// x / (k + alpha · mean of neighboring channels' x²)^beta.
pub(super) fn local_response_norm(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (Op::Div(_), &[x, below]) = (seen.op(root)?, seen.inputs(root)) else { return None };
    let (beta, powered) = seen.power(below)?;
    let (mut alpha, mut k, mut mean) = (1.0, 0.0, powered);
    while let Some((mul, add, from)) = seen.inner_affine(mean) {
        // Of what comes first, what comes later takes its share.
        (alpha, k, mean) = (alpha * mul, k + alpha * add, from);
    }
    let pool = view(seen, mean)?;
    let (size, axes) = if let Op::AvgPool2d(pool) = seen.inner(pool)? {
        (over_first(pool)?, 2)
    } else {
        let Op::AvgPool3d(pool) = seen.inner(pool)? else { return None };
        (over_first(pool)?, 3)
    };
    let padded = seen.input(pool)?;
    let Op::Pad(pad) = seen.inner(padded)? else { return None };
    let squares = seen.input(padded)?;
    // One channel, of which the network's channels are the first axis.
    let (image, sizes) = (seen.dims(x), seen.dims(squares));
    let is_lifted = sizes.len() == axes + 1 && sizes.first() == Some(&1) && sizes.get(1) == image.first();
    if !is_lifted || !surrounds(pad, axes, size.get()) {
        return None;
    }
    let square = view(seen, squares)?;
    let (of, _) = seen.squared(square)?;
    if of == x { Some(Found::unary(LocalResponseNorm { size, alpha, beta, k }, x)) } else { None }
}

/// What is looked at, where it is only looked at.
fn view(seen: &Seen<'_>, id: DraftId) -> Option<DraftId> {
    if let Op::Reshape(_) = seen.inner(id)? { seen.input(id) } else { Some(id) }
}

/// The window of a pool along the first axis, if it has none along others.
fn over_first<const N: usize>(pool: &AvgPool<N>) -> Option<Size> {
    let [size, others @ ..] = &pool.kernel_size.0[..] else { return None };
    let is_plain = others.iter().all(|&size| size == Size::ONE)
        && pool.stride == Some(PerAxis::ones())
        && pool.padding == Padding::default()
        && !pool.ceil_mode
        && pool.divisor_override.is_none();
    is_plain.then_some(*size)
}

/// Whether a pad is of zeros for a window of this size along the first of so many axes, and nothing else.
fn surrounds(pad: &Pad, axes: usize, size: u64) -> bool {
    let sides = [size / 2, (size - 1) / 2].map(|side| i64::try_from(side).unwrap_or(i64::MAX));
    let (behind, first) = pad.padding.split_at(pad.padding.len().min(2 * (axes - 1)));
    pad.mode == Mode::Constant
        && pad.value == 0.0
        && behind.iter().all(|&side| side == 0)
        && first.starts_with(&sides)
        && first.iter().skip(2).all(|&side| side == 0)
}
