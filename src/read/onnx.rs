//! Networks of ONNX files.

pub mod array;
mod decode;
pub mod evaluate;
pub mod messages;
mod wire;

pub use decode::read;
pub use wire::Mistake;
