//! `cnncost report`: a page about networks, to open in a browser.

use clap::Args;

use super::device::OnDevice;
use super::input::{Deployment, NetworkOptions, open_claims, read_file, reading};
use super::progress::Progress;
use super::{Outcome, Output};
use crate::error::ReadError;
use crate::read::measured::{self, Measurements};
use crate::report::Subject;
use crate::report::chart::Roofline;
use crate::report::page::Page;
use crate::source::{Choice, Claims, Named, read_once};
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Descriptions, ONNX files, files of claims, or bundled ones
    ///
    /// Descriptions (`.toml`), ONNX files (`.onnx`), either as `-` through standard input, or names of bundled networks; `@VARIANT`
    /// behind one picks a variant, `@*` all of them. Of a file of claims, or a bundled one as lecture11, the networks that it names.
    #[arg(required = true, value_name = "FILE", help_heading = "Network", display_order = 0)]
    files: Vec<String>,
    #[command(flatten)]
    options: NetworkOptions,
    #[command(flatten)]
    deployment: Deployment,
    #[command(flatten)]
    on: OnDevice,
    /// Show layers as they were measured
    ///
    /// Show layers as they were measured, under the roof of that machine: a file that `bench --profile --format json` has written.
    #[arg(long, value_name = "FILE", conflicts_with = "deployed", help_heading = "What is shown")]
    bench: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let device = match arguments.on.find() {
        Ok(device) => device,
        Err(error) => return output.refuse(&error),
    };
    let measurements = match arguments.bench.as_deref().map(measurements).transpose() {
        Ok(measurements) => measurements,
        Err(error) => return output.refuse(&error),
    };
    let progress = Progress::begin(output, &text!("reading", "正在读取"));
    let (models, files, mut worst) = arguments.opened(&progress);
    progress.tell(&text!("counting", "正在计数"));
    let (mut subjects, read) = arguments.options().networks(&models, output);
    worst = worst.max(read);
    for file in &files {
        let (named, read) = arguments.named(file);
        subjects.extend(named);
        worst = worst.max(read);
    }
    // Without one of them, others would be held against the wrong one.
    if worst == Outcome::Unusable || subjects.is_empty() {
        return worst;
    }
    if let Err(outcome) = OnDevice::estimate(device.as_ref(), &mut subjects, output) {
        return outcome;
    }
    if let Some(measurements) = &measurements
        && let Err(outcome) = is_of_some(measurements, &subjects, output)
    {
        return outcome;
    }
    let claims = arguments.claims(models, files);
    let mut reports = vec![];
    for (claims, choice) in &claims {
        match claims.check(choice, &mut vec![]) {
            Ok(checked) => reports.extend(checked),
            Err(error) => worst = worst.max(output.refuse(&error)),
        }
    }
    let measurements = measurements.as_ref();
    let page = Page { subjects: &subjects, claims: &reports, measurements, language: output.language() };
    let page = page.write();
    drop(progress);
    worst.max(output.write(&page))
}

impl Arguments {
    /// What networks are read with, and what of them is counted.
    fn options(&self) -> NetworkOptions {
        self.options.counted(self.deployment)
    }

    /// Opens every file: models, and files of claims; what cannot be read is reported.
    fn opened(&self, progress: &Progress) -> (Vec<Named>, Vec<Claims>, Outcome) {
        let output = &self.output;
        if let Err(message) = read_once(&self.files) {
            return (vec![], vec![], output.misused(message, None));
        }
        let (mut models, mut files, mut worst) = (vec![], vec![], Outcome::Done);
        for file in &self.files {
            progress.tell(&reading(file));
            match open_claims(file) {
                Ok(Claims::Own(named)) => models.push(*named),
                Ok(claims @ Claims::Others(..)) => files.push(claims),
                Err(error) => worst = worst.max(output.refuse(&error)),
            }
        }
        (models, files, worst)
    }

    /// The networks that a file of claims names.
    fn named(&self, claims: &Claims) -> (Vec<Subject>, Outcome) {
        let mut findings = vec![];
        let subjects = claims.subjects(&self.options().choice(), &mut findings);
        let found = findings.iter().map(|finding| self.options.judge(finding, &self.output));
        let worst = found.max().unwrap_or(Outcome::Done);
        match subjects {
            Ok(subjects) => (subjects, worst),
            Err(error) => (vec![], self.output.refuse(&error)),
        }
    }

    /// All that makes claims, with what its networks are made with.
    fn claims(&self, models: Vec<Named>, files: Vec<Claims>) -> Vec<(Claims, Choice)> {
        let options = self.options();
        let choices = options.choices(&models);
        let own = models.into_iter().map(|named| Claims::Own(Box::new(named))).zip(choices);
        let all = own.chain(files.into_iter().map(|claims| (claims, options.choice())));
        all.filter(|(claims, _)| claims.are_there()).collect()
    }
}

fn measurements(file: &str) -> Result<Measurements, ReadError> {
    measured::parse(file, &read_file(file)?)
}

/// Refuses measurements that are of none of the networks.
fn is_of_some(measurements: &Measurements, subjects: &[Subject], output: &Output) -> Result<(), Outcome> {
    let mut why = vec![];
    for subject in subjects {
        match Roofline::measured(subject, measurements) {
            Ok(_) => return Ok(()),
            Err(message) => why.push(message),
        }
    }
    let help = text!(
        "measure it with `cnncost bench NETWORK --profile --format json -o FILE`",
        "可用 `cnncost bench 网络 --profile --format json -o 文件` 测量"
    );
    match why.into_iter().next() {
        Some(message) => Err(output.misused(message, Some(help))),
        None => Ok(()),
    }
}
