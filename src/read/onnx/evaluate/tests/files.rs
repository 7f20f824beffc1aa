//! Exported files whose tensors say their sizes, for which `CNNCOST_ONNX_FILES` names a folder of such. Without it nothing is
//! tested here.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::read::onnx::File;
use crate::read::onnx::array::Array;
use crate::read::onnx::evaluate::{evaluate, given};
use crate::read::onnx::messages::{Dimension, Tensor, ValueInfo};

const LIMIT: u64 = 4096;

#[test]
fn files_give_the_sizes_that_they_say() {
    let Some(folder) = std::env::var_os("CNNCOST_ONNX_FILES") else {
        return;
    };
    let (mut paths, mut found) = (vec![PathBuf::from(folder)], vec![]);
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| it == "onnx") {
            found.push(path);
        }
    }
    found.sort();
    let (mut compared, mut evaluated, mut wrong) = (0, 0, vec![]);
    for path in found {
        let (nodes, sizes) = one(&path, &mut wrong);
        (evaluated, compared) = (evaluated + nodes, compared + sizes);
    }
    assert!(wrong.is_empty(), "{} of {evaluated}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 1000, "only {compared} of {evaluated}");
}

/// How many operators were evaluated, and how many sizes were compared.
fn one(path: &Path, wrong: &mut Vec<String>) -> (usize, usize) {
    let file = File::open(path).unwrap();
    let Ok(model) = file.model() else { return (0, 0) };
    let graph = &model.graph;
    let opset = model.opsets.iter().find(|(domain, _)| domain.is_empty()).map_or(1, |it| it.1);
    let said: HashMap<_, _> =
        graph.value_info.iter().chain(&graph.inputs).map(|it| (it.name.clone(), it)).collect();
    let mut values: HashMap<_, _> =
        graph.inputs.iter().filter_map(|it| Some((it.name.clone(), bare(it)?))).collect();
    // Of files whose weights were taken out only sizes are there.
    let numbers = |tensor: &Tensor| {
        let bare = Array { dims: tensor.dims.clone(), kind: tensor.kind, numbers: None };
        file.values(tensor, LIMIT).unwrap_or(bare)
    };
    for tensor in &graph.initializers {
        values.insert(tensor.name.clone(), numbers(tensor));
    }
    let (mut evaluated, mut compared) = (0, 0);
    for (place, node) in graph.nodes.iter().enumerate() {
        let value = given(node).map(|tensor| numbers(tensor));
        let mut inputs: Vec<_> = node.inputs.iter().map(|name| values.get(name)).collect();
        inputs.extend(value.iter().map(Some));
        let named = || format!("{} {place} {} {}", path.display(), node.operator, node.name);
        let made = match evaluate(node, opset, &inputs, LIMIT) {
            Ok(Some(made)) => made.into_iter().map(Some).collect(),
            Ok(None) => vec![None; node.outputs.len()],
            Err(why) => {
                wrong.push(format!("{}: {why}", named()));
                vec![None; node.outputs.len()]
            }
        };
        for (output, made) in node.outputs.iter().zip(made) {
            let said = said.get(output).and_then(|it| bare(it));
            if let (Some(made), Some(said)) = (&made, &said) {
                compared += 1;
                if made.dims != said.dims || made.kind != said.kind {
                    let (a, b) = ((&made.dims, made.kind), (&said.dims, said.kind));
                    wrong.push(format!("{}: {a:?} is not {b:?}", named()));
                }
            }
            evaluated += usize::from(made.is_some());
            if let Some(array) = made.or(said) {
                values.insert(output.clone(), array);
            }
        }
    }
    (evaluated, compared)
}

/// An array of the sizes that are said, if all are numbers.
fn bare(info: &ValueInfo) -> Option<Array> {
    let size = |it: &Dimension| match it {
        Dimension::Size(size) => u64::try_from(*size).ok(),
        Dimension::Symbol(_) | Dimension::Unknown => None,
    };
    let dims = info.dims.as_ref()?.iter().map(size).collect::<Option<_>>()?;
    Some(Array { dims, kind: info.kind, numbers: None })
}
