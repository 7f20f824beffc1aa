//! `cnncost new`, and what sets the program up: completions and manual pages.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn cnncost(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cnncost"));
    command.current_dir(folder).env_remove("CLICOLOR_FORCE").env("COLUMNS", "80");
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn out(folder: &Path, arguments: &[&str]) -> String {
    let output = cnncost(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*said), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = cnncost(folder, arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}: {said}");
    said
}

#[test]
fn what_is_started_can_be_used_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for template in ["lenet", "residual", "inception", "separable"] {
        for lang in ["en", "zh"] {
            let name = format!("{template}_{lang}");
            let file = format!("{name}.toml");
            let output = cnncost(folder, &["new", &name, "--template", template, "--lang", lang]);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b""[..]), "{said}");
            assert!(said.contains(&format!("cnncost analyze --watch {file}")), "{said}");
            // What its own comments say to do can be done.
            let text = fs::read_to_string(folder.join(&file)).unwrap();
            let mut tried = 0;
            for line in text.lines().filter_map(|line| line.split_once('#')?.1.split_once("cnncost ")) {
                let words: Vec<_> = line.1.split(' ').collect();
                out(folder, &words);
                tried += 1;
            }
            assert!(tried > 1, "{text}");
            out(folder, &["analyze", &file, "--strict"]);
            out(folder, &["check", &file]);
            out(folder, &["fmt", "--check", &file]);
        }
    }
}

#[test]
fn slips_are_met_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let new = |arguments: &[&str]| refused(folder, &[&["new"], arguments].concat());
    assert!(new(&["my", "net"]).contains("`cnncost new my_net`"));
    assert!(
        new(&["nets/a"]).contains("there is no folder `nets`") && new(&["nets/a"]).contains("`mkdir nets`")
    );
    assert!(new(&["net.onnx"]).contains("`cnncost new net` writes `net.toml`"));
    for name in ["", " ", ".", "..", "/", "nets/", ".toml", "a\u{1b}[31m"] {
        let said = new(&[name]);
        assert!(said.contains("as in `cnncost new my_net`") && !said.contains('\u{1b}'), "{name}: {said}");
    }
    assert!(new(&["a", "--template", "resnet"]).contains("lenet, residual, inception, separable"));
    // Never over what is there.
    let text = || fs::read_to_string(folder.join("net.toml")).unwrap();
    let start = |arguments: &[&str]| {
        let output = cnncost(folder, &[&["new"], arguments].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    fs::write(folder.join("net.toml"), "mine").unwrap();
    for name in ["net", "net.toml", "./net"] {
        assert!(new(&[name]).contains("is there already"), "{name}");
    }
    assert!(new(&["other", "-o", "net.toml"]).contains("is there already"));
    assert_eq!(text(), "mine");
    assert_eq!(start(&["net.toml", "--force", "-q"]), (Some(0), String::new()));
    assert!(text().contains("name = \"net\"\n"), "{}", text());
    // With spaces and quotes, in a folder, in a language.
    fs::create_dir(folder.join("nets")).unwrap();
    let (code, said) = start(&["nets/it's \"my\" net"]);
    assert!(code == Some(0) && said.contains("cnncost check 'nets/it'\\''s \"my\" net.toml'"), "{said}");
    out(folder, &["check", "nets/it's \"my\" net.toml"]);
    // Called like what is bundled, it is another.
    let (code, said) = start(&["resnet50"]);
    assert!(code == Some(0) && said.contains("note: `resnet50` alone is what is bundled"), "{said}");
    assert_eq!(start(&["new", "-o", "elsewhere.toml"]).0, Some(0));
    assert!(fs::read_to_string(folder.join("elsewhere.toml")).unwrap().contains("name = \"new\"\n"));
}

/// What a shell says of a script, if that shell is there.
fn shell(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.is_empty(), "{program} {arguments:?}: {said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn shells_read_what_completes_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")] {
        for lang in ["en", "zh"] {
            out(folder, &["completions", name, "-o", "script", "--lang", lang]);
            shell(name, &[check, folder.join("script").to_str().unwrap()]);
        }
    }
    assert!(out(folder, &["completions", "powershell"]).contains("Register-ArgumentCompleter"));
    assert!(refused(folder, &["completions", "tcsh"]).contains("bash, zsh, fish, powershell"));
}

#[test]
fn bash_completes_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("resolved.toml"), "").unwrap();
    out(folder, &["completions", "bash", "-o", "script"]);
    let complete = |words: &str| {
        let script = format!(
            "cd '{}'; source ./script; COMP_WORDS=({words}); [[ '{words}' == *' ' ]] && COMP_WORDS+=(''); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); compopt() {{ :; }}; \
             _cnncost_with_names cnncost \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            folder.display()
        );
        shell("bash", &["--norc", "-c", &script])
            .map(|out| out.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    for (words, known) in [
        ("cnncost ana", &["analyze"][..]),
        ("cnncost reso", &["resolved.toml"]),
        ("cnncost lenet_", &["lenet_mnist"]),
        ("cnncost analyze lenet5 resnet18_", &["resnet18_v1"]),
        ("cnncost compare vgg16 reso", &["resolved.toml"]),
        ("cnncost check lecture", &["lecture10", "lecture11"]),
        ("cnncost ops conv_transpose2", &["conv_transpose2d"]),
        ("cnncost models st", &["std"]),
        ("cnncost man expl", &["explain"]),
        ("cnncost analyze lenet5 --like fvc", &["fvcore"]),
        ("cnncost analyze lenet5 --device-spec stm32h", &["stm32h743"]),
        ("cnncost analyze lenet5 --columns layer,recep", &["layer,receptive_field"]),
        ("cnncost run lenet5 --dtype bf", &["bf16"]),
        ("cnncost analyze --wat", &["--watch"]),
        ("cnncost new a --template incep", &["inception"]),
        ("cnncost schema expl", &["explanation"]),
    ] {
        let Some(found) = complete(words) else { return };
        assert_eq!(found, known, "{words}");
    }
}

#[test]
fn every_page_of_the_manual_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for lang in ["en", "zh"] {
        assert_eq!(out(folder, &["man", "-o", lang, "--lang", lang]), "");
        let mut count = 0;
        for entry in fs::read_dir(folder.join(lang)).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let heading = |english: &str, chinese: &str| {
                let heading = if lang == "en" { english } else { chinese };
                assert!(
                    text.contains(&format!("\n.SH \"{heading}\"\n"))
                        || text.contains(&format!("\n.SH {heading}\n")),
                    "{heading}\n{text}"
                );
            };
            heading("NAME", "名称");
            heading("SYNOPSIS", "概要");
            heading("EXAMPLES", "示例");
            heading("EXIT STATUS", "退出码");
            assert!(text.contains("cnncost"), "{name}");
            count += 1;
            // Without a warning, and every line in place.
            let rendered = shell("groff", &["-man", "-Kutf8", "-Tutf8", "-ww", path.to_str().unwrap()]);
            let Some(rendered) = rendered else { continue };
            let plain: String = rendered
                .split('\u{1b}')
                .map(|part| part.split_once('m').map_or(part, |(_, rest)| rest))
                .collect();
            assert!(plain.contains("cnncost") && plain.lines().count() > 20, "{plain}");
        }
        assert!(count > 12, "{count}");
        let page = out(folder, &["man", "analyze", "--lang", lang]);
        assert_eq!(page, fs::read_to_string(folder.join(lang).join("cnncost-analyze.1")).unwrap());
    }
    assert!(refused(folder, &["man", "anlyze"]).contains("did you mean `analyze`?"));
}
