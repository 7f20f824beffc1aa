//! Networks beside each other in a few figures, each as a part of the first's.

use super::notes::glance;
use crate::metric::{Measure, Metric, named};
use crate::report::compare::Compared;
use crate::text;
use crate::text::{Text, printable};

/// The most networks that are drawn.
const MOST: usize = 12;

/// The figures that are drawn, where any network has some of it.
const FIGURES: [&str; 4] = ["macs", "params", "traffic_bytes", "peak_bytes"];

/// Networks beside each other.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What all of it is about: batch, type.
    pub about: Text,
    /// What each network is called; at most 12.
    pub networks: Vec<String>,
    /// The figures, each of all networks.
    pub groups: Vec<Group>,
    /// What is to be said of what is missing.
    pub notes: Vec<Text>,
}

/// A figure of all networks.
#[derive(Clone, Debug)]
pub struct Group {
    /// The figure.
    pub metric: &'static Metric,
    /// By network; `None` where it is not known.
    pub sides: Vec<Option<Side>>,
}

/// A figure of one network.
#[derive(Clone, Debug)]
pub struct Side {
    /// How much.
    pub amount: f64,
    /// The same as it is written: `118 M`.
    pub written: String,
    /// How many times the first's it is; `None` where that has none.
    pub ratio: Option<f64>,
}

impl Comparison {
    /// Of networks that are compared; of several batches, at the first.
    pub fn of(compared: &Compared<'_>) -> Self {
        let networks: Vec<_> = compared.names.iter().take(MOST).map(|name| printable(name)).collect();
        let figures = FIGURES.iter().filter_map(|name| named(name));
        let groups: Vec<_> = figures.map(|metric| Group::of(metric, compared, networks.len())).collect();
        let mut notes = vec![];
        let more = compared.names.len() - networks.len();
        if more > 0 {
            notes.push(text!("not shown: {more} networks more", "未显示:另有 {more} 个网络"));
        }
        for (subject, name) in compared.subjects.iter().zip(&networks) {
            if let Some(uncounted) = subject.uncounted(crate::graph::ScopeId::ROOT) {
                notes.push(text!("{name} is partial: {uncounted}", "{name} 不完整:{uncounted:#}"));
            }
        }
        Self {
            about: compared.circumstances(),
            networks,
            groups: groups.into_iter().filter(Group::has_any).collect(),
            notes,
        }
    }

    /// What it shows, as a title.
    pub fn heading(&self) -> Text {
        let first = self.networks.first().map_or("", String::as_str);
        text!("each beside {first}", "各网络与 {first} 对照")
    }
}

impl Group {
    fn of(metric: &'static Metric, compared: &Compared<'_>, count: usize) -> Self {
        let measures: Vec<Option<Measure>> =
            compared.subjects.iter().take(count).map(|subject| metric.total(subject).ok()).collect();
        let first = measures.first().and_then(|measure| measure.as_ref()?.number());
        let first = first.filter(|first| *first > 0.0);
        let side = |measure: &Measure| {
            let amount = measure.number()?;
            let ratio = first.map(|first| amount / first);
            Some(Side { amount, written: glance(metric, measure), ratio })
        };
        Self { metric, sides: measures.iter().map(|measure| side(measure.as_ref()?)).collect() }
    }

    fn has_any(&self) -> bool {
        self.sides.iter().flatten().any(|side| side.amount > 0.0)
    }

    /// The largest of them.
    pub fn largest(&self) -> f64 {
        self.sides.iter().flatten().map(|side| side.amount).fold(0.0, f64::max)
    }
}

impl Side {
    /// `118 M · 0.45×`; of the first, `118 M`.
    pub fn label(&self, is_first: bool) -> String {
        match self.ratio.filter(|_| !is_first) {
            Some(ratio) => format!("{} · {}×", self.written, times(ratio)),
            None => self.written.clone(),
        }
    }
}

/// Three digits of a ratio, however small or large.
fn times(ratio: f64) -> String {
    use crate::report::figures::digits;
    if ratio == 0.0 {
        "0".to_owned()
    } else if (0.1..1e6).contains(&ratio) {
        digits(ratio)
    } else if (0.0001..0.1).contains(&ratio) {
        let decimals = if ratio < 0.001 {
            6
        } else if ratio < 0.01 {
            5
        } else {
            4
        };
        format!("{ratio:.decimals$}")
    } else {
        format!("{ratio:.2e}")
    }
}
