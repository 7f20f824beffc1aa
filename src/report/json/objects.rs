//! The objects of the JSON of an analysis, key by key; its schema is made from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::convention::ConventionCount;
use super::figures::{Figures, WholeFigures};
use super::{Blocks, Networks, Nodes};

/// What networks cost.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Analysis")]
pub struct Written<'s> {
    /// The name and version of this form: `cnncost/analysis/2`.
    pub schema: &'static str,
    /// The version of cnncost.
    pub version: &'static str,
    /// The networks, in the order in which they were named.
    #[schemars(with = "Vec<Network<'s>>")]
    pub networks: Networks<'s>,
}

/// What one network costs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Network<'s> {
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    pub sha256: &'s str,
    /// What the network calls itself.
    pub model: &'s str,
    /// The file, or the name of the bundled one.
    pub source: &'s str,
    /// The variant: the one that was asked for, or else the one that the defaults are, if they are one.
    pub variant: Option<&'s str>,
    /// The parameters it was expanded with.
    pub params_set: BTreeMap<String, serde_json::Value>,
    /// Samples of one forward pass; operations are counted for all of them.
    pub batch: u64,
    /// The type of its numbers.
    pub dtype: &'static str,
    /// Whether it is counted as it is deployed: norms folded, activations and additions fused, in place where that can be. Else it
    /// is the graph, layer by layer.
    pub deployed: bool,
    /// Shapes of the inputs by name, the batch first.
    pub inputs: BTreeMap<String, Vec<u64>>,
    /// Shapes of the outputs by name, the batch first; null for one that is not known.
    pub outputs: BTreeMap<String, Option<Vec<u64>>>,
    /// The whole network.
    pub totals: Totals,
    /// The device, if one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// When the most memory is taken; nothing of a network without nodes.
    pub peak: Option<Peak>,
    /// What an element of the output at the end of the main line sees of the input; nothing where that is not followed.
    pub receptive_field: Option<ReceptiveField>,
    /// Every operator, in the order of execution.
    #[schemars(with = "Vec<Node>")]
    pub nodes: Nodes<'s>,
    /// Every block, group, branch and repetition, each before what is in it.
    #[schemars(with = "Vec<Block>")]
    pub blocks: Blocks<'s>,
}

/// The whole network.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Totals {
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// What it counts in another convention, if one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<ConventionCount>,
    /// `complete`, or `partial` where operators are not counted.
    pub status: &'static str,
    /// The paths of the operators that are not counted.
    pub uncounted: Vec<String>,
    /// The figures that only a whole network has.
    #[serde(flatten)]
    pub whole: WholeFigures,
}

/// What a data sheet says of a device, and whether it holds the network.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Device {
    /// The name it was called by.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Where the figures are from.
    pub source: String,
    /// Bytes of memory for tensors, and for weights too unless these have their own.
    pub memory_bytes: u64,
    /// Bytes of memory for weights alone.
    pub weight_memory_bytes: Option<u64>,
    /// Bytes of the largest piece of the memory, where it is in pieces that are not next to each other.
    pub largest_piece_bytes: Option<u64>,
    /// Bytes that go to and from memory each second.
    pub bandwidth_bytes_per_second: f64,
    /// FLOPs each second in the type of the network's numbers.
    pub peak_flops: f64,
    /// Whether weights and the peak of tensors fit its memory, and the largest tensor a piece of it.
    pub fits: bool,
    /// What it takes of the network as it is deployed, whether that is what is counted or not; null if a count of that does not fit
    /// 128 bits.
    pub deployed: Option<DeviceDeployed>,
}

/// What a device takes of a network as it is deployed, and whether it holds that.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeviceDeployed {
    /// The whole time at best: steps one after the other.
    pub seconds: f64,
    /// Of steps bound by their arithmetic.
    pub compute_bound_seconds: f64,
    /// Of steps bound by their traffic.
    pub memory_bound_seconds: f64,
    /// Bytes of parameters and buffers.
    pub weight_bytes: u128,
    /// The most bytes that are alive at once.
    pub peak_bytes: u128,
    /// Whether weights and the peak of tensors fit its memory, and the largest tensor a piece of it.
    pub fits: bool,
}

/// When the most memory is taken.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Peak {
    /// Bytes of the tensors that are alive and of what the node holds inside, weights apart.
    pub bytes: u128,
    /// The path of the first node at which that many are alive.
    pub at: String,
    /// The tensors that are alive then, in the order in which they are made.
    pub live: Vec<Alive>,
    /// Bytes that the node holds inside, as attention its scores.
    pub inside_bytes: u128,
}

/// A tensor that is alive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alive {
    /// The path of the node that makes it.
    pub path: String,
    /// Its bytes.
    pub bytes: u128,
}

/// What an element of a tensor sees of the network's input: through windows, with an entry for each spatial axis, and whether
/// everything beside. Where all positions have been pooled, what the last tensor before saw through windows.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReceptiveField {
    /// Positions of the input, those on padding included.
    pub size: Vec<u128>,
    /// Positions of the input from one element to the next; 0 where every element sees the same.
    pub stride: Vec<f64>,
    /// The first position that element 0 sees; negative on padding.
    pub offset: Vec<i128>,
    /// The path of the layer from which on every element sees the whole input; nothing where this one does not.
    pub everything_from: Option<String>,
    /// Whether paths that meet disagree on the stride or on the center; where they disagree on the stride, the lists are empty.
    pub misaligned: bool,
}

/// One operator.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Node {
    /// Its path.
    pub path: String,
    /// Its operator.
    pub op: String,
    /// The sizes, behind the batch, for each position of which it is done as if it stood there alone; none where it takes all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub copies: Vec<u64>,
    /// The paths of what it takes, in order.
    pub inputs: Vec<String>,
    /// Their shapes, the batch first; null for one that is not known.
    pub input_shapes: Vec<Option<Vec<u64>>>,
    /// Its output's shape, the batch first; null if it is not known.
    pub output: Option<Vec<u64>>,
    /// The path of the node whose weights it uses, if not its own.
    pub weights_of: Option<String>,
    /// Single weights that are other nodes'; none where all of them are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub tied_weights: Vec<TiedWeight>,
    /// Bytes of the tensors that are alive while it is executed, and of what it holds inside.
    pub live_bytes: u128,
    /// Of these, the bytes that it holds inside, as attention its scores.
    pub inside_bytes: u128,
    /// What an element of its output sees of the input; nothing where that is not followed.
    pub receptive_field: Option<ReceptiveField>,
    /// Its figures; none if its operator is not known.
    #[serde(flatten)]
    pub figures: Option<Figures>,
    /// What it counts in another convention, if one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<ConventionCount>,
}

/// A weight that is another node's.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TiedWeight {
    /// What the node calls it.
    pub weight: String,
    /// Whose it is, as in a file of weights: a path, a dot, and what that node calls it.
    pub of: String,
    /// Whether it is used with its two dimensions exchanged.
    pub transposed: bool,
}

/// One block, group, branch or repetition.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Block {
    /// Its path.
    pub path: String,
    /// What it is: `block`, `layers`, `repeat`, `branches`, `branch` or `side`.
    pub kind: &'static str,
    /// The block it is an instance of, if it is one.
    pub block: Option<String>,
    /// The figures of what is in it.
    #[serde(flatten)]
    pub figures: Figures,
    /// What it counts in another convention, if one was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<ConventionCount>,
}
