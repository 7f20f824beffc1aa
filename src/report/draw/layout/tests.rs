//! What holds of every picture, held on every bundled network.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::graph::NodeId;
use crate::read::bundled::{self, Task};
use crate::report::draw::Options;
use crate::report::rows::Depth;
use crate::source::{self, Choice};
use crate::text::Language;

/// What lies closer touches.
const NEAR: f64 = 0.51;

fn each_picture(mut hold: impl FnMut(&str, &Scene, &Drawing, Direction)) {
    let mut count = 0;
    for file in bundled::by_task()
        .into_iter()
        .filter(|file| file.task != Task::Claims && file.task != Task::Blocks)
        .map(|file| file.name)
    {
        let subject = source::open(file).unwrap().subject(&Choice::default()).unwrap();
        for (direction, columns, depth) in [
            (Direction::Down, Columns::Fitting, Depth::Fitting),
            (Direction::Right, Columns::Fitting, Depth::To(2)),
            (Direction::Down, Columns::To(3), Depth::To(1)),
            (Direction::Down, Columns::To(1), Depth::All),
        ] {
            let scene = Scene::of(
                &subject,
                &Options { depth, direction, columns, ..Options::new(Language::English) },
            );
            let drawing = Drawing::of(&scene, direction, columns);
            hold(&format!("{file}, {direction:?}, {depth:?}"), &scene, &drawing, direction);
            count += 1;
        }
    }
    assert!(count > 200, "{count} pictures");
}

fn apart(a: &Rect, b: &Rect) -> bool {
    let (across, along) =
        (a.x + a.width <= b.x + NEAR || b.x + b.width <= a.x + NEAR, a.y + a.height <= b.y + NEAR);
    across || along || b.y + b.height <= a.y + NEAR
}

fn is_inside(inner: &Rect, outer: &Rect) -> bool {
    inner.x >= outer.x - NEAR
        && inner.y >= outer.y - NEAR
        && inner.x + inner.width <= outer.x + outer.width + NEAR
        && inner.y + inner.height <= outer.y + outer.height + NEAR
}

#[test]
fn things_lie_in_their_frames_and_beside_one_another() {
    each_picture(|name, scene, drawing, _| {
        for frame in &scene.frames {
            let rect = |item: &Item| match *item {
                Item::Thing(thing) => &drawing.things[thing],
                Item::Frame(inner) => &drawing.frames[inner],
            };
            let around = scene.frames.iter().position(|other| other.scope == frame.scope).unwrap();
            for (at, item) in frame.items.iter().enumerate() {
                assert!(
                    is_inside(rect(item), &drawing.frames[around]),
                    "{name}: {item:?} is not in {}",
                    frame.title
                );
                for other in &frame.items[..at] {
                    assert!(apart(rect(item), rect(other)), "{name}: {item:?} lies on {other:?}");
                }
            }
        }
    });
}

#[test]
fn no_wire_goes_through_a_thing() {
    each_picture(|name, _, drawing, _| {
        for wire in &drawing.wires {
            for line in wire.points.windows(2) {
                let rect = Rect {
                    x: line[0].x.min(line[1].x),
                    y: line[0].y.min(line[1].y),
                    width: (line[0].x - line[1].x).abs(),
                    height: (line[0].y - line[1].y).abs(),
                };
                assert!(rect.width < NEAR || rect.height < NEAR, "{name}: {line:?} is not straight");
                let through = drawing.things.iter().position(|thing| !apart(thing, &rect));
                assert_eq!(through, None, "{name}: {line:?} goes through a thing");
            }
        }
    });
}

/// Following the lines of its tensor, one gets from what makes it to what takes it, and nowhere else.
#[test]
fn wires_lead_from_what_makes_a_tensor_to_all_that_take_it() {
    each_picture(|name, scene, drawing, direction| {
        let mut wires: BTreeMap<NodeId, Vec<&Wire>> = BTreeMap::new();
        for wire in &drawing.wires {
            wires.entry(wire.tensor).or_default().push(wire);
        }
        let mut takers: BTreeMap<NodeId, BTreeSet<usize>> = BTreeMap::new();
        let mut makers = BTreeMap::new();
        for edge in &scene.edges {
            takers.entry(edge.tensor).or_default().insert(edge.to);
            makers.insert(edge.tensor, edge.from);
        }
        for (tensor, expected) in takers {
            let from = &drawing.things[makers[&tensor]];
            let starts = |wire: &&Wire| leaves(from, wire.points[0], direction);
            let mut ends: Vec<Point> = vec![];
            let mut waiting: Vec<&Wire> =
                wires[&tensor].iter().copied().filter(|wire| starts(wire)).collect();
            let mut rest: Vec<&Wire> = wires[&tensor].iter().copied().filter(|wire| !starts(wire)).collect();
            while let Some(wire) = waiting.pop() {
                let end = wire.points[wire.points.len() - 1];
                ends.push(end);
                let (next, others) = rest.into_iter().partition(|other| is_near(other.points[0], end));
                rest = others;
                waiting.extend::<Vec<_>>(next);
            }
            assert!(rest.is_empty(), "{name}: {rest:?} lead from nowhere");
            let taken =
                |thing: &usize| ends.iter().any(|end| enters(&drawing.things[*thing], *end, direction));
            let reached: BTreeSet<usize> = (0..scene.things.len()).filter(taken).collect();
            assert_eq!(reached, expected, "{name}: {tensor:?}");
        }
    });
}

fn is_near(a: Point, b: Point) -> bool {
    (a.x - b.x).abs() < NEAR && (a.y - b.y).abs() < NEAR
}

fn leaves(thing: &Rect, at: Point, direction: Direction) -> bool {
    match direction {
        Direction::Down => is_on(thing.x, thing.width, at.x) && (thing.y + thing.height - at.y).abs() < NEAR,
        Direction::Right => is_on(thing.y, thing.height, at.y) && (thing.x + thing.width - at.x).abs() < NEAR,
    }
}

fn enters(thing: &Rect, at: Point, direction: Direction) -> bool {
    match direction {
        Direction::Down => is_on(thing.x, thing.width, at.x) && (thing.y - at.y).abs() < NEAR,
        Direction::Right => is_on(thing.y, thing.height, at.y) && (thing.x - at.x).abs() < NEAR,
    }
}

fn is_on(start: f64, length: f64, at: f64) -> bool {
    start - NEAR < at && at < start + length + NEAR
}
