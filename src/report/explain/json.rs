//! The same for programs: every equation with its sides.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::Explanation;
use super::piece::{Cell, Head, Piece, Table};
use crate::report::write_json;
use crate::text::Language;
use crate::working::{Letter, Notation, Working};

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
    /// What the letters in its equations are.
    letters: Vec<Meaning>,
    /// Layers, boxes and totals, in their order.
    sections: Vec<Section<'e>>,
}

/// What stands below a heading.
#[derive(Debug, Serialize, JsonSchema)]
struct Section<'e> {
    /// The heading.
    heading: String,
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
        /// In letters: `K²·H·W·C_in·C_out`.
        letters: String,
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
    /// Numbers that belong together.
    Table {
        /// What each column holds.
        heads: Vec<String>,
        /// A row has a cell for each column.
        rows: Vec<Vec<Entry<'e>>>,
        /// Whether the last row is the sum of those before.
        has_sum: bool,
    },
}

/// A cell of a table.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Entry<'e> {
    /// Words.
    Words(&'e str),
    /// A number and how it comes about.
    Number {
        /// With the sizes in their places: `1 + (7 − 1)·1`.
        substitution: String,
        /// The number; nothing if it does not fit 128 bits.
        value: Option<u128>,
    },
}

/// What a letter is.
#[derive(Debug, Serialize, JsonSchema)]
struct Meaning {
    /// The letter: `C_in`.
    letter: &'static str,
    /// What it is.
    meaning: &'static str,
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
    let mut letters = vec![];
    for piece in &explanation.pieces {
        let line = match piece {
            Piece::Heading(heading) => {
                sections.push(Section { heading: heading.line(), level: heading.level, lines: vec![] });
                continue;
            }
            Piece::Letters(all) => {
                let meaning = |letter: &Letter| Meaning {
                    letter: letter.written(),
                    meaning: letter.meaning(Language::English),
                };
                letters = all.iter().map(meaning).collect();
                continue;
            }
            Piece::Shapes(text) | Piece::Sentence(text) => Line::Sentence { text },
            Piece::Equation(label, working) => equation(label, working),
            Piece::Written(label, sides) => Line::Setting { label, sides },
            Piece::Table(table) => self::table(table),
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
        letters,
        sections,
    }
}

fn equation<'e>(label: &'e str, working: &Working) -> Line<'e> {
    Line::Equation {
        label,
        formula: working.formula_in(Language::English, Notation::Text),
        letters: working.in_letters(Language::English, Notation::Text),
        substitution: working.substitution(Notation::Text),
        value: working.evaluate().ok(),
    }
}

fn table(table: &Table) -> Line<'_> {
    let head = |head: &Head| match head {
        Head::Words(words) => words.clone(),
        Head::Formula(..) => head.formula(Notation::Text, Language::English).unwrap_or_default(),
    };
    Line::Table {
        heads: table.heads.iter().map(head).collect(),
        rows: table.rows.iter().map(|row| row.iter().map(entry).collect()).collect(),
        has_sum: table.has_sum,
    }
}

fn entry(cell: &Cell) -> Entry<'_> {
    match cell {
        Cell::Words(words) => Entry::Words(words),
        Cell::Worked(working) => Entry::Number {
            substitution: working.substitution(Notation::Text),
            value: working.evaluate().ok(),
        },
    }
}
