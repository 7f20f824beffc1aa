//! What is listed of operators: their names, examples and settings.

use schemars::{Schema, SchemaGenerator};

use super::OPERATORS;

/// An entry of the list of operators.
pub struct Entry {
    /// The name in a description.
    pub name: &'static str,
    /// An item that uses it, as TOML.
    pub example: &'static str,
    /// The shapes that the example takes.
    pub example_inputs: &'static [&'static [u64]],
    /// The JSON Schema of its settings.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// The names of its settings.
    pub settings: fn() -> &'static [&'static str],
}

impl Entry {
    /// The entry called `name`.
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|entry| entry.name == name)
    }
}
