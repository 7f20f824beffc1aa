//! Pools that exporters write as reductions.

use super::{Found, Seen};
use crate::op::Op;
use crate::op::global_avg_pool::GlobalAvgPool;
use crate::op::settings::Dim;
use crate::read::onnx::value::DraftId;

/// The mean of each channel of an image, as one of the exporters writes an adaptive pool to a single position.
pub(super) fn global_mean(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mean(mean) = seen.op(root)? else { return None };
    let image = seen.input(root)?;
    let is_whole = matches!(mean.dim[..], [Dim(2), Dim(3)]) && mean.keepdim && seen.dims(image).len() == 3;
    if is_whole { Some(Found::unary(GlobalAvgPool {}, image)) } else { None }
}
