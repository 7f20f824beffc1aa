//! The kernels that cnncost executes a network with on a CPU: pure arithmetic on slices of `f32`, which knows neither graphs nor
//! candle.
//!
//! Each is written once over [`pulp`], and dispatched for an instruction set ([`Isa`]) when it runs. Tensors of images are
//! *blocked* inside ([`Layout`]): the channels in groups of as many as the instruction set likes, those of a group side by side. A
//! kernel is made once for a shape, when it packs its weights, and runs as often as is wanted. What it needs beside its tensors while it
//! runs it says (`scratch`), and is given.
//!
//! It is a crate of its own so that it is optimized where the rest of a development build is not.

mod attention;
mod binary;
mod channels;
mod conv;
mod convert;
mod depthwise;
mod elementwise;
mod finish;
mod function;
mod isa;
mod join;
mod layout;
mod linear;
mod matmul;
mod memory;
mod norm;
mod pad;
mod peak;
mod permute;
mod pieces;
mod pool;
mod product;
mod reduce;
mod roll;
mod rows;
mod scale_shift;
mod shape;
mod softmax;
mod tasks;
#[cfg(test)]
mod testing;
mod transcendental;
mod transpose;
mod transposed;
mod upsample;
mod vector;
mod winograd;

pub use attention::{
    Attention, AttentionShape, Mask, MultiHeadAttention, MultiHeadShape, MultiHeadWeights, Tokens,
};
pub use binary::{Binary, BinaryShape, Operation, Side, Spread};
pub use channels::{Channels, ChannelsInput, ChannelsShape};
pub use conv::Conv;
pub use convert::{Convert, ConvertShape};
pub use depthwise::Depthwise;
pub use elementwise::{map, map_to};
pub use finish::{Finish, Residual};
pub use function::Function;
pub use isa::Isa;
pub use join::Join;
pub use layout::Layout;
pub use linear::Linear;
pub use matmul::{Matmul, MatmulShape, Operand};
pub use memory::Memory;
pub use norm::{GroupNorm, GroupNormShape, LocalResponseNorm, LocalResponseShape, RowNorm, Statistic};
pub use pad::{Pad, Slice};
pub use peak::multiply_add;
pub use permute::Permute;
pub use pool::{Counted, GlobalMean, Pool, PoolKind, PoolShape, Slide, Windows};
pub use reduce::{Reduce, ReduceKind};
pub use roll::Roll;
pub use scale_shift::ScaleShift;
pub use shape::{ConvShape, Positions};
pub use softmax::{Softmax, SoftmaxKind};
pub use tasks::awake;
pub use transposed::Transposed;
pub use upsample::{Upsample, UpsampleShape, Weighted};
pub use winograd::{Tile, Winograd};
