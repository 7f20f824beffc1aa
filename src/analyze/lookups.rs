//! What is read of tables that are looked up: no row twice, so nothing more with the next sample once all have been.

use std::ops::Range;

use crate::counts::{Capped, Overflow, Tally};
use crate::graph::{Graph, NodeId, ScopeId};

/// What the nodes that look something up read of it. A batch has sums over the first of them, from that of none on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lookups {
    /// In the order of the nodes.
    nodes: Vec<(NodeId, Capped)>,
    /// By [`ScopeId`]: which of them are in the box; nothing where there are none at all.
    scopes: Vec<Range<usize>>,
}

impl Lookups {
    pub(super) fn new(graph: &Graph, nodes: Vec<(NodeId, Capped)>) -> Self {
        let in_box = |all: &mut dyn ExactSizeIterator<Item = NodeId>| {
            let count = all.len();
            all.next().map_or(0..0, |first| {
                let from = nodes.partition_point(|&(id, _)| id < first);
                from..nodes.partition_point(|&(id, _)| id.index() < first.index() + count)
            })
        };
        let known = if nodes.is_empty() { 0 } else { usize::MAX };
        let scopes = graph.scopes().take(known).map(|(_, scope)| in_box(&mut scope.nodes())).collect();
        Self { nodes, scopes }
    }

    /// What each node reads.
    pub(super) fn iter(&self) -> impl Iterator<Item = Capped> {
        self.nodes.iter().map(|&(_, capped)| capped)
    }

    /// The sums of a batch.
    pub(super) fn sums(&self, batch: u64) -> Result<Vec<u128>, Overflow> {
        let mut sum = 0u128;
        let first = std::iter::once(Ok(0));
        let others = self.iter().map(|capped| {
            sum = sum.plus(capped.at(batch))?;
            Ok(sum)
        });
        first.chain(others).collect()
    }

    /// What a node reads, by the sums of a batch.
    pub(super) fn of_node(&self, id: NodeId, sums: &[u128]) -> u128 {
        let found = self.nodes.binary_search_by_key(&id, |&(node, _)| node);
        found.map_or(0, |at| sums[at + 1] - sums[at])
    }

    /// What is read in a box, by the sums of a batch.
    pub(super) fn of_scope(&self, id: ScopeId, sums: &[u128]) -> u128 {
        self.scopes.get(id.index()).map_or(0, |within| sums[within.end] - sums[within.start])
    }
}
