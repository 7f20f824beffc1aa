//! Where elements lie: operators that rearrange an array differ only in the places that they take its elements from.
//!
//! Sizes here are of arrays that are not empty and whose numbers are wanted, so that they are small.

use super::super::array::Numbers;

/// Does the same with numbers of each type.
macro_rules! each {
    ($numbers:expr, $values:ident => $made:expr) => {
        match $numbers {
            Numbers::Ints($values) => Numbers::Ints($made),
            Numbers::Floats($values) => Numbers::Floats($made),
            Numbers::Doubles($values) => Numbers::Doubles($made),
        }
    };
}
/// Does the same with two lists of numbers of the same type; `None` if their types differ.
macro_rules! both {
    ($one:expr, $other:expr, $a:ident, $b:ident => $made:expr) => {
        match ($one, $other) {
            (Numbers::Ints($a), Numbers::Ints($b)) => Some(Numbers::Ints($made)),
            (Numbers::Floats($a), Numbers::Floats($b)) => Some(Numbers::Floats($made)),
            (Numbers::Doubles($a), Numbers::Doubles($b)) => Some(Numbers::Doubles($made)),
            _ => None,
        }
    };
}
pub(super) use {both, each};

/// A size as an index.
pub(super) fn index(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// How far apart neighbours along each axis lie. Of an array that is empty they may be too far apart for a number.
pub(super) fn strides(dims: &[u64]) -> Vec<usize> {
    let mut strides = vec![1usize; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(index(dims[axis]));
    }
    strides
}

/// The places of an axis of this size, whose neighbours lie so far apart.
pub(super) fn steps(size: u64, stride: usize) -> Vec<usize> {
    (0..index(size)).map(|step| step.saturating_mul(stride)).collect()
}

/// The place of each element, in row-major order: the sum of what the table of each axis says of it.
pub(super) fn places(tables: &[Vec<usize>]) -> Vec<usize> {
    let mut places = vec![0usize];
    for table in tables.iter().filter(|table| ***table != [0]) {
        let mut next = Vec::with_capacity(places.len() * table.len());
        for place in places {
            next.extend(table.iter().map(|step| place.saturating_add(*step)));
        }
        places = next;
    }
    places
}

/// Where the elements of an array of sizes `from` are found for sizes `to`, which it is repeated to.
pub(super) fn repeated(from: &[u64], to: &[u64]) -> Vec<usize> {
    let (strides, missing) = (strides(from), to.len() - from.len());
    let table = |(axis, &size): (usize, &u64)| match axis.checked_sub(missing) {
        Some(axis) if from[axis] == size => steps(size, strides[axis]),
        _ => vec![0; index(size)],
    };
    places(&to.iter().enumerate().map(table).collect::<Vec<_>>())
}

/// The elements at these places.
pub(super) fn taken(numbers: &Numbers, places: &[usize]) -> Numbers {
    each!(numbers, values => places.iter().map(|&place| values[place]).collect())
}

/// The sizes in front of an axis, and behind it, each multiplied.
pub(super) fn around(dims: &[u64], axis: usize) -> (usize, usize) {
    let product = |dims: &[u64]| index(dims.iter().product());
    (product(&dims[..axis]), product(&dims[axis + 1..]))
}
