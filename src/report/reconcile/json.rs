//! The same for programs: every total and every way, whole.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, Traced, per_mac};
use crate::convention::figure::Fit;
use crate::convention::search::Match;
use crate::report::write_json;

/// The name and version of this form.
const SCHEMA: &str = "cnncost/reconcile/3";

/// What is known of every network.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'a> {
    /// The name and version of this form: `cnncost/reconcile/3`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// Every network, in the order they were asked for.
    networks: Vec<Network<'a>>,
}

/// A network's totals, and what gives its figure.
#[derive(Debug, Serialize, JsonSchema)]
struct Network<'a> {
    /// What it calls itself.
    model: &'a str,
    /// The file, or the name of the bundled one.
    source: &'a str,
    /// The variant: the one that was asked for, or else the one that the defaults are, if they are one.
    variant: Option<&'a str>,
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    sha256: &'a str,
    /// Samples of one forward pass.
    batch: u64,
    /// `complete`, or `partial` where operators are not known.
    status: &'a str,
    /// Its multiply–accumulates.
    macs: u128,
    /// What it counts in each convention.
    conventions: Vec<Counted<'a>>,
    /// The figure that was asked about, and what gives it; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    figure: Option<Explained<'a>>,
}

/// A total as one convention counts.
#[derive(Debug, Serialize, JsonSchema)]
struct Counted<'a> {
    /// The convention.
    name: &'a str,
    /// The version of the tool that counts so; empty where it is no tool's.
    version: &'a str,
    /// What it counts, in words.
    counts: &'a str,
    /// Where that is known from.
    source: &'a str,
    /// The total; nothing where it is not known how the convention counts one of the operators.
    total: Option<u128>,
    /// The total for each multiply–accumulate; nothing if there are none.
    per_mac: Option<f64>,
}

/// A figure and what gives it.
#[derive(Debug, Serialize, JsonSchema)]
struct Explained<'a> {
    /// As it was asked about.
    written: &'a str,
    /// As it is read: with a unit, if it has lost it.
    read_as: &'a str,
    /// Its digits.
    digits: u32,
    /// The least number that it is written for.
    from: u128,
    /// The largest.
    to: u128,
    /// `convincing`, `usual`, `odd` or `nothing`.
    verdict: &'a str,
    /// How many ways of counting give it.
    count: usize,
    /// How many were tried.
    tried: usize,
    /// Those that are an answer, simplest first.
    matches: Vec<Way<'a>>,
    /// What comes nearest.
    nearest: Option<Nearest<'a>>,
}

/// What comes nearest to a figure.
#[derive(Debug, Serialize, JsonSchema)]
struct Nearest<'a> {
    /// Its number.
    total: u128,
    /// The way of counting.
    way: &'a str,
}

/// A way of counting that gives the figure.
#[derive(Debug, Serialize, JsonSchema)]
struct Way<'a> {
    /// What it comes to.
    number: u128,
    /// How the figure is that: `exact`, `rounded or cut`, `rounded` or `cut`.
    fit: &'a str,
    /// The conventions that count so; empty where none does.
    conventions: Vec<&'a str>,
    /// What is added up; nothing where that is a convention's.
    formula: Option<&'a str>,
    /// What is otherwise than it was asked for.
    switches: Vec<&'a str>,
    /// How many things are assumed for it.
    assumed: u32,
    /// How likely so good a match is met by chance.
    chance: f64,
}

/// Writes one object, which holds every network.
///
/// # Errors
/// If it cannot be written.
pub fn json(answers: &[Answer<'_>], to: &mut dyn io::Write) -> io::Result<()> {
    let networks = answers.iter().map(network).collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document<'_>)
}

fn network<'a>(answer: &'a Answer<'_>) -> Network<'a> {
    let subject = answer.subject;
    let conventions = answer.conventions.iter().zip(&answer.totals).map(|(convention, total)| Counted {
        name: &convention.name,
        version: &convention.version,
        counts: &convention.about.english,
        source: &convention.source,
        total: *total,
        per_mac: total.and_then(|total| per_mac(answer, total)),
    });
    Network {
        model: &subject.title,
        source: &subject.source,
        variant: subject.variant.as_deref(),
        sha256: &subject.sha256,
        batch: subject.batch(),
        status: subject.analysis.status().name(),
        macs: subject.analysis.total().work.macs.total(),
        conventions: conventions.collect(),
        figure: answer.found.as_ref().map(explained),
    }
}

fn explained<'a>(traced: &'a Traced<'_>) -> Explained<'a> {
    let Traced { asked, read, found } = traced;
    let (from, to) = read.decimal.bounds();
    let nearest = found.nearest.as_ref();
    Explained {
        written: &asked.written,
        read_as: &read.written,
        digits: read.digits,
        from,
        to,
        verdict: found.verdict.name(),
        count: found.count,
        tried: found.tried,
        matches: found.matches.iter().map(way).collect(),
        nearest: nearest.map(|(name, total)| Nearest { total: *total, way: &name.english }),
    }
}

fn way(way: &Match) -> Way<'_> {
    Way {
        number: way.number,
        fit: match way.fit {
            Fit::Exact => "exact",
            Fit::Either => "rounded or cut",
            Fit::Rounded => "rounded",
            Fit::Cut => "cut",
        },
        conventions: way.conventions.iter().map(|name| &**name).collect(),
        formula: Some(&*way.formula.english).filter(|formula| !formula.is_empty()),
        switches: way.switches.iter().map(|switch| &*switch.english).collect(),
        assumed: way.assumed,
        chance: way.chance,
    }
}
