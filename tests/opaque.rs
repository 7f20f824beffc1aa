//! Operators of one's own: what is said of them is counted, and what is not said is missing everywhere, by name.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// `deform` says what it computes, and `mystery` does not.
const NET: &str = r#"
input = [16, 8, 8]
params = { out = 32 }
layers = [
  { name = "deform", op = "opaque", kind = "my_op", shape = ["out", "h", "w"],
    weights = { weight = ["out", "in", 3, 3], offset = { bias = [18] } }, macs = "9*in*out*h*w", ops = { mul = "4*9*in*h*w" } },
  { name = "mystery", op = "opaque", shape = ["in", "h", "w"], weights = { table = ["in"] } },
  { name = "conv", op = "conv2d", out_channels = 4, kernel_size = 3 },
]
"#;

/// 3² · 16 · 32 · 8², and of the convolution 3² · 32 · 4 · 6².
const MACS: [u64; 2] = [294_912, 41_472];

/// 32 · 16 · 3² + 18, then 32, then 3² · 32 · 4 + 4.
const PARAMS: u64 = 4_626 + 32 + 1_156;

struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

fn cnncost(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE").current_dir(folder);
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

/// A folder with the network, and `more` behind it.
fn folder(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("net.toml"), format!("{NET}{more}")).unwrap();
    folder
}

fn json(folder: &Path, file: &str) -> Value {
    let ran = cnncost(folder, &["analyze", file, "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    document["networks"][0].clone()
}

#[test]
fn what_is_said_is_counted_and_what_is_not_said_is_named() {
    let folder = folder("");
    let network = json(folder.path(), "net.toml");
    let totals = &network["totals"];
    assert_eq!(totals["status"], "partial");
    assert_eq!(totals["uncounted"], serde_json::json!(["mystery"]));
    assert_eq!(totals["macs"], MACS.iter().sum::<u64>());
    assert_eq!(totals["params"], PARAMS);
    let node = |path: &str| {
        let nodes = network["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["path"] == path).unwrap().clone()
    };
    let (deform, mystery) = (node("deform"), node("mystery"));
    assert_eq!((&deform["macs"], &deform["ops"]["mul"]), (&MACS[0].into(), &(MACS[0] + 36_864).into()));
    // Inputs, weights and output of 4 bytes a number.
    assert_eq!(
        (&deform["read_bytes"], &deform["written_bytes"]),
        (&(4 * (1_024 + 4_626)).into(), &(4 * 2_048).into())
    );
    assert_eq!(
        (&mystery["read_bytes"], &mystery["written_bytes"]),
        (&(4 * (2_048 + 32)).into(), &(4 * 2_048).into())
    );
    assert_eq!((&mystery["params"], &mystery["receptive_field"]), (&32.into(), &Value::Null));
    for work in ["macs", "flops", "ops", "macs_by", "macs_padding_exact", "intensity"] {
        assert!(mystery.get(work).is_none_or(Value::is_null), "{work}: {}", mystery[work]);
    }
}

#[test]
fn tables_say_so() {
    let folder = folder("");
    let table = cnncost(folder.path(), &["analyze", "net.toml"]).out;
    let line = table.lines().find(|line| line.trim_start().starts_with("mystery")).unwrap();
    assert!(line.contains("unknown"), "{table}");
    assert!(table.contains("partial: 1 not counted: `mystery` (opaque)"), "{table}");
    let csv = cnncost(folder.path(), &["analyze", "net.toml", "--format", "csv"]).out;
    let mystery = csv.lines().find(|line| line.starts_with("mystery,")).unwrap();
    assert!(mystery.contains(",32,32,0,0,unknown,unknown,unknown,"), "{mystery}");
    let explained = cnncost(folder.path(), &["explain", "net.toml"]).out;
    assert!(
        explained.contains("is not counted: neither `macs` nor `ops` says what it computes"),
        "{explained}"
    );
    assert!(explained.trim_end().contains("partial: 1 not counted: `mystery`"), "{explained}");
}

#[test]
fn strictness_fails_for_it_and_for_nothing_else() {
    let folder = folder("");
    let ran = cnncost(folder.path(), &["analyze", "net.toml", "--strict"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.error.contains("1 not counted: `mystery` (opaque)"), "{}", ran.error);
    let said = NET.replace("table = [\"in\"] }", "table = [\"in\"] }, macs = 0");
    fs::write(folder.path().join("said.toml"), said).unwrap();
    let ran = cnncost(folder.path(), &["analyze", "said.toml", "--strict"]);
    assert_eq!((ran.code, ran.error.as_str()), (Some(0), ""));
    assert_eq!(json(folder.path(), "said.toml")["totals"]["status"], "complete");
}

/// Of an operator of which the weights are said, parameters and bytes are known whatever it computes.
#[test]
fn claims_on_what_is_missing_are_undecided_and_no_others() {
    let claim = |expect: &str| format!("[[claims]]\nexpect = \"{expect}\"\n");
    for (expect, code) in [
        (&*format!("params == {PARAMS}"), 0),
        ("deform.macs == 294912", 0),
        ("mystery.params == 32", 0),
        ("peak_bytes > 0", 0),
        ("macs > 0", 1),
        ("flops < 10G", 1),
        ("mystery.macs == 0", 1),
    ] {
        let folder = folder(&claim(expect));
        let ran = cnncost(folder.path(), &["check", "net.toml"]);
        assert_eq!(ran.code, Some(code), "{expect}: {}{}", ran.out, ran.error);
        assert_eq!(ran.out.contains("undecided"), code == 1, "{expect}: {}", ran.out);
    }
}

/// A lock that holds what nobody knows would fail at once.
#[test]
fn locks_leave_out_what_is_missing() {
    let folder = folder("");
    assert_eq!(cnncost(folder.path(), &["check", "net.toml", "--update", "lock.toml"]).code, Some(0));
    let lock = fs::read_to_string(folder.path().join("lock.toml")).unwrap();
    assert!(lock.contains(&format!("'net':params == {PARAMS}")), "{lock}");
    assert!(!lock.contains(":macs"), "{lock}");
    assert!(lock.contains("# without macs, flops: 1 not counted: `mystery` (opaque)"), "{lock}");
    assert_eq!(cnncost(folder.path(), &["check", "lock.toml"]).code, Some(0));
}

#[test]
fn comparisons_say_which_network_is_partial() {
    let folder = folder("");
    let whole = NET.replace("table = [\"in\"] }", "table = [\"in\"] }, macs = \"in*h*w\"");
    fs::write(folder.path().join("whole.toml"), whole).unwrap();
    let ran = cnncost(folder.path(), &["compare", "whole.toml", "net.toml"]);
    assert!(ran.out.contains("net is partial: 1 not counted: `mystery` (opaque)"), "{}", ran.out);
    assert!(!ran.out.contains("whole is partial"), "{}", ran.out);
    // What is missing looks like a difference, and is said to be none that is known.
    let line = ran.out.lines().find(|line| line.contains("not counted") && line.contains("mystery"));
    assert!(line.is_some_and(|line| line.matches("not counted").count() == 1), "{}", ran.out);
}

#[test]
fn tables_of_several_say_which_is_partial() {
    let folder = folder("");
    let of_both =
        |more: &[&str]| cnncost(folder.path(), &[&["analyze", "lenet5", "net.toml"], more].concat()).out;
    let note = "net is partial: 1 not counted: `mystery` (opaque)";
    let table = of_both(&[]);
    assert!(table.ends_with(&format!("\n\n {note}\n")), "{table}");
    assert!(!table.contains("lenet5 is"), "{table}");
    assert!(of_both(&["--format", "tree"]).ends_with(&format!("\n {note}\n")));
    let chinese = of_both(&["--lang", "zh"]);
    assert!(chinese.ends_with(" net 不完整:有 1 个未计数:`mystery` (opaque)\n"), "{chinese}");
    let markdown = of_both(&["--format", "markdown"]);
    assert!(markdown.ends_with(&format!("\n\n{note}\n")), "{markdown}");
    assert!(of_both(&["--format", "latex"]).contains("net is partial: 1 not counted: "));
    let csv = of_both(&["--format", "csv"]);
    let last: Vec<_> = csv.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(last, ["status", "complete", "partial"]);
    // Where all is counted there is nothing to say.
    let whole = cnncost(folder.path(), &["analyze", "lenet5", "alexnet"]).out;
    assert!(!whole.contains("partial") && !whole.contains("complete") && !whole.contains("\n\n"), "{whole}");
    // Of one network each layer says it, where that is asked for.
    let one =
        cnncost(folder.path(), &["analyze", "net.toml", "--columns", "layer,status", "--format", "csv"]).out;
    assert_eq!(one, "layer,status\ninput,complete\ndeform,complete\nmystery,partial\nconv,complete\n");
}

/// In its letters and in its numbers, `weights` and `ops` too.
#[test]
fn explanations_show_the_formulas() {
    let folder = folder("");
    let out = cnncost(folder.path(), &["explain", "net.toml", "deform"]).out;
    for line in [
        "deform: my_op, an operator of one's own",
        "macs          = 9 · in · out · h · w = 9·16·32·8·8 = 294912",
        "ops.mul       = 4 · 9 · in · h · w = 4·9·16·8·8 = 36864",
        "params        = 18 + 4,608 = 4,626",
        "MACs          = as said = 294,912",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

/// Before anything is read or computed, by the name of the node and of what it is.
#[test]
fn it_is_never_executed() {
    let folder = folder("");
    for command in ["run", "bench"] {
        let ran = cnncost(folder.path(), &[command, "net.toml"]);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.error);
        assert!(
            ran.error.contains(
                "`deform` cannot be executed: of `my_op` at most shapes, weights and costs are known"
            ),
            "{}",
            ran.error
        );
    }
}

#[test]
fn several_inputs_come_in_and_a_mistake_is_shown_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let net = |item: &str| {
        format!("input = [4, 6, 6]\nlayers = [\n  {{ name = \"a\", op = \"relu\" }},\n  {item},\n]\n")
    };
    let analyze = |item: &str| {
        fs::write(folder.path().join("net.toml"), net(item)).unwrap();
        cnncost(folder.path(), &["analyze", "net.toml"])
    };
    let ran =
        analyze("{ op = \"opaque\", from = [\"a\", \"input\"], shape = [4, 6, 6], ops = { add = 144 } }");
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    for (item, message) in [
        ("{ op = \"opaque\" }", "the setting `shape` is missing"),
        ("{ op = \"opaque\", shape = [4], ops = { mull = 1 } }", "there is no setting `ops.mull`"),
        ("{ op = \"opaque\", shape = [4], ops = 3 }", "this must be a table"),
        ("{ op = \"opaque\", shape = [4], macs = -1 }", "`macs` must not be negative, and is -1"),
        ("{ op = \"opaque\", shape = [4], macs = \"in/8\" }", "`macs` must be a whole number, and is 1/2"),
        ("{ op = \"opaque\", shape = [4], macs = \"2^60\" }", "`macs` must be at most 2^53"),
        ("{ op = \"opaque\", shape = [4], ops = { mul = \"2*inn\" } }", "nothing is called `inn` here"),
        ("{ op = \"opaque\", shape = [4], weights = { w = [0] } }", "must be at least 1, and is 0"),
        ("{ op = \"opaque\", shape = [4], weights = { w = 3 } }", "`weights.w`"),
        ("{ op = \"opaque\", shape = [4], counts_as = \"conv\" }", "`counts_as` cannot be \"conv\""),
        ("{ op = \"opaque\", shape = [4], kindd = \"x\" }", "opaque has no setting `kindd`"),
        ("{ op = \"opaque\", shape = [4], kind = \"a b\" }", "`kind` cannot be a name"),
        ("{ op = \"relu\", weights = { w = [1] } }", "`weights` must be text, and is a table"),
    ] {
        let ran = analyze(item);
        assert_eq!(ran.code, Some(2), "{item}: {}", ran.out);
        assert!(ran.error.contains(message) && ran.error.contains("net.toml:4:"), "{item}: {}", ran.error);
    }
}

/// In a group, for `weights` of the operator itself are its own.
#[test]
fn its_weights_are_shared_through_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
input = [4, 6, 6]
layers = [
  { name = "a", op = "opaque", shape = [4, 6, 6], weights = { w = [4, 4] }, macs = 576 },
  { name = "b", weights = "a", layers = [{ op = "opaque", shape = [4, 6, 6], weights = { w = [4, 4] }, macs = 576 }] },
]
"#;
    fs::write(folder.path().join("net.toml"), text).unwrap();
    let totals = json(folder.path(), "net.toml")["totals"].clone();
    assert_eq!((&totals["params"], &totals["macs"]), (&16.into(), &1152.into()));
    fs::write(
        folder.path().join("net.toml"),
        text.replace("{ w = [4, 4] }, macs = 576 }] }", "{ w = [4, 5] }, macs = 576 }] }"),
    )
    .unwrap();
    let ran = cnncost(folder.path(), &["analyze", "net.toml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.error.contains("the weights of `a` cannot be used here"), "{}", ran.error);
}
