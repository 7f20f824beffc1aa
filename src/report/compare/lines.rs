//! The lines of where a difference arises: what a layer or box is in either network, and what it costs there.

use std::cmp::Reverse;

use super::inner;
use super::what::{Side, What, tell_apart};
use crate::compare::{Comparison, Difference, Sides, counts};
use crate::counts::{Counts, Tally};
use crate::op::window::legend;
use crate::report::Subject;
use crate::report::rows::Depth;
use crate::report::sheet::Mark;
use crate::text;
use crate::text::{Language, Text};

/// The most lines where no depth was asked for.
const MOST: usize = 30;

/// What has become of a layer or box, or of several.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) mark: Mark,
    pub(super) path: String,
    /// What it is in each network.
    pub(super) what: [Option<What>; 2],
    pub(super) counts: [Counts; 2],
    /// How many layers or boxes it stands for.
    merged: usize,
    /// The path of the box around it.
    around: String,
}

/// What has become of what is there.
pub(super) fn mark(sides: Sides) -> Mark {
    match sides {
        Sides::Both(..) => Mark::Changed,
        Sides::First(_) => Mark::Removed,
        Sides::Second(_) => Mark::Added,
    }
}

/// What differences are measured in.
pub(super) struct Measure {
    pub(super) label: Text,
    pub(super) figure: fn(&Counts) -> u128,
}

/// MACs, or FLOPs where no line differs in MACs.
pub(super) fn measure(lines: &[Line]) -> Measure {
    let macs: fn(&Counts) -> u128 = |counts| counts.work.macs.total();
    if lines.iter().any(|line| macs(&line.counts[0]) != macs(&line.counts[1])) {
        Measure { label: text!("MACs", "乘加数"), figure: macs }
    } else {
        Measure { label: text!("FLOPs", "FLOPs"), figure: |counts| counts.work.ops.flops() }
    }
}

impl Line {
    /// Its part of a whole difference; `None` if there is none.
    pub(super) fn share(&self, measure: &Measure, whole: &[Counts; 2]) -> Option<f64> {
        let whole = difference(whole.each_ref().map(measure.figure));
        (whole != 0.0).then(|| difference(self.counts.each_ref().map(measure.figure)) / whole)
    }

    /// Whether it is in this network; what stands for several is in both.
    pub(super) fn is_in(&self, side: usize) -> bool {
        self.what[side].is_some() || self.what[1 - side].is_none()
    }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn difference([old, new]: [u128; 2]) -> f64 {
    let size = old.abs_diff(new) as f64;
    if new < old { -size } else { size }
}

/// The lines of a comparison. Unless a depth was asked for there are so many as can be taken in, the last of them for all
/// that is left.
pub(super) fn lines(
    subjects: [&Subject; 2],
    comparison: &Comparison,
    depth: Depth,
    language: Language,
) -> Vec<Line> {
    let at = |depth: usize, open_all: bool| {
        let lines = comparison.lines(depth, open_all).into_iter();
        merged(lines.map(|difference| line(subjects, difference, language)).collect())
    };
    match depth {
        Depth::All => at(usize::MAX, true),
        Depth::To(depth) => at(depth, true),
        Depth::Fitting => {
            let depths = (1..=comparison.deepest()).rev();
            let mut all = depths.map(|depth| at(depth, false));
            let fitting = all.find(|lines| lines.len() <= MOST);
            fitting.unwrap_or_else(|| cut(&at(1, false), language))
        }
    }
}

/// What the signs in these lines mean.
pub(super) fn signs(lines: &[Line]) -> Option<Text> {
    let shorthands = lines.iter().flat_map(|line| line.what.iter().flatten()).flat_map(|what| &what.signs);
    legend(shorthands.map(String::as_str)).map(|signs| text!("signs: {signs}", "符号:{signs:#}"))
}

/// Every layer that differs, each on its own.
pub(super) fn layers(subjects: [&Subject; 2], comparison: &Comparison, language: Language) -> Vec<Line> {
    let layers = comparison.lines(usize::MAX, true).into_iter();
    layers.map(|difference| line(subjects, difference, language)).collect()
}

/// Neighbors that only one network has, and that are the same: one line for all of them.
fn merged(lines: Vec<Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = vec![];
    for line in lines {
        match merged.last_mut() {
            Some(last)
                if last.mark == line.mark
                    && line.mark != Mark::Changed
                    && last.what == line.what
                    && last.around == line.around =>
            {
                add(last, &line);
                last.merged += 1;
                let first = last.path.split(" … ").next().unwrap_or_default();
                let name = line.path.strip_prefix(&line.around).unwrap_or(&line.path).trim_start_matches('/');
                last.path = format!("{first} … {name}");
            }
            Some(_) | None => merged.push(line),
        }
    }
    for line in merged.iter_mut().filter(|line| line.merged > 1) {
        let times = line.merged;
        for form in line.what.iter_mut().flatten().flat_map(What::forms) {
            *form = format!("{times} × {form}");
        }
    }
    merged
}

/// The lines that differ most, in their order, and one for the others.
fn cut(lines: &[Line], language: Language) -> Vec<Line> {
    let size = |line: &Line| {
        let apart = |figure: fn(&Counts) -> u128| figure(&line.counts[0]).abs_diff(figure(&line.counts[1]));
        Reverse((
            apart(|counts| counts.work.macs.total()),
            apart(|counts| counts.params.total()),
            apart(|counts| counts.work.ops.flops()),
        ))
    };
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|&index| (size(&lines[index]), index));
    let mut kept = order[..MOST.min(order.len())].to_vec();
    kept.sort_unstable();
    let others: Vec<&Line> = order[kept.len()..].iter().map(|&index| &lines[index]).collect();
    let count = others.len();
    let mut rest = Line {
        mark: Mark::Changed,
        path: text!("and {count} others", "另有 {count} 处").get(language).to_owned(),
        what: [None, None],
        counts: [Counts::default(); 2],
        merged: count,
        around: String::new(),
    };
    for line in others {
        add(&mut rest, line);
    }
    kept.into_iter().map(|index| lines[index].clone()).chain([rest]).collect()
}

/// The totals have been summed: what is part of them fits.
fn add(sum: &mut Line, line: &Line) {
    for (sum, counts) in sum.counts.iter_mut().zip(line.counts) {
        *sum = sum.plus(counts).unwrap_or(*sum);
    }
}

fn line(subjects: [&Subject; 2], difference: &Difference, language: Language) -> Line {
    let places = [difference.sides.first(), difference.sides.second()];
    let sides = [0, 1].map(|side| places[side].map(|place| Side::new(subjects[side], place, language)));
    let mut what = [0, 1].map(|side| sides[side].as_ref().map(|own| own.what(sides[1 - side].as_ref())));
    if let ([Some(first), Some(second)], [Some(old), Some(new)]) = (&sides, &mut what) {
        tell_apart([first, second], [old, new], language);
        if first.looks_like(second) {
            inner::tell_apart(subjects, difference, [old, new], language);
        }
    }
    let path = match &sides {
        [Some(first), Some(second)] => joined(&first.path, &second.path),
        [Some(one), None] | [None, Some(one)] => one.path.clone(),
        [None, None] => String::new(),
    };
    let around = path.rsplit_once('/').map_or("", |(around, _)| around).to_owned();
    Line {
        mark: mark(difference.sides),
        path,
        what,
        counts: [0, 1].map(|side| counts(subjects[side], places[side])),
        merged: 1,
        around,
    }
}

/// A path, and where it is another in the second network, what that has instead of its end; where a box has come around a layer
/// or gone from it, the longer.
fn joined(first: &str, second: &str) -> String {
    let is_in = |path: &str, around: &str| {
        path.strip_prefix(around).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if is_in(second, first) {
        return second.to_owned();
    }
    if is_in(first, second) {
        return first.to_owned();
    }
    let same = first.split_inclusive('/').zip(second.split_inclusive('/'));
    let common: usize = same.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let (own, other) = (&first[common..], &second[common..]);
    let is_end = |end: &str, path: &str| path.strip_suffix(end).is_some_and(|rest| rest.ends_with('/'));
    match (is_end(other, own), is_end(own, other)) {
        (true, _) => first.to_owned(),
        (_, true) => second.to_owned(),
        (false, false) => format!("{first} → {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_that_comes_or_goes_leaves_one_path() {
        assert_eq!(joined("a/b/conv", "a/conv"), "a/b/conv");
        assert_eq!(joined("a/conv", "a/b/c/conv"), "a/b/c/conv");
        assert_eq!(joined("a/conv", "a/conv/conv"), "a/conv/conv");
        assert_eq!(joined("a/sepconv", "a/conv"), "a/sepconv → conv");
        assert_eq!(joined("a/b/conv", "a/bn"), "a/b/conv → bn");
    }
}
