//! What is read of tables that are looked up: no row twice, so nothing more with the next sample once all have been.

use std::ops::Range;

use crate::counts::{Capped, Counts, Overflow, Tally, Traffic, Volume};
use crate::graph::{Graph, NodeId, ScopeId};

/// What the nodes that look something up read of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lookups {
    /// In the order of the nodes.
    nodes: Vec<(NodeId, Capped)>,
    /// By [`ScopeId`]: the box and which of them are in it; nothing where there are none at all.
    scopes: Vec<(ScopeId, Range<usize>)>,
}

/// Counts at a batch, with what is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evaluated {
    /// Of each node that looks something up.
    pub(super) nodes: Vec<Counts>,
    /// By [`ScopeId`]; nothing where there are no such nodes at all.
    pub(super) scopes: Vec<Counts>,
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
        let scopes = graph.scopes().take(known).map(|(id, scope)| (id, in_box(&mut scope.nodes()))).collect();
        Self { nodes, scopes }
    }

    /// The nodes that look something up, in their order, and what each reads.
    pub(super) fn nodes(&self) -> &[(NodeId, Capped)] {
        &self.nodes
    }

    /// What each node reads.
    pub(super) fn iter(&self) -> impl Iterator<Item = Capped> {
        self.nodes.iter().map(|&(_, capped)| capped)
    }

    /// Which of them a node is.
    pub(super) fn find(&self, id: NodeId) -> Option<usize> {
        self.nodes.binary_search_by_key(&id, |&(node, _)| node).ok()
    }

    /// What comes to the counts of nodes and boxes at a batch, of which `node` and `scope` have the rest.
    pub(super) fn at<'c>(
        &self,
        batch: u64,
        node: impl Fn(NodeId) -> Option<&'c Counts>,
        scope: impl Fn(ScopeId) -> &'c Counts,
    ) -> Result<Evaluated, Overflow> {
        let mut sums = vec![0u128];
        for (_, capped) in &self.nodes {
            sums.push(sums[sums.len() - 1].plus(capped.at(batch))?);
        }
        let with = |counts: &Counts, within: Range<usize>| {
            let looked_up = Volume::numbers(sums[within.end] - sums[within.start]);
            let read = counts.traffic.read.plus(looked_up)?;
            Ok(Counts { traffic: Traffic { read, ..counts.traffic }, ..*counts })
        };
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.filter_map(|(at, &(id, _))| Some(with(node(id)?, at..at + 1)));
        let scopes = self.scopes.iter().map(|(id, within)| with(scope(*id), within.clone()));
        Ok(Evaluated { nodes: nodes.collect::<Result<_, _>>()?, scopes: scopes.collect::<Result<_, _>>()? })
    }
}
