//! That TeX takes what is written for it, where TeX is installed: explanations, slides and tables, in both languages.

#![expect(clippy::print_stderr, reason = "says what is skipped")]

use std::fs;
use std::process::Command as Process;

use assert_cmd::Command;
use cnncost::read::bundled::{self, BUNDLED};
use cnncost::read::{Description, Options};
use cnncost::report::Style;
use cnncost::report::explain::{About, Explanation, Markup, set};
use cnncost::subject::Subject;
use cnncost::text::Language;

/// Whether a program is there; says so where it is not.
fn is_installed(program: &str) -> bool {
    let is_there =
        Process::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("skipped: there is no {program}");
    }
    is_there
}

/// What is called `name` under `texmf`, such as `ctex.sty`.
fn has_package(name: &str) -> bool {
    let found = Process::new("kpsewhich").arg(name).output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no {name}");
    }
    found
}

/// Runs TeX over a document; what of it does not fit by more than a little.
fn typeset(engine: &str, name: &str, document: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.tex"));
    fs::write(&path, document).unwrap();
    let mut process = Process::new(engine);
    process.args(["-interaction=nonstopmode", "-halt-on-error"]).arg(&path).current_dir(folder.path());
    let output = process.output().unwrap();
    let log = String::from_utf8_lossy(&fs::read(path.with_extension("log")).unwrap()).into_owned();
    let wrong: Vec<_> = log.lines().skip_while(|line| !line.starts_with('!')).take(12).collect();
    assert!(output.status.success(), "{engine} {name}: {}", wrong.join("\n"));
    assert!(path.with_extension("pdf").exists(), "{engine} {name}");
    let missing = log.lines().find(|line| line.starts_with("Missing character"));
    assert_eq!(missing, None, "{engine} {name}");
    let points =
        |line: &str| line.split(['(', ' ']).find_map(|word| word.strip_suffix("pt")?.parse::<f64>().ok());
    let is_over =
        |line: &&str| line.starts_with("Overfull \\hbox") && points(line).is_some_and(|points| points > 12.0);
    log.lines().filter(is_over).map(str::to_owned).collect()
}

fn article(language: Language, body: &str) -> String {
    let chinese = if language == Language::Chinese { "\\usepackage[UTF8]{ctex}\n" } else { "" };
    format!(
        "\\documentclass{{article}}\n\\usepackage{{amsmath}}\n\\usepackage{{booktabs}}\n{chinese}\
         \\begin{{document}}\n{body}\n\\end{{document}}\n"
    )
}

fn subjects() -> Vec<Subject> {
    let subject = |name: &'static str| {
        let (file, variant) = bundled::find(name).unwrap();
        let network = Description::parse(file.name, file.text).unwrap();
        let network = network.expand(&Options { variant, ..Options::default() }).unwrap();
        Subject { label: name.to_owned(), title: name.to_owned(), ..Subject::of(network, 2).unwrap() }
    };
    BUNDLED.iter().map(|file| subject(file.name)).collect()
}

/// Small networks whole, of others what stands at the top; what is seen and what is alive.
fn fragments(subjects: &[Subject], language: Language) -> String {
    const SMALL: usize = 60;
    let style = Style { language, width: 80, color: false };
    let of = |subject, about| Explanation::new(subject, None, about, language).unwrap();
    let mut explanations = vec![];
    for subject in subjects {
        let depth = if subject.graph().len() <= SMALL { None } else { Some(1) };
        explanations.push(of(subject, About::Costs(depth)));
        explanations.push(of(subject, About::Peak));
        explanations.push(of(subject, About::Field));
    }
    set(&explanations, Markup::Latex, style)
}

/// pdfTeX and XeTeX for what is in English; what has Chinese needs ctex and its fonts.
fn engines(language: Language) -> Vec<&'static str> {
    let engines: &[&str] = match language {
        Language::Chinese if !has_package("ctex.sty") || !has_package("FandolSong-Regular.otf") => &[],
        Language::Chinese => &["xelatex"],
        Language::English | _ => &["pdflatex", "xelatex"],
    };
    engines.iter().copied().filter(|engine| is_installed(engine)).collect()
}

#[test]
fn explanations_of_every_network_are_typeset() {
    let subjects = subjects();
    for language in [Language::English, Language::Chinese] {
        for engine in engines(language) {
            let document = article(language, &fragments(&subjects, language));
            let over = typeset(engine, "explanations", &document);
            // Labels in Chinese are of another breadth, and the longest paths of another kind of name.
            assert!(over.len() <= 12, "{engine}: {over:#?}");
        }
    }
}

fn written(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    let output = command.env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn slides_are_documents_that_fit() {
    let asked: [&[&str]; 7] = [
        &["explain", "inception", "inception/5x5"],
        &["explain", "lenet5"],
        &["explain", "resnet50", "layer1/0", "--batch", "8"],
        &["explain", "vit_b_16", "encoder.0"],
        &["explain", "vgg16", "--field"],
        &["explain", "unet", "--peak"],
        &["explain", "tests/explain/lstm.toml", "lstm"],
    ];
    for (language, lang) in [(Language::English, "en"), (Language::Chinese, "zh")] {
        for engine in engines(language) {
            for arguments in asked {
                let document = written(&[arguments, &["--format", "beamer", "--lang", lang]].concat());
                let over = typeset(engine, "slides", &document);
                assert!(over.is_empty(), "{engine} {arguments:?} {lang}: {over:#?}");
            }
        }
    }
}

/// What is hostile in a name stays text.
#[test]
fn names_are_no_commands_to_tex() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let name = r"50% of $x_1^2$ & #1 ~ {\\input{x}} | <b> `c` \\end{document}";
    let layers = r#"[{ op = "conv2d", name = "a_b", out_channels = 8, kernel_size = 3 },
        { op = "opaque", kind = "my_op", shape = [8, 6, 6], weights = { w_1 = [4, 4] }, macs = 12 }]"#;
    fs::write(&path, format!("name = \"{name}\"\ninput = [3, 8, 8]\nlayers = {layers}\n")).unwrap();
    let path = path.to_str().unwrap();
    for engine in engines(Language::English) {
        typeset(engine, "slides", &written(&["explain", path, "--format", "beamer"]));
        let pages = [&["explain", path][..], &["analyze", path], &["explain", path, "--field"]];
        let pages: String =
            pages.iter().map(|page| written(&[page, &["--format", "latex"][..]].concat())).collect();
        typeset(engine, "pages", &article(Language::English, &pages));
    }
}

#[test]
fn tables_of_every_network_are_typeset() {
    let names: Vec<&str> = BUNDLED.iter().map(|file| file.name).collect();
    for (language, lang) in [(Language::English, "en"), (Language::Chinese, "zh")] {
        for engine in engines(language) {
            let options = ["--format", "latex", "--depth", "1", "--lang", lang];
            let tables = written(&[&["analyze"], &names[..], &options].concat());
            let tables = tables.replace("\\end{table}", "\\end{table}\\clearpage");
            typeset(engine, "tables", &article(language, &tables));
        }
    }
}
