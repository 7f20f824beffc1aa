//! A report of every bundled network, held against a file under tests/golden/, and its columns added up again.
//!
//! `UPDATE_GOLDEN=1 cargo test --test models` writes the files anew: look at what changes.

use std::path::Path;

use assert_cmd::Command;
use cnncost::read::bundled::BUNDLED;

fn report(name: &str, depth: &[&str]) -> String {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    let output = command
        .env("COLUMNS", "100")
        .env_remove("CLICOLOR_FORCE")
        .args(["analyze", name])
        .args(depth)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn reports_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for file in BUNDLED {
        let (path, report) = (folder.join(format!("{}.txt", file.name)), report(file.name, &[]));
        if update {
            std::fs::write(&path, &report).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(report == golden, "{} differs from its golden report:\n{report}", file.name);
    }
}

/// Every other format, and other languages and widths, of a network or two.
#[test]
fn other_forms_are_as_they_were() {
    let forms: [(&str, &str, &[&str]); 9] = [
        ("inception.md", "80", &["inception", "--format", "markdown"]),
        ("inception.tex", "80", &["inception", "--format", "latex"]),
        ("inception.csv", "80", &["inception", "--format", "csv"]),
        (
            "bottleneck.json",
            "80",
            &["bottleneck@direct", "--format", "json", "--batch", "2", "--dtype", "f16"],
        ),
        ("residual_mnist.tree.txt", "80", &["residual_mnist", "--format", "tree"]),
        ("residual_mnist.zh.txt", "80", &["residual_mnist", "--lang", "zh"]),
        ("googlenet_aux.narrow.txt", "80", &["googlenet_aux"]),
        ("resnet50.wide.txt", "200", &["resnet50"]),
        ("summary.txt", "80", &["bottleneck@*", "lenet5", "resnet50", "googlenet_aux"]),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (name, columns, arguments) in forms {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env("COLUMNS", columns).env_remove("CLICOLOR_FORCE").arg("analyze").args(arguments);
        let (path, output) = (folder.join(name), command.output().unwrap());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &output.stdout).unwrap();
        }
        let golden = std::fs::read(&path).unwrap_or_default();
        assert!(output.stdout == golden, "{name} differs:\n{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// The figures of a column, which is flush right under its heading: those of the layers, and the total.
fn figures(report: &str, heading: &str) -> (Vec<u128>, u128) {
    let lines: Vec<Vec<char>> = report.lines().map(|line| line.chars().collect()).collect();
    let heading: Vec<char> = heading.chars().collect();
    let is_rule = |line: &&Vec<char>| line.starts_with(&['─']);
    let head = lines.iter().position(|line| is_rule(&line)).unwrap() - 1;
    let end = lines[head].windows(heading.len()).position(|part| part == heading).unwrap() + heading.len();
    let figure = |line: &Vec<char>| -> Option<u128> {
        let cell: String = line.get(..end)?.iter().collect();
        let cell = cell.rsplit(' ').next()?.replace(',', "");
        cell.parse().ok()
    };
    let body: Vec<_> = lines[head + 2..].iter().take_while(|line| !is_rule(line)).collect();
    let total = figure(&lines[head + 3 + body.len()]).unwrap();
    (body.into_iter().filter_map(figure).collect(), total)
}

#[test]
fn columns_add_up_to_their_totals() {
    for file in BUNDLED {
        for arguments in [&[][..], &["--depth", "all"], &["--deployed"], &["--deployed", "--depth", "all"]] {
            let report = report(file.name, arguments);
            for heading in ["params", "MACs"] {
                let (layers, total) = figures(&report, heading);
                assert!(layers.len() > 1, "{}: {heading} has figures", file.name);
                assert_eq!(layers.iter().sum::<u128>(), total, "{}: {heading}", file.name);
            }
        }
    }
}

/// What JSON says of blocks and nodes adds up too: every block to its nodes, all nodes to the totals.
#[test]
fn json_adds_up_to_its_totals() {
    for (file, arguments) in BUNDLED.iter().flat_map(|file| [(file, &[][..]), (file, &["--deployed"])]) {
        let output = Command::cargo_bin("cnncost")
            .unwrap()
            .env_remove("CLICOLOR_FORCE")
            .args(["analyze", file.name, "--format", "json"])
            .args(arguments)
            .output()
            .unwrap();
        let mut json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let json = json["networks"][0].take();
        let sum = |nodes: &[&serde_json::Value], key: &str| {
            nodes.iter().map(|n| n[key].as_u64().unwrap()).sum::<u64>()
        };
        let nodes: Vec<_> = json["nodes"].as_array().unwrap().iter().collect();
        for key in ["params", "trainable", "buffers", "macs", "flops", "macs_padding_exact", "traffic_bytes"]
        {
            assert_eq!(sum(&nodes, key), json["totals"][key].as_u64().unwrap(), "{}: {key}", file.name);
            for block in json["blocks"].as_array().unwrap() {
                let prefix = format!("{}/", block["path"].as_str().unwrap());
                let inside: Vec<_> = nodes
                    .iter()
                    .copied()
                    .filter(|n| n["path"].as_str().unwrap().starts_with(&prefix))
                    .collect();
                assert_eq!(sum(&inside, key), block[key].as_u64().unwrap(), "{} {prefix}: {key}", file.name);
            }
        }
    }
}
