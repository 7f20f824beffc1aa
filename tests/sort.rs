//! `--sort`: every column by what it says rather than by how that is written, by several columns, of one network and of several.

use assert_cmd::Command;
use cnncost::report::columns::COLUMNS;

/// The lines of a table as CSV, without the headings.
fn lines(arguments: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output = command.arg("analyze").args(arguments).args(["--format", "csv"]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(&*output.stdout);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn column(lines: &[Vec<String>], at: usize) -> Vec<&str> {
    lines.iter().map(|line| &*line[at]).collect()
}

/// What a cell is worth: `64×55×55`, `11×11 /4`, a number, `all`; nothing of an empty one.
fn worth(cell: &str) -> f64 {
    match cell {
        "" => -1.0,
        "all" => f64::INFINITY,
        cell => {
            let sizes = cell.split(' ').next().unwrap().split('×');
            sizes.map(|size| size.parse::<f64>().unwrap_or_else(|_| panic!("{cell}"))).product()
        }
    }
}

#[test]
fn every_column_is_sorted_by_its_value() {
    for key in COLUMNS.iter().map(|column| column.key) {
        let arguments = [
            "alexnet",
            "--device-spec",
            "t4",
            "--like",
            "fvcore",
            "--sort",
            key,
            "--columns",
            &format!("{key},layer"),
        ];
        let lines = lines(&arguments);
        let cells = column(&lines, 0);
        assert_eq!(cells.len(), 23, "{key}");
        let has_one_value = matches!(
            key,
            "buffers"
                | "frozen"
                | "attention_macs"
                | "inside_bytes"
                | "peak_bytes"
                | "weight_and_peak_bytes"
                | "memory"
                | "fits"
                | "status"
        );
        assert!(has_one_value || cells.iter().any(|cell| *cell != cells[0]), "{key} has values");
        if matches!(key, "layer" | "op" | "bound" | "status") {
            let words: Vec<_> = cells.iter().filter(|cell| !cell.is_empty()).collect();
            assert!(words.is_sorted(), "{key}: {words:?}");
            assert!(
                cells[words.len()..].iter().all(|cell| cell.is_empty()),
                "{key}: nothing stands at the end"
            );
        } else {
            assert!(cells.iter().map(|cell| -worth(cell)).is_sorted(), "{key}: {cells:?}");
        }
    }
}

/// 11×11 is more than 5×5 and 14×14 more than 1×1, though not as text.
#[test]
fn sizes_are_no_words() {
    let kernels = lines(&["alexnet", "--sort", "kernel", "--columns", "kernel"]);
    assert_eq!(column(&kernels, 0)[..3], ["11×11 /4 p2", "5×5 p2", "3×3 /2"]);
    let fields = lines(&["resnet18", "--sort", "field", "--columns", "layer"]);
    assert_eq!(column(&fields, 0)[..3], ["avgpool", "flatten_1", "fc"], "these see all");
    assert!(fields[3][0].starts_with("layer4/1/"), "and 435 pixels are more than 99: {}", fields[3][0]);
}

#[test]
fn what_is_equal_is_sorted_by_the_next_column() {
    let sorted = lines(&["alexnet", "--sort", "op,params", "--columns", "layer,op,params"]);
    let convolutions: Vec<_> =
        sorted.iter().filter(|line| line[1] == "conv2d").map(|line| &*line[0]).collect();
    assert_eq!(convolutions, ["conv4", "conv3", "conv5", "conv2", "conv1"]);
    assert!(column(&sorted, 1).is_sorted());
    let back = lines(&["alexnet", "--sort", "output,macs", "--columns", "output,macs,layer"]);
    let of_192: Vec<_> = back.iter().filter(|line| line[0] == "192×27×27").map(|line| &*line[2]).collect();
    assert_eq!(of_192, ["conv2", "relu_2"]);
}

/// A table shows what it is sorted by, whether it was asked for or not.
#[test]
fn what_is_sorted_by_is_shown() {
    for key in ["receptive_field", "live_bytes", "trainable"] {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env_remove("CLICOLOR_FORCE");
        command.env("COLUMNS", "80").args(["analyze", "resnet50", "--sort", key]);
        let output = command.output().unwrap();
        let heading = COLUMNS.iter().find(|column| column.key == key).unwrap();
        let heading = heading.heading(cnncost::text::Language::English);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(heading), "{text}");
    }
}

#[test]
fn several_networks_are_sorted_and_have_receptive_fields() {
    let names = |sort: &str| {
        let lines =
            lines(&["lenet5", "resnet50", "alexnet", "--sort", sort, "--columns", "layer,receptive_field"]);
        assert!(lines.iter().all(|line| worth(&line[1]) > 0.0), "{lines:?}");
        lines.into_iter().map(|line| line[0].clone()).collect::<Vec<_>>()
    };
    // By the name it had, too.
    assert_eq!(names("field"), ["resnet50", "alexnet", "lenet5"]);
    assert_eq!(names("params"), ["alexnet", "resnet50", "lenet5"]);
    assert_eq!(names("layer"), ["alexnet", "lenet5", "resnet50"]);
    // AlexNet's last pool: what its layers double and shift comes to 195 pixels, 32 apart.
    let fields = lines(&["alexnet", "vgg16", "--columns", "field"]);
    assert_eq!(column(&fields, 0), ["195×195 /32, all", "212×212 /32, all"]);
    let markdown = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .args(["analyze", "alexnet", "vgg16", "--columns", "layer,field", "--format", "markdown"])
        .output()
        .unwrap();
    assert!(String::from_utf8(markdown.stdout).unwrap().contains("212×212 /32"));
}

#[test]
fn a_column_that_is_not_there_is_a_mistake() {
    for sort in ["mcas", "macs,prams", ""] {
        let output = Command::cargo_bin("cnncost")
            .unwrap()
            .env_remove("CLICOLOR_FORCE")
            .args(["analyze", "lenet5", "--sort", sort])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{sort}");
    }
}
