//! Operators that make one number of many along axes.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::arithmetic::wide;
use super::cast::converted;
use super::elementwise::{Element, held};
use super::place::{around, index, places, steps, strides};
use super::rule::marked;
use super::{Answer, Call};
use crate::text::Text;

/// What is made of the numbers of a group.
#[derive(Clone, Copy, PartialEq)]
enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
    L1,
    L2,
    SumSquare,
    LogSum,
    LogSumExp,
}

pub(super) fn reduce(call: &Call) -> Answer {
    let Some(reduction) = named(&call.node.operator) else {
        return Ok(None);
    };
    let input = call.input(0)?;
    let Some(axes) = call.listed("axes", 1) else {
        return Ok(None);
    };
    let axes = axes.filter(|axes| !axes.is_empty());
    let gone = match axes {
        Some(axes) => marked(axes, input.dims.len())?,
        None => vec![!call.flag("noop_with_empty_axes", false); input.dims.len()],
    };
    let groups: Vec<u64> =
        input.dims.iter().zip(&gone).map(|(&size, &is_gone)| if is_gone { 1 } else { size }).collect();
    let dims = match call.flag("keepdims", true) {
        true => groups.clone(),
        false => {
            input.dims.iter().zip(&gone).filter(|(_, is_gone)| !**is_gone).map(|(&size, _)| size).collect()
        }
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
        match &numbers {
            Numbers::Ints(values) => {
                held(input.kind, Numbers::Ints(ints(reduction, values, &group, count)?.into())).map(Some)
            }
            numbers => {
                let reduced = Numbers::Doubles(doubles(reduction, &wide(numbers), &group, count).into());
                Ok(converted(&reduced, input.kind, true))
            }
        }
    })
}

fn named(operator: &str) -> Option<Reduction> {
    Some(match operator {
        "ReduceSum" => Reduction::Sum,
        "ReduceMean" => Reduction::Mean,
        "ReduceMax" => Reduction::Max,
        "ReduceMin" => Reduction::Min,
        "ReduceProd" => Reduction::Prod,
        "ReduceL1" => Reduction::L1,
        "ReduceL2" => Reduction::L2,
        "ReduceSumSquare" => Reduction::SumSquare,
        "ReduceLogSum" => Reduction::LogSum,
        "ReduceLogSumExp" => Reduction::LogSumExp,
        _ => return None,
    })
}

/// Whole numbers of each group made into one; a fraction is cut off. An error if one does not fit.
fn ints(reduction: Reduction, values: &[i64], group: &[usize], count: usize) -> Result<Vec<i64>, Text> {
    let start = match reduction {
        Reduction::Max => i64::MIN,
        Reduction::Min => i64::MAX,
        Reduction::Prod => 1,
        _ => 0,
    };
    let mut made = vec![start; count];
    for (&value, &at) in values.iter().zip(group) {
        let so_far = made[at];
        made[at] = match reduction {
            Reduction::Max => so_far.max(value),
            Reduction::Min => so_far.min(value),
            Reduction::Prod => so_far.times(value)?,
            Reduction::L1 => so_far.plus(value.saturating_abs())?,
            Reduction::L2 | Reduction::SumSquare => so_far.plus(value.times(value)?)?,
            Reduction::Sum | Reduction::Mean | Reduction::LogSum | Reduction::LogSumExp => {
                so_far.plus(value)?
            }
        };
    }
    let each = i64::try_from(values.len() / count.max(1)).unwrap_or(i64::MAX);
    match reduction {
        Reduction::Mean => made.iter_mut().for_each(|sum| *sum /= each.max(1)),
        Reduction::L2 => made.iter_mut().for_each(|sum| *sum = sum.isqrt()),
        _ => {}
    }
    Ok(made)
}

/// Floats of each group made into one, in 64 bits.
#[expect(clippy::cast_precision_loss, reason = "a mean is a float")]
fn doubles(reduction: Reduction, values: &[f64], group: &[usize], count: usize) -> Vec<f64> {
    let start = match reduction {
        Reduction::Max => f64::NEG_INFINITY,
        Reduction::Min => f64::INFINITY,
        Reduction::Prod => 1.0,
        _ => 0.0,
    };
    // Exponentials are taken beside the largest, so that none is infinite.
    let largest = match reduction {
        Reduction::LogSumExp => doubles(Reduction::Max, values, group, count),
        _ => vec![],
    };
    let mut made = vec![start; count];
    for (&value, &at) in values.iter().zip(group) {
        let so_far = made[at];
        made[at] = match reduction {
            Reduction::Max if so_far.is_nan() || so_far >= value => so_far,
            Reduction::Min if so_far.is_nan() || so_far <= value => so_far,
            Reduction::Max | Reduction::Min => value,
            Reduction::Prod => so_far * value,
            Reduction::L1 => so_far + value.abs(),
            Reduction::L2 | Reduction::SumSquare => so_far + value * value,
            Reduction::LogSumExp if largest[at].is_finite() => so_far + (value - largest[at]).exp(),
            Reduction::LogSumExp => so_far + value.exp(),
            Reduction::Sum | Reduction::Mean | Reduction::LogSum => so_far + value,
        };
    }
    let each = values.len() as f64 / count as f64;
    let finished = |(at, sum): (usize, f64)| match reduction {
        Reduction::Mean => sum / each,
        Reduction::L2 => sum.sqrt(),
        Reduction::LogSum => sum.ln(),
        Reduction::LogSumExp if largest[at].is_finite() => sum.ln() + largest[at],
        Reduction::LogSumExp => sum.ln(),
        _ => sum,
    };
    made.into_iter().enumerate().map(finished).collect()
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
