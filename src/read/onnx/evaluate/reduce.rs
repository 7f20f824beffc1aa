//! Operators that make one number of many along axes.

use super::super::array::Numbers;
use super::arithmetic::wide;
use super::cast::{converted, range};
use super::elementwise::{Element, held};
use super::place::{around, index, places, steps, strides};
use super::rule::marked;
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

pub(super) fn reduce(call: &Call) -> Answer {
    let name = &*call.node.operator;
    let (Some(of_ints), Some(of_floats)) = (of_ints(name), of_floats(name)) else {
        return Ok(None);
    };
    let input = call.input(0)?;
    let Ok(axes) = call.listed("axes", 1) else {
        return Ok(None);
    };
    let axes = axes.filter(|axes| !axes.is_empty());
    let gone = match axes {
        Some(axes) => marked(axes, input.dims.len())?,
        None => vec![!call.flag("noop_with_empty_axes", false); input.dims.len()],
    };
    let groups: Vec<u64> =
        input.dims.iter().zip(&gone).map(|(&size, &is_gone)| if is_gone { 1 } else { size }).collect();
    let dims = if call.flag("keepdims", true) {
        groups.clone()
    } else {
        input.dims.iter().zip(&gone).filter(|(_, is_gone)| !**is_gone).map(|(&size, _)| size).collect()
    };
    call.makes(dims, input.kind, |dims| {
        let count = index(dims.iter().product());
        // An empty array is made into numbers too: it is known.
        let numbers = match (&input.numbers, input.elements()) {
            (Some(numbers), Some(1..)) => Some(numbers.clone()),
            (_, Some(0)) => Numbers::zeros(input.kind, 0),
            _ => None,
        };
        let Some(numbers) = numbers else {
            return Ok(None);
        };
        let strides = strides(&groups);
        let table = |(axis, &size): (usize, &u64)| steps(size, if gone[axis] { 0 } else { strides[axis] });
        let group = if numbers.is_empty() {
            vec![]
        } else {
            places(&input.dims.iter().enumerate().map(table).collect::<Vec<_>>())
        };
        if let Numbers::Ints(values) = &numbers {
            let (least, most) = range(input.kind);
            let start = of_ints.start.clamp(least, most);
            let reduced = Rule { start, ..of_ints }.reduced(values, &group, count)?;
            return held(input.kind, Numbers::Ints(reduced.into())).map(Some);
        }
        let values = wide(&numbers);
        let reduced = match name {
            "ReduceLogSumExp" => log_sum_exp(values, &group, count)?,
            _ => of_floats.reduced(&values, &group, count)?,
        };
        Ok(converted(&Numbers::Doubles(reduced.into()), input.kind, true))
    })
}

/// How one number is made of a group.
struct Rule<T> {
    /// Of no numbers.
    start: T,
    /// With one more number.
    step: fn(T, T) -> Result<T, Text>,
    /// In the end, with how many they were.
    end: fn(T, T) -> T,
}

impl<T: Element> Rule<T> {
    /// One number for each of `count` groups. An error if a whole one does not fit.
    fn reduced(&self, values: &[T], group: &[usize], count: usize) -> Result<Vec<T>, Text> {
        let mut made = vec![self.start; count];
        for (&value, &at) in values.iter().zip(group) {
            made[at] = (self.step)(made[at], value)?;
        }
        let each = T::count(values.len() / count.max(1));
        Ok(made.into_iter().map(|made| (self.end)(made, each)).collect())
    }
}

/// Of whole numbers: fractions are cut off.
fn of_ints(operator: &str) -> Option<Rule<i64>> {
    let rule = |start, step, end| Some(Rule { start, step, end });
    match operator {
        "ReduceSum" => rule(0, i64::plus, |sum, _| sum),
        "ReduceMean" => rule(0, i64::plus, |sum, count| sum / count.max(1)),
        "ReduceMax" => rule(i64::MIN, |a, b| Ok(a.max(b)), |most, _| most),
        "ReduceMin" => rule(i64::MAX, |a, b| Ok(a.min(b)), |least, _| least),
        "ReduceProd" => rule(1, i64::times, |product, _| product),
        "ReduceL1" => rule(0, |sum, value| sum.plus(value.saturating_abs()), |sum, _| sum),
        "ReduceL2" => rule(0, |sum, value| sum.plus(value.times(value)?), |sum, _| sum.isqrt()),
        "ReduceSumSquare" => rule(0, |sum, value| sum.plus(value.times(value)?), |sum, _| sum),
        "ReduceLogSum" | "ReduceLogSumExp" => {
            rule(0, |_, _| Err(text!("a logarithm is for floats", "对数只用于浮点数")), |sum, _| sum)
        }
        _ => None,
    }
}

/// Of floats, in 64 bits.
fn of_floats(operator: &str) -> Option<Rule<f64>> {
    let rule = |start, step, end| Some(Rule { start, step, end });
    match operator {
        "ReduceSum" => rule(0.0, f64::plus, |sum, _| sum),
        "ReduceMean" => rule(0.0, f64::plus, |sum, count| sum / count),
        "ReduceMax" | "ReduceLogSumExp" => {
            rule(f64::NEG_INFINITY, |a, b| Ok(if a.is_nan() || a >= b { a } else { b }), |most, _| most)
        }
        "ReduceMin" => {
            rule(f64::INFINITY, |a, b| Ok(if a.is_nan() || a <= b { a } else { b }), |least, _| least)
        }
        "ReduceProd" => rule(1.0, f64::times, |product, _| product),
        "ReduceL1" => rule(0.0, |sum, value| Ok(sum + value.abs()), |sum, _| sum),
        "ReduceL2" => rule(0.0, |sum, value| Ok(sum + value * value), |sum, _| sum.sqrt()),
        "ReduceSumSquare" => rule(0.0, |sum, value| Ok(sum + value * value), |sum, _| sum),
        "ReduceLogSum" => rule(0.0, f64::plus, |sum, _| sum.ln()),
        _ => None,
    }
}

/// Exponentials are taken beside the largest, so that none is infinite.
fn log_sum_exp(mut values: Vec<f64>, group: &[usize], count: usize) -> Result<Vec<f64>, Text> {
    let [Some(most), Some(sum)] = ["ReduceMax", "ReduceSum"].map(of_floats) else {
        return Ok(vec![]);
    };
    let mut largest = most.reduced(&values, group, count)?;
    largest.iter_mut().filter(|most| !most.is_finite()).for_each(|most| *most = 0.0);
    values.iter_mut().zip(group).for_each(|(value, &at)| *value = (*value - largest[at]).exp());
    let sums = sum.reduced(&values, group, count)?;
    Ok(sums.iter().zip(largest).map(|(sum, most)| sum.ln() + most).collect())
}

pub(super) fn cum_sum(call: &Call) -> Answer {
    let input = call.input(0)?;
    let (is_exclusive, is_reverse) = (call.flag("exclusive", false), call.flag("reverse", false));
    let along = match call.input(1)?.ints() {
        Some(&[at]) => Some(super::axis(at, input.dims.len())?),
        _ => None,
    };
    call.makes(input.dims.clone(), input.kind, |dims| {
        let (Some(numbers), Some(axis)) = (&input.numbers, along) else {
            return Ok(None);
        };
        let (_, inner) = around(dims, axis);
        let line = Line { size: index(dims[axis]), inner, is_exclusive, is_reverse };
        let summed = match numbers {
            Numbers::Ints(values) => Numbers::Ints(line.summed(values)?.into()),
            Numbers::Floats(values) => Numbers::Floats(line.summed(values)?.into()),
            Numbers::Doubles(values) => Numbers::Doubles(line.summed(values)?.into()),
        };
        held(input.kind, summed).map(Some)
    })
}

/// How a running sum goes.
struct Line {
    size: usize,
    inner: usize,
    is_exclusive: bool,
    is_reverse: bool,
}

impl Line {
    fn summed<T: Element + Default>(&self, values: &[T]) -> Result<Vec<T>, Text> {
        let mut sums = values.to_vec();
        for block in sums.chunks_mut(self.size * self.inner) {
            for inside in 0..self.inner {
                let mut so_far = T::default();
                for step in 0..self.size {
                    let step = if self.is_reverse { self.size - 1 - step } else { step };
                    let number = &mut block[step * self.inner + inside];
                    let next = so_far.plus(*number)?;
                    *number = if self.is_exclusive { so_far } else { next };
                    so_far = next;
                }
            }
        }
        Ok(sums)
    }
}
