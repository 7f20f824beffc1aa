//! The figure that a picture is shaded by.

use super::fold::range;
use crate::graph::Place;
use crate::metric::{Measure, Metric, Unit};
use crate::report::Subject;
use crate::report::figures::{bytes, seconds, short};
use crate::text;
use crate::text::{Text, Words, printable};

/// The figure that things are shaded by.
#[derive(Clone, Copy, Debug)]
pub struct Heat {
    /// The figure.
    pub metric: &'static Metric,
}

impl Heat {
    /// What it is, and of which device; whether times are what was measured.
    pub(super) fn told(self, subject: &Subject, is_measured: bool) -> Text {
        let Words { english, chinese } = self.metric.words;
        let device = subject.roofline.as_ref().filter(|_| self.metric.is_of_device());
        let device = device.map(|roofline| printable(&roofline.device.name));
        match device {
            _ if self.is_time() && is_measured => text!("time, as measured", "测得的用时"),
            Some(device) if self.is_time() => {
                text!("time on {device}, estimated", "在 {device} 上的用时(估计)")
            }
            Some(device) => text!("{english}, on {device}", "{chinese},在 {device} 上"),
            None => text!("{english}", "{chinese}"),
        }
    }

    /// What a picture says that is shaded by it.
    pub(super) fn caption(self, subject: &Subject, is_measured: bool) -> Text {
        let told = self.told(subject, is_measured);
        text!("shaded by {told}", "按{told:#}着色")
    }

    /// Whether it is what layers take, which may be measured.
    pub fn is_time(self) -> bool {
        self.metric.name == "time"
    }

    /// Of a place, with what each node took if that was measured: how much, and as it is written: `118 M`; `None` where there is none of it.
    #[expect(clippy::cast_precision_loss, reason = "a shade has no digits")]
    pub(super) fn of(self, subject: &Subject, place: Place, times: Option<&[f64]>) -> Option<(f64, String)> {
        let measure = match times.filter(|_| self.is_time()) {
            Some(times) => Measure::Real(range(subject.graph(), place).map(|node| times[node]).sum()),
            None => self.metric.of(subject, place).ok()?,
        };
        let (much, written) = match &measure {
            Measure::Count(count) if self.metric.unit == Unit::Bytes => (*count as f64, bytes(*count)),
            Measure::Count(count) => (*count as f64, short(*count)),
            Measure::Real(time) if self.metric.unit == Unit::Seconds => (*time, seconds(*time)),
            // What is seen through windows; that everything is seen beside is written.
            Measure::Sizes(sizes) => {
                let positions =
                    sizes.each.iter().map(|size| *size.numer() as f64 / *size.denom() as f64).product();
                (positions, sizes.to_string())
            }
            Measure::Ratio(..) | Measure::Real(_) => (measure.number()?, format!("{measure:.2}")),
            Measure::Truth(_) | Measure::Word(..) => return None,
        };
        (much > 0.0).then_some((much, written))
    }
}

/// The color of a part of the most, from 0 to 1: from white over yellow and orange to dark red, darker all the way.
pub(super) fn shade(part: f64) -> String {
    const STOPS: [(f64, [f64; 3]); 5] = [
        (0.0, [255.0, 255.0, 255.0]),
        (0.15, [255.0, 237.0, 179.0]),
        (0.4, [253.0, 174.0, 97.0]),
        (0.7, [215.0, 72.0, 39.0]),
        (1.0, [128.0, 0.0, 38.0]),
    ];
    let part = part.clamp(0.0, 1.0);
    let above = STOPS.iter().position(|(at, _)| *at >= part).unwrap_or(STOPS.len() - 1).max(1);
    let ((low, from), (high, to)) = (STOPS[above - 1], STOPS[above]);
    let mix = (part - low) / (high - low);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    let channel = |at: usize| (from[at] + (to[at] - from[at]) * mix).round() as u8;
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

/// Whether a shade is so dark that what stands on it is white.
pub(super) fn is_dark(part: f64) -> bool {
    part > 0.65
}
