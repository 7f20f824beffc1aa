//! Networks of ONNX files.

pub mod array;
pub mod messages;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "nothing reads whole networks yet"))]
mod names;
