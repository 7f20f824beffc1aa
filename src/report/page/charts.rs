//! The charts of a page. Each scales to the page and takes its colors.

use super::html::Html;
use crate::metric;
use crate::read::measured::Measurements;
use crate::report::Subject;
use crate::report::chart::{Comparison, Costs, Options, Roofline, Theme, Timeline, svg};
use crate::report::compare::Compared;
use crate::report::rows::Depth;
use crate::text;
use crate::text::Language;

/// The figures whose share of each layer is drawn.
const FIGURES: [&str; 3] = ["macs", "params", "traffic_bytes"];

/// Those of a network: what its layers cost, what is alive, and where they lie under the roof of a device or as measured.
pub(super) fn of_network(
    html: &mut Html,
    subject: &Subject,
    measurements: Option<&Measurements>,
    id: &str,
    language: Language,
) {
    html.leaf("h3", &[], text!("charts", "图表").get(language));
    html.element("div", &[("class", "charts")], |html| {
        for metric in FIGURES.into_iter().filter_map(metric::named) {
            if let Ok(costs) = Costs::of(subject, metric, Depth::Fitting, &[]) {
                chart(html, &format!("{id}-{}", metric.name), language, |options| svg::cost(&costs, options));
            }
        }
        if let Some(timeline) = Timeline::of(subject) {
            chart(html, &format!("{id}-memory"), language, |options| svg::memory(&timeline, options));
        }
        let counted = subject.roofline.is_some().then(|| Roofline::counted(subject));
        let measured = measurements.map(|measurements| Roofline::measured(subject, measurements));
        for (roofline, kind) in [(counted, "roof"), (measured, "measured")] {
            match roofline {
                Some(Ok(roofline)) => {
                    chart(html, &format!("{id}-{kind}"), language, |options| {
                        svg::roofline(&roofline, options)
                    });
                }
                Some(Err(why)) => html.sentence("p", &[("class", "note")], why.get(language)),
                None => {}
            }
        }
    });
    html.line();
}

/// That of several beside each other.
pub(super) fn of_several(html: &mut Html, compared: &Compared<'_>, language: Language) {
    let comparison = Comparison::of(compared);
    html.element("div", &[("class", "charts")], |html| {
        chart(html, "comparison", language, |options| svg::comparison(&comparison, options));
    });
}

fn chart(html: &mut Html, prefix: &str, language: Language, draw: impl Fn(&Options) -> String) {
    let picture = draw(&Options { language, theme: Theme::Inherit, prefix });
    if !picture.is_empty() {
        let label = text!("chart", "图表");
        let attributes =
            [("class", "plot"), ("tabindex", "0"), ("role", "group"), ("aria-label", label.get(language))];
        html.element("div", &attributes, |html| html.written(&picture));
    }
}
