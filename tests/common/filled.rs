//! Tensors of numbers that look random, the same here and in `tests/networks/filled.py`.

use std::sync::LazyLock;

use candle_core::{Device, Result, Tensor};

/// After so many numbers they come again, so that a hundred million are soon made. It is prime: rows differ.
const PERIOD: usize = 999_983;

/// Numbers from 0 up to 1: a hash of the place.
static CYCLE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let number = |place: u64| {
        let mut hashed = place * 0x9E37_79B1 % (1 << 32);
        for _ in 0..2 {
            hashed = (hashed ^ (hashed >> 15)) * 0x2C1B_3C6D % (1 << 32);
        }
        f64::from(u32::try_from(hashed >> 8).unwrap()) / 16_777_216.0
    };
    (0..PERIOD as u64).map(number).collect()
});

/// What `map` makes of the numbers from the place on that the seed gives.
#[expect(clippy::cast_possible_truncation, reason = "tensors are 32-bit floats")]
fn tensor(seed: usize, dims: &[usize], map: impl Fn(f64) -> f64) -> Result<Tensor> {
    let (count, start) = (dims.iter().product(), seed * 10_007 % PERIOD);
    let mut values = Vec::with_capacity(count);
    let cycle = CYCLE[start..].iter().chain(&CYCLE[..start]);
    values.extend(cycle.take(count).map(|&value| map(value) as f32));
    while values.len() < count {
        // Whole periods so far, therefore what comes next is what is at the beginning.
        values.extend_from_within(..values.len().min(count - values.len()));
    }
    Tensor::from_vec(values, dims, &Device::Cpu)
}

/// An input between ∓ `scale`, of a batch of one.
pub(crate) fn image(dims: &[u64], scale: f64) -> Tensor {
    tensor(0, &[&[1], &*sizes(dims)].concat(), |value| scale * (2.0 * value - 1.0)).unwrap()
}

/// A tensor of what suits the name of a weight.
pub(crate) fn filled(name: &str, dims: &[u64], seed: usize, gain: f64) -> Result<Tensor> {
    let dims = sizes(dims);
    match (name.rsplit('.').next(), dims.len()) {
        (Some("layer_scale" | "running_var"), _) | (Some("weight"), 1) => {
            tensor(seed, &dims, |value| value + 0.5)
        }
        (_, 2..) => {
            let fan_in = f64::from(u32::try_from(dims[1..].iter().product::<usize>()).unwrap());
            let bound = (gain / fan_in).sqrt();
            tensor(seed, &dims, |value| (2.0 * value - 1.0) * bound)
        }
        _ => tensor(seed, &dims, |value| 0.2 * value - 0.1),
    }
}

/// Sizes as candle has them.
pub(crate) fn sizes(dims: &[u64]) -> Vec<usize> {
    dims.iter().map(|&size| usize::try_from(size).unwrap()).collect()
}
