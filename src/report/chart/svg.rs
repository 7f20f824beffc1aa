//! Charts as SVG. Each scales to the room it is given, says in words what it shows, and needs no font, style sheet or script
//! from elsewhere.

use super::{Comparison, Costs, Options, Roofline, Timeline};

/// What layers cost, as bars, and as a line the cumulated share.
pub fn cost(_costs: &Costs, _options: &Options) -> String {
    String::new()
}

/// What is alive over the order of execution.
pub fn memory(_timeline: &Timeline, _options: &Options) -> String {
    String::new()
}

/// Layers under the roof of a device.
pub fn roofline(_roofline: &Roofline, _options: &Options) -> String {
    String::new()
}

/// Networks beside each other.
pub fn comparison(_comparison: &Comparison, _options: &Options) -> String {
    String::new()
}
