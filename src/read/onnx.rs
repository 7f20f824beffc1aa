//! Networks of ONNX files.

pub mod array;
pub mod evaluate;
pub mod messages;
