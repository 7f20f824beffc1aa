//! What layer, group and instance norm share, and root mean square norm in part: groups of n values, each shifted and scaled to mean 0 and variance 1.

#[cfg(feature = "run")]
use candle_core::{D, Tensor};

use super::{Cost, Initializer, Purpose, Term, Weight};
#[cfg(feature = "run")]
use super::{Workspace, tensors, workspace::elements};
use crate::counts::Kind;
#[cfg(feature = "run")]
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// The default of `eps`.
pub(super) fn default_eps() -> f64 {
    1e-5
}

/// The learned factor and summand, in PyTorch's order.
pub(super) fn weights(axes: &[(Factor, u64)], factor: bool, summand: bool) -> Vec<Weight> {
    let learned = |name, value| Weight::learned(name, axes.to_vec(), Initializer::Constant(value));
    let weights = [factor.then(|| learned("weight", 1.0)), summand.then(|| learned("bias", 0.0))];
    weights.into_iter().flatten().collect()
}

/// For each group: n − 1 additions and a division for the mean; n subtractions of it; n squares, n − 1 additions and a
/// division for the variance; the addition of `eps`, a root and a division for 1/√(var + eps); n multiplications by that.
/// A learned factor is n multiplications more, a learned summand n additions. A single group (`None`) is left out.
pub(super) fn cost(groups: Option<&Working>, n: &Working, factor: bool, summand: bool) -> Cost {
    let one = || Working::Number(1);
    let in_all = |kind, working| Term::ops(kind, in_all(groups, working));
    let mul: &[_] =
        &[(Factor::Squares, 1), (Factor::Scaling, 1), (Factor::Weight, 1)][..2 + usize::from(factor)];
    let sum = || n.clone().less(one());
    let mut add = vec![
        sum().called(Factor::Mean),
        n.clone().called(Factor::Deviations),
        sum().called(Factor::Variance),
        Working::named(Factor::Eps, 1u64),
    ];
    add.extend(summand.then(|| n.clone().called(Factor::Bias)));
    let div = Working::steps(&[(Factor::Mean, 1), (Factor::Variance, 1), (Factor::InverseRoot, 1)]);
    Cost {
        terms: vec![
            in_all(Kind::Mul, n.clone().by(Working::steps(mul))),
            in_all(Kind::Add, Working::Sum(add)),
            in_all(Kind::Div, div),
            in_all(Kind::Exp, one()).purpose(Purpose::Root),
        ],
    }
}

/// What is done once for each group; a single one (`None`) is left out.
pub(super) fn in_all(groups: Option<&Working>, working: Working) -> Working {
    match groups {
        // So that a single root reads "groups", not "groups · 1".
        Some(groups) if working == Working::Number(1) => groups.clone(),
        Some(groups) => groups.clone().by(working),
        None => working,
    }
}

/// `groups`, a group in each row, to mean 0 and variance 1: the variance over n, as PyTorch's norms take it.
#[cfg(feature = "run")]
pub(super) fn rows(groups: &Tensor, eps: f64) -> candle_core::Result<Tensor> {
    let centered = groups.broadcast_sub(&groups.mean_keepdim(D::Minus1)?)?;
    let deviation = centered.sqr()?.mean_keepdim(D::Minus1)?.affine(1.0, eps)?.sqrt()?;
    centered.broadcast_mul(&deviation.recip()?)
}

/// What [`rows`] holds of a sample, and what a factor and a summand after it, each beside its own output: the centered numbers
/// or the product before; and for each group its mean and what becomes of its variance.
#[cfg(feature = "run")]
pub(super) fn workspace(input: &Shape, groups: &[u64]) -> Workspace {
    Workspace::of_sample(elements(input.dims()) + 4 * elements(groups))
}

/// A factor and a summand for each channel, where there are any.
#[cfg(feature = "run")]
pub(super) fn by_channel(output: Tensor, weights: &[Tensor]) -> candle_core::Result<Tensor> {
    let [factor, summand] = weights else {
        return Ok(output);
    };
    let product = output.broadcast_mul(&tensors::spread(factor, &output, 1)?)?;
    drop(output);
    product.broadcast_add(&tensors::spread(summand, &product, 1)?)
}
