//! Fresh weights, as PyTorch fills them, from a seed.

use candle_core::{Device, Result, Tensor};
use rand::distr::{Distribution, Uniform};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::graph::NodeId;
use crate::op::{Initializer, Weight};

/// Fresh tensors for the weights of a node, in 32-bit floats: the same for the same seed, whatever else is made.
pub fn fresh(seed: u64, node: NodeId, weights: &[Weight], device: &Device) -> Result<Vec<Tensor>> {
    // Each node has a stream of its own.
    let mut random = StdRng::seed_from_u64(seed ^ (node.index() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    weights.iter().map(|weight| tensor(weight, &mut random, device)).collect()
}

fn tensor(weight: &Weight, random: &mut StdRng, device: &Device) -> Result<Tensor> {
    let dims: Vec<usize> = weight
        .dims()
        .into_iter()
        .map(usize::try_from)
        .collect::<std::result::Result<_, _>>()
        .map_err(candle_core::Error::wrap)?;
    let count = dims.iter().product();
    let values: Vec<f32> = match weight.initializer {
        Initializer::Constant(value) => {
            return Tensor::full(value, dims, device)?.to_dtype(candle_core::DType::F32);
        }
        Initializer::Uniform { fan_in } => uniform(random, 1.0, fan_in, count)?,
        Initializer::Xavier { fan_in, fan_out } => {
            uniform(random, 6.0, fan_in.saturating_add(fan_out), count)?
        }
        Initializer::Normal { deviation } => (0..count).map(|_| normal(random, deviation)).collect(),
    };
    Tensor::from_vec(values, dims, device)
}

/// `count` numbers between ∓ √(`share`/`fan`).
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
fn uniform(random: &mut StdRng, share: f64, fan: u64, count: usize) -> Result<Vec<f32>> {
    let bound = (share / fan.max(1) as f64).sqrt() as f32;
    let range = Uniform::new_inclusive(-bound, bound).map_err(candle_core::Error::wrap)?;
    Ok(range.sample_iter(random).take(count).collect())
}

/// A normal deviate of mean 0, by the method of Box and Muller.
#[expect(clippy::cast_possible_truncation, reason = "weights are 32-bit floats")]
fn normal(random: &mut StdRng, deviation: f64) -> f32 {
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (deviation * (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
}
