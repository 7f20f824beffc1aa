//! The figures of a network, a layer or a box, each once: what it is called, what it counts, and how it is had. Columns, claims,
//! JSON, CSV, lock files, comparisons and explanations go through one list of them, so a figure that is added there is in all.
//!
//! ```
//! use cnncost::metric;
//!
//! let macs = metric::named("macs").expect("there is one");
//! assert_eq!(macs.words.english, "MACs");
//! assert!(metric::named("macs_of_last_year").is_none());
//!
//! let subject = cnncost::source::open("bottleneck")?.subject(&Default::default())?;
//! assert_eq!(macs.total(&subject).unwrap().to_string(), "12,443,648");
//! # Ok::<(), cnncost::error::ReadError>(())
//! ```

use crate::analyze::roofline::{Device, Roofline};
use crate::counts::Counts;
use crate::graph::{NodeId, Place, ScopeId};
use crate::subject::Subject;
use crate::text;
use crate::text::{Words, printable};

mod field;
mod groups;
mod list;
mod measure;
mod of;

pub use field::{output, untold};
pub use list::METRICS;
pub(crate) use measure::told;
pub use measure::{Measure, Missing, Sizes};
use of::counted;

/// A figure.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "marks for one report each, of which a figure may have any"
)]
pub struct Metric {
    /// The one name that commands, claims and data know it by.
    pub name: &'static str,
    /// Names that `--columns` and `--sort` knew it by.
    pub former: &'static [&'static str],
    /// What it is called in a heading.
    pub words: Words,
    /// What it is.
    pub about: Words,
    /// What it counts.
    pub unit: Unit,
    /// How it comes about for a box.
    pub sums: Sums,
    /// Whether a batch has as much of it as a sample: what is stored, and shapes.
    pub is_once: bool,
    /// Whether it is told where nobody has said which figures are.
    pub is_usual: bool,
    /// Whether lock files hold it.
    pub is_locked: bool,
    /// Whether explanations end with what it comes to.
    pub is_explained: bool,
    /// How two networks differ in it, if they are compared by it.
    pub compared: Option<Wording>,
    /// Where it stands in JSON.
    pub json: Json,
    of: Of,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things of no other kind: operations, elements.
    Count,
    /// Parameters.
    Params,
    /// Multiply–accumulates.
    Macs,
    /// Operations of all kinds.
    Flops,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// A quantity for each of another.
    Ratio,
    /// Sizes of a tensor.
    Shape,
    /// Positions along each axis, told as one number where they are the same along all.
    Positions,
    /// Whether something is so.
    Truth,
    /// No number, but one of a few words.
    Word,
}

/// How a figure of a box comes about from those of the nodes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sums {
    /// They add up.
    Sum,
    /// The largest of them.
    Largest,
    /// It is that of the last one: of what comes out.
    Last,
    /// It is worked out from other figures of the box.
    Anew,
    /// Only a whole network has it.
    Whole,
}

/// How a difference in a figure is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Fewer or more.
    Number,
    /// Less or more.
    Amount,
    /// Lower or higher, and neither is better.
    Height,
}

/// Where a figure stands in JSON.
#[derive(Clone, Copy, Debug)]
pub enum Json {
    /// Under its own name.
    Own,
    /// In an object of several, under this key.
    In(&'static Group, &'static str),
    /// In an object that is written otherwise, or nowhere.
    Apart,
}

/// An object of several figures in JSON.
#[derive(Debug)]
pub struct Group {
    /// Its key.
    pub key: &'static str,
    /// What it holds.
    pub about: &'static str,
}

/// How a figure is had.
#[derive(Debug)]
enum Of {
    /// Something that is counted.
    Counts(fn(&Subject, &Counts) -> u128),
    /// Anything else of a place.
    Place(fn(&Subject, Place) -> Result<Measure, Missing>),
    /// What a device takes.
    Device(fn(&Subject, Place, &OnDevice<'_>) -> Result<Measure, Missing>),
}

/// A device, and what a network takes on it.
#[derive(Clone, Copy, Debug)]
pub struct OnDevice<'a> {
    /// The device.
    pub device: &'a Device,
    /// The times there; `None` where the device has no peak for the type of the network's numbers.
    pub roofline: Option<&'a Roofline>,
}

/// The figure of this name.
pub fn named(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

impl Metric {
    /// The figure of a place; one of a device, on that which was asked about.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(&self, subject: &Subject, place: Place) -> Result<Measure, Missing> {
        let roofline = subject.roofline.as_ref();
        self.on(
            subject,
            place,
            roofline.map(|roofline| OnDevice { device: &roofline.device, roofline: Some(roofline) }),
        )
    }

    /// The figure of a place, on a device if it is one of a device.
    ///
    /// # Errors
    /// Why there is none.
    pub fn on(
        &self,
        subject: &Subject,
        place: Place,
        device: Option<OnDevice<'_>>,
    ) -> Result<Measure, Missing> {
        if self.sums == Sums::Whole && place != Place::Box(ScopeId::ROOT) {
            return Err(Missing::Part);
        }
        match self.of {
            Of::Counts(_) if self.is_work() && !subject.is_counted(place) => Err(Missing::Operator),
            Of::Counts(of) => counted(subject, place, |counts| of(subject, counts)),
            Of::Place(of) => of(subject, place),
            Of::Device(of) => of(subject, place, &device.ok_or(Missing::Device)?),
        }
    }

    /// The figure of the whole network.
    ///
    /// # Errors
    /// Why there is none.
    pub fn total(&self, subject: &Subject) -> Result<Measure, Missing> {
        self.of(subject, Place::Box(ScopeId::ROOT))
    }

    /// Whether it is asked about a device.
    pub fn is_of_device(&self) -> bool {
        matches!(self.of, Of::Device(_))
    }

    /// Whether an operator that is not known is missing from it.
    pub fn is_counted(&self) -> bool {
        matches!(self.sums, Sums::Sum | Sums::Anew)
    }

    /// Whether it is of what is computed, or worked out from that: what is not known of an operator whose weights and shapes are.
    pub fn is_work(&self) -> bool {
        let is_moved_or_stored = self.is_once || matches!(self.unit, Unit::Bytes | Unit::Params);
        self.is_counted() && !is_moved_or_stored
    }

    /// Whether operators are missing from that of a box.
    pub fn leaves_out(&self, subject: &Subject, scope: ScopeId) -> bool {
        let graph = subject.graph();
        // Of an operator that is known, weights and shapes are.
        let is_missing = |&id: &NodeId| match graph.node(id).operator() {
            Some(_) => self.is_work(),
            None => self.is_counted(),
        };
        subject.analysis.uncounted().iter().any(|id| graph.is_in(*id, scope) && is_missing(id))
    }
}

impl OnDevice<'_> {
    /// The times there.
    fn times(&self, subject: &Subject) -> Result<&Roofline, Missing> {
        self.roofline.ok_or_else(|| {
            let (name, element) = (printable(&self.device.name), subject.element.name());
            Missing::Nothing(text!("`{name}` has no peak for {element}", "`{name}` 没有 {element} 的峰值"))
        })
    }
}

/// A figure that is counted and adds up, likewise.
const fn sum(
    name: &'static str,
    words: Words,
    about: Words,
    unit: Unit,
    of: fn(&Subject, &Counts) -> u128,
) -> Metric {
    metric(name, words, about, unit, Sums::Sum, Of::Counts(of))
}

/// Operations of a kind off padding, likewise, under `key` among those of all kinds.
const fn off_padding(
    name: &'static str,
    words: Words,
    about: Words,
    of: fn(&Subject, &Counts) -> u128,
    key: &'static str,
) -> Metric {
    sum(name, words, about, Unit::Count, of).json(Json::In(&groups::OPS_PADDING_EXACT, key))
}

/// A figure of what comes out, likewise: of a box, that of its last node.
const fn last(
    name: &'static str,
    words: Words,
    about: Words,
    unit: Unit,
    of: fn(&Subject, Place) -> Result<Measure, Missing>,
) -> Metric {
    metric(name, words, about, unit, Sums::Last, Of::Place(of)).once().json(Json::Apart)
}

/// Seconds on a device, which add up, likewise.
const fn time(
    name: &'static str,
    words: Words,
    about: Words,
    of: fn(&Subject, Place, &OnDevice<'_>) -> Result<Measure, Missing>,
) -> Metric {
    metric(name, words, about, Unit::Seconds, Sums::Sum, Of::Device(of))
}

/// A figure that nothing in particular is done with, for [`list`] to say what is.
const fn metric(name: &'static str, words: Words, about: Words, unit: Unit, sums: Sums, of: Of) -> Metric {
    Metric {
        name,
        former: &[],
        words,
        about,
        unit,
        sums,
        is_once: false,
        is_usual: false,
        is_locked: false,
        is_explained: false,
        compared: None,
        json: Json::Own,
        of,
    }
}

impl Metric {
    const fn formerly(self, former: &'static [&'static str]) -> Self {
        Self { former, ..self }
    }

    const fn once(self) -> Self {
        Self { is_once: true, ..self }
    }

    const fn usual(self) -> Self {
        Self { is_usual: true, ..self }
    }

    const fn locked(self) -> Self {
        Self { is_locked: true, ..self }
    }

    const fn explained(self) -> Self {
        Self { is_explained: true, ..self }
    }

    const fn compared(self, compared: Wording) -> Self {
        Self { compared: Some(compared), ..self }
    }

    const fn json(self, json: Json) -> Self {
        Self { json, ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_names_of_one_figure_each() {
        let names = METRICS.iter().flat_map(|metric| std::iter::once(&metric.name).chain(metric.former));
        let mut known = BTreeSet::new();
        for name in names {
            assert!(known.insert(name), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        }
    }

    #[test]
    fn figures_of_devices_come_last() {
        let devices: Vec<_> = METRICS.iter().map(Metric::is_of_device).collect();
        assert!(devices.is_sorted(), "the help of `check` says that they do");
    }
}
