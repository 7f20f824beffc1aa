//! No command writes over a file that it reads, whatever that is called.

use std::fs;
use std::path::Path;

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

/// Standard input may be a file, too.
#[cfg(unix)]
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
    let two = "input = [3]\nlayers = [{ op = 'relu' }, { name = 'aux', side = [{ op = 'relu' }] }]\n";
    fs::write(folder.path().join("two.toml"), two).unwrap();
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
