//! Where the time goes: passes with a mark after every node, and what bounds each.
//!
//! These passes are apart from those that are timed end to end, since a mark takes time itself. What lies between two marks is
//! the later node's; what frees the tensors that a node was the last to use falls to the node after it.

use std::convert::Infallible;

use candle_core::Device;

use super::BenchError;
use super::timestamps::Timestamps;
use crate::analyze::Analysis;
pub use crate::analyze::measured::{MeasuredBound, Timing};
use crate::analyze::roofline::Roofline;
use crate::counts::Counts;
use crate::graph::{Graph, NodeId, Place, ScopeId};
use crate::run::RunError;
use crate::shape::ElementType;

/// What each node takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// How many passes there were.
    pub passes: usize,
    /// By [`NodeId`]: what a node takes with all that is computed at once with it, if it is the main one of these.
    nodes: Vec<f64>,
    /// By [`NodeId`]: the main one of those that it is computed with.
    mains: Vec<Option<NodeId>>,
    /// By [`ScopeId`]: of all that is in it.
    scopes: Vec<f64>,
}

impl Profile {
    /// Of passes, each of which has a time for each [event](crate::run::Engine::events): the mean of an event over those passes that
    /// as a whole are the middle third. Passes that something disturbed are left out, and what remains adds up, as medians of
    /// events would not: most of those of any pass are quick, and a few of them slow.
    ///
    /// # Panics
    /// If there is no pass.
    pub fn of(graph: &Graph, events: &[Vec<NodeId>], passes: &[Vec<f64>]) -> Self {
        let total = |pass: &[f64]| pass.iter().sum::<f64>();
        let mut sorted: Vec<&[f64]> = passes.iter().map(Vec::as_slice).collect();
        sorted.sort_by(|a, b| total(a).total_cmp(&total(b)));
        let middle = &sorted[passes.len() / 3..passes.len() - passes.len() / 3];
        #[expect(clippy::cast_precision_loss, reason = "passes are few")]
        let of_event =
            |index: usize| middle.iter().map(|pass| pass[index]).sum::<f64>() / middle.len() as f64;
        let (mut nodes, mut mains) = (vec![0.0; graph.len()], vec![None; graph.len()]);
        for (index, event) in events.iter().enumerate() {
            let Some(&main) = event.first() else { continue };
            nodes[main.index()] = of_event(index);
            for id in event {
                mains[id.index()] = Some(main);
            }
        }
        let Ok(scopes) = graph.sums(&0.0, |id| Some(nodes[id.index()]), |a, b| Ok::<_, Infallible>(a + b));
        Self { passes: passes.len(), nodes, mains, scopes }
    }

    /// The node whose time is that of another, too: they are computed at once.
    pub fn main(&self, id: NodeId) -> Option<NodeId> {
        self.mains[id.index()].filter(|&main| main != id)
    }

    /// What all nodes take together.
    pub fn seconds(&self) -> f64 {
        self.scopes[ScopeId::ROOT.index()]
    }

    /// A node or a box beside its counts and its roofs; `None` if cnncost does not know its operator, and of a node that is computed
    /// at once with another, which has the time of both.
    pub fn layer(
        &self,
        place: Place,
        analysis: &Analysis,
        roofline: &Roofline,
        element: ElementType,
    ) -> Option<Timing> {
        let (seconds, counts, estimate) = match place {
            Place::Node(id) if self.main(id).is_some() => return None,
            Place::Node(id) => (self.nodes[id.index()], *analysis.node(id)?, roofline.node(id)?),
            Place::Box(id) => (self.scopes[id.index()], *analysis.scope(id), roofline.scope(id)),
        };
        let (flops, bytes) = work(&counts, element);
        let rate = |amount: f64| if seconds > 0.0 { amount / seconds } else { 0.0 };
        Some(Timing {
            seconds,
            share: if self.seconds() > 0.0 { seconds / self.seconds() } else { 0.0 },
            flops_per_second: rate(flops),
            bytes_per_second: rate(bytes),
            roofline_seconds: estimate.seconds(),
            bound: MeasuredBound::of(seconds, estimate),
        })
    }
}

/// FLOPs, and bytes that go to and from memory.
#[expect(clippy::cast_precision_loss, reason = "rates are shown with three digits")]
pub fn work(counts: &Counts, element: ElementType) -> (f64, f64) {
    (counts.work.ops.flops() as f64, counts.traffic.total().bytes(element) as f64)
}

/// The times of one pass, of so many events: `pass` makes one and calls what it is given after each of them. If it does that more
/// than once for each, as for parts of a batch, they are added up.
pub(super) fn pass(
    events: usize,
    device: &Device,
    pass: impl FnOnce(&mut (dyn FnMut() + Send)) -> Result<(), RunError>,
) -> Result<Vec<f64>, BenchError> {
    let mut marks = Timestamps::begin(device, events)?;
    let mut marked = Ok(());
    pass(&mut || {
        if marked.is_ok() {
            marked = marks.mark();
        }
    })?;
    marked?;
    Ok(by_event(&marks.seconds()?, events))
}

/// The sums of times of so many events, one after the other, again and again.
fn by_event(seconds: &[f64], events: usize) -> Vec<f64> {
    (0..events).map(|event| seconds.iter().skip(event).step_by(events).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::roofline;
    use crate::read::{Description, Options};

    fn graph(text: &str) -> Graph {
        Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph
    }

    fn device(peak: f64, bandwidth: f64) -> roofline::Device {
        let peak = super::super::peak::MeasuredPeak {
            threads: None,
            flops_per_second: peak,
            product_size: 0,
            bytes_per_second: bandwidth,
            copied_bytes: 0,
        };
        peak.device()
    }

    #[test]
    fn the_parts_of_a_pass_are_added_up() {
        assert_eq!(by_event(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], 2), [21.0, 42.0]);
        assert_eq!(by_event(&[1.0, 2.0], 2), [1.0, 2.0]);
    }

    #[test]
    fn times_are_of_the_middle_passes_and_boxes_their_sums() {
        let graph = graph(
            "input = [8, 4, 4]\nlayers = [{ name = 'a', layers = [{ op = 'relu' }, { op = 'tanh' }] }, { op = 'flatten' }]",
        );
        let passes = [
            vec![9.0, 1.0, 1.0, 0.5],
            vec![9.0, 3.0, 1.0, 0.5],
            vec![9.0, 1.0, 3.0, 0.5],
            vec![9.0, 2.0, 8.0, 0.5],
        ];
        let profile = Profile::of(&graph, &crate::run::Engine::Candle.events(&graph), &passes);
        // Of the second and third pass: relu 2, tanh 2, flatten 0.5; the input takes nothing.
        assert_eq!((profile.seconds(), profile.passes), (4.5, 4));
        let analysis = crate::analyze(&graph).unwrap();
        let roofline = Roofline::new(device(1e3, 1e3), &graph, &analysis, ElementType::F32).unwrap();
        let layer =
            |path| profile.layer(graph.find(path).unwrap(), &analysis, &roofline, ElementType::F32).unwrap();
        let group = layer("a");
        assert!((group.seconds - 4.0).abs() < 1e-12 && (group.share - 4.0 / 4.5).abs() < 1e-12);
        // 128 numbers are read and 128 written by each: 2048 bytes.
        assert!((group.bytes_per_second - 2048.0 / 4.0).abs() < 1e-9);
        let relu = layer("a/relu_1");
        assert!((relu.flops_per_second - 64.0).abs() < 1e-9 && (relu.roofline_seconds - 1.024).abs() < 1e-9);
        assert_eq!(relu.bound, MeasuredBound::Memory);
        // A view has nothing to do, and still takes time.
        let flatten = layer("flatten_1");
        assert_eq!((flatten.bound, flatten.roofline_seconds), (MeasuredBound::Overhead, 0.0));
    }
}
