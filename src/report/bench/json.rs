//! JSON: everything that was measured, raw samples too, under keys that stay.

use std::io;

use super::lines::Line;
use super::{Choice, Subject, all_lines, caveats};
use crate::bench::baseline;
use crate::bench::compare::{self, pairs};
use crate::bench::machine::CANDLE;
use crate::bench::profile::{self, Profile as Measured};
use crate::bench::{self, Case, Warmup, statistics};
use crate::graph::Place;
use crate::report::write_json;

mod objects;

pub use objects::{Bench, Caveat, Comparison, Difference, Entry, Layer, Peak, Profile, Settings};

/// Writes one object for the whole measurement.
///
/// # Errors
/// If it cannot be written.
pub fn write(
    bench: &bench::Bench,
    subjects: &[Subject],
    choice: &Choice,
    to: &mut dyn io::Write,
) -> io::Result<()> {
    write_json(&report(bench, subjects, choice), to)
}

/// The JSON Schema of it.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Bench<'_>)
}

fn report<'b>(bench: &'b bench::Bench, subjects: &[Subject], choice: &Choice) -> Bench<'b> {
    let effort = bench.effort;
    let differences = choice.differences.clone().unwrap_or_else(|| vec![None; bench.cases.len()]);
    let lines = all_lines(bench, subjects);
    let own = bench.caveats.len();
    Bench {
        schema: baseline::FORM,
        version: env!("CARGO_PKG_VERSION"),
        candle: CANDLE,
        machine: &bench.machine,
        device: bench.device.clone(),
        engine: bench.engine.name(),
        dtype: bench.element.name(),
        settings: Settings {
            warmup: match effort.warmup {
                Warmup::Steady => None,
                Warmup::Passes(passes) => Some(passes),
            },
            precision: effort.precision,
            min_time_seconds: effort.min_time.as_secs_f64(),
            max_time_seconds: effort.max_time.as_secs_f64(),
            seed: effort.seed,
        },
        peaks: bench.peaks.iter().map(peak).collect(),
        results: lines.iter().zip(differences).map(|(line, before)| entry(bench, line, before)).collect(),
        comparisons: pairs(bench, subjects).iter().map(|pair| comparison(bench, subjects, pair)).collect(),
        caveats: caveats(bench, subjects)[..own].iter().map(|(_, it)| caveat(it)).collect(),
    }
}

fn peak(peak: &bench::MeasuredPeak) -> Peak {
    let &bench::MeasuredPeak { threads, flops_per_second, product_size, bytes_per_second, copied_bytes } =
        peak;
    Peak { threads, flops_per_second, product_size, bytes_per_second, copied_bytes }
}

fn entry(bench: &bench::Bench, line: &Line, before: Option<compare::Difference>) -> Entry {
    let Line { case, subject, peak, executed: _, at_best } = line;
    let total = subject.analysis.total();
    let statistics::Summary {
        count: _,
        median,
        interval,
        deviation,
        least,
        most,
        lower_quartile,
        upper_quartile,
        outliers,
    } = case.summary;
    Entry {
        network: subject.label.clone(),
        model: subject.title.clone(),
        source: subject.source.clone(),
        variant: subject.variant.clone(),
        sha256: subject.sha256.to_string(),
        weights: subject.network.weights.as_ref().map(|_| subject.source.clone()),
        inputs: baseline::inputs(subject),
        batch: subject.batch(),
        threads: case.threads,
        macs: total.work.macs.total(),
        flops: total.work.ops.flops(),
        bytes: subject.bytes(total.traffic.total()),
        warmup_passes: case.samples.warmup,
        passes_per_sample: case.samples.passes,
        median_seconds: median,
        interval_seconds: [interval.low, interval.high],
        deviation_seconds: deviation,
        quartiles_seconds: [lower_quartile, upper_quartile],
        least_seconds: least,
        most_seconds: most,
        outliers,
        images_per_second: line.images_per_second(),
        flops_per_second: line.flops_per_second(),
        bytes_per_second: line.bytes_per_second(),
        peak_share: line.flops_per_second() / peak.flops_per_second,
        bandwidth_share: line.bytes_per_second() / peak.bytes_per_second,
        roofline_seconds: *at_best,
        baseline: before.map(|before| difference(&before)),
        profile: case.profile.as_ref().map(|measured| profile(bench, case, subject, measured)),
        caveats: case.caveats.iter().map(caveat).collect(),
        samples_seconds: case.samples.seconds.iter().map(|&seconds| nanoseconds(seconds)).collect(),
    }
}

fn difference(difference: &compare::Difference) -> Difference {
    let compare::Difference { speedup, interval, verdict } = difference;
    Difference { speedup: *speedup, interval: [interval.low, interval.high], verdict: verdict.name() }
}

fn comparison(bench: &bench::Bench, subjects: &[Subject], pair: &compare::Pair) -> Comparison {
    let (case, against) = (&bench.cases[pair.case], &bench.cases[pair.against]);
    Comparison {
        network: subjects[case.subject].label.clone(),
        against: subjects[against.subject].label.clone(),
        batch: subjects[case.subject].batch(),
        threads: case.threads,
        fewer_macs: pair.fewer_macs,
        difference: difference(&pair.difference),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn profile(bench: &bench::Bench, case: &Case, subject: &Subject, measured: &Measured) -> Profile {
    let (graph, analysis) = (subject.graph(), &subject.analysis);
    let executed = bench.executed(subject);
    let roofline = bench.roofline(case, subject, &executed);
    let all = analysis.total().work.macs.total();
    let layer = |(id, node): (crate::graph::NodeId, &crate::graph::Node)| {
        let main = measured.main(id);
        let layer = measured.layer(Place::Node(main.unwrap_or(id)), &executed, &roofline, bench.element)?;
        // The time is the main one's.
        let own = |number: f64| if main.is_some() { 0.0 } else { number };
        let profile::Timing { seconds, share, flops_per_second, bytes_per_second, roofline_seconds, bound } =
            layer;
        let macs = analysis.node(id)?.work.macs.total();
        Some(Layer {
            path: graph.path(id),
            op: node.operator_name().to_owned(),
            macs,
            macs_share: (all > 0).then(|| macs as f64 / all as f64),
            seconds: own(seconds),
            time_share: own(share),
            flops_per_second: own(flops_per_second),
            bytes_per_second: own(bytes_per_second),
            roofline_seconds: own(roofline_seconds),
            bound: bound.name(),
            with: main.map(|main| graph.path(main)),
        })
    };
    let nodes = graph.nodes().filter(|(_, node)| node.operator().is_some()).filter_map(layer).collect();
    Profile { passes: measured.passes, seconds: measured.seconds(), nodes }
}

fn caveat(caveat: &bench::Caveat) -> Caveat {
    Caveat { kind: caveat.name(), says: caveat.text().english, remedy: caveat.remedy().english }
}

/// No clock tells more.
fn nanoseconds(seconds: f64) -> f64 {
    (seconds * 1e9).round() / 1e9
}
