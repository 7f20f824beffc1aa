//! What two networks move, for every batch at once: weights move once, tensors once for each sample, and of tables that are
//! looked up as much as there is, at the most.

use std::cmp::{Ordering, Reverse};

use crate::counts::{Capped, Linear, Tally, Volume};
use crate::subject::Subject;

/// The bytes that a network moves at any batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Of weights and tensors.
    linear: Linear<u128>,
    /// Of tables that are looked up.
    lookups: Vec<Capped>,
    /// When everything has been looked up: what it comes to for all large batches.
    in_the_end: Linear<u128>,
}

/// Which of two networks moves more, over all batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At every batch the second moves as much as the first, less, or more.
    Always(Ordering),
    /// So it is from this batch on, and not for the batch before.
    From(u128, Ordering),
}

impl Traffic {
    /// What `subject` moves; `None` if that does not fit.
    pub fn of(subject: &Subject) -> Option<Self> {
        let Linear { once, each } = subject.analysis.traffic();
        let bytes = |numbers| subject.bytes(Volume::numbers(numbers));
        let lookups = subject.analysis.lookups();
        let lookups = lookups.map(|Capped { each, most }| Capped { each: bytes(each), most: bytes(most) });
        Self::new(Linear { once: subject.bytes(once), each: subject.bytes(each) }, lookups.collect())
    }

    fn new(linear: Linear<u128>, lookups: Vec<Capped>) -> Option<Self> {
        let sum = |of: fn(&Capped) -> u128| lookups.iter().map(of).try_fold(0u128, Tally::plus).ok();
        let once = linear.once.checked_add(sum(|capped| capped.most)?)?;
        // No sum of them is larger, whatever has been looked up.
        linear.each.checked_add(sum(|capped| capped.each)?)?;
        Some(Self { linear, in_the_end: Linear { once, ..linear }, lookups })
    }

    /// What it comes to for all large batches.
    pub fn in_the_end(&self) -> Linear<u128> {
        self.in_the_end
    }

    /// From which batch on which of the two moves more: from the end, over the batches at which a table has been looked up,
    /// between which what is moved lies on a line.
    pub fn turn(&self, second: &Self) -> Turn {
        let mut lines = Lines([self, second].map(Self::in_the_end));
        let order = match lines.each() {
            Ordering::Equal => lines.once(),
            each @ (Ordering::Less | Ordering::Greater) => each,
        };
        let of = |side: usize, traffic: &Self| {
            traffic.lookups.iter().map(move |&table| (table.used_up_at(), side, table)).collect::<Vec<_>>()
        };
        let mut tables = [of(0, self), of(1, second)].concat();
        tables.sort_by_key(|&(used_up_at, ..)| Reverse(used_up_at));
        let mut last = None;
        for (used_up_at, side, table) in tables {
            let since = lines.since(order, last);
            if since > used_up_at {
                return Turn::From(since, order);
            }
            lines.0[side].once -= table.most;
            lines.0[side].each += table.each;
            last = Some(used_up_at - 1);
        }
        match lines.since(order, last) {
            0 | 1 => Turn::Always(order),
            since => Turn::From(since, order),
        }
    }
}

/// What two networks move over batches at which no table comes to its end.
struct Lines([Linear<u128>; 2]);

impl Lines {
    /// How the second's part for the whole batch stands to the first's.
    fn once(&self) -> Ordering {
        self.0[1].once.cmp(&self.0[0].once)
    }

    /// How its part for each sample does.
    fn each(&self) -> Ordering {
        self.0[1].each.cmp(&self.0[0].each)
    }

    /// By how much the parts differ.
    fn differences(&self) -> Linear<u128> {
        let [first, second] = self.0;
        Linear { once: first.once.abs_diff(second.once), each: first.each.abs_diff(second.each) }
    }

    /// How the second stands to the first at a batch.
    fn at(&self, batch: u128) -> Ordering {
        let Linear { once, each } = self.differences();
        // What does not fit is more than what does.
        let gained = each.checked_mul(batch).map_or(Ordering::Greater, |each| each.cmp(&once));
        match (self.once(), self.each()) {
            (behind, gaining) if behind == gaining.reverse() => match gained {
                Ordering::Less => behind,
                Ordering::Equal => Ordering::Equal,
                Ordering::Greater => gaining,
            },
            (Ordering::Equal, _) if batch == 0 => Ordering::Equal,
            (Ordering::Equal, each) => each,
            (once, _) => once,
        }
    }

    /// The first batch from which on, up to `last`, the second stands to the first like this; without a last one, it is how
    /// they stand in the end.
    fn since(&self, order: Ordering, last: Option<u128>) -> u128 {
        if let Some(last) = last.filter(|&last| self.at(last) != order) {
            return last + 1;
        }
        let Linear { once, each } = self.differences();
        match (order, self.each()) {
            (_, Ordering::Equal) => 0,
            // Two lines meet once.
            (Ordering::Equal, _) => last.unwrap_or(0),
            (order, gaining) if gaining != order => 0,
            (order, _) if self.once() == order => 0,
            _ => once / each + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what each batch comes to, one by one.
    fn check(first: &Traffic, second: &Traffic) {
        let moved = |traffic: &Traffic, batch: u64| {
            let tables = traffic.lookups.iter().map(|table| table.at(batch)).sum::<u128>();
            traffic.linear.at(batch).unwrap() + tables
        };
        let at = |batch| moved(second, batch).cmp(&moved(first, batch));
        let found = match first.turn(second) {
            Turn::Always(order) => (1..60).all(|batch| at(batch) == order),
            Turn::From(from, order) => {
                let from = u64::try_from(from).unwrap();
                from > 1 && at(from - 1) != order && (from..60).all(|batch| at(batch) == order)
            }
        };
        assert!(found, "{first:?} {second:?} {:?}", first.turn(second));
    }

    #[test]
    fn turns_are_where_they_are_found_by_trying() {
        let sizes = [0, 1, 2, 3, 7, 12];
        let lines = || sizes.iter().flat_map(|&once| sizes.iter().map(move |&each| Linear { once, each }));
        let all: Vec<_> = lines().filter_map(|linear| Traffic::new(linear, vec![])).collect();
        for first in &all {
            for second in &all {
                check(first, second);
            }
        }
    }

    #[test]
    fn a_table_is_looked_up_until_nothing_is_left() {
        let sizes = [0, 1, 2, 5];
        let lines = || sizes.iter().flat_map(|&once| sizes.iter().map(move |&each| Linear { once, each }));
        let table = |each, most| Capped { each, most };
        let tables = [
            vec![],
            vec![table(1, 7)],
            vec![table(3, 10)],
            vec![table(2, 2)],
            vec![table(4, 20), table(1, 9)],
            vec![table(2, 6), table(3, 9), table(1, 30)],
        ];
        let all = || {
            tables.iter().flat_map(|tables| lines().filter_map(|linear| Traffic::new(linear, tables.clone())))
        };
        for first in all() {
            all().for_each(|second| check(&first, &second));
        }
    }

    #[test]
    fn what_is_too_large_to_reckon_with_is_compared_all_the_same() {
        let most = u128::MAX / 2;
        let huge = Traffic::new(Linear { once: most, each: most }, vec![Capped { each: 1, most }]).unwrap();
        let line = Traffic::new(Linear { once: 0, each: most }, vec![]).unwrap();
        assert_eq!(line.turn(&huge), Turn::Always(Ordering::Greater));
        assert_eq!(huge.turn(&line), Turn::Always(Ordering::Less));
        assert_eq!(
            Traffic::new(Linear { once: most, each: 0 }, vec![Capped { each: 0, most: most + 2 }]),
            None
        );
    }
}
