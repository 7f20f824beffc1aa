//! `cnncost draw`: a network as a picture, as the source of one, or as a tree in the terminal.

use std::path::Path;

use clap::Args;

use super::analyze::depth;
use super::device::OnDevice;
use super::input::{Networks, read_file};
use super::picture::{Form, Target};
use super::{Outcome, Output};
use crate::error::ReadError;
use crate::metric::{self, METRICS, Metric, Sums, Unit};
use crate::read::measured::{self, Measurements};
use crate::report::Subject;
use crate::report::chart::taken;
use crate::report::draw::{Columns, Direction, Heat, Options, dot, mermaid, svg, tree};
use crate::report::rows::Depth;
use crate::text;
use crate::text::Text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    networks: Networks,
    #[command(flatten)]
    shown: Shown,
    /// Form
    ///
    /// Form; without it, the ending of the file says which, and without a file it is a tree.
    #[arg(long, value_enum, help_heading = "Output")]
    format: Option<Form>,
    /// Pixels of a PNG for each of the picture [default: 2]
    #[arg(long, value_name = "N", value_parser = scale, help_heading = "Output", hide_short_help = true)]
    scale: Option<f32>,
    #[command(flatten)]
    output: Output,
}

/// What is drawn of networks, and how.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is shown")]
struct Shown {
    /// How deep boxes are opened: a number, or `all`
    ///
    /// How deep boxes are opened: a number, 0 for one box that is the network, or `all`; without it, as deep as gives a picture
    /// of a size to take in. A box that is closed says what comes out of it, and what is in it.
    #[arg(long, value_name = "N", value_parser = depth)]
    depth: Option<Depth>,
    /// Shade by a figure: macs, params, memory, …
    #[arg(long, value_name = "FIGURE", value_parser = heat, long_help = heat_help().english)]
    heat: Option<Heat>,
    #[command(flatten)]
    on: OnDevice,
    /// Shade by the times that were measured in this file
    ///
    /// Shade by what each layer took as it was measured in this file, which `bench --profile --format json` wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "device_spec", hide_short_help = true)]
    bench: Option<String>,
    /// Draw repeats one by one, not once with how often
    ///
    /// Draw every copy of what repeats. Without it, boxes that are the same one after another are drawn once, with how often.
    #[arg(long)]
    unroll: bool,
    /// Where the network goes
    #[arg(long, value_enum)]
    direction: Option<Toward>,
    /// Columns that a long picture is folded into
    ///
    /// Columns that a long picture is folded into, rows of one that goes to the right: `auto`, as many as make it about as wide
    /// as a slide, or a number; 1 does not fold it.
    #[arg(long, value_name = "N", value_parser = columns, hide_short_help = true)]
    fold: Option<Columns>,
}

/// Where a network goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Toward {
    /// From the top to the bottom
    Down,
    /// From left to right
    Right,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let target = match Target::of(output.to.as_deref(), arguments.format) {
        Ok(target) => target,
        Err((message, help)) => return output.misused(message, help),
    };
    if let Err(message) = arguments.fits(target.form) {
        return output.misused(message, None);
    }
    let device = match arguments.shown.on.find() {
        Ok(device) => device,
        Err(error) => return output.refuse(&error),
    };
    if let Err((message, help)) = arguments.shown.is_shaded(device.is_some()) {
        return output.misused(message, help);
    }
    let measured = match arguments.shown.bench.as_deref().map(measurements).transpose() {
        Ok(measured) => measured,
        Err(error) => return output.refuse(&error),
    };
    let (mut subjects, read) = arguments.networks.subjects(output);
    if subjects.is_empty() {
        return read;
    }
    if let Err(outcome) = OnDevice::estimate(device.as_ref(), &mut subjects, output) {
        return outcome;
    }
    let mut pictures = vec![];
    for subject in subjects {
        match arguments.options(&subject, measured.as_ref()) {
            Ok(options) => pictures.push((subject, options)),
            Err(why) => {
                let name = arguments.shown.bench.clone().unwrap_or_default();
                return output.refuse(&ReadError::Unreadable { name, why, help: None });
            }
        }
    }
    read.max(arguments.write(&pictures, &target))
}

/// What was measured, in a file.
fn measurements(file: &str) -> Result<Measurements, ReadError> {
    measured::parse(file, &read_file(file)?)
}

impl Shown {
    /// Whether times are known where they are asked for, and what is known is asked for.
    fn is_shaded(&self, has_device: bool) -> Result<(), (Text, Option<Text>)> {
        let Some(heat) = self.heat else { return Ok(()) };
        if self.bench.is_some() && !heat.is_time() {
            let message = text!(
                "`--bench` has times: it shades by no other figure",
                "`--bench` 提供用时:不能按其他数值着色"
            );
            return Err((message, None));
        }
        if !heat.metric.is_of_device() || has_device || self.bench.is_some() {
            return Ok(());
        }
        let help = text!(
            "`--device-spec DEVICE` estimates it, as in `--device-spec t4`; `--bench FILE` has it as it was measured",
            "`--device-spec 设备` 给出估算,例如 `--device-spec t4`;`--bench 文件` 给出测得的用时"
        );
        Err((text!("a time is one on a device", "用时取决于设备"), Some(help)))
    }
}

impl Arguments {
    /// Whether the options say something about this form.
    fn fits(&self, form: Form) -> Result<(), Text> {
        let is_laid_out = matches!(form, Form::Svg | Form::Png | Form::Pdf);
        let unfit = [
            ("--scale", self.scale.is_some() && form != Form::Png, "png"),
            ("--fold", self.shown.fold.is_some() && !is_laid_out, "svg, png, pdf"),
            (
                "--direction",
                self.shown.direction.is_some() && form == Form::Tree,
                "svg, png, pdf, dot, mermaid",
            ),
        ];
        match unfit.into_iter().find(|(_, is_unfit, _)| *is_unfit) {
            Some((option, _, forms)) => {
                Err(text!("`{option}` is for these forms: {forms}", "`{option}` 用于以下格式:{forms}"))
            }
            None => Ok(()),
        }
    }

    /// How a network is drawn; an error says why a measurement is none of it.
    fn options(&self, subject: &Subject, measured: Option<&Measurements>) -> Result<Options, Text> {
        let times = measured.map(|measured| taken(subject, measured)).transpose()?;
        let time = metric::named("time").map(|metric| Heat { metric });
        Ok(Options {
            depth: self.shown.depth.unwrap_or(Depth::Fitting),
            folds_repeats: !self.shown.unroll,
            heat: self.shown.heat.or(time.filter(|_| times.is_some())),
            times,
            direction: match self.shown.direction {
                Some(Toward::Right) => Direction::Right,
                Some(Toward::Down) | None => Direction::Down,
            },
            columns: self.shown.fold.unwrap_or_default(),
            ..Options::new(self.output.language())
        })
    }

    fn write(&self, pictures: &[(Subject, Options)], target: &Target) -> Outcome {
        if let Some(folder) = &target.folder {
            let names = match target.names(pictures.iter().map(|(subject, _)| &*subject.label)) {
                Ok(names) => names,
                Err((message, help)) => return self.output.misused(message, Some(help)),
            };
            if let Err(outcome) = self.output.make_folder(folder) {
                return outcome;
            }
            let each = pictures.iter().zip(&names);
            return each
                .map(|((subject, options), path)| self.one(subject, target.form, options, Some(path)))
                .max()
                .unwrap_or(Outcome::Done);
        }
        match pictures {
            [(one, options)] => self.one(one, target.form, options, self.output.to.as_deref()),
            several if target.form == Form::Tree => {
                let trees: Vec<_> = several
                    .iter()
                    .map(|(subject, options)| tree::write(subject, options, self.output.style()))
                    .collect();
                self.output.write(&trees.join("\n"))
            }
            _ => self.output.misused(
                text!("several networks are several pictures", "多个网络对应多张图"),
                Some(text!(
                    "`-o pictures/` with a slash at the end writes them into a folder",
                    "`-o pictures/`(末尾带斜杠)会把它们写入一个目录"
                )),
            ),
        }
    }

    /// Writes a picture of a network to a file, or to standard output.
    fn one(&self, subject: &Subject, form: Form, options: &Options, path: Option<&Path>) -> Outcome {
        let output = &self.output;
        match form {
            Form::Svg | Form::Png | Form::Pdf => match svg::svg(subject, options) {
                Ok(svg) => output.picture(path, &svg, form, self.scale.unwrap_or(SCALE)),
                Err(message) => output.failed(message),
            },
            Form::Dot => output.text_to(path, &dot::write(subject, options)),
            Form::Mermaid => {
                let drawn = mermaid::write(subject, options);
                if let Some(caveat) = mermaid::caveat(&drawn).filter(|_| !output.quiet) {
                    output.note(&caveat);
                }
                output.text_to(path, &drawn)
            }
            Form::Tree => {
                let style =
                    crate::report::Style { color: path.is_none() && output.style().color, ..output.style() };
                output.text_to(path, &tree::write(subject, options, style))
            }
        }
    }
}

/// Pixels of a PNG for each of the picture, unless it is said.
const SCALE: f32 = 2.0;

/// What a figure is called in short.
const SHORT: [(&str, &str); 2] = [("memory", "live_bytes"), ("field", "receptive_field")];

/// Whether things can be shaded by a figure: a number that layers have.
fn is_shade(metric: &Metric) -> bool {
    let is_number = match metric.unit {
        Unit::Shape | Unit::Truth | Unit::Word => false,
        Unit::Count
        | Unit::Params
        | Unit::Macs
        | Unit::Flops
        | Unit::Bytes
        | Unit::Seconds
        | Unit::Ratio
        | Unit::Positions => true,
    };
    is_number && metric.sums != Sums::Whole
}

fn heat(written: &str) -> Result<Heat, Text> {
    let name = SHORT.iter().find(|(short, _)| *short == written).map_or(written, |(_, name)| name);
    let metric = metric::named(name).filter(|metric| is_shade(metric));
    metric.map(|metric| Heat { metric }).ok_or_else(|| {
        text!(
            "it is macs, params, memory, time, field, or another figure that `--help` names",
            "应为 macs、params、memory、time、field,或 `--help` 所列的其他数值"
        )
    })
}

/// What `--help` says of figures to shade by.
pub(super) fn heat_help() -> Text {
    let known = METRICS.iter().filter(|metric| is_shade(metric)).map(|metric| metric.name);
    let known = known.collect::<Vec<_>>().join(", ");
    text!(
        "Shade what is drawn by a figure, from the largest on: macs, params, memory (the bytes that are alive while a layer is \
         executed), time (on the device of `--device-spec`, or measured in the file of `--bench`), field (what an element sees of the input), or any of {known}",
        "按一个数值给图中各项着色,最大者最深:macs、params、memory(执行该层时存活的字节)、time(在 `--device-spec` 的设备上的用时,或 `--bench` 文件中测得的用时)、\
         field(一个元素所见的输入范围),或以下任意一个:{known}"
    )
}

fn scale(written: &str) -> Result<f32, Text> {
    let number = written.parse().ok().filter(|scale: &f32| (0.05..=50.0).contains(scale));
    number.ok_or_else(|| text!("it is a number from 0.05 to 50", "应是 0.05 到 50 的数"))
}

fn columns(written: &str) -> Result<Columns, Text> {
    if written == "auto" {
        return Ok(Columns::Fitting);
    }
    let number = written.parse().ok().filter(|columns| *columns > 0);
    number
        .map(Columns::To)
        .ok_or_else(|| text!("it is `auto`, or a number from 1", "应为 `auto`,或不小于 1 的数"))
}
