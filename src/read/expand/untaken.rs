//! Nodes whose output nothing takes: probably a forgotten `from`.

use std::collections::HashSet;
use std::iter::successors;

use crate::error::{Code, Diagnostic};
use crate::graph::{Graph, Node, NodeId, ScopeId, ScopeKind};
use crate::text;

/// A warning for each item that makes such a node, but for what the copies of a `repeat` hand from one to the next: the last
/// hands it to nothing, and is there for another of its outputs.
pub(in crate::read) fn untaken(graph: &Graph) -> Vec<Diagnostic> {
    let outputs: HashSet<NodeId> = graph.outputs().iter().map(|&(_, output)| output).collect();
    let is_taken = |id: NodeId| outputs.contains(&id) || graph.users(id).next().is_some();
    let position = |node: &Node| node.origin.as_ref().map(|origin| origin.position());
    let mut untaken: Vec<_> = graph.nodes().filter(|&(id, _)| !is_taken(id)).collect();
    if !untaken.is_empty() {
        let positions: HashSet<_> = untaken.iter().map(|(_, node)| position(node)).collect();
        // By the item and the box of all copies: whether one of them hands on what the item makes.
        let mut handed_on = HashSet::new();
        let mut gives = HashSet::new();
        for (id, node) in graph.nodes().filter(|&(id, _)| is_taken(id)) {
            for copy in copies_around(graph, node) {
                if positions.contains(&position(node)) {
                    handed_on.insert((position(node), graph.scope(copy).parent));
                }
                if outputs.contains(&id) || graph.users(id).any(|user| !graph.is_in(user, copy)) {
                    gives.insert(copy);
                }
            }
        }
        untaken.retain(|(_, node)| {
            !copies_around(graph, node).any(|copy| {
                gives.contains(&copy) && handed_on.contains(&(position(node), graph.scope(copy).parent))
            })
        });
    }
    let mut seen = HashSet::new();
    let first_of_its_item = |(_, node): &(NodeId, &Node)| seen.insert(position(node));
    let warning = |(id, node): (NodeId, &Node)| {
        let path = graph.path(id);
        let message = text!("nothing takes the output of `{path}`", "没有任何项使用 `{path}` 的输出");
        Some(Diagnostic::new(Code::UnusedOutput, message, node.origin.clone()?).warning())
    };
    untaken.into_iter().filter(first_of_its_item).filter_map(warning).collect()
}

/// The copies of repeated items that a node stands in, from the inside out.
fn copies_around<'g>(graph: &'g Graph, node: &Node) -> impl Iterator<Item = ScopeId> + use<'g> {
    let around = move |&scope: &ScopeId| (scope != ScopeId::ROOT).then(|| graph.scope(scope).parent);
    let is_copy = move |&scope: &ScopeId| {
        let all = graph.scope(graph.scope(scope).parent);
        scope != ScopeId::ROOT && matches!(all.kind, ScopeKind::Repeat | ScopeKind::For)
    };
    successors(Some(node.scope), around).filter(is_copy)
}
