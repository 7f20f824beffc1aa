//! Which tensors hold indices: what is given from outside and then looked up, moved about or not.

use super::{Content, Graph, NodeId};
use crate::op::Class;

/// The inputs of the network that are looked up and nothing else, and what they are on the way: of no tensor that is computed
/// with, or comes out, is it known that it may be of whole numbers.
pub(super) fn of(graph: &Graph) -> Vec<NodeId> {
    let mut comes_out = vec![false; graph.len()];
    graph.outputs().iter().for_each(|&(_, id)| comes_out[id.index()] = true);
    // By node: whether all its uses are to look it up.
    let mut only_looked_up = vec![false; graph.len()];
    for (id, _) in graph.nodes().rev() {
        let is_looked_up = |user: NodeId| {
            let op = graph.node(user).operator();
            op.is_some_and(|op| {
                let shapes = graph.input_shapes(user);
                let mut places = graph.inputs(user).enumerate().filter(|&(_, input)| input == id);
                places.all(|(index, _)| op.indices_of(index, &shapes).is_some())
                    || only_looked_up[user.index()] && moves(op.class())
            })
        };
        let mut users = graph.users(id).peekable();
        only_looked_up[id.index()] =
            users.peek().is_some() && users.all(is_looked_up) && !comes_out[id.index()];
    }
    let mut found = vec![];
    let mut holds_indices = vec![false; graph.len()];
    for (id, node) in graph.nodes() {
        let from_outside = match &node.content {
            Content::Input => true,
            Content::Operator(op) => {
                let mut inputs = graph.inputs(id).peekable();
                let are_given = inputs.peek().is_some() && inputs.all(|input| holds_indices[input.index()]);
                moves(op.class()) && op.indices().is_none() && are_given
            }
            Content::Unknown { .. } => false,
        };
        if from_outside && only_looked_up[id.index()] {
            holds_indices[id.index()] = true;
            found.push(id);
        }
    }
    found
}

/// Whether what such an operator makes is what it takes, in other places.
fn moves(class: Class) -> bool {
    class == Class::Rearrangement
}
