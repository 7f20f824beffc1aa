//! A file of claims about networks that are described elsewhere.

use std::sync::Arc;

use super::description::{Claim, Name};
use super::expression::Value;
use super::{invalid, toml};
use crate::error::{ReadError, Source};
use crate::shape::ElementType;

/// A whole file.
#[derive(Debug)]
pub struct ClaimsFile {
    /// The file.
    pub source: Arc<Source>,
    /// What it is called.
    pub name: Option<String>,
    /// What is to be known about it.
    pub about: Option<String>,
    /// The networks, by the aliases that claims call them by.
    pub networks: Vec<Reference>,
    /// The claims.
    pub claims: Vec<Claim>,
}

/// A network that a file of claims speaks of.
#[derive(Clone, Debug)]
pub struct Reference {
    /// What the claims call it.
    pub alias: Name,
    /// A file, or the name of a bundled network; with `@VARIANT` behind it if wanted.
    pub file: Name,
    /// Parameters that are set.
    pub set: Vec<(Name, Value)>,
    /// Sizes that an ONNX file leaves open.
    pub dim: Vec<(Name, u64)>,
    /// Sizes of the input in place of those in the file.
    pub input: Option<Vec<u64>>,
    /// Samples of one forward pass, 1 unless it is set.
    pub batch: Option<u64>,
    /// Type of the numbers, `f32` unless it is set.
    pub dtype: Option<ElementType>,
}

impl ClaimsFile {
    /// Whether a text is a file of claims, and no description.
    pub fn is_one(text: &str) -> bool {
        toml::has_networks(text)
    }

    /// Reads a file of claims; every mistake in its form is in the error.
    pub fn parse(name: &str, text: &str) -> Result<Self, ReadError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Arc::new(Source::new(name, text));
        match toml::parse_claims(&source) {
            (Some(file), mistakes) if mistakes.is_empty() => Ok(file),
            (_, mistakes) => Err(invalid(source, mistakes)),
        }
    }
}
