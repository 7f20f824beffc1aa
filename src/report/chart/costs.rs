//! What layers and boxes cost in one figure, in the order of execution or from the largest on, with their shares.

use std::collections::BTreeMap;

use super::notes::{circumstances, glance, name, uncounted};
use crate::graph::{Graph, NodeId, Place, ScopeId};
use crate::metric::{Measure, Metric, Missing, Sums};
use crate::report::Subject;
use crate::report::columns::Column;
use crate::report::draw::Kind;
use crate::report::rows::{Depth, Row, rows};
use crate::report::sort::sort;
use crate::text;
use crate::text::{Text, printable};

/// The most bars: the smallest of more are one.
const MOST: usize = 60;

/// What layers and boxes cost in one figure.
#[derive(Clone, Debug)]
pub struct Costs {
    /// The network.
    pub title: String,
    /// Its batch, and the type of its numbers.
    pub about: Text,
    /// The figure.
    pub metric: &'static Metric,
    /// Of the whole network.
    pub total: Measure,
    /// Each layer, or box that is not opened, that has some of it; at most 60.
    pub bars: Vec<Bar>,
    /// What is to be said of what is missing.
    pub notes: Vec<Text>,
}

/// A layer or a box.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is of.
    pub what: What,
    /// How much.
    pub amount: Measure,
    /// The same as it is written: `118 M`.
    pub written: String,
    /// As a part of the network's, from 0 to 1.
    pub share: f64,
    /// The same of it and all before it.
    pub cumulated: f64,
    /// What kinds of operators it is of, each with its part of the bar.
    pub kinds: Vec<(Kind, f64)>,
}

/// What a bar is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A layer or a box, by its path.
    Place(Place, String),
    /// So many that are too small for bars of their own.
    Rest(usize),
}

impl Costs {
    /// What the lines that a table would have at a depth cost, in the order of execution, or in that of columns.
    ///
    /// # Errors
    /// If the figure does not add up, or there is none.
    pub fn of(
        subject: &Subject,
        metric: &'static Metric,
        depth: Depth,
        sorted_by: &[&Column],
    ) -> Result<Self, Text> {
        let total = total(subject, metric)?;
        let (mut rows, _) = rows(subject, depth);
        sort(&mut rows, sorted_by);
        rows.retain(|row| row.kind.adds_up());
        let lines = rows.len();
        let bars: Vec<Bar> = rows.iter().filter_map(|row| bar(subject, metric, row)).collect();
        let mut notes = vec![];
        if !bars.is_empty() && bars.len() < lines {
            let (count, figure) = (lines - bars.len(), metric.words);
            let (english, chinese) = (figure.english, figure.chinese);
            notes.push(text!(
                "not shown: lines without {english} ({count})",
                "未显示:没有{chinese}的行({count} 行)"
            ));
        }
        if metric.leaves_out(subject, ScopeId::ROOT) {
            notes.extend(uncounted(subject));
        }
        let mut bars = fold(bars, metric);
        share(&mut bars, total.number().unwrap_or(0.0));
        Ok(Self { title: name(subject), about: circumstances(subject), metric, total, bars, notes })
    }

    /// What it shows, as a title.
    pub fn heading(&self) -> Text {
        let (words, total) = (self.metric.words, glance(self.metric, &self.total));
        let (english, chinese) = (words.english, words.chinese);
        text!("{english} by layer, {total} in all", "各层的{chinese},合计 {total}")
    }

    /// The kinds that there are, in the order of the legend.
    pub fn kinds(&self) -> Vec<Kind> {
        let is_there = |kind: &Kind| self.bars.iter().flat_map(|bar| &bar.kinds).any(|(of, _)| of == kind);
        Kind::ALL.into_iter().filter(is_there).collect()
    }
}

impl Bar {
    /// What it is called, whole.
    pub fn name(&self) -> Text {
        match &self.what {
            What::Place(_, path) => text!("{path}", "{path}"),
            What::Rest(count) => text!("{count} smaller ones", "其余 {count} 项"),
        }
    }
}

/// The figure of the whole network, if it is the sum of those of the layers.
fn total(subject: &Subject, metric: &Metric) -> Result<Measure, Text> {
    let name = metric.name;
    if metric.sums != Sums::Sum {
        return Err(text!(
            "`{name}` of a network is not the sum of its layers': there is nothing to draw bars of",
            "网络的 `{name}` 不是各层之和:无法画成条形图"
        ));
    }
    metric.total(subject).map_err(|missing| match missing {
        Missing::Device => {
            text!(
                "`{name}` is asked about a device: add `--device-spec`",
                "`{name}` 取决于设备:请加 `--device-spec`"
            )
        }
        Missing::Nothing(why) | Missing::Untold(why) => why,
        Missing::Operator | Missing::Part => text!("there is no `{name}` here", "此处没有 `{name}`"),
    })
}

/// The bar of a line; `None` if it has nothing.
fn bar(subject: &Subject, metric: &Metric, row: &Row<'_>) -> Option<Bar> {
    let amount = metric.of(subject, row.place).ok().filter(|_| !row.is_input())?;
    let number = amount.number().filter(|number| *number > 0.0)?;
    let path = if row.path.is_empty() { &subject.label } else { &row.path };
    Some(Bar {
        what: What::Place(row.place, printable(path)),
        written: glance(metric, &amount),
        kinds: kinds(subject, metric, row.place, number),
        amount,
        share: 0.0,
        cumulated: 0.0,
    })
}

/// What kinds of operators a figure is of, each with its part.
fn kinds(subject: &Subject, metric: &Metric, place: Place, whole: f64) -> Vec<(Kind, f64)> {
    let graph = subject.graph();
    let scope = match place {
        Place::Node(id) => return vec![(kind(graph, id), 1.0)],
        Place::Box(scope) => scope,
    };
    let mut parts: BTreeMap<Kind, f64> = BTreeMap::new();
    for id in graph.scope(scope).nodes() {
        let amount = metric.of(subject, Place::Node(id)).ok().and_then(|measure| measure.number());
        *parts.entry(kind(graph, id)).or_default() += amount.unwrap_or(0.0) / whole;
    }
    parts.into_iter().filter(|(_, part)| *part > 0.0).collect()
}

/// What kind of operator a node is.
pub(super) fn kind(graph: &Graph, id: NodeId) -> Kind {
    Kind::of_node(graph.node(id))
}

/// Of too many bars the smallest as one, at the end.
fn fold(bars: Vec<Bar>, metric: &Metric) -> Vec<Bar> {
    if bars.len() <= MOST {
        return bars;
    }
    let number = |bar: &Bar| bar.amount.number().unwrap_or(0.0);
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|&a, &b| number(&bars[b]).total_cmp(&number(&bars[a])));
    let mut is_kept = vec![false; bars.len()];
    order.iter().take(MOST - 1).for_each(|&index| is_kept[index] = true);
    let mut kept = is_kept.iter();
    let (mut bars, rest): (Vec<_>, Vec<_>) = bars.into_iter().partition(|_| kept.next() == Some(&true));
    bars.push(together(&rest, metric));
    bars
}

/// Several bars as one.
fn together(bars: &[Bar], metric: &Metric) -> Bar {
    let amount = bars.iter().fold(None, |sum, bar| match (sum, &bar.amount) {
        // What is part of a count that fits, fits.
        (Some(Measure::Count(sum)), Measure::Count(count)) => Some(Measure::Count(sum + count)),
        (Some(Measure::Real(sum)), Measure::Real(number)) => Some(Measure::Real(sum + number)),
        (_, first) => Some(first.clone()),
    });
    let amount = amount.unwrap_or(Measure::Count(0));
    let whole = amount.number().unwrap_or(0.0);
    let mut parts: BTreeMap<Kind, f64> = BTreeMap::new();
    for bar in bars {
        let number = bar.amount.number().unwrap_or(0.0);
        for (kind, part) in &bar.kinds {
            *parts.entry(*kind).or_default() += part * number / whole;
        }
    }
    Bar {
        what: What::Rest(bars.len()),
        written: glance(metric, &amount),
        amount,
        share: 0.0,
        cumulated: 0.0,
        kinds: parts.into_iter().collect(),
    }
}

/// Gives bars their shares of the whole.
fn share(bars: &mut [Bar], whole: f64) {
    let mut sum = 0.0;
    for bar in bars {
        let number = bar.amount.number().unwrap_or(0.0);
        sum += number;
        (bar.share, bar.cumulated) = (number / whole, f64::min(sum / whole, 1.0));
    }
}
