//! Which way of counting gives a figure: conventions, and combinations of what may or may not be counted, over the networks
//! that a description may be read as.
//!
//! The ways are ranked by how much they assume. A figure of few digits is met by many of them by chance, so all that were
//! tried are counted, and the simplest come first.

use std::sync::Arc;

use super::Convention;
use super::figure::{Figure, Fit, Span};
use super::measure::{Facts, Measure};
use crate::counts::{Macs, Overflow, Tally};
use crate::graph::Graph;
use crate::op::{Class, Op};
use crate::text;
use crate::text::Text;

/// What a way may assume at the most. With it, a handful of choices that are not the usual ones.
const MOST_ASSUMED: u32 = 9;

/// Samples of a forward pass that are tried beside those asked for.
const BATCHES: [u64; 12] = [2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256];

/// What it is to assume another batch, or units of powers of 1024.
const ASSUME_BATCH: u32 = 4;
const ASSUME_BINARY: u32 = 3;

/// What it is to assume that a tool's figure was doubled or halved.
const ASSUME_FACTOR: u32 = 3;

/// The most matches that are listed.
const MOST_LISTED: usize = 10;

/// A network that a description may be read as, counted.
#[derive(Clone, Debug)]
pub struct Build {
    /// How it differs from the network that was asked for.
    pub switches: Vec<Text>,
    /// How much is assumed with that.
    pub assumed: u32,
    /// What it counts in each convention, where that is known.
    pub totals: Vec<Option<u128>>,
    /// What may or may not be counted in it.
    pub parts: Parts,
}

/// What may or may not be counted in a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Multiply–accumulates.
    pub macs: Macs,
    /// Elements that a bias is added to.
    pub bias: u128,
    /// Elements that are normalized.
    pub norm: u128,
    /// Those of other norms than batch norms.
    pub other_norm: u128,
    /// Elements that go through a ReLU.
    pub relu: u128,
    /// Elements that go through another activation.
    pub other_activation: u128,
    /// Elements that go into pools.
    pub pool_in: u128,
    /// Elements that come out of them.
    pub pool_out: u128,
    /// Positions of the windows of all these.
    pub pool_taps: u128,
    /// Elements of sums.
    pub sum: u128,
    /// Learned numbers: what tells another network from the same one, counted otherwise.
    pub params: u128,
}

/// A way of counting that gives the figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The number it gives.
    pub number: u128,
    /// How that comes to be written as the figure.
    pub fit: Fit,
    /// The names of the conventions that give it, if any does.
    pub conventions: Vec<Arc<str>>,
    /// What is added up, if none does: "conv + linear + 2·batch norm".
    pub formula: Text,
    /// What else is assumed.
    pub switches: Vec<Text>,
    /// How much is assumed in all.
    pub assumed: u32,
}

/// What there is for a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The simplest ways that give it.
    pub matches: Vec<Match>,
    /// How many give it in all.
    pub count: usize,
    /// How many were tried.
    pub tried: usize,
    /// The convention that comes nearest for the network that was asked for, and what it gives.
    pub nearest: Option<(Arc<str>, u128)>,
}

impl Parts {
    /// Those of a graph, for `batch` samples.
    pub fn of(graph: &Graph, batch: u64) -> Result<Self, Overflow> {
        let mut parts = Self::default();
        for (id, node) in graph.nodes() {
            let Some(op) = node.operator() else { continue };
            parts.add(op, &Facts::new(graph, id, op)?, batch)?;
        }
        Ok(parts)
    }

    fn add(&mut self, op: &Op, facts: &Facts<'_>, batch: u64) -> Result<(), Overflow> {
        let grow = |sum: &mut u128, measure| {
            *sum = sum.plus(facts.measure(measure)?.times(batch)?)?;
            Ok(())
        };
        self.params = self.params.plus(facts.measure(Measure::Params)?)?;
        self.macs = self.macs.plus(facts.work.macs.times(batch)?)?;
        match op.class() {
            Class::Convolution | Class::Linear => grow(&mut self.bias, Measure::Bias),
            Class::Normalization => {
                let is_batch_norm = op.name().starts_with("batch_norm");
                grow(if is_batch_norm { &mut self.norm } else { &mut self.other_norm }, Measure::In)
            }
            Class::Activation => {
                let is_relu = matches!(op, Op::Relu(_));
                grow(if is_relu { &mut self.relu } else { &mut self.other_activation }, Measure::In)
            }
            Class::Pooling => {
                grow(&mut self.pool_in, Measure::In)?;
                grow(&mut self.pool_out, Measure::Out)?;
                grow(&mut self.pool_taps, Measure::Taps)
            }
            Class::Merge if matches!(op, Op::Add(_)) => grow(&mut self.sum, Measure::Out),
            Class::Attention | Class::Softmax | Class::Merge | Class::Rearrangement | Class::Source => Ok(()),
        }
    }
}

/// One of several choices for a part: how much it assumes, what it adds, and how that is called.
#[derive(Clone, Debug)]
struct Choice {
    assumed: u32,
    number: u128,
    words: Option<Text>,
}

/// The ways that give `figure`, simplest first. The first of `builds` is the network that was asked for.
pub fn search(figure: &Figure, conventions: &[Convention], builds: &[Build]) -> Found {
    let mut search = Search { matches: vec![], tried: 0 };
    let units = [Some((&figure.decimal, 0)), figure.binary.as_ref().map(|span| (span, ASSUME_BINARY))];
    for build in builds {
        let choices = choices(&build.parts);
        for (batch, of_batch) in std::iter::once((1, 0)).chain(BATCHES.map(|batch| (batch, ASSUME_BATCH))) {
            for (span, of_unit) in units.into_iter().flatten() {
                let assumed = build.assumed + of_batch + of_unit;
                if assumed > MOST_ASSUMED {
                    continue;
                }
                let mut switches = build.switches.clone();
                if batch > 1 {
                    switches.push(text!("batch {batch}", "批量大小 {batch}"));
                }
                if of_unit > 0 {
                    switches.push(text!("units of powers of 1024", "单位为 1024 的幂"));
                }
                let setting = Setting { span, batch, assumed, switches };
                search.conventions(&setting, conventions, &build.totals);
                search.combinations(&setting, &choices, &build.totals);
            }
        }
    }
    let Search { mut matches, tried } = search;
    // Stable: what assumes as much stays in the order in which it was tried, papers' MACs before tools.
    matches.sort_by_key(|found| found.assumed);
    let count = matches.len();
    matches.truncate(MOST_LISTED);
    let nearest = builds.first().and_then(|build| {
        let totals = conventions
            .iter()
            .zip(&build.totals)
            .filter_map(|(convention, total)| Some((convention, (*total)?)));
        let nearest = totals.filter(|(_, total)| *total > 0);
        let (convention, total) = nearest.min_by_key(|(_, total)| figure.decimal.distance(*total))?;
        Some((convention.name.clone(), total))
    });
    Found { matches, count, tried, nearest }
}

/// What is assumed before anything is added up.
struct Setting<'s> {
    span: &'s Span,
    batch: u64,
    assumed: u32,
    switches: Vec<Text>,
}

struct Search {
    matches: Vec<Match>,
    tried: usize,
}

impl Search {
    fn conventions(&mut self, setting: &Setting<'_>, conventions: &[Convention], totals: &[Option<u128>]) {
        let start = self.matches.len();
        for (convention, total) in conventions.iter().zip(totals) {
            let Some(total) = total else { continue };
            let factors = [
                (Some(*total), 0, None),
                (total.checked_mul(2), ASSUME_FACTOR, Some(text!("twice that", "其两倍"))),
                (
                    total.is_multiple_of(2).then_some(total / 2),
                    ASSUME_FACTOR,
                    Some(text!("half of that", "其一半")),
                ),
            ];
            for (number, of_factor, factor) in factors {
                let number = number.and_then(|number| number.checked_mul(setting.batch.into()));
                let Some(number) = number.filter(|&number| number > 0) else { continue };
                // Twice a figure is the same as a batch of 2, and may be what another convention counts.
                let is_named = of_factor > 0 && (setting.batch > 1 || totals.contains(&Some(number)));
                if is_named || setting.assumed + of_factor > MOST_ASSUMED {
                    continue;
                }
                self.tried += 1;
                let Some(fit) = setting.span.fit(number) else { continue };
                let switches = factor.into_iter().chain(setting.switches.iter().cloned()).collect();
                let (assumed, formula) = (setting.assumed + of_factor, text!("", ""));
                let found = Match { number, fit, conventions: vec![], formula, switches, assumed };
                let is_same = |known: &&mut Match| {
                    (known.number, known.assumed, &known.switches) == (number, assumed, &found.switches)
                };
                let name = convention.name.clone();
                match self.matches[start..].iter_mut().find(is_same) {
                    Some(known) => known.conventions.push(name),
                    None => self.matches.push(Match { conventions: vec![name], ..found }),
                }
            }
        }
    }

    fn combinations(&mut self, setting: &Setting<'_>, choices: &[Vec<Choice>], totals: &[Option<u128>]) {
        let mut chosen = Vec::with_capacity(choices.len());
        self.choose(setting, choices, totals, &mut chosen, (0, setting.assumed));
    }

    /// Tries every choice for the parts that are left, with what is added up and assumed so far.
    fn choose<'c>(
        &mut self,
        setting: &Setting<'_>,
        left: &'c [Vec<Choice>],
        totals: &[Option<u128>],
        chosen: &mut Vec<&'c Choice>,
        so_far: (u128, u32),
    ) {
        let (sum, assumed) = so_far;
        let Some((part, left)) = left.split_first() else {
            self.combination(setting, totals, chosen, so_far);
            return;
        };
        for choice in part {
            let Some(sum) = sum.checked_add(choice.number) else { continue };
            if assumed + choice.assumed <= MOST_ASSUMED {
                chosen.push(choice);
                self.choose(setting, left, totals, chosen, (sum, assumed + choice.assumed));
                chosen.pop();
            }
        }
    }

    fn combination(
        &mut self,
        setting: &Setting<'_>,
        totals: &[Option<u128>],
        chosen: &[&Choice],
        (sum, assumed): (u128, u32),
    ) {
        // What a convention counts has its name already.
        if totals.contains(&Some(sum)) {
            return;
        }
        let Some(number) = sum.checked_mul(setting.batch.into()) else { return };
        self.tried += 1;
        if let Some(fit) = setting.span.fit(number) {
            let words: Vec<_> = chosen.iter().filter_map(|choice| choice.words.as_ref()).collect();
            self.matches.push(Match {
                number,
                fit,
                conventions: vec![],
                formula: plus(&words),
                switches: setting.switches.clone(),
                assumed,
            });
        }
    }
}

/// `a + b + c`
fn plus(texts: &[&Text]) -> Text {
    let join = |words: Vec<&str>| words.join(" + ");
    Text {
        english: join(texts.iter().map(|text| &*text.english).collect()),
        chinese: join(texts.iter().map(|text| &*text.chinese).collect()),
    }
}

/// The choices for each part, the usual one first; none of a part that the network does not have.
fn choices(parts: &Parts) -> Vec<Vec<Choice>> {
    let none = Choice { assumed: 0, number: 0, words: None };
    let times = |factor: u64, assumed: u32, number: u128, name: Text| {
        let number = number.times(factor).ok()?;
        let words = text!("{factor}·{name}", "{factor}·{name:#}");
        (number > 0).then_some(Choice { assumed, number, words: Some(words) })
    };
    let once = |assumed: u32, number: u128, words: Text| {
        (number > 0).then_some(Choice { assumed, number, words: Some(words) })
    };
    let batch_norm = || text!("batch norm", "批归一化");
    let relu = || text!("ReLU", "ReLU");
    let activations = parts.relu.saturating_add(parts.other_activation);
    let others = if parts.other_activation > 0 { activations } else { 0 };
    let all = || text!("every activation", "全部激活");
    let optional = [
        vec![once(2, parts.bias, text!("bias", "偏置"))],
        vec![
            times(2, 2, parts.norm, batch_norm()),
            times(1, 2, parts.norm, batch_norm()),
            times(4, 3, parts.norm, batch_norm()),
        ],
        vec![
            times(1, 3, parts.other_norm, text!("norm", "归一化")),
            times(5, 3, parts.other_norm, text!("norm", "归一化")),
        ],
        vec![
            times(1, 2, parts.relu, relu()),
            times(2, 3, parts.relu, relu()),
            times(1, 3, others, all()),
            times(2, 4, others, all()),
        ],
        vec![
            once(3, parts.pool_in, text!("pool inputs", "池化输入")),
            once(3, parts.pool_out, text!("pool outputs", "池化输出")),
            once(3, parts.pool_taps, text!("pool windows", "池化窗口")),
        ],
        vec![once(3, parts.sum, text!("sums", "逐元素相加"))],
    ];
    let optional = optional.into_iter().map(|choices| choices.into_iter().flatten().collect::<Vec<_>>());
    let optional = optional.filter(|choices| !choices.is_empty());
    let optional = optional.map(|choices| std::iter::once(none.clone()).chain(choices).collect());
    std::iter::once(contractions(&parts.macs)).chain(optional).collect()
}

/// MACs once or twice, with linear layers and without.
fn contractions(macs: &Macs) -> Vec<Choice> {
    let names = [
        (macs.convolution, text!("conv", "卷积")),
        (macs.linear, text!("linear", "线性层")),
        (macs.attention, text!("attention", "注意力")),
    ];
    let present: Vec<_> = names.into_iter().filter(|(number, _)| *number > 0).collect();
    let mut choices = vec![];
    for factor in [1u64, 2] {
        for count in [present.len(), 1] {
            let is_usual = count == present.len();
            if count > present.len() || (!is_usual && macs.convolution == 0) {
                continue;
            }
            let terms = &present[..count];
            let number = terms.iter().try_fold(0u128, |sum, (number, _)| sum.plus(number.times(factor)?));
            let words: Vec<_> = terms
                .iter()
                .map(|(_, name)| match factor {
                    1 => name.clone(),
                    _ => text!("{factor}·{name}", "{factor}·{name:#}"),
                })
                .collect();
            let assumed = if is_usual { 0 } else { 2 } + if factor == 1 { 0 } else { 2 };
            let Ok(number) = number else { continue };
            choices.push(Choice { assumed, number, words: Some(plus(&words.iter().collect::<Vec<_>>())) });
            if present.len() == 1 {
                break;
            }
        }
    }
    choices
}

#[cfg(test)]
mod tests;
