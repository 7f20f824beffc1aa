use std::io::Cursor;

use super::*;
use crate::read::onnx::bytes::{field, number, varint, with_graph};
use crate::read::onnx::messages::AttributeValue;

fn read_bytes(bytes: impl AsRef<[u8]>) -> Outcome<Model> {
    read(Cursor::new(bytes.as_ref()))
}

/// A model of one node with an attribute of these fields.
fn setting(fields: &[Vec<u8>]) -> Vec<u8> {
    with_graph(&[field(1, field(5, [field(1, "a"), fields.concat()].concat()))])
}

fn value(fields: &[Vec<u8>]) -> Outcome<AttributeValue> {
    read_bytes(setting(fields)).map(|model| model.graph.nodes[0].attributes[0].value.clone())
}

/// A model of one tensor of these fields.
fn tensor_of(fields: &[Vec<u8>]) -> Outcome<Tensor> {
    read_bytes(with_graph(&[field(5, fields.concat())])).map(|model| (*model.graph.initializers[0]).clone())
}

#[test]
fn a_network_is_read() {
    let metadata = |key: &str, value: &[u8]| field(9, [field(1, key), field(2, value)].concat());
    let backwards = field(9, [field(2, "scopes"), field(1, "namespace")].concat());
    let node = [
        field(1, "x"),
        field(1, ""),
        field(2, "y"),
        field(3, "n"),
        field(4, "Conv"),
        field(6, [0xff; 9]),
        field(7, "ai.onnx"),
        field(8, "o"),
        metadata("pkg.torch.onnx.name_scopes", "['', 'conv']".as_bytes()),
        // What nobody wants need not even be text.
        metadata("pkg.torch.onnx.stack_trace", &[0xff; 300]),
        backwards,
    ];
    let sizes =
        [field(1, number(1, 3)), field(1, field(2, "N")), field(1, []), field(1, number(1, u64::MAX))];
    let type_of = |shape: Vec<u8>| field(2, field(1, [number(1, 1), shape].concat()));
    let bytes = [
        number(1, 8),
        field(2, "pytorch"),
        field(3, "2.9.1"),
        field(8, [field(1, "ai.onnx"), number(2, 17)].concat()),
        field(8, number(2, 18)),
        field(8, [field(1, "com.microsoft"), number(2, 1)].concat()),
        with_graph(&[
            field(2, "main"),
            field(1, node.concat()),
            field(11, [field(1, "x"), type_of(field(2, sizes.concat()))].concat()),
            field(12, [field(1, "y"), type_of(vec![])].concat()),
            field(12, [field(1, "z"), field(2, field(4, field(1, [0xff; 2])))].concat()),
            field(13, [field(1, "s"), type_of(field(2, []))].concat()),
        ]),
        // Training, and a field that there isn't.
        field(20, [0xff; 9]),
        number(1000, 1),
        field(
            25,
            [
                field(1, "f"),
                field(4, "a"),
                field(5, "b"),
                field(6, "alpha"),
                field(7, field(4, "Relu")),
                field(9, number(2, 17)),
                field(10, "local"),
                field(11, [field(1, "beta"), number(3, 2), number(20, 2)].concat()),
                field(13, "v"),
            ]
            .concat(),
        ),
    ];
    let Model { ir_version, producer, opsets, graph, functions } = read_bytes(bytes.concat()).unwrap();
    assert_eq!((ir_version, producer.as_str(), graph.name.as_str()), (8, "pytorch 2.9.1", "main"));
    assert_eq!(opsets, [("".into(), 17), ("".into(), 18), ("com.microsoft".into(), 1)]);
    let node = &graph.nodes[0];
    assert_eq!(node.inputs, ["x".into(), "".into()]);
    assert_eq!(
        [&node.outputs[0], &node.name, &node.operator, &node.domain, &node.overload].map(|name| &**name),
        ["y", "n", "Conv", "", "o"]
    );
    assert_eq!(
        node.metadata,
        [("pkg.torch.onnx.name_scopes".into(), "['', 'conv']".into()), ("namespace".into(), "scopes".into()),]
    );
    let [input, output, sequence] = [&graph.inputs[0], &graph.outputs[0], &graph.outputs[1]];
    let expected =
        vec![Dimension::Size(3), Dimension::Symbol("N".into()), Dimension::Unknown, Dimension::Size(-1)];
    assert_eq!((input.kind, input.dims.as_ref()), (Kind::FLOAT, Some(&expected)));
    assert_eq!((output.kind, output.dims.as_ref()), (Kind::FLOAT, None));
    assert_eq!((sequence.kind, sequence.dims.as_ref()), (Kind::UNDEFINED, None));
    assert_eq!(graph.value_info[0].dims, Some(vec![]));
    let function = &functions[0];
    assert_eq!(
        [&function.name, &function.domain, &function.overload].map(|name| &**name),
        ["f", "local", "v"]
    );
    assert_eq!(
        [&function.inputs[0], &function.outputs[0], &function.attributes[0]].map(|name| &**name),
        ["a", "b", "alpha"]
    );
    assert_eq!((function.opsets[0].1, &*function.nodes[0].operator), (17, "Relu"));
    assert!(matches!(function.defaults[0].value, AttributeValue::Int(2)));
}

#[test]
fn attributes_are_what_they_say() {
    let float = |number: u64, value: f32| [varint(number << 3 | 5), value.to_le_bytes().to_vec()].concat();
    let cases = [
        (vec![float(2, 0.5), number(20, 1)], "Float(0.5)"),
        (vec![number(3, u64::MAX), number(20, 2)], "Int(-1)"),
        (vec![field(4, b"a\xffb"), number(20, 3)], "Text(\"a\u{fffd}b\")"),
        // Alone, packed, and both.
        (vec![float(7, 1.0), float(7, 2.0), number(20, 6)], "Floats([1.0, 2.0])"),
        (vec![field(7, [1_f32.to_le_bytes(), 2_f32.to_le_bytes()].concat())], "Floats([1.0, 2.0])"),
        (
            vec![number(8, 3), field(8, [varint(300), varint(1)].concat()), number(8, 4)],
            "Ints([3, 300, 1, 4])",
        ),
        (vec![field(9, "a"), field(9, ""), number(20, 8)], "Texts([\"a\", \"\"])"),
        (vec![field(21, "outer"), number(20, 2)], "Reference(\"outer\")"),
        // What is 0 or empty may be left out.
        (vec![number(20, 1)], "Float(0.0)"),
        (vec![number(20, 2)], "Int(0)"),
        (vec![number(20, 3)], "Text(\"\")"),
        (vec![number(20, 7)], "Ints([])"),
        (vec![field(22, [0xff; 3]), number(20, 11)], "Other"),
        (vec![field(10, [0xff; 3]), field(10, []), number(20, 9)], "Other"),
        (vec![field(4, vec![b' '; (1 << 20) + 1])], "Other"),
        (vec![], "Other"),
    ];
    for (fields, expected) in cases {
        assert_eq!(format!("{:?}", value(&fields).unwrap()), expected);
    }
    let inner = setting(&[field(6, field(1, field(4, "Relu")))]);
    let AttributeValue::Graph(graph) = &read_bytes(inner).unwrap().graph.nodes[0].attributes[0].value else {
        panic!("it is a graph");
    };
    assert_eq!(&*graph.nodes[0].operator, "Relu");
    for fields in [
        vec![number(3, 1), number(3, 2)],
        vec![number(3, 1), number(20, 1)],
        vec![number(3, 1), field(8, varint(1))],
        vec![number(20, 4)],
        vec![field(6, []), field(6, [])],
    ] {
        let mistake = value(&fields).unwrap_err();
        assert!(mistake.why.english.contains("the attribute `a`"), "{mistake}");
    }
}

#[test]
fn where_numbers_lie_is_told() {
    let head = || [field(1, [2, 3]), number(1, 4), number(2, 1), field(8, "w")].concat();
    let raw = tensor_of(&[head(), field(9, [7; 99])]).unwrap();
    assert_eq!((raw.dims, raw.kind, &*raw.name), (vec![2, 3, 4], Kind::FLOAT, "w"));
    // Behind the keys and lengths of the graph, the tensor and the field.
    assert_eq!(raw.data, Data::Raw { offset: 2 + 2 + head().len() as u64 + 2, length: 99 });
    let before = 4 + head().len() as u64;
    let listed = |fields: &[Vec<u8>]| tensor_of(&[&[head()], fields].concat()).unwrap().data;
    // Neighbors are one part, whether packed or not.
    assert_eq!(
        listed(&[number(7, 1), field(7, [1, 2]), field(12, "apart"), number(7, 300)]),
        Data::Listed { field: 7, parts: vec![(before, 6), (before + 13, 3)] }
    );
    assert_eq!(listed(&[field(4, []), field(9, [])]), Data::Nothing);
    let external = |fields: &[(&str, &str)]| {
        let entries = fields.iter().map(|(key, value)| field(13, [field(1, key), field(2, value)].concat()));
        tensor_of(&[head(), entries.collect::<Vec<_>>().concat(), number(14, 1)])
    };
    let all = [("location", "w.bin"), ("checksum", "\u{0}"), ("offset", "4096"), ("length", "96")];
    let expected = Data::External { location: "w.bin".into(), offset: 4096, length: Some(96) };
    assert_eq!(external(&all).unwrap().data, expected);
    let expected = Data::External { location: "w.bin".into(), offset: 0, length: None };
    assert_eq!(external(&all[..1]).unwrap().data, expected);
    assert!(external(&all[1..]).unwrap_err().why.english.contains("`w` lies in another file"));
    assert!(external(&[all[0], ("offset", "-1")]).unwrap_err().why.english.contains("`-1` is no number"));
    let sparse = field(15, [field(1, head()), number(3, 100)].concat());
    let sparse = read_bytes(with_graph(&[sparse])).unwrap().graph.initializers[0].clone();
    assert_eq!((&*sparse.name, &sparse.dims[..], &sparse.data), ("w", &[100][..], &Data::Sparse));
}

/// Where each mistake is, and what the message has.
#[test]
fn mistakes_have_their_byte() {
    let long = |length: u64| [vec![0x3a], varint(length)].concat();
    let raw = |length: u64| {
        let tensor = [vec![0x4a], varint(length)].concat();
        field(7, field(5, tensor))
    };
    let eleven = [vec![0x08], vec![0xff; 10], vec![1]].concat();
    let cases = [
        (vec![], 0, "no graph"),
        (number(1, 8), 2, "no graph"),
        (b"input = [3, 8, 8]\n".to_vec(), 9, "no ONNX file"),
        (vec![0x00, 0x00], 0, "no field of number 0"),
        (vec![0xf8, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00], 0, "no field of number"),
        (vec![0x3b], 0, "type 3"),
        (vec![0x08, 0x01, 0x3c], 2, "type 4"),
        (vec![0x3e], 0, "type 6"),
        (vec![0x3f], 0, "type 7"),
        (eleven, 1, "more than 64 bits"),
        ([vec![0x08], vec![0xff; 9], vec![2]].concat(), 1, "more than 64 bits"),
        (vec![0x08], 1, "ends within a number"),
        (vec![0x08, 0x80], 2, "ends within a number"),
        (vec![0x0d, 1, 2, 3], 1, "ends within a number"),
        (vec![0x09, 1, 2, 3], 1, "ends within a number"),
        (long(1), 0, "1 bytes should follow, and the file has 0 more"),
        (long(1 << 40), 0, "cut off"),
        (long(1 << 62), 0, "cut off"),
        (long(u64::MAX), 0, "cut off"),
        (raw(1 << 40), 4, "cut off"),
        (raw(1 << 62), 4, "cut off"),
        (raw(u64::MAX), 4, "cut off"),
        // A node of three bytes in a graph of two, with bytes behind it.
        ([field(7, [0x0a, 3]), vec![0; 9]].concat(), 2, "reaches beyond what it is in"),
        ([field(7, [0x0a]), vec![0; 9]].concat(), 3, "what it is in ends within a number"),
        ([with_graph(&[]), with_graph(&[])].concat(), 2, "second graph"),
        (with_graph(&[number(1, 1)]), 2, "field 1 is written in the wrong way"),
        (number(7, 1), 0, "field 7 is written in the wrong way"),
        (field(1, "8"), 0, "field 1 is written in the wrong way"),
        (with_graph(&[field(1, field(4, b"Co\xffv"))]), 8, "not UTF-8"),
        (with_graph(&[field(5, number(2, 1 << 40))]), 4, "more than 32 bits"),
        (with_graph(&[field(5, number(1, u64::MAX - 2))]), 4, "the size -3"),
        (with_graph(&[field(5, field(3, []))]), 4, "segments"),
        (with_graph(&[field(5, [field(9, [1]), field(4, [0; 4])].concat())]), 7, "twice"),
        (with_graph(&[field(5, number(9, 1))]), 4, "field 9 is written in the wrong way"),
        (setting(&[field(7, [0; 5])]), 15, "the file ends within a number"),
    ];
    for (bytes, byte, says) in cases {
        let mistake = read_bytes(&bytes).unwrap_err();
        assert!(mistake.why.english.contains(says), "{says}: {mistake}");
        assert_eq!(mistake.byte, byte, "{mistake}");
    }
    let mistake = Mistake { byte: 7, why: text!("no", "否") };
    assert_eq!(
        (format!("{mistake}"), format!("{mistake:#}")),
        ("at byte 7: no".into(), "第 7 字节:否".into())
    );
}
