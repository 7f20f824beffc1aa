//! Convolutions of the literature, odd ones, and every product counted one by one.

use proptest::prelude::*;

use super::super::settings::{Extent, Sides};
use super::*;
use crate::op::shapes;
use crate::shape::LARGEST_SIZE;
use crate::working::Notation;

fn size(value: u64) -> Size {
    value.try_into().unwrap()
}

fn square(value: u64) -> PerAxis<Size, 2> {
    PerAxis::all(size(value))
}

fn padding(sizes: [u64; 2]) -> Padding<2> {
    PerAxis(sizes.map(|size| Extent::try_from(size).unwrap())).into()
}

/// A convolution with PyTorch's defaults.
fn conv(out_channels: u64, kernel_size: [u64; 2]) -> Conv2d {
    Conv2d {
        out_channels: size(out_channels),
        kernel_size: PerAxis(kernel_size.map(size)),
        stride: PerAxis::ones(),
        padding: Padding::Valid,
        padding_mode: PaddingMode::Zeros,
        dilation: PerAxis::ones(),
        groups: Size::ONE,
        bias: true,
        connections: None,
    }
}

fn image(sizes: [u64; 3]) -> [Shape; 1] {
    [Shape::new(sizes.to_vec()).unwrap()]
}

/// `[parameters, MACs, padding-exact MACs]`
fn numbers(conv: &Conv2d, input: [u64; 3]) -> [u128; 3] {
    let input = image(input);
    let output = conv.output(&input).unwrap();
    let params = conv.weights(&input).iter().map(|weight| weight.count().evaluate().unwrap()).sum();
    let (work, exact) = conv.cost(&input, &output).unwrap().work().unwrap();
    [params, work.macs.convolution, exact.macs.convolution]
}

fn output(conv: &Conv2d, input: [u64; 3]) -> [u64; 3] {
    conv.output(&image(input)).unwrap().image().unwrap()
}

#[test]
fn the_lectures_convolution() {
    let conv = Conv2d { padding: padding([2, 2]), ..conv(32, [5, 5]) };
    assert_eq!(output(&conv, [192, 28, 28]), [32, 28, 28]);
    assert_eq!(numbers(&conv, [192, 28, 28]), [153_632, 120_422_400, 110_321_664]);
    let cost = conv.cost(&image([192, 28, 28]), &image([32, 28, 28])[0]).unwrap();
    let macs = &cost.terms[0];
    assert_eq!(macs.nominal.formula(Notation::Text), "kernel² · output height·width · in · out");
    assert_eq!(macs.nominal.substitution(Notation::Text), "5²·28²·192·32");
    let exact = macs.padding_exact.as_ref().unwrap();
    assert_eq!(exact.formula(Notation::Text), "taps on the input · in · out");
    assert_eq!(exact.substitution(Notation::Text), "134²·192·32");
    assert_eq!(cost.work().unwrap().0.ops.flops(), 2 * 120_422_400 + 32 * 28 * 28);
}

/// The second layer, split over two graphics cards.
#[test]
fn alexnets_grouped_convolution() {
    let conv = Conv2d { padding: padding([2, 2]), groups: size(2), ..conv(256, [5, 5]) };
    let [params, macs, _] = numbers(&conv, [96, 27, 27]);
    assert_eq!([params, macs], [307_456, 223_948_800]);
    let weight = &conv.weights(&image([96, 27, 27]))[0];
    assert_eq!(weight.dims(), [256, 48, 5, 5]);
    assert_eq!(weight.count().formula(Notation::Text), "out · in/groups · kernel²");
}

/// Three taps with gaps of one between them reach over five.
#[test]
fn dilation_widens_the_reach_and_costs_nothing() {
    let conv = Conv2d { dilation: square(2), ..conv(1, [3, 3]) };
    assert_eq!(output(&conv, [1, 9, 9]), [1, 5, 5]);
    assert_eq!(numbers(&conv, [1, 9, 9]), [10, 9 * 25, 9 * 25]);
}

/// Height before width, in every setting.
#[test]
fn axes_may_differ() {
    let stride = PerAxis([2, 1].map(size));
    let conv = Conv2d { stride, padding: padding([0, 3]), bias: false, ..conv(64, [1, 7]) };
    assert_eq!(output(&conv, [128, 17, 17]), [64, 9, 17]);
    let weight = &conv.weights(&image([128, 17, 17]))[0];
    assert_eq!(weight.count().formula(Notation::Text), "out · in · kernel height · kernel width");
    let workings = conv.output_workings(&image([128, 17, 17]), &image([64, 9, 17])[0]);
    assert_eq!(
        workings.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        [Factor::OutputHeight, Factor::OutputWidth]
    );
    assert_eq!(numbers(&conv, [128, 17, 17])[1], 7 * 9 * 17 * 128 * 64);
}

/// An even kernel needs an odd padding; the one more is at the end.
#[test]
fn the_same_size_with_an_even_kernel() {
    let conv = Conv2d { padding: Padding::Same, ..conv(3, [2, 4]) };
    assert_eq!(output(&conv, [1, 6, 5]), [3, 6, 5]);
    let paddings = conv.over(&[6, 5]).axes.iter().map(|axis| (axis.before, axis.after)).collect::<Vec<_>>();
    assert_eq!(paddings, [(0, 1), (1, 2)]);
}

/// The stem of TensorFlow's MobileNet on 224 pixels, which has nothing before and one after; on 225 it is one on both sides.
#[test]
fn tensorflows_padding_goes_by_the_size() {
    let conv = Conv2d { padding: Padding::SameUpper, stride: square(2), ..conv(32, [3, 3]) };
    assert_eq!(output(&conv, [3, 224, 224]), [32, 112, 112]);
    let said = |input: u64| {
        let input = image([3, input, input]);
        let output = conv.output(&input).unwrap();
        [conv.summary(&input, &output).unwrap().english, conv.shorthand(&input).unwrap()]
    };
    assert_eq!(
        said(224),
        ["3×3 convolution, 3 → 32 channels, stride 2, padding 0 before and 1 after", "3×3 /2 p0+1"]
    );
    assert_eq!(said(225)[1], "3×3 /2 p1");
    let workings = conv.output_workings(&image([3, 224, 224]), &image([32, 112, 112])[0]);
    let [(name, size)] = workings.try_into().unwrap();
    assert_eq!(name, Factor::OutputSquare);
    assert_eq!(
        [size.formula(Notation::Text), size.substitution(Notation::Text)],
        ["⌈input height/stride⌉", "⌈224/2⌉"]
    );
    // 111 windows of 3 on each axis and one of 2.
    assert_eq!(numbers(&conv, [3, 224, 224])[2], (111 * 3 + 2) * (111 * 3 + 2) * 3 * 32);
}

#[test]
fn what_repeats_the_input_is_multiplied_too() {
    let conv = Conv2d { padding: Padding::Half, padding_mode: PaddingMode::Reflect, ..conv(4, [3, 5]) };
    let [_, nominal, exact] = numbers(&conv, [2, 6, 6]);
    assert_eq!((nominal, exact), (15 * 36 * 2 * 4, nominal));
    let input = image([2, 6, 6]);
    assert_eq!(conv.shorthand(&input).as_deref(), Some("3×5 p1×2 reflect"));
    let summary = conv.summary(&input, &input[0]).unwrap();
    assert_eq!(summary.english, "3×5 convolution, 2 → 4 channels, padding 1×2, padding mode reflect");
    wrong(
        &conv,
        &[2, 6, 2],
        Some("padding"),
        "a mirror of 2 elements shows 1 more at most, and the padding is 2",
        None,
    );
    // Without padding, there is nothing to repeat.
    let bare = Conv2d { padding: Padding::Valid, ..conv };
    assert_eq!(bare.shorthand(&input).as_deref(), Some("3×5"));
}

#[test]
fn without_padding_there_is_one_count() {
    let cost = conv(6, [5, 5]).cost(&image([1, 32, 32]), &image([6, 28, 28])[0]).unwrap();
    assert_eq!(cost.terms[0].padding_exact, None);
}

/// What is said of a convolution that is refused.
fn wrong(conv: &Conv2d, input: &[u64], setting: Option<&str>, message: &str, help: Option<&str>) {
    let reason = conv.output(&[Shape::new(input.to_vec()).unwrap()]).unwrap_err();
    assert_eq!((reason.to_string().as_str(), reason.setting), (message, setting));
    assert_eq!(reason.help.map(|help| help.english).as_deref(), help);
}

#[test]
fn what_does_not_fit_together_is_named() {
    let groups = || Conv2d { groups: size(3), ..conv(32, [1, 1]) };
    wrong(
        &conv(1, [1, 1]),
        &[400],
        None,
        "needs channels × height × width, and gets 400",
        Some("put it before `flatten`, or give its input these dimensions with `reshape`"),
    );
    wrong(
        &groups(),
        &[4, 8, 8],
        Some("groups"),
        "3 groups do not divide the 4 input channels",
        Some("`groups = 2` and `groups = 4` would do"),
    );
    wrong(
        &groups(),
        &[6, 8, 8],
        Some("groups"),
        "3 groups do not divide the 32 output channels",
        Some("`groups = 2` would do"),
    );
    wrong(
        &Conv2d { stride: square(2), padding: Padding::Same, ..conv(1, [3, 3]) },
        &[1, 8, 8],
        Some("padding"),
        "`padding = \"same\"` keeps the size, and a stride of 2 does not",
        Some(
            "`padding = \"same_upper\"` divides the size by the stride, rounded up, as TensorFlow's SAME; `\"half\"` pads both \
             sides alike, as PyTorch's networks do",
        ),
    );
}

#[test]
fn sizes_that_cannot_be_are_named() {
    let kernel = Some("kernel_size");
    wrong(
        &conv(1, [5, 5]),
        &[1, 4, 8],
        kernel,
        "a window of 5 does not fit into 4",
        Some("a smaller `kernel_size`, or `padding = 1`"),
    );
    wrong(
        &Conv2d { padding: padding([1, 1]), dilation: square(3), ..conv(1, [3, 3]) },
        &[1, 3, 8],
        kernel,
        "a window of 3 with dilation 3, which reaches over 7, does not fit into 3, 5 with its padding",
        Some("a smaller `kernel_size` or `dilation`"),
    );
    wrong(
        &Conv2d { padding: padding([LARGEST_SIZE, 0]), ..conv(1, [1, 1]) },
        &[1, 1, 1],
        None,
        "the output would have more than 2^53 positions",
        None,
    );
    let message = "9007199254740992×9007199254740992×9007199254740992 has more than 2^128 elements";
    wrong(&conv(LARGEST_SIZE, [1, 1]), &[1, LARGEST_SIZE, LARGEST_SIZE], None, message, None);
    let none = conv(1, [1, 1]).output(&[]).unwrap_err();
    assert_eq!(none.to_string(), "takes one input, and gets 0");
}

/// Every setting at its largest: refused or counted, without a panic.
#[test]
fn the_largest_settings_do_not_wrap() {
    let same =
        Conv2d { padding: Padding::Same, dilation: square(LARGEST_SIZE), ..conv(1, [LARGEST_SIZE; 2]) };
    let all = Conv2d { padding: padding([LARGEST_SIZE; 2]), stride: square(LARGEST_SIZE), ..same.clone() };
    for (conv, setting) in [(same, "padding"), (all, "kernel_size")] {
        assert_eq!(conv.output(&image([1, 1, 1])).unwrap_err().setting, Some(setting));
        assert_eq!(conv.weights(&image([1, 1, 1])).len(), 2);
    }
    let wide = Conv2d { padding: padding([LARGEST_SIZE / 2; 2]), ..conv(LARGEST_SIZE, [LARGEST_SIZE; 2]) };
    let input = image([LARGEST_SIZE, 2, 2]);
    let output = wide.output(&input).unwrap();
    assert_eq!(output.image(), Some([LARGEST_SIZE, 3, 3]));
    assert_eq!(wide.cost(&input, &output).and_then(|cost| cost.work()), Err(Overflow));
}

/// MACs one by one: `[nominal, padding-exact]`.
fn counted(conv: &Conv2d, input: [u64; 3], output: [u64; 3]) -> [u128; 2] {
    let window = conv.over(&input[1..]);
    // For each window along an axis, how many of its taps see an element.
    let seen = |axis: usize| {
        let Axis { kernel, stride, dilation, before, .. } = window.axes[axis];
        let elements = before..before + input[axis + 1];
        (0..output[axis + 1])
            .map(|index| {
                (0..kernel).filter(|tap| elements.contains(&(index * stride + tap * dilation))).count()
            })
            .collect::<Vec<_>>()
    };
    let [kernel_height, kernel_width] = conv.kernel_size.0.map(Size::get);
    let (rows, columns) = (seen(0), seen(1));
    let [mut nominal, mut exact] = [0; 2];
    for _channel in 0..output[0] {
        for _channel in 0..input[0] / conv.groups.get() {
            for (row, column) in rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column))) {
                nominal += u128::from(kernel_height * kernel_width);
                exact += (row * column) as u128;
            }
        }
    }
    [nominal, exact]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn macs_are_those_that_a_loop_counts(
        sizes in prop::array::uniform2(1u64..9),
        sliding in prop::array::uniform3(prop::array::uniform2(1u64..5)),
        pad in prop::array::uniform2(prop::array::uniform2(0u64..4)), rule in 0..5,
        groups in 1u64..4, channels in prop::array::uniform2(1u64..3),
    ) {
        let [kernel, stride, dilation] = sliding;
        let conv = Conv2d {
            stride: PerAxis(if rule == 1 { [Size::ONE; 2] } else { stride.map(size) }),
            dilation: PerAxis(dilation.map(size)),
            padding: match rule {
                0 => padding(pad[0]),
                1 => Padding::Same,
                2 => Padding::SameUpper,
                3 => Padding::Half,
                _ => Padding::Of(PerAxis(pad.map(|sides| {
                    let [before, after] = sides.map(|side| side.try_into().unwrap());
                    Sides { before, after }
                }))),
            },
            groups: size(groups),
            ..conv(groups * channels[1], kernel)
        };
        let input = [groups * channels[0], sizes[0], sizes[1]];
        if let Ok(output) = conv.output(&image(input)) {
            let [_, nominal, exact] = numbers(&conv, input);
            prop_assert_eq!([nominal, exact], counted(&conv, input, output.image().unwrap()));
        }
    }
}

/// C3D's first layer (Tran et al. 2015), and a sequence: the same rule on three axes and on one.
#[test]
fn volumes_and_sequences() {
    let volume: Conv3d = toml::from_str("out_channels = 64\nkernel_size = 3\npadding = \"same\"").unwrap();
    let inputs = shapes(&[&[3, 16, 112, 112]]);
    let output = volume.output(&inputs).unwrap();
    assert_eq!(output.dims(), [64, 16, 112, 112]);
    let cost = volume.cost(&inputs, &output).unwrap();
    let macs = &cost.terms[0];
    assert_eq!(macs.nominal.substitution(Notation::Text), "3³·16·112²·3·64");
    assert_eq!(macs.nominal.formula(Notation::Text), "kernel³ · output depth·height·width · in · out");
    assert_eq!(macs.padding_exact.as_ref().unwrap().substitution(Notation::Text), "46·334²·3·64");
    assert_eq!(volume.weights(&inputs)[0].dims(), [64, 3, 3, 3, 3]);
    let sequence: Conv1d = toml::from_str("out_channels = 8\nkernel_size = 3\nstride = 2").unwrap();
    let inputs = shapes(&[&[4, 9]]);
    let output = sequence.output(&inputs).unwrap();
    assert_eq!(output.dims(), [8, 4]);
    assert_eq!(sequence.cost(&inputs, &output).unwrap().work().unwrap().0.macs.convolution, 3 * 4 * 4 * 8);
    assert_eq!(
        sequence.summary(&inputs, &output).unwrap().english,
        "length-3 convolution, 4 → 8 channels, stride 2"
    );
    let reason = sequence.output(&shapes(&[&[4, 9, 9]])).unwrap_err();
    assert_eq!(reason.to_string(), "needs channels × length, and gets 4×9×9");
}

/// LeCun et al. 1998, Table I: the first six take three maps that lie side by side, the next six four, three more four with
/// gaps, and the last all six.
#[test]
fn lenet5s_third_layer() {
    let next = |from: u64, steps: &[u64]| steps.iter().map(|step| (from + step) % 6).collect::<Vec<_>>();
    let threes = (0..6).map(|map| next(map, &[0, 1, 2]));
    let fours = (0..6).map(|map| next(map, &[0, 1, 2, 3]));
    let gaps = (0..3).map(|map| next(map, &[0, 1, 3, 4]));
    let lists = threes.chain(fours).chain(gaps).chain([next(0, &[0, 1, 2, 3, 4, 5])]).collect();
    let conv = Conv2d { connections: Some(Connections(lists)), ..conv(16, [5, 5]) };
    assert_eq!(numbers(&conv, [6, 14, 14]), [1_516, 150_000, 150_000]);
    let input = image([6, 14, 14]);
    let [weight, _] = conv.weights(&input).try_into().unwrap();
    assert_eq!(weight.dims(), [60, 5, 5]);
    assert_eq!(weight.count().formula(Notation::Text), "connections · kernel²");
    assert_eq!(weight.initializer, Initializer::Uniform { fan_in: 150 });
    let output = conv.output(&input).unwrap();
    let cost = conv.cost(&input, &output).unwrap();
    assert_eq!(cost.terms[0].nominal.formula(Notation::Text), "kernel² · output height·width · connections");
    assert_eq!(
        conv.summary(&input, &output).unwrap().english,
        "5×5 convolution, 6 → 16 channels, 60 of 96 connections"
    );
    let grouped = Conv2d { groups: size(2), ..conv };
    let reason = grouped.output(&input).unwrap_err();
    assert_eq!(reason.to_string(), "`connections` and `groups` cannot stand together");
    assert_eq!(reason.setting, Some("connections"));
}
