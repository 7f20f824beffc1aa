//! Small ONNX files, most of one operator, give what onnxruntime makes of them, and small networks what PyTorch does: see
//! `onnx/README.md`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use cnncost::read::onnx::{self, Onnx};
use onnx_run::{Outcome, Values, check, report, said};

#[path = "common/onnx_run.rs"]
mod onnx_run;

/// How many of the operators' cases must give what onnxruntime does.
const LEAST_OPERATORS: usize = 526;

/// How many of the networks must.
const LEAST_NETWORKS: usize = 15;

/// Allowed differences, as a share of the largest number.
const SHARE: f64 = 1e-4;

/// The same for what was computed with 16 bits.
const HALF: f64 = 2e-3;

type Tensors = HashMap<String, Tensor>;

/// Of the tensors called `name/in/…` or `name/out/…`, what stands behind, with its numbers.
fn arrays(tensors: &Tensors, name: &str, part: &str) -> BTreeMap<String, Values> {
    let prefix = format!("{name}/{part}/");
    let own = tensors.iter().filter_map(|(key, tensor)| Some((key.strip_prefix(&prefix)?, tensor)));
    own.map(|(key, tensor)| (key.to_owned(), Values::of(tensor).unwrap())).collect()
}

/// Whether the file gives the outputs that stand beside its inputs.
fn gives(path: &Path, tensors: &Tensors, name: &str) -> Result<(), String> {
    let open = || Onnx::open(path, name).map_err(|error| said(&error));
    let mut given = arrays(tensors, name, "in");
    let expected = arrays(tensors, name, "out");
    assert!(!expected.is_empty(), "{name} has no outputs");
    let model = onnx::read(fs::File::open(path).unwrap()).map_err(|mistake| mistake.why.to_string())?;
    let given: Vec<_> = model.graph.inputs.iter().filter_map(|input| given.remove(&*input.name)).collect();
    // Halves are computed with 32 bits.
    check(open, &given, &expected, if name.contains("half") { HALF } else { SHARE })
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx").join(name)
}

fn load(path: &Path) -> Tensors {
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

#[test]
fn operators_give_onnxruntimes_outputs() {
    let files = fs::read_dir(folder("ops")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "onnx")).collect();
    files.sort();
    let mut tensors: BTreeMap<String, Tensors> = BTreeMap::new();
    let mut found = vec![];
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let group = name.split('_').next().unwrap().to_owned();
        let beside = folder("ops").join(format!("{group}.safetensors"));
        let tensors = tensors.entry(group.clone()).or_insert_with(|| load(&beside));
        // What both exporters wrote of a module has the same inputs and outputs.
        let key = ["_ts", "_dynamo"].iter().find_map(|exporter| name.strip_suffix(exporter)).unwrap_or(&name);
        let result = gives(&path, tensors, key);
        found.push(Outcome { group, name, result });
    }
    assert_eq!(found.len(), 542);
    report(&found, LEAST_OPERATORS);
}

#[test]
fn networks_give_pytorchs_outputs() {
    let tensors = load(&folder("reference/outputs.safetensors"));
    let mut names: Vec<_> =
        tensors.keys().filter_map(|key| key.split_once("/out/")).map(|(name, _)| name).collect();
    names.sort_unstable();
    let outcome = |name: &&str| Outcome {
        group: "networks".to_owned(),
        name: (*name).to_owned(),
        result: gives(&folder("reference").join(format!("{name}.onnx")), &tensors, name),
    };
    let found: Vec<_> = names.iter().map(outcome).collect();
    assert_eq!(found.len(), 15);
    report(&found, LEAST_NETWORKS);
}
