//! `cnncost explain`: the working of each number.

use clap::{Args, ValueEnum};

use super::input::NetworkOptions;
use super::{Outcome, Output};
use crate::error::meant;
use crate::report::explain::{Markup, NoSuchPath, explain};
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A description, or the name of a bundled network
    ///
    /// A description, or the name of a bundled network; `@VARIANT` behind it picks a variant.
    #[arg(help_heading = "Network", display_order = 0)]
    file: String,
    /// The layer or box to explain; without it, the network
    ///
    /// The layer or box to explain, as `analyze` names it; without it, the whole network.
    #[arg(help_heading = "Network", display_order = 0)]
    path: Option<String>,
    #[command(flatten)]
    options: NetworkOptions,
    /// Form
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
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
            Err(NoSuchPath { nearest }) => {
                let (label, path) = (&subject.label, path.unwrap_or_default());
                let message =
                    text!("{label} has no layer or box `{path}`", "{label} 中没有名为 `{path}` 的层或模块");
                let help = nearest.map(|near| meant(&near));
                worst = worst.max(output.misused(message, help));
            }
        }
    }
    if pages.is_empty() { worst } else { worst.max(output.write(&pages.join("\n"))) }
}
