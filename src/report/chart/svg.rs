//! Charts as SVG. Each scales to the room it is given, says in words what it shows, and needs no font, style sheet or script
//! from elsewhere.
//!
//! Colors stand on the shapes themselves, so that a style sheet may change them and none is needed: text, axes and lines are in
//! the color of text around the picture, and what has the color of a kind of operator has its class. The root has the class
//! `chart`; groups have `bar`, `layer`, `part`, `tensor` and `roof`, with a title each.

use super::{Comparison, Costs, Options, Roofline, Timeline};

mod canvas;
mod comparison;
mod cost;
mod fill;
mod labels;
mod measure;
mod memory;
mod parts;
mod roofline;

/// What layers cost, as bars, and as a line the cumulated share.
pub fn cost(costs: &Costs, options: &Options<'_>) -> String {
    cost::draw(costs, options)
}

/// What is alive over the order of execution.
pub fn memory(timeline: &Timeline, options: &Options<'_>) -> String {
    memory::draw(timeline, options)
}

/// Layers under the roof of a device.
pub fn roofline(roofline: &Roofline, options: &Options<'_>) -> String {
    roofline::draw(roofline, options)
}

/// Networks beside each other.
pub fn comparison(comparison: &Comparison, options: &Options<'_>) -> String {
    comparison::draw(comparison, options)
}
