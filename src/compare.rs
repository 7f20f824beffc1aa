//! Two networks beside each other: which layers and boxes of one are which of the other, and where they differ.
//!
//! Boxes are compared level by level. On each level those are each other's like that do most nearly the same, in the same
//! order (in `item` and `align`). Differences are exact: what the lines of a comparison say of both networks differs by as much
//! as the totals do, at any depth.
//!
//! ```
//! use cnncost::compare::{Comparison, Sides, counts};
//! use cnncost::source::{self, Choice};
//!
//! let named = source::open("bottleneck")?;
//! let subject = |variant| named.subject(&Choice::default().of(Some(variant)));
//! let (direct, bottleneck) = (subject("direct")?, subject("bottleneck")?);
//!
//! let comparison = Comparison::new(&direct, &bottleneck);
//! let [squeeze, conv] = &comparison.differences[..] else { unreachable!("one is new, the other smaller") };
//! assert!(matches!(squeeze.sides, Sides::Second(_)));
//! let macs = |subject, place| counts(subject, place).work.macs.total();
//! assert_eq!(macs(&direct, conv.sides.first()), 120_422_400);
//! assert_eq!(macs(&bottleneck, conv.sides.second()), 10_035_200);
//! # Ok::<(), cnncost::error::ReadError>(())
//! ```

use crate::counts::Counts;
use crate::graph::outline::Outline;
use crate::graph::{NodeId, Place, ScopeId};
use crate::subject::Subject;

mod align;
mod item;
pub mod traffic;

use align::align;
use item::Item;

/// Where a network differs from the one it is held against.
#[derive(Debug)]
pub struct Comparison {
    /// In the order of execution.
    pub differences: Vec<Difference>,
    /// Whether every layer has its like and they are joined in another way.
    pub rewired: bool,
}

/// A layer or box that differs, or that only one of the two networks has.
#[derive(Debug)]
pub struct Difference {
    /// Where it is, in either network.
    pub sides: Sides,
    /// Where a box differs: its parts that do, at least one. Of a box that only one network has, all parts.
    pub inside: Vec<Difference>,
    /// Whether a box stands in both networks in the same place, and no layer in it is in both.
    pub is_replaced: bool,
}

/// Where something is in the first network and where in the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// In both.
    Both(Place, Place),
    /// In the first alone.
    First(Place),
    /// In the second alone.
    Second(Place),
}

impl Sides {
    /// Where it is in the first.
    pub fn first(self) -> Option<Place> {
        match self {
            Self::Both(first, _) | Self::First(first) => Some(first),
            Self::Second(_) => None,
        }
    }

    /// Where it is in the second.
    pub fn second(self) -> Option<Place> {
        match self {
            Self::Both(_, second) | Self::Second(second) => Some(second),
            Self::First(_) => None,
        }
    }
}

impl Comparison {
    /// Holds `second` against `first`.
    pub fn new(first: &Subject, second: &Subject) -> Self {
        let mut matching = Matching {
            first,
            second,
            outlines: [first, second].map(|subject| Outline::new(subject.graph())),
            prints: [first, second].map(item::prints),
            pairs: vec![],
        };
        let roots = [0, 1].map(|side| matching.outlines[side].parts(ScopeId::ROOT).to_vec());
        let differences = matching.differences(&roots[0], &roots[1]);
        let rewired = differences.is_empty() && matching.is_rewired();
        Self { differences, rewired }
    }

    /// The differences with boxes opened to `depth`; those of which nothing is in both networks stay closed unless `open_all`.
    pub fn lines(&self, depth: usize, open_all: bool) -> Vec<&Difference> {
        let mut lines = vec![];
        for difference in &self.differences {
            difference.append(depth, open_all, &mut lines);
        }
        lines
    }

    /// How deep differences stand in boxes.
    pub fn deepest(&self) -> usize {
        self.differences.iter().map(Difference::deepest).max().unwrap_or(0)
    }
}

impl Difference {
    fn append<'d>(&'d self, depth: usize, open_all: bool, lines: &mut Vec<&'d Self>) {
        let in_both = matches!(self.sides, Sides::Both(..)) && !self.is_replaced;
        if depth <= 1 || self.inside.is_empty() || !(in_both || open_all) {
            lines.push(self);
        } else {
            self.inside.iter().for_each(|part| part.append(depth - 1, open_all, lines));
        }
    }

    fn deepest(&self) -> usize {
        1 + self.inside.iter().map(Self::deepest).max().unwrap_or(0)
    }
}

/// What a layer or box costs; nothing where that is not known, as in totals.
pub fn counts(subject: &Subject, place: Option<Place>) -> Counts {
    match place {
        Some(Place::Node(id)) => subject.analysis.node(id).copied().unwrap_or_default(),
        Some(Place::Box(id)) => *subject.analysis.scope(id),
        None => Counts::default(),
    }
}

/// A comparison on its way.
struct Matching<'s> {
    first: &'s Subject,
    second: &'s Subject,
    outlines: [Outline<'s>; 2],
    /// Fingerprints of the nodes.
    prints: [Vec<u64>; 2],
    /// The nodes that are each other's like.
    pairs: Vec<(NodeId, NodeId)>,
}

impl Matching<'_> {
    fn differences(&mut self, first: &[Place], second: &[Place]) -> Vec<Difference> {
        let items = self.items([first, second]);
        let aligned = align(&items[0], &items[1]).into_iter();
        aligned.flat_map(|(sides, stays)| self.difference(sides, stays)).collect()
    }

    fn items(&self, [first, second]: [&[Place]; 2]) -> [Vec<Item<'_>>; 2] {
        [(0, self.first, first), (1, self.second, second)].map(|(side, subject, parts)| {
            let (outline, prints) = (&self.outlines[side], &self.prints[side]);
            parts.iter().map(|&part| Item::new(subject, outline, prints, part)).collect()
        })
    }

    /// Of two parts that are each other's like, and of what these come to where boxes hold a single part: which face each
    /// other. A box of one part and one of several do, if that part has its like among the several; else what is in them.
    fn facing(&self, a: Place, b: Place) -> (Place, Place) {
        let levels: [Vec<Place>; 2] =
            [item::levels(&self.outlines[0], a).collect(), item::levels(&self.outlines[1], b).collect()];
        let [ours, theirs] = &levels;
        let ([.., own], [.., other]) = (&ours[..], &theirs[..]) else { return (a, b) };
        if ours.len() == 1 && theirs.len() == 1 {
            return (a, b);
        }
        let outer = ours.iter().map(|&own| (own, *other)).chain(theirs.iter().map(|&other| (*own, other)));
        let likeness = |&(a, b): &(Place, Place)| {
            let [first, second] = self.items([&parts(&self.outlines[0], a), &parts(&self.outlines[1], b)]);
            align::likeness(&first, &second)
        };
        // Of those that are as much alike the last, which is the innermost.
        outer.max_by_key(likeness).unwrap_or((a, b))
    }

    /// Nothing where both are the same; of boxes that have nothing in common, one for each, unless the pair `stays`.
    fn difference(&mut self, sides: Sides, stays: bool) -> Vec<Difference> {
        let sides = match sides {
            Sides::Both(a, b) => {
                let (a, b) = self.facing(a, b);
                Sides::Both(a, b)
            }
            Sides::First(_) | Sides::Second(_) => sides,
        };
        match sides {
            Sides::Both(Place::Node(a), Place::Node(b)) => {
                self.pairs.push((a, b));
                let differs = self.differ(a, b);
                differs
                    .then_some(Difference { sides, inside: vec![], is_replaced: false })
                    .into_iter()
                    .collect()
            }
            Sides::Both(a, b) => {
                let before = self.pairs.len();
                let inside = self.differences(&parts(&self.outlines[0], a), &parts(&self.outlines[1], b));
                let is_replaced = self.pairs.len() == before;
                if is_replaced && !stays {
                    return [Sides::First(a), Sides::Second(b)].map(|side| self.alone(side)).into();
                }
                let differs = !inside.is_empty();
                differs.then_some(Difference { sides, inside, is_replaced }).into_iter().collect()
            }
            Sides::First(_) | Sides::Second(_) => vec![self.alone(sides)],
        }
    }

    /// What only one has, with its parts.
    fn alone(&self, sides: Sides) -> Difference {
        let inside = match sides {
            Sides::First(place) => alone(&self.outlines[0], place, Sides::First),
            Sides::Second(place) => alone(&self.outlines[1], place, Sides::Second),
            Sides::Both(..) => vec![],
        };
        Difference { sides, inside, is_replaced: false }
    }

    /// Whether two nodes differ in what they are, in a shape or in a figure.
    fn differ(&self, a: NodeId, b: NodeId) -> bool {
        let (first, second) = (self.first.graph(), self.second.graph());
        let (left, right) = (first.node(a), second.node(b));
        left.content != right.content
            || left.shape != right.shape
            || first.input_shapes(a) != second.input_shapes(b)
            || left.frozen != right.frozen
            || !first.ties(a).map(|(index, _)| index).eq(second.ties(b).map(|(index, _)| index))
            || self.first.analysis.node(a) != self.second.analysis.node(b)
    }

    /// Of networks whose layers are all alike: whether one takes what its like does not.
    fn is_rewired(&self) -> bool {
        let (first, second) = (self.first.graph(), self.second.graph());
        let mut like = vec![None; first.len()];
        for &(a, b) in &self.pairs {
            like[a.index()] = Some(b);
        }
        let joined = |&(a, b): &(NodeId, NodeId)| {
            first.inputs(a).map(|input| like[input.index()]).eq(second.inputs(b).map(Some))
        };
        let gives = |(&(_, a), &(_, b)): (&(String, NodeId), &(String, NodeId))| like[a.index()] == Some(b);
        let outputs = [first, second].map(|graph| graph.outputs().len());
        outputs[0] != outputs[1]
            || !self.pairs.iter().all(joined)
            || !first.outputs().iter().zip(second.outputs()).all(gives)
    }
}

/// What stands in a box; a layer is its own part, so that it finds its like in a box that has taken its place.
fn parts(outline: &Outline, place: Place) -> Vec<Place> {
    match place {
        Place::Node(_) => vec![place],
        Place::Box(id) => outline.parts(id).to_vec(),
    }
}

fn alone(outline: &Outline, place: Place, side: fn(Place) -> Sides) -> Vec<Difference> {
    let Place::Box(id) = place else { return vec![] };
    let parts = outline.parts(id).iter().map(|&part| outline.innermost(part));
    parts
        .map(|part| Difference { sides: side(part), inside: alone(outline, part, side), is_replaced: false })
        .collect()
}
