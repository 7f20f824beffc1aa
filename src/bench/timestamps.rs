//! Timestamps that divide a pass into its nodes.
//!
//! On the processor a mark is a reading of the clock. On a GPU, which computes later than it is told to, it is an event of the
//! device: nothing waits for it while the pass lasts, so that the parts add up to the whole.

use std::time::Instant;

use candle_core::{Device, Result};

use super::clock;

/// The marks of one pass.
pub(super) enum Timestamps {
    /// Readings of the clock.
    Readings(Vec<Instant>),
    /// Events, and how many of them the device was told of.
    #[cfg(feature = "cuda")]
    Events(super::gpu::Events),
}

impl Timestamps {
    /// The first mark, and room for so many more.
    pub(super) fn begin(device: &Device, more: usize) -> Result<Self> {
        device.synchronize()?;
        let mut marks = match device {
            #[cfg(feature = "cuda")]
            Device::Cuda(cuda) => Self::Events(super::gpu::Events::new(cuda, more + 1)?),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Self::Readings(Vec::with_capacity(more + 1)),
            Device::Cpu | Device::Metal(_) => Self::Readings(Vec::with_capacity(more + 1)),
        };
        marks.mark()?;
        Ok(marks)
    }

    /// One more.
    #[cfg_attr(not(feature = "cuda"), expect(clippy::unnecessary_wraps, reason = "events may fail"))]
    pub(super) fn mark(&mut self) -> Result<()> {
        match self {
            Self::Readings(readings) => readings.push(Instant::now()),
            #[cfg(feature = "cuda")]
            Self::Events(events) => events.record()?,
        }
        Ok(())
    }

    /// Seconds from each mark to the next, without what a reading takes.
    #[cfg_attr(not(feature = "cuda"), expect(clippy::unnecessary_wraps, reason = "events may fail"))]
    pub(super) fn seconds(self) -> Result<Vec<f64>> {
        match self {
            Self::Readings(readings) => {
                let reading = clock().1;
                let between = |pair: &[Instant]| pair[1].duration_since(pair[0]).as_secs_f64() - reading;
                Ok(readings.windows(2).map(|pair| between(pair).max(0.0)).collect())
            }
            #[cfg(feature = "cuda")]
            Self::Events(events) => events.seconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn parts_lie_between_marks() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let seconds = Timestamps::Readings(vec![at(0), at(30), at(30), at(50)]).seconds().unwrap();
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 1e-3;
        assert!(seconds.len() == 3 && close(seconds[0], 0.03) && close(seconds[2], 0.02), "{seconds:?}");
        // What takes less than reading the clock does not take less than nothing.
        assert!((0.0..1e-3).contains(&seconds[1]));
    }
}
