//! `reconcile` and `analyze --like` as a user meets them: figures of papers and tools traced to how they were counted.

use assert_cmd::Command;
use cnncost::working::grouped;
use unicode_width::UnicodeWidthStr;

fn cnncost(arguments: &[&str], columns: usize) -> (i32, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output = command.env("COLUMNS", columns.to_string()).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A network, a figure of it that stands somewhere, the way that must be among those found, and its place: 0 is any.
const TRACED: &[(&str, &str, &str, usize)] = &[
    ("resnet50", "4.12 G", "ptflops-0.6 = 4,121,925,096, rounded or cut", 1),
    ("resnet50", "4121020928", "conv + linear + 2·batch norm + 1·ReLU = 4,121,020,928, exactly", 1),
    // fvcore's and thop's own pages, and what papers took from older versions of thop.
    ("resnet50", "4.11 G", "fvcore 0.1.5.post20221221 = 4,111,512,576, rounded or cut", 1),
    ("resnet50", "4111514624", "thop-0.0.31 = 4,111,514,624, exactly", 1),
    ("resnet50", "4.09 GMACs", "macs, calflops-macs 0.3.2 = 4,089,184,256, rounded", 1),
    // He et al. 2015, Table 1: the stride on the first 1×1.
    ("resnet50", "3.8e9", "macs, calflops-macs 0.3.2 = 3,857,973,248, cut; v1 = true", 1),
    ("resnet152", "11.3 G", "macs, calflops-macs 0.3.2 = 11,282,415,616, rounded; v1 = true", 0),
    // Howard et al. 2017, Tables 4 and 7.
    ("mobilenet_v1", "569M", "macs, calflops-macs 0.3.2 = 568,740,352, rounded", 1),
    ("mobilenet_v1", "418 M", "macs, calflops-macs 0.3.2 = 418,121,728, rounded or cut; on 3×192×192", 1),
    ("mobilenet_v1", "290 M", "macs, calflops-macs 0.3.2 = 290,675,200, cut; on 3×160×160", 1),
    // Sandler et al. 2018, Table 4, and Howard et al. 2017, Table 4.
    ("mobilenet_v2", "3.4M params", "parameters without batch norm = 3,470,760, cut", 1),
    ("mobilenet_v1", "4210088", "parameters without batch norm = 4,210,088, exactly", 1),
    // LeCun et al. 1998.
    ("lenet5_1998", "340,908", "connections = 340,908, exactly", 1),
    // With the heads of training.
    ("googlenet_bn", "1506748416", "macs, calflops-macs 0.3.2 = 1,506,748,416, exactly; aux = true", 1),
    // Tan and Le 2019, Table 2, which counts in billions.
    ("efficientnet_b0", "0.39B", "macs, calflops-macs 0.3.2 = 385,814,752, rounded", 1),
    // For all samples of a batch.
    ("alexnet", "22.85 GFLOPs", "torch 2.15.0, torch-2.9 = 22,854,031,360, rounded or cut; batch 16", 1),
];

#[test]
fn figures_are_traced_to_how_they_were_counted() {
    for &(network, figure, way, place) in TRACED {
        let (code, out, err) = cnncost(&["reconcile", network, figure, "--format", "csv"], 200);
        assert_eq!((code, err.as_str()), (0, ""), "{network} {figure}: {out}");
        let mut records = csv::Reader::from_reader(out.as_bytes());
        let found = records.records().position(|record| {
            let record = record.unwrap();
            let number = grouped(record[2].parse().unwrap(), ",");
            let switches = if record[4].is_empty() { String::new() } else { format!("; {}", &record[4]) };
            format!("{} = {number}, {}{switches}", &record[1], &record[3]) == way
        });
        let at = found.unwrap_or_else(|| panic!("{network} {figure}: {out}")) + 1;
        assert!(place == 0 || at == place, "{network} {figure}: {out}");
    }
}

#[test]
fn numbers_above_64_bits_stand_in_json() {
    for arguments in [&["lenet5", "1e20"][..], &["lenet5", "--batch", "18446744073709551615"]] {
        let all = [&["reconcile", "--format", "json"], arguments].concat();
        let (code, out, err) = cnncost(&all, 100);
        assert!(code < 2 && err.is_empty(), "{err}");
        // 1e20 is written for what is below 2·10^20; and 416,520 MACs for each sample.
        assert!(out.contains("199999999999999999999") || out.contains("7683437841581502438679800"), "{out}");
    }
}

/// As it stands in a paper, with spaces and without quotes.
#[test]
fn a_figure_may_be_several_words() {
    for words in ["3.8 billion", "25.6M params", "4.1 G FLOPs"] {
        let apart: Vec<_> = ["reconcile", "resnet50"].into_iter().chain(words.split(' ')).collect();
        let together = cnncost(&["reconcile", "resnet50", words], 100);
        assert_eq!(together.0, 0, "{}", together.2);
        assert_eq!(cnncost(&apart, 100), together, "{words}");
    }
    assert!(cnncost(&["reconcile", "resnet50", "-3"], 100).2.contains("below 0"));
}

#[test]
fn a_figure_that_nothing_gives_is_said_to_be_so() {
    let (code, out, _) = cnncost(&["reconcile", "resnet50", "4111514625"], 100);
    assert_eq!(code, 1);
    assert!(out.contains("ways of counting that were tried gives it"), "{out}");
    assert!(out.contains("what comes nearest is thop-0.0.31: 4,111,514,624"), "{out}");
    let (code, out, err) = cnncost(&["reconcile", "resnet50", "4.12 X"], 100);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("`4.12 X` is no figure"), "{err}");
    assert_eq!(cnncost(&["reconcile", "no_such_network", "1 G"], 100).0, 2);
}

/// What is found by chance is counted.
#[test]
fn few_digits_are_met_by_many_ways() {
    let count = |figure: &str| {
        let (_, out, _) = cnncost(&["reconcile", "resnet50", figure, "--format", "json"], 100);
        let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
        let figure = &answer["networks"][0]["figure"];
        (figure["count"].as_u64().unwrap(), figure["matches"].as_array().unwrap().len())
    };
    let (few, many) = (count("4.121 G"), count("4.1 G"));
    assert!(few.0 < many.0 && few.0 > 0 && many.1 == 10, "{few:?} {many:?}");
}

#[test]
fn text_keeps_to_the_width_in_both_languages() {
    for network in ["resnet50", "googlenet", "lenet5_1998", "vit_b_16"] {
        for language in ["en", "zh"] {
            for columns in [80, 200] {
                for arguments in [&["reconcile", network][..], &["reconcile", network, "4.1 G"]] {
                    let (_, out, _) = cnncost(&[arguments, &["--lang", language]].concat(), columns);
                    for line in out.lines() {
                        assert!(line.width() <= columns, "{network} {language} {columns}: {line}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_convention_is_shown_layer_by_layer_in_every_format() {
    let total = "4,111,512,576";
    for format in ["table", "tree", "markdown"] {
        let (code, out, err) = cnncost(&["analyze", "resnet50", "--like", "fvcore", "--format", format], 100);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains(total) && out.contains(" fvcore "), "{out}");
        assert!(!out.contains("MACs  ") && !out.contains("FLOPs"), "{out}");
    }
    let (_, out, _) = cnncost(&["analyze", "resnet50", "--like", "fvcore", "--format", "latex"], 100);
    assert!(out.contains("4\\,111\\,512\\,576") && out.contains("& fvcore &"), "{out}");
    let (_, out, _) = cnncost(
        &["analyze", "resnet50", "--like", "fvcore", "--format", "csv", "--columns", "layer,like"],
        100,
    );
    let sum: u128 = out.lines().skip(1).filter_map(|line| line.split(',').nth(1)?.parse::<u128>().ok()).sum();
    assert_eq!(sum, 4_111_512_576);
    let (_, out, _) = cnncost(&["analyze", "resnet50", "--like", "fvcore", "--format", "json"], 100);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["networks"][0]["totals"]["like"]["count"], 4_111_512_576_u64);
    assert_eq!(answer["networks"][0]["totals"]["like"]["convention"], "fvcore");
    assert_eq!(answer["networks"][0]["nodes"][0]["like"]["count"], 118_013_952);
}

#[test]
fn a_convention_says_what_it_leaves_out() {
    let (_, out, _) = cnncost(&["analyze", "resnet50", "--like", "fvcore"], 100);
    assert!(out.contains("left out of it here: relu, max_pool2d, add"), "{out}");
    // onnx-tool cannot read the export of a local response norm: its figure for GoogLeNet is not known.
    let (code, out, _) = cnncost(&["analyze", "googlenet", "--like", "onnx-tool"], 100);
    assert_eq!(code, 0);
    assert!(out.contains("unknown") && out.contains("not known how it counts local_response_norm"), "{out}");
    let (code, _, err) = cnncost(&["analyze", "resnet50", "--like", "fvcor"], 100);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `fvcore`?"), "{err}");
}

#[test]
fn every_network_has_its_total_in_every_convention() {
    let (code, out, _) = cnncost(&["reconcile", "resnet@*", "--format", "json"], 100);
    assert_eq!(code, 0);
    let answers: serde_json::Value = serde_json::from_str(&out).unwrap();
    for answer in answers["networks"].as_array().unwrap() {
        let conventions = answer["conventions"].as_array().unwrap();
        assert!(conventions.iter().all(|convention| convention["total"].as_u64() > Some(0)), "{answer}");
    }
    let (_, out, _) = cnncost(&["reconcile", "resnet50", "--format", "markdown"], 100);
    assert!(out.contains("| fvcore | 4,111,512,576 | 4.11 G | 1.01 |"), "{out}");
}
