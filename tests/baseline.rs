//! `cnncost bench` held against a baseline, called by another program, and within its time.

use benching::cnncost;
use serde_json::Value;

#[path = "common/benching.rs"]
mod benching;

/// With `--strict`, a baseline that is of something else is a failure, which is said even in quiet.
#[test]
fn strict_wants_a_baseline_of_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let net = |channels: usize| {
        let conv = format!("{{ op = 'conv2d', out_channels = {channels}, kernel_size = 1 }}");
        std::fs::write(folder.path().join("net.toml"), format!("input = [4, 6, 6]\nlayers = [{conv}]\n"))
            .unwrap();
    };
    net(4);
    std::fs::write(folder.path().join("other.toml"), "input = [4, 6, 6]\nlayers = [{ op = 'relu' }]\n")
        .unwrap();
    let quick = ["--max-time", "0", "--threads", "1"];
    let baseline =
        cnncost(folder.path(), &[&["net.toml", "--format", "json", "-o", "b.json"], &quick[..]].concat());
    assert_eq!((baseline.code, &*baseline.error), (Some(0), ""));
    let text = std::fs::read_to_string(folder.path().join("b.json")).unwrap();
    let mut base: Value = serde_json::from_str(&text).unwrap();
    // So slow that everything is faster.
    base["results"][0]["samples_seconds"] = serde_json::json!([1e3, 1e3, 1e3]);
    std::fs::write(folder.path().join("b.json"), base.to_string()).unwrap();
    let strict = |more: &[&str]| {
        cnncost(folder.path(), &[&["--compare", "b.json", "--strict", "-q"], &quick[..], more].concat())
    };
    assert_eq!((strict(&["net.toml"]).code, &*strict(&["net.toml"]).error), (Some(0), ""));
    for (arguments, why) in [
        (&["other.toml"][..], "the baseline is of `net`, not of `other`"),
        (&["net.toml", "--batch", "2"], "of `net` the baseline has batch 1 on 1 thread"),
        (&["net.toml", "--input", "4x5x5"], "its input was 4×6×6, and is 4×5×5"),
        (&["net.toml", "--dtype", "f16"], "the baseline is of f32, and this of f16"),
    ] {
        let ran = strict(arguments);
        assert!(ran.code == Some(1) && ran.error.contains(why), "{arguments:?}: {}", ran.error);
    }
    net(5);
    assert!(
        strict(&["net.toml"]).error.contains("it had 576 MACs, and has 720"),
        "{}",
        strict(&["net.toml"]).error
    );
    net(4);
    let file = folder.path().join("net.toml");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + "# Changed.\n").unwrap();
    let ran = strict(&["net.toml"]);
    assert!(ran.code == Some(1) && ran.error.contains("its description has changed"), "{}", ran.error);
    assert_eq!(
        cnncost(folder.path(), &[&["net.toml", "--compare", "b.json"], &quick[..]].concat()).code,
        Some(0)
    );
}

/// A program that passes arguments on is started once more with these, and not with its own.
#[test]
fn arguments_are_those_that_are_passed() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("b.json").display().to_string();
    let run = |program: Option<std::path::PathBuf>| {
        let arguments = [
            "cnncost",
            "bench",
            "lenet5",
            "--threads",
            "3",
            "--max-time",
            "0",
            "--format",
            "json",
            "-o",
            &to,
        ];
        cnncost::cli::run(arguments.map(Into::into), program)
    };
    assert_eq!(run(None), 1);
    assert!(!folder.path().join("b.json").exists());
    assert_eq!(run(Some(env!("CARGO_BIN_EXE_cnncost").into())), 0);
    let json: Value = serde_json::from_str(&std::fs::read_to_string(&to).unwrap()).unwrap();
    assert_eq!(json["results"][0]["threads"], 3);
}

/// Measuring what the machine reaches takes a part of the time that is asked for, and of the memory that is free.
#[test]
fn the_probe_stays_within_time_and_memory() {
    let folder = tempfile::tempdir().unwrap();
    let ran = cnncost(folder.path(), &["lenet5", "--max-time", "0.1", "--threads", "1", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let copied = json["peaks"][0]["copied_bytes"].as_u64().unwrap();
    // Nothing makes and copies 256 MB in 10 ms.
    assert!(copied <= 256 << 20, "{copied}");
    if let Some(free) = cnncost::run::memory::free(&candle_core::Device::Cpu) {
        assert!(u128::from(copied) <= free / 10);
    }
    let caches = json["machine"]["caches"].as_array().unwrap().iter();
    let largest = caches.map(|cache| cache["bytes"].as_u64().unwrap()).max().unwrap_or(0);
    let told = json["caveats"].as_array().unwrap().iter().any(|caveat| caveat["kind"] == "in cache");
    assert_eq!(told, copied <= largest);
}
