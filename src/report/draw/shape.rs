//! The outlines of things, which tell kinds apart where colors do not.

use super::Kind;
use super::layout::Rect;

/// How far corners are rounded or cut.
const CORNER: f64 = 5.0;

/// The outline of a kind, as data of an SVG path.
pub(super) fn outline(kind: Kind, rect: Rect) -> String {
    match kind {
        Kind::Convolution | Kind::Normalization | Kind::Unknown | Kind::Block => rounded(rect, CORNER),
        Kind::Linear => rounded(rect, 0.0),
        Kind::Activation | Kind::End => rounded(rect, rect.height.min(rect.width) / 2.0),
        Kind::Softmax => rounded(rect, 10.0),
        Kind::Pooling => {
            polygon(rect, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], [0.0, 0.0, -CORNER, CORNER])
        }
        Kind::Rearrangement => {
            polygon(rect, [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)], [CORNER, 0.0, -CORNER, 0.0])
        }
        Kind::Merge => octagon(rect),
        Kind::Attention => hexagon(rect),
    }
}

/// What stands inside the outline, to tell it from another of the same form: a line at the side, a second edge.
pub(super) fn mark(kind: Kind, rect: Rect) -> Option<String> {
    let Rect { x, y, width, height } = rect;
    match kind {
        Kind::Softmax => {
            Some(rounded(Rect { x: x + 2.5, y: y + 2.5, width: width - 5.0, height: height - 5.0 }, 7.5))
        }
        Kind::Linear => Some(format!("M{} {}v{}", number(x + 3.5), number(y), number(height))),
        Kind::Block => Some(format!(
            "M{} {}h{}M{} {}h{}",
            number(x + CORNER),
            number(y + 2.5),
            number(width - 2.0 * CORNER),
            number(x + CORNER),
            number(y + height - 2.5),
            number(width - 2.0 * CORNER)
        )),
        Kind::End
        | Kind::Convolution
        | Kind::Pooling
        | Kind::Activation
        | Kind::Normalization
        | Kind::Attention
        | Kind::Merge
        | Kind::Rearrangement
        | Kind::Unknown => None,
    }
}

/// A position with as many decimals as are seen.
pub(super) fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    let written = format!("{tenths:.1}");
    written.strip_suffix(".0").map_or(written.clone(), str::to_owned)
}

fn rounded(rect: Rect, radius: f64) -> String {
    let Rect { x, y, width, height } = rect;
    let radius = radius.min(width / 2.0).min(height / 2.0);
    if radius <= 0.0 {
        return format!(
            "M{} {}h{}v{}h{}z",
            number(x),
            number(y),
            number(width),
            number(height),
            number(-width)
        );
    }
    let r = number(radius);
    let arc = |dx: f64, dy: f64| format!("a{r} {r} 0 0 1 {} {}", number(dx * radius), number(dy * radius));
    let (across, along) = (number(width - 2.0 * radius), number(height - 2.0 * radius));
    format!(
        "M{} {}h{across}{}v{along}{}h-{across}{}v-{along}{}z",
        number(x + radius),
        number(y),
        arc(1.0, 1.0),
        arc(-1.0, 1.0),
        arc(-1.0, -1.0),
        arc(1.0, -1.0)
    )
}

/// Corners in parts of the width and height, each moved across.
fn polygon(rect: Rect, corners: [(f64, f64); 4], moved: [f64; 4]) -> String {
    let at = |((x, y), dx): ((f64, f64), f64)| (rect.x + x * rect.width + dx, rect.y + y * rect.height);
    path(&corners.into_iter().zip(moved).map(at).collect::<Vec<_>>())
}

fn octagon(rect: Rect) -> String {
    let (left, right, top, bottom) = (rect.x, rect.x + rect.width, rect.y, rect.y + rect.height);
    let c = CORNER.min(rect.height / 3.0);
    path(&[
        (left + c, top),
        (right - c, top),
        (right, top + c),
        (right, bottom - c),
        (right - c, bottom),
        (left + c, bottom),
        (left, bottom - c),
        (left, top + c),
    ])
}

fn hexagon(rect: Rect) -> String {
    let (left, right, top, bottom) = (rect.x, rect.x + rect.width, rect.y, rect.y + rect.height);
    let middle = rect.y + rect.height / 2.0;
    let c = CORNER.min(rect.width / 4.0);
    path(&[
        (left + c, top),
        (right - c, top),
        (right, middle),
        (right - c, bottom),
        (left + c, bottom),
        (left, middle),
    ])
}

fn path(points: &[(f64, f64)]) -> String {
    let corners: Vec<String> = points.iter().map(|&(x, y)| format!("{} {}", number(x), number(y))).collect();
    format!("M{}z", corners.join("L"))
}
