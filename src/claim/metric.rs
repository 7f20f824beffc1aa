//! The figures that a claim may speak of: those of networks and of devices, and what each convention counts.

use num_rational::Ratio;

use super::found::times;
use super::statement::ClaimedFigure;
use super::{Known, Value};
use crate::analyze::roofline::{Device, Fit};
use crate::convention::Convention;
use crate::convention::figure::Quantity;
use crate::counts::Overflow;
use crate::graph::Place;
use crate::metric::{self, METRICS, Measure, Missing, OnDevice, Sizes, Sums, Unit, untold};
use crate::read::expression::{Failure, Rational};
use crate::subject::Subject;
use crate::text;
use crate::text::Words;

mod convention;

/// What is asked of a network, a layer or a box: its parameters, its MACs, what fvcore counts, its time on a device.
#[derive(Clone, Copy, Debug)]
pub struct ClaimMetric(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Listed(&'static metric::Metric),
    Convention(&'static Convention),
}

impl PartialEq for ClaimMetric {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for ClaimMetric {}

impl ClaimMetric {
    /// The metric of this name.
    pub fn find(name: &str) -> Option<Self> {
        let listed = Self::all().find(|metric| metric.name() == name);
        listed.or_else(|| convention::find(name).map(Kind::Convention).map(Self))
    }

    /// Every metric that has a value to compare with, those of conventions apart.
    pub fn all() -> impl Iterator<Item = Self> {
        METRICS.iter().filter(|metric| metric.unit != Unit::Word).map(Kind::Listed).map(Self)
    }

    /// The name of every metric, those of conventions among them.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        Self::all().map(Self::name).chain(convention::names())
    }

    /// The name in a claim.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Listed(metric) => metric.name,
            Kind::Convention(convention) => &convention.name,
        }
    }

    /// What it is.
    pub fn about(self) -> Words {
        match self.0 {
            Kind::Listed(metric) => metric.about,
            Kind::Convention(convention) => {
                Words { english: &convention.about.english, chinese: &convention.about.chinese }
            }
        }
    }

    /// Whether it is asked about a device.
    pub fn is_of_device(self) -> bool {
        matches!(self.0, Kind::Listed(metric) if metric.is_of_device())
    }

    /// Whether it is true or not, rather than a number.
    pub fn is_truth(self) -> bool {
        matches!(self.0, Kind::Listed(metric) if metric.unit == Unit::Truth)
    }

    /// What it counts, where that is one thing.
    pub fn quantity(self) -> Option<Quantity> {
        let Kind::Listed(metric) = self.0 else { return None };
        match metric.unit {
            Unit::Params => Some(Quantity::Params),
            Unit::Macs => Some(Quantity::Macs),
            Unit::Flops => Some(Quantity::Flops),
            Unit::Bytes => Some(Quantity::Bytes),
            Unit::Seconds => Some(Quantity::Seconds),
            Unit::Count | Unit::Ratio | Unit::Shape | Unit::Positions | Unit::Truth | Unit::Word => None,
        }
    }

    /// Whether a batch has more of it than a sample: work, traffic and what is alive, not what is stored or a shape.
    pub fn grows_with_batch(self) -> bool {
        match self.0 {
            Kind::Listed(metric) => !metric.is_once,
            Kind::Convention(_) => true,
        }
    }

    /// Whether a number of that may be compared with it. What conventions count is called MACs, and FLOPs.
    pub fn counts(self, quantity: Quantity) -> bool {
        match self.0 {
            Kind::Convention(_) => matches!(quantity, Quantity::Macs | Quantity::Flops),
            Kind::Listed(_) => self.quantity() == Some(quantity),
        }
    }
}

/// A figure of `subject`.
pub(super) fn value(subject: &Subject, figure: &ClaimedFigure, known: &Known) -> Result<Value, Failure> {
    let place = place(subject, figure)?;
    let metric = match figure.metric.0 {
        Kind::Listed(metric) => metric,
        Kind::Convention(convention) => return convention::value(subject, place, convention),
    };
    let measure = if metric.is_of_device() {
        on_device(subject, place, metric, figure, known)?
    } else {
        metric.of(subject, place)
    };
    let missing = match measure {
        Ok(measure) => match value_of(measure, metric.unit)? {
            Some(value) => return Ok(value),
            // Something is known of it, and no size.
            None => untold(subject),
        },
        Err(missing) => missing,
    };
    match missing {
        Missing::Untold(why) => Ok(Value::Unknown(why)),
        Missing::Nothing(why) => Err(why.into()),
        Missing::Operator => {
            let path = figure.path.as_deref().unwrap_or_default();
            Ok(Value::Unknown(text!("what `{path}` computes is not known", "`{path}` 的运算量未知")))
        }
        Missing::Part => {
            let name = metric.name;
            Err(text!("`{name}` is a figure of a whole network", "`{name}` 是整个网络的指标").into())
        }
        Missing::Device => {
            let name = metric.name;
            Err(text!("`{name}` is a figure of a device", "`{name}` 是设备的指标").into())
        }
    }
}

/// The device that a figure names.
fn device<'k>(figure: &ClaimedFigure, known: &'k Known) -> Result<&'k Device, Failure> {
    let name = figure.device.as_deref().unwrap_or_default();
    known.devices.get(name).ok_or_else(|| text!("there is no device `{name}`", "没有设备 `{name}`").into())
}

fn on_device(
    subject: &Subject,
    place: Place,
    metric: &metric::Metric,
    figure: &ClaimedFigure,
    known: &Known,
) -> Result<Result<Measure, Missing>, Failure> {
    let device = device(figure, known)?;
    // What only a whole network has is asked of its memory, not of its time.
    let times = (metric.sums != Sums::Whole).then(|| times(subject, figure, device, known)).flatten();
    Ok(metric.on(subject, place, Some(OnDevice { device, roofline: times.as_deref() })))
}

/// What is compared; `None` of sizes that are not known.
fn value_of(measure: Measure, unit: Unit) -> Result<Option<Value>, Failure> {
    match measure {
        Measure::Count(count) => number(count).map(Some),
        Measure::Ratio(above, below) => {
            let (above, below) = (whole(above).map_err(too_large)?, whole(below).map_err(too_large)?);
            Ok(Some(Value::Number(Ratio::new(above, below))))
        }
        Measure::Real(real) => fraction(real).map(|number| Some(Value::Number(number))),
        Measure::Sizes(sizes) => Ok(sizes_of(&sizes, unit)),
        Measure::Truth(truth) => Ok(Some(Value::Truth(truth))),
        Measure::Word(..) => Ok(None),
    }
}

/// Sizes; of positions one number where it is the same along every axis.
fn sizes_of(sizes: &Sizes, unit: Unit) -> Option<Value> {
    let all = || Some(Value::Sizes(sizes.each.iter().map(Rational::to_integer).collect()));
    if unit == Unit::Shape {
        return all();
    }
    let first = sizes.each.first()?;
    if sizes.each.iter().all(|size| size == first) { Some(Value::Number(*first)) } else { all() }
}

/// An estimate, to a part in a million millions: of a time, to a picosecond.
fn fraction(real: f64) -> Result<Rational, Failure> {
    const PARTS: i128 = 1_000_000_000_000;
    const MOST: f64 = 1e20;
    if real > MOST {
        return Err(text!("the figure is larger than can be told", "该指标过大,无法表示").into());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "within the bound above"
    )]
    let parts = (real * PARTS as f64).round() as i128;
    Ok(Rational::new(parts, PARTS))
}

/// What a figure that asks whether a device holds a network compares.
pub(super) fn fit(figure: &ClaimedFigure, known: &Known) -> Option<Fit> {
    let device = known.devices.get(figure.device.as_deref()?)?;
    let subject = known.networks.get(&figure.alias)?;
    figure.metric.is_truth().then(|| subject.fit(device))
}

/// Whether operators are missing from a figure.
pub(super) fn is_partial(subject: &Subject, figure: &ClaimedFigure) -> bool {
    let Ok(Place::Box(scope)) = place(subject, figure) else { return false };
    match figure.metric.0 {
        Kind::Listed(metric) => metric.leaves_out(subject, scope),
        Kind::Convention(_) => subject.uncounted(scope).is_some(),
    }
}

/// The layer or box that a figure is about.
pub(super) fn place(subject: &Subject, figure: &ClaimedFigure) -> Result<Place, Failure> {
    let path = figure.path.as_deref().unwrap_or_default();
    subject.graph().resolve(path).map_err(|unfound| {
        let (message, help) = unfound.told(&subject.label, path);
        Failure { message, help }
    })
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
