//! Faster or slower: one measurement beside another.

use super::statistics::{Interval, median, ratio_interval};
use super::{Bench, Case};
use crate::subject::Subject;
use crate::text;
use crate::text::Text;

/// Which of two is faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The first.
    Faster,
    /// The second.
    Slower,
    /// It may be either: no difference is larger than the noise.
    NoDifference,
}

/// Two times beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// How many times as fast the first is: the second's median divided by the first's.
    pub speedup: f64,
    /// Where that lies.
    pub interval: Interval,
    /// Which is faster.
    pub verdict: Verdict,
}

/// A case beside that of the first network at the same batch and with the same threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The case.
    pub case: usize,
    /// The case of the first network.
    pub against: usize,
    /// The MACs of the first divided by those of the other; `None` if the other has none.
    pub fewer_macs: Option<f64>,
    /// Their times.
    pub difference: Difference,
}

/// A difference that is smaller is none, however sure it is: where a program lies in memory makes as much.
pub const LEAST: f64 = 0.01;

impl Verdict {
    /// The name that stands in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NoDifference => "no difference",
        }
    }
}

impl Difference {
    /// These samples beside others of the same work.
    ///
    /// # Panics
    /// If either has none.
    pub fn between(these: &[f64], others: &[f64], seed: u64) -> Self {
        let interval = ratio_interval(others, these, seed);
        let verdict = if interval.low > 1.0 + LEAST {
            Verdict::Faster
        } else if interval.high < 1.0 / (1.0 + LEAST) {
            Verdict::Slower
        } else {
            Verdict::NoDifference
        };
        Self { speedup: median(others) / median(these), interval, verdict }
    }

    /// `1.31× faster`, with what it may be.
    pub fn text(&self) -> Text {
        let range = |low: f64, high: f64| format!("{}–{}", written(low), written(high));
        let Self { speedup, interval: Interval { low, high }, verdict } = *self;
        match verdict {
            Verdict::Faster => {
                let (ratio, range) = (written(speedup), range(low, high));
                text!("{ratio}× faster ({range})", "速度为其 {ratio} 倍({range})")
            }
            Verdict::Slower => {
                let (ratio, range) = (written(1.0 / speedup), range(1.0 / high, 1.0 / low));
                text!("{ratio}× slower ({range})", "用时为其 {ratio} 倍({range})")
            }
            Verdict::NoDifference => {
                let range = range(low, high);
                text!(
                    "no difference that this noise can show ({range}× as fast)",
                    "噪声之内看不出差别(速度为其 {range} 倍)"
                )
            }
        }
    }
}

impl Pair {
    /// `9.68× fewer multiplications`.
    pub fn macs_text(&self) -> Text {
        match self.fewer_macs {
            None => text!("no multiplications", "没有乘法"),
            Some(0.0) => text!("multiplications where the other has none", "有乘法,而后者没有"),
            Some(ratio) if ratio > 1.0 => {
                let ratio = written(ratio);
                text!("{ratio}× fewer multiplications", "乘法次数为其 1/{ratio}")
            }
            Some(ratio) if ratio < 1.0 => {
                let ratio = written(1.0 / ratio);
                text!("{ratio}× more multiplications", "乘法次数为其 {ratio} 倍")
            }
            Some(_) => text!("as many multiplications", "乘法一样多"),
        }
    }
}

/// Every network but the first beside the first.
#[expect(clippy::cast_precision_loss, reason = "a ratio is shown with three digits")]
pub fn pairs(bench: &Bench, subjects: &[Subject]) -> Vec<Pair> {
    let macs = |case: &Case| subjects[case.subject].analysis.total().work.macs.total() as f64;
    let at = |case: &Case| (subjects[case.subject].batch(), case.threads);
    let is_first = |case: &Case| {
        let (first, this) = (&subjects[bench.cases[0].subject], &subjects[case.subject]);
        (&first.label, &first.source) == (&this.label, &this.source)
    };
    let pair = |(index, case): (usize, &Case)| {
        let against = bench.cases.iter().position(|other| is_first(other) && at(other) == at(case))?;
        let other = &bench.cases[against];
        let difference =
            Difference::between(&case.samples.seconds, &other.samples.seconds, bench.effort.seed);
        let fewer_macs = (macs(case) > 0.0).then(|| macs(other) / macs(case));
        Some(Pair { case: index, against, fewer_macs, difference })
    };
    bench.cases.iter().enumerate().filter(|(_, case)| !is_first(case)).filter_map(pair).collect()
}

/// A ratio with three digits.
fn written(ratio: f64) -> String {
    if ratio >= 9.995 { format!("{ratio:.1}") } else { format!("{ratio:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(middle: f64, spread: f64) -> Vec<f64> {
        (0..60).map(|i| middle + spread * (f64::from(i * 37 % 101) / 100.0 - 0.5)).collect()
    }

    #[test]
    fn verdicts_go_by_the_interval_of_the_ratio() {
        let verdict = |these: f64, others: f64, spread| {
            Difference::between(&samples(these, spread), &samples(others, spread), 0).verdict
        };
        assert_eq!(verdict(1.0, 1.3, 0.05), Verdict::Faster);
        assert_eq!(verdict(1.3, 1.0, 0.05), Verdict::Slower);
        assert_eq!(verdict(1.0, 1.0, 0.05), Verdict::NoDifference);
        // The same difference in more noise.
        assert_eq!(verdict(1.0, 1.05, 0.01), Verdict::Faster);
        assert_eq!(verdict(1.0, 1.05, 0.8), Verdict::NoDifference);
        // Sure, and too small to mean anything.
        assert_eq!(verdict(1.0, 1.005, 0.0001), Verdict::NoDifference);
        let twice = Difference::between(&[1.0; 10], &[2.0; 10], 0);
        assert_eq!(twice.text().english, "2.00× faster (2.00–2.00)");
        assert_eq!(Difference::between(&[2.0; 10], &[1.0; 10], 0).text().english, "2.00× slower (2.00–2.00)");
    }
}
