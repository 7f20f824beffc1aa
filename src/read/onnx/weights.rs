//! The weights of a network from its file: read one tensor at a time, when the network is executed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::array::{Array, Numbers};
use super::draft::{Stored, View};
use super::evaluate::{evaluate, given};
use super::file::File;
use super::finish::Finished;
#[cfg(feature = "run")]
use super::messages::Kind;
use super::stored::{Origin, Table};
use super::value::Fixed;
use crate::graph::Graph;
#[cfg(feature = "run")]
use crate::graph::NodeId;
#[cfg(feature = "run")]
use crate::run::memory;
use crate::text;
use crate::text::Text;

/// The most numbers of a tensor that is made: 4 GB.
const MOST_NUMBERS: u64 = 1 << 30;

/// Where the weights of a network lie in its file, and what is done to them.
#[derive(Debug)]
pub struct Weights {
    /// By node.
    by_node: Vec<Vec<Stored>>,
    table: Table,
    file: Arc<File>,
}

impl Weights {
    pub(super) fn of(finished: Finished, file: Arc<File>) -> (Graph, Self) {
        let Finished { graph, weights, table } = finished;
        (graph, Self { by_node: weights, table, file })
    }

    /// Whether a weight that is made of others can be: what it is made of is all there at once, and is no part of the network's memory.
    #[cfg(feature = "run")]
    fn check_made(&self, needed: &BTreeSet<Fixed>, value: Fixed, free: u128) -> Result<(), Text> {
        let Origin::Made { node, .. } = &self.table.get(value).source else { return Ok(()) };
        let numbers = |value: &Fixed| u128::from(self.table.array(*value).elements().unwrap_or(u64::MAX));
        let bytes = |value: &Fixed| {
            let kind = self.table.array(*value).kind;
            let width = if kind.is_float() && kind != Kind::DOUBLE { 4 } else { 8 };
            numbers(value).saturating_mul(width)
        };
        // Each is there twice while it is put together.
        let largest = needed.iter().map(bytes).max().unwrap_or(0);
        let bytes = needed.iter().map(bytes).fold(largest, u128::saturating_add);
        let most = needed.iter().map(numbers).max().unwrap_or(0);
        if bytes <= free && most <= MOST_NUMBERS.into() {
            return Ok(());
        }
        let operator = &node.operator;
        let (needed, free) = (memory::needed(bytes), memory::available(free));
        Err(text!(
            "a weight is what {operator} makes of others, which takes {needed} while it is made: {free} is free, and at most \
             {MOST_NUMBERS} numbers are made of others",
            "某个权重由 {operator} 从其他权重算出,计算时需要 {needed}:可用 {free},且最多计算 {MOST_NUMBERS} 个数"
        ))
    }

    /// The sizes and the numbers of what is stored.
    fn numbers(&self, value: Fixed) -> Result<(Vec<u64>, Vec<f32>), Text> {
        let entry = self.table.get(value);
        if let (Origin::Given(tensor), None) = (&entry.source, &entry.array.numbers) {
            return Ok((tensor.dims.clone(), self.file.floats(tensor)?));
        }
        let array = evaluated(&self.table, &self.file, value, MOST_NUMBERS)?;
        let numbers = floats(&array)
            .ok_or_else(|| text!("the numbers of a weight cannot be told", "无法得知某个权重的数值"))?;
        Ok((array.dims, numbers))
    }
}

/// What is stored, with its numbers: what it follows from is evaluated first, each after what that follows from.
pub(super) fn evaluated(table: &Table, file: &File, value: Fixed, most: u64) -> Result<Array, Text> {
    let mut known: BTreeMap<Fixed, Array> = BTreeMap::new();
    for needed in needed(table, vec![value]) {
        let entry = table.get(needed);
        let array = match &entry.source {
            _ if entry.array.numbers.is_some() => entry.array.clone(),
            Origin::Known => entry.array.clone(),
            Origin::Given(tensor) => file.values(tensor, most)?,
            Origin::Made { node, opset, inputs, output, .. } => {
                let setting = given(node).map(|tensor| file.values(tensor, most)).transpose()?;
                let inputs: Vec<Option<&Array>> = inputs
                    .iter()
                    .map(|input| input.and_then(|input| known.get(&input)))
                    .chain(setting.as_ref().map(Some))
                    .collect();
                let outputs = evaluate(node, *opset, &inputs, most)?.unwrap_or_default();
                outputs.into_iter().nth(*output).ok_or_else(|| {
                    let operator = &node.operator;
                    text!("{operator} of weights cannot be computed", "无法计算权重的 {operator}")
                })?
            }
        };
        known.insert(needed, array);
    }
    known.remove(&value).ok_or_else(|| text!("the file has no such weight", "文件中没有这个权重"))
}

/// These values, and what they follow from as far as their numbers are not known: in the order in which they can be evaluated.
fn needed(table: &Table, mut open: Vec<Fixed>) -> BTreeSet<Fixed> {
    let mut needed = BTreeSet::new();
    while let Some(value) = open.pop() {
        let entry = table.get(value);
        if !needed.insert(value) || entry.array.numbers.is_some() {
            continue;
        }
        if let Origin::Made { inputs, .. } = &entry.source {
            open.extend(inputs.iter().flatten());
        }
    }
    needed
}

#[cfg(feature = "run")]
impl crate::run::Stored for Weights {
    fn check(&self, free: u128) -> Result<(), Text> {
        let mut checked = BTreeSet::new();
        for stored in self.by_node.iter().flatten() {
            let needed = needed(&self.table, vec![stored.value]);
            self.check_made(&needed, stored.value, free)?;
            for value in needed.into_iter().filter(|&value| checked.insert(value)) {
                let entry = self.table.get(value);
                let tensor = match &entry.source {
                    _ if entry.array.numbers.is_some() => None,
                    Origin::Known => None,
                    Origin::Given(tensor) => Some(tensor),
                    Origin::Made { node, .. } => given(node),
                };
                tensor.map_or(Ok(()), |tensor| self.file.check(tensor))?;
            }
        }
        Ok(())
    }

    fn read(&self, node: NodeId, index: usize) -> Result<Vec<f32>, Text> {
        let stored = self.by_node.get(node.index()).and_then(|weights| weights.get(index));
        let Some(stored) = stored else {
            return Err(text!("the file has no such weight", "文件中没有这个权重"));
        };
        let (dims, numbers) = self.numbers(stored.value)?;
        viewed(&stored.view, &dims, numbers)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "networks compute in 32 bits"
)]
fn floats(array: &Array) -> Option<Vec<f32>> {
    Some(match array.numbers.as_ref()? {
        Numbers::Ints(ints) => ints.iter().map(|&int| int as f32).collect(),
        Numbers::Floats(floats) => floats.to_vec(),
        Numbers::Doubles(doubles) => doubles.iter().map(|&double| double as f32).collect(),
    })
}

/// Numbers of these sizes as an operator wants them.
fn viewed(view: &View, dims: &[u64], numbers: Vec<f32>) -> Result<Vec<f32>, Text> {
    let no_matrix = || text!("a weight is no matrix", "某个权重不是矩阵");
    let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    match view {
        View::Whole => Ok(numbers),
        View::Transposed => {
            let &[rows, columns] = dims else { return Err(no_matrix()) };
            let (rows, columns) = (size(rows), size(columns));
            if rows.checked_mul(columns) != Some(numbers.len()) {
                return Err(no_matrix());
            }
            let column = |column: usize| (0..rows).map(move |row| row * columns + column);
            Ok((0..columns).flat_map(column).map(|at| numbers[at]).collect())
        }
        View::Times(factor, view) => {
            let mut numbers = viewed(view, dims, numbers)?;
            for number in &mut numbers {
                *number *= factor;
            }
            Ok(numbers)
        }
        View::Gates { direction, blocks, rows } => {
            // [directions, gates · rows, …], of which each row has as many numbers as are left.
            let [directions, all, rest @ ..] = dims else { return Err(no_matrix()) };
            let of_row = size(super::array::elements(rest).ok_or_else(no_matrix)?);
            let (direction, all, rows) = (size(*direction), size(*all), size(*rows));
            if direction >= size(*directions) {
                return Err(no_matrix());
            }
            let length = rows.checked_mul(of_row).ok_or_else(no_matrix)?;
            let mut taken = vec![];
            for &block in blocks {
                let row = size(block)
                    .checked_mul(rows)
                    .and_then(|row| direction.checked_mul(all)?.checked_add(row));
                let start = row.and_then(|row| row.checked_mul(of_row)).ok_or_else(no_matrix)?;
                let part = numbers.get(start..start.saturating_add(length)).ok_or_else(no_matrix)?;
                taken.extend_from_slice(part);
            }
            Ok(taken)
        }
    }
}
