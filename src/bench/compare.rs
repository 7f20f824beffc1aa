//! Faster or slower than before: a measurement beside the one that a file holds.

use serde::Deserialize;

use super::statistics::{Interval, median, ratio_interval};
use super::{Bench, Case, Caveat};
use crate::error::ReadError;
use crate::subject::Subject;
use crate::text;
use crate::text::Text;

/// What is read of a file that `bench --format json` wrote.
#[derive(Clone, Debug, Deserialize)]
pub struct Baseline {
    /// The name and version of its form.
    pub schema: String,
    /// The machine.
    pub machine: Machine,
    /// The device.
    pub device: String,
    /// Whose kernels computed.
    pub engine: String,
    /// The type of the numbers.
    pub dtype: String,
    /// What was measured.
    pub results: Vec<Before>,
}

/// The machine of a baseline.
#[derive(Clone, Debug, Deserialize)]
pub struct Machine {
    /// The processor.
    pub cpu: Option<String>,
    /// Its cores.
    pub cores: usize,
    /// The graphics processor.
    pub gpu: Option<Gpu>,
}

/// The graphics processor of a baseline.
#[derive(Clone, Debug, Deserialize)]
pub struct Gpu {
    /// What it calls itself.
    pub name: String,
}

/// A case of a baseline.
#[derive(Clone, Debug, Deserialize)]
pub struct Before {
    /// The network's name.
    pub network: String,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// What each sample took.
    pub samples_seconds: Vec<f64>,
}

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

/// Cases of a baseline that are named where another is missing.
const SHOWN: usize = 6;

/// The name and version of the form that is read.
const FORM: &str = "cnncost/bench/1";

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
    let at = |case: &Case| (subjects[case.subject].analysis.batch, case.threads);
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

impl Baseline {
    /// Reads what `bench --format json` wrote.
    pub fn parse(name: &str, text: &str) -> Result<Self, ReadError> {
        let unreadable = |why| {
            let help = text!(
                "write one with `cnncost bench … --format json -o baseline.json`",
                "请用 `cnncost bench … --format json -o baseline.json` 生成"
            );
            ReadError::Unreadable { name: name.to_owned(), why, help: Some(help) }
        };
        let no_bench = |error: serde_json::Error| {
            unreadable(text!(
                "it is no measurement of cnncost's: {error}",
                "这不是 cnncost 的测量结果:{error}"
            ))
        };
        let value: serde_json::Value = serde_json::from_str(text).map_err(no_bench)?;
        if let Some(form) = value.get("schema").and_then(|form| form.as_str()).filter(|form| *form != FORM) {
            return Err(unreadable(text!(
                "it is `{form}`, and a baseline is `{FORM}`",
                "它是 `{form}`,而基线应为 `{FORM}`"
            )));
        }
        let baseline: Self = serde_json::from_value(value).map_err(no_bench)?;
        let is_time = |seconds: &f64| seconds.is_finite() && *seconds > 0.0;
        let broken =
            |case: &&Before| case.samples_seconds.is_empty() || !case.samples_seconds.iter().all(is_time);
        if let Some(Before { network, .. }) = baseline.results.iter().find(broken) {
            return Err(unreadable(text!("`{network}` has no samples in it", "其中 `{network}` 没有测量值")));
        }
        Ok(baseline)
    }

    /// Every case beside what it was; what is to be said of that is added to the caveats.
    pub fn compare(&self, bench: &mut Bench, subjects: &[Subject]) -> Vec<Option<Difference>> {
        bench.caveats.extend(self.caveat(bench));
        let unlike = self.unlike(bench);
        let seed = bench.effort.seed;
        let compared = bench.cases.iter_mut().map(|case| {
            let subject = &subjects[case.subject];
            let before = self.case(&subject.label, subject.analysis.batch, case.threads);
            let Some(before) = before.filter(|_| unlike.is_none()) else {
                let what = unlike.clone().unwrap_or_else(|| self.others(&subject.label));
                case.caveats.push(Caveat::NoBaseline { what });
                return None;
            };
            Some(Difference::between(&case.samples.seconds, &before.samples_seconds, seed))
        });
        compared.collect()
    }

    /// What is to be said of it if it is of another machine or device.
    fn caveat(&self, bench: &Bench) -> Option<Caveat> {
        let (before, now) = (&self.device, &bench.device);
        let device = || text!("{before} then, {now} now", "当时为 {before},现在为 {now}");
        let Machine { cpu, cores, gpu } = &self.machine;
        let gpu = gpu.as_ref().map(|gpu| &*gpu.name);
        let machine = || bench.machine.difference(cpu.as_deref(), *cores, gpu);
        let what = if before == now { machine() } else { Some(device()) };
        what.map(|what| Caveat::OtherMachine { what })
    }

    /// What makes all of it another measurement.
    fn unlike(&self, bench: &Bench) -> Option<Text> {
        let pairs = [(&*self.dtype, bench.element.name()), (&*self.engine, bench.engine.name())];
        let (before, now) = pairs.into_iter().find(|(before, now)| before != now)?;
        Some(text!("the baseline is of {before}, and this of {now}", "基线使用 {before},这里使用 {now}"))
    }

    /// What it has, where a case of this network is not among it.
    fn others(&self, network: &str) -> Text {
        let listed = |cases: Vec<Text>| {
            let more = cases.len().saturating_sub(SHOWN);
            let mut cases: Vec<Text> = cases.into_iter().take(SHOWN).collect();
            if more > 0 {
                cases.push(text!("{more} more", "另外 {more} 项"));
            }
            Text::list(&cases)
        };
        let (mut cases, mut networks) = (vec![], vec![]);
        for Before { network: name, batch, threads, .. } in &self.results {
            if !networks.contains(name) {
                networks.push(name.clone());
            }
            if name == network {
                cases.push(match threads {
                    Some(1) => text!("batch {batch} on 1 thread", "批量大小 {batch}(1 个线程)"),
                    Some(threads) => {
                        text!("batch {batch} on {threads} threads", "批量大小 {batch}({threads} 个线程)")
                    }
                    None => text!("batch {batch}", "批量大小 {batch}"),
                });
            }
        }
        if cases.is_empty() {
            let has = listed(networks.iter().map(|name| text!("`{name}`", "`{name}`")).collect());
            return text!(
                "the baseline is of {has}, not of `{network}`",
                "基线测量的是 {has:#},不是 `{network}`"
            );
        }
        let has = listed(cases);
        text!("of `{network}` the baseline has {has}", "基线中 `{network}` 只有{has:#}")
    }

    /// The case of this network, batch and threads.
    fn case(&self, network: &str, batch: u64, threads: Option<usize>) -> Option<&Before> {
        self.results
            .iter()
            .find(|case| case.network == network && case.batch == batch && case.threads == threads)
    }
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

    #[test]
    fn what_is_no_baseline_is_refused() {
        let why = |text| match Baseline::parse("b.json", text) {
            Err(ReadError::Unreadable { why, .. }) => why.english,
            other => panic!("{other:?}"),
        };
        assert!(why("{").contains("no measurement"));
        assert!(why("{\"schema\": \"cnncost/analysis/1\"}").contains("it is `cnncost/analysis/1`"));
        assert!(why("{\"schema\": \"cnncost/bench/1\"}").contains("missing field"));
    }
}
