//! `cnncost run` as a user meets it, and the files that it reads and writes.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use running::{array, folder, read, run, weights};

#[path = "common/running.rs"]
mod running;

/// 2·(0 + … + 17) + 0.5.
#[test]
fn weights_and_input_of_files_give_the_output() {
    let folder = folder();
    let of = |name: &str| folder.path().join(name);
    candle_core::safetensors::save(&weights(), of("w.safetensors")).unwrap();
    let listed: Vec<(String, Tensor)> = weights().into_iter().collect();
    Tensor::write_npz(&listed, of("w.npz")).unwrap();
    for file in ["w.safetensors", "w.npz"] {
        let run =
            run(folder.path(), &["net.toml", "--weights", file, "--input", "x.npy", "--output", "y.npy"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert_eq!(read(of("y.npy")), [306.5]);
    }
    // In half the width, and read back as such.
    let half = ["net.toml", "--weights", "w.npz", "--input", "x.npy", "--output", "h.npy", "--dtype", "f16"];
    assert_eq!(run(folder.path(), &half).code, 0);
    assert_eq!(read(of("h.npy")), [306.5]);
}

#[test]
fn the_same_seed_gives_the_same_and_json_is_as_its_schema_says() {
    let folder = folder();
    let output =
        |seed| run(folder.path(), &["net.toml", "--seed", seed, "--batch", "2", "--format", "json"]).out;
    assert_eq!(output("1"), output("1"));
    assert_ne!(output("1"), output("2"));
    let json: Value = serde_json::from_str(&output("1")).unwrap();
    assert_eq!(json["outputs"]["output"]["shape"], serde_json::json!([2, 1, 1, 1]));
    let schema = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .args(["schema", "run"])
        .output()
        .unwrap()
        .stdout;
    let schema = serde_json::from_slice(&schema).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json));
    let text = run(folder.path(), &["net.toml", "--lang", "zh"]).out;
    assert!(text.contains("均值"), "{text}");
}

#[test]
fn several_inputs_and_outputs_have_names() {
    let folder = folder();
    let of = |name: &str| folder.path().join(name);
    array(&[1, 2], |_| -1.0).write_npy(of("left.npy")).unwrap();
    array(&[1, 2], |_| 3.0).write_npy(of("right.npy")).unwrap();
    let arguments =
        ["--input", "right=right.npy", "--input", "left=left.npy", "-o", "y.npy", "-o", "mid=m.npy"];
    let done = run(folder.path(), &[&["two.toml"][..], &arguments].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!((read(of("y.npy")), read(of("m.npy"))), (vec![3.0, 3.0], vec![0.0, 0.0]));
    let forgotten = run(folder.path(), &["two.toml", "--input", "left.npy"]);
    let note = "note: there is no array for `right`, which holds random numbers\n";
    assert_eq!((forgotten.code, forgotten.err.as_str()), (0, note));
    assert_eq!(run(folder.path(), &["two.toml", "--input", "left.npy", "-q"]).err, "");
    let wrong = run(folder.path(), &["two.toml", "--input", "lef=left.npy"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("no input for `lef`") && wrong.err.contains("did you mean `left`?"),
        "{}",
        wrong.err
    );
}

/// Of many samples the terminal shows the first; JSON has all.
#[test]
fn many_samples_are_cut_short() {
    let shown = run(Path::new("."), &["lenet5", "--batch", "18"]).out;
    assert!(shown.contains("of sample 15: ") && !shown.contains("of sample 16: "), "{shown}");
    assert!(shown.ends_with("  … and 2 more samples; `--format json` has all\n"), "{shown}");
    let json = run(Path::new("."), &["lenet5", "--batch", "18", "--format", "json"]).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["outputs"]["output"]["top"].as_array().unwrap().len(), 18);
}

/// The sizes of the network and the batch are those of the array.
#[test]
fn an_array_sets_the_sizes() {
    let folder = folder();
    array(&[4, 2, 5, 6], |_| 1.0).write_npy(folder.path().join("large.npy")).unwrap();
    array(&[2, 3, 3], |_| 1.0).write_npy(folder.path().join("one.npy")).unwrap();
    array(&[5], |_| 1.0).write_npy(folder.path().join("flat.npy")).unwrap();
    let large = run(folder.path(), &["net.toml", "--input", "large.npy"]);
    assert!(large.out.contains("output  4×1×3×4"), "{}{}", large.out, large.err);
    assert!(run(folder.path(), &["net.toml", "--input", "one.npy"]).out.contains("output  1×1×1×1"));
    let flat = run(folder.path(), &["net.toml", "--input", "flat.npy"]);
    assert_eq!(flat.code, 2);
    assert!(flat.err.contains("`flat.npy` is 5, and `input` is 2×3×3"), "{}", flat.err);
    assert!(run(folder.path(), &["net.toml", "--input", "2x8x8"]).out.contains("output  1×1×6×6"));
}

#[test]
fn a_dump_has_every_node_and_spares_what_is_not_its_own() {
    let folder = folder();
    let dump = |name| run(folder.path(), &["net.toml", "--input", "x.npy", "--dump", name]);
    for _ in 0..2 {
        assert_eq!(dump("d").code, 0);
    }
    let index = fs::read_to_string(folder.path().join("d/cnncost-dump.json")).unwrap();
    let index: Value = serde_json::from_str(&index).unwrap();
    assert_eq!(index.as_array().unwrap().len(), 4);
    assert_eq!(index[1]["file"], "0001_double.npy");
    assert_eq!(read(folder.path().join("d/0000_input.npy")).len(), 18);
    assert_eq!(fs::read_dir(folder.path().join("d")).unwrap().count(), 5);
    let refused = dump(".");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("there are other files in it"), "{}", refused.err);
    assert!(folder.path().join("x.npy").exists());
}

#[test]
fn weights_that_do_not_fit_are_named() {
    let folder = folder();
    let with = |change: &dyn Fn(&mut HashMap<String, Tensor>)| {
        let mut weights = weights();
        change(&mut weights);
        candle_core::safetensors::save(&weights, folder.path().join("w.safetensors")).unwrap();
        run(folder.path(), &["net.toml", "--weights", "w.safetensors", "--input", "x.npy"])
    };
    let wrong = with(&|weights| {
        weights.insert("sum.weight".to_owned(), array(&[1, 2, 5, 5], |_| 1.0));
    });
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.err.contains("`sum.weight` is 1×2×5×5 in the file, and 1×2×3×3 in the network"),
        "{}",
        wrong.err
    );
    let missing = with(&|weights| {
        weights.remove("sum.bias");
        weights.insert("sum.bais".to_owned(), array(&[1], |_| 1.0));
    });
    assert_eq!(missing.code, 2);
    let expected = "the file lacks `sum.bias` 1; nearest is `sum.bais` 1";
    assert!(missing.err.contains(expected), "{}", missing.err);
    let surplus = with(&|weights| {
        weights.insert("other.weight".to_owned(), array(&[7], |_| 1.0));
    });
    assert!(surplus.err.contains("the network has no `other.weight` 7"), "{}", surplus.err);
    // Counters are no weights.
    let counter = with(&|weights| {
        let zero = Tensor::zeros((), DType::I64, &Device::Cpu).unwrap();
        weights.insert("bn.num_batches_tracked".to_owned(), zero);
    });
    assert_eq!(counter.code, 0, "{}", counter.err);
}

/// Other names: what is of one kind is taken in order, if the names tell the order.
#[test]
fn other_names_are_matched_by_shapes_and_order() {
    let folder = folder();
    let rename = |names: [&str; 3]| {
        let weights = weights();
        let of = |name: &str| weights[name].clone();
        let renamed =
            [(names[0], of("double.weight")), (names[1], of("sum.weight")), (names[2], of("sum.bias"))];
        let renamed: HashMap<String, Tensor> =
            renamed.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect();
        candle_core::safetensors::save(&renamed, folder.path().join("w.safetensors")).unwrap();
    };
    rename(["features.0.weight", "features.2.weight", "features.2.bias"]);
    let arguments = ["net.toml", "--weights", "w.safetensors", "--input", "x.npy", "-o", "y.npy"];
    let done = run(folder.path(), &[&arguments[..], &["--verbose"]].concat());
    assert!(done.err.contains("sum.bias  ←  features.2.bias"), "{}", done.err);
    assert_eq!(read(folder.path().join("y.npy")), [306.5]);
    assert!(run(folder.path(), &arguments).err.contains("--verbose lists them"));

    let twins = "input = [1, 4, 4]\nlayers = [{ op = 'conv2d', out_channels = 1, kernel_size = 1 }, \
                 { op = 'conv2d', out_channels = 1, kernel_size = 1 }]";
    fs::write(folder.path().join("twins.toml"), twins).unwrap();
    let tensor = || array(&[1, 1, 1, 1], |_| 1.0);
    let bias = || array(&[1], |_| 1.0);
    let tensors = [
        ("left.weight", tensor()),
        ("left.bias", bias()),
        ("right.weight", tensor()),
        ("right.bias", bias()),
    ];
    let tensors: HashMap<String, Tensor> = tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into();
    candle_core::safetensors::save(&tensors, folder.path().join("w.safetensors")).unwrap();
    let refused = run(folder.path(), &["twins.toml", "--weights", "w.safetensors"]);
    assert_eq!(refused.code, 2);
    let expected = "`left` and `right` hold the same shapes, and their names do not tell which of them is `conv2d_1` and \
                    which `conv2d_2`";
    assert!(refused.err.contains(expected), "{}", refused.err);
}

#[test]
fn what_cannot_be_run_is_said_before_anything_is_made() {
    let folder = folder();
    let huge = "input = [1000000, 1000000]\nlayers = [{ op = 'linear', out_features = 100000000 }]";
    fs::write(folder.path().join("huge.toml"), huge).unwrap();
    let refused = run(folder.path(), &["huge.toml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("of memory, and") && refused.err.contains("is free"), "{}", refused.err);
    let refused = run(folder.path(), &["lenet5", "--batch", "9000000000"]);
    assert!(refused.code == 2 && refused.err.contains("help: at most about `--batch "), "{}", refused.err);
    if !cfg!(feature = "cuda") {
        let refused = run(folder.path(), &["net.toml", "--device", "cuda:1"]);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("cargo build --release --features cuda"), "{}", refused.err);
    }
    for wrong in [
        &["--device", "gpu"][..],
        &["--dtype", "i8"],
        &["--dtype", "bf16"],
        &["--input", "."],
        &["--output", "nowhere=y.npy"],
    ] {
        assert_eq!(run(folder.path(), &[&["net.toml"][..], wrong].concat()).code, 2, "{wrong:?}");
    }
}

#[test]
fn broken_files_are_refused() {
    let folder = folder();
    let of = |name: &str| folder.path().join(name);
    let header = |text: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    };
    let shaped =
        |shape: &str| header(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"));
    let arrays: [(&[u8], &str); 6] = [
        (b"", "ends before"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "ends before"),
        (b"not an array at all", "no array of NumPy's"),
        (&shaped("(1, 2, 3, 3)"), "ends before"),
        (&shaped("(1000000, 1000000, 1000000)"), "ends before"),
        (&shaped("(99999999999, 99999999999, 99999999999)"), "more than a machine can hold"),
    ];
    for (bytes, why) in arrays {
        fs::write(of("bad.npy"), bytes).unwrap();
        let refused = run(folder.path(), &["net.toml", "--input", "bad.npy"]);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains(why), "{why}: {}", refused.err);
    }
    let safetensors = |json: &str, data: usize| {
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(json.as_bytes());
        bytes.extend(vec![0; data]);
        bytes
    };
    // As long as the file with its length, which is shorter than that.
    let mut past = safetensors(r#"{"a": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}}"#, 0);
    let whole = past.len() as u64;
    past[..8].copy_from_slice(&whole.to_le_bytes());
    let archives: [(&[u8], &str); 7] = [
        (&past, "neither a safetensors file nor a .npz"),
        (b"short", "ends before"),
        (&u64::MAX.to_le_bytes(), "neither a safetensors file nor a .npz"),
        (&safetensors("{\"a\": {}}", 0), "`a` is not understood"),
        (&safetensors(r#"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}"#, 4), "ends before"),
        (&safetensors(r#"{"a": {"dtype": "F32", "shape": [9], "data_offsets": [8, 0]}}"#, 8), "other bytes"),
        (b"PK\x03\x04 and no more of it", "no readable .npz"),
    ];
    for (bytes, why) in archives {
        fs::write(of("bad.safetensors"), bytes).unwrap();
        let refused = run(folder.path(), &["net.toml", "--weights", "bad.safetensors"]);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains(why), "{why}: {}", refused.err);
    }
    let refused = run(folder.path(), &["net.toml", "--weights", "nothing.npz"]);
    assert!(refused.err.contains("cannot use `nothing.npz`: there is no such file"), "{}", refused.err);
}

/// A table of 10 rows; what only moves its indices comes before it.
const LOOKED_UP: &str = "input = [6]\nlayers = [\n{ op = 'reshape', shape = [2, 3] },\n\
    { name = 'table', op = 'embedding', num_embeddings = 10, embedding_dim = 4 },\n\
    { op = 'flatten' }, { op = 'linear', out_features = 2 },\n]\n";

#[test]
fn a_network_that_looks_up_its_input_gets_indices() {
    let folder = folder();
    fs::write(folder.path().join("table.toml"), LOOKED_UP).unwrap();
    for dtype in ["f32", "f16"] {
        let done = run(folder.path(), &["table.toml", "--batch", "40", "--dtype", dtype, "--dump", dtype]);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        let indices = read(folder.path().join(dtype).join("0000_input.npy"));
        assert!(indices.iter().all(|index| index.fract() == 0.0 && (0.0..10.0).contains(index)));
        assert!((0u8..10).all(|index| indices.contains(&f32::from(index))), "{indices:?}");
    }
    let with = |wrong: f32, language: &str| {
        let values = move |index: u8| if index == 5 { wrong } else { f32::from(index) };
        array(&[1, 6], values).write_npy(folder.path().join("i.npy")).unwrap();
        run(folder.path(), &["table.toml", "--input", "i.npy", "--lang", language])
    };
    assert_eq!(with(9.0, "en").code, 0);
    for (wrong, shown) in [(10.0, "10"), (0.5, "0.5"), (-1.0, "-1"), (f32::NAN, "NaN")] {
        let refused = with(wrong, "en");
        let expected = format!("`input` holds {shown}, and `table` takes whole numbers from 0 to 9");
        assert!(refused.code == 2 && refused.err.contains(&expected), "{}", refused.err);
    }
    assert!(with(10.0, "zh").err.contains("`table` 只接受 0 到 9 的整数"));
    let mut bench = Command::cargo_bin("cnncost").unwrap();
    bench.env_remove("CLICOLOR_FORCE");
    let limits = ["--min-time", "0.01", "--max-time", "0.1", "--warmup", "1", "--profile"];
    bench.current_dir(folder.path()).args(["bench", "table.toml"]).args(limits).assert().success();
}

/// Each is refused with these words in both languages, and leaves no file behind.
#[test]
fn mistakes_are_said_before_anything_is_written() {
    let folder = folder();
    array(&[3, 2, 3, 3], |_| 1.0).write_npy(folder.path().join("three.npy")).unwrap();
    array(&[1, 2], |_| 1.0).write_npy(folder.path().join("left.npy")).unwrap();
    array(&[3, 2], |_| 1.0).write_npy(folder.path().join("right.npy")).unwrap();
    let whole = HashMap::from([("sum.bias".to_owned(), Tensor::zeros(1, DType::I64, &Device::Cpu).unwrap())]);
    candle_core::safetensors::save(&whole, folder.path().join("whole.safetensors")).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let mistakes: [(&[&str], &str, &str); 15] = [
        (
            &["two.toml", "--input", "right=three.npy"],
            "`three.npy` is 3×2×3×3, and `right` is 2",
            "`three.npy` 是 3×2×3×3,而 `right` 是 2",
        ),
        (&["net.toml", "-o", "none/y.npy"], "there is no directory `none`", "没有目录 `none`"),
        (&["net.toml", "-o", "none/y.npy", "--dump", "d"], "there is no directory", "没有目录"),
        (&["net.toml", "-o", "."], "it is a directory", "这是一个目录"),
        (&["two.toml", "-o", "y.npy", "-o", "y.npy"], "`y.npy` is given for two outputs", "用于两个输出"),
        (&["net.toml", "--dump", "x.npy"], "there is a file of that name", "已有同名文件"),
        (&["net.toml", "--input", "."], "it is a directory", "这是一个目录"),
        (&["net.toml", "--weights", "whole.safetensors"], "it holds no tensors of floats", "没有浮点张量"),
        (&["net.toml", "--input", "three.npy", "--batch", "2"], "`--batch` one of 2", "`--batch` 的是 2"),
        (
            &["net.toml", "--input", "2x4x4", "--input", "x.npy"],
            "stand for the only `--input`",
            "只能作为唯一的",
        ),
        (
            &["two.toml", "--input", "left=left.npy", "--input", "right=right.npy"],
            "batch of 3",
            "批量大小是 3",
        ),
        (
            &["two.toml", "--input", "left.npy", "--input", "left=left.npy"],
            "two arrays for `left`",
            "两个数组",
        ),
        (&["net.toml", "--dtype", "i8"], "on the CPU there are f32 and f16", "CPU 上可用的有 f32 和 f16"),
        (
            &["net.toml", "--dtype", "bf16"],
            "`--dtype f32` or `--dtype f16`",
            "`--dtype f32` 或 `--dtype f16`",
        ),
        (&["net.toml@wide"], "has no variant", "没有变体"),
    ];
    for (arguments, english, chinese) in mistakes {
        for (language, words) in [("en", english), ("zh", chinese)] {
            let refused = run(folder.path(), &[arguments, &["--lang", language]].concat());
            assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{arguments:?}: {}", refused.err);
            assert!(refused.err.contains(words), "{arguments:?}: {}", refused.err);
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
    if cfg!(target_os = "linux") {
        let full = run(folder.path(), &["net.toml", "-o", "/dev/full"]);
        assert!(full.code == 1 && full.err.contains("there is no space left"), "{}", full.err);
    }
}
