//! Files that descriptions include: which they are, where mistakes in them are, and what is bundled.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use candle_core::{Device, Tensor};
use cnncost::read::{Description, Options};
use cnncost::text::Language;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The exit code, and both outputs.
fn cnncost(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE").env("COLUMNS", "120").current_dir(folder);
    let output = command.args(arguments).timeout(Duration::from_secs(60)).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A network of one use, with a line before it.
fn using(head: &str, used: &str) -> String {
    format!("{head}\ninput = [3, 8, 8]\nlayers = [{{ use = {used} }}]\n")
}

fn conv(name: &str, out: u32) -> String {
    format!(
        "[blocks.{name}]\nlayers = [{{ op = 'conv2d', out_channels = {out}, kernel_size = 1, bias = false }}]\n"
    )
}

/// What is said of `net.toml` in a folder with these files.
fn refused(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let (code, _, error) = cnncost(folder.path(), &["analyze", "net.toml"]);
    assert_eq!(code, 2, "{error}");
    error
}

/// Parameters of the network that `text` is, which lies in no folder.
fn counts(text: &str) -> (u128, u128) {
    let network = Description::parse("net.toml", text)
        .and_then(|description| description.expand(&Options::default()))
        .unwrap_or_else(|error| panic!("{}", error.render(Language::English, false, 100)));
    assert!(network.warnings.is_empty(), "{:?}", network.warnings);
    let analysis = cnncost::analyze(&network.graph).unwrap();
    (analysis.total().params.total(), analysis.total().work.macs.total())
}

#[test]
fn files_are_found_from_where_they_are_named() {
    let net = "include = ['lib/a.toml', './lib/b.toml']\ninput = [3, 8, 8]\nlayers = [{ use = 'a' }, { use = 'b' }, { use = 'c' }]\n";
    // Both include the third, which is taken once; each names it from where it is itself.
    let folder = folder(&[
        ("nets/net.toml", net),
        ("nets/lib/a.toml", &format!("\u{feff}include = 'far/c.toml'\n{}", conv("a", 5))),
        ("nets/lib/b.toml", &format!("about = 'b'\ninclude = ['./far/./c.toml']\n{}", conv("b", 7))),
        ("nets/lib/far/c.toml", &conv("c", 11)),
    ]);
    for (from, name) in [("", "nets/net.toml"), ("nets", "net.toml"), ("nets/lib", "../net.toml")] {
        let (code, out, error) = cnncost(&folder.path().join(from), &["analyze", name]);
        assert_eq!(code, 0, "{error}");
        let total = (3 * 5 + 5 * 7 + 7 * 11).to_string();
        let totals: Vec<_> =
            out.lines().find(|line| line.starts_with(" total")).unwrap().split_whitespace().collect();
        assert!(totals.contains(&&*total) && error.is_empty(), "{name}: {out}{error}");
    }
}

#[test]
fn a_file_of_the_folder_hides_a_bundled_one() {
    let net = using("include = 'std.toml'", "'conv_bn', out = 4, k = 1");
    let own = "[blocks.conv_bn]\nparams = ['out', 'k']\nlayers = [{ op = 'conv2d', out_channels = 'out', kernel_size = 'k' }]\n";
    let params = |folder: &TempDir| {
        let (_, out, error) = cnncost(folder.path(), &["analyze", "net.toml", "--format", "json"]);
        assert!(error.is_empty(), "{error}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()["networks"][0]["totals"]["params"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(params(&folder(&[("net.toml", &net)])), 3 * 4 + 2 * 4);
    // Of one in a folder below, the path tells.
    assert_eq!(params(&folder(&[("net.toml", &net), ("lib/std.toml", own)])), 3 * 4 + 2 * 4);
    assert_eq!(params(&folder(&[("net.toml", &net), ("std.toml", own)])), 3 * 4 + 4);
    // What comes through a pipe lies in no folder.
    let folder = folder(&[("std.toml", own), ("own.toml", own)]);
    let pipe = |text: String| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env_remove("CLICOLOR_FORCE").current_dir(folder.path()).write_stdin(text);
        let output = command.args(["analyze", "-", "--format", "json"]).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert!(pipe(net.clone()).0.contains("\"params\": 20"), "{:?}", pipe(net.clone()));
    let (_, error) = pipe(net.replace("std.toml", "own.toml"));
    assert!(error.contains("lies in no folder") && error.contains("standard input:1:11"), "{error}");
}

#[test]
fn only_what_is_in_the_folder_is_included() {
    let outside = folder(&[("far.toml", "")]);
    let far = outside.path().join("far.toml").display().to_string();
    let own = conv("own", 4);
    for (written, expected) in [
        ("../far.toml", "`..` leads out of a folder"),
        ("lib/../own.toml", "`..` leads out of a folder"),
        (&*far, "this is an absolute path"),
        ("lib", "it is a directory"),
        ("", "this is the name of no file"),
        (".", "this is the name of no file"),
        ("ovn.toml", "did you mean `own.toml`?"),
        ("lib/ovn.toml", "did you mean `lib/own.toml`?"),
        ("sdt.toml", "did you mean `std.toml`?"),
        ("net.toml", "a file includes itself: `net.toml` → `net.toml`"),
        ("other.toml", "known here: `own.toml`, `std.toml`"),
        ("resnet.toml", "it is a bundled network, and only blocks are included"),
        ("own.toml/x", "cannot be included"),
        ("binary.toml", "it is not UTF-8 text"),
    ] {
        let net = using(&format!("include = ['{written}']"), "'own'");
        let folder = folder(&[("net.toml", &net), ("own.toml", &own), ("lib/own.toml", &own)]);
        if written == "binary.toml" {
            fs::write(folder.path().join(written), b"\xff\xfe").unwrap();
        }
        let (code, _, error) = cnncost(folder.path(), &["analyze", "net.toml"]);
        assert!(code == 2 && error.contains(expected), "{written}: {error}");
        assert!(error.contains("net.toml:1:12"), "{written}: {error}");
        assert_eq!(error.matches("error:").count(), 1, "what follows is no mistake of its own: {error}");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_devices_are_followed_no_further_than_the_folder() {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    let outside = folder(&[("far.toml", &conv("own", 4))]);
    let net = using("include = ['link.toml']", "'own'");
    let folder = folder(&[("net.toml", &net), ("lib/own.toml", &conv("own", 4))]);
    let link = folder.path().join("link.toml");
    let said = || cnncost(folder.path(), &["analyze", "net.toml"]);
    for (target, expected) in [
        (outside.path().join("far.toml"), "leads out of the folder"),
        ("/dev/zero".into(), "leads out of the folder"),
        ("nowhere.toml".into(), "there is no such file"),
        ("link.toml".into(), "cannot be included"),
    ] {
        symlink(&target, &link).unwrap();
        let start = Instant::now();
        let (code, _, error) = said();
        assert!(code == 2 && error.contains(expected), "{}: {error}", target.display());
        assert!(start.elapsed() < Duration::from_secs(20), "{}", target.display());
        fs::remove_file(&link).unwrap();
    }
    assert!(Command::new("mkfifo").arg(&link).status().unwrap().success());
    let (code, _, error) = said();
    assert!(code == 2 && error.contains("a pipe or a device"), "{error}");
    fs::remove_file(&link).unwrap();
    // A link inside is the file that it names: no other one, whatever both are called.
    symlink("lib/own.toml", &link).unwrap();
    let both = net.replace("['link.toml']", "['link.toml', 'lib/own.toml']");
    fs::write(folder.path().join("net.toml"), both).unwrap();
    assert_eq!(said().0, 0, "{}", said().2);
    // And so may the description be one.
    symlink(folder.path().join("net.toml"), outside.path().join("net.toml")).unwrap();
    let (code, _, error) = cnncost(outside.path(), &["analyze", "net.toml"]);
    assert_eq!(code, 0, "{error}");
}

#[test]
fn what_is_wrong_is_shown_in_its_file() {
    let net = using("include = ['a.toml', 'b.toml']", "'a', c = 3");
    let a = "# Half as many.\n[blocks.a]\nparams = ['c']\nlayers = [{ op = 'conv2d', out_channels = 'c/2', kernel_size = 1 }]\n";
    let said = |a: &str, b: &str| refused(&[("net.toml", &net), ("a.toml", a), ("b.toml", b)]);
    let contains = |said: &str, all: &[&str]| {
        assert!(all.iter().all(|part| said.contains(part)), "{all:?}: {said}");
    };
    contains(&said(a, ""), &["a.toml:4:43", "net.toml:3:19", "in this use of `a`, with c = 3"]);
    contains(&said(&a.replace("conv2d", "conv"), ""), &["there is no operator `conv`", "a.toml:4:18"]);
    contains(&said(a, "[blocks.b]\nlayers = [\n[blocks.c]\n"), &["this `[` is not closed", "b.toml:2:10"]);
    contains(
        &said(a, "[blocks.a]\nlayers = []\n"),
        &["two blocks are called `a`", "a.toml:2:9", "b.toml:1:9"],
    );
    contains(
        &said(a, &net.replace("'b.toml'", "'c.toml'")),
        &["this is a network", "b.toml:3:1", "net.toml:1:22", "included here"],
    );
    contains(&said(a, "[networks]\n"), &["this is a file of claims", "b.toml:1:2"]);
    contains(&said(a, "params = { n = 1 }\n"), &["`params` is no key of an included file", "b.toml:1:1"]);
    contains(&said(a, "include = 'a.toml'\nblocks = 3\n"), &["`blocks` must be a table", "b.toml:2:10"]);
    let circle = said("include = 'b.toml'\n", "\ninclude = 'a.toml'\n");
    contains(&circle, &["`a.toml` → `b.toml` → `a.toml`", "b.toml:2:11", "a.toml:1:11"]);
    // Programs are told the file, too.
    let folder = folder(&[("net.toml", &net), ("a.toml", &a.replace("conv2d", "conv")), ("b.toml", "")]);
    for (format, expected) in [
        ("github", "::error file=a.toml,line=4,"),
        ("junit", "classname=\"a.toml\" line=\"4\""),
        ("json", "\"file\": \"a.toml\",\n          \"line\": 4"),
    ] {
        let (_, out, _) = cnncost(folder.path(), &["check", "net.toml", "--format", format]);
        assert!(out.contains(expected), "{out}");
    }
}

/// Blocks that are there for others want no use, but those of the description do.
#[test]
fn warnings_are_about_what_is_written_for_this_network() {
    let b = format!("{}{}", conv("b", 4), conv("c", 4));
    let net = using("include = 'b.toml'", "'b'") + &conv("d", 4);
    let folder = folder(&[("net.toml", &net), ("b.toml", &b)]);
    let (_, _, error) = cnncost(folder.path(), &["analyze", "net.toml"]);
    assert!(error.contains("block `d` is never used") && !error.contains("block `c`"), "{error}");
}

#[test]
fn the_digest_covers_every_file() {
    let digest = |files: &[(&str, &str)]| {
        let folder = folder(files);
        let (_, out, error) = cnncost(folder.path(), &["analyze", "net.toml", "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{error}"));
        json["networks"][0]["sha256"].as_str().unwrap().to_owned()
    };
    let sum = |bytes: &[u8]| Sha256::digest(bytes).to_vec();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let alone = using("", "'b'") + &conv("b", 4);
    assert_eq!(digest(&[("net.toml", &alone)]), hex(&sum(alone.as_bytes())));
    let net = using("include = 'b.toml'", "'b'");
    for b in [conv("b", 4), conv("b", 4) + "# more\n"] {
        let all = [sum(net.as_bytes()), sum(b.as_bytes())].concat();
        assert_eq!(digest(&[("net.toml", &net), ("b.toml", &b)]), hex(&sum(&all)));
    }
}

#[test]
fn claims_and_locks_follow_what_is_included() {
    let net = using("include = 'lib/b.toml'", "'b'");
    let claims = "[networks]\nnet = './nets/net.toml'\n[[claims]]\nexpect = 'params == 12'\n";
    let folder =
        folder(&[("nets/net.toml", &net), ("nets/lib/b.toml", &conv("b", 4)), ("claims.toml", claims)]);
    let run = |arguments: &[&str]| cnncost(folder.path(), arguments);
    assert_eq!(run(&["check", "claims.toml"]).0, 0);
    assert_eq!(run(&["check", "nets/net.toml", "--update", "lock.toml"]).0, 0);
    assert_eq!(run(&["check", "lock.toml"]).0, 0);
    fs::write(folder.path().join("nets/lib/b.toml"), conv("b", 5)).unwrap();
    assert_eq!(run(&["check", "claims.toml"]).0, 1);
    let (code, out, error) = run(&["check", "lock.toml"]);
    assert_eq!(code, 1, "{out}{error}");
    assert_eq!(run(&["check", "lock.toml", "--update"]).0, 0);
    assert_eq!(run(&["check", "lock.toml"]).0, 0);
}

#[test]
fn what_is_included_is_not_written_over() {
    let net = using("include = 'lib/b.toml'", "'b'");
    let broken = net.replace("'b' }", "'c' }");
    let claims = "[networks]\nnet = './net.toml'\n[[claims]]\nexpect = 'params == 12'\n";
    let b = conv("b", 4);
    let files = [("net.toml", &*net), ("broken.toml", &broken), ("lib/b.toml", &b), ("claims.toml", claims)];
    let folder = folder(&files);
    let commands: [&[&str]; 8] = [
        &["analyze", "net.toml", "-o"],
        &["analyze", "lenet5", "broken.toml", "-o"],
        &["explain", "net.toml", "-o"],
        &["compare", "lenet5", "net.toml", "-o"],
        &["reconcile", "net.toml", "12", "-o"],
        &["check", "claims.toml", "-o"],
        &["check", "net.toml", "--update"],
        &["run", "net.toml", "-o"],
    ];
    for command in commands {
        let (code, _, error) = cnncost(folder.path(), &[command, &["lib/b.toml"]].concat());
        assert!(code != 0 && !error.is_empty(), "{command:?}");
        assert_eq!(fs::read_to_string(folder.path().join("lib/b.toml")).unwrap(), b, "{command:?}: {error}");
    }
}

/// Whatever is included, it is refused at once if it is too much.
#[test]
fn what_is_included_is_bounded() {
    let chain = |count: usize| {
        let next =
            |at: usize| if at < count { format!("include = 'f{}.toml'\n", at + 1) } else { String::new() };
        (1..=count).map(|at| (format!("f{at}.toml"), next(at))).collect::<Vec<_>>()
    };
    let names =
        |from: usize, to: usize| (from..=to).map(|at| format!("'f{at}.toml'")).collect::<Vec<_>>().join(", ");
    // Each names all behind it, or nothing.
    let crossed = |at: usize| (format!("f{at}.toml"), format!("include = [{}]\n", names(at + 1, 40)));
    let empty = |at: usize| (format!("f{at}.toml"), String::new());
    let long = "# ".to_owned() + &"x".repeat(9_000_000) + "\n";
    let many = "[blocks.b]\nlayers = [".to_owned() + &"{ op = 'relu' },".repeat(20_000) + "]\n";
    let twice =
        |text: &str| vec![("f1.toml".to_owned(), text.to_owned()), ("f2.toml".to_owned(), text.to_owned())];
    let (none, sixty_four, sixty_five) = ("", names(1, 64), names(1, 65));
    let (sixteen, forty) = (names(25, 40), names(1, 40));
    for (files, include, expected) in [
        (chain(16), "'f1.toml'", none),
        (chain(17), "'f1.toml'", "more than 16 deep"),
        ((25..=40).map(crossed).collect(), &*sixteen, none),
        ((1..=40).map(crossed).collect(), &*forty, "more than 16 deep"),
        ((1..=64).map(empty).collect(), &*sixty_four, none),
        ((1..=65).map(empty).collect(), &*sixty_five, "at most 64 files"),
        (twice(&long), "'f1.toml', 'f2.toml'", "more than 16 MB"),
        (twice(&many), "'f1.toml', 'f2.toml'", "words and marks"),
        (vec![], &*"'std.toml', ".repeat(100), "at most 64 files"),
    ] {
        let net = format!("include = [{include}]\ninput = [3]\nlayers = [{{ op = 'relu' }}]\n");
        let files: Vec<_> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
        let folder = folder(&[&files[..], &[("net.toml", &*net)]].concat());
        let start = Instant::now();
        let (code, _, error) = cnncost(folder.path(), &["analyze", "net.toml"]);
        assert!(start.elapsed() < Duration::from_secs(20), "{expected} took {:?}", start.elapsed());
        assert_eq!(code, if expected.is_empty() { 0 } else { 2 }, "{expected}: {error}");
        assert!(error.contains(expected) && error.matches("error:").count() <= 1, "{expected}: {error}");
    }
}

/// What networks of bundled blocks count, as torchvision's do.
#[test]
fn bundled_blocks_are_those_of_the_networks() {
    let resnet = |block: &str, width: &str, n: [u32; 4]| {
        let layer = |(at, n): (usize, u32)| {
            let (mid, stride) = (64 << at, if at > 0 { 2 } else { 1 });
            format!(
                "{{ use = '{block}', {width} = {mid}, stride = 'if(i == 0, {stride}, 1)', repeat = {n} }},"
            )
        };
        let layers: String = n.into_iter().enumerate().map(layer).collect();
        format!(
            "include = ['std.toml']\ninput = [3, 224, 224]\nlayers = [{{ use = 'stem7' }}, {layers} {{ use = 'classifier' }}]"
        )
    };
    assert_eq!(counts(&resnet("basic", "out", [2, 2, 2, 2])), (11_689_512, 1_814_073_344));
    assert_eq!(counts(&resnet("bottleneck", "mid", [3, 4, 6, 3])), (25_557_032, 4_089_184_256));
    // ResNeXt-50 32×4d: groups of a width of its own.
    let wide = resnet("bottleneck", "groups = 32, mid", [3, 4, 6, 3]);
    let wide = [64, 128, 256, 512].into_iter().fold(wide, |text, mid| {
        text.replace(&format!("mid = {mid},"), &format!("out = {}, mid = '{}',", 4 * mid, 2 * mid))
    });
    assert_eq!(counts(&wide), (25_028_904, 4_230_479_872));
    let one = |used: &str| {
        counts(&format!("include = 'std.toml'\ninput = [64, 14, 14]\nlayers = [{{ use = {used} }}]"))
    };
    assert_eq!(one("'squeeze_excite', mid = 16"), (2 * 64 * 16 + 16 + 64, 2 * 64 * 16));
    assert_eq!(one("'channel_norm'"), (128, 0));
    assert_eq!(one("'classifier', classes = 10, dropout = 0.5"), (650, 640));
    for act in ["none", "relu", "relu6", "silu", "hard_swish"] {
        assert_eq!(
            one(&format!("'conv_bn', out = 8, k = 3, dilation = 2, act = '{act}'")).0,
            64 * 8 * 9 + 16
        );
    }
}

/// The bundled attention computes what PyTorch's does, which `multi_head_attention` is held to.
#[test]
fn bundled_attention_is_attention() {
    let own = "include = 'std.toml'\ninput = [3, 5, 8]\nlayers = [{ name = 'a', use = 'attention', heads = 2, scale = 0.5 }]\n";
    let whole = "input = [5, 8]\nlayers = [{ name = 'a', op = 'multi_head_attention', num_heads = 2 }]\n";
    let folder = folder(&[("own.toml", own), ("whole.toml", whole)]);
    let numbers = |dims: &[usize]| {
        let count: usize = dims.iter().product();
        let values: Vec<f32> =
            (0..u16::try_from(count).unwrap()).map(|at| (f32::from(at) * 0.7).sin()).collect();
        Tensor::from_vec(values, dims, &Device::Cpu).unwrap()
    };
    let weights: [(&str, &str, &[usize]); 4] = [
        ("a/qkv.weight", "a.in_proj_weight", &[24, 8]),
        ("a/qkv.bias", "a.in_proj_bias", &[24]),
        ("a/out.weight", "a.out_proj.weight", &[8, 8]),
        ("a/out.bias", "a.out_proj.bias", &[8]),
    ];
    let run = |net: &str, names: Vec<&str>, batch: &str, input: &[usize]| -> Vec<f32> {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let named = names.into_iter().zip(weights).map(|(name, (.., dims))| (name, numbers(dims)));
        let tensors: HashMap<_, _> = named.collect();
        candle_core::safetensors::save(&tensors, path("w.safetensors")).unwrap();
        numbers(input).write_npy(path("x.npy")).unwrap();
        let arguments =
            ["run", net, "--weights", "w.safetensors", "--input", "x.npy", "--batch", batch, "-o", "y.npy"];
        let (code, _, error) = cnncost(folder.path(), &arguments);
        assert_eq!(code, 0, "{error}");
        Tensor::read_npy(path("y.npy")).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    let own = run("own.toml", weights.map(|(own, ..)| own).to_vec(), "1", &[1, 3, 5, 8]);
    let whole = run("whole.toml", weights.map(|(_, whole, _)| whole).to_vec(), "3", &[3, 5, 8]);
    assert_eq!(own.len(), 120);
    assert!(own.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-5), "{own:?}\n{whole:?}");
    assert!(own.iter().any(|value| value.abs() > 0.1));
}

/// `cnncost models` prints what can be included, by either name.
#[test]
fn bundled_blocks_can_be_read() {
    let folder = folder(&[]);
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/blocks/std.toml")).unwrap();
    for name in ["std", "std.toml"] {
        assert_eq!(cnncost(folder.path(), &["models", name]).1, text);
    }
    let (_, list, _) = cnncost(folder.path(), &["models"]);
    assert!(list.contains("std.toml  conv_bn squeeze_excite"), "{list}");
    for command in [&["analyze", "std"][..], &["std"]] {
        let (code, _, error) = cnncost(folder.path(), command);
        assert!(code == 2 && error.contains("cnncost models std"), "{error}");
    }
}
