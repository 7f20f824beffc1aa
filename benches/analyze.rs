//! How long counting takes: in process, and as a whole program from its start to its end.
//!
//! `cargo bench --bench analyze`. benches/README.md says what was measured, beside other tools.

use std::fmt::Write;
use std::io::Cursor;
use std::process::{Command, Stdio};

use bytes::{field, number, with_graph};
use cnncost::compare::Comparison;
use cnncost::read::onnx::{File, Onnx, Sizes};
use cnncost::read::{Description, Options, bundled};
use cnncost::report::json;
use cnncost::subject::Subject;
use divan::{Bencher, black_box};

#[path = "../src/read/onnx/bytes.rs"]
mod bytes;

fn main() {
    divan::main();
}

/// A bundled network from its text to its counts.
fn count(file: &bundled::Bundled, variant: Option<String>) -> u128 {
    let description = Description::parse(file.name, file.text).unwrap();
    let network = description.expand(&Options { variant, ..Options::default() }).unwrap();
    cnncost::analyze(&network.graph).unwrap().total().work.macs.total()
}

#[divan::bench(args = ["lenet5", "googlenet", "resnet50", "resnet152", "densenet201", "efficientnet_b7"])]
fn parse_and_analyze(name: &str) -> u128 {
    let (file, variant) = bundled::find(black_box(name)).unwrap();
    count(file, variant)
}

/// What a sweep does for each point: the text is read once.
#[divan::bench(args = ["bottleneck", "googlenet", "resnet152"])]
fn expand_and_analyze(bencher: Bencher<'_, '_>, name: &str) {
    let (file, variant) = bundled::find(name).unwrap();
    let description = Description::parse(file.name, file.text).unwrap();
    let options = Options { variant, ..Options::default() };
    bencher.bench_local(|| {
        let network = description.expand(black_box(&options)).unwrap();
        cnncost::analyze(&network.graph).unwrap().total().work.macs.total()
    });
}

#[divan::bench]
fn every_bundled_network_and_variant() -> u128 {
    let every = |file: &'static bundled::Bundled| {
        let mut variants: Vec<_> = bundled::variants(file).into_iter().map(Some).collect();
        if variants.is_empty() {
            variants.push(None);
        }
        variants.into_iter().map(move |variant| count(file, variant))
    };
    bundled::BUNDLED.iter().flat_map(every).sum()
}

/// A description whose network has `nodes` convolutions, one after the other.
fn chain(nodes: usize) -> String {
    format!(
        "input = [8, 4, 4]\nlayers = [{{ op = 'conv2d', out_channels = 8, kernel_size = 1, repeat = {nodes} }}]"
    )
}

/// Blocks in blocks, each ten of the one below: `10^depth` instances.
fn nested(depth: usize) -> String {
    let mut text = format!("input = [8, 4, 4]\nlayers = [{{ use = 'b{depth}' }}]\n");
    let _ = writeln!(text, "[blocks.b0]\nlayers = [{{ op = 'relu' }}]");
    for level in 1..=depth {
        let below = level - 1;
        let _ = writeln!(text, "[blocks.b{level}]\nlayers = [{{ use = 'b{below}', repeat = 10 }}]");
    }
    text
}

fn analyze_text(text: &str) -> usize {
    let network = Description::parse("bench.toml", text).unwrap().expand(&Options::default()).unwrap();
    cnncost::analyze(&network.graph).unwrap();
    network.graph.len()
}

#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 5, sample_size = 1)]
fn a_chain(bencher: Bencher<'_, '_>, nodes: usize) {
    let text = chain(nodes);
    bencher.bench_local(|| analyze_text(black_box(&text)));
}

#[divan::bench(args = [4, 5, 6], sample_count = 5, sample_size = 1)]
fn nested_blocks(bencher: Bencher<'_, '_>, depth: usize) {
    let text = nested(depth);
    bencher.bench_local(|| analyze_text(black_box(&text)));
}

/// Blocks of which each has two of the one below, too many by a little: refused without being made.
#[divan::bench]
fn refuse_too_many(bencher: Bencher<'_, '_>) {
    let mut text =
        "input = [8]\nlayers = [{ use = 'b22' }]\n[blocks.b0]\nlayers = [{ op = 'relu' }]\n".to_owned();
    for level in 1..=22 {
        let below = level - 1;
        let _ =
            writeln!(text, "[blocks.b{level}]\nlayers = [{{ use = 'b{below}' }}, {{ use = 'b{below}' }}]");
    }
    let description = Description::parse("bench.toml", &text).unwrap();
    bencher.bench_local(|| description.expand(black_box(&Options::default())).is_err());
}

/// An ONNX file of `nodes` operators, one after the other.
fn onnx_chain(nodes: usize) -> Vec<u8> {
    let sizes = [1, 8, 4, 4].map(|size| field(1, number(1, size))).concat();
    let input = [field(1, "0"), field(2, field(1, [number(1, 1), field(2, sizes)].concat()))].concat();
    let mut fields = vec![field(11, input), field(12, field(1, nodes.to_string()))];
    fields.extend((0..nodes).map(|node| {
        let names = [field(1, node.to_string()), field(2, (node + 1).to_string())].concat();
        field(1, [names, field(4, "Relu")].concat())
    }));
    [number(1, 8), field(8, number(2, 17)), with_graph(&fields)].concat()
}

/// From the bytes of an ONNX file to its counts.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5, sample_size = 1)]
fn read_onnx_and_analyze(bencher: Bencher<'_, '_>, nodes: usize) {
    let file = onnx_chain(nodes);
    bencher.bench_local(|| {
        let onnx = Onnx::of(File::hold(Cursor::new(black_box(&file))).unwrap(), "it").unwrap();
        let network = onnx.expand(&Sizes::default()).unwrap();
        cnncost::analyze(&network.graph).unwrap().total().work.ops.cmp
    });
}

/// Everything that JSON has of a large network.
#[divan::bench(args = [10_000, 100_000], sample_count = 5, sample_size = 1)]
fn json_of_a_chain(bencher: Bencher<'_, '_>, nodes: usize) {
    let description = Description::parse("bench.toml", &chain(nodes)).unwrap();
    bencher.bench_local(|| {
        let network = description.expand(black_box(&Options::default())).unwrap();
        let subject = Subject::of(network, 1).unwrap();
        json::write(&[subject], &mut std::io::sink()).unwrap();
    });
}

/// Two networks of which no layer is the other's.
#[divan::bench(args = [1_000, 10_000], sample_count = 5, sample_size = 1)]
fn compare_unlike(bencher: Bencher<'_, '_>, nodes: u64) {
    let of = |channels: &str| {
        let item =
            format!("{{ op = 'conv2d', out_channels = '{channels}', kernel_size = 1, repeat = {nodes} }}");
        let text = format!("input = [8, 4, 4]\nlayers = [{item}]");
        let network = Description::parse("bench.toml", &text).unwrap().expand(&Options::default()).unwrap();
        Subject::of(network, 1).unwrap()
    };
    let (first, second) = (of("8 + i % 7"), of("8 + i % 11"));
    bencher.bench_local(|| Comparison::new(black_box(&first), &second).differences.len());
}

/// The program as a user runs it: start, counting, output to a pipe, end.
#[divan::bench(args = ["models", "analyze googlenet", "analyze resnet152 --format json", "explain bottleneck"])]
fn whole_process(command: &str) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_cnncost"));
    let status = process.args(command.split(' ')).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
}

/// Every bundled network and variant in one command.
#[divan::bench(sample_count = 20)]
fn whole_process_of_everything() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_cnncost"));
    process.arg("analyze").args(bundled::BUNDLED.iter().map(|file| {
        if bundled::variants(file).is_empty() { file.name.to_owned() } else { format!("{}@*", file.name) }
    }));
    assert!(process.stdout(Stdio::null()).status().unwrap().success());
}
