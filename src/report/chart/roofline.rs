//! Every layer under the roof of a device: how many FLOPs it makes of each byte, and how many a second; counted, or as it was
//! measured.

use std::collections::{BTreeMap, HashMap};

use super::costs::kind;
use super::notes::{circumstances, name, uncounted};
use crate::analyze::measured::MeasuredBound;
use crate::analyze::roofline::{self, Bound};
use crate::graph::{Node, NodeId, Place};
use crate::read::measured::{Layer, Measured, Measurements};
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

    /// Every layer as it was measured.
    ///
    /// # Errors
    /// If it is not this network that was measured layer by layer.
    pub fn measured(subject: &Subject, measurements: &Measurements) -> Result<Self, Text> {
        let (batch, element) = (subject.batch(), subject.element.name());
        if measurements.dtype != element {
            let dtype = printable(&measurements.dtype);
            return Err(text!(
                "it was measured in {dtype}, and the network is in {element}: add `--dtype {dtype}`",
                "测量使用 {dtype},而网络为 {element}:请加 `--dtype {dtype}`"
            ));
        }
        let mut why = None;
        for measured in &measurements.results {
            match times(subject, measured) {
                Ok(seconds) => return Ok(Self::of_case(subject, measurements, measured, &seconds)),
                // What is wrong with one of this batch tells more.
                Err(other) if why.is_none() || measured.batch == batch => why = Some(other),
                Err(_) => {}
            }
        }
        Err(why.unwrap_or_else(|| text!("nothing was measured in it", "其中没有测量结果")))
    }

    fn of_case(
        subject: &Subject,
        measurements: &Measurements,
        measured: &Measured,
        seconds: &HashMap<NodeId, f64>,
    ) -> Self {
        let peak = measurements.peak(measured);
        let device = roofline::Device {
            bandwidth: peak.bytes_per_second,
            peaks: roofline::Peaks {
                f32: Some(peak.flops_per_second),
                f16: Some(peak.flops_per_second),
                bf16: Some(peak.flops_per_second),
                i8: Some(peak.flops_per_second),
            },
            ..roofline::Device::default()
        };
        let of = |id| seconds.get(&id).copied();
        Self::timed(subject, device, &machine(&measurements.device, measured.threads), of)
    }

    /// Every layer as it was measured on a device whose roof was measured too.
    pub(crate) fn timed(
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
        let mut notes: Vec<Text> = without.in_words().into_iter().collect();
        if !rest.is_empty() {
            let (count, time) = (rest.len(), seconds(rest.iter().map(|point| point.seconds).sum()));
            notes.push(text!(
                "not shown: {count} points more, which take {time} together",
                "未显示:另有 {count} 个点,共需 {time}"
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
                "not shown: {count} layers without FLOPs, which take {time} together",
                "未显示:{count} 层没有 FLOPs,共需 {time}"
            )
        })
    }
}

/// What was measured on: `cpu with 4 threads`.
pub(crate) fn machine(device: &str, threads: Option<usize>) -> Text {
    let device = printable(device);
    match threads {
        Some(1) => text!("{device} with 1 thread", "{device}(1 个线程)"),
        Some(threads) => text!("{device} with {threads} threads", "{device}({threads} 个线程)"),
        None => text!("{device}", "{device} "),
    }
}

/// Where a layer lies; `None` where it makes nothing of what it moves, or takes no time that shows.
#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn point(subject: &Subject, id: NodeId, node: &Node, seconds: f64, bound: MeasuredBound) -> Option<Point> {
    let counts = subject.analysis.node(id).filter(|_| node.is_counted())?;
    let intensity = subject.intensity(counts)?;
    let flops_per_second = counts.work.ops.flops() as f64 / seconds;
    let is_drawn = |number: f64| number > 0.0 && number.is_finite();
    (is_drawn(intensity) && is_drawn(flops_per_second)).then(|| Point {
        place: Place::Node(id),
        path: printable(&subject.graph().path(id)),
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
        match known.get(&place) {
            Some(&index) => {
                joined[index].times += 1;
                joined[index].seconds += point.seconds;
            }
            None => {
                known.insert(place, joined.len());
                joined.push(point);
            }
        }
    }
    joined
}

/// What each node took, if it is this network that was measured.
fn times(subject: &Subject, measured: &Measured) -> Result<HashMap<NodeId, f64>, Text> {
    let (graph, network) = (subject.graph(), printable(&measured.network));
    let (batch, now) = (measured.batch, subject.batch());
    if batch != now {
        return Err(text!(
            "`{network}` was measured at batch {batch}, and this is batch {now}: add `--batch {batch}`",
            "`{network}` 测量时批量大小为 {batch},这里为 {now}:请加 `--batch {batch}`"
        ));
    }
    let Some(layers) = &measured.layers else {
        return Err(text!(
            "the layers of `{network}` were not measured: measure with `cnncost bench --profile`",
            "`{network}` 的各层没有测量:请用 `cnncost bench --profile` 测量"
        ));
    };
    let known: HashMap<&str, &Layer> = layers.iter().map(|layer| (&*layer.path, layer)).collect();
    let mut found = HashMap::new();
    for (id, node) in graph.nodes() {
        let Some(counts) = subject.analysis.node(id).filter(|_| node.operator().is_some()) else { continue };
        let path = graph.path(id);
        match known.get(&*path) {
            Some(layer) if layer.macs == counts.work.macs.total() && layer.op == node.operator_name() => {
                found.insert(id, layer.seconds);
            }
            Some(_) => {
                return Err(text!(
                    "it is of another network: `{path}` of `{network}` is another layer there",
                    "它测量的是另一个网络:`{network}` 的 `{path}` 是另一层"
                ));
            }
            None => {
                return Err(text!(
                    "it is of another network: `{network}` has no `{path}` there",
                    "它测量的是另一个网络:其中 `{network}` 没有 `{path}`"
                ));
            }
        }
    }
    if found.len() == known.len() {
        return Ok(found);
    }
    Err(text!(
        "it is of another network: `{network}` has other layers there",
        "它测量的是另一个网络:其中 `{network}` 的层不同"
    ))
}
