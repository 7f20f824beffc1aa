//! Which tensors of a file something takes.

use std::collections::HashSet;

use super::messages::{AttributeValue, Graph, Model, Node};

/// The names of tensors that an operator takes or that are outputs, in whichever graph or function.
pub(super) fn uses(model: &Model) -> HashSet<&str> {
    let outputs = model.functions.iter().flat_map(|function| &function.outputs);
    let names = outputs.map(|output| &**output).collect();
    taken(names, vec![&model.graph], model.functions.iter().flat_map(|function| &function.nodes).collect())
}

/// The names of tensors that an operator takes, or one in its bodies.
pub(super) fn uses_of(node: &Node) -> HashSet<&str> {
    taken(HashSet::new(), vec![], vec![node])
}

fn taken<'m>(
    mut names: HashSet<&'m str>,
    mut graphs: Vec<&'m Graph>,
    mut nodes: Vec<&'m Node>,
) -> HashSet<&'m str> {
    loop {
        if let Some(graph) = graphs.pop() {
            nodes.extend(&graph.nodes);
            names.extend(graph.outputs.iter().map(|output| &*output.name));
        } else if let Some(node) = nodes.pop() {
            names.extend(node.inputs.iter().map(|input| &**input));
            for attribute in &node.attributes {
                if let AttributeValue::Graph(body) = &attribute.value {
                    graphs.push(body);
                }
            }
        } else {
            return names;
        }
    }
}
