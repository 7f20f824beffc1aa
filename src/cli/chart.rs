//! Charts as they are asked for: which figure, and in what form they are written.

use std::path::Path;

use super::format::Format;
use super::input::read_file;
use super::picture::{self, Target};
use super::{Outcome, Output};
use crate::error::{ReadError, did_you_mean};
use crate::metric::{METRICS, Metric, Sums};
use crate::read::measured;
use crate::report::chart::{Costs, Options, Roofline, Timeline, svg, terminal};
use crate::report::columns::Column;
use crate::report::rows::Depth;
use crate::report::{Style, Subject, memory};
use crate::text;
use crate::text::Text;

/// What `analyze` draws.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chart {
    /// Bars of a figure.
    Cost(&'static Metric),
    /// Layers under the roof of a device.
    Roofline,
}

/// What a chart is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Signs in lines.
    Terminal,
    /// A picture.
    Picture(picture::Form),
}

/// What it is drawn of.
pub(super) struct Drawn<'a> {
    pub(super) depth: Option<Depth>,
    pub(super) sort: &'a [&'static Column],
    /// The file of a measurement.
    pub(super) bench: Option<&'a str>,
}

/// The chart that is called so.
pub(super) fn chart(name: &str) -> Result<Chart, Text> {
    if name == ROOFLINE {
        return Ok(Chart::Roofline);
    }
    let metric = METRICS.iter().find(|metric| metric.name == name || metric.former.contains(&name));
    match metric {
        Some(metric) if metric.sums == Sums::Sum => Ok(Chart::Cost(metric)),
        Some(_) => {
            let known = names().join(", ");
            Err(text!(
                "the layers' `{name}` do not add up to the network's; what adds up is {known}",
                "各层的 `{name}` 之和不是网络的;可相加的有 {known}"
            ))
        }
        None => Err(did_you_mean(name, names()).unwrap_or_else(|| {
            let known = names().join(", ");
            text!("there are {known}", "可用的有 {known}")
        })),
    }
}

/// What layers under a roof are called.
const ROOFLINE: &str = "roofline";

/// Every chart of a network.
fn names() -> Vec<&'static str> {
    let sums = METRICS.iter().filter(|metric| metric.sums == Sums::Sum).map(|metric| metric.name);
    sums.chain([ROOFLINE]).collect()
}

/// What `--help` says of charts.
pub(super) fn help() -> Text {
    let known = names().join(", ");
    text!(
        "Draw what each layer, or box that is not opened, costs in this figure, with its share and the cumulated share; or \
         `roofline`, the layers under the roof of `--device-spec`, or as a measurement has them. It is drawn for the \
         terminal, or as a picture into a file that ends in .svg, .png or .pdf. There are {known}",
        "画出每一层(或未展开的模块)在此指标上的开销、占比与累计占比;`roofline` 则画出各层在 `--device-spec` \
         的屋顶线下的位置,或按测量结果画出。画在终端上;文件名以 .svg、.png 或 .pdf 结尾时写为图片。可用的有 {known}"
    )
}

impl Form {
    /// What a format and the ending of a file ask for.
    pub(super) fn of(format: Format, to: Option<&Path>) -> Result<Self, Text> {
        match format {
            Format::Svg => Ok(Self::Picture(picture::Form::Svg)),
            Format::Table => match (by_ending(to), to.and_then(Path::extension)) {
                (Some(form), _) => Ok(Self::Picture(form)),
                (None, Some(ending)) if !ending.eq_ignore_ascii_case("txt") => Err(text!(
                    "a chart in a file is .svg, .png or .pdf, or text as .txt",
                    "写入文件的图表为 .svg、.png 或 .pdf,或文本 .txt"
                )),
                (None, _) => Ok(Self::Terminal),
            },
            Format::Tree
            | Format::Markdown
            | Format::Csv
            | Format::Latex
            | Format::Beamer
            | Format::Json
            | Format::Junit
            | Format::Github => Err(text!(
                "a chart is for the terminal, or `--format svg`",
                "图表用于终端,或用 `--format svg`"
            )),
        }
    }
}

/// The picture that the ending of a file says.
pub(super) fn by_ending(path: Option<&Path>) -> Option<picture::Form> {
    let target = Target::of(Some(path?), None).ok()?;
    match target.form {
        form @ (picture::Form::Svg | picture::Form::Png | picture::Form::Pdf) => {
            Some(form).filter(|_| target.folder.is_none())
        }
        picture::Form::Dot | picture::Form::Mermaid | picture::Form::Tree => None,
    }
}

impl Output {
    /// Writes charts: one below the other for the terminal; of pictures there is one.
    pub(super) fn charts<C>(
        &self,
        form: Form,
        charts: &[C],
        terminal: impl Fn(&C, Style) -> String,
        svg: impl Fn(&C, &Options<'_>) -> String,
    ) -> Outcome {
        match (form, charts) {
            (Form::Terminal, charts) => {
                let charts: Vec<_> = charts.iter().map(|chart| terminal(chart, self.style())).collect();
                self.write(&charts.join("\n"))
            }
            (Form::Picture(form), [chart]) => {
                let svg = svg(chart, &Options::new(self.language()));
                self.picture(self.to.as_deref(), &svg, form, SCALE)
            }
            (Form::Picture(_), charts) => self.misused(one(charts.len()), None),
        }
    }

    /// Writes what networks cost, or where their layers lie.
    pub(super) fn chart(&self, chart: Chart, form: Form, drawn: &Drawn<'_>, subjects: &[Subject]) -> Outcome {
        let depth = drawn.depth.unwrap_or(Depth::Fitting);
        match chart {
            Chart::Cost(metric) if drawn.bench.is_none() => {
                let costs = subjects.iter().map(|subject| Costs::of(subject, metric, depth, drawn.sort));
                match costs.collect::<Result<Vec<_>, _>>() {
                    Ok(costs) => self.charts(form, &costs, terminal::cost, svg::cost),
                    Err(message) => self.misused(message, None),
                }
            }
            Chart::Cost(_) => self.misused(
                text!("`--bench` is for `--chart roofline`", "`--bench` 用于 `--chart roofline`"),
                None,
            ),
            Chart::Roofline if drawn.depth.is_some() || !drawn.sort.is_empty() => self.misused(
                text!(
                    "a roofline shows every layer: it takes no `--depth` and no `--sort`",
                    "屋顶线图显示每一层:不接受 `--depth` 与 `--sort`"
                ),
                None,
            ),
            Chart::Roofline => match rooflines(drawn.bench, subjects) {
                Ok(rooflines) => self.charts(form, &rooflines, terminal::roofline, svg::roofline),
                Err(Unfit::File(error)) => self.refuse(&error),
                Err(Unfit::Network(message)) => self.misused(message, None),
            },
        }
    }

    /// Writes what is alive over the order of execution.
    pub(super) fn memory(&self, form: Form, subjects: &[Subject]) -> Outcome {
        if form == Form::Terminal {
            let style = self.style();
            let reports: Vec<_> = subjects.iter().map(|subject| memory::report(subject, style)).collect();
            return self.write(&reports.join("\n"));
        }
        let timelines: Vec<_> = subjects.iter().filter_map(Timeline::of).collect();
        if timelines.is_empty() {
            return self.misused(text!("a network has nothing in it", "网络中没有任何内容"), None);
        }
        self.charts(form, &timelines, |_, _| String::new(), svg::memory)
    }
}

/// Pixels of a PNG for one of the picture's.
const SCALE: f32 = 2.0;

/// What is said where a picture would have to show several things.
pub(super) fn one(count: usize) -> Text {
    text!(
        "a picture shows one network at one batch, and this is {count}: write one at a time",
        "一张图只画一个网络在一个批量大小下的结果,这里有 {count} 个:请逐个写出"
    )
}

/// Why there is no roofline.
enum Unfit {
    File(ReadError),
    Network(Text),
}

/// Where layers lie at best, or where a measurement has them.
fn rooflines(bench: Option<&str>, subjects: &[Subject]) -> Result<Vec<Roofline>, Unfit> {
    let Some(file) = bench else {
        return subjects.iter().map(|subject| Roofline::counted(subject).map_err(Unfit::Network)).collect();
    };
    let text = read_file(file).map_err(Unfit::File)?;
    let measurements = measured::parse(file, &text).map_err(Unfit::File)?;
    let of = |subject| {
        Roofline::measured(subject, &measurements)
            .map_err(|why| Unfit::File(ReadError::Unreadable { name: file.to_owned(), why, help: None }))
    };
    subjects.iter().map(of).collect()
}
