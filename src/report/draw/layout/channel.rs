//! The room between two rows, in which tensors get from where they come out to where they go in.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{Parts, Point, Port, Wire};
use crate::graph::NodeId;

/// The height of a channel in which everything goes straight down.
const STRAIGHT: f64 = 20.0;

/// The room above the first and below the last line across, and between two of them.
const ABOVE: f64 = 9.0;
const BELOW: f64 = 15.0;
const BETWEEN: f64 = 8.0;

/// What lies closer is on one line.
const SAME: f64 = 0.5;

/// With more nets, each gets a line of its own, without a search for room on others.
const MOST_NETS: usize = 256;

/// A tensor on its way.
#[derive(Debug)]
struct Net {
    tensor: NodeId,
    from: f64,
    to: Vec<Port>,
    low: f64,
    high: f64,
}

impl Net {
    fn is_straight(&self) -> bool {
        self.high - self.low < SAME
    }
}

/// The wires from `above` to `below`, and the height that they take. What goes to a thing goes to any of its ports.
pub(super) fn channel(above: &[Port], below: &[Port]) -> (f64, Parts) {
    let nets = nets(above, &settled(above, below));
    let lines = lines(&nets);
    let count = lines.iter().flatten().max().map_or(0, |most| most + 1);
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let across = |line: usize| ABOVE + BETWEEN * line as f64;
    let height = if count == 0 { STRAIGHT } else { across(count - 1) + BELOW };
    let mut parts = Parts::default();
    for (net, line) in nets.iter().zip(lines) {
        for port in &net.to {
            let (start, end) = (Point { x: net.from, y: 0.0 }, Point { x: port.x, y: height });
            let points = match line {
                Some(line) if (net.from - port.x).abs() >= SAME => {
                    let y = across(line);
                    vec![start, Point { y, ..start }, Point { y, ..end }, end]
                }
                Some(_) | None => vec![start, end],
            };
            parts.wires.push(Wire { points, has_arrow: port.thing.is_some(), tensor: net.tensor });
        }
        if let Some(line) = line.filter(|_| net.to.len() > 1) {
            parts.dots.push(Point { x: net.from, y: across(line) });
        }
    }
    (height, parts)
}

/// The ports below, with those of one thing given to its tensors in the order in which these come.
fn settled(above: &[Port], below: &[Port]) -> Vec<Port> {
    let from: BTreeMap<NodeId, f64> = above.iter().map(|port| (port.tensor, port.x)).collect();
    let mut of_things: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, port) in below.iter().enumerate() {
        of_things.entry(port.thing.unwrap_or(usize::MAX)).or_default().push(at);
    }
    of_things.remove(&usize::MAX);
    let mut settled = below.to_vec();
    for ports in of_things.into_values().filter(|ports| ports.len() > 1) {
        let x = |at: &usize| below[*at].x;
        let origin = |at: &usize| from.get(&below[*at].tensor).copied().unwrap_or_default();
        let (mut places, mut tensors) = (ports.clone(), ports);
        places.sort_by(|a, b| x(a).total_cmp(&x(b)));
        tensors.sort_by(|a, b| origin(a).total_cmp(&origin(b)));
        for (place, tensor) in places.into_iter().zip(tensors) {
            settled[place].tensor = below[tensor].tensor;
        }
    }
    settled
}

fn nets(above: &[Port], below: &[Port]) -> Vec<Net> {
    let mut nets: BTreeMap<NodeId, Net> = BTreeMap::new();
    for port in above {
        let Port { x, tensor, .. } = *port;
        nets.entry(tensor).or_insert(Net { tensor, from: x, to: vec![], low: x, high: x });
    }
    for port in below {
        if let Some(net) = nets.get_mut(&port.tensor) {
            net.to.push(*port);
            (net.low, net.high) = (net.low.min(port.x), net.high.max(port.x));
        }
    }
    nets.into_values().filter(|net| !net.to.is_empty()).collect()
}

/// The line across that each net takes, from the top; none if it goes straight down.
fn lines(nets: &[Net]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..nets.len()).filter(|&at| !nets[at].is_straight()).collect();
    order.sort_by(|&a, &b| nets[a].low.total_cmp(&nets[b].low).then(nets[a].high.total_cmp(&nets[b].high)));
    let mut lines = vec![None; nets.len()];
    if order.len() > MOST_NETS {
        order.into_iter().enumerate().for_each(|(line, net)| lines[net] = Some(line));
        return lines;
    }
    let mut waiting: BTreeSet<usize> = order.iter().copied().collect();
    while !waiting.is_empty() {
        // One that has to be above others comes first; in a circle, any.
        let is_free =
            |at: &&usize| waiting.iter().all(|&other| other == **at || !is_above(&nets[other], &nets[**at]));
        let of_waiting = || order.iter().filter(|at| waiting.contains(at));
        let Some(&next) = of_waiting().find(is_free).or_else(|| of_waiting().next()) else { break };
        waiting.remove(&next);
        let least = |other: usize| {
            lines[other].filter(|_| is_above(&nets[other], &nets[next])).map_or(0, |line| line + 1)
        };
        let from = (0..nets.len()).map(least).max().unwrap_or(0);
        let taken: BTreeSet<usize> = (0..nets.len())
            .filter(|&other| overlap(&nets[other], &nets[next]))
            .filter_map(|other| lines[other])
            .collect();
        // As many lines as there are nets are enough.
        lines[next] = (from..=from + taken.len()).find(|line| !taken.contains(line));
    }
    lines
}

/// Whether the line across of one has to lie above that of the other, or its way down would lie on the other's way down.
fn is_above(one: &Net, other: &Net) -> bool {
    !one.is_straight()
        && !other.is_straight()
        && other.to.iter().any(|port| (port.x - one.from).abs() < BETWEEN / 2.0)
}

fn overlap(one: &Net, other: &Net) -> bool {
    one.low < other.high + BETWEEN && other.low < one.high + BETWEEN
}
