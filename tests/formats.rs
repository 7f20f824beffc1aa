//! Every command that shows a table has every format of tables, under one name each.

use assert_cmd::Command;

/// What shows a table.
const TABLES: [&[&str]; 13] = [
    &["analyze", "residual_mnist"],
    &["analyze", "bottleneck@*", "lenet5"],
    &["analyze", "bottleneck@*", "--memory"],
    &["compare", "bottleneck"],
    &["compare", "bottleneck", "--batch", "1,8"],
    &["compare", "lenet5", "alexnet", "squeezenet1_0", "--depth", "1"],
    &["reconcile", "bottleneck@*"],
    &["reconcile", "lenet5", "0.42M"],
    &["check", "lecture10"],
    &["models"],
    &["ops"],
    &["ops", "conv2d"],
    &["run", "lenet5"],
];

fn output(arguments: &[&str], format: &str) -> String {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", "80").env_remove("CLICOLOR_FORCE").args(arguments).args(["--format", format]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?} --format {format}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn records_have_as_many_fields_as_heads() {
    for arguments in TABLES {
        let text = output(arguments, "csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let heads = reader.headers().unwrap().clone();
        assert!(heads.len() > 1 && heads.iter().all(|head| !head.is_empty()), "{arguments:?}: {heads:?}");
        let count = reader.records().map(Result::unwrap).count();
        assert!(count > 0, "{arguments:?}");
    }
}

/// Records are written a thousand at a time.
#[test]
fn large_networks_have_a_record_for_each_layer() {
    let net = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(&net, "input = [8]\nlayers = [{ name = 'x', op = 'relu', repeat = 2500 }]").unwrap();
    let path = net.path().to_str().unwrap();
    for (sorted, ends) in [(&[][..], ["input", "x/2499"]), (&["--sort", "macs"], ["x/0", "input"])] {
        let text = output(&[&["analyze", path], sorted].concat(), "csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let layers: Vec<_> = reader.records().map(|record| record.unwrap()[0].to_owned()).collect();
        assert_eq!((layers.len(), [&*layers[0], &*layers[2500]]), (2501, ends));
    }
}

#[test]
fn figures_of_claims_are_plain_digits_in_records() {
    let text = output(&["check", "lecture10"], "csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let found: Vec<_> = reader.records().map(|record| record.unwrap()[4].to_owned()).collect();
    assert!(found.contains(&"467200".to_owned()), "{found:?}");
    assert!(found.iter().all(|found| found.starts_with('[') || found.parse::<f64>().is_ok()), "{found:?}");
}

#[test]
fn bounds_of_claims_are_set_as_such_in_latex() {
    let text = output(&["check", "papers"], "latex");
    assert!(text.contains("\\textless{} 25M") && text.contains("\\textgreater{}= 60"), "{text}");
    assert!(!text.contains(['<', '>', '|', '"']), "{text}");
}

#[test]
fn rows_of_markdown_have_as_many_cells_as_their_heads() {
    for arguments in TABLES {
        let text = output(arguments, "markdown");
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let lines: Vec<&str> = text.lines().collect();
        let rules: Vec<usize> = (0..lines.len())
            .filter(|&at| lines[at].starts_with("| :---") || lines[at].starts_with("| ---:"))
            .collect();
        assert!(!rules.is_empty(), "{arguments:?}: {text}");
        for at in rules {
            let rows = lines[at - 1..].iter().take_while(|line| line.starts_with('|'));
            for row in rows {
                assert_eq!(bars(row), bars(lines[at]), "{arguments:?}: {row}");
            }
        }
    }
}

#[test]
fn rows_of_latex_have_as_many_cells_as_their_heads() {
    for arguments in TABLES {
        let text = output(arguments, "latex");
        assert!(text.starts_with("% \\usepackage{booktabs}\n"), "{arguments:?}: {text}");
        assert_eq!(text.matches("\\begin{").count(), text.matches("\\end{").count(), "{arguments:?}");
        for table in text.split("\\toprule\n").skip(1) {
            let rows: Vec<_> = table.split("\\bottomrule").next().unwrap().lines().collect();
            let cells = |row: &str| row.replace("\\&", "").matches('&').count();
            for row in rows.iter().filter(|row| row.ends_with("\\\\")) {
                assert_eq!(cells(row), cells(rows[0]), "{arguments:?}: {row}");
            }
        }
    }
}

#[test]
fn a_table_is_text_by_another_name() {
    for arguments in TABLES {
        assert_eq!(output(arguments, "text"), output(arguments, "table"), "{arguments:?}");
    }
}

#[test]
fn what_a_command_has_not_is_refused() {
    for arguments in
        [&["explain", "lenet5", "--format", "csv"][..], &["compare", "bottleneck", "--format", "tree"]]
    {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        let output = command.env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.contains("possible values: table, markdown"), "{said}");
    }
}
