//! Files that PyTorch's exporters and others wrote, read and counted: parameters, and multiply–accumulates of each kind.
//!
//! Where the figures come from stands in `onnx/README.md`. A few small files are stored with them; hundreds are looked for in
//! `shared/reference`, in a folder above, and left out where that is not there.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use cnncost::analyze::Status;
use cnncost::read::onnx::{Onnx, Sizes};
use onnx_figures::{Figures, hold, reference};
use serde_json::Value;

#[path = "common/onnx_figures.rs"]
mod onnx_figures;

/// How many of 26 files must have their figures.
const LEAST_STORED: usize = 26;

/// How many of 219 files must have their figures.
const LEAST_EXPORTS: usize = 219;

/// How many of 26 must have their figures at three samples: 13 files, in two ways.
const LEAST_BATCHES: usize = 26;

/// How many of 83 files must have their figures.
const LEAST_CLASSIFIERS: usize = 83;

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value) -> u128 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number")).into()
}

fn exactly(number: u128) -> RangeInclusive<u128> {
    number..=number
}

/// The numbers that symbols in the shapes of inputs stand for, when the inputs have these sizes.
fn dims<'v>(shapes: impl Iterator<Item = &'v Value>, sizes: &Value) -> Vec<(String, u64)> {
    let sizes = sizes.as_array().unwrap();
    let sizes: Vec<&Value> = if sizes.iter().all(Value::is_array) {
        sizes.iter().flat_map(|sizes| sizes.as_array().unwrap()).collect()
    } else {
        sizes.iter().collect()
    };
    let shapes: Vec<&Value> = shapes.flat_map(|shape| shape.as_array().unwrap()).collect();
    assert_eq!(shapes.len(), sizes.len());
    let symbol =
        |(shape, size): (&&Value, &&Value)| Some((shape.as_str()?.to_owned(), size.as_u64().unwrap()));
    shapes.iter().zip(&sizes).filter_map(symbol).collect()
}

/// `conv`, `linear` and `attn_matmul` of a count.
fn kinds(macs: &Value) -> [Option<u128>; 3] {
    ["conv", "linear", "attn_matmul"].map(|kind| Some(number(&macs[kind])))
}

/// What is expected of a file: the count of the file itself, where there is one that has seen all of it.
fn expected(folder: &Path, section: &str, name: &str, variant: &str, network: &Value) -> Figures {
    let export = &network["onnx"][variant];
    // Made files are counted by hand: the second count has no operators but the standard's, and enters no bodies.
    let own = export["own"]["by_kind"].as_object().filter(|_| section != "made");
    let kinds = own.map_or_else(|| kinds(&network["macs"]), |_| kinds(&export["own"]["by_kind"]));
    let path = export["file"].as_str().unwrap();
    let shapes = export["inputs"].as_object().unwrap().values();
    let figures = Figures {
        name: path.trim_start_matches("onnx/").trim_end_matches(".onnx").to_owned(),
        path: folder.join(path),
        dims: dims(shapes, &network["input"]),
        batch: 1,
        params: exactly(number(&export["params_in_file"]["total"])),
        macs: exactly(kinds.iter().flatten().sum()),
        kinds,
        status: Status::Complete,
    };
    special(name, variant, figures)
}

/// Where a file is another thing than its count, or no reader can know it.
fn special(name: &str, variant: &str, mut figures: Figures) -> Figures {
    let any = [None; 3];
    let (params, macs) = (*figures.params.end(), *figures.macs.end());
    match (name, variant) {
        // The fixed scale of an attention is no parameter, though it stands among the weights there.
        ("test_vit3", "dynamo") => {
            figures.kinds[1..].fill(None);
            figures.params = exactly(930_280);
        }
        // Products with what is learned: two activations for ATen, a linear layer for the file.
        ("einsum" | "csatv2" | "mvitv2_tiny" | "test_vit3", _) => figures.kinds[1..].fill(None),
        // The data decide: the 3×3 convolution (6,912) or the 1×1 (768); or neither is counted.
        ("if_on_data", _) => {
            let (params, macs) = (10..=params, macs..=8 + 6_912);
            figures = Figures { params, macs, kinds: any, status: Status::Partial, ..figures };
        }
        // The height decides, which is known: the branch that is taken, or all parameters in the file.
        ("if_on_shape", "dynNHW") => {
            let kinds = [Some(6_912), Some(8), Some(0)];
            figures = Figures { params: 122..=params, macs: exactly(6_920), kinds, ..figures };
        }
        // A loop that the data end: its body is counted once, or not.
        ("while_on_data", _) => {
            let (params, macs) = (10..=params, macs..=8 + 9_216);
            figures = Figures { params, macs, kinds: any, status: Status::Partial, ..figures };
        }
        // Every product comes before what the data decide; or before an operator that nobody knows, of which nothing says what
        // shape comes out.
        ("ssd300_vgg16" | "fcos_resnet50_fpn" | "unknown_without_shape", _) => {
            figures.status = Status::Partial;
        }
        // The heads run on as many boxes as the data bring. The count saw 71, of which 3 got a mask: without four 3×3
        // convolutions, a transposed and a 1×1 one of those, and the linear layers, 120,020,169,216 are left.
        ("maskrcnn_resnet50_fpn", _) => {
            let (params, macs) = (0..=params, 120_020_169_216..=macs);
            figures = Figures { params, macs, kinds: any, status: Status::Partial, ..figures };
        }
        // The position embedding and biases of 8 bits are added, and are parameters as those of floats: the module's own.
        (
            "transformer_encoder_qdq" | "transformer_encoder_qdq_u8" | "transformer_encoder_qoperator",
            "quantised",
        ) => figures.params = exactly(24_170),
        // The zeros that a layer begins with are stored, and no parameters: the module's own.
        ("gru_classifier", "dynamo") => figures.params = exactly(4_501),
        ("lstm_classifier", "dynamo") => figures.params = exactly(11_594),
        // Group norms take a one and a zero for their only group, which are no parameters of the network.
        ("poolformer_s12", "dynamo") => figures.params = exactly(11_915_176),
        // Weights in nodes, and one that is made of a single number.
        ("weights_elsewhere", _) => figures.params = exactly(344),
        _ => {}
    }
    figures
}

/// The files that are stored here.
#[test]
fn stored_networks_have_their_figures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/reference");
    let table = std::fs::read_to_string(folder.join("figures.tsv")).unwrap();
    let figures = |line: &str| {
        let [name, symbols, params, macs, kinds @ .., status] = &line.split('\t').collect::<Vec<_>>()[..]
        else {
            unreachable!("{line}")
        };
        let dims = symbols.split(',').filter_map(|dim| dim.split_once('='));
        Figures {
            name: (*name).to_owned(),
            path: folder.join(format!("{name}.onnx")),
            dims: dims.map(|(symbol, size)| (symbol.to_owned(), size.parse().unwrap())).collect(),
            batch: 1,
            params: exactly(params.parse().unwrap()),
            macs: exactly(macs.parse().unwrap()),
            kinds: [kinds[0], kinds[1], kinds[2]].map(|kind| kind.parse().ok()),
            status: if *status == "complete" { Status::Complete } else { Status::Partial },
        }
    };
    let files: Vec<_> = table.lines().skip(1).map(figures).collect();
    assert_eq!(files.len(), 26);
    hold(&files, LEAST_STORED);
}

/// One writes names of nodes, the other lists of modules; batch norms are folded into the convolutions before them.
#[test]
fn both_exporters_files_have_the_modules_names() {
    let convolutions = |exporter: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/reference");
        let onnx = Onnx::open(&folder.join(format!("resnet18_{exporter}.onnx")), exporter).unwrap();
        let graph = onnx.expand(&Sizes::default()).unwrap().graph;
        let paths = graph.nodes().filter(|(_, node)| node.operator_name() == "conv2d");
        paths.map(|(id, _)| graph.path(id)).collect::<BTreeSet<_>>()
    };
    let blocks = (1..=4).flat_map(|layer| [0, 1].map(|block| format!("layer{layer}/{block}")));
    let inside = blocks.flat_map(|block| [1, 2].map(|conv| format!("{block}/conv{conv}")));
    let beside = (2..=4).map(|layer| format!("layer{layer}/0/downsample/0"));
    let expected: BTreeSet<_> = inside.chain(beside).chain(["conv1".to_owned()]).collect();
    assert_eq!(expected.len(), 20);
    assert_eq!(convolutions("ts"), expected);
    assert_eq!(convolutions("dynamo"), expected);
}

/// Every file of `exports.json`, with the network that it is of and the variant.
fn exports() -> Vec<(String, String, Figures)> {
    let Some(reference) = reference() else { return vec![] };
    let folder = reference.join("onnx2");
    let mut files = vec![];
    for (section, networks) in json(&folder.join("exports.json")).as_object().unwrap() {
        if section == "_about" {
            continue;
        }
        for (name, network) in networks.as_object().unwrap() {
            let variants = network["onnx"].as_object().unwrap().iter();
            let written = variants.filter(|(_, export)| export["failed"].is_null());
            let figures = |variant: &String| expected(&folder, section, name, variant, network);
            files.extend(written.map(|(variant, _)| (name.clone(), variant.clone(), figures(variant))));
        }
    }
    assert_eq!(files.len(), 219);
    files
}

#[test]
fn exported_networks_have_their_figures() {
    let files: Vec<_> = exports().into_iter().map(|(.., figures)| figures).collect();
    hold(&files, if files.is_empty() { 0 } else { LEAST_EXPORTS });
}

/// Read at three samples, or counted for three once it is read at one, everything is done three times, but what depends on no
/// input.
#[test]
fn networks_of_any_batch_have_their_figures_at_three_samples() {
    let mut files = vec![];
    for (name, variant, figures) in exports() {
        if !variant.ends_with("dynN") {
            continue;
        }
        let macs = 3 * figures.macs.end();
        // Position encodings by a 1×1 convolution of constants, which are the same for every sample. The one is made for each
        // sample of the file, as its sizes say.
        let (inside, each) = match &*name {
            "xcit_nano_12_p16_224" => (macs - 2 * 1_605_632, macs - 2 * 1_605_632),
            "edgenext_xx_small" => (macs, macs - 2 * 3_145_728),
            _ => (macs, macs),
        };
        let figures = Figures { kinds: [None; 3], ..figures };
        let dims = figures.dims.iter().map(|(symbol, _)| (symbol.clone(), 3)).collect();
        let name = format!("{} read at 3", figures.name);
        files.push(Figures { name, dims, macs: exactly(inside), ..figures.clone() });
        let name = format!("{} for 3", figures.name);
        files.push(Figures { name, batch: 3, macs: exactly(each), ..figures });
    }
    hold(&files, if files.is_empty() { 0 } else { LEAST_BATCHES });
}

/// torchvision's classifiers: as other tools count them, of PyTorch's modules.
#[test]
fn exported_classifiers_have_their_figures() {
    let Some(reference) = reference() else { return };
    let networks = json(&reference.join("torchvision.json"));
    let mut files = vec![];
    for (path, params) in json(&reference.join("onnx/params_existing.json")).as_object().unwrap() {
        let Some(path) = path.strip_prefix("shared/reference/") else { continue };
        let name = path.trim_start_matches("onnx/").trim_end_matches(".onnx");
        let (base, axes) = name.split_once("_dyn").unwrap_or((name, ""));
        let network = &networks["classification"][base.rsplit('/').next().unwrap()];
        let sizes = network["input"].as_array().unwrap();
        let symbols = [("N", 0), ("H", 2), ("W", 3)].into_iter().filter(|(symbol, _)| axes.contains(symbol));
        files.push(Figures {
            name: name.to_owned(),
            path: reference.join(path),
            dims: symbols.map(|(symbol, axis)| (symbol.to_owned(), sizes[axis].as_u64().unwrap())).collect(),
            batch: 1,
            params: exactly(number(&params["total"])),
            macs: exactly(number(&network["macs"]["total"])),
            kinds: kinds(&network["macs"]),
            status: Status::Complete,
        });
    }
    assert_eq!(files.len(), 83);
    hold(&files, LEAST_CLASSIFIERS);
}
