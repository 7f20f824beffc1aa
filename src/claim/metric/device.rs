//! The figures of a device: what a network, a layer or a box takes there.

use crate::analyze::roofline::{Device, Roofline};
use crate::claim::Value;
use crate::graph::{Place, ScopeId};
use crate::read::expression::{Failure, Rational};
use crate::subject::Subject;
use crate::text;

/// What is asked about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfDevice {
    /// Seconds at best, by the roofline.
    Time,
    /// Bytes of its memory.
    Memory,
    /// Whether it holds the network.
    Fits,
}

impl OfDevice {
    pub(super) const ALL: [Self; 3] = [Self::Time, Self::Memory, Self::Fits];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Fits => "fits",
        }
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Self::Time => "seconds that it takes there at best",
            Self::Memory => "bytes of that device's memory, weights apart where these have their own",
            Self::Fits => "whether that device holds it",
        }
    }

    /// The figure of a place on `device`.
    pub(super) fn value(self, subject: &Subject, place: Place, device: &Device) -> Result<Value, Failure> {
        let (name, is_whole) = (self.name(), place == Place::Box(ScopeId::ROOT));
        match self {
            Self::Time => time(subject, place, device),
            Self::Memory | Self::Fits if !is_whole => {
                Err(text!("`{name}` is a figure of a whole network", "`{name}` 是整个网络的指标").into())
            }
            Self::Memory => super::number(device.memory_for(subject.weight_bytes(), subject.peak_bytes())),
            Self::Fits => Ok(Value::Truth(subject.fits(device))),
        }
    }
}

/// Seconds, to a picosecond: the estimate is a float.
fn time(subject: &Subject, place: Place, device: &Device) -> Result<Value, Failure> {
    const PICOSECONDS: i128 = 1_000_000_000_000;
    const LONGEST: f64 = 1e20;
    let roofline = Roofline::new(device.clone(), &subject.network.graph, &subject.analysis, subject.element);
    let roofline = roofline.ok_or_else(|| {
        let (name, element) = (&device.name, subject.element.name());
        Failure::from(text!("`{name}` has no peak for {element}", "`{name}` 没有 {element} 的峰值"))
    })?;
    let seconds = match place {
        Place::Node(id) => roofline.node(id).map(|estimate| estimate.seconds()),
        Place::Box(id) => Some(roofline.scope(id).seconds()),
    };
    let seconds = seconds.ok_or_else(|| Failure::from(text!("its operator is not known", "其算子未知")))?;
    if seconds > LONGEST {
        return Err(text!("the time is longer than can be told", "时间过长,无法表示").into());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "within the bound above"
    )]
    let picoseconds = (seconds * PICOSECONDS as f64).round() as i128;
    Ok(Value::Number(Rational::new(picoseconds, PICOSECONDS)))
}
