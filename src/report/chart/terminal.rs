//! Charts for the terminal, as wide as it is.

use super::{Comparison, Costs, Roofline};
use crate::report::Style;

/// What layers cost, as bars.
pub fn cost(_costs: &Costs, _style: Style) -> String {
    String::new()
}

/// Layers under the roof of a device.
pub fn roofline(_roofline: &Roofline, _style: Style) -> String {
    String::new()
}

/// Networks beside each other.
pub fn comparison(_comparison: &Comparison, _style: Style) -> String {
    String::new()
}
