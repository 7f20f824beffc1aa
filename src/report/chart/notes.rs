//! What the charts of one network have in common: what they are of, and what is missing from them.

use crate::graph::ScopeId;
use crate::metric::{Measure, Metric, Unit};
use crate::report::figures::{bytes, digits, seconds, short};
use crate::report::{Subject, deployed};
use crate::text;
use crate::text::{Text, printable};

/// What a network is called above a chart.
pub(super) fn name(subject: &Subject) -> String {
    let title = if subject.title.is_empty() { &subject.label } else { &subject.title };
    printable(title)
}

/// `batch 1 · f32`, and whether it is counted as it is deployed.
pub(super) fn circumstances(subject: &Subject) -> Text {
    let (batch, element, deployed) = (subject.batch(), subject.element.name(), deployed::behind(subject));
    text!("batch {batch} · {element}{deployed}", "批量大小 {batch} · {element}{deployed:#}")
}

/// What is not counted.
pub(super) fn uncounted(subject: &Subject) -> Option<Text> {
    let uncounted = subject.uncounted(ScopeId::ROOT)?;
    Some(text!("partial: {uncounted}", "不完整:{uncounted:#}"))
}

/// A figure at a glance: `118 M`, `3.21 MB`, `38.6 µs`.
pub(super) fn glance(metric: &Metric, measure: &Measure) -> String {
    match measure {
        Measure::Count(count) if metric.unit == Unit::Bytes => bytes(*count),
        Measure::Count(count) => short(*count),
        Measure::Real(time) if metric.unit == Unit::Seconds => seconds(*time),
        Measure::Real(number) => digits(*number),
        Measure::Ratio(..) => measure.number().map_or_else(String::new, digits),
        Measure::Sizes(_) | Measure::Truth(_) | Measure::Word(..) => measure.to_string(),
    }
}

/// A figure without the zeros at its end: `50.0 M` as `50 M`.
pub(super) fn trimmed(figure: &str) -> String {
    let (number, unit) = figure.split_once(' ').map_or((figure, ""), |(number, unit)| (number, unit));
    let number =
        if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

/// As much of a path as has room, in what its letters take: its beginning and its end, since layers of a kind end alike and
/// those of a block begin alike.
pub(super) fn elided(path: &str, room: f64, wide: impl Fn(char) -> f64) -> String {
    const BEGINNING: f64 = 0.4;
    if path.chars().map(&wide).sum::<f64>() <= room {
        return path.to_owned();
    }
    let room = room - wide('…');
    // Of little room, all is for the end.
    let most = if room > 14.0 * wide('n') { room * BEGINNING } else { 0.0 };
    let mut used = 0.0;
    let mut is_within = |limit: f64, c: char| {
        let fits = used + wide(c) <= limit;
        used += if fits { wide(c) } else { 0.0 };
        fits
    };
    let start: usize = path.chars().take_while(|c| is_within(most, *c)).map(char::len_utf8).sum();
    let end: usize =
        path[start..].chars().rev().take_while(|c| is_within(room, *c)).map(char::len_utf8).sum();
    format!("{}…{}", &path[..start], &path[path.len() - end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_are_left_out() {
        assert_eq!(["50.0 M", "2.50 G", "0", "100"].map(trimmed), ["50 M", "2.5 G", "0", "100"]);
    }

    #[test]
    fn paths_keep_their_beginning_and_their_end() {
        let path = "encoder/10/attention/multi_head_attention_1";
        let elided = |room| elided(path, room, |_| 1.0);
        assert_eq!(elided(26.0), "encoder/10…ead_attention_1");
        assert_eq!(elided(8.0), "…ntion_1");
        assert_eq!(elided(100.0), path);
        assert_eq!(elided(0.5), "…");
    }
}
