//! Rows one below the other, with lanes at their right for what passes by some of them.

use super::block::{Block, Parts, Port};
use super::channel::channel;
use crate::graph::NodeId;

/// The room between lanes, and from what they pass by.
const LANE: f64 = 10.0;

/// The least room between the ports of a thing, and from its sides.
const PORTS: f64 = 9.0;

/// Where among rows a tensor is made and taken.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) tensor: NodeId,
    /// The row that makes it; `None` if it comes from above.
    pub(super) made: Option<usize>,
    /// The last row that takes it, if one does.
    pub(super) last: Option<usize>,
    /// Whether something below takes it.
    pub(super) leaves: bool,
}

/// A tensor beside rows that it passes by, from the first to the last.
#[derive(Clone, Copy, Debug)]
struct Lane {
    tensor: NodeId,
    first: usize,
    last: usize,
    x: f64,
}

/// Rows one below the other around one spine.
pub(super) fn series(rows: Vec<Block>, flows: &[Flow]) -> Block {
    let lanes = lanes(&rows, flows);
    let beside = |row: usize| lanes.iter().filter(move |lane| (lane.first..=lane.last).contains(&row));
    let port = |lane: &Lane| Port { x: lane.x, tensor: lane.tensor, thing: None };
    let mut all =
        Block { right: lanes.iter().map(|lane| lane.x + LANE).fold(0.0, f64::max), ..Block::default() };
    for (row, block) in rows.into_iter().enumerate() {
        let block = if row == 0 { block } else { under(block, &all.outs) };
        let below: Vec<Port> = block.ins.iter().copied().chain(beside(row).map(port)).collect();
        if row == 0 {
            all.ins = below;
        } else {
            let (height, wires) = channel(&all.outs, &below);
            all.parts.take(wires, 0.0, all.height);
            all.height += height;
        }
        let end = all.height + block.height;
        beside(row).for_each(|lane| all.parts.down(port(lane), all.height, end));
        (all.left, all.right) = (all.left.max(block.left), all.right.max(block.right));
        all.outs = block.outs.iter().copied().chain(beside(row).map(port)).collect();
        all.parts.take(block.parts, 0.0, all.height);
        all.height = end;
    }
    all
}

/// A thing with its ports below where its tensors come from; a merge of three or more as wide as what comes in.
fn under(mut block: Block, above: &[Port]) -> Block {
    let Parts { things, frames, .. } = &mut block.parts;
    let ([(_, rect)], true) = (&mut things[..], frames.is_empty()) else { return block };
    if block.ins.len() < 2 {
        return block;
    }
    let from =
        |port: &Port| above.iter().find(|above| above.tensor == port.tensor).map_or(0.0, |above| above.x);
    let mut wanted: Vec<f64> = block.ins.iter().map(from).collect();
    wanted.sort_by(f64::total_cmp);
    if wanted.len() > 2 {
        block.left = block.left.max(PORTS - wanted[0]);
        block.right = block.right.max(PORTS + wanted[wanted.len() - 1]);
        (rect.x, rect.width) = (-block.left, block.left + block.right);
    }
    let places = spread(&wanted, PORTS - block.left, block.right - PORTS, PORTS);
    for (port, x) in block.ins.iter_mut().zip(places) {
        port.x = x;
    }
    block
}

/// Places for ports as close as may be to where they are wanted, in that order, apart from one another and within bounds.
pub(super) fn spread(wanted: &[f64], low: f64, high: f64, apart: f64) -> Vec<f64> {
    let mut places: Vec<f64> = wanted.iter().map(|x| x.clamp(low, high.max(low))).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + apart);
    }
    let mut end = high;
    for place in places.iter_mut().rev() {
        *place = place.min(end);
        end = *place - apart;
    }
    places
}

/// The lanes, those of short ways inside those of long ones.
fn lanes(rows: &[Block], flows: &[Flow]) -> Vec<Lane> {
    let lane = |flow: &Flow| {
        let first = flow.made.map_or(0, |row| row + 1);
        let end = if flow.leaves { rows.len() } else { flow.last? };
        (first < end).then(|| Lane { tensor: flow.tensor, first, last: end - 1, x: 0.0 })
    };
    let mut lanes: Vec<Lane> = flows.iter().filter_map(lane).collect();
    lanes.sort_by_key(|lane| (lane.last - lane.first, lane.first, lane.tensor));
    let ends = ends(rows, &lanes);
    let mut slots: Vec<Vec<(usize, usize)>> = vec![];
    for lane in &mut lanes {
        let is_free =
            |taken: &Vec<(usize, usize)>| taken.iter().all(|&(a, b)| lane.last < a || b < lane.first);
        let slot = slots.iter().position(is_free).unwrap_or(slots.len());
        if slot == slots.len() {
            slots.push(vec![]);
        }
        slots[slot].push((lane.first, lane.last));
        #[expect(clippy::cast_precision_loss, reason = "a few lanes")]
        let out = (slot + 1) as f64;
        lane.x = ends[lane.first] + out * LANE;
    }
    lanes
}

/// By row: how far to the right the rows go beside which lanes lie that lie beside one another somewhere.
fn ends(rows: &[Block], lanes: &[Lane]) -> Vec<f64> {
    let mut ways: Vec<(usize, usize)> = lanes.iter().map(|lane| (lane.first, lane.last)).collect();
    ways.sort_unstable();
    let mut ends = vec![0.0; rows.len()];
    let mut groups: Vec<(usize, usize)> = vec![];
    for (first, last) in ways {
        match groups.last_mut() {
            Some(group) if first <= group.1 => group.1 = group.1.max(last),
            Some(_) | None => groups.push((first, last)),
        }
    }
    for (first, last) in groups {
        let end = rows[first..=last].iter().map(|block| block.right).fold(0.0, f64::max);
        ends[first..=last].fill(end);
    }
    ends
}
