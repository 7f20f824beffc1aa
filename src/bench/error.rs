//! Why networks could not be measured.

use std::error::Error;
use std::fmt;

use crate::run::{NotExecuted, RunError, said};
use crate::text;
use crate::text::Text;

/// Networks could not be measured.
#[derive(Debug)]
#[non_exhaustive]
pub enum BenchError {
    /// candle does not compute in this type.
    Element(NotExecuted),
    /// The program that was to measure with so many threads does not do it.
    Worker {
        /// How many.
        threads: usize,
        /// What is known of it.
        why: Text,
    },
    /// What such a program tells of its own failure.
    Told(Text),
    /// A network could not be executed.
    Run(RunError),
    /// candle failed outside of a network.
    Candle(candle_core::Error),
}

impl BenchError {
    /// What a person reads.
    pub fn text(&self) -> Text {
        match self {
            Self::Element(error) => error.text(),
            Self::Worker { threads, why } => {
                let s = if *threads == 1 { "" } else { "s" };
                text!(
                    "the process that measures with {threads} thread{s} is of no use: {why}",
                    "以 {threads} 个线程测量的进程无法使用:{why:#}"
                )
            }
            Self::Told(text) => text.clone(),
            Self::Run(error) => error.text(),
            Self::Candle(error) => {
                let why = said(error);
                text!("candle failed: {why}", "candle 执行失败:{why:#}")
            }
        }
    }
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Error for BenchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Run(error) => error.source(),
            Self::Candle(error) => Some(error),
            Self::Element(_) | Self::Worker { .. } | Self::Told(_) => None,
        }
    }
}

impl From<RunError> for BenchError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<candle_core::Error> for BenchError {
    fn from(error: candle_core::Error) -> Self {
        Self::Candle(error)
    }
}
