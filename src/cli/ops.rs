//! `cnncost ops`: the operators, their settings and how they are counted.

use clap::Args;

use super::format::Format;
use super::{Outcome, Output};
use crate::op::{Entry, OPERATORS};
use crate::read::synonyms;
use crate::report::operators;
use crate::text;
use crate::text::Language;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Show this operator with its settings
    #[arg(value_name = "OPERATOR")]
    name: Option<String>,
    /// Form
    #[arg(long, value_parser = Format::of(Format::USUAL), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (output, style) = (&arguments.output, arguments.output.style());
    let entry = match &arguments.name {
        None => None,
        Some(name) => {
            let Some(entry) = Entry::find(name) else {
                let message = text!("there is no operator `{name}`", "没有名为 `{name}` 的算子");
                return output.misused(message, synonyms::operator(name));
            };
            Some(entry)
        }
    };
    match (entry, arguments.format) {
        (None, Format::Json) => output.stream(|to| operators::json(OPERATORS.iter(), to)),
        (Some(entry), Format::Json) => output.stream(|to| operators::json(std::iter::once(entry), to)),
        (entry, format @ (Format::Markdown | Format::Csv | Format::Latex)) => {
            // Data keep the names that programs know.
            let language = if format == Format::Csv { Language::English } else { style.language };
            let settings = |entry| operators::settings(entry, language);
            output.write(&format.write(&[entry.map_or_else(|| operators::sheet(language), settings)], style))
        }
        (None, format) => output.write(&format.write(&[operators::list(style.language)], style)),
        (Some(entry), _) => output.write(&operators::one(entry, style)),
    }
}
