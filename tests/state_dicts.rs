//! The `state_dict` of a network of each of torchvision's families, under torchvision's own names, is loaded, and gives what
//! PyTorch gives: see `state_dicts/make.py`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::assign::{Named, assign};
use cnncost::run::{Engine, Weights, forward, names};

/// A batch norm's tensors, in the order of the alphabet.
const NORM: [&str; 4] = ["bias", "running_mean", "running_var", "weight"];

fn files(ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/state_dicts");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files.sort();
    files
}

fn graph(name: &str, size: Option<u64>) -> Graph {
    let (file, variant) = bundled::find(name).unwrap();
    let input = size.map(|size| vec![3, size, size]);
    let options = Options { variant, input, ..Options::default() };
    Description::parse(file.name, file.text).unwrap().expand(&options).unwrap().graph
}

/// The tensors that the lines list.
fn listed<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<Named> {
    let sizes = |sizes: &str| sizes.split(',').map(|size| size.parse().unwrap()).collect::<Vec<u64>>();
    let mut all = vec![];
    for line in lines {
        let (module, tensors) = line.split_once('\t').unwrap();
        for tensor in tensors.split('\t') {
            let (name, dims) = tensor.split_once('=').unwrap();
            let parts = if name == "bn" { NORM.to_vec() } else { vec![name] };
            let dot = if module.is_empty() { "" } else { "." };
            let named = |name| Named { name: format!("{module}{dot}{name}"), dims: sizes(dims) };
            all.extend(parts.into_iter().map(named));
        }
    }
    all
}

/// Numbers from 0 up to 1 that look random, as in reference/networks.py.
fn numbers(seed: u64, count: usize) -> impl Iterator<Item = f64> {
    (0..count as u64).map(move |place| {
        let mut hashed = (place * 0x9E37_79B1 + seed * 0x85EB_CA77) % (1 << 32);
        for _ in 0..2 {
            hashed = (hashed ^ (hashed >> 15)) * 0x2C1B_3C6D % (1 << 32);
        }
        f64::from(u32::try_from(hashed >> 8).unwrap()) / 16_777_216.0
    })
}

#[expect(clippy::cast_possible_truncation, reason = "tensors are 32-bit floats")]
fn tensor(values: impl Iterator<Item = f64>, dims: &[usize]) -> Tensor {
    Tensor::from_vec(values.map(|value| value as f32).collect::<Vec<_>>(), dims, &Device::Cpu).unwrap()
}

/// As in state_dicts/make.py.
fn filled(named: &Named, seed: u64, gain: f64) -> Tensor {
    let dims: Vec<usize> = named.dims.iter().map(|&size| usize::try_from(size).unwrap()).collect();
    let count: usize = dims.iter().product();
    let values = numbers(seed, count);
    match (named.name.rsplit('.').next().unwrap(), dims.len()) {
        ("layer_scale" | "running_var", _) | ("weight", 1) => tensor(values.map(|value| value + 0.5), &dims),
        (_, 2..) => {
            let fan_in = f64::from(u32::try_from(count / dims[0]).unwrap());
            tensor(values.map(|value| (2.0 * value - 1.0) * (gain / fan_in).sqrt()), &dims)
        }
        _ => tensor(values.map(|value| 0.2 * value - 0.1), &dims),
    }
}

#[test]
fn torchvisions_state_dicts_give_torchvisions_outputs() {
    let files = files(".tsv");
    let mut done = 0;
    for path in files.iter().filter(|path| !path.to_string_lossy().ends_with(".names.tsv")) {
        let text = fs::read_to_string(path).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        let (name, values) = head.split_once('\t').unwrap();
        let values: Vec<f64> = values.split('\t').map(|value| value.parse().unwrap()).collect();
        let [size, gain, largest, ref theirs @ ..] = values[..] else { unreachable!("{head}") };
        let mut tensors = HashMap::new();
        for (place, named) in listed(rest.lines()).iter().enumerate() {
            if let Some(norm) = named.name.strip_suffix("running_mean") {
                let counter = Tensor::zeros((), DType::I64, &Device::Cpu).unwrap();
                tensors.insert(format!("{norm}num_batches_tracked"), counter);
            }
            tensors.insert(named.name.clone(), filled(named, place as u64 + 1, gain));
        }
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("weights.safetensors");
        candle_core::safetensors::save(&tensors, &saved).unwrap();

        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small size")]
        let size = size as usize;
        let graph = graph(name, Some(size as u64));
        let loaded = Weights::load(&graph, &saved, &Device::Cpu, DType::F32);
        let weights =
            loaded.unwrap_or_else(|error| panic!("{name}: {error}: {:#?}", error.findings())).weights;
        let input = numbers(0, 3 * size * size).map(|value| 2.0 * value - 1.0);
        let outputs =
            forward(Engine::Candle, &graph, vec![tensor(input, &[1, 3, size, size])], &weights, |_, _| ())
                .unwrap();
        let (_, output) = outputs.iter().find(|(name, _)| name == "output").unwrap();
        let ours: Vec<f32> = output.flatten_all().unwrap().to_vec1().unwrap();
        for (i, theirs) in theirs.iter().enumerate() {
            let ours = f64::from(ours[i * ours.len() / values[3..].len()]);
            assert!((ours - theirs).abs() <= 1e-4 * largest, "{name}: {ours} instead of {theirs}");
        }
        done += 1;
    }
    assert!(done >= 14, "only {done} networks");
}

/// Of the largest networks the names: each is taken for the one in its place in the order of use.
#[test]
fn the_largest_networks_find_their_names() {
    let files = files(".names.tsv");
    assert!(files.len() >= 3);
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let (name, rest) = text.split_once('\n').unwrap();
        let mut given = listed(rest.lines());
        let in_order: Vec<String> = given.iter().map(|named| named.name.clone()).collect();
        given.sort_by(|one, other| one.name.cmp(&other.name));
        let wanted = names(&graph(name, None));
        let found = assign(&wanted, &given).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
        assert!(!found.by_name);
        let module =
            |name: &str| name.rsplit_once('.').map_or(String::new(), |(module, _)| module.to_owned());
        let mut ours: Vec<String> = found.given.iter().map(|&index| module(&given[index].name)).collect();
        let mut theirs: Vec<String> = in_order.iter().map(|name| module(name)).collect();
        ours.dedup();
        theirs.dedup();
        assert_eq!(ours, theirs, "{name}");
    }
}
