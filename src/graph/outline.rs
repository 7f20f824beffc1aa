//! What stands directly in each box of a graph, in order.

use super::{Graph, Place, ScopeId};

/// What stands directly in each box, in order.
#[derive(Debug)]
pub struct Outline<'g> {
    /// The graph.
    pub graph: &'g Graph,
    /// By [`ScopeId`].
    parts: Vec<Vec<Place>>,
}

impl<'g> Outline<'g> {
    /// The outline of `graph`.
    pub fn new(graph: &'g Graph) -> Self {
        let mut parts = vec![vec![]; graph.scopes().len()];
        // Boxes are numbered as they are opened and nodes as they are added: merged by their first node they are in order.
        let mut boxes = graph.scopes().skip(1).filter(|(_, scope)| scope.nodes().len() > 0).peekable();
        for (id, node) in graph.nodes() {
            while let Some((scope_id, scope)) = boxes.next_if(|(_, scope)| scope.nodes().next() == Some(id)) {
                parts[scope.parent.index()].push(Place::Box(scope_id));
            }
            parts[node.scope.index()].push(Place::Node(id));
        }
        Self { graph, parts }
    }

    /// The parts of a box; a box with a single part is that part.
    pub fn parts(&self, scope: ScopeId) -> &[Place] {
        &self.parts[scope.index()]
    }

    /// What a part comes to when boxes around a single part are taken as one with it.
    pub fn innermost(&self, part: Place) -> Place {
        match part {
            Place::Box(scope) if self.parts(scope).len() == 1 => self.innermost(self.parts(scope)[0]),
            Place::Box(_) | Place::Node(_) => part,
        }
    }
}
