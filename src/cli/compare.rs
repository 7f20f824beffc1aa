//! `cnncost compare`: networks side by side, and where they differ.

use clap::Args;

use super::analyze::depth;
use super::chart::{self, Form};
use super::device::OnDevice;
use super::format::Format;
use super::input::{Deployment, Reading, Wanted};
use super::values::each_count;
use super::{Outcome, Output};
use crate::report::chart::{Comparison, svg, terminal};
use crate::report::compare::{Compared, json, markdown, sheets, table};
use crate::report::rows::Depth;
use crate::source::Alone;
use crate::text;
use crate::text::Text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Networks, or one alone for its variants
    ///
    /// Descriptions (`.toml`), ONNX files (`.onnx`), either as `-` through standard input, or names of bundled networks, the first
    /// being what the others are held against. Of one alone, its variants; of one variant alone, that beside the defaults; at several batches, the
    /// network as it is named, and `@*` for its variants.
    #[arg(required = true, value_name = "FILE", help_heading = "Network", display_order = 0)]
    files: Vec<String>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    deployment: Deployment,
    /// Samples of one forward pass; several as in `1,2,4`
    ///
    /// Samples of one forward pass; several, as in `1,2,4`, lay batches side by side.
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1", help_heading = "Network",
          value_parser = each_count)]
    batch: Vec<u64>,
    /// Draw MACs, parameters, bytes moved and the peak
    ///
    /// Draw MACs, parameters, bytes moved and the peak of each beside the first, instead of what differs; as a picture into a file
    /// that ends in .svg, .png or .pdf.
    #[arg(long, conflicts_with = "depth", help_heading = "Output")]
    chart: bool,
    /// How deep boxes are opened: a number, or `all`
    ///
    /// How deep boxes are opened: a number, or `all`; without it, as deep as gives a table of a size to take in.
    #[arg(long, value_name = "N", value_parser = depth, help_heading = "Output")]
    depth: Option<Depth>,
    #[command(flatten)]
    on: OnDevice,
    /// Form
    ///
    /// Form; CSV has a line for each layer that differs, or, of several batches, for each network at each.
    #[arg(long, value_parser = Format::of(FORMATS), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// The forms of what is written.
const FORMATS: &[Format] =
    &[Format::Table, Format::Markdown, Format::Csv, Format::Latex, Format::Json, Format::Svg];

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let form = match arguments.form() {
        Ok(form) => form,
        Err(message) => return output.misused(message, None),
    };
    let mut batches = vec![];
    for &batch in &arguments.batch {
        if !batches.contains(&batch) {
            batches.push(batch);
        }
    }
    let wanted = Wanted { batches: &batches, alone: alone(&arguments.files, batches.len()) };
    let device = match arguments.on.find() {
        Ok(device) => device,
        Err(error) => return output.refuse(&error),
    };
    let (mut subjects, read) =
        arguments.reading.counted(arguments.deployment).subjects(&arguments.files, wanted, output);
    // Without one of them the others would be held against the wrong one.
    if read == Outcome::Unusable {
        return read;
    }
    if let Err(outcome) = OnDevice::estimate(device.as_ref(), &mut subjects, output) {
        return outcome;
    }
    let Some(compared) = Compared::new(&subjects, batches.len()) else {
        let label = subjects.first().map_or("", |subject| &subject.label);
        // A variant that is named is held against the defaults, if it is not what they are.
        let is_default = batches.len() == 1 && matches!(&arguments.files[..], [file] if file.contains('@'));
        let help = text!(
            "name another network, a file with variants, or several batches: `--batch 1,8`",
            "请再给出一个网络、一个有变体的文件,或多个批量大小:`--batch 1,8`"
        );
        let message = if is_default {
            text!(
                "`{label}` is what the defaults are: there is nothing else to compare it with",
                "`{label}` 就是默认设置,没有可与之比较的网络"
            )
        } else {
            text!("there is nothing to compare `{label}` with", "没有可与 `{label}` 比较的网络")
        };
        return output.misused(message, Some(help));
    };
    if let Some(form) = form {
        let charts = [Comparison::of(&compared)];
        return read.max(output.charts(form, &charts, terminal::comparison, svg::comparison));
    }
    let (style, depth) = (output.style(), arguments.depth.unwrap_or(Depth::Fitting));
    let text = match arguments.format {
        Format::Markdown => markdown::write(&compared, depth, style.language),
        Format::Csv => arguments.format.write(&[sheets::data(&compared)], style),
        Format::Json => return read.max(output.stream(|to| json::write(&compared, to))),
        Format::Latex => arguments.format.write(&sheets::pages(&compared, depth, style.language), style),
        Format::Table | Format::Tree | Format::Junit | Format::Github | Format::Beamer | Format::Svg => {
            table::write(&compared, depth, style)
        }
    };
    read.max(output.write(&text))
}

impl Arguments {
    /// What the chart is written as, if it is asked for.
    fn form(&self) -> Result<Option<Form>, Text> {
        match (self.chart, self.format) {
            (true, _) if self.batch.len() > 1 => Err(text!(
                "a chart lays networks side by side at one batch: `--batch` has several",
                "图表只在一个批量大小下并列各网络:`--batch` 给出了多个"
            )),
            (true, format) => Form::of(format, self.output.to.as_deref()).map(Some),
            (false, Format::Svg) => {
                Err(text!("`--format svg` is of `--chart`: add that", "`--format svg` 用于 `--chart`:请加上"))
            }
            (false, Format::Table) if chart::by_ending(self.output.to.as_deref()).is_some() => {
                Err(text!("a table is no picture: add `--chart`", "表格不是图片:请加 `--chart`"))
            }
            (false, _) => Ok(None),
        }
    }
}

/// A file stands for its variants where it would be alone otherwise: not beside another, nor at several batches unless all
/// variants are asked for.
fn alone(files: &[String], batches: usize) -> Alone {
    match files {
        [file] if batches == 1 || file.ends_with("@*") => Alone::Sides,
        _ => Alone::Itself,
    }
}
