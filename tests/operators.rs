//! Every operator computes what PyTorch computes: see `reference/README.md`.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use cnncost::op::OPERATORS;
use cnncost::shape::Shape;
use serde::Deserialize;
use serde_json::Value;

use common::{is_known, operator};

/// Allowed differences, as a share of the largest number of PyTorch's answer.
const TOLERANCE: f32 = 1e-4;

/// One case of `operators.json`; tensors are named by their keys in `file`.
#[derive(Deserialize)]
struct Case {
    op: String,
    /// What is odd about it.
    #[serde(rename = "case")]
    oddity: String,
    settings: Value,
    inputs: Vec<String>,
    weights: Vec<String>,
    output: String,
    file: String,
}

#[test]
fn outputs_are_pytorchs() {
    let failures: Vec<String> = cases()
        .iter()
        .filter(|case| is_known(&case.op))
        .filter_map(|case| case.check().err().map(|why| format!("{}, {}: {why}", case.op, case.oddity)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn cases_and_operators_cover_each_other() {
    let cases = cases();
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.op.as_str()).collect();
    let known: BTreeSet<&str> = OPERATORS.iter().map(|entry| entry.name).collect();
    let missing: Vec<_> = tested.difference(&known).collect();
    let untested: Vec<_> = known.difference(&tested).collect();
    assert!(missing.is_empty(), "cases of operators that are missing: {missing:?}");
    assert!(untested.is_empty(), "operators without a case: {untested:?}");
}

impl Case {
    /// Why the case fails, if it does.
    fn check(&self) -> Result<(), String> {
        let tensors = candle_core::safetensors::load(reference("operators").join(&self.file), &Device::Cpu)
            .map_err(|error| error.to_string())?;
        let pick = |keys: &[String]| keys.iter().map(|key| tensors[key].clone()).collect::<Vec<_>>();
        let (inputs, weights, expected) = (pick(&self.inputs), pick(&self.weights), &tensors[&self.output]);
        let operator = operator(&self.op, &self.settings);

        let shapes: Vec<Shape> = inputs.iter().map(sample).collect();
        let output = operator.output(&shapes).map_err(|reason| reason.to_string())?;
        if output != sample(expected) {
            return Err(format!("the shape is {output} instead of {}", sample(expected)));
        }
        let wanted: Vec<_> = operator.weights(&shapes).iter().map(|weight| sizes(&weight.dims())).collect();
        let given: Vec<_> = weights.iter().map(|weight| weight.dims().to_vec()).collect();
        if wanted != given {
            return Err(format!("the weights are {wanted:?} instead of {given:?}"));
        }
        let found = operator.forward(&inputs, &weights).map_err(|error| error.to_string())?;
        compare(&found, expected)
    }
}

/// Whether the tensors agree within the tolerance, or where they don't.
fn compare(found: &Tensor, expected: &Tensor) -> Result<(), String> {
    if found.dims() != expected.dims() {
        return Err(format!("computes {:?} instead of {:?}", found.dims(), expected.dims()));
    }
    let numbers = |tensor: &Tensor| tensor.flatten_all().and_then(|flat| flat.to_vec1::<f32>()).unwrap();
    let (found, expected) = (numbers(found), numbers(expected));
    let largest = expected.iter().fold(0f32, |largest, number| largest.max(number.abs()));
    let wrong = |&(_, (a, b)): &(usize, (&f32, &f32))| {
        let difference = (a - b).abs();
        difference.is_nan() || difference > TOLERANCE * largest
    };
    match found.iter().zip(&expected).enumerate().find(wrong) {
        Some((index, (a, b))) => Err(format!("number {index} is {a} instead of {b}")),
        None => Ok(()),
    }
}

/// The shape of one sample of a batch.
fn sample(batch: &Tensor) -> Shape {
    Shape::new(batch.dims()[1..].iter().map(|&size| size as u64).collect()).unwrap()
}

fn sizes(dims: &[u64]) -> Vec<usize> {
    dims.iter().map(|&size| usize::try_from(size).unwrap()).collect()
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(reference("operators.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}
