//! The one list of operators; what each must answer is in [`Operator`].
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
use serde::de::Deserializer;
use serde::ser::{Serialize, Serializer};

use crate::working::Factor;

#[macro_use]
mod list;

pub mod activation;
mod adaptive;
pub mod adaptive_avg_pool;
pub mod adaptive_max_pool;
pub mod add;
pub mod affine;
pub mod argmax;
mod arity;
mod attention;
pub mod avg_pool;
pub mod batch_norm;
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
pub mod cumsum;
#[cfg(feature = "run")]
mod deform;
pub mod deform_conv2d;
pub mod depth_to_space;
mod described;
pub mod div;
pub mod dropout;
pub mod einsum;
pub mod embedding;
mod entry;
pub mod expand;
pub mod flatten;
pub mod flip;
pub mod gather;
pub mod gather_nd;
pub mod global_avg_pool;
pub mod glu;
pub mod grid_sample;
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
pub mod one_hot;
pub mod opaque;
mod operator;
#[cfg(feature = "run")]
mod packing;
pub mod pad;
pub mod padding_mode;
pub mod pairwise;
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
pub mod roi_align;
pub mod roll;
pub mod rotary_embedding;
#[cfg(feature = "run")]
mod rows;
#[cfg(feature = "run")]
mod sample;
pub mod scale;
pub mod scaled_dot_product_attention;
#[cfg(feature = "run")]
mod scatter;
pub mod scatter_nd;
pub mod select;
mod setting_names;
pub mod settings;
pub mod slice;
pub mod softmax;
mod standardize;
pub mod sub;
pub mod take;
#[cfg(feature = "run")]
mod tensors;
pub mod tile;
pub mod topk;
pub mod triangle;
pub mod unfold;
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
pub use operator::{Definition, Operator};
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
    "einsum" => einsum::Einsum,
    "scaled_dot_product_attention" => scaled_dot_product_attention::ScaledDotProductAttention,
    "multi_head_attention" => multi_head_attention::MultiHeadAttention,
    "rotary_embedding" => rotary_embedding::RotaryEmbedding,
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
    "erf" => activation::ErrorFunction,
    "neg" => activation::Negative,
    "reciprocal" => activation::Reciprocal,
    "floor" => activation::Floor,
    "ceil" => activation::Ceiling,
    "round" => activation::Round,
    "sign" => activation::Sign,
    "softsign" => activation::Softsign,
    "threshold" => activation::Threshold,
    "tan" => activation::Tangent,
    "asin" => activation::ArcSine,
    "acos" => activation::ArcCosine,
    "atan" => activation::ArcTangent,
    "sinh" => activation::HyperbolicSine,
    "cosh" => activation::HyperbolicCosine,
    "asinh" => activation::InverseHyperbolicSine,
    "acosh" => activation::InverseHyperbolicCosine,
    "atanh" => activation::InverseHyperbolicTangent,
    "logical_not" => activation::LogicalNot,
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
    "prod" => reduction::Prod,
    "max" => reduction::Max,
    "min" => reduction::Min,
    "logsumexp" => reduction::LogSumExp,
    "norm" => reduction::Norm,
    "argmax" => argmax::ArgMax,
    "argmin" => argmax::ArgMin,
    "topk" => topk::TopK,
    "cumsum" => cumsum::CumSum,
    "dropout" => dropout::Dropout,
    "identity" => identity::Identity,
    "flatten" => flatten::Flatten,
    "reshape" => reshape::Reshape,
    "permute" => permute::Permute,
    "slice" => slice::Slice,
    "select" => select::Select,
    "index_select" => index_select::IndexSelect,
    "gather" => gather::Gather,
    "take" => take::Take,
    "gather_nd" => gather_nd::GatherNd,
    "scatter" => scatter_nd::Scatter,
    "scatter_nd" => scatter_nd::ScatterNd,
    "one_hot" => one_hot::OneHot,
    "flip" => flip::Flip,
    "roll" => roll::Roll,
    "expand" => expand::Expand,
    "tile" => tile::Tile,
    "tril" => triangle::Tril,
    "triu" => triangle::Triu,
    "channel_shuffle" => channel_shuffle::ChannelShuffle,
    "pixel_shuffle" => pixel_shuffle::PixelShuffle,
    "pixel_unshuffle" => pixel_shuffle::PixelUnshuffle,
    "depth_to_space" => depth_to_space::DepthToSpace,
    "space_to_depth" => depth_to_space::SpaceToDepth,
    "unfold" => unfold::Unfold,
    "fold" => unfold::Fold,
    "upsample" => upsample::Upsample,
    "grid_sample" => grid_sample::GridSample,
    "roi_align" => roi_align::RoiAlign,
    "pad" => pad::Pad,
    "affine" => affine::Affine,
    "scale" => scale::Scale,
    "layer_scale" => layer_scale::LayerScale,
    "concat" => concat::Concat,
    "add" => add::Add,
    "sub" => sub::Sub,
    "mul" => mul::Mul,
    "div" => div::Div,
    "maximum" => pairwise::Maximum,
    "minimum" => pairwise::Minimum,
    "pow_tensor" => pairwise::PowTensor,
    "remainder" => pairwise::Remainder,
    "fmod" => pairwise::Fmod,
    "where" => pairwise::Where,
    "eq" => pairwise::Equal,
    "ne" => pairwise::NotEqual,
    "lt" => pairwise::Less,
    "le" => pairwise::LessEqual,
    "gt" => pairwise::Greater,
    "ge" => pairwise::GreaterEqual,
    "logical_and" => pairwise::LogicalAnd,
    "logical_or" => pairwise::LogicalOr,
    "logical_xor" => pairwise::LogicalXor,
    "parameter" => parameter::Parameter,
    "buffer" => parameter::Buffer,
    "constant" => constant::Constant,
    "opaque" => opaque::Opaque,
}

/// Sizes with what they are called, where nothing else is known of them: the last two are height and width.
fn sizes_named(sizes: &[u64]) -> Vec<(Factor, u64)> {
    let names: &[Factor] = match sizes.len() {
        2 => &[Factor::Height, Factor::Width],
        3 => &[Factor::Channels, Factor::Height, Factor::Width],
        4 => &[Factor::Channels, Factor::Depth, Factor::Height, Factor::Width],
        _ => return numbered(sizes),
    };
    names.iter().copied().zip(sizes.iter().copied()).collect()
}

/// Sizes by their number, where nothing at all is known of them: a letter for several would be a power of it.
fn numbered(sizes: &[u64]) -> Vec<(Factor, u64)> {
    const NUMBERED: [Factor; 8] = [
        Factor::FirstSize,
        Factor::SecondSize,
        Factor::ThirdSize,
        Factor::FourthSize,
        Factor::FifthSize,
        Factor::SixthSize,
        Factor::SeventhSize,
        Factor::EighthSize,
    ];
    let names: &[Factor] = if sizes.len() > 1 { &NUMBERED } else { &[] };
    let names = names.iter().copied().chain(std::iter::repeat(Factor::Size));
    names.zip(sizes.iter().copied()).collect()
}

/// Several shapes, for tests.
#[cfg(test)]
pub(crate) fn shapes(dims: &[&[u64]]) -> Vec<crate::shape::Shape> {
    dims.iter().map(|dims| crate::shape::Shape::new(dims.to_vec()).unwrap()).collect()
}
