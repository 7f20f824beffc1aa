//! A tensor that several layers use, whatever they are: counted, made, written and loaded once.

use std::ptr;

use candle_core::{DType, Device, Tensor};
use cnncost::file::Outputs;
use cnncost::graph::{Builder, Graph, NodeId, WeightRef};
use cnncost::run::{Weights, forward, names};
use cnncost::shape::Shape;

fn add(builder: &mut Builder, name: &str, item: &str, input: NodeId) -> NodeId {
    builder.operator(name, cnncost::read::operator(item).unwrap(), &[input], None).unwrap()
}

/// The first weight of a node.
fn first(node: NodeId) -> WeightRef {
    WeightRef { node, index: 0 }
}

/// A table of 5 rows of 3 numbers, and a layer that scores each row by the same numbers and a bias of its own.
fn scored_by_rows() -> (Graph, [NodeId; 2]) {
    let mut builder = Builder::new();
    let words = builder.input("words", Shape::new(vec![4]).unwrap(), None);
    let table = "{ op = 'embedding', num_embeddings = 5, embedding_dim = 3 }";
    let table = add(&mut builder, "table", table, words);
    let scores = add(&mut builder, "scores", "{ op = 'linear', out_features = 5 }", table);
    builder.tie(first(scores), first(table), false).unwrap();
    builder.output("output".to_owned(), scores);
    (builder.finish().unwrap(), [table, scores])
}

/// 6 numbers to 3 and back by the same matrix.
fn there_and_back() -> (Builder, [NodeId; 2]) {
    let mut builder = Builder::new();
    let input = builder.input("input", Shape::new(vec![6]).unwrap(), None);
    let there = add(&mut builder, "there", "{ op = 'linear', out_features = 3 }", input);
    let back = add(&mut builder, "back", "{ op = 'linear', out_features = 6, bias = false }", there);
    builder.output("output".to_owned(), back);
    (builder, [there, back])
}

fn fresh(graph: &Graph) -> Weights {
    Weights::fresh(graph, 0, &Device::Cpu, DType::F32).unwrap()
}

fn rows(tensor: &Tensor) -> Vec<Vec<f32>> {
    tensor.to_vec2().unwrap()
}

#[test]
fn a_tied_weight_is_counted_once_and_read_by_each() {
    let (graph, [table, scores]) = scored_by_rows();
    let analysis = cnncost::analyze(&graph).unwrap();
    assert_eq!(analysis.total().params.total(), 15 + 5);
    assert_eq!([table, scores].map(|id| analysis.node(id).unwrap().params.total()), [15, 5]);
    // 4×3 numbers, the weight and the bias.
    assert_eq!(analysis.node(scores).unwrap().traffic.read.numbers, 12 + 15 + 5);
    assert_eq!([table, scores].map(|id| graph.weights_of(id)), [None, None], "its bias is its own");
    let named: Vec<_> = names(&graph).into_iter().map(|named| named.name).collect();
    assert_eq!(named, ["table.weight", "scores.bias"]);
}

#[test]
fn a_tied_weight_is_one_tensor() {
    let (graph, [table, scores]) = scored_by_rows();
    let weights = fresh(&graph);
    let [ours, theirs] = [table, scores].map(|id| weights.of(id)[0].storage_and_layout().0);
    assert!(ptr::eq(&raw const *ours, &raw const *theirs));
    drop((ours, theirs));
    let words = Tensor::new(&[[0f32, 2., 4., 1.]], &Device::Cpu).unwrap();
    let outputs = forward(&graph, vec![words], &weights, |_, _| ()).unwrap();
    let (table, bias) = (rows(&weights.of(table)[0]), weights.of(scores)[1].to_vec1::<f32>().unwrap());
    let output = rows(&outputs[0].1.squeeze(0).unwrap());
    for (word, scores) in [0, 2, 4, 1].into_iter().zip(output) {
        for (row, score) in scores.into_iter().enumerate() {
            let product: f32 = table[word].iter().zip(&table[row]).map(|(a, b)| a * b).sum();
            assert!((product + bias[row] - score).abs() < 1e-5, "{word} and {row}");
        }
    }
}

#[test]
fn a_tied_weight_is_written_and_loaded_once() {
    let (graph, [table, scores]) = scored_by_rows();
    let weights = fresh(&graph);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let mut outputs = Outputs::default();
    weights.save(&graph, &mut outputs, &path).unwrap();
    outputs.put_in_place().unwrap();
    let mut written: Vec<_> =
        candle_core::safetensors::load(&path, &Device::Cpu).unwrap().into_keys().collect();
    written.sort();
    assert_eq!(written, ["scores.bias", "table.weight"]);
    let loaded = Weights::load(&graph, &path, None, &Device::Cpu, DType::F32).unwrap();
    assert!(loaded.by_name && loaded.unused.is_empty());
    for id in [table, scores] {
        assert_eq!(rows(&loaded.weights.of(id)[0]), rows(&weights.of(table)[0]));
    }
}

#[test]
fn a_weight_may_be_used_the_other_way_round() {
    let (mut builder, [there, back]) = there_and_back();
    builder.tie(first(back), first(there), true).unwrap();
    let graph = builder.finish().unwrap();
    assert_eq!(cnncost::analyze(&graph).unwrap().total().params.total(), 18 + 3);
    assert_eq!(graph.weights_of(back), Some(there));
    let weights = fresh(&graph);
    let [there, back] = [there, back].map(|id| weights.of(id)[0].clone());
    assert_eq!(rows(&back), rows(&there.t().unwrap()));
    let input = Tensor::new(&[[1f32, 2., 3., 4., 5., 6.]], &Device::Cpu).unwrap();
    let outputs = forward(&graph, vec![input], &weights, |_, _| ()).unwrap();
    assert_eq!(outputs[0].1.dims(), [1, 6]);
}

#[test]
fn what_cannot_be_one_tensor_is_not_tied() {
    let (mut builder, [there, back]) = there_and_back();
    let mut refused = |user: WeightRef, owner: WeightRef, transposed| {
        builder.tie(user, owner, transposed).unwrap_err().message.english
    };
    assert_eq!(refused(first(back), first(there), false), "a weight of 6×3 here, and of 3×6 there");
    assert_eq!(
        refused(first(there), first(back), true),
        "the weight is to be that of an earlier layer, which comes later"
    );
    let second = WeightRef { index: 1, ..first(back) };
    assert_eq!(refused(second, first(there), true), "`back` has 1 weights, and none at 1");
}

#[test]
fn a_path_is_not_repeated() {
    let mut builder = Builder::new();
    let shape = Shape::new(vec![3]).unwrap();
    builder.input("input", shape.clone(), None);
    builder.input("input", shape, None);
    assert_eq!(builder.finish().unwrap_err().to_string(), "two layers or boxes are called `input`");
}
