//! Writers: what is known about networks into text, one writer per format. They are pure: nothing here prints, reads a
//! terminal or looks at the environment.

use crate::analyze::Analysis;
use crate::read::Network;
use crate::shape::ElementType;
use crate::text::Language;

pub mod columns;
pub mod csv;
pub mod explain;
pub mod json;
pub mod latex;
pub mod markdown;
pub mod operators;
pub mod rows;
pub mod table;

/// A network and what is known about it.
#[derive(Debug)]
pub struct Subject {
    /// What it is called where a short name is wanted: the file's, with the variant behind `@`.
    pub label: String,
    /// What it calls itself.
    pub title: String,
    /// The file it is from.
    pub source: String,
    /// The variant it was expanded as.
    pub variant: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The network.
    pub network: Network,
    /// Its counts.
    pub analysis: Analysis,
    /// The type of its numbers.
    pub element: ElementType,
}

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The language of headings and notes.
    pub language: Language,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether colors are written.
    pub color: bool,
}

impl Subject {
    /// Bytes of everything that is stored: parameters and buffers. [`Counts::check`](crate::counts::Counts::check) has
    /// shown that they fit.
    pub fn weight_bytes(&self) -> u128 {
        let params = self.analysis.total().params;
        (params.total() + params.buffers) * self.element.bytes()
    }

    /// The shapes that come in and go out: `192×28×28 → 88×28×28`.
    pub fn shapes(&self) -> String {
        let graph = &self.network.graph;
        let join = |shapes: Vec<String>| shapes.join(" + ");
        let inputs = join(graph.network_inputs().map(|(_, node)| node.shape.to_string()).collect());
        let outputs = join(graph.outputs().iter().map(|&(_, id)| graph.node(id).shape.to_string()).collect());
        format!("{inputs} → {outputs}")
    }
}
