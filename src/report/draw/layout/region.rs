//! What stands in each frame of a scene, and what goes between it and over its edge.

use std::collections::BTreeSet;

use crate::graph::NodeId;
use crate::report::draw::scene::{Item, Scene};

/// A tensor that a part of a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    pub(super) tensor: NodeId,
    /// The part that makes it; `None` if it comes from outside the frame.
    pub(super) from: Option<usize>,
}

/// The parts of a frame, each with what it takes and gives.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) parts: Vec<Part>,
}

/// A part of a frame.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) item: Item,
    /// What it takes, each tensor once, in the order in which it is taken.
    pub(super) takes: Vec<Use>,
    /// What it gives to parts of the same frame: the tensor, and the part.
    pub(super) gives: BTreeSet<(NodeId, usize)>,
    /// What it gives to something outside the frame.
    pub(super) leaves: BTreeSet<NodeId>,
}

/// The region of each frame, by its index.
pub(super) fn regions(scene: &Scene) -> Vec<Region> {
    let part =
        |item: &Item| Part { item: *item, takes: vec![], gives: BTreeSet::new(), leaves: BTreeSet::new() };
    let mut regions: Vec<Region> =
        scene.frames.iter().map(|frame| Region { parts: frame.items.iter().map(part).collect() }).collect();
    let ways = Ways::new(scene);
    for edge in &scene.edges {
        let (from, to) = (ways.of(scene, edge.from), ways.of(scene, edge.to));
        let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        // Both ways begin at the network; where they part is the frame in which the edge lies.
        let ((frame, giver), (_, taker)) = (from[same], to[same]);
        regions[frame].take(taker, Use { tensor: edge.tensor, from: Some(giver) });
        regions[frame].parts[giver].gives.insert((edge.tensor, taker));
        for &(frame, part) in &from[same + 1..] {
            regions[frame].parts[part].leaves.insert(edge.tensor);
        }
        for &(frame, part) in &to[same + 1..] {
            regions[frame].take(part, Use { tensor: edge.tensor, from: None });
        }
    }
    regions
}

impl Region {
    fn take(&mut self, part: usize, taken: Use) {
        let known = &mut self.parts[part].takes;
        if known.iter().all(|known| known.tensor != taken.tensor) {
            known.push(taken);
        }
    }
}

/// Where things and frames stand among the items of the frames around them.
struct Ways {
    things: Vec<usize>,
    frames: Vec<usize>,
}

impl Ways {
    fn new(scene: &Scene) -> Self {
        let mut ways = Self { things: vec![0; scene.things.len()], frames: vec![0; scene.frames.len()] };
        for frame in &scene.frames {
            for (at, item) in frame.items.iter().enumerate() {
                match *item {
                    Item::Thing(thing) => ways.things[thing] = at,
                    Item::Frame(inner) => ways.frames[inner] = at,
                }
            }
        }
        ways
    }

    /// The frames around a thing from the network on, each with the part that leads to the thing.
    fn of(&self, scene: &Scene, thing: usize) -> Vec<(usize, usize)> {
        let mut way = vec![(scene.things[thing].frame, self.things[thing])];
        while let Some(&(frame, _)) = way.last()
            && frame != 0
        {
            way.push((scene.frames[frame].parent, self.frames[frame]));
        }
        way.reverse();
        way
    }
}
