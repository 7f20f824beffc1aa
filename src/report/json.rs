//! JSON: everything that any other form shows, under keys that stay.

use std::io;

use serde::{Serialize, Serializer};

use super::convention::ConventionCount;
use super::{Subject, write_json};
use crate::analyze::receptive_field as analyze;
use crate::convention::Counted;
use crate::graph::{Content, Graph, NodeId, Place, ScopeId, ScopeKind};
use crate::read::expression::Value;
use crate::shape::Shape;
use crate::subject::AtBest;

mod figures;
mod objects;

pub use figures::{Figures, WholeFigures};
pub use objects::{
    Alive, Block, Device, DeviceDeployed, Network, Node, Peak, ReceptiveField, TiedWeight, Totals, Written,
};

/// The name and version of this form.
pub const SCHEMA: &str = "cnncost/analysis/2";

/// Networks, each of which is put together when it is written.
#[derive(Debug)]
pub struct Networks<'s>(&'s [Subject]);

/// The operators of a network, likewise.
#[derive(Debug)]
pub struct Nodes<'s>(&'s Subject);

/// The boxes of a network, likewise.
#[derive(Debug)]
pub struct Blocks<'s>(&'s Subject);

/// Writes one object, which holds every network.
///
/// # Errors
/// If it cannot be written.
pub fn write(subjects: &[Subject], to: &mut dyn io::Write) -> io::Result<()> {
    let written =
        Written { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks: Networks(subjects) };
    write_json(&written, to)
}

/// The JSON Schema of what is written.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Written<'_>)
}

impl Serialize for Networks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(network))
    }
}

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let graph = self.0.graph();
        let nodes = graph.nodes().filter(|(_, node)| node.content != Content::Input);
        serializer.collect_seq(nodes.map(|(id, _)| node(self.0, graph, id)))
    }
}

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let graph = self.0.graph();
        serializer.collect_seq(graph.scopes().skip(1).map(|(id, _)| block(self.0, graph, id)))
    }
}

/// What one network's object holds.
pub fn network(subject: &Subject) -> Network<'_> {
    let graph = subject.graph();
    Network {
        sha256: &subject.sha256,
        model: &subject.title,
        source: &subject.source,
        variant: subject.variant.as_deref(),
        params_set: subject.network.params.iter().map(|(name, v)| (name.to_string(), value(v))).collect(),
        batch: subject.batch(),
        dtype: subject.element.name(),
        deployed: subject.plan.is_some(),
        inputs: graph
            .network_inputs()
            .map(|(_, node)| {
                (node.name.to_string(), shaped(subject.batch(), &node.shape).unwrap_or_default())
            })
            .collect(),
        outputs: graph
            .outputs()
            .iter()
            .map(|(name, id)| (name.clone(), shaped(subject.batch(), &graph.node(*id).shape)))
            .collect(),
        totals: totals(subject),
        device: device(subject),
        peak: peak(subject),
        receptive_field: receptive_field(subject, subject.field()),
        nodes: Nodes(subject),
        blocks: Blocks(subject),
    }
}

/// A shape, the batch first, if it is known.
fn shaped(batch: u64, shape: &Shape) -> Option<Vec<u64>> {
    shape.is_known().then(|| [&[batch], shape.dims()].concat())
}

/// That of a tensor, with the samples that there are of it.
pub(super) fn shaped_at(subject: &Subject, id: NodeId) -> Option<Vec<u64>> {
    let graph = subject.graph();
    shaped(graph.samples(id, subject.batch()), &graph.node(id).shape)
}

/// What the whole network costs.
pub(super) fn totals(subject: &Subject) -> Totals {
    let (graph, analysis) = (subject.graph(), &subject.analysis);
    Totals {
        figures: Figures::total(subject),
        like: ConventionCount::of(subject, Counted::total),
        status: analysis.status().name(),
        uncounted: analysis.uncounted().iter().map(|&id| graph.path(id)).collect(),
        whole: WholeFigures::total(subject),
    }
}

fn device(subject: &Subject) -> Option<Device> {
    let device = &subject.roofline.as_ref()?.device;
    Some(Device {
        name: device.name.clone(),
        about: device.about.clone(),
        source: device.source.clone(),
        memory_bytes: device.memory_bytes,
        weight_memory_bytes: device.weight_memory_bytes,
        bandwidth_bytes_per_second: device.bandwidth,
        peak_flops: device.peak(subject.element)?,
        largest_piece_bytes: device.largest_piece_bytes,
        fits: subject.fit(device).holds(),
        deployed: subject.at_best.as_ref().map(|AtBest { estimate, fit }| DeviceDeployed {
            seconds: estimate.seconds(),
            compute_bound_seconds: estimate.compute_seconds,
            memory_bound_seconds: estimate.memory_seconds,
            weight_bytes: fit.weight_bytes,
            peak_bytes: fit.peak_bytes,
            fits: fit.holds(),
        }),
    })
}

fn peak(subject: &Subject) -> Option<Peak> {
    let (graph, memory) = (subject.graph(), &subject.analysis.memory);
    let at = memory.peak_at(graph, subject.element)?;
    let alive = memory.alive_at(graph, at).into_iter();
    Some(Peak {
        bytes: subject.peak_bytes(),
        at: graph.path(at),
        inside_bytes: subject.bytes(memory.inside(at)),
        live: alive.map(|(id, size)| Alive { path: graph.path(id), bytes: subject.bytes(size) }).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "JSON's fractions are floats")]
fn receptive_field(subject: &Subject, field: &analyze::ReceptiveField) -> Option<ReceptiveField> {
    let is_known = !field.axes.is_empty() || field.misaligned || field.everything.is_some();
    is_known.then(|| ReceptiveField {
        size: field.axes.iter().map(|seen| seen.size).collect(),
        stride: field.axes.iter().map(|seen| seen.stride.0 as f64 / seen.stride.1 as f64).collect(),
        offset: field.axes.iter().map(|seen| seen.offset).collect(),
        everything_from: field.everything.map(|id| subject.graph().path(id)),
        misaligned: field.misaligned,
    })
}

fn node(subject: &Subject, graph: &Graph, id: NodeId) -> Node {
    let node = graph.node(id);
    Node {
        path: graph.path(id),
        op: node.operator_name().to_owned(),
        copies: node.operator().map_or(vec![], |op| op.copies().to_vec()),
        inputs: graph.inputs(id).map(|input| graph.path(input)).collect(),
        input_shapes: graph.inputs(id).map(|input| shaped_at(subject, input)).collect(),
        output: shaped_at(subject, id),
        weights_of: graph.weights_of(id).map(|owner| graph.path(owner)),
        tied_weights: tied(graph, id),
        live_bytes: subject.bytes(subject.analysis.memory.live(id)),
        inside_bytes: subject.bytes(subject.analysis.memory.inside(id)),
        receptive_field: receptive_field(subject, subject.fields().of(id)),
        figures: Figures::at(subject, Place::Node(id)).any(),
        like: subject
            .analysis
            .node(id)
            .and_then(|_| ConventionCount::of(subject, |counted| counted.node(id))),
    }
}

/// The weights of a node that are earlier nodes', unless all are one's.
fn tied(graph: &Graph, id: NodeId) -> Vec<TiedWeight> {
    if !graph.is_tied(id) || graph.weights_of(id).is_some() {
        return vec![];
    }
    let weights = graph.weights(id);
    let tied = graph.ties(id).filter_map(|(index, tie)| {
        let owners = graph.weights(tie.owner.node);
        let owner = owners.get(tie.owner.index as usize)?;
        let of = format!("{}.{}", graph.path(tie.owner.node), owner.name);
        Some(TiedWeight { weight: weights.get(index)?.name.to_string(), of, transposed: tie.transposed })
    });
    tied.collect()
}

fn block(subject: &Subject, graph: &Graph, id: ScopeId) -> Block {
    let kind = &graph.scope(id).kind;
    Block {
        path: graph.scope_path(id),
        kind: kind.name(),
        block: if let ScopeKind::Block(name) = kind { Some(name.to_string()) } else { None },
        figures: Figures::at(subject, Place::Box(id)),
        like: ConventionCount::of(subject, |counted| counted.scope(id)),
    }
}

/// A parameter as JSON has it: a whole number, a fraction as a float, a boolean, a word, or a list.
#[expect(clippy::cast_precision_loss, reason = "JSON's fractions are floats")]
fn value(value: &Value) -> serde_json::Value {
    match value {
        Value::Number(number) if number.is_integer() => match i64::try_from(number.to_integer()) {
            Ok(number) => number.into(),
            Err(_) => number.to_string().into(),
        },
        Value::Number(number) => (*number.numer() as f64 / *number.denom() as f64).into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::Word(word) => word.to_string().into(),
        Value::List(values) => values.iter().map(self::value).collect::<Vec<_>>().into(),
    }
}
