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
    let text = match (&arguments.name, arguments.format) {
        (None, Format::Text) => operators::list(style),
        (None, Format::Json) => operators::json(OPERATORS.iter()),
        (Some(name), format) => match Entry::find(name) {
            Some(entry) if format == Format::Json => operators::json([entry].into_iter()),
            Some(entry) => operators::one(entry, style),
            None => {
                let message = text!("there is no operator `{name}`", "没有名为 `{name}` 的算子");
                return output.misused(message, synonyms::operator(name));
            }
        },
    };
    output.write(&text)
}
