//! The architecture as the crate's documentation states it: which module may use which.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the bottom up: the table in the documentation of the crate.
fn order() -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split_once("`]"));
    let order: Vec<_> = rows.map(|(name, _)| name.trim_start_matches("mod@").to_owned()).collect();
    let declared = page.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in declared {
        assert!(order.iter().any(|known| known == module), "{module} is not in the table");
    }
    order
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn rank(order: &[String], module: &str) -> usize {
    order.iter().position(|known| known == module).unwrap_or_else(|| panic!("{module} is not in the order"))
}

/// Where the kernels are.
const KERNELS: &str = "run/native/kernels";

/// The modules that a file names behind `crate::`, tests apart.
fn uses(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = lines.flat_map(|line| {
        line.match_indices("crate::")
            .filter(|&(at, _)| !line[..at].ends_with('$'))
            .map(|(at, found)| {
                let rest = &line[at + found.len()..];
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
            })
            .collect::<Vec<_>>()
    });
    // `text!` and what the crate re-exports from `analyze`.
    names
        .filter(|name| !name.is_empty())
        .map(|name| if name == "Analysis" { "analyze".to_owned() } else { name })
        .collect()
}

#[test]
fn modules_use_only_those_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (order, mut checked) = (order(), 0);
    // The kernels are a crate of their own, which knows none of them.
    for file in rust_files(&source).into_iter().filter(|file| !file.starts_with(source.join(KERNELS))) {
        let inside = file.strip_prefix(&source).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        for used in uses(&fs::read_to_string(&file).unwrap()) {
            // cli is the top; everything else is held to the order.
            assert!(
                used == module || rank(&order, &used) < rank(&order, &module),
                "{} uses crate::{used}, which is not below {module}",
                inside.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} imports were found");
}

/// Third-party types stop at one module.
#[test]
fn libraries_stay_in_their_modules() {
    const HOMES: [(&str, &[&str]); 10] = [
        ("candle_", &["op", "run", "bench.rs", "bench", "cli"]),
        ("cnncost_kernels", &["run/native.rs", "run/native"]),
        ("petgraph", &["graph.rs", "graph"]),
        ("toml::", &["read"]),
        ("annotate_snippets", &["error/drawing.rs"]),
        ("comfy_table", &["report"]),
        ("clap", &["cli"]),
        ("resvg", &["report/draw/convert.rs"]),
        ("svg2pdf", &["report/draw/convert.rs"]),
        ("dejavu", &["report/draw/convert.rs"]),
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&source) {
        let inside = file.strip_prefix(&source).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for (library, homes) in HOMES {
            let used = code.contains(&format!("use {library}"));
            assert!(
                !used || homes.iter().any(|home| inside.starts_with(home)),
                "{} uses {library}",
                inside.display()
            );
        }
    }
}

/// What a terminal or a CI service sets would color what tests compare.
#[test]
fn tests_start_the_program_without_colors_from_outside() {
    let program = ["cargo_bin", "(\"cnncost\")"].concat();
    for file in rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")) {
        let text = fs::read_to_string(&file).unwrap();
        let (starts, without) = (text.matches(&program).count(), text.matches("\"CLICOLOR_FORCE\"").count());
        assert!(starts <= without, "{} starts it {starts} times, {without} without", file.display());
    }
}
