//! No command writes over a file that it reads, whatever that is called; and what fails leaves all files as they were.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

const NET: &str =
    "input = [3]\nlayers = [{ op = 'linear', out_features = 2 }]\nclaims = [{ expect = 'macs == 6' }]\n";
const BOARD: &str =
    "[board]\nmemory_bytes = 1000\nbandwidth_bytes_per_second = 1e6\npeak_flops = { f32 = 1e6 }\n";

fn cnncost(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Other names of `file` in `folder`.
fn names(folder: &Path, file: &str) -> Vec<String> {
    let mut names =
        vec![file.to_owned(), format!("./{file}"), folder.join(file).to_str().unwrap().to_owned()];
    let hard = format!("hard-{file}");
    fs::hard_link(folder.join(file), folder.join(&hard)).unwrap();
    names.push(hard);
    #[cfg(unix)]
    {
        let link = format!("link-{file}");
        std::os::unix::fs::symlink(file, folder.join(&link)).unwrap();
        names.push(link);
    }
    // Where case is of no matter, another case is the same file.
    if folder.join(file.to_uppercase()).exists() {
        names.push(file.to_uppercase());
    }
    names
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("claims.toml"), "[networks]\nnet = './net.toml'\n[[claims]]\nexpect = 'macs == 6'\n")
        .unwrap();
    fs::write(path.join("net.toml"), NET).unwrap();
    fs::write(path.join("board.toml"), BOARD).unwrap();
    assert_eq!(cnncost(path, &["run", "net.toml", "-o", "x.npy"]).0, Some(0));
    fs::rename(path.join("x.npy"), path.join("y.npy")).unwrap();
    numbers(&path.join("x.npy"));
    weights(&path.join("w.safetensors"));
    let measured = ["bench", "net.toml", "--max-time", "0", "--format", "json", "-o", "base.json"];
    assert_eq!(cnncost(path, &measured).0, Some(0));
    let cases: [(&str, &[&str]); 16] = [
        ("net.toml", &["analyze", "net.toml", "-o"]),
        ("net.toml", &["analyze", "lenet5", "./net.toml", "-o"]),
        ("board.toml", &["analyze", "net.toml", "--device-spec", "board.toml", "-o"]),
        ("net.toml", &["check", "net.toml", "-o"]),
        ("net.toml", &["check", "claims.toml", "-o"]),
        ("claims.toml", &["check", "claims.toml", "-o"]),
        ("net.toml", &["check", "net.toml", "--update"]),
        ("claims.toml", &["check", "net.toml", "--update"]),
        ("net.toml", &["compare", "lenet5", "net.toml", "-o"]),
        ("net.toml", &["explain", "net.toml", "-o"]),
        ("net.toml", &["reconcile", "net.toml", "-o"]),
        ("net.toml", &["run", "net.toml", "-o"]),
        ("x.npy", &["run", "net.toml", "--input", "x.npy", "-o"]),
        ("w.safetensors", &["run", "net.toml", "--weights", "w.safetensors", "-o"]),
        ("net.toml", &["bench", "net.toml", "--max-time", "0", "-o"]),
        ("base.json", &["bench", "net.toml", "--max-time", "0", "--compare", "base.json", "-o"]),
    ];
    for (file, arguments) in cases {
        let before = fs::read(path.join(file)).unwrap();
        for name in names(path, file) {
            let (code, error) = cnncost(path, &[arguments, &[&name]].concat());
            assert_eq!(code, Some(2), "{arguments:?} {name}: {error}");
            assert!(error.contains("written over"), "{arguments:?} {name}: {error}");
            assert!(fs::read(path.join(file)).unwrap() == before, "{arguments:?} {name}");
        }
        for made in ["hard-", "link-"] {
            let _ = fs::remove_file(path.join(format!("{made}{file}")));
        }
        if arguments[0] == "bench" {
            continue;
        }
        let (code, error) = cnncost(path, &[arguments, &["new.out"]].concat());
        assert!(code == Some(0), "{arguments:?}: {error}");
        let _ = fs::remove_file(path.join("new.out"));
    }
}

/// A program may run several commands: what one has read, another may write.
#[test]
fn a_command_is_bound_by_what_itself_has_read() {
    let folder = tempfile::tempdir().unwrap();
    let [net, other] = ["net.toml", "other.toml"].map(|name| folder.path().join(name).display().to_string());
    fs::write(&net, NET).unwrap();
    fs::write(&other, NET).unwrap();
    let run = |arguments: &[&str]| {
        let arguments = std::iter::once("cnncost").chain(arguments.iter().copied());
        cnncost::cli::run(arguments.map(Into::into), None)
    };
    assert_eq!(run(&["analyze", &net, "-o", &net]), 2);
    assert_eq!(run(&["analyze", &other, "-o", &net]), 0);
    assert_ne!(fs::read_to_string(&net).unwrap(), NET);
}

/// Standard input may be a file, too.
#[cfg(unix)]
#[test]
fn standard_input_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("net.toml");
    fs::write(&net, NET).unwrap();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("cnncost"));
    command.env_remove("CLICOLOR_FORCE");
    let file = fs::File::open(&net).unwrap();
    let output = command.args(["analyze", "-", "-o"]).arg(&net).stdin(file).output().unwrap();
    assert_eq!((output.status.code(), fs::read_to_string(&net).unwrap().as_str()), (Some(2), NET));
}

/// A dump takes the place of an earlier one, but not of what is read from it.
#[test]
fn a_dump_is_not_emptied_of_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("net.toml"), NET).unwrap();
    assert_eq!(cnncost(folder.path(), &["run", "net.toml", "--dump", "dump"]).0, Some(0));
    let input = fs::read_dir(folder.path().join("dump"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_str().unwrap().contains("input"))
        .unwrap();
    let before = fs::read(&input).unwrap();
    let arguments = ["run", "net.toml", "--input", input.to_str().unwrap(), "--dump", "dump"];
    let (code, error) = cnncost(folder.path(), &arguments);
    assert!(code != Some(0) && error.contains("written over"), "{error}");
    assert_eq!(fs::read(&input).unwrap(), before);
}

/// Two outputs are not one file, whatever they are.
#[test]
fn two_outputs_are_two_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("two.toml"), TWO).unwrap();
    fs::write(folder.path().join("net.toml"), NET).unwrap();
    fs::write(folder.path().join("there.npy"), "").unwrap();
    weights(&folder.path().join("w.safetensors"));
    for (arguments, name) in [
        (&["two.toml", "-o", "there.npy", "-o"][..], "./there.npy"),
        (&["two.toml", "-o", "new.npy", "-o"], "./new.npy"),
        (&["net.toml", "-o", "new", "--save-weights"], "./new"),
        (&["net.toml", "--weights", "w.safetensors", "--save-weights", "new", "--write-map"], "./new"),
    ] {
        let (code, error) = cnncost(folder.path(), &[&["run"], arguments, &[name]].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
        assert!(error.contains("is given for two outputs"), "{arguments:?}: {error}");
        assert!(!folder.path().join(name).exists() || name.contains("there"), "{arguments:?}");
    }
}

/// What is in a folder, and in the folders in it, by their paths.
fn held(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut held = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            held.extend(self::held(&path));
            held.insert(path, vec![]);
        } else {
            let bytes = fs::read(&path).unwrap();
            held.insert(path, bytes);
        }
    }
    held
}

const TWO: &str = "input = [3]\nlayers = [{ op = 'relu' }, { name = 'aux', side = [{ op = 'relu' }] }]\n";

/// Of what a command writes all is there or nothing, whatever of it fails.
#[cfg(unix)]
#[test]
fn what_fails_leaves_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("net.toml"), NET).unwrap();
    fs::write(path.join("two.toml"), TWO).unwrap();
    fs::write(path.join("broken.safetensors"), "no weights at all").unwrap();
    numbers(&path.join("wrong.npy"));
    weights(&path.join("w.safetensors"));
    assert_eq!(cnncost(path, &["run", "net.toml", "--dump", "dump"]).0, Some(0));
    for name in ["a.npy", "map.toml", "ours.safetensors"] {
        fs::write(path.join(name), "before").unwrap();
    }
    let before = held(path);
    let loaded = ["run", "net.toml", "--weights", "w.safetensors", "--write-map", "map.toml"];
    let cases: [&[&str]; 6] = [
        &["run", "net.toml", "--dump", "dump", "--weights", "broken.safetensors"],
        &["run", "net.toml", "--dump", "new/er", "--weights", "broken.safetensors"],
        &["run", "two.toml", "--dump", "dump", "-o", "a.npy", "-o", "/dev/full"],
        &["run", "two.toml", "--dump", "new/er", "-o", "a.npy", "-o", "/dev/full"],
        &[&loaded[..], &["--save-weights", "ours.safetensors", "-o", "/dev/full"]].concat(),
        // A file of the dump under a name of its own.
        &["run", "net.toml", "--dump", "dump", "-o", "dump/0001_linear_1.npy"],
    ];
    for arguments in cases {
        let (code, error) = cnncost(path, arguments);
        assert!(code == Some(1) || code == Some(2), "{arguments:?}: {error}");
        assert!(held(path) == before, "{arguments:?}: {:?}", held(path).keys());
    }
}

/// An earlier dump goes when another is there, and only what is its own.
#[cfg(unix)]
#[test]
fn a_dump_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::write(path.join("net.toml"), NET).unwrap();
    fs::write(path.join("two.toml"), TWO).unwrap();
    let dump = |network: &str| cnncost(path, &["run", network, "--dump", "dump"]);
    let names = || held(&path.join("dump")).into_keys().map(|path| path.file_name().unwrap().to_owned());
    assert_eq!(dump("two.toml").0, Some(0));
    assert_eq!(dump("net.toml").0, Some(0));
    assert_eq!(names().collect::<Vec<_>>(), ["0000_input.npy", "0001_linear_1.npy", "cnncost-dump.json"]);
    // What an index lists is no dump's by that alone.
    let index = path.join("dump/cnncost-dump.json");
    let listed = fs::read_to_string(&index).unwrap();
    for (name, index_text) in [
        ("mine.npy", listed.clone()),
        ("mine.npy", listed.replace("0001_linear_1.npy", "mine.npy")),
        (".mine", listed.clone()),
    ] {
        fs::write(path.join("dump").join(name), "mine").unwrap();
        fs::write(&index, index_text).unwrap();
        let before = held(path);
        let (code, error) = dump("two.toml");
        assert!(code == Some(2) && error.contains("there are other files in it"), "{error}");
        assert!(held(path) == before);
        fs::remove_file(path.join("dump").join(name)).unwrap();
    }
    for (made, why) in [
        ("mkfifo dump/cnncost-dump.json", "there are other files in it"),
        ("mkdir dump/cnncost-dump.json", "there are other files in it"),
        ("ln -s ../net.toml dump/cnncost-dump.json", "there are other files in it"),
        ("echo '[{' > dump/cnncost-dump.json", "its cnncost-dump.json is not understood"),
    ] {
        let made = format!("rm -rf dump/cnncost-dump.json && {made}");
        let made = std::process::Command::new("sh").args(["-c", &made]).current_dir(path).status();
        assert!(made.unwrap().success());
        let (code, error) = dump("two.toml");
        assert!(code == Some(2) && error.contains(why), "{why}: {error}");
    }
    assert_eq!(fs::read_to_string(path.join("net.toml")).unwrap(), NET);
}

/// A path may be longer than the name of a file, and a message says why also of a long name.
#[test]
fn long_names_are_written_and_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let relu = "{ op = 'relu', name = 'r' }".to_owned();
    let boxes = ["层", "x", "y"]
        .iter()
        .fold(relu, |inner, name| format!("{{ name = '{}', layers = [{inner}] }}", name.repeat(100)));
    let text = format!("input = [3]\nlayers = [{boxes}]\n");
    fs::write(path.join("long.toml"), text).unwrap();
    for _ in 0..2 {
        let (code, error) = cnncost(path, &["run", "long.toml", "--dump", "dump"]);
        assert_eq!((code, &*error), (Some(0), ""));
    }
    let index = fs::read_to_string(path.join("dump/cnncost-dump.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let last = &index.as_array().unwrap()[1];
    assert!(last["path"].as_str().unwrap().len() > 500 && last["file"].as_str().unwrap().len() <= 255);
    assert!(path.join("dump").join(last["file"].as_str().unwrap()).exists());
    let far = format!("{}y.npy", "none/".repeat(600));
    let (code, error) = cnncost(path, &["run", "long.toml", "--weights", &far]);
    assert!(code == Some(2) && error.contains("there is no such file"), "{error}");
}

/// Three numbers as NumPy stores them.
fn numbers(path: &Path) {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend([0; 12]);
    fs::write(path, bytes).unwrap();
}

/// The linear layer's weights.
fn weights(path: &Path) {
    let header = r#"{"linear.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"linear.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([0; 32]);
    fs::write(path, bytes).unwrap();
}
