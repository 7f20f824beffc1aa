//! The objects of the JSON of a measurement, key by key; its schema is made from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::bench::Machine;

/// What was measured.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bench<'b> {
    /// The name and version of this form: `cnncost/bench/1`.
    pub schema: &'static str,
    /// The version of cnncost.
    pub version: &'static str,
    /// The version of candle, which executes networks.
    pub candle: &'static str,
    /// The machine.
    pub machine: &'b Machine,
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
    /// Rows and columns of its matrices; 0 where the peak is of multiply–adds in registers.
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
    /// The variant: the one that was asked for, or else the one that the defaults are, if they are one.
    pub variant: Option<String>,
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    pub sha256: String,
    /// The file that its weights are from; nothing if they are fresh.
    pub weights: Option<String>,
    /// The sizes of each input, without the batch.
    pub inputs: BTreeMap<String, Vec<u64>>,
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
    /// The path of the layer that it is computed at once with, whose time is that of both; null where it has a time of its own.
    pub with: Option<String>,
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
