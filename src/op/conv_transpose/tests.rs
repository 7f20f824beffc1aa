//! Transposed convolutions of the literature, odd ones, and every product counted one by one.

use proptest::prelude::*;

use super::*;
use crate::op::padding_mode::PaddingMode;
use crate::op::shapes;
use crate::shape::LARGEST_SIZE;
use crate::text::Language;
use crate::working::Notation;

fn read<const N: usize>(settings: &str) -> ConvTranspose<N> {
    settings::of_toml(settings)
}

fn output<const N: usize>(conv: &ConvTranspose<N>, input: &[u64]) -> Vec<u64> {
    conv.output(&shapes(&[input])).unwrap().dims().to_vec()
}

/// `[parameters, MACs, padding-exact MACs]`
fn numbers<const N: usize>(conv: &ConvTranspose<N>, input: &[u64]) -> [u128; 3] {
    let input = shapes(&[input]);
    let output = conv.output(&input).unwrap();
    let params = conv.weights(&input).iter().map(|weight| weight.count().evaluate().unwrap()).sum();
    let (work, exact) = conv.cost(&input, &output).unwrap().work().unwrap();
    [params, work.macs.convolution, exact.macs.convolution]
}

/// The last step up of Ronneberger et al. 2015: 2×2 at stride 2, nothing cut off.
#[test]
fn unets_step_up() {
    let conv = read::<2>("out_channels = 64\nkernel_size = 2\nstride = 2");
    assert_eq!(output(&conv, &[128, 196, 196]), [64, 392, 392]);
    let macs = 4 * 196 * 196 * 128 * 64;
    assert_eq!(numbers(&conv, &[128, 196, 196]), [4 * 128 * 64 + 64, macs, macs]);
    let (input, output) = (shapes(&[&[128, 196, 196]]), shapes(&[&[64, 392, 392]]));
    let cost = conv.cost(&input, &output[0]).unwrap();
    let nominal = &cost.terms[0].nominal;
    assert_eq!(nominal.formula(Notation::Text), "kernel² · input height·width · in · out");
    assert_eq!(nominal.substitution(Notation::Text), "2²·196²·128·64");
    assert_eq!(cost.terms[0].padding_exact, None);
    let [(name, size)] = conv.output_workings(&input, &output[0]).try_into().unwrap();
    assert_eq!(name, Factor::OutputSquare);
    assert_eq!(size.in_letters(Language::English, Notation::Text), "(H_in − 1)·S + K − 2·P");
    assert_eq!(size.substitution(Notation::Text), "(196 − 1)·2 + 2 − 2·0");
    let summary = conv.summary(&input, &output[0]).unwrap();
    assert_eq!(summary.english, "2×2 transposed convolution, 128 → 64 channels, stride 2");
    assert_eq!(summary.chinese, "2×2 转置卷积,128 → 64 通道,步幅 2");
}

/// The first layer of DCGAN's generator from one position, and one after it that doubles the size; what the padding cuts
/// off is computed nominally.
#[test]
fn dcgans_generator() {
    let first = read::<2>("out_channels = 512\nkernel_size = 4\nbias = false");
    assert_eq!(output(&first, &[100, 1, 1]), [512, 4, 4]);
    assert_eq!(numbers(&first, &[100, 1, 1]), [819_200; 3]);
    let next = read::<2>("out_channels = 256\nkernel_size = 4\nstride = 2\npadding = 1\nbias = false");
    assert_eq!(output(&next, &[512, 4, 4]), [256, 8, 8]);
    // 4 elements of 4 taps each, of which the first and the last are cut off.
    assert_eq!(numbers(&next, &[512, 4, 4]), [2_097_152, 16 * 16 * 512 * 256, 14 * 14 * 512 * 256]);
    let input = shapes(&[&[512, 4, 4]]);
    let cost = next.cost(&input, &shapes(&[&[256, 8, 8]])[0]).unwrap();
    let exact = cost.terms[0].padding_exact.as_ref().unwrap();
    assert_eq!(exact.formula(Notation::Text), "taps on the output · in · out");
    assert_eq!(exact.substitution(Notation::Text), "14²·512·256");
}

/// Where kernels overlap, TensorFlow cuts off what is more; where they leave gaps, these are filled up.
#[test]
fn tensorflows_padding_multiplies() {
    let overlapping = read::<2>("out_channels = 8\nkernel_size = 5\nstride = 2\npadding = 'same_upper'");
    let input = shapes(&[&[4, 7, 9]]);
    let size = overlapping.output(&input).unwrap();
    assert_eq!(size.dims(), [8, 14, 18]);
    assert_eq!(overlapping.shorthand(&input).as_deref(), Some("5×5 /2 p1+2"));
    let workings = overlapping.output_workings(&input, &size);
    assert_eq!(workings[0].1.substitution(Notation::Text), "7·2");
    let apart = read::<1>("out_channels = 8\nkernel_size = 2\nstride = 5\npadding = 'same_upper'");
    let input = shapes(&[&[4, 7]]);
    assert_eq!(apart.output(&input).unwrap().dims(), [8, 35]);
    assert_eq!(apart.shorthand(&input).as_deref(), Some("2 /5 o3"));
    let strided = read::<1>("out_channels = 8\nkernel_size = 2\nstride = 5\npadding = 'same'");
    let reason = strided.output(&input).unwrap_err();
    assert_eq!(reason.to_string(), "`padding = \"same\"` keeps the size, and a stride of 5 does not");
    assert!(reason.help.unwrap().english.contains("`padding = \"same_upper\"` multiplies"));
    let more = read::<1>(
        "out_channels = 8\nkernel_size = 5\nstride = 3\npadding = 'same_upper'\noutput_padding = 1",
    );
    assert_eq!(more.output(&input).unwrap_err().setting, Some("output_padding"));
}

#[test]
fn sides_may_differ() {
    let conv = read::<1>("out_channels = 2\nkernel_size = 4\nstride = 2\npadding = [[1, 2]]");
    assert_eq!(output(&conv, &[3, 5]), [2, 9]);
    let shapes = shapes(&[&[3, 5], &[2, 9]]);
    let [(_, size)] = conv.output_workings(&shapes[..1], &shapes[1]).try_into().unwrap();
    assert_eq!(size.in_letters(Language::English, Notation::Text), "(L_in − 1)·S + K − (P_1 + P_2)");
    let all = read::<1>("out_channels = 2\nkernel_size = 4\npadding = [[1, 4]]").output(&shapes[1..]);
    assert!(all.is_ok());
    let all = read::<1>("out_channels = 2\nkernel_size = 1\npadding = [[5, 4]]").output(&shapes[1..]);
    assert_eq!(all.unwrap_err().to_string(), "a padding of 5 and 4 cuts off all 9 positions of the output");
}

#[test]
fn axes_may_differ() {
    let conv = read::<3>(
        "out_channels = 4\nkernel_size = [1, 2, 3]\nstride = [3, 2, 1]\npadding = [0, 1, 0]\n\
         output_padding = [2, 1, 1]\ndilation = [1, 1, 2]\ngroups = 2",
    );
    let input = &[6, 2, 3, 4];
    assert_eq!(output(&conv, input), [4, 3 + 1 + 2, 4 + 2 + 1 - 2, 3 + 5 + 1]);
    let [weight, bias] = conv.weights(&shapes(&[input])).try_into().unwrap();
    assert_eq!((weight.dims(), bias.dims()), (vec![6, 2, 1, 2, 3], vec![4]));
    assert_eq!(
        weight.count().formula(Notation::Text),
        "in · out/groups · kernel depth · kernel height · kernel width"
    );
    let shapes = shapes(&[input, &[4, 6, 5, 9]]);
    let workings = conv.output_workings(&shapes[..1], &shapes[1]);
    let [.., (name, width)] = workings.as_slice() else { panic!("there are three") };
    assert_eq!((*name, width.evaluate()), (Factor::OutputWidth, Ok(9)));
    assert_eq!(
        width.in_letters(Language::English, Notation::Text),
        "(W_in − 1)·S_w + D_w·(K_w − 1) + 1 + P_out − 2·P_w"
    );
    let summary = conv.summary(&shapes[..1], &shapes[1]).unwrap().english;
    assert_eq!(
        summary,
        "1×2×3 transposed convolution, 6 → 4 channels, stride 3×2×1, padding 0×1×0, dilation 1×1×2, output padding 2×1×1, 2 groups"
    );
}

#[test]
fn reasons_say_what_is_wrong() {
    let wrong = |settings: &str, input: &[u64], setting: Option<&str>, message: &str| {
        let reason = read::<2>(settings).output(&shapes(&[input])).unwrap_err();
        assert_eq!((reason.to_string().as_str(), reason.setting), (message, setting));
    };
    let settings = |more: &str| format!("out_channels = 4\nkernel_size = 2\n{more}");
    wrong(&settings(""), &[8, 8], None, "needs channels × height × width, and gets 8×8");
    wrong(&settings("groups = 4"), &[6, 8, 8], Some("groups"), "4 groups do not divide the 6 input channels");
    wrong(
        &settings("stride = 2\noutput_padding = [1, 2]"),
        &[1, 8, 8],
        Some("output_padding"),
        "`output_padding` is 2, and must be less than the stride, 2, or the dilation, 1",
    );
    wrong(
        &settings("padding = [0, 2]"),
        &[1, 8, 2],
        Some("padding"),
        "a padding of 2 cuts off all 3 positions of the output",
    );
    let huge = LARGEST_SIZE;
    wrong(
        &settings(&format!("stride = {huge}")),
        &[1, 3, 8],
        None,
        &format!("the size {} is above 2^53", 2 * huge + 2),
    );
    // An output padding that only the dilation allows.
    assert!(read::<2>(&settings("dilation = 3\noutput_padding = 2")).output(&shapes(&[&[1, 2, 2]])).is_ok());
}

/// Every setting at its largest: refused or counted, without a panic.
#[test]
fn the_largest_settings_do_not_wrap() {
    let huge = LARGEST_SIZE;
    let all = format!(
        "out_channels = {huge}\nkernel_size = {huge}\nstride = {huge}\ndilation = {huge}\noutput_padding = {}\n",
        huge - 1
    );
    let input = shapes(&[&[huge, huge]]);
    assert!(read::<1>(&all).output(&input).is_err());
    assert!(read::<1>(&format!("{all}padding = {huge}")).output(&input).is_err());
    let wide = read::<1>(&format!("out_channels = {huge}\nkernel_size = {huge}\npadding = {}", huge / 2));
    let output = wide.output(&input).unwrap();
    assert_eq!(output.dims(), [huge, huge - 1]);
    assert_eq!(wide.cost(&input, &output).and_then(|cost| cost.work()), Err(Overflow));
}

/// Products one by one: `[nominal, padding-exact]`.
fn counted(conv: &ConvTranspose2d, input: [u64; 2], output: [u64; 2]) -> [u128; 2] {
    let [mut nominal, mut exact] = [1; 2];
    for axis in 0..2 {
        let [kernel, stride, dilation] =
            [conv.kernel_size, conv.stride, conv.dilation].map(|setting| setting.0[axis].get());
        let (Axis { before, .. }, _) = conv.axes()[axis];
        let kept = before..before + output[axis];
        let taps = (0..input[axis])
            .flat_map(|element| (0..kernel).map(move |tap| element * stride + tap * dilation));
        nominal *= u128::from(input[axis] * kernel);
        exact *= taps.filter(|position| kept.contains(position)).count() as u128;
    }
    [nominal, exact]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn macs_are_those_that_a_loop_counts(
        sizes in prop::array::uniform2(1u64..7),
        sliding in prop::array::uniform3(prop::array::uniform2(1u64..5)),
        padding in prop::array::uniform2(prop::array::uniform2(0u64..5)), output_padding in prop::array::uniform2(0u64..4),
        rule in prop::option::of(prop_oneof![Just(Padding::SameUpper), Just(Padding::Half)]),
        groups in 1u64..4, channels in prop::array::uniform2(1u64..3),
    ) {
        let [kernel_size, stride, dilation] = sliding.map(|sizes| PerAxis(sizes.map(|size| Size::try_from(size).unwrap())));
        let output_padding = if rule == Some(Padding::SameUpper) { [0; 2] } else { output_padding };
        let output_padding = PerAxis(output_padding.map(|size| Extent::try_from(size).unwrap()));
        let sides = padding.map(|sides| {
            let [before, after] = sides.map(|side| side.try_into().unwrap());
            settings::Sides { before, after }
        });
        let padding = rule.unwrap_or(Padding::Of(PerAxis(sides)));
        let groups = Size::try_from(groups).unwrap();
        let out_channels = Size::try_from(groups.get() * channels[1]).unwrap();
        let conv = ConvTranspose2d { out_channels, kernel_size, stride, padding, output_padding, groups, bias: true, dilation };
        let input = [groups.get() * channels[0], sizes[0], sizes[1]];
        if let Ok(output) = conv.output(&shapes(&[&input])) {
            let [_, height, width] = output.image().unwrap();
            let [_, nominal, exact] = numbers(&conv, &input);
            let pairs = u128::from(groups.get() * channels[0] * channels[1]);
            prop_assert_eq!([nominal, exact], counted(&conv, sizes, [height, width]).map(|count| count * pairs));
            let workings = conv.output_workings(&shapes(&[&input]), &output);
            let sizes = workings.iter().map(|(_, working)| working.evaluate().unwrap()).collect::<Vec<_>>();
            prop_assert!(sizes == [u128::from(height), u128::from(width)] || (sizes == [u128::from(height)] && height == width));
        }
    }
}

/// Small whole numbers that repeat late, so that sums are exact.
fn filled(dims: &[usize]) -> Tensor {
    let count: u32 = dims.iter().product::<usize>().try_into().unwrap();
    let value = |index: u32| u8::try_from((index * 7 + index / 11) % 13).unwrap();
    let values: Vec<f32> = (0..count).map(|index| f32::from(value(index)) - 6.0).collect();
    Tensor::from_vec(values, dims, &candle_core::Device::Cpu).unwrap()
}

fn sum_of_products(a: &Tensor, b: &Tensor) -> i64 {
    let sum = (a * b).unwrap().sum_all().unwrap();
    sum.to_dtype(candle_core::DType::I64).unwrap().to_scalar().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What makes it the transposed one: with the same kernel, ⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩.
    #[test]
    fn it_is_the_transpose_of_convolution(
        sizes in prop::array::uniform3(1usize..5), kernel in prop::array::uniform3(1usize..4),
        stride in prop::array::uniform3(1u64..4), dilation in prop::array::uniform3(1u64..3),
        padding in prop::array::uniform3(0u64..3), groups in 1usize..3,
    ) {
        let sliding = format!("stride = {stride:?}\ndilation = {dilation:?}\npadding = {padding:?}\ngroups = {groups}\nbias = false\nkernel_size = {kernel:?}");
        let (from, to) = (2 * groups, groups);
        let size = |value: u64| Size::try_from(value).unwrap();
        let conv = conv::Conv3d {
            out_channels: size(to as u64),
            kernel_size: PerAxis(kernel.map(|taps| size(taps as u64))),
            stride: PerAxis(stride.map(size)),
            padding: Padding::Of(PerAxis(padding.map(|extent| extent.try_into().unwrap()))),
            padding_mode: PaddingMode::Zeros,
            dilation: PerAxis(dilation.map(size)),
            groups: size(groups as u64),
            bias: false,
            connections: None,
        };
        let x = filled(&[[2, from].as_slice(), &sizes].concat());
        let image = Shape::new(x.dims()[1..].iter().map(|&size| size as u64).collect()).unwrap();
        if let Ok(output) = conv.output(&[image]) {
            let positions: Vec<usize> = output.dims()[1..].iter().map(|&size| usize::try_from(size).unwrap()).collect();
            let y = filled(&[[2, to].as_slice(), &positions].concat());
            let weight = filled(&[[to, from / groups].as_slice(), &kernel].concat());
            let more: Vec<u64> = (0..3).map(|axis| {
                let reach = dilation[axis] * (kernel[axis] as u64 - 1) + 1;
                sizes[axis] as u64 + 2 * padding[axis] - reach - (positions[axis] as u64 - 1) * stride[axis]
            }).collect();
            let back = read::<3>(&format!("out_channels = {from}\noutput_padding = {more:?}\n{sliding}"));
            let there = conv.forward(std::slice::from_ref(&x), std::slice::from_ref(&weight)).unwrap();
            let back = back.forward(std::slice::from_ref(&y), &[weight]).unwrap();
            prop_assert_eq!(back.dims(), x.dims());
            prop_assert_eq!(sum_of_products(&there, &y), sum_of_products(&x, &back));
        }
    }
}
