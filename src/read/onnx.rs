//! Networks of ONNX files.

pub mod array;
mod decode;
pub mod evaluate;
mod file;
pub mod messages;
mod narrow;
mod values;
mod wire;

pub use decode::read;
pub use file::File;
pub use wire::Mistake;
