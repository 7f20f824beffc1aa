//! An earlier measurement, which a file holds, and what of this one can be held against it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::compare::Difference;
use super::{Bench, Case, Caveat, Machine};
use crate::error::ReadError;
use crate::shape::show;
use crate::subject::Subject;
use crate::text;
use crate::text::Text;
use crate::working::grouped;

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

/// A case of a baseline.
#[derive(Clone, Debug, Deserialize)]
pub struct Before {
    /// The network's name.
    pub network: String,
    /// What it called itself, with the parameters that were set.
    pub model: Option<String>,
    /// SHA-256 of its file.
    pub sha256: Option<String>,
    /// The sizes of its inputs.
    pub inputs: Option<BTreeMap<String, Vec<u64>>>,
    /// Its multiply–accumulates.
    pub macs: Option<u128>,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// What each sample took.
    pub samples_seconds: Vec<f64>,
}

/// Cases of a baseline that are named where another is missing.
const SHOWN: usize = 6;

/// The name and version of the form that `bench --format json` writes and that is read here.
pub const FORM: &str = "cnncost/bench/1";

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
            return Err(unreadable(text!("`{network}` has no samples in it", "其中 `{network}` 没有样本")));
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
            let before = self.case(&subject.label, subject.batch(), case.threads);
            let found = before.ok_or_else(|| self.others(&subject.label));
            let found = found.and_then(|before| before.other_work(subject).map_or(Ok(before), Err));
            let before = match unlike.clone().map_or(found, Err) {
                Ok(before) => before,
                Err(what) => {
                    case.caveats.push(Caveat::NoBaseline { what });
                    return None;
                }
            };
            if before.sha256.as_ref().is_some_and(|sha256| **sha256 != *subject.sha256) {
                case.caveats.push(Caveat::OtherDescription);
            }
            Some(Difference::between(&case.samples.seconds, &before.samples_seconds, seed))
        });
        compared.collect()
    }

    /// What is to be said of it if it is of another machine or device.
    fn caveat(&self, bench: &Bench) -> Option<Caveat> {
        let (before, now) = (&self.device, &bench.device);
        let device = || text!("{before} then, {now} now", "当时为 {before},现在为 {now}");
        let machine = || bench.machine.difference(&self.machine);
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

impl Before {
    /// What makes it another network's, or the same one's at other sizes, though it is called the same.
    fn other_work(&self, now: &Subject) -> Option<Text> {
        let (inputs, macs) = (inputs(now), now.analysis.total().work.macs.total());
        if let Some(before) = self.inputs.as_ref().filter(|before| **before != inputs) {
            let listed = |inputs: &BTreeMap<String, Vec<u64>>| {
                inputs.values().map(|sizes| show(sizes)).collect::<Vec<_>>().join(" + ")
            };
            let (before, now) = (listed(before), listed(&inputs));
            return Some(text!("its input was {before}, and is {now}", "输入当时为 {before},现在为 {now}"));
        }
        if let Some(before) = self.model.as_ref().filter(|before| **before != now.title) {
            let now = &now.title;
            return Some(text!(
                "it is of `{before}`, and this is `{now}`",
                "基线为 `{before}`,这里是 `{now}`"
            ));
        }
        let before = self.macs.filter(|before| *before != macs)?;
        let [before, now] = [before, macs].map(|macs| grouped(macs, ","));
        Some(text!("it had {before} MACs, and has {now}", "当时有 {before} 次 MAC,现在有 {now} 次"))
    }
}

/// The sizes of each input of a network, without the batch.
pub fn inputs(subject: &Subject) -> BTreeMap<String, Vec<u64>> {
    let graph = subject.graph();
    graph.network_inputs().map(|(id, node)| (graph.path(id), node.shape.dims().to_vec())).collect()
}

/// What a measurement is not held against a baseline for, or not against the same: with `--strict`, each is a failure.
pub fn unlike<'b>(
    bench: &'b Bench,
    subjects: &'b [Subject],
) -> impl Iterator<Item = (&'b Subject, &'b Caveat)> {
    let found = |case: &'b Case| case.caveats.iter().map(|caveat| (&subjects[case.subject], caveat));
    bench.cases.iter().flat_map(found).filter(|(_, caveat)| match caveat {
        Caveat::NoBaseline { .. } | Caveat::OtherDescription => true,
        Caveat::Imprecise { .. }
        | Caveat::Few { .. }
        | Caveat::Outliers { .. }
        | Caveat::Drift { .. }
        | Caveat::TwoSpeeds { .. }
        | Caveat::CoarseClock { .. }
        | Caveat::OtherLoad { .. }
        | Caveat::ManyThreads { .. }
        | Caveat::Unoptimized
        | Caveat::InCache { .. }
        | Caveat::OtherMachine { .. } => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
