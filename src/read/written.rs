//! Settings in the description's own letters: an expression as it is written, and with the numbers in their places.

use std::collections::HashMap;
use std::sync::Arc;

use super::description::{DatumKind, Setting};
use super::expression::{Expression, Scope, Value};
use crate::graph::NodeId;

/// A setting or an argument that is an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it is called.
    pub name: Arc<str>,
    /// The sides of its equation: as it is written, with the values of what it names, what it comes to:
    /// `radix · c`, `2·128`, `256`. Where it is a name alone, that stands first.
    pub sides: Vec<String>,
}

/// The expressions of a network's settings, by node; of large networks, those of the first nodes.
#[derive(Debug, Default)]
pub struct Letters(HashMap<NodeId, Arc<[Written]>>);

/// The most nodes whose expressions are kept.
const MOST_KEPT: usize = 100_000;

/// The longest expression that is kept, in bytes.
const LONGEST: usize = 200;

impl Letters {
    /// Those of a node, in the order in which they are written.
    pub fn of(&self, id: NodeId) -> &[Written] {
        self.0.get(&id).map_or(&[], |written| written)
    }

    /// Whether there is room for more.
    pub(super) fn is_open(&self) -> bool {
        self.0.len() < MOST_KEPT
    }

    /// Keeps those of a node whose settings were evaluated in `scope`, where names may stand for expressions as in `around`.
    pub(super) fn keep(&mut self, id: NodeId, settings: &[Setting], scope: &dyn Scope, around: &[Written]) {
        let with_name = |setting: &Setting| {
            let mut written = written(setting, scope, around)?;
            if let Some(name) = only_name(setting) {
                written.sides.insert(0, name.to_owned());
            }
            Some(written)
        };
        let written: Vec<_> = settings.iter().filter_map(with_name).collect();
        if self.is_open() && !written.is_empty() {
            self.0.insert(id, written.into());
        }
    }
}

/// A setting that is an expression and comes to a whole number; a name alone is the expression that it stands for in
/// `around`, and none where it stands for a number.
pub(super) fn written(setting: &Setting, scope: &dyn Scope, around: &[Written]) -> Option<Written> {
    if let Some(name) = only_name(setting) {
        let known = around.iter().find(|written| &*written.name == name)?;
        return Some(Written { name: setting.name.text.clone(), ..known.clone() });
    }
    let DatumKind::Text(text, expression) = &setting.value.kind else { return None };
    let expression = expression.as_ref().as_ref().ok()?;
    if text.len() > LONGEST || expression.named_parts().is_empty() {
        return None;
    }
    let Value::Number(result) = expression.evaluate(scope).ok()? else { return None };
    let values = substituted(text, expression, scope)?;
    let sides = vec![signs(text, " · "), signs(&values, "·"), result.to_string()];
    result.is_integer().then(|| Written { name: setting.name.text.clone(), sides })
}

fn only_name(setting: &Setting) -> Option<&str> {
    let DatumKind::Text(text, _) = &setting.value.kind else { return None };
    let is_name = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(&**text)
}

/// `text` with values for names; `None` if one is no number.
fn substituted(text: &str, expression: &Expression, scope: &dyn Scope) -> Option<String> {
    let mut values = String::new();
    let mut end = 0;
    for part in expression.named_parts() {
        let Value::Number(number) = part.evaluate(scope).ok()? else { return None };
        let (before, span) = (text.get(end..part.span().start)?, part.span());
        values.push_str(before);
        let is_plain = number.is_integer() && *number.numer() >= 0;
        values.push_str(&if is_plain { number.to_string() } else { format!("({number})") });
        end = span.end;
    }
    values.push_str(text.get(end..)?);
    Some(values)
}

/// With the signs that a formula has.
fn signs(text: &str, times: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace(" * ", "*").replace("**", "^").replace('*', times).replace(" - ", " − ")
}
