//! The comparison as JSON: everything that its other forms show.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::Compared;
use super::lines::mark;
use super::totals::{everything_from, receptive_field};
use crate::compare::traffic::Turn;
use crate::compare::{Comparison, Difference, counts};
use crate::graph::Place;
use crate::metric::{METRICS, Metric, Wording};
use crate::report::Subject;
use crate::report::json::{self, Figures, Totals, shaped_at};
use crate::report::write_json;

/// The name and version of this form.
pub const SCHEMA: &str = "cnncost/comparison/1";

/// Networks beside each other; the first is what the others are held against.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Comparison")]
pub struct Written {
    /// The name and version of this form: `cnncost/comparison/1`.
    pub schema: &'static str,
    /// The version of cnncost.
    pub version: &'static str,
    /// The type of all numbers.
    pub dtype: &'static str,
    /// The networks, or one network at several batches.
    pub networks: Vec<Network>,
    /// Each network but the first against the first, in order.
    pub comparisons: Vec<Against>,
    /// The networks at each of several batches; empty for a single batch.
    pub batches: Vec<AtBatch>,
}

/// A network.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Network {
    /// What it is called here.
    pub name: String,
    /// What it calls itself.
    pub model: String,
    /// The file, or the name of the bundled one.
    pub source: String,
    /// The variant, if one was asked for.
    pub variant: Option<String>,
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    pub sha256: String,
    /// The parameters it was expanded with.
    pub params_set: BTreeMap<String, serde_json::Value>,
    /// Samples of one forward pass.
    pub batch: u64,
    /// Whether it is counted as it is deployed, rather than its graph.
    pub deployed: bool,
    /// The whole network.
    pub totals: Totals,
    /// What the output sees through windows: what the last tensor with positions saw before all were pooled; `427×427 /32`.
    pub receptive_field: Option<String>,
    /// The path of the layer from which on every element sees the whole input; nothing where the output does not.
    pub everything_from: Option<String>,
}

/// A network against the first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Against {
    /// The network.
    pub name: String,
    /// The first network's figure for 1 of this one, by figure; nothing where this one's is 0.
    pub times_less: BTreeMap<&'static str, Option<f64>>,
    /// From which batch on this network moves more bytes than the first, or less; nothing where all is one network.
    pub traffic_turn: Option<TrafficTurn>,
    /// Whether all layers are the same and they are joined in another way.
    pub rewired: bool,
    /// The layers that differ, in the order of execution; what they say of both networks differs by as much as the totals do.
    pub differences: Vec<Layer>,
}

/// From which batch on a network moves more bytes than the first, or less.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TrafficTurn {
    /// The first batch of which it is true, as it is of all after it; 1 if it is true of all.
    pub from_batch: u128,
    /// What it moves from there on: `more`, `less` or `same`.
    pub moves: &'static str,
}

/// A layer that differs, or that only one of the networks has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Layer {
    /// `changed`, `added` or `removed`.
    pub change: &'static str,
    /// The layer in the first network.
    pub first: Option<Side>,
    /// The layer in this network.
    pub second: Option<Side>,
    /// MACs here less those in the first network; nothing if that does not fit 128 bits.
    pub macs_difference: Option<i128>,
    /// Parameters likewise.
    pub params_difference: Option<i128>,
}

/// A layer in one of the networks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Side {
    /// Its path.
    pub path: String,
    /// Its operator.
    pub op: String,
    /// What it is, with its settings, in words.
    pub summary: Option<String>,
    /// The shapes that it takes, the batch first; null for one that is not known.
    pub input_shapes: Vec<Option<Vec<u64>>>,
    /// Its output's shape, the batch first; null if it is not known.
    pub output: Option<Vec<u64>>,
    /// Its figures; none if its operator is not known.
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// The networks at a batch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AtBatch {
    /// Samples of one forward pass.
    pub batch: u64,
    /// The totals of each network, in order.
    pub networks: Vec<Totals>,
}

/// Writes the comparison.
///
/// # Errors
/// If it cannot be written.
pub fn write(compared: &Compared, to: &mut dyn io::Write) -> io::Result<()> {
    let networks =
        compared.subjects.iter().zip(&compared.names).map(|(subject, name)| network(subject, name));
    let at_batch = |networks: &Vec<&Subject>| AtBatch {
        batch: networks[0].batch(),
        networks: networks.iter().map(|subject| json::totals(subject)).collect(),
    };
    let written = Written {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        dtype: compared.subjects[0].element.name(),
        networks: networks.collect(),
        comparisons: compared
            .pairs()
            .map(|(index, comparison)| against(compared, index, comparison))
            .collect(),
        batches: compared.batches.iter().map(at_batch).collect(),
    };
    write_json(&written, to)
}

/// The JSON Schema of a comparison.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Written)
}

fn network(subject: &Subject, name: &str) -> Network {
    let json::Network { model, source, variant, sha256, params_set, batch, deployed, totals, .. } =
        json::network(subject);
    Network {
        name: name.to_owned(),
        model: model.to_owned(),
        source: source.to_owned(),
        variant: variant.map(str::to_owned),
        sha256: sha256.to_owned(),
        params_set,
        batch,
        deployed,
        totals,
        receptive_field: receptive_field(subject),
        everything_from: everything_from(subject),
    }
}

fn against(compared: &Compared, index: usize, comparison: &Comparison) -> Against {
    let subjects = [compared.subjects[0], compared.subjects[index]];
    let turn = compared.turn(index).map(|turn| {
        let (from_batch, order) = match turn {
            Turn::Always(order) => (1, order),
            Turn::From(batch, order) => (batch, order),
        };
        let moves = match order {
            Ordering::Less => "less",
            Ordering::Equal => "same",
            Ordering::Greater => "more",
        };
        TrafficTurn { from_batch, moves }
    });
    Against {
        name: compared.names[index].clone(),
        times_less: times_less(subjects),
        traffic_turn: turn,
        rewired: comparison.rewired,
        differences: comparison
            .lines(usize::MAX, true)
            .into_iter()
            .map(|line| layer(subjects, line))
            .collect(),
    }
}

/// How many times as much the first network takes, by figure.
fn times_less([first, second]: [&Subject; 2]) -> BTreeMap<&'static str, Option<f64>> {
    let is_cost = |metric: &&Metric| metric.compared.is_some_and(|words| words != Wording::Height);
    let costs = METRICS.iter().filter(is_cost).filter(|metric| metric.total(first).is_ok());
    let ratio = |metric: &Metric| {
        let [old, new] = [first, second].map(|subject| metric.total(subject).ok()?.number());
        Some(old? / new.filter(|&new| new > 0.0)?)
    };
    costs.map(|metric| (metric.name, ratio(metric))).collect()
}

fn layer(subjects: [&Subject; 2], difference: &Difference) -> Layer {
    let places = [difference.sides.first(), difference.sides.second()];
    let [old, new] = [0, 1].map(|index| counts(subjects[index], places[index]));
    let [first, second] = [0, 1].map(|index| side(subjects[index], places[index]?));
    Layer {
        change: mark(difference.sides).name(),
        first,
        second,
        macs_difference: signed(old.work.macs.total(), new.work.macs.total()),
        params_difference: signed(old.params.total(), new.params.total()),
    }
}

fn signed(old: u128, new: u128) -> Option<i128> {
    let size = i128::try_from(old.abs_diff(new)).ok()?;
    Some(if new < old { -size } else { size })
}

/// Boxes are opened: what is left of them are layers.
fn side(subject: &Subject, place: Place) -> Option<Side> {
    let Place::Node(id) = place else { return None };
    let graph = subject.graph();
    let (node, inputs) = (graph.node(id), graph.input_shapes(id));
    Some(Side {
        path: graph.path(id),
        op: node.operator_name().to_owned(),
        summary: node.operator().and_then(|op| op.summary(&inputs, &node.shape)).map(|text| text.english),
        input_shapes: graph.inputs(id).map(|input| shaped_at(subject, input)).collect(),
        output: shaped_at(subject, id),
        figures: Figures::at(subject, place).any(),
    })
}
