//! How figures are had from a subject at a place.

use super::{Measure, Missing, OnDevice, Sizes, output};
use crate::analyze::roofline::{Bound, Estimate};
use crate::counts::Counts;
use crate::graph::{NodeId, Place};
use crate::read::expression::Rational;
use crate::shape::Shape;
use crate::subject::Subject;
use crate::text;

/// What is counted there.
pub(super) fn counted(
    subject: &Subject,
    place: Place,
    of: impl Fn(&Counts) -> u128,
) -> Result<Measure, Missing> {
    subject.counts(place).map(|counts| Measure::Count(of(counts))).ok_or(Missing::Operator)
}

pub(super) fn intensity(subject: &Subject, place: Place) -> Result<Measure, Missing> {
    let counts = subject.counts(place).filter(|_| subject.is_counted(place)).ok_or(Missing::Operator)?;
    match subject.bytes(counts.traffic.total()) {
        0 => Err(Missing::Nothing(text!("no bytes are moved here", "此处没有移动任何字节"))),
        bytes => Ok(Measure::Ratio(counts.work.ops.flops(), bytes)),
    }
}

/// The most that a node there has.
pub(super) fn largest(subject: &Subject, place: Place, of: impl Fn(NodeId) -> u128) -> Measure {
    Measure::Count(match place {
        Place::Node(id) => of(id),
        Place::Box(id) => subject.graph().scope(id).nodes().map(of).max().unwrap_or(0),
    })
}

/// The shape of what comes out.
pub(super) fn shape(subject: &Subject, place: Place) -> &Shape {
    &subject.graph().node(output(subject, place)).shape
}

/// A size of it, if it has such a one.
pub(super) fn size(
    subject: &Subject,
    place: Place,
    name: &str,
    of: impl Fn(&Shape) -> Option<u64>,
) -> Result<Measure, Missing> {
    let shape = shape(subject, place);
    let size = of(shape).map(|size| Measure::Count(size.into()));
    size.ok_or_else(|| Missing::Nothing(text!("{shape} has no {name}", "{shape} 没有 {name}")))
}

pub(super) fn estimate(subject: &Subject, place: Place, on: &OnDevice<'_>) -> Result<Estimate, Missing> {
    let times = on.times(subject)?;
    match place {
        Place::Node(id) => times.node(id).ok_or(Missing::Operator),
        Place::Box(id) => Ok(times.scope(id)),
    }
}

pub(super) fn estimated(
    subject: &Subject,
    place: Place,
    on: &OnDevice<'_>,
    of: impl Fn(&Estimate) -> f64,
) -> Result<Measure, Missing> {
    Ok(Measure::Real(of(&estimate(subject, place, on)?)))
}

pub(super) fn bound(subject: &Subject, place: Place, on: &OnDevice<'_>) -> Result<Measure, Missing> {
    let bound = estimate(subject, place, on)?.bound();
    let nothing = || Missing::Nothing(text!("it takes no time", "不耗时间"));
    bound.map(|bound: Bound| Measure::Word(bound.name(), bound.text())).ok_or_else(nothing)
}

impl Sizes {
    /// Those of a shape.
    pub fn of_shape(shape: &Shape) -> Self {
        let each = shape.dims().iter().map(|&size| Rational::from(i128::from(size))).collect();
        Self { text: shape.to_string(), size: shape.elements(), each, ..Self::default() }
    }
}
