//! Engines: whose kernels compute what an operator says.

use candle_core::DType;

use super::native::{Native, Settings as NativeSettings};
use super::session::{ByNode, Session};
use super::{RunError, Weights, executable};
use crate::graph::{Content, Graph, Node, NodeId};
use crate::plan::Step;
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// candle's name of a type, on the CPU or on a GPU.
///
/// # Errors
/// If networks are not executed in it there.
pub fn dtype(element: ElementType, on_cpu: bool) -> Result<DType, NotExecuted> {
    match element {
        ElementType::F32 => Ok(DType::F32),
        ElementType::F16 => Ok(DType::F16),
        ElementType::Bf16 if !on_cpu => Ok(DType::BF16),
        ElementType::Bf16 | ElementType::I8 | ElementType::I64 | ElementType::Bool => {
            Err(NotExecuted { element, on_cpu })
        }
    }
}

/// A type that networks are not executed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotExecuted {
    /// The type.
    pub element: ElementType,
    /// Whether it is the CPU that should have: on a GPU there are more.
    pub on_cpu: bool,
}

impl NotExecuted {
    /// What a person reads.
    pub fn text(self) -> Text {
        match self.element {
            ElementType::F32 | ElementType::F16 | ElementType::Bf16 => text!(
                "candle multiplies no matrices of bf16 on the CPU",
                "candle 不能在 CPU 上做 bf16 矩阵乘法"
            ),
            ElementType::I8 | ElementType::I64 | ElementType::Bool => {
                let name = self.element.name();
                text!(
                    "networks are not executed in {name}, only counted",
                    "网络不能以 {name} 执行,只能以 {name} 计算开销"
                )
            }
        }
    }

    /// What to do.
    pub fn help(self) -> Text {
        match (self.element, self.on_cpu) {
            (ElementType::F32 | ElementType::F16 | ElementType::Bf16, _) => text!(
                "use `--dtype f32` or `--dtype f16`, or a GPU with `--device cuda`",
                "请用 `--dtype f32` 或 `--dtype f16`,或以 `--device cuda` 使用 GPU"
            ),
            (_, true) => text!("on the CPU there are f32 and f16", "CPU 上可用的有 f32 和 f16"),
            (_, false) => {
                text!("on a GPU there are f32, f16 and bf16", "GPU 上可用的有 f32、f16 和 bf16")
            }
        }
    }
}

/// What executes a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Kernels of our own, on the CPU, in numbers of 32 bits: a plan's steps, each at once.
    Native(NativeSettings),
    /// Each operator as its file composes it from what candle has, with candle's own kernels.
    Candle,
}

impl Engine {
    /// The names of all engines, in the order they are offered.
    pub const NAMES: [&str; 2] = ["native", "candle"];

    /// The name on the command line and in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native(_) => Self::NAMES[0],
            Self::Candle => Self::NAMES[1],
        }
    }

    /// The one that is used on a device in a type, if nobody says which.
    pub fn usual(element: ElementType, on_cpu: bool) -> Self {
        if on_cpu && element == ElementType::F32 {
            Self::Native(NativeSettings::default())
        } else {
            Self::Candle
        }
    }

    /// What is observed of a pass, in order: the nodes that are computed at once, the main one first; nothing of what only
    /// begins a pass.
    pub fn events(self, graph: &Graph) -> Vec<Vec<NodeId>> {
        match self {
            Self::Native(settings) => {
                let plan = settings.plan(graph);
                let nodes = |step: &Step| {
                    let others = step.nodes.iter().copied().filter(|&id| id != step.main);
                    std::iter::once(step.main).chain(others).collect()
                };
                std::iter::once(vec![]).chain(plan.steps.iter().map(nodes)).collect()
            }
            // An input is given: what lies before its reading is the beginning of the pass.
            Self::Candle => {
                let event =
                    |(id, node): (_, &Node)| if node.content == Content::Input { vec![] } else { vec![id] };
                graph.nodes().map(event).collect()
            }
        }
    }

    /// Makes a graph ready for passes of a batch.
    ///
    /// # Errors
    /// If it cannot be executed, or candle fails.
    pub fn load<'g>(
        self,
        graph: &'g Graph,
        weights: Weights,
        batch: usize,
    ) -> Result<Box<dyn Session + 'g>, RunError> {
        executable(graph)?;
        Ok(match self {
            Self::Native(settings) => Box::new(Native::load(graph, weights, batch, settings)?),
            Self::Candle => Box::new(ByNode { graph, weights }),
        })
    }
}
