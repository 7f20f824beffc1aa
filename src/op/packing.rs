//! What candle's products of matrices hold on a CPU while they compute.
//!
//! candle multiplies with the crate gemm, which copies panels of both matrices into buffers. How large these are follows from
//! the machine's caches and from its widest instructions, by a rule of that crate, which is asked here: what one machine shows
//! says nothing of another.

use candle_core::Device;
use gemm_common::cache::{CACHE_INFO, kernel_params};

use super::workspace::{Workspace, product};

/// Rows and columns of a product that a kernel for numbers of 32 bits computes at once, of those that this processor may use.
fn kernels() -> &'static [(usize, usize)] {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if std::is_x86_feature_detected!("fma") {
        // Of 256 bits and of 512.
        return &[(16, 6), (64, 6)];
    }
    if cfg!(target_arch = "aarch64") { &[(8, 4), (16, 4), (16, 32)] } else { &[(2, 4), (8, 4)] }
}

/// As many rows or columns as the largest kernel has: panels are filled up to whole ones.
const FILLED_UP: u128 = 64;

/// Columns that a thread packs at a time, at the most: so many panels of the largest kernel, by a rule of that crate.
const TALLEST: u128 = 8 * FILLED_UP;

/// The most that small products, where the caches are not asked, go along their inner size at a time.
const SMALL: u128 = 512;

/// Bytes of a number, for the rule.
const F32: usize = 4;

/// Numbers that a product of `rows` × `inner`, for each sample, and `inner` × `columns` holds beside its factors and itself, at the
/// most: it goes along the inner size in steps, and at each packs what the factors have there.
pub(super) fn packed(rows: u128, inner: u128, columns: u128, device: &Device) -> Workspace {
    if !device.is_cpu() {
        return Workspace::NONE;
    }
    let step = step(inner);
    // Of what the second cache holds, twice, or once for each thread.
    let at_a_time = TALLEST * (rayon::current_num_threads() as u128).max(2);
    let columns = columns.saturating_add(2 * FILLED_UP).min(at_a_time);
    let once = product([step, columns + without_third_cache()]);
    Workspace { each: product([step, rows]), once: once + marks(inner) }
}

/// What notes which panels are packed, as that many numbers: a byte for each that fits into the second cache, for each thread.
fn marks(inner: u128) -> u128 {
    let fewest = kernels().iter().map(|&(rows, _)| rows as u128).min().unwrap_or(1);
    let panel = inner.clamp(1, SMALL) * fewest * F32 as u128;
    let bytes = (CACHE_INFO[1].cache_bytes as u128 / panel).max(8) * rayon::current_num_threads() as u128;
    bytes.div_ceil(F32 as u128)
}

/// Columns that are packed at a time where there is no third cache to hold them, be there as many or not.
fn without_third_cache() -> u128 {
    let widest = kernels().iter().map(|&(_, columns)| columns as u128).max().unwrap_or(0);
    if CACHE_INFO[2].cache_bytes == 0 { 128 * widest } else { 0 }
}

/// How far a product goes along its inner size at a time.
fn step(inner: u128) -> u128 {
    let size = usize::try_from(inner).unwrap_or(usize::MAX);
    // The other sizes have no part in it. Without a second cache, that crate multiplies nothing that is large.
    let has_caches = CACHE_INFO[1].cache_bytes > 0;
    let of_kernel = |&(rows, columns): &(usize, usize)| {
        if has_caches { kernel_params(rows, columns, size, rows, columns, F32).kc as u128 } else { inner }
    };
    let by_caches = kernels().iter().map(of_kernel).max().unwrap_or(inner);
    by_caches.max(inner.min(SMALL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_packs_no_more_than_its_factors() {
        for (rows, inner, columns) in [(64, 768, 192), (1, 1, 1), (8, 25_088, 4096), (4096, 25_088, 8)] {
            let packed = packed(rows, inner, columns, &Device::Cpu).of_batch(1) - marks(inner);
            let padded = rows + columns + 2 * FILLED_UP + without_third_cache();
            assert!((1..=inner * padded).contains(&packed), "{packed}");
        }
        let huge = packed(u128::MAX, u128::MAX, u128::MAX, &Device::Cpu);
        assert_eq!((huge + huge).of_batch(u64::MAX), u128::MAX);
    }
}
