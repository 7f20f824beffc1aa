//! What exporters write, and operators in the forms that each version gave them.

use super::*;

fn text(value: &str) -> AttributeValue {
    AttributeValue::Text(value.into())
}

/// PyTorch counts pads from the last axis, each before and behind; the exporter turns their order with six operators.
#[test]
fn pads_are_turned_around() {
    let of_pytorch = list(&[1, 2, 3, 4]);
    let missing = made("ConstantOfShape", &[&list(&[4])], &[]);
    assert_eq!(missing.kind, Kind::FLOAT, "without a value it is of floats");
    let missing = made("Cast", &[&missing], &[("to", int(7))]);
    let all = made("Concat", &[&of_pytorch, &missing], &[("axis", int(0))]);
    let pairs = made("Reshape", &[&all, &list(&[-1, 2])], &[("allowzero", int(0))]);
    let (start, end) = (list(&[-1]), list(&[-i64::MAX]));
    let turned = made("Slice", &[&pairs, &start, &end, &list(&[0]), &list(&[-1])], &[]);
    let sides = made("Transpose", &[&turned], &[("perm", ints(&[1, 0]))]);
    let pads = made("Cast", &[&made("Reshape", &[&sides, &list(&[-1])], &[])], &[("to", int(7))]);
    assert_eq!(pads, list(&[0, 0, 3, 1, 0, 0, 4, 2]));
}

/// The padding of a 3×3 window with stride 2 over 224, as TorchScript writes it out in 32-bit floats: one column, behind.
#[test]
fn padding_is_found_out_in_floats() {
    let windows = made("Ceil", &[&float(112.0)], &[]);
    let last = made("Sub", &[&windows, &float(1.0)], &[]);
    let reach = made("Add", &[&made("Mul", &[&last, &float(2.0)], &[]), &float(3.0)], &[]);
    let excess = made("Sub", &[&reach, &float(224.0)], &[]);
    let excess = made("Clip", &[&excess, &float(0.0)], &[]);
    let before = made("Cast", &[&made("Div", &[&excess, &float(2.0)], &[])], &[("to", int(7))]);
    let all = made("Cast", &[&excess], &[("to", int(7))]);
    assert_eq!((before.ints(), all.ints()), (Some(&[0][..]), Some(&[1][..])));
    assert_eq!(made("Sub", &[&all, &before], &[]), Array::scalar(1));
}

/// The scale of attention is found out from the sizes of its queries, and each side is given its root.
#[test]
fn scales_follow_from_sizes() {
    let sizes = made("Shape", &[&bare(&[1, 8, 49, 32], Kind::FLOAT)], &[]);
    let size = made("Slice", &[&sizes, &list(&[-1]), &list(&[i64::MAX])], &[]);
    let root = made("Sqrt", &[&made("Cast", &[&size], &[("to", int(1))])], &[]);
    let scale = made("Div", &[&floats(&[1.0]), &root], &[]);
    assert_eq!(scale, floats(&[0.176_776_69]));
    assert_eq!(made("Sqrt", &[&scale], &[]), floats(&[0.420_448_2]));
}

#[test]
fn settings_became_inputs() {
    let data = shaped(&list(&[1, 2, 3, 4, 5, 6]), &[1, 2, 3]);
    let first = list(&[0]);
    for opset in [9, 13] {
        let (axes, inputs): (&[_], &[_]) =
            if opset < 13 { (&[("axes", ints(&[0]))], &[]) } else { (&[], &[&first]) };
        let of = |data, operator| made_in(opset, operator, &[&[data], inputs].concat(), axes);
        assert_eq!(of(&data, "Squeeze").dims, [2, 3]);
        assert_eq!(of(&data, "Unsqueeze").dims, [1, 1, 2, 3]);
        assert_eq!(of(&data, "ReduceSum"), data);
    }
    let old = [("starts", ints(&[-1, 0])), ("ends", ints(&[i64::MAX, -1])), ("axes", ints(&[2, 1]))];
    let new = [&list(&[-1, 0]), &list(&[i64::MAX, -1]), &list(&[2, 1])];
    let cut = shaped(&list(&[3]), &[1, 1, 1]);
    assert_eq!(made_in(9, "Slice", &[&data], &old), cut);
    assert_eq!(made("Slice", &[&data, new[0], new[1], new[2]], &[]), cut);
    assert_eq!(
        made_in(10, "Clip", &[&floats(&[-3.0, 9.0])], &[("max", AttributeValue::Float(6.0))]),
        floats(&[-3.0, 6.0])
    );
    let padded = floats(&[5.0, 1.0, 2.0]);
    let (pads, value) = (("pads", ints(&[1, 0])), ("value", AttributeValue::Float(5.0)));
    assert_eq!(made_in(2, "Pad", &[&floats(&[1.0, 2.0])], &[pads, value]), padded);
    assert_eq!(made("Pad", &[&floats(&[1.0, 2.0]), &list(&[1, 0]), &float(5.0)], &[]), padded);
    let scales = AttributeValue::Floats(vec![1.0, 1.0, 2.0, 1.5]);
    let image = bare(&[1, 3, 7, 7], Kind::FLOAT);
    assert_eq!(made_in(7, "Upsample", &[&image], &[("scales", scales)]).dims, [1, 3, 14, 10]);
    let scales = floats(&[1.0, 1.0, 2.0, 1.5]);
    assert_eq!(made_in(10, "Resize", &[&image, &scales], &[]).dims, [1, 3, 14, 10]);
    assert_eq!(made("Resize", &[&image, &floats(&[]), &scales], &[]).dims, [1, 3, 14, 10]);
    let sizes = list(&[1, 3, 5, 6]);
    assert_eq!(made("Resize", &[&image, &floats(&[]), &floats(&[]), &sizes], &[]).dims, [1, 3, 5, 6]);
}

/// Up to version 12 all axes from the one that is named are one; later it is that axis alone.
#[test]
fn softmax_changed_its_axis() {
    let data = shaped(&floats(&[0.0; 6]), &[1, 2, 3]);
    for (opset, axis, each) in [(12, 1, 6.0), (12, 2, 3.0), (13, 1, 2.0), (13, -1, 3.0)] {
        let softmax = made_in(opset, "Softmax", &[&data], &[("axis", int(axis))]);
        assert_eq!(softmax.numbers, floats(&[1.0 / each; 6]).numbers, "{opset} {axis}");
    }
    let otherwise = [12, 13].map(|opset| made_in(opset, "Softmax", &[&data], &[]).numbers);
    assert_eq!(otherwise, [6.0f32, 3.0].map(|each| floats(&[1.0 / each; 6]).numbers));
}

#[test]
fn pieces_may_be_unequal() {
    let data = list(&[1, 2, 3, 4, 5]);
    let split = |outputs, inputs: &[Option<&Array>], attributes: &[_]| {
        let pieces =
            evaluate(&node("Split", inputs.len(), outputs, attributes), 18, inputs, 99).unwrap().unwrap();
        pieces.into_iter().map(|piece| piece.ints().unwrap().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(split(2, &[Some(&data), Some(&list(&[1, 4]))], &[]), [vec![1], vec![2, 3, 4, 5]]);
    assert_eq!(split(2, &[Some(&data)], &[("split", ints(&[2, 3]))]), [vec![1, 2], vec![3, 4, 5]]);
    assert_eq!(split(2, &[Some(&data)], &[("num_outputs", int(2))]), [vec![1, 2, 3], vec![4, 5]]);
}

#[test]
fn a_tensor_among_the_settings_is_given_behind_the_inputs() {
    let tensor = AttributeValue::Tensor(std::sync::Arc::default());
    let constant = node("Constant", 0, 1, &[("value", tensor.clone())]);
    assert!(super::super::given(&constant).is_some());
    let value = list(&[7]);
    assert_eq!(evaluate(&constant, 13, &[Some(&value)], 99), Ok(Some(vec![value.clone()])));
    assert_eq!(evaluate(&constant, 13, &[], 99), Ok(None));
    let filled = node("ConstantOfShape", 1, 1, &[("value", tensor)]);
    let three = list(&[3]);
    assert_eq!(evaluate(&filled, 13, &[Some(&three), Some(&value)], 99), Ok(Some(vec![list(&[7, 7, 7])])));
    assert_eq!(made("Constant", &[], &[("value_ints", ints(&[1, 2]))]), list(&[1, 2]));
    assert_eq!(made("Constant", &[], &[("value_float", AttributeValue::Float(0.5))]), float(0.5));
}

#[test]
fn indices_count_from_the_end() {
    let data = shaped(&list(&[1, 2, 3, 4, 5, 6]), &[2, 3]);
    let last = made("Gather", &[&data, &Array::scalar(-1)], &[("axis", int(1))]);
    assert_eq!(last, list(&[3, 6]));
    assert_eq!(made("Gather", &[&data, &list(&[1, -2])], &[]).ints(), Some(&[4, 5, 6, 1, 2, 3][..]));
    let pairs = shaped(&list(&[0, -1, -1, 0]), &[2, 2]);
    assert_eq!(made("GatherND", &[&data, &pairs], &[]), list(&[3, 4]));
    let put = made("ScatterND", &[&list(&[1, 2, 3]), &shaped(&list(&[-1, 0]), &[2, 1]), &list(&[8, 9])], &[]);
    assert_eq!(put, list(&[9, 2, 8]));
    let added = [("reduction", text("add"))];
    let put =
        made("ScatterND", &[&list(&[1, 2, 3]), &shaped(&list(&[1, 1]), &[2, 1]), &list(&[8, 9])], &added);
    assert_eq!(put, list(&[1, 19, 3]));
    assert_eq!(made("Shape", &[&data], &[("start", int(-1)), ("end", int(9))]), list(&[3]));
    assert_eq!(made("Shape", &[&data], &[("end", int(-1))]), list(&[2]));
}

#[test]
fn borders_are_repeated() {
    let data = list(&[1, 2, 3]);
    for (mode, padded) in [
        ("reflect", [3, 2, 1, 2, 3, 2, 1]),
        ("edge", [1, 1, 1, 2, 3, 3, 3]),
        ("wrap", [2, 3, 1, 2, 3, 1, 2]),
        ("constant", [0, 0, 1, 2, 3, 0, 0]),
    ] {
        assert_eq!(made("Pad", &[&data, &list(&[2, 2])], &[("mode", text(mode))]), list(&padded), "{mode}");
    }
    assert_eq!(made("Pad", &[&data, &list(&[-1, 1])], &[]), list(&[2, 3, 0]));
}
