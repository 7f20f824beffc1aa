//! Operators that put elements at indices.

use super::super::array::{Array, Numbers};
use super::elementwise::{Element, check_kinds, differ, held};
use super::index::{Slices, along};
use super::place::both;
use super::{Answer, Call};
use crate::text;
use crate::text::Text;

pub(super) fn scatter_elements(call: &Call) -> Answer {
    let (data, at, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let axis = call.axis("axis", 0, data.dims.len())?;
    check_sizes(updates, &at.dims)?;
    put(call, data, updates, || along(data, at, axis))
}

pub(super) fn scatter_nd(call: &Call) -> Answer {
    let (data, at, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    let slices = Slices::new(data, at, 0)?;
    check_sizes(updates, &slices.dims())?;
    put(call, data, updates, || slices.places())
}

fn check_sizes(updates: &Array, wanted: &[u64]) -> Result<(), Text> {
    let given = &updates.dims;
    if given == wanted {
        return Ok(());
    }
    Err(text!("the updates are {given:?}, not {wanted:?}", "更新值的尺寸为 {given:?},而非 {wanted:?}"))
}

fn put(
    call: &Call,
    data: &Array,
    updates: &Array,
    places: impl FnOnce() -> Result<Option<Vec<usize>>, Text>,
) -> Answer {
    check_kinds(&[data, updates])?;
    let reduction = call.node.text("reduction").unwrap_or("none");
    if !["none", "add", "mul", "min", "max"].contains(&reduction) {
        return Ok(None);
    }
    call.makes(data.dims.clone(), data.kind, |_| {
        let (Some(old), Some(new)) = (&data.numbers, &updates.numbers) else {
            return Ok(None);
        };
        if new.is_empty() {
            return Ok(Some(old.clone()));
        }
        let Some(places) = places()? else {
            return Ok(None);
        };
        let numbers = both!(old, new, old, new => combined(old, new, &places, reduction)?.into());
        held(data.kind, numbers.ok_or_else(differ)?).map(Some)
    })
}

fn combined<T: Element>(old: &[T], new: &[T], places: &[usize], reduction: &str) -> Result<Vec<T>, Text> {
    let mut numbers = old.to_vec();
    for (&place, &value) in places.iter().zip(new) {
        let number = &mut numbers[place];
        *number = match reduction {
            "add" => number.plus(value)?,
            "mul" => number.times(value)?,
            "min" if *number <= value => *number,
            "max" if *number >= value => *number,
            _ => value,
        };
    }
    Ok(numbers)
}
