//! Networks of ONNX files.

pub mod array;
pub mod messages;
