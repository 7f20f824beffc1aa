//! Receptive fields: which part of the network's input an element of each tensor depends on.
//!
//! There are two answers. *Through its windows* an element at position `p` of a tensor sees along each spatial axis of the
//! input the positions from `offset + stride·p` on, `size` of them; those on padding count, as in the literature (Araujo, Norris,
//! Sim: "Computing receptive fields of convolutional neural networks", Distill 2019). And behind a global pool, squeeze and
//! excitation, attention, recurrence, a norm over positions or a linear layer on all of them, it sees *everything*, which is
//! said of it beside, with the first layer that does; what it sees through its windows is then what the last tensors before
//! saw, or those that came another way.
//!
//! Where paths meet, an element sees what any of them sees. Where a tensor is finer than what it is made from, as behind a
//! transposed convolution, positions see ranges of different sizes in turn: each range is followed, and the size is the
//! largest of them. What an element sees counts as all that it spans, holes of a dilation included.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::graph::{Content, Graph, NodeId};
use crate::op::{Op, Reach};
use crate::shape::Shape;

mod axis;
mod range;

use axis::Axis;

/// What an element of a tensor sees along one axis of the network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Positions of the input.
    pub size: u128,
    /// Positions of the input from one element to the next, as a fraction; 0 where every element sees the same.
    pub stride: (i128, i128),
    /// The first position that element 0 sees; negative on padding.
    pub offset: i128,
}

/// What the elements of a tensor see of the network's input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Through windows, along each spatial axis of the input, those after its channels: what the elements see, or where
    /// [`everything`](Self::everything) is pooled or positions are only rearranged, what those saw that they are made from. Empty
    /// where that is not followed, where paths of different strides meet, where no input is seen, and where the input has no
    /// spatial axes.
    pub axes: Box<[Seen]>,
    /// The first node from which on every element sees the whole input; `None` if none of those it is made from does.
    pub everything: Option<NodeId>,
    /// Whether paths from the input that meet disagree on the stride or on the center.
    pub misaligned: bool,
}

/// What each tensor of a graph sees.
#[derive(Debug)]
pub struct ReceptiveFields {
    /// What is seen, for nodes to share: most see what their input does.
    seen: Vec<ReceptiveField>,
    /// By [`NodeId`]: which of these it is.
    nodes: Vec<u32>,
}

impl ReceptiveFields {
    /// What a tensor sees.
    pub fn of(&self, id: NodeId) -> &ReceptiveField {
        &self.seen[self.nodes[id.index()] as usize]
    }
}

impl ReceptiveField {
    fn of(axes: &[Axis]) -> Self {
        let since = axes.iter().map(Axis::everything).collect::<Option<Vec<_>>>();
        let everything = since.and_then(|since| since.into_iter().max());
        Self {
            axes: axes
                .iter()
                .map(|axis| axis.seen(everything.is_some()))
                .collect::<Option<_>>()
                .unwrap_or_default(),
            everything,
            misaligned: axes.iter().any(|axis| axis.misaligned),
        }
    }
}

/// The receptive field of every tensor of `graph`.
pub fn receptive_fields(graph: &Graph) -> ReceptiveFields {
    let mut seen: Vec<ReceptiveField> = vec![];
    let mut nodes: Vec<u32> = Vec::with_capacity(graph.len());
    // Ranges are many times as large as what is told of them, and are kept as long as somebody will look at them.
    let mut fields: HashMap<NodeId, (Vec<Axis>, usize)> = HashMap::new();
    for (id, node) in graph.nodes() {
        let inputs = || graph.inputs(id).map(|input| (&*fields[&input].0, &graph.node(input).shape));
        let field = match &node.content {
            Content::Input => {
                let sizes = node.shape.dims().iter().enumerate().skip(1);
                sizes.map(|(dim, &size)| Axis::of_the_input(dim, size)).collect()
            }
            Content::Unknown { .. } => {
                let reached = |(field, shape)| through(field, &Reach::Rearranged, shape, &node.shape, id);
                inputs().map(reached).fold(vec![], |a, b| union(a, b, &node.shape))
            }
            Content::Operator(op) => seen_through(op, &graph.input_shapes(id), inputs(), &node.shape, id),
        };
        let told = ReceptiveField::of(&field);
        let of_input = graph.inputs(id).next().map(|input| nodes[input.index()]);
        nodes.push(of_input.filter(|&at| seen[at as usize] == told).unwrap_or_else(|| {
            seen.push(told);
            u32::try_from(seen.len() - 1).expect("nodes have ids of 32 bits")
        }));
        for input in graph.inputs(id) {
            if let Entry::Occupied(mut entry) = fields.entry(input) {
                entry.get_mut().1 -= 1;
                if entry.get().1 == 0 {
                    entry.remove();
                }
            }
        }
        let users = graph.users(id).count();
        if users > 0 {
            fields.insert(id, (field, users));
        }
    }
    ReceptiveFields { seen, nodes }
}

fn seen_through<'a>(
    op: &Op,
    shapes: &[Shape],
    inputs: impl Iterator<Item = (&'a [Axis], &'a Shape)>,
    output: &Shape,
    id: NodeId,
) -> Vec<Axis> {
    inputs
        .enumerate()
        .filter(|(_, (field, _))| !field.is_empty())
        .map(|(index, (field, shape))| through(field, &op.reach_of(index, shapes, output), shape, output, id))
        .fold(vec![], |a, b| union(a, b, output))
}

/// What the output of node `id` sees of the network's input through one of its inputs.
fn through(field: &[Axis], reach: &Reach, input: &Shape, output: &Shape, id: NodeId) -> Vec<Axis> {
    field.iter().map(|axis| axis.through(reach, input, output, id).whole(output, id)).collect()
}

/// What is seen through either of two inputs, in a tensor of this shape.
fn union(a: Vec<Axis>, b: Vec<Axis>, shape: &Shape) -> Vec<Axis> {
    let (mut longer, shorter) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    for (axis, other) in longer.iter_mut().zip(shorter) {
        *axis = axis.meet(&other, shape);
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::receptive_fields;
    use crate::read::{Description, Options};

    /// Of a network of millions of layers it is these that take the room.
    #[test]
    fn what_layers_see_alike_is_kept_once() {
        let text = "input = [8, 40, 40]\nlayers = [{ repeat = 3, layers = [{ op = 'conv2d', out_channels = 8, \
                    kernel_size = 3 }, { op = 'relu', repeat = 50 }] }]";
        let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
        assert_eq!(receptive_fields(&graph).seen.len(), 4);
    }
}
