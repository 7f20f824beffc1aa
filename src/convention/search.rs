//! Which way of counting gives a figure: conventions, other numbers of the network, and combinations of what may or may not be
//! counted, over the networks that a description may be read as.
//!
//! The ways are ranked by how much they assume: first what has a name, then that with one usual switch, then combinations. A
//! figure of few digits is met by many of them by chance. So it is found out for each how many figures near this one would be
//! met by ways that assume no more than it does, and only what is usual, or would hardly be met by chance, is an answer.

use std::sync::Arc;

use super::Convention;
use super::figure::{Figure, Fit, Interval, Quantity};
use crate::text;
use crate::text::Text;
use chance::Chance;
use parts::{Choice, choices};

mod chance;
mod parts;
mod property;

pub use parts::Parts;
pub use property::Property;

/// What a way may assume at the most. With it, a handful of choices that are not the usual ones.
const MOST_ASSUMED: u32 = 11;

/// What a usual way assumes at the most: something that has a name, with one usual switch.
const MOST_USUAL: u32 = 3;

/// A usual way is convincing if ways like it meet no more than this part of the figures near by chance, and an odd one if they
/// meet far fewer: there are so many odd ones.
const CONVINCING_USUAL: f64 = 0.08;
const CONVINCING_ODD: f64 = 0.02;

/// Samples of a forward pass that are tried beside those asked for.
const BATCHES: [u64; 12] = [2, 3, 4, 5, 6, 7, 8, 16, 32, 64, 128, 256];

/// What it is to assume another batch, or units of powers of 1024.
const ASSUME_BATCH: u32 = 4;
const ASSUME_BINARY: u32 = 3;

/// What it is to assume that a tool's figure was doubled or halved.
const ASSUME_FACTOR: u32 = 3;

/// What it is to assume that parts were put together in a way that has no name.
const ASSUME_COMBINATION: u32 = 2;

/// The most matches that are listed.
const MOST_LISTED: usize = 10;

/// The most that are listed of those that are no answer.
const MOST_ODD: usize = 3;

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
    /// Other numbers that it has.
    pub properties: Vec<Property>,
}

/// A way of counting that gives the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// The number it gives.
    pub number: u128,
    /// How that comes to be written as the figure.
    pub fit: Fit,
    /// The names of the conventions that give it, if any does.
    pub conventions: Vec<Arc<str>>,
    /// What it is, if no convention gives it: "parameters", "conv + linear + 2·batch norm".
    pub formula: Text,
    /// What else is assumed.
    pub switches: Vec<Text>,
    /// How much is assumed in all.
    pub assumed: u32,
    /// The part of the figures near, with as many digits, that ways give which assume no more.
    pub chance: f64,
}

/// What the ways that give a figure come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// One that would hardly do so by chance.
    Convincing,
    /// A usual one, but the figure has so few digits that this may be by chance.
    Usual,
    /// Odd ones only, as they give many figures.
    Odd,
    /// None.
    Nothing,
}

/// What there is for a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the ways come to.
    pub verdict: Verdict,
    /// Those that are an answer, simplest first; the simplest odd ones if there are no others.
    pub matches: Vec<Match>,
    /// How many ways give it in all.
    pub count: usize,
    /// How many were tried.
    pub tried: usize,
    /// What comes nearest of the network that was asked for, and its number.
    pub nearest: Option<(Text, u128)>,
}

impl Match {
    /// Whether it has a name and at most one usual switch.
    pub fn is_usual(&self) -> bool {
        self.assumed <= MOST_USUAL
    }

    /// Whether it would hardly give the figure by chance.
    pub fn is_convincing(&self) -> bool {
        self.chance <= if self.is_usual() { CONVINCING_USUAL } else { CONVINCING_ODD }
    }
}

impl Verdict {
    /// Whether that is an answer.
    pub fn is_answer(self) -> bool {
        match self {
            Self::Convincing | Self::Usual => true,
            Self::Odd | Self::Nothing => false,
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Convincing => "convincing",
            Self::Usual => "usual",
            Self::Odd => "odd",
            Self::Nothing => "nothing",
        }
    }
}

/// The ways that give `figure`, simplest first. The first of `builds` is the network that was asked for.
pub fn search(figure: &Figure, conventions: &[Convention], builds: &[Build]) -> Found {
    let mut search = Search { matches: vec![], tried: 0, chance: Chance::near(figure.mantissa) };
    for build in builds {
        search.properties(figure, build);
        if matches!(figure.of, None | Some(Quantity::Macs | Quantity::Flops)) {
            search.counts(figure, conventions, build);
        }
    }
    let Search { mut matches, tried, chance } = search;
    let shares = chance.shares(MOST_ASSUMED);
    for found in &mut matches {
        found.chance = shares[found.assumed as usize];
    }
    // Stable: what assumes as much stays in the order in which it was tried, papers' MACs before tools.
    matches.sort_by_key(|found| found.assumed);
    let count = matches.len();
    let verdict = match matches.first() {
        None => Verdict::Nothing,
        Some(first) if first.is_convincing() => Verdict::Convincing,
        Some(first) if first.is_usual() => Verdict::Usual,
        Some(_) => Verdict::Odd,
    };
    if verdict.is_answer() {
        matches.retain(|found| found.is_usual() || found.is_convincing());
    }
    matches.truncate(if verdict.is_answer() { MOST_LISTED } else { MOST_ODD });
    let nearest = builds.first().and_then(|build| nearest(figure, conventions, build));
    Found { verdict, matches, count, tried, nearest }
}

/// A figure as it is best read, and the ways that give that. One that is no whole number, as `4.1`, has lost its unit, and one
/// that nothing gives, as `569`, may have.
pub fn trace(figure: &Figure, conventions: &[Convention], builds: &[Build]) -> (Figure, Found) {
    let itself = figure.is_whole().then(|| (figure.clone(), search(figure, conventions, builds)));
    if let Some((figure, found)) = &itself
        && found.verdict.is_answer()
    {
        return (figure.clone(), found.clone());
    }
    let read = figure.with_units().into_iter().map(|figure| {
        let found = search(&figure, conventions, builds);
        (figure, found)
    });
    // Of readings that come to the same, the one that assumes least, then the one that is nearest to what has a name.
    let best = read.min_by_key(|(figure, found)| {
        let assumed = found.matches.first().map_or(u32::MAX, |first| first.assumed);
        let nearest =
            found.nearest.as_ref().map_or(u32::MAX, |(_, number)| figure.decimal.times_off(*number));
        (found.verdict, assumed, nearest)
    });
    match (itself, best) {
        (Some(itself), Some(best)) if best.1.verdict != Verdict::Convincing => itself,
        (_, Some(best)) => best,
        (Some(itself), None) => itself,
        (None, None) => (figure.clone(), search(figure, conventions, builds)),
    }
}

/// What comes nearest to a figure of what has a name.
fn nearest(figure: &Figure, conventions: &[Convention], build: &Build) -> Option<(Text, u128)> {
    let totals = conventions.iter().zip(&build.totals).filter_map(|(convention, total)| {
        let name = &convention.name;
        Some((text!("{name}", "{name}"), (*total)?))
    });
    let properties = build.properties.iter().filter(|property| property.may_be(figure).is_some());
    let properties = properties.map(|property| (property.words.clone(), property.number));
    let is_count = matches!(figure.of, None | Some(Quantity::Macs | Quantity::Flops));
    let named = totals.filter(|_| is_count).chain(properties).filter(|(_, number)| *number > 0);
    named.min_by_key(|(_, number)| figure.decimal.distance(*number))
}

/// What is assumed before anything is added up.
struct Setting<'s> {
    span: &'s Interval,
    batch: u64,
    assumed: u32,
    switches: Vec<Text>,
}

struct Search {
    matches: Vec<Match>,
    tried: usize,
    chance: Chance,
}

impl Search {
    /// Tries a number: how it is written as the figure, if it is.
    fn fit(&mut self, span: &Interval, number: u128, assumed: u32) -> Option<Fit> {
        self.tried += 1;
        self.chance.add(span, number, assumed);
        span.fit(number)
    }

    /// Numbers of the network that are no count of operations.
    fn properties(&mut self, figure: &Figure, build: &Build) {
        for property in &build.properties {
            let Some((of_decimal, of_binary)) = property.may_be(figure) else { continue };
            let spans =
                [Some((&figure.decimal, of_decimal)), figure.binary.as_ref().map(|span| (span, of_binary))];
            for (index, (span, assumed)) in spans.into_iter().flatten().enumerate() {
                let (number, assumed) = (property.number, build.assumed + assumed);
                if assumed > MOST_ASSUMED {
                    continue;
                }
                let Some(fit) = self.fit(span, number, assumed) else { continue };
                let mut switches = build.switches.clone();
                if index > 0 {
                    switches.push(binary_units());
                }
                let (conventions, formula) = (vec![], property.words.clone());
                self.matches.push(Match {
                    number,
                    fit,
                    conventions,
                    formula,
                    switches,
                    assumed,
                    chance: 1.0,
                });
            }
        }
    }

    /// Counts of operations.
    fn counts(&mut self, figure: &Figure, conventions: &[Convention], build: &Build) {
        let units = [Some((&figure.decimal, 0)), figure.binary.as_ref().map(|span| (span, ASSUME_BINARY))];
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
                    switches.push(binary_units());
                }
                let setting = Setting { span, batch, assumed, switches };
                self.conventions(&setting, conventions, &build.totals);
                self.combinations(&setting, &choices, &build.totals);
            }
        }
    }

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
                let (assumed, formula) = (setting.assumed + of_factor, text!("", ""));
                let Some(fit) = self.fit(setting.span, number, assumed) else { continue };
                let switches = factor.into_iter().chain(setting.switches.iter().cloned()).collect();
                let found =
                    Match { number, fit, conventions: vec![], formula, switches, assumed, chance: 1.0 };
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
        self.choose(setting, choices, totals, &mut chosen, (0, setting.assumed + ASSUME_COMBINATION));
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
        if let Some(fit) = self.fit(setting.span, number, assumed) {
            let words: Vec<_> = chosen.iter().filter_map(|choice| choice.words.as_ref()).collect();
            self.matches.push(Match {
                number,
                fit,
                conventions: vec![],
                formula: parts::sum(&words),
                switches: setting.switches.clone(),
                assumed,
                chance: 1.0,
            });
        }
    }
}

fn binary_units() -> Text {
    text!("units of powers of 1024", "单位为 1024 的幂")
}

#[cfg(test)]
mod tests;
