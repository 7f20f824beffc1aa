//! What is computed on a GPU. Without one, each test says that it was skipped and why:
//! `cargo test --release --features cuda --test cuda` runs them on a machine that has one.

mod common;

use std::io::Write;
use std::process::Command;

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::{Weights, forward, random_inputs};

use common::cases::Case;

/// The first GPU, unless there is none.
fn gpu(test: &str) -> Option<Device> {
    let opened = Device::new_cuda(0);
    if let Err(error) = &opened {
        let why = if cfg!(feature = "cuda") {
            format!("there is no GPU that can be used: {error}")
        } else {
            "it is built without the feature `cuda`".to_owned()
        };
        // Past the test's own output, which is shown only where it fails; in one piece, since others write too.
        std::io::stderr().write_all(format!("{test} was skipped: {why}\n").as_bytes()).unwrap();
    }
    opened.ok()
}

fn graph(name: &str, input: Option<Vec<u64>>) -> Graph {
    let (file, variant) = bundled::find(name).unwrap();
    let description = Description::parse(file.name, file.text).unwrap();
    description.expand(&Options { variant, input, ..Options::default() }).unwrap().graph
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap()
}

#[test]
fn operators_compute_what_pytorch_computes() {
    let Some(gpu) = gpu("operators_compute_what_pytorch_computes") else { return };
    let failures = Case::failures(&gpu);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The same weights and inputs are made for both, and the processor's outputs equal PyTorch's (`conformance.rs`).
#[test]
fn networks_compute_what_they_compute_on_the_processor() {
    let networks = [
        ("direct", None),
        ("bottleneck", None),
        ("lenet5", None),
        ("googlenet", None),
        ("resnet50", Some(64)),
        ("mobilenet_v2", Some(64)),
        ("convnext_tiny", Some(64)),
        ("vit_b_32", None),
        ("unet", Some(188)),
    ];
    let graphs = networks.map(|(name, size)| (name, graph(name, size.map(|size| vec![3, size, size]))));
    let Some(gpu) = gpu("networks_compute_what_they_compute_on_the_processor") else { return };
    for (name, graph) in &graphs {
        let outputs = |device: &Device| {
            let weights = Weights::fresh(graph, 1, device, DType::F32).unwrap();
            let inputs = random_inputs(graph, 2, 1, device, DType::F32).unwrap();
            numbers(&forward(graph, inputs, &weights, |_, _| ()).unwrap()[0].1)
        };
        let (there, here) = (outputs(&gpu), outputs(&Device::Cpu));
        let largest = here.iter().fold(0f32, |largest, number| largest.max(number.abs()));
        let off = there.iter().zip(&here).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(off <= 1e-4 * largest, "{name} is {} off", off / largest);
    }
}

/// Halves have three digits.
#[test]
fn halves_compute_nearly_the_same() {
    let Some(gpu) = gpu("halves_compute_nearly_the_same") else { return };
    let graph = graph("resnet18", Some(vec![3, 64, 64]));
    let outputs = |dtype| {
        let weights = Weights::fresh(&graph, 1, &gpu, dtype).unwrap();
        let inputs = random_inputs(&graph, 1, 1, &gpu, dtype).unwrap();
        numbers(&forward(&graph, inputs, &weights, |_, _| ()).unwrap()[0].1)
    };
    let exact = outputs(DType::F32);
    let largest = exact.iter().fold(0f32, |largest, number| largest.max(number.abs()));
    for dtype in [DType::F16, DType::BF16] {
        let off = outputs(dtype).iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(off <= 0.05 * largest, "{dtype:?} is {} off", off / largest);
    }
}

/// The nodes' times come from events of the device, and add up to about a pass.
#[test]
fn layers_are_timed_on_the_device() {
    if gpu("layers_are_timed_on_the_device").is_none() {
        return;
    }
    let arguments = ["bench", "resnet18", "--device", "cuda", "--profile", "--format", "json"];
    let ran = Command::new(env!("CARGO_BIN_EXE_cnncost")).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let bench: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(bench["device"], "cuda:0");
    assert!(bench["machine"]["gpu"]["name"].is_string());
    let result = &bench["results"][0];
    assert!(result["threads"].is_null());
    let nodes = result["profile"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().filter(|node| node["seconds"].as_f64().unwrap() > 0.0).count() > 50);
}
