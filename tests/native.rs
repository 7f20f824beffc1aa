//! The native engine beside candle: the same outputs, for every bundled network, instruction set and batch.
//!
//! `cargo test --test native -- --nocapture` prints what is left to candle.

#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use candle_core::{DType, Device, Tensor};
use cnncost::graph::Graph;
use cnncost::op::Weight;
use cnncost::read::{Description, Options, bundled};
use cnncost::run::memory::Needs;
use cnncost::run::{Engine, Isa, NativeSettings, Weights, forward, random_inputs};
use cnncost::shape::ElementType;

/// MACs below which a batch is run too.
const CHEAP: u128 = 200_000_000;

/// A graph of a file, on a small input if it takes one.
fn small(file: &bundled::Bundled, variant: Option<&String>) -> Graph {
    let description = Description::parse(file.name, file.text).unwrap();
    let expand = |input: Option<Vec<u64>>| {
        description.expand(&Options { variant: variant.cloned(), input, ..Options::default() })
    };
    let own = expand(None).unwrap().graph;
    let (_, input) = own.network_inputs().next().unwrap();
    let (channels, others) = input.shape.dims().split_first().unwrap();
    let sizes = [64, 96, 188].into_iter().filter(|_| others.last() > Some(&32));
    let others = |size| if others.len() == 3 { vec![4, size, size] } else { vec![size; others.len()] };
    let mut shapes = sizes.map(|size| [vec![*channels], others(size)].concat());
    shapes.find_map(|input| expand(Some(input)).ok()).map_or(own, |network| network.graph)
}

/// How far outputs are from each other, as a part of the largest number of the reference.
fn off(found: &Tensor, wanted: &Tensor) -> f32 {
    assert_eq!(found.dims(), wanted.dims());
    let largest = |tensor: &Tensor| {
        let numbers: Vec<f32> =
            tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        numbers.into_iter().fold(0f32, |most, number| {
            if number.abs() > most || number.is_nan() { number.abs() } else { most }
        })
    };
    let difference = (found.to_dtype(DType::F32).unwrap() - wanted.to_dtype(DType::F32).unwrap()).unwrap();
    largest(&difference) / largest(wanted).max(1e-6)
}

/// Weights that look random and are soon made: of a size that keeps what is computed near 1.
fn lively(graph: &Graph) -> Weights {
    let cycle: Vec<f32> = (0..8191u32)
        .map(|i| f32::from(u16::try_from(i.wrapping_mul(2_654_435_761) >> 16).unwrap()) / 32_768.0 - 1.0)
        .collect();
    Weights::made(graph, |_, weights| {
        let tensor = |weight: &Weight| {
            let dims: Vec<usize> = weight.dims().iter().map(|&size| usize::try_from(size).unwrap()).collect();
            let (count, fan_in) =
                (dims.iter().product::<usize>(), dims[1..].iter().product::<usize>().max(1));
            let (middle, reach) = match &*weight.name {
                "running_var" => (1.0, 0.5),
                _ if dims.len() == 1 => (0.1, 0.9),
                _ => (0.0, 1.7 / f32::from(u16::try_from(fan_in).unwrap_or(u16::MAX)).sqrt()),
            };
            let numbers =
                cycle.iter().map(|number| middle + reach * number).cycle().take(count).collect::<Vec<f32>>();
            Tensor::from_vec(numbers, dims, &Device::Cpu)
        };
        weights.iter().map(tensor).collect()
    })
    .unwrap()
}

fn compare(name: &str, graph: &Graph, batch: usize, settings: NativeSettings, within: f32) -> Vec<String> {
    let weights = lively(graph);
    let inputs = random_inputs(graph, batch, 2, &Device::Cpu, DType::F32).unwrap();
    let wanted = forward(graph, inputs.clone(), &weights, |_, _| ()).unwrap();
    let mut session = Engine::Native(settings).load(graph, weights, batch).unwrap();
    let mut failures = vec![];
    for pass in 0..2 {
        let found = session.run(&inputs, &mut || ()).unwrap();
        for ((name_of, found), (_, wanted)) in found.iter().zip(&wanted) {
            let off = off(found, wanted);
            if off > within || off.is_nan() {
                let isa = settings.isa.name();
                failures
                    .push(format!("{name}, batch {batch}, {isa}, pass {pass}, `{name_of}`: off by {off:e}"));
            }
        }
    }
    failures
}

#[test]
fn bundled_networks_give_what_candle_gives() {
    let mut failures = vec![];
    for file in bundled::BUNDLED {
        let variants = bundled::variants(file);
        let first = variants.first();
        let graph = small(file, first);
        let best = NativeSettings { winograd: false, ..NativeSettings::default() };
        let is_cheap = cnncost::analyze(&graph).unwrap().total().work.macs.total() < CHEAP;
        for batch in 1..=if is_cheap { 2 } else { 1 } {
            failures.extend(compare(file.name, &graph, batch, best, 1e-4));
        }
        println!("{} {failures:?}", file.name);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_instruction_set_gives_the_same() {
    let mut failures = vec![];
    for name in
        ["inception_mnist", "residual_mnist", "mobilenet_v2", "shufflenet_v2", "densenet", "vit", "unet"]
    {
        let file = bundled::BUNDLED.iter().find(|file| file.name == name).unwrap();
        let graph = small(file, bundled::variants(file).first());
        for isa in Isa::here() {
            for winograd in [false, true] {
                let within = if winograd { 1e-3 } else { 1e-4 };
                failures.extend(compare(name, &graph, 1, NativeSettings { isa, winograd }, within));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is said before anything is made is enough, and not far too much.
#[test]
fn a_session_holds_what_is_said() {
    for name in ["lenet5", "resnet", "mobilenet_v2", "densenet", "googlenet", "shufflenet_v2", "vit", "unet"]
    {
        let file = bundled::BUNDLED.iter().find(|file| file.name == name).unwrap();
        held_as_said(name, &small(file, bundled::variants(file).first()), [1, 3]);
    }
    // A tensor that is learned is there for each sample, and one of a single channel takes no group of them.
    let texts = [
        "input = [4, 1024, 768]\nlayers = ['relu', { name = 'p', op = 'parameter', shape = [4, 1024, 768] }, { op = 'add', from = ['relu_1', 'p'] }, \
         { name = 'q', op = 'parameter', shape = [4, 1024, 768] }, { op = 'mul', from = ['add_1', 'q'] }]",
        "input = [1, 2048, 64]\nlayers = [{ op = 'scaled_dot_product_attention', from = ['input', 'input', 'input'] }, 'tanh']",
    ];
    for text in texts {
        let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
        held_as_said(text, &graph, [1, 4]);
    }
}

fn held_as_said(name: &str, graph: &Graph, batches: [u64; 2]) {
    let engine = Engine::Native(NativeSettings::default());
    for batch in batches {
        let analysis = cnncost::analyze(graph).unwrap().at(batch).unwrap();
        let needs = Needs::of(engine, graph, &analysis, ElementType::F32, &Device::Cpu);
        let stored = analysis.total().params.stored().bytes(ElementType::F32);
        let session = engine.load(graph, lively(graph), usize::try_from(batch).unwrap()).unwrap();
        let (held, said) = (stored + session.held(), needs.total());
        println!("{name}, batch {batch}: {held} bytes are held with the weights, {said} are said");
        assert!(held <= said + said / 20 + 1_000_000, "{name}, batch {batch}: {held} instead of {said}");
        assert!(said <= 5 * held, "{name}, batch {batch}: {held} instead of {said}");
    }
}
