//! Which nodes are executed at once.
//!
//! Nodes are gone through in their order, and each joins the step that makes what it takes, if nothing else takes that and the step has
//! room for it:
//!
//! - behind a weighted sum: batch norms first, which are folded into its weights; then a function, the addition of a residual, and
//!   another function;
//! - behind a batch norm that found no sum, an operation on pairs, a pool or a norm: a function;
//! - a sum without padding behind a batch norm that stands alone: it is folded into the sum's weights from the other side.
//!
//! An addition joins the later of the two steps whose outputs it takes, so that the other is there in time: steps are executed in the
//! order of their last nodes.

use std::collections::HashSet;

use super::Step;
use super::part::Part;
use crate::graph::{Content, Graph, NodeId};
use crate::op::{Family, Op};

/// What became of the nodes.
pub(super) struct Fused {
    /// By [`NodeId`]: the tensor that a node's is.
    pub(super) passed: Vec<NodeId>,
    /// The steps, in the order of execution.
    pub(super) steps: Vec<Step>,
}

/// A step in the making.
struct Group {
    nodes: Vec<NodeId>,
    main: NodeId,
    room: Room,
}

/// What a step has room for, behind what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// A sum as it is: whatever fits behind one.
    Sum,
    /// A sum behind its first function: a residual.
    Residual,
    /// The last function.
    Function,
    /// A batch norm by itself: a sum, or a function.
    Scaling,
    /// Nothing.
    Nothing,
}

struct Fusion<'g> {
    graph: &'g Graph,
    passed: Vec<NodeId>,
    /// By [`NodeId`], of what is passed on: how often it is taken.
    uses: Vec<usize>,
    groups: Vec<Group>,
    /// By [`NodeId`]: whether another node has a weight of it.
    is_shared: Vec<bool>,
    /// By [`NodeId`]: the group that makes its tensor.
    made_by: Vec<Option<usize>>,
}

/// Fuses the nodes of a graph.
pub(super) fn fuse(graph: &Graph) -> Fused {
    let passed = passed(graph);
    let uses = uses(graph, &passed);
    let (is_shared, made_by) = (is_shared(graph), vec![None; graph.len()]);
    let mut fusion = Fusion { graph, passed, uses, groups: vec![], is_shared, made_by };
    for (id, node) in graph.nodes() {
        let part = Part::of(graph, id);
        let computes = node.content != Content::Input && !matches!(part, Part::Passing | Part::View);
        if computes && !fusion.joins(id, part) {
            fusion.made_by[id.index()] = Some(fusion.groups.len());
            fusion.groups.push(Group { nodes: vec![id], main: id, room: room_behind(part) });
        }
    }
    fusion.finish()
}

/// By [`NodeId`]: where what identity and dropout pass on comes from.
fn passed(graph: &Graph) -> Vec<NodeId> {
    let mut passed: Vec<NodeId> = Vec::with_capacity(graph.len());
    for (id, _) in graph.nodes() {
        let from = graph.inputs(id).next().filter(|_| Part::of(graph, id) == Part::Passing);
        passed.push(from.map_or(id, |from| passed[from.index()]));
    }
    passed
}

fn uses(graph: &Graph, passed: &[NodeId]) -> Vec<usize> {
    let mut uses = vec![0; graph.len()];
    for (id, _) in graph.nodes().filter(|&(id, _)| passed[id.index()] == id) {
        for input in graph.inputs(id) {
            uses[passed[input.index()].index()] += 1;
        }
    }
    for (_, output) in graph.outputs() {
        uses[passed[output.index()].index()] += 1;
    }
    uses
}

fn is_shared(graph: &Graph) -> Vec<bool> {
    let mut is_shared = vec![false; graph.len()];
    for (id, _) in graph.nodes() {
        for (_, tie) in graph.ties(id) {
            is_shared[id.index()] = true;
            is_shared[tie.owner.node.index()] = true;
        }
    }
    is_shared
}

/// What there is room for behind a node by itself.
fn room_behind(part: Part) -> Room {
    match part {
        Part::Sum => Room::Sum,
        Part::Scaling => Room::Scaling,
        Part::Addition | Part::Pairwise | Part::Finished => Room::Function,
        Part::Function | Part::Passing | Part::View | Part::Concatenation | Part::Other => Room::Nothing,
    }
}

impl Fusion<'_> {
    /// Lets a node join the step before it, if it can.
    fn joins(&mut self, id: NodeId, part: Part) -> bool {
        let inputs = self.graph.inputs(id).map(|input| self.passed[input.index()]);
        // Of two steps that a residual can be added in, the later.
        let before = inputs
            .filter(|input| self.uses[input.index()] == 1)
            .filter_map(|input| self.made_by[input.index()])
            .filter(|&group| self.room(group, id, part).is_some())
            .max_by_key(|&group| self.groups[group].nodes.last().copied());
        let Some(group) = before else { return false };
        let Some(room) = self.room(group, id, part) else { return false };
        let joined = &mut self.groups[group];
        if joined.room == Room::Scaling && part == Part::Sum {
            joined.main = id;
        }
        joined.nodes.push(id);
        joined.room = room;
        self.made_by[id.index()] = Some(group);
        true
    }

    /// What a step has room for once a node has joined it; `None` if that cannot.
    fn room(&self, group: usize, id: NodeId, part: Part) -> Option<Room> {
        let Group { room, main, .. } = self.groups[group];
        match (room, part) {
            (Room::Sum, Part::Scaling) => self.folds_behind(main, id).then_some(Room::Sum),
            (Room::Sum, Part::Function) => Some(Room::Residual),
            (Room::Sum | Room::Residual, Part::Addition) => Some(Room::Function),
            (Room::Function | Room::Scaling, Part::Function) => Some(Room::Nothing),
            (Room::Scaling, Part::Sum) => self.folds_ahead(id).then_some(Room::Sum),
            (Room::Sum | Room::Residual | Room::Function | Room::Scaling | Room::Nothing, _) => None,
        }
    }

    /// Whether a batch norm's channels are the output channels of a sum that has its weights to itself: those that others
    /// have too cannot be changed for it alone.
    fn folds_behind(&self, sum: NodeId, norm: NodeId) -> bool {
        let is_features = self.graph.node(sum).family() == Some(Family::Linear);
        let one_feature_a_channel = !is_features || self.graph.node(norm).shape.rank() == 1;
        one_feature_a_channel && !self.is_shared[sum.index()]
    }

    /// Whether a batch norm ahead of a sum is a factor and an offset of its weights: not where it pads with zeros, which the norm does
    /// not make, and not where another input says which numbers are summed, which may be outside, too.
    fn folds_ahead(&self, sum: NodeId) -> bool {
        let node = self.graph.node(sum);
        let shapes = self.graph.input_shapes(sum);
        let pads = |op: &Op| {
            let window = op.window(&shapes[0]);
            window.is_some_and(|window| window.axes.iter().any(|axis| axis.before > 0 || axis.after > 0))
        };
        let fits = match node.family() {
            Some(Family::Convolution) => !node.operator().is_some_and(pads),
            Some(Family::Linear) => shapes[0].rank() == 1,
            Some(Family::TransposedConvolution | Family::BatchNorm) | None => false,
        };
        fits && shapes.len() == 1 && !self.is_shared[sum.index()]
    }

    fn finish(self) -> Fused {
        let Self { graph, passed, groups, made_by, .. } = self;
        let mut groups: Vec<_> = groups.into_iter().enumerate().collect();
        groups.sort_by_key(|(_, group)| group.nodes.last().copied());
        let step = |(number, Group { nodes, main, .. })| {
            let mut known = HashSet::new();
            let taken = nodes.iter().flat_map(|&id| graph.inputs(id)).map(|input| passed[input.index()]);
            let outside =
                taken.filter(|input| made_by[input.index()] != Some(number) && known.insert(*input));
            Step { inputs: outside.collect(), nodes, main }
        };
        let steps = groups.into_iter().map(step).collect();
        Fused { passed, steps }
    }
}
