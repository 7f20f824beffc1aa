//! JSON: everything that was measured, raw samples too, under keys that stay. The schema is made from the same structs.

use schemars::JsonSchema;
use serde::Serialize;

use super::lines::Line;
use super::{Choice, Subject, all_lines, caveats};
use crate::bench::compare::{self, pairs};
use crate::bench::machine::CANDLE;
use crate::bench::profile::{self, Profile as Measured};
use crate::bench::{self, Case, Warmup, statistics};
use crate::graph::Place;

/// The name and version of this form.
pub const SCHEMA: &str = "cnncost/bench/1";

/// What was measured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bench {
    /// The name and version of this form: `cnncost/bench/1`.
    pub schema: &'static str,
    /// The version of cnncost.
    pub version: &'static str,
    /// The version of candle, which executes networks.
    pub candle: &'static str,
    /// The machine.
    pub machine: Machine,
    /// `cpu`, or `cuda:` and the number of the device.
    pub device: String,
    /// Whose kernels computed.
    pub engine: &'static str,
    /// The type of the numbers.
    pub dtype: &'static str,
    /// How samples were taken.
    pub settings: Settings,
    /// What the machine reaches, by threads.
    pub peaks: Vec<Peak>,
    /// Every network at every batch with every number of threads.
    pub results: Vec<Entry>,
    /// Every network but the first beside the first.
    pub comparisons: Vec<Comparison>,
    /// What is to be said of the whole.
    pub caveats: Vec<Caveat>,
}

/// A machine, as far as its system tells.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Machine {
    /// The processor.
    pub cpu: Option<String>,
    /// Its cores.
    pub cores: usize,
    /// What the system runs at once.
    pub logical_cores: usize,
    /// The caches of a core.
    pub caches: Vec<Cache>,
    /// Vector and matrix instructions.
    pub instruction_sets: Vec<String>,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// The system and the kind of processor.
    pub system: String,
    /// The graphics processor, if that was measured.
    pub gpu: Option<Gpu>,
    /// Processes that ran or wanted to, on average over the minute before.
    pub load: Option<f64>,
    /// Whether cnncost was optimized.
    pub optimized: bool,
}

/// A cache.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cache {
    /// From 1, the nearest.
    pub level: u32,
    /// `Data`, `Instruction` or `Unified`.
    pub kind: String,
    /// Bytes.
    pub bytes: u64,
}

/// A graphics processor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Gpu {
    /// What it calls itself.
    pub name: String,
    /// The version of its driver.
    pub driver: String,
}

/// How samples were taken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Settings {
    /// Passes that warmed up; nothing if as many as were needed.
    pub warmup: Option<usize>,
    /// Half the width of the median's interval that was wanted, as a part of the median.
    pub precision: f64,
    /// The least time for samples of one case.
    pub min_time_seconds: f64,
    /// The most.
    pub max_time_seconds: f64,
    /// Of weights, inputs, turns and the bootstrap.
    pub seed: u64,
}

/// What the machine reaches.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Peak {
    /// With so many threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// Of a matrix product.
    pub flops_per_second: f64,
    /// Rows and columns of its matrices.
    pub product_size: usize,
    /// Read and written by a copy.
    pub bytes_per_second: f64,
    /// Bytes of what was copied.
    pub copied_bytes: usize,
}

/// One network at one batch with one number of threads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    /// What it is called.
    pub network: String,
    /// What it calls itself.
    pub model: String,
    /// The file, or the name of the bundled one.
    pub source: String,
    /// The variant, if one was asked for.
    pub variant: Option<String>,
    /// SHA-256 of the description, in hexadecimal.
    pub sha256: String,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// Multiply–accumulates of a pass.
    pub macs: u128,
    /// FLOPs of a pass.
    pub flops: u128,
    /// Bytes that are read and written in a pass, if each tensor goes once.
    pub bytes: u128,
    /// Passes before the first sample.
    pub warmup_passes: usize,
    /// Passes of each sample.
    pub passes_per_sample: usize,
    /// The median of a pass.
    pub median_seconds: f64,
    /// Where the median lies with a confidence of 95 %.
    pub interval_seconds: [f64; 2],
    /// The median absolute deviation.
    pub deviation_seconds: f64,
    /// The first and the third quartile.
    pub quartiles_seconds: [f64; 2],
    /// The fastest sample.
    pub least_seconds: f64,
    /// The slowest.
    pub most_seconds: f64,
    /// Samples that lie ten standard deviations off.
    pub outliers: usize,
    /// Samples of the batch each second.
    pub images_per_second: f64,
    /// FLOPs each second.
    pub flops_per_second: f64,
    /// Bytes each second.
    pub bytes_per_second: f64,
    /// FLOPs each second as a part of the machine's.
    pub peak_share: f64,
    /// Bytes each second as a part of the machine's.
    pub bandwidth_share: f64,
    /// What its nodes would take at the nearer of the two roofs, one after the other.
    pub roofline_seconds: f64,
    /// Beside the baseline, if there is one that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Difference>,
    /// What each node takes, if that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What is to be said of it.
    pub caveats: Vec<Caveat>,
    /// What a pass took, the mean of those of a sample, in order.
    pub samples_seconds: Vec<f64>,
}

/// Two times beside each other.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Difference {
    /// How many times as fast it is.
    pub speedup: f64,
    /// Where that lies with a confidence of 95 %.
    pub interval: [f64; 2],
    /// `faster`, `slower` or `no difference`.
    pub verdict: &'static str,
}

/// A network beside the first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// The network.
    pub network: String,
    /// The first.
    pub against: String,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Threads; nothing on a GPU.
    pub threads: Option<usize>,
    /// The MACs of the first divided by its own; nothing if it has none.
    pub fewer_macs: Option<f64>,
    /// Their times.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What each node takes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Profile {
    /// How many passes there were.
    pub passes: usize,
    /// All nodes together.
    pub seconds: f64,
    /// Every node, in the order of execution.
    pub nodes: Vec<Layer>,
}

/// A node as it was measured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Layer {
    /// Its path.
    pub path: String,
    /// Its operator.
    pub op: String,
    /// Multiply–accumulates.
    pub macs: u128,
    /// As a part of the network's; nothing if that has none.
    pub macs_share: Option<f64>,
    /// What it takes: the mean over those passes that as a whole are the middle third.
    pub seconds: f64,
    /// As a part of what all nodes take.
    pub time_share: f64,
    /// FLOPs each second.
    pub flops_per_second: f64,
    /// Bytes each second.
    pub bytes_per_second: f64,
    /// What it would take at the nearer of the two roofs.
    pub roofline_seconds: f64,
    /// `compute`, `memory`, or `overhead` where it takes more than four times what the nearer roof allows.
    pub bound: &'static str,
}

/// A reason for doubt.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Caveat {
    /// Its name.
    pub kind: &'static str,
    /// What is the matter.
    pub says: String,
    /// What to do about it.
    pub remedy: String,
}

/// One object for the whole measurement.
pub fn write(bench: &bench::Bench, subjects: &[Subject], choice: &Choice) -> String {
    serde_json::to_string_pretty(&report(bench, subjects, choice))
        .expect("keys are text and numbers are finite")
        + "\n"
}

/// The JSON Schema of it.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Bench)
}

fn report(bench: &bench::Bench, subjects: &[Subject], choice: &Choice) -> Bench {
    let effort = bench.effort;
    let differences = choice.differences.clone().unwrap_or_else(|| vec![None; bench.cases.len()]);
    let lines = all_lines(bench, subjects);
    let own = bench.caveats.len();
    Bench {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        candle: CANDLE,
        machine: machine(&bench.machine),
        device: bench.device.clone(),
        engine: bench.engine.name(),
        dtype: bench.element.name(),
        settings: Settings {
            warmup: match effort.warmup {
                Warmup::Steady => None,
                Warmup::Passes(passes) => Some(passes),
            },
            precision: effort.precision,
            min_time_seconds: effort.min_time.as_secs_f64(),
            max_time_seconds: effort.max_time.as_secs_f64(),
            seed: effort.seed,
        },
        peaks: bench.peaks.iter().map(peak).collect(),
        results: lines.iter().zip(differences).map(|(line, before)| entry(bench, line, before)).collect(),
        comparisons: pairs(bench, subjects).iter().map(|pair| comparison(bench, subjects, pair)).collect(),
        caveats: caveats(bench, subjects)[..own].iter().map(|(_, it)| caveat(it)).collect(),
    }
}

fn machine(machine: &bench::Machine) -> Machine {
    let cache = |cache: &bench::machine::Cache| Cache {
        level: cache.level,
        kind: cache.kind.clone(),
        bytes: cache.bytes,
    };
    let gpu = |gpu: &bench::machine::Gpu| Gpu { name: gpu.name.clone(), driver: gpu.driver.clone() };
    Machine {
        cpu: machine.cpu.clone(),
        cores: machine.cores,
        logical_cores: machine.logical,
        caches: machine.caches.iter().map(cache).collect(),
        instruction_sets: machine.instruction_sets.clone(),
        memory_bytes: machine.memory_bytes,
        system: machine.system.clone(),
        gpu: machine.gpu.as_ref().map(gpu),
        load: machine.load,
        optimized: machine.is_optimized,
    }
}

fn peak(peak: &bench::Peak) -> Peak {
    let &bench::Peak { threads, flops_per_second, product_size, bytes_per_second, copied_bytes } = peak;
    Peak { threads, flops_per_second, product_size, bytes_per_second, copied_bytes }
}

fn entry(bench: &bench::Bench, line: &Line, before: Option<compare::Difference>) -> Entry {
    let Line { case, subject, peak } = line;
    let total = subject.analysis.total();
    let statistics::Summary {
        count: _,
        median,
        interval,
        deviation,
        least,
        most,
        lower_quartile,
        upper_quartile,
        outliers,
    } = case.summary;
    Entry {
        network: subject.label.clone(),
        model: subject.title.clone(),
        source: subject.source.clone(),
        variant: subject.variant.clone(),
        sha256: subject.sha256.clone(),
        batch: subject.analysis.batch,
        threads: case.threads,
        macs: total.work.macs.total(),
        flops: total.work.ops.flops(),
        bytes: total.traffic.total() * subject.element.bytes(),
        warmup_passes: case.samples.warmup,
        passes_per_sample: case.samples.passes,
        median_seconds: median,
        interval_seconds: [interval.low, interval.high],
        deviation_seconds: deviation,
        quartiles_seconds: [lower_quartile, upper_quartile],
        least_seconds: least,
        most_seconds: most,
        outliers,
        images_per_second: line.images_per_second(),
        flops_per_second: line.flops_per_second(),
        bytes_per_second: line.bytes_per_second(),
        peak_share: line.flops_per_second() / peak.flops_per_second,
        bandwidth_share: line.bytes_per_second() / peak.bytes_per_second,
        roofline_seconds: bench.roofline(case, subject).total().seconds(),
        baseline: before.map(|before| difference(&before)),
        profile: case.profile.as_ref().map(|measured| profile(bench, case, subject, measured)),
        caveats: case.caveats.iter().map(caveat).collect(),
        samples_seconds: case.samples.seconds.iter().map(|&seconds| nanoseconds(seconds)).collect(),
    }
}

fn difference(difference: &compare::Difference) -> Difference {
    let compare::Difference { speedup, interval, verdict } = difference;
    Difference { speedup: *speedup, interval: [interval.low, interval.high], verdict: verdict.name() }
}

fn comparison(bench: &bench::Bench, subjects: &[Subject], pair: &compare::Pair) -> Comparison {
    let (case, against) = (&bench.cases[pair.case], &bench.cases[pair.against]);
    Comparison {
        network: subjects[case.subject].label.clone(),
        against: subjects[against.subject].label.clone(),
        batch: subjects[case.subject].analysis.batch,
        threads: case.threads,
        fewer_macs: pair.fewer_macs,
        difference: difference(&pair.difference),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn profile(bench: &bench::Bench, case: &Case, subject: &Subject, measured: &Measured) -> Profile {
    let (graph, analysis) = (&subject.network.graph, &subject.analysis);
    let roofline = bench.roofline(case, subject);
    let all = analysis.total().work.macs.total();
    let layer = |(id, node): (crate::graph::NodeId, &crate::graph::Node)| {
        let layer = measured.layer(Place::Node(id), analysis, &roofline, bench.element)?;
        let profile::Layer { seconds, share, flops_per_second, bytes_per_second, roofline_seconds, bound } =
            layer;
        let macs = analysis.node(id)?.work.macs.total();
        Some(Layer {
            path: graph.path(id),
            op: node.operator_name().to_owned(),
            macs,
            macs_share: (all > 0).then(|| macs as f64 / all as f64),
            seconds,
            time_share: share,
            flops_per_second,
            bytes_per_second,
            roofline_seconds,
            bound: bound.name(),
        })
    };
    let nodes = graph.nodes().filter(|(_, node)| node.operator().is_some()).filter_map(layer).collect();
    Profile { passes: measured.passes, seconds: measured.seconds(), nodes }
}

fn caveat(caveat: &bench::Caveat) -> Caveat {
    Caveat { kind: caveat.name(), says: caveat.text().english, remedy: caveat.remedy().english }
}

/// No clock tells more.
fn nanoseconds(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e9
}
