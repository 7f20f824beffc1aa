//! The node tests of the ONNX project: models of one operator, most of them, with inputs and outputs.
//!
//! They were made with `onnx.backend.test.case.node.collect_testcases` of onnx 1.23.2, and lie in `shared/reference`, in a folder
//! above; where that is not there, nothing is tested.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};

use cnncost::read::onnx::array::Numbers;
use cnncost::read::onnx::messages::Kind;
use cnncost::read::onnx::{self, Onnx};
use onnx_figures::reference;
use onnx_run::{Outcome, Values, check, report, said};
use zip::ZipArchive;

#[path = "common/onnx_figures.rs"]
mod onnx_figures;
#[path = "common/onnx_run.rs"]
mod onnx_run;

/// How many of them must give what is expected.
const LEAST: usize = 1304;

/// A field of a message in protobuf's encoding.
struct Field<'b> {
    number: u64,
    whole: &'b [u8],
    /// What it holds, if that has a length.
    payload: Option<&'b [u8]>,
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut found = vec![];
    while !bytes.is_empty() {
        let start = bytes;
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                varint(&mut bytes);
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => unreachable!("a wire type of {other}"),
        };
        let (payload, rest) = bytes.split_at(length);
        bytes = rest;
        let whole = &start[..start.len() - rest.len()];
        found.push(Field { number: key >> 3, whole, payload: (key & 7 == 2).then_some(payload) });
    }
    found
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for place in 0.. {
        let (&byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(byte & 127) << (7 * place);
        if byte < 128 {
            break;
        }
    }
    number
}

/// A field that has a length.
fn field(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = payload.len();
    while length > 127 {
        bytes.push(u8::try_from(length & 127).unwrap() | 128);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    [bytes, payload.to_vec()].concat()
}

/// `ModelProto.graph`, `GraphProto.initializer`.
const GRAPH: u8 = 7;
const INITIALIZER: u8 = 5;

/// The model with these tensors as initializers.
fn with_initializers(model: &[u8], tensors: &[&Vec<u8>]) -> Vec<u8> {
    let added: Vec<u8> = tensors.iter().flat_map(|tensor| field(INITIALIZER, tensor)).collect();
    let parts = fields(model).into_iter().map(|Field { number, whole, payload }| match payload {
        Some(graph) if number == u64::from(GRAPH) => field(GRAPH, &[graph, &added].concat()),
        _ => whole.to_vec(),
    });
    parts.collect::<Vec<_>>().concat()
}

/// A tensor: its name, its type and its numbers; the error says why it is none, or none that is read.
fn tensor(bytes: &[u8]) -> Result<(String, Kind, Values), String> {
    let model = field(GRAPH, &field(INITIALIZER, bytes));
    let file = onnx::File::hold(Cursor::new(model)).unwrap();
    let read = file.model().map_err(|mistake| mistake.why.to_string())?;
    let [tensor] = &read.graph.initializers[..] else { return Err("no tensor".to_owned()) };
    let array = file.values(tensor, 1 << 20).map_err(|why| why.to_string())?;
    let numbers = match array.numbers.ok_or("too large")? {
        #[expect(clippy::cast_precision_loss, reason = "so is what is compared with it")]
        Numbers::Ints(numbers) => numbers.iter().map(|&number| number as f64).collect(),
        Numbers::Floats(numbers) => numbers.iter().map(|&number| number.into()).collect(),
        Numbers::Doubles(numbers) => numbers.to_vec(),
    };
    let dims = array.dims.iter().map(|&size| usize::try_from(size).unwrap()).collect();
    Ok((tensor.name.to_string(), array.kind, Values { dims, numbers }))
}

/// What belongs to a test.
#[derive(Default)]
struct Files {
    model: Vec<u8>,
    inputs: BTreeMap<usize, Vec<u8>>,
    outputs: BTreeMap<usize, Vec<u8>>,
}

fn tests() -> Option<BTreeMap<String, Files>> {
    let path = reference()?.join("nodetests.zip");
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut tests: BTreeMap<String, Files> = BTreeMap::new();
    for place in 0..archive.len() {
        let mut member = archive.by_index(place).unwrap();
        let name = member.name().unwrap().into_owned();
        let (test, file) = name.split_once('/').unwrap();
        let files = tests.entry(test.to_owned()).or_default();
        let mut bytes = vec![];
        member.read_to_end(&mut bytes).unwrap();
        let number = |start| file.strip_prefix(start)?.strip_suffix(".pb")?.parse().ok();
        if let Some(number) = number("input_") {
            files.inputs.insert(number, bytes);
        } else if let Some(number) = number("output_") {
            files.outputs.insert(number, bytes);
        } else {
            files.model = bytes;
        }
    }
    Some(tests)
}

/// Allowed differences, as a share of the largest number: by the width of what they were computed in.
fn share(kinds: impl Iterator<Item = Kind>) -> f64 {
    let widths = kinds.map(|kind| match kind {
        Kind::FLOAT16 => 2e-3,
        Kind::BFLOAT16 => 2e-2,
        _ => 1e-4,
    });
    widths.fold(1e-4, f64::max)
}

/// Whether it gives what is expected: with all inputs but the first stored in the file, as weights are, or else with none.
fn result(files: &Files) -> Result<(), String> {
    let tensor = |bytes: &Vec<u8>| tensor(bytes).map_err(|why| format!("tensors: {why}"));
    let inputs: Vec<_> = files.inputs.values().map(tensor).collect::<Result<_, _>>()?;
    let outputs: Vec<_> = files.outputs.values().map(tensor).collect::<Result<_, _>>()?;
    let share = share(inputs.iter().chain(&outputs).map(|(_, kind, _)| *kind));
    let expected = outputs.into_iter().map(|(name, _, values)| (name, values)).collect();
    let with = |given: usize| {
        let stored: Vec<_> = files.inputs.values().skip(given).collect();
        let model = with_initializers(&files.model, &stored);
        let given: Vec<_> = inputs.iter().take(given).map(|(_, _, values)| values.clone()).collect();
        let open = || {
            let file = onnx::File::hold(Cursor::new(model)).map_err(|why| format!("read: {why}"))?;
            Onnx::of(file, "model.onnx").map_err(|error| said(&error))
        };
        check(open, &given, &expected, share)
    };
    with(1).or_else(|why| if inputs.len() > 1 { with(inputs.len()).map_err(|_| why) } else { Err(why) })
}

/// The operator that a test is of; those of several are of none.
fn operator(model: &[u8]) -> String {
    let read = onnx::read(Cursor::new(model));
    match read.as_ref().map(|model| &model.graph.nodes[..]) {
        Ok([node]) => node.operator.to_string(),
        Ok(_) => "several operators".to_owned(),
        Err(mistake) => format!("not read: {}", mistake.why),
    }
}

#[test]
fn nodes_give_what_is_expected() {
    let Some(tests) = tests() else { return };
    assert_eq!(tests.len(), 1884);
    let outcome = |(name, files): (&String, &Files)| Outcome {
        group: operator(&files.model),
        name: name.clone(),
        result: result(files),
    };
    let found: Vec<_> = tests.iter().map(outcome).collect();
    report(&found, LEAST);
}
