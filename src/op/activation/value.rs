//! The elementwise functions that are more than one of candle's.

use candle_core::{DType, Result, Tensor};

/// tanh(ln(1 + e^x)) is n/(n + 2) with n = e^x · (e^x + 2), which is as exact where e^x is far below 1. From x = 20 on it is
/// 1 in 32 bits; there e^x is held so that n does not overflow.
pub(super) fn mish(x: &Tensor) -> Result<Tensor> {
    let e = x.minimum(20f32)?.exp()?;
    let n = (&e * e.affine(1.0, 2.0)?)?;
    x * (&n / n.affine(1.0, 2.0)?)?
}

/// x^`exponent`, by the kernel of its own where there is one.
#[expect(clippy::float_cmp, reason = "powers that differ by however little are other functions")]
pub(super) fn pow(x: &Tensor, exponent: f64) -> Result<Tensor> {
    if exponent == 2.0 {
        x.sqr()
    } else if exponent == 0.5 {
        x.sqrt()
    } else {
        x.powf(exponent)
    }
}

/// Between `min` and `max`, where there are such.
pub(super) fn clamp(x: &Tensor, min: Option<f64>, max: Option<f64>) -> Result<Tensor> {
    match (min, max) {
        (Some(min), Some(max)) => x.clamp(min, max),
        (Some(min), None) => x.maximum(min),
        (None, Some(max)) => x.minimum(max),
        (None, None) => Ok(x.clone()),
    }
}

/// ln(1 + e^y)/beta with y = beta · x, or x itself where y is above the threshold. It is computed as max(y, 0) + ln(1 + u) with u = e^−|y|,
/// which does not overflow, and ln(1 + u) as u · ln(w)/(w − 1) with w = 1 + u, which is as exact where u is far below 1.
pub(super) fn softplus(x: &Tensor, beta: f64, threshold: f64) -> Result<Tensor> {
    let y = x.affine(beta, 0.0)?;
    let u = y.abs()?.neg()?.exp()?;
    let w = u.affine(1.0, 1.0)?;
    let rest = w.affine(1.0, -1.0)?;
    let logarithm = rest.eq(0f32)?.where_cond(&u, &(&u * (w.log()? / &rest)?)?)?;
    drop((u, w, rest));
    let whole = (y.relu()? + logarithm)?;
    y.gt(threshold)?.where_cond(x, &whole.affine(1.0 / beta, 0.0)?)
}

/// max(x, 0) + alpha · (e^(min(x, 0)/alpha) − 1): what is above zero stays as it is, whatever alpha is.
pub(super) fn celu(x: &Tensor, alpha: f64) -> Result<Tensor> {
    let below = x.minimum(0f32)?.affine(1.0 / alpha, 0.0)?.exp()?;
    x.relu()? + below.affine(alpha, -alpha)?
}

/// x where it is above `threshold`, otherwise `value`.
pub(super) fn threshold(x: &Tensor, threshold: f64, value: f64) -> Result<Tensor> {
    let other = Tensor::new(value, x.device())?.to_dtype(x.dtype())?.broadcast_as(x.shape())?;
    x.gt(threshold)?.where_cond(x, &other)
}

/// A function that candle has no kernel for, of each number by itself: wherever the tensor lies, it is computed on the CPU.
pub(super) fn each(x: &Tensor, function: fn(f32) -> f32) -> Result<Tensor> {
    let mut values = x.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?;
    for value in &mut values {
        *value = function(*value);
    }
    Tensor::from_vec(values, x.shape(), x.device())?.to_dtype(x.dtype())
}
