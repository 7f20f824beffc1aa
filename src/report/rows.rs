//! The lines of a report about one network: its layers and boxes down to a depth.

use super::Subject;
use super::convention::InConvention;
use crate::analyze::Status;
use crate::analyze::receptive_field::{ReceptiveField, Seen};
use crate::analyze::roofline::{Estimate, Roofline};
use crate::bench::profile::Layer;
use crate::counts::Counts;
use crate::graph::outline::Outline;
use crate::graph::{Graph, NodeId, Place, ScopeId};
use crate::op::Class;
use crate::shape::Shape;

/// A line of a report.
#[derive(Clone, Debug)]
pub struct Row {
    /// What kind of line it is.
    pub kind: RowKind,
    /// What it is about.
    pub place: Place,
    /// The whole path.
    pub path: String,
    /// What is left of the path where the boxes around it have lines of their own.
    pub name: String,
    /// How many of the lines above it are of boxes around it.
    pub depth: usize,
    /// The operator, the block, or what else it is.
    pub op: String,
    /// The class of the operator.
    pub class: Option<Class>,
    /// Shapes that come in.
    pub input: Sizes,
    /// The shape that goes out.
    pub output: Sizes,
    /// The window, as it slides: `7×7 /2 p3`; of a box, that of the only layer in it that slides one.
    pub kernel: Sizes,
    /// What it costs; `None` if that is not known.
    pub counts: Option<Counts>,
    /// Bytes of one number.
    pub element_bytes: u128,
    /// FLOPs for each byte that is read or written.
    pub intensity: Option<f64>,
    /// The bytes that are alive while it is executed: tensors, and what it holds inside.
    pub live_bytes: u128,
    /// What it takes on a device, if one was asked about.
    pub estimate: Option<Estimate>,
    /// What it takes as it was measured, if it was.
    pub measured: Option<Layer>,
    /// What an element of its output sees of the input: `11×11 /4`; of the whole network, one of its last tensor whose elements
    /// do not all see the same. Empty unless receptive fields have been asked for, since those of a large network take time.
    pub field: Sizes,
    /// What it counts in another convention, if one was asked about.
    pub like: Option<InConvention>,
    /// Its part of the network's MACs, or of what that convention counts, from 0 to 1; `None` if there is none.
    pub share: Option<f64>,
    /// Whether something in it is not counted.
    pub partial: bool,
    /// Whether it uses the weights of another operator.
    pub shared: bool,
}

/// Something that is written with sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// How it is written: `64×56×56`, `7×7 /2`.
    pub text: String,
    /// How large it is: elements of shapes, positions of windows and receptive fields.
    pub size: u128,
}

/// What kind of line a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// An input of the network.
    Input,
    /// One operator.
    Operator,
    /// A box whose content has lines of its own.
    Open,
    /// A box with all that is in it.
    Folded,
    /// The whole network.
    Total,
}

impl RowKind {
    /// Whether the figures of such rows add up to the total.
    pub fn adds_up(self) -> bool {
        match self {
            Self::Input | Self::Operator | Self::Folded => true,
            Self::Open | Self::Total => false,
        }
    }
}

/// How deep boxes are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// As deep as the table stays short enough to take in.
    Fitting,
    /// To this depth: 0 is one line for the network.
    To(usize),
    /// Every operator has a line.
    All,
}

/// The most lines of a table whose depth was not asked for.
const FITTING: usize = 45;

/// The lines of a network, and the depth at which boxes were folded, if any was.
pub fn rows(subject: &Subject, depth: Depth) -> (Vec<Row>, Option<usize>) {
    let outline = Outline::new(&subject.network.graph);
    let lines = outline.lines();
    let deepest = lines.len();
    let depth = match depth {
        Depth::All => deepest,
        Depth::To(depth) => depth.min(deepest),
        Depth::Fitting => lines.iter().rposition(|&lines| lines <= FITTING).map_or(1, |index| index + 1),
    };
    let mut rows = vec![];
    if depth == 0 {
        rows.push(Row { kind: RowKind::Folded, ..total(subject) });
    } else {
        outline.append(subject, ScopeId::ROOT, depth, 0, &mut rows);
    }
    (rows, (depth < deepest).then_some(depth))
}

/// The line for the whole network.
pub fn total(subject: &Subject) -> Row {
    let graph = &subject.network.graph;
    let first = subject.network.graph.outputs().first();
    Row {
        kind: RowKind::Total,
        place: Place::Box(ScopeId::ROOT),
        measured: None,
        path: subject.label.clone(),
        name: subject.label.clone(),
        depth: 0,
        op: String::new(),
        class: None,
        input: Sizes::of(graph.network_inputs().map(|(_, node)| &node.shape)),
        output: Sizes::of(graph.outputs().iter().map(|&(_, id)| &graph.node(id).shape)),
        kernel: Sizes::default(),
        counts: Some(*subject.analysis.total()),
        element_bytes: subject.element.bytes(),
        intensity: subject.intensity(subject.analysis.total()),
        live_bytes: subject.peak_bytes(),
        estimate: subject.roofline.as_ref().map(Roofline::total),
        field: first.map_or_else(Sizes::default, |&(_, id)| seen(subject, id)),
        like: InConvention::scope(subject, ScopeId::ROOT),
        share: None,
        partial: subject.analysis.status() == Status::Partial,
        shared: false,
    }
}

impl Outline<'_> {
    /// The lines that the network takes when it is opened to each depth, from 1 to the deepest.
    fn lines(&self) -> Vec<usize> {
        let mut lines = vec![];
        self.add_lines(ScopeId::ROOT, 0, &mut lines);
        // What is opened stays open below.
        for depth in 1..lines.len() {
            lines[depth] += lines[depth - 1];
        }
        lines
    }

    /// Adds the parts of a box to those of others that stand as deep.
    fn add_lines(&self, scope: ScopeId, level: usize, lines: &mut Vec<usize>) {
        if lines.len() == level {
            lines.push(0);
        }
        lines[level] += self.parts(scope).len();
        for &part in self.parts(scope) {
            if let Place::Box(inner) = self.innermost(part) {
                self.add_lines(inner, level + 1, lines);
            }
        }
    }

    fn append(&self, subject: &Subject, scope: ScopeId, depth: usize, level: usize, rows: &mut Vec<Row>) {
        for &part in self.parts(scope) {
            let around = self.graph.scope_path(scope);
            match self.innermost(part) {
                Place::Node(id) => rows.push(Row { depth: level, ..node_row(subject, id, &around) }),
                Place::Box(id) => {
                    let row = Row { depth: level, ..self.box_row(subject, id, &around) };
                    if depth > 1 {
                        rows.push(Row { kind: RowKind::Open, ..row });
                        self.append(subject, id, depth - 1, level + 1, rows);
                    } else {
                        rows.push(row);
                    }
                }
            }
        }
    }

    fn box_row(&self, subject: &Subject, id: ScopeId, around: &str) -> Row {
        let (graph, scope) = (self.graph, self.graph.scope(id));
        let path = graph.scope_path(id);
        let counts = *subject.analysis.scope(id);
        let nodes = || scope.nodes();
        let uncounted = subject.analysis.uncounted();
        Row {
            kind: RowKind::Folded,
            place: Place::Box(id),
            measured: None,
            name: below(&path, around),
            path,
            depth: 0,
            op: scope.kind.label().to_owned(),
            class: None,
            input: Sizes::default(),
            output: Sizes::of(nodes().next_back().map(|last| &graph.node(last).shape)),
            kernel: Sizes::of_windows(graph, nodes()),
            counts: Some(counts),
            element_bytes: subject.element.bytes(),
            intensity: subject.intensity(&counts),
            estimate: subject.roofline.as_ref().map(|roofline| roofline.scope(id)),
            live_bytes: nodes().map(|node| live_bytes(subject, node)).max().unwrap_or(0),
            field: nodes().next_back().map_or_else(Sizes::default, |last| seen(subject, last)),
            share: share(subject, &counts, InConvention::scope(subject, id).as_ref()),
            like: InConvention::scope(subject, id),
            partial: uncounted.iter().any(|&node| graph.is_in(node, id)),
            shared: nodes().any(|node| graph.node(node).weights_of.is_some())
                && nodes()
                    .all(|node| graph.node(node).weights_of.is_some() || graph.weights(node).is_empty()),
        }
    }
}

fn node_row(subject: &Subject, id: NodeId, around: &str) -> Row {
    let graph = &subject.network.graph;
    let node = graph.node(id);
    let op = node.operator();
    let inputs = graph.input_shapes(id);
    let path = graph.path(id);
    let counts = subject.analysis.node(id).copied();
    Row {
        kind: if op.is_none() && counts.is_some() { RowKind::Input } else { RowKind::Operator },
        place: Place::Node(id),
        measured: None,
        name: below(&path, around),
        path,
        depth: 0,
        op: node.operator_name().to_owned(),
        class: op.map(|op| op.class()),
        input: Sizes::of(&inputs),
        output: Sizes::of([&node.shape]),
        kernel: Sizes::of_windows(graph, std::iter::once(id)),
        share: counts
            .as_ref()
            .and_then(|counts| share(subject, counts, InConvention::node(subject, id).as_ref())),
        like: InConvention::node(subject, id),
        partial: counts.is_none(),
        element_bytes: subject.element.bytes(),
        intensity: counts.and_then(|counts| subject.intensity(&counts)),
        live_bytes: live_bytes(subject, id),
        estimate: subject.roofline.as_ref().and_then(|roofline| roofline.node(id)),
        field: seen(subject, id),
        counts,
        shared: node.weights_of.is_some(),
    }
}

/// The path below a box that has a line of its own.
fn below(path: &str, around: &str) -> String {
    path.strip_prefix(around).unwrap_or(path).trim_start_matches('/').to_owned()
}

/// Part of the network's MACs, or of what another convention counts.
#[expect(clippy::cast_precision_loss, reason = "a share is shown with three digits")]
fn share(subject: &Subject, counts: &Counts, like: Option<&InConvention>) -> Option<f64> {
    if let Some(like) = like {
        return like.share();
    }
    let total = subject.analysis.total().work.macs.total();
    (total > 0).then(|| counts.work.macs.total() as f64 / total as f64)
}

fn live_bytes(subject: &Subject, id: NodeId) -> u128 {
    subject.analysis.memory.live(id) * subject.element.bytes()
}

impl Sizes {
    fn of<'s>(shapes: impl IntoIterator<Item = &'s Shape>) -> Self {
        let (mut texts, mut size) = (vec![], 0_u128);
        for shape in shapes {
            texts.push(shape.to_string());
            size = size.saturating_add(shape.elements());
        }
        Self { text: texts.join(", "), size }
    }

    /// Of the largest window, with what is written for all of them.
    fn of_windows(graph: &Graph, nodes: impl Iterator<Item = NodeId> + Clone) -> Self {
        let window = |id: NodeId| graph.node(id).operator()?.window(graph.input_shapes(id).first()?);
        let sizes = nodes.clone().filter_map(window);
        let sizes = sizes.map(|window| product(window.axes.iter().map(|axis| axis.kernel.into())));
        Self { size: sizes.max().unwrap_or(0), text: graph.shorthand(nodes) }
    }
}

fn product(sizes: impl Iterator<Item = u128>) -> u128 {
    sizes.fold(1, u128::saturating_mul)
}

/// The receptive field, and how many positions windows see: where everything is seen, more than by any window.
fn seen(subject: &Subject, id: NodeId) -> Sizes {
    const EVERYTHING: u128 = 1 << 127;
    let size = subject.fields.get().map_or(0, |fields| {
        let field = fields.of(id);
        let windows = product(field.axes.iter().map(|seen| seen.size));
        if field.everything.is_some() { windows.saturating_add(EVERYTHING) } else { windows }
    });
    Sizes { text: field(subject, id), size }
}

/// `427×427 /32, all`: the receptive field through windows, and whether everything is seen beside; empty unless fields have been
/// asked for.
fn field(subject: &Subject, id: NodeId) -> String {
    let Some(fields) = subject.fields.get() else { return String::new() };
    let field = fields.of(id);
    let words = [
        Some(windows(field)).filter(|windows| !windows.is_empty()),
        field.everything.map(|_| "all".to_owned()),
        field.misaligned.then(|| "misaligned".to_owned()),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `427×427 /32`: the receptive field through windows, and its stride where that is not 1; empty where it is not known.
pub(super) fn windows(field: &ReceptiveField) -> String {
    let stride = |seen: &Seen| match seen.stride {
        (step, 1) => step.to_string(),
        (step, parts) => format!("({step}/{parts})"),
    };
    let sizes: Vec<_> = field.axes.iter().map(|seen| seen.size.to_string()).collect();
    if sizes.is_empty() {
        return String::new();
    }
    sliding(&sizes, &field.axes.iter().map(stride).collect::<Vec<_>>())
}

/// Sizes, and strides behind them unless all are 1: `3×3`, `7×7 /2`, `3×3 /2×1`.
fn sliding(sizes: &[String], strides: &[String]) -> String {
    let size = sizes.join("×");
    match strides.first() {
        Some(first) if strides.iter().all(|stride| stride == first) => {
            if first == "1" {
                size
            } else {
                format!("{size} /{first}")
            }
        }
        Some(_) | None => format!("{size} /{}", strides.join("×")),
    }
}
