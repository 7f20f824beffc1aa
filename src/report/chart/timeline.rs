//! What is alive over the order of execution, and at the peak.

use std::ops::Range;

use super::notes::{circumstances, name};
use crate::graph::outline::Outline;
use crate::graph::{Graph, NodeId, Place, ScopeId};
use crate::report::Subject;
use crate::report::figures::bytes;
use crate::text;
use crate::text::{Text, printable};

/// The most steps that are drawn: of more, each is the highest of several.
const MOST: usize = 600;

/// The most tensors at the peak that are named.
const MOST_ALIVE: usize = 8;

/// What is alive over the order of execution.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The network.
    pub title: String,
    /// Its batch, and the type of its numbers.
    pub about: Text,
    /// How many steps there are: one for each node.
    pub count: usize,
    /// Whether several nodes may be executed at once, and then show the same.
    pub is_deployed: bool,
    /// What is alive, from each of these on; at most 600.
    pub steps: Vec<Step>,
    /// The step at which the most is.
    pub peak: Step,
    /// The path of the node that is executed then.
    pub peak_path: String,
    /// What is alive then, largest first; at most 8.
    pub alive: Vec<Alive>,
    /// How many more there are then, and their bytes together.
    pub more: Option<(usize, u128)>,
    /// The parts of the network in their order, those left out that are too short to be seen.
    pub parts: Vec<Part>,
}

/// A step of execution, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The first, from 0.
    pub at: usize,
    /// Bytes that are alive, at the most of these.
    pub bytes: u128,
}

/// Something that is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alive {
    /// The path of what makes it.
    pub path: String,
    /// Its shape; or that it is held inside an operator.
    pub what: Text,
    /// What it takes.
    pub bytes: u128,
}

/// A part of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What of it.
    pub place: Place,
    /// What it is called.
    pub name: String,
    /// The first of its steps.
    pub from: usize,
    /// The first step behind it.
    pub to: usize,
}

impl Timeline {
    /// Of a network; `None` if it has no nodes.
    pub fn of(subject: &Subject) -> Option<Self> {
        let (graph, memory) = (subject.graph(), &subject.analysis.memory);
        let peak = memory.peak_at(graph, subject.element)?;
        let mut alive = alive(subject, peak);
        let rest = alive.split_off(alive.len().min(MOST_ALIVE));
        let more = rest.iter().map(|tensor| tensor.bytes).sum();
        Some(Self {
            title: name(subject),
            about: circumstances(subject),
            count: graph.len(),
            is_deployed: subject.plan.is_some(),
            steps: steps(&memory.timeline(subject.element)),
            peak: Step { at: peak.index(), bytes: subject.peak_bytes() },
            peak_path: printable(&graph.path(peak)),
            alive,
            more: (!rest.is_empty()).then_some((rest.len(), more)),
            parts: parts(subject),
        })
    }

    /// What it shows, as a title.
    pub fn heading(&self) -> Text {
        let (peak, count) = (bytes(self.peak.bytes), self.count);
        if self.is_deployed {
            return text!(
                "bytes alive over the {count} layers in their order, those of one step alike, {peak} at the peak",
                "按 {count} 层的顺序存活的字节,同一步的各层相同,峰值 {peak}"
            );
        }
        text!(
            "bytes alive over the {count} steps of execution, {peak} at the peak",
            "{count} 个执行步骤中存活的字节,峰值 {peak}"
        )
    }
}

/// Few enough steps to draw.
fn steps(all: &[u128]) -> Vec<Step> {
    let count = all.len().min(MOST);
    let start = |index: usize| index * all.len() / count.max(1);
    let highest = |index: usize| {
        let bytes = all[start(index)..start(index + 1)].iter().copied().max().unwrap_or(0);
        Step { at: start(index), bytes }
    };
    (0..count).map(highest).collect()
}

/// Everything that is alive at a step, largest first.
fn alive(subject: &Subject, step: NodeId) -> Vec<Alive> {
    let (graph, memory) = (subject.graph(), &subject.analysis.memory);
    let path = |id| printable(&graph.path(id));
    let tensor = |(id, volume): (NodeId, _)| {
        let shape = &graph.node(id).shape;
        Alive { path: path(id), what: text!("{shape}", "{shape}"), bytes: subject.bytes(volume) }
    };
    let inside = subject.bytes(memory.inside(step));
    let inside =
        (inside > 0).then(|| Alive { path: path(step), what: text!("inside", "内部"), bytes: inside });
    let mut all: Vec<_> = memory.alive_at(graph, step).into_iter().map(tensor).chain(inside).collect();
    all.sort_by_key(|tensor| std::cmp::Reverse(tensor.bytes));
    all
}

/// The parts of the network; of one that is a single box, those of the box.
fn parts(subject: &Subject) -> Vec<Part> {
    let graph = subject.graph();
    let outline = Outline::new(graph);
    let mut scope = ScopeId::ROOT;
    // Beside its inputs there may be one box that holds everything.
    let is_part = |place: &&Place| match place {
        Place::Node(id) => graph.node(*id).operator().is_some(),
        Place::Box(_) => true,
    };
    while let [Place::Box(only)] = outline.parts(scope).iter().filter(is_part).collect::<Vec<_>>()[..] {
        scope = *only;
    }
    let around = graph.scope_path(scope);
    let part = |&place: &Place| {
        let Range { start: from, end: to } = steps_of(graph, place);
        // What is narrower than a step that is drawn is not seen.
        if (to - from) * MOST < graph.len() {
            return None;
        }
        let path = match place {
            Place::Node(id) => graph.path(id),
            Place::Box(id) => graph.scope_path(id),
        };
        let name = path.strip_prefix(&around).unwrap_or(&path).trim_start_matches('/');
        Some(Part { place, name: printable(name), from, to })
    };
    opened(&outline, scope).iter().filter_map(part).collect()
}

/// The parts of a box, in place of those that are most of the network their own parts.
fn opened(outline: &Outline<'_>, scope: ScopeId) -> Vec<Place> {
    const MANY: usize = 40;
    let mut places = outline.parts(scope).to_vec();
    let is_large = |place: &Place| match place {
        Place::Box(_) => 3 * steps_of(outline.graph, *place).len() > outline.graph.len(),
        Place::Node(_) => false,
    };
    while let Some(index) = places.iter().position(is_large) {
        let Place::Box(large) = places[index] else { break };
        let inner = outline.parts(large);
        if places.len() + inner.len() > MANY {
            break;
        }
        places.splice(index..=index, inner.iter().copied());
    }
    places
}

/// The steps at which what is in a part is executed.
fn steps_of(graph: &Graph, place: Place) -> Range<usize> {
    match place {
        Place::Node(id) => id.index()..id.index() + 1,
        Place::Box(id) => {
            let nodes = graph.scope(id).nodes();
            let from = nodes.clone().next().map_or(0, NodeId::index);
            from..from + nodes.len()
        }
    }
}
