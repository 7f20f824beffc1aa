//! Which parts of one box are which of another: those that are most alike together, in the same order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Sides;
use super::item::Item;

/// The most pairs of parts that are weighed against each other on one level; with more, only those that stand about as far
/// from the start.
const MOST_PAIRS: usize = 1 << 22;

/// The most pairs of branches that are looked at out of order.
const MOST_BRANCHES: usize = 1 << 16;

/// Every part of `first` and of `second`, once, in the order of execution: of what only one has, that of `first` stands
/// before that of `second`. With each, whether two boxes are each other's like even where their parts are not.
pub(super) fn align(first: &[Item], second: &[Item]) -> Vec<(Sides, bool)> {
    let same = |(a, b): &(&Item, &Item)| a.name == b.name && a.print == b.print && a.is_of_kind(b);
    let start = first.iter().zip(second).take_while(same).count();
    let (rest, other) = (&first[start..], &second[start..]);
    let end = rest.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let (rest, other) = (&rest[..rest.len() - end], &other[..other.len() - end]);
    let branches = branches(rest, other);
    let weighed = weighed(rest, other, &branches).into_iter().map(|(a, b)| (start + a, start + b));
    let pairs = (0..start).map(|at| (at, at)).chain(weighed);
    let ends = (0..end).map(|at| (first.len() - end + at, second.len() - end + at));
    let branches = branches.into_iter().map(|(a, b)| (start + a, start + b)).collect();
    merged(first, second, &pairs.chain(ends).collect::<Vec<_>>(), branches)
}

/// Branches that are each other's like, the most alike first, in whatever order they stand.
fn branches(first: &[Item], second: &[Item]) -> Vec<(usize, usize)> {
    let of = |items: &[Item]| (0..items.len()).filter(|&at| items[at].is_branch).collect::<Vec<_>>();
    let (ours, theirs) = (of(first), of(second));
    if ours.len().saturating_mul(theirs.len()) > MOST_BRANCHES {
        return vec![];
    }
    let mut pairs: Vec<_> = ours
        .iter()
        .flat_map(|&a| theirs.iter().map(move |&b| (a, b)))
        .filter_map(|(a, b)| Some((Reverse(first[a].likeness(&second[b])?), a.abs_diff(b), a, b)))
        .collect();
    pairs.sort_unstable();
    let (mut taken, mut taken_there) = (BTreeSet::new(), BTreeSet::new());
    let is_free = |&(_, _, a, b): &(_, _, usize, usize)| {
        let free = !taken.contains(&a) && !taken_there.contains(&b);
        free && taken.insert(a) && taken_there.insert(b)
    };
    pairs.into_iter().filter(is_free).map(|(_, _, a, b)| (a, b)).collect()
}

/// By how many parts are left of each: the most that their pairs weigh. Of a great many parts only a band is kept, around
/// those that stand as far from the start in both.
struct Best {
    band: usize,
    rows: usize,
    columns: usize,
    cells: Vec<u32>,
}

impl Best {
    fn new(rows: usize, columns: usize) -> Self {
        let band = (columns + 1).min((MOST_PAIRS / (rows + 1)).max(1));
        Self { band, rows, columns, cells: vec![0; band * (rows + 1)] }
    }

    /// Where the band starts in a row.
    fn start(&self, row: usize) -> usize {
        let center = (row * self.columns).checked_div(self.rows).unwrap_or(0);
        center.saturating_sub(self.band / 2).min(self.columns + 1 - self.band)
    }

    /// Before the band what stands at its start, since parts may be left out; behind it nothing.
    fn at(&self, row: usize, column: usize) -> u32 {
        let within = column.saturating_sub(self.start(row));
        if within < self.band { self.cells[row * self.band + within] } else { 0 }
    }

    fn fill(&mut self, likeness: impl Fn(usize, usize) -> Option<u32>) {
        for row in (0..self.rows).rev() {
            let start = self.start(row);
            for column in (start..(start + self.band).min(self.columns)).rev() {
                let apart = self.at(row + 1, column).max(self.at(row, column + 1));
                let paired = likeness(row, column).map_or(0, |own| own + self.at(row + 1, column + 1));
                self.cells[row * self.band + column - start] = apart.max(paired);
            }
        }
    }
}

/// How much all parts of two boxes are alike together.
pub(super) fn likeness(first: &[Item], second: &[Item]) -> u32 {
    let pairs = branches(first, second);
    let weighed = weighed(first, second, &pairs);
    pairs.iter().chain(&weighed).filter_map(|&(a, b)| first[a].likeness(&second[b])).sum()
}

/// The pairs, none crossing another, that are most alike together, without the `branches` that are paired already.
fn weighed(first: &[Item], second: &[Item], branches: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let is_branch = |items: &[Item], at: usize| !branches.is_empty() && items[at].is_branch;
    let likeness = |a: usize, b: usize| {
        let is_free = !is_branch(first, a) && !is_branch(second, b);
        is_free.then(|| first[a].likeness(&second[b])).flatten()
    };
    let mut best = Best::new(first.len(), second.len());
    best.fill(likeness);
    let (mut a, mut b, mut pairs) = (0, 0, vec![]);
    while a < first.len() && b < second.len() {
        let here = best.at(a, b);
        let paired = likeness(a, b).map(|own| own + best.at(a + 1, b + 1));
        if paired == Some(here) {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if best.at(a + 1, b) == here {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// The parts that stand elsewhere in the other, by their place there: `branches`, and of what is left, what is of the same
/// name and kind, or the same in all else.
fn moved(
    first: &[Item],
    second: &[Item],
    pairs: &[(usize, usize)],
    branches: Vec<(usize, usize)>,
) -> BTreeMap<usize, usize> {
    let paired = || pairs.iter().chain(&branches);
    let paired: [BTreeSet<usize>; 2] =
        [paired().map(|pair| pair.0).collect(), paired().map(|pair| pair.1).collect()];
    let left =
        |side: usize, count: usize| (0..count).filter(|at| !paired[side].contains(at)).collect::<Vec<_>>();
    let (mut names, mut prints) = (BTreeMap::new(), BTreeMap::<u64, VecDeque<usize>>::new());
    for a in left(0, first.len()) {
        names.insert(first[a].name, a);
        prints.entry(first[a].print).or_default().push_back(a);
    }
    let mut moved: BTreeMap<usize, usize> = branches.into_iter().map(|(a, b)| (b, a)).collect();
    let mut gone = BTreeSet::new();
    let others = left(1, second.len());
    for &b in &others {
        let of_name = |&&a: &&usize| first[a].is_namesake(&second[b]) && first[a].is_of_kind(&second[b]);
        if let Some(&a) = names.get(second[b].name).filter(of_name)
            && gone.insert(a)
        {
            moved.insert(b, a);
        }
    }
    for b in others {
        if moved.contains_key(&b) || !second[b].is_moved() {
            continue;
        }
        let same = prints.get_mut(&second[b].print);
        if let Some(a) =
            same.and_then(|same| std::iter::from_fn(|| same.pop_front()).find(|&a| gone.insert(a)))
        {
            moved.insert(b, a);
        }
    }
    moved
}

/// The parts of both in one order, with those that stand elsewhere in the other.
fn merged(
    first: &[Item],
    second: &[Item],
    pairs: &[(usize, usize)],
    branches: Vec<(usize, usize)>,
) -> Vec<(Sides, bool)> {
    let moved = moved(first, second, pairs, branches);
    let gone: BTreeSet<usize> = moved.values().copied().collect();
    let both = |a: usize, b: usize| {
        let (one, other) = (&first[a], &second[b]);
        (Sides::Both(one.part(), other.part()), one.replaces(other))
    };
    let (mut a, mut b, mut order) = (0, 0, vec![]);
    for &(to_a, to_b) in pairs.iter().chain([&(first.len(), second.len())]) {
        let alone = (a..to_a).filter(|at| !gone.contains(at));
        order.extend(alone.map(|at| (Sides::First(first[at].place()), false)));
        order.extend((b..to_b).map(|at| match moved.get(&at) {
            Some(&from) => both(from, at),
            None => (Sides::Second(second[at].place()), false),
        }));
        if to_a < first.len() && to_b < second.len() {
            order.push(both(to_a, to_b));
        }
        (a, b) = (to_a + 1, to_b + 1);
    }
    order
}
