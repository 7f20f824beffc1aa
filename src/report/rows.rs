//! The lines of a report about one network: its layers and boxes down to a depth.

use super::Subject;
use super::convention::InConvention;
use super::sheet::Kind;
use crate::analyze::measured::Timing;
use crate::graph::outline::Outline;
use crate::graph::{Content, Graph, NodeId, Place, ScopeId};
use crate::op::Class;
use crate::shape::Shape;

/// A line of a report: what it is about. What stands in it is had from there when it is shown.
#[derive(Clone, Debug)]
pub struct Row<'s> {
    /// What kind of line it is.
    pub kind: Kind,
    /// The network.
    pub subject: &'s Subject,
    /// What of it.
    pub place: Place,
    /// The whole path.
    pub path: String,
    /// What is left of the path where the boxes around it have lines of their own.
    pub name: String,
    /// How many of the lines above it are of boxes around it.
    pub depth: usize,
    /// What it takes as it was measured, if it was.
    pub measured: Option<Timing>,
}

/// Something that is written with sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SizeText {
    /// How it is written: `64×56×56`, `7×7 /2`.
    pub text: String,
    /// How large it is: elements of shapes, positions of windows and receptive fields.
    pub size: u128,
}

/// The most shapes of an operator or of the network that are written out.
pub(super) const MOST: usize = 4;

/// The same of a box: its neighbours have one.
const MOST_OF_A_BOX: usize = 2;

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
pub fn rows(subject: &Subject, depth: Depth) -> (Vec<Row<'_>>, Option<usize>) {
    let outline = Outline::new(subject.graph());
    let lines = outline.lines();
    let depth = match depth {
        Depth::All => lines.len(),
        Depth::To(depth) => depth.min(lines.len()),
        Depth::Fitting => fitting(&lines, FITTING),
    };
    opened(subject, &outline, depth, lines.len())
}

/// The same as deep as there are no more lines than `most`, but of one level at least.
pub fn rows_within(subject: &Subject, most: usize) -> (Vec<Row<'_>>, Option<usize>) {
    let outline = Outline::new(subject.graph());
    let lines = outline.lines();
    opened(subject, &outline, fitting(&lines, most), lines.len())
}

/// The depth to which boxes may be opened for so many lines.
fn fitting(lines: &[usize], most: usize) -> usize {
    lines.iter().rposition(|&lines| lines <= most).map_or(1, |index| index + 1)
}

fn opened<'s>(
    subject: &'s Subject,
    outline: &Outline<'_>,
    depth: usize,
    deepest: usize,
) -> (Vec<Row<'s>>, Option<usize>) {
    let mut rows = vec![];
    if depth == 0 {
        rows.push(Row { kind: Kind::Folded, ..total(subject) });
    } else {
        outline.append(subject, ScopeId::ROOT, depth, 0, &mut rows);
    }
    (rows, (depth < deepest).then_some(depth))
}

/// The line for the whole network.
pub fn total(subject: &Subject) -> Row<'_> {
    Row {
        kind: Kind::Total,
        subject,
        place: Place::Box(ScopeId::ROOT),
        path: subject.label.clone(),
        name: subject.label.clone(),
        depth: 0,
        measured: None,
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

    fn append<'s>(
        &self,
        subject: &'s Subject,
        scope: ScopeId,
        depth: usize,
        level: usize,
        rows: &mut Vec<Row<'s>>,
    ) {
        let around = self.graph.scope_path(scope);
        for &part in self.parts(scope) {
            let place = self.innermost(part);
            let row = Row { depth: level, ..Row::new(subject, place, &around) };
            match place {
                Place::Box(id) if depth > 1 => {
                    rows.push(Row { kind: Kind::Open, ..row });
                    self.append(subject, id, depth - 1, level + 1, rows);
                }
                Place::Box(_) | Place::Node(_) => rows.push(row),
            }
        }
    }
}

impl<'s> Row<'s> {
    fn new(subject: &'s Subject, place: Place, around: &str) -> Self {
        let graph = subject.graph();
        let (kind, path) = match place {
            Place::Node(id) => (Kind::Part, graph.path(id)),
            Place::Box(id) => (Kind::Folded, graph.scope_path(id)),
        };
        Self { kind, subject, place, name: below(&path, around), path, depth: 0, measured: None }
    }

    fn graph(&self) -> &'s Graph {
        self.subject.graph()
    }

    /// Whether it is an input of the network.
    pub fn is_input(&self) -> bool {
        matches!(self.place, Place::Node(id) if self.graph().node(id).content == Content::Input)
    }

    /// The operator, the block, or what else it is.
    pub fn op(&self) -> &'s str {
        match self.place {
            Place::Node(id) => self.graph().node(id).operator_name(),
            Place::Box(id) => self.graph().scope(id).kind.label(),
        }
    }

    /// The class of the operator.
    pub fn class(&self) -> Option<Class> {
        let Place::Node(id) = self.place else { return None };
        self.graph().node(id).operator().map(|op| op.class())
    }

    /// Shapes that come in.
    pub fn input(&self) -> SizeText {
        match self.place {
            Place::Node(id) => SizeText::of(&self.graph().input_shapes(id), MOST),
            Place::Box(ScopeId::ROOT) => {
                SizeText::of(self.graph().network_inputs().map(|(_, node)| &node.shape), MOST)
            }
            Place::Box(_) => SizeText::default(),
        }
    }

    /// The shapes that go out.
    pub fn output(&self) -> SizeText {
        let (graph, shape) = (self.graph(), |id: NodeId| &self.graph().node(id).shape);
        match self.place {
            Place::Node(id) => SizeText::of([shape(id)], MOST),
            Place::Box(ScopeId::ROOT) => SizeText::of(graph.outputs().iter().map(|&(_, id)| shape(id)), MOST),
            Place::Box(id) => SizeText::of(graph.leaving(id).into_iter().map(shape), MOST_OF_A_BOX),
        }
    }

    /// The window, as it slides: `7×7 /2 p3`; of a box, that of the only layer in it that slides one.
    pub fn kernel(&self) -> SizeText {
        match self.place {
            Place::Node(id) => SizeText::of_windows(self.graph(), std::iter::once(id)),
            Place::Box(ScopeId::ROOT) => SizeText::default(),
            Place::Box(id) => SizeText::of_windows(self.graph(), self.graph().scope(id).nodes()),
        }
    }

    /// What it counts in another convention, if one was asked about.
    pub fn like(&self) -> Option<InConvention> {
        match self.place {
            Place::Node(id) => InConvention::node(self.subject, id),
            Place::Box(id) => InConvention::scope(self.subject, id),
        }
    }

    /// Its part of the network's MACs, or of what that convention counts, from 0 to 1; `None` if there is none, and of the whole.
    #[expect(clippy::cast_precision_loss, reason = "a share is shown with three digits")]
    pub fn share(&self) -> Option<f64> {
        if self.place == Place::Box(ScopeId::ROOT) {
            return None;
        }
        if let Some(like) = self.like() {
            return like.share();
        }
        let macs = self.subject.counts(self.place)?.work.macs.total();
        let total = self.subject.analysis.total().work.macs.total();
        (total > 0).then(|| macs as f64 / total as f64)
    }

    /// Whether it uses the weights of other operators, and has none of its own.
    pub fn is_shared(&self) -> bool {
        let graph = self.graph();
        let has_none = |id: NodeId| graph.own_weights(id).is_empty();
        match self.place {
            Place::Node(id) => graph.is_tied(id) && has_none(id),
            Place::Box(ScopeId::ROOT) => false,
            Place::Box(id) => {
                let mut nodes = graph.scope(id).nodes();
                nodes.clone().any(|id| graph.is_tied(id)) && nodes.all(has_none)
            }
        }
    }
}

/// The path below a box that has a line of its own.
fn below(path: &str, around: &str) -> String {
    path.strip_prefix(around).unwrap_or(path).trim_start_matches('/').to_owned()
}

impl SizeText {
    fn of<'s>(shapes: impl IntoIterator<Item = &'s Shape>, most: usize) -> Self {
        let shapes: Vec<&Shape> = shapes.into_iter().collect();
        let size = shapes.iter().fold(0_u128, |size, shape| size.saturating_add(shape.elements()));
        Self { text: listed(&shapes, most), size }
    }

    /// Of the largest window, with what is written for all of them.
    fn of_windows(graph: &Graph, nodes: impl Iterator<Item = NodeId> + Clone) -> Self {
        let window = |id: NodeId| graph.node(id).operator()?.window(graph.input_shapes(id).first()?);
        let sizes = nodes.clone().filter_map(window);
        let sizes = sizes.map(|window| product(window.axes.iter().map(|axis| axis.kernel.into())));
        Self { size: sizes.max().unwrap_or(0), text: graph.shorthand(nodes) }
    }
}

/// Shapes in a row; of more than `most`, the first and how many more there are: `18×56×56 +3`.
pub(super) fn listed(shapes: &[&Shape], most: usize) -> String {
    match shapes {
        [first, others @ ..] if shapes.len() > most => format!("{first} +{}", others.len()),
        all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn product(sizes: impl Iterator<Item = u128>) -> u128 {
    sizes.fold(1, u128::saturating_mul)
}
