//! What PyTorch computes, case by case: see `reference/README.md`.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use cnncost::op::Op;
use cnncost::shape::Shape;
use serde::Deserialize;
use serde_json::Value;

/// Allowed differences, as a share of the largest number of PyTorch's answer.
const TOLERANCE: f32 = 1e-4;

/// One case of `operators.json`; tensors are named by their keys in `file`.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub op: String,
    /// What is odd about it.
    #[serde(rename = "case")]
    pub oddity: String,
    settings: Value,
    inputs: Vec<String>,
    weights: Vec<String>,
    output: String,
    file: String,
}

/// The tensors of a case.
pub(crate) struct Tensors {
    pub inputs: Vec<Tensor>,
    pub weights: Vec<Tensor>,
    pub output: Tensor,
}

impl Case {
    /// Every case.
    pub(crate) fn all() -> Vec<Self> {
        let text = std::fs::read_to_string(reference("operators.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Every case that does not compute on `device` what PyTorch does, with why.
    pub(crate) fn failures(device: &Device) -> Vec<String> {
        let why = |case: &Self| {
            let error = case.check(device).err();
            error.map(|why| format!("{}, {}: {why}", case.op, case.oddity))
        };
        Self::all().iter().filter_map(why).collect()
    }

    /// The operator, with its settings.
    pub(crate) fn operator(&self) -> Op {
        super::operator(&self.op, &self.settings)
    }

    /// The tensors, on `device`.
    pub(crate) fn tensors(&self, device: &Device) -> Tensors {
        let file = reference("operators").join(&self.file);
        let tensors = candle_core::safetensors::load(file, device).unwrap();
        let pick = |keys: &[String]| keys.iter().map(|key| tensors[key].clone()).collect();
        Tensors {
            inputs: pick(&self.inputs),
            weights: pick(&self.weights),
            output: tensors[&self.output].clone(),
        }
    }

    /// Why the operator does not compute on `device` what PyTorch does, if so.
    pub(crate) fn check(&self, device: &Device) -> Result<(), String> {
        let (operator, Tensors { inputs, weights, output: expected }) =
            (self.operator(), self.tensors(device));
        let shapes: Vec<Shape> = inputs.iter().map(sample).collect();
        let output = operator.output(&shapes).map_err(|reason| reason.to_string())?;
        if output != sample(&expected) {
            return Err(format!("the shape is {output} instead of {}", sample(&expected)));
        }
        let wanted: Vec<_> = operator.weights(&shapes).iter().map(|weight| sizes(&weight.dims())).collect();
        let given: Vec<_> = weights.iter().map(|weight| weight.dims().to_vec()).collect();
        if wanted != given {
            return Err(format!("the weights are {wanted:?} instead of {given:?}"));
        }
        let strided: Vec<_> = inputs.iter().map(strided).collect();
        for (kind, inputs) in [("inputs", inputs), ("strided inputs", strided)] {
            let found = operator.reference().forward(&inputs, &weights).map_err(|error| error.to_string());
            let alike = |found: Tensor| {
                compare(&found, &expected)?;
                // Only views may leave gaps: what is computed lies in order for the next operator.
                let is_right = operator.is_view() || found.is_contiguous();
                is_right.then_some(()).ok_or_else(|| format!("strides are {:?}", found.stride()))
            };
            found.and_then(alike).map_err(|why| format!("of {kind}: {why}"))?;
        }
        Ok(())
    }
}

/// The same numbers where a view has them: in a tensor with one more channel, so that samples lie apart.
pub(crate) fn strided(batch: &Tensor) -> Tensor {
    let Ok(channels) = batch.dim(1) else { return batch.clone() };
    let wider = Tensor::cat(&[&batch.narrow(1, 0, 1).unwrap(), batch], 1).unwrap();
    wider.narrow(1, 1, channels).unwrap()
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
pub(crate) fn sample(batch: &Tensor) -> Shape {
    Shape::new(batch.dims()[1..].iter().map(|&size| size as u64).collect()).unwrap()
}

fn sizes(dims: &[u64]) -> Vec<usize> {
    dims.iter().map(|&size| usize::try_from(size).unwrap()).collect()
}

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name)
}
