//! Activations that exporters write as their arithmetic.

use super::{Found, Seen, is_about};
use crate::op::Op;
use crate::op::activation::{Approximate, Clamp, Gelu, HardSigmoid, HardSwish, Mish, Silu, Softplus};
use crate::read::onnx::call::is;
use crate::read::onnx::value::DraftId;

/// x · sigmoid(x).
pub(super) fn silu(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (sigmoid, x) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::Sigmoid(_))))?;
    if seen.same(seen.input(sigmoid)?, x) { Some(Found::unary(Silu {}, x)) } else { None }
}

/// x · hard_sigmoid(x); or a sixth of x · min(max(x + 3, 0), 6), taken of x or of the product.
pub(super) fn hard_swish(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (product, of_product) = match seen.affine(root) {
        Some((factor, 0.0, product)) => (seen.inner(product).map(|_| product)?, factor),
        _ => (root, 1.0),
    };
    let Op::Mul(_) = seen.op(product)? else { return None };
    let is_gate = |id: DraftId| matches!(seen.inner(id), Some(Op::HardSigmoid(_) | Op::Relu6(_)));
    let (gate, x) = seen.pair(product, is_gate)?;
    let (from, x, factor) = match (seen.op(gate)?, seen.inner_affine(x)) {
        (Op::HardSigmoid(_), _) => (seen.input(gate)?, x, 1.0 / 6.0),
        (_, Some((factor, 0.0, x))) => (three_more(seen, gate)?, x, factor),
        (_, _) => (three_more(seen, gate)?, x, 1.0),
    };
    if seen.same(from, x) && is_about(factor * of_product, 1.0 / 6.0) {
        return Some(Found::unary(HardSwish {}, x));
    }
    None
}

/// min(max(x + 3, 0), 6) / 6, or min(max(x/6 + ½, 0), 1).
pub(super) fn hard_sigmoid(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    if let Op::Clamp(Clamp { min: Some(0.0), max: Some(1.0) }) = seen.op(root)? {
        let (sixth, half, x) = line(seen, seen.input(root)?)?;
        let is_one = is_about(sixth, 1.0 / 6.0) && is_about(half, 0.5);
        return if is_one { Some(Found::unary(HardSigmoid {}, x)) } else { None };
    }
    let (sixth, 0.0, cut) = seen.affine(root)? else { return None };
    let Op::Relu6(_) = seen.inner(cut)? else { return None };
    let x = three_more(seen, cut)?;
    if is_about(sixth, 1.0 / 6.0) { Some(Found::unary(HardSigmoid {}, x)) } else { None }
}

/// What has 3 added before it is cut off.
fn three_more(seen: &Seen<'_>, cut: DraftId) -> Option<DraftId> {
    match seen.inner_affine(seen.input(cut)?)? {
        (1.0, 3.0, x) => Some(x),
        _ => None,
    }
}

/// What is multiplied and added in one or two steps, of which nothing else takes the results.
fn line(seen: &Seen<'_>, id: DraftId) -> Option<(f64, f64, DraftId)> {
    let (mul, add, from) = seen.inner_affine(id)?;
    match seen.inner_affine(from) {
        Some((before, offset, x)) => Some((mul * before, offset.mul_add(mul, add), x)),
        None => Some((mul, add, from)),
    }
}

/// x · tanh(softplus(x)).
pub(super) fn mish(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Mul(_) = seen.op(root)? else { return None };
    let (tanh, x) = seen.pair(root, |id| matches!(seen.inner(id), Some(Op::Tanh(_))))?;
    let softplus = seen.input(tanh)?;
    let Op::Softplus(_) = seen.inner(softplus)? else { return None };
    if seen.same(seen.input(softplus)?, x) { Some(Found::unary(Mish {}, x)) } else { None }
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

/// ln(1 + e^x).
pub(super) fn log_of_exp(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let Op::Logarithm(_) = seen.op(root)? else { return None };
    let (1.0, 1.0, power) = seen.inner_affine(seen.input(root)?)? else { return None };
    let Op::Exponential(_) = seen.inner(power)? else { return None };
    Some(Found::unary(Softplus::default(), seen.input(power)?))
}

/// x · ½ · (1 + erf(x/√2)), the half before, between or after.
pub(super) fn gelu(seen: &mut Seen<'_>, root: DraftId) -> Option<Found> {
    let (x, one_more) = halved_product(seen, root)?;
    let (1.0, 1.0, erf) = seen.inner_affine(one_more)? else { return None };
    let Op::ErrorFunction(_) = seen.inner(erf)? else { return None };
    let (factor, 0.0, from) = seen.inner_affine(seen.input(erf)?)? else { return None };
    if seen.same(from, x) && is_about(factor, std::f64::consts::FRAC_1_SQRT_2) {
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
    let is_cube = if let Op::Mul(_) = seen.inner(cube)? {
        // x · x · x.
        let (square, last) = seen.pair(cube, |id| seen.squared(id).is_some())?;
        last == x && seen.squared(square)?.0 == x
    } else {
        seen.power(cube).is_some_and(|(exponent, of)| is(exponent, 3.0) && of == x)
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
