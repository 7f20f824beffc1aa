//! `cnncost ops`: the operators, their settings and how they are counted.

use clap::{Args, ValueEnum};

use super::{Outcome, Output};
use crate::op::{Entry, OPERATORS};
use crate::read::synonyms;
use crate::report::operators;
use crate::text;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Show this operator with its settings
    #[arg(value_name = "OPERATOR")]
    name: Option<String>,
    /// Form
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (output, style) = (&arguments.output, arguments.output.style());
    let entry = match &arguments.name {
        None => None,
        Some(name) => match Entry::find(name) {
            Some(entry) => Some(entry),
            None => {
                let message = text!("there is no operator `{name}`", "没有名为 `{name}` 的算子");
                return output.misused(message, synonyms::operator(name));
            }
        },
    };
    match (entry, arguments.format) {
        (None, Format::Text) => output.write(&operators::list(style)),
        (Some(entry), Format::Text) => output.write(&operators::one(entry, style)),
        (None, Format::Json) => output.stream(|to| operators::json(OPERATORS.iter(), to)),
        (Some(entry), Format::Json) => output.stream(|to| operators::json(std::iter::once(entry), to)),
    }
}
