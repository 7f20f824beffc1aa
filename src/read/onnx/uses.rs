//! Which tensors of a file something takes.

use std::collections::HashSet;

use super::messages::{AttributeValue, Graph, Model, Node};

/// The names of tensors that an operator takes or that are outputs, in whichever graph or function.
pub(super) fn uses(model: &Model) -> HashSet<&str> {
    let mut names = HashSet::new();
    let mut nodes: Vec<&Node> = vec![];
    for function in &model.functions {
        nodes.extend(&function.nodes);
        names.extend(function.outputs.iter().map(|output| &**output));
    }
    gather(&mut names, vec![&model.graph], nodes);
    names
}

/// The names of tensors that an operator takes, or one in its bodies; some may stand there twice.
pub(super) fn uses_of(node: &Node) -> Vec<&str> {
    let mut names = vec![];
    gather(&mut names, vec![], vec![node]);
    names
}

fn gather<'m>(names: &mut impl Extend<&'m str>, mut graphs: Vec<&'m Graph>, mut nodes: Vec<&'m Node>) {
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
            return;
        }
    }
}
