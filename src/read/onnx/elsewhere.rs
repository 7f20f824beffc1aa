//! The other files in which numbers of a file lie.

use std::collections::BTreeSet;

use super::messages::{Attribute, AttributeValue, Data, Graph, Model, Node, Tensor};

/// Where they lie, from the folder of the file, each once.
pub(super) fn locations(model: &Model) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut graphs: Vec<&Graph> = vec![&model.graph];
    let mut nodes: Vec<&Node> = model.functions.iter().flat_map(|function| &function.nodes).collect();
    let mut attributes: Vec<&Attribute> =
        model.functions.iter().flat_map(|function| &function.defaults).collect();
    loop {
        if let Some(graph) = graphs.pop() {
            nodes.extend(&graph.nodes);
            found.extend(graph.initializers.iter().filter_map(|tensor| location(tensor)));
        } else if let Some(node) = nodes.pop() {
            attributes.extend(&node.attributes);
        } else if let Some(attribute) = attributes.pop() {
            if let AttributeValue::Graph(body) = &attribute.value {
                graphs.push(body);
            } else if let AttributeValue::Tensor(tensor) = &attribute.value {
                found.extend(location(tensor));
            }
        } else {
            return found;
        }
    }
}

fn location(tensor: &Tensor) -> Option<&str> {
    if let Data::External { location, .. } = &tensor.data { Some(location) } else { None }
}
