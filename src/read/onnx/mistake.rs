//! Mistakes in files that have no text to point into: they name the node.

use super::messages::Node;
use crate::error::{Code, Diagnostic, Origin};
use crate::text;
use crate::text::Text;

/// Something found in a file.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    /// The node of the network itself, by its index in the file.
    index: Option<u32>,
    /// What kind of finding it is.
    code: Code,
    message: Text,
    help: Option<Text>,
}

impl Mistake {
    /// One that is no single node's.
    pub(super) fn nowhere(message: Text) -> Self {
        Self { index: None, code: Code::WrongValue, message, help: None }
    }

    /// One of a node, which stands at `index` or in what stands there.
    pub(super) fn at(index: u32, node: &Node, why: &Text) -> Self {
        let node = in_words(node, index);
        let message = text!("{node}: {why}", "{node:#}:{why:#}");
        Self { index: Some(index), code: Code::WrongValue, message, help: None }
    }

    /// Whether it is a node's.
    pub(super) fn is_of_a_node(&self) -> bool {
        self.index.is_some()
    }

    pub(super) fn help(self, help: Text) -> Self {
        Self { help: Some(help), ..self }
    }

    pub(super) fn diagnostic(self) -> Diagnostic {
        let diagnostic = match self.index {
            Some(index) => Diagnostic::new(self.code, self.message, Origin::Node { index }),
            None => Diagnostic::nowhere(self.code, self.message),
        };
        diagnostic.help(self.help)
    }
}

/// What a node is called, what it is, and what it takes: "`/layer1/Conv` (Conv of `x`, `w`)".
fn in_words(node: &Node, index: u32) -> Text {
    const SHOWN: usize = 4;
    let operator = operator(node);
    let inputs: Vec<_> = node.inputs.iter().take(SHOWN).map(|name| format!("`{}`", short(name))).collect();
    let inputs = inputs.join(", ");
    let more = if node.inputs.len() > SHOWN { ", …" } else { "" };
    let of = if inputs.is_empty() { String::new() } else { format!("({inputs}{more})") };
    match short(&node.name) {
        name if name.is_empty() => text!("{operator}{of}, node {index}", "{operator}{of},节点 {index}"),
        name => text!("`{name}`, {operator}{of}", "`{name}`,{operator}{of}"),
    }
}

/// What operator a node is: with the set that it is of, where that is not the standard's.
pub(super) fn operator(node: &Node) -> String {
    match (&*node.domain, short(&node.operator)) {
        ("", operator) => operator,
        (domain, operator) => format!("{}::{operator}", short(domain)),
    }
}

/// As much of a name as is shown.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}
