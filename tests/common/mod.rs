//! What several tests need.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod cases;

use cnncost::op::{OPERATORS, Op};
use serde_json::Value;

/// Whether there is an operator called `op`.
pub(crate) fn is_known(op: &str) -> bool {
    OPERATORS.iter().any(|entry| entry.name == op)
}

/// The operator called `op` with these settings, read as an item of a description is.
pub(crate) fn operator(op: &str, settings: &Value) -> Op {
    let settings: String =
        settings.as_object().unwrap().iter().map(|(key, value)| format!(", {key} = {value}")).collect();
    cnncost::read::operator(&format!("{{ op = \"{op}\"{settings} }}")).unwrap_or_else(|error| {
        panic!("{}", error.render(cnncost::text::Language::English, false, 100));
    })
}
