//! `cnncost explain`: the working of each number.

use clap::{Args, ValueEnum};

use super::input::NetworkOptions;
use super::{Outcome, Output};
use crate::report::explain::{Markup, explain};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A description, or the name of a bundled network; `@VARIANT` behind it picks a variant
    file: String,
    /// The layer or box to explain, by as much of its path as leads to it: `layer1/0/conv1`, `layer1.0.conv1`;
    /// without it, the whole network
    path: Option<String>,
    #[command(flatten)]
    options: NetworkOptions,
    /// What it is written in
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// With formulas as GitHub sets them
    Markdown,
    /// A fragment for a document with amsmath
    Latex,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let (subjects, mut worst) = arguments.options.subjects(std::slice::from_ref(&arguments.file), output);
    let markup = match arguments.format {
        Format::Text => Markup::Text,
        Format::Markdown => Markup::Markdown,
        Format::Latex => Markup::Latex,
    };
    let path = arguments.path.as_deref();
    let mut pages = vec![];
    for subject in &subjects {
        match explain(subject, path, markup, output.style()) {
            Ok(page) => pages.push(page),
            Err(unfound) => {
                let (message, help) = unfound.told(&subject.label, path.unwrap_or_default());
                worst = worst.max(output.misused(message, help));
            }
        }
    }
    if pages.is_empty() { worst } else { worst.max(output.write(&pages.join("\n"))) }
}
