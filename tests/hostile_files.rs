//! The program on files that mean it no good: each is answered, with a message that says why, and none takes long or much.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use candle_core::{Device, Tensor};
use tempfile::TempDir;

/// A hang fails; nothing here takes more than a few seconds in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);

const NET: &str = "input = [3, 8, 8]\nlayers = [{ op = 'relu' }]\n";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path("net.toml");
        fs::write(&path, text).unwrap();
        path
    }
}

fn cnncost(arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE").args(arguments).timeout(PATIENCE).output().unwrap()
}

fn analyze(path: &Path) -> Output {
    cnncost(&["analyze", path.to_str().unwrap()])
}

/// Whatever is said of many claims that fail takes about as long for each as for the first: none looks at all others, or
/// builds a network anew.
#[test]
fn many_claims_may_fail() {
    let folder = Folder::new();
    let one = "input = [3, 8, 8]\nlayers = [{ op = 'conv2d', out_channels = 4, kernel_size = 3 }]\n";
    let classic = "[networks]\nnet = 'resnet50'\n";
    for (head, count, expect, format) in [
        (one, 20_000, "macs == ", "json"),
        (one, 20_000, "macs == ", "github"),
        (one, 20_000, "macs ~ 7919.", "text"),
        (classic, 2_000, "net:macs == 1000", "text"),
    ] {
        let claims = (0..count).map(|index| format!("[[claims]]\nexpect = '{expect}{index}'\n"));
        let path = folder.write(head.to_owned() + &claims.collect::<String>());
        let start = Instant::now();
        let output = cnncost(&["check", path.to_str().unwrap(), "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{expect}, {format}");
        let took = start.elapsed();
        assert!(took < PATIENCE / 3, "{expect}, {format}: {took:?}");
    }
}

/// A figure that takes a walk through the whole network is found once, however many claims ask for it.
#[test]
fn many_claims_may_ask_of_a_large_network() {
    let folder = Folder::new();
    let net = "input = [3, 8, 8]\n\
               layers = [{ name = 'x', op = 'conv2d', out_channels = 3, kernel_size = 1, repeat = 20000 }]\n";
    for (figure, unit) in [("fvcore", ""), ("x/1.t4.time", "ms")] {
        let claims = (0..3000).map(|index| format!("[[claims]]\nexpect = '{figure} > {index} {unit}'\n"));
        let path = folder.write(net.to_owned() + &claims.collect::<String>());
        let output = cnncost(&["check", path.to_str().unwrap()]);
        assert!(output.status.code().is_some_and(|code| code < 2), "{figure}: {output:?}");
    }
}

/// It is refused, for this reason.
#[track_caller]
fn refused(output: &Output, why: &str) {
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(output.stdout.is_empty() && error.contains(why), "expected `{why}`: {error}");
    assert!(!error.contains('\u{1b}') && error.len() < 60_000, "{} bytes", error.len());
}

#[track_caller]
fn fine(output: &Output) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
}

fn list(item: &str, count: usize) -> String {
    format!("input = [3, 8, 8]\nlayers = [{}]\n", item.repeat(count))
}

#[test]
fn what_is_too_much_is_refused() {
    let nodes = "more than 4000000 nodes";
    let cycle = ["ab", "bc", "cd", "da"].map(|edge| {
        let (block, used) = edge.split_at(1);
        format!("[blocks.{block}]\nlayers = [{{ use = '{used}' }}]\n")
    });
    let parentheses = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let blocks: String = (0..100_000).map(|n| format!("[blocks.b{n}]\nlayers = []\n")).collect();
    let variants: String = (0..100_000).map(|n| format!("[[variants]]\nname = 'v{n}'\n")).collect();
    let doubled = (1..23).map(|level| {
        let below = level - 1;
        format!("[blocks.b{level}]\nlayers = [{{ use = 'b{below}' }}, {{ use = 'b{below}' }}]\n")
    });
    let doubled = "[blocks.b0]\nlayers = [{ op = 'relu' }]\n".to_owned() + &doubled.collect::<String>();
    let cases = [
        (list("{ use = 'b22' }", 1) + &doubled, nodes),
        (list("{ repeat = 40, layers = [{ op = 'relu', repeat = '2^i' }] }", 1), nodes),
        ("[".repeat(15_000_000), "more than 80 deep"),
        (",".repeat(15_000_000), "at most 300000 words and marks"),
        ("a\n".repeat(7_500_000), "at most 300000 words and marks"),
        (list("{ layers = [", 100_000), "more than 80 deep"),
        (format!("{} = 1\n", vec!["a"; 100_000].join(".")), "more than 80 parts"),
        (list("{ use = 'a' }", 1) + &cycle.concat(), "a block uses itself: `a` → `b` → `c` → `d` → `a`"),
        (list("{ op = 'relu', repeat = 1_000_000_000_000 }", 1), nodes),
        (list("{ op = 'relu' }, ", 800_000), "at most 300000 words and marks"),
        (list(&format!("{{ op = 'relu', repeat = '{parentheses}' }}"), 1), "200001 bytes of at most 1000"),
        (list(&format!("{{ op = 'relu', repeat = '{}1' }}", "(".repeat(100)), 1), "more than 64 levels"),
        (blocks + NET, "at most 300000 words and marks"),
        (NET.to_owned() + &variants, "at most 300000 words and marks"),
        (list(&format!("{{ op = 'relu', name = '{}' }}", "n".repeat(101)), 1), "at most 100 characters"),
        (format!("input = [{}]\nlayers = [{{ op = 'relu' }}]", "1,".repeat(65)), "at most 64 dimensions"),
        (format!("input = [{}]\nlayers = [{{ op = 'relu' }}]", "9".repeat(10_000_000)), "too large"),
        ("input = [9007199254740993]\nlayers = [{ op = 'relu' }]".to_owned(), "above 2^53"),
        (
            format!("input = [{0}, {0}, {0}]\nlayers = [{{ op = 'relu' }}]", 1_u64 << 53),
            "more than 2^128 elements",
        ),
    ];
    let folder = Folder::new();
    for (text, why) in cases {
        refused(&analyze(&folder.write(text)), why);
    }
}

#[test]
fn what_is_only_large_is_read() {
    let folder = Folder::new();
    let cases = [
        format!("# {}\n{NET}", "x".repeat(10_000_000)),
        format!("about = '{}'\n{NET}", "x".repeat(10_000_000)),
        list("{ op = 'relu' }, ", 20_000),
        list("{ op = 'relu', repeat = 60_000 }", 1),
        format!("\u{feff}{}", NET.replace('\n', "\r\n")),
    ];
    for text in cases {
        fine(&analyze(&folder.write(text)));
    }
    let variants: String = (0..3000).map(|n| format!("[[variants]]\nname = 'v{n}'\n")).collect();
    let path = folder.write(format!("{NET}{variants}"));
    fine(&cnncost(&["analyze", &format!("{}@*", path.display())]));
}

/// A mistake far to the right of a long line, or far below another place of it, is shown where it is.
#[test]
fn places_are_right_in_long_files() {
    let folder = Folder::new();
    let name = "x".repeat(3_000_000);
    let path = folder.write(format!("about = '{name}'; y"));
    refused(&analyze(&path), "net.toml:1:3000011");
    let path = folder.write(format!("input = [3]\nabout = '''{}'''\ninput = [3]\n", "\n".repeat(3_000_000)));
    refused(&analyze(&path), "net.toml:3000003:1");
    refused(&analyze(&path), "note: line 1: the first");
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = Folder::new();
    refused(&analyze(folder.0.path()), "it is a directory");
    refused(&analyze(&folder.write("")), "the network has no `input`");
    refused(&analyze(&folder.write(b"input = [3]\nname = '\xff'")), "not UTF-8 text, see line 2");
    // One of several is gone when its turn comes.
    let (here, gone) = (folder.write(NET), folder.path("gone.toml"));
    let both = cnncost(&["analyze", gone.to_str().unwrap(), here.to_str().unwrap()]);
    assert_eq!(both.status.code(), Some(2));
    assert!(String::from_utf8(both.stderr).unwrap().contains("there is no such file"));
    assert!(!both.stdout.is_empty(), "the other one is done");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_read_without_waiting_for_what_never_comes() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let name = pipe.to_str().unwrap().to_owned();
    let name = name.as_str();
    refused(&analyze(&pipe), "a pipe that nothing is written to");
    refused(&cnncost(&["analyze", "lenet5", "--device-spec", name]), "a pipe that nothing is written to");
    refused(&cnncost(&["analyze", "lenet5", "--device-spec", "/dev/zero"]), "larger than 16 MB");
    refused(&analyze(Path::new("/dev/zero")), "larger than 16 MB");
    refused(&analyze(Path::new("/dev/null")), "the network has no `input`");
    let link = folder.path("loop.toml");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    refused(&analyze(&link), "symbolic links");
    // A writer, even one that takes its time, is waited for.
    let writer = std::thread::spawn(move || {
        let mut pipe = fs::File::options().write(true).open(pipe).unwrap();
        std::thread::sleep(Duration::from_millis(700));
        std::io::Write::write_all(&mut pipe, NET.as_bytes()).unwrap();
    });
    std::thread::sleep(Duration::from_millis(100));
    fine(&cnncost(&["analyze", name]));
    writer.join().unwrap();
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    command.args(["analyze", "/dev/stdin"]).write_stdin(NET).timeout(PATIENCE).assert().success();
}

/// Nothing from a file, a path or the command line reaches the terminal as anything but text.
#[test]
fn nothing_steers_the_terminal() {
    let folder = Folder::new();
    let steering = "\u{1b}[31m\u{7}\u{202e}";
    let escaped = "\\u001b[31m\\u0007\\u202e";
    for text in [
        format!("name = \"{escaped}\"\n{NET}"),
        format!("about = \"\u{202e}\"\n{NET}"),
        format!("{NET}[[variants]]\nname = \"{escaped}\""),
        format!("{NET}[blocks.\"{escaped}\"]\nlayers = []"),
        format!("input = [3]\nlayers = [{{ op = \"{escaped}\" }}]"),
        format!("input = [3]\nlayers = [{{ op = 'relu', \"{escaped}\" = 1 }}]"),
        format!("{NET}params = {{ a = [\"{escaped}\"] }}"),
    ] {
        let output = analyze(&folder.write(text));
        refused(&output, "which is not shown and changes what is");
        assert!(!String::from_utf8(output.stderr).unwrap().contains('\u{202e}'));
    }
    let net = folder.write(NET);
    let net = net.to_str().unwrap();
    let mut said = vec![
        cnncost(&["analyze", steering]),
        cnncost(&["analyze", &format!("lenet5@{steering}")]),
        cnncost(&["analyze", "bottleneck", "--set", &format!("reduce={steering}")]),
        cnncost(&["analyze", "bottleneck", "--set", &format!("{steering}=1")]),
        cnncost(&["analyze", "lenet5", "--columns", steering]),
        cnncost(&["analyze", "lenet5", "--device-spec", steering]),
        cnncost(&["analyze", "lenet5", "-o", &format!("/nowhere/{steering}")]),
        cnncost(&["explain", "lenet5", steering]),
        cnncost(&["ops", steering]),
        cnncost(&["models", steering]),
    ];
    let named = folder.path(&format!("a{steering}.toml"));
    // Not every file system has such names.
    if fs::copy(net, &named).is_ok() {
        let named = named.to_str().unwrap();
        for format in ["table", "tree", "markdown", "csv", "latex"] {
            said.push(cnncost(&["analyze", named, "--format", format]));
            said.push(cnncost(&["analyze", named, net, "--format", format]));
        }
        said.push(cnncost(&["analyze", named, "--memory"]));
        said.push(cnncost(&["explain", named]));
    }
    for output in said {
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
}

/// What stands behind a name, why it cannot be used, is said however long the name is.
#[test]
fn a_reason_stands_behind_the_longest_name() {
    let name = "n".repeat(5000);
    let written = cnncost(&["analyze", "lenet5", "-o", &format!("/nowhere/{name}")]);
    let said = String::from_utf8(written.stderr).unwrap();
    assert_eq!(written.status.code(), Some(1));
    assert!(said.starts_with("error: cannot write /nowhere/nnn") && said.len() < 2000, "{said}");
    assert!(!said.trim_end().ends_with('n') && said.contains(" … nnn"), "{said}");
}

/// Arrays without dimensions and weights that are no numbers are told as what they are.
#[test]
fn odd_arrays_are_told_as_what_they_are() {
    let folder = Folder::new();
    let net = folder.write(
        "input = [2, 1, 1]\nlayers = [{ op = 'conv2d', out_channels = 2, kernel_size = 1, bias = false }]",
    );
    let net = net.to_str().unwrap();
    let file = |name: &str, tensor: Tensor| {
        let path = folder.path(name);
        tensor.write_npy(&path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tensor = |values: &[f32], dims: &[usize]| Tensor::from_slice(values, dims, &Device::Cpu).unwrap();
    let scalar = file("scalar.npy", tensor(&[1.0], &[]));
    refused(&cnncost(&["run", net, "--input", &scalar]), "scalar.npy` is a scalar, and `input` is 2×1×1");
    refused(
        &cnncost(&["run", net, "--input", &scalar, "--lang", "zh"]),
        "scalar.npy` 是 0 维标量,而 `input` 是 2×1×1",
    );
    let input = file("x.npy", tensor(&[f32::NAN, 3.0], &[1, 2, 1, 1]));
    let weights = folder.path("w.safetensors");
    let identity =
        HashMap::from([("conv2d_1.weight", tensor(&[f32::INFINITY, 0.0, 0.0, 1.0], &[2, 2, 1, 1]))]);
    candle_core::safetensors::save(&identity, &weights).unwrap();
    let run = |input: &str, more: &[&str]| {
        let usual = ["run", net, "--input", input, "--weights", weights.to_str().unwrap()];
        let output = cnncost(&[&usual, more].concat());
        fine(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let text = run(&input, &[]);
    assert!(text.contains("not a number (NaN): 2; min and max are of the rest"), "{text}");
    assert!(text.contains("min NaN  max NaN"), "{text}");
    let ones = file("y.npy", tensor(&[1.0, 3.0], &[1, 2, 1, 1]));
    let text = run(&ones, &[]);
    assert!(text.contains("min 3.000  max inf") && text.contains("infinite: 1"), "{text}");
    let data: serde_json::Value = serde_json::from_str(&run(&input, &["--format", "json"])).unwrap();
    let output = &data["outputs"]["output"];
    assert!(output["nan"] == 2 && output["not_finite"] == 2 && output["min"].is_null(), "{data}");
}

#[test]
fn hostile_arguments_are_refused() {
    let digits = "9".repeat(100_000);
    let path = "layer1/".repeat(15_000);
    let reduce = format!("reduce={digits}");
    let cases: [(&[&str], &str); 14] = [
        (&["analyze", "bottleneck", "--set", "reduce=1e999999999"], "cannot be set to a number that large"),
        (&["analyze", "bottleneck", "--set", &reduce], "cannot be set to a number that large"),
        (&["analyze", "bottleneck", "--set", "="], "has no parameter ``"),
        (&["analyze", "lenet5", "--input", "0x0"], "`0` is no size"),
        (&["analyze", "lenet5", "--input", "1x18446744073709551615x1"], "above 2^53"),
        (&["analyze", "lenet5", "--batch", "18446744073709551616"], "--batch"),
        (&["analyze", "lenet5", "--columns", ",,"], "there is no column ``"),
        (&["analyze", "@"], "there is no such file"),
        (&["analyze", "@@"], "there is no such file"),
        (&["analyze", "@*"], "there is no such file"),
        (&["analyze", "resnet50@"], "has no variant ``"),
        (&["analyze", "lenet5@*"], "it has no variants"),
        (&["analyze", "lenet5@a@b"], "there is no such file"),
        (&["explain", "resnet152", &path], "has no layer or box"),
    ];
    for (arguments, why) in cases {
        refused(&cnncost(arguments), why);
    }
    fine(&cnncost(&["analyze", "lenet5", "--batch", "18446744073709551615"]));
    let folder = Folder::new();
    let folder = folder.0.path().to_str().unwrap();
    let written = cnncost(&["analyze", "lenet5", "-o", folder]);
    assert_eq!((written.status.code(), written.stdout.is_empty()), (Some(1), true));
    assert!(String::from_utf8(written.stderr).unwrap().contains("cannot write"));
}
