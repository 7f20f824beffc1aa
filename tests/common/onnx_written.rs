//! ONNX files as tests write them, and what reading one takes.

#![allow(dead_code, reason = "each test uses a part of it")]
#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cnncost::analyze;
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::text::Language;
use peak_alloc::PeakAlloc;

use bytes::with_graph;
pub(crate) use bytes::{field, number, varint};

#[path = "../../src/read/onnx/bytes.rs"]
mod bytes;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// One at a time: memory is that of the whole process.
pub(crate) static ALONE: Mutex<()> = Mutex::new(());

/// What is refused may take so much.
const LITTLE: usize = 200_000_000;

/// What is read may take more: a network of a million operators.
const MUCH: usize = 4_000_000_000;

/// On an idle machine, if optimized, nothing that is refused takes a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a file at `path`: what its analysis comes to, or what is said of it.
pub(crate) fn becomes(path: &Path, name: &str) -> Result<String, String> {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let network = Onnx::open(path, "it").and_then(|onnx| onnx.expand(&Sizes::default()));
    let result = network.map_err(|error| error.render(Language::English, false, 200)).map(|network| {
        let analysis = analyze(&network.graph).unwrap();
        let (macs, warnings) = (analysis.total().work.macs.total(), network.warnings.len());
        format!("{} nodes, {macs} MACs, {:?}, {warnings} warnings", network.graph.len(), analysis.status())
    });
    let (took, memory) = (start.elapsed(), ALLOCATOR.peak_usage() - before);
    let said: String = result.as_ref().unwrap_or_else(|said| said).chars().take(150).collect();
    println!("{name}: {took:?}, {} MB, {}", memory / 1_000_000, said.replace('\n', " "));
    assert!(took < PATIENCE, "{name}: {took:?}");
    let most = if result.is_ok() { MUCH } else { LITTLE };
    assert!(memory < most, "{name}: {memory} bytes: {said}");
    assert!(result.as_ref().err().is_none_or(|said| said.len() < 4_000), "{name}: too much is said");
    result
}

/// Holds that files become what they should: of each, words of what is said.
pub(crate) fn hold(cases: &[(&str, &dyn Fn() -> Vec<u8>, &str)]) {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it.onnx");
    for (name, bytes, words) in cases {
        fs::write(&path, bytes()).unwrap();
        let said = becomes(&path, name).unwrap_or_else(|said| said);
        assert!(said.contains(words), "{name}: {said}");
    }
}

pub(crate) fn model(fields: &[Vec<u8>]) -> Vec<u8> {
    [number(1, 8), field(8, number(2, 17)), with_graph(fields)].concat()
}

/// An operator on and into these, separated by spaces.
pub(crate) fn node(operator: &str, inputs: &str, outputs: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let names = |at, names: &str| {
        names
            .split(' ')
            .filter(|name| !name.is_empty())
            .flat_map(move |name| field(at, name.trim_matches('_')))
            .collect()
    };
    let attributes = attributes.iter().flat_map(|attribute| field(5, attribute));
    let parts: [Vec<u8>; 4] = [names(1, inputs), names(2, outputs), field(4, operator), attributes.collect()];
    parts.concat()
}

pub(crate) fn int(name: &str, value: i64) -> Vec<u8> {
    [field(1, name), number(3, value.cast_unsigned()), number(20, 2)].concat()
}

pub(crate) fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let packed: Vec<u8> = values.iter().flat_map(|&value| varint(value.cast_unsigned())).collect();
    [field(1, name), field(8, packed), number(20, 7)].concat()
}

pub(crate) fn body(name: &str, graph: &[Vec<u8>]) -> Vec<u8> {
    [field(1, name), field(6, graph.concat()), number(20, 5)].concat()
}

pub(crate) fn info(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    let dims = dims.iter().flat_map(|&size| field(1, number(1, size))).collect::<Vec<_>>();
    let tensor = [number(1, kind), field(2, dims)].concat();
    [field(1, name), field(2, field(1, tensor))].concat()
}

/// Whole numbers that are given.
pub(crate) fn given(name: &str, dims: &[u64], values: &[i64]) -> Vec<u8> {
    let packed: Vec<u8> = values.iter().flat_map(|&value| varint(value.cast_unsigned())).collect();
    [sizes(dims), number(2, 7), field(7, packed), field(8, name)].concat()
}

/// Floats that are said to be given.
pub(crate) fn weight(name: &str, dims: &[u64]) -> Vec<u8> {
    [sizes(dims), number(2, 1), field(8, name), field(9, [])].concat()
}

pub(crate) fn sizes(dims: &[u64]) -> Vec<u8> {
    dims.iter().flat_map(|&size| number(1, size)).collect()
}

pub(crate) const IN: fn() -> Vec<u8> = || field(11, info("x", 1, &[1, 3, 8, 8]));
pub(crate) const OUT: fn() -> Vec<u8> = || field(12, field(1, "y"));

/// A network of these fields, from `x` to `y`.
pub(crate) fn network(fields: &[Vec<u8>]) -> Vec<u8> {
    model(&[&[IN(), OUT()], fields].concat())
}
