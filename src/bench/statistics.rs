//! What samples say: robust figures, and how sure they are.
//!
//! Times of a computer have a long tail and now and then another speed, so everything here stands on ranks: medians,
//! quartiles, deviations from the median. How sure a median is, the bootstrap says (Efron 1979): it is taken again and again
//! from samples drawn from the samples. Samples that follow each other are alike, since whatever slows one slows the next,
//! so they are drawn in blocks (Künsch 1989) of ∛n samples (Hall, Horowitz and Jing 1995); drawn singly they would seem to
//! say more than they do.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// How often the bootstrap draws.
const RESAMPLES: usize = 1000;

/// The part of what the bootstrap finds that an interval covers.
const CONFIDENCE: f64 = 0.95;

/// How many standard deviations, estimated from the median absolute deviation, make an outlier: as many as hyperfine takes.
const OUTLYING: f64 = 10.0;

/// The standard deviation of a normal distribution whose median absolute deviation is 1 (Iglewicz and Hoaglin 1993).
const NORMAL: f64 = 1.4826;

/// Between what a figure lies with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What samples come to, in their unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many there are.
    pub count: usize,
    /// The one in the middle.
    pub median: f64,
    /// Where the median lies.
    pub interval: Interval,
    /// Half of the samples are no farther from the median.
    pub deviation: f64,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// A quarter is below.
    pub lower_quartile: f64,
    /// A quarter is above.
    pub upper_quartile: f64,
    /// Those that lie ten standard deviations from the median, which is estimated from [`deviation`](Self::deviation).
    pub outliers: usize,
}

impl Interval {
    /// Half of its width, as a part of the median that it is of.
    pub fn precision(&self, median: f64) -> f64 {
        (self.high - self.low) / 2.0 / median
    }

    /// Whether it holds a value.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

impl Summary {
    /// What at least one sample comes to; the same seed gives the same interval.
    ///
    /// # Panics
    /// If there is no sample.
    pub fn of(samples: &[f64], seed: u64) -> Self {
        let sorted = sorted(samples);
        let median = quantile(&sorted, 0.5);
        let deviation = deviation(&sorted, median);
        let far = OUTLYING * NORMAL * deviation;
        Self {
            count: samples.len(),
            median,
            interval: median_interval(samples, seed),
            deviation,
            least: sorted[0],
            most: sorted[sorted.len() - 1],
            lower_quartile: quantile(&sorted, 0.25),
            upper_quartile: quantile(&sorted, 0.75),
            // Without any deviation nothing is known of how far is far.
            outliers: sorted.iter().filter(|&&s| deviation > 0.0 && (s - median).abs() > far).count(),
        }
    }

    /// Half of the interval's width, as a part of the median.
    pub fn precision(&self) -> f64 {
        self.interval.precision(self.median)
    }

    /// The deviation as a part of the median.
    pub fn spread(&self) -> f64 {
        self.deviation / self.median
    }
}

/// The sample in the middle, or the mean of the two there.
///
/// # Panics
/// If there is no sample.
pub fn median(samples: &[f64]) -> f64 {
    quantile(&sorted(samples), 0.5)
}

/// Where the median lies.
pub fn median_interval(samples: &[f64], seed: u64) -> Interval {
    let mut random = StdRng::seed_from_u64(seed);
    let mut resampler = Resampler::new(samples);
    interval((0..RESAMPLES).map(|_| resampler.median(&mut random)).collect())
}

/// Where the median of the first, divided by that of the second, lies.
pub fn ratio_interval(above: &[f64], below: &[f64], seed: u64) -> Interval {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut above, mut below) = (Resampler::new(above), Resampler::new(below));
    interval((0..RESAMPLES).map(|_| above.median(&mut random) / below.median(&mut random)).collect())
}

/// The medians of the slow and the fast samples, where there are two speeds: a cut between them leaves a fifth or more on
/// each side, and parts the sides by more than four times what they deviate within.
pub fn two_speeds(samples: &[f64]) -> Option<(f64, f64)> {
    const LEAST: usize = 10;
    if samples.len() < LEAST {
        return None;
    }
    let sorted = sorted(samples);
    let side = samples.len().div_ceil(5);
    let gap = |&at: &usize| sorted[at] - sorted[at - 1];
    let cut = (side..=sorted.len() - side).max_by(|a, b| gap(a).total_cmp(&gap(b)))?;
    let (fast, slow) = sorted.split_at(cut);
    let (fast_median, slow_median) = (quantile(fast, 0.5), quantile(slow, 0.5));
    let within = deviation(fast, fast_median) + deviation(slow, slow_median);
    // Where there is one speed, the halves on either side of a cut deviate by about a quarter of their distance.
    let apart = slow_median - fast_median > (4.0 * within).max(0.05 * fast_median);
    apart.then_some((fast_median, slow_median))
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// By linear interpolation between ranks, as NumPy has it.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is small and positive"
)]
fn quantile(sorted: &[f64], part: f64) -> f64 {
    assert!(!sorted.is_empty(), "a quantile is of one sample or more");
    let rank = part * (sorted.len() - 1) as f64;
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * rank.fract()
}

/// The median absolute deviation.
fn deviation(samples: &[f64], median: f64) -> f64 {
    self::median(&samples.iter().map(|sample| (sample - median).abs()).collect::<Vec<_>>())
}

fn interval(mut found: Vec<f64>) -> Interval {
    found.sort_by(f64::total_cmp);
    let outside = (1.0 - CONFIDENCE) / 2.0;
    Interval { low: quantile(&found, outside), high: quantile(&found, 1.0 - outside) }
}

/// Draws samples from samples, in blocks, and takes their median.
struct Resampler {
    sorted: Vec<f64>,
    /// Where in `sorted` each sample stands.
    ranks: Vec<usize>,
    block: usize,
    /// How often each of `sorted` was drawn.
    drawn: Vec<usize>,
}

impl Resampler {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cube root of a length"
    )]
    fn new(samples: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by(|&a, &b| samples[a].total_cmp(&samples[b]));
        let mut ranks = vec![0; samples.len()];
        for (rank, &index) in order.iter().enumerate() {
            ranks[index] = rank;
        }
        let block = ((samples.len() as f64).cbrt() as usize).max(1);
        Self { sorted: sorted(samples), ranks, block, drawn: vec![0; samples.len()] }
    }

    fn median(&mut self, random: &mut StdRng) -> f64 {
        let count = self.ranks.len();
        self.drawn.fill(0);
        let mut left = count;
        while left > 0 {
            let start = random.random_range(0..count);
            let block = self.block.min(left);
            for step in 0..block {
                // Past the last sample comes the first, so that each is drawn as often as any other.
                self.drawn[self.ranks[(start + step) % count]] += 1;
            }
            left -= block;
        }
        f64::midpoint(self.at((count - 1) / 2), self.at(count / 2))
    }

    /// The drawn sample of this rank among the drawn.
    fn at(&self, rank: usize) -> f64 {
        let mut before = 0;
        let found = self.drawn.iter().position(|&times| {
            before += times;
            before > rank
        });
        self.sorted[found.expect("as many samples are drawn as there are")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve times with a long tail, in milliseconds.
    const TIMES: [f64; 12] = [5.1, 4.9, 5.0, 5.3, 4.8, 5.2, 5.05, 4.95, 5.15, 9.0, 5.0, 5.1];

    /// `numpy.median`, `numpy.percentile`, `numpy.median(abs(x - median))`.
    #[test]
    fn figures_are_those_of_numpy() {
        let summary = Summary::of(&TIMES, 0);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(summary.median, 5.075);
        near(summary.lower_quartile, 4.9875);
        near(summary.upper_quartile, 5.1625);
        near(summary.deviation, 0.1);
        near(summary.least, 4.8);
        near(summary.most, 9.0);
        // (9.0 − 5.075) / (1.4826 · 0.1) = 26.5 standard deviations.
        assert_eq!((summary.count, summary.outliers), (12, 1));
        near(summary.spread(), 0.1 / 5.075);
        near(quantile(&[1.0, 2.0, 4.0, 8.0], 0.9), 6.8);
        near(median(&[3.0]), 3.0);
    }

    #[test]
    fn intervals_hold_the_median_and_are_the_same_again() {
        let interval = median_interval(&TIMES, 7);
        assert!(interval.contains(5.075) && interval.low >= 4.8 && interval.high <= 5.3, "{interval:?}");
        assert_eq!(interval, median_interval(&TIMES, 7));
        assert_eq!(median_interval(&[2.0; 9], 0), Interval { low: 2.0, high: 2.0 });
        let single = Summary::of(&[0.25], 0);
        assert_eq!((single.median, single.precision(), single.outliers), (0.25, 0.0, 0));
    }

    /// The interval of the median of a hundred samples that are spread evenly is known: of n independent samples between 0 and
    /// 1, the median has a standard deviation of 1 / (2√n), so 95 % lie within 0.098 of it.
    #[test]
    fn intervals_are_as_wide_as_theory_has_them() {
        let mut random = StdRng::seed_from_u64(1);
        let samples: Vec<f64> = (0..100).map(|_| random.random::<f64>()).collect();
        let interval = median_interval(&samples, 1);
        let width = interval.high - interval.low;
        assert!((0.12..0.28).contains(&width), "{interval:?}");
    }

    /// Samples that are like those before them say less: blocks see that.
    #[test]
    fn samples_that_follow_each_other_are_no_independent_ones() {
        let waves: Vec<f64> = (0..1000).map(|i| f64::from(i / 10 % 10)).collect();
        let shuffled: Vec<f64> = (0..1000).map(|i| f64::from(i * 7 % 10)).collect();
        let width = |samples: &[f64]| {
            let interval = median_interval(samples, 3);
            interval.high - interval.low
        };
        assert!(width(&waves) > 1.5 * width(&shuffled), "{} {}", width(&waves), width(&shuffled));
    }

    #[test]
    fn ratios_have_intervals() {
        let twice: Vec<f64> = TIMES.iter().map(|time| 2.0 * time).collect();
        let interval = ratio_interval(&twice, &TIMES, 0);
        assert!(interval.contains(2.0) && interval.low > 1.85 && interval.high < 2.15, "{interval:?}");
    }

    #[test]
    fn two_speeds_are_told_from_one() {
        let bimodal: Vec<f64> =
            (0..40).map(|i| if i % 3 == 0 { 2.0 } else { 1.0 } + f64::from(i) * 1e-3).collect();
        let (fast, slow) = two_speeds(&bimodal).unwrap();
        assert!((fast - 1.0).abs() < 0.05 && (slow - 2.0).abs() < 0.05);
        let even: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i) * 0.01).collect();
        assert_eq!(two_speeds(&even), None);
        assert_eq!(two_speeds(&TIMES), None);
        assert_eq!(two_speeds(&[1.0, 2.0]), None);
    }
}
