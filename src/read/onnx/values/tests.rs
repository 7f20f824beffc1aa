use crate::read::onnx::File;
use crate::read::onnx::array::Numbers;
use crate::read::onnx::bytes::{field, number, varint, with_graph};
use crate::text::Text;

/// A file of one tensor, of this type and these sizes, with what else it has.
fn file(kind: u64, dims: &[u64], data: &[u8]) -> File {
    let dims: Vec<_> = dims.iter().flat_map(|&size| number(1, size)).collect();
    let tensor = [dims, number(2, kind), field(8, "w"), data.to_vec()].concat();
    File::hold(&with_graph(&[field(5, tensor)])[..]).unwrap()
}

fn values(kind: u64, dims: &[u64], data: &[u8]) -> Result<Numbers, Text> {
    let file = file(kind, dims, data);
    let tensor = file.model().unwrap().graph.initializers[0].clone();
    let floats = file.floats(&tensor);
    let values = file.values(&tensor, 1_000_000);
    // Both ways say the same, but for what no number of 64 bits holds.
    if let (Ok(array), Ok(floats)) = (&values, &floats) {
        assert_eq!((&array.dims[..], array.kind.0), (dims, i32::try_from(kind).unwrap()));
        assert_eq!(as_floats(array.numbers.as_ref().unwrap()), *floats);
    } else if let (Err(why), Err(other)) = (&values, &floats) {
        assert_eq!(why, other);
    }
    values.map(|array| array.numbers.unwrap())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "to compare")]
fn as_floats(numbers: &Numbers) -> Vec<f32> {
    match numbers {
        Numbers::Ints(ints) => ints.iter().map(|&int| int as f32).collect(),
        Numbers::Floats(floats) => floats.to_vec(),
        Numbers::Doubles(doubles) => doubles.iter().map(|&double| double as f32).collect(),
    }
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    field(9, bytes)
}

/// A packed list of whole numbers.
fn list(at: u64, values: &[i64]) -> Vec<u8> {
    field(at, values.iter().flat_map(|value| varint(value.cast_unsigned())).collect::<Vec<_>>())
}

#[test]
fn whole_numbers_of_every_type() {
    let cases: [(u64, &[i64], Vec<u8>); 25] = [
        (2, &[0, 255], raw(&[0, 255])),
        (2, &[0, 255], list(5, &[0, 255])),
        (3, &[-1, 127], raw(&[255, 127])),
        (3, &[-1, 127], list(5, &[-1, 127])),
        (4, &[65535, 256], raw(&[255, 255, 0, 1])),
        (5, &[-1, 256], raw(&[255, 255, 0, 1])),
        (5, &[-32768, 256], list(5, &[-32768, 256])),
        (6, &[-2, 1 << 24], raw(&[254, 255, 255, 255, 0, 0, 0, 1])),
        (6, &[i32::MIN.into(), 5], list(5, &[i32::MIN.into(), 5])),
        (7, &[-3, 9], raw(&[[253, 255, 255, 255, 255, 255, 255, 255], [9, 0, 0, 0, 0, 0, 0, 0]].concat())),
        (7, &[i64::MIN, i64::MAX], list(7, &[i64::MIN, i64::MAX])),
        // Alone, with something else between.
        (7, &[-1, 300], [number(7, u64::MAX), field(12, "apart"), number(7, 300)].concat()),
        (9, &[1, 0, 1], raw(&[1, 0, 2])),
        (9, &[0, 1], list(5, &[0, 1])),
        (12, &[u32::MAX.into(), 1], raw(&[255, 255, 255, 255, 1, 0, 0, 0])),
        (12, &[u32::MAX.into(), 1], list(11, &[u32::MAX.into(), 1])),
        (13, &[i64::MAX, 1], list(11, &[i64::MAX, 1])),
        // Two in a byte, the lower first; of an odd count, the last byte is half full.
        (21, &[1, 15, 7], raw(&[0xf1, 0x07])),
        (21, &[1, 15, 7], list(5, &[0xf1, 0x07])),
        (22, &[1, -1, 7], raw(&[0xf1, 0x07])),
        (22, &[1, -1, 7], list(5, &[0xf1, 0x07])),
        (25, &[0, 1, 2, 3, 1], raw(&[0xe4, 0x01])),
        (26, &[0, 1, -2, -1, 1], raw(&[0xe4, 0x01])),
        (26, &[0, 1, -2, -1, 1], list(5, &[0xe4, 0x01])),
        (7, &[], vec![]),
    ];
    for (kind, expected, data) in cases {
        let numbers = values(kind, &[expected.len() as u64], &data).unwrap();
        assert_eq!(numbers, Numbers::Ints(expected.into()), "type {kind}");
    }
}

#[test]
fn floats_of_every_type() {
    let single = [1.5_f32, -0.1];
    let bytes: Vec<_> = single.iter().flat_map(|value| value.to_le_bytes()).collect();
    let alone: Vec<_> =
        single.iter().flat_map(|value| [&[0x25][..], &value.to_le_bytes()].concat()).collect();
    let cases: [(u64, &[f32], Vec<u8>); 10] = [
        (1, &single, raw(&bytes)),
        (1, &single, field(4, &bytes)),
        (1, &single, alone),
        (10, &[1.0, -2.0], raw(&[0x00, 0x3c, 0x00, 0xc0])),
        (10, &[1.0, -2.0], list(5, &[0x3c00, 0xc000])),
        (16, &[1.0, -3.140_625], list(5, &[0x3f80, 0xc049])),
        (17, &[1.0, -448.0], raw(&[0x38, 0xfe])),
        (23, &[0.5, -6.0, 1.0], raw(&[0xf1, 0x02])),
        // Four in three bytes, the lowest bits first; one in each number of a list.
        (27, &[7.5, -0.125, 2.0, 0.0, 0.125], raw(&[0b0101_1111, 0b0000_1000, 0b0000_0001, 1])),
        (28, &[28.0, -28.0], list(5, &[0x1f, 0x3f])),
    ];
    for (kind, expected, data) in cases {
        let numbers = values(kind, &[expected.len() as u64], &data).unwrap();
        assert_eq!(numbers, Numbers::Floats(expected.into()), "type {kind}");
    }
    let bytes: Vec<_> = [0.1_f64, 1e300].iter().flat_map(|value| value.to_le_bytes()).collect();
    for data in [raw(&bytes), field(10, &bytes)] {
        assert_eq!(values(11, &[2], &data), Ok(Numbers::Doubles([0.1, 1e300].into())));
    }
}

/// More than is read at once.
#[test]
fn long_tensors_are_whole() {
    let count = 100_003_u32;
    let bytes: Vec<_> = (0..count).flat_map(u32::to_le_bytes).collect();
    let expected: Vec<_> = (0..count).map(i64::from).collect();
    assert_eq!(values(6, &[count.into()], &raw(&bytes)), Ok(Numbers::Ints(expected.into())));
    let bytes: Vec<_> = (0..count.div_ceil(4)).flat_map(|_| [0x55, 0x55, 0x55]).collect();
    // The same bits, however they are cut in six.
    let expected = vec![3.25; count as usize];
    assert_eq!(values(27, &[count.into()], &raw(&bytes)), Ok(Numbers::Floats(expected.into())));
}

#[test]
fn what_does_not_fit_is_refused() {
    let cases = [
        (1, vec![2, 3], raw(&[0; 23]), "there should be 24, for 2×3 of type 1, and there are 23"),
        (1, vec![2, 3], raw(&[0; 25]), "there are 25"),
        (22, vec![3], raw(&[0; 1]), "there should be 2"),
        (1, vec![2, 3], field(4, [0; 20]), "there are 5"),
        (1, vec![2, 3], field(4, [0; 28]), "more than its sizes say"),
        (22, vec![3], list(5, &[0; 3]), "more than its sizes say"),
        (1, vec![2, 3], vec![], "the file has none"),
        (1, vec![1], list(5, &[0]), "field 5, which is not for those of type 1"),
        (7, vec![1], list(5, &[0]), "field 5"),
        (1, vec![1], number(4, 0), "wrong way"),
        (3, vec![1], list(5, &[256]), "more than 8 bits"),
        (28, vec![1], list(5, &[64]), "more than 6 bits"),
        (13, vec![1], list(11, &[-1]), "more than 63 bits"),
        (7, vec![1], field(7, [0x80]), "ends within a number"),
        (8, vec![1], field(6, "text"), "texts"),
        (14, vec![1], raw(&[0; 8]), "complex"),
        (0, vec![1], raw(&[0; 8]), "no type 0"),
        (99, vec![1], raw(&[0; 8]), "no type 99"),
    ];
    for (kind, dims, data, says) in cases {
        let Err(why) = values(kind, &dims, &data) else {
            panic!("{says}");
        };
        assert!(why.english.starts_with("the numbers of `w` can't be read: "), "{why}");
        assert!(why.english.contains(says) && why.chinese.starts_with("无法读取 `w`"), "{says}: {why}");
    }
}

#[test]
fn no_more_are_read_than_are_asked_for() {
    let file = file(7, &[1 << 40, 1 << 40], &raw(&[0; 8]));
    let tensor = file.model().unwrap().graph.initializers[0].clone();
    let array = file.values(&tensor, u64::MAX).unwrap();
    assert_eq!((array.dims, array.numbers), (vec![1 << 40, 1 << 40], None));
    assert!(file.floats(&tensor).unwrap_err().english.contains("there are 8"));
    let file = self::file(7, &[2], &list(7, &[1, 2]));
    let tensor = file.model().unwrap().graph.initializers[0].clone();
    assert_eq!(file.values(&tensor, 1).unwrap().numbers, None);
    assert_eq!(file.values(&tensor, 2).unwrap().numbers, Some(Numbers::Ints([1, 2].into())));
}
