//! Operators that look for the largest and the smallest.

use std::cmp::Ordering;

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::place::{around, index};
use super::rule::size;
use super::{Answer, Call};
use crate::text;

/// How two places of an array compare: by their numbers, of which one that is none is the largest.
fn order(numbers: &Numbers, a: usize, b: usize) -> Ordering {
    // Both zeros are the same.
    match numbers {
        Numbers::Ints(values) => values[a].cmp(&values[b]),
        Numbers::Floats(values) => (values[a] + 0.0).total_cmp(&(values[b] + 0.0)),
        Numbers::Doubles(values) => (values[a] + 0.0).total_cmp(&(values[b] + 0.0)),
    }
}

pub(super) fn arg_max(call: &Call) -> Answer {
    arg(call, true)
}

pub(super) fn arg_min(call: &Call) -> Answer {
    arg(call, false)
}

fn arg(call: &Call, wants_largest: bool) -> Answer {
    let input = call.input(0)?;
    let axis = call.axis("axis", 0, input.dims.len())?;
    let takes_last = call.flag("select_last_index", false);
    let (length, mut dims) = (index(input.dims[axis]), input.dims.clone());
    if call.flag("keepdims", true) {
        dims[axis] = 1;
    } else {
        dims.remove(axis);
    }
    call.makes(dims, Kind::INT64, |_| {
        let Some(numbers) = &input.numbers else {
            return Ok(None);
        };
        if length == 0 {
            return Err(text!("there is nothing to choose from", "没有可供选择的元素"));
        }
        let best = |line: Line| {
            let beats = |a, b| match order(numbers, line.place(a), line.place(b)) {
                Ordering::Equal => takes_last,
                Ordering::Greater => wants_largest,
                Ordering::Less => !wants_largest,
            };
            (1..length).fold(0, |best, step| if beats(step, best) { step } else { best })
        };
        let steps = lines(input, axis).map(|line| int(best(line)));
        Ok(Some(Numbers::Ints(steps.collect())))
    })
}

/// The places of an array along one axis.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    stride: usize,
}

impl Line {
    fn place(self, step: usize) -> usize {
        self.start + step * self.stride
    }
}

/// All lines along an axis.
fn lines(input: &Array, axis: usize) -> impl Iterator<Item = Line> {
    let (outer, inner) = around(&input.dims, axis);
    let block = inner * index(input.dims[axis]);
    (0..outer)
        .flat_map(move |at| (0..inner).map(move |inside| Line { start: at * block + inside, stride: inner }))
}

fn int(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The values and the indices of the first ones in order.
pub(super) fn top_k(call: &Call) -> Answer {
    let input = call.input(0)?;
    let count = match call.optional(1) {
        Some(count) => count.ints().and_then(|count| count.first().copied()),
        None => call.node.int("k"),
    };
    let Some(count) = count else {
        return Ok(None);
    };
    let axis = call.axis("axis", -1, input.dims.len())?;
    let (count, all) = (size(count)?, input.dims[axis]);
    if count > all {
        return Err(text!("{count} are wanted of {all}", "要在 {all} 个中取 {count} 个"));
    }
    let wants_largest = call.flag("largest", true);
    let mut dims = input.dims.clone();
    dims[axis] = count;
    let count = index(count);
    // The chosen steps of each line, in the order of the output.
    let mut steps = vec![];
    let values = call.array(dims.clone(), input.kind, |_| {
        let Some(numbers) = &input.numbers else {
            return Ok(None);
        };
        let (outer, inner) = around(&input.dims, axis);
        let mut places = vec![0; outer * count * inner];
        steps = vec![0; places.len()];
        for (number, line) in lines(input, axis).enumerate() {
            let mut order_of: Vec<_> = (0..index(all)).collect();
            order_of.sort_by(|&a, &b| {
                let order = order(numbers, line.place(a), line.place(b));
                if wants_largest { order.reverse() } else { order }
            });
            for (rank, &step) in order_of[..count].iter().enumerate() {
                let at = number / inner * count * inner + rank * inner + number % inner;
                (places[at], steps[at]) = (line.place(step), int(step));
            }
        }
        Ok(Some(super::place::taken(numbers, &places)))
    })?;
    let indices =
        call.array(dims, Kind::INT64, |_| Ok(values.numbers.as_ref().map(|_| Numbers::Ints(steps.into()))))?;
    Ok(Some(vec![values, indices]))
}
