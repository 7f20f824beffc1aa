//! `run` and `bench` of ONNX files as a user meets them: with the weights of the file, with others, and without.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use candle_core::{DType, Tensor};
use onnx_written::{body, field, given, info, int, model, node, number, sizes};
use serde_json::Value;

#[path = "common/onnx_written.rs"]
mod onnx_written;

struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs in the folder of the stored files.
fn cnncost(arguments: &[&str]) -> Run {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let output = command.env("COLUMNS", "100").current_dir(files()).args(arguments).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/reference")
}

/// What must come out, whole.
fn done(arguments: &[&str]) -> String {
    let run = cnncost(arguments);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}");
    run.out
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&done(&[arguments, &["--format", "json"]].concat())).unwrap()
}

fn array(path: &Path) -> Tensor {
    Tensor::read_npy(path).unwrap()
}

/// The largest difference, as a share of the largest number.
fn apart(one: &Tensor, other: &Tensor) -> f64 {
    let numbers = |tensor: &Tensor| -> Vec<f64> {
        tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    assert_eq!(one.dims(), other.dims());
    let (one, other) = (numbers(one), numbers(other));
    let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0_f64, |most, n| most.max(n.abs()));
    let largest = most(&mut other.iter().copied());
    most(&mut one.iter().zip(&other).map(|(one, other)| one - other)) / largest
}

/// The stored input of a file as a `.npy`, and the output that it must give.
fn stored(folder: &Path, name: &str) -> (String, Tensor) {
    let tensors =
        candle_core::safetensors::load(files().join("outputs.safetensors"), &candle_core::Device::Cpu);
    let tensors = tensors.unwrap();
    let of = |part: &str| {
        let prefix = format!("{name}/{part}/");
        tensors.iter().find(|(key, _)| key.starts_with(&prefix)).unwrap().1.clone()
    };
    let path = folder.join(format!("{name}.npy"));
    of("in").write_npy(&path).unwrap();
    (path.to_str().unwrap().to_owned(), of("out"))
}

#[test]
fn the_weights_of_the_file_give_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("y.npy");
    for name in ["small_cnn_ts", "gru_classifier_ts", "scan", "weights_elsewhere"] {
        let (input, expected) = stored(folder.path(), name);
        let file = format!("{name}.onnx");
        let said = done(&["run", &file, "--input", &input, "-o", output.to_str().unwrap()]);
        assert!(said.contains("\nweights: of the file\n"), "{said}");
        assert!(apart(&array(&output), &expected) < 1e-4, "{name}");
    }
    let chinese = done(&["run", "small_cnn_ts.onnx", "--lang", "zh"]);
    assert!(chinese.contains("\n权重:来自该文件\n"), "{chinese}");
    assert_eq!(json(&["run", "small_cnn_ts.onnx"])["weights"], "small_cnn_ts.onnx");
}

#[test]
fn a_measurement_says_whose_weights() {
    let quick = ["--max-time", "0.05", "--warmup", "1"];
    let said = cnncost(&[&["bench", "small_cnn_ts.onnx"], &quick[..]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains(" weights: of the file (small_cnn_ts)\n"), "{}", said.out);
    let both = json(&[&["bench", "small_cnn_ts.onnx", "lenet5"], &quick[..]].concat());
    assert_eq!(both["results"][0]["weights"], "small_cnn_ts.onnx");
    assert_eq!(both["results"][1]["weights"], Value::Null);
    assert!(both["results"][0]["median_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn weights_that_were_saved_give_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (weights, first, second, dump) =
        (place("w.safetensors"), place("a.npy"), place("b.npy"), place("layers"));
    for name in
        ["small_cnn_ts", "gru_classifier_ts", "shared_weights_ts", "small_cnn_qdq", "window_attention_ts"]
    {
        let (input, expected) = stored(folder.path(), name);
        let file = format!("{name}.onnx");
        let given = ["run", &file, "--engine", "candle", "--input", &input];
        done(&[&given[..], &["-o", &first, "--save-weights", &weights, "--dump", &dump]].concat());
        let said = cnncost(&[&given[..], &["-o", &second, "--weights", &weights]].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}");
        assert!(said.out.contains(&format!("\nweights: {weights}\n")), "{}", said.out);
        assert_eq!(apart(&array(Path::new(&first)), &array(Path::new(&second))).to_bits(), 0, "{name}");
        // What every layer computed, the last of which is the output.
        let mut layers: Vec<_> = fs::read_dir(&dump).unwrap().map(|entry| entry.unwrap().path()).collect();
        layers.retain(|path| path.extension().is_some_and(|ending| ending == "npy"));
        layers.sort();
        assert_eq!(apart(&array(layers.last().unwrap()), &array(Path::new(&first))).to_bits(), 0, "{name}");
        // Halves hold three digits; rounded to 8 bits, some numbers end up on another level.
        done(&[&given[..], &["-o", &second, "--dtype", "f16"]].concat());
        let (half, share) = (array(Path::new(&second)), if name.ends_with("qdq") { 2e-2 } else { 5e-3 });
        assert_eq!(half.dtype(), DType::F16);
        assert!(apart(&half, &expected) < share, "{name}: {}", apart(&half, &expected));
    }
}

#[test]
fn weights_that_are_not_there_are_named_before_anything_is_made() {
    let help = " = help: `cnncost analyze` counts without weights; to execute the network, its file must be whole, and what lies \
                beside it\n";
    for command in ["run", "bench"] {
        let said = cnncost(&[command, "resnet18_ts.onnx"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command}");
        let expected = "error: the numbers of `onnx::Conv_193` can't be read: in `stripped.bin`: there is no such file\n";
        assert!(said.err.starts_with(expected) && said.err.ends_with(help), "{command}: {}", said.err);
    }
    let chinese = cnncost(&["run", "resnet18_ts.onnx", "--lang", "zh"]).err;
    assert!(
        chinese.starts_with("错误: 无法读取 `onnx::Conv_193` 的数值:`stripped.bin`:没有这个文件"),
        "{chinese}"
    );
}

/// A file whose weights are so many numbers in another one: floats, or levels of 8 bits.
fn of_a_large_file(folder: &Path, rows: u64, columns: u64, is_quantized: bool) {
    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = vec![];
        while value >= 0x80 {
            bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        bytes.push(value.to_le_bytes()[0]);
        bytes
    }
    let number = |at: u64, value: u64| [varint(at << 3), varint(value)].concat();
    let field =
        |at: u64, bytes: &[u8]| [varint(at << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat();
    let tensor_type = |kind: u64, dims: &[u64]| {
        let dims: Vec<u8> = dims.iter().flat_map(|&size| field(1, &number(1, size))).collect();
        field(1, &[number(1, kind), field(2, &dims)].concat())
    };
    let value = |at: u64, name: &str, kind, dims: &[u64]| {
        field(at, &[field(1, name.as_bytes()), field(2, &tensor_type(kind, dims))].concat())
    };
    let entry = [field(1, b"location"), field(2, b"large.bin")].concat();
    let weight = [
        number(1, rows),
        number(1, columns),
        number(2, if is_quantized { 3 } else { 1 }),
        field(8, b"table"),
        field(13, &entry),
        number(14, 1),
    ];
    let looked_up = if is_quantized { "floats" } else { "table" };
    let node = [field(1, looked_up.as_bytes()), field(1, b"index"), field(2, b"row"), field(4, b"Gather")];
    let before = [field(1, b"table"), field(1, b"scale"), field(2, b"floats"), field(4, b"DequantizeLinear")];
    let scale = [number(2, 1), field(8, b"scale"), field(9, &0.5_f32.to_le_bytes())].concat();
    let before = [field(1, &before.concat()), field(5, &scale)].concat();
    let graph = [
        if is_quantized { before } else { vec![] },
        field(1, &node.concat()),
        field(5, &weight.concat()),
        value(11, "index", 7, &[1]),
        value(12, "row", 1, &[1, columns]),
    ];
    let model = [number(1, 8), field(7, &graph.concat()), field(8, &number(2, 17))].concat();
    fs::write(folder.join("large.onnx"), model).unwrap();
    fs::File::create(folder.join("large.bin"))
        .unwrap()
        .set_len(rows * columns * if is_quantized { 1 } else { 4 })
        .unwrap();
}

/// A file of a terabyte without a byte on the disk.
#[test]
fn more_weights_than_there_is_memory_for_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    of_a_large_file(folder.path(), 1000, 250_000_000, false);
    let file = folder.path().join("large.onnx");
    for command in ["run", "bench"] {
        let said = cnncost(&[command, file.to_str().unwrap()]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command}: {}", said.err);
        assert!(said.err.contains("1.00 TB of weights"), "{command}: {}", said.err);
    }
    of_a_large_file(folder.path(), 3, 5, true);
    done(&["run", file.to_str().unwrap()]);
    of_a_large_file(folder.path(), 3, 5, false);
    done(&["run", file.to_str().unwrap()]);
    // There may be too little memory for what comes out, too.
    of_a_large_file(folder.path(), 2000, 1_000_000, true);
    for command in ["run", "bench"] {
        let said = cnncost(&[command, file.to_str().unwrap()]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command}: {}", said.err);
        let why = ["a weight is what DequantizeLinear makes of others", "8.00 GB of weights"];
        assert!(why.iter().any(|why| said.err.contains(why)), "{command}: {}", said.err);
    }
    of_a_large_file(folder.path(), 3, 5, false);
    // Shorter than it should be.
    fs::File::options().write(true).open(folder.path().join("large.bin")).unwrap().set_len(59).unwrap();
    let said = cnncost(&["run", file.to_str().unwrap()]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("the numbers of `table` can't be read: in `large.bin`: 60 bytes"),
        "{}",
        said.err
    );
}

/// Token ids are within the table that they are looked up in, and several inputs and outputs have names.
#[test]
fn indices_are_in_range_and_inputs_have_names() {
    let folder = tempfile::tempdir().unwrap();
    for seed in ["0", "1", "2"] {
        done(&["run", "gru_classifier_ts.onnx", "--seed", seed, "--batch", "20"]);
    }
    let ids = Tensor::full(10_000_i64, (1, 9), &candle_core::Device::Cpu).unwrap();
    let path = folder.path().join("ids.npy");
    ids.write_npy(&path).unwrap();
    let given = format!("input={}", path.display());
    let said = cnncost(&["run", "gru_classifier_ts.onnx", "--input", &given]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("`input` holds 10000"), "{}", said.err);
    let said = cnncost(&["run", "small_cnn_ts.onnx", "-o", "nothing=y.npy"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("there are `output`"), "{}", said.err);

    // In another order than the file's.
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let ones = |dims: &[usize], name: &str| {
        let ones = Tensor::ones(dims, DType::F32, &candle_core::Device::Cpu).unwrap();
        ones.write_npy(place(name)).unwrap();
        format!("{}={}", name.trim_end_matches(".npy"), place(name))
    };
    let (left, right) = (ones(&[1, 2, 3, 4], "x0.npy"), ones(&[1, 2, 4, 2], "x1.npy"));
    let output = place("y.npy");
    done(&["run", "../ops/matmul_two_inputs.onnx", "--input", &right, "--input", &left, "-o", &output]);
    let product = array(Path::new(&output)).flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(product, [4.0; 12]);
    let (last, first) = (format!("y0_2={}", place("last.npy")), format!("y0_0={}", place("first.npy")));
    done(&["run", "../ops/split_13.onnx", "-o", &last, "-o", &first]);
    let dims = |name: &str| array(Path::new(&place(name))).dims().to_vec();
    assert_eq!((dims("first.npy"), dims("last.npy")), (vec![1, 1, 2], vec![1, 3, 2]));
}

/// What a file leaves open is as the array has it, with a batch or without.
#[test]
fn arrays_have_the_sizes_that_a_file_leaves_open() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let ones = |dims: &[usize], name: &str| {
        let ones = Tensor::ones(dims, DType::F32, &candle_core::Device::Cpu).unwrap();
        ones.write_npy(place(name)).unwrap();
        place(name)
    };
    let (file, input) = ("../page/open.onnx", ones(&[2, 3, 32, 48], "two.npy"));
    let (given, as_sizes) = (place("given.npy"), place("sizes.npy"));
    let said = done(&["run", file, "--input", &input, "-o", &given]);
    assert!(said.starts_with(" open · height = 32 · width = 48 · 3×32×48 → 10 · batch 2\n"), "{said}");
    let sizes = ["--dim", "height=32", "--dim", "width=48"];
    done(&[&["run", file, "--input", &input, "-o", &as_sizes], &sizes[..]].concat());
    assert_eq!(array(Path::new(&given)).dims(), [2, 10]);
    assert_eq!(apart(&array(Path::new(&given)), &array(Path::new(&as_sizes))).to_bits(), 0);
    let one = format!("image={}", ones(&[3, 32, 48], "one.npy"));
    let said = done(&["run", file, "--input", &one]);
    assert!(said.contains("3×32×48 → 10 · batch 1\n"), "{said}");
    // What is given besides is the same, or another than the array's.
    let both = done(&["run", file, "--input", &one, "--dim", "height=32"]);
    assert_eq!(both.matches("height = 32").count(), 1, "{both}");
    let said = cnncost(&["run", file, "--input", &one, "--dim", "height=16"]);
    let expected = format!("error: `{}` is 3×32×48, and `image` is 3×16×48\n", place("one.npy"));
    assert!(said.code == 2 && said.err.starts_with(&expected), "{}", said.err);
    // Sizes that are numbers in the file stay as they are.
    let other = ones(&[1, 4, 32, 48], "other.npy");
    let said = cnncost(&["run", file, "--input", &other]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    // As many dimensions as the file has, or one more or fewer.
    let flat = ones(&[32, 48], "flat.npy");
    let said = cnncost(&["run", file, "--input", &flat]);
    assert!(said.code == 2 && said.err.contains("leaves the size `height`"), "{}", said.err);
}

/// A network of whole numbers: what it is called, its fields, and what comes out.
type NumbersCase<'c> = (&'c str, Vec<Vec<u8>>, &'c [f32]);

/// Whole numbers are looked up and moved as such; whatever else takes them has what it makes of them, beside what is stored,
/// in the type of the network. What comes out is onnxruntime's.
#[test]
fn whole_numbers_are_computed_with() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, output) = (place("it.onnx"), place("y.npy"));
    let ids = |numbers: [i64; 4]| {
        let path = place("t.npy");
        Tensor::new(&[numbers], &candle_core::Device::Cpu).unwrap().write_npy(&path).unwrap();
        path
    };
    let floats = |name: &str, dims: &[u64], values: &[f32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        field(5, [sizes(dims), number(2, 1), field(8, name), field(9, bytes)].concat())
    };
    let whole = |name: &str, dims: &[u64], values: &[i64]| field(5, given(name, dims, values));
    let of = |operator, inputs, outputs, attributes: &[Vec<u8>]| {
        field(1, node(operator, inputs, outputs, attributes))
    };
    let to_float = || of("Cast", "b", "y", &[int("to", 1)]);
    let table: Vec<f32> = (0..12_u8).map(|row| f32::from(row) / 4.0).collect();
    let looked_up =
        || [of("Gather", "table b", "y", &[int("axis", 0)]), floats("table", &[12, 1], &table)].concat();
    let first = || whole("k", &[1, 1], &[2]);
    let axis = || int("axis", 1);
    let cases: [NumbersCase<'_>; 9] = [
        ("join", vec![of("Concat", "k t", "b", &[axis()]), to_float(), first()], &[2., 3., 9., 1., 4.]),
        (
            "join, look up",
            vec![of("Concat", "t k", "b", &[axis()]), looked_up(), first()],
            &[0.75, 2.25, 0.25, 1., 0.5],
        ),
        (
            "join what is found",
            vec![
                of("ArgMax", "t", "a", &[axis()]),
                of("Concat", "k a t", "b", &[axis()]),
                looked_up(),
                first(),
            ],
            &[0.5, 0.25, 0.75, 2.25, 0.25, 1.],
        ),
        ("negate", vec![of("Neg", "t", "b", &[]), to_float()], &[-3., -9., -1., -4.]),
        (
            "negate twice",
            vec![of("Neg", "t", "n", &[]), of("Abs", "n", "b", &[]), looked_up()],
            &[0.75, 2.25, 0.25, 1.],
        ),
        (
            "add, join",
            vec![of("Add", "t k", "a", &[]), of("Concat", "a k", "b", &[axis()]), to_float(), first()],
            &[5., 11., 3., 6., 2.],
        ),
        ("power", vec![of("Pow", "t k", "b", &[]), to_float(), first()], &[9., 81., 1., 16.]),
        (
            "multiply matrices",
            vec![of("MatMul", "t m", "b", &[]), to_float(), whole("m", &[4, 2], &[1, 0, 0, 1, 1, 0, 0, 0])],
            &[4., 9.],
        ),
        (
            "one of classes, scaled",
            vec![
                of("OneHot", "t depth values", "o", &[]),
                of("MatMul", "o table", "y", &[]),
                whole("depth", &[], &[12]),
                floats("values", &[2], &[0., 1.]),
                floats("table", &[12, 1], &table),
            ],
            &[0.75, 2.25, 0.25, 1.],
        ),
    ];
    for (name, fields, expected) in &cases {
        let ends = [field(11, info("t", 7, &[1, 4])), field(12, field(1, "y"))];
        fs::write(&file, model(&[&ends, &fields[..]].concat())).unwrap();
        for dtype in ["f32", "f16"] {
            done(&["run", &file, "--input", &ids([3, 9, 1, 4]), "--dtype", dtype, "-o", &output]);
            let found = array(Path::new(&output)).to_dtype(DType::F32).unwrap();
            assert_eq!(&found.flatten_all().unwrap().to_vec1::<f32>().unwrap(), expected, "{name} {dtype}");
        }
    }
    // More than floats tell apart.
    let large = [(1 << 24) + 1, -(1 << 53) - 1, 0, 5];
    let ends = [field(11, info("t", 7, &[1, 4])), field(12, field(1, "y"))];
    let moved = [of("Reshape", "t s", "y", &[]), whole("s", &[3], &[1, 2, 2])];
    fs::write(&file, model(&[&ends, &moved[..]].concat())).unwrap();
    done(&["run", &file, "--input", &ids(large), "-o", &output]);
    assert_eq!(array(Path::new(&output)).flatten_all().unwrap().to_vec1::<i64>().unwrap(), large);
}

/// x · (W + B·A), as a fine-tuned layer has it: the product of weights is made once, and is no work of the network.
#[test]
fn a_weight_may_be_a_product_of_weights() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let floats = |name: &str, dims: &[u64], values: &[f32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        field(5, [sizes(dims), number(2, 1), field(8, name), field(9, bytes)].concat())
    };
    let of = |operator, inputs, outputs| field(1, node(operator, inputs, outputs, &[]));
    let fields = [
        field(11, info("x", 1, &[1, 2, 3])),
        field(12, field(1, "y")),
        of("MatMul", "b a", "ba"),
        of("Add", "w ba", "sum"),
        of("MatMul", "x sum", "y"),
        floats("w", &[3, 2], &[1., 2., 3., 4., 5., 6.]),
        floats("b", &[3, 1], &[1., 0., -1.]),
        floats("a", &[1, 2], &[10., 20.]),
    ];
    let (file, input, output) = (place("it.onnx"), place("x.npy"), place("y.npy"));
    fs::write(&file, model(&fields)).unwrap();
    let counted = json(&["analyze", &file]);
    let totals = &counted["networks"][0]["totals"];
    assert_eq!(
        (&totals["macs"], &totals["params"]),
        (&Value::from(2 * 3 * 2), &Value::from(6 + 3 + 2)),
        "{totals}"
    );
    let x = Tensor::new(&[[[1f32, 0., 0.], [1., 1., 1.]]], &candle_core::Device::Cpu).unwrap();
    x.write_npy(&input).unwrap();
    done(&["run", &file, "--input", &input, "-o", &output]);
    let found = array(Path::new(&output)).flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(found, [11., 22., 9., 12.]);
}

/// Of one tensor in several forms each layer has its own, and the same form twice is one weight. The parameters count once.
#[test]
fn forms_of_a_tensor_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, input) = (place("it.onnx"), place("x.npy"));
    let w = [1f32, 2., 3., 4.];
    let bytes: Vec<u8> = w.iter().flat_map(|value| value.to_le_bytes()).collect();
    let w = field(5, [sizes(&[2, 2]), number(2, 1), field(8, "w"), field(9, bytes)].concat());
    let of = |operator: &str, inputs: &str, outputs: &str| field(1, node(operator, inputs, outputs, &[]));
    let x = Tensor::new(&[[1f32, 10.]], &candle_core::Device::Cpu).unwrap();
    x.write_npy(&input).unwrap();
    let product = |from: &str, to: &str| of("MatMul", &format!("x {from}"), to);
    let w_and = |other: &str| vec![product("w", "y"), product(other, "z")];
    let cases = [
        ("transposed", [vec![of("Transpose", "w", "t")], w_and("t")].concat(), [21., 43.], true),
        (
            "transposed twice",
            [vec![of("Transpose", "w", "s"), of("Transpose", "s", "t")], w_and("t")].concat(),
            [31., 42.],
            true,
        ),
        ("twice as much", [vec![of("Add", "w w", "t")], w_and("t")].concat(), [62., 84.], false),
        ("negated", [vec![of("Neg", "w", "t")], w_and("t")].concat(), [-31., -42.], false),
        ("added", vec![product("w", "y"), of("Neg", "w", "t"), of("Add", "x t", "z")], [0., 8.], false),
        (
            "made twice",
            vec![of("Neg", "w", "s"), of("Neg", "w", "t"), product("s", "y"), product("t", "z")],
            [-31., -42.],
            true,
        ),
    ];
    for (name, nodes, expected, is_shared) in cases {
        let ends =
            [field(11, info("x", 1, &[1, 2])), field(12, field(1, "y")), field(12, field(1, "z")), w.clone()];
        fs::write(&file, model(&[&ends[..], &nodes].concat())).unwrap();
        let counted = json(&["analyze", &file]);
        assert_eq!(counted["networks"][0]["totals"]["params"], 4, "{name}");
        assert_eq!(done(&["analyze", &file]).contains("shared"), is_shared, "{name}");
        for engine in ["native", "candle"] {
            let [y, z] = ["y", "z"].map(|name| format!("{name}={}", place(name)));
            done(&["run", &file, "--engine", engine, "--input", &input, "-o", &y, "-o", &z]);
            let found = array(Path::new(&place("z"))).flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(found[..2], expected, "{name}, {engine}");
        }
    }
}

/// Before version 9 it went over each sample of a batch by itself.
#[test]
fn the_first_version_of_scan_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it.onnx").to_str().unwrap().to_owned();
    let inside = [
        field(1, node("Add", "s v", "t", &[])),
        field(11, info("s", 1, &[2])),
        field(11, info("v", 1, &[2])),
        field(12, info("t", 1, &[2])),
    ];
    let attributes = [body("body", &inside), int("num_scan_inputs", 1)];
    for (version, inputs, is_known) in [(8, "_ start x", false), (9, "first x", true)] {
        let fields = [
            field(11, info("start", 1, &[1, 2])),
            field(11, info("first", 1, &[2])),
            field(11, info("x", 1, if is_known { &[3, 2] } else { &[1, 3, 2] })),
            field(12, info("y", 1, if is_known { &[2] } else { &[1, 2] })),
            field(1, node("Scan", inputs, "y", &attributes)),
        ];
        let model = [number(1, 3), field(8, number(2, version)), field(7, fields.concat())].concat();
        fs::write(&file, model).unwrap();
        let said = cnncost(&["analyze", &file]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(!said.err.contains("the operator Scan is not known"), is_known, "{version}: {}", said.err);
    }
}
