//! Nodes in an order in which boxes are contiguous, as far as the data flow allows.
//!
//! Level by level from the outermost: what stands in a box, a box in it taken as one, is put in an order in which data flows
//! forwards. Boxes between which data goes back and forth have no such order: of these one is left and entered again. No
//! other is, and what has no reason to move stays in the order in which it came.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::{Graph, NodeId};

/// The names of the boxes around a node, the outermost first.
pub(super) type Boxes = Arc<[Arc<str>]>;

/// What is done next when nodes are written down in order.
#[derive(Debug)]
pub(super) enum Step {
    Open(Arc<str>),
    Node(NodeId),
    Close,
}

/// Nodes that are written down together: a single one, or some that stand in one box.
struct Piece {
    nodes: Vec<NodeId>,
    /// The box, unless it is a single node.
    name: Option<Arc<str>>,
}

enum Task {
    Arrange { nodes: Vec<NodeId>, depth: usize },
    Step(Step),
}

/// The nodes of `graph`, whose own boxes do not matter, in the `boxes` of each, which are by node.
pub(super) fn arrange(graph: &Graph, boxes: &[Boxes]) -> Vec<Step> {
    let mut steps = Vec::with_capacity(graph.len());
    let mut level =
        Level { graph, units: vec![], unit_of: vec![OUTSIDE; graph.len()], waiting: vec![0; graph.len()] };
    let mut tasks = vec![Task::Arrange { nodes: graph.nodes().map(|(id, _)| id).collect(), depth: 0 }];
    while let Some(task) = tasks.pop() {
        let (nodes, depth) = match task {
            Task::Step(step) => {
                steps.push(step);
                continue;
            }
            Task::Arrange { nodes, depth } => (nodes, depth),
        };
        // The last task comes first.
        for Piece { nodes, name } in level.pieces(&nodes, |id| boxes[id.index()].get(depth)).into_iter().rev()
        {
            match name {
                Some(name) => {
                    tasks.push(Task::Step(Step::Close));
                    tasks.push(Task::Arrange { nodes, depth: depth + 1 });
                    tasks.push(Task::Step(Step::Open(name)));
                }
                None => tasks.extend(nodes.into_iter().map(|id| Task::Step(Step::Node(id)))),
            }
        }
    }
    steps
}

/// No unit of this level.
const OUTSIDE: u32 = u32::MAX;

/// What stands directly in one box: nodes, and boxes of which each is a unit.
struct Level<'g> {
    graph: &'g Graph,
    units: Vec<Unit>,
    /// By node, [`OUTSIDE`] for those that are elsewhere or written down.
    unit_of: Vec<u32>,
    /// By node: how many of its inputs are to come among the units that are parted.
    waiting: Vec<u32>,
}

#[derive(Default)]
struct Unit {
    piece: Vec<NodeId>,
    /// The box, unless it is a single node.
    name: Option<Arc<str>>,
    /// Its nodes that wait for nothing, while it is parted.
    ready: Vec<NodeId>,
    /// How many inputs of its nodes are to come from other units.
    waiting: u32,
    is_parted: bool,
}

impl Level<'_> {
    /// `nodes`, in ascending order, in pieces that come one after the other; `name` gives the box in which a node stands on
    /// this level.
    fn pieces<'b>(&mut self, nodes: &[NodeId], name: impl Fn(NodeId) -> Option<&'b Arc<str>>) -> Vec<Piece> {
        self.units.clear();
        let mut named: HashMap<&str, usize> = HashMap::new();
        for &id in nodes {
            let next = self.units.len();
            let unit = name(id).map_or(next, |name| *named.entry(name).or_insert(next));
            if unit == next {
                self.units.push(Unit { name: name(id).cloned(), ..Unit::default() });
            }
            self.units[unit].piece.push(id);
            self.unit_of[id.index()] = index(unit);
        }
        let mut pieces = vec![];
        for cycle in self.cycles() {
            match cycle[..] {
                [only] => pieces.push(self.whole(only)),
                _ => self.part(&cycle, &mut pieces),
            }
        }
        pieces
    }

    /// The units in an order in which data flows forwards; those between which it goes back and forth together.
    fn cycles(&self) -> Vec<Vec<u32>> {
        let mut flow: DiGraph<(), (), u32> = DiGraph::with_capacity(self.units.len(), self.units.len());
        for _ in &self.units {
            flow.add_node(());
        }
        for (unit, to) in self.units.iter().zip(0..) {
            let inputs = unit.piece.iter().flat_map(|&id| self.graph.inputs(id));
            let from =
                inputs.map(|input| self.unit_of[input.index()]).filter(|&from| from != OUTSIDE && from != to);
            flow.extend_with_edges(from.map(|from| (from, to)));
        }
        let cycles: Vec<Vec<u32>> = kosaraju_scc(&flow)
            .into_iter()
            .map(|cycle| {
                let mut units: Vec<u32> = cycle.into_iter().map(|unit| index(unit.index())).collect();
                units.sort_unstable();
                units
            })
            .collect();
        let mut cycle_of = vec![0; self.units.len()];
        for (cycle, units) in cycles.iter().enumerate() {
            for &unit in units {
                cycle_of[unit as usize] = cycle;
            }
        }
        let (cycles, cycle_of, flow) = (&cycles, &cycle_of, &flow);
        let users = |cycle: usize| {
            let units = cycles[cycle].iter().flat_map(move |&unit| flow.neighbors(unit.into()));
            units.map(move |user| cycle_of[user.index()]).filter(move |&user| user != cycle)
        };
        let mut waiting = vec![0u32; cycles.len()];
        (0..cycles.len()).flat_map(users).for_each(|user| waiting[user] += 1);
        // Units are numbered by their first nodes.
        let first = |cycle: usize| Reverse((cycles[cycle][0], cycle));
        let mut ready: BinaryHeap<_> =
            (0..cycles.len()).filter(|&cycle| waiting[cycle] == 0).map(first).collect();
        let mut order = Vec::with_capacity(cycles.len());
        while let Some(Reverse((_, cycle))) = ready.pop() {
            for user in users(cycle) {
                waiting[user] -= 1;
                if waiting[user] == 0 {
                    ready.push(first(user));
                }
            }
            order.push(cycles[cycle].clone());
        }
        order
    }

    /// All that is left of a unit.
    fn whole(&mut self, unit: u32) -> Piece {
        let Unit { piece, name, .. } = std::mem::take(&mut self.units[unit as usize]);
        let nodes: Vec<_> = piece.into_iter().filter(|id| self.unit_of[id.index()] == unit).collect();
        for id in &nodes {
            self.unit_of[id.index()] = OUTSIDE;
        }
        Piece { nodes, name }
    }

    /// Units between which data goes back and forth. What waits for no other comes as a whole; where there is none, as much as
    /// can be of the unit that has the first node that waits for nothing.
    fn part(&mut self, units: &[u32], pieces: &mut Vec<Piece>) {
        let mut queue = self.queue(units);
        loop {
            if let Some(Reverse(unit)) = queue.units.pop() {
                let Piece { nodes, name } = self.whole(unit);
                for &id in &nodes {
                    self.settle(id, unit, &mut queue);
                }
                if !nodes.is_empty() {
                    pieces.push(Piece { nodes, name });
                }
            } else if let Some(Reverse(first)) = queue.nodes.pop() {
                let unit = self.unit_of[first.index()];
                if unit == OUTSIDE {
                    continue;
                }
                let mut nodes = vec![];
                while let Some(id) = self.units[unit as usize].ready.pop() {
                    self.unit_of[id.index()] = OUTSIDE;
                    self.settle(id, unit, &mut queue);
                    nodes.push(id);
                }
                nodes.sort_unstable();
                pieces.push(Piece { nodes, name: self.units[unit as usize].name.clone() });
            } else {
                return;
            }
        }
    }

    /// What waits for what among units that are parted, which is noted in them.
    fn queue(&mut self, units: &[u32]) -> Queue {
        for &unit in units {
            self.units[unit as usize].is_parted = true;
        }
        let mut queue = Queue::default();
        for &unit in units {
            for at in 0..self.units[unit as usize].piece.len() {
                let id = self.units[unit as usize].piece[at];
                let inputs = self.graph.inputs(id).map(|input| self.unit_of[input.index()]);
                let inputs: Vec<u32> = inputs.filter(|&from| self.is_parted(from)).collect();
                self.waiting[id.index()] = index(inputs.len());
                self.units[unit as usize].waiting +=
                    index(inputs.iter().filter(|&&from| from != unit).count());
                if inputs.is_empty() {
                    self.units[unit as usize].ready.push(id);
                    queue.nodes.push(Reverse(id));
                }
            }
        }
        queue
    }

    fn is_parted(&self, unit: u32) -> bool {
        self.units.get(unit as usize).is_some_and(|unit| unit.is_parted)
    }

    /// What waits for a node of `unit` waits for it no longer.
    fn settle(&mut self, id: NodeId, unit: u32, queue: &mut Queue) {
        for user in self.graph.users(id) {
            let of_user = self.unit_of[user.index()];
            if !self.is_parted(of_user) {
                continue;
            }
            let waits = &mut self.units[of_user as usize];
            self.waiting[user.index()] -= 1;
            if self.waiting[user.index()] == 0 {
                waits.ready.push(user);
                queue.nodes.push(Reverse(user));
            }
            if of_user != unit {
                waits.waiting -= 1;
                if waits.waiting == 0 {
                    queue.units.push(Reverse(of_user));
                }
            }
        }
    }
}

/// Of units that are parted, those that wait for no other, and nodes that wait for nothing; they may have been written down.
#[derive(Default)]
struct Queue {
    units: BinaryHeap<Reverse<u32>>,
    nodes: BinaryHeap<Reverse<NodeId>>,
}

fn index(unit: usize) -> u32 {
    u32::try_from(unit).expect("there are no more units than nodes, nor inputs than edges")
}
