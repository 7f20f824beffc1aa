//! Hundreds of files that exporters wrote, read as they are: none is refused, and each has as many operators as were counted in
//! it with the onnx package 1.23.2.
//!
//! They are looked for in `shared/reference`, in a folder above, and left out where that is not there.

use std::fs;
use std::path::{Path, PathBuf};

use cnncost::read::onnx::File;
use cnncost::read::onnx::messages::{AttributeValue, Data, Node};
use serde_json::Value;

fn reference() -> Option<PathBuf> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    folders.map(|folder| folder.join("shared/reference")).find(|folder| folder.is_dir())
}

/// All files of ONNX in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_onnx = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "onnx");
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).filter(is_onnx).collect()
}

/// Operators, with those of bodies.
fn count(nodes: &[Node]) -> usize {
    let values = nodes.iter().flat_map(|node| &node.attributes).map(|attribute| &attribute.value);
    let bodies =
        values.map(|value| if let AttributeValue::Graph(graph) = value { count(&graph.nodes) } else { 0 });
    nodes.len() + bodies.sum::<usize>()
}

#[test]
fn every_file_is_read() {
    let Some(folder) = reference() else { return };
    for path in ["onnx", "onnx2", "onnx-full"].iter().flat_map(|name| files(&folder.join(name))) {
        let file = File::open(&path).unwrap();
        let model = file.model().unwrap_or_else(|mistake| panic!("{}: {mistake}", path.display()));
        for tensor in &model.graph.initializers {
            // The weights of most are not there; those that are can be read.
            let is_there =
                !matches!(&tensor.data, Data::External { location, .. } if &**location == "stripped.bin");
            assert_eq!(file.floats(tensor).is_ok(), is_there, "{}: {}", path.display(), tensor.name);
        }
    }
}

#[test]
fn operators_are_as_many_as_there_are() {
    let Some(folder) = reference().map(|folder| folder.join("onnx2")) else { return };
    let exports = fs::read_to_string(folder.join("exports.json")).unwrap();
    let exports: Value = serde_json::from_str(&exports).unwrap();
    let groups = exports.as_object().unwrap().iter().filter(|(name, _)| !name.starts_with('_'));
    let networks = groups.flat_map(|(_, group)| group.as_object().unwrap().values());
    let variants = networks.filter_map(|network| network["onnx"].as_object()).flat_map(|of| of.values());
    let mut checked = 0;
    for variant in variants.filter(|variant| variant["file"].is_string()) {
        let path = folder.join(variant["file"].as_str().unwrap());
        let model = File::open(&path).unwrap().model().unwrap();
        let functions = model.functions.iter().map(|function| count(&function.nodes)).sum::<usize>();
        let nodes = variant["n_nodes"].as_u64().unwrap();
        assert_eq!((count(&model.graph.nodes) + functions) as u64, nodes, "{}", path.display());
        checked += 1;
    }
    assert_eq!(checked, 219);
}
