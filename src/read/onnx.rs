//! Networks of ONNX files.

pub mod array;
#[cfg(test)]
mod bytes;
mod decode;
mod file;
pub mod messages;
mod narrow;
mod values;
mod wire;

pub use decode::read;
pub use file::File;
pub use wire::Mistake;
