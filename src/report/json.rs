//! JSON: everything that any other form shows, under keys that stay.

use super::Subject;
use super::convention::ConventionCount;
use crate::analyze::receptive_field as analyze;
use crate::analyze::roofline::{Estimate, Roofline};
use crate::convention::Counted;
use crate::counts::Counts;
use crate::graph::{Content, Graph, NodeId, ScopeId, ScopeKind};
use crate::read::expression::Value;
use crate::shape::Shape;

mod objects;

pub use objects::{
    Alive, Analysis, Block, Device, Estimated, Figures, MacsBy, Node, OpsBy, Peak, ReceptiveField, Totals,
};

/// The name and version of this form.
pub const SCHEMA: &str = "cnncost/analysis/1";

/// One object for one network, an array for several.
pub fn write(subjects: &[Subject]) -> String {
    let analyses: Vec<_> = subjects.iter().map(analysis).collect();
    let text = match &analyses[..] {
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    text.expect("keys are text and numbers are whole") + "\n"
}

/// The JSON Schema of one network's object.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Analysis)
}

/// What one network's object holds.
pub fn analysis(subject: &Subject) -> Analysis {
    let (graph, batch) = (&subject.network.graph, subject.batch());
    let shaped = |shape: &Shape| [&[batch], shape.dims()].concat();
    Analysis {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        sha256: subject.sha256.clone(),
        model: subject.title.clone(),
        source: subject.source.clone(),
        variant: subject.variant.clone(),
        params_set: subject.network.params.iter().map(|(name, v)| (name.to_string(), value(v))).collect(),
        batch,
        dtype: subject.element.name(),
        inputs: graph
            .network_inputs()
            .map(|(_, node)| (node.name.to_string(), shaped(&node.shape)))
            .collect(),
        outputs: graph
            .outputs()
            .iter()
            .map(|(name, id)| (name.clone(), shaped(&graph.node(*id).shape)))
            .collect(),
        totals: totals(subject),
        device: device(subject),
        peak: peak(subject),
        receptive_field: receptive_field(subject, subject.field()),
        nodes: graph
            .nodes()
            .filter(|(_, node)| node.content != Content::Input)
            .map(|(id, _)| node(subject, graph, id, shaped))
            .collect(),
        blocks: graph.scopes().skip(1).map(|(id, _)| block(subject, graph, id)).collect(),
    }
}

/// What the whole network costs.
pub(super) fn totals(subject: &Subject) -> Totals {
    let (graph, analysis) = (&subject.network.graph, &subject.analysis);
    Totals {
        figures: figures(
            subject,
            analysis.total(),
            subject.roofline.as_ref().map(Roofline::total),
            ConventionCount::of(subject, Counted::total),
        ),
        status: analysis.status().name(),
        uncounted: analysis.uncounted().iter().map(|&id| graph.path(id)).collect(),
        weight_bytes: subject.weight_bytes(),
        peak_bytes: subject.peak_bytes(),
        weight_and_peak_bytes: subject.weight_bytes() + subject.peak_bytes(),
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
    })
}

fn peak(subject: &Subject) -> Option<Peak> {
    let (graph, memory) = (&subject.network.graph, &subject.analysis.memory);
    let at = memory.peak_at(graph)?;
    let element = subject.element.bytes();
    let alive = memory.alive_at(graph, at).into_iter();
    Some(Peak {
        bytes: subject.peak_bytes(),
        at: graph.path(at),
        inside_bytes: memory.inside(at) * element,
        live: alive.map(|(id, size)| Alive { path: graph.path(id), bytes: size * element }).collect(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "JSON's fractions are floats")]
fn receptive_field(subject: &Subject, field: &analyze::ReceptiveField) -> Option<ReceptiveField> {
    let is_known = !field.axes.is_empty() || field.misaligned || field.everything.is_some();
    is_known.then(|| ReceptiveField {
        size: field.axes.iter().map(|seen| seen.size).collect(),
        stride: field.axes.iter().map(|seen| seen.stride.0 as f64 / seen.stride.1 as f64).collect(),
        offset: field.axes.iter().map(|seen| seen.offset).collect(),
        everything_from: field.everything.map(|id| subject.network.graph.path(id)),
        misaligned: field.misaligned,
    })
}

fn node(subject: &Subject, graph: &Graph, id: NodeId, shaped: impl Fn(&Shape) -> Vec<u64>) -> Node {
    let node = graph.node(id);
    Node {
        path: graph.path(id),
        op: node.operator_name().to_owned(),
        inputs: graph.inputs(id).map(|input| graph.path(input)).collect(),
        input_shapes: graph.inputs(id).map(|input| shaped(&graph.node(input).shape)).collect(),
        output: shaped(&node.shape),
        weights_of: node.weights_of.map(|owner| graph.path(owner)),
        live_bytes: subject.analysis.memory.live(id) * subject.element.bytes(),
        inside_bytes: subject.analysis.memory.inside(id) * subject.element.bytes(),
        receptive_field: receptive_field(subject, subject.fields().of(id)),
        figures: subject.analysis.node(id).map(|counts| {
            let estimate = subject.roofline.as_ref().and_then(|roofline| roofline.node(id));
            let like = ConventionCount::of(subject, |counted| counted.node(id));
            figures(subject, counts, estimate, like)
        }),
    }
}

fn block(subject: &Subject, graph: &Graph, id: ScopeId) -> Block {
    let (kind, name) = match &graph.scope(id).kind {
        ScopeKind::Network => ("network", None),
        ScopeKind::Block(name) => ("block", Some(name.to_string())),
        ScopeKind::Group => ("group", None),
        ScopeKind::Repeat => ("repeat", None),
        ScopeKind::Branches => ("branches", None),
        ScopeKind::Branch => ("branch", None),
        ScopeKind::Side => ("side", None),
    };
    let estimate = subject.roofline.as_ref().map(|roofline| roofline.scope(id));
    let like = ConventionCount::of(subject, |counted| counted.scope(id));
    let figures = figures(subject, subject.analysis.scope(id), estimate, like);
    Block { path: graph.scope_path(id), kind, block: name, figures }
}

/// A parameter as JSON has it: a whole number, a fraction as a float, a boolean or a word.
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
    }
}

pub(super) fn figures(
    subject: &Subject,
    counts: &Counts,
    estimate: Option<Estimate>,
    like: Option<ConventionCount>,
) -> Figures {
    let Counts { params, work, padding_exact, traffic } = counts;
    Figures {
        params: params.total(),
        trainable: params.trainable,
        frozen: params.frozen,
        buffers: params.buffers,
        macs: work.macs.total(),
        macs_by: work.macs.into(),
        flops: work.ops.flops(),
        ops: work.ops.into(),
        macs_padding_exact: padding_exact.macs.total(),
        ops_padding_exact: padding_exact.ops.into(),
        read_bytes: traffic.read * subject.element.bytes(),
        written_bytes: traffic.written * subject.element.bytes(),
        intensity: subject.intensity(counts),
        estimated: estimate.map(Estimated::from),
        like,
    }
}
