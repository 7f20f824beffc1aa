//! The operators of a file as they are, and what becomes of each: found when somebody asks, from what the names of the file stand
//! for once the network is there.

use std::collections::HashMap;

use super::finish::{finish, live};
use super::import::{Importer, Scope};
use super::messages::{Model, Node};
use super::mistake::{Mistake, operator};
use super::stored::Roots;
use super::uses::uses_of;
use super::value::{Tensor, Value};
use crate::error::Origin;
use crate::graph::{Graph, NodeId};
use crate::op::Op;

/// An operator of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listed {
    /// Which it is in the file, from 0.
    pub index: u32,
    /// What the file calls it; often nothing.
    pub name: String,
    /// What it is: `Conv`, or with the set that it is of, where that is not the standard's, `com.microsoft::FusedConv`.
    pub operator: String,
    /// The sizes of its first output in the file, the batch included, if they are known.
    pub output: Option<Vec<u64>>,
    /// What becomes of it.
    pub became: Became,
}

/// What becomes of an operator of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Became {
    /// The layers of these paths: mostly one, several of a function or a loop.
    Layers(Vec<String>),
    /// It is a part of the layer of this path, which stands for several operators.
    Part(String),
    /// Nothing: what comes out is what goes in, under other sizes at most.
    View,
    /// Nothing: what comes out follows from shapes and constants.
    Evaluated,
    /// Nothing: what comes out follows from weights alone, and is made once.
    FromWeights,
    /// Nothing: no output of the network follows from it.
    Unused,
    /// It is not counted: the layer of this path stands for it, if there is one. There is none where all that comes of it is lost.
    NotCounted(Option<String>),
}

/// What is known of an operator from its output, before layers are looked at.
#[derive(Clone, Copy)]
enum Output {
    Evaluated,
    FromWeights,
    /// A node that leads to an output of the network.
    Live,
    Dead,
    /// Its sizes are not known.
    Lost,
}

/// The operators of a file whose names stand for what is in `scope`.
pub(super) fn list(
    importer: Importer<'_>,
    model: &Model,
    ends: &[(&str, Tensor)],
    scope: &Scope<'_, '_>,
) -> Result<Vec<Listed>, Mistake> {
    let nodes = &model.graph.nodes;
    let is_live = live(&importer.draft, ends.iter().map(|(_, tensor)| tensor.id));
    let first =
        |node: &Node| node.outputs.iter().find(|name| !name.is_empty()).and_then(|name| scope.get(name));
    let leads = |tensor: &Tensor| is_live[tensor.id.index()];
    let output = |node: &Node| match first(node) {
        Some(Value::Fixed(fixed)) => match importer.table.get(*fixed).roots {
            Roots::None => (Output::Evaluated, Some(importer.dims_of(*fixed).to_vec())),
            Roots::One(_) | Roots::Several => (Output::FromWeights, Some(importer.dims_of(*fixed).to_vec())),
        },
        Some(Value::Tensor(tensor)) => {
            (if leads(tensor) { Output::Live } else { Output::Dead }, Some(tensor.dims.to_vec()))
        }
        Some(Value::Sequence(parts)) => {
            let is_live = parts.iter().any(|part| matches!(part, Value::Tensor(tensor) if leads(tensor)));
            (if is_live { Output::Live } else { Output::Dead }, None)
        }
        Some(Value::Lost(_)) => (Output::Lost, None),
        None => (Output::Dead, None),
    };
    let outputs: Vec<_> = nodes.iter().map(output).collect();
    let graph = finish(importer, model, ends)?.graph;
    let layers = layers(&graph, nodes.len());
    let mut takers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in uses_of(node) {
            takers.entry(name).or_default().push(index);
        }
    }
    // Backwards: what it is part of stands behind it.
    let mut became: Vec<Became> = vec![Became::Unused; nodes.len()];
    for (index, (node, (output, _))) in nodes.iter().zip(&outputs).enumerate().rev() {
        let taken_by = node.outputs.iter().filter_map(|name| takers.get(&**name)).flatten();
        became[index] = match (of_layers(&graph, &layers[index], *output), output) {
            (Some(became), _) => became,
            (None, Output::Evaluated) => Became::Evaluated,
            (None, Output::FromWeights) => Became::FromWeights,
            (None, Output::Live) => Became::View,
            (None, Output::Lost) => Became::NotCounted(None),
            (None, Output::Dead) => {
                taken_by.copied().find_map(|taker| within(&became[taker])).unwrap_or(Became::Unused)
            }
        };
    }
    let listed = nodes.iter().zip(0..).zip(outputs.into_iter().zip(became));
    Ok(listed
        .map(|((node, index), ((_, output), became))| Listed {
            index,
            name: node.name.to_string(),
            operator: operator(node),
            output,
            became,
        })
        .collect())
}

/// By operator of the file, the nodes that it has become.
fn layers(graph: &Graph, operators: usize) -> Vec<Vec<NodeId>> {
    let mut layers = vec![vec![]; operators];
    for (id, node) in graph.nodes() {
        if let Some(Origin::Node { index }) = node.origin
            && let Some(layers) = layers.get_mut(index as usize)
        {
            layers.push(id);
        }
    }
    layers
}

/// What the nodes say of an operator that they are made of.
fn of_layers(graph: &Graph, nodes: &[NodeId], output: Output) -> Option<Became> {
    if let Some(&uncounted) = nodes.iter().find(|&&id| !graph.node(id).is_counted()) {
        return Some(Became::NotCounted(Some(graph.path(uncounted))));
    }
    // What is stored and goes in is no work of it, unless it is all that is left.
    let is_stored = |id: NodeId| matches!(graph.node(id).operator(), Some(Op::Parameter(_) | Op::Buffer(_)));
    let mut layers: Vec<NodeId> = nodes.iter().copied().filter(|&id| !is_stored(id)).collect();
    if layers.is_empty() && matches!(output, Output::Live) {
        layers.extend(nodes);
    }
    (!layers.is_empty()).then(|| Became::Layers(layers.into_iter().map(|id| graph.path(id)).collect()))
}

/// What an operator without nodes is, which one takes that has become this.
fn within(taker: &Became) -> Option<Became> {
    match taker {
        Became::Layers(paths) => paths.first().cloned().map(Became::Part),
        Became::Part(_) | Became::View | Became::NotCounted(_) => Some(taker.clone()),
        Became::Evaluated | Became::FromWeights | Became::Unused => None,
    }
}
