//! What kinds of things a picture tells apart, by color and by mark.

use crate::graph::{Content, Node};
use crate::op::{Class, Op};
use crate::text::{Words, words};

/// What a thing in a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An input or an output of the network.
    End,
    /// A convolution, transposed or not.
    Convolution,
    /// A linear layer.
    Linear,
    /// A maximum or a mean over windows or the whole.
    Pooling,
    /// Softmax.
    Softmax,
    /// An elementwise function.
    Activation,
    /// A norm.
    Normalization,
    /// Attention and products of two activations.
    Attention,
    /// Where branches meet.
    Merge,
    /// What moves numbers and computes none, and learned tensors.
    Rearrangement,
    /// An operator of which nothing is known.
    Unknown,
    /// A box that is not opened.
    Block,
}

impl Kind {
    /// Every kind, in the order of the legend.
    pub const ALL: [Self; 12] = [
        Self::End,
        Self::Convolution,
        Self::Linear,
        Self::Pooling,
        Self::Softmax,
        Self::Activation,
        Self::Normalization,
        Self::Attention,
        Self::Merge,
        Self::Rearrangement,
        Self::Unknown,
        Self::Block,
    ];

    /// Of a node.
    pub fn of_node(node: &Node) -> Self {
        match &node.content {
            Content::Input => Self::End,
            // What makes a map larger is no pooling, though it takes means.
            Content::Operator(op) if matches!(**op, Op::Upsample(_)) => Self::Rearrangement,
            Content::Operator(op) => Self::of(op.class()),
            Content::Unknown { .. } => Self::Unknown,
        }
    }

    fn of(class: Class) -> Self {
        match class {
            Class::Convolution => Self::Convolution,
            Class::Linear => Self::Linear,
            Class::Pooling => Self::Pooling,
            Class::Softmax => Self::Softmax,
            Class::Activation => Self::Activation,
            Class::Normalization => Self::Normalization,
            Class::Attention => Self::Attention,
            Class::Merge => Self::Merge,
            Class::Rearrangement | Class::Source => Self::Rearrangement,
            Class::Opaque => Self::Unknown,
        }
    }

    /// Its class in stylesheets, and its name in other forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Convolution => "convolution",
            Self::Linear => "linear",
            Self::Pooling => "pooling",
            Self::Softmax => "softmax",
            Self::Activation => "activation",
            Self::Normalization => "normalization",
            Self::Attention => "attention",
            Self::Merge => "merge",
            Self::Rearrangement => "rearrangement",
            Self::Unknown => "unknown",
            Self::Block => "block",
        }
    }

    /// What it is called in the legend.
    pub fn words(self) -> Words {
        match self {
            Self::End => words("input, output", "输入、输出"),
            Self::Convolution => words("convolution", "卷积"),
            Self::Linear => words("linear", "线性层"),
            Self::Pooling => words("pooling", "池化"),
            Self::Softmax => words("softmax", "softmax"),
            Self::Activation => words("activation", "激活"),
            Self::Normalization => words("normalization", "归一化"),
            Self::Attention => words("attention, products", "注意力、乘积"),
            Self::Merge => words("merge", "合并"),
            Self::Rearrangement => words("rearrangement", "重排"),
            Self::Unknown => words("not known", "未知"),
            Self::Block => words("box, closed", "模块(未展开)"),
        }
    }

    /// Its fill and its line, in the lecture's colors: convolution blue, pooling red, softmax yellow.
    pub fn colors(self) -> (&'static str, &'static str) {
        match self {
            Self::End => ("#f1f1f3", "#6b7280"),
            Self::Convolution => ("#d6e6fb", "#2f6fc4"),
            Self::Linear => ("#d0eef0", "#17838c"),
            Self::Pooling => ("#fbd9d7", "#c43d36"),
            Self::Softmax => ("#fff0a8", "#a98600"),
            Self::Activation => ("#fdebd3", "#c9821f"),
            Self::Normalization => ("#e8e0f7", "#7a56b8"),
            Self::Attention => ("#f9dbee", "#b0458c"),
            Self::Merge => ("#d6f0dc", "#2f8f4e"),
            Self::Rearrangement => ("#e9ecef", "#7b8794"),
            Self::Unknown => ("#ffffff", "#b91c1c"),
            Self::Block => ("#eef2f7", "#475569"),
        }
    }
}
