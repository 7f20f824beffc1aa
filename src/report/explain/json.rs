//! The same for programs: every equation with its sides.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::Explanation;
use super::markup::Piece;
use crate::report::write_json;
use crate::text::Language;
use crate::working::{Notation, Working};

/// The name and version of this form.
const SCHEMA: &str = "cnncost/explanation/1";

/// What was explained of every network.
#[derive(Debug, Serialize, JsonSchema)]
struct Document<'e> {
    /// The name and version of this form: `cnncost/explanation/1`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// Every network, in the order they were asked for.
    networks: Vec<Network<'e>>,
}

/// What was explained of a network.
#[derive(Debug, Serialize, JsonSchema)]
struct Network<'e> {
    /// What it calls itself.
    model: &'e str,
    /// The file, or the name of the bundled one.
    source: &'e str,
    /// The variant: the one that was asked for, or else the one that the defaults are, if they are one.
    variant: Option<&'e str>,
    /// SHA-256 of the file, in hexadecimal: of a description with what it includes, of an ONNX file alone.
    sha256: &'e str,
    /// Samples of one forward pass.
    batch: u64,
    /// Layers, boxes and totals, in their order.
    sections: Vec<Section<'e>>,
}

/// What stands below a heading.
#[derive(Debug, Serialize, JsonSchema)]
struct Section<'e> {
    /// The heading.
    heading: &'e str,
    /// How deep it stands, from 1.
    level: usize,
    /// What is said, and the equations.
    lines: Vec<Line<'e>>,
}

/// A line of an explanation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'e> {
    /// Words.
    Sentence {
        /// The sentence.
        text: &'e str,
    },
    /// A number and how it comes about.
    Equation {
        /// What the number is.
        label: &'e str,
        /// In names: `kernel² · output height·width · in · out`.
        formula: String,
        /// With the sizes in their places: `5²·28²·192·32`.
        substitution: String,
        /// The number; nothing if it does not fit 128 bits.
        value: Option<u128>,
    },
    /// A setting as the description has it.
    Setting {
        /// The setting.
        label: &'e str,
        /// The sides of its equation, from letters to the value.
        sides: &'e [String],
    },
}

/// Writes explanations, which should be in English as all data are, as one object.
///
/// # Errors
/// If it cannot be written.
pub fn json(explanations: &[Explanation<'_>], to: &mut dyn io::Write) -> io::Result<()> {
    let networks = explanations.iter().map(network).collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), networks }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Document<'_>)
}

fn network<'e>(explanation: &'e Explanation<'_>) -> Network<'e> {
    let subject = explanation.subject;
    let mut sections: Vec<Section> = vec![];
    for piece in &explanation.pieces {
        let line = match piece {
            Piece::Heading(level, heading) => {
                sections.push(Section { heading, level: *level, lines: vec![] });
                continue;
            }
            Piece::Sentence(text) => Line::Sentence { text },
            Piece::Equation(label, working) => equation(label, working),
            Piece::Written(label, sides) => Line::Setting { label, sides },
        };
        // An explanation begins with a heading.
        if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    Network {
        model: &subject.title,
        source: &subject.source,
        variant: subject.variant.as_deref(),
        sha256: &subject.sha256,
        batch: subject.batch(),
        sections,
    }
}

fn equation<'e>(label: &'e str, working: &Working) -> Line<'e> {
    Line::Equation {
        label,
        formula: working.formula_in(Language::English, Notation::Text),
        substitution: working.substitution(Notation::Text),
        value: working.evaluate().ok(),
    }
}
