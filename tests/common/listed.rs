//! What the state_dicts of `../state_dicts` list.

use std::fs;
use std::path::{Path, PathBuf};

use cnncost::graph::Graph;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::assign::Named;

/// A batch norm's tensors, in the order of the alphabet.
const NORM: [&str; 4] = ["bias", "running_mean", "running_var", "weight"];

pub(crate) fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/state_dicts");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "tsv"));
    files.sort();
    files
}

pub(crate) fn graph(name: &str, size: u64) -> Graph {
    let (file, variant) = bundled::find(name).unwrap();
    let options = Options { variant, input: Some(vec![3, size, size]), ..Options::default() };
    Description::parse(file.name, file.text).unwrap().expand(&options).unwrap().graph
}

/// The tensors that the lines list.
pub(crate) fn listed<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<Named> {
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
