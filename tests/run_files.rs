//! `cnncost run` with pipes, with maps of weights, and with what it writes itself.

use std::collections::HashMap;
use std::fs;

use assert_cmd::Command;
use candle_core::{DType, Device, Tensor};

use running::{array, folder, read, run, weights};

#[path = "common/running.rs"]
mod running;

/// What can be read only once is: the network, its weights, a map and arrays.
#[cfg(unix)]
#[test]
fn what_comes_through_a_pipe_is_read_once() {
    let folder = folder();
    candle_core::safetensors::save(&weights(), folder.path().join("w.safetensors")).unwrap();
    let listed: Vec<(String, Tensor)> = weights().into_iter().collect();
    Tensor::write_npz(&listed, folder.path().join("w.npz")).unwrap();
    fs::write(folder.path().join("m.toml"), "sum = 'sum'\n").unwrap();
    let piped = |file: &str, arguments: &str| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env_remove("CLICOLOR_FORCE");
        command.current_dir(folder.path()).args(["run", "-o", "y.npy"]).args(arguments.split(' '));
        let output = command.write_stdin(fs::read(folder.path().join(file)).unwrap()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for name in ["-", "/dev/stdin"] {
        for (file, arguments) in [
            ("net.toml", "NAME --weights w.safetensors --input x.npy"),
            ("net.toml", "NAME --weights w.npz --input x.npy --batch 1"),
            ("w.safetensors", "net.toml --weights NAME --input x.npy"),
            ("w.npz", "net.toml --weights NAME --input x.npy"),
            ("x.npy", "net.toml --weights w.npz --input NAME"),
            ("m.toml", "net.toml --weights w.npz --input x.npy --map NAME"),
        ] {
            let arguments = arguments.replace("NAME", name);
            assert_eq!(piped(file, &arguments), (Some(0), String::new()), "{arguments}");
            assert_eq!(read(folder.path().join("y.npy")), [306.5]);
        }
        let twice = piped("net.toml", &format!("- --weights {name}"));
        assert!(
            twice.0 == Some(2) && twice.1.contains("standard input can be read only once"),
            "{}",
            twice.1
        );
    }
    for endless in ["/dev/zero", "/dev/null"] {
        for what in ["--weights", "--input", "--map"] {
            let (code, error) = piped(
                "x.npy",
                &format!("net.toml --weights w.npz {what} {endless}").replace("w.npz --weights ", ""),
            );
            assert!(
                code == Some(2) || (what, endless) == ("--map", "/dev/null"),
                "{what} {endless}: {error}"
            );
        }
    }
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (what, file, why) in [
        ("--weights", "pipe", "it is a pipe that nothing is written to"),
        ("--input", "pipe", "it is a pipe that nothing is written to"),
        ("--weights", ".", "it is a directory"),
        ("--input", ".", "it is a directory"),
    ] {
        let refused = run(folder.path(), &["net.toml", what, file]);
        assert!(refused.code == 2 && refused.err.contains(why), "{what} {file}: {}", refused.err);
    }
}

/// A refusal writes what is certain; completed, that is a map that loads the file.
#[test]
fn a_refusal_leads_to_a_map() {
    let folder = folder();
    let of = |name: &str| folder.path().join(name);
    let conv = "op = 'conv2d', out_channels = 1, kernel_size = 1, bias = false";
    let net = format!(
        "input = [1, 2, 2]\nlayers = [{{ name = 'first', {conv} }}, {{ name = 'sum', merge = 'add', branches = {{ \
         p = [{{ name = 'conv', {conv} }}], q = [{{ name = 'conv', {conv} }}] }} }}]"
    );
    fs::write(of("net.toml"), net).unwrap();
    let tensor = |value: f32| Tensor::full(value, (1, 1, 1, 1), &Device::Cpu).unwrap();
    let spare = Tensor::zeros(7, DType::F32, &Device::Cpu).unwrap();
    let given = [("first.weight", tensor(2.)), ("u.weight", tensor(3.)), ("v.weight", tensor(-1.))];
    let mut given: HashMap<String, Tensor> = given.map(|(name, tensor)| (name.to_owned(), tensor)).into();
    candle_core::safetensors::save(&given, of("w.safetensors")).unwrap();
    array(&[1, 1, 2, 2], |_| 1.0).write_npy(of("ones.npy")).unwrap();
    let arguments = ["net.toml", "--weights", "w.safetensors", "--input", "ones.npy", "-o", "y.npy"];
    let with = |more: &[&str]| run(folder.path(), &[&arguments[..], more].concat());

    let refused = with(&[]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("`--write-map FILE` writes what is certain"), "{}", refused.err);
    let refused = with(&["--write-map", "map.toml"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("`map.toml` has what is certain"), "{}", refused.err);
    let map = fs::read_to_string(of("map.toml")).unwrap();
    assert!(map.contains("\"first\" = \"first\"\n\"sum/p/conv\" = \"\"  # weight 1×1×1×1: u, v\n"), "{map}");
    assert!(with(&["--map", "map.toml"]).err.contains("`sum/p/conv` has no name of the file's yet"));
    assert!(!of("y.npy").exists());
    let completed =
        map.replace("p/conv\" = \"\"", "p/conv\" = \"u\"").replace("q/conv\" = \"\"", "q/conv\" = \"v\"");
    fs::write(of("map.toml"), completed).unwrap();
    let done =
        with(&["--map", "map.toml", "--write-map", "again.toml", "--save-weights", "ours.safetensors"]);
    assert_eq!((done.code, &*done.err), (0, ""));
    // 2·3 − 2·1, and again with our own names.
    assert_eq!(read(of("y.npy")), [4.0; 4]);
    assert!(with(&["--map", "again.toml"]).code == 0 && read(of("y.npy")) == [4.0; 4]);
    let ours = ["net.toml", "--weights", "ours.safetensors", "--input", "ones.npy", "-o", "y.npy"];
    assert_eq!((run(folder.path(), &ours).err, read(of("y.npy"))), (String::new(), vec![4.0; 4]));

    // What nobody uses is said, and what is lacking is named.
    given.insert("spare".to_owned(), spare);
    candle_core::safetensors::save(&given, of("w.safetensors")).unwrap();
    assert_eq!(with(&["--map", "map.toml"]).err, "note: 1 tensor of the file is not used: `spare`\n");
    given.remove("v.weight");
    candle_core::safetensors::save(&given, of("w.safetensors")).unwrap();
    let lacking = with(&["--map", "map.toml", "--lang", "zh"]);
    assert!(
        lacking.code == 2 && lacking.err.contains("文件中没有用于 `sum/q/conv.weight` 的 `v.weight`"),
        "{}",
        lacking.err
    );
    for over in ["--write-map", "--save-weights"] {
        for read in ["w.safetensors", "net.toml", "ones.npy", "./map.toml"] {
            let refused = with(&["--map", "map.toml", over, read]);
            assert!(
                refused.code == 2 && refused.err.contains("is read by this command: it is not written over"),
                "{}",
                refused.err
            );
        }
    }
}

/// The draft of a file that calls the tensors of a module otherwise names each of them; counters are none, of whatever type.
#[test]
fn a_draft_can_be_completed_where_tensors_are_called_otherwise() {
    let folder = folder();
    let of = |name: &str| folder.path().join(name);
    fs::write(of("net.toml"), "input = [2]\nlayers = [{ name = 'n', op = 'batch_norm1d', eps = 0 }]")
        .unwrap();
    let vector = |value: f32| Tensor::full(value, 2, &Device::Cpu).unwrap();
    let counter = ("bn/num_batches_tracked".to_owned(), Tensor::new(9f32, &Device::Cpu).unwrap());
    let parts = [("gamma", 6.0), ("beta", 0.5), ("moving_mean", -1.0), ("moving_variance", 4.0)];
    let given = parts.map(|(part, value)| (format!("bn/{part}"), vector(value)));
    candle_core::safetensors::save(&given.into_iter().chain([counter]).collect(), of("w.safetensors"))
        .unwrap();
    array(&[1, 2], |_| 1.0).write_npy(of("ones.npy")).unwrap();
    let arguments = ["net.toml", "--weights", "w.safetensors", "--input", "ones.npy", "-o", "y.npy"];
    let with = |more: &[&str]| run(folder.path(), &[&arguments[..], more].concat());
    assert_eq!(with(&["--write-map", "map.toml"]).code, 2);
    let mut map = fs::read_to_string(of("map.toml")).unwrap();
    let ours = ["weight", "bias", "running_mean", "running_var"];
    for (ours, (theirs, _)) in ours.into_iter().zip(parts) {
        let line = format!("\"n.{ours}\" = \"");
        assert!(map.contains(&line), "{map}");
        map = map.replace(&line, &format!("{line}bn.{theirs}"));
    }
    fs::write(of("map.toml"), map).unwrap();
    assert_eq!(with(&["--map", "map.toml"]).err, "");
    // 6·(1 + 1)/√4 + ½.
    assert_eq!(read(of("y.npy")), [6.5; 2]);
    // With its own names the counter counts as little.
    let given = ours.into_iter().zip(parts).map(|(ours, (_, value))| (format!("n.{ours}"), vector(value)));
    let counter = ("n.num_batches_tracked".to_owned(), Tensor::new(9f32, &Device::Cpu).unwrap());
    candle_core::safetensors::save(&given.chain([counter]).collect(), of("w.safetensors")).unwrap();
    assert_eq!((with(&[]).err, read(of("y.npy"))), (String::new(), vec![6.5; 2]));
}

/// A safetensors file of this header, behind which so many bytes stand.
fn safetensors(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
}

/// What the reference implementation refuses is refused, and what it takes is taken.
#[test]
fn safetensors_are_held_to_their_format() {
    let folder = folder();
    fs::write(folder.path().join("net.toml"), "input = [2]\nlayers = [{ op = 'linear', out_features = 1 }]")
        .unwrap();
    let tensor = |name: &str, shape: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let (weight, bias) = (tensor("linear_1.weight", "[1,2]", 0, 8), tensor("linear_1.bias", "[1]", 8, 12));
    let both = format!("{weight},{bias}");
    let cases = [
        (format!("{{{both}}}"), 12, ""),
        (format!("{{{bias},{weight}}}   \n"), 12, ""),
        (
            format!(
                r#"{{"__metadata__":{{"format":"pt"}},{both},{}}}"#,
                tensor("e", "[0,7]", 12, 12).replace("F32", "I64")
            ),
            12,
            "",
        ),
        (format!("{{{both}}}"), 11, "it ends before its numbers do"),
        (format!("{{{both}}}"), 13, "there are bytes behind those of its tensors"),
        (format!("{{{weight},{}}}", tensor("b", "[1]", 4, 8)), 8, "`b` and `linear_1.weight` overlap"),
        (format!("{{{weight},{}}}", tensor("b", "[2]", 0, 8)), 8, "`linear_1.weight` and `b` overlap"),
        (
            format!("{{{weight},{}}}", tensor("b", "[1]", 12, 16)),
            16,
            "the bytes from 8 to 12, before `b`, are no tensor's",
        ),
        (format!("{{{}}}", tensor("b", "[1]", 4, 8)), 8, "the bytes from 0 to 4, before `b`"),
        (format!("{{{weight},{weight}}}"), 8, "there are two tensors called `linear_1.weight`"),
        (format!("{{{}}}", tensor("b", "[2]", 0, 9)), 9, "`b` has other bytes than its shape"),
        (format!("{{{}}}", tensor("b", "[0,9223372036854775808,4]", 0, 0)), 0, "other bytes than its shape"),
        (format!("{{{}}}", tensor("b", &format!("[{}1]", "1,".repeat(64)), 0, 4)), 4, "at most 64 sizes"),
        (format!(r#"{{"__metadata__":{{"n":1}},{both}}}"#), 12, "expected a string"),
        (format!("{{{both}}} {{}}"), 12, "trailing characters"),
        (format!("{{{both}"), 12, "its header is not understood: EOF"),
        (r#"{"x":[0,0,0]}"#.to_owned(), 0, "`x` is not understood"),
        ("[]".to_owned(), 0, "expected tensors by their names"),
    ];
    for (header, data, why) in cases {
        let bytes = safetensors(&header, data);
        fs::write(folder.path().join("w"), &bytes).unwrap();
        let read = run(folder.path(), &["net.toml", "--weights", "w"]);
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env_remove("CLICOLOR_FORCE").current_dir(folder.path());
        command.args(["run", "net.toml", "--weights", "-"]).write_stdin(bytes);
        let piped = String::from_utf8(command.output().unwrap().stderr).unwrap();
        for error in [&read.err, &piped] {
            assert!(if why.is_empty() { error.is_empty() } else { error.contains(why) }, "{header}: {error}");
        }
        assert_eq!(read.code, if why.is_empty() { 0 } else { 2 }, "{header}");
    }
}

/// A header takes the memory of its tensors, whatever else stands in it.
#[cfg(target_os = "linux")]
#[test]
fn a_header_is_read_in_little_memory() {
    let folder = folder();
    let zeros = format!("[0{}]", ",0".repeat(20_000_000));
    let shape = format!(r#"{{"dtype":"F32","shape":{zeros},"data_offsets":[0,0]}}"#);
    let texts: String = (0..1_000_000).map(|index| format!(r#""{index}":"","#)).collect();
    let empty: String = (0..100_000)
        .map(|index| format!(r#""block.{index}.weight":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}},"#))
        .collect();
    let last = r#""z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#;
    for (header, why) in [
        (format!(r#"{{"x":{zeros}}}"#), "`x` is not understood"),
        (format!(r#"{{"x":{shape}}}"#), "`x` is not understood"),
        (format!(r#"{{"__metadata__":{{{texts}"z":""}},{last}}}"#), "are not those of the network"),
        (format!("{{{empty}{last}}}"), "are not those of the network"),
    ] {
        fs::write(folder.path().join("w"), safetensors(&header, 0)).unwrap();
        drop(header);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -v 300000; RAYON_NUM_THREADS=1 exec \"$0\" run net.toml --weights w"]);
        command.arg(assert_cmd::cargo::cargo_bin("cnncost")).current_dir(folder.path());
        let output = command.env_remove("CLICOLOR_FORCE").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(why), "{why}: {}: {error}", output.status);
    }
}

/// A member of a zip.
#[derive(Clone, Copy)]
struct Member<'a> {
    name: &'a str,
    method: u16,
    stored: &'a [u8],
    size: usize,
    crc: u32,
}

fn zip(members: &[Member]) -> Vec<u8> {
    let (mut bytes, mut directory) = (vec![], vec![]);
    for Member { name, method, stored, size, crc } in members {
        let numbers = |bytes: &mut Vec<u8>| {
            bytes.extend([0, 0]);
            bytes.extend(method.to_le_bytes());
            bytes.extend([0, 0, 0x21, 0]);
            for number in [*crc, u32::try_from(stored.len()).unwrap(), u32::try_from(*size).unwrap()] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            bytes.extend([0, 0]);
        };
        let start = u32::try_from(bytes.len()).unwrap();
        bytes.extend(b"PK\x03\x04\x14\x00");
        numbers(&mut bytes);
        bytes.extend(name.as_bytes());
        bytes.extend(*stored);
        directory.extend(b"PK\x01\x02\x14\x00\x14\x00");
        numbers(&mut directory);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length) = (bytes.len(), directory.len());
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\x00\x00\x00\x00");
    for count in [members.len(), members.len()] {
        bytes.extend(u16::try_from(count).unwrap().to_le_bytes());
    }
    for place in [length, start] {
        bytes.extend(u32::try_from(place).unwrap().to_le_bytes());
    }
    bytes.extend([0, 0]);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(crc & 1)))
    })
}

/// What a zip says of its members is held against them, as NumPy and more than NumPy does.
#[test]
fn npz_are_held_to_what_they_say() {
    let folder = folder();
    fs::write(
        folder.path().join("net.toml"),
        "input = [2]\nlayers = [{ op = 'linear', out_features = 1, bias = false }]",
    )
    .unwrap();
    let header = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }");
    let array = [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), &[0; 8]].concat();
    let size = array.len();
    let length = u16::try_from(size).unwrap();
    // One block of deflate that is stored.
    let deflated = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &array].concat();
    let long = [&array[..], &[0]].concat();
    let mut flipped = array.clone();
    flipped[size - 3] ^= 1;
    let good = Member { name: "linear_1.weight.npy", method: 0, stored: &array, size, crc: crc32(&array) };
    let squeezed = Member { method: 8, stored: &deflated, ..good };
    let damaged = "`linear_1.weight`: it is damaged: Invalid checksum";
    let cases: [(&[Member], &str); 12] = [
        (&[good], ""),
        (&[squeezed], ""),
        (&[Member { stored: &flipped, ..good }], damaged),
        (&[Member { crc: 7, ..squeezed }], damaged),
        (&[good, good], "two of its members have one name"),
        (&[Member { method: 12, ..good }], "it is compressed with bzip2, which is not read"),
        (&[Member { method: 14, ..good }], "it is compressed with lzma, which is not read"),
        (
            &[Member { stored: &long, size: size + 1, crc: crc32(&long), ..good }],
            "other bytes than its shape",
        ),
        (&[Member { size: size - 1, ..good }], "other bytes than its shape"),
        (&[Member { size: size + 1, ..squeezed }], "other bytes than its shape"),
        (&[Member { stored: &array[..size - 4], ..good }], damaged),
        (&[Member { name: "linear_1.weight", ..good }], "`linear_1.weight` in it is no array"),
    ];
    for (members, why) in cases {
        fs::write(folder.path().join("w"), zip(members)).unwrap();
        let read = run(folder.path(), &["net.toml", "--weights", "w"]);
        let is_right = if why.is_empty() { read.err.is_empty() } else { read.err.contains(why) };
        assert!(is_right, "{why}: {}", read.err);
        assert_eq!(read.code, if why.is_empty() { 0 } else { 2 }, "{why}");
    }
}
