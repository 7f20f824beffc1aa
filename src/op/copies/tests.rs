//! Copies count and compute what their operator does on each of them.

use super::*;
use crate::counts::Tally;
use crate::op::activation::Relu;
use crate::op::batch_norm::BatchNorm2d;
use crate::op::concat::Concat;
use crate::op::conv::Conv2d;
use crate::op::flatten::Flatten;
use crate::op::identity::Identity;
use crate::op::lstm::Lstm;
use crate::op::parameter::Parameter;
use crate::op::settings::of_toml;
use crate::op::{Along, Look, shapes};
use crate::working::Notation;

fn conv() -> Conv2d {
    Conv2d::new(8, 3).unwrap().with_padding(1).unwrap()
}

fn five() -> Op {
    Copies::of(vec![5], conv()).unwrap()
}

/// 5·8·8 positions of 27·8 MACs, and with a window of 3 on 8 positions 22 taps of 24 on the input, on each axis: what
/// PyTorch's `FlopCounterMode` counts of `Conv2d(3, 8, 3, padding=1)` on a batch of five is twice the first.
#[test]
fn five_convolutions_are_five_times_one() {
    let inputs = shapes(&[&[5, 3, 8, 8]]);
    let output = five().output(&inputs).unwrap();
    assert_eq!(output.to_string(), "5×8×8×8");
    let cost = five().cost(&inputs, &output).unwrap();
    let (work, exact) = cost.work().unwrap();
    assert_eq!([work, exact].map(|work| work.macs.convolution), [69_120, 5 * 22 * 22 * 24]);
    assert_eq!(work.ops.add, 69_120 + 5 * 8 * 8 * 8);
    let [one] = &shapes(&[&[3, 8, 8]])[..] else { unreachable!() };
    let (of_one, _) = conv().cost(std::slice::from_ref(one), &five().one(&output)).unwrap().work().unwrap();
    assert_eq!(of_one.times(5), Ok(work));
    let macs = &cost.terms[0];
    assert_eq!(macs.nominal.formula(Notation::Text), "copies · kernel² · output height·width · in · out");
    assert_eq!(macs.nominal.substitution(Notation::Text), "5·3²·8²·3·8");
    assert!(macs.padding_exact.as_ref().unwrap().substitution(Notation::Text).starts_with("5·"));
    assert_eq!(five().weights(&inputs), conv().weights(std::slice::from_ref(one)));
    assert_eq!(five().touched(&inputs, &output), Some(5 * 3 * 8 * 8));
    let summary = five().summary(&inputs, &output).unwrap();
    assert_eq!(summary.english, "3×3 convolution, 3 → 8 channels, padding 1, 5 copies");
    assert_eq!(five().shorthand(&inputs).as_deref(), Some("3×3 p1"));
}

#[test]
fn leading_sizes_are_those_of_every_input() {
    let concat: Op = of_toml::<Concat>("dim = 1").into();
    let copies = Copies::of(vec![2, 4], concat).unwrap();
    let output = |dims: &[&[u64]]| copies.output(&shapes(dims)).map(|shape| shape.to_string());
    assert_eq!(output(&[&[2, 4, 3, 6], &[2, 4, 5, 6]]), Ok("2×4×8×6".to_owned()));
    let refused = output(&[&[2, 4, 3, 6], &[2, 5, 5, 6]]).unwrap_err();
    assert_eq!(refused.to_string(), "needs 2×4 first in every input, and gets 2×5×5×6");
    assert_eq!(
        five().output(&shapes(&[&[5, 3, 8]])).unwrap_err().to_string(),
        "needs channels × height × width, and gets 3×8"
    );
    assert!(five().output(&shapes(&[&[]])).is_err());
}

#[test]
fn there_are_no_copies_of_copies_views_and_sources() {
    assert_eq!(Copies::of(vec![], conv()), Ok(conv().into()));
    let parameter: Op = of_toml::<Parameter>("shape = [3]").into();
    for op in [five(), Identity {}.into(), of_toml::<Flatten>("").into(), parameter] {
        assert!(Copies::of(vec![5], op.clone()).is_err(), "{}", op.name());
    }
    assert!(Copies::of(vec![0], conv()).is_err());
    assert!(Copies::of(vec![1 << 53; 3], conv()).is_err());
    assert!(Copies::of(vec![1], Relu {}).is_ok());
}

#[test]
fn settings_say_how_many() {
    let (all, some) = (five().all_settings(), five().settings());
    assert_eq!(all["copies"], serde_json::json!([5]));
    assert_eq!(all.len(), Op::from(conv()).all_settings().len() + 1);
    let one = Op::from(conv()).settings();
    assert_eq!(some.len(), one.len() + 1);
    assert!(one.iter().all(|(name, value)| some[name] == *value));
}

/// Of a picture, an element sees its window, and of the others nothing.
#[test]
fn each_copy_looks_at_its_own() {
    let (inputs, output) = (shapes(&[&[5, 3, 8, 8]]), &shapes(&[&[5, 8, 8, 8]])[0]);
    let Reach::Along(along) = five().reach(&inputs, output) else { panic!() };
    assert_eq!(along.len(), 4);
    assert_eq!(along[0], Along { to: Some(0), look: Look::Same });
    assert_eq!(along[2].to, Some(2));
    assert!(matches!(along[2].look, Look::Sliding(slide) if (slide.first, slide.last) == (-1, 1)));
    let norm = Copies::of(vec![5], of_toml::<BatchNorm2d>("")).unwrap();
    assert_eq!(norm.reach(&inputs, &inputs[0]), Reach::Position);
}

/// As the batch of `samples·copies` that they are, on inputs whose samples lie apart, too.
#[cfg(feature = "run")]
#[test]
fn copies_are_samples() -> candle_core::Result<()> {
    let lstm: Op = of_toml::<Lstm>("hidden_size = 3").into();
    for (op, dims) in [
        (Op::from(conv()), vec![3, 8, 8]),
        (of_toml::<BatchNorm2d>("").into(), vec![3, 8, 8]),
        (lstm, vec![4, 2]),
    ] {
        let copies = Copies::of(vec![2, 3], op.clone()).unwrap();
        let one = Shape::new(dims.iter().map(|&size| size as u64).collect()).unwrap();
        let all = [Shape::new([&[2, 3], one.dims()].concat()).unwrap()];
        let random = |dims: &[usize]| Tensor::rand(0.1f32, 1.0, dims, &Device::Cpu);
        let dims_of = |weight: &Weight| -> Vec<_> {
            weight.dims().into_iter().map(|size| usize::try_from(size).unwrap()).collect()
        };
        let weights = copies
            .weights(&all)
            .iter()
            .map(|weight| random(&dims_of(weight)))
            .collect::<Result<Vec<_>, _>>()?;
        let apart = random(&[&[5, 2, 3], &dims[..]].concat())?.narrow(0, 1, 4)?;
        let input = apart.narrow(1, 0, 2)?.transpose(1, 2)?.contiguous()?.transpose(1, 2)?;
        let output = copies.reference().forward(std::slice::from_ref(&input), &weights)?;
        let expected = copies.output(&all).unwrap();
        assert_eq!(output.dims()[1..].iter().map(|&size| size as u64).collect::<Vec<_>>(), expected.dims());
        for (sample, first, second) in [(0, 0, 0), (1, 1, 0), (3, 1, 2)] {
            let at = |tensor: &Tensor| tensor.get(sample)?.get(first)?.get(second);
            let alone = op.reference().forward(&[at(&input)?.unsqueeze(0)?], &weights)?.squeeze(0)?;
            let off = (at(&output)? - alone)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
            assert!(off < 1e-5, "{} at {sample}, {first}, {second}: {off}", op.name());
        }
        let [of_one, of_all] = [(&op, &all[0].behind(2)), (&copies, &all[0])].map(|(op, input)| {
            let inputs = std::slice::from_ref(input);
            op.reference().workspace(inputs, &op.output(inputs).unwrap(), &Device::Cpu)
        });
        assert_eq!(of_all, Workspace { each: 6 * of_one.each, ..of_one });
    }
    Ok(())
}
