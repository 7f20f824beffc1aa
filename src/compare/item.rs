//! A part of a box as it is matched: what it does, and how much two parts are alike.
//!
//! What a layer does comes before what it is called: its operator with its settings, its shapes, what it takes. A name only
//! decides between what is as much alike, and lets what does not look alike be compared at all.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::counts;
use crate::graph::outline::Outline;
use crate::graph::{Node, NodeId, Place, ScopeKind};
use crate::op::window::spatial_sizes;
use crate::op::{Class, Entry};
use crate::subject::Subject;

/// A part of a box, as it is matched.
pub(super) struct Item<'g> {
    /// The part, and what it comes to when boxes around a single part are taken as one with it, outermost first.
    levels: Vec<Level<'g>>,
    pub(super) name: &'g str,
    naming: Naming,
    /// Whether it is a branch: these have no order among each other.
    pub(super) is_branch: bool,
    /// Whether it is a box that is no block, whose kind says nothing of what is in it.
    is_plain: bool,
    /// Two parts of different content have different fingerprints, but for one chance in 2^64.
    pub(super) print: u64,
    does: Does,
}

/// Where a name comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    /// Somebody has chosen it.
    Chosen,
    /// It is the number of a copy: what stands in the same place of two repeated items.
    Copy,
    /// It only counts: `conv2d_1`.
    Counted,
}

#[derive(Clone, Copy)]
struct Level<'g> {
    place: Place,
    /// The operator or block.
    kind: &'g str,
}

/// What a part does, each as a number that is the same of what is the same.
struct Does {
    input: u64,
    output: u64,
    /// The output's sizes beside its channels.
    positions: u64,
    /// How its window slides; 0 without one.
    window: u64,
    macs: u128,
    /// Of what others may stand in for: a pool for a pool.
    class: Option<Class>,
}

/// A fingerprint of what each node is, by node.
pub(super) fn prints(subject: &Subject) -> Vec<u64> {
    let graph = subject.graph();
    let print = |(id, node): (NodeId, &Node)| {
        hash((
            node.operator_name(),
            node.operator().map(|op| serde_json::to_string(op).unwrap_or_default()),
            &node.shape,
            graph.input_shapes(id),
            node.frozen,
            graph.ties(id).map(|(index, _)| index).collect::<Vec<_>>(),
        ))
    };
    graph.nodes().map(print).collect()
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<'g> Item<'g> {
    /// `part` of a box of `outline`, which is that of `subject`.
    pub(super) fn new(subject: &Subject, outline: &Outline<'g>, prints: &[u64], part: Place) -> Self {
        let graph = outline.graph;
        let levels: Vec<_> =
            levels(outline, part).map(|place| Level { place, kind: kind(outline, place) }).collect();
        let (nodes, class) = match part {
            Place::Node(id) => (vec![id], graph.node(id).operator().and_then(|op| like(op.class()))),
            Place::Box(id) => (graph.scope(id).nodes().collect(), None),
        };
        let (name, around) = match part {
            Place::Node(id) => (&*graph.node(id).name, graph.node(id).scope),
            Place::Box(id) => (&*graph.scope(id).name, graph.scope(id).parent),
        };
        let naming = if matches!(graph.scope(around).kind, ScopeKind::Repeat | ScopeKind::For) {
            Naming::Copy
        } else if levels.iter().any(|level| counts_only(name, level.kind)) {
            Naming::Counted
        } else {
            Naming::Chosen
        };
        let output = nodes.last().map(|&last| &graph.node(last).shape);
        let window = graph.shorthand(nodes.iter().copied());
        Self {
            name,
            naming,
            is_plain: levels.last().is_some_and(|level| is_plain(outline, level.place)),
            is_branch: matches!(part, Place::Box(id) if graph.scope(id).kind == ScopeKind::Branch),
            print: match &nodes[..] {
                [node] => prints[node.index()],
                nodes => hash(nodes.iter().map(|node| prints[node.index()]).collect::<Vec<_>>()),
            },
            does: Does {
                input: nodes.first().map_or(0, |&first| hash(graph.input_shapes(first))),
                output: output.map_or(0, hash),
                positions: output.map_or(0, |shape| hash(spatial_sizes(shape))),
                window: if window.is_empty() { 0 } else { hash(window) },
                macs: counts(subject, Some(part)).work.macs.total(),
                class,
            },
            levels,
        }
    }

    /// The part itself.
    pub(super) fn part(&self) -> Place {
        self.levels[0].place
    }

    /// What it comes to.
    pub(super) fn place(&self) -> Place {
        self.innermost().place
    }

    fn innermost(&self) -> Level<'g> {
        *self.levels.last().expect("a part is its own level")
    }

    fn is_box(&self) -> bool {
        matches!(self.place(), Place::Box(_))
    }

    /// Whether they are of one kind, or what they come to is.
    pub(super) fn is_of_kind(&self, other: &Self) -> bool {
        let is_level = |level: &Level| {
            let alike =
                |theirs: &Level| theirs.kind == level.kind && is_box(theirs.place) == is_box(level.place);
            other.levels.iter().any(alike)
        };
        self.levels.iter().any(is_level)
    }

    /// How much two parts are alike; `None` if they are not each other's like.
    pub(super) fn likeness(&self, other: &Self) -> Option<u32> {
        /// More than all else together but a name.
        const SAME: u32 = 26;
        let (own, theirs) = (&self.does, &other.does);
        let name = self.name_counts(other);
        if self.print == other.print && self.is_of_kind(other) {
            return Some(SAME + name);
        }
        let (input, output) = (own.input == theirs.input, own.output == theirs.output);
        // What a box is may be known only by what goes in and comes out.
        let costs_alike = near(own.macs, theirs.macs) > 0 || (input && own.macs == theirs.macs);
        let stands_in = (self.is_box() || other.is_box()) && output && costs_alike;
        let kind = if self.is_of_kind(other) {
            8
        } else if own.class.is_some() && own.class == theirs.class {
            4
        } else if name >= 3 || stands_in {
            1
        } else {
            return None;
        };
        let window = own.window == theirs.window && own.window != 0;
        let positions = own.positions == theirs.positions;
        // A list or a repetition is of the kind of any other: that alone makes no two of them alike.
        if self.is_plain && other.is_plain && !positions && name < 3 && near(own.macs, theirs.macs) == 0 {
            return None;
        }
        let sizes = if output {
            4
        } else if positions {
            2
        } else {
            0
        };
        let (input, window) = (if input { 3 } else { 0 }, if window { 3 } else { 0 });
        Some(kind + sizes + input + window + near(own.macs, theirs.macs) + name)
    }

    /// What it counts that both are called the same.
    fn name_counts(&self, other: &Self) -> u32 {
        match [self.naming, other.naming] {
            [..] if self.name != other.name => 0,
            // So that what is added to a row of copies stands behind it, though each of these may do a little less.
            [Naming::Copy, Naming::Copy] => 10,
            [Naming::Chosen, Naming::Chosen] => 3,
            [Naming::Chosen | Naming::Copy | Naming::Counted, ..] => 1,
        }
    }

    /// Whether it has the place of another, whatever is in them: what comes out is as large, or somebody has called both the
    /// same.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        self.does.positions == other.does.positions || self.is_namesake(other)
    }

    /// Whether somebody has called both the same.
    pub(super) fn is_namesake(&self, other: &Self) -> bool {
        self.name == other.name && [self.naming, other.naming] == [Naming::Chosen; 2]
    }

    /// Whether it is the same as another that stands elsewhere, and worth finding there.
    pub(super) fn is_moved(&self) -> bool {
        self.does.macs > 0
    }
}

/// How near two costs are, from 0 to 6; two of nothing say nothing.
fn near(first: u128, second: u128) -> u32 {
    let (less, more) = (first.min(second), first.max(second));
    match less {
        0 => 0,
        _ if less == more => 6,
        _ if less.saturating_mul(5) >= more.saturating_mul(4) => 5,
        _ if less.saturating_mul(2) >= more => 3,
        _ if less.saturating_mul(4) >= more => 1,
        _ => 0,
    }
}

fn is_plain(outline: &Outline, place: Place) -> bool {
    matches!(place, Place::Box(id) if !matches!(outline.graph.scope(id).kind, ScopeKind::Block(_)))
}

fn is_box(place: Place) -> bool {
    matches!(place, Place::Box(_))
}

/// A part, and what it comes to, outermost first.
pub(super) fn levels<'o>(outline: &'o Outline, part: Place) -> impl Iterator<Item = Place> + use<'o> {
    std::iter::successors(Some(part), |&place| match place {
        Place::Box(id) => match outline.parts(id) {
            &[only] => Some(only),
            _ => None,
        },
        Place::Node(_) => None,
    })
}

fn kind<'g>(outline: &Outline<'g>, place: Place) -> &'g str {
    match place {
        Place::Node(id) => outline.graph.node(id).operator_name(),
        Place::Box(id) => outline.graph.scope(id).kind.label(),
    }
}

/// The class of operators that may take each other's place; of others only the same operator does.
fn like(class: Class) -> Option<Class> {
    match class {
        Class::Convolution
        | Class::Normalization
        | Class::Activation
        | Class::Pooling
        | Class::Softmax
        | Class::Merge => Some(class),
        Class::Linear | Class::Attention | Class::Rearrangement | Class::Source | Class::Opaque => None,
    }
}

/// Whether a name is one that expansion has given: the kind and a number.
fn counts_only(name: &str, kind: &str) -> bool {
    let Some((word, number)) = name.rsplit_once('_') else { return false };
    let is_kind = word == kind || word == "layers" || Entry::find(word).is_some();
    is_kind && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
