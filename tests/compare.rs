//! `cnncost compare`: the lecture's point and its fine print, what is matched with what, that differences add up, every form.
//!
//! `UPDATE_GOLDEN=1 cargo test --test compare` writes the golden files anew: look at what changes.

use std::path::Path;

use assert_cmd::Command;
use cnncost::compare::traffic::Traffic;
use cnncost::compare::{Comparison, counts};
use cnncost::counts::Counts;
use cnncost::graph::Place;
use cnncost::read::bundled::{self, BUNDLED};
use cnncost::read::{Description, Options};
use cnncost::subject::Subject;
use serde_json::Value;

fn run_at(columns: &str, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", columns).env_remove("CLICOLOR_FORCE").arg("compare").args(arguments);
    let output = command.write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    run_at("100", arguments, "")
}

fn json(arguments: &[&str]) -> Value {
    let (code, out, err) = run(&[arguments, &["--format", "json"]].concat());
    assert_eq!((code, err.as_str()), (Some(0), ""));
    serde_json::from_str(&out).unwrap()
}

fn subject(description: &Description, variant: Option<String>, batch: u64) -> Subject {
    let network = description.expand(&Options { variant: variant.clone(), ..Options::default() }).unwrap();
    Subject { variant, ..Subject::of(network, batch).unwrap() }
}

fn bundled(name: &str) -> Subject {
    let (file, variant) = bundled::find(name).unwrap();
    subject(&Description::parse(file.name, file.text).unwrap(), variant, 1)
}

fn written(text: &str) -> Subject {
    subject(&Description::parse("net.toml", text).unwrap(), None, 1)
}

/// The layers that differ: `~` changed, `+` added, `-` removed.
fn layers(first: &Subject, second: &Subject) -> Vec<String> {
    let path = |subject: &Subject, place: Place| match place {
        Place::Node(id) => subject.network.graph.path(id),
        Place::Box(id) => subject.network.graph.scope_path(id),
    };
    let comparison = Comparison::new(first, second);
    let lines = comparison.lines(usize::MAX, true).into_iter();
    lines
        .map(|line| match (line.sides.first(), line.sides.second()) {
            (Some(a), Some(b)) if path(first, a) == path(second, b) => format!("~{}", path(first, a)),
            (Some(a), Some(b)) => format!("~{} {}", path(first, a), path(second, b)),
            (Some(a), None) => format!("-{}", path(first, a)),
            (None, Some(b)) => format!("+{}", path(second, b)),
            (None, None) => unreachable!("a line is of one of the networks"),
        })
        .collect()
}

/// 9.677 times fewer multiplications, only 1.520 times less traffic, and more from a batch of 6 on.
#[test]
fn the_lectures_point_and_its_fine_print() {
    let (code, out, err) = run(&["bottleneck@*", "--batch", "1,2,4,6,8,32"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for said in [
        "120,422,400  12,443,648  9.677× fewer",
        "153,632      15,920  9.650× fewer",
        "1,316,992     866,496  1.520× less",
        "from batch 6 on, bottleneck moves more bytes than direct",
        "     4   3,424,384   3,274,944  1.046× less",
        "     6   4,829,312   4,880,576  1.011× more",
        "the larger the batch, the nearer to 1.143× more",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
}

/// The lecture's own pair has no biases: then the parameters shrink as the multiplications do.
#[test]
fn the_lectures_pair_without_biases() {
    let conv = |out, k, padding| {
        format!(
            "{{ op = 'conv2d', out_channels = {out}, kernel_size = {k}, padding = {padding}, bias = false }}"
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, layers: &[String]| {
        let path = folder.path().join(name);
        let text = format!("input = [192, 28, 28]\nlayers = [{}]", layers.join(", "));
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let direct = write("direct.toml", &[conv(32, 5, 2)]);
    let bottleneck = write("bottleneck.toml", &[conv(16, 1, 0), conv(32, 5, 2)]);
    let json = json(&[&direct, &bottleneck, "--batch", "1,5,6"]);
    let (against, ratio) = (&json["comparisons"][0], 120_422_400.0 / 12_443_648.0);
    assert_eq!(against["times_less"]["macs"].as_f64(), Some(ratio));
    assert_eq!(against["times_less"]["params"].as_f64(), Some(ratio));
    assert_eq!(against["times_less"]["traffic_bytes"].as_f64(), Some(1_316_864.0 / 866_304.0));
    assert_eq!(against["traffic_turn"], serde_json::json!({ "from_batch": 6, "moves": "more" }));
    let moved = |batch: usize, network: usize| {
        let totals = &json["batches"][batch]["networks"][network];
        totals["read_bytes"].as_u64().unwrap() + totals["written_bytes"].as_u64().unwrap()
    };
    assert_eq!([moved(0, 0), moved(0, 1)], [1_316_864, 866_304]);
    assert!(moved(1, 1) < moved(1, 0) && moved(2, 1) > moved(2, 0));
}

/// What a network moves is weights once and tensors with each sample: what two batches tell holds for any.
#[test]
fn traffic_of_any_batch_lies_on_a_line() {
    for file in BUNDLED {
        let description = Description::parse(file.name, file.text).unwrap();
        let subject = subject(&description, None, 37);
        let moved = Traffic::of(&subject).unwrap().in_the_end().at(37);
        assert_eq!(moved, Ok(subject.bytes(subject.analysis.total().traffic.total())), "{}", file.name);
    }
}

/// At any depth, what the lines say of both networks differs by as much as the totals do.
#[test]
fn differences_add_up() {
    let pairs = BUNDLED.windows(2).map(|pair| (pair[0].name, pair[1].name)).chain([
        ("resnet50", "resnet50_v1"),
        ("resnet18", "resnet152"),
        ("densenet121", "densenet169"),
        ("vgg16", "vgg16_bn"),
        ("googlenet", "googlenet_bn"),
    ]);
    for (first, second) in pairs {
        let subjects = [first, second].map(bundled);
        let comparison = Comparison::new(&subjects[0], &subjects[1]);
        for depth in 0..=comparison.deepest() {
            for open_all in [false, true] {
                let lines = comparison.lines(depth, open_all);
                let figures: [fn(&Counts) -> u128; 6] = [
                    |c| c.params.total(),
                    |c| c.params.buffers,
                    |c| c.work.macs.total(),
                    |c| c.work.ops.flops(),
                    |c| c.padding_exact.macs.total(),
                    |c| c.traffic.total().numbers,
                ];
                for figure in figures {
                    let of = |subject: &Subject, place| figure(&counts(subject, place));
                    let old: u128 = lines.iter().map(|line| of(&subjects[0], line.sides.first())).sum();
                    let new: u128 = lines.iter().map(|line| of(&subjects[1], line.sides.second())).sum();
                    let [before, after] = [0, 1].map(|side| figure(subjects[side].analysis.total()));
                    assert_eq!(after + old, before + new, "{first} {second} at {depth}");
                }
            }
        }
    }
}

/// The figures of a column as it is printed add up to the line below.
#[test]
fn what_is_printed_adds_up() {
    for pair in [["alexnet", "resnet18"], ["resnet50", "densenet201"], ["vgg16", "swin"], ["vit", "vgg11"]] {
        let (_, out, _) = run_at("200", &pair, "");
        let table = out.split(" arises\n").nth(1).unwrap();
        let heading: Vec<char> = table.lines().nth(1).unwrap().chars().collect();
        let end =
            6 + heading.windows(6).position(|part| part.iter().collect::<String>() == "Δ MACs").unwrap();
        let figure = |line: &str| -> i128 {
            let cell: String = line.chars().take(end).collect();
            cell.rsplit(' ').next().unwrap().replace([',', '+'], "").replace('−', "-").parse().unwrap()
        };
        let is_row = |line: &&str| !line.starts_with('─') && !line.starts_with(" signs");
        let figures: Vec<i128> = table.lines().skip(3).filter(is_row).map(figure).collect();
        let (total, lines) = figures.split_last().unwrap();
        assert!(lines.len() <= 31 && lines.len() > 3);
        assert_eq!(lines.iter().sum::<i128>(), *total, "{out}");
    }
}

#[test]
fn resnets_differ_where_the_stride_has_moved() {
    let found = layers(&bundled("resnet50"), &bundled("resnet50_v1"));
    let expected: Vec<String> = (2..=4)
        .flat_map(|stage| {
            ["conv1/conv", "conv1/bn", "relu_1", "conv2/conv"]
                .map(|layer| format!("~layer{stage}/0/sum/body/bottleneck/{layer}"))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn more_layers_are_added_behind_those_that_are_the_same() {
    let found = layers(&bundled("densenet121"), &bundled("densenet169"));
    let starting = |start: &str| found.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(starting("~block1") + starting("~block2") + starting("~block3") + starting("-"), 0);
    // Each of the 8 layers is 6 operators and a concatenation.
    assert_eq!(starting("+block3/"), 8 * 7);
    assert_eq!(found[0], "+block3/24/new/norm1");
    assert_eq!(starting("+block4/"), 16 * 7);
    let (_, out, _) = run(&["resnet50", "resnet101"]);
    assert!(
        out.contains("+ layer3/6 … 22            17 × residual 1024×14×14  +3,712,221,184  100.0%"),
        "{out}"
    );
}

#[test]
fn the_same_differs_nowhere() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/googlenet.toml");
    let path = path.to_str().unwrap();
    let (code, out, _) = run(&[path, path]);
    assert_eq!(code, Some(0));
    assert!(out.contains("no difference between googlenet and googlenet (2)"), "{out}");
    let (_, out, _) = run(&[path, path, "--format", "markdown"]);
    assert!(out.contains("**no difference**") && !out.contains("<details>"), "{out}");
    let (_, out, _) = run(&[path, path, "--format", "csv"]);
    assert_eq!(out.lines().count(), 1);
    for file in BUNDLED {
        let [first, second] = [bundled(file.name), bundled(file.name)];
        let comparison = Comparison::new(&first, &second);
        assert!(comparison.differences.is_empty() && !comparison.rewired, "{}", file.name);
    }
}

/// Names that only count do not hold what is alike apart.
#[test]
fn what_has_no_name_of_its_own_is_matched_by_kind() {
    let conv = |out: u64| format!("{{ op = 'conv2d', out_channels = {out}, kernel_size = 3, padding = 1 }}");
    let net = |layers: &[String]| written(&format!("input = [8, 6, 6]\nlayers = [{}]", layers.join(", ")));
    let relu = || "{ op = 'relu' }".to_owned();
    let old = net(&[conv(8), relu(), conv(16), relu()]);
    let new = net(&[conv(8), relu(), conv(8), relu(), conv(16), relu()]);
    assert_eq!(layers(&old, &new), ["+conv2d_2", "+relu_2"]);
    assert_eq!(layers(&new, &old), ["-conv2d_2", "-relu_2"]);
    let with_norm = net(&[conv(8), "{ op = 'batch_norm2d' }".into(), relu(), conv(16), relu()]);
    assert_eq!(layers(&old, &with_norm), ["+batch_norm2d_1"]);
    assert_eq!(layers(&old, &net(&[conv(8), relu(), conv(32), relu()])), ["~conv2d_2", "~relu_2"]);
}

#[test]
fn names_find_each_other_in_another_order_and_in_boxes() {
    let net = |branches: &str| {
        written(&format!("input = [8, 6, 6]\nlayers = [{{ merge = 'concat', branches = {{ {branches} }} }}]"))
    };
    let conv = |name: &str, k: u64| {
        format!(
            "{name} = [{{ op = 'conv2d', out_channels = 4, kernel_size = {k}, padding = 'same' }}, {{ op = 'relu' }}]"
        )
    };
    let old = net(&[conv("one", 1), conv("three", 3)].join(", "));
    let new = net(&[conv("three", 3), conv("one", 1)].join(", "));
    let comparison = Comparison::new(&old, &new);
    assert!(comparison.differences.is_empty() && comparison.rewired);
    let old = written(
        "input = [8, 6, 6]\nlayers = [{ name = 'stem', op = 'conv2d', out_channels = 4, kernel_size = 1 }]",
    );
    let new = written(
        "input = [8, 6, 6]\nlayers = [{ name = 'stem', layers = [\
           { op = 'conv2d', out_channels = 4, kernel_size = 1 }, { op = 'relu' }] }]",
    );
    assert_eq!(layers(&old, &new), ["+stem/relu_1"]);
}

/// The stems have the same convolutions, whatever these are called.
#[test]
fn layers_are_matched_by_what_they_do_before_what_they_are_called() {
    let found = layers(&bundled("googlenet"), &bundled("googlenet_bn"));
    for line in ["~reduce2/conv2d_1 conv2/conv", "~conv2/conv2d_1 conv3/conv", "+conv2/bn", "+conv3/bn"] {
        assert!(found.iter().any(|found| found == line), "{line}: {found:#?}");
    }
    for pair in [["googlenet", "googlenet_bn"], ["resnet50", "resnext"], ["densenet121", "resnet50"]] {
        let [first, second] = pair.map(bundled);
        let macs = |subject: &Subject, place| counts(subject, place).work.macs.total().cast_signed();
        let whole = second.analysis.total().work.macs.total().cast_signed()
            - first.analysis.total().work.macs.total().cast_signed();
        for line in Comparison::new(&first, &second).lines(1, false) {
            let apart = macs(&second, line.sides.second()) - macs(&first, line.sides.first());
            assert!(apart.abs() <= whole.abs(), "{pair:?}: {:?} {apart} of {whole}", line.sides);
        }
    }
}

/// A box that has one part in one network, and several in the other.
#[test]
fn boxes_of_one_part_face_boxes_of_several() {
    let description = bundled::find("identity_mapping").unwrap().0;
    let description = Description::parse(description.name, description.text).unwrap();
    let [first, second] =
        ["identity", "pre_activation"].map(|name| subject(&description, Some(name.to_owned()), 1));
    let expected = ["block1", "block2"]
        .map(|block| [format!("+{block}/sum/body/relu_1"), format!("-{block}/relu_1")])
        .concat();
    assert_eq!(layers(&first, &second), expected);
}

/// A layer that has become another of its class has changed.
#[test]
fn a_changed_kind_is_one_change() {
    let net = |norm: &str, activation: &str, pool: &str| {
        written(&format!(
            "input = [8, 6, 6]\nlayers = [{{ op = 'conv2d', out_channels = 8, kernel_size = 1 }}, {{ {norm} }}, \
             {{ op = '{activation}' }}, {{ op = '{pool}', kernel_size = 2 }}]"
        ))
    };
    let old = net("op = 'batch_norm2d'", "relu", "max_pool2d");
    let new = net("op = 'group_norm', num_groups = 2", "tanh", "avg_pool2d");
    let expected = ["~batch_norm2d_1 group_norm_1", "~relu_1 tanh_1", "~max_pool2d_1 avg_pool2d_1"];
    assert_eq!(layers(&old, &new), expected);
    // Of another class, no layer is another's like.
    let other = written(
        "input = [8, 6, 6]\nlayers = [{ op = 'conv2d', out_channels = 8, kernel_size = 1 }, { op = 'flatten' }]",
    );
    assert_eq!(layers(&old, &other), ["-batch_norm2d_1", "-relu_1", "-max_pool2d_1", "+flatten_1"]);
}

/// Of more layers than can all be weighed against each other, in about the time of as many that can.
#[test]
fn unlike_networks_of_thousands_of_layers_are_compared() {
    let net = |offset: usize| {
        let names = ["relu", "tanh", "flatten", "silu", "identity"];
        let layers = (0..12_000).map(|at| names[(at * at + offset * at / 7) % names.len()]);
        let layers: Vec<_> = layers.map(|name| format!("{{ op = '{name}' }}")).collect();
        written(&format!("input = [8]\nlayers = [{}]", layers.join(",")))
    };
    let start = std::time::Instant::now();
    assert!(layers(&net(0), &net(3)).len() > 100);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Settings that neither cost nor shape shows.
#[test]
fn other_settings_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, layers: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("input = [8, 6, 6]\nlayers = [{layers}]")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let a =
        write("a.toml", "{ op = 'dropout', p = 0.5 }, { op = 'conv2d', out_channels = 8, kernel_size = 1 }");
    let b = write(
        "b.toml",
        "{ op = 'dropout', p = 0.2 }, { op = 'conv2d', out_channels = 8, kernel_size = 1, groups = 2, bias = false }",
    );
    let (_, out, err) = run(&[&a, &b]);
    assert_eq!(err, "");
    assert!(out.contains("p 0.5, dropout 8×6×6  ") && out.contains("p 0.2, dropout 8×6×6"), "{out}");
    assert!(out.contains("conv2d 1×1 8×6×6  ") && out.contains("conv2d 1×1 g2 8×6×6  "), "{out}");
    // Two files of one name are told apart by their paths.
    std::fs::create_dir(folder.path().join("new")).unwrap();
    let other = write("new/a.toml", "{ op = 'relu' }");
    let (_, out, _) = run_at("200", &[&a, &other, "--format", "markdown"], "");
    assert!(out.lines().next().unwrap().contains("new/a.toml"), "{out}");
}

#[test]
fn thousands_of_layers_are_compared() {
    let net = |count: usize| {
        written(&format!(
            "input = [8]\nlayers = [{{ layers = [{{ op = 'relu' }}, {{ op = 'tanh' }}] }}, {}]",
            "{ op = 'relu' },".repeat(count)
        ))
    };
    let (old, new) = (net(2500), net(2600));
    assert_eq!(layers(&old, &new).len(), 100);
    let mixed =
        written(&format!("input = [8]\nlayers = [{}]", "{ op = 'relu' }, { op = 'tanh' },".repeat(1300)));
    assert!(!layers(&new, &mixed).is_empty());
}

#[test]
fn mistakes_are_explained() {
    for (arguments, message) in [
        (&["resnet50"][..], "there is nothing to compare `resnet50` with"),
        (&["bottleneck@bottleneck"], "`bottleneck` is what the defaults are"),
        (&["lenet5", "--batch", "4,4"], "there is nothing to compare `lenet5`"),
        (&["lenet5", "nothing"], "cannot read `nothing`"),
        (&["nothing", "lenet5", "alexnet"], "cannot read `nothing`"),
        (&["bottleneck", "--batch", "1,0"], "a whole number of at least 1"),
        (&["bottleneck", "--batch", ""], "invalid value"),
        (
            &[
                "bottleneck",
                "--batch",
                "18446744073709551615",
                "--input",
                "192x4503599627370496x4503599627370496",
            ],
            "128 bits",
        ),
        (&[], "required"),
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(error.contains(message), "{error}");
    }
    let (_, _, error) = run(&["resnet50"]);
    assert!(error.contains("`--batch 1,8`"), "{error}");
}

/// A single network at several batches; standard input, read once for all of them.
#[test]
fn one_network_is_compared_with_itself_at_other_batches() {
    let net = "input = [3, 8, 8]\nlayers = [{ op = 'conv2d', out_channels = 4, kernel_size = 3 }]\n";
    let (code, out, _) = run_at("100", &["-", "--batch", "1,3"], net);
    assert_eq!(code, Some(0));
    assert!(out.contains("3,888   11,664  3.000× more"), "{out}");
    assert!(out.contains("batch 1  batch 3"), "{out}");
}

#[test]
fn json_is_as_its_schema_says() {
    let output = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .args(["schema", "comparison"])
        .output()
        .unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap();
    for arguments in [
        &["bottleneck"][..],
        &["bottleneck", "--batch", "1,2"],
        &["resnet", "--batch", "3"],
        &["lenet5", "--batch", "1,2"],
        &["googlenet", "googlenet_aux", "alexnet"],
    ] {
        let json = json(arguments);
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:#?}");
        for against in json["comparisons"].as_array().unwrap() {
            let layers = against["differences"].as_array().unwrap();
            let sum: i64 = layers.iter().map(|layer| layer["macs_difference"].as_i64().unwrap()).sum();
            let macs = |name: &Value| {
                let mut networks = json["networks"].as_array().unwrap().iter();
                networks.find(|network| network["name"] == *name).unwrap()["totals"]["macs"].as_i64().unwrap()
            };
            assert_eq!(sum, macs(&against["name"]) - macs(&json["networks"][0]["name"]), "{arguments:?}");
        }
    }
}

#[test]
fn forms_are_as_they_were() {
    let forms: [(&str, &str, &[&str]); 11] = [
        ("bottleneck.80.txt", "80", &["bottleneck@*", "--batch", "1,2,4,6,8,32"]),
        ("bottleneck.200.txt", "200", &["bottleneck@*", "--batch", "1,2,4,6,8,32"]),
        ("bottleneck.zh.txt", "80", &["bottleneck@*", "--batch", "1,6", "--lang", "zh"]),
        ("bottleneck.color.txt", "80", &["bottleneck", "--color", "always"]),
        ("bottleneck.md", "80", &["bottleneck", "--format", "markdown"]),
        (
            "bottleneck.zh.md",
            "80",
            &["bottleneck@*", "--format", "markdown", "--lang", "zh", "--batch", "1,6"],
        ),
        ("bottleneck.csv", "80", &["bottleneck", "--format", "csv"]),
        ("resnet50.80.txt", "80", &["resnet50", "resnet50_v1"]),
        ("googlenet.200.txt", "200", &["googlenet", "googlenet_bn"]),
        ("several.80.txt", "80", &["alexnet", "vgg16", "googlenet", "resnet50", "--batch", "1,8"]),
        (
            "several.zh.md",
            "80",
            &["alexnet", "vgg16", "resnet18", "--format", "markdown", "--lang", "zh", "--depth", "1"],
        ),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/compare");
    for (name, columns, arguments) in forms {
        let (path, (code, out, _)) = (folder.join(name), run_at(columns, arguments, ""));
        assert_eq!(code, Some(0), "{name}");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &out).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(out == golden, "{name} differs:\n{out}");
    }
}
