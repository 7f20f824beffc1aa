//! What was measured: a line for each network, what sets two of them apart, where the time goes, and what is to be doubted.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::columns::{self, Column, sheet};
use super::figures::{bytes, digits, percent, seconds};
use super::rows::{self, Depth, Row};
use super::sheet::{Sheet, Title};
use super::sort::sort;
use super::terminal::{Layout, Table};
use super::wrap::wrapped;
use super::{Style, Subject, csv, latex, markdown};
use crate::bench::compare::{Difference, Pair, Verdict, pairs};
use crate::bench::machine::CANDLE;
use crate::bench::{Bench, Case, Caveat, Profile};
use crate::graph::Place;
use crate::run::Engine;
use crate::text;
use crate::text::{Language, Text};

pub mod json;
mod lines;

use lines::Line;

/// What a report shows beside the measurement.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// How deep boxes are opened where the time of each layer is shown.
    pub depth: Option<Depth>,
    /// The columns by which layers are sorted, if any.
    pub sort: Vec<&'static Column>,
    /// Each case beside that of a baseline, if there is one.
    pub differences: Option<Vec<Option<Difference>>>,
}

/// Columns of layers in the order in which they are added while there is room.
const LAYER: [&str; 12] = [
    "layer",
    "macs_share",
    "measured",
    "time_share",
    "limit",
    "of_roof",
    "flop_rate",
    "macs",
    "roof",
    "byte_rate",
    "output",
    "op",
];

/// Columns of layers on a page, which has no width to fill.
const PAGE: [&str; 10] = [
    "layer",
    "macs",
    "macs_share",
    "measured",
    "time_share",
    "flop_rate",
    "byte_rate",
    "limit",
    "of_roof",
    "roof",
];

/// The column of this name among those of layers.
pub fn column(key: &str) -> Option<&'static Column> {
    known().into_iter().find(|column| column.key == key)
}

/// The names of the columns of layers.
pub fn column_names() -> Vec<&'static str> {
    known().into_iter().map(|column| column.key).filter(|key| LAYER.contains(key)).collect()
}

fn page_columns() -> Vec<&'static Column> {
    PAGE.iter().filter_map(|key| column(key)).collect()
}

fn known() -> Vec<&'static Column> {
    let of_analysis = columns::COLUMNS.iter().filter(|column| LAYER.contains(&column.key));
    of_analysis.chain(columns::MEASURED).collect()
}

/// For the terminal.
pub fn text(bench: &Bench, subjects: &[Subject], choice: &Choice, style: Style) -> String {
    let paragraph = |said: &[Text]| -> String {
        said.iter().map(|line| wrapped(line.get(style.language), style.width)).collect()
    };
    let mut parts = vec![format!(" {}\n", heading(bench, style))];
    parts.push(lines::text(&all_lines(bench, subjects), style));
    let pairs = pairs(bench, subjects);
    parts.push(paragraph(&pairs.iter().map(|pair| beside(bench, subjects, pair)).collect::<Vec<_>>()));
    parts.push(paragraph(&against_baseline(bench, subjects, choice)));
    for (case, profile) in profiled(bench) {
        let subject = &subjects[case.subject];
        parts.push(format!(" {}\n", name(bench, subjects, case).get(style.language)));
        let rows = layers(bench, subject, case, profile, choice);
        let sheet = sheet(&rows, &known());
        parts.push(Table::new(&sheet, Layout::Table, style).fit(Some(&LAYER)).draw());
        parts.push(paragraph(&said_of(bench, case, subject, profile, &rows)));
    }
    parts.push(
        paragraph(&own_weights(subjects)) + &paragraph(&peaks(bench)) + &doubts(bench, subjects, style),
    );
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// For a page of notes.
pub fn markdown(bench: &Bench, subjects: &[Subject], choice: &Choice, language: Language) -> String {
    let mut text = format!("{}\n\n", markdown::escaped(machine(bench).get(language)));
    text.push_str(&markdown::write(&lines::sheet(&all_lines(bench, subjects)), language));
    let mut said: Vec<Text> =
        pairs(bench, subjects).iter().map(|pair| beside(bench, subjects, pair)).collect();
    said.extend(against_baseline(bench, subjects, choice));
    said.extend(own_weights(subjects));
    said.extend(peaks(bench));
    said.extend(caveats(bench, subjects).into_iter().map(|(subject, caveat)| {
        let (why, remedy) = (caveat.text(), caveat.remedy());
        text!("{subject}: {why}: {remedy}", "{subject:#}:{why:#}:{remedy:#}")
    }));
    text.push('\n');
    for line in said {
        text.push_str(&format!("- {}\n", markdown::prose(line.get(language))));
    }
    for (case, profile) in profiled(bench) {
        let subject = &subjects[case.subject];
        let rows = layers(bench, subject, case, profile, choice);
        text.push_str(&format!("\n### {}\n\n", markdown::escaped(name(bench, subjects, case).get(language))));
        text.push_str(&markdown::write(&sheet(&rows, &page_columns()), language));
    }
    text
}

/// For a slide or a paper: a line for each case, and for each layer that was measured.
pub fn latex(bench: &Bench, subjects: &[Subject], choice: &Choice, language: Language) -> String {
    let about = vec![machine(bench)];
    let mut pages = vec![Sheet {
        title: Some(Title { name: String::new(), about, status: None }),
        ..lines::sheet(&all_lines(bench, subjects))
    }];
    for (case, profile) in profiled(bench) {
        let name = name(bench, subjects, case).get(language).to_owned();
        let rows = layers(bench, &subjects[case.subject], case, profile, choice);
        let title = Some(Title { name, about: vec![], status: None });
        pages.push(Sheet { title, ..sheet(&rows, &page_columns()) });
    }
    pages.iter().map(|sheet| latex::write(sheet, language)).collect::<Vec<_>>().join("\n")
}

/// Plain figures: a line for each case, or, if there is only one and each node was measured, for each layer.
pub fn csv(bench: &Bench, subjects: &[Subject], choice: &Choice) -> String {
    if let ([case], Some((_, profile))) = (&*bench.cases, profiled(bench).next()) {
        let choice = Choice { depth: choice.depth.or(Some(Depth::All)), ..choice.clone() };
        return csv::write(&[sheet(
            &layers(bench, &subjects[case.subject], case, profile, &choice),
            &known(),
        )]);
    }
    csv::write(&[lines::sheet(&all_lines(bench, subjects))])
}

fn all_lines<'b>(bench: &'b Bench, subjects: &'b [Subject]) -> Vec<Line<'b>> {
    let line = |case: &'b Case| {
        let subject = &subjects[case.subject];
        let executed = bench.executed(subject);
        let at_best = bench.roofline(case, subject, &executed).total().seconds();
        Line { case, subject, peak: bench.peak(case), executed, at_best }
    };
    bench.cases.iter().map(line).collect()
}

fn profiled(bench: &Bench) -> impl Iterator<Item = (&Case, &Profile)> {
    bench.cases.iter().filter_map(|case| Some((case, case.profile.as_ref()?)))
}

/// Which networks have the weights of their files; the others have fresh ones.
fn own_weights(subjects: &[Subject]) -> Vec<Text> {
    let own = subjects.iter().filter(|subject| subject.network.weights.is_some());
    let mut labels: Vec<&str> = own.map(|subject| &*subject.label).collect();
    labels.dedup();
    let labels = labels.join(", ");
    let said = text!("weights: of the file ({labels})", "权重:来自文件({labels})");
    if labels.is_empty() { vec![] } else { vec![said] }
}

fn heading(bench: &Bench, style: Style) -> String {
    let (on, off) = style.bold();
    format!("{on}{}{off}", machine(bench).get(style.language))
}

/// The machine and what computed, in a line: `AMD EPYC · 2 cores · linux x86_64 · f32 · candle 0.11.1`.
fn machine(bench: &Bench) -> Text {
    let machine = &bench.machine;
    let (element, system, cores) = (bench.element.name(), &machine.system, machine.cores);
    let cpu = machine.cpu.as_deref().unwrap_or("CPU");
    let engine = match bench.engine {
        Engine::Native(settings) => format!("{} {}", bench.engine.name(), settings.isa.name()),
        Engine::Candle => format!("candle {CANDLE}"),
    };
    if let Some(gpu) = &machine.gpu {
        let (name, driver) = (&gpu.name, &gpu.driver);
        return text!(
            "{name} · driver {driver} · {cpu} · {system} · {element} · {engine}",
            "{name} · 驱动 {driver} · {cpu} · {system} · {element} · {engine}"
        );
    }
    text!(
        "{cpu} · {cores} cores · {system} · {element} · {engine}",
        "{cpu} · {cores} 核 · {system} · {element} · {engine}"
    )
}

/// What a case is called where others are: `resnet50, batch 8, 2 threads`; of what all have alike nothing is said.
fn name(bench: &Bench, subjects: &[Subject], case: &Case) -> Text {
    let label = &subjects[case.subject].label;
    let (name, at) = (text!("{label}", "{label}"), at(bench, subjects, case));
    let parts: Vec<Text> = std::iter::once(name).chain(at).collect();
    Text::phrase(&parts)
}

/// `batch 8`, `2 threads`, unless all have the same.
fn at(bench: &Bench, subjects: &[Subject], case: &Case) -> Vec<Text> {
    let batch_of = |case: &Case| subjects[case.subject].batch();
    let mut parts = vec![];
    if bench.cases.iter().any(|other| batch_of(other) != batch_of(case)) {
        let batch = batch_of(case);
        parts.push(text!("batch {batch}", "批量大小 {batch}"));
    }
    if let Some(threads) = case.threads.filter(|_| bench.cases.iter().any(|c| c.threads != case.threads)) {
        parts.push(threads_text(threads));
    }
    parts
}

fn threads_text(threads: usize) -> Text {
    let s = if threads == 1 { "" } else { "s" };
    text!("{threads} thread{s}", "{threads} 个线程")
}

/// `small against large: 9.68× fewer multiplications, 5.10× faster (4.95–5.22)`.
fn beside(bench: &Bench, subjects: &[Subject], pair: &Pair) -> Text {
    let name = name(bench, subjects, &bench.cases[pair.case]);
    let other = &subjects[bench.cases[pair.against].subject].label;
    let (macs, time) = (pair.macs_text(), pair.difference.text());
    text!("{name} against {other}: {macs}, {time}", "{name:#} 相比 {other}:{macs:#},{time:#}")
}

/// What the baseline has no such case of is said among the caveats.
fn against_baseline(bench: &Bench, subjects: &[Subject], choice: &Choice) -> Vec<Text> {
    let differences = bench.cases.iter().zip(choice.differences.iter().flatten());
    let line = |(case, difference): (&Case, &Option<Difference>)| {
        let (name, difference) = (name(bench, subjects, case), difference.as_ref()?.text());
        Some(text!("{name} against the baseline: {difference}", "{name:#} 相比基线:{difference:#}"))
    };
    differences.filter_map(line).collect()
}

/// Whether something is slower than it was.
pub fn is_slower(choice: &Choice) -> bool {
    let differences = choice.differences.iter().flatten().flatten();
    differences.into_iter().any(|difference| difference.verdict == Verdict::Slower)
}

/// The layers of a profile, and the whole below them.
fn layers<'s>(
    bench: &Bench,
    subject: &'s Subject,
    case: &Case,
    profile: &Profile,
    choice: &Choice,
) -> Vec<Row<'s>> {
    let (mut rows, _) = rows::rows(subject, choice.depth.unwrap_or(Depth::Fitting));
    rows.push(rows::total(subject));
    let executed = bench.executed(subject);
    let roofline = bench.roofline(case, subject, &executed);
    for row in &mut rows {
        row.measured = profile.layer(row.place, &executed, &roofline, bench.element);
    }
    let total = rows.pop();
    sort(&mut rows, &choice.sort);
    rows.extend(total);
    rows
}

/// What the table of layers does not say: how far it is from a pass end to end, and where counting misleads most.
fn said_of(bench: &Bench, case: &Case, subject: &Subject, profile: &Profile, rows: &[Row<'_>]) -> Vec<Text> {
    let (sum, whole) = (seconds(profile.seconds()), seconds(case.summary.median));
    let more = profile.seconds() / case.summary.median - 1.0;
    let (passes, by) = (profile.passes, percent(more.abs()));
    let mut said = vec![if more >= 0.0 {
        text!(
            "layers take {sum} together, {by} more than the {whole} of a pass end to end (the middle third of {passes} passes)",
            "各层共 {sum},比端到端的 {whole} 多 {by}(取 {passes} 次中居中的三分之一)"
        )
    } else {
        text!(
            "layers take {sum} together, {by} less than the {whole} of a pass end to end (the middle third of {passes} passes)",
            "各层共 {sum},比端到端的 {whole} 少 {by}(取 {passes} 次中居中的三分之一)"
        )
    }];
    let apart = |row: &&Row<'_>| row.measured.map_or(0.0, |layer| layer.share - row.share().unwrap_or(0.0));
    let parts = rows.iter().filter(|row| row.kind.adds_up());
    if let Some(row) = parts.max_by(|a, b| apart(a).total_cmp(&apart(b))).filter(|row| apart(row) > 0.02) {
        let (path, share) = (&row.path, percent(row.share().unwrap_or(0.0)));
        let time = percent(row.measured.map_or(0.0, |layer| layer.share));
        said.push(text!(
            "counting misleads most at `{path}`: {share} of the MACs, {time} of the time",
            "计数最易误导之处是 `{path}`:占乘加数的 {share},占时间的 {time}"
        ));
    }
    let nodes = subject.graph().nodes().map(|(id, _)| Place::Node(id));
    let executed = bench.executed(subject);
    let roofline = bench.roofline(case, subject, &executed);
    let layers = nodes.filter_map(|node| profile.layer(node, &executed, &roofline, bench.element));
    let overhead = layers.filter(|layer| layer.bound == crate::analyze::measured::MeasuredBound::Overhead);
    let share = percent(overhead.map(|layer| layer.share).sum());
    said.push(text!(
        "{share} of the time is overhead, of layers that reach less than a quarter of the nearer roof: it tells about the \
         engine's kernels rather than about the network",
        "{share} 的时间属于开销:这些层未达到较近屋顶线的四分之一;这反映的是引擎的计算核,而不是网络本身"
    ));
    said
}

/// What the machine reaches.
fn peaks(bench: &Bench) -> Vec<Text> {
    let peak = |peak: &crate::bench::MeasuredPeak| {
        let flops = digits(peak.flops_per_second / 1e9);
        let (rate, copied) = (digits(peak.bytes_per_second / 1e9), bytes(peak.copied_bytes as u128));
        let with = peak.threads.map_or(text!("the device", "设备"), threads_text);
        let of = match peak.product_size {
            0 => text!("multiply–adds in registers", "寄存器内的乘加"),
            size => text!("product of {size}×{size} matrices", "{size}×{size} 矩阵乘积"),
        };
        text!(
            "peak of {with}: {flops} GFLOP/s ({of}), {rate} GB/s (copy of {copied})",
            "{with:#}的峰值:{flops} GFLOP/s({of:#}),{rate} GB/s(复制 {copied})"
        )
    };
    bench.peaks.iter().map(peak).collect()
}

/// What is to be doubted, of what.
fn caveats<'b>(bench: &'b Bench, subjects: &[Subject]) -> Vec<(Text, &'b Caveat)> {
    let whole = bench.caveats.iter().map(|caveat| (text!("this run", "本次运行"), caveat));
    let cases = bench.cases.iter().flat_map(|case| {
        let name = name(bench, subjects, case);
        case.caveats.iter().map(move |caveat| (name.clone(), caveat))
    });
    whole.chain(cases).collect()
}

fn doubts(bench: &Bench, subjects: &[Subject], style: Style) -> String {
    let mut text = String::new();
    let (on, off) = if style.color { ("\u{1b}[33m", "\u{1b}[0m") } else { ("", "") };
    for (subject, caveat) in caveats(bench, subjects) {
        let (why, remedy) = (caveat.text(), caveat.remedy());
        let why = text!("{subject}: {why}", "{subject:#}:{why:#}");
        let (why, remedy) = (why.get(style.language), remedy.get(style.language));
        let separator = match style.language {
            Language::English => "; ",
            Language::Chinese => ";",
        };
        if why.width() + remedy.width() + separator.width() + 3 <= style.width {
            let _ = writeln!(text, " {on}!{off} {why}{separator}{remedy}");
        } else {
            let (why, remedy) =
                (wrapped(why, style.width.saturating_sub(2)), wrapped(remedy, style.width.saturating_sub(2)));
            let _ = write!(text, " {on}!{off}{}", format!("{why}{remedy}").replace("\n ", "\n   "));
        }
    }
    text
}
