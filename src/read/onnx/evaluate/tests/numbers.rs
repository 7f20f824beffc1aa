//! Arithmetic, and what types can hold.

use super::*;

fn of_kind(array: &Array, kind: Kind) -> Array {
    Array { kind, ..array.clone() }
}

#[test]
fn whole_numbers_are_exact_or_refused() {
    let (a, b) = (list(&[7, -7, 7, -7]), list(&[2, 2, -2, -2]));
    assert_eq!(made("Div", &[&a, &b], &[]), list(&[3, -3, -3, 3]));
    assert_eq!(made("Mod", &[&a, &list(&[3, 3, -3, -3])], &[]), list(&[1, 2, -2, -1]));
    assert_eq!(made("Mod", &[&a, &list(&[3, 3, -3, -3])], &[("fmod", int(1))]), list(&[1, -1, 1, -1]));
    assert_eq!(made("Pow", &[&list(&[2, -3, 9]), &list(&[10, 3, 0])], &[]), list(&[1024, -27, 1]));
    assert_eq!(
        made("Mul", &[&shaped(&list(&[1, 2]), &[2, 1]), &list(&[5, 6])], &[]).ints(),
        Some(&[5, 6, 10, 12][..])
    );
    let (most, least) = (Array::scalar(i64::MAX), Array::scalar(i64::MIN));
    let (one, minus) = (Array::scalar(1), Array::scalar(-1));
    assert_eq!(refused("Add", &[&most, &one], &[]), "9223372036854775807 + 1 does not fit into 64 bits");
    assert_eq!(refused("Div", &[&one, &Array::scalar(0)], &[]), "1 is divided by 0");
    for (operator, a, b) in
        [("Div", &least, &minus), ("Mul", &most, &most), ("Sub", &least, &one), ("Pow", &most, &most)]
    {
        assert!(refused(operator, &[a, b], &[]).ends_with("does not fit into 64 bits"), "{operator}");
    }
    assert_eq!(made("Mod", &[&least, &minus], &[]), Array::scalar(0));
    let byte = of_kind(&list(&[200]), Kind::UINT8);
    assert_eq!(refused("Add", &[&byte, &byte], &[]), "400 does not fit: 0 to 255");
    assert_eq!(refused("ReduceProd", &[&list(&[i64::MAX, 2])], &[]), "a product does not fit into 64 bits");
}

/// NumPy's, of 32 bits.
#[test]
fn floats_are_of_their_width() {
    assert_eq!(made("Add", &[&float(16_777_216.0), &float(1.0)], &[]), float(16_777_216.0));
    assert_eq!(made("Div", &[&float(7.0), &float(3.0)], &[]), float(2.333_333_3));
    let range = made("Range", &[&float(0.1), &float(1.0), &float(0.1)], &[]);
    assert_eq!(range.dims, [9], "as onnxruntime counts");
    assert_eq!(made("Round", &[&floats(&[0.5, 1.5, 2.5, -0.5])], &[]), floats(&[0.0, 2.0, 2.0, -0.0]));
    let softmax = made("Softmax", &[&floats(&[1.0, 2.0, 3.0, 4.0])], &[]);
    let Some(Numbers::Floats(softmax)) = softmax.numbers else { panic!() };
    for (made, wanted) in softmax.iter().zip([0.032_058_604_f32, 0.087_144_32, 0.236_882_82, 0.643_914_3]) {
        assert!((made - wanted).abs() <= f32::EPSILON * wanted, "{made} {wanted}");
    }
    // Python's math.erf, rounded.
    let erf = made("Erf", &[&floats(&[0.1, -0.5, 1.0, 2.0, 3.5, 0.001, 9.0])], &[]);
    assert_eq!(
        erf,
        floats(&[0.112_462_915, -0.520_499_9, 0.842_700_8, 0.995_322_3, 0.999_999_3, 0.001_128_378_8, 1.0])
    );
    let large = made("ReduceLogSumExp", &[&floats(&[1_000.0, 1_000.0])], &[("keepdims", int(0))]);
    assert_eq!(large, float(1_000.693_2));
}

/// NumPy's float16 and ml_dtypes' bfloat16.
#[test]
fn narrow_floats_are_rounded_to_even() {
    let wide = floats(&[0.1, 65_519.0, 65_520.0, 1e-8, 5.96e-8, 2049.0, 2051.0, 6.1e-5]);
    let half = made("Cast", &[&wide], &[("to", int(10))]);
    let wanted = [0.099_975_586, 65_504.0, f32::INFINITY, 0.0, 5.960_464_5e-8, 2048.0, 2052.0, 6.097_555e-5];
    assert_eq!(half.numbers, floats(&wanted).numbers);
    let brain = made("Cast", &[&floats(&[0.1, 257.0, 259.0, 3.396_177_5e38])], &[("to", int(16))]);
    assert_eq!(brain.numbers, floats(&[0.100_097_656, 256.0, 260.0, f32::INFINITY]).numbers);
    let third = of_kind(&float(1.0), Kind::FLOAT16);
    let third = made("Div", &[&third, &of_kind(&float(3.0), Kind::FLOAT16)], &[]);
    assert_eq!(third.numbers, float(0.333_251_95).numbers, "results are narrow too");
}

#[test]
fn casts_cut_off() {
    let to = |array: &Array, kind: Kind| made("Cast", &[array], &[("to", int(kind.0.into()))]);
    let fractions = floats(&[2.9, -2.9, 0.5, -0.0]);
    assert_eq!(to(&fractions, Kind::INT64), list(&[2, -2, 0, 0]));
    assert_eq!(to(&fractions, Kind::BOOL).ints(), Some(&[1, 1, 1, 0][..]));
    assert_eq!(to(&list(&[300, -1, 128]), Kind::UINT8).ints(), Some(&[44, 255, 128][..]));
    assert_eq!(to(&list(&[300, -129, 128]), Kind::INT8).ints(), Some(&[44, 127, -128][..]));
    assert_eq!(to(&list(&[i64::MAX]), Kind::INT32).ints(), Some(&[-1][..]));
    assert_eq!(to(&floats(&[1e20, f32::NAN]), Kind::INT64), list(&[i64::MAX, 0]));
    assert_eq!(to(&list(&[16_777_217]), Kind::FLOAT), floats(&[16_777_216.0]));
    let word = made_in(5, "Cast", &[&fractions], &[("to", AttributeValue::Text("INT64".into()))]);
    assert_eq!(word, list(&[2, -2, 0, 0]));
}

#[test]
fn groups_are_reduced() {
    let data = shaped(&floats(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), &[2, 3]);
    let columns = [("axes", ints(&[0])), ("keepdims", int(0))];
    for (operator, wanted) in [
        ("ReduceSum", [5.0, 7.0, 9.0]),
        ("ReduceMean", [2.5, 3.5, 4.5]),
        ("ReduceMax", [4.0, 5.0, 6.0]),
        ("ReduceProd", [4.0, 10.0, 18.0]),
        ("ReduceSumSquare", [17.0, 29.0, 45.0]),
        ("ReduceL2", [4.123_105_5, 5.385_164_7, 6.708_204]),
    ] {
        assert_eq!(made(operator, &[&data], &columns), floats(&wanted), "{operator}");
    }
    let whole = made("ReduceSum", &[&data], &[]);
    assert_eq!(whole, shaped(&floats(&[21.0]), &[1, 1]));
    let none = list(&[]);
    assert_eq!(made("ReduceSum", &[&data, &none], &[("noop_with_empty_axes", int(1))]), data);
    assert_eq!(made("ReduceSum", &[&data, &none], &[]), whole);
    assert_eq!(made("ReduceProd", &[&list(&[2, 3, 7])], &[("keepdims", int(0))]), Array::scalar(42));
}

/// Weights that are standardised stay in the file as arithmetic on constants; the mean and the deviation are those of the numbers
/// themselves: onnxruntime's figures.
#[test]
fn weights_are_standardised() {
    let weight = shaped(&floats(&[1.0, 2.0, 3.0, 6.0, 8.0, 10.0]), &[1, 2, 3]);
    let (scale, zero, one) = (floats(&[1.0, 2.0]), floats(&[0.0, 0.0]), floats(&[1.0, 1.0]));
    let training = [("training_mode", int(1)), ("epsilon", AttributeValue::Float(0.0))];
    let made = made("BatchNormalization", &[&weight, &scale, &zero, &zero, &one], &training);
    let Some(Numbers::Floats(made)) = made.numbers else { panic!() };
    for (made, wanted) in
        made.iter().zip([-1.224_744_9_f32, 0.0, 1.224_744_9, -2.449_489_8, 0.0, 2.449_489_8])
    {
        assert!((made - wanted).abs() <= 1e-6, "{made} {wanted}");
    }
}

#[test]
fn matrices_are_multiplied() {
    let (a, b) = (shaped(&list(&[1, 2, 3, 4]), &[2, 2]), shaped(&list(&[5, 6, 7, 8]), &[2, 2]));
    assert_eq!(made("MatMul", &[&a, &b], &[]), shaped(&list(&[19, 22, 43, 50]), &[2, 2]));
    assert_eq!(made("MatMul", &[&list(&[1, 2]), &b], &[]), list(&[19, 22]));
    assert_eq!(made("MatMul", &[&list(&[1, 2]), &list(&[3, 4])], &[]), Array::scalar(11));
    let stacks = (bare(&[7, 1, 3, 4], Kind::FLOAT), bare(&[5, 4, 2], Kind::FLOAT));
    assert_eq!(made("MatMul", &[&stacks.0, &stacks.1], &[]).dims, [7, 5, 3, 2]);
    let (a, b) = (shaped(&floats(&[1.0, 2.0]), &[1, 2]), shaped(&floats(&[3.0, 4.0]), &[1, 2]));
    let settings =
        [("transB", int(1)), ("alpha", AttributeValue::Float(0.5)), ("beta", AttributeValue::Float(2.0))];
    assert_eq!(made("Gemm", &[&a, &b, &floats(&[1.0])], &settings), shaped(&floats(&[7.5]), &[1, 1]));
}

#[test]
fn few_bits_have_a_scale() {
    let bytes = of_kind(&shaped(&list(&[0, 10, 20, 30]), &[2, 2]), Kind::UINT8);
    let zeros = of_kind(&list(&[0, 10]), Kind::UINT8);
    let wide = made("DequantizeLinear", &[&bytes, &floats(&[0.5, 2.0]), &zeros], &[("axis", int(0))]);
    assert_eq!(wide, shaped(&floats(&[0.0, 5.0, 20.0, 40.0]), &[2, 2]));
    let blocks = shaped(&floats(&[1.0, 2.0]), &[2, 1]);
    let wide = made("DequantizeLinear", &[&bytes, &blocks], &[("axis", int(1)), ("block_size", int(2))]);
    assert_eq!(wide, shaped(&floats(&[0.0, 10.0, 40.0, 60.0]), &[2, 2]));
    let narrow = made("QuantizeLinear", &[&floats(&[1.25, -9.0, 999.0]), &float(0.5)], &[]);
    assert_eq!(narrow, of_kind(&list(&[2, 0, 255]), Kind::UINT8));
}
