//! `cnncost analyze`: what each layer costs, and the whole.

use clap::Args;

use super::chart::{self, Chart, Drawn, Form};
use super::device::OnDevice;
use super::format::Format;
use super::input::Networks;
use super::{Outcome, Output, convention, watch};
use crate::analyze::roofline::Device;
use crate::convention::Convention;
use crate::report::columns::{COLUMNS, Column, column, parse, sheet};
use crate::report::plan::{self, Planned};
use crate::report::rows::{self, Depth, Row};
use crate::report::sheet::{Sheet, Title};
use crate::report::sort::sort;
use crate::report::table::{self, Choice, Layout, lines};
use crate::report::{Subject, csv, json, memory, raw};
use crate::text;
use crate::text::Text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) networks: Networks,
    #[command(flatten)]
    shown: Shown,
    /// Form
    #[arg(long, value_parser = Format::of(FORMATS), default_value = "table", help_heading = "Output")]
    pub(super) format: Format,
    /// Show it anew whenever a file changes
    ///
    /// Show it anew whenever a file changes, or one that it includes, with what has become of the totals: for a terminal beside an
    /// editor. Mistakes stand in the place of the table. `q` or Ctrl-C ends it. Through a pipe, each is printed below the last.
    #[arg(long, help_heading = "Output", hide_short_help = true)]
    watch: bool,
    #[command(flatten)]
    pub(super) output: Output,
}

/// What is shown of networks, and how.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is shown")]
struct Shown {
    /// How deep boxes are opened: a number, or `all`
    ///
    /// How deep boxes are opened: a number, or `all`; without it, as deep as gives a table of a size to take in.
    #[arg(long, value_name = "N", value_parser = depth)]
    depth: Option<Depth>,
    /// The columns, as in `layer,output,macs,share`
    #[arg(long, value_name = "NAMES", long_help = columns_help().english)]
    columns: Option<String>,
    /// Sort by these columns, as in `op,macs`
    ///
    /// Sort the layers by these columns, as in `op,macs`: by the second what is alike in the first. Figures are sorted from the
    /// largest on, sizes by their product, words by the alphabet. Of several networks, the lines of these are sorted.
    #[arg(long, value_name = "COLUMNS", hide_short_help = true)]
    sort: Option<String>,
    /// Show what is alive over the order of execution
    ///
    /// Show the tensors that are alive over the order of execution, and those at the peak, instead of the layers.
    #[arg(long, conflicts_with_all = ["depth", "columns", "sort"])]
    memory: bool,
    /// Draw the layers by a figure, or under a `roofline`
    #[arg(long, value_name = "METRIC", value_parser = chart::chart, conflicts_with_all = ["columns", "memory", "like"],
          long_help = chart::help().english)]
    chart: Option<Chart>,
    /// For `--chart roofline`: draw layers as this measurement has them
    ///
    /// For `--chart roofline`: draw layers as the measurement in this file has them, which `bench --profile --format json` wrote.
    #[arg(
        long,
        value_name = "FILE",
        requires = "chart",
        conflicts_with_all = ["device_spec", "deployed"],
        hide_short_help = true
    )]
    bench: Option<String>,
    /// Show the operators of ONNX files, and what became of each
    ///
    /// Show the operators of ONNX files as they stand there, and what became of each: a layer, a part of one, or nothing, since what
    /// it makes is known beforehand.
    #[arg(long, conflicts_with_all = ["depth", "columns", "sort", "memory", "chart", "device_spec", "like", "deployed"], hide_short_help = true)]
    raw: bool,
    /// Show what an engine executes at once, step by step
    ///
    /// Show what an engine executes at once, step by step, in place of the layers: what is fused, where each tensor lies, and what
    /// is alive then.
    #[arg(long, conflicts_with_all = ["depth", "columns", "sort", "memory", "chart", "device_spec", "like", "raw"], hide_short_help = true)]
    show_plan: bool,
    #[command(flatten)]
    on: OnDevice,
    /// Count as a tool does: fvcore, torch, thop, …
    #[arg(long, value_name = "NAME", conflicts_with_all = ["memory", "deployed"], long_help = convention::help().english)]
    like: Option<String>,
}

/// What is asked for beside networks.
pub(super) struct Asked {
    columns: Option<Vec<&'static Column>>,
    sort: Vec<&'static Column>,
    device: Option<Device>,
    convention: Option<Convention>,
    form: Form,
}

/// The forms of what is written.
const FORMATS: &[Format] =
    &[Format::Table, Format::Tree, Format::Markdown, Format::Csv, Format::Latex, Format::Json, Format::Svg];

/// Columns of Markdown and LaTeX unless others are asked for: a page has no width to fill.
const PAGE: [&str; 7] = ["layer", "output", "kernel", "params", "macs", "like", "share"];

/// The same for several networks.
const PAGE_SUMMARY: [&str; 7] = ["layer", "input", "output", "params", "macs", "like", "flops"];

pub(super) fn run(arguments: Arguments) -> Outcome {
    if arguments.watch { watch::run(arguments) } else { arguments.report().1 }
}

impl Arguments {
    /// What is asked for beside networks. What is wrong with it has been said.
    pub(super) fn asked(&self) -> Result<Asked, Outcome> {
        let output = &self.output;
        let parsed = |written: &Option<String>| {
            written.as_deref().map(parse).transpose().map_err(|message| output.misused(message, None))
        };
        let convention = self.shown.like.as_deref().map(convention::find).transpose();
        Ok(Asked {
            columns: parsed(&self.shown.columns)?,
            sort: parsed(&self.shown.sort)?.unwrap_or_default(),
            device: self.shown.on.find().map_err(|error| output.refuse(&error))?,
            convention: convention.map_err(|(message, help)| output.misused(message, Some(help)))?,
            form: self.form().map_err(|message| output.misused(message, None))?,
        })
    }

    /// Writes what is asked for; the networks that it is about, but for the operators of files as they stand there.
    pub(super) fn report(&self) -> (Vec<Subject>, Outcome) {
        let output = &self.output;
        if self.shown.raw {
            return (vec![], self.raw());
        }
        let Asked { columns, sort, device, convention, form } = match self.asked() {
            Ok(asked) => asked,
            Err(outcome) => return (vec![], outcome),
        };
        if self.shown.show_plan {
            return self.plan();
        }
        let (mut subjects, read) = self.networks.subjects(output);
        if subjects.is_empty() {
            return (vec![], read);
        }
        if let Err(outcome) = OnDevice::estimate(device.as_ref(), &mut subjects, output) {
            return (vec![], outcome);
        }
        if let Some(convention) = convention
            && let Err(message) = convention::count(&mut subjects, &convention)
        {
            output.misused(message, None);
            return (vec![], Outcome::Failed);
        }
        let Shown { depth, bench, chart, memory, .. } = &self.shown;
        let written = match chart {
            _ if *memory => self.memory(&subjects, form),
            Some(chart) => {
                let drawn = Drawn { depth: *depth, sort: &sort, bench: bench.as_deref() };
                output.chart(*chart, form, &drawn, &subjects)
            }
            None => self.write(&subjects, columns, &sort),
        };
        (subjects, read.max(written))
    }

    fn raw(&self) -> Outcome {
        let output = &self.output;
        if self.format == Format::Tree {
            let message = text!(
                "`--raw` is a table, markdown, csv, latex or json",
                "`--raw` 的格式为 table、markdown、csv、latex 或 json"
            );
            return output.misused(message, None);
        }
        let (files, read) = self.networks.raw(output);
        if files.is_empty() {
            return read;
        }
        if self.format == Format::Json {
            return read.max(output.stream(|to| raw::json(&files, to)));
        }
        let style = output.style();
        read.max(output.write(&if self.format == Format::Table {
            let report = |(subject, operators): &(_, Vec<_>)| raw::report(subject, operators, style);
            files.iter().map(report).collect::<Vec<_>>().join("\n")
        } else {
            let sheet = |(subject, operators): &(_, Vec<_>)| raw::sheet(subject, operators);
            self.format.write(&files.iter().map(sheet).collect::<Vec<_>>(), style)
        }))
    }

    fn plan(&self) -> (Vec<Subject>, Outcome) {
        let (output, style) = (&self.output, self.output.style());
        let (subjects, read) = self.networks.deployed(output);
        if subjects.is_empty() {
            return (subjects, read);
        }
        let planned: Vec<_> = subjects.iter().filter_map(Planned::of).collect();
        let written = match self.format {
            Format::Json => output.stream(|to| plan::json(&planned, to)),
            Format::Table => {
                let reports: Vec<_> = planned.iter().map(|planned| plan::report(planned, style)).collect();
                output.write(&reports.join("\n"))
            }
            Format::Markdown | Format::Csv | Format::Latex => {
                let sheets: Vec<_> = planned.iter().map(plan::sheet).collect();
                output.write(&self.format.write(&sheets, style))
            }
            Format::Tree | Format::Beamer | Format::Junit | Format::Github | Format::Svg => output.misused(
                text!(
                    "`--show-plan` is a table, markdown, csv, latex or json",
                    "`--show-plan` 的格式为 table、markdown、csv、latex 或 json"
                ),
                None,
            ),
        };
        drop(planned);
        (subjects, read.max(written))
    }

    /// What charts are written as, if one is asked for.
    fn form(&self) -> Result<Form, Text> {
        match (self.shown.chart, self.shown.memory) {
            (Some(_), _) => Form::of(self.format, self.output.to.as_deref()),
            (None, true) if matches!(self.format, Format::Table | Format::Svg) => {
                Form::of(self.format, self.output.to.as_deref())
            }
            (None, false) if self.format == Format::Svg => Err(text!(
                "`--format svg` is of `--chart` or `--memory`: add `--chart macs`, say",
                "`--format svg` 用于 `--chart` 或 `--memory`:例如加 `--chart macs`"
            )),
            (None, _)
                if self.format == Format::Table && chart::by_ending(self.output.to.as_deref()).is_some() =>
            {
                Err(text!(
                    "a table is no picture: add `--chart macs`, say, or use `draw`",
                    "表格不是图片:例如加 `--chart macs`,或用 `draw`"
                ))
            }
            (None, _) => Ok(Form::Terminal),
        }
    }

    fn memory(&self, subjects: &[Subject], form: Form) -> Outcome {
        let (output, style) = (&self.output, self.output.style());
        match self.format {
            Format::Table | Format::Svg => output.memory(form, subjects),
            Format::Markdown | Format::Csv | Format::Latex => {
                let sheets: Vec<_> = subjects.iter().map(memory::sheet).collect();
                output.write(&self.format.write(&sheets, style))
            }
            Format::Tree | Format::Json | Format::Beamer | Format::Junit | Format::Github => output.misused(
                text!(
                    "`--memory` is a table, markdown, csv, latex or svg",
                    "`--memory` 的格式为 table、markdown、csv、latex 或 svg"
                ),
                None,
            ),
        }
    }

    fn write(
        &self,
        subjects: &[Subject],
        columns: Option<Vec<&'static Column>>,
        sort: &[&'static Column],
    ) -> Outcome {
        let style = self.output.style();
        let layout = if self.format == Format::Tree { Layout::Tree } else { Layout::Table };
        let text = match (self.format, subjects) {
            (Format::Json, _) => return self.output.stream(|to| json::write(subjects, to)),
            (Format::Csv, _) => return self.data(subjects, columns, sort),
            (Format::Table | Format::Tree, [one]) => {
                let choice = Choice {
                    layout,
                    depth: self.shown.depth.unwrap_or(Depth::Fitting),
                    columns,
                    sort: sort.to_vec(),
                    links: self.output.links(),
                };
                table::network(one, &choice, style)
            }
            (Format::Table | Format::Tree, several) => {
                table::summary(several, columns.as_deref(), sort, style)
            }
            (_, _) => self.page(subjects, columns, sort),
        };
        self.output.write(&text)
    }

    /// Lines for programs; a network may have millions, of which only some have all that stands in them at a time.
    fn data(
        &self,
        subjects: &[Subject],
        columns: Option<Vec<&'static Column>>,
        sort: &[&'static Column],
    ) -> Outcome {
        const AT_A_TIME: usize = 1000;
        let rows = match subjects {
            [one] => self.rows(one, sort),
            several => lines(several, sort),
        };
        let usual = COLUMNS.iter().filter(|column| column.is_usual(subjects.len() == 1));
        let columns = columns.unwrap_or_else(|| self.usual(usual));
        // What is written has heads, whether there are lines below them or not.
        let pieces = || rows.chunks(AT_A_TIME).chain(rows.is_empty().then_some(&rows[..]));
        self.output.stream(|to| csv::stream(pieces().map(|rows| sheet(rows, &columns)), to))
    }

    fn page(
        &self,
        subjects: &[Subject],
        columns: Option<Vec<&'static Column>>,
        sort: &[&'static Column],
    ) -> String {
        let (title, rows, usual, notes) = match subjects {
            [one] => {
                let mut rows = self.rows(one, sort);
                rows.push(rows::total(one));
                let status = Some(one.analysis.status().name());
                (Some(Title { status, ..table::title(one) }), rows, PAGE, vec![])
            }
            several => (None, lines(several, sort), PAGE_SUMMARY, table::of_several(several)),
        };
        let columns = columns.unwrap_or_else(|| self.usual(usual.iter().filter_map(|key| column(key))));
        self.format.write(&[Sheet { title, notes, ..sheet(&rows, &columns) }], self.output.style())
    }

    /// Of these columns those that have something to say: of a convention, or MACs and FLOPs.
    fn usual(&self, columns: impl Iterator<Item = &'static Column>) -> Vec<&'static Column> {
        let is_like = self.shown.like.is_some();
        let said = |column: &&Column| match column.key {
            "like" => is_like,
            "macs" | "flops" | "macs_padding_exact" => !is_like,
            _ => true,
        };
        columns.filter(said).collect()
    }

    /// The rows of one network; all layers where that is data.
    fn rows<'s>(&self, subject: &'s Subject, sorted_by: &[&'static Column]) -> Vec<Row<'s>> {
        let usual = if self.format == Format::Csv { Depth::All } else { Depth::Fitting };
        let (mut rows, _) = rows::rows(subject, self.shown.depth.unwrap_or(usual));
        sort(&mut rows, sorted_by);
        rows
    }
}

pub(super) fn depth(written: &str) -> Result<Depth, Text> {
    match written {
        "all" => Ok(Depth::All),
        number => number
            .parse()
            .map(Depth::To)
            .map_err(|_| text!("a depth is a number, or `all`", "深度应是数,或 `all`")),
    }
}

/// What `--help` says of columns.
pub(super) fn columns_help() -> Text {
    let known = COLUMNS.iter().map(|column| column.key).collect::<Vec<_>>().join(", ");
    text!(
        "The columns, in this order, as in `layer,output,macs,share`; there are {known}.\n\n\
         `receptive_field` is the part of the input that an element sees through windows, as in `427×427 /32`: 427×427 pixels, and 32 from \
         one element to the next. `all` behind it: the element sees the whole input, too, as behind a global pool, squeeze and \
         excitation, attention or recurrence. `misaligned`: paths that have met see parts of the input with other strides or \
         other centers",
        "显示的列及其顺序,例如 `layer,output,macs,share`;可用的有 {known}。\n\n\
         `receptive_field` 是一个元素通过各窗口看到的输入部分,例如 `427×427 /32`:427×427 个像素,相邻元素相距 32 个像素。其后的 `all` 表示\
         该元素还看到整个输入,例如经过全局池化、压缩与激励、注意力或循环之后。`misaligned` 表示汇合的路径所见部分步幅或中心不同"
    )
}
