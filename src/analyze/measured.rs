//! A node or a box as it was measured, beside what its counts say.

use super::roofline;
use crate::text;
use crate::text::Text;

/// What sets the time of a node or a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredBound {
    /// The arithmetic: its roof is the nearer one.
    Compute,
    /// The traffic to and from memory: likewise.
    Memory,
    /// Neither: it takes more than [`FAR`] times what the nearer roof allows. The time goes into how it is done: copies and
    /// rearrangements, allocation, launches, too little work for the threads.
    Overhead,
}

/// How many times what the nearer roof allows is too far from it to be bound by it.
pub const FAR: f64 = 4.0;

/// A node or a box as it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// What it takes.
    pub seconds: f64,
    /// Its part of what all nodes take.
    pub share: f64,
    /// Its FLOPs, each second.
    pub flops_per_second: f64,
    /// What it reads and writes, if each tensor goes once, each second.
    pub bytes_per_second: f64,
    /// What it would take at the nearer of the two measured roofs.
    pub roofline_seconds: f64,
    /// What sets its time.
    pub bound: MeasuredBound,
}

impl MeasuredBound {
    /// The name that stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => roofline::Bound::Compute.name(),
            Self::Memory => roofline::Bound::Memory.name(),
            Self::Overhead => "overhead",
        }
    }

    /// The same to a person.
    pub fn text(self) -> Text {
        match self {
            Self::Compute => roofline::Bound::Compute.text(),
            Self::Memory => roofline::Bound::Memory.text(),
            Self::Overhead => text!("overhead", "开销"),
        }
    }

    /// What bounds something that takes `seconds` and at the roofs `estimate`.
    pub fn of(seconds: f64, estimate: roofline::Estimate) -> Self {
        match estimate.bound() {
            Some(bound) if seconds <= FAR * estimate.seconds() => match bound {
                roofline::Bound::Compute => Self::Compute,
                roofline::Bound::Memory => Self::Memory,
            },
            Some(_) | None => Self::Overhead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_from_both_roofs_is_bound_by_neither() {
        let estimate =
            |compute_seconds, memory_seconds| roofline::Estimate { compute_seconds, memory_seconds };
        assert_eq!(MeasuredBound::of(3.9, estimate(1.0, 0.0)), MeasuredBound::Compute);
        assert_eq!(MeasuredBound::of(4.1, estimate(1.0, 0.0)), MeasuredBound::Overhead);
        assert_eq!(MeasuredBound::of(0.5, estimate(0.0, 1.0)), MeasuredBound::Memory);
        assert_eq!(MeasuredBound::of(0.0, estimate(0.0, 0.0)), MeasuredBound::Overhead);
    }
}
