//! What an operator holds beside its inputs, weights and output while it computes, measured, against what it says.
//!
//! `cargo test --test workspace -- --nocapture` prints the table.

#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

mod common;

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use cnncost::shape::Shape;
use peak_alloc::PeakAlloc;
use serde::Deserialize;
use serde_json::Value;

use common::{is_known, operator};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Numbers of the largest tensor of a case, at the least.
const LARGE: u128 = 1 << 17;

/// What is no tensor: shapes, handles, indices, and what products of matrices need, as that many numbers.
const BOOKKEEPING: u128 = LARGE / 16;

/// One case of `operators.json`, as in `tests/operators.rs`.
#[derive(Deserialize)]
struct Case {
    op: String,
    #[serde(rename = "case")]
    oddity: String,
    settings: Value,
    inputs: Vec<String>,
    weights: Vec<String>,
    file: String,
}

/// Numbers held by one forward pass of a batch.
struct Held {
    measured: u128,
    predicted: u128,
}

impl Case {
    /// With the batch repeated until tensors are large; `None` without an input.
    fn held(&self) -> Option<Held> {
        let file = reference("operators").join(&self.file);
        let tensors = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
        let pick = |keys: &[String]| keys.iter().map(|key| tensors[key].clone()).collect::<Vec<_>>();
        let (inputs, weights, operator) =
            (pick(&self.inputs), pick(&self.weights), operator(&self.op, &self.settings));
        let shapes: Vec<Shape> = inputs.iter().map(sample).collect();
        let output = operator.output(&shapes).unwrap();
        let largest = shapes.iter().map(Shape::elements).fold(output.elements(), u128::max);
        let batch = inputs.first()?.dim(0).unwrap();
        let times = usize::try_from(LARGE.div_ceil(largest * batch as u128)).unwrap();
        let repeat = |input: &Tensor| Tensor::cat(&vec![input; times], 0).unwrap();
        let inputs: Vec<Tensor> = inputs.iter().map(repeat).collect();
        let pass = || {
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let output = operator.forward(&inputs, &weights).unwrap();
            drop(output);
            ALLOCATOR.peak_usage().saturating_sub(before)
        };
        // A thread keeps what its first product of matrices needed.
        let bytes = pass().min(pass()) as u128;
        let batch = (times * batch) as u64;
        let own = output.elements() * u128::from(batch);
        let predicted = operator.workspace(&shapes, &output, &Device::Cpu).of_batch(batch);
        Some(Held { measured: (bytes / 4).saturating_sub(own), predicted })
    }
}

/// A single test, so that no other allocates beside it.
#[test]
fn no_operator_holds_more_than_it_says() {
    let text = std::fs::read_to_string(reference("operators.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    let mut failures = vec![];
    println!("operator                   measured  predicted");
    for case in cases.iter().filter(|case| is_known(&case.op)) {
        let Some(Held { measured, predicted }) = case.held() else { continue };
        let (op, oddity) = (&case.op, &case.oddity);
        println!("{op:24} {measured:>10} {predicted:>10}  {oddity}");
        if measured > predicted + BOOKKEEPING {
            failures.push(format!("{op}, {oddity}: {measured} numbers instead of {predicted}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The shape of one sample of a batch.
fn sample(batch: &Tensor) -> Shape {
    Shape::new(batch.dims()[1..].iter().map(|&size| size as u64).collect()).unwrap()
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}
