//! `cnncost bench`: how long networks take, beside what counting says.

use std::process::Command;
use std::time::Duration;

use clap::Args;

use super::chart::{Form, one};
use super::execute::{Execution, Failure, Processor, dtype};
use super::format::Format;
use super::input::{Reading, Wanted, read_file};
use super::values::each_count;
use super::{Invocation, Outcome, Output, files, threads};
use crate::bench::baseline::{Baseline, unlike};
use crate::bench::{self, Bench, BenchError, Effort, Settings, Warmup};
use crate::error::{Code, Diagnostic};
use crate::report::Subject;
use crate::report::bench::{self as report, Choice, json};
use crate::report::chart::{Roofline, svg, terminal};
use crate::report::columns::Column;
use crate::report::rows::Depth;
use crate::run::{Engine, NativeSettings, npy};
use crate::source::{Address, Alone, read_once};
use crate::text;
use crate::text::Text;

mod teller;

use teller::Teller;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Networks, the others held against the first
    ///
    /// Descriptions (`.toml`), ONNX files (`.onnx`), either as `-` through standard input, or names of bundled networks;
    /// `@VARIANT` behind one picks a variant, `@*` all of them. Several are measured in turns, and each is held against the first.
    #[arg(required = true, value_name = "FILE", help_heading = "Network", display_order = 0)]
    files: Vec<String>,
    #[command(flatten)]
    execution: Execution,
    /// Threads; several numbers as in `1,2,4`
    ///
    /// Threads; several numbers as in `1,2,4`. Without it, one for each core.
    #[arg(long, value_name = "N,…", help_heading = "Execution", value_delimiter = ',', value_parser = super::values::threads)]
    threads: Vec<u16>,
    /// Measure each layer too
    #[arg(long, help_heading = "Execution")]
    profile: bool,
    /// Draw each layer under the machine's roof
    ///
    /// Measure each layer, and draw them all under the machine's roof instead; as a picture into a file that ends in .svg,
    /// .png or .pdf.
    #[arg(long, visible_alias = "plot", value_name = "CHART", value_parser = ["roofline"], help_heading = "Execution",
          conflicts_with_all = ["compare", "depth", "sort"])]
    chart: Option<String>,
    /// How deep boxes are opened: a number, or `all`
    #[arg(long, value_name = "N", help_heading = "Execution", hide_short_help = true, value_parser = super::analyze::depth, requires = "profile")]
    depth: Option<Depth>,
    /// Sort the layers of the profile by these columns
    #[arg(long, help_heading = "Execution", hide_short_help = true, value_name = "COLUMNS", value_delimiter = ',', requires = "profile", value_parser = column)]
    sort: Vec<&'static Column>,
    /// Hold it against an earlier measurement in JSON
    ///
    /// Hold it against an earlier measurement, which `--format json` wrote; with `--strict`, slower is a failure.
    #[arg(long, help_heading = "Execution", value_name = "FILE")]
    compare: Option<String>,
    /// Form
    ///
    /// Form; CSV has a line for each network, or, of a single one with `--profile`, for each layer.
    #[arg(long, value_parser = Format::of(FORMATS), default_value = "table", help_heading = "Output")]
    format: Format,
    /// Answer requests to measure, as the program that measures with a number of threads does
    #[arg(long, hide = true)]
    serve: bool,
    #[command(flatten)]
    reading: Reading,
    /// Samples of one forward pass; several as in `1,8,32`
    #[arg(
        long, value_name = "N,…", value_delimiter = ',', default_value = "1", help_heading = "Network",
        value_parser = each_count
    )]
    batch: Vec<u64>,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    output: Output,
}

/// How samples are taken.
#[derive(Args, Debug)]
#[command(next_help_heading = "Execution")]
struct Sampling {
    /// Stop once the median is as sure as this
    #[arg(long, value_name = "PERCENT", default_value = "2%", hide_short_help = true, value_parser = precision)]
    precision: f64,
    /// Take samples of each network for this long at least
    #[arg(long, hide_short_help = true, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    min_time: Duration,
    /// Begin no sample of a network after so long
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    max_time: Duration,
    /// Passes before the first sample; `steady`: until they no longer get faster
    #[arg(long, hide_short_help = true, value_name = "N", default_value = "steady", value_parser = warmup)]
    warmup: Warmup,
    /// Of weights, inputs, turns and the bootstrap
    #[arg(long, hide_short_help = true, default_value_t = 0)]
    seed: u64,
}

/// The forms of what is written.
const FORMATS: &[Format] =
    &[Format::Table, Format::Markdown, Format::Csv, Format::Latex, Format::Json, Format::Svg];

pub(super) fn run(arguments: &Arguments, invocation: &Invocation) -> Outcome {
    let output = &arguments.output;
    let form = match arguments.form() {
        Ok(form) => form,
        Err(message) => return output.misused(message, None),
    };
    let settings = match arguments.settings() {
        Ok(settings) => settings,
        Err(Failure::Misused(message, help)) => return output.misused(message, help),
        Err(Failure::Run(error)) => return output.report(&error),
        Err(Failure::Said(outcome)) => return outcome,
    };
    if let &[threads] = &*settings.threads
        && arguments.is_measured_apart()
        && !bench::is_set(threads)
        && invocation.program.is_some()
    {
        return again(threads, invocation, output);
    }
    // From here on this process ends with the one that asks it.
    let Ok(requests) = arguments.serve.then(bench::requests).transpose() else {
        return Outcome::Failed;
    };
    let place = arguments.execution.device;
    let device = match dtype(arguments.reading.settings.element(), place).and_then(|_| place.open()) {
        Ok(device) => device,
        Err(Failure::Misused(message, help)) => return output.misused(message, help),
        Err(Failure::Run(error)) => return output.report(&error),
        Err(Failure::Said(outcome)) => return outcome,
    };
    if let Some(error) = output.to.as_ref().and_then(|path| npy::can_write(path).err()) {
        return output.report(&error);
    }
    let read_once = read_once(&arguments.files.iter().chain(&arguments.compare).collect::<Vec<_>>());
    if let Err(message) = read_once {
        return output.misused(message, None);
    }
    let read = |path: &String| Baseline::parse(path, &read_file(path)?);
    // Who serves compares nothing, and its standard input is not a baseline.
    let compared = arguments.compare.as_ref().filter(|_| !arguments.serve);
    let baseline = match compared.map(read).transpose() {
        Ok(baseline) => baseline,
        Err(error) => return output.refuse(&error),
    };
    let wanted = Wanted { batches: &arguments.batch, alone: Alone::Itself };
    let (mut subjects, read) = arguments.reading.subjects(&arguments.files, wanted, output);
    // Networks of one batch stand together: they are held against each other.
    subjects.sort_by_key(|subject| arguments.batch.iter().position(|&batch| batch == subject.batch()));
    if subjects.is_empty() {
        return read;
    }
    let cases = subjects.len() * settings.threads.len();
    if matches!(form, Some(Form::Picture(_))) && cases > 1 {
        return output.misused(one(cases), None);
    }
    // What is measured for a while is not thrown away at the end.
    if let Some(Err((message, help))) = output.to.as_deref().map(files::may_write) {
        return output.misused(message, Some(help));
    }
    if let Some(requests) = requests {
        // Whoever asked is gone: there is nobody left to tell.
        let answers = std::io::stdout().lock();
        let _ = bench::serve(&subjects, settings.engine, settings.effort.seed, requests, answers);
        return read;
    }
    let teller = Teller::new(output);
    let tell = |progress| teller.tell(&subjects, progress);
    let worker = || worker(invocation);
    let program = invocation.program.is_some().then_some(&worker as &dyn Fn() -> Command);
    let measured = bench::run(&subjects, &settings, &device, program, tell);
    drop(teller);
    let mut measured = match measured {
        Ok(measured) => measured,
        Err(error) => return refused(output, &error),
    };
    if let Some(form) = form {
        let charts = measured.cases.iter().filter_map(|case| Roofline::benched(&measured, case, &subjects));
        let charts: Vec<_> = charts.collect();
        return read.max(output.charts(form, &charts, terminal::roofline, svg::roofline));
    }
    let choice = Choice {
        depth: arguments.depth,
        sort: arguments.sort.clone(),
        differences: baseline.map(|baseline| baseline.compare(&mut measured, &subjects)),
    };
    let is_strict = arguments.reading.settings.strict;
    let unlike = is_strict && is_unlike(&measured, &subjects, output);
    let slower = is_strict && report::is_slower(&choice);
    let failed = if slower || unlike { Outcome::Failed } else { Outcome::Done };
    read.max(failed).max(arguments.write(&measured, &subjects, &choice))
}

impl Arguments {
    fn settings(&self) -> Result<Settings, Failure> {
        let Sampling { precision, min_time, max_time, warmup, seed } = self.sampling;
        let device = self.execution.device;
        let profile = self.profile || self.chart.is_some();
        let engine = match self.execution.engine(self.reading.settings.element())? {
            // What is measured layer by layer computes what was counted.
            Engine::Native(settings) if profile => {
                Engine::Native(NativeSettings { winograd: false, ..settings })
            }
            engine @ (Engine::Native(_) | Engine::Candle) => engine,
        };
        let misused = |message| Err(Failure::Misused(message, None));
        if device != Processor::Cpu && !self.threads.is_empty() {
            return misused(text!(
                "`--threads` is for the processor, not for `{device}`",
                "`--threads` 只用于处理器,不用于 `{device}`"
            ));
        }
        let mut threads: Vec<usize> = self.threads.iter().map(|&threads| threads.into()).collect();
        if threads.is_empty() {
            threads.push(candle_core::utils::get_num_threads());
        }
        for (name, twice) in [("--threads", has_twice(&threads)), ("--batch", has_twice(&self.batch))] {
            if twice {
                return misused(text!("`{name}` has a number twice", "`{name}` 中有重复的数"));
            }
        }
        if self.is_measured_apart() && threads.len() > 1 {
            return misused(text!(
                "a network that can be read only once is measured with one number of threads: save it in a file",
                "只能读取一次的网络只能用一种线程数测量:请把它存为文件"
            ));
        }
        // Who allows less than is taken at least wants less.
        let min_time = min_time.min(max_time);
        let effort = Effort { warmup, precision, min_time, max_time, seed };
        Ok(Settings { engine, threads, effort, profile })
    }

    /// What the chart is written as, if it is asked for.
    fn form(&self) -> Result<Option<Form>, Text> {
        match (&self.chart, self.format) {
            (Some(_), format) => Form::of(format, self.output.to.as_deref()).map(Some),
            (None, Format::Svg) => Err(text!(
                "`--format svg` is of a chart: add `--chart roofline`",
                "`--format svg` 用于图表:请加 `--chart roofline`"
            )),
            (None, _) => Ok(None),
        }
    }

    /// Whether a process measures that reads the networks itself, once, rather than one for each number of threads.
    fn is_measured_apart(&self) -> bool {
        self.is_piped() && self.execution.device == Processor::Cpu && !self.serve
    }

    /// Whether a network comes from standard input or another pipe, which can be read only once.
    fn is_piped(&self) -> bool {
        self.files
            .iter()
            .map(|file| Address::of(file).0)
            .any(|address| address.is_open() || address.is_pipe())
    }

    fn write(&self, bench: &Bench, subjects: &[Subject], choice: &Choice) -> Outcome {
        let text = match self.format {
            Format::Markdown => report::markdown(bench, subjects, choice, self.output.language()),
            Format::Csv => report::csv(bench, subjects, choice),
            Format::Latex => report::latex(bench, subjects, choice, self.output.language()),
            Format::Json => return self.output.stream(|to| json::write(bench, subjects, choice, to)),
            Format::Table | Format::Tree | Format::Junit | Format::Github | Format::Beamer | Format::Svg => {
                report::text(bench, subjects, choice, self.output.style())
            }
        };
        self.output.write(&text)
    }
}

/// Says what has nothing to be held against, or something else, which `--strict` takes for a failure.
fn is_unlike(bench: &Bench, subjects: &[Subject], output: &Output) -> bool {
    let unlike: Vec<_> = unlike(bench, subjects).collect();
    let Some((_, first)) = unlike.first() else { return false };
    let said = unlike.iter().map(|(subject, caveat)| {
        let (label, batch, why) = (&subject.label, subject.batch(), caveat.text());
        let (english, chinese) = (why.english, why.chinese);
        text!("{label}, batch {batch}: {english}", "{label},批量大小 {batch}:{chinese}")
    });
    let mut mistake = Diagnostic::nowhere(
        Code::Failed,
        text!(
            "not everything is in the baseline, as `--strict` wants it",
            "`--strict` 要求基线包含全部测量,而这里有不同"
        ),
    );
    mistake.notes = said.collect();
    mistake.notes.dedup();
    output.show(&mistake.help(first.remedy()));
    true
}

/// This program once more, on the same networks.
fn worker(invocation: &Invocation) -> Command {
    let mut program = invocation.command();
    program.args(["bench", "--serve"]).args(invocation.arguments.iter().skip(2));
    program
}

/// This program once more, with so many threads.
fn again(threads: usize, invocation: &Invocation, output: &Output) -> Outcome {
    threads::again(threads, invocation).unwrap_or_else(|error| {
        let why = text!("{error}", "{error}");
        refused(output, &BenchError::Worker { threads, why })
    })
}

fn refused(output: &Output, error: &BenchError) -> Outcome {
    if let BenchError::Run(error) = error {
        return output.report(error);
    }
    let outcome = output.misused(error.text(), None);
    match error {
        BenchError::Element(_) => outcome,
        BenchError::Worker { .. } | BenchError::Told(_) | BenchError::Run(_) | BenchError::Candle(_) => {
            Outcome::Failed
        }
    }
}

fn has_twice<T: PartialEq>(numbers: &[T]) -> bool {
    numbers.iter().enumerate().any(|(index, number)| numbers[..index].contains(number))
}

fn column(name: &str) -> Result<&'static Column, Text> {
    report::column(name).ok_or_else(|| {
        let known = report::column_names().join(", ");
        text!("there is no column `{name}` here; there are {known}", "此处没有列 `{name}`;可用的有 {known}")
    })
}

/// `2%`, `0.02`.
fn precision(written: &str) -> Result<f64, Text> {
    let (number, unit) = match written.trim().strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (written, 1.0),
    };
    let part = number.parse::<f64>().ok().map(|number| number / unit);
    part.filter(|part| *part > 0.0 && *part < 1.0)
        .ok_or_else(|| text!("a precision is as in 2%", "精度写法如 2%"))
}

fn seconds(written: &str) -> Result<Duration, Text> {
    const MOST: f64 = 1e6;
    let number = written.strip_suffix('s').unwrap_or(written).trim_end().parse::<f64>().ok();
    let seconds = number.filter(|seconds| *seconds >= 0.0 && *seconds <= MOST);
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| text!("a time is in seconds, as in 0.5", "时间以秒计,例如 0.5"))
}

fn warmup(written: &str) -> Result<Warmup, Text> {
    if written == "steady" {
        return Ok(Warmup::Steady);
    }
    let passes = written.parse().map(Warmup::Passes);
    passes.map_err(|_| text!("warming up is a number of passes, or `steady`", "预热应是次数,或 `steady`"))
}
