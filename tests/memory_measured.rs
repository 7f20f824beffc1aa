//! The memory that a forward pass takes, measured, against what is predicted of it.
//!
//! `cargo test --test memory_measured -- --nocapture` prints the table.

#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Graph;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::memory::workspace;
use cnncost::run::{Engine, Weights, forward, random_inputs};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const F32: u128 = 4;

/// Bytes for each node and tensor that are no numbers: shapes, handles, tables.
const BOOKKEEPING: usize = 1024;

/// The smallest variant of a file, on a small input if it takes one.
fn smallest(file: &bundled::Bundled) -> (String, Graph) {
    let description = Description::parse(file.name, file.text).unwrap();
    let variants = bundled::variants(file);
    let names: Vec<_> =
        if variants.is_empty() { vec![None] } else { variants.into_iter().map(Some).collect() };
    let expand = |variant: &Option<String>, input: Option<Vec<u64>>| {
        description.expand(&Options { variant: variant.clone(), input, ..Options::default() })
    };
    let params = |variant: &Option<String>| {
        let graph = expand(variant, None).unwrap().graph;
        cnncost::analyze(&graph, 1).unwrap().total().params.total()
    };
    let variant = names.into_iter().min_by_key(params).unwrap();
    let own = expand(&variant, None).unwrap().graph;
    let is_large = own.network_inputs().any(|(_, node)| node.shape.dims().last() > Some(&32));
    let sizes = [64, 96, 188].into_iter().filter(|_| is_large).map(|size| vec![3, size, size]);
    let small = sizes.map(|input| expand(&variant, Some(input))).find_map(Result::ok);
    (variant.unwrap_or_else(|| file.name.to_owned()), small.map_or(own, |network| network.graph))
}

fn zeros(graph: &Graph) -> Weights {
    let dims =
        |dims: Vec<u64>| dims.into_iter().map(|size| usize::try_from(size).unwrap()).collect::<Vec<_>>();
    Weights::made(graph, |_, weights| {
        let zeros = weights.iter().map(|weight| Tensor::zeros(dims(weight.dims()), DType::F32, &Device::Cpu));
        zeros.collect()
    })
    .unwrap()
}

/// What was measured of one forward pass, in bytes, by node.
struct Measured {
    /// What is alive when it is computed.
    live: Vec<usize>,
    /// The most at any time while it is computed.
    peaks: Vec<usize>,
}

impl Measured {
    fn peak_of_live(&self) -> usize {
        self.live.iter().copied().max().unwrap()
    }
}

fn measure(graph: &Graph, weights: &Weights) -> Measured {
    let (mut live, mut peaks) = (Vec::with_capacity(graph.len()), Vec::with_capacity(graph.len()));
    let before = ALLOCATOR.current_usage();
    let inputs = random_inputs(graph, 1, 0, &Device::Cpu, DType::F32).unwrap();
    ALLOCATOR.reset_peak_usage();
    forward(Engine::Candle, graph, inputs, weights, |_, _| {
        live.push(ALLOCATOR.current_usage().saturating_sub(before));
        peaks.push(ALLOCATOR.peak_usage().saturating_sub(before));
        ALLOCATOR.reset_peak_usage();
    })
    .unwrap();
    Measured { live, peaks }
}

/// A single test, so that no other allocates beside it.
#[test]
fn what_is_alive_is_what_is_predicted() {
    println!("network                 predicted    measured    off  largest workspace");
    let mut failures = vec![];
    for file in bundled::BUNDLED {
        let (name, graph) = smallest(file);
        let analysis = cnncost::analyze(&graph, 1).unwrap();
        let weights = zeros(&graph);
        let predicted = bytes(analysis.memory.peak());
        // A thread keeps what its first product of matrices needed; which pass that is in is chance, and the next is free of it.
        measure(&graph, &weights);
        let off = |measured: &Measured| measured.peak_of_live().abs_diff(predicted) * 1000 / predicted;
        let mut pass = measure(&graph, &weights);
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            if off(&pass) > 50 {
                pass = measure(&graph, &weights);
            }
        }
        let (measured, off) = (pass.peak_of_live(), off(&pass));
        if off > 50 {
            failures.push(format!("{name}: {measured} bytes instead of {predicted}"));
        }
        // The node that holds most: what is measured, and what is predicted.
        let mut largest = (0, 0, String::new());
        let mut before = 0;
        for ((id, _), (&measured, &peak)) in graph.nodes().zip(pass.live.iter().zip(&pass.peaks)) {
            let (path, predicted) = (graph.path(id), bytes(analysis.memory.live(id)));
            if measured.abs_diff(predicted) > predicted / 20 + BOOKKEEPING * graph.len() {
                failures.push(format!("{name}, {path}: {measured} bytes instead of {predicted}"));
            }
            // What the node before was the last to use is freed after it is observed.
            let peak = if peak > before + BOOKKEEPING { peak } else { measured };
            before = measured;
            let (beside, bound) =
                (peak.saturating_sub(predicted), bytes(workspace(&graph, id, 1, &Device::Cpu)));
            if beside > bound + BOOKKEEPING * graph.len() {
                failures.push(format!("{name}, {path}: a workspace of {beside} bytes, above {bound}"));
            }
            if bound > largest.1 {
                largest = (beside, bound, path);
            }
        }
        let (beside, bound, path) = largest;
        println!(
            "{name:22} {predicted:>10}  {measured:>10}  {:>2}.{} %  {beside:>9} of {bound:>9}  {path}",
            off / 10,
            off % 10,
        );
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn bytes(numbers: u128) -> usize {
    usize::try_from(numbers * F32).unwrap()
}
