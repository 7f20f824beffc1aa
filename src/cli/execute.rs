//! What commands that execute networks have in common: where they compute, whether there is memory for it, and how they fail.

use candle_core::{DType, Device};
use clap::Args;

use super::{Outcome, Voice};
use crate::error::{Code, Diagnostic};
use crate::report::Subject;
use crate::run::memory::{Needs, free};
use crate::run::{self, Engine, Isa, NativeSettings, RunError, said};
use crate::shape::ElementType;
use crate::text;
use crate::text::Text;

/// Where and with what a network is executed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Execution")]
pub(super) struct Execution {
    /// Where to compute: cpu, cuda, cuda:1
    ///
    /// Where to compute: cpu, cuda, or cuda:1 for the second GPU.
    #[arg(long, value_name = "DEVICE", default_value = "cpu", value_parser = place)]
    pub device: Processor,
    /// Whose kernels compute: native, candle
    ///
    /// Whose kernels compute: native (our own, of the fused network, on the CPU in f32) or candle (its own, node by node)
    /// [default: native where it can].
    #[arg(long, value_name = "ENGINE", hide_short_help = true, value_parser = Engine::NAMES)]
    engine: Option<String>,
    /// Instructions of the native engine: scalar, neon, avx2, avx512
    ///
    /// Instructions that the native engine uses: scalar, neon, avx2 or avx512 [default: the widest of this machine].
    #[arg(long, value_name = "ISA", hide_short_help = true, value_parser = Isa::ALL.map(Isa::name))]
    isa: Option<String>,
}

impl Execution {
    /// Whether somebody has said which engine executes.
    pub(super) fn is_chosen(&self) -> bool {
        self.engine.is_some() || self.isa.is_some()
    }

    /// The engine for numbers of a type, as far as it was asked for.
    pub(super) fn engine(&self, element: ElementType) -> Result<Engine, Failure> {
        let usual = Engine::usual(element, self.device == Processor::Cpu);
        let engine = match (self.engine.as_deref(), usual) {
            (None, usual) => usual,
            (Some("candle"), _) => Engine::Candle,
            (Some(_), Engine::Native(_)) => usual,
            (Some(_), _) => {
                let (element, place) = (element.name(), self.device);
                let message = text!(
                    "the native engine computes in f32 on the CPU, not in {element} on {place}",
                    "native 引擎只在 CPU 上以 f32 计算,不能在 {place} 上以 {element} 计算"
                );
                let help = text!(
                    "leave out `--engine`, or use `--engine candle`",
                    "请去掉 `--engine`,或用 `--engine candle`"
                );
                return Err(Failure::Misused(message, Some(help)));
            }
        };
        let Some(isa) = &self.isa else { return Ok(engine) };
        let isa = Isa::ALL.into_iter().find(|known| known.name() == isa).unwrap_or(Isa::Scalar);
        match engine {
            Engine::Native(settings) if isa.is_here() => {
                Ok(Engine::Native(NativeSettings { isa, ..settings }))
            }
            Engine::Native(_) => {
                let (name, known) = (isa.name(), Isa::here().map(Isa::name).collect::<Vec<_>>().join(", "));
                let message = text!("this processor has no {name}", "此处理器没有 {name}");
                let help = text!("it has {known}", "它有 {known}");
                Err(Failure::Misused(message, Some(help)))
            }
            Engine::Candle => {
                let message = text!("`--isa` is for the native engine", "`--isa` 只用于 native 引擎");
                Err(Failure::Misused(message, None))
            }
        }
    }
}

/// Where a network is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    Cpu,
    Cuda(usize),
}

/// Why nothing comes out: of what is said already, the outcome.
pub(super) enum Failure {
    Said(Outcome),
    Misused(Text, Option<Text>),
    Run(RunError),
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl Voice {
    /// Reports that a network could not be executed.
    pub(super) fn report(&self, error: &RunError) -> Outcome {
        self.report_with(error, help(error))
    }

    pub(super) fn report_with(&self, error: &RunError, help: Option<Text>) -> Outcome {
        if let RunError::Map(error) = error {
            return self.refuse(error);
        }
        let mut mistake = Diagnostic::nowhere(Code::Failed, error.text());
        mistake.notes = error.findings().to_vec();
        mistake.help = help;
        self.show(&mistake);
        match error {
            RunError::File { .. }
            | RunError::Unread { .. }
            | RunError::Unfit { .. }
            | RunError::Map(_)
            | RunError::Inputs { .. }
            | RunError::Index { .. }
            | RunError::Memory { .. }
            | RunError::Threads { .. } => Outcome::Unusable,
            RunError::Shape { .. }
            | RunError::Weights { .. }
            | RunError::Unknown { .. }
            | RunError::Opaque { .. }
            | RunError::Unwritten { .. }
            | RunError::Candle { .. } => Outcome::Failed,
        }
    }
}

impl Processor {
    /// The device, if this build and this machine have it.
    pub(super) fn open(self) -> Result<Device, Failure> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(_) if !cfg!(feature = "cuda") => {
                let message = text!(
                    "this build cannot use a GPU: its feature `cuda` is off",
                    "此程序不能使用 GPU:未启用特性 `cuda`"
                );
                let help = text!(
                    "build it with `cargo build --release --features cuda`",
                    "请用 `cargo build --release --features cuda` 构建"
                );
                Err(Failure::Misused(message, Some(help)))
            }
            Self::Cuda(number) => Device::new_cuda(number).map_err(|error| {
                let why = said(&error);
                let message =
                    text!("`{self}` is no GPU that can be used: {why}", "`{self}` 不是可用的 GPU:{why:#}");
                let help = text!(
                    "`nvidia-smi` lists the GPUs, and the driver that is installed",
                    "用 `nvidia-smi` 查看 GPU 与已安装的驱动"
                );
                Failure::Misused(message, Some(help))
            }),
        }
    }
}

impl std::fmt::Display for Processor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// What to do.
fn help(error: &RunError) -> Option<Text> {
    if let RunError::Unread { .. } = error {
        return Some(text!(
            "`cnncost analyze` counts without weights; to execute the network, its file must be whole, and what lies beside it",
            "`cnncost analyze` 计数不需要权重;要执行网络,其文件及存放权重的文件必须完整"
        ));
    }
    let RunError::Memory { needs, free } = error else { return None };
    let batch = needs.batch_within(*free)?;
    Some(text!("at most about `--batch {batch}` fits", "最多约 `--batch {batch}` 可容纳"))
}

/// candle's name of a type that networks are executed in.
pub(super) fn dtype(element: ElementType, place: Processor) -> Result<DType, Failure> {
    run::dtype(element, place == Processor::Cpu)
        .map_err(|error| Failure::Misused(error.text(), Some(error.help())))
}

/// Whether a network can be executed and fits into the memory that is free, before anything is made.
pub(super) fn check_memory(
    subject: &Subject,
    engine: Engine,
    device: &Device,
    voice: &Voice,
) -> Result<(), Failure> {
    run::executable(subject.graph())?;
    Needs::of(engine, subject.graph(), &subject.analysis, subject.element, device).check(device)?;
    if free(device).is_none() && !voice.quiet {
        let message = text!("how much memory is free is not known here", "无法得知此处可用内存的大小");
        voice.show(&Diagnostic::nowhere(Code::Failed, message).warning());
    }
    Ok(())
}

/// A place as it is written: `cpu`, `cuda`, `cuda:1`.
fn place(written: &str) -> Result<Processor, Text> {
    let number = written.strip_prefix("cuda").map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    match (written, number) {
        ("cpu", _) => Ok(Processor::Cpu),
        ("cuda", _) => Ok(Processor::Cuda(0)),
        (_, Some(number)) if written.contains(':') => number
            .parse()
            .map(Processor::Cuda)
            .map_err(|_| text!("`{number}` is no number of a GPU", "`{number}` 不是 GPU 的编号")),
        (_, Some(_) | None) => Err(text!("a device is cpu, cuda, or cuda:1", "设备可为 cpu、cuda 或 cuda:1")),
    }
}
