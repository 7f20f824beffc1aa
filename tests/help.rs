//! What the program says of itself: the start, help that fits a screen, examples that run; and what the command line may begin
//! with.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use unicode_width::UnicodeWidthStr;

use bytes::{field, number, with_graph};
use commands::COMMANDS;

#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../src/read/onnx/bytes.rs"]
mod bytes;
#[path = "common/commands.rs"]
mod commands;

/// Runs a line in a folder as a shell does.
fn shell(line: &str, folder: &Path) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_cnncost")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder).env("PATH", std::env::join_paths(paths).unwrap());
    command.env("COLUMNS", "80").env_remove("CLICOLOR_FORCE").output().unwrap()
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The help of the program, then of each command; how to speak may stand before the command or behind it.
fn helps(option: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let help = |command: &str| {
        let output = shell(&format!("cnncost {command} {option}"), folder.path());
        assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), ""), "{command}");
        said(&output.stdout).to_owned()
    };
    std::iter::once("").chain(COMMANDS).map(help).collect()
}

#[test]
fn short_help_fits_a_screen() {
    for help in helps("-h").into_iter().chain(helps("-h --lang zh")) {
        assert!(
            help.lines().count() <= 25,
            "of some option, the first paragraph is too long, or hide it:\n{help}"
        );
        assert!(help.lines().all(|line| line.width() <= 80), "{help}");
    }
}

#[test]
fn what_must_be_there_comes_first() {
    for help in &helps("-h")[1..] {
        let usage = help.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert!(usage.ends_with(" [OPTIONS]"), "{usage}");
        let first = usage.split(' ').nth(3).unwrap();
        let listed = help.lines().find(|line| line.starts_with("  ")).unwrap();
        assert!(listed.trim_start().starts_with(first), "{help}");
    }
}

/// Every option of a command that has many stands under what it is about.
#[test]
fn options_are_grouped() {
    for help in &helps("--help")[1..] {
        assert!(!help.contains("\nOptions:\n"), "{help}");
        assert!(help.contains("\nOutput:\n") && help.contains("--lang"), "{help}");
    }
}

#[test]
fn every_example_of_every_help_runs() {
    let mut count = 0;
    for (help, command) in helps("--help").iter().zip(std::iter::once("cnncost").chain(COMMANDS)) {
        let folder = tempfile::tempdir().unwrap();
        if ["cnncost", "analyze", "fmt"].contains(&command) {
            let net = "input = [1, 8, 8]\nlayers = [{name='c3', op='conv2d', out_channels=2, kernel_size=3}]";
            fs::write(folder.path().join("net.toml"), net).unwrap();
            fs::write(folder.path().join("net.onnx"), exported()).unwrap();
        }
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command} has none"));
        let lines: Vec<_> = examples.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        assert!((3..=6).contains(&(lines.len() / 2)), "{command} has {}", lines.len() / 2);
        for pair in lines.chunks(2) {
            let [about, line] = pair else { panic!("{command}: {pair:?}") };
            assert!(about.starts_with("# ") && line.starts_with("cnncost "), "{about}\n{line}");
            assert!(command == "cnncost" || line.starts_with(&format!("cnncost {command}")), "{line}");
            assert!(line.len() <= 78, "{line}");
            // What goes on for ever is ended.
            let goes_on = line.contains("--watch");
            let ended = if goes_on { format!("timeout 5 {line}") } else { (*line).to_owned() };
            if line.starts_with("cnncost new net") {
                let _ = fs::remove_file(folder.path().join("net.toml"));
            }
            let output = shell(&ended, folder.path());
            let code = if goes_on { 124 } else { 0 };
            assert_eq!(output.status.code(), Some(code), "{line}: {}", said(&output.stderr));
            let is_in_place = line.contains("fmt ") && !line.contains(" - ");
            let writes =
                line.contains(" -o ") || line.contains("--update") || line.contains(" new ") || is_in_place;
            assert_eq!(output.stdout.is_empty(), writes, "{line} says something");
            count += 1;
        }
    }
    assert!(count > 30, "only {count} examples");
}

/// Nothing to do is no success: a script whose list of files came out empty must not pass.
#[test]
fn without_arguments_there_is_a_start() {
    let folder = tempfile::tempdir().unwrap();
    for (asked, speaks) in [
        ("cnncost", "counts"),
        ("cnncost --lang=en", "counts"),
        ("cnncost --lang zh", "精确计算"),
        ("cnncost --lang=zh", "精确计算"),
    ] {
        let output = shell(asked, folder.path());
        assert_eq!((output.status.code(), said(&output.stdout)), (Some(2), ""), "{asked}");
        let start = said(&output.stderr);
        assert!(start.starts_with(&format!("cnncost {speaks}")), "{start}");
        let commands: Vec<_> = start.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(commands.len(), 3, "{start}");
        for line in commands {
            let (line, _) = line.split_once("  ").unwrap();
            assert_eq!(shell(line, folder.path()).status.code(), Some(0), "{line}");
        }
    }
}

#[test]
fn a_network_alone_is_analyzed() {
    let folder = tempfile::tempdir().unwrap();
    let net = "input = [3, 8, 8]\nvariants = [{ name = 'all' }]\nlayers = [{ op = 'relu' }]";
    for name in ["net.toml", "plain"] {
        fs::write(folder.path().join(name), net).unwrap();
    }
    let out = |line: &str| {
        let output = shell(line, folder.path());
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output.stderr));
        said(&output.stdout).to_owned()
    };
    for network in [
        "lenet5",
        "resnet18",
        "bottleneck@direct",
        "vgg@*",
        "net.toml",
        "net.toml@all",
        "./net.toml",
        "plain",
        "- < net.toml",
        "lenet5 net.toml",
        "resnet --depth 1 --lang zh",
        "--depth 1 resnet",
        "-q lenet5",
    ] {
        assert_eq!(
            out(&format!("cnncost {network}")),
            out(&format!("cnncost analyze {network}")),
            "{network}"
        );
    }
}

/// How to speak may be said first.
#[test]
fn the_language_may_stand_before_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = |line: &str| {
        let output = shell(&format!("cnncost {line}"), folder.path());
        assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), ""), "{line}");
        said(&output.stdout).to_owned()
    };
    for (before, behind) in [
        ("--lang zh analyze lenet5", "analyze lenet5 --lang zh"),
        ("--lang=zh -q --color never explain lenet5 c3", "explain lenet5 c3 --lang zh"),
        ("--lang zh lenet5", "lenet5 --lang zh"),
        ("--lang zh ops -- conv2d", "ops conv2d --lang zh"),
        ("--lang zh --help", "--help --lang zh"),
        ("--lang zh -h", "-h --lang zh"),
        ("--lang zh bench --help", "bench --help --lang zh"),
        ("--lang zh help bench", "bench --help --lang zh"),
        ("help bench --lang zh", "bench --help --lang zh"),
        ("--quiet --version", "--version"),
    ] {
        assert_eq!(out(before), out(behind), "{before}");
    }
}

#[test]
fn a_misspelled_command_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    for (line, help) in [
        ("anlyze lenet5", "did you mean `cnncost analyze`?"),
        ("explan lenet5 c3", "did you mean `cnncost explain`?"),
        ("lenet6", "did you mean `lenet5`?"),
        ("googlnet --depth 1", "did you mean `googlenet`?"),
        ("papers", "`cnncost check papers`"),
        ("xyzzy", "`cnncost --help` lists the commands"),
        ("lenet5 explain", "a command comes first: `cnncost explain …`"),
        ("net.tml", "there is no such file"),
        ("xyzzy --lang zh", "列出命令"),
        ("xyzzy --lang=zh", "列出命令"),
        ("--threads 1,2 bench lenet5", "a command comes first: `cnncost bench …`"),
        ("--dpeth all lenet5", "'--dpeth'"),
        ("--lang zh", "cnncost lenet5 --lang zh"),
        ("--color never", "<FILE>"),
        ("''", "there is no command"),
    ] {
        let output = shell(&format!("cnncost {line}"), folder.path());
        assert_eq!(output.status.code(), Some(2), "{line}");
        let err = said(&output.stderr);
        assert!(err.contains(help) && !err.contains("panicked"), "{line}: {err}");
    }
}

/// A file may be called like a command.
#[test]
fn a_file_that_is_called_like_a_command_is_hinted_at() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["check", "models"] {
        fs::write(folder.path().join(name), "input = [3, 8, 8]\nlayers = [{ op = 'relu' }]").unwrap();
    }
    let hint = |name: &str| format!("`cnncost ./{name}` analyzes the file");
    let check = shell("cnncost check", folder.path());
    assert_eq!(check.status.code(), Some(2));
    assert!(said(&check.stderr).contains(&hint("check")), "{}", said(&check.stderr));
    let models = shell("cnncost models", folder.path());
    assert_eq!(models.status.code(), Some(0));
    assert!(said(&models.stderr).contains(&hint("models")));
    assert!(shell("cnncost ./check", folder.path()).status.success());
    // Where the command has something to do, the file is none of its business.
    assert_eq!(said(&shell("cnncost check lecture10", folder.path()).stderr), "");
    assert_eq!(said(&shell("cnncost models lenet5", folder.path()).stderr), "");
}

/// An ONNX file as programs export them: an activation of images, as many as there are.
fn exported() -> Vec<u8> {
    let size = |size: u64| field(1, number(1, size));
    let shape = [field(1, field(2, "batch")), size(3), size(8), size(8)].concat();
    let images = field(1, [number(1, 1), field(2, shape)].concat());
    let tensor = |name: &str| [field(1, name), field(2, &images)].concat();
    let node = [field(1, "x"), field(2, "y"), field(3, "relu"), field(4, "Relu")].concat();
    let graph = [field(1, node), field(2, "net"), field(11, tensor("x")), field(12, tensor("y"))];
    [number(1, 8), with_graph(&graph), field(8, number(2, 17))].concat()
}
