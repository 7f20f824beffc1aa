//! Which nodes of a graph come before which: those from which a tensor's data flows to the other. What stands in branches beside
//! each other has no order, in whichever it is written.

use crate::graph::{Content, Graph, NodeId};

/// Most words of 64 bits that an order of nodes takes while it is found.
const MOST_WORDS: usize = 1 << 24;

/// The way of the data through a graph.
pub(super) struct Flow<'g> {
    graph: &'g Graph,
    /// By node, where it meets what the inputs come to: itself, or of a learned constant the first that takes it there.
    meets: Vec<NodeId>,
}

/// Which of some nodes come before which.
pub(super) struct Order {
    rows: Vec<Vec<u64>>,
}

impl<'g> Flow<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        let mut constant = vec![false; graph.len()];
        for (id, node) in graph.nodes() {
            let own = node.content != Content::Input;
            constant[id.index()] = own && graph.inputs(id).all(|input| constant[input.index()]);
        }
        let mut meets: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
        for (id, _) in graph.nodes().rev().filter(|(id, _)| constant[id.index()]) {
            let first = graph.users(id).map(|user| meets[user.index()]).min();
            meets[id.index()] = first.unwrap_or(id);
        }
        Self { graph, meets }
    }

    /// Whether data flows from each of these nodes to the next; they are in the order of execution.
    pub(super) fn is_chain(&self, nodes: &[NodeId]) -> bool {
        nodes.windows(2).all(|pair| self.is_before(pair[0], pair[1]))
    }

    /// Whether data flows from one node to another.
    pub(super) fn is_before(&self, one: NodeId, other: NodeId) -> bool {
        let end = self.meets[other.index()];
        if one == other || self.is_constant(one) && self.meets[one.index()] == end {
            return false;
        }
        let start = one.index();
        if end.index() <= start {
            return false;
        }
        let mut reached = vec![false; end.index() - start + 1];
        reached[0] = true;
        for (id, _) in self.graph.nodes().skip(start + 1).take(end.index() - start) {
            let comes_from = |input: NodeId| input.index() >= start && reached[input.index() - start];
            reached[id.index() - start] = self.graph.inputs(id).any(comes_from);
        }
        reached.last() == Some(&true)
    }

    fn is_constant(&self, id: NodeId) -> bool {
        self.meets[id.index()] != id
    }

    /// The order of nodes, which are in that of execution; `None` if it is too large to be found.
    pub(super) fn order(&self, nodes: &[NodeId]) -> Option<Order> {
        let ends: Vec<NodeId> = nodes.iter().map(|id| self.meets[id.index()]).collect();
        let (start, end) = (nodes.first()?.index(), ends.iter().max()?.index());
        let width = nodes.len().div_ceil(64);
        let count = (end + 1).saturating_sub(start);
        if count.saturating_mul(width) > MOST_WORDS {
            return None;
        }
        // By node from the first on, which of those asked for flow into it.
        let mut reached = vec![0u64; count * width];
        for (id, _) in self.graph.nodes().skip(start).take(count) {
            let at = (id.index() - start) * width;
            for input in self.graph.inputs(id).filter(|input| input.index() >= start) {
                let from = (input.index() - start) * width;
                for word in 0..width {
                    reached[at + word] |= reached[from + word];
                }
                if let Ok(place) = nodes.binary_search(&input) {
                    reached[at + place / 64] |= 1 << (place % 64);
                }
            }
        }
        let row = |end: &NodeId| {
            let at = (end.index() - start) * width;
            reached[at..at + width].to_vec()
        };
        let mut rows: Vec<Vec<u64>> = ends.iter().map(row).collect();
        for (place, row) in rows.iter_mut().enumerate() {
            // What meets the data at the same place, and itself, is not before it.
            for other in (0..nodes.len()).filter(|&other| ends[other] == ends[place]) {
                if other == place || self.is_constant(nodes[other]) && self.is_constant(nodes[place]) {
                    row[other / 64] &= !(1 << (other % 64));
                }
            }
        }
        Some(Order { rows })
    }
}

impl Order {
    /// Whether data flows from one to the other, by their places in the list.
    pub(super) fn is_before(&self, one: usize, other: usize) -> bool {
        self.rows[other][one / 64] >> (one % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Place;
    use crate::read::{Description, Options};

    const NET: &str = "input = [4, 8, 8]\nlayers = [\n\
        { name = 'first', op = 'conv2d', out_channels = 4, kernel_size = 1 },\n\
        { name = 'sum', merge = 'add', branches.left = [{ name = 'a', op = 'conv2d', out_channels = 4, kernel_size = 1 }],\n\
        branches.right = [{ name = 'b', op = 'conv2d', out_channels = 4, kernel_size = 1 }] },\n\
        { name = 'table', op = 'parameter', shape = [4, 8, 8], from = [] }, { name = 'more', op = 'add', from = ['sum', 'table'] },\n\
        { name = 'last', op = 'conv2d', out_channels = 4, kernel_size = 1 },\n]\n";

    #[test]
    fn branches_have_no_order_and_constants_that_of_where_they_are_used() {
        let graph = Description::parse("net.toml", NET).unwrap().expand(&Options::default()).unwrap().graph;
        let paths = ["first", "sum/left/a", "sum/right/b", "table", "last"];
        let nodes = paths.map(|path| match graph.find(path) {
            Some(Place::Node(id)) => id,
            other => panic!("{path}: {other:?}"),
        });
        let flow = Flow::of(&graph);
        let order = flow.order(&nodes).unwrap();
        for one in 0..nodes.len() {
            for other in 0..nodes.len() {
                let expected = one < other && (one, other) != (1, 2);
                assert_eq!(order.is_before(one, other), expected, "{} {}", paths[one], paths[other]);
                assert_eq!(flow.is_before(nodes[one], nodes[other]), expected);
            }
        }
        assert!(flow.is_chain(&nodes[2..]) && !flow.is_chain(&nodes));
    }
}
