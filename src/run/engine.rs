//! Engines: whose kernels compute what an operator says.

use candle_core::{DType, Tensor};

use crate::op::Op;
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

/// What executes the operators of a graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Engine {
    /// Each operator as its file composes it from what candle has, with candle's own kernels.
    #[default]
    Candle,
}

impl Engine {
    /// Every engine, in the order they are offered.
    pub const ALL: &[Self] = &[Self::Candle];

    /// The name on the command line and in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Candle => "candle",
        }
    }

    /// The engine called `name`.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|engine| engine.name() == name)
    }

    /// The output of an operator, as [`Reference::forward`](crate::op::Reference::forward) has it.
    pub(super) fn compute(
        self,
        op: &Op,
        inputs: &[Tensor],
        weights: &[Tensor],
    ) -> candle_core::Result<Tensor> {
        match self {
            Self::Candle => op.reference().forward(inputs, weights),
        }
    }
}
