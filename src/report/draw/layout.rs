//! Where what is drawn lies: from the inside of boxes outwards, along the blocks in which the network was written.
//!
//! In each box, what every path passes is a row of its own; what lies between two such rows falls into branches, side by side,
//! each laid out in the same way. What passes by rows has a lane at their right. Where neither helps, rows are made by how long
//! the longest path to a part is.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Item, Scene, Thing};
use super::size::width;
use super::{Columns, Direction};
use crate::graph::NodeId;

mod block;
mod channel;
mod columns;
mod frame;
mod region;
mod series;

use block::{Block, parallel};
pub use block::{Point, Rect, Wire};
use region::{Region, Use, regions};
use series::{Flow, series};

/// The size of letters, in pixels: of titles, and of what else stands on things.
pub(super) const TITLE: f64 = 11.5;
pub(super) const DETAIL: f64 = 9.5;

/// How much wider bold letters are.
pub(super) const BOLD: f64 = 1.13;

/// The height of a line of these.
pub(super) const TITLE_LINE: f64 = 15.0;
pub(super) const DETAIL_LINE: f64 = 12.0;

/// The room around the text of a thing.
pub(super) const AROUND: f64 = 7.0;

/// How often branches may lie within branches before they are only put in rows.
const MOST_NESTED: usize = 100;

/// Where everything lies, from the top left corner, in pixels.
#[derive(Debug)]
pub struct Drawing {
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
    /// Each thing of the scene, by its index.
    pub things: Vec<Rect>,
    /// Each frame of the scene, by its index; the first is everything.
    pub frames: Vec<Rect>,
    /// The lines.
    pub wires: Vec<Wire>,
    /// Where lines of one tensor part.
    pub dots: Vec<Point>,
}

impl Drawing {
    /// Lays out a scene.
    pub fn of(scene: &Scene, direction: Direction, columns: Columns) -> Self {
        let layout = Layout { scene, regions: regions(scene), goes_right: direction == Direction::Right };
        let block = layout.folded(0, columns);
        let whole = Rect { x: 0.0, y: 0.0, width: block.left + block.right, height: block.height };
        let mut drawing = Self {
            width: whole.width,
            height: whole.height,
            things: vec![whole; scene.things.len()],
            frames: vec![whole; scene.frames.len()],
            wires: vec![],
            dots: vec![],
        };
        let mut parts = block::Parts::default();
        parts.take(block.parts, block.left, 0.0);
        parts.things.into_iter().for_each(|(index, rect)| drawing.things[index] = rect);
        parts.frames.into_iter().for_each(|(index, rect)| drawing.frames[index] = rect);
        (drawing.wires, drawing.dots) = (parts.wires, parts.dots);
        if layout.goes_right {
            drawing.turn();
        }
        drawing
    }

    /// Exchanges the axes.
    fn turn(&mut self) {
        std::mem::swap(&mut self.width, &mut self.height);
        for rect in self.things.iter_mut().chain(&mut self.frames) {
            *rect = Rect { x: rect.y, y: rect.x, width: rect.height, height: rect.width };
        }
        for point in self.wires.iter_mut().flat_map(|wire| &mut wire.points).chain(&mut self.dots) {
            *point = Point { x: point.y, y: point.x };
        }
    }
}

struct Layout<'s> {
    scene: &'s Scene,
    regions: Vec<Region>,
    goes_right: bool,
}

impl Layout<'_> {
    /// What is in a frame, folded into columns: itself, or the frame in it that most of it is.
    fn folded(&self, frame: usize, columns: Columns) -> Block {
        let region = &self.regions[frame];
        let all: Vec<usize> = (0..region.parts.len()).collect();
        let rows = rows(region, &all);
        if rows.len() < 2 {
            return self.part(region, &all, 0, &BTreeSet::new());
        }
        let mut blocks = self.rows(region, &rows, 0, &BTreeSet::new());
        let height: f64 = blocks.iter().map(|block| block.height).sum();
        let main = blocks.iter().position(|block| block.height > 0.6 * height);
        if let Some(at) = main
            && let [only] = rows[at].main[..]
            && let Item::Frame(inner) = region.parts[only].item
        {
            blocks[at] = self.frame(inner, self.folded(inner, columns));
            return series(blocks, &flows(region, &rows));
        }
        columns::columns(blocks, &flows(region, &rows), columns, self.goes_right)
    }

    fn rows(&self, region: &Region, rows: &[Row], nested: usize, far: &BTreeSet<NodeId>) -> Vec<Block> {
        let mut above: &[usize] = &[];
        let mut blocks = vec![];
        for (at, row) in rows.iter().enumerate() {
            let takes = row.main.iter().flat_map(|&part| &region.parts[part].takes);
            let is_far = |taken: &&Use| match taken.from {
                Some(from) => !above.contains(&from) && row.main.binary_search(&from).is_err(),
                None => at > 0 || far.contains(&taken.tensor),
            };
            let far = takes.filter(is_far).map(|taken| taken.tensor).collect();
            blocks.push(self.row(region, row, nested, &far));
            above = &row.main;
        }
        blocks
    }

    fn row(&self, region: &Region, row: &Row, nested: usize, far: &BTreeSet<NodeId>) -> Block {
        let main = self.part(region, &row.main, nested, far);
        if row.ends.is_empty() {
            return main;
        }
        let ends = row.ends.iter().map(|&end| self.item(region, end, far));
        parallel(std::iter::once(main).chain(ends).collect(), Some(0))
    }

    /// Some parts of a region; what is `far` comes in from the right, on a lane.
    fn part(&self, region: &Region, parts: &[usize], nested: usize, far: &BTreeSet<NodeId>) -> Block {
        stacker::maybe_grow(64 << 10, 1 << 20, || {
            if let [only] = parts {
                return self.item(region, *only, far);
            }
            let mut rows = rows(region, parts);
            if rows.len() == 1 && rows[0].ends.is_empty() {
                let mut branches = branches(region, parts);
                if branches.len() > 1 && nested < MOST_NESTED {
                    branches.sort_by_key(|branch| comes_from_far(region, branch, far));
                    let branch = |branch: &Vec<usize>| self.part(region, branch, nested + 1, far);
                    let is_near = |branch: &&Vec<usize>| !comes_from_far(region, branch, far);
                    // What comes straight from above goes straight on.
                    let main = (branches.iter().filter(is_near).count() == 1).then_some(0);
                    return parallel(branches.iter().map(branch).collect(), main);
                }
                rows = levels(region, parts);
                let beside = |row: &Row| row.main.iter().map(|&part| self.item(region, part, far)).collect();
                return series(
                    rows.iter().map(|row| parallel(beside(row), None)).collect(),
                    &flows(region, &rows),
                );
            }
            series(self.rows(region, &rows, nested + 1, far), &flows(region, &rows))
        })
    }

    fn item(&self, region: &Region, part: usize, far: &BTreeSet<NodeId>) -> Block {
        let part = &region.parts[part];
        match part.item {
            Item::Frame(index) => {
                let inside: Vec<usize> = (0..self.regions[index].parts.len()).collect();
                self.frame(index, self.part(&self.regions[index], &inside, 0, far))
            }
            Item::Thing(index) => {
                let ins: Vec<NodeId> = part.takes.iter().map(|taken| taken.tensor).collect();
                let mut outs: Vec<NodeId> = part.gives.iter().map(|(tensor, _)| *tensor).collect();
                outs.extend(&part.leaves);
                outs.sort_unstable();
                outs.dedup();
                let (across, along) = self.size(&self.scene.things[index]);
                frame::thing(index, across, along, &ins, &outs)
            }
        }
    }

    fn frame(&self, index: usize, inside: Block) -> Block {
        let title = width(&self.scene.frames[index].heading(), TITLE) * BOLD;
        frame::frame(index, inside, title, self.goes_right)
    }

    /// How far a thing goes across and along.
    fn size(&self, thing: &Thing) -> (f64, f64) {
        let details = thing.details.iter().map(|detail| width(detail, DETAIL));
        let wide = details.fold(width(&thing.heading(), TITLE), f64::max) + 2.0 * AROUND + 4.0;
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let high = TITLE_LINE + DETAIL_LINE * thing.details.len() as f64 + AROUND;
        if self.goes_right { (high, wide) } else { (wide, high) }
    }
}

/// Parts of a region that lie at one height.
struct Row {
    main: Vec<usize>,
    /// Outputs beside them, to which something from above goes.
    ends: Vec<usize>,
}

/// Some parts of a region in rows: what every path passes is one of its own.
fn rows(region: &Region, parts: &[usize]) -> Vec<Row> {
    // How many tensors pass by each part, by where that begins and ends.
    let mut changes = vec![0_i64; parts.len() + 1];
    let mut pass = |from: usize, to: usize| {
        if from < to {
            changes[from] += 1;
            changes[to] -= 1;
        }
    };
    let place = |part: usize| parts.binary_search(&part).ok();
    for (at, part) in parts.iter().map(|&part| &region.parts[part]).enumerate() {
        for taken in &part.takes {
            pass(taken.from.and_then(place).map_or(0, |from| from + 1), at);
        }
        if !part.leaves.is_empty() || part.gives.iter().any(|&(_, to)| place(to).is_none()) {
            pass(at + 1, parts.len());
        }
    }
    let mut rows: Vec<Row> = vec![];
    let (mut passing, mut is_open, mut ends) = (0, false, vec![]);
    for (&part, change) in parts.iter().zip(changes) {
        passing += change;
        let is_end = region.parts[part].gives.is_empty() && region.parts[part].leaves.is_empty();
        match rows.last_mut() {
            Some(row) if passing > 0 && is_open => row.main.push(part),
            Some(_) | None if is_end && part != parts[parts.len() - 1] && parts.len() > 2 => ends.push(part),
            Some(_) | None => {
                rows.push(Row { main: vec![part], ends: std::mem::take(&mut ends) });
                is_open = passing > 0;
            }
        }
    }
    if let Some(row) = rows.last_mut() {
        row.ends.append(&mut ends);
    }
    rows
}

/// Parts that nothing goes between, apart.
fn branches(region: &Region, parts: &[usize]) -> Vec<Vec<usize>> {
    // By place: the place of one that it belongs with, at last itself.
    let mut with: Vec<usize> = (0..parts.len()).collect();
    for (at, &part) in parts.iter().enumerate() {
        for from in region.parts[part].takes.iter().filter_map(|taken| taken.from) {
            if let Ok(from) = parts.binary_search(&from) {
                let (a, b) = (root(&mut with, at), root(&mut with, from));
                with[a.max(b)] = a.min(b);
            }
        }
    }
    let mut branches: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, &part) in parts.iter().enumerate() {
        branches.entry(root(&mut with, at)).or_default().push(part);
    }
    branches.into_values().collect()
}

/// The place that stands for all that belong with one.
fn root(with: &mut [usize], mut at: usize) -> usize {
    while with[at] != at {
        with[at] = with[with[at]];
        at = with[at];
    }
    at
}

/// Whether all that a branch takes from outside comes from far.
fn comes_from_far(region: &Region, branch: &[usize], far: &BTreeSet<NodeId>) -> bool {
    let takes = branch.iter().flat_map(|&part| &region.parts[part].takes);
    let is_inside = |taken: &Use| taken.from.is_some_and(|from| branch.binary_search(&from).is_ok());
    takes.filter(|taken| !is_inside(taken)).all(|taken| far.contains(&taken.tensor))
}

/// Parts in rows by how long the longest path to each is.
fn levels(region: &Region, parts: &[usize]) -> Vec<Row> {
    let mut levels = vec![0; parts.len()];
    let mut rows: Vec<Row> = vec![];
    for (at, &part) in parts.iter().enumerate() {
        let above =
            region.parts[part].takes.iter().filter_map(|taken| parts.binary_search(&taken.from?).ok());
        levels[at] = above.map(|from| levels[from] + 1).max().unwrap_or(0);
        if levels[at] == rows.len() {
            rows.push(Row { main: vec![], ends: vec![] });
        }
        rows[levels[at]].main.push(part);
    }
    rows
}

/// What goes between rows, from above, and on below them.
fn flows(region: &Region, rows: &[Row]) -> Vec<Flow> {
    let of = |row: &Row| row.main.iter().chain(&row.ends).copied().collect::<Vec<usize>>();
    let places: BTreeMap<usize, usize> = rows
        .iter()
        .enumerate()
        .flat_map(|(at, row)| of(row).into_iter().map(move |part| (part, at)))
        .collect();
    let mut flows: BTreeMap<NodeId, Flow> = BTreeMap::new();
    for (&part, &row) in &places {
        let part = &region.parts[part];
        for taken in &part.takes {
            let made = taken.from.and_then(|from| places.get(&from).copied());
            if made != Some(row) {
                let flow = Flow { tensor: taken.tensor, made, last: None, leaves: false };
                let flow = flows.entry(taken.tensor).or_insert(flow);
                flow.last = flow.last.max(Some(row));
            }
        }
        let outside = part.gives.iter().filter(|(_, to)| !places.contains_key(to)).map(|(tensor, _)| *tensor);
        for tensor in outside.chain(part.leaves.iter().copied()) {
            let flow = Flow { tensor, made: Some(row), last: None, leaves: true };
            flows.entry(tensor).or_insert(flow).leaves = true;
        }
    }
    flows.into_values().collect()
}

#[cfg(test)]
mod tests;
