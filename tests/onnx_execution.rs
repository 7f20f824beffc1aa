//! Networks that exporters wrote, executed with the weights in their files: what comes out is what PyTorch or onnxruntime got, and
//! of three samples together what comes out of each alone.
//!
//! A few small files are stored with their inputs and outputs; more are looked for in `shared/reference`, in a folder above, and
//! left out where that is not there.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::run::Engine;
use cnncost::shape::ElementType;
use onnx_figures::reference;
use onnx_run::{Outcome, Values, check, executed, report, said};

#[path = "common/onnx_figures.rs"]
mod onnx_figures;
#[path = "common/onnx_run.rs"]
mod onnx_run;

/// How many of 40 files must give the output that is stored beside them. Two cannot be executed: in them, data decide what is done.
const LEAST_GIVEN: usize = 38;

/// How many of 15 stored files must do at three samples what they do at one.
const LEAST_STORED_AT_THREE: usize = 15;

/// How many of the 40 others must.
const LEAST_AT_THREE: usize = 38;

/// Allowed differences from others, as a share of the largest number.
const SHARE: f64 = 1e-4;

/// The same for what was computed with 16 bits, and is computed with 32 here.
const HALF: f64 = 2e-3;

/// Allowed differences between samples that are computed together and alone: sums may be taken in another order.
const TOGETHER: f64 = 1e-5;

/// What onnxruntime makes of the stored inputs operator by operator (`ORT_DISABLE_ALL`), where the stored output is of products of
/// whole numbers that it puts in the place of those between `DequantizeLinear` and `QuantizeLinear`, and differs by 3 % of the largest.
const UNOPTIMIZED: [(&str, [f64; 10]); 2] = [
    (
        "transformer_encoder_qdq",
        [
            -0.867_052, -1.056_025, 0.989_329, 1.067_141, -0.511_339, -0.689_196, 0.311_250, -1.456_203,
            1.311_695, -0.522_455,
        ],
    ),
    (
        "transformer_encoder_qdq_u8",
        [
            -0.852_179, -1.150_995, 1.007_120, 0.984_986, -0.420_556, -0.863_246, 0.475_892, -1.438_743,
            1.261_667, -0.354_152,
        ],
    ),
];

/// A file, its inputs, and its first output as others got it.
struct Case {
    name: String,
    path: PathBuf,
    inputs: Vec<Values>,
    output: Values,
}

impl Case {
    fn open(&self) -> Result<Onnx, String> {
        Onnx::open(&self.path, &self.name).map_err(|error| said(&error))
    }

    /// Whether the first output is the stored one.
    fn gives(&self) -> Result<(), String> {
        let network = self.open()?.expand(&Sizes::default()).map_err(|error| said(&error))?;
        let Some((name, _)) = network.graph.outputs().first() else {
            return Err("read: no output".to_owned());
        };
        let expected = BTreeMap::from([(name.clone(), self.output.clone())]);
        let share = if self.name.contains("half") { HALF } else { SHARE };
        check(|| self.open(), &self.inputs, &expected, share)
    }

    /// Whether three samples together give what each gives alone.
    fn is_apart(&self) -> Result<(), String> {
        let network = self.open()?.expand(&Sizes::default()).map_err(|error| said(&error))?;
        let samples = [self.inputs.clone(), each(&self.inputs, reversed), each(&self.inputs, other)];
        let stack = |place: usize| Values {
            dims: vec![],
            numbers: samples.iter().flat_map(|inputs| inputs[place].numbers.clone()).collect(),
        };
        let engine = Engine::usual(ElementType::F32, true);
        let together = executed(&network, &(0..self.inputs.len()).map(stack).collect::<Vec<_>>(), 3, engine)?;
        let mut alone: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for inputs in &samples {
            for (name, output) in executed(&network, inputs, 1, engine)? {
                alone.entry(name).or_default().extend(output.numbers);
            }
        }
        for (name, numbers) in alone {
            let length = numbers.len() / 3;
            let is_alike = numbers[..length] == numbers[length..2 * length];
            assert!(!is_alike || length == 0, "{}: the samples do not differ in `{name}`", self.name);
            let expected = Values { dims: vec![], numbers };
            together[&name].is_near(&expected, TOGETHER).map_err(|why| format!("compare: {name}: {why}"))?;
        }
        Ok(())
    }
}

fn each(inputs: &[Values], change: fn(&Values) -> Vec<f64>) -> Vec<Values> {
    inputs.iter().map(|input| Values { dims: input.dims.clone(), numbers: change(input) }).collect()
}

/// Backwards along the last axis that has more than one number.
fn reversed(values: &Values) -> Vec<f64> {
    let mut numbers = values.numbers.clone();
    let last = values.dims.iter().rev().copied().find(|&size| size > 1).unwrap_or(1);
    if values.dims.last() == Some(&last) {
        numbers.chunks_mut(last).for_each(<[f64]>::reverse);
    } else {
        numbers.reverse();
    }
    numbers
}

/// Others of the same kind: indices one place further, and of other numbers half.
fn other(values: &Values) -> Vec<f64> {
    let mut numbers = values.numbers.clone();
    if numbers.iter().all(|number| number.fract() == 0.0) {
        numbers.rotate_left(1);
    } else {
        for number in &mut numbers {
            *number /= 2.0;
        }
    }
    numbers
}

fn outcomes(cases: &[Case], hold: impl Fn(&Case) -> Result<(), String>) -> Vec<Outcome> {
    let outcome = |case: &Case| {
        let result = catch_unwind(AssertUnwindSafe(|| hold(case)));
        let result = result.unwrap_or_else(|_| Err("a panic".to_owned()));
        Outcome { group: "networks".to_owned(), name: case.name.clone(), result }
    };
    cases.iter().map(outcome).collect()
}

/// The files in `tests/onnx/reference` that have outputs.
fn stored() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/reference");
    let tensors = candle_core::safetensors::load(folder.join("outputs.safetensors"), &Device::Cpu).unwrap();
    let tensors: BTreeMap<_, Tensor> = tensors.into_iter().collect();
    let mut cases = vec![];
    for (key, output) in &tensors {
        let Some((name, _)) = key.split_once("/out/") else { continue };
        let prefix = format!("{name}/in/");
        let inputs = tensors.iter().filter(|(key, _)| key.starts_with(&prefix));
        cases.push(Case {
            name: name.to_owned(),
            path: folder.join(format!("{name}.onnx")),
            inputs: inputs.map(|(_, input)| Values::of(input).unwrap()).collect(),
            output: Values::of(output).unwrap(),
        });
    }
    assert_eq!(cases.len(), 15);
    cases
}

/// The files beside which an input and the output lie, as `NAME.INPUT.npy` and `NAME.output.npy`, or `NAME_input.npy` and
/// `NAME_output.npy`.
fn given() -> Vec<Case> {
    let Some(reference) = reference() else { return vec![] };
    let read = |path: &Path| Values::of(&Tensor::read_npy(path).unwrap()).unwrap();
    let mut cases = vec![];
    for (folder, before) in [("onnx2/full", '.'), ("onnx-full", '_')] {
        let folder = reference.join(folder);
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        for path in files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "onnx")) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let output = folder.join(format!("{name}{before}output.npy"));
            let is_input = |file: &&PathBuf| {
                let file_name = file.file_name().unwrap().to_str().unwrap();
                let rest = file_name.strip_prefix(name).and_then(|rest| rest.strip_prefix(before));
                let input = rest.and_then(|rest| rest.strip_suffix(".npy"));
                input.is_some_and(|input| input != "output" && !input.contains(before))
            };
            let inputs: Vec<_> = files.iter().filter(is_input).map(|path| read(path)).collect();
            assert!(!inputs.is_empty(), "{name} has no input");
            let plain = UNOPTIMIZED.iter().find(|(of, _)| *of == name);
            let output = plain.map_or_else(
                || read(&output),
                |(_, numbers)| Values { dims: vec![1, numbers.len()], numbers: numbers.to_vec() },
            );
            cases.push(Case { name: name.to_owned(), path: path.clone(), inputs, output });
        }
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(cases.len(), 40);
    cases
}

/// Says that there is nothing to test.
#[expect(clippy::print_stdout, reason = "the test passes though it tests nothing")]
fn note_absence(cases: &[Case]) {
    if cases.is_empty() {
        println!("there is no `shared/reference` in a folder above: nothing is tested");
    }
}

#[test]
fn exported_networks_give_the_stored_outputs() {
    let cases = given();
    note_absence(&cases);
    report(&outcomes(&cases, Case::gives), if cases.is_empty() { 0 } else { LEAST_GIVEN });
}

/// Though the files have fixed a batch of one.
#[test]
fn stored_networks_compute_three_samples_as_each_alone() {
    report(&outcomes(&stored(), Case::is_apart), LEAST_STORED_AT_THREE);
}

#[test]
fn exported_networks_compute_three_samples_as_each_alone() {
    let cases = given();
    note_absence(&cases);
    report(&outcomes(&cases, Case::is_apart), if cases.is_empty() { 0 } else { LEAST_AT_THREE });
}
