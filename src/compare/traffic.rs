//! What two networks move, for every batch at once: weights move once, tensors once for each sample.

use std::cmp::Ordering;

use crate::analyze::analyze;
use crate::subject::Subject;

/// The numbers that a network moves: so many, and so many more for each sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Weights, at every batch the same.
    pub weights: u128,
    /// Of tensors, for each sample.
    pub each: u128,
}

/// Which of two networks moves more, over all batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At every batch the second moves as much as the first, less, or more.
    Always(Ordering),
    /// From this batch on, and not before, the second moves less than the first, or more.
    From(u128, Ordering),
}

impl Traffic {
    /// What `subject` moves; `None` if that does not fit for two samples.
    pub fn of(subject: &Subject) -> Option<Self> {
        let moved = |batch| {
            let analysis = analyze(&subject.network.graph, batch).ok()?;
            Some(analysis.total().traffic.total())
        };
        let (one, two): (u128, u128) = (moved(1)?, moved(2)?);
        Some(Self { weights: one - (two - one), each: two - one })
    }

    /// From which batch on which of the two moves more.
    pub fn turn(self, second: Self) -> Turn {
        let (weights, each) = (second.weights.cmp(&self.weights), second.each.cmp(&self.each));
        let at_one = (second.weights + second.each).cmp(&(self.weights + self.each));
        match each {
            Ordering::Equal => Turn::Always(weights),
            // As it is for a single sample, so the more for many.
            Ordering::Less | Ordering::Greater if at_one == each => Turn::Always(each),
            Ordering::Less | Ordering::Greater => {
                let (behind, gain) = (second.weights.abs_diff(self.weights), second.each.abs_diff(self.each));
                Turn::From(behind / gain + 1, each)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against what each batch comes to, one by one.
    #[test]
    fn turns_are_where_they_are_found_by_trying() {
        let sizes = [0, 1, 2, 3, 7, 12];
        let all =
            || sizes.iter().flat_map(|&weights| sizes.iter().map(move |&each| Traffic { weights, each }));
        for first in all() {
            for second in all() {
                let at = |batch: u128| {
                    (second.weights + batch * second.each).cmp(&(first.weights + batch * first.each))
                };
                let found = match first.turn(second) {
                    Turn::Always(order) => (1..40).all(|batch| at(batch) == order),
                    Turn::From(from, order) => {
                        from > 1
                            && order != Ordering::Equal
                            && (1..40).all(|batch| (at(batch) == order) == (batch >= from))
                    }
                };
                assert!(found, "{first:?} {second:?} {:?}", first.turn(second));
            }
        }
    }
}
