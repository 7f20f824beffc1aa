//! What depends on no input of a network is counted, kept and computed once for a whole batch.

use cnncost::counts::Counts;
use cnncost::graph::{Graph, NodeId, Place};
use cnncost::op::Op;
use cnncost::read::{Description, Options};
use cnncost::shape::ElementType;
use cnncost::{Analysis, analyze};

/// As XCiT has it: a 1×1 convolution over a position encoding that comes from no input, and is added to the patches. Here the
/// encoding is itself looked up, and made from a constant.
const ENCODED: &str = "input = [3, 28, 28]\nlayers = [\n\
    { name = 'patches', op = 'conv2d', out_channels = 128, kernel_size = 2, stride = 2, bias = false },\n\
    { name = 'table', op = 'parameter', shape = [64, 14, 14] },\n\
    { name = 'positions', op = 'conv2d', out_channels = 128, kernel_size = 1, bias = false, from = 'table' },\n\
    { name = 'sum', op = 'add', from = ['patches', 'positions'] },\n\
    { name = 'factor', op = 'constant', shape = [1, 1, 1], values = [0.5] },\n\
    { name = 'twice', op = 'abs', from = 'factor' },\n\
    { name = 'scaled', op = 'mul', from = ['sum', 'twice'] },\n]\n";

fn graph(text: &str) -> Graph {
    Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph
}

fn node(graph: &Graph, path: &str) -> NodeId {
    let Ok(Place::Node(id)) = graph.resolve(path) else { panic!("{path}") };
    id
}

fn at(graph: &Graph, batch: u64) -> Analysis {
    analyze(graph).unwrap().at(batch).unwrap()
}

fn counts(graph: &Graph, batch: u64, path: &str) -> Counts {
    *at(graph, batch).node(node(graph, path)).unwrap()
}

/// 14·14·64·128 MACs once, as `xcit_nano_12_p16_224` does at any batch.
#[test]
fn a_convolution_over_a_parameter_counts_once() {
    let graph = graph(ENCODED);
    for batch in [1, 3] {
        let macs = |path| counts(&graph, batch, path).work.macs.total();
        assert_eq!(macs("positions"), 14 * 14 * 64 * 128);
        assert_eq!(macs("patches"), u128::from(batch) * 14 * 14 * 128 * 12);
        assert_eq!(at(&graph, batch).total().work.macs.total(), macs("positions") + macs("patches"));
    }
    let conv = |batch| counts(&graph, batch, "positions");
    assert_eq!(conv(1), conv(3));
    let written = |path| counts(&graph, 3, path).traffic.written.numbers;
    assert_eq!([written("table"), written("twice")], [64 * 14 * 14, 1]);
    // Of the sum, what comes from an input is read for each sample.
    let sum = counts(&graph, 3, "sum").traffic;
    assert_eq!([sum.read.numbers, sum.written.numbers], [(3 + 1) * 128 * 14 * 14, 3 * 128 * 14 * 14]);
}

#[test]
fn there_is_one_of_it_in_memory() {
    let graph = graph(ENCODED);
    let (one, three) = (at(&graph, 1), at(&graph, 3));
    let (table, patches, sum) = (64 * 14 * 14, 128 * 14 * 14, node(&graph, "sum"));
    let live = |analysis: &Analysis, id| analysis.memory.live(id).numbers;
    assert_eq!(live(&three, node(&graph, "positions")), 3 * patches + table + patches);
    assert_eq!([live(&one, sum), live(&three, sum)], [3 * patches, (3 + 1 + 3) * patches]);
    assert_eq!(three.memory.peak(ElementType::F32), 4 * 7 * patches);
    let alive = three.memory.alive_at(&graph, sum);
    let numbers: Vec<_> = alive.iter().map(|(_, volume)| volume.numbers).collect();
    assert_eq!(numbers, [3 * patches, patches, 3 * patches]);
    let traffic = analyze(&graph).unwrap().traffic();
    assert_eq!(traffic.at(3).unwrap(), at(&graph, 3).total().traffic.total());
}

/// Rows that are looked up by numbers of no input: those, however many samples.
#[test]
fn a_fixed_table_is_looked_up_once() {
    let graph = graph(
        "input = [4]\nlayers = [{ name = 'x', op = 'relu' },\n\
         { name = 'which', op = 'constant', shape = [2], values = [1, 7] },\n\
         { name = 'rows', op = 'embedding', num_embeddings = 9, embedding_dim = 2, from = 'which' },\n\
         { name = 'flat', op = 'flatten', from = 'rows' }, { op = 'add', from = ['x', 'flat'] }]",
    );
    assert_eq!(counts(&graph, 1, "rows"), counts(&graph, 5, "rows"));
    assert!(matches!(graph.node(node(&graph, "rows")).operator(), Some(Op::Embedding(_))));
}

/// A tool counts it once as well: it sees a tensor of one sample.
#[test]
fn conventions_count_it_once() {
    let graph = graph(ENCODED);
    let (conventions, conv) = (cnncost::read::conventions::bundled(), node(&graph, "positions"));
    for convention in conventions {
        let [one, three] = [1, 3].map(|batch| convention.count(&graph, conv, batch).unwrap());
        assert_eq!(one, three, "{}", convention.name);
    }
}

#[cfg(feature = "run")]
mod execution {
    use candle_core::{DType, Device, Tensor};
    use cnncost::graph::Builder;
    use cnncost::op::activation::Relu;
    use cnncost::op::parameter::Parameter;
    use cnncost::run::{Weights, forward};
    use cnncost::shape::Shape;

    use super::{ENCODED, graph, node};

    /// Each sample of a batch comes out as alone.
    #[test]
    fn it_is_computed_once_and_repeated() {
        let graph = graph(ENCODED);
        let weights = Weights::fresh(&graph, 3, &Device::Cpu, DType::F32).unwrap();
        let images = Tensor::rand(0f32, 1.0, (3, 3, 28, 28), &Device::Cpu).unwrap();
        let mut samples = vec![];
        let of = |image: Tensor, samples: &mut Vec<usize>| {
            let observe = |_, tensor: &Tensor| samples.push(tensor.dims()[0]);
            forward(&graph, vec![image], &weights, observe).unwrap().remove(0).1
        };
        let all = of(images.clone(), &mut samples);
        assert_eq!(all.dims(), [3, 128, 14, 14]);
        let fixed: Vec<_> = graph.nodes().map(|(id, _)| if graph.is_fixed(id) { 1 } else { 3 }).collect();
        assert_eq!(samples, fixed);
        assert_eq!(samples[node(&graph, "positions").index()], 1);
        for sample in 0..3 {
            let alone = of(images.narrow(0, sample, 1).unwrap(), &mut vec![]);
            let off = (all.narrow(0, sample, 1).unwrap() - alone).unwrap().abs().unwrap();
            assert!(off.max_all().unwrap().to_scalar::<f32>().unwrap() < 1e-5);
        }
    }
    #[test]
    fn as_an_output_there_is_one_for_each_sample() {
        let mut builder = Builder::new();
        let input = builder.input("input", Shape::new(vec![2]).unwrap(), None);
        let parameter: Parameter = toml::from_str("shape = [2]").unwrap();
        let parameter = builder.operator("parameter", parameter, &[], None).unwrap();
        let positive = builder.operator("positive", Relu {}, &[parameter], None).unwrap();
        let other = builder.operator("other", Relu {}, &[input], None).unwrap();
        builder.output("fixed".to_owned(), positive);
        builder.output("output".to_owned(), other);
        let graph = builder.finish().unwrap();
        let weights = Weights::made(&graph, |_, weights| {
            weights.iter().map(|_| Tensor::new(&[-1f32, 5.0], &Device::Cpu)).collect()
        });
        let input = Tensor::zeros((3, 2), DType::F32, &Device::Cpu).unwrap();
        let outputs = forward(&graph, vec![input], &weights.unwrap(), |_, _| ()).unwrap();
        assert_eq!(outputs[0].1.to_vec2::<f32>().unwrap(), [[0.0, 5.0]; 3]);
    }
}
