//! What is added to each feature or channel, as the bias of the layer before.

use super::{Found, Seen};
use crate::op::Op;
use crate::read::onnx::value::DraftId;

/// A linear layer and a vector that is added.
pub(super) fn linear(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Add(_) = seen.op(root)? else { return None };
    let is_linear = |id: DraftId| matches!(seen.inner(id), Some(Op::Linear(linear)) if !linear.bias);
    let (layer, bias) = seen.pair(root, is_linear)?;
    let Op::Linear(linear) = seen.op(layer)? else { return None };
    let stored = seen.stored(bias)?.clone();
    let dims = seen.dims(bias);
    let out = linear.out_features.get();
    if dims.last() != Some(&out) || dims.iter().any(|&size| size != 1 && size != out) || product(dims) != out
    {
        return None;
    }
    let mut op = linear.clone();
    op.bias = true;
    let weights = [&seen.draft.node(layer).weights[..], &[stored]].concat();
    Some(Found { op: op.into(), inputs: seen.inputs(layer).to_vec(), weights })
}

/// A convolution and a number that is added to each channel.
pub(super) fn convolution(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Add(_) = seen.op(root)? else { return None };
    let is_convolution = |id: DraftId| seen.inner(id).is_some_and(|op| biased(op).is_some());
    let (layer, bias) = seen.pair(root, is_convolution)?;
    let (stored, op) = (seen.stored(bias)?.clone(), biased(seen.op(layer)?)?);
    let channels = *seen.dims(layer).first()?;
    let dims = seen.dims(bias);
    let is_one_each =
        dims.len() == seen.dims(layer).len() && dims.first() == Some(&channels) && product(dims) == channels;
    let weights = [&seen.draft.node(layer).weights[..], &[stored]].concat();
    is_one_each.then(|| Found { op, inputs: seen.inputs(layer).to_vec(), weights })
}

/// A convolution without a bias, with one.
fn biased(op: &Op) -> Option<Op> {
    macro_rules! with_bias {
        ($($Type:ident)*) => {
            match op {
                $(Op::$Type(conv) if !conv.bias => {
                    let mut conv = conv.clone();
                    conv.bias = true;
                    Some(conv.into())
                })*
                _ => None,
            }
        };
    }
    with_bias!(Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d)
}

fn product(dims: &[u64]) -> u64 {
    dims.iter().product()
}
