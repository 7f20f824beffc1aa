//! The node tests of the ONNX project, for which `CNNCOST_ONNX_NODE_TESTS` names the folder `onnx/backend/test/data/node` of
//! its sources, or one in which the tensors lie beside the models. Without it nothing is tested here.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use crate::read::onnx::File;
use crate::read::onnx::array::{Array, Numbers};
use crate::read::onnx::evaluate::{evaluate, given, operator};
use crate::read::onnx::messages::{Graph, Kind};

#[test]
fn nodes_give_what_onnx_says() {
    let Some(folder) = std::env::var_os("CNNCOST_ONNX_NODE_TESTS") else {
        return;
    };
    let (mut wrong, mut right, mut passed_over) = (vec![], BTreeMap::new(), BTreeMap::new());
    let mut tests: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    tests.sort();
    for test in tests {
        let name = test.file_name().unwrap().to_string_lossy().into_owned();
        let file = File::open(&test.join("model.onnx")).unwrap();
        let Ok(model) = file.model() else { continue };
        let nodes = &model.graph.nodes;
        if !nodes.iter().all(|node| operator(&node.domain, &node.operator).is_some()) {
            continue;
        }
        let operators: Vec<_> = nodes.iter().map(|node| &*node.operator).collect();
        match outcome(&test, &file, &model.graph, model.opsets.first().map_or(1, |it| it.1)) {
            Ok(true) => right.entry(operators[0].to_owned()).or_insert_with(Vec::new).push(name),
            Ok(false) => passed_over.entry(operators[0].to_owned()).or_insert_with(Vec::new).push(name),
            Err(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    let count = right.values().map(Vec::len).sum::<usize>();
    assert!(wrong.is_empty(), "{count} are right, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 300, "only {count} were there; not evaluated: {passed_over:?}");
}

/// Whether a test was right; false where nothing is evaluated.
fn outcome(test: &Path, file: &File, graph: &Graph, opset: i64) -> Result<bool, String> {
    let mut values = HashMap::new();
    for initializer in &graph.initializers {
        values
            .insert(initializer.name.clone(), file.values(initializer, u64::MAX).map_err(|why| why.english)?);
    }
    for (place, input) in graph.inputs.iter().enumerate() {
        let Some(array) = tensor(test, &format!("input_{place}.pb")) else { return Ok(false) };
        values.insert(input.name.clone(), array);
    }
    for node in &graph.nodes {
        let value = given(node).map(|tensor| file.values(tensor, u64::MAX).unwrap());
        let inputs: Vec<_> = node.inputs.iter().map(|name| values.get(name)).collect();
        let mut all = inputs.clone();
        all.extend(value.iter().map(Some));
        let Some(made) = evaluate(node, opset, &all, u64::MAX).map_err(|why| why.english)? else {
            return Ok(false);
        };
        // Of unknown numbers the sizes are the same, where they can be told.
        let bare: Vec<_> =
            inputs.iter().map(|it| it.map(|it| Array { numbers: None, ..it.clone() })).collect();
        let mut bare: Vec<_> = bare.iter().map(Option::as_ref).collect();
        bare.extend(value.iter().map(Some));
        if let Ok(Some(sizes)) = evaluate(node, opset, &bare, u64::MAX) {
            let same =
                sizes.iter().zip(&made).all(|(one, other)| one.dims == other.dims && one.kind == other.kind);
            if !same {
                return Err(format!("{} has other sizes without numbers", node.operator));
            }
        }
        values.extend(node.outputs.iter().cloned().zip(made));
    }
    let mut is_known = false;
    for (place, output) in graph.outputs.iter().enumerate() {
        let Some(wanted) = tensor(test, &format!("output_{place}.pb")) else { return Ok(false) };
        let made = &values[&output.name];
        if made.dims != wanted.dims || made.kind != wanted.kind {
            let (a, b) = ((&made.dims, made.kind), (&wanted.dims, wanted.kind));
            return Err(format!("{a:?} is not {b:?}"));
        }
        if let Some(numbers) = &made.numbers {
            is_known = true;
            let wanted = wanted.numbers.unwrap();
            // NumPy rounds narrow floats at other steps.
            let near = match made.kind {
                Kind::FLOAT16 => 5e-3,
                Kind::BFLOAT16 => 3e-2,
                _ => 1e-5,
            };
            if !alike(numbers, &wanted, near) {
                return Err(format!("{} {numbers:?} is not {wanted:?}", output.name)
                    .chars()
                    .take(600)
                    .collect());
            }
        }
    }
    Ok(is_known)
}

fn alike(made: &Numbers, wanted: &Numbers, near: f64) -> bool {
    let near = |a: f64, b: f64| {
        a.total_cmp(&b).is_eq() || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-6 + near * b.abs()
    };
    match (made, wanted) {
        (Numbers::Ints(made), Numbers::Ints(wanted)) => made == wanted,
        (Numbers::Floats(made), Numbers::Floats(wanted)) => {
            made.len() == wanted.len() && made.iter().zip(&**wanted).all(|(&a, &b)| near(a.into(), b.into()))
        }
        (Numbers::Doubles(made), Numbers::Doubles(wanted)) => {
            made.len() == wanted.len() && made.iter().zip(&**wanted).all(|(&a, &b)| near(a, b))
        }
        _ => false,
    }
}

/// The tensor in a file, if there is one and it is one of numbers: it is read as if it were the weight of a model.
fn tensor(test: &Path, name: &str) -> Option<Array> {
    let beside = test.join(name);
    let path = if beside.exists() { beside } else { test.join("test_data_set_0").join(name) };
    let within = |field: u8, bytes: &[u8]| {
        let mut all = vec![field << 3 | 2];
        let mut length = bytes.len();
        while length > 0x7f {
            all.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        all.push(u8::try_from(length).unwrap());
        all.extend_from_slice(bytes);
        all
    };
    let model = within(7, &within(5, &fs::read(path).ok()?));
    let file = File::hold(&*model).ok()?;
    let model = file.model().ok()?;
    let array = file.values(model.graph.initializers.first()?, u64::MAX).ok()?;
    Some(array)
}
