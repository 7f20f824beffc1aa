//! Forms that no export among the tests' files has, and what is nearly one of them and is not.

use super::*;
use crate::op::activation::{Clamp, Exponential, InverseRoot, Logarithm, Relu6, Sigmoid};
use crate::op::add::Add;
use crate::op::affine::Affine;
use crate::op::concat::Concat;
use crate::op::copies::Copies;
use crate::op::instance_norm::InstanceNorm1d;
use crate::op::matmul::Matmul;
use crate::op::mul::Mul;
use crate::op::permute::Permute;
use crate::op::reduction::Mean;
use crate::op::slice::Slice;
use crate::op::softmax::Softmax;
use crate::op::sub::Sub;
use crate::read::onnx::messages::Kind;
use crate::read::onnx::value::Tensor;

/// An operator by its name and its settings, with `;` between these.
fn made(written: &str) -> Op {
    let (name, settings) = written.split_once(' ').unwrap_or((written, ""));
    let settings = settings.replace("; ", "\n");
    macro_rules! by_name {
        ($($name:literal $Type:ty,)*) => {
            match name {
                $($name => toml::from_str::<$Type>(&settings).unwrap().into(),)*
                _ => unreachable!("{name}"),
            }
        };
    }
    by_name! {
        "add" Add, "affine" Affine, "clamp" Clamp, "concat" Concat, "exp" Exponential, "log" Logarithm, "matmul" Matmul,
        "mean" Mean, "mul" Mul, "permute" Permute, "relu6" Relu6, "reshape" Reshape, "rsqrt" InverseRoot,
        "sigmoid" Sigmoid, "slice" Slice, "softmax" Softmax, "sub" Sub,
    }
}

/// A draft in the making, of tensors whose first size in the file is 1.
#[derive(Default)]
struct Sketch(Draft);

impl Sketch {
    fn input(&mut self, dims: &[u64]) -> Tensor {
        self.0.input(&"x".into(), &[&[1], dims].concat(), Kind::FLOAT).unwrap()
    }

    fn op(&mut self, written: &str, inputs: &[&Tensor]) -> Tensor {
        let op = made(written);
        let shapes: Vec<Shape> = inputs.iter().map(|input| self.0.node(input.id).shape.clone()).collect();
        let output = op.output(&shapes).unwrap();
        self.0.emit(op, inputs, vec![], &[&[1], output.dims()].concat(), Kind::FLOAT).unwrap()
    }

    fn chain(&mut self, written: &[&str], input: &Tensor) -> Tensor {
        written.iter().fold(input.clone(), |tensor, written| self.op(written, &[&tensor]))
    }

    /// What the operators that lead to outputs are then, with their sizes.
    fn recognized(mut self, outputs: &[&Tensor]) -> Vec<String> {
        let ends: Vec<DraftId> = outputs.iter().map(|output| output.id).collect();
        recognize(&mut self.0, &Table::default(), &ends);
        let mut is_live = vec![false; self.0.nodes.len()];
        for end in &ends {
            is_live[end.index()] = true;
        }
        for index in (0..is_live.len()).rev() {
            if is_live[index] {
                for input in &self.0.nodes[index].inputs {
                    is_live[input.index()] = true;
                }
            }
        }
        let live = self.0.nodes.iter().zip(is_live).filter(|(_, is_live)| *is_live);
        let operator = |(node, _): (&crate::read::onnx::draft::DraftNode, bool)| match &node.content {
            Content::Operator(op) => Some(format!("{} {}", op.itself().name(), node.shape)),
            Content::Input | Content::Unknown { .. } => None,
        };
        live.filter_map(operator).collect()
    }
}

/// Softmax of what is given, times a value.
fn attended(sketch: &mut Sketch, scores: &Tensor, value: &Tensor) -> Tensor {
    let weights = sketch.op("softmax dim = -1", &[scores]);
    sketch.op("matmul broadcast = true", &[&weights, value])
}

/// A shifted window's attention: 4 windows of 9 tokens, 2 heads of 8 channels.
#[test]
fn two_masks_are_added_to_each_other() {
    let mut sketch = Sketch::default();
    let [query, key, value] = [(); 3].map(|()| sketch.input(&[4, 2, 9, 8]));
    let [bias, mask] = [&[2, 9, 9][..], &[4, 1, 9, 9]].map(|dims| sketch.input(dims));
    let key = sketch.op("permute dims = [0, 1, 2, 4, 3]", &[&key]);
    let scores = sketch.op("matmul", &[&query, &key]);
    let scores = sketch.op("add broadcast = true", &[&scores, &bias]);
    let scores = sketch.op("add broadcast = true", &[&scores, &mask]);
    let output = attended(&mut sketch, &scores, &value);
    assert_eq!(sketch.recognized(&[&output]), ["add 4×2×9×9", "scaled_dot_product_attention 4×2×9×8"]);
}

/// Four heads of one key, which is transposed under fewer sizes.
#[test]
fn heads_share_a_key_that_is_transposed_elsewhere() {
    let mut sketch = Sketch::default();
    let (query, [key, value]) = (sketch.input(&[4, 9, 8]), [(); 2].map(|()| sketch.input(&[1, 6, 8])));
    let turn = [
        "reshape shape = [6, 8]",
        "permute dims = [0, 2, 1]",
        "reshape shape = [1, 8, 6]",
        "affine mul = 0.5",
    ];
    let key = sketch.chain(&turn, &key);
    let scores = sketch.op("matmul broadcast = true", &[&query, &key]);
    let output = attended(&mut sketch, &scores, &value);
    assert_eq!(sketch.recognized(&[&output]), ["scaled_dot_product_attention 4×9×8"]);
}

/// As those of `convit_tiny`: the weights of two softmaxes, mixed.
#[test]
fn weights_that_something_else_takes_stay() {
    let mut sketch = Sketch::default();
    let [query, key, value] = [(); 3].map(|()| sketch.input(&[2, 9, 8]));
    let key = sketch.op("permute dims = [0, 1, 3, 2]", &[&key]);
    let scores = sketch.op("matmul", &[&query, &key]);
    let weights = sketch.op("softmax dim = -1", &[&scores]);
    let output = sketch.op("matmul", &[&weights, &value]);
    let names = ["permute 2×8×9", "matmul 2×9×9", "softmax 2×9×9", "matmul 2×9×8"];
    assert_eq!(sketch.recognized(&[&weights, &output]), names);
}

/// The distance from the mean for each of its uses, as what reads a module's code twice writes it.
fn normalized(sketch: &mut Sketch, dim: u64) -> [Tensor; 2] {
    let x = sketch.input(&[4, 5, 6]);
    let mean = format!("mean dim = {dim}; keepdim = true");
    let average = sketch.op(&mean, &[&x]);
    let [above, below] = [(); 2].map(|()| sketch.op("sub broadcast = true", &[&x, &average]));
    let squares = sketch.op("mul", &[&below, &below]);
    let variance = sketch.op(&mean, &[&squares]);
    let root = sketch.chain(&["affine add = 1e-5", "rsqrt"], &variance);
    [variance, sketch.op("mul", &[&root, &above])]
}

#[test]
fn a_layer_norm_is_one_of_the_last_dimensions() {
    let names = |dim, takes_variance: bool| {
        let mut sketch = Sketch::default();
        let [variance, output] = normalized(&mut sketch, dim);
        sketch.recognized(&[&output, &variance][..if takes_variance { 2 } else { 1 }])
    };
    assert_eq!(names(3, false), ["layer_norm 4×5×6"]);
    assert_eq!(names(2, false).len(), 8);
    assert_eq!(names(3, true).len(), 8);
}

#[test]
fn activations_of_other_forms() {
    let of = |written: &[&str], times_x: bool| {
        let mut sketch = Sketch::default();
        let x = sketch.input(&[4, 5]);
        let output = sketch.chain(written, &x);
        let output = if times_x { sketch.op("mul", &[&x, &output]) } else { output };
        sketch.recognized(&[&output])
    };
    let sixth = "affine mul = 0.16666667";
    let three = "affine add = 3.0";
    let half = "affine add = 0.5";
    let cut = "clamp min = 0.0; max = 1.0";
    assert_eq!(of(&[three, "relu6", sixth], false), ["hard_sigmoid 4×5"]);
    assert_eq!(of(&[sixth, half, cut], false), ["hard_sigmoid 4×5"]);
    assert_eq!(of(&[sixth, half, cut], true), ["hard_swish 4×5"]);
    assert_eq!(of(&[three, "relu6", sixth], true), ["hard_swish 4×5"]);
    assert_eq!(of(&[three, cut, sixth], true).len(), 4);
    let softplus = ["exp", "affine add = 1.0", "log"];
    assert_eq!(of(&softplus, false), ["softplus 4×5"]);
    // As the one that CLIP has in place of a GELU.
    let quick = ["affine mul = 1.702", "sigmoid"];
    assert_eq!(of(&quick, true), ["affine 4×5", "sigmoid 4×5", "mul 4×5"]);
}

#[test]
fn shuffles_of_other_forms() {
    let of = |dims: &[u64], apart: &[u64], order: &[u64], together: &[u64]| {
        let mut sketch = Sketch::default();
        let x = sketch.input(dims);
        let reshape = |shape: &[u64]| format!("reshape shape = {shape:?}");
        let permute = format!("permute dims = {order:?}");
        let output = sketch.chain(&[&reshape(apart), &permute, &reshape(together)], &x);
        sketch.recognized(&[&output])
    };
    let shuffle = of(&[5, 6, 4, 4], &[5, 2, 3, 4, 4], &[0, 1, 3, 2, 4, 5], &[5, 6, 4, 4]);
    assert_eq!(shuffle, ["channel_shuffle 5×6×4×4"]);
    let [wide, narrow] = [&[2, 4, 6][..], &[8, 2, 3]];
    assert_eq!(of(narrow, &[2, 2, 2, 2, 3], &[0, 1, 4, 2, 5, 3], wide), ["pixel_shuffle 2×4×6"]);
    assert_eq!(of(narrow, &[2, 2, 2, 2, 3], &[0, 3, 4, 1, 5, 2], wide), ["depth_to_space 2×4×6"]);
    assert_eq!(of(wide, &[2, 2, 2, 3, 2], &[0, 1, 3, 5, 2, 4], narrow), ["pixel_unshuffle 8×2×3"]);
    assert_eq!(of(wide, &[2, 2, 2, 3, 2], &[0, 3, 5, 1, 2, 4], narrow), ["space_to_depth 8×2×3"]);
    // Rows and columns of a picture that is a list of positions; and patches, which are no picture.
    assert_eq!(of(&[16, 6], &[4, 4, 6], &[0, 2, 1, 3], &[16, 6]).len(), 3);
    assert_eq!(of(wide, &[2, 2, 2, 3, 2], &[0, 2, 4, 3, 5, 1], &[6, 8]).len(), 3);
}

#[test]
fn a_roll_leaves_nothing_out() {
    let of = |first: u64, end: u64| {
        let mut sketch = Sketch::default();
        let x = sketch.input(&[3, 8]);
        let back = sketch.op(&format!("slice dim = 2; start = {first}"), &[&x]);
        let front = sketch.op(&format!("slice dim = 2; end = {end}"), &[&x]);
        let output = sketch.op("concat dim = 2", &[&back, &front]);
        sketch.recognized(&[&output])
    };
    assert_eq!(of(3, 3), ["roll 3×8"]);
    assert_eq!(of(3, 2).len(), 3);
}

/// Samples side by side, as a file that fixes another batch has them.
#[test]
fn groups_of_several_pictures() {
    let mut sketch = Sketch::default();
    let x = sketch.input(&[5, 6, 4, 4]);
    let apart = sketch.op("reshape shape = [5, 3, 32]", &[&x]);
    let norm = Copies::of(vec![5], toml::from_str::<InstanceNorm1d>("").unwrap()).unwrap();
    let norm = sketch.0.emit(norm, &[&apart], vec![], &[1, 5, 3, 32], Kind::FLOAT).unwrap();
    let output = sketch.op("reshape shape = [5, 6, 4, 4]", &[&norm]);
    assert_eq!(sketch.recognized(&[&output]), ["group_norm 5×6×4×4"]);
}
