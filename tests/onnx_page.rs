//! `docs/onnx.md` is true: every command on it prints what stands there, of the files in `tests/onnx/page`.
//!
//! `UPDATE_README=1 cargo test --test onnx_page` writes the outputs anew.

use std::fs;
use std::path::Path;

use pages::{blocks, folder, held};

#[path = "common/pages.rs"]
mod pages;

#[test]
fn commands_print_what_stands_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/onnx.md");
    let page = fs::read_to_string(&path).unwrap();
    let folder = folder("onnx-page", &page);
    let mut names = vec![];
    for entry in fs::read_dir(root.join("tests/onnx/page")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        names.push(entry.file_name().into_string().unwrap());
    }
    let count = blocks(&page, "console").len();
    assert!(count > 8, "only {count} commands were found");
    // Sizes are left open there.
    let (page, run_on) = held(page, &folder, |command| command == "cnncost open.onnx");
    for name in names {
        assert!(run_on.contains(&name), "nothing runs {name}");
    }
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(path, page).unwrap();
    }
}
