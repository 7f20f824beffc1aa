//! Where in the picture of a network each of its lines is to be seen: repeats are drawn once, and the drawn one stands for all.

use std::collections::HashMap;
use std::ops::Range;

use crate::graph::{Graph, NodeId, Place};
use crate::report::draw::scene::Scene;
use crate::report::rows::Row;

/// What stands for what in a picture.
#[derive(Debug)]
pub(super) struct Drawn<'g> {
    graph: &'g Graph,
    /// Repeats, the outer before the inner: the nodes of the one that is drawn, and how many there are in a row.
    repeats: Vec<(Range<usize>, usize)>,
    /// Lines by their nodes.
    places: HashMap<Range<usize>, Place>,
}

impl<'g> Drawn<'g> {
    /// Of a picture of this scene, for these lines.
    pub(super) fn new(graph: &'g Graph, scene: &Scene, rows: &[Row<'_>]) -> Self {
        let frames = scene.frames.iter().map(|frame| (Place::Box(frame.scope), frame.times));
        let things = scene.things.iter().map(|thing| (thing.place, thing.times));
        let repeats = frames.chain(things).filter(|&(_, times)| times > 1);
        let repeats = repeats.map(|(place, times)| (nodes(graph, place), times)).collect();
        let places = rows.iter().map(|row| (nodes(graph, row.place), row.place)).collect();
        Self { graph, repeats, places }
    }

    /// What is drawn in the place of a copy; nothing for what is drawn itself, or not at all.
    pub(super) fn instead_of(&self, place: Place) -> Option<Place> {
        let own = nodes(self.graph, place);
        let mut start = own.start;
        for (first, times) in &self.repeats {
            let all = first.start..first.start + first.len() * times;
            if all.contains(&start) {
                start = first.start + (start - first.start) % first.len();
            }
        }
        // A box that is more than what repeats is no copy.
        if start == own.start {
            return None;
        }
        self.places.get(&(start..start + own.len())).copied()
    }
}

/// The nodes of a place, by index.
fn nodes(graph: &Graph, place: Place) -> Range<usize> {
    match place {
        Place::Node(id) => id.index()..id.index() + 1,
        Place::Box(id) => {
            let mut nodes = graph.scope(id).nodes();
            let count = nodes.len();
            let start = nodes.next().map_or(0, NodeId::index);
            start..start + count
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::draw::Options;
    use crate::report::rows::rows_within;
    use crate::text::Language;

    #[test]
    fn every_copy_is_shown_where_the_first_is() {
        let subject =
            crate::source::open("resnet152").unwrap().subject(&crate::source::Choice::default()).unwrap();
        let (rows, _) = rows_within(&subject, 10_000);
        let scene = Scene::of(&subject, &Options::new(Language::English));
        let drawn = Drawn::new(subject.graph(), &scene, &rows);
        let paths: std::collections::BTreeMap<Place, &str> =
            rows.iter().map(|row| (row.place, &*row.path)).collect();
        let instead = |path: &str| {
            let place = subject.graph().resolve(path).unwrap();
            drawn.instead_of(place).map(|place| paths[&place].to_owned())
        };
        assert_eq!(instead("layer3/0/conv1"), None);
        let (first, last) = (instead("layer3/7/conv2").unwrap(), instead("layer3/35/conv2").unwrap());
        assert_eq!(first, last);
        assert!(first.starts_with("layer3/1") && first.ends_with("conv2"), "{first}");
    }
}
