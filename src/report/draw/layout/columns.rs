//! Rows in several columns side by side, broken where everything passes through one tensor.

use super::block::{Block, Point, Port, Wire};
use super::frame::joined;
use super::series::{Flow, series};
use crate::report::draw::Columns;

/// The room above columns for what comes from the column before, and beside one for its way up.
const TOP: f64 = 30.0;
const ACROSS: f64 = 12.0;
const GUTTER: f64 = 20.0;

/// About what a channel between two rows takes.
const CHANNEL: f64 = 26.0;

/// As wide as it is high is a slide, about.
const SLIDE: f64 = 1.6;

/// What is lower is not folded unless that is asked for.
const LOW: f64 = 900.0;

/// What is not folded to less of its height stays as it is.
const WORTH: f64 = 0.7;

/// The most columns that are tried unless a number is asked for.
const MOST: usize = 16;

/// Rows in as many columns as are asked for.
pub(super) fn columns(rows: Vec<Block>, flows: &[Flow], wanted: Columns, goes_right: bool) -> Block {
    let breaks = breaks(&rows, flows, wanted, goes_right);
    if breaks.is_empty() {
        return series(rows, flows);
    }
    let mut ends = breaks;
    ends.push(rows.len());
    let mut rows = rows.into_iter();
    let mut start = 0;
    let mut blocks = vec![];
    for end in ends {
        let part = flows.iter().filter_map(|flow| between(flow, start, end)).collect::<Vec<_>>();
        blocks.push(joined(series(rows.by_ref().take(end - start).collect(), &part)));
        start = end;
    }
    beside(blocks)
}

/// What of a flow concerns the rows from `start` up to `end`.
fn between(flow: &Flow, start: usize, end: usize) -> Option<Flow> {
    let (made, last) = (flow.made, flow.last.filter(|&row| row >= start));
    if made.is_some_and(|row| row >= end) || (last.is_none() && !flow.leaves) {
        return None;
    }
    Some(Flow {
        tensor: flow.tensor,
        made: made.and_then(|row| row.checked_sub(start)),
        last: last.filter(|&row| row < end).map(|row| row - start),
        leaves: flow.leaves || last.is_some_and(|row| row >= end),
    })
}

/// Columns from left to right, each led into from the end of the one before.
fn beside(blocks: Vec<Block>) -> Block {
    let mut all = Block { left: blocks[0].left, ..Block::default() };
    all.height = blocks.iter().map(|block| TOP + block.height + ACROSS).fold(0.0, f64::max);
    // Where the column before ends, along the way.
    let mut end = 0.0;
    for (at, block) in blocks.into_iter().enumerate() {
        let spine = if at == 0 { 0.0 } else { all.right + GUTTER + block.left };
        if at == 0 {
            all.ins = block.ins.iter().map(|port| Port { thing: None, ..*port }).collect();
            block.ins.iter().for_each(|port| all.parts.down(*port, 0.0, TOP));
        } else {
            let gutter = all.right + GUTTER / 2.0;
            let ins = block.ins.iter().map(|port| Port { x: port.x + spine, ..*port });
            all.parts.wires.extend(ins.filter_map(|port| lead(&all.outs, end, gutter, port)));
        }
        all.right = spine + block.right;
        all.outs = block.outs.iter().map(|port| Port { x: port.x + spine, ..*port }).collect();
        end = TOP + block.height;
        all.parts.take(block.parts, spine, TOP);
    }
    for port in &all.outs {
        all.parts.down(*port, end, all.height);
    }
    all
}

/// The wire from what comes out of a column at its end to the top of the next, through the gutter between them.
fn lead(outs: &[Port], end: f64, gutter: f64, to: Port) -> Option<Wire> {
    let from = outs.iter().find(|out| out.tensor == to.tensor)?;
    let turn = end + ACROSS;
    let corners =
        [(from.x, end), (from.x, turn), (gutter, turn), (gutter, ACROSS), (to.x, ACROSS), (to.x, TOP)];
    let points = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
    Some(Wire { points, has_arrow: to.thing.is_some(), tensor: to.tensor })
}

/// The rows before which a column ends.
fn breaks(rows: &[Block], flows: &[Flow], wanted: Columns, goes_right: bool) -> Vec<usize> {
    let cuts = cuts(rows.len(), flows);
    let columns = |breaks: &[usize]| {
        let bounds: Vec<usize> = [0].iter().chain(breaks).chain(&[rows.len()]).copied().collect();
        bounds.windows(2).map(|bounds| &rows[bounds[0]..bounds[1]]).collect::<Vec<_>>()
    };
    let high = |column: &&[Block]| column.iter().map(|row| row.height + CHANNEL).sum::<f64>();
    let wide = |column: &&[Block]| {
        let most = |side: fn(&Block) -> f64| column.iter().map(side).fold(0.0, f64::max);
        most(|row| row.left) + most(|row| row.right) + GUTTER
    };
    let height = |breaks: &[usize]| columns(breaks).iter().map(high).fold(0.0, f64::max);
    let width = |breaks: &[usize]| columns(breaks).iter().map(wide).sum::<f64>();
    match wanted {
        Columns::To(count) => packed(rows, &cuts, count),
        Columns::Fitting if height(&[]) <= LOW => vec![],
        Columns::Fitting => {
            let shape = |breaks: &[usize]| {
                let ratio = width(breaks) / height(breaks);
                (if goes_right { ratio.recip() } else { ratio } / SLIDE).ln().abs()
            };
            let tried = (1..=MOST).map(|count| packed(rows, &cuts, count));
            let best = tried.min_by(|a, b| shape(a).total_cmp(&shape(b))).unwrap_or_default();
            if height(&best) < WORTH * height(&[]) { best } else { vec![] }
        }
    }
}

/// The rows that only one tensor goes to from those above.
fn cuts(rows: usize, flows: &[Flow]) -> Vec<usize> {
    let mut changes = vec![0_i64; rows + 1];
    for flow in flows {
        let first = flow.made.map_or(0, |row| row + 1);
        let end = if flow.leaves { rows } else { flow.last.map_or(first, |row| row + 1) };
        if first < end {
            changes[first] += 1;
            changes[end] -= 1;
        }
    }
    let mut crossing = 0;
    let mut cuts = vec![];
    for (row, change) in changes.into_iter().enumerate().take(rows) {
        crossing += change;
        if row > 0 && crossing == 1 {
            cuts.push(row);
        }
    }
    cuts
}

/// The breaks among `cuts` that make at most `count` columns, the highest as low as may be.
fn packed(rows: &[Block], cuts: &[usize], count: usize) -> Vec<usize> {
    let mut heights = vec![0.0];
    for row in rows {
        heights.push(heights[heights.len() - 1] + row.height + CHANNEL);
    }
    let filled = |most: f64| {
        let (mut breaks, mut start) = (vec![], 0);
        for (at, &cut) in cuts.iter().enumerate() {
            let next = cuts.get(at + 1).copied().unwrap_or(rows.len());
            if heights[next] - heights[start] > most {
                breaks.push(cut);
                start = cut;
            }
        }
        breaks
    };
    // No column is lower than what lies between two cuts.
    let bounds: Vec<usize> = [0].iter().chain(cuts).chain(&[rows.len()]).copied().collect();
    let least = bounds.windows(2).map(|bounds| heights[bounds[1]] - heights[bounds[0]]).fold(0.0, f64::max);
    let (mut low, mut high) = (least, heights[rows.len()]);
    if filled(low).len() < count.max(1) {
        return filled(low);
    }
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if filled(middle).len() < count.max(1) { high = middle } else { low = middle }
    }
    filled(high)
}
