//! `run` with one engine and another, and what it says of them.

#[path = "common/running.rs"]
mod running;

use std::path::Path;

use running::{folder, read, run};

/// The engines' outputs beside each other.
fn differ(folder: &Path, network: &str, options: &[&str]) -> f32 {
    let output = |name: &str, engine: &[&str]| {
        let arguments = [&[network, "--seed", "3", "-o", name], engine].concat();
        let ran = run(folder, &arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        read(folder.join(name))
    };
    let (ours, theirs) = (output("ours.npy", options), output("theirs.npy", &["--engine", "candle"]));
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// With few threads this one is computed in parts.
#[test]
fn a_large_batch_comes_to_its_end() {
    let folder = folder();
    let text = "input = [16, 256, 256]\nlayers = [{ op = 'conv2d', out_channels = 16, kernel_size = 1 }, \
                { op = 'max_pool2d', kernel_size = 8 }, 'flatten', { op = 'linear', out_features = 10 }]";
    std::fs::write(folder.path().join("wide.toml"), text).unwrap();
    let [ours, theirs] = ["native", "candle"].map(|engine| {
        let arguments = ["wide.toml", "--batch", "6", "--seed", "3", "-o", "out.npy", "--engine", engine];
        let ran = run(folder.path(), &arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        read(folder.path().join("out.npy"))
    });
    assert_eq!((ours.len(), theirs.len()), (60, 60));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-4));
}

#[test]
fn both_engines_give_the_same() {
    let folder = folder();
    for options in [&[][..], &["--engine", "native"], &["--isa", "scalar"]] {
        assert!(differ(folder.path(), "lenet5", options) < 1e-6);
        assert!(differ(folder.path(), "net.toml", options) < 1e-6);
    }
    // What has several inputs and ends, too.
    let both = ["two.toml", "--seed", "1", "--engine", "native"];
    let ran = run(folder.path(), &both);
    assert_eq!(
        (ran.code, ran.out.lines().filter(|line| line.contains("  2")).count()),
        (0, 0),
        "{}",
        ran.err
    );
}

#[test]
fn what_an_engine_cannot_is_said() {
    let folder = folder();
    let refused = |arguments: &[&str], message: &str| {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(message), "{}", ran.err);
    };
    refused(
        &["lenet5", "--engine", "native", "--dtype", "f16"],
        "computes in f32 on the CPU, not in f16 on cpu",
    );
    refused(&["lenet5", "--engine", "candle", "--isa", "scalar"], "`--isa` is for the native engine");
    refused(&["lenet5", "--engine", "native", "--dump", "layers"], "use `--engine candle`");
    refused(&["lenet5", "--show-plan", "--format", "json"], "table, markdown, csv or latex");
    let other = if cfg!(target_arch = "x86_64") { "neon" } else { "avx2" };
    refused(&["lenet5", "--isa", other], &format!("this processor has no {other}"));
    // Without being asked for, it is the engine that can.
    let dumped = run(folder.path(), &["lenet5", "--dump", "layers"]);
    assert_eq!(
        (dumped.code, folder.path().join("layers/0000_input.npy").exists()),
        (0, true),
        "{}",
        dumped.err
    );
}

#[test]
fn the_plan_says_which_kernel_computes_what() {
    let folder = folder();
    let plan = |engine: &str| run(folder.path(), &["inception_mnist", "--show-plan", "--engine", engine]);
    let native = plan("native");
    assert_eq!(native.code, 0, "{}", native.err);
    for kernel in ["direct convolution", "pool", "linear layer", "of which candle computes 0"] {
        assert!(native.out.contains(kernel), "{kernel} is not in\n{}", native.out);
    }
    assert!(plan("candle").out.contains("candle"));
    // What has no kernel is left to candle, and said.
    std::fs::write(
        folder.path().join("rare.toml"),
        "input = [4, 6]\nlayers = ['relu', { name = 'turned', op = 'flip', dims = [1] }]",
    )
    .unwrap();
    let rare = run(folder.path(), &["rare.toml", "--show-plan", "--format", "csv"]);
    assert!(rare.out.lines().any(|line| line.contains("turned") && line.contains("candle")), "{}", rare.out);
}
