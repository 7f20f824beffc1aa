//! Why a graph cannot be executed.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use super::Draft;
use super::archive::io_error;
use super::memory::Needs;
use crate::error::ReadError;
use crate::text;
use crate::text::Text;

/// A graph could not be executed.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// There are more or fewer inputs than the network has.
    Inputs {
        /// Inputs of the network.
        wanted: usize,
        /// Inputs that were given.
        found: usize,
    },
    /// A tensor has another shape than was inferred.
    Shape {
        /// The node.
        path: String,
        /// The inferred shape, the batch first.
        wanted: Vec<usize>,
        /// The shape that came out.
        found: Vec<usize>,
    },
    /// The weights of a node are not those it needs.
    Weights {
        /// The node.
        path: String,
        /// The shapes it needs.
        wanted: Vec<Vec<u64>>,
        /// The shapes it got.
        found: Vec<Vec<u64>>,
    },
    /// cnncost does not know the operator.
    Unknown {
        /// The node.
        path: String,
        /// What it is called where it comes from.
        operator: String,
    },
    /// It is not known how the operator is computed, only what it costs.
    Opaque {
        /// The node.
        path: String,
        /// What it is called.
        operator: String,
    },
    /// A number of an input is no index.
    Index {
        /// The input.
        input: String,
        /// The layer that looks it up.
        layer: String,
        /// Indices go from 0 to one less.
        below: u64,
        /// The number.
        found: f64,
    },
    /// A file of tensors cannot be read or written.
    File {
        /// The file.
        name: String,
        /// What is wrong with it.
        why: Text,
    },
    /// The weights in a network's own file cannot be read.
    Unread {
        /// Which, and why.
        why: Text,
    },
    /// A file of tensors cannot be written, though it seemed so.
    Unwritten {
        /// The file.
        name: String,
        /// Why.
        why: Text,
    },
    /// The tensors of a file are not the network's.
    Unfit {
        /// The file.
        name: String,
        /// What does not fit, each by itself.
        findings: Vec<Text>,
        /// What is certain nevertheless.
        draft: Box<Draft>,
    },
    /// A map of weights does not fit the network or the file.
    Map(ReadError),
    /// It would need more memory than is free.
    Memory {
        /// What it needs.
        needs: Needs,
        /// Bytes that are free.
        free: u128,
    },
    /// The system does not let this process have the threads that it computes with.
    Threads {
        /// What the system says.
        why: Text,
    },
    /// candle failed.
    Candle {
        /// The node.
        path: String,
        /// What candle says.
        source: candle_core::Error,
    },
}

impl RunError {
    /// A file that the system does not let us write.
    pub(crate) fn unwritten(path: &Path, error: &io::Error) -> Self {
        Self::Unwritten { name: path.display().to_string(), why: io_error(error) }
    }

    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            Self::Inputs { wanted, found } => {
                text!(
                    "the network takes {wanted} inputs, and gets {found}",
                    "网络需要 {wanted} 个输入,却得到 {found} 个"
                )
            }
            Self::Shape { path, wanted, found } => text!(
                "`{path}` is {wanted:?} by its description, and {found:?} when it is executed",
                "`{path}` 按描述应为 {wanted:?},执行时却是 {found:?}"
            ),
            Self::Weights { path, wanted, found } => {
                text!(
                    "`{path}` needs weights of {wanted:?}, and gets {found:?}",
                    "`{path}` 需要 {wanted:?} 的权重,却得到 {found:?}"
                )
            }
            Self::Unknown { path, operator } => text!(
                "`{path}` cannot be executed: `{operator}` is not known",
                "无法执行 `{path}`:`{operator}` 未知"
            ),
            Self::Opaque { path, operator } => text!(
                "`{path}` cannot be executed: of `{operator}` at most shapes, weights and costs are known",
                "无法执行 `{path}`:对 `{operator}` 至多只知其形状、权重与运算量"
            ),
            Self::Index { input, layer, below, found } => {
                let last = below - 1;
                text!(
                    "`{input}` holds {found}, and `{layer}` takes whole numbers from 0 to {last}",
                    "`{input}` 中有 {found},而 `{layer}` 只接受 0 到 {last} 的整数"
                )
            }
            Self::File { name, why } => {
                let (english, chinese) = (&why.english, &why.chinese);
                text!("cannot use `{name}`: {english}", "无法使用 `{name}`:{chinese}")
            }
            Self::Unread { why } => why.clone(),
            Self::Unwritten { name, why } => {
                let (english, chinese) = (&why.english, &why.chinese);
                text!("cannot write `{name}`: {english}", "无法写入 `{name}`:{chinese}")
            }
            Self::Unfit { name, .. } => {
                text!("the tensors in `{name}` are not those of the network", "`{name}` 中的张量与网络不符")
            }
            Self::Map(error) => text!("{error}", "{error}"),
            Self::Memory { needs, free } => needs.text(*free),
            Self::Threads { why } => {
                let (english, chinese) = (&why.english, &why.chinese);
                text!(
                    "the threads it computes with cannot be started ({english}): `RAYON_NUM_THREADS=1` takes the fewest",
                    "无法启动计算所用的线程({chinese}):`RAYON_NUM_THREADS=1` 所用线程最少"
                )
            }
            Self::Candle { path, source } => {
                let why = said(source);
                text!("`{path}` failed: {why}", "`{path}` 执行失败:{why}")
            }
        }
    }

    /// What is behind it, each by itself.
    pub fn findings(&self) -> &[Text] {
        if let Self::Unfit { findings, .. } = self { findings } else { &[] }
    }
}

/// What candle says, without where in candle it arose, which it appends if RUST_BACKTRACE is set.
pub(crate) fn said(error: &candle_core::Error) -> Text {
    if let candle_core::Error::WithBacktrace { inner, .. } = error {
        return said(inner);
    }
    text!("{error}", "{error}")
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Candle { source, .. } => source.source(),
            Self::Inputs { .. }
            | Self::Shape { .. }
            | Self::Weights { .. }
            | Self::Unknown { .. }
            | Self::Opaque { .. }
            | Self::Index { .. }
            | Self::File { .. }
            | Self::Unread { .. }
            | Self::Unwritten { .. }
            | Self::Unfit { .. }
            | Self::Map(_)
            | Self::Memory { .. }
            | Self::Threads { .. } => None,
        }
    }
}
