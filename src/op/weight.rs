//! The tensors that an operator needs beside its inputs: its parameters and buffers.

use std::borrow::Cow;

use crate::counts::{Overflow, Tally};
use crate::text;
use crate::text::Text;
use crate::working::{Factor, Working};

/// A tensor that an operator needs beside its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// The name in PyTorch's `state_dict`, without the module's.
    pub name: Cow<'static, str>,
    /// Each dimension with what it is called, in PyTorch's order.
    pub axes: Vec<(Factor, u64)>,
    /// Learned or merely stored.
    pub role: Role,
    /// How a fresh one is filled.
    pub initializer: Initializer,
    /// How many parameters it counts as where it is computed from others: these, which have another number of elements.
    pub counted: Option<u128>,
}

/// Whether a weight is a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// A parameter.
    Learned,
    /// Stored beside the parameters: running statistics.
    Buffer,
}

/// How PyTorch fills a fresh weight.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initializer {
    /// All the same.
    Constant(f64),
    /// Uniform between ∓ 1/√`fan_in`: what PyTorch's Kaiming scheme with a = √5 comes to, and its biases.
    Uniform {
        /// Inputs to each output.
        fan_in: u64,
    },
    /// Uniform between ∓ √(6/(`fan_in` + `fan_out`)).
    Xavier {
        /// Inputs to each output.
        fan_in: u64,
        /// Outputs that each input goes to.
        fan_out: u64,
    },
    /// Normal, of mean 0.
    Normal {
        /// Standard deviation.
        deviation: f64,
    },
}

impl Weight {
    /// A parameter, its axes named.
    pub fn learned(
        name: impl Into<Cow<'static, str>>,
        axes: Vec<(Factor, u64)>,
        initializer: Initializer,
    ) -> Self {
        Self { name: name.into(), axes, role: Role::Learned, initializer, counted: None }
    }

    /// A buffer.
    pub fn buffer(
        name: impl Into<Cow<'static, str>>,
        axes: Vec<(Factor, u64)>,
        initializer: Initializer,
    ) -> Self {
        Self { name: name.into(), axes, role: Role::Buffer, initializer, counted: None }
    }

    /// What it is called in an explanation: by its name, and in Chinese by the usual word where there is one.
    pub fn words(&self) -> Text {
        let name = &*self.name;
        let chinese = match name {
            "weight" => "权重",
            "bias" => "偏置",
            "running_mean" => "滑动均值",
            "running_var" => "滑动方差",
            other => other,
        };
        text!("{name}", "{chinese}")
    }

    /// Whether it is what is added at the end, the bias of a layer that has a single one.
    pub fn is_bias(&self) -> bool {
        self.name == "bias"
    }

    /// The sizes, as PyTorch has them.
    pub fn dims(&self) -> Vec<u64> {
        self.axes.iter().map(|&(_, size)| size).collect()
    }

    /// How many numbers it counts as, with the working.
    pub fn count(&self) -> Working {
        self.counted.map_or_else(|| self.elements(), |counted| Working::named(Factor::Parameters, counted))
    }

    /// How many numbers it has, with the working.
    pub fn elements(&self) -> Working {
        Working::Product(self.axes.iter().map(|&(name, size)| Working::named(name, size)).collect())
    }

    /// How many numbers some weights have, which is what is read of them: also of those that are made of others.
    pub fn numbers(all: &[Self]) -> Result<u128, Overflow> {
        all.iter().try_fold(0, |sum: u128, weight| sum.plus(weight.elements().evaluate()?))
    }
}
