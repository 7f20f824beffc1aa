//! The figures that are laid side by side, each once, and their ratios in words.

use std::cmp::Ordering;
use std::sync::LazyLock;

pub(super) use crate::metric::Wording;
use crate::metric::{METRICS, Measure, Metric, Unit, named};
use crate::report::Subject;
use crate::report::sheet::{Cell, QuantityUnit};
use crate::text;
use crate::text::{Text, Words, words};
use crate::working::grouped;

/// A figure that networks are compared by.
struct ComparedFigure {
    words: Words,
    value: Box<dyn Fn(&Subject) -> Cell + Send + Sync>,
    wording: Wording,
}

/// What has become of a figure.
pub(super) struct Change {
    pub(super) text: Text,
    /// Whether that is better: less, of a cost. Nothing if it is neither.
    pub(super) is_better: Option<bool>,
}

/// Those that networks are compared by: costs, then what is neither better nor worse.
static FIGURES: LazyLock<Vec<ComparedFigure>> = LazyLock::new(|| {
    let (costs, others): (Vec<_>, Vec<_>) = METRICS
        .iter()
        .filter_map(|metric| Some((metric, metric.compared?)))
        .partition(|(_, wording)| *wording != Wording::Height);
    let mut figures: Vec<_> = costs
        .into_iter()
        .chain(others)
        .map(|(metric, wording)| ComparedFigure::of(metric, wording))
        .collect();
    figures.push(ComparedFigure {
        words: words("sees everything from", "自此看到全部"),
        wording: Wording::Height,
        value: Box::new(|subject| {
            everything_from(subject).map_or(Cell::Empty, |path| Cell::Name(path.clone(), path))
        }),
    });
    figures
});

/// A figure of several networks.
pub(super) struct Known {
    figure: &'static ComparedFigure,
    /// What it comes to in each.
    pub(super) values: Vec<Cell>,
}

/// The figures that any of these has.
pub(super) fn known(subjects: &[&Subject]) -> Vec<Known> {
    let of_all = |figure: &'static ComparedFigure| {
        let values: Vec<_> = subjects.iter().map(|subject| (figure.value)(subject)).collect();
        values.iter().any(|value| *value != Cell::Empty).then_some(Known { figure, values })
    };
    FIGURES.iter().filter_map(of_all).collect()
}

impl Known {
    /// What it is called.
    pub(super) fn words(&self) -> Words {
        self.figure.words
    }

    /// What has become of it from the first network to this one.
    pub(super) fn change(&self, index: usize) -> Option<Change> {
        self.figure.change(&self.values[0], &self.values[index])
    }
}

impl ComparedFigure {
    fn of(metric: &'static Metric, wording: Wording) -> Self {
        let value = move |subject: &Subject| match metric.total(subject) {
            Ok(Measure::Count(count)) => Cell::Count(count),
            Ok(Measure::Sizes(sizes)) if !sizes.text.is_empty() => Cell::Text(sizes.text),
            Ok(Measure::Real(seconds)) if metric.unit == Unit::Seconds => {
                Cell::Quantity(seconds, QuantityUnit::Seconds)
            }
            Ok(Measure::Truth(truth)) => Cell::truth(truth),
            Ok(measure) => {
                measure.number().map_or(Cell::Empty, |ratio| Cell::Quantity(ratio, QuantityUnit::Ratio))
            }
            Err(_) => Cell::Empty,
        };
        Self { words: metric.words, wording, value: Box::new(value) }
    }

    /// What has become of the figure; `None` where that is no matter of more or less.
    fn change(&self, old: &Cell, new: &Cell) -> Option<Change> {
        match (old, new) {
            (Cell::Count(old), Cell::Count(new)) => Some(change(*old, *new, self.wording)),
            (Cell::Quantity(old, _), Cell::Quantity(new, _)) => {
                let order = new.total_cmp(old);
                let is_better = if self.wording == Wording::Height { None } else { better(order) };
                Some(Change { text: in_words(*old, *new, order, self.wording), is_better })
            }
            (..) => (old == new && *old != Cell::Empty).then(|| Change { text: same(), is_better: None }),
        }
    }
}

/// A figure that is counted, of a whole network.
pub(super) fn count(metric: &Metric, subject: &Subject) -> u128 {
    metric.total(subject).ok().and_then(|measure| measure.count()).unwrap_or(0)
}

/// What the output sees through windows.
pub(super) fn receptive_field(subject: &Subject) -> Option<String> {
    match named("receptive_field")?.total(subject) {
        Ok(Measure::Sizes(sizes)) => Some(sizes.text).filter(|windows| !windows.is_empty()),
        Ok(_) | Err(_) => None,
    }
}

/// The path of the layer from which on every element sees the whole input.
pub(super) fn everything_from(subject: &Subject) -> Option<String> {
    subject.field().everything.map(|id| subject.graph().path(id))
}

/// What has become of a cost: the ratio in words.
#[expect(clippy::cast_precision_loss, reason = "four digits are shown")]
pub(super) fn change(old: u128, new: u128, wording: Wording) -> Change {
    let order = new.cmp(&old);
    Change { text: in_words(old as f64, new as f64, order, wording), is_better: better(order) }
}

/// Whether a cost that has become so is better.
pub(super) fn better(order: Ordering) -> Option<bool> {
    match order {
        Ordering::Less => Some(true),
        Ordering::Equal => None,
        Ordering::Greater => Some(false),
    }
}

fn same() -> Text {
    text!("same", "相同")
}

fn in_words(old: f64, new: f64, order: Ordering, wording: Wording) -> Text {
    /// Below this, four digits would be 1.000.
    const VISIBLE: f64 = 1.0005;
    let (less_en, more_en) = match wording {
        Wording::Number => ("fewer", "more"),
        Wording::Amount => ("less", "more"),
        Wording::Height => ("lower", "higher"),
    };
    match order {
        Ordering::Equal => same(),
        Ordering::Less if new == 0.0 => text!("down to 0", "减至 0"),
        Ordering::Greater if old == 0.0 => text!("up from 0", "从 0 增加"),
        Ordering::Less if old / new >= VISIBLE => {
            let ratio = four_digits(old / new);
            text!("{ratio}× {less_en}", "减至 1/{ratio}")
        }
        Ordering::Greater if new / old >= VISIBLE => {
            let ratio = four_digits(new / old);
            text!("{ratio}× {more_en}", "增至 {ratio} 倍")
        }
        Ordering::Less => {
            let part = small(100.0 * (1.0 - new / old));
            text!("{part} % {less_en}", "减少 {part} %")
        }
        Ordering::Greater => {
            let part = small(100.0 * (new / old - 1.0));
            text!("{part} % {more_en}", "增加 {part} %")
        }
    }
}

/// A ratio with four digits: `9.677`, `38.60`, `1,205`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is above 1000")]
pub(super) fn four_digits(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 999.95 => grouped(ratio.round() as u128, ","),
        ratio if ratio >= 99.995 => format!("{ratio:.1}"),
        ratio if ratio >= 9.9995 => format!("{ratio:.2}"),
        ratio => format!("{ratio:.3}"),
    }
}

/// A percentage with one decimal, or as many as show that it is not 0.
fn small(percent: f64) -> String {
    let decimals = (1..15).find(|&decimals| percent >= 0.95 * 10f64.powi(-decimals)).unwrap_or(15);
    format!("{percent:.decimals$}", decimals = usize::try_from(decimals).unwrap_or(1))
}

/// By how much of the first the second differs: `−89.7 %`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(in crate::report) fn percent(old: u128, new: u128) -> Text {
    let part = |part: f64| if part >= 999.5 { four_digits(part) } else { small(part) };
    match new.cmp(&old) {
        Ordering::Equal => text!("±0 %", "±0 %"),
        Ordering::Greater if old == 0 => text!("+∞ %", "+∞ %"),
        Ordering::Less => {
            // Whatever is left is not rounded away.
            let most = if new > 0 { 99.9 } else { 100.0 };
            let part = part(f64::min(100.0 * (old - new) as f64 / old as f64, most));
            text!("−{part} %", "−{part} %")
        }
        Ordering::Greater => {
            let part = part(100.0 * (new - old) as f64 / old as f64);
            text!("+{part} %", "+{part} %")
        }
    }
}

/// By how much two counts differ, with its sign: `−110,387,200`.
pub(super) fn signed(old: u128, new: u128) -> String {
    let sign = match new.cmp(&old) {
        Ordering::Less => "−",
        Ordering::Equal => "",
        Ordering::Greater => "+",
    };
    format!("{sign}{}", grouped(old.abs_diff(new), ","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_four_digits_and_never_hide_a_difference() {
        let said = |old, new| change(old, new, Wording::Number).text.english;
        assert_eq!(said(120_422_400, 12_443_648), "9.677× fewer");
        assert_eq!(said(12_443_648, 120_422_400), "9.677× more");
        assert_eq!(said(7, 7), "same");
        assert_eq!(said(0, 7), "up from 0");
        assert_eq!(said(7, 0), "down to 0");
        assert_eq!(said(1_000_000, 1_000_001), "0.0001 % more");
        assert_eq!(said(1_000_000, 999_700), "0.03 % fewer");
        assert_eq!(said(1, 1_234_567), "1,234,567× more");
        assert_eq!(four_digits(99.996), "100.0");
        assert_eq!(percent(120_422_400, 12_443_648).english, "−89.7 %");
        assert_eq!([percent(1_000_000, 1), percent(7, 0)].map(|text| text.english), ["−99.9 %", "−100.0 %"]);
        assert_eq!(percent(0, 7).english, "+∞ %");
        assert_eq!(percent(3, 100_003).english, "+3,333,333 %");
        assert_eq!(signed(5, 1_005), "+1,000");
    }
}
