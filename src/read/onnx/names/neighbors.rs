//! The modules of all nodes of a network, also of those that say nothing of theirs.

use std::collections::HashMap;

use super::{Path, told};
use crate::read::onnx::messages::Node;

/// The modules of the nodes that are `wanted`, by index; of others, what comes with it. `weight` is the name of the tensor of the
/// file that a node mainly works with, if there is one.
///
/// What says nothing itself stands in what is around both the nearest before it and the nearest behind it that do: between
/// `layer1.0.conv1` and `layer1.0.conv2` in `layer1.0`. It may belong further inside, but hardly ever outside of it: of 24,376
/// element-wise nodes of PyTorch's networks 10, if the names of all of them are hidden. A Split stands with those that take its
/// parts, as a module that takes something apart works with the parts: so it is for 449 of 467.
pub(in crate::read::onnx) fn modules<'a>(
    nodes: &'a [Node],
    weight: impl Fn(&'a Node) -> Option<&'a str>,
    wanted: impl Fn(usize) -> bool,
) -> Vec<Path> {
    // Most nodes of a large file are arithmetic on sizes, which stands nowhere; where the others tell it themselves, nobody else
    // is asked.
    let mut own = told(nodes, &weight, &wanted);
    if own.iter().enumerate().all(|(index, own)| own.is_some() || !wanted(index)) {
        return own.into_iter().map(Option::unwrap_or_default).collect();
    }
    let others = told(nodes, &weight, |index| !wanted(index));
    for (own, other) in own.iter_mut().zip(others) {
        *own = own.take().or(other);
    }
    let producers: HashMap<_, _> = nodes
        .iter()
        .enumerate()
        .flat_map(|(index, node)| node.outputs.iter().map(move |output| (&**output, index)))
        .filter(|(output, _)| !output.is_empty())
        .collect();
    let inputs = |index: usize| {
        nodes
            .get(index)
            .into_iter()
            .flat_map(|node| &node.inputs)
            .filter_map(|input| producers.get(&**input).copied())
    };
    let whole = |index: usize| own.get(index)?.as_deref();

    let mut before: Vec<Option<&[_]>> = Vec::with_capacity(nodes.len());
    for index in 0..nodes.len() {
        let found =
            whole(index).or_else(|| inputs(index).find_map(|input| before.get(input).copied().flatten()));
        before.push(found);
    }
    let mut behind: Vec<Option<&[_]>> = (0..nodes.len()).map(whole).collect();
    for index in (0..nodes.len()).rev() {
        let Some(path) = behind.get(index).copied().flatten() else { continue };
        for input in inputs(index).filter(|&input| whole(input).is_none()) {
            if let Some(behind) = behind.get_mut(input) {
                *behind = Some(behind.map_or(path, |known| common(known, path)));
            }
        }
    }
    let around =
        nodes.iter().zip(before).zip(behind).map(|((node, before), behind)| match (before, behind) {
            (_, Some(behind)) if &*node.operator == "Split" => behind,
            (Some(before), Some(behind)) => common(before, behind),
            (Some(one), None) | (None, Some(one)) => one.split_last().map_or(&[][..], |(_, around)| around),
            (None, None) => &[],
        });
    own.iter().zip(around).map(|(own, around)| own.clone().unwrap_or_else(|| around.to_vec())).collect()
}

/// What two paths begin with.
fn common<'a, T: PartialEq>(a: &'a [T], b: &[T]) -> &'a [T] {
    let length = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    a.get(..length).unwrap_or_default()
}
