//! `cnncost reconcile`: a network's total as each tool counts, and which way of counting gives a figure.

use clap::Args;

use super::format::Format;
use super::input::{NetworkOptions, open, reading};
use super::progress::Progress;
use super::{Outcome, Output};
use crate::convention::figure::Figure;
use crate::convention::search::trace;
use crate::convention::totals;
use crate::read::conventions;
use crate::report::reconcile::{self, Answer, Traced};
use crate::source::candidates;
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A description, an ONNX file, or the name of a bundled network
    ///
    /// A description (`.toml`), an ONNX file (`.onnx`), either as `-` through standard input, or the name of a bundled network;
    /// `@VARIANT` behind it picks a variant.
    #[arg(help_heading = "Network", display_order = 0)]
    file: String,
    /// A figure to trace: "4.11 G", "569M", 3.87e9
    ///
    /// A figure to trace, as it is written somewhere, in one word or several: "4.11 G", 3.8 billion, 569M, 3.87e9, 4111514624.
    #[arg(help_heading = "Network", display_order = 0, allow_negative_numbers = true)]
    figure: Vec<String>,
    #[command(flatten)]
    options: NetworkOptions,
    /// Form
    #[arg(long, value_parser = Format::of(Format::USUAL), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (output, options) = (&arguments.output, &arguments.options);
    if let Err(message) = options.refuse_sides() {
        return output.misused(message, None);
    }
    let is_asked = !arguments.figure.is_empty();
    let figure = match is_asked.then(|| Figure::parse(&arguments.figure.join(" "))).transpose() {
        Ok(figure) => figure,
        Err(message) => return output.misused(message, None),
    };
    let progress = Progress::begin(output, &reading(&arguments.file));
    let named = match open(&arguments.file) {
        Ok(named) => named,
        Err(error) => return output.refuse(&error),
    };
    let (subjects, mut worst) = options.variants(&named, output);
    let conventions = conventions::bundled();
    let mut answers = vec![];
    for subject in &subjects {
        let Ok(totals) = totals(&conventions, subject.graph(), subject.batch()) else {
            output.misused(text!("a total does not fit 128 bits", "总数超出 128 位"), None);
            worst = worst.max(Outcome::Failed);
            continue;
        };
        progress.tell(&text!("trying ways of counting", "正在尝试各种计数方式"));
        let found = figure.as_ref().map(|figure| {
            let builds = candidates(&named, &options.choice(), subject, &conventions);
            let (read, found) = trace(figure, &conventions, &builds);
            Traced { asked: figure, read, found }
        });
        if found.as_ref().is_some_and(|traced| !traced.found.verdict.is_answer()) {
            worst = worst.max(Outcome::Failed);
        }
        answers.push(Answer { subject, conventions: &conventions, totals, found });
    }
    drop(progress);
    if answers.is_empty() {
        return worst;
    }
    if arguments.format == Format::Json {
        return worst.max(output.stream(|to| reconcile::json(&answers, to)));
    }
    let sheets: Vec<_> = answers.iter().map(reconcile::sheet).collect();
    worst.max(output.write(&arguments.format.write(&sheets, output.style())))
}

#[cfg(test)]
mod tests;
