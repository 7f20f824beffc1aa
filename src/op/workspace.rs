//! What an operator holds while it computes.

use crate::counts::Linear;
use crate::shape::Shape;

/// Numbers that an operator holds at any one time beside its inputs, its weights and its output, at the most.
pub type Workspace = Linear<u128>;

/// More numbers than any machine holds. A [`product`] ends there, so that a few dozen of them can be added.
const BEYOND: u128 = 1 << 100;

impl Workspace {
    /// Nothing beside.
    pub const NONE: Self = Self { each: 0, once: 0 };

    /// So many numbers for each sample.
    pub fn of_sample(numbers: u128) -> Self {
        Self { each: numbers, once: 0 }
    }

    /// So many tensors of the size of the largest input or of the output.
    pub fn copies(count: u32, inputs: &[Shape], output: &Shape) -> Self {
        let largest = inputs.iter().chain([output]).map(|shape| elements(shape.dims())).max();
        Self::of_sample(product([count.into(), largest.unwrap_or(0)]))
    }

    /// For a batch, or more than any machine holds.
    pub fn of_batch(self, batch: u64) -> u128 {
        self.each.saturating_mul(batch.into()).saturating_add(self.once)
    }

    /// Enough for either of two, of which one comes after the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { each: self.each.max(other.each), once: self.once.max(other.once) }
    }
}

impl std::ops::Add for Workspace {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { each: self.each + other.each, once: self.once + other.once }
    }
}

/// The product, as far as it matters.
pub(super) fn product(factors: impl IntoIterator<Item = u128>) -> u128 {
    factors.into_iter().fold(1u128, u128::saturating_mul).min(BEYOND)
}

/// The product of sizes, as far as it matters: that of a shape is up to 2^128, and no multiple of it would fit.
pub(super) fn elements(sizes: &[u64]) -> u128 {
    product(sizes.iter().map(|&size| size.into()))
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::op::Op;

    #[test]
    fn no_shape_is_too_large_to_be_asked_about() {
        let inputs = [Shape::new(vec![1 << 53, 1 << 53, 1 << 21]).unwrap()];
        for (name, settings) in [
            ("softmax", ""),
            ("layer_norm", "dims = 1"),
            ("group_norm", "num_groups = 1"),
            ("instance_norm2d", ""),
            ("adaptive_avg_pool2d", "output_size = [9007199254740992, 2097152]"),
            ("avg_pool2d", "kernel_size = 1\nceil_mode = true"),
            ("lp_pool2d", "norm_type = 2\nkernel_size = 1"),
            ("upsample", "mode = 'bilinear'\nsize = [9007199254740992, 2097152]"),
            ("embedding", "num_embeddings = 2\nembedding_dim = 1"),
            ("rbf", "out_features = 1"),
            ("pad", "padding = [1, 1]"),
            ("relu", ""),
        ] {
            let op = Op::read(name, toml::Deserializer::parse(settings).unwrap()).unwrap().unwrap();
            let output = op.output(&inputs).unwrap();
            assert!(op.reference().workspace(&inputs, &output, &Device::Cpu).each < 10 * BEYOND, "{name}");
        }
    }

    #[test]
    fn what_is_beyond_all_machines_is_no_overflow() {
        let size = 1 << 53;
        assert_eq!(elements(&[size; 5]), BEYOND);
        assert_eq!(elements(&[]), 1);
        let large = Workspace { each: BEYOND, once: BEYOND };
        assert_eq!((large + large).of_batch(u64::MAX), u128::MAX);
        let other = Workspace { each: 3, once: BEYOND + 1 };
        assert_eq!(large.or(other), Workspace { each: BEYOND, once: BEYOND + 1 });
    }
}
