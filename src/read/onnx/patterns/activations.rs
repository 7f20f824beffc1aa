//! Activations that exporters write as their arithmetic.

use super::{Found, Seen, is_about};
use crate::op::Op;
use crate::op::activation::{Approximate, Gelu, HardSigmoid, HardSwish, Mish, Silu, Softplus};
use crate::read::onnx::call::is;
use crate::read::onnx::value::DraftId;

/// x · sigmoid(x).
pub(super) fn silu(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (sigmoid, x) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::Sigmoid(_))))?;
    if seen.input(sigmoid)? != x {
        return None;
    }
    Some(Found::unary(Silu {}, x))
}

/// x · hard_sigmoid(x); or x · min(max(x + 3, 0), 6) / 6, in that order.
pub(super) fn hard_swish(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    if let Op::Mul(_) = seen.op(root)? {
        let (sigmoid, x) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::HardSigmoid(_))))?;
        return if seen.input(sigmoid)? == x { Some(Found::unary(HardSwish {}, x)) } else { None };
    }
    let (sixth, 0.0, product) = seen.affine(root)? else { return None };
    let Op::Mul(_) = seen.inner(product)? else { return None };
    let (cut, x) = seen.pair(product, |id| matches!(seen.inner(id), Some(Op::Relu6(_))))?;
    let (1.0, 3.0, from) = seen.inner_affine(seen.input(cut)?)? else { return None };
    if from == x && is_about(sixth, 1.0 / 6.0) { Some(Found::unary(HardSwish {}, x)) } else { None }
}

/// min(max(x + 3, 0), 6) / 6.
pub(super) fn hard_sigmoid(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (sixth, 0.0, cut) = seen.affine(root)? else { return None };
    let Op::Relu6(_) = seen.inner(cut)? else { return None };
    let (1.0, 3.0, x) = seen.inner_affine(seen.input(cut)?)? else { return None };
    if is_about(sixth, 1.0 / 6.0) { Some(Found::unary(HardSigmoid {}, x)) } else { None }
}

/// x · tanh(softplus(x)).
pub(super) fn mish(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (tanh, x) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::Tanh(_))))?;
    let softplus = seen.input(tanh)?;
    let Op::Softplus(_) = seen.inner(softplus)? else { return None };
    if seen.input(softplus)? == x { Some(Found::unary(Mish {}, x)) } else { None }
}

/// x where it is above 20, ln(1 + e^x) elsewhere.
pub(super) fn softplus(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Where(_) = seen.op(root)? else { return None };
    let &[above, x, softplus] = seen.inputs(root) else { return None };
    let (Op::Greater(_), Op::Softplus(_)) = (seen.inner(above)?, seen.inner(softplus)?) else { return None };
    if seen.inputs(above).first() == Some(&x) && seen.input(softplus)? == x {
        return Some(Found::unary(Softplus::default(), x));
    }
    None
}

/// x · ½ · (1 + erf(x/√2)), the half before, between or after.
pub(super) fn gelu(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (x, one_more) = halved_product(seen, root)?;
    let (1.0, 1.0, erf) = seen.inner_affine(one_more)? else { return None };
    let Op::ErrorFunction(_) = seen.inner(erf)? else { return None };
    let (factor, 0.0, from) = seen.inner_affine(seen.input(erf)?)? else { return None };
    if from == x && is_about(factor, std::f64::consts::FRAC_1_SQRT_2) {
        return Some(Found::unary(Gelu { approximate: Approximate::None }, x));
    }
    None
}

/// x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).
pub(super) fn gelu_tanh(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (x, one_more) = halved_product(seen, root)?;
    let (1.0, 1.0, tanh) = seen.inner_affine(one_more)? else { return None };
    let Op::Tanh(_) = seen.inner(tanh)? else { return None };
    let (factor, 0.0, sum) = seen.inner_affine(seen.input(tanh)?)? else { return None };
    let Op::Add(_) = seen.inner(sum)? else { return None };
    let (of_x, cubic) = seen.pair(sum, |id| id == x)?;
    let (small, 0.0, cube) = seen.inner_affine(cubic)? else { return None };
    let cubes = seen.inner(cube)?;
    let is_cube = if let Op::Power(power) = cubes {
        is(power.exponent, 3.0) && seen.input(cube)? == x
    } else if let Op::Mul(_) = cubes {
        // x · x · x.
        let (square, last) =
            seen.pair(cube, |id| matches!(seen.inner(id), Some(Op::Mul(_) | Op::Power(_))))?;
        last == x && seen.inputs(square).iter().all(|&input| input == x)
    } else {
        false
    };
    let fits = of_x == x
        && is_cube
        && is_about(small, 0.044_715)
        && is_about(factor, (2.0 / std::f64::consts::PI).sqrt());
    if fits { Some(Found::unary(Gelu { approximate: Approximate::Tanh }, x)) } else { None }
}

/// The two that are multiplied with each other and ½: x, and what has 1 added last.
fn halved_product(seen: &Seen<'_>, root: DraftId) -> Option<(DraftId, DraftId)> {
    // ½ · (x · y).
    if let Some((0.5, 0.0, product)) = seen.affine(root) {
        let Op::Mul(_) = seen.inner(product)? else { return None };
        let (one_more, x) = seen.pair(product, |id| matches!(seen.inner_affine(id), Some((1.0, 1.0, _))))?;
        return Some((x, one_more));
    }
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (half, other) = seen.pair(root, |id| matches!(seen.inner_affine(id), Some((0.5, 0.0, _))))?;
    let (_, _, from) = seen.affine(half)?;
    // (½ · x) · y.
    if matches!(seen.inner_affine(other), Some((1.0, 1.0, _))) {
        return Some((from, other));
    }
    // x · (½ · y).
    matches!(seen.inner_affine(from), Some((1.0, 1.0, _))).then_some((other, from))
}
