//! `cnncost explain`: the working of each number.

use clap::Args;

use super::analyze::depth;
use super::format::Format;
use super::input::NetworkOptions;
use super::{Outcome, Output};
use crate::report::explain::{About, Explanation, Markup, json, set};
use crate::report::rows::Depth;
use crate::text::Language;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// A description, an ONNX file, or the name of a bundled network
    ///
    /// A description (`.toml`), an ONNX file (`.onnx`), either as `-` through standard input, or the name of a bundled network;
    /// `@VARIANT` behind it picks a variant.
    #[arg(help_heading = "Network", display_order = 0)]
    file: String,
    /// The layer or box to explain; without it, the network
    ///
    /// The layer or box to explain, by as much of its path as leads to it: `layer1/0/conv1`, `layer1.0.conv1`; without it, the
    /// whole network.
    #[arg(help_heading = "Network", display_order = 0)]
    path: Option<String>,
    /// How deep boxes are opened: a number, or `all`
    ///
    /// How deep boxes are opened: a number, 0 for the totals alone, or `all`; without it, every one. A box that stays closed has
    /// its figures as sums over what is in it.
    #[arg(long, value_name = "N", value_parser = depth, help_heading = "Output")]
    depth: Option<Depth>,
    /// How the receptive field grows, layer after layer
    ///
    /// How the receptive field grows, layer after layer: up to each output of the network, of the box or of the layer.
    #[arg(long, conflicts_with_all = ["peak", "depth"], help_heading = "Output")]
    field: bool,
    /// What is alive at the peak of the memory: each tensor, and the sum
    ///
    /// What is alive at the peak of the memory: each tensor with its bytes, and the sum; of the network, or while the box or the
    /// layer is executed.
    #[arg(long, conflicts_with = "depth", help_heading = "Output")]
    peak: bool,
    #[command(flatten)]
    options: NetworkOptions,
    /// Form
    ///
    /// Form: Markdown has formulas as GitHub sets them; LaTeX is a fragment for a document with amsmath; beamer is a whole document,
    /// with a slide for each layer and each box.
    #[arg(long, value_parser = Format::of(FORMATS), default_value = "table", help_heading = "Output")]
    format: Format,
    #[command(flatten)]
    output: Output,
}

/// The forms of what is written.
const FORMATS: &[Format] = &[Format::Table, Format::Markdown, Format::Latex, Format::Beamer, Format::Json];

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let output = &arguments.output;
    let (subjects, mut worst) = arguments.options.subjects(std::slice::from_ref(&arguments.file), output);
    let (style, markup) = (output.style(), arguments.format.markup());
    // Data keep the names that programs know.
    let language = markup.map_or(Language::English, |_| style.language);
    let path = arguments.path.as_deref();
    let about = arguments.about();
    let mut explanations = vec![];
    for subject in &subjects {
        match Explanation::new(subject, path, about, language) {
            Ok(explanation) => explanations.push(explanation),
            Err(unfound) => {
                let (message, help) = unfound.told(&subject.label, path.unwrap_or_default());
                worst = worst.max(output.misused(message, help));
            }
        }
    }
    if explanations.is_empty() {
        return worst;
    }
    worst.max(match markup {
        None => output.stream(|to| json(&explanations, to)),
        Some(markup) => output.write(&set(&explanations, markup, style)),
    })
}

impl Arguments {
    fn about(&self) -> About {
        match (self.field, self.peak, self.depth) {
            (true, ..) => About::Field,
            (_, true, _) => About::Peak,
            (.., Some(Depth::To(depth))) => About::Costs(Some(depth)),
            (.., Some(Depth::All | Depth::Fitting) | None) => About::Costs(None),
        }
    }
}

impl Format {
    /// What a person reads it in; nothing for data.
    fn markup(self) -> Option<Markup> {
        match self {
            Self::Markdown => Some(Markup::Markdown),
            Self::Latex => Some(Markup::Latex),
            Self::Beamer => Some(Markup::Beamer),
            Self::Json => None,
            Self::Table | Self::Tree | Self::Csv | Self::Junit | Self::Github | Self::Svg => {
                Some(Markup::Text)
            }
        }
    }
}
