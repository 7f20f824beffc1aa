//! The memory that `run` takes, a process for each case, against what it says that it needs.
//!
//! `cargo test --test memory_taken -- --nocapture` prints the table. What the system tells is Linux's alone.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use candle_core::Device;
use cnncost::read::{Description, Options};
use cnncost::run::memory::Needs;
use cnncost::run::{Engine, NativeSettings};
use cnncost::shape::ElementType;

/// Bytes that are no tensors: pieces of them, what threads keep, what lies between.
const BESIDE: u128 = 20_000_000;

/// The variable that has the arguments of a process that is measured.
const ARGUMENTS: &str = "CNNCOST_MEASURED";

/// What the line begins with that tells what it took.
const TOOK: &str = "took: ";

/// A process that is measured, and no test by itself: runs the program on its arguments, and tells the most it has taken.
#[test]
fn measured() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let arguments = ["cnncost"].into_iter().chain(arguments.split(' ')).map(Into::into);
    assert_eq!(cnncost::cli::run(arguments, None), 0);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("\n{TOOK}{}", peak.trim().trim_end_matches(" kB"));
}

/// The most bytes that a process takes with these arguments, in a folder.
fn took(folder: &Path, arguments: &str) -> u128 {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.args(["--exact", "measured", "--nocapture"]).env(ARGUMENTS, arguments).current_dir(folder);
    // Each thread keeps something from its first product of matrices on.
    let output = process.env("RAYON_NUM_THREADS", "2").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let found = text.lines().find_map(|line| line.strip_prefix(TOOK));
    found.unwrap_or_else(|| panic!("{arguments}: {text}{errors}")).parse::<u128>().unwrap() * 1024
}

/// What is needed for a network by prediction.
fn predicted(text: &str, batch: u64, element: ElementType) -> u128 {
    predicted_of(Engine::Candle, text, batch, element)
}

/// The same of an engine.
fn predicted_of(engine: Engine, text: &str, batch: u64, element: ElementType) -> u128 {
    let network = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap();
    let analysis = cnncost::analyze(&network.graph).unwrap().at(batch).unwrap();
    Needs::of(engine, &network.graph, &analysis, element, &Device::Cpu).total()
}

/// An array of zeros that takes no room on disk.
fn array(path: &Path, described: &str, sizes: &[u64], fortran_order: &str) {
    let shape: String = sizes.iter().map(|size| format!("{size},")).collect();
    let header =
        format!("{{'descr': '{described}', 'fortran_order': {fortran_order}, 'shape': ({shape}), }}");
    let mut file = File::create(path).unwrap();
    file.write_all(b"\x93NUMPY\x01\x00\xf6\x00").unwrap();
    file.write_all(format!("{header:245}\n").as_bytes()).unwrap();
    let bytes: u64 = described[2..].parse().unwrap();
    file.set_len(256 + bytes * sizes.iter().product::<u64>()).unwrap();
}

/// Tensors of zeros, likewise.
fn safetensors(path: &Path, dtype: &str, bytes: u64, tensors: &[(&str, &[u64])]) {
    let mut end = 0;
    let listed: Vec<_> = (tensors.iter())
        .map(|(name, sizes)| {
            let start = end;
            end += bytes * sizes.iter().product::<u64>();
            format!("{name:?}:{{\"dtype\":{dtype:?},\"shape\":{sizes:?},\"data_offsets\":[{start},{end}]}}")
        })
        .collect();
    let header = format!("{{{}}}", listed.join(","));
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + end).unwrap();
}

/// The same as an archive of NumPy's.
fn npz(path: &Path, described: &str, tensors: &[(&str, &[u64])]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    let part = path.with_extension("part");
    for (name, sizes) in tensors {
        array(&part, described, sizes, "False");
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut File::open(&part).unwrap(), &mut archive).unwrap();
    }
    archive.finish().unwrap();
}

/// Networks of one layer on an input of 8 × `size` × `size`.
const LAYERS: &[&str] = &[
    "op = 'relu'",
    "op = 'gelu'",
    "op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1",
    "op = 'conv2d', out_channels = 8, kernel_size = 1",
    "op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1, groups = 8, bias = false",
    "op = 'batch_norm2d'",
    "op = 'permute', dims = [0, 2, 3, 1]",
    "op = 'pad', padding = [1, 1, 1, 1]",
    "op = 'max_pool2d', kernel_size = 3, stride = 1, padding = 1",
    "op = 'avg_pool2d', kernel_size = 2",
    "op = 'layer_norm', dims = 1",
    "op = 'softmax', dim = 1",
    "op = 'global_avg_pool'",
    "op = 'flatten'",
];

/// Inputs of a file: the type of its numbers, and whether they are in Fortran's order.
const ARRAYS: &[(&str, &str)] =
    &[("<f4", "False"), ("<f8", "False"), ("|u1", "False"), ("<f4", "True"), ("<f8", "True")];

/// Types of weights in a file: what safetensors and NumPy call them, and their bytes.
const FILES: &[(&str, Option<&str>, u64)] =
    &[("F32", Some("<f4"), 4), ("F64", Some("<f8"), 8), ("F16", Some("<f2"), 2), ("BF16", None, 2)];

/// What was measured, and where it is not what was predicted.
struct Table {
    bare: u128,
    failures: Vec<String>,
}

impl Table {
    fn new(folder: &Path) -> Self {
        fs::write(folder.join("net.toml"), "input = [1]\nlayers = [{ op = 'relu' }]").unwrap();
        println!("predicted    taken");
        Self { bare: took(folder, "run net.toml"), failures: vec![] }
    }

    /// Runs a network with further arguments, of which it says that it needs so much.
    fn check(&mut self, folder: &Path, net: &str, predicted: u128, arguments: &str) {
        fs::write(folder.join("net.toml"), net).unwrap();
        let taken =
            took(folder, &format!("run net.toml --engine candle {arguments}")).saturating_sub(self.bare);
        let (megabytes, net) = ([predicted, taken].map(|bytes| bytes / 1_000_000), net.replace('\n', " "));
        let line = format!("{:>6} MB {:>5} MB  {arguments}  {net}", megabytes[0], megabytes[1]);
        println!("{line}");
        let most = |bytes: u128| bytes + (bytes * 15 / 100).max(BESIDE);
        if taken > most(predicted) || predicted > most(taken) {
            self.failures.push(line);
        }
    }

    /// The same with the native engine, which takes no more than it says: what it puts into other layouts, and how long, is its own.
    fn check_native(&mut self, folder: &Path, net: &str, arguments: &str) {
        fs::write(folder.join("net.toml"), net).unwrap();
        let predicted = predicted_of(Engine::Native(NativeSettings::default()), net, 1, ElementType::F32);
        let taken =
            took(folder, &format!("run net.toml --engine native {arguments}")).saturating_sub(self.bare);
        let (megabytes, net) = ([predicted, taken].map(|bytes| bytes / 1_000_000), net.replace('\n', " "));
        let line = format!("{:>6} MB {:>5} MB  native {arguments}  {net}", megabytes[0], megabytes[1]);
        println!("{line}");
        if taken > predicted + (predicted * 15 / 100).max(BESIDE) {
            self.failures.push(line);
        }
    }
}

const DTYPES: [(&str, ElementType); 2] = [("f32", ElementType::F32), ("f16", ElementType::F16)];

/// A single test, so that no other runs beside it: how much threads take depends on what they do at once.
fn what_is_taken_is_what_is_predicted(size: u64) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut table = Table::new(folder);
    // Layers on an array, and what is written.
    for (index, layer) in LAYERS.iter().enumerate() {
        let (described, order) = ARRAYS[index % ARRAYS.len()];
        array(&folder.join("x.npy"), described, &[1, 8, size, size], order);
        let net = format!("input = [8, {size}, {size}]\nlayers = [{{ {layer} }}]");
        for (name, element) in DTYPES {
            let write = ["", " -o y.npy", " --dump all"][index % 3];
            let arguments = format!("--input x.npy --dtype {name}{write}");
            table.check(folder, &net, predicted(&net, 1, element), &arguments);
        }
        table.check_native(folder, &net, ["--input x.npy", "--input x.npy -o y.npy"][index % 2]);
    }
    // Weights, of files and fresh.
    let (rows, columns) = (size * size / 100, 1000);
    let net =
        format!("input = [{columns}]\nlayers = [{{ name = 'a', op = 'linear', out_features = {rows} }}]");
    let tensors: [(&str, &[u64]); 2] = [("a.weight", &[rows, columns]), ("a.bias", &[rows])];
    for &(dtype, described, bytes) in FILES {
        safetensors(&folder.join("w.safetensors"), dtype, bytes, &tensors);
        for (name, element) in DTYPES {
            let predicted = predicted(&net, 1, element);
            let weights = format!("--weights w.safetensors --dtype {name}");
            table.check(folder, &net, predicted, &format!("{weights} --save-weights v.safetensors"));
            if let Some(described) = described {
                npz(&folder.join("w.npz"), described, &tensors);
                table.check(folder, &net, predicted, &format!("--weights w.npz --dtype {name}"));
            }
        }
    }
    table.check_native(folder, &net, "--seed 1");
    // Fresh numbers take their time.
    let numbers = 4 * size * size;
    for net in [
        format!(
            "input = [10]\nlayers = [{{ op = 'embedding', num_embeddings = {rows}, embedding_dim = 1000 }}]"
        ),
        format!(
            "input = [1]\nlayers = [{{ op = 'expand', shape = [{numbers}] }}, {{ name = 's', op = 'scale' }}, {{ name = 'p', op = 'parameter', shape = [{numbers}], from = [] }}, {{ op = 'add', from = ['s', 'p'] }}]"
        ),
        format!("input = [{numbers}]\nlayers = [{{ op = 'layer_norm', dims = 1 }}]"),
        format!("input = [{numbers}]\nlayers = [{{ op = 'relu' }}]"),
        net,
    ] {
        for (name, element) in DTYPES {
            table.check(folder, &net, predicted(&net, 1, element), &format!("--dtype {name}"));
        }
    }
    assert!(table.failures.is_empty(), "{}", table.failures.join("\n"));
}

#[test]
fn what_run_takes_is_what_it_says() {
    what_is_taken_is_what_is_predicted(900);
}

/// The same, so large that 15 % are more than what is no tensors: for some minutes and 1 GB.
#[test]
#[ignore = "it takes minutes"]
fn hostile_memory_of_large_networks() {
    what_is_taken_is_what_is_predicted(3500);
}
