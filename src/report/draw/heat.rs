//! The figure that a picture is shaded by.

use crate::graph::Place;
use crate::metric::{Measure, Metric, Unit};
use crate::report::Subject;
use crate::report::figures::{bytes, seconds, short};
use crate::text;
use crate::text::{Text, Words};

/// The figure that things are shaded by.
#[derive(Clone, Copy, Debug)]
pub struct Heat {
    /// The figure.
    pub metric: &'static Metric,
}

impl Heat {
    /// What it is called.
    pub fn words(self) -> Words {
        self.metric.words
    }

    /// What a picture says that is shaded by it.
    pub(super) fn caption(self) -> Text {
        let Words { english, chinese } = self.words();
        text!("shaded by {english}", "按{chinese}着色")
    }

    /// Of a place: how much, and as it is written: `118 M`; `None` where there is none of it.
    #[expect(clippy::cast_precision_loss, reason = "a shade has no digits")]
    pub(super) fn of(self, subject: &Subject, place: Place) -> Option<(f64, String)> {
        let measure = self.metric.of(subject, place).ok()?;
        let (much, written) = match &measure {
            Measure::Count(count) if self.metric.unit == Unit::Bytes => (*count as f64, bytes(*count)),
            Measure::Count(count) => (*count as f64, short(*count)),
            Measure::Real(time) if self.metric.unit == Unit::Seconds => (*time, seconds(*time)),
            Measure::Sizes(sizes) => (sizes.size as f64, sizes.to_string()),
            Measure::Ratio(..) | Measure::Real(_) => (measure.number()?, format!("{measure:.2}")),
            Measure::Truth(_) | Measure::Word(..) => return None,
        };
        (much > 0.0).then_some((much, written))
    }
}

/// The color of a part of the largest figure: from white to the red of a glowing plate.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a color is between 0 and 255")]
pub(super) fn shade(part: f64) -> String {
    const COLD: [f64; 3] = [255.0, 255.0, 255.0];
    const HOT: [f64; 3] = [240.0, 101.0, 67.0];
    let mixed = |at: usize| (COLD[at] + (HOT[at] - COLD[at]) * part.clamp(0.0, 1.0)).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2))
}
