use std::fs;

use super::*;
use crate::read::onnx::bytes::{field, number, with_graph};

/// A model of a tensor of two floats that lie there.
fn weight_at(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries = entries.iter().map(|(key, value)| field(13, [field(1, key), field(2, value)].concat()));
    let entries = entries.collect::<Vec<_>>().concat();
    with_graph(&[field(5, [number(1, 2), number(2, 1), field(8, "w"), entries, number(14, 1)].concat())])
}

fn floats(model: &Path, entries: &[(&str, &str)]) -> Result<Vec<f32>, Text> {
    fs::write(model, weight_at(entries)).unwrap();
    let file = File::open(model)?;
    let tensor = file.model().unwrap().graph.initializers[0].clone();
    file.floats(&tensor)
}

#[test]
fn weights_lie_in_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("net.onnx");
    let bytes: Vec<_> = [9.0, 1.0, 2.0].iter().flat_map(|value: &f32| value.to_le_bytes()).collect();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/w.bin"), bytes).unwrap();
    let at =
        |offset, length| floats(&model, &[("location", "sub/w.bin"), ("offset", offset), ("length", length)]);
    assert_eq!(at("4", "8"), Ok(vec![1.0, 2.0]));
    assert_eq!(floats(&model, &[("location", "./sub/w.bin")]), Ok(vec![9.0, 1.0]));
    for (offset, length, says) in [
        ("4", "7", "in `sub/w.bin`: there should be 8, for 2 of type 1, and there are 7"),
        ("5", "8", "8 bytes from byte 5 on are more than a file of 12 bytes has"),
        ("18446744073709551615", "8", "more than a file"),
    ] {
        let why = at(offset, length).unwrap_err();
        assert!(why.english.contains(says) && why.english.contains("`w`"), "{why}");
    }
    // What came through a pipe lies nowhere.
    let piped = File::hold(&weight_at(&[("location", "sub/w.bin")])[..]).unwrap();
    let tensor = piped.model().unwrap().graph.initializers[0].clone();
    assert!(piped.floats(&tensor).unwrap_err().english.contains("through a pipe"));
}

#[cfg(unix)]
#[test]
fn nothing_outside_is_opened() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("in");
    fs::create_dir(&inside).unwrap();
    let model = inside.join("net.onnx");
    fs::write(folder.path().join("secret"), [0; 8]).unwrap();
    fs::write(inside.join("w.bin"), [0; 8]).unwrap();
    symlink("../secret", inside.join("link")).unwrap();
    symlink("..", inside.join("folder")).unwrap();
    symlink("w.bin", inside.join("alias")).unwrap();
    symlink("/dev/zero", inside.join("zeros")).unwrap();
    let pipe = inside.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(floats(&model, &[("location", "alias")]), Ok(vec![0.0; 2]));
    let secret = folder.path().join("secret");
    for (location, says) in [
        ("", "within the folder"),
        ("../secret", "within the folder"),
        ("../in/w.bin", "within the folder"),
        ("/dev/zero", "within the folder"),
        (secret.to_str().unwrap(), "within the folder"),
        ("link", "outside the folder"),
        ("folder/secret", "outside the folder"),
        ("zeros", "outside the folder"),
        ("pipe", "a pipe or a device"),
        (".", "a directory"),
        ("none", "no such file"),
        ("w.bin/x", "Not a directory"),
        ("a\0b", "NUL"),
    ] {
        let why = floats(&model, &[("location", location)]).unwrap_err();
        assert!(why.english.contains(says) && why.english.contains("`w`"), "{says}: {why}");
    }
    // What is opened by its own path is named by whoever asks.
    for (path, says) in [
        (&*inside, "it is a directory"),
        (&*pipe, "it is a pipe or a device"),
        (Path::new("/dev/zero"), "it is a pipe or a device"),
        (Path::new("/none"), "there is no such file"),
    ] {
        let why = File::open(path).unwrap_err();
        assert!(why.english.contains(says) && why.english != why.chinese, "{why}");
    }
}

#[test]
fn a_pipe_has_an_end() {
    let why = File::hold(io::repeat(0)).unwrap_err();
    assert!(why.english.contains("64 MB"), "{why}");
}
