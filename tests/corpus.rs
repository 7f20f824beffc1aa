//! What the fuzz targets ask, of the files that they start from.

use std::fs;
use std::path::Path;

#[path = "../fuzz/bodies.rs"]
mod bodies;

/// The fewest files of a corpus that are expected: a test of none would pass.
const LEAST: usize = 20;

fn replay(target: &str, body: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= LEAST, "only {} files for {target}", files.len());
    for file in files {
        body(&fs::read(file).unwrap());
    }
}

#[test]
fn descriptions_are_answered() {
    replay("description", bodies::description);
}

#[test]
fn expressions_are_answered() {
    replay("expression", bodies::expression);
}

/// The files of `tests/onnx/ops`, which the target starts from, are held against outputs elsewhere.
#[test]
fn onnx_files_are_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/odd");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= LEAST, "only {} files", files.len());
    for file in files {
        bodies::onnx(&fs::read(file).unwrap());
    }
}
