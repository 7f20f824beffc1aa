//! What is drawn of a network: the boxes that are open, what stands in them, and what goes from where to where.

use std::collections::BTreeSet;

use super::label::title;
use super::layout::Drawing;
use super::size::cut;
use super::{Columns, Heat, Kind, Options, fold};
use crate::graph::outline::Outline;
use crate::graph::{Graph, NodeId, Place, ScopeId, ScopeKind};
use crate::report::Subject;
use crate::report::figures::short;
use crate::report::rows::{Depth, listed};

/// The most things that are drawn unless a depth is asked for.
const FITTING: usize = 180;

/// What is drawn.
#[derive(Debug)]
pub struct Scene {
    /// The boxes that are open, each before those in it; the first is the network.
    pub frames: Vec<Frame>,
    /// What stands in them, in the order of execution.
    pub things: Vec<Thing>,
    /// What goes from one to another, each tensor once for each thing that takes it, in the order in which it is taken.
    pub edges: Vec<Edge>,
    /// The depth at which boxes were left closed, if any was.
    pub depth: Option<usize>,
    /// The largest figure that things are shaded by, as it is written, if any has one.
    pub most: Option<String>,
}

/// A box that is open.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The box.
    pub scope: ScopeId,
    /// The index of the frame around it; the network is around itself.
    pub parent: usize,
    /// Its path below the frame around it.
    pub title: String,
    /// How many boxes it stands for, one after another.
    pub times: usize,
    /// What stands directly in it, in order.
    pub items: Vec<Item>,
}

impl Frame {
    /// Its title, with how many boxes it stands for; of a long path the end.
    pub fn heading(&self) -> String {
        heading(&end(&self.title), self.times)
    }
}

/// What stands in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The index of a thing.
    Thing(usize),
    /// The index of a frame.
    Frame(usize),
}

/// An operator, a box that is closed, or an end of the network.
#[derive(Clone, Debug)]
pub struct Thing {
    /// What of the network it is; of an output, what makes it.
    pub place: Place,
    /// Its whole path; of an output, its name.
    pub path: String,
    /// The index of the frame it stands in.
    pub frame: usize,
    /// What it is.
    pub kind: Kind,
    /// Whether it is an output of the network, which has no figures.
    pub is_output: bool,
    /// What it is called: `Conv 7×7 /2 p3`; of a box, its path below the frame.
    pub title: String,
    /// What else stands on it: the shape that comes out, the figure that it is shaded by.
    pub details: Vec<String>,
    /// How many it stands for, one after another.
    pub times: usize,
    /// Its part of the largest such figure, from 0 to 1, if things are shaded by one and it has it.
    pub heat: Option<f64>,
}

impl Thing {
    /// Its title, with how many it stands for; of a box's long path the end.
    pub fn heading(&self) -> String {
        let title = if self.kind == Kind::Block { end(&self.title) } else { self.title.clone() };
        heading(&title, self.times)
    }
}

/// The end of a path that is long.
fn end(path: &str) -> String {
    const LONG: usize = 16;
    let last = path.rsplit('/').next().filter(|last| path.len() > LONG && last.len() < path.len());
    last.map_or_else(|| path.to_owned(), |last| format!("…/{last}"))
}

fn heading(title: &str, times: usize) -> String {
    const MOST: usize = 40;
    let title = cut(title, MOST);
    if times > 1 { format!("{title} × {times}") } else { title }
}

/// A tensor that goes from one thing to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The index of the thing that makes it.
    pub from: usize,
    /// The index of the thing that takes it.
    pub to: usize,
    /// The tensor.
    pub tensor: NodeId,
}

impl Scene {
    /// What is drawn of a network.
    pub fn of(subject: &Subject, options: &Options) -> Self {
        let outline = Outline::new(subject.graph());
        let opened = |depth| Making::new(subject, &outline, options).opened(depth);
        let (mut scene, is_whole) = match options.depth {
            Depth::To(depth) => opened(depth),
            Depth::All => opened(usize::MAX),
            Depth::Fitting => fitting(opened, |scene| {
                let things = scene.things.len();
                things <= FITTING
                    && (options.columns != Columns::Fitting
                        || things * 10 < FITTING
                        || is_low(scene, options))
            }),
        };
        if let Some(heat) = options.heat {
            scene.shade(subject, heat, options.times.as_deref());
        }
        if is_whole {
            scene.depth = None;
        }
        scene
    }

    /// Gives things their part of the largest figure.
    fn shade(&mut self, subject: &Subject, heat: Heat, times: Option<&[f64]>) {
        let value = |thing: &Thing| if thing.is_output { None } else { heat.of(subject, thing.place, times) };
        let values: Vec<_> = self.things.iter().map(value).collect();
        let most = values.iter().flatten().map(|(much, _)| *much).fold(0.0, f64::max);
        for (thing, value) in self.things.iter_mut().zip(values) {
            let Some((much, written)) = value else { continue };
            thing.heat = Some(much / most);
            if much >= most {
                self.most = Some(written.clone());
            }
            // A closed box may say it already.
            if thing.details.iter().all(|detail| !detail.starts_with(&format!("{written} "))) {
                thing.details.push(written);
            }
        }
    }

    /// How many frames are around a frame, the network's included.
    pub(super) fn level(&self, frame: &Frame) -> usize {
        let mut level = 1;
        let mut parent = frame.parent;
        while parent != 0 {
            level += 1;
            parent = self.frames[parent].parent;
        }
        level
    }
}

/// Whether a picture can be looked at without much scrolling.
fn is_low(scene: &Scene, options: &Options) -> bool {
    const LONGEST: f64 = 3600.0;
    let drawing = Drawing::of(scene, options.direction, options.columns);
    drawing.width.max(drawing.height) <= LONGEST
}

/// As deep as the picture fits, and at least one level.
fn fitting(opened: impl Fn(usize) -> (Scene, bool), fits: impl Fn(&Scene) -> bool) -> (Scene, bool) {
    let mut best = opened(1);
    for depth in 2.. {
        if best.1 {
            break;
        }
        let next = opened(depth);
        if !fits(&next.0) {
            break;
        }
        best = next;
    }
    best
}

/// A scene while it is made.
struct Making<'s> {
    subject: &'s Subject,
    outline: &'s Outline<'s>,
    ids: Vec<NodeId>,
    folds: bool,
    scene: Scene,
    /// By node: the thing that it is drawn as.
    things: Vec<usize>,
    /// By node: the node that stands for it, itself unless it is of a copy that is not drawn.
    stands_for: Vec<usize>,
    /// Whether a box was left closed.
    is_closed: bool,
}

impl<'s> Making<'s> {
    fn new(subject: &'s Subject, outline: &'s Outline<'s>, options: &Options) -> Self {
        let ids: Vec<NodeId> = subject.graph().nodes().map(|(id, _)| id).collect();
        let root = Frame { scope: ScopeId::ROOT, parent: 0, title: String::new(), times: 1, items: vec![] };
        Self {
            subject,
            outline,
            folds: options.folds_repeats,
            scene: Scene { frames: vec![root], things: vec![], edges: vec![], depth: None, most: None },
            things: vec![0; ids.len()],
            stands_for: (0..ids.len()).collect(),
            ids,
            is_closed: false,
        }
    }

    fn graph(&self) -> &'s Graph {
        self.subject.graph()
    }

    /// The scene with boxes opened so deep, and whether that is all of them.
    fn opened(mut self, depth: usize) -> (Scene, bool) {
        if depth == 0 {
            self.close(Place::Box(ScopeId::ROOT), 0, 1);
        } else {
            self.open(ScopeId::ROOT, depth, 0);
        }
        self.join();
        self.scene.depth = Some(depth);
        (self.scene, !self.is_closed)
    }

    fn open(&mut self, scope: ScopeId, depth: usize, frame: usize) {
        let mut parts = self.outline.parts(scope);
        while !parts.is_empty() {
            let times = if self.folds { fold::alike(self.graph(), &self.ids, parts) } else { 1 };
            let (same, rest) = parts.split_at(times);
            self.part(same[0], depth, frame, times);
            let first = fold::range(self.graph(), same[0]);
            for copy in &same[1..] {
                for (drawn, node) in first.clone().zip(fold::range(self.graph(), *copy)) {
                    (self.things[node], self.stands_for[node]) = (self.things[drawn], self.stands_for[drawn]);
                }
            }
            parts = rest;
        }
    }

    /// A part of a box, which stands for `times` alike.
    fn part(&mut self, part: Place, depth: usize, frame: usize, times: usize) {
        match self.outline.innermost(part) {
            Place::Box(scope) if depth > 1 => {
                let has_frame = times > 1 || self.has_frame(part, scope);
                let inner = if has_frame { self.frame(scope, frame, times) } else { frame };
                self.open(scope, depth - 1, inner);
            }
            place @ (Place::Node(_) | Place::Box(_)) => self.close(place, frame, times),
        }
    }

    /// Whether a box, which is all that is in a part, is drawn as one when it is open: not if it is seen by where its parts lie,
    /// nor if these are a few operators.
    fn has_frame(&self, part: Place, scope: ScopeId) -> bool {
        const FEW: usize = 3;
        let kind = |scope| &self.graph().scope(scope).kind;
        let is_branch = matches!(part, Place::Box(outer) if *kind(outer) == ScopeKind::Branch);
        let parts = self.outline.parts(scope);
        let is_small = parts.len() <= FEW && parts.iter().all(|part| matches!(part, Place::Node(_)));
        matches!(kind(scope), ScopeKind::Block(_) | ScopeKind::Group) && !is_branch && !is_small
    }

    fn frame(&mut self, scope: ScopeId, parent: usize, times: usize) -> usize {
        let frame = self.scene.frames.len();
        let title = self.below(self.graph().scope_path(scope), parent);
        self.scene.frames.push(Frame { scope, parent, title, times, items: vec![] });
        self.scene.frames[parent].items.push(Item::Frame(frame));
        frame
    }

    fn close(&mut self, place: Place, frame: usize, times: usize) {
        let graph = self.graph();
        let (path, kind, title, details) = match place {
            Place::Node(id) => {
                let node = graph.node(id);
                (graph.path(id), Kind::of_node(node), title(graph, id), vec![node.shape.to_string()])
            }
            Place::Box(scope) => {
                self.is_closed = true;
                let path = graph.scope_path(scope);
                let title = if path.is_empty() {
                    self.subject.label.clone()
                } else {
                    self.below(path.clone(), frame)
                };
                (path, Kind::Block, title, self.figures(scope))
            }
        };
        let index = self.push(Thing {
            place,
            path,
            frame,
            kind,
            is_output: false,
            title,
            details,
            times,
            heat: None,
        });
        for node in fold::range(graph, place) {
            self.things[node] = index;
        }
        let given = graph.outputs().len();
        for (name, id) in &graph.outputs()[..given.saturating_sub(1)] {
            if self.things[id.index()] == index && fold::range(graph, place).contains(&id.index()) {
                self.output(name, *id, frame);
            }
        }
    }

    fn push(&mut self, thing: Thing) -> usize {
        let index = self.scene.things.len();
        self.scene.frames[thing.frame].items.push(Item::Thing(index));
        self.scene.things.push(thing);
        index
    }

    fn output(&mut self, name: &str, id: NodeId, frame: usize) {
        let to = self.push(Thing {
            place: Place::Node(id),
            path: name.to_owned(),
            frame,
            kind: Kind::End,
            is_output: true,
            title: name.to_owned(),
            details: vec![self.graph().node(id).shape.to_string()],
            times: 1,
            heat: None,
        });
        let tensor = self.ids[self.stands_for[id.index()]];
        self.scene.edges.push(Edge { from: self.things[id.index()], to, tensor });
    }

    /// What stands on a closed box: what comes out of it, and its figures.
    fn figures(&self, scope: ScopeId) -> Vec<String> {
        let graph = self.graph();
        let shapes: Vec<_> = graph.leaving(scope).into_iter().map(|id| &graph.node(id).shape).collect();
        let counts = self.subject.analysis.scope(scope);
        let (params, macs) = (counts.params.total(), counts.work.macs.total());
        let mut figures = vec![listed(&shapes, 2)];
        if params > 0 {
            figures.push(format!("{} params", short(params)));
        }
        if macs > 0 {
            figures.push(format!("{} MACs", short(macs)));
        }
        figures
    }

    /// What is left of a path below a frame.
    fn below(&self, path: String, frame: usize) -> String {
        let around = self.graph().scope_path(self.scene.frames[frame].scope);
        let rest = path.strip_prefix(&around).map(|rest| rest.trim_start_matches('/').to_owned());
        rest.unwrap_or(path)
    }

    /// The edges, and the last output.
    fn join(&mut self) {
        let graph = self.graph();
        let mut seen = BTreeSet::new();
        for (id, _) in graph.nodes() {
            if self.stands_for[id.index()] != id.index() {
                continue;
            }
            let to = self.things[id.index()];
            for input in graph.inputs(id).map(NodeId::index) {
                let edge = Edge { from: self.things[input], to, tensor: self.ids[self.stands_for[input]] };
                if edge.from != to && seen.insert(edge) {
                    self.scene.edges.push(edge);
                }
            }
        }
        if let Some((name, id)) = graph.outputs().last() {
            self.output(name, *id, 0);
        }
    }
}
