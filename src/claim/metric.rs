//! The figures that a claim may speak of: a closed list, what each convention counts, and what a device takes.

use num_rational::Ratio;

use super::statement::Figure;
use super::{Known, Value};
use crate::analyze::receptive_field::Seen;
use crate::analyze::roofline::Fit;
use crate::convention::Convention;
use crate::convention::figure::Quantity;
use crate::counts::{Counts, Overflow};
use crate::graph::{NodeId, Place, ScopeId};
use crate::read::expression::{Failure, Rational};
use crate::shape::{ElementType, Shape};
use crate::subject::Subject;
use crate::text;

mod convention;
mod device;

use device::OfDevice;

/// What is asked of a network, a layer or a box: its parameters, its MACs, what fvcore counts, its time on a device.
#[derive(Clone, Copy, Debug)]
pub struct Metric(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Row(&'static Row),
    Convention(&'static Convention),
    Device(OfDevice),
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    about: &'static str,
    of: Of,
}

/// How a metric comes about.
#[derive(Debug)]
enum Of {
    /// Computed from the counts and the type of the network's numbers.
    Counts(fn(&Counts, ElementType) -> u128),
    /// Of the whole network alone.
    Network(fn(&Subject) -> u128),
    /// From the shape of what comes out.
    Shape(fn(&Shape) -> Option<Value>),
    /// FLOPs for each byte that is moved.
    Intensity,
    /// Positions of the input that an element sees.
    Field,
    /// Positions of the input from one element to the next.
    FieldStride,
    /// Whether an element sees the whole input.
    SeesAll,
}

const fn counts(name: &'static str, about: &'static str, of: fn(&Counts, ElementType) -> u128) -> Row {
    Row { name, about, of: Of::Counts(of) }
}

static ROWS: [Row; 30] = [
    counts("params", "parameters", |c, _| c.params.total()),
    counts("trainable", "parameters that are trained", |c, _| c.params.trainable),
    counts("frozen", "parameters that are not trained", |c, _| c.params.frozen),
    counts("buffers", "numbers stored beside the parameters", |c, _| c.params.buffers),
    counts("macs", "multiply–accumulates", |c, _| c.work.macs.total()),
    counts("conv_macs", "those of convolutions", |c, _| c.work.macs.convolution),
    counts("linear_macs", "those of linear layers", |c, _| c.work.macs.linear),
    counts("attention_macs", "those of products of two activations", |c, _| c.work.macs.attention),
    counts("macs_padding_exact", "without those on padding", |c, _| c.padding_exact.macs.total()),
    counts("flops", "operations of all kinds, 2 for each MAC", |c, _| c.work.ops.flops()),
    counts("mul", "multiplications", |c, _| c.work.ops.mul),
    counts("add", "additions", |c, _| c.work.ops.add),
    counts("div", "divisions", |c, _| c.work.ops.div),
    counts("cmp", "comparisons", |c, _| c.work.ops.cmp),
    counts("exp", "transcendental functions and roots", |c, _| c.work.ops.exp),
    counts("weight_bytes", "bytes of parameters and buffers", |c, e| c.params.stored().bytes(e)),
    counts("read_bytes", "bytes of inputs and weights that are touched", |c, e| c.traffic.read.bytes(e)),
    counts("written_bytes", "bytes of outputs", |c, e| c.traffic.written.bytes(e)),
    counts("traffic_bytes", "both together", |c, e| c.traffic.total().bytes(e)),
    Row { name: "intensity", about: "FLOPs for each of these", of: Of::Intensity },
    Row {
        name: "peak_bytes",
        about: "the most bytes alive at once: tensors, and what an operator holds inside",
        of: Of::Network(Subject::peak_bytes),
    },
    Row {
        name: "weight_and_peak_bytes",
        about: "with the weights",
        of: Of::Network(|subject| subject.weight_bytes() + subject.peak_bytes()),
    },
    Row { name: "shape", about: "sizes of what comes out", of: Of::Shape(|shape| Some(sizes(shape.dims()))) },
    Row {
        name: "channels",
        about: "the first of them",
        of: Of::Shape(|shape| Some(size(shape.channels()?))),
    },
    Row {
        name: "height",
        about: "the last but one, of an image",
        of: Of::Shape(|shape| Some(size(shape.image()?[1]))),
    },
    Row {
        name: "width",
        about: "the last, of an image",
        of: Of::Shape(|shape| Some(size(shape.image()?[2]))),
    },
    Row {
        name: "elements",
        about: "numbers that come out",
        of: Of::Shape(|shape| number(shape.elements()).ok()),
    },
    Row { name: "receptive_field", about: "pixels that an element sees through windows", of: Of::Field },
    Row { name: "field_stride", about: "pixels from one element to the next", of: Of::FieldStride },
    Row { name: "sees_all", about: "1 where an element sees the whole input, 0 where not", of: Of::SeesAll },
];

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Metric {}

impl Metric {
    /// The metric of this name.
    pub fn find(name: &str) -> Option<Self> {
        let row = ROWS.iter().find(|row| row.name == name).map(Kind::Row);
        let device = || OfDevice::ALL.into_iter().find(|of| of.name() == name).map(Kind::Device);
        let convention = || convention::find(name).map(Kind::Convention);
        row.or_else(device).or_else(convention).map(Self)
    }

    /// Every metric, those of conventions apart.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(Kind::Row).chain(OfDevice::ALL.map(Kind::Device)).map(Self)
    }

    /// The name of every metric, those of conventions among them.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::name).chain(convention::names())
    }

    /// The name in a claim.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Row(row) => row.name,
            Kind::Convention(convention) => &convention.name,
            Kind::Device(of) => of.name(),
        }
    }

    /// What it is.
    pub fn about(self) -> &'static str {
        match self.0 {
            Kind::Row(row) => row.about,
            Kind::Convention(convention) => &convention.about.english,
            Kind::Device(of) => of.about(),
        }
    }

    /// Whether it is asked about a device.
    pub fn is_of_device(self) -> bool {
        matches!(self.0, Kind::Device(_))
    }

    /// Whether it is true or not, rather than a number.
    pub fn is_truth(self) -> bool {
        matches!(self.0, Kind::Device(OfDevice::Fits))
    }

    /// What it counts, where that is one thing.
    pub fn quantity(self) -> Option<Quantity> {
        match self.name() {
            "params" | "trainable" | "frozen" => Some(Quantity::Params),
            "flops" => Some(Quantity::Flops),
            "time" => Some(Quantity::Seconds),
            name if name.contains("macs") => Some(Quantity::Macs),
            name if name.ends_with("_bytes") || name == "memory" => Some(Quantity::Bytes),
            _ => None,
        }
    }

    /// Whether a batch has more of it than a sample: work, traffic and what is alive, not what is stored or a shape.
    pub fn grows_with_batch(self) -> bool {
        let is_stored = matches!(self.name(), "params" | "trainable" | "frozen" | "buffers" | "weight_bytes");
        match self.0 {
            Kind::Row(row) => matches!(row.of, Of::Counts(_) | Of::Network(_)) && !is_stored,
            Kind::Convention(_) => true,
            Kind::Device(of) => of == OfDevice::Time,
        }
    }

    /// Whether a number of that may be compared with it. What conventions count is called MACs, and FLOPs.
    pub fn counts(self, quantity: Quantity) -> bool {
        match self.0 {
            Kind::Convention(_) => matches!(quantity, Quantity::Macs | Quantity::Flops),
            Kind::Row(_) | Kind::Device(_) => self.quantity() == Some(quantity),
        }
    }
}

/// A figure of `subject`.
pub(super) fn value(subject: &Subject, figure: &Figure, known: &Known) -> Result<Value, Failure> {
    let place = place(subject, figure)?;
    let row = match figure.metric.0 {
        Kind::Row(row) => row,
        Kind::Convention(convention) => return convention::value(subject, place, convention),
        Kind::Device(of) => {
            let name = figure.device.as_deref().unwrap_or_default();
            let device = known
                .devices
                .get(name)
                .ok_or_else(|| Failure::from(text!("there is no device `{name}`", "没有设备 `{name}`")))?;
            return of.value(subject, place, device);
        }
    };
    match row.of {
        Of::Counts(of) => match counts_of(subject, place) {
            Some(counts) => number(of(&counts, subject.element)),
            None => Err(unknown_operator(figure)),
        },
        Of::Network(of) if place == Place::Box(ScopeId::ROOT) => number(of(subject)),
        Of::Network(_) => {
            let name = row.name;
            Err(text!("`{name}` is a figure of a whole network", "`{name}` 是整个网络的指标").into())
        }
        Of::Shape(of) => {
            let shape = &subject.network.graph.node(output(subject, place)).shape;
            let name = row.name;
            of(shape).ok_or_else(|| text!("{shape} has no {name}", "{shape} 没有 {name}").into())
        }
        Of::Intensity => intensity(subject, place, figure),
        Of::Field => seen(subject, place, |seen| Ratio::from_integer(seen.size.cast_signed())),
        Of::SeesAll => {
            let field = subject.fields().of(output(subject, place));
            match field.everything {
                None if field.axes.is_empty() => unfollowed(subject),
                since => Ok(Value::Number(Ratio::from_integer(since.is_some().into()))),
            }
        }
        Of::FieldStride => seen(subject, place, |seen| Ratio::new(seen.stride.0, seen.stride.1)),
    }
}

fn intensity(subject: &Subject, place: Place, figure: &Figure) -> Result<Value, Failure> {
    let counts = counts_of(subject, place).ok_or_else(|| unknown_operator(figure))?;
    let bytes = subject.bytes(counts.traffic.total());
    let ratio = whole(counts.work.ops.flops()).and_then(|flops| Ok((flops, whole(bytes)?)));
    match ratio.map_err(too_large)? {
        (_, 0) => Err(text!("no bytes are moved here", "此处没有移动任何字节").into()),
        (flops, bytes) => Ok(Value::Number(Ratio::new(flops, bytes))),
    }
}

/// What a figure that asks whether a device holds a network compares.
pub(super) fn fit(figure: &Figure, known: &Known) -> Option<Fit> {
    let device = known.devices.get(figure.device.as_deref()?)?;
    let subject = known.networks.get(&figure.alias)?;
    figure.metric.is_truth().then(|| subject.fit(device))
}

/// Whether operators are missing from a figure.
pub(super) fn is_partial(subject: &Subject, figure: &Figure) -> bool {
    let counts = match figure.metric.0 {
        Kind::Row(row) => matches!(row.of, Of::Counts(_) | Of::Intensity),
        Kind::Convention(_) => true,
        Kind::Device(of) => of == OfDevice::Time,
    };
    let Ok(Place::Box(scope)) = place(subject, figure) else { return false };
    counts && subject.analysis.uncounted().iter().any(|&id| subject.network.graph.is_in(id, scope))
}

/// The layer or box that a figure is about.
pub(super) fn place(subject: &Subject, figure: &Figure) -> Result<Place, Failure> {
    let path = figure.path.as_deref().unwrap_or_default();
    subject.network.graph.resolve(path).map_err(|unfound| {
        let (message, help) = unfound.told(&subject.label, path);
        Failure { message, help }
    })
}

/// What a place costs; `None` for an operator that is not known.
pub(super) fn counts_of(subject: &Subject, place: Place) -> Option<Counts> {
    match place {
        Place::Node(id) => subject.analysis.node(id),
        Place::Box(id) => Some(subject.analysis.scope(id)),
    }
}

/// The node whose tensor comes out of a place.
pub(super) fn output(subject: &Subject, place: Place) -> NodeId {
    let graph = &subject.network.graph;
    match place {
        Place::Node(id) => id,
        Place::Box(ScopeId::ROOT) => graph.outputs()[0].1,
        // Boxes without nodes have no path that could be found: they are left out of the graph.
        Place::Box(id) => graph.scope(id).nodes().next_back().unwrap_or(graph.outputs()[0].1),
    }
}

/// What the tensor there sees: one number where it is the same along every axis.
fn seen(subject: &Subject, place: Place, of: fn(&Seen) -> Rational) -> Result<Value, Failure> {
    let field = subject.fields().of(output(subject, place));
    let values: Vec<Rational> = field.axes.iter().map(of).collect();
    match values.first() {
        None => unfollowed(subject),
        Some(first) if values.iter().all(|value| value == first) => Ok(Value::Number(*first)),
        Some(_) => Ok(Value::Sizes(values.iter().map(Rational::to_integer).collect())),
    }
}

/// What is said where it is not followed what elements see.
fn unfollowed(subject: &Subject) -> Result<Value, Failure> {
    if subject.network.graph.network_inputs().all(|(_, node)| node.shape.rank() < 2) {
        return Err(text!(
            "what is seen is told along the axes behind the channels, and the input has none",
            "感受野沿通道之后的各轴计算,而输入没有这样的轴"
        )
        .into());
    }
    Ok(Value::Unknown(text!(
        "its receptive field is not known: windows that slide over rearranged positions are not followed, nor paths of \
         different strides that meet; `sees_all` may yet say whether the whole input is seen",
        "其感受野未知:在重排后的位置上滑动的窗口、以及不同步幅路径的汇合都不再追踪;`sees_all` 或可说明是否看到整个输入"
    )))
}

fn number(count: u128) -> Result<Value, Failure> {
    whole(count).map(|number| Value::Number(Ratio::from_integer(number))).map_err(too_large)
}

fn whole(count: u128) -> Result<i128, Overflow> {
    i128::try_from(count).map_err(|_| Overflow)
}

fn too_large(_: Overflow) -> Failure {
    text!("the figure does not fit 127 bits", "该指标超出 127 位").into()
}

fn unknown_operator(figure: &Figure) -> Failure {
    let path = figure.path.as_deref().unwrap_or_default();
    text!("the operator of `{path}` is not known", "`{path}` 的算子未知").into()
}

fn sizes(dims: &[u64]) -> Value {
    Value::Sizes(dims.iter().map(|&size| size.into()).collect())
}

fn size(size: u64) -> Value {
    Value::Number(Ratio::from_integer(size.into()))
}
