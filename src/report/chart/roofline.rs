//! Every layer under the roof of a device: how many FLOPs it makes of each byte, and how many a second; counted, or as it was
//! measured.

use std::collections::BTreeMap;

use super::costs::kind;
use super::notes::{circumstances, name, uncounted};
use crate::analyze::measured::MeasuredBound;
use crate::analyze::roofline::{self, Bound};
use crate::graph::{Node, NodeId, Place};
use crate::report::Subject;
use crate::report::draw::Kind;
use crate::report::figures::{digits, seconds};
use crate::text;
use crate::text::{Text, printable};

/// The most points: of more, those that take longest.
const MOST: usize = 300;

/// Layers under the roof of a device.
#[derive(Clone, Debug)]
pub struct Roofline {
    /// The network.
    pub title: String,
    /// Its batch, and the type of its numbers.
    pub about: Text,
    /// The roof.
    pub roof: Roof,
    /// The layers, those that lie in the same place as one; at most 300, the one that takes longest first.
    pub points: Vec<Point>,
    /// What all layers take.
    pub seconds: f64,
    /// What is to be said of what is missing.
    pub notes: Vec<Text>,
}

/// What a device reaches.
#[derive(Clone, Debug)]
pub struct Roof {
    /// What it is called.
    pub name: Text,
    /// FLOPs each second at the most.
    pub flops_per_second: f64,
    /// Bytes each second at the most.
    pub bytes_per_second: f64,
    /// Whether layers were measured: else they lie on the roof.
    pub is_measured: bool,
}

/// A layer, or several that lie in the same place.
#[derive(Clone, Debug)]
pub struct Point {
    /// The first of them.
    pub place: Place,
    /// Its path.
    pub path: String,
    /// How many there are.
    pub times: usize,
    /// What kind of operator it is.
    pub kind: Kind,
    /// FLOPs for each byte.
    pub intensity: f64,
    /// FLOPs each second.
    pub flops_per_second: f64,
    /// What all of them take together.
    pub seconds: f64,
    /// What sets their time.
    pub bound: MeasuredBound,
}

/// Layers of which there is no point.
#[derive(Clone, Copy, Debug, Default)]
struct Without {
    count: usize,
    seconds: f64,
}

impl Roof {
    /// The intensity from which on arithmetic is the limit.
    pub fn ridge(&self) -> f64 {
        self.flops_per_second / self.bytes_per_second
    }

    /// FLOPs each second at an intensity.
    pub fn at(&self, intensity: f64) -> f64 {
        f64::min(self.flops_per_second, self.bytes_per_second * intensity)
    }

    /// `8.10 TFLOP/s, 320 GB/s`.
    pub fn limits(&self) -> String {
        let (flops, bytes) = (rate(self.flops_per_second, "FLOP/s"), rate(self.bytes_per_second, "B/s"));
        format!("{flops}, {bytes}")
    }
}

/// `8.10 TFLOP/s`.
pub(super) fn rate(each_second: f64, unit: &str) -> String {
    let steps = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    // Above this, three digits would round to the next unit.
    let step = steps.into_iter().find(|(step, _)| each_second >= 0.9995 * step);
    let (step, letter) = step.unwrap_or((1.0, ""));
    format!("{} {letter}{unit}", digits(each_second / step))
}

impl Roofline {
    /// Every layer where it lies at best on the device that was asked about.
    ///
    /// # Errors
    /// If none was.
    pub fn counted(subject: &Subject) -> Result<Self, Text> {
        let Some(times) = &subject.roofline else {
            return Err(text!(
                "a roofline is of a device: name one with `--device-spec`, or measure with `cnncost bench --chart roofline`",
                "屋顶线取决于设备:请用 `--device-spec` 指定,或用 `cnncost bench --chart roofline` 测量"
            ));
        };
        let device = &times.device;
        let device_name = printable(&device.name);
        let roof = Roof {
            name: text!("{device_name}", "{device_name}"),
            flops_per_second: device.peak(subject.element).unwrap_or(0.0),
            bytes_per_second: device.bandwidth,
            is_measured: false,
        };
        let taken = |id: NodeId| {
            let estimate = times.node(id)?;
            let bound = match estimate.bound()? {
                Bound::Compute => MeasuredBound::Compute,
                Bound::Memory => MeasuredBound::Memory,
            };
            Some((estimate.seconds(), bound))
        };
        Ok(Self::new(subject, roof, taken))
    }

    /// Every layer as it was measured on a device whose roof was measured too.
    pub(super) fn timed(
        subject: &Subject,
        device: roofline::Device,
        name: &Text,
        seconds: impl Fn(NodeId) -> Option<f64>,
    ) -> Self {
        let roof = Roof {
            name: name.clone(),
            flops_per_second: device.peak(subject.element).unwrap_or(0.0),
            bytes_per_second: device.bandwidth,
            is_measured: true,
        };
        let (graph, analysis) = (subject.graph(), &subject.analysis);
        let best = roofline::Roofline::new(device, graph, analysis, subject.element);
        Self::new(subject, roof, |id| {
            let (seconds, estimate) = (seconds(id)?, best.as_ref()?.node(id)?);
            Some((seconds, MeasuredBound::of(seconds, estimate)))
        })
    }

    fn new(subject: &Subject, roof: Roof, taken: impl Fn(NodeId) -> Option<(f64, MeasuredBound)>) -> Self {
        let (mut points, mut all, mut without) = (vec![], 0.0, Without::default());
        for (id, node) in subject.graph().nodes().filter(|(_, node)| node.operator().is_some()) {
            let Some((seconds, bound)) = taken(id) else { continue };
            all += seconds;
            match point(subject, id, node, seconds, bound) {
                Some(point) => points.push(point),
                None => {
                    without = Without { count: without.count + 1, seconds: without.seconds + seconds };
                }
            }
        }
        let mut points = joined(points);
        points.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        let rest = points.split_off(points.len().min(MOST));
        // Of millions of layers few have their paths written out.
        for point in &mut points {
            if let Place::Node(id) = point.place {
                point.path = printable(&subject.graph().path(id));
            }
        }
        let mut notes: Vec<Text> = without.in_words().into_iter().collect();
        if !rest.is_empty() {
            let (count, time) = (rest.len(), seconds(rest.iter().map(|point| point.seconds).sum()));
            notes.push(text!(
                "not shown: the quickest layers ({count}), which take {time} together",
                "未显示:最快的层({count} 个),共需 {time}"
            ));
        }
        notes.extend(uncounted(subject));
        Self { title: name(subject), about: circumstances(subject), roof, points, seconds: all, notes }
    }

    /// What it shows, as a title.
    pub fn heading(&self) -> Text {
        let (name, limits) = (&self.roof.name, self.roof.limits());
        if self.roof.is_measured {
            text!(
                "layers as measured under the roof of {name}: {limits}",
                "各层的实测结果与 {name:#}的屋顶线:{limits}"
            )
        } else {
            text!("layers under the roof of {name}: {limits}", "各层在 {name:#} 屋顶线下的位置:{limits}")
        }
    }

    /// The kinds that there are, in the order of the legend.
    pub fn kinds(&self) -> Vec<Kind> {
        let is_there = |kind: &Kind| self.points.iter().any(|point| point.kind == *kind);
        Kind::ALL.into_iter().filter(is_there).collect()
    }

    /// What sets the time of any of them, in the order of the legend.
    pub fn bounds(&self) -> Vec<MeasuredBound> {
        let all = [MeasuredBound::Compute, MeasuredBound::Memory, MeasuredBound::Overhead];
        all.into_iter().filter(|bound| self.points.iter().any(|point| point.bound == *bound)).collect()
    }
}

impl Point {
    /// What it is called: the path, and how many more there are.
    pub fn name(&self) -> String {
        if self.times > 1 { format!("{} ×{}", self.path, self.times) } else { self.path.clone() }
    }
}

impl Without {
    fn in_words(self) -> Option<Text> {
        let Self { count, seconds: time } = self;
        let time = seconds(time);
        (count > 0).then(|| {
            text!(
                "not shown: layers without FLOPs ({count}), which take {time} together",
                "未显示:没有 FLOPs 的层({count} 个),共需 {time}"
            )
        })
    }
}

/// Where a layer lies, without its path; `None` where it makes nothing of what it moves, or takes no time that shows.
#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn point(subject: &Subject, id: NodeId, node: &Node, seconds: f64, bound: MeasuredBound) -> Option<Point> {
    let counts = subject.analysis.node(id).filter(|_| node.is_counted())?;
    let intensity = subject.intensity(counts)?;
    let flops_per_second = counts.work.ops.flops() as f64 / seconds;
    let is_drawn = |number: f64| number > 0.0 && number.is_finite();
    (is_drawn(intensity) && is_drawn(flops_per_second)).then(|| Point {
        place: Place::Node(id),
        path: String::new(),
        times: 1,
        kind: kind(subject.graph(), id),
        intensity,
        flops_per_second,
        seconds,
        bound,
    })
}

/// Points of one kind in one place as one.
fn joined(points: Vec<Point>) -> Vec<Point> {
    let mut known: BTreeMap<(u64, u64, Kind), usize> = BTreeMap::new();
    let mut joined: Vec<Point> = vec![];
    for point in points {
        let place = (point.intensity.to_bits(), point.flops_per_second.to_bits(), point.kind);
        if let Some(&index) = known.get(&place) {
            joined[index].times += 1;
            joined[index].seconds += point.seconds;
        } else {
            known.insert(place, joined.len());
            joined.push(point);
        }
    }
    joined
}
