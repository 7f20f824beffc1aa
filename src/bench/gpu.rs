//! What timing on an NVIDIA GPU needs of its driver.

use std::sync::Arc;

use candle_core::cuda_backend::cudarc::driver::sys::{CUevent_flags, CUmemPool_attribute};
use candle_core::cuda_backend::cudarc::driver::{CudaEvent, CudaStream, result};
use candle_core::{CudaDevice, Error, Result};

/// Events of a device's stream: each is passed when all work before it is done.
pub(super) struct Events {
    stream: Arc<CudaStream>,
    /// Made beforehand, since making one takes time.
    made: Vec<CudaEvent>,
    recorded: usize,
}

impl Events {
    /// At most `most` of them.
    pub(super) fn new(device: &CudaDevice, most: usize) -> Result<Self> {
        let stream = device.cuda_stream();
        let event = || stream.context().new_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).map_err(Error::wrap);
        let made = (0..most).map(|_| event()).collect::<Result<_>>()?;
        Ok(Self { stream, made, recorded: 0 })
    }

    /// Puts the next one behind all that the device was told to do so far.
    pub(super) fn record(&mut self) -> Result<()> {
        let event = self.made.get(self.recorded);
        let event = event.ok_or_else(|| Error::Msg("a pass has more marks than nodes".to_owned()))?;
        event.record(&self.stream).map_err(Error::wrap)?;
        self.recorded += 1;
        Ok(())
    }

    /// Waits for the last one; seconds from each to the next. The device's clock has steps of half a microsecond.
    pub(super) fn seconds(self) -> Result<Vec<f64>> {
        let recorded = &self.made[..self.recorded];
        let between = |pair: &[CudaEvent]| pair[0].elapsed_ms(&pair[1]).map_err(Error::wrap);
        recorded.windows(2).map(|pair| Ok(f64::from(between(pair)?) / 1e3)).collect()
    }
}

/// Lets the device keep memory that is freed, as PyTorch does: otherwise each wait gives it back to the system, and the next
/// pass pays for getting it. Where the driver has no pool of memory there is nothing to keep.
#[expect(unsafe_code, reason = "the driver's pools have no safe interface")]
pub(super) fn keep_memory(device: &CudaDevice) {
    let mut most = u64::MAX;
    // SAFETY: the device is open, its default pool lives as long as it does, and this attribute is a 64-bit number.
    unsafe {
        if let Ok(pool) = result::device::get_default_mem_pool(device.cuda_stream().context().cu_device()) {
            let threshold = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
            let _ = result::mem_pool::set_attribute(pool, threshold, (&raw mut most).cast());
        }
    }
}
