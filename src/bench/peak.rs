//! What the machine itself reaches at the same moment: the roofs that networks are held against.
//!
//! The arithmetic's is candle's product of two square matrices, whose best of several sizes counts, or, on a processor in numbers of
//! 32 bits, multiplications with additions that stay in the registers, if these are more; that of memory is a copy
//! of an array far larger than any cache, each byte of which is read once and written once (as McCalpin's STREAM counts), if
//! there are time and memory for it.
//! Both run with the threads and on the device of the networks.

use std::time::{Duration, Instant};

use candle_core::{DType, Device, Result, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::time;
use crate::analyze::roofline;
use crate::run::{Isa, memory::free, multiply_add};
use crate::shape::ElementType;

/// What the machine reaches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredPeak {
    /// The threads it was measured with; `None` on a GPU.
    pub threads: Option<usize>,
    /// Of the fastest matrix product, or of multiply–adds in registers.
    pub flops_per_second: f64,
    /// Rows and columns of its matrices; 0 where it is that of registers.
    pub product_size: usize,
    /// Read and written by the fastest copy.
    pub bytes_per_second: f64,
    /// Bytes that it copied.
    pub copied_bytes: usize,
}

/// Rows and columns of the matrices, from the smallest to the largest.
const SIZES: [usize; 6] = [256, 512, 1024, 2048, 4096, 8192];

/// The array that is copied is so many times as large as the largest cache,
const CACHES: u64 = 4;

/// but no smaller, on a processor whose caches are not known,
const LEAST_BYTES: u64 = 64 << 20;

/// and no larger: processors with many cores have caches of which one process gets a part, and networks may be small.
const MOST_BYTES: u64 = 256 << 20;

/// What is copied first, to see what more of it would take.
const FIRST_BYTES: u64 = 4 << 20;

/// The part of the time that an array of the final size may take to be made and copied for the first time.
const FIRST_SHARE: f64 = 0.6;

/// What is made for a measurement is at most this part of the memory that is free.
const MEMORY_SHARE: u64 = 10;

impl MeasuredPeak {
    /// The better of two measurements, figure by figure: what slows the machine for a while lowers no roof.
    #[must_use]
    pub fn best(self, other: Self) -> Self {
        let faster = if other.flops_per_second > self.flops_per_second { other } else { self };
        // Of a copy of much less, which a cache may hold, nothing is believed that one of more does not say.
        let is_much_less = |one: &Self, other: &Self| one.copied_bytes < other.copied_bytes / 2;
        let is_wider = other.bytes_per_second > self.bytes_per_second && !is_much_less(&other, &self);
        let wider = if is_wider || is_much_less(&self, &other) { other } else { self };
        Self { bytes_per_second: wider.bytes_per_second, copied_bytes: wider.copied_bytes, ..faster }
    }

    /// The same as a device whose rooflines can be asked for.
    pub fn device(&self) -> roofline::Device {
        let peak = Some(self.flops_per_second);
        roofline::Device {
            name: "measured".to_owned(),
            bandwidth: self.bytes_per_second,
            peaks: roofline::Peaks { f32: peak, f16: peak, bf16: peak, i8: peak },
            ..roofline::Device::default()
        }
    }
}

/// Measures both roofs, each for about `budget`, and in a tenth of the memory that is free.
pub fn measure(
    device: &Device,
    element: DType,
    threads: Option<usize>,
    largest_cache: u64,
    budget: Duration,
) -> Result<MeasuredPeak> {
    let most = free(device).map_or(u64::MAX, |free| u64::try_from(free).unwrap_or(u64::MAX)) / MEMORY_SHARE;
    let of_product = product(device, element, most, budget)?;
    let of_registers = if device.is_cpu() && element == DType::F32 { registers(budget / 3) } else { 0.0 };
    let (product_size, flops_per_second) =
        if of_registers > of_product.1 { (0, of_registers) } else { of_product };
    // There are two arrays.
    let wanted = CACHES.saturating_mul(largest_cache).clamp(LEAST_BYTES, MOST_BYTES).min(most / 2);
    let copy = |bytes: usize, budget: Duration| match device {
        Device::Cpu => Ok(copy_on_cpu(bytes, threads.unwrap_or(1), budget)),
        Device::Cuda(_) | Device::Metal(_) => copy_on_device(device, bytes, budget),
    };
    let (copied_bytes, seconds) = copied(wanted, budget, copy)?;
    let bytes_per_second = 2.0 * as_float(copied_bytes) / seconds;
    Ok(MeasuredPeak { threads, flops_per_second, product_size, bytes_per_second, copied_bytes })
}

/// Bytes of the array that is copied, as many as are wanted and as there is time for, and the least that a copy takes.
fn copied<E>(
    wanted: u64,
    budget: Duration,
    mut copy: impl FnMut(usize, Duration) -> std::result::Result<f64, E>,
) -> std::result::Result<(usize, f64), E> {
    let size = |bytes: u64| usize::try_from(bytes.max(1)).unwrap_or(usize::MAX);
    let start = Instant::now();
    let first = size(FIRST_BYTES.min(wanted));
    let seconds = copy(first, Duration::ZERO)?;
    let taken = start.elapsed();
    let left = budget.saturating_sub(taken);
    let times = FIRST_SHARE * left.as_secs_f64() / taken.as_secs_f64().max(1e-9);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is positive, and limited"
    )]
    let bytes = size(((times * as_float(first)) as u64).min(wanted));
    if bytes <= first {
        return Ok((first, seconds));
    }
    Ok((bytes, copy(bytes, left)?))
}

/// The size of the fastest product, and its FLOPs a second, 2 for each MAC.
fn product(device: &Device, element: DType, most_bytes: u64, budget: Duration) -> Result<(usize, f64)> {
    let mut best = (0, 0.0);
    // Two matrices, and their product; random numbers are of 32 bits at first.
    let bytes = |size: usize| 3 * (size * size * ElementType::F32.bytes() as usize) as u64;
    for size in SIZES.into_iter().filter(|&size| size == SIZES[0] || bytes(size) <= most_bytes) {
        let matrix = || Tensor::rand(0f32, 1.0, (size, size), device)?.to_dtype(element);
        let (a, b) = (matrix()?, matrix()?);
        let seconds = least(budget / 3, || time(device, || a.matmul(&b).map(drop)))?;
        let rate = 2.0 * as_float(size).powi(3) / seconds;
        if rate > best.1 {
            best = (size, rate);
        }
        // The next takes eight times as long.
        if 8.0 * seconds > budget.as_secs_f64() {
            break;
        }
    }
    Ok(best)
}

/// FLOPs a second of multiply–adds that never leave the registers, on all threads.
fn registers(budget: Duration) -> f64 {
    let isa = Isa::best();
    let mut best = 0f64;
    let measure = || {
        let start = Instant::now();
        let operations = multiply_add(isa, 1);
        best = best.max(operations / start.elapsed().as_secs_f64().max(1e-9));
        Ok::<_, std::convert::Infallible>(start.elapsed().as_secs_f64())
    };
    let Ok(_) = least(budget, measure);
    best
}

fn copy_on_cpu(bytes: usize, threads: usize, budget: Duration) -> f64 {
    let from = vec![1u8; bytes];
    let mut to = vec![0u8; bytes];
    let part = bytes.div_ceil(threads.max(1));
    let copy = || {
        let start = Instant::now();
        to.par_chunks_mut(part).zip(from.par_chunks(part)).for_each(|(to, from)| to.copy_from_slice(from));
        Ok::<_, std::convert::Infallible>(start.elapsed().as_secs_f64())
    };
    let Ok(seconds) = least(budget, copy);
    std::hint::black_box(&to);
    seconds
}

fn copy_on_device(device: &Device, bytes: usize, budget: Duration) -> Result<f64> {
    let from = Tensor::zeros(bytes / ElementType::F32.bytes() as usize, DType::F32, device)?;
    least(budget, || time(device, || from.copy().map(drop)))
}

/// The least of what `run` takes, which is called for about as long as `budget`, and twice at least.
fn least<E>(
    budget: Duration,
    mut run: impl FnMut() -> std::result::Result<f64, E>,
) -> std::result::Result<f64, E> {
    let start = Instant::now();
    let mut best = run()?.min(run()?);
    while start.elapsed() < budget {
        best = best.min(run()?);
    }
    Ok(best.max(1e-9))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
fn as_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that makes and copies so many bytes a second.
    fn took(bytes: usize, rate: usize) -> Duration {
        Duration::from_secs_f64(as_float(bytes) / as_float(rate))
    }

    #[test]
    fn an_array_is_no_larger_than_there_is_time_for() {
        let copied = |wanted: u64, budget: u64| {
            let mut sizes = vec![];
            let found = copied(wanted, Duration::from_millis(budget), |bytes, _| {
                sizes.push(bytes);
                std::thread::sleep(took(bytes, 400 << 20));
                Ok::<_, ()>(1.0)
            });
            assert_eq!(found.unwrap().0, *sizes.last().unwrap());
            (sizes.len(), *sizes.last().unwrap() as u64)
        };
        // 10 ms for the first, so at most 60 % of 30 ms for the other.
        let (_, bytes) = copied(1 << 30, 40);
        assert!(bytes <= 8 << 20, "{bytes}");
        assert_eq!(copied(1 << 30, 5), (1, 4 << 20));
        assert_eq!(copied(1 << 20, 1000), (1, 1 << 20));
        assert_eq!(copied(6 << 20, 100_000), (2, 6 << 20));
        assert_eq!(copied(0, 1000), (1, 1));
    }

    #[test]
    fn the_better_of_two_counts_figure_by_figure() {
        let peak = |flops_per_second, product_size, bytes_per_second| MeasuredPeak {
            threads: Some(1),
            flops_per_second,
            product_size,
            bytes_per_second,
            copied_bytes: 64,
        };
        let best = peak(2e9, 512, 1e9).best(peak(1e9, 256, 3e9));
        assert_eq!(best, peak(2e9, 512, 3e9));
        let small = MeasuredPeak { copied_bytes: 16, ..peak(1e9, 256, 9e9) };
        assert_eq!(best.best(small), best);
        assert_eq!(small.best(best), best);
    }
}
