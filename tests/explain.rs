//! What `cnncost explain` writes: pages under tests/explain/, and every equation on them worked out again.
//!
//! `UPDATE_EXPLAIN=1 cargo test --test explain` writes the pages anew: look at what changes.

use std::path::Path;

use assert_cmd::Command;
use cnncost::graph::{Graph, Place};
use cnncost::read::bundled::{self, BUNDLED};
use cnncost::read::expression::{Expression, Failure, Scope, Value};
use cnncost::read::{Description, Network, Options};
use cnncost::report::Style;
use cnncost::report::explain::{About, Explanation, Markup, json};
use cnncost::subject::Subject;
use cnncost::text::Language;

fn explain(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", "80").env_remove("CLICOLOR_FORCE");
    let output = command.arg("explain").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A network may be called like a command to a workflow that prints its page.
#[test]
fn no_heading_is_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    std::fs::write(&path, "name = \"::notice::y\"\ninput = [3, 8, 8]\nlayers = [\"relu\"]\n").unwrap();
    for format in ["table", "markdown", "latex"] {
        let page = explain(&[path.to_str().unwrap(), "--format", format]);
        assert!(page.contains("::notice::y") && !page.lines().any(|line| line.starts_with("::")), "{page}");
    }
}

#[test]
fn pages_are_as_they_were() {
    let pages: [(&str, &[&str]); 16] = [
        ("resnet18_depth_1.txt", &["resnet18", "--depth", "1"]),
        ("alexnet_conv2.txt", &["alexnet_2012", "conv2"]),
        ("lstm.txt", &["tests/explain/lstm.toml", "lstm"]),
        ("vit_attention.zh.txt", &["vit_b_16", "encoder.0.add_1.attention", "--lang", "zh"]),
        ("inception.txt", &["inception"]),
        ("inception.md", &["inception", "--format", "markdown"]),
        ("inception.tex", &["inception", "--format", "latex"]),
        ("inception.zh.txt", &["inception", "inception/5x5", "--lang", "zh"]),
        ("bottleneck_batch_8.txt", &["bottleneck", "--batch", "8"]),
        ("resnet18_layer1.txt", &["resnet18", "layer1"]),
        ("siamese.txt", &["tests/explain/siamese.toml"]),
        ("googlenet_norm.txt", &["googlenet", "norm1"]),
        ("vgg11_field.txt", &["vgg11", "--field"]),
        ("unet_peak.zh.txt", &["unet", "--peak", "--lang", "zh"]),
        ("bottleneck_conv.beamer.tex", &["bottleneck", "conv", "--format", "beamer"]),
        ("inception_v3_row.zh.txt", &["inception_v3", "6b/7x7/row/conv", "--lang", "zh"]),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/explain");
    for (name, arguments) in pages {
        let (path, page) = (folder.join(name), explain(arguments));
        if std::env::var_os("UPDATE_EXPLAIN").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        assert!(page == std::fs::read_to_string(&path).unwrap_or_default(), "{name} differs:\n{page}");
    }
}

/// The lecture's lines, to the letter.
#[test]
fn the_lectures_arithmetic_is_spelled_out() {
    let page = explain(&["bottleneck@direct", "conv"]);
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "⌊(28 + 2·2 − 5)/1⌋ + 1 = 28",
        "K²·H·W·C_in·C_out = 5²·28²·192·32 = 120,422,400",
        "134²·192·32 = 110,321,664",
        "add (bias) = C_out·H·W = 32·28² = 25,088",
        "C_out·C_in·K² = 32·192·5² = 153,600",
        "153,600 + 32 = 153,632",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
    assert!(explain(&["bottleneck"]).contains("2,408,448 + 10,035,200 = 12,443,648"));
    assert!(explain(&["inception", "inception/concat"]).contains("16 + 24 + 24 + 24 = 88"));
}

/// Numbers only: no names.
struct Nothing;

impl Scope for Nothing {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        Err(Failure::from(cnncost::text!("{name}", "{name}")))
    }

    fn dim(&self, _: i128) -> Result<u64, Failure> {
        Err(Failure::from(cnncost::text!("no tensor", "没有张量")))
    }
}

/// What is said of memory and of the receptive field is what `analyze` says.
#[test]
fn fields_and_memory_are_those_of_the_table() {
    let page = |arguments: &[&str]| explain(arguments).split_whitespace().collect::<Vec<_>>().join(" ");
    let attention = page(&["vit_b_16", "encoder.0.add_1.attention.multi_head_attention_1"]);
    for line in [
        "receptive field = 16 ",
        "whatever it is, every element sees the whole input, from `encoder/0/add_1/attention/multi_head_attention_1` on",
        "inside it = value + scores + softmax = 197·768 + 12·197² + 12·197² = 1,082,712",
        "= (151,296 + 151,296 + 151,296 + 1,082,712)·4 = 6,146,400",
    ] {
        assert!(attention.contains(line), "{line} is missing in {attention}");
    }
    let lstm = page(&["tests/explain/lstm.toml", "lstm", "--batch", "2"]);
    assert!(lstm.contains("inside it = N·(g + s)·U = 2·(4 + 2)·"), "{lstm}");
    assert!(lstm.contains("every element sees the whole input, from `lstm` on"), "{lstm}");
    // What comes in as a view lies in what is viewed.
    let linear = page(&["resnet50", "fc"]);
    assert!(linear.contains("alive bytes = (E + E_in)·B = (1,000 + 2,048)·4"), "{linear}");
    // Every second row and column, and of a table as many rows as there are words.
    let strided = page(&["resnet50", "layer2/0/sum/shortcut/project/conv"]);
    assert!(strided.contains("read bytes = (E_read + E_w)·B = (200,704 + 131,072)·4"), "{strided}");
    assert!(page(&["unet", "up4/concat_1"]).contains("misaligned: paths that have met"), "unet");
    assert!(!page(&["resnet50", "layer4/2/relu_1"]).contains("whole input"), "resnet50");
}

/// The tables of what is explained of a network, each as its rows of numbers: the last that there is of each column.
fn tables(subject: &Subject, about: About) -> Vec<Vec<Vec<u128>>> {
    let explanation = Explanation::new(subject, None, about, Language::English).unwrap();
    let mut written = vec![];
    json(&[explanation], &mut written).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    let sections = written["networks"][0]["sections"].as_array().unwrap();
    let lines = sections.iter().flat_map(|section| section["lines"].as_array().unwrap());
    let number = |cell: &serde_json::Value| cell["value"].as_u64().map(u128::from);
    lines
        .filter_map(|line| line["rows"].as_array())
        .map(|rows| {
            rows.iter().map(|row| row.as_array().unwrap().iter().filter_map(number).collect()).collect()
        })
        .collect()
}

/// Step by step, fields and peaks come to what the analysis has in one.
#[test]
fn steps_come_to_what_is_counted() {
    let mut fields = 0;
    for file in BUNDLED {
        let subject = bundled(file.name);
        let [peak] = &tables(&subject, About::Peak)[..] else { panic!("{} has one peak", file.name) };
        let (sum, parts) = peak.split_last().unwrap();
        assert_eq!(sum[0], subject.peak_bytes(), "{}", file.name);
        assert_eq!(parts.iter().map(|part| part[0]).sum::<u128>(), sum[0], "{}", file.name);
        if subject.graph().outputs().len() > 1 {
            continue;
        }
        let axes = &subject.field().axes;
        for (index, steps) in tables(&subject, About::Field).iter().enumerate() {
            let grows = steps.windows(2).all(|pair| pair[0][0] <= pair[1][0]);
            assert!(grows && steps[0][0] == 1, "{}: {steps:?}", file.name);
            assert_eq!(steps.last().unwrap()[0], axes[index].size, "{}", file.name);
            fields += 1;
        }
    }
    assert!(fields > 30, "only {fields} fields");
}

/// A side of an equation as the language of expressions has it: `⌊a/b⌋` is `floor(a/b)`.
fn value(side: &str) -> Option<Value> {
    let side = side.replace(',', "").replace('⌊', "floor(").replace('⌈', "ceil(").replace(['⌋', '⌉'], ")");
    Expression::parse(&side).ok()?.evaluate(&Nothing).ok()
}

/// What is said of a place.
fn page_of(subject: &Subject, path: &str, style: Style) -> String {
    Explanation::new(subject, Some(path), About::Costs(None), style.language)
        .unwrap()
        .set(Markup::Text, style)
}

/// Every equation of every bundled network: what can be worked out of it comes to its result.
#[test]
fn equations_work_out() {
    let mut worked_out = 0;
    let style = Style { language: Language::English, width: 80, color: false };
    let mut pages: Vec<_> = BUNDLED.iter().map(|file| (file.name, explain(&[file.name]))).collect();
    // A layer by itself has more of them.
    for name in ["alexnet", "googlenet", "resnet50", "unet", "vit_b_16", "mobilenet_v2"] {
        let subject = bundled(name);
        let graph = &subject.network.graph;
        for (id, _) in graph.nodes() {
            pages.push((name, page_of(&subject, &graph.path(id), style)));
        }
    }
    for (name, page) in &pages {
        // A line that goes on belongs to the one before; below a rule is a table.
        let mut equations: Vec<String> = vec![];
        let mut is_table = false;
        for line in page.lines() {
            is_table = line.starts_with("  ─") || is_table && !line.is_empty();
            if is_table {
                worked_out += numbers_of_row(line, name);
                continue;
            }
            let goes_on = line.trim_start().starts_with('=') || line.starts_with("     ");
            match equations.last_mut().filter(|_| goes_on) {
                Some(equation) => equation.push_str(&format!(" {}", line.trim())),
                None => equations.push(line.to_owned()),
            }
        }
        for equation in equations.iter().filter(|equation| equation.starts_with("  ")) {
            let sides: Vec<&str> = equation.split(" = ").collect();
            // A shape alone, as that of a source, is no equation.
            let [_, sides @ .., result] = &sides[..] else { continue };
            let Some(result) = value(result) else { continue };
            for side in sides {
                if side.chars().any(char::is_alphabetic) {
                    continue;
                }
                assert_eq!(value(side).as_ref(), Some(&result), "{name}: {equation}");
                worked_out += 1;
            }
        }
    }
    assert!(worked_out > 1000, "only {worked_out} sides could be worked out");
}

/// Checks what comes to something in a row of a table: how many numbers do.
fn numbers_of_row(row: &str, name: &str) -> usize {
    let columns = row.split("  ").filter(|column| !column.is_empty()).collect::<Vec<_>>().join("|");
    let columns = columns.replace("= |", "= ").replace("=|", "= ").replace("| =", " =");
    let sides = columns.split('|').filter_map(|column| column.split_once(" = "));
    sides
        .map(|(numbers, result)| {
            let result = value(result.trim());
            assert!(result.is_some() && value(numbers.trim()) == result, "{name}: {row}");
        })
        .count()
}

fn subject(name: &str, network: Network) -> Subject {
    Subject { label: name.to_owned(), title: name.to_owned(), ..Subject::of(network, 1).unwrap() }
}

fn bundled(name: &str) -> Subject {
    let (file, variant) = bundled::find(name).unwrap();
    let network = Description::parse(file.name, file.text).unwrap();
    subject(name, network.expand(&Options { variant, ..Options::default() }).unwrap())
}

/// The paths of nodes, and of boxes with nodes in them.
fn paths(graph: &Graph) -> Vec<String> {
    let boxes = graph.scopes().filter(|(_, scope)| scope.nodes().len() > 0).map(|(id, _)| Place::Box(id));
    let places = boxes.chain(graph.nodes().map(|(id, _)| Place::Node(id)));
    places.map(|place| graph.place_path(place)).collect()
}

/// Whether whatever is referred to stands on the page before, worked out to its total, and there is a working at all.
fn is_well_founded(page: &str) -> bool {
    let lines: Vec<&str> = page.lines().collect();
    let mut references = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, line.strip_prefix("  the same as `")?.split('`').next()?)));
    let is_told = |(at, path)| lines[..at].contains(&format!("{path} in total").as_str());
    let is_worked_out = page.contains(" = ") || page.contains("  computes nothing") || lines.len() <= 3;
    references.all(is_told) && is_worked_out
}

/// No working refers to itself, to nothing or in a circle, whatever of a network is explained.
#[test]
fn every_place_shows_its_working_or_where_it_stands() {
    let style = Style { language: Language::English, width: 200, color: false };
    let single = Description::parse("single.toml", include_str!("explain/single.toml")).unwrap();
    let mut networks = vec![subject("single", single.expand(&Options::default()).unwrap())];
    networks.extend(BUNDLED.iter().map(|file| bundled(file.name)));
    let mut places = 0;
    for subject in &networks {
        for path in paths(&subject.network.graph) {
            let page = page_of(subject, &path, style);
            assert!(is_well_founded(&page), "{} {path}:\n{page}", subject.label);
            places += 1;
        }
    }
    assert!(places > 3000, "only {places} places");
}

/// What a dimension is follows from what made it, not from its number.
#[test]
fn dimensions_are_called_what_they_are() {
    let line = |arguments: &[&str]| {
        let page = explain(arguments);
        let line = page.lines().find(|line| line.trim_start().starts_with("output ")).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line(&["vit_b_16", "concat_1/concat"]), "output tokens = 1 + 196 = 197");
    assert_eq!(line(&["inception", "inception/concat"]), "output channels = 16 + 24 + 24 + 24 = 88");
    let folder = tempfile::tempdir().unwrap();
    let last = |input: &str, before: &str, op: &str| {
        let text = format!("input = {input}\nlayers = [{before} {{ name = \"it\", {op} }}]");
        let file = folder.path().join("net.toml");
        std::fs::write(&file, text).unwrap();
        line(&[file.to_str().unwrap(), "it"])
    };
    let (slice, lstm) = ("op = \"slice\", end = 2", "{ op = \"lstm\", hidden_size = 8 },");
    let (conv1d, last_channels) = (
        "{ op = \"conv1d\", out_channels = 8, kernel_size = 3 },",
        "{ op = \"permute\", dims = [0, 2, 3, 1] },",
    );
    assert_eq!(last("[4, 16]", conv1d, slice), "output channels = 2 − 0 = 2");
    assert_eq!(last("[4, 16]", lstm, slice), "output tokens = 2 − 0 = 2");
    assert_eq!(last("[4, 16]", lstm, "op = \"slice\", dim = -1, end = 2"), "output features = 2 − 0 = 2");
    assert_eq!(last("[4, 16]", "", slice), "output size of dimension 1 = 2 − 0 = 2");
    assert_eq!(last("[3, 8, 9]", last_channels, slice), "output height = 2 − 0 = 2");
    assert_eq!(
        last("[3, 8, 9]", last_channels, "op = \"slice\", dim = -1, end = 2"),
        "output channels = 2 − 0 = 2"
    );
    assert_eq!(last("[3, 8, 9]", "", "op = \"pad\", padding = [1, 1]"), "output width = 9 + 1 + 1 = 11");
}

/// Settings that are expressions keep the letters of the description, through the arguments of blocks.
#[test]
fn settings_are_shown_in_the_descriptions_own_letters() {
    let page = explain(&["resnet50", "layer1.0.conv3.conv"]);
    let line = "  out_channels          = out = 4 · mid = 4·64 = 256\n";
    assert!(page.contains(line), "{page}");
    // A name alone that stands for a number says nothing.
    assert!(!page.contains("kernel_size "), "{page}");
    let latex = explain(&["resnet50", "layer1.0.conv3.conv", "--format", "latex"]);
    assert!(latex.contains(r"\text{out\_channels} &= \text{out} = "), "{latex}");
}
