//! Which parts of one box are which of another: first by name, then by kind in the same order.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Sides;
use crate::graph::outline::Outline;
use crate::graph::{NodeId, Place, ScopeKind};
use crate::op::Entry;
use crate::subject::Subject;

/// The most pairs of parts that are weighed against each other on one level; with more, names alone decide.
const MOST_PAIRS: usize = 1 << 22;

/// A part of a box, as it is matched.
pub(super) struct Item<'g> {
    /// What it comes to when boxes around a single part are taken as one with it.
    place: Place,
    name: &'g str,
    /// Whether somebody has chosen the name; `conv2d_1` only counts.
    is_named: bool,
    /// The operator or block.
    kind: &'g str,
    is_box: bool,
    /// Two parts of different content have different fingerprints, but for one chance in 2^64.
    print: u64,
}

/// A fingerprint of what each node is, by node.
pub(super) fn prints(subject: &Subject) -> Vec<u64> {
    let graph = &subject.network.graph;
    let print = |(id, node): (NodeId, &crate::graph::Node)| {
        let mut hasher = DefaultHasher::new();
        format!("{:?}", node.content).hash(&mut hasher);
        (&node.shape, graph.input_shapes(id), node.frozen, node.weights_of.is_some()).hash(&mut hasher);
        hasher.finish()
    };
    graph.nodes().map(print).collect()
}

/// The parts of a box as they are matched.
pub(super) fn items<'g>(outline: &Outline<'g>, prints: &[u64], parts: &[Place]) -> Vec<Item<'g>> {
    let graph = outline.graph;
    let item = |&part: &Place| {
        let name = match part {
            Place::Node(id) => &*graph.node(id).name,
            Place::Box(id) => &*graph.scope(id).name,
        };
        let (place, mut hasher) = (outline.innermost(part), DefaultHasher::new());
        let (kind, is_box) = match place {
            Place::Node(id) => {
                prints[id.index()].hash(&mut hasher);
                (graph.node(id).operator_name(), false)
            }
            Place::Box(id) => {
                graph.scope(id).nodes().for_each(|node| prints[node.index()].hash(&mut hasher));
                (kind(&graph.scope(id).kind), true)
            }
        };
        Item { place, name, is_named: !counts_only(name, kind), kind, is_box, print: hasher.finish() }
    };
    parts.iter().map(item).collect()
}

fn kind(kind: &ScopeKind) -> &str {
    match kind {
        ScopeKind::Block(block) => block,
        ScopeKind::Network => "network",
        ScopeKind::Group => "layers",
        ScopeKind::Repeat => "repeat",
        ScopeKind::Branches => "branches",
        ScopeKind::Branch => "branch",
        ScopeKind::Side => "side",
    }
}

/// Whether a name is one that expansion has given: the kind and a number.
fn counts_only(name: &str, kind: &str) -> bool {
    let Some((word, number)) = name.rsplit_once('_') else { return false };
    let is_kind = word == kind || word == "layers" || Entry::find(word).is_some();
    is_kind && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Every part of `first` and of `second`, once, in the order of execution: of what only one has, that of `first` stands
/// before that of `second`.
pub(super) fn align(first: &[Item], second: &[Item]) -> Vec<Sides> {
    let same = |(a, b): &(&Item, &Item)| a.name == b.name && a.print == b.print && a.kind == b.kind;
    let start = first.iter().zip(second).take_while(same).count();
    let (rest, other) = (&first[start..], &second[start..]);
    let end = rest.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let (rest, other) = (&rest[..rest.len() - end], &other[..other.len() - end]);
    let pairs = if rest.len().checked_mul(other.len()).is_some_and(|pairs| pairs <= MOST_PAIRS) {
        weighed(rest, other)
    } else {
        by_name(rest, other)
    };
    let pairs = (0..start).map(|at| (at, at)).chain(pairs.into_iter().map(|(a, b)| (start + a, start + b)));
    let ends = (0..end).map(|at| (first.len() - end + at, second.len() - end + at));
    merged(first, second, &pairs.chain(ends).collect::<Vec<_>>())
}

/// The pairs, none crossing another, that weigh most together.
fn weighed(first: &[Item], second: &[Item]) -> Vec<(usize, usize)> {
    let columns = second.len() + 1;
    // By how many parts are left of each: the most that their pairs weigh.
    let mut best = vec![0u64; (first.len() + 1) * columns];
    for a in (0..first.len()).rev() {
        for b in (0..second.len()).rev() {
            let apart = best[(a + 1) * columns + b].max(best[a * columns + b + 1]);
            let paired = weight(&first[a], &second[b]).map_or(0, |w| w + best[(a + 1) * columns + b + 1]);
            best[a * columns + b] = apart.max(paired);
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, vec![]);
    while a < first.len() && b < second.len() {
        let here = best[a * columns + b];
        let paired = weight(&first[a], &second[b]).map(|w| w + best[(a + 1) * columns + b + 1]);
        if paired == Some(here) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if best[(a + 1) * columns + b] == here {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// How much two parts are alike; `None` if they are not each other's like. A name outweighs whatever kinds say.
fn weight(a: &Item, b: &Item) -> Option<u64> {
    const NAME: u64 = 1 << 32;
    let (same_name, same_kind) = (a.name == b.name, a.kind == b.kind && a.is_box == b.is_box);
    let alike = if a.print == b.print { 4 } else { 0 };
    match (same_name && a.is_named, same_kind) {
        (true, _) => Some(NAME + alike + u64::from(same_kind)),
        (false, true) => Some(2 + alike + u64::from(same_name)),
        (false, false) => None,
    }
}

/// Pairs of the same name, none crossing another.
fn by_name(first: &[Item], second: &[Item]) -> Vec<(usize, usize)> {
    let places: BTreeMap<&str, usize> = second.iter().enumerate().map(|(at, item)| (item.name, at)).collect();
    let mut next = 0;
    let pair = |(a, item): (usize, &Item)| {
        let b = *places.get(item.name).filter(|&&b| b >= next)?;
        next = b + 1;
        Some((a, b))
    };
    first.iter().enumerate().filter_map(pair).collect()
}

/// The parts of both in one order, those of the same name that are left paired, though they stand elsewhere.
fn merged(first: &[Item], second: &[Item], pairs: &[(usize, usize)]) -> Vec<Sides> {
    let paired: [BTreeSet<usize>; 2] =
        [pairs.iter().map(|pair| pair.0).collect(), pairs.iter().map(|pair| pair.1).collect()];
    let left = |side: usize, items: &[Item]| -> Vec<usize> {
        (0..items.len()).filter(|at| !paired[side].contains(at) && items[*at].is_named).collect()
    };
    let names: BTreeMap<&str, usize> = left(0, first).into_iter().map(|at| (first[at].name, at)).collect();
    let moved: BTreeMap<usize, usize> =
        left(1, second).into_iter().filter_map(|b| Some((b, *names.get(second[b].name)?))).collect();
    let gone: BTreeSet<usize> = moved.values().copied().collect();
    let (mut a, mut b, mut order) = (0, 0, vec![]);
    for &(to_a, to_b) in pairs.iter().chain([&(first.len(), second.len())]) {
        let alone = (a..to_a).filter(|at| !gone.contains(at));
        order.extend(alone.map(|at| Sides::First(first[at].place)));
        order.extend((b..to_b).map(|at| match moved.get(&at) {
            Some(&from) => Sides::Both(first[from].place, second[at].place),
            None => Sides::Second(second[at].place),
        }));
        if to_a < first.len() && to_b < second.len() {
            order.push(Sides::Both(first[to_a].place, second[to_b].place));
        }
        (a, b) = (to_a + 1, to_b + 1);
    }
    order
}
