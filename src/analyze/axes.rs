//! What the dimensions of each tensor are: channels, height and width of an image, tokens and features of a sequence.
//!
//! A tensor's shape does not tell: 64×56 may be channels of a length or tokens of features, and 56×56×96 has its channels
//! last. It follows from what made the tensor, and what its dimensions were before.

use crate::graph::{Content, Graph, NodeId};
use crate::op::{Along, Class, Dims, Look, Op, Reach};
use crate::shape::Shape;
use crate::text;
use crate::text::Text;

/// What a dimension is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Channels of an image.
    Channels,
    /// The positions of a volume across its images.
    Depth,
    /// Rows of an image.
    Height,
    /// Columns of an image.
    Width,
    /// Positions of a signal with channels.
    Length,
    /// Positions that have been put in one row: words, or parts of an image.
    Tokens,
    /// What a linear layer makes of each position.
    Features,
    /// Something else.
    Unknown,
}

impl Axis {
    /// Its name, for the output of a layer; `dim` is its number with the batch as 0.
    pub fn of_output(self, dim: usize) -> Text {
        match self {
            Self::Channels => text!("output channels", "输出通道"),
            Self::Depth => text!("output depth", "输出深度"),
            Self::Height => text!("output height", "输出高"),
            Self::Width => text!("output width", "输出宽"),
            Self::Length => text!("output length", "输出长度"),
            Self::Tokens => text!("output tokens", "输出词元数"),
            Self::Features => text!("output features", "输出特征"),
            Self::Unknown => text!("output size of dimension {dim}", "第 {dim} 维的输出尺寸"),
        }
    }

    fn is_position(self) -> bool {
        matches!(self, Self::Depth | Self::Height | Self::Width | Self::Length | Self::Tokens)
    }
}

/// What the dimensions of each tensor of a graph are, without the batch.
#[derive(Debug)]
pub struct Axes(Vec<Vec<Axis>>);

impl Axes {
    /// Those of a tensor.
    pub fn of(&self, id: NodeId) -> &[Axis] {
        &self.0[id.index()]
    }
}

/// The dimensions of every tensor of `graph`.
pub fn axes(graph: &Graph) -> Axes {
    let mut all: Vec<Vec<Axis>> = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let inputs: Vec<_> =
            graph.inputs(id).map(|input| (&all[input.index()][..], &graph.node(input).shape)).collect();
        let axes = match &node.content {
            Content::Input if node.shape.rank() > 2 => of_image(node.shape.rank()),
            Content::Input | Content::Unknown { .. } => vec![Axis::Unknown; node.shape.rank()],
            Content::Operator(op) => of_output(op, &inputs, &node.shape),
        };
        all.push(axes);
    }
    Axes(all)
}

/// Channels, and the positions behind them.
fn of_image(rank: usize) -> Vec<Axis> {
    match rank {
        1 => vec![Axis::Features],
        2 => vec![Axis::Channels, Axis::Length],
        3 => vec![Axis::Channels, Axis::Height, Axis::Width],
        4 => vec![Axis::Channels, Axis::Depth, Axis::Height, Axis::Width],
        _ => vec![Axis::Unknown; rank],
    }
}

/// What the dimensions of an output are.
fn of_output(op: &Op, inputs: &[(&[Axis], &Shape)], output: &Shape) -> Vec<Axis> {
    let rank = output.rank();
    if let Op::Copies(copies) = op {
        // What stands in the dimensions before is of the copies, and not of what each of them makes.
        let leading = copies.sizes().len();
        let ones: Vec<_> = inputs.iter().map(|(_, shape)| op.one(shape)).collect();
        let known = inputs.iter().map(|(known, _)| known.get(leading..).unwrap_or_default());
        let of_one = of_output(copies.op(), &known.zip(&ones).collect::<Vec<_>>(), &op.one(output));
        let before = inputs.first().and_then(|(known, _)| known.get(..leading)).unwrap_or_default();
        return [before, &of_one].concat();
    }
    let Some((_, first)) = inputs.first() else { return vec![Axis::Unknown; rank] };
    let shapes: Vec<Shape> = inputs.iter().map(|(_, shape)| (*shape).clone()).collect();
    if op.window(first).is_some() {
        return of_image(rank);
    }
    let mut axes = vec![Axis::Unknown; rank];
    let reach = op.reach(&shapes, output);
    for (known, shape) in inputs {
        let through = match &reach {
            Reach::Along(dims) => {
                let mut moved = vec![Axis::Unknown; rank];
                for (along, axis) in dims.iter().zip(*known) {
                    if let Some(slot) = along.to.and_then(|to| moved.get_mut(to)) {
                        *slot = *axis;
                    }
                }
                for (to, slot) in moved.iter_mut().enumerate().filter(|(_, slot)| **slot == Axis::Unknown) {
                    let comes_to = |along: &Along| along.look == Look::Spread(Dims::of(to));
                    let parts = dims.iter().zip(*known).filter(|(along, _)| comes_to(along));
                    *slot = of_parts(&parts.map(|(_, axis)| *axis).collect::<Vec<_>>());
                }
                moved
            }
            // Concatenated, they keep their order as well; stretched, smaller ones stand at the end.
            Reach::Position | Reach::Rearranged if shape.rank() == rank && op.class() == Class::Merge => {
                known.to_vec()
            }
            Reach::Position if shape.rank() <= rank => {
                [vec![Axis::Unknown; rank - shape.rank()], known.to_vec()].concat()
            }
            Reach::Position | Reach::Rearranged => joined(known, shape, output),
        };
        for (axis, through) in axes.iter_mut().zip(through) {
            if *axis == Axis::Unknown {
                *axis = through;
            }
        }
    }
    let makes_features =
        matches!(op.class(), Class::Linear | Class::Attention) && !["matmul", "einsum"].contains(&op.name());
    if makes_features || op.name() == "embedding" {
        of_sequence(&mut axes);
    }
    axes
}

/// The last dimension holds features, and before it, if nothing else is known, there are tokens.
fn of_sequence(axes: &mut [Axis]) {
    if let [before @ .., last] = axes {
        *last = Axis::Features;
        if let [only @ Axis::Unknown] = before {
            *only = Axis::Tokens;
        }
    }
}

/// What several dimensions come to be when they are joined to one.
fn of_parts(parts: &[Axis]) -> Axis {
    match parts {
        [_, _, ..] if parts.iter().all(|axis| axis.is_position()) => Axis::Tokens,
        [_, _, ..] if parts.contains(&Axis::Channels) => Axis::Features,
        _ => Axis::Unknown,
    }
}

/// Dimensions that are joined to one between those that stay as they are; others are not followed.
fn joined(known: &[Axis], input: &Shape, output: &Shape) -> Vec<Axis> {
    let (from, to) = (input.dims(), output.dims());
    let before = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let room = from.len().min(to.len()) - before;
    let after = from.iter().rev().zip(to.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (middle, made) = (&known[before..known.len() - after], to.len() - before - after);
    let axis = if made == 1 { of_parts(middle) } else { Axis::Unknown };
    [known[..before].to_vec(), vec![axis; made], known[known.len() - after..].to_vec()].concat()
}
