//! Taking samples: warming up, how many are enough, and whose turn it is.
//!
//! Nothing here looks at a clock: a sampling is told how long a pass took, so that a test can tell it anything.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::statistics::{median, median_interval};

/// When warming up ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Warmup {
    /// When passes no longer get faster.
    #[default]
    Steady,
    /// After so many passes.
    Passes(usize),
}

/// How samples are taken of each case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// When warming up ends.
    pub warmup: Warmup,
    /// Half the width of the median's interval that is narrow enough, as a part of the median.
    pub precision: f64,
    /// For at least this long samples are taken.
    pub min_time: Duration,
    /// After this long none is begun, however wide the interval is.
    pub max_time: Duration,
    /// Orders turns and draws resamples.
    pub seed: u64,
}

/// Samples, as they were taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// Passes before the first sample.
    pub warmup: usize,
    /// Passes of each sample.
    pub passes: usize,
    /// What a pass took, the mean of those of a sample, in order.
    pub seconds: Vec<f64>,
}

/// A sample has as many passes as take this long, so that steps of the clock and its own time do not show.
const SAMPLE_SECONDS: f64 = 1e-3;

/// A median of fewer samples says nothing of how sure it is.
const FEWEST: usize = 10;

/// More say nothing new.
const MOST: usize = 100_000;

/// So many are taken even if that takes longer than the time allows.
const AT_LEAST: usize = 3;

/// Steady: the last few passes are no faster than those before by more than this part.
const STEADY: f64 = 0.02;

/// How many passes are the last few.
const RECENT: usize = 3;

/// The part of the time that warming up may take.
const WARMUP_SHARE: f64 = 0.2;

impl Default for Effort {
    fn default() -> Self {
        Self {
            warmup: Warmup::Steady,
            precision: 0.02,
            min_time: Duration::from_secs(1),
            max_time: Duration::from_secs(10),
            seed: 0,
        }
    }
}

/// The samples of one case, while they are taken.
#[derive(Clone, Debug)]
pub struct Sampling {
    effort: Effort,
    warm: Vec<f64>,
    is_warm: bool,
    passes: usize,
    seconds: Vec<f64>,
    elapsed: f64,
    /// How many samples there are when the interval is looked at next: it takes time itself.
    next_look: usize,
    is_done: bool,
    precision: f64,
}

impl Sampling {
    /// Nothing yet.
    pub fn new(effort: Effort) -> Self {
        let is_warm = effort.warmup == Warmup::Passes(0);
        Self {
            effort,
            warm: vec![],
            is_warm,
            passes: 1,
            seconds: vec![],
            elapsed: 0.0,
            next_look: FEWEST,
            is_done: false,
            precision: f64::INFINITY,
        }
    }

    /// Whether no more is wanted.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    /// How many passes the next sample has.
    pub fn passes(&self) -> usize {
        self.passes
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.seconds.len()
    }

    /// Half the width of the interval when it was last looked at, as a part of the median.
    pub fn precision(&self) -> f64 {
        self.precision
    }

    /// Takes note of a sample: of what one of its passes took on average.
    pub fn record(&mut self, seconds: f64) {
        if self.is_warm {
            self.seconds.push(seconds);
            self.elapsed += seconds * as_float(self.passes);
            self.is_done = self.is_enough();
        } else {
            self.warm.push(seconds);
            self.is_warm = self.is_warmed_up();
            if self.is_warm {
                self.passes = passes(&self.warm);
            }
        }
    }

    /// What was taken.
    pub fn finish(self) -> Samples {
        Samples { warmup: self.warm.len(), passes: self.passes, seconds: self.seconds }
    }

    fn is_warmed_up(&self) -> bool {
        let Warmup::Steady = self.effort.warmup else {
            return self.effort.warmup == Warmup::Passes(self.warm.len());
        };
        if self.warm.iter().sum::<f64>() >= WARMUP_SHARE * self.effort.max_time.as_secs_f64() {
            return true;
        }
        let (before, recent) = self.warm.split_at(self.warm.len().saturating_sub(RECENT));
        !before.is_empty() && fastest(recent) >= (1.0 - STEADY) * fastest(before)
    }

    fn is_enough(&mut self) -> bool {
        let count = self.seconds.len();
        if count >= MOST {
            return true;
        }
        if self.elapsed >= self.effort.max_time.as_secs_f64() {
            return count >= AT_LEAST;
        }
        if count < self.next_look || self.elapsed < self.effort.min_time.as_secs_f64() {
            return false;
        }
        self.next_look = count + count.div_ceil(4);
        self.precision = median_interval(&self.seconds, self.effort.seed).precision(median(&self.seconds));
        self.precision <= self.effort.precision
    }
}

/// Takes samples of every case in rounds, each round in another order, until none wants more.
///
/// So whatever slows the machine for a while slows them all. `take` makes as many passes of a case as it is told and says how
/// many seconds they took together; `observe` is told of every case's state after each sample.
pub fn interleaved<E>(
    cases: usize,
    effort: Effort,
    mut take: impl FnMut(usize, usize) -> Result<f64, E>,
    mut observe: impl FnMut(usize, &Sampling),
) -> Result<Vec<Samples>, E> {
    let mut samplings = vec![Sampling::new(effort); cases];
    let mut random = StdRng::seed_from_u64(effort.seed);
    loop {
        let mut turn: Vec<usize> = (0..cases).filter(|&case| !samplings[case].is_done()).collect();
        if turn.is_empty() {
            return Ok(samplings.into_iter().map(Sampling::finish).collect());
        }
        turn.shuffle(&mut random);
        for case in turn {
            let passes = samplings[case].passes();
            samplings[case].record(take(case, passes)? / as_float(passes));
            observe(case, &samplings[case]);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 1 to 10⁶")]
fn passes(warm: &[f64]) -> usize {
    // No clock has steps of less than a nanosecond.
    (SAMPLE_SECONDS / fastest(warm).max(1e-9)).ceil().max(1.0) as usize
}

fn fastest(seconds: &[f64]) -> f64 {
    seconds.iter().copied().fold(f64::INFINITY, f64::min)
}

#[expect(clippy::cast_precision_loss, reason = "passes are few")]
fn as_float(passes: usize) -> f64 {
    passes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of a script, which says what the n-th pass takes.
    fn scripted(effort: Effort, script: impl Fn(usize) -> f64) -> Samples {
        let mut sampling = Sampling::new(effort);
        let mut pass = 0;
        while !sampling.is_done() {
            sampling.record(script(pass));
            pass += 1;
            assert!(pass < 100_000, "it comes to an end");
        }
        sampling.finish()
    }

    #[test]
    fn a_steady_case_is_done_after_the_least_time() {
        let samples = scripted(Effort::default(), |_| 0.05);
        // 4 passes show that it is steady, and 20 samples of 50 ms are a second.
        assert_eq!((samples.warmup, samples.passes), (4, 1));
        assert!((20..=22).contains(&samples.seconds.len()), "{}", samples.seconds.len());
    }

    #[test]
    fn warming_up_lasts_while_passes_get_faster() {
        let samples =
            scripted(Effort::default(), |pass| if pass < 8 { 0.2 / as_float(pass + 1) } else { 0.02 });
        assert!((9..=13).contains(&samples.warmup), "{}", samples.warmup);
        assert!(samples.seconds.iter().all(|&s| s < 0.021));
        let counted = Effort { warmup: Warmup::Passes(2), ..Effort::default() };
        assert_eq!(scripted(counted, |_| 0.05).warmup, 2);
        let cold = Effort { warmup: Warmup::Passes(0), ..Effort::default() };
        assert_eq!(scripted(cold, |_| 0.05).warmup, 0);
        // For ever faster: a fifth of the time.
        let ever =
            scripted(Effort::default(), |pass| (0.3 * 0.9f64.powi(i32::try_from(pass).unwrap())).max(0.05));
        assert!((8..=12).contains(&ever.warmup), "{}", ever.warmup);
    }

    #[test]
    fn a_noisy_case_goes_on_until_its_time_is_over() {
        // Two speeds in turn: the median is anywhere between.
        let noisy = |pass: usize| if pass * 7 % 10 < 5 { 0.05 } else { 0.15 };
        let samples = scripted(Effort::default(), noisy);
        let taken: f64 = samples.seconds.iter().sum();
        assert!((10.0..10.2).contains(&taken), "{taken}");
        let lenient = Effort { precision: 0.9, ..Effort::default() };
        assert!(scripted(lenient, noisy).seconds.len() < 20);
    }

    #[test]
    fn a_slow_case_has_three_samples() {
        let samples = scripted(Effort::default(), |_| 30.0);
        assert_eq!((samples.warmup, samples.seconds.len()), (1, 3));
    }

    #[test]
    fn passes_that_are_short_are_timed_together() {
        let samples = scripted(Effort::default(), |_| 20e-6);
        assert!((50..=51).contains(&samples.passes));
        assert!((1000..1300).contains(&samples.seconds.len()), "{}", samples.seconds.len());
        assert_eq!(passes(&[0.0, 1e-4]), 1_000_000);
    }

    #[test]
    fn cases_take_turns_in_an_order_that_the_seed_sets() {
        let order = |seed| {
            let mut order = vec![];
            let effort = Effort { seed, ..Effort::default() };
            let take = |case: usize, passes: usize| {
                order.push(case);
                Ok::<_, ()>(as_float(passes) * if case == 0 { 0.05 } else { 0.1 })
            };
            let samples = interleaved(3, effort, take, |_, _| ()).unwrap();
            (order, samples.iter().map(|s| s.seconds.len()).collect::<Vec<_>>())
        };
        let (first, counts) = order(0);
        for round in first.chunks(3).take(10) {
            let mut round = round.to_vec();
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2]);
        }
        assert_eq!(order(0).0, first);
        assert_ne!(order(1).0, first);
        assert!(counts[0] >= 20 && counts[1] >= 10 && counts[1] < counts[0], "{counts:?}");
        assert_eq!(interleaved(2, Effort::default(), |_, _| Err("broken"), |_, _| ()), Err("broken"));
    }
}
