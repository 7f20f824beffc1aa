//! What a network has computed, at a glance: as text, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::figures::four_digits;
use super::sheet::{Cell, Head, QuantityUnit, Role, Sheet};
use super::table::title;
use super::terminal::heading;
use super::{Style, Subject, write_json};
use crate::run::{Engine, Summary};
use crate::shape::show;
use crate::text;
use crate::text::Text;

pub mod kernels;

/// The name and version of the JSON form.
pub const SCHEMA: &str = "cnncost/run/1";

/// Samples of which the largest values are listed for the terminal.
const SAMPLES: usize = 16;

/// A forward pass that was made.
#[derive(Debug)]
pub struct Run<'s> {
    /// The network.
    pub subject: &'s Subject,
    /// Where it was computed.
    pub device: String,
    /// With whose kernels.
    pub engine: Engine,
    /// What random numbers came from.
    pub seed: u64,
    /// The file that the weights are from, if they are not fresh.
    pub weights: Option<String>,
    /// The outputs by name.
    pub outputs: Vec<(String, Summary)>,
}

/// A forward pass, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunRecord {
    /// The name and version of this form: `cnncost/run/1`.
    pub schema: &'static str,
    /// The version of cnncost.
    pub version: &'static str,
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    pub sha256: String,
    /// What the network calls itself.
    pub model: String,
    /// The file, or the name of the bundled one.
    pub source: String,
    /// The variant, if one was asked for.
    pub variant: Option<String>,
    /// Samples of the forward pass.
    pub batch: u64,
    /// The type of its numbers.
    pub dtype: &'static str,
    /// Where it was computed.
    pub device: String,
    /// With whose kernels.
    pub engine: &'static str,
    /// What random numbers came from.
    pub seed: u64,
    /// The file that the weights are from; nothing if they are fresh.
    pub weights: Option<String>,
    /// The outputs by name.
    pub outputs: BTreeMap<String, OutputRecord>,
}

/// An output, in JSON. A figure that is infinite or not a number is `null`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutputRecord {
    /// Sizes, the batch first.
    pub shape: Vec<usize>,
    /// Mean of all numbers.
    pub mean: Option<f64>,
    /// Standard deviation of all numbers.
    pub std: Option<f64>,
    /// The smallest that is a number.
    pub min: Option<f64>,
    /// The largest that is a number.
    pub max: Option<f64>,
    /// How many are not a number.
    pub nan: usize,
    /// How many are infinite or not a number.
    pub not_finite: usize,
    /// For each sample of a vector for each sample, the largest values, largest first.
    pub top: Vec<Vec<ValueRecord>>,
}

/// A number and where it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ValueRecord {
    /// Its index, from 0.
    pub index: usize,
    /// The number.
    pub value: Option<f64>,
}

/// The outputs, one below the other.
pub fn table(run: &Run, style: Style) -> String {
    let mut text = heading(&title(run.subject), style);
    if run.subject.network.weights.is_some() {
        let weights = match &run.weights {
            Some(path) if *path != run.subject.source => text!("weights: {path}", "权重:{path}"),
            Some(_) | None => text!("weights: of the file", "权重:来自该文件"),
        };
        let _ = writeln!(text, "{}", weights.get(style.language));
    }
    for (name, summary) in &run.outputs {
        let sizes: Vec<u64> = summary.shape.iter().map(|&size| size as u64).collect();
        let [mean, std, min, max] = [summary.mean, summary.std, summary.min, summary.max].map(four_digits);
        let _ = writeln!(text, "{name}  {}", show(&sizes));
        let figures = text!(
            "mean {mean}  std {std}  min {min}  max {max}",
            "均值 {mean}  标准差 {std}  最小 {min}  最大 {max}"
        );
        let _ = writeln!(text, "  {}", figures.get(style.language));
        for remark in remarks(summary) {
            let _ = writeln!(text, "  {}", remark.get(style.language));
        }
        for (sample, top) in summary.top.iter().enumerate().take(SAMPLES) {
            let count = top.len();
            let of_sample = if summary.top.len() > 1 {
                text!("top {count} of sample {sample}", "样本 {sample} 得分最高的 {count} 个")
            } else {
                text!("top {count}", "得分最高的 {count} 个")
            };
            let listed: Vec<_> =
                top.iter().map(|&(index, value)| format!("{index} ({})", four_digits(value))).collect();
            let _ = writeln!(text, "  {}: {}", of_sample.get(style.language), listed.join("  "));
        }
        let more = summary.top.len().saturating_sub(SAMPLES);
        if more > 0 {
            let s = if more == 1 { "" } else { "s" };
            let remark = text!(
                "… and {more} more sample{s}; `--format json` has all",
                "…… 另有 {more} 个样本;`--format json` 给出全部"
            );
            let _ = writeln!(text, "  {}", remark.get(style.language));
        }
    }
    text
}

/// How many numbers are none, or infinite, and what the figures are then of.
fn remarks(summary: &Summary) -> Vec<Text> {
    let (nan, infinite) = (summary.nan, summary.not_finite - summary.nan);
    let of_nan = (nan > 0).then(|| {
        text!("not a number (NaN): {nan}; min and max are of the rest", "NaN:{nan} 个;最小与最大不含它们")
    });
    let of_infinite = (infinite > 0).then(|| text!("infinite: {infinite}", "无穷大:{infinite} 个"));
    of_nan.into_iter().chain(of_infinite).collect()
}

/// The outputs, a line each.
pub fn sheet(run: &Run) -> Sheet {
    let figure = |key, words| Head::new(key, words, Role::Figure);
    let heads = vec![
        Head::new("output", text!("output", "输出"), Role::Name),
        Head::new("shape", text!("shape", "形状"), Role::Text),
        figure("mean", text!("mean", "均值")),
        figure("std", text!("std", "标准差")),
        figure("min", text!("min", "最小")),
        figure("max", text!("max", "最大")),
        figure("not_finite", text!("not finite", "无穷大或 NaN")),
    ];
    let line = |(name, summary): &(String, Summary)| {
        let sizes: Vec<u64> = summary.shape.iter().map(|&size| size as u64).collect();
        let mut cells = vec![Cell::Name(name.clone(), name.clone()), Cell::Text(show(&sizes))];
        let figures = [summary.mean, summary.std, summary.min, summary.max];
        cells.extend(figures.map(|figure| Cell::Quantity(figure, QuantityUnit::Number)));
        cells.push(Cell::Count(summary.not_finite as u128));
        cells
    };
    Sheet { title: Some(title(run.subject)), ..Sheet::of(heads, run.outputs.iter().map(line).collect()) }
}

/// The same for programs.
pub fn json(run: &Run) -> String {
    let Run { subject, device, engine, seed, weights, outputs } = run;
    let record = RunRecord {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        sha256: subject.sha256.to_string(),
        model: subject.title.clone(),
        source: subject.source.clone(),
        variant: subject.variant.clone(),
        batch: subject.batch(),
        dtype: subject.element.name(),
        device: device.clone(),
        engine: engine.name(),
        seed: *seed,
        weights: weights.clone(),
        outputs: outputs.iter().map(|(name, summary)| (name.clone(), output(summary))).collect(),
    };
    let mut bytes = vec![];
    write_json(&record, &mut bytes).expect("a vector takes what is written");
    String::from_utf8(bytes).expect("JSON is text")
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(RunRecord)
}

fn output(summary: &Summary) -> OutputRecord {
    let finite = |value: f64| value.is_finite().then_some(value);
    let value = |&(index, value): &(usize, f64)| ValueRecord { index, value: finite(value) };
    OutputRecord {
        shape: summary.shape.clone(),
        mean: finite(summary.mean),
        std: finite(summary.std),
        min: finite(summary.min),
        max: finite(summary.max),
        nan: summary.nan,
        not_finite: summary.not_finite,
        top: summary.top.iter().map(|top| top.iter().map(value).collect()).collect(),
    }
}
