//! Normalisation of numbers in groups; in 64 bits, rounded once.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::arithmetic::wide;
use super::cast::converted;
use super::place::{around, index, repeated};
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

pub(super) fn softmax(call: &Call) -> Answer {
    exponentials(call, |value, largest, sum| (value - largest).exp() / sum)
}

pub(super) fn log_softmax(call: &Call) -> Answer {
    exponentials(call, |value, largest, sum| value - largest - sum.ln())
}

fn exponentials(call: &Call, of: impl Fn(f64, f64, f64) -> f64) -> Answer {
    let input = call.input(0)?;
    // Below version 13 all axes from this one on are one.
    let is_old = call.opset < 13;
    let otherwise = if is_old && input.dims.len() > 1 { 1 } else { -1 };
    let axis = match input.dims.len() {
        0 => 0,
        rank => call.axis("axis", otherwise, rank)?,
    };
    call.makes(input.dims.clone(), input.kind, |dims| {
        let Some(numbers) = &input.numbers else {
            return Ok(None);
        };
        let size = dims.get(axis).copied().unwrap_or(1);
        let (outer, inner) = if dims.is_empty() { (1, 1) } else { around(dims, axis) };
        let (size, inner) = if is_old { (index(size) * inner, 1) } else { (index(size), inner) };
        let mut values = wide(numbers);
        for at in 0..outer * inner {
            let start = at / inner * size * inner + at % inner;
            let line = || (0..size).map(|step| start + step * inner);
            let largest = line().map(|place| values[place]).fold(f64::NEG_INFINITY, f64::max);
            let sum = line().map(|place| (values[place] - largest).exp()).sum();
            line().for_each(|place| values[place] = of(values[place], largest, sum));
        }
        Ok(converted(&Numbers::Doubles(values.into()), input.kind, true))
    })
}

/// The mean and the variance of numbers at these places.
#[expect(clippy::cast_precision_loss, reason = "a mean is a float")]
fn moments(values: &[f64], places: impl Iterator<Item = usize> + Clone) -> (f64, f64) {
    let count = places.clone().count() as f64;
    let mean = places.clone().map(|place| values[place]).sum::<f64>() / count;
    let variance = places.map(|place| (values[place] - mean).powi(2)).sum::<f64>() / count;
    (mean, variance)
}

/// The numbers of inputs that are one for each channel, if all are known. An error if there is another number of them.
fn channels(call: &Call, places: std::ops::Range<usize>, count: u64) -> Result<Option<Vec<Vec<f64>>>, Text> {
    let mut all = Some(vec![]);
    for place in places {
        let input = call.input(place)?;
        let (number, found) = (place + 1, &input.dims);
        if *found != [count] {
            return Err(text!(
                "input {number} has sizes {found:?}, and there are {count} channels",
                "第 {number} 个输入的尺寸为 {found:?},而通道数为 {count}"
            ));
        }
        all = all.zip(input.numbers.as_ref()).map(|(mut all, numbers)| {
            all.push(wide(numbers));
            all
        });
    }
    Ok(all)
}

/// How many channels there are: on the second axis.
fn channel_count(input: &Array) -> Result<u64, Text> {
    input.dims.get(1).copied().ok_or_else(|| text!("there is no axis of channels", "没有通道轴"))
}

fn epsilon(call: &Call) -> f64 {
    call.node.float("epsilon").unwrap_or(1e-5).into()
}

/// With the mean and the variance that are given; in training, with those of the numbers themselves, of which the second and
/// third outputs have a share.
pub(super) fn batch(call: &Call) -> Answer {
    let input = call.input(0)?;
    let count = channel_count(input)?;
    let is_training = call.flag("training_mode", false);
    if call.opset < 9 && !call.flag("spatial", true) {
        return Ok(None);
    }
    let given = channels(call, 1..5, count)?;
    let momentum = f64::from(call.node.float("momentum").unwrap_or(0.9));
    let mut running = None;
    let normalised = call.array(input.dims.clone(), input.kind, |_| {
        let (Some(numbers), Some(given)) = (&input.numbers, given) else {
            return Ok(None);
        };
        let (outer, inner) = around(&input.dims, 1);
        let (mut values, [scale, bias, mean, variance]) = (wide(numbers), &given[..]) else {
            return Ok(None);
        };
        let (mut means, mut variances) = (mean.clone(), variance.clone());
        let block = index(count) * inner;
        for channel in 0..index(count) {
            let places =
                (0..outer).flat_map(|at| (0..inner).map(move |inside| at * block + channel * inner + inside));
            let (mean, variance) = if is_training {
                moments(&values, places.clone())
            } else {
                (mean[channel], variance[channel])
            };
            let by = scale[channel] / (variance + epsilon(call)).sqrt();
            places.for_each(|place| values[place] = (values[place] - mean) * by + bias[channel]);
            means[channel] = means[channel] * momentum + mean * (1.0 - momentum);
            variances[channel] = variances[channel] * momentum + variance * (1.0 - momentum);
        }
        running = Some([means, variances]);
        Ok(converted(&Numbers::Doubles(values.into()), input.kind, true))
    })?;
    if !is_training {
        return Ok(Some(vec![normalised]));
    }
    let kind = call.input(3)?.kind;
    let [means, variances] = running.map_or([None, None], |both| both.map(Some));
    let share = |values: Option<Vec<f64>>| {
        call.array(vec![count], kind, |_| {
            Ok(values.and_then(|values| converted(&Numbers::Doubles(values.into()), kind, true)))
        })
    };
    Ok(Some(vec![normalised, share(means)?, share(variances)?]))
}

/// With the mean and the variance of each channel of each sample.
pub(super) fn instance(call: &Call) -> Answer {
    let input = call.input(0)?;
    let count = channel_count(input)?;
    let given = channels(call, 1..3, count)?;
    call.makes(input.dims.clone(), input.kind, |_| {
        let (Some(numbers), Some(given)) = (&input.numbers, given) else {
            return Ok(None);
        };
        let (mut values, [scale, bias]) = (wide(numbers), &given[..]) else {
            return Ok(None);
        };
        let (_, inner) = around(&input.dims, 1);
        for (at, group) in values.chunks_mut(inner).enumerate() {
            let (mean, variance) = moments(group, 0..group.len());
            let channel = at % index(count);
            let by = scale[channel] / (variance + epsilon(call)).sqrt();
            for value in group {
                *value = (*value - mean) * by + bias[channel];
            }
        }
        Ok(converted(&Numbers::Doubles(values.into()), input.kind, true))
    })
}

/// With the mean and the variance of all axes from one on; they, and the inverse of the deviation, are outputs too.
pub(super) fn layer(call: &Call) -> Answer {
    let (input, scale, bias) = (call.input(0)?, call.input(1)?, call.optional(2));
    let axis = call.axis("axis", -1, input.dims.len())?;
    let fits = |it: &Array| super::broadcast(&[&it.dims, &input.dims]).is_ok_and(|all| all == input.dims);
    if !fits(scale) || !bias.is_none_or(fits) {
        let (of, by) = (&input.dims, &scale.dims);
        return Err(text!("scales of {by:?} do not fit to {of:?}", "{by:?} 的缩放系数与 {of:?} 不符"));
    }
    let mut groups = input.dims.clone();
    groups[axis..].fill(1);
    let (mut means, mut inverses) = (None, None);
    let normalised = call.array(input.dims.clone(), input.kind, |dims| {
        let (Some(numbers), Some(by)) = (&input.numbers, &scale.numbers) else {
            return Ok(None);
        };
        let added = match bias.map(|bias| (bias, &bias.numbers)) {
            Some((bias, Some(numbers))) => Some((wide(numbers), repeated(&bias.dims, dims))),
            Some((_, None)) => return Ok(None),
            None => None,
        };
        let (mut values, by, by_place) = (wide(numbers), wide(by), repeated(&scale.dims, dims));
        let each = index(dims[axis..].iter().product());
        let (mut all_means, mut all_inverses) = (vec![], vec![]);
        for group in values.chunks_mut(each) {
            let (mean, variance) = moments(group, 0..group.len());
            let inverse = (variance + epsilon(call)).sqrt().recip();
            for value in group {
                *value = (*value - mean) * inverse;
            }
            all_means.push(mean);
            all_inverses.push(inverse);
        }
        for (place, value) in values.iter_mut().enumerate() {
            let shift = added.as_ref().map_or(0.0, |(added, at)| added[at[place]]);
            *value = *value * by[by_place[place]] + shift;
        }
        (means, inverses) = (Some(all_means), Some(all_inverses));
        Ok(converted(&Numbers::Doubles(values.into()), input.kind, true))
    })?;
    let kind =
        call.node.int("stash_type").and_then(|kind| i32::try_from(kind).ok()).map_or(Kind::FLOAT, Kind);
    let table = |values: Option<Vec<f64>>| {
        call.array(groups.clone(), kind, |_| {
            Ok(values.and_then(|values| converted(&Numbers::Doubles(values.into()), kind, true)))
        })
    };
    Ok(Some(vec![normalised, table(means)?, table(inverses)?]))
}
