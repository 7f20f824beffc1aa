//! The JSON Schemas against what is read and what is written.

use std::path::Path;

use assert_cmd::Command;
use cnncost::op::OPERATORS;
use cnncost::read::bundled::{BLOCKS, BUNDLED};
use serde_json::{Value, json};

fn schema(name: &str) -> Value {
    let output = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .args(["schema", name])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A description as JSON, which the schema is about.
fn description(text: &str) -> Value {
    toml::from_str::<Value>(text).unwrap()
}

fn items(layers: &str) -> Value {
    description(&format!("input = [8, 6, 6]\nlayers = [{layers}]"))
}

#[test]
fn descriptions_that_are_read_are_valid() {
    let validator = jsonschema::validator_for(&schema("description")).unwrap();
    for file in BUNDLED.iter().chain(BLOCKS) {
        let errors: Vec<_> = validator.iter_errors(&description(file.text)).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", file.name);
    }
    for entry in OPERATORS {
        assert!(validator.is_valid(&items(entry.example)), "{}", entry.example);
    }
    let pairs =
        "{ op = 'conv2d', out_channels = '2*in', kernel_size = [3, 'h'], padding = 'same', stride = 1 }";
    assert!(validator.is_valid(&items(pairs)));
}

#[test]
fn mistakes_that_an_editor_can_see_are_not_valid() {
    let validator = jsonschema::validator_for(&schema("description")).unwrap();
    for layers in [
        "{ op = 'rellu' }",
        "{ op = 'conv2d', kernel_size = 3 }",
        "{ op = 'conv2d', out_channels = 0, kernel_size = 3 }",
        "{ op = 'conv2d', out_channels = 8, kernel_size = [3, 3, 3] }",
        "{ op = 'conv2d', out_chanels = 8, kernel_size = 3 }",
        "{ op = 'relu', slope = 1 }",
        "{ branches = { a = [], b = [] } }",
        "{ branches = { a = [], b = [] }, merge = 'cat' }",
        "{ name = 'nothing' }",
    ] {
        assert!(!validator.is_valid(&items(layers)), "{layers}");
    }
    for text in [
        "input = [8]\nlayer = []\nlayers = []",
        "input = [8]",
        "input = [8]\nblocks = {}",
        "include = 3\ninput = [8]\nlayers = []",
        "blocks = { b = { choices = { act = [] }, layers = [] } }",
    ] {
        assert!(!validator.is_valid(&description(text)), "{text}");
    }
}

#[test]
fn what_is_written_is_valid() {
    let validator = jsonschema::validator_for(&schema("analysis")).unwrap();
    for arguments in [
        &["bottleneck@direct"][..],
        &["googlenet_aux"],
        &["identity_mapping", "--device-spec", "t4"],
        &["resnet18", "lenet5", "--like", "fvcore"],
    ] {
        let output = Command::cargo_bin("cnncost")
            .unwrap()
            .env_remove("CLICOLOR_FORCE")
            .args(["analyze", "--format", "json"])
            .args(arguments)
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:#?}");
        let known = |key: &str| json["networks"][0]["totals"].get(key).is_some();
        assert!(["macs_by", "ops_padding_exact", "traffic_bytes", "peak_bytes"].into_iter().all(known));
        assert_eq!(known("estimated"), arguments.contains(&"t4"));
    }
    assert!(!validator.is_valid(&json!({})));
}

#[test]
fn what_other_commands_write_is_valid() {
    for (name, arguments) in [
        ("reconcile", &["reconcile", "resnet@*", "4.1 G"][..]),
        ("check", &["check", "lecture10", "no_such_file.toml"]),
        ("raw", &["analyze", "--raw", "tests/onnx/reference/small_cnn_ts.onnx"]),
        ("plan", &["analyze", "--show-plan", "lenet5", "googlenet"]),
        ("comparison", &["compare", "resnet18", "resnet34"]),
        ("explanation", &["explain", "lenet5"]),
        ("run", &["run", "lenet5"]),
        ("models", &["models"]),
        ("ops", &["ops"]),
        ("ops", &["ops", "conv2d"]),
    ] {
        let validator = jsonschema::validator_for(&schema(name)).unwrap();
        let output = Command::cargo_bin("cnncost")
            .unwrap()
            .env_remove("CLICOLOR_FORCE")
            .args([arguments, &["--format", "json"]].concat())
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert!(json["schema"].as_str().unwrap().starts_with("cnncost/"), "{name}");
        assert!(!validator.is_valid(&json!([])), "{name}");
    }
}

/// The bundled files point editors to a copy of the schema beside them.
#[test]
fn the_copy_beside_the_models_is_the_schema() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let copy = std::fs::read_to_string(models.join("schema.json")).unwrap();
    assert!(
        serde_json::from_str::<Value>(&copy).unwrap() == schema("description"),
        "cnncost schema description -o models/schema.json"
    );
    for file in BLOCKS {
        assert!(file.text.starts_with("#:schema ../schema.json\n"), "{}", file.name);
    }
    for file in BUNDLED {
        assert!(file.text.starts_with("#:schema schema.json\n"), "{}", file.name);
    }
}
