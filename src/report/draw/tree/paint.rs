//! The colors of a tree, those of the lecture: blue convolutions, red pools, yellow softmax.

use super::lines::{Line, What};
use crate::report::draw::Kind;

/// What gives text its color, if there are any.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    /// What is there for the eye to pass over.
    pub(super) fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    /// A bar.
    pub(super) fn hot(self, text: &str) -> String {
        self.code("33", text)
    }

    /// What a line is about.
    pub(super) fn label(self, line: &Line, label: &str) -> String {
        match line.what {
            What::Box | What::Closed | What::End => self.code("1", label),
            What::Branch => self.code("1;3", label),
            What::Skip => self.code("2", label),
            What::Weighted | What::Plain => self.code(color(line.kind), label),
        }
    }

    fn code(self, code: &str, text: &str) -> String {
        if self.0 && !code.is_empty() && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// As in tables.
fn color(kind: Kind) -> &'static str {
    match kind {
        Kind::Convolution => "94",
        Kind::Linear | Kind::Attention => "96",
        Kind::Normalization => "95",
        Kind::Pooling => "91",
        Kind::Softmax => "93",
        Kind::Merge => "92",
        Kind::Unknown => "1;91",
        Kind::Activation | Kind::Rearrangement | Kind::End | Kind::Block => "",
    }
}
