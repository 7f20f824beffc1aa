//! The lines of a tree: which box or branch each stands in, and what it takes where that is not what stands before it.

use unicode_width::UnicodeWidthStr;

use super::names::{apart, below, copies, times_over};
use crate::graph::{Graph, Place, ScopeId, ScopeKind};
use crate::report::Subject;
use crate::report::draw::Kind;
use crate::report::draw::scene::{Item, Scene, Thing};
use crate::text;
use crate::text::{Language, printable};

/// A line of the tree.
#[derive(Debug)]
pub(super) struct Line {
    /// What joins it with the lines around it: `│ ├─ `.
    pub(super) stem: String,
    /// What it is about.
    pub(super) what: What,
    /// What kind of thing that is.
    pub(super) kind: Kind,
    /// Its mark, and what it is called.
    pub(super) label: String,
    /// What it takes, where that is not what stands before it: ` ← body, skip`.
    pub(super) from: String,
    /// The rest of its path below the lines around it.
    pub(super) name: String,
    /// The shape that comes out.
    pub(super) shape: String,
    /// Its part of the largest figure.
    pub(super) heat: Option<f64>,
    /// That figure, or those of a box that is closed.
    pub(super) figures: Vec<String>,
    /// Whether it is of a branch, beside others.
    pub(super) is_branch: bool,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An input or an output of the network.
    End,
    /// An operator with parameters.
    Weighted,
    /// An operator without.
    Plain,
    /// A box that is closed.
    Closed,
    /// A box that is open.
    Box,
    /// A branch, beside others.
    Branch,
    /// What goes past the branches beside it.
    Skip,
}

/// The most sources that a line names.
const SOURCES: usize = 6;

/// What stands in a box or a branch.
enum Part {
    Thing(usize),
    /// An open box, by its frame.
    Frame(usize, Vec<Part>),
    /// A branch or a side.
    Branch(ScopeId, Vec<Part>),
}

/// The lines of what is drawn.
pub(super) fn lines(subject: &Subject, scene: &Scene, language: Language) -> Vec<Line> {
    let mut sources = vec![vec![]; scene.things.len()];
    for edge in &scene.edges {
        sources[edge.to].push(edge.from);
    }
    let mut writing = Writing { subject, scene, language, sources, lines: vec![] };
    writing.all(&parts(subject.graph(), scene, 0), None, "", "");
    writing.lines
}

impl Line {
    /// Columns of what stands first, of which a long list of sources asks for no more than others.
    pub(super) fn width(&self) -> usize {
        const LIST: usize = 28;
        self.stem.width() + self.label.width() + self.from.width().min(LIST)
    }

    /// Its figures in a row; where there is none of the first, room.
    pub(super) fn joined(&self) -> String {
        let joined = self.figures.join(" · ");
        match self.figures.first() {
            Some(first) if first.trim().is_empty() => joined.replacen('·', " ", 1),
            Some(_) | None => joined,
        }
    }
}

/// What stands in a frame, in its branches.
fn parts(graph: &Graph, scene: &Scene, frame: usize) -> Vec<Part> {
    let mut open: Vec<(ScopeId, Vec<Part>)> = vec![(scene.frames[frame].scope, vec![])];
    let close = |open: &mut Vec<(ScopeId, Vec<Part>)>| {
        let (scope, inside) = open.pop().expect("what is closed is open");
        open.last_mut().expect("the frame stays open").1.push(Part::Branch(scope, inside));
    };
    for item in &scene.frames[frame].items {
        let place = match *item {
            Item::Thing(thing) => scene.things[thing].place,
            Item::Frame(inner) => Place::Box(scene.frames[inner].scope),
        };
        let branches = branches(graph, place, scene.frames[frame].scope);
        let same = open[1..].iter().zip(&branches).take_while(|((open, _), branch)| open == *branch).count();
        while open.len() > same + 1 {
            close(&mut open);
        }
        open.extend(branches[same..].iter().map(|branch| (*branch, vec![])));
        let part = match *item {
            Item::Thing(thing) => Part::Thing(thing),
            Item::Frame(inner) => Part::Frame(inner, parts(graph, scene, inner)),
        };
        open.last_mut().expect("the frame is open").1.push(part);
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.remove(0).1
}

/// The branches and sides that a place stands in below a box, outermost first.
fn branches(graph: &Graph, place: Place, around: ScopeId) -> Vec<ScopeId> {
    let mut scope = match place {
        Place::Node(id) => graph.node(id).scope,
        Place::Box(id) => id,
    };
    let mut branches = vec![];
    while scope != around && scope != ScopeId::ROOT {
        if matches!(graph.scope(scope).kind, ScopeKind::Branch | ScopeKind::Side) {
            branches.push(scope);
        }
        scope = graph.scope(scope).parent;
    }
    branches.reverse();
    branches
}

/// Branches that stand beside each other, until something joins them.
#[derive(Default)]
struct Beside {
    /// The box of them.
    scope: Option<ScopeId>,
    /// What each is called, and the thing at its end.
    ends: Vec<(String, Option<usize>)>,
}

/// The lines while they are written.
struct Writing<'s> {
    subject: &'s Subject,
    scene: &'s Scene,
    language: Language,
    /// By thing: the things that it takes something from.
    sources: Vec<Vec<usize>>,
    lines: Vec<Line>,
}

impl Writing<'_> {
    /// Writes what stands in a box at `around`; `before` is the thing whose tensor comes in. Gives the thing at the end.
    fn all(&mut self, parts: &[Part], before: Option<usize>, around: &str, stem: &str) -> Option<usize> {
        let (mut last, mut beside) = (before, Beside::default());
        for (at, part) in parts.iter().enumerate() {
            let ends = at + 1 == parts.len();
            match part {
                Part::Thing(thing) => {
                    self.joined(*thing, last, &beside, stem);
                    self.thing(*thing, last, &beside, around, &format!("{stem}{}", knee(ends, "─ ")));
                    (last, beside) = (Some(*thing), Beside::default());
                }
                Part::Frame(frame, inside) => {
                    let path = self.subject.graph().scope_path(self.scene.frames[*frame].scope);
                    let times = self.scene.frames[*frame].times;
                    self.header(What::Box, &copies(&below(&path, around), times), times, stem, ends);
                    last = self.all(inside, last, &path, &format!("{stem}{}", rail(ends)));
                    beside = Beside::default();
                }
                Part::Branch(scope, inside) => {
                    let end = self.branch(*scope, inside, last, around, (stem, ends));
                    let graph = self.subject.graph();
                    let parent = graph.scope(*scope).parent;
                    if beside.scope != Some(parent) {
                        beside = Beside { scope: Some(parent), ends: vec![] };
                    }
                    beside.ends.push((graph.scope(*scope).name.to_string(), end));
                }
            }
        }
        last
    }

    /// A branch with what stands in it. What is all of it is on its line.
    fn branch(
        &mut self,
        scope: ScopeId,
        inside: &[Part],
        before: Option<usize>,
        around: &str,
        (stem, ends): (&str, bool),
    ) -> Option<usize> {
        let graph = self.subject.graph();
        let (path, times, inside) = match inside {
            [Part::Thing(thing)] => {
                let knee = knee(ends, "─╮ ");
                self.thing(*thing, before, &Beside::default(), around, &format!("{stem}{knee}"));
                self.lines.last_mut().expect("it has just been written").is_branch = true;
                return Some(*thing);
            }
            [Part::Frame(frame, inside)] => {
                let frame = &self.scene.frames[*frame];
                (graph.scope_path(frame.scope), frame.times, &inside[..])
            }
            _ => (graph.scope_path(scope), 1, inside),
        };
        self.header(What::Branch, &copies(&below(&path, around), times), times, stem, ends);
        self.all(inside, before, &path, &format!("{stem}{}", rail(ends)))
    }

    fn header(&mut self, what: What, title: &str, times: usize, stem: &str, ends: bool) {
        let knee = knee(ends, if what == What::Branch { "─╮ " } else { "─┬ " });
        let label = times_over(&printable(title), times);
        let is_branch = what == What::Branch;
        self.lines.push(Line { stem: format!("{stem}{knee}"), label, is_branch, ..Line::of(what) });
    }

    /// A line for what goes past the branches that `thing` joins.
    fn joined(&mut self, thing: usize, before: Option<usize>, beside: &Beside, stem: &str) {
        let Some(before) = before.filter(|before| beside.joins(&self.sources[thing], *before)) else {
            return;
        };
        let shape = self.scene.things[before].details.first().cloned().unwrap_or_default();
        let label = text!("skip", "跳跃连接").get(self.language).to_owned();
        self.lines.push(Line { stem: format!("{stem}├╌╌╌ "), label, shape, ..Line::of(What::Skip) });
    }

    fn thing(&mut self, index: usize, before: Option<usize>, beside: &Beside, around: &str, stem: &str) {
        let thing = &self.scene.things[index];
        let what = self.what(thing);
        let rest = printable(&below(&thing.path, around));
        let (label, name) = match what {
            What::End => (printable(&thing.title), String::new()),
            What::Closed => (
                if rest.is_empty() { printable(&thing.title) } else { copies(&rest, thing.times) },
                String::new(),
            ),
            What::Weighted | What::Plain | What::Box | What::Branch | What::Skip => {
                (printable(&thing.title), rest)
            }
        };
        let label = format!("{}{}", what.mark(), times_over(&label, thing.times));
        let from = self.from(index, before, beside);
        let mut details = thing.details.iter().map(|detail| printable(detail));
        let shape = details.next().unwrap_or_default();
        let mut figures: Vec<_> = details.collect();
        if thing.heat.is_some() {
            figures.drain(..figures.len().saturating_sub(1));
        }
        let (kind, heat, stem) = (thing.kind, thing.heat, stem.to_owned());
        self.lines.push(Line { stem, kind, label, from, name, shape, heat, figures, ..Line::of(what) });
    }

    fn what(&self, thing: &Thing) -> What {
        let params = self.subject.counts(thing.place).map_or(0, |counts| counts.params.total());
        if thing.kind == Kind::End {
            What::End
        } else if thing.kind == Kind::Block {
            What::Closed
        } else if params > 0 {
            What::Weighted
        } else {
            What::Plain
        }
    }

    /// What a thing takes, unless that is what stands before it.
    fn from(&self, index: usize, before: Option<usize>, beside: &Beside) -> String {
        let sources = &self.sources[index];
        if sources.is_empty()
            || (beside.ends.is_empty() && sources.iter().all(|source| Some(*source) == before))
        {
            return String::new();
        }
        let skip = text!("skip", "跳跃连接");
        let called = |source: &usize| match beside.ends.iter().find(|(_, end)| *end == Some(*source)) {
            Some((name, _)) => name.clone(),
            None if Some(*source) == before && !beside.ends.is_empty() => skip.get(self.language).to_owned(),
            None => {
                let path = apart(&self.scene.things[*source].path, &self.scene.things[index].path);
                let is_skip = self.scene.things[index].kind == Kind::Merge
                    && before.is_some_and(|before| sources.contains(&before) && self.leads(*source, before));
                if is_skip {
                    text!("skip from {path}", "跳跃自 {path}").get(self.language).to_owned()
                } else {
                    path
                }
            }
        };
        let mut names: Vec<_> =
            sources.iter().take(SOURCES).map(|source| printable(&called(source))).collect();
        if sources.len() > SOURCES {
            names.push(format!("+{}", sources.len() - SOURCES));
        }
        format!(" ← {}", names.join(", "))
    }
}

impl Writing<'_> {
    /// Whether a thing comes to another by way of others, as far as is looked.
    fn leads(&self, from: usize, to: usize) -> bool {
        /// Things that are looked at: what skips more is no block.
        const LOOKED_AT: usize = 500;
        let (mut known, mut at) = (vec![to], 0);
        while let Some(&thing) = known.get(at).filter(|_| known.len() < LOOKED_AT) {
            // Whatever a thing takes stands before it.
            for &source in self.sources[thing].iter().filter(|&&source| source >= from) {
                if source == from {
                    return true;
                }
                if !known.contains(&source) {
                    known.push(source);
                }
            }
            at += 1;
        }
        false
    }
}

impl Line {
    fn of(what: What) -> Self {
        Self {
            stem: String::new(),
            what,
            kind: Kind::Block,
            label: String::new(),
            from: String::new(),
            name: String::new(),
            shape: String::new(),
            heat: None,
            figures: vec![],
            is_branch: false,
        }
    }
}

impl What {
    fn mark(self) -> &'static str {
        match self {
            Self::End => "○ ",
            Self::Weighted => "■ ",
            Self::Plain => "□ ",
            Self::Closed => "▸ ",
            Self::Box | Self::Branch | Self::Skip => "",
        }
    }
}

impl Beside {
    /// Whether what takes `sources` takes what comes into these branches, too.
    fn joins(&self, sources: &[usize], before: usize) -> bool {
        sources.contains(&before)
            && !self.ends.is_empty()
            && self.ends.iter().all(|(_, end)| *end != Some(before))
    }
}

/// What joins a line with the one above it, and with the one below it unless it is the last.
fn knee(ends: bool, arm: &str) -> String {
    format!("{}{arm}", if ends { '└' } else { '├' })
}

/// What stands before the lines of a box.
fn rail(ends: bool) -> &'static str {
    if ends { "  " } else { "│ " }
}
