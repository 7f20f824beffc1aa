//! Which network a command is about: the variant it shows, those it lays side by side, what is set in which, and what they
//! are called.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn cnncost(arguments: &[&str]) -> Run {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    let output = command.env("COLUMNS", "200").env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(arguments: &[&str]) -> Value {
    let run = cnncost(&[arguments, &["--format", "json"]].concat());
    assert_eq!((run.code, &*run.err), (0, ""), "{arguments:?}");
    serde_json::from_str(&run.out).unwrap()
}

/// What `analyze` says of the only network.
fn analyzed(arguments: &[&str]) -> Value {
    let mut json = json(&[&["analyze"], arguments].concat());
    json["networks"][0].take()
}

/// What networks are called in `compare`, and their MACs.
fn compared(arguments: &[&str]) -> Vec<(String, u64)> {
    let json = json(&[&["compare"], arguments].concat());
    let network = |network: &Value| {
        (network["name"].as_str().unwrap().to_owned(), network["totals"]["macs"].as_u64().unwrap())
    };
    json["networks"].as_array().unwrap().iter().map(network).collect()
}

fn names(arguments: &[&str]) -> Vec<String> {
    compared(arguments).into_iter().map(|(name, _)| name).collect()
}

/// A file with a variant beside its defaults, in a folder.
fn write(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = "input = [3, 8, 8]\nparams = { width = 4 }\nvariants = [{ name = 'narrow', set = { width = 2 } }]\n\
                layers = [{ op = 'conv2d', out_channels = 'width', kernel_size = 3 }]";
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_variant_that_is_shown_is_named() {
    for (name, variant) in [("resnet", "resnet50"), ("resnet18", "resnet18"), ("bottleneck", "bottleneck")] {
        let json = analyzed(&[name]);
        assert_eq!(json["variant"], variant);
        assert!(json["model"].as_str().unwrap().ends_with(&format!(" · {variant}")), "{}", json["model"]);
    }
    // What is set is set in the variant that the defaults are.
    let set = analyzed(&["resnet", "--set", "n3=5"]);
    assert_eq!(set["variant"], "resnet50");
    assert!(set["model"].as_str().unwrap().ends_with(" · resnet50 · n3 = 5"));
    assert_eq!(analyzed(&["lenet5"])["variant"], Value::Null);
    let folder = tempfile::tempdir().unwrap();
    let net = write(folder.path(), "net.toml");
    assert_eq!(analyzed(&[&net])["variant"], Value::Null);
}

/// A file alone stands for its variants; at several batches, for the network as it is named.
#[test]
fn one_rule_says_what_is_compared() {
    assert_eq!(names(&["alexnet"]), ["alexnet", "alexnet_2012"]);
    assert_eq!(names(&["alexnet", "--batch", "8"]), ["alexnet", "alexnet_2012"]);
    assert_eq!(names(&["alexnet", "--batch", "1,8"]), ["batch 1", "batch 8"]);
    assert_eq!(names(&["resnet18", "--batch", "1,8"]), ["batch 1", "batch 8"]);
    assert_eq!(names(&["alexnet@*", "--batch", "1,8"]), ["alexnet", "alexnet_2012"]);
    assert_eq!(names(&["alexnet", "resnet"]), ["alexnet", "resnet50"]);
    assert_eq!(names(&["bottleneck@direct"]), ["bottleneck", "direct"]);
    assert_eq!(names(&["resnet101"]), ["resnet50", "resnet101"]);
    // The variant that the defaults are has nothing beside it.
    assert_eq!(cnncost(&["compare", "alexnet@alexnet"]).code, 2);
}

#[test]
fn one_variant_is_compared_with_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let net = write(folder.path(), "net.toml");
    for file in [net.clone(), format!("{net}@narrow"), format!("{net}@*")] {
        let expected = [("net".to_owned(), 36 * 27 * 4), ("net@narrow".to_owned(), 36 * 27 * 2)];
        assert_eq!(compared(&[&file]), expected, "{file}");
    }
    assert_eq!(names(&[&net, "--batch", "1,2"]), ["batch 1", "batch 2"]);
}

#[test]
fn a_parameter_is_set_in_one_of_several() {
    let direct = ("direct".to_owned(), 120_422_400);
    let narrow = ("bottleneck".to_owned(), 28 * 28 * (192 * 8 + 25 * 8 * 32));
    for side in ["bottleneck", "2"] {
        let set = format!("{side}:reduce=8");
        assert_eq!(compared(&["bottleneck", "--set", &set]), [direct.clone(), narrow.clone()]);
        assert_eq!(cnncost(&["compare", "bottleneck", "--set", &set]).err, "");
    }
    let folder = tempfile::tempdir().unwrap();
    let net = write(folder.path(), "net.toml");
    for side in ["net@narrow", "narrow", "2"] {
        let set = format!("{side}:width=1");
        assert_eq!(compared(&[&net, "--set", &set])[1].1, 36 * 27, "{side}");
    }
    // A file is all of its networks.
    let both = compared(&[&format!("{net}@*"), "lenet5", "--set", &format!("{net}:width=1")]);
    assert_eq!(both.iter().map(|network| network.1).collect::<Vec<_>>(), [36 * 27, 416_520]);
    // The same network twice, told apart by what is set.
    let twice = compared(&["bottleneck", "bottleneck", "--set", "1:reduce=8", "--set", "2:reduce=32"]);
    assert_eq!([&*twice[0].0, &*twice[1].0], ["bottleneck reduce=8", "bottleneck reduce=32"]);
    assert_eq!((twice[0].1, twice[1].1), (narrow.1, 28 * 28 * (192 * 32 + 25 * 32 * 32)));
}

#[test]
fn a_side_that_is_not_there_is_a_mistake() {
    let run = cnncost(&["compare", "bottleneck", "--set", "dirct:reduce=8"]);
    assert_eq!((run.code, &*run.out), (2, ""));
    assert!(
        run.err.contains("names no network here") && run.err.contains("did you mean `direct`?"),
        "{}",
        run.err
    );
    for place in ["0", "3"] {
        assert_eq!(cnncost(&["compare", "bottleneck", "--set", &format!("{place}:reduce=8")]).code, 2);
    }
    for command in ["check", "reconcile"] {
        let run = cnncost(&[command, "bottleneck", "--set", "bottleneck:reduce=8"]);
        assert_eq!((run.code, &*run.out), (2, ""), "{command}");
        assert!(run.err.contains("beside each other"), "{}", run.err);
    }
    assert!(
        cnncost(&["compare", "bottleneck", "--set", "direct:redce=8"]).err.contains("did you mean `reduce`?")
    );
}

#[test]
fn what_makes_variants_alike_is_warned_of() {
    let run = cnncost(&["compare", "bottleneck", "--set", "reduce=8"]);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("`reduce` tells `direct` and `bottleneck` apart"), "{}", run.err);
    assert!(run.err.contains("`--set bottleneck:reduce=8`"), "{}", run.err);
    assert_eq!(cnncost(&["compare", "bottleneck", "--set", "reduce=8", "--strict"]).code, 1);
    assert_eq!(cnncost(&["compare", "bottleneck", "--set", "reduce=8", "--quiet"]).err, "");
    assert!(cnncost(&["analyze", "resnet18", "resnet50", "--set", "n3=5"]).err.contains("`n3`"));
    // What they have in common, and what only one is shown of, may be set.
    assert_eq!(cnncost(&["compare", "bottleneck", "--set", "kernel=3"]).err, "");
    assert_eq!(cnncost(&["analyze", "bottleneck", "--set", "reduce=8"]).err, "");
}

#[test]
fn labels_tell_networks_apart() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b] = ["a/net.toml", "b/net.toml"].map(|name| write(folder.path(), name));
    let narrow = format!("{b}@narrow");
    for (arguments, expected) in [
        (vec![&*a, &*b], vec![&*a, &*b]),
        (vec![&a, &narrow], vec!["net", "net@narrow"]),
        (vec![&a, &a], vec!["net", "net (2)"]),
        (vec!["resnet", "resnet50"], vec!["resnet50", "resnet50 (2)"]),
        (vec!["vgg16", "models/vgg.toml@vgg16"], vec!["vgg16", "vgg@vgg16"]),
    ] {
        let columns = ["--format", "csv", "--columns", "layer"];
        let run = cnncost(&[&["analyze"], &*arguments, &columns].concat());
        assert_eq!(run.out.lines().skip(1).collect::<Vec<_>>(), expected, "{}", run.err);
        assert_eq!(names(&arguments), expected);
    }
    // And a lock file of both holds both.
    let lock = folder.path().join("lock.toml");
    let lock = lock.to_str().unwrap();
    assert_eq!(cnncost(&["check", &a, &b, &narrow, "--update", lock]).code, 0);
    let held = cnncost(&["check", lock]);
    assert_eq!(held.code, 0, "{}{}", held.out, held.err);
}
