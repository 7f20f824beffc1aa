//! Figures at a glance: three digits and a unit, a bar for a share.

use crate::working::superscript;

/// Three digits and a unit: `1.58 G`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn short(number: u128) -> String {
    scaled(number as f64, 1000.0, &["", " k", " M", " G", " T", " P", " E"])
}

/// Bytes, likewise: `28.0 MB`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(super) fn bytes(number: u128) -> String {
    scaled(number as f64, 1000.0, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"])
}

/// A time likewise: `38.6 µs`.
pub(super) fn seconds(time: f64) -> String {
    let steps = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];
    // Above this, three digits would round to the next unit.
    let fits = |&(step, _): &(f64, &str)| time >= 0.9995 * step;
    let (step, unit) = steps.into_iter().find(fits).unwrap_or((1e-9, "ns"));
    if time >= 1e9 {
        return format!("{} {unit}", power_of_ten(time));
    }
    format!("{} {unit}", digits(time / step))
}

/// A part of a whole in percent, with three digits: `3.14 %`, `61.0 %`.
pub(super) fn percent(part: f64) -> String {
    format!("{} %", digits(part * 100.0))
}

/// A ratio with three digits: `38.6`.
pub(super) fn digits(ratio: f64) -> String {
    let decimals = decimals(ratio);
    format!("{ratio:.decimals$}")
}

/// Four digits, but none past a millionth: more differ from one machine to the next.
pub(super) fn four_digits(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() {
        return value.to_string();
    }
    let decimals = [1000.0, 100.0, 10.0, 1.0, 0.1, 0.01, 1e-4].iter().position(|&least| size >= least);
    match decimals {
        Some(decimals) if size < 1e6 => format!("{value:.decimals$}"),
        Some(_) | None => format!("{value:.3e}"),
    }
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    // Above this, three digits would round to a thousand.
    while value >= 999.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    if value >= 999.5 {
        // Above all units: a power of ten, in the first of them.
        let above: f64 = units[1..].iter().map(|_| step).product();
        return format!("{}{}", power_of_ten(value * above), units[0]);
    }
    let decimals = if unit == 0 { 0 } else { decimals(value) };
    format!("{value:.decimals$}{}", units[unit])
}

/// Three digits and a power of ten: `1.00×10³⁶`.
fn power_of_ten(value: f64) -> String {
    let written = format!("{value:.2e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    format!("{mantissa}×10{}", superscript(exponent.parse().unwrap_or(0)))
}

/// How many decimals make three digits of `value`.
fn decimals(value: f64) -> usize {
    if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    }
}

/// A bar `width` columns wide at most, in eighths of a column.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share is at most 1"
)]
pub(super) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = (share.clamp(0.0, 1.0) * (width * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    // Anything above zero is visible, however small.
    bar.push(EIGHTHS[if eighths == 0 { 1 } else { eighths % 8 }]);
    let pad = width.saturating_sub(bar.chars().count());
    bar.truncate(bar.char_indices().nth(width).map_or(bar.len(), |(at, _)| at));
    bar.push_str(&" ".repeat(pad));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shortened_to_three_digits() {
        let shown = [0, 999, 1000, 999_499, 999_500, 120_422_400, 1_582_671_872, u128::MAX].map(short);
        assert_eq!(shown[..7], ["0", "999", "1.00 k", "999 k", "1.00 M", "120 M", "1.58 G"]);
        assert_eq!(shown[7], "3.40×10³⁸");
        assert_eq!(bytes(u128::MAX), "3.40×10³⁸ B");
        assert_eq!(seconds(2.5e23), "2.50×10²³ s");
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_never_invisible() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.5, 4), "██  ");
        assert_eq!(bar(0.25 + 1.0 / 32.0, 4), "█▏  ");
        assert_eq!(bar(1e-9, 4), "▏   ");
    }

    #[test]
    fn numbers_have_four_digits() {
        let shown =
            [0.0, 1.0, -12.345_67, 1234.5, 0.041_519, -4.326e-4, 1.5e-7, 2.5e9, f64::NAN].map(four_digits);
        assert_eq!(
            shown,
            ["0", "1.000", "-12.35", "1234", "0.04152", "-0.000433", "1.500e-7", "2.500e9", "NaN"]
        );
    }
}
