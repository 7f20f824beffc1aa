//! `cnncost draw`: each form, what its file says, what is refused, and that names of any kind stay text.

use std::fs;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use cnncost::read::bundled::BUNDLED;
use cnncost::report::Style;
use cnncost::report::draw::{Options, dot, mermaid, tree};
use cnncost::report::rows::Depth;
use cnncost::source::{self, Choice};
use cnncost::text::Language;
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

#[path = "../src/read/onnx/bytes.rs"]
#[allow(dead_code, reason = "a part of it writes what is hostile")]
mod bytes;

use bytes::{field, number, with_graph};

struct Ran {
    code: i32,
    out: Vec<u8>,
    err: String,
}

impl Ran {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }
}

fn draw(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR").current_dir(folder);
    let output = command.arg("draw").args(arguments).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What is written without a word beside it.
fn done(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let ran = draw(folder, arguments);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    ran.out
}

fn file(folder: &TempDir, name: &str) -> Vec<u8> {
    fs::read(folder.path().join(name)).unwrap()
}

/// Names that are something else to XML, HTML, Graphviz, Mermaid, Markdown, YAML or a terminal.
const HOSTILE: [&str; 12] = [
    "</text><script>alert(1)</script>",
    "\"><img onerror=x>",
    "\"] --> N0; %%",
    "\\N \\\" \\",
    "&lt; &#0; &nope; #35;",
    "]]> -->",
    "1. one",
    "- `a` **b** _c_ [d](e)",
    "end",
    "\u{202e}esrever\u{1b}[2J\n",
    "卷积 é 🧠 \u{301}",
    "{{x}} | \"quote' $1",
];

/// An ONNX file with those names of operators, inputs and outputs, and with boxes of such names.
fn hostile(folder: &Path) {
    let info = |at, name: &str| {
        let dims: Vec<u8> = [1_u64, 3, 8, 8].iter().flat_map(|&size| field(1, number(1, size))).collect();
        let tensor = [number(1, 1), field(2, dims)].concat();
        field(at, [field(1, name), field(2, field(1, tensor))].concat())
    };
    let (mut fields, mut last) = (vec![info(11, HOSTILE[0])], HOSTILE[0].to_owned());
    for name in HOSTILE {
        // Several operators are a box.
        for (at, operator) in ["Relu", "Sigmoid", "Tanh", "Exp", name].into_iter().enumerate() {
            let (out, called) =
                (format!("{name}{at}"), format!("/{name}/{}/{operator}", name.replace('/', "")));
            let node = [field(1, &*last), field(2, &*out), field(3, &*called), field(4, operator)].concat();
            fields.push(field(1, node));
            last = out;
        }
    }
    fields.push(info(12, &last));
    let model = [number(1, 8), field(8, number(2, 17)), with_graph(&fields)].concat();
    fs::write(folder.join("hostile.onnx"), model).unwrap();
}

#[test]
fn the_form_is_the_ending_or_what_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.svg", "a.dot", "a.gv", "a.mmd", "a.txt"] {
        assert!(done(folder.path(), &["lenet5", "-o", name]).is_empty());
    }
    let text = |name: &str| String::from_utf8(file(&folder, name)).unwrap();
    assert!(text("a.svg").starts_with("<svg "));
    assert!(text("a.dot").starts_with("digraph ") && text("a.dot") == text("a.gv"));
    assert!(text("a.mmd").contains("\nflowchart TB\n"));
    assert!(text("a.txt").contains("├─ "));
    let tree = done(folder.path(), &["lenet5"]);
    assert_eq!(String::from_utf8(tree).unwrap(), text("a.txt"));
    assert_eq!(done(folder.path(), &["lenet5", "--format", "dot"]), file(&folder, "a.dot"));
    assert_eq!(done(folder.path(), &["lenet5", "--format", "svg"]), file(&folder, "a.svg"));
    // The same every time.
    assert_eq!(
        done(folder.path(), &["googlenet", "--format", "dot"]),
        done(folder.path(), &["googlenet", "--format", "dot"])
    );
    assert!(
        String::from_utf8(done(folder.path(), &["lenet5", "--format", "mermaid", "--direction", "right"]))
            .unwrap()
            .contains("\nflowchart LR\n")
    );
}

#[test]
#[cfg(feature = "pictures")]
fn pixels_and_pages_are_made_of_the_picture() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["lenet5", "-o", "a.png"][..],
        &["lenet5", "-o", "b.png", "--scale", "1"],
        &["lenet5", "-o", "a.pdf"],
    ] {
        assert!(done(folder.path(), arguments).is_empty());
    }
    let width = |name: &str| {
        let png = file(&folder, name);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        u32::from_be_bytes(png[16..20].try_into().unwrap())
    };
    assert!(width("a.png").abs_diff(2 * width("b.png")) <= 2);
    let pdf = file(&folder, "a.pdf");
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 1000);
    assert_eq!(done(folder.path(), &["lenet5", "--format", "png"]), file(&folder, "a.png"));
}

#[test]
fn several_networks_go_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let refused = draw(folder.path(), &["vgg@vgg11", "lenet5", "-o", "a.svg"]);
    assert_eq!((refused.code, refused.out.is_empty()), (2, true));
    assert!(refused.err.contains("`-o pictures/`"), "{}", refused.err);
    assert!(!folder.path().join("a.svg").exists());
    done(folder.path(), &["vgg@vgg11", "lenet5", "-o", "pictures/"]);
    done(folder.path(), &["vgg@vgg11", "lenet5", "-o", "pictures", "--format", "mermaid"]);
    let mut names: Vec<_> = fs::read_dir(folder.path().join("pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["lenet5.mmd", "lenet5.svg", "vgg11.mmd", "vgg11.svg"]);
    for name in ["a_b", "a"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let net = "input = [8]\nlayers = ['relu']\n";
    fs::write(folder.path().join("a/b_net.toml"), net).unwrap();
    fs::write(folder.path().join("a_b/net.toml"), net).unwrap();
    done(folder.path(), &["a/b_net.toml", "a_b/net.toml", "-o", "two/"]);
    assert!(folder.path().join("two/net.svg").exists() && folder.path().join("two/b_net.svg").exists());
    // Trees go one below the other.
    let trees = done(folder.path(), &["lenet5", "alexnet"]);
    assert_eq!(String::from_utf8(trees).unwrap().matches("─ ○ input").count(), 2);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let net = "input = [8]\nlayers = ['relu']\n";
    fs::write(folder.path().join("net.svg.toml"), net).unwrap();
    fs::write(folder.path().join("net.svg"), net).unwrap();
    for (arguments, said) in [
        (&["lenet5", "-o", "a.jpg"][..], "it is one of .svg, .png, .pdf"),
        (&["lenet5", "-o", "a"], "says no form"),
        (&["lenet5", "--scale", "2"], "`--scale` is for these forms: png"),
        (&["lenet5", "--fold", "2", "--format", "dot"], "`--fold` is for these forms: svg, png, pdf"),
        (&["lenet5", "--fold", "0"], "a number from 1"),
        (&["lenet5", "--direction", "right"], "`--direction` is for these forms"),
        (&["lenet5", "--heat", "time"], "--device-spec"),
        (&["lenet5", "--heat", "peak_bytes"], "macs, params, memory"),
        (&["lenet5", "--scale", "0", "-o", "a.png"], "from 0.05 to 50"),
        (&["no_such_network"], "cannot read"),
        (&["lenet5", "-o", "none/"], ""),
    ] {
        let ran = draw(folder.path(), arguments);
        if said.is_empty() {
            assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
            continue;
        }
        assert_eq!((ran.code, ran.text()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {}", ran.err);
    }
    let written_over = draw(folder.path(), &["./net.svg.toml", "-o", "net.svg.toml", "--format", "svg"]);
    assert!(written_over.code == 2 && written_over.err.contains("not written over"), "{}", written_over.err);
    let nowhere = draw(folder.path(), &["lenet5", "-o", "no/such/folder/a.svg"]);
    assert_eq!(nowhere.code, 1, "{}", nowhere.err);
}

/// Each in its form: what Graphviz reads, where there is one, well-formed XML, nothing that steers a terminal.
#[test]
fn names_of_any_kind_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    hostile(folder.path());
    let text = |arguments: &[&str]| {
        let ran = draw(folder.path(), &[&["hostile.onnx", "--quiet"], arguments].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.text().to_owned()
    };
    for depth in ["1", "2", "all"] {
        let tree = text(&["--depth", depth]);
        assert!(!tree.contains(['\u{1b}', '\u{202e}']), "{tree}");
        assert!(tree.contains("\\u{202e}esrever") || depth != "all", "{tree}");
        let svg = text(&["--depth", depth, "--format", "svg"]);
        roxmltree::Document::parse(&svg).unwrap();
        assert!(!svg.contains("<script") && !svg.contains("<img"), "{svg}");
        let mermaid = text(&["--depth", depth, "--format", "mermaid"]);
        assert!(!mermaid.contains("<script") && !mermaid.contains("<img") && !mermaid.contains("alert(1)<"));
        let quotes = mermaid.lines().skip(3).all(|line| matches!(line.matches('"').count(), 0 | 2));
        assert!(quotes, "{mermaid}");
        let dot = text(&["--depth", depth, "--format", "dot"]);
        assert!(graphviz(&dot).is_none_or(|svg| is_xml(&svg)), "{dot}");
    }
}

/// Whether it is well-formed; Graphviz names the kind of document.
fn is_xml(svg: &str) -> bool {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(svg, options).is_ok()
}

/// What Graphviz makes of it; nothing where it is not installed.
fn graphviz(dot: &str) -> Option<String> {
    use std::io::Write;
    let mut program = Process::new("dot");
    program.arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = program.spawn().ok()?;
    running.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("rror"), "{said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn graphviz_draws_what_is_written_for_it() {
    if graphviz("digraph {}").is_none() {
        // Without Graphviz there is nothing to ask.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["googlenet"][..],
        &["resnet50", "--heat", "macs"],
        &["unet", "--depth", "all", "--direction", "right", "--lang", "zh", "--heat", "memory"],
    ] {
        let dot = done(folder.path(), &[arguments, &["--format", "dot"]].concat());
        let svg = graphviz(std::str::from_utf8(&dot).unwrap()).unwrap();
        assert!(svg.contains("Conv 3×3") && svg.contains("class=\"cluster\""), "{svg}");
    }
}

/// Every bundled network, at each depth, in each form that is text; nothing is wider than it may be.
#[test]
fn every_bundled_network_is_drawn() {
    for bundled in BUNDLED {
        let subject = source::open(bundled.name).unwrap().subject(&Choice::default()).unwrap();
        for (language, depth) in [
            (Language::English, Depth::Fitting),
            (Language::Chinese, Depth::To(1)),
            (Language::English, Depth::All),
        ] {
            let options = Options { depth, ..Options::new(language) };
            for width in [20, 80, 200] {
                let tree = tree::write(&subject, &options, Style { language, width, color: false });
                // Above it stands what stands above tables.
                let wide = tree.lines().skip_while(|line| !line.is_empty()).find(|line| line.width() > width);
                assert!(wide.is_none(), "{}: {wide:?}\n{tree}", bundled.name);
                assert!(tree.contains("─ ○ "), "{tree}");
            }
            let dot = dot::write(&subject, &options);
            assert_eq!(dot.matches('{').count(), dot.matches('}').count(), "{dot}");
            let mermaid = mermaid::write(&subject, &options);
            let opened = mermaid.matches("subgraph ").count();
            assert_eq!(opened, mermaid.lines().filter(|line| line.trim() == "end").count(), "{mermaid}");
        }
    }
}

#[test]
fn a_tree_says_what_is_joined_and_what_skips() {
    let folder = tempfile::tempdir().unwrap();
    let tree = String::from_utf8(done(folder.path(), &["resnet18"])).unwrap();
    for said in [
        "layer1/0–1 × 2",
        "├╌╌╌ skip",
        "□ Add ← body, skip",
        "□ Add ← body, shortcut",
        "■ Linear",
        "└─ ○ output",
    ] {
        assert!(tree.contains(said), "{said}\n{tree}");
    }
    let tree = String::from_utf8(done(folder.path(), &["inception", "--heat", "macs"])).unwrap();
    assert!(tree.contains("□ Concat ← 1x1, 5x5, 3x3, pool") && tree.contains("████████  7.53 M\n"), "{tree}");
    let tree = String::from_utf8(done(folder.path(), &["unet", "--depth", "all"])).unwrap();
    assert!(tree.contains("← down4/relu_2") && tree.contains("← crop/columns, grow"), "{tree}");
    // Without branches, what goes past others is found by where it leads.
    let chain = "input = [4, 8, 8]\nlayers = [{ name = 'a', op = 'relu' }, { name = 'b', op = 'conv2d', out_channels = 4, \
                 kernel_size = 1 }, { name = 'c', op = 'tanh' }, { op = 'add', from = ['a', 'c'] }]\n";
    fs::write(folder.path().join("chain.toml"), chain).unwrap();
    let tree = String::from_utf8(done(folder.path(), &["chain.toml"])).unwrap();
    assert!(tree.contains("□ Add ← skip from a, c"), "{tree}");
    let tree = String::from_utf8(done(folder.path(), &["resnet18", "--unroll"])).unwrap();
    assert!(!tree.contains(" × 2"), "{tree}");
    let colored = String::from_utf8(done(folder.path(), &["lenet5", "--color", "always"])).unwrap();
    assert!(colored.contains("\u{1b}[94m■ Conv 5×5"), "{colored}");
}

/// Times of a device, and those that were measured; a measurement of another network is none of this one.
#[test]
#[cfg(feature = "run")]
fn layers_are_shaded_by_what_they_take() {
    let folder = tempfile::tempdir().unwrap();
    let text = |arguments: &[&str]| String::from_utf8(done(folder.path(), arguments)).unwrap();
    let estimated = text(&["alexnet", "--heat", "time", "--device-spec", "t4"]);
    assert!(estimated.contains("µs\n") && estimated.contains("bars: "), "{estimated}");
    let mut bench = Command::cargo_bin("cnncost").unwrap();
    bench.env_remove("CLICOLOR_FORCE").current_dir(folder.path()).args(["bench", "lenet5", "--profile"]);
    let bench =
        bench.args(["--max-time", "0.05", "--format", "json", "-o", "b.json", "--quiet"]).output().unwrap();
    assert!(bench.status.success(), "{}", String::from_utf8_lossy(&bench.stderr));
    for arguments in
        [&["lenet5", "--bench", "b.json"][..], &["lenet5", "--bench", "b.json", "--heat", "time"]]
    {
        let measured = text(arguments);
        let conv = measured.lines().find(|line| line.contains("■ Conv 5×5")).unwrap();
        assert!(conv.contains('█') && conv.ends_with('s'), "{measured}");
    }
    for (arguments, said) in [
        (&["alexnet", "--bench", "b.json"][..], "of another network"),
        (&["lenet5", "--bench", "b.json", "--heat", "macs"], "`--bench` has times"),
        (&["lenet5", "--bench", "none.json"], "there is no such file"),
    ] {
        let ran = draw(folder.path(), arguments);
        assert_eq!((ran.code, ran.text()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {}", ran.err);
    }
}
