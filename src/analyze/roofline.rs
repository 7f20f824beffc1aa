//! What a device would take at best: the roofline of Williams, Waterman and Patterson (2009).
//!
//! A node takes as long as its arithmetic at the device's peak, or as its traffic at the device's bandwidth, whichever is
//! longer; nodes run one after the other, each reading its inputs and weights and writing its output. Nodes that are executed at
//! once have one time together, which is the main one's, and the others none of their own. Both roofs are those of a data sheet, so
//! times are estimates, and nothing is faster.

use std::convert::Infallible;

use serde::Deserialize;

use super::Analysis;
use crate::counts::Counts;
use crate::graph::{Graph, NodeId, ScopeId};
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// What a data sheet says of a device, read from a file of devices key by key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The name it is called by.
    #[serde(skip)]
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub about: String,
    /// Where the figures are from.
    #[serde(default)]
    pub source: String,
    /// Bytes of memory for tensors, and for weights too unless these have their own.
    pub memory_bytes: u64,
    /// Bytes of memory for weights alone.
    pub weight_memory_bytes: Option<u64>,
    /// Bytes of the largest piece of the memory, where it is in pieces that are not next to each other: no tensor is larger.
    pub largest_piece_bytes: Option<u64>,
    /// Bytes that go to and from memory each second.
    #[serde(rename = "bandwidth_bytes_per_second")]
    pub bandwidth: f64,
    /// Operations each second, by the type of the numbers.
    #[serde(rename = "peak_flops")]
    pub peaks: Peaks,
}

/// Operations each second in types of numbers, where a data sheet has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peaks {
    /// FLOPs in f32.
    pub f32: Option<f64>,
    /// FLOPs in f16.
    pub f16: Option<f64>,
    /// FLOPs in bf16.
    pub bf16: Option<f64>,
    /// Operations in i8.
    pub i8: Option<f64>,
}

/// What a network needs of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The device.
    pub device: Device,
    /// Bytes of weights.
    pub weight_bytes: u128,
    /// The most bytes of tensors that are alive at once.
    pub peak_bytes: u128,
    /// Bytes of the largest tensor.
    pub largest_tensor_bytes: u128,
}

/// What sets the time of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The arithmetic.
    Compute,
    /// The traffic to and from memory.
    Memory,
}

/// What nodes take at best, in seconds, by what bounds them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Of nodes bound by their arithmetic.
    pub compute_seconds: f64,
    /// Of nodes bound by their traffic.
    pub memory_seconds: f64,
}

/// A device's times for a graph.
#[derive(Clone, Debug)]
pub struct Roofline {
    /// The device.
    pub device: Device,
    /// By [`NodeId`]; `None` for an operator that cnncost does not know.
    nodes: Vec<Option<Estimate>>,
    /// By [`ScopeId`].
    scopes: Vec<Estimate>,
}

impl Device {
    /// FLOPs each second in a type, where the data sheet has it.
    pub fn peak(&self, element: ElementType) -> Option<f64> {
        match element {
            ElementType::F32 => self.peaks.f32,
            ElementType::F16 => self.peaks.f16,
            ElementType::Bf16 => self.peaks.bf16,
            ElementType::I8 => self.peaks.i8,
            ElementType::I64 | ElementType::Bool => None,
        }
    }

    /// Whether so many bytes of weights and of tensors fit, the largest tensor in a piece. How tensors are laid out over the
    /// pieces is not looked at.
    pub fn holds(&self, weight_bytes: u128, tensor_bytes: u128, largest_tensor_bytes: u128) -> bool {
        let has_room = self.memory_for(weight_bytes, tensor_bytes) <= self.memory_bytes.into();
        let takes_weights = self.weight_memory_bytes.is_none_or(|memory| weight_bytes <= memory.into());
        has_room && takes_weights && self.takes_tensor(largest_tensor_bytes)
    }

    /// Whether a tensor of so many bytes fits in one piece of the memory.
    pub fn takes_tensor(&self, bytes: u128) -> bool {
        self.largest_piece_bytes.is_none_or(|piece| bytes <= piece.into())
    }

    /// Bytes of its memory that so many bytes of weights and of tensors take: weights take none where they have their own.
    pub fn memory_for(&self, weight_bytes: u128, tensor_bytes: u128) -> u128 {
        match self.weight_memory_bytes {
            Some(_) => tensor_bytes,
            None => weight_bytes.saturating_add(tensor_bytes),
        }
    }
}

impl Fit {
    /// Whether the device holds it.
    pub fn holds(&self) -> bool {
        self.device.holds(self.weight_bytes, self.peak_bytes, self.largest_tensor_bytes)
    }
}

impl Bound {
    /// The name that stands in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Memory => "memory",
        }
    }

    /// The same to a person.
    pub fn text(self) -> Text {
        match self {
            Self::Compute => text!("compute", "计算"),
            Self::Memory => text!("memory", "内存带宽"),
        }
    }
}

impl Estimate {
    /// The time of what is executed at once: so many FLOPs, and so many bytes moved.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn of(Load { flops, bytes }: Load, bandwidth: f64, peak: f64) -> Self {
        let compute_seconds = flops as f64 / peak;
        let memory_seconds = bytes as f64 / bandwidth;
        if compute_seconds > memory_seconds {
            Self { compute_seconds, memory_seconds: 0.0 }
        } else {
            Self { compute_seconds: 0.0, memory_seconds }
        }
    }

    /// The whole time.
    pub fn seconds(&self) -> f64 {
        self.compute_seconds + self.memory_seconds
    }

    /// What sets most of the time; `None` if there is none.
    pub fn bound(&self) -> Option<Bound> {
        (self.seconds() > 0.0).then_some(if self.compute_seconds > self.memory_seconds {
            Bound::Compute
        } else {
            Bound::Memory
        })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            compute_seconds: self.compute_seconds + other.compute_seconds,
            memory_seconds: self.memory_seconds + other.memory_seconds,
        }
    }
}

/// What is done at once.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    flops: u128,
    bytes: u128,
}

impl Load {
    /// With what a node does: no more than the total, which fits.
    fn add(&mut self, counts: &Counts, element: ElementType) {
        self.flops += counts.work.ops.flops();
        self.bytes += counts.traffic.total().bytes(element);
    }
}

impl Roofline {
    /// The times of every node and box on `device`; `None` if it has no peak for the type.
    pub fn new(device: Device, graph: &Graph, analysis: &Analysis, element: ElementType) -> Option<Self> {
        let peak = device.peak(element)?;
        let mut loads: Vec<Option<Load>> = vec![None; graph.len()];
        for (id, node) in graph.nodes() {
            let Some(counts) = analysis.node(id).filter(|_| node.is_counted()) else { continue };
            loads[id.index()].get_or_insert_default();
            loads[analysis.memory.main(id).index()].get_or_insert_default().add(counts, element);
        }
        let of = |load: Option<Load>| Some(Estimate::of(load?, device.bandwidth, peak));
        let nodes: Vec<_> = loads.into_iter().map(of).collect();
        let Ok(scopes) =
            graph.sums(&Estimate::default(), |id| nodes[id.index()], |a, b| Ok::<_, Infallible>(a.plus(*b)));
        Some(Self { device, nodes, scopes })
    }

    /// What a node takes; `None` if it is not known what it computes.
    pub fn node(&self, id: NodeId) -> Option<Estimate> {
        self.nodes[id.index()]
    }

    /// What is in a box takes.
    pub fn scope(&self, id: ScopeId) -> Estimate {
        self.scopes[id.index()]
    }

    /// What the network takes.
    pub fn total(&self) -> Estimate {
        self.scope(ScopeId::ROOT)
    }
}
