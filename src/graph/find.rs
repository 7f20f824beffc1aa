//! The node or box that is meant by a path as a person writes it.
//!
//! Tables shorten paths, and in PyTorch they have dots and no boxes for branches: so a part of a path is enough where it
//! leads to one place. A whole path is looked up; every other search takes a pass over the graph. No path is made but those that
//! are given back.

use std::collections::BTreeSet;

use super::index::Index;
use super::{Graph, Place, ScopeId};
use crate::error::{Nearest, known_here, meant, nearest};
use crate::text;
use crate::text::Text;

/// Why a path leads to no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    /// Nothing is called so.
    Nothing {
        /// The path that was probably meant.
        nearest: Option<String>,
        /// The names of the first of the outermost layers and boxes.
        outermost: Vec<String>,
    },
    /// It leads to more than one place.
    Several {
        /// The paths of the first of them, in the order of execution.
        first: Vec<String>,
        /// How many there are.
        count: usize,
    },
}

impl Unfound {
    /// What is wrong with the path `written` in the network `label`, and what to do about it.
    pub fn told(&self, label: &str, written: &str) -> (Text, Option<Text>) {
        let message = match self {
            Self::Nothing { .. } => {
                text!("{label} has no layer or box `{written}`", "{label} 中没有名为 `{written}` 的层或模块")
            }
            Self::Several { count, .. } => text!(
                "`{written}` leads to {count} layers or boxes of {label}",
                "`{written}` 在 {label} 中对应 {count} 个层或模块"
            ),
        };
        (message, self.help())
    }

    /// What to do about it.
    pub fn help(&self) -> Option<Text> {
        match self {
            Self::Nothing { nearest, outermost } => {
                let outermost: Vec<&str> = outermost.iter().map(String::as_str).collect();
                nearest.as_deref().map(meant).or_else(|| known_here(&outermost))
            }
            Self::Several { first, count } => {
                let list = first.join("`, `");
                let (more, more_zh) = if *count > first.len() { (", …", "……") } else { ("", "") };
                Some(text!("write more of the path: `{list}`{more}", "请把路径写得更完整:`{list}`{more_zh}"))
            }
        }
    }
}

/// How many of several places are listed.
const LISTED: usize = 6;

/// How many of the outermost are given where nothing is like what was written: one more than are shown.
const OUTERMOST: usize = 13;

/// How many paths are looked at for one that is like what was written.
const LOOKED_AT: usize = 5000;

/// How a path is what was written; what is better comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Parts of it are left out, not the last.
    Parts,
    /// It ends so.
    End,
    /// It is that, with dots for slashes.
    Whole,
}

impl Graph {
    /// The node or box of exactly this path; the network if it is empty.
    pub fn find(&self, path: &str) -> Option<Place> {
        let path = path.trim_matches('/');
        self.index().at(path).find(|&place| self.is_path(place, path))
    }

    /// A path that leads to two places.
    pub(crate) fn repeated_path(&self) -> Option<String> {
        self.index().repeated(self)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(self))
    }

    /// The node or box that is meant by `written`: a path, with slashes or dots; else the end of one; else parts of one in
    /// their order, of which the last is its last; else such parts with an operator's name at the end. Where a box and what
    /// is in it fit alike, the box is meant.
    ///
    /// # Errors
    /// If nothing fits, or several places fit equally well.
    pub fn resolve(&self, written: &str) -> Result<Place, Unfound> {
        let written = written.trim();
        if let Some(place) = self.find(written) {
            return Ok(place);
        }
        let parts = parts(written);
        let search = Search::new(self, &parts);
        let mut found = search.by_name();
        if found.count == 0 {
            found = search.by_operator();
        }
        match (found.count, found.first.first()) {
            (1, Some(&place)) => Ok(place),
            (0, _) | (_, None) => {
                let nearest = search.nearest(written);
                Err(Unfound::Nothing { nearest, outermost: self.outermost() })
            }
            (count, _) => {
                let first = found.first.iter().map(|&place| self.place_path(place)).collect();
                Err(Unfound::Several { first, count })
            }
        }
    }

    /// The path of a node or box.
    pub fn place_path(&self, place: Place) -> String {
        match place {
            Place::Node(id) => self.path(id),
            Place::Box(id) => self.scope_path(id),
        }
    }

    /// Nodes, and boxes with nodes in them, in the order of execution; each box before what is in it.
    fn places(&self) -> impl Iterator<Item = Place> {
        let mut boxes = self.scopes().skip(1).filter(|(_, scope)| scope.nodes().len() > 0).peekable();
        let mut nodes = self.nodes().map(|(id, _)| id).peekable();
        std::iter::from_fn(move || {
            let next = *nodes.peek()?;
            let opens = boxes.next_if(|(_, scope)| scope.nodes().next() == Some(next));
            opens.map(|(id, _)| Place::Box(id)).or_else(|| nodes.next().map(Place::Node))
        })
    }

    /// The paths of the first of the layers and boxes that stand in no other box.
    fn outermost(&self) -> Vec<String> {
        let is_outermost = |place: &Place| match *place {
            Place::Node(id) => self.node(id).scope == ScopeId::ROOT,
            Place::Box(id) => self.scope(id).parent == ScopeId::ROOT,
        };
        self.places().filter(is_outermost).take(OUTERMOST).map(|place| self.place_path(place)).collect()
    }

    /// The names along the path of a place, the last first.
    fn names(&self, place: Place) -> impl Iterator<Item = &str> {
        let (first, mut scope) = match place {
            Place::Node(id) => (Some(&*self.node(id).name), self.node(id).scope),
            Place::Box(id) => (None, id),
        };
        let around = std::iter::from_fn(move || {
            let name = (scope != ScopeId::ROOT).then(|| &*self.scope(scope).name);
            scope = self.scope(scope).parent;
            name
        });
        first.into_iter().chain(around)
    }

    fn is_path(&self, place: Place, path: &str) -> bool {
        let mut rest = Some(path);
        for name in self.names(place) {
            // Behind the first name of the path no slash is left.
            rest = match rest.and_then(|rest| rest.strip_suffix(name)) {
                Some("") => Some(""),
                Some(before) => before.strip_suffix('/').filter(|before| !before.is_empty()),
                None => return false,
            };
        }
        rest == Some("")
    }

    fn holds(&self, outer: Place, inner: Place) -> bool {
        let Place::Box(outer) = outer else { return false };
        match inner {
            Place::Node(id) => self.is_in(id, outer),
            Place::Box(id) => self.scope(id).nodes().next().is_some_and(|first| self.is_in(first, outer)),
        }
    }
}

/// The parts of what was written. A name may hold dots, which part it here as slashes do.
fn parts(written: &str) -> Vec<&str> {
    written.split(['/', '.']).filter(|part| !part.is_empty()).collect()
}

/// A search for parts of a path.
struct Search<'g> {
    graph: &'g Graph,
    /// All but the last.
    before: &'g [&'g str],
    last: &'g str,
    /// For each box, how many of `before` stand along its path, in their order.
    passed: Vec<usize>,
}

/// What a search has found.
#[derive(Default)]
struct Found {
    fit: Option<Fit>,
    count: usize,
    /// The first [`LISTED`].
    first: Vec<Place>,
    latest: Option<Place>,
}

impl Found {
    fn add(&mut self, graph: &Graph, place: Place, fit: Fit) {
        if self.fit.is_some_and(|best| best > fit) {
            return;
        }
        if self.fit.is_some_and(|best| best < fit) {
            *self = Self::default();
        }
        self.fit = Some(fit);
        if self.latest.is_some_and(|latest| graph.holds(latest, place)) {
            return;
        }
        self.latest = Some(place);
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push(place);
        }
    }
}

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, parts: &'g [&'g str]) -> Self {
        let (last, before) = parts.split_last().map_or(("", parts), |(last, before)| (*last, before));
        let mut passed: Vec<usize> = Vec::with_capacity(graph.scopes().len());
        for (id, scope) in graph.scopes() {
            let around = if id == ScopeId::ROOT { 0 } else { passed[scope.parent.index()] };
            passed.push(pass(before, around, scope.name.split('.')));
        }
        Self { graph, before, last, passed }
    }

    fn by_name(&self) -> Found {
        let mut found = Found::default();
        for place in self.graph.places() {
            if let Some(fit) = self.fit(place) {
                found.add(self.graph, place, fit);
            }
        }
        found
    }

    fn by_operator(&self) -> Found {
        let mut found = Found::default();
        for (id, node) in self.graph.nodes() {
            let passed = self.passed[node.scope.index()] == self.before.len();
            if passed && node.operator_name() == self.last {
                found.add(self.graph, Place::Node(id), Fit::Parts);
            }
        }
        found
    }

    /// How the path of a place is what was written, if it is.
    fn fit(&self, place: Place) -> Option<Fit> {
        let (name, around) = self.name(place);
        let (earlier, last) = name.rsplit_once('.').map_or((None, name), |(a, b)| (Some(a), b));
        let earlier = earlier.into_iter().flat_map(|earlier| earlier.split('.'));
        if last != self.last || pass(self.before, self.passed[around.index()], earlier) < self.before.len() {
            return None;
        }
        let mut path =
            self.graph.names(place).flat_map(|name| name.rsplit('.')).filter(|part| !part.is_empty());
        let mut written = self.before.iter().rev().copied();
        let ends = path.next().is_some() && written.all(|part| path.next() == Some(part));
        Some(if !ends {
            Fit::Parts
        } else if path.next().is_some() {
            Fit::End
        } else {
            Fit::Whole
        })
    }

    /// The name of a place, and the box around it.
    fn name(&self, place: Place) -> (&'g str, ScopeId) {
        match place {
            Place::Node(id) => (&self.graph.node(id).name, self.graph.node(id).scope),
            Place::Box(id) => (&self.graph.scope(id).name, self.graph.scope(id).parent),
        }
    }

    /// The path that was probably meant: of what is where all but the last part lead, of what its parts are like, of where
    /// all but the last of them lead, as in front of a weight's name, or of what reads alike as a whole.
    fn nearest(&self, written: &str) -> Option<String> {
        let is_inside = |place: &Place| self.passed[self.name(*place).1.index()] == self.before.len();
        let inside = || self.graph.places().filter(is_inside);
        let name = nearest(self.last, inside().map(|place| self.name(place).0));
        let alike = name.and_then(|name| inside().find(|&place| self.name(place).0 == name));
        if let Some(place) = alike.or_else(|| self.nearest_parts()).or_else(|| self.around()) {
            return Some(self.graph.place_path(place));
        }
        let mut nearest = Nearest::to(&written.replace('.', "/"));
        let (mut names, mut path) = (vec![], String::new());
        let is_near = |place: &Place| {
            names.clear();
            names.extend(self.graph.names(*place));
            path.clear();
            for (index, name) in names.iter().rev().enumerate() {
                path.push_str(if index > 0 { "/" } else { "" });
                path.push_str(name);
            }
            nearest.is_beaten_by(&path)
        };
        let place = self.graph.places().take(LOOKED_AT).filter(is_near).last()?;
        Some(self.graph.place_path(place))
    }

    /// The only place, or the first of several, to which all but the last part lead.
    fn around(&self) -> Option<Place> {
        (!self.before.is_empty())
            .then(|| Search::new(self.graph, self.before).by_name().first.first().copied())?
    }

    /// The first place that is found with the nearest name for each part that is no name here.
    fn nearest_parts(&self) -> Option<Place> {
        let names = self.graph.places().flat_map(|place| self.name(place).0.split('.'));
        let names: BTreeSet<&str> = names.collect();
        let known = |part: &&'g str| {
            let near = || nearest(part, names.iter().copied());
            names.get(part).copied().or_else(|| longest_end(part, &names)).or_else(near)
        };
        let parts: Vec<&str> = self.before.iter().chain([&self.last]).map(known).collect::<Option<_>>()?;
        Search::new(self.graph, &parts).by_name().first.first().copied()
    }
}

/// The longest of `names` that `part` ends with: other programs put words in front, as in `denseblock1` or `inception3a`.
fn longest_end<'n>(part: &str, names: &BTreeSet<&'n str>) -> Option<&'n str> {
    let is_word = |name: &str| name.len() > 1 && name.contains(|c: char| !c.is_ascii_digit());
    let mut ends = part.char_indices().map(|(at, _)| &part[at..]).filter(|end| is_word(end));
    ends.find_map(|end| names.get(end).copied())
}

/// How many of `wanted` are passed with `names` behind the first `passed` of them.
fn pass<'n>(wanted: &[&str], passed: usize, names: impl Iterator<Item = &'n str>) -> usize {
    names.fold(passed, |passed, name| passed + usize::from(wanted.get(passed) == Some(&name)))
}
