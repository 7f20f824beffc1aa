//! The fill of each kind of operator: a color and a pattern, so that they are told apart in grey too.

use crate::report::draw::Kind;

/// Its color, and that of its edge; either is seen on white and on black. What is of no kind has that of text.
pub(super) fn tint(kind: Kind) -> (&'static str, &'static str) {
    let (_, line) = kind.colors();
    match kind {
        Kind::Softmax => ("#e3b505", "#a98600"),
        Kind::End
        | Kind::Convolution
        | Kind::Linear
        | Kind::Pooling
        | Kind::Activation
        | Kind::Normalization
        | Kind::Attention
        | Kind::Merge
        | Kind::Rearrangement
        | Kind::Unknown => (line, line),
        Kind::Block => ("currentColor", "currentColor"),
    }
}

/// What is drawn over its color, in a square of 6.
fn lines(kind: Kind) -> (&'static str, u32) {
    match kind {
        Kind::Convolution | Kind::End | Kind::Block => ("", 0),
        Kind::Linear => ("M0 1H6M0 4H6", 0),
        Kind::Pooling => ("M1.5 0V6", 45),
        Kind::Softmax => ("M0 1.5H2M3 4.5H5", 0),
        Kind::Activation => ("M1 0V6M4 0V6", 0),
        Kind::Normalization => ("M1.5 0V6", 135),
        Kind::Attention => ("M1.5 0V6M0 1.5H6", 45),
        Kind::Merge => ("M1.5 0V6M0 1.5H6", 0),
        Kind::Rearrangement => ("M0 3H3", 0),
        Kind::Unknown => ("M1 0V6M3 0V6M5 0V6", 45),
    }
}

/// Whether there is a pattern over its color.
pub(super) fn has_pattern(kind: Kind) -> bool {
    !lines(kind).0.is_empty()
}

/// The pattern of a kind as SVG, under an id that begins with `prefix`.
pub(super) fn pattern(kind: Kind, prefix: &str) -> String {
    let ((lines, degrees), name) = (lines(kind), kind.name());
    let turn = if degrees == 0 { String::new() } else { format!(" patternTransform=\"rotate({degrees})\"") };
    format!(
        "<pattern id=\"{prefix}-{name}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"{turn}>\
         <path d=\"{lines}\" stroke=\"#ffffff\" stroke-opacity=\"0.65\" stroke-width=\"1.4\"/></pattern>\n"
    )
}
