//! README.md is true: every command in it runs and prints what stands there, every description in it is read.
//!
//! `UPDATE_README=1 cargo test --test readme` writes the outputs anew.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cnncost::read::{Description, Options, weight_map};

/// What the README's commands read and write that is no part of the repository.
const FILES: [&str; 6] =
    ["lock.toml", "baseline.json", "lenet5.safetensors", "lenet5-layers", "scores.npy", "map.toml"];

fn scratch(name: &str) -> String {
    format!("{}/readme-{name}", env!("CARGO_TARGET_TMPDIR"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fenced blocks of a language: where each begins, and its lines.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn run(command: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_cnncost")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(&path));
    let command = command.replace("cargo run --release -- ", "cnncost ");
    let command = FILES.iter().fold(command, |command, name| command.replace(name, &scratch(name)));
    Command::new("sh")
        .args(["-c", &command])
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("COLUMNS", "100")
        .env_remove("CLICOLOR_FORCE")
        .current_dir(root())
        .output()
        .unwrap()
}

/// What a block says once its commands have been run. The only command that may fail is the one that shows a mistake.
fn filled(block: &str) -> String {
    let mut text = String::new();
    let commands: Vec<_> = block.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    for command in &commands {
        text.push_str(&format!("$ {command}\n"));
        if *command == "cargo test" {
            continue;
        }
        let output = run(command);
        let shows_mistake = command.contains("out_chanels");
        assert_eq!(
            output.status.success(),
            !shows_mistake,
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Of several commands in a block, the outputs are left out.
        if commands.len() == 1 {
            text.push_str(&String::from_utf8(output.stdout).unwrap());
            text.push_str(&String::from_utf8(output.stderr).unwrap());
        }
    }
    text
}

#[test]
fn commands_print_what_stands_there() {
    // A file that a command reads is written by one that stands before it.
    for name in FILES.map(scratch) {
        let _ = fs::remove_file(&name);
        let _ = fs::remove_dir_all(&name);
    }
    let path = root().join("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    let console: Vec<String> = blocks(&readme, "console").into_iter().map(str::to_owned).collect();
    assert!(console.len() > 8);
    for block in console {
        let filled = filled(&block);
        if std::env::var_os("UPDATE_README").is_some() {
            readme = readme.replace(&format!("```console\n{block}```"), &format!("```console\n{filled}```"));
        } else {
            assert_eq!(block, filled);
        }
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(&path, readme).unwrap();
    }
}

#[test]
fn descriptions_claims_and_devices_are_read() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let toml = blocks(&readme, "toml");
    assert!(toml.len() >= 4);
    for text in toml {
        if text.starts_with("[networks]") {
            let models = format!("{}/", root().join("models").display());
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme-claims.toml");
            fs::write(&path, text.replace("models/", &models)).unwrap();
            let output = run(&format!("cnncost check {}", path.display()));
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            continue;
        }
        if text.starts_with("# Ours") {
            weight_map::parse("README.md", text).unwrap();
            continue;
        }
        if text.starts_with("[board]") {
            assert_eq!(cnncost::read::devices::parse("README.md", text).unwrap().len(), 1);
            continue;
        }
        let network = Description::parse("README.md", text).and_then(|d| d.expand(&Options::default()));
        let network = network.unwrap_or_else(|error| {
            panic!("{}", error.render(cnncost::text::Language::English, false, 100));
        });
        assert!(network.warnings.is_empty());
    }
}

/// The workflow is for a repository that holds descriptions, and not this program.
#[test]
fn the_workflow_installs_from_elsewhere() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let workflows = blocks(&readme, "yaml");
    assert!(!workflows.is_empty());
    for workflow in workflows {
        assert!(workflow.contains("cargo install --locked --git ADDRESS cnncost"), "{workflow}");
        assert!(readme.contains("`ADDRESS`") && !workflow.contains("--path"), "{workflow}");
        let command = workflow.lines().find_map(|line| line.trim().strip_prefix("- run: cnncost ")).unwrap();
        let lock = format!("{}/readme-workflow.toml", env!("CARGO_TARGET_TMPDIR"));
        let written = run(&format!("cnncost check models/lenet5.toml --update {lock}"));
        assert!(written.status.success());
        let output = run(&format!("cnncost {}", command.replace("lock.toml", &lock)));
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
