//! Operators that choose among elements by conditions or places.

use super::super::array::{Array, Numbers};
use super::super::messages::Kind;
use super::elementwise::{check_kinds, differ};
use super::place::{both, each, index, repeated};
use super::rule::broadcast;
use super::{Answer, Call};
use crate::text;

pub(super) fn choose(call: &Call) -> Answer {
    let (condition, yes, no) = (call.input(0)?, call.input(1)?, call.input(2)?);
    check_kinds(&[yes, no])?;
    let dims = broadcast(&[&condition.dims, &yes.dims, &no.dims])?;
    call.makes(dims, yes.kind, |dims| {
        let (Some(holds), Some(yes_numbers), Some(no_numbers)) =
            (condition.ints(), &yes.numbers, &no.numbers)
        else {
            return Ok(None);
        };
        let [at, yes_at, no_at] = [condition, yes, no].map(|array| repeated(&array.dims, dims));
        let numbers = both!(yes_numbers, no_numbers, yes, no => at
            .iter()
            .zip(yes_at.iter().zip(&no_at))
            .map(|(&at, (&yes_at, &no_at))| if holds[at] == 0 { no[no_at] } else { yes[yes_at] })
            .collect());
        numbers.map(Some).ok_or_else(differ)
    })
}

/// The upper or lower triangle of the last two axes.
pub(super) fn trilu(call: &Call) -> Answer {
    let input = call.input(0)?;
    let is_upper = call.flag("upper", true);
    let [.., rows, columns] = input.dims[..] else {
        return Err(text!("Trilu takes two dimensions at least", "Trilu 至少需要两维"));
    };
    let diagonal = match call.optional(1) {
        Some(by) => by.ints().map(|by| by.first().copied().unwrap_or(0)),
        None => Some(0),
    };
    call.makes(input.dims.clone(), input.kind, |_| {
        let (Some(numbers), Some(diagonal)) = (&input.numbers, diagonal) else {
            return Ok(None);
        };
        let (rows, columns, diagonal) = (index(rows), index(columns), i128::from(diagonal));
        let is_kept = |place: usize| {
            let (row, column) = (place / columns % rows, place % columns);
            let distance = column as i128 - row as i128 - diagonal;
            if is_upper { distance >= 0 } else { distance <= 0 }
        };
        Ok(Some(each!(numbers, values => values
            .iter()
            .enumerate()
            .map(|(place, &value)| if is_kept(place) { value } else { Default::default() })
            .collect())))
    })
}

/// The indices of what is not zero, a row for each axis.
pub(super) fn non_zero(call: &Call) -> Answer {
    let input = call.input(0)?;
    let Some(numbers) = input.numbers.as_ref().filter(|_| call.is_small) else {
        return Ok(None);
    };
    let found: Vec<usize> = match numbers {
        Numbers::Ints(values) => places(values.iter().map(|&value| value != 0)),
        Numbers::Floats(values) => places(values.iter().map(|&value| value != 0.0)),
        Numbers::Doubles(values) => places(values.iter().map(|&value| value != 0.0)),
    };
    // One number is as a list of one.
    let axes = if input.dims.is_empty() { &[1][..] } else { &input.dims };
    let dims = vec![axes.len() as u64, found.len() as u64];
    if found.is_empty() {
        return Ok(Some(vec![Array { dims, kind: Kind::INT64, numbers: Numbers::zeros(Kind::INT64, 0) }]));
    }
    call.makes(dims, Kind::INT64, |_| {
        let rows = axes.iter().zip(super::place::strides(axes));
        let row = rows.flat_map(|(&size, stride)| {
            found.iter().map(move |place| i64::try_from(place / stride % index(size)).unwrap_or(i64::MAX))
        });
        Ok(Some(Numbers::Ints(row.collect())))
    })
}

fn places(is_wanted: impl Iterator<Item = bool>) -> Vec<usize> {
    is_wanted.enumerate().filter_map(|(place, is_wanted)| is_wanted.then_some(place)).collect()
}
