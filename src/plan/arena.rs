//! Memory that is taken for a while, in one piece: which offset each tensor has.

use std::cmp::Reverse;

/// A piece of memory that is wanted, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The first step at which it is taken.
    pub from: usize,
    /// The last.
    pub to: usize,
    /// How much.
    pub size: usize,
}

/// Offsets of pieces, and the size of the whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena {
    /// In the order in which they were wanted.
    pub offsets: Vec<usize>,
    /// No piece reaches beyond it.
    pub size: usize,
}

/// Lays pieces out so that no two overlap that are wanted at once, one after the other, each in the tightest gap that it fits. The
/// smallest arena is taken of those for several orders: the largest first, the one that is wanted for longest, the one that is most by
/// both, the one that is wanted first.
///
/// The least size is at least what is wanted at one time; it is not always reached, as to find it is hard (NP-hard, as dynamic storage
/// allocation).
pub fn arena(wanted: &[Wanted]) -> Arena {
    let least = most_at_once(wanted);
    let lasts = |piece: &Wanted| piece.to - piece.from + 1;
    let by_both = |piece: &Wanted| lasts(piece).saturating_mul(piece.size);
    let first: [&dyn Fn(&Wanted) -> usize; 4] =
        [&|piece| piece.size, &lasts, &by_both, &|piece| usize::MAX - piece.from];
    let mut best: Option<Arena> = None;
    for rank in first {
        if best.as_ref().is_some_and(|best| best.size == least) {
            break;
        }
        let arena = in_order(wanted, rank);
        if best.as_ref().is_none_or(|best| arena.size < best.size) {
            best = Some(arena);
        }
    }
    best.unwrap_or_default()
}

/// What is wanted at the time at which most is.
fn most_at_once(wanted: &[Wanted]) -> usize {
    let pieces = || wanted.iter().filter(|piece| piece.size > 0);
    // What ends at a time is there with what begins at it.
    let mut changes: Vec<(usize, bool, usize)> =
        pieces().flat_map(|piece| [(piece.from, false, piece.size), (piece.to, true, piece.size)]).collect();
    changes.sort_unstable();
    let (mut now, mut most) = (0usize, 0);
    for (_, ends, size) in changes {
        now = if ends { now.saturating_sub(size) } else { now.saturating_add(size) };
        most = most.max(now);
    }
    most
}

/// What has the highest rank is laid out first; of the same, the largest; of these, what is wanted first.
fn in_order(wanted: &[Wanted], rank: &dyn Fn(&Wanted) -> usize) -> Arena {
    let key = |&index: &usize| {
        let piece = &wanted[index];
        (Reverse(rank(piece)), Reverse(piece.size), piece.from, index)
    };
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(key);
    let mut offsets = vec![0; wanted.len()];
    // Those that have a place, by their offset.
    let mut placed: Vec<usize> = vec![];
    for index in order {
        let this = wanted[index];
        offsets[index] = gap(this, placed.iter().map(|&other| (offsets[other], wanted[other])));
        let at = placed.partition_point(|&other| offsets[other] <= offsets[index]);
        placed.insert(at, index);
    }
    let size = wanted.iter().zip(&offsets).map(|(wanted, offset)| offset.saturating_add(wanted.size)).max();
    Arena { offsets, size: size.unwrap_or(0) }
}

/// The offset of the smallest gap between others, in the order of their offsets, that a piece fits in; behind them all, if there is
/// none.
fn gap(this: Wanted, others: impl Iterator<Item = (usize, Wanted)>) -> usize {
    let (mut end, mut best): (usize, Option<(usize, usize)>) = (0, None);
    for (offset, other) in others.filter(|(_, other)| other.from <= this.to && this.from <= other.to) {
        let free = offset.saturating_sub(end);
        if free >= this.size && best.is_none_or(|(smallest, _)| free < smallest) {
            best = Some((free, end));
        }
        end = end.max(offset.saturating_add(other.size));
    }
    best.map_or(end, |(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(from: usize, to: usize, size: usize) -> Wanted {
        Wanted { from, to, size }
    }

    #[test]
    fn a_chain_needs_two_at_a_time() {
        let chain = [wanted(0, 1, 10), wanted(1, 2, 40), wanted(2, 3, 40), wanted(3, 4, 10)];
        let Arena { offsets, size } = arena(&chain);
        assert_eq!(size, 80);
        // The first and the last fit where one of the large ones is not yet or no longer.
        assert_eq!((offsets[0], offsets[3]), (40, 0));
        assert_eq!(arena(&[]), Arena::default());
    }

    proptest! {
        #[test]
        fn nothing_overlaps(pieces in proptest::collection::vec((0usize..20, 0usize..6, 0usize..50), 0..40)) {
            let pieces: Vec<Wanted> = pieces.into_iter().map(|(from, lasts, size)| wanted(from, from + lasts, size)).collect();
            let Arena { offsets, size } = arena(&pieces);
            for (i, (a, &at)) in pieces.iter().zip(&offsets).enumerate() {
                prop_assert!(at + a.size <= size);
                for (b, &other) in pieces.iter().zip(&offsets).skip(i + 1) {
                    let at_once = a.from <= b.to && b.from <= a.to;
                    prop_assert!(!at_once || at + a.size <= other || other + b.size <= at || a.size == 0 || b.size == 0);
                }
            }
            let most = (0..30).map(|step| pieces.iter().filter(|p| p.from <= step && step <= p.to).map(|p| p.size).sum::<usize>());
            let most = most.max().unwrap();
            prop_assert!(most <= size);
            prop_assert_eq!(most, most_at_once(&pieces));
        }
    }
}
