//! Reasons to trust figures less than they look, each with what to do about it.

use super::machine::Machine;
use super::peak::MeasuredPeak;
use super::sample::{Effort, Samples};
use super::statistics::{Summary, median, ratio_interval, two_speeds};
use crate::text;
use crate::text::Text;
use crate::working::grouped;

/// A reason for doubt.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Caveat {
    /// The median is less sure than was asked for when the time was over.
    Imprecise {
        /// Half the width of its interval, as a part of it.
        found: f64,
        /// What was asked for.
        wanted: f64,
    },
    /// There are too few samples to know how sure the median is.
    Few {
        /// How many.
        count: usize,
    },
    /// Samples lie far off.
    Outliers {
        /// How many.
        count: usize,
        /// Of so many.
        of: usize,
    },
    /// The second half is slower or faster than the first.
    Drift {
        /// The later median divided by the earlier.
        ratio: f64,
    },
    /// Samples have one of two speeds.
    TwoSpeeds {
        /// The slow median divided by the fast.
        ratio: f64,
    },
    /// The clock's steps are a large part of a sample.
    CoarseClock {
        /// A step, as a part of the shortest sample.
        share: f64,
    },
    /// Something else kept the machine busy.
    OtherLoad {
        /// Processes that ran or wanted to, on average over the minute before.
        load: f64,
        /// Cores.
        cores: usize,
    },
    /// There are more threads than run at once.
    ManyThreads {
        /// Those of the case.
        threads: usize,
        /// Those that run at once.
        at_once: usize,
    },
    /// The program is not optimized.
    Unoptimized,
    /// The arrays whose copying tells the bandwidth fit into a cache.
    InCache {
        /// Bytes that were copied.
        copied: usize,
        /// Bytes of the largest cache.
        cache: u64,
    },
    /// A baseline has the same network in another description.
    OtherDescription,
    /// A baseline is of another machine.
    OtherMachine {
        /// What differs.
        what: Text,
    },
    /// A baseline has no such case.
    NoBaseline {
        /// What it has instead.
        what: Text,
    },
}

/// Fewer samples tell little of their spread.
const FEW: usize = 10;

/// A share of outliers that is to be expected on any machine.
const USUAL_OUTLIERS: f64 = 0.05;

/// A drift that matters, as a part of the median.
const DRIFT: f64 = 0.03;

/// What is to be said of the samples of one case.
pub fn of(samples: &Samples, summary: &Summary, effort: Effort, clock_step: f64) -> Vec<Caveat> {
    let mut caveats = vec![];
    let seconds = &samples.seconds;
    if summary.count < FEW {
        caveats.push(Caveat::Few { count: summary.count });
    } else if summary.precision() > effort.precision {
        caveats.push(Caveat::Imprecise { found: summary.precision(), wanted: effort.precision });
    }
    if let Some((fast, slow)) = two_speeds(seconds) {
        caveats.push(Caveat::TwoSpeeds { ratio: slow / fast });
    }
    if let Some(ratio) = drift(seconds, effort.seed) {
        caveats.push(Caveat::Drift { ratio });
    }
    // Of a few samples there is no saying which are the usual ones.
    if summary.count >= FEW && part(summary.outliers, summary.count) > USUAL_OUTLIERS {
        caveats.push(Caveat::Outliers { count: summary.outliers, of: summary.count });
    }
    let share = clock_step / (summary.least * part(samples.passes, 1)).max(f64::MIN_POSITIVE);
    if share > effort.precision / 2.0 {
        caveats.push(Caveat::CoarseClock { share });
    }
    caveats
}

/// What is to be said of the machine.
pub fn of_machine(machine: &Machine) -> Vec<Caveat> {
    let mut caveats = vec![];
    if let Some(load) = machine.load.filter(|&load| load > 0.5) {
        caveats.push(Caveat::OtherLoad { load, cores: machine.cores });
    }
    if !machine.is_optimized {
        caveats.push(Caveat::Unoptimized);
    }
    caveats
}

/// What is to be said of the roofs that were measured with a processor.
pub fn of_peaks(machine: &Machine, peaks: &[MeasuredPeak]) -> Option<Caveat> {
    let copied = peaks.iter().map(|peak| peak.copied_bytes).min()?;
    let cache = machine.largest_cache();
    (copied as u64 <= cache).then_some(Caveat::InCache { copied, cache })
}

/// What is to be said of so many threads on the machine.
pub fn of_threads(machine: &Machine, threads: Option<usize>) -> Option<Caveat> {
    let at_once = machine.logical;
    let threads = threads.filter(|&threads| threads > at_once)?;
    Some(Caveat::ManyThreads { threads, at_once })
}

/// The later half's median divided by the earlier's, if that is more than chance.
fn drift(seconds: &[f64], seed: u64) -> Option<f64> {
    if seconds.len() < 2 * FEW {
        return None;
    }
    let (earlier, later) = seconds.split_at(seconds.len() / 2);
    let ratio = median(later) / median(earlier);
    let is_sure = !ratio_interval(later, earlier, seed).contains(1.0);
    (is_sure && (ratio - 1.0).abs() > DRIFT).then_some(ratio)
}

#[expect(clippy::cast_precision_loss, reason = "samples are few")]
fn part(count: usize, of: usize) -> f64 {
    count as f64 / of as f64
}

impl Caveat {
    /// A name that stays, for data.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Imprecise { .. } => "imprecise",
            Self::Few { .. } => "few samples",
            Self::Outliers { .. } => "outliers",
            Self::Drift { .. } => "drift",
            Self::TwoSpeeds { .. } => "two speeds",
            Self::CoarseClock { .. } => "coarse clock",
            Self::OtherLoad { .. } => "other load",
            Self::ManyThreads { .. } => "many threads",
            Self::Unoptimized => "unoptimized",
            Self::InCache { .. } => "in cache",
            Self::OtherDescription => "other description",
            Self::OtherMachine { .. } => "other machine",
            Self::NoBaseline { .. } => "no baseline",
        }
    }

    /// What is the matter.
    pub fn text(&self) -> Text {
        match self {
            Self::Imprecise { found, wanted } => {
                let (found, wanted) = (percent(*found), percent(*wanted));
                text!(
                    "the median is sure to ±{found} only, not to ±{wanted}",
                    "中位数只精确到 ±{found},未达到 ±{wanted}"
                )
            }
            Self::Few { count } => text!("there are {count} samples only", "只测量了 {count} 次"),
            Self::Outliers { count, of } => {
                let (verb, of) = (if *count == 1 { "lies" } else { "lie" }, grouped(*of as u128, ","));
                let count = grouped(*count as u128, ",");
                text!("{count} of {of} samples {verb} far off", "{of} 次测量中有 {count} 次离群")
            }
            Self::Drift { ratio } if *ratio > 1.0 => {
                let change = percent(ratio - 1.0);
                text!("it became slower by {change} while it ran", "运行过程中变慢了 {change}")
            }
            Self::Drift { ratio } => {
                let change = percent(1.0 - ratio);
                text!("it became faster by {change} while it ran", "运行过程中变快了 {change}")
            }
            Self::TwoSpeeds { ratio } => text!(
                "there are two speeds, one {ratio:.2}× the other",
                "存在两种速度,其一为另一的 {ratio:.2} 倍"
            ),
            Self::CoarseClock { share } => {
                let share = percent(*share);
                text!("a step of the clock is {share} of a sample", "时钟步长占一次测量的 {share}")
            }
            Self::OtherLoad { load, cores } => text!(
                "others were at work when it began: a load of {load:.1} on {cores} cores",
                "开始时另有任务在运行:{cores} 个核心上的负载为 {load:.1}"
            ),
            Self::ManyThreads { threads, at_once } => text!(
                "{threads} threads take turns on a machine that runs {at_once} at once",
                "{threads} 个线程在只能同时运行 {at_once} 个线程的机器上轮流执行"
            ),
            Self::Unoptimized => {
                text!("this cnncost is built without optimization", "此 cnncost 构建时未开启优化")
            }
            Self::InCache { copied, cache } => {
                let (copied, cache) = (size(*copied as u128), size(u128::from(*cache)));
                text!(
                    "copies of {copied} tell the bandwidth, and a cache of {cache} holds them: memory may be slower",
                    "带宽由 {copied} 的复制测得,而 {cache} 的缓存放得下:内存可能更慢"
                )
            }
            Self::OtherDescription => {
                text!("its description has changed since the baseline", "基线之后其描述文件已改变")
            }
            Self::OtherMachine { what } => {
                text!("the baseline is of another machine: {what}", "基线来自另一台机器:{what:#}")
            }
            Self::NoBaseline { what } => {
                text!("there is nothing to compare it with: {what}", "没有可比较的对象:{what:#}")
            }
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Text {
        match self {
            Self::Imprecise { .. } => text!(
                "close other programs, or give it longer with `--max-time`",
                "请关闭其他程序,或用 `--max-time` 延长时间"
            ),
            Self::Few { .. } => text!("give it longer with `--max-time`", "请用 `--max-time` 延长时间"),
            Self::Outliers { .. } => text!(
                "close other programs; the slowest passes suffer, the median hardly",
                "请关闭其他程序;中位数受影响很小,最慢一次则不然"
            ),
            Self::Drift { .. } => text!(
                "let the machine cool down or finish what it does, and warm up longer with `--warmup`",
                "请等机器降温或完成其他任务,并用 `--warmup` 延长预热"
            ),
            Self::TwoSpeeds { .. } => text!(
                "pin the program to cores of one kind (`taskset`) and fix their clock; the raw samples are in the JSON",
                "请用 `taskset` 绑定到同类核心并固定频率;各次测量值见 JSON"
            ),
            Self::CoarseClock { .. } => text!("take a larger `--batch`", "请增大 `--batch`"),
            Self::OtherLoad { .. } => text!(
                "wait until the machine is idle; ratios of what is measured in turn suffer least",
                "请等机器空闲;轮流测得的比值受影响最小"
            ),
            Self::ManyThreads { at_once, .. } => {
                text!("take at most `--threads {at_once}`", "请最多使用 `--threads {at_once}`")
            }
            Self::Unoptimized => text!("build it with `--release`", "请用 `--release` 构建"),
            Self::InCache { .. } => text!(
                "give it longer with `--max-time`, and more free memory; shares of the bandwidth are too low",
                "请用 `--max-time` 延长时间,并留出更多内存;此处的带宽占比偏低"
            ),
            Self::OtherDescription => text!("take the baseline anew", "请重新测量基线"),
            Self::OtherMachine { .. } => {
                text!("take the baseline anew on this one", "请在本机重新测量基线")
            }
            Self::NoBaseline { .. } => text!(
                "take the baseline with the same networks, batches, threads, type and engine",
                "请用相同的网络、批量大小、线程数、类型与引擎测量基线"
            ),
        }
    }
}

/// Bytes in a power of 1024: `480 MiB`.
fn size(bytes: u128) -> String {
    format!("{} MiB", bytes >> 20)
}

/// `3.1 %`, and of what is less than a tenth of one the first digit that is not 0: `0.003 %`.
pub fn percent(part: f64) -> String {
    let percent = part * 100.0;
    if percent.abs() >= 99.95 {
        format!("{percent:.0} %")
    } else if percent.abs() >= 0.095 || percent == 0.0 {
        format!("{percent:.1} %")
    } else {
        let shown = format!("{percent:.0e}").parse().unwrap_or(percent);
        format!("{shown} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(seconds: Vec<f64>) -> Vec<&'static str> {
        let samples = Samples { warmup: 3, passes: 1, seconds };
        let effort = Effort::default();
        let summary = Summary::of(&samples.seconds, effort.seed);
        of(&samples, &summary, effort, 1e-8).iter().map(Caveat::name).collect()
    }

    /// What a sample takes beside 0.1 s: one of 100 parts of a millisecond, in an order without a pattern.
    fn noise(index: u32) -> f64 {
        f64::from(index * 37 % 101) * 1e-5
    }

    #[test]
    fn small_parts_are_shown_and_not_rounded_away() {
        let shown = [1.5, 0.031, 0.001, 4.4e-6, 0.0].map(percent);
        assert_eq!(shown, ["150 %", "3.1 %", "0.1 %", "0.0004 %", "0.0 %"]);
    }

    #[test]
    fn threads_that_take_turns_are_told() {
        let machine = Machine { logical: 2, ..Machine::default() };
        assert_eq!(of_threads(&machine, Some(2)), None);
        assert_eq!(of_threads(&machine, None), None);
        let many = of_threads(&machine, Some(64)).unwrap();
        assert_eq!(many.text().english, "64 threads take turns on a machine that runs 2 at once");
    }

    #[test]
    fn a_bandwidth_of_arrays_that_a_cache_holds_is_doubted() {
        let cache = super::super::machine::Cache { level: 3, kind: "Unified".to_owned(), bytes: 480 << 20 };
        let machine = Machine { caches: vec![cache], ..Machine::default() };
        let peak = |copied_bytes| MeasuredPeak {
            threads: Some(1),
            flops_per_second: 1e9,
            product_size: 256,
            bytes_per_second: 1e9,
            copied_bytes,
        };
        assert_eq!(of_peaks(&machine, &[peak(1 << 30)]), None);
        let found = of_peaks(&machine, &[peak(1 << 30), peak(64 << 20)]).unwrap();
        assert!(
            found
                .text()
                .english
                .starts_with("copies of 64 MiB tell the bandwidth, and a cache of 480 MiB holds")
        );
    }

    #[test]
    fn steady_samples_are_not_doubted() {
        assert_eq!(names((0..60).map(|i| 0.1 + noise(i)).collect()), Vec::<&str>::new());
    }

    #[test]
    fn each_kind_of_noise_has_its_caveat() {
        let drifting = (0..60).map(|i| 0.1 + f64::from(i) * 2e-4 + noise(i)).collect();
        assert!(names(drifting).contains(&"drift"));
        let outlying = (0..60).map(|i| if i % 10 == 9 { 0.3 } else { 0.1 + noise(i) }).collect();
        assert_eq!(names(outlying), ["outliers"]);
        let bimodal = (0..60).map(|i| if i * 7 % 10 < 4 { 0.2 } else { 0.1 } + noise(i)).collect();
        assert!(names(bimodal).contains(&"two speeds"));
        let noisy = (0..30).map(|i| 0.1 + 100.0 * noise(i)).collect();
        assert!(names(noisy).contains(&"imprecise"));
        assert_eq!(names(vec![0.1, 0.1, 0.1]), ["few samples"]);
        assert_eq!(names(vec![0.1, 0.1, 0.3]), ["few samples"]);
        assert_eq!(names(vec![1e-7; 20]), ["coarse clock"]);
    }
}
