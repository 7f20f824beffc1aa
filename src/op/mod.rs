//! What an operator must answer, and the one list of operators.
//!
//! An operator knows neither its node's name, nor files, nor devices, nor how it is shown. It says *why* something is
//! wrong; whoever walks the graph adds *where*.
//!
//! Adding one: a file with its settings, `impl Operator`, `impl Definition` and, of what runs it, `impl Reference`; a `mod` line
//! and a line in the list below.

use std::ops::Deref;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::counts::{Capped, Overflow};
use crate::shape::Shape;
use crate::text::Text;
use crate::working::{Factor, Working};

#[macro_use]
mod list;

pub mod activation;
mod adaptive;
pub mod adaptive_avg_pool;
pub mod adaptive_max_pool;
pub mod add;
pub mod affine;
mod arity;
mod attention;
pub mod avg_pool;
pub mod batch_norm;
pub mod buffer;
pub mod channel_shuffle;
mod class;
pub mod concat;
pub mod connections;
pub mod constant;
pub mod conv;
pub mod conv_transpose;
#[cfg(feature = "run")]
mod convolve;
pub mod copies;
mod cost;
#[cfg(feature = "run")]
mod deform;
pub mod deform_conv2d;
mod described;
pub mod div;
pub mod dropout;
pub mod embedding;
mod entry;
pub mod expand;
pub mod flatten;
pub mod global_avg_pool;
pub mod glu;
pub mod group_norm;
pub mod gru;
pub mod identity;
pub mod index_select;
pub mod instance_norm;
pub mod layer_norm;
pub mod layer_scale;
pub mod linear;
pub mod local_response_norm;
pub mod lp_pool;
pub mod lstm;
pub mod matmul;
pub mod max_pool;
mod merge;
pub mod mul;
pub mod multi_head_attention;
pub mod opaque;
#[cfg(feature = "run")]
mod packing;
pub mod pad;
pub mod padding_mode;
pub mod parameter;
pub mod permute;
pub mod pixel_shuffle;
mod pool;
pub mod prelu;
mod purpose;
pub mod rbf;
mod reach;
mod reason;
mod recurrent;
pub mod reduction;
#[cfg(feature = "run")]
mod reference;
pub mod reshape;
pub mod rms_norm;
pub mod rnn;
pub mod roll;
pub mod scale;
pub mod scaled_dot_product_attention;
#[cfg(feature = "run")]
mod scatter;
pub mod select;
mod setting_names;
pub mod settings;
pub mod slice;
pub mod softmax;
mod standardize;
pub mod sub;
#[cfg(feature = "run")]
mod tensors;
pub mod upsample;
mod weight;
pub mod window;
#[cfg(feature = "run")]
mod workspace;

pub use arity::Arity;
pub use class::{Class, Family};
pub use copies::Copies;
pub use cost::{Cost, Term, Unit};
pub use entry::Entry;
pub use purpose::Purpose;
pub use reach::{Along, Dims, Look, Reach, Slide, Turn};
pub use reason::Reason;
use reason::{before_flatten, only, only_ranked, only_spatial, shape, size};
#[cfg(feature = "run")]
pub use reference::Reference;
pub use weight::{Initializer, Role, Weight};
pub use window::Window;
#[cfg(feature = "run")]
pub use workspace::Workspace;

operators! {
    "conv1d" => conv::Conv1d,
    "conv2d" => conv::Conv2d,
    "conv3d" => conv::Conv3d,
    "conv_transpose1d" => conv_transpose::ConvTranspose1d,
    "conv_transpose2d" => conv_transpose::ConvTranspose2d,
    "conv_transpose3d" => conv_transpose::ConvTranspose3d,
    "deform_conv2d" => deform_conv2d::DeformConv2d,
    "linear" => linear::Linear,
    "rbf" => rbf::Rbf,
    "embedding" => embedding::Embedding,
    "matmul" => matmul::Matmul,
    "scaled_dot_product_attention" => scaled_dot_product_attention::ScaledDotProductAttention,
    "multi_head_attention" => multi_head_attention::MultiHeadAttention,
    "lstm" => lstm::Lstm,
    "gru" => gru::Gru,
    "rnn" => rnn::Rnn,
    "batch_norm1d" => batch_norm::BatchNorm1d,
    "batch_norm2d" => batch_norm::BatchNorm2d,
    "batch_norm3d" => batch_norm::BatchNorm3d,
    "layer_norm" => layer_norm::LayerNorm,
    "rms_norm" => rms_norm::RmsNorm,
    "group_norm" => group_norm::GroupNorm,
    "instance_norm1d" => instance_norm::InstanceNorm1d,
    "instance_norm2d" => instance_norm::InstanceNorm2d,
    "instance_norm3d" => instance_norm::InstanceNorm3d,
    "local_response_norm" => local_response_norm::LocalResponseNorm,
    "relu" => activation::Relu,
    "relu6" => activation::Relu6,
    "leaky_relu" => activation::LeakyRelu,
    "elu" => activation::Elu,
    "prelu" => prelu::Prelu,
    "silu" => activation::Silu,
    "gelu" => activation::Gelu,
    "mish" => activation::Mish,
    "sigmoid" => activation::Sigmoid,
    "tanh" => activation::Tanh,
    "hard_tanh" => activation::HardTanh,
    "hard_sigmoid" => activation::HardSigmoid,
    "hard_swish" => activation::HardSwish,
    "softplus" => activation::Softplus,
    "selu" => activation::Selu,
    "celu" => activation::Celu,
    "glu" => glu::Glu,
    "exp" => activation::Exponential,
    "log" => activation::Logarithm,
    "sqrt" => activation::SquareRoot,
    "rsqrt" => activation::InverseRoot,
    "pow" => activation::Power,
    "abs" => activation::Absolute,
    "clamp" => activation::Clamp,
    "sin" => activation::Sine,
    "cos" => activation::Cosine,
    "softmax" => softmax::Softmax,
    "log_softmax" => softmax::LogSoftmax,
    "max_pool1d" => max_pool::MaxPool1d,
    "max_pool2d" => max_pool::MaxPool2d,
    "max_pool3d" => max_pool::MaxPool3d,
    "avg_pool1d" => avg_pool::AvgPool1d,
    "avg_pool2d" => avg_pool::AvgPool2d,
    "avg_pool3d" => avg_pool::AvgPool3d,
    "lp_pool1d" => lp_pool::LpPool1d,
    "lp_pool2d" => lp_pool::LpPool2d,
    "lp_pool3d" => lp_pool::LpPool3d,
    "adaptive_avg_pool1d" => adaptive_avg_pool::AdaptiveAvgPool1d,
    "adaptive_avg_pool2d" => adaptive_avg_pool::AdaptiveAvgPool2d,
    "adaptive_avg_pool3d" => adaptive_avg_pool::AdaptiveAvgPool3d,
    "adaptive_max_pool1d" => adaptive_max_pool::AdaptiveMaxPool1d,
    "adaptive_max_pool2d" => adaptive_max_pool::AdaptiveMaxPool2d,
    "adaptive_max_pool3d" => adaptive_max_pool::AdaptiveMaxPool3d,
    "global_avg_pool" => global_avg_pool::GlobalAvgPool,
    "mean" => reduction::Mean,
    "sum" => reduction::Sum,
    "max" => reduction::Max,
    "norm" => reduction::Norm,
    "dropout" => dropout::Dropout,
    "identity" => identity::Identity,
    "flatten" => flatten::Flatten,
    "reshape" => reshape::Reshape,
    "permute" => permute::Permute,
    "slice" => slice::Slice,
    "select" => select::Select,
    "index_select" => index_select::IndexSelect,
    "roll" => roll::Roll,
    "expand" => expand::Expand,
    "channel_shuffle" => channel_shuffle::ChannelShuffle,
    "pixel_shuffle" => pixel_shuffle::PixelShuffle,
    "pixel_unshuffle" => pixel_shuffle::PixelUnshuffle,
    "upsample" => upsample::Upsample,
    "pad" => pad::Pad,
    "affine" => affine::Affine,
    "scale" => scale::Scale,
    "layer_scale" => layer_scale::LayerScale,
    "concat" => concat::Concat,
    "add" => add::Add,
    "sub" => sub::Sub,
    "mul" => mul::Mul,
    "div" => div::Div,
    "parameter" => parameter::Parameter,
    "buffer" => buffer::Buffer,
    "constant" => constant::Constant,
    "opaque" => opaque::Opaque,
}

/// What is asked of every operator, and answered without computing it.
pub trait Operator {
    /// The output shape for these inputs, or why they cannot be accepted.
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason>;

    /// The learned tensors and buffers, in the order that what computes it takes them, on inputs that [`output`](Self::output)
    /// has accepted.
    fn weights(&self, _inputs: &[Shape]) -> Vec<Weight> {
        vec![]
    }

    /// Scalar operations of one forward pass of one sample, with their working, on inputs that `output` has accepted.
    fn cost(&self, _inputs: &[Shape], _output: &Shape) -> Result<Cost, Overflow> {
        Ok(Cost::FREE)
    }

    /// Whether its cost is known; if not, that is no 0, and what it is part of is partial.
    fn is_counted(&self) -> bool {
        true
    }

    /// The working of each size of the output that is computed rather than copied: what it is called, and its working.
    fn output_workings(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(Factor, Working)> {
        vec![]
    }

    /// The same for dimensions of its own choosing: the index of each among the sizes of the output, and its working.
    fn resized(&self, _inputs: &[Shape], _output: &Shape) -> Vec<(usize, Working)> {
        vec![]
    }

    /// What it is, with its settings, in words: "5×5 convolution, 192 → 32 channels, padding 2". `None` where its name in a
    /// description says it all.
    fn summary(&self, _inputs: &[Shape], _output: &Shape) -> Option<Text> {
        None
    }

    /// The sliding window over `input`, if there is one.
    fn window(&self, _input: &Shape) -> Option<Window> {
        None
    }

    /// In a few signs, how it slides a window and in which groups of channels: `3×3 /2 p1 dw`. `None` if it slides none.
    fn shorthand(&self, inputs: &[Shape]) -> Option<String> {
        self.window(inputs.first()?).map(|window| window.shorthand())
    }

    /// Which elements of the inputs an element of the output depends on: for receptive fields. Through the window, if there is
    /// one, and element by element otherwise.
    fn reach(&self, inputs: &[Shape], _output: &Shape) -> Reach {
        inputs
            .first()
            .and_then(|input| self.window(input))
            .map_or(Reach::Position, |window| Reach::window(&window))
    }

    /// The same of input number `index`, where they differ.
    fn reach_of(&self, _index: usize, inputs: &[Shape], output: &Shape) -> Reach {
        self.reach(inputs, output)
    }

    /// How many rows it looks its inputs up in, if they are indices: whole numbers from 0 to one less.
    fn indices(&self) -> Option<u64> {
        None
    }

    /// Whether the output is a view of the first input: it has no memory of its own, and keeps alive what it looks at.
    fn is_view(&self) -> bool {
        false
    }

    /// How many numbers of a sample of its one input it reads, where these are not all: those that its output is made from.
    fn touched(&self, _inputs: &[Shape], _output: &Shape) -> Option<u128> {
        None
    }

    /// How many numbers of its weights it reads, where these are not all.
    fn weights_touched(&self, _inputs: &[Shape]) -> Option<Capped> {
        None
    }

    /// Numbers that it holds for each sample beside its inputs and its output, at the most and whatever computes it: of an
    /// operator that is defined as a chain of others, what these take and make, one after the other and none in place, each
    /// held to its last use. Nothing else counts: means, sums and maxima are few, and what an engine needs beside is its own.
    fn inside(&self, _inputs: &[Shape], _output: &Shape) -> Working {
        Working::Number(0)
    }

    /// The fewest and most inputs it takes.
    fn arity(&self) -> Arity {
        Arity::ONE
    }

    /// What kind of operator it is, for colors and conventions.
    fn class(&self) -> Class;

    /// What it is, whatever its number of axes; `None` where nobody asks for it.
    fn family(&self) -> Option<Family> {
        None
    }
}

/// What is known of an operator before any of it is used.
pub trait Definition: Operator + Serialize + DeserializeOwned + JsonSchema {
    /// An item of a description that uses it, as TOML.
    const EXAMPLE: &'static str;

    /// The shapes that the example takes.
    const EXAMPLE_INPUTS: &'static [&'static [u64]];
}

/// Sizes with what they are called, where nothing else is known of them: the last two are height and width.
fn sizes_named(sizes: &[u64]) -> Vec<(Factor, u64)> {
    let names: &[Factor] = match sizes.len() {
        2 => &[Factor::Height, Factor::Width],
        3 => &[Factor::Channels, Factor::Height, Factor::Width],
        4 => &[Factor::Channels, Factor::Depth, Factor::Height, Factor::Width],
        _ => &[],
    };
    let names = names.iter().copied().chain(std::iter::repeat(Factor::Size));
    names.zip(sizes.iter().copied()).collect()
}

/// Several shapes, for tests.
#[cfg(test)]
pub(crate) fn shapes(dims: &[&[u64]]) -> Vec<Shape> {
    dims.iter().map(|dims| Shape::new(dims.to_vec()).unwrap()).collect()
}
