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
    let lonely = run(folder.path(), &["net.toml", "--weights", "pipe"]);
    assert!(
        lonely.code == 2 && lonely.err.contains("it is a pipe that nothing is written to"),
        "{}",
        lonely.err
    );
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
