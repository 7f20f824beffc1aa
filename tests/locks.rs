//! Locks: what `check --update` writes, `check` reads to a pass, with every choice that it was made with.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const NET: &str = "input = [3, 8, 8]\n\
                   params = { c = 4, n = 1, \"größe\" = 2, word = ['a', 'b', '1/3', 'inf', 'é', 'x\"y'] }\n\
                   variants = [{ name = 'wide', set = { c = 9 } }]\n\
                   layers = [\n\
                     { op = 'conv2d', out_channels = 'c', kernel_size = 3 },\n\
                     { op = 'conv2d', out_channels = 'max(1, floor(n))', kernel_size = 1 },\n\
                   ]\n";

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output =
        command.env("COLUMNS", "100").current_dir(folder).arg("check").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Locks with these arguments, and checks the lock; its text.
fn round_trip(folder: &Path, arguments: &[&str]) -> String {
    fs::create_dir_all(folder.join("ci")).unwrap();
    let lock = folder.join("ci/lock.toml");
    let _ = fs::remove_file(&lock);
    let written = check(folder, &[arguments, &["--update", "ci/lock.toml"]].concat());
    assert_eq!(written.0, Some(0), "{arguments:?}: {}", written.2);
    let text = fs::read_to_string(&lock).unwrap();
    let (code, out, error) = check(folder, &["ci/lock.toml"]);
    assert_eq!(code, Some(0), "{arguments:?}\n{text}\n{out}{error}");
    text
}

#[test]
fn files_of_any_name_are_locked() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "'.toml",
        "a'b'c.toml",
        "a\"b.toml",
        "a b.toml",
        "größe.toml",
        "模型.toml",
        "a@b.toml",
        "-x.toml",
        "@.toml",
        "a:b.toml",
        "#.toml",
        "net-2.toml",
        "net",
        ".toml",
        "a.b.c.toml",
        "'macs == 1'.toml",
        "$(x).toml",
        "%.toml",
        "=.toml",
    ];
    // On Windows no name has these.
    let names = names
        .into_iter()
        .chain(cfg!(unix).then_some(["a\\b.toml", "\\.toml", "a\\\"b'.toml"]).into_iter().flatten());
    let mut all = vec![];
    for name in names {
        fs::write(folder.path().join(name), NET).unwrap();
        let given = format!("./{name}");
        round_trip(folder.path(), &[&given]);
        round_trip(folder.path(), &[&format!("{given}@wide")]);
        all.push(given);
    }
    round_trip(folder.path(), &all.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn files_of_one_stem_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["a/net.toml", "b/net.toml", "net-2.toml", "net-3.toml"] {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(
            folder.path().join(path),
            NET.replace("kernel_size = 3", &format!("kernel_size = {}", path.len() % 7)),
        )
        .unwrap();
    }
    let text =
        round_trip(folder.path(), &["net-2.toml", "a/net.toml", "b/net.toml", "net-3.toml", "a/net.toml"]);
    assert_eq!(text.matches("{ file = ").count(), 5, "{text}");
}

/// A name that is not shown is refused, and so is what cannot be read again; nothing is written then.
#[test]
fn what_a_lock_cannot_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut hidden = vec!["a\u{202e}b.toml"];
    if cfg!(unix) {
        hidden.extend(["a\nb.toml", "a\u{1b}b.toml", "a\u{7f}b.toml"]);
    }
    for name in hidden {
        fs::write(folder.path().join(name), NET).unwrap();
        let (code, _, error) = check(folder.path(), &[name, "--update", "lock.toml"]);
        assert_eq!(code, Some(2), "{name:?}");
        assert!(error.contains("are not shown") && !error.contains('\u{1b}'), "{error}");
    }
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output = command
        .current_dir(folder.path())
        .args(["check", "-", "--update", "lock.toml"])
        .write_stdin(NET)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("can be read only once"));
    assert!(!folder.path().join("lock.toml").exists());
}

#[test]
fn every_choice_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("net.toml"), NET).unwrap();
    for dtype in ["f32", "f16", "bf16", "i8"] {
        let text = round_trip(folder.path(), &["net.toml", "--dtype", dtype]);
        assert_eq!(text.contains(&format!("dtype = \"{dtype}\"")), dtype != "f32", "{text}");
    }
    round_trip(folder.path(), &["net.toml", "--input", "3x16x9", "--batch", "7", "--within", "2.5 %"]);
    round_trip(folder.path(), &["net.toml@wide", "--set", "c=5", "--set", "c=6"]);
    round_trip(folder.path(), &["net.toml@*", "--dtype", "i8", "--set", "größe=2", "--set", "word=x\"y"]);
    round_trip(folder.path(), &["lenet5", "resnet18", "bottleneck@*", "--dtype", "f16"]);
    let values = [
        "05",
        "0",
        "00",
        "007.50",
        "2.99999999999999999999",
        "900719925474099.99",
        "4503599627370497.5",
        "1.0000000000000000000000000000000000001",
        "1e-30",
        "1E+2",
        "1_000",
        "0_1",
        "12e-1",
        "003e1",
        "0.5",
    ];
    for value in values {
        round_trip(folder.path(), &["net.toml", "--set", &format!("n={value}")]);
    }
    for value in ["a", "é", "1/3", "inf", "x\"y"] {
        round_trip(folder.path(), &["net.toml", "--set", &format!("word={value}")]);
    }
}

/// What a file of claims sets is what it says, digit by digit.
#[test]
fn numbers_that_are_set_stay_exact() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("net.toml"), NET).unwrap();
    for (n, features) in
        [("2.99999999999999999999", 2), ("3.0", 3), ("2.9999999999999999999999999999999999999", 2)]
    {
        let text = format!(
            "[networks]\nnet = {{ file = './net.toml', set = {{ n = {n} }} }}\n[[claims]]\nexpect = 'channels == {features}'\n"
        );
        fs::write(folder.path().join("claims.toml"), text).unwrap();
        let (code, out, error) = check(folder.path(), &["claims.toml"]);
        assert_eq!(code, Some(0), "{n}: {out}{error}");
    }
}

#[test]
fn a_tolerance_is_a_number_above_zero() {
    let folder = tempfile::tempdir().unwrap();
    for within in ["-1", "-1%", "nan", "inf", "much", "", "1 2", "1 GMACs"] {
        let within = format!("--within={within}");
        let (code, _, error) = check(folder.path(), &["lenet5", "--update", "lock.toml", &within]);
        assert!(code == Some(2) && error.contains("is no percentage"), "{within}: {error}");
    }
    assert!(!folder.path().join("lock.toml").exists());
}

/// Without a file behind `--update`, or with itself, a lock is written anew, and nothing but its figures changes.
#[test]
fn a_lock_is_refreshed() {
    let folder = tempfile::tempdir().unwrap();
    let (net, lock) = (folder.path().join("net.toml"), folder.path().join("lock.toml"));
    fs::write(&net, NET).unwrap();
    let (code, ..) =
        check(folder.path(), &["net.toml", "--update", "lock.toml", "--dtype", "i8", "--within", "1%"]);
    assert_eq!(code, Some(0));
    let budget = "\n# Ours.\n[[claims]]\nexpect = \"params <= 1M\"\n";
    let first = fs::read_to_string(&lock).unwrap() + budget;
    fs::write(&lock, &first).unwrap();
    let wider = NET.replace("c = 4", "c = 40");
    for (description, arguments) in [
        (&*wider, &["lock.toml", "--update"][..]),
        (NET, &["lock.toml", "--update", "lock.toml"]),
        (&*wider, &["lock.toml", "--update", "./lock.toml"]),
        (NET, &["--update", "lock.toml"]),
    ] {
        fs::write(&net, description).unwrap();
        assert_eq!(check(folder.path(), &["lock.toml"]).0, Some(1), "{arguments:?}");
        let (code, out, error) = check(folder.path(), arguments);
        assert_eq!((code, &*out, error.contains("error")), (Some(0), "", false), "{arguments:?}: {error}");
        assert_eq!(check(folder.path(), &["lock.toml"]).0, Some(0), "{arguments:?}");
        let text = fs::read_to_string(&lock).unwrap();
        assert!(text.ends_with(budget) && text.contains("dtype = \"i8\""), "{text}");
        assert_eq!(text == first, description == NET, "{text}");
    }
    let (code, _, error) = check(folder.path(), &["lock.toml", "--update", "--dtype", "f16"]);
    assert!(code == Some(2) && error.contains("keeps the choices"), "{error}");
    for arguments in
        [&["net.toml", "--update"][..], &["lenet5", "--update"], &["lenet5", "resnet18", "--update"]]
    {
        assert_eq!(check(folder.path(), arguments).0, Some(2), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(&net).unwrap(), NET);
}

/// Only a lock is written over, and what is empty.
#[test]
fn what_is_no_lock_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("x.toml");
    for text in ["notes", NET, " # Written by `cnncost check --update`;", "[networks]\nnet = 'lenet5'\n"] {
        fs::write(&place, text).unwrap();
        let (code, _, error) = check(folder.path(), &["lenet5", "--update", "x.toml"]);
        assert!(code == Some(2) && error.contains("is no lock"), "{error}");
        assert_eq!(fs::read_to_string(&place).unwrap(), text);
    }
    for text in ["", "# Written by `cnncost check --update`; and edited"] {
        fs::write(&place, text).unwrap();
        assert_eq!(check(folder.path(), &["lenet5", "--update", "x.toml"]).0, Some(0));
        assert_eq!(check(folder.path(), &["x.toml"]).0, Some(0));
    }
    // What is not there is told as such.
    let (code, _, error) = check(folder.path(), &["none.toml", "--update"]);
    assert_eq!((code, error.as_str()), (Some(2), "error: cannot read `none.toml`: there is no such file\n"));
    assert!(check(folder.path(), &[".", "--update"]).2.contains("is no lock"));
    let (code, _, error) = check(folder.path(), &["--update"]);
    assert!(code == Some(2) && error.contains("no network is named, and no lock"), "{error}");
}
