//! Where each path of a graph leads.

use std::hash::{BuildHasher, RandomState};

use super::{Graph, Place, ScopeId};

/// The nodes and boxes of a graph by hashes of their paths: no path is kept, so one that is found is still to be compared.
#[derive(Debug)]
pub(super) struct Index {
    state: RandomState,
    /// In the order of the hashes; of equal paths, a node comes before a box.
    places: Vec<(u64, Place)>,
}

impl Index {
    pub(super) fn new(graph: &Graph) -> Self {
        let mut index = Self { state: RandomState::new(), places: vec![] };
        let mut places = Vec::with_capacity(graph.scopes().len() + graph.len());
        for (id, scope) in graph.scopes() {
            let hash = if id == ScopeId::ROOT {
                ROOT
            } else {
                let (around, _) = places[scope.parent.index()];
                index.below(around, &scope.name)
            };
            places.push((hash, Place::Box(id)));
        }
        for (id, node) in graph.nodes() {
            let (around, _) = places[node.scope.index()];
            places.push((index.below(around, &node.name), Place::Node(id)));
        }
        places.sort_unstable();
        index.places = places;
        index
    }

    /// The places that may have this path.
    pub(super) fn at(&self, path: &str) -> impl Iterator<Item = Place> {
        let hash = if path.is_empty() { ROOT } else { self.below(ROOT, path) };
        let start = self.places.partition_point(|&(other, _)| other < hash);
        self.places[start..].iter().take_while(move |(other, _)| *other == hash).map(|&(_, place)| place)
    }

    /// A path that leads to two places.
    pub(super) fn repeated(&self, graph: &Graph) -> Option<String> {
        let alike = self.places.chunk_by(|(a, _), (b, _)| a == b).filter(|alike| alike.len() > 1);
        alike.into_iter().find_map(|alike| {
            let mut paths: Vec<_> = alike.iter().map(|&(_, place)| graph.place_path(place)).collect();
            paths.sort_unstable();
            paths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone())
        })
    }

    /// The hash of the path that goes on with `rest` below one that has the hash `around`, part by part.
    fn below(&self, around: u64, rest: &str) -> u64 {
        rest.split('/').fold(around, |hash, part| self.state.hash_one((hash, part)))
    }
}

/// The hash of the path of the network.
const ROOT: u64 = 0;
