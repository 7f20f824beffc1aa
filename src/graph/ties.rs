//! Which weights of which nodes are one tensor.

use std::collections::BTreeMap;

use super::{Builder, Graph, NodeId, SharingMismatch};
use crate::op::Weight;
use crate::text;
use crate::text::Text;

/// One of the weights that a node's operator takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeightRef {
    /// The node.
    pub node: NodeId,
    /// Which of its weights, in their order.
    pub index: u32,
}

/// The weight of an earlier node that a node takes in place of one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The weight, which is tied to no other itself.
    pub owner: WeightRef,
    /// Whether it is taken with its two dimensions exchanged.
    pub transposed: bool,
}

/// By the weight that is tied; where nothing is shared they take nothing.
pub(super) type Ties = BTreeMap<WeightRef, Tie>;

impl Graph {
    /// The weights of a node that are an earlier node's, by their place among its weights.
    pub fn ties(&self, id: NodeId) -> impl Iterator<Item = (usize, Tie)> {
        let all = WeightRef { node: id, index: 0 }..=WeightRef { node: id, index: u32::MAX };
        self.ties.range(all).map(|(weight, tie)| (weight.index as usize, *tie))
    }

    /// Whether a weight of a node is an earlier node's.
    pub fn is_tied(&self, id: NodeId) -> bool {
        self.ties(id).next().is_some()
    }

    /// The weights that a node has: those that it uses, without those of earlier nodes.
    pub fn own_weights(&self, id: NodeId) -> Vec<Weight> {
        let mut index = 0..;
        let mut weights = self.weights(id);
        let tied: Vec<usize> = self.ties(id).map(|(index, _)| index).collect();
        weights.retain(|_| index.next().is_none_or(|index| !tied.contains(&index)));
        weights
    }

    /// The node whose weights a node uses, if all of them are that one's.
    pub fn weights_of(&self, id: NodeId) -> Option<NodeId> {
        let (_, first) = self.ties(id).next()?;
        let of_first = self.ties(id).filter(|(_, tie)| tie.owner.node == first.owner.node).count();
        (of_first == self.weights(id).len()).then_some(first.owner.node)
    }
}

impl Builder {
    /// Makes a weight of a node the same tensor as that of an earlier one, whatever their operators are: of the same sizes,
    /// sizes of 1 apart, or `transposed`, of the same two the other way round.
    ///
    /// # Errors
    /// If there is no such weight, or they cannot be one tensor.
    pub fn tie(
        &mut self,
        user: WeightRef,
        owner: WeightRef,
        transposed: bool,
    ) -> Result<(), SharingMismatch> {
        let mismatch = |message| SharingMismatch { message, nodes: Some((user.node, owner.node)) };
        let [here, there] = [user, owner].map(|weight| self.weight(weight));
        let (here, there) = (here.map_err(mismatch)?, there.map_err(mismatch)?);
        if owner.node >= user.node {
            let message = text!(
                "the weight is to be that of an earlier layer, which comes later",
                "权重应来自更早的层,而该层在后面"
            );
            return Err(mismatch(message));
        }
        if here.role != there.role {
            let message = text!(
                "one of the weights is trained and the other is not",
                "两个权重一个可训练,另一个不可训练"
            );
            return Err(mismatch(message));
        }
        let (wanted, mut given) = (here.dims(), there.dims());
        let fits = if transposed {
            given.reverse();
            given.len() == 2 && wanted == given
        } else {
            wanted.iter().filter(|&&size| size != 1).eq(given.iter().filter(|&&size| size != 1))
        };
        if !fits {
            let (here, there) = (shown(&here), shown(&there));
            return Err(mismatch(text!(
                "a weight of {here} here, and of {there} there",
                "此处的权重是 {here},那里是 {there}"
            )));
        }
        self.graph.ties.insert(user, Tie { owner, transposed });
        Ok(())
    }

    fn weight(&self, weight: WeightRef) -> Result<Weight, Text> {
        let mut weights = self.graph.weights(weight.node);
        let (index, count) = (weight.index as usize, weights.len());
        if index < count {
            return Ok(weights.swap_remove(index));
        }
        let path = self.graph.path(weight.node);
        Err(text!(
            "`{path}` has {count} weights, and none at {index}",
            "`{path}` 有 {count} 个权重,没有第 {index} 个"
        ))
    }
}

/// Leads every tie to the weight that is tied to no other.
pub(super) fn resolve(ties: &mut Ties) {
    // An owner comes before its users, so what it is tied to is known.
    let users: Vec<WeightRef> = ties.keys().copied().collect();
    for user in users {
        let further = ties.get(&user).and_then(|tie| ties.get(&tie.owner)).copied();
        if let (Some(tie), Some(further)) = (ties.get_mut(&user), further) {
            *tie = Tie { owner: further.owner, transposed: tie.transposed != further.transposed };
        }
    }
}

/// The same ties where every node has become the one that `moved` says, with the first weight of each tensor as its owner.
pub(super) fn moved(ties: &Ties, moved: impl Fn(NodeId) -> NodeId) -> Ties {
    let moved = |weight: WeightRef| WeightRef { node: moved(weight.node), ..weight };
    let mut tensors: BTreeMap<WeightRef, Vec<(WeightRef, bool)>> = BTreeMap::new();
    for (&user, tie) in ties {
        let uses = tensors.entry(tie.owner).or_insert_with(|| vec![(moved(tie.owner), false)]);
        uses.push((moved(user), tie.transposed));
    }
    let mut ties = Ties::new();
    for mut uses in tensors.into_values() {
        uses.sort_unstable();
        let mut uses = uses.into_iter();
        let Some((owner, of_owner)) = uses.next() else { continue };
        ties.extend(uses.map(|(user, of_user)| (user, Tie { owner, transposed: of_user != of_owner })));
    }
    ties
}

pub(super) fn shown(weight: &Weight) -> String {
    weight.dims().iter().map(u64::to_string).collect::<Vec<_>>().join("×")
}
