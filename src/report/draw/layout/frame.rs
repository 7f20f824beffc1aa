//! Things and frames as blocks.

use super::block::{Block, Port, Rect};
use super::channel::channel;
use super::series::spread;
use crate::graph::NodeId;

/// The room inside a frame at its sides, and at its end along the way of the network.
const SIDE: f64 = 13.0;
const END: f64 = 12.0;

/// The room for a frame's title.
const TITLE: f64 = 21.0;

/// The least room between the ports of a thing.
const PORTS: f64 = 9.0;

/// A thing as a block: so wide across and so high along, entered by some tensors and left by others.
pub(super) fn thing(index: usize, width: f64, height: f64, ins: &[NodeId], outs: &[NodeId]) -> Block {
    #[expect(clippy::cast_precision_loss, reason = "ports are few, or the thing is wide")]
    let needed = |ports: &[NodeId]| (ports.len() + 1) as f64 * PORTS;
    let width = width.max(needed(ins)).max(needed(outs));
    let half = width / 2.0;
    let rect = Rect { x: -half, y: 0.0, width, height };
    let mut block = Block { left: half, right: half, height, ..Block::default() };
    block.parts.things.push((index, rect));
    block.ins = ports(ins, half, Some(index));
    block.outs = ports(outs, half, None);
    block
}

fn ports(tensors: &[NodeId], half: f64, thing: Option<usize>) -> Vec<Port> {
    #[expect(clippy::cast_precision_loss, reason = "a few ports")]
    let x = |at: usize| (at + 1) as f64 / (tensors.len() + 1) as f64 * 2.0 * half - half;
    tensors.iter().enumerate().map(|(at, &tensor)| Port { x: x(at), tensor, thing }).collect()
}

/// A block in a frame, whose title is so wide and stands at the start: along the top edge, or of a network that goes to the
/// right along the left one.
pub(super) fn frame(index: usize, inside: Block, title: f64, goes_right: bool) -> Block {
    let inside = joined(inside);
    let (mut left, right) = (inside.left + SIDE, inside.right + SIDE);
    let (start, mut height) =
        if goes_right { (END, inside.height + 2.0 * END) } else { (TITLE, inside.height + TITLE + END) };
    if goes_right {
        left += TITLE - SIDE / 2.0;
        height = height.max(title + 2.0 * SIDE);
    } else {
        // What comes in passes beside the title.
        let first = inside.ins.iter().map(|port| port.x).fold(right, f64::min);
        left = left.max(title + SIDE + 4.0 - first).max(title + 2.0 * SIDE - right);
    }
    let mut block = Block { left, right, height, ..Block::default() };
    block.parts.frames.push((index, Rect { x: -left, y: 0.0, width: left + right, height }));
    for port in &inside.ins {
        block.parts.down(*port, 0.0, start);
        block.ins.push(Port { thing: None, ..*port });
    }
    for port in &inside.outs {
        block.parts.down(*port, start + inside.height, height);
    }
    block.outs = inside.outs;
    block.parts.take(inside.parts, 0.0, start);
    block
}

/// A block that every tensor enters in one place.
pub(super) fn joined(inside: Block) -> Block {
    let mut tensors: Vec<NodeId> = inside.ins.iter().map(|port| port.tensor).collect();
    tensors.sort_unstable();
    tensors.dedup();
    if tensors.len() == inside.ins.len() {
        return inside;
    }
    let is_taken =
        |x: f64, tensor| inside.ins.iter().any(|port| port.tensor != tensor && (port.x - x).abs() < PORTS);
    let wanted = |tensor: &NodeId| {
        let ports: Vec<f64> =
            inside.ins.iter().filter(|port| port.tensor == *tensor).map(|port| port.x).collect();
        let x = if ports.len() > 1 && !is_taken(0.0, *tensor) { 0.0 } else { ports[0] };
        (x, *tensor)
    };
    let mut entries: Vec<(f64, NodeId)> = tensors.iter().map(wanted).collect();
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    let xs: Vec<f64> = entries.iter().map(|(x, _)| *x).collect();
    let places = spread(&xs, -inside.left, inside.right, PORTS);
    let ins: Vec<Port> =
        entries.iter().zip(places).map(|(&(_, tensor), x)| Port { x, tensor, thing: None }).collect();
    let (height, wires) = channel(&ins, &inside.ins);
    let mut block = Block {
        left: inside.left,
        right: inside.right,
        height: height + inside.height,
        ins,
        ..Block::default()
    };
    block.parts.take(wires, 0.0, 0.0);
    block.parts.take(inside.parts, 0.0, height);
    block.outs = inside.outs;
    block
}
