//! What several charts have: what stands above and below them, a legend, the marks of axes.

use super::canvas::{Anchor, Area, Canvas, EDGE, WIDTH};
use super::measure::Letters;
use crate::report::draw::Kind;
use crate::text::Text;

/// A line of text and the next are so far apart.
const LINE: f64 = 16.0;

/// The most lines of a name.
const MOST_LINES: usize = 3;

/// What a chart is of and what it shows; how far down that reaches.
pub(super) fn head(canvas: &mut Canvas, title: &str, about: &[&Text]) -> f64 {
    let room = WIDTH - 2.0 * EDGE;
    let mut y = EDGE + 12.0;
    let mut lines = Letters::TITLE.lines(title, room);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        let last = lines.pop().unwrap_or_default();
        let fitting = Letters::TITLE.lines(&last, room - Letters::TITLE.width("…"));
        lines.push(fitting.into_iter().next().unwrap_or_default() + "…");
    }
    for line in lines {
        canvas.text((EDGE, y), Anchor::Start, Letters::TITLE, &line);
        y += 20.0;
    }
    let about: Vec<_> = about.iter().map(|text| canvas.say((*text).clone())).collect();
    lines_at(canvas, y - 1.0, &about.join(" · "))
}

/// What is to be said below a chart; how far down that reaches.
pub(super) fn notes(canvas: &mut Canvas, mut y: f64, notes: &[Text]) -> f64 {
    for note in notes {
        let note = canvas.say(note.clone());
        y = lines_at(canvas, y + 12.0, &note) - 12.0;
    }
    y + EDGE
}

/// A sentence in lines; where the next would stand.
fn lines_at(canvas: &mut Canvas, mut y: f64, sentence: &str) -> f64 {
    for line in Letters::FAINT.lines(sentence, WIDTH - 2.0 * EDGE) {
        canvas.text((EDGE, y), Anchor::Start, Letters::FAINT, &line);
        y += LINE;
    }
    y
}

/// Signs, each with what it means, in as many lines as they need; how far down that reaches.
pub(super) fn legend<S>(
    canvas: &mut Canvas,
    mut y: f64,
    entries: &[(S, String)],
    draw: impl Fn(&mut Canvas, &S, (f64, f64)),
) -> f64 {
    const SIGN: f64 = 20.0;
    const GAP: f64 = 16.0;
    let mut x = EDGE;
    for (sign, words) in entries {
        let words = Letters::FAINT.shortened(words, WIDTH - 2.0 * EDGE - SIGN);
        let width = SIGN + Letters::FAINT.width(&words);
        if x > EDGE && x + width > WIDTH - EDGE {
            (x, y) = (EDGE, y + LINE + 2.0);
        }
        draw(canvas, sign, (x + 7.0, y - 4.0));
        canvas.text((x + SIGN, y), Anchor::Start, Letters::FAINT, &words);
        x += width + GAP;
    }
    if entries.is_empty() { y } else { y + LINE }
}

/// A field of the fill of a kind, around a point.
pub(super) fn swatch(canvas: &mut Canvas, kind: Kind, (x, y): (f64, f64)) {
    canvas.field(Area { x: x - 7.0, y: y - 5.0, width: 14.0, height: 10.0 }, kind);
}

/// Round numbers from 0 up to `largest`, a few of them.
pub(super) fn rounds(largest: f64, most: f64) -> Vec<f64> {
    if !(largest > 0.0 && largest.is_finite()) {
        return vec![0.0];
    }
    let power = 10f64.powf((largest / most).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power);
    let step = step.clone().find(|step| largest / step <= most).unwrap_or(10.0 * power);
    let count = (1..=16).take_while(|count| f64::from(*count) * step <= largest * (1.0 + 1e-9));
    std::iter::once(0.0).chain(count.map(|count| f64::from(count) * step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        let rounded =
            |largest, most| rounds(largest, most).into_iter().map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(rounded(118.0, 6.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(rounded(1.0, 4.0), ["0", "0.5", "1"]);
        assert_eq!(rounds(0.0, 4.0).len(), 1);
        assert!(rounds(3.4e38, 5.0).len() > 2);
    }
}
