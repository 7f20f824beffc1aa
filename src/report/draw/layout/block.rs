//! What has been laid out already: it lies around a spine, is entered at the top and left at the bottom.
//!
//! Positions are of a network that goes down; one that goes to the right is the same with its axes exchanged at the end.

use crate::graph::NodeId;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Across the way of the network.
    pub x: f64,
    /// Along it.
    pub y: f64,
}

/// An area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Its start across the way of the network.
    pub x: f64,
    /// Its start along it.
    pub y: f64,
    /// How far it goes across.
    pub width: f64,
    /// How far it goes along.
    pub height: f64,
}

/// A line from where a tensor is made to where it is taken, or a piece of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// Its corners.
    pub points: Vec<Point>,
    /// Whether it ends in an arrow.
    pub has_arrow: bool,
    /// The tensor.
    pub tensor: NodeId,
}

/// Where a block is entered or left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    pub(super) x: f64,
    pub(super) tensor: NodeId,
    /// The thing that is entered right here, which does not mind at which of its ports.
    pub(super) thing: Option<usize>,
}

/// What is drawn, by the indices of the scene.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) things: Vec<(usize, Rect)>,
    pub(super) frames: Vec<(usize, Rect)>,
    pub(super) wires: Vec<Wire>,
    /// Where wires of one tensor part.
    pub(super) dots: Vec<Point>,
}

/// Something that is laid out: from `-left` to `right` around the spine, and from 0 to `height`.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) height: f64,
    /// At the top; one tensor may enter in several places.
    pub(super) ins: Vec<Port>,
    /// At the bottom; each tensor once.
    pub(super) outs: Vec<Port>,
    pub(super) parts: Parts,
}

/// The room between blocks side by side.
const BESIDE: f64 = 22.0;

impl Parts {
    /// Takes up what another has, moved.
    pub(super) fn take(&mut self, other: Self, dx: f64, dy: f64) {
        let moved = |rect: Rect| Rect { x: rect.x + dx, y: rect.y + dy, ..rect };
        let shifted = |point: Point| Point { x: point.x + dx, y: point.y + dy };
        self.things.extend(other.things.into_iter().map(|(thing, rect)| (thing, moved(rect))));
        self.frames.extend(other.frames.into_iter().map(|(frame, rect)| (frame, moved(rect))));
        self.dots.extend(other.dots.into_iter().map(shifted));
        self.wires.extend(other.wires.into_iter().map(|mut wire| {
            wire.points.iter_mut().for_each(|point| *point = shifted(*point));
            wire
        }));
    }

    /// Draws a straight line down.
    pub(super) fn down(&mut self, port: Port, from: f64, to: f64) {
        if to > from {
            self.wires.push(Wire {
                points: vec![Point { x: port.x, y: from }, Point { x: port.x, y: to }],
                has_arrow: port.thing.is_some(),
                tensor: port.tensor,
            });
        }
    }
}

impl Block {
    /// The block with its spine moved by `dx`.
    fn moved(mut self, dx: f64) -> Self {
        let mut parts = Parts::default();
        parts.take(self.parts, dx, 0.0);
        self.ins.iter_mut().chain(&mut self.outs).for_each(|port| port.x += dx);
        Self { left: self.left - dx, right: self.right + dx, parts, ..self }
    }
}

/// Blocks side by side, from left to right; the spine is that of `main`, if one is.
pub(super) fn parallel(blocks: Vec<Block>, main: Option<usize>) -> Block {
    let sizes: Vec<usize> = blocks.iter().map(|block| block.parts.things.len()).collect();
    let mut spines = vec![];
    let mut end = 0.0;
    for block in &blocks {
        spines.push(end + block.left);
        end += block.left + block.right + BESIDE;
    }
    let width = end - BESIDE;
    let spine = main.map_or_else(|| spine(&sizes, &spines, width), |main| spines[main]);
    let mut all = Block { left: spine, right: width - spine, ..Block::default() };
    all.height = blocks.iter().map(|block| block.height).fold(0.0, f64::max);
    for (block, at) in blocks.into_iter().zip(spines) {
        let block = block.moved(at - spine);
        for port in &block.outs {
            all.parts.down(*port, block.height, all.height);
        }
        all.ins.extend(block.ins);
        all.outs.extend(block.outs);
        all.parts.take(block.parts, 0.0, 0.0);
    }
    all
}

/// Where the spine of blocks side by side lies: of two, in the larger; of an odd number, in the middle one if it is in the
/// middle; else between them.
fn spine(sizes: &[usize], spines: &[f64], width: f64) -> f64 {
    let middle = spines[spines.len() / 2];
    match sizes {
        [first, second] if first > second => spines[0],
        [first, second] if first < second => spines[1],
        _ if sizes.len() % 2 == 1 && (middle - width / 2.0).abs() < 0.2 * width => middle,
        _ => width / 2.0,
    }
}
