//! Copies of an operator in a graph: whatever is said of a node is said of all of them.

#[cfg(feature = "run")]
use candle_core::{DType, Device, Tensor};
use cnncost::analyze::axes::axes;
use cnncost::analyze::receptive_field::receptive_fields;
use cnncost::convention::totals;
use cnncost::graph::{Builder, Graph, NodeId};
use cnncost::op::batch_norm::BatchNorm2d;
use cnncost::op::conv::Conv2d;
use cnncost::op::max_pool::MaxPool2d;
use cnncost::op::{Copies, Op};
use cnncost::read::conventions;
use cnncost::shape::{ElementType, Shape};

/// A convolution, a norm and a pool, each done for every position of these leading sizes.
fn network(leading: &[u64]) -> Graph {
    let pool: MaxPool2d = toml::from_str("kernel_size = 2").unwrap();
    let norm: BatchNorm2d = toml::from_str("").unwrap();
    let conv = Conv2d::new(8, 3).unwrap().with_padding(1).unwrap().without_bias();
    let mut builder = Builder::new();
    let input = Shape::new([leading, &[3, 8, 8]].concat()).unwrap();
    let layers: [(&str, Op); 3] = [("conv", conv.into()), ("norm", norm.into()), ("pool", pool.into())];
    let mut last = builder.input("input", input, None);
    for (name, op) in layers {
        let copies = Copies::of(leading.to_vec(), op).unwrap();
        last = builder.operator(name, copies, &[last], None).unwrap();
    }
    builder.output("output".to_owned(), last);
    builder.finish().unwrap()
}

/// A larger batch is what they are to PyTorch and to every tool.
#[test]
fn five_of_a_sample_are_five_samples() {
    let (five, one) = (network(&[5]), network(&[]));
    assert_eq!(five.outputs()[0].1, one.outputs()[0].1);
    let of_five = cnncost::analyze(&five).unwrap().at(2).unwrap();
    let of_one = cnncost::analyze(&one).unwrap().at(10).unwrap();
    assert_eq!(of_one.total(), of_five.total());
    assert_eq!(of_one.total().work.macs.total(), 10 * 64 * 27 * 8);
    for (id, _) in one.nodes() {
        assert_eq!(of_one.node(id), of_five.node(id), "{}", one.path(id));
        assert_eq!(of_one.memory.live(id), of_five.memory.live(id), "{}", one.path(id));
    }
    let element = ElementType::F32;
    assert_eq!(of_one.memory.peak(element), of_five.memory.peak(element));
    let conventions = conventions::bundled();
    let [counted, expected] =
        [(&five, 2), (&one, 10)].map(|(graph, batch)| totals(&conventions, graph, batch).unwrap());
    assert_eq!(counted, expected);
    assert!(counted.iter().filter(|count| count.is_some_and(|count| count > 0)).count() > 5);
}

#[test]
fn each_sees_its_own_and_has_its_axes() {
    let (five, one) = (network(&[5]), network(&[]));
    let output = five.main_output();
    let [of_five, of_one] = [&five, &one].map(|graph| receptive_fields(graph).of(output).axes.to_vec());
    // The channels are not mixed with anything before them, and behind them an element sees as much as of one picture alone.
    assert_eq!(of_five.len(), 3);
    assert_eq!(of_five[1..], of_one);
    assert_eq!(of_one[0].size, 4);
    let [of_five, of_one] = [&five, &one].map(|graph| axes(graph).of(output).to_vec());
    assert_eq!(of_five[1..], of_one);
}

#[cfg(feature = "run")]
#[test]
fn they_are_executed_as_samples() {
    use cnncost::run::{Weights, forward};
    let (five, one) = (network(&[5]), network(&[]));
    let of = |graph: &Graph, input: Tensor| {
        let weights = Weights::fresh(graph, 1, &Device::Cpu, DType::F32).unwrap();
        let outputs = forward(graph, vec![input], &weights, |_: NodeId, _| ()).unwrap();
        outputs[0].1.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let images = Tensor::rand(0f32, 1.0, (10, 3, 8, 8), &Device::Cpu).unwrap();
    let found = of(&five, images.reshape((2, 5, 3, 8, 8)).unwrap());
    assert_eq!(found, of(&one, images));
}
