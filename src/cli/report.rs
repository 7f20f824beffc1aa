//! `cnncost report`: a page about networks, to open in a browser.

use clap::Args;

use super::device::OnDevice;
use super::input::{Networks, read_file};
use super::{Outcome, Output};
use crate::error::ReadError;
use crate::read::measured::{self, Measurements};
use crate::report::Subject;
use crate::report::chart::Roofline;
use crate::report::page::Page;
use crate::source::Claims;
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    networks: Networks,
    #[command(flatten)]
    on: OnDevice,
    /// Show layers as they were measured
    ///
    /// Show layers as they were measured, under the roof of that machine: a file that `bench --profile --format json` has written.
    #[arg(long, value_name = "FILE", help_heading = "What is shown")]
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
    let (models, mut worst) = arguments.networks.opened(output);
    let (mut subjects, read) = arguments.networks.options().networks(&models, output);
    worst = worst.max(read);
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
    let choices = arguments.networks.options().choices(&models);
    let claims: Vec<_> = models
        .into_iter()
        .zip(choices)
        .map(|(named, choice)| (Claims::Own(Box::new(named)), choice))
        .collect();
    let mut reports = vec![];
    for (claims, choice) in claims.iter().filter(|(claims, _)| claims.are_there()) {
        match claims.check(choice, &mut vec![]) {
            Ok(checked) => reports.extend(checked),
            Err(error) => worst = worst.max(output.refuse(&error)),
        }
    }
    let page = Page {
        subjects: &subjects,
        claims: &reports,
        measurements: measurements.as_ref(),
        language: output.language(),
    };
    worst.max(output.write(&page.write()))
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
