//! The `state_dict` of a network of each of torchvision's families, and of some of timm's, under their own names, is loaded, and
//! gives what PyTorch gives: see `state_dicts/make.py`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use cnncost::run::{Weights, forward};
use listed::{files, graph, listed};

#[path = "common/filled.rs"]
mod filled;
#[path = "common/listed.rs"]
mod listed;
#[path = "common/shares.rs"]
mod shares;

fn gives_pytorchs_outputs(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let (head, rest) = text.split_once('\n').unwrap();
    let [name, size, values] = head.splitn(3, '\t').collect::<Vec<_>>().try_into().unwrap();
    let values: Vec<f64> = values.split('\t').map(|value| value.parse().unwrap()).collect();
    let [gain, largest, ref theirs @ ..] = values[..] else { unreachable!("{head}") };
    let size = size.parse().unwrap();
    let graph = graph(name, size);

    let mut tensors = HashMap::new();
    for (place, named) in listed(rest.lines()).iter().enumerate() {
        if let Some(norm) = named.name.strip_suffix("running_mean") {
            let counter = Tensor::zeros((), DType::I64, &Device::Cpu).unwrap();
            tensors.insert(format!("{norm}num_batches_tracked"), counter);
        }
        let tensor = filled::filled(&named.name, &named.dims, place + 1, gain).unwrap();
        tensors.insert(named.name.clone(), tensor);
    }
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("weights.safetensors");
    candle_core::safetensors::save(&tensors, &saved).unwrap();
    // The largest have half a gigabyte, which is enough to have once.
    drop(tensors);
    let loaded = Weights::load(&graph, &saved, None, &Device::Cpu, DType::F32);
    let weights = loaded.unwrap_or_else(|error| panic!("{name}: {error}: {:#?}", error.findings())).weights;

    let outputs = forward(&graph, vec![filled::image(&[3, size, size], 1.0)], &weights, |_, _| ()).unwrap();
    let (_, output) = outputs.iter().find(|(name, _)| name == "output").unwrap();
    let ours: Vec<f32> = output.flatten_all().unwrap().to_vec1().unwrap();
    for (i, shown) in theirs.iter().enumerate() {
        let ours = f64::from(ours[i * ours.len() / theirs.len()]);
        assert!((ours - shown).abs() <= 1e-4 * largest, "{name}: {ours} instead of {shown}");
    }
}

#[test]
fn state_dicts_give_pytorchs_outputs() {
    let files = files();
    assert!(files.len() >= 30, "only {} networks", files.len());
    shares::share("state_dicts_give_pytorchs_outputs", files, |path| {
        gives_pytorchs_outputs(&path);
    });
}
