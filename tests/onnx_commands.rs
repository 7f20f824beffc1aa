//! ONNX files as a user meets them: every command takes them, and says what is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run(columns: &str, folder: &Path, arguments: &[&str], input: &[u8]) -> Run {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let command = command.env("COLUMNS", columns).current_dir(folder).args(arguments);
    let output = command.write_stdin(input).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Where the files of the tests are, whose figures `reference/figures.tsv` has.
fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/reference")
}

fn cnncost(arguments: &[&str]) -> Run {
    run("100", &files(), arguments, b"")
}

/// What must come out, whole.
fn done(arguments: &[&str]) -> String {
    let run = cnncost(arguments);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}");
    run.out
}

/// What is said of a mistake, while nothing comes out.
fn refused(arguments: &[&str]) -> String {
    let run = cnncost(arguments);
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
    run.err
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&done(&[arguments, &["--format", "json"]].concat())).unwrap()
}

#[test]
fn every_command_takes_a_file() {
    let file = "small_cnn_ts.onnx";
    assert!(done(&[file]).contains(" total ") && done(&[file]).contains("68,256"));
    for format in ["table", "tree", "markdown", "csv", "latex", "json"] {
        let digits = done(&["analyze", file, "--format", format]).replace([',', '\\'], "");
        assert!(digits.contains("55296"), "{format}: {digits}");
    }
    assert!(done(&["analyze", file, "--memory"]).contains("conv1"));
    assert!(done(&["analyze", file, "--device-spec", "t4"]).to_lowercase().contains("t4"));
    assert!(done(&["analyze", file, "--like", "fvcore"]).contains("fvcore"));
    assert!(done(&["explain", file]).contains("= 3²·16²·3·8"));
    assert!(done(&["explain", file, "conv1", "--lang", "zh"]).contains("55,296"));
    assert!(done(&["explain", "resnet18_ts.onnx", "layer1.0.conv1"]).contains("115,605,504"));
    assert!(done(&["compare", file, "small_cnn_ts7.onnx"]).contains("68,256"));
    assert!(done(&["compare", file, "lenet5"]).contains("lenet5"));
    assert!(done(&["reconcile", file, "68256"]).contains("68,256"));
    for schema in ["analysis", "comparison", "explanation", "reconcile", "run"] {
        done(&["schema", schema]);
    }
}

#[test]
#[cfg(feature = "run")]
fn a_file_is_executed_and_measured() {
    let file = "small_cnn_ts.onnx";
    assert!(done(&["run", file, "--batch", "2"]).contains("2×10"));
    assert!(done(&["bench", file, "--max-time", "0.05"]).contains("small_cnn_ts"));
}

#[test]
fn a_file_is_told_by_its_name_or_through_a_pipe_by_how_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(files().join("small_cnn_ts.onnx")).unwrap();
    fs::write(folder.path().join("NET.ONNX"), &bytes).unwrap();
    let named = run("100", folder.path(), &["NET.ONNX"], b"");
    assert_eq!((named.code, named.err.as_str()), (0, ""));
    assert!(named.out.starts_with(" NET · 3×16×16 → 10"), "{}", named.out);
    let piped = run("100", folder.path(), &["analyze", "-"], &bytes);
    assert_eq!((piped.code, piped.err.as_str()), (0, ""));
    assert!(piped.out.starts_with(" stdin · 3×16×16 → 10"), "{}", piped.out);
    let text = b"input = [3, 8, 8]\nlayers = [{ op = 'relu' }]";
    assert_eq!(run("100", folder.path(), &["analyze", "-"], text).code, 0);
    let text = run("100", folder.path(), &["fmt", "NET.ONNX"], b"");
    assert_eq!((text.code, text.out.as_str()), (2, ""));
    assert!(text.err.contains("it is an ONNX file, and no text"), "{}", text.err);
    // What lies in a directory tells what is meant.
    let here = run("100", folder.path(), &["analyze", "."], b"");
    assert!(here.err.contains("`./*.onnx`"), "{}", here.err);
}

#[test]
fn sizes_that_are_open_are_given() {
    let file = "dynamic_shapes_dynNHW.onnx";
    let whole = refused(&["analyze", file]);
    assert_eq!(
        whole,
        "error: the file leaves the size `H` of its input `input` open\n\
         --> dynamic_shapes_dynNHW.onnx\n \
         = help: `--dim H=224` sets it, or `--input` all sizes of the input without the batch\n"
    );
    assert!(
        refused(&["analyze", file, "--lang", "zh"]).starts_with("错误: 文件没有固定输入 `input` 的尺寸 `H`")
    );
    let given = done(&["analyze", file, "--dim", "H=32", "--dim", "W=48"]);
    assert!(given.starts_with(" dynamic_shapes_dynNHW · H = 32 · W = 48 · 3×32×48"), "{given}");
    assert!(given.contains("540,672"), "{given}");
    // Of what is given twice the last holds; the sizes of the only input are given together, too.
    assert_eq!(
        given,
        done(&["analyze", file, "--dim", "H=9", "--dim", "H=32", "--dim", "W=48"]).replace("H = 9 · ", "")
    );
    assert!(done(&["analyze", file, "--input", "3x32x48"]).contains("540,672"));
    let params = &json(&["analyze", file, "--dim", "H=32", "--dim", "W=48"])["networks"][0]["params_set"];
    assert_eq!(params.to_string(), r#"{"H":32,"N":1,"W":48}"#);
    // Each of two files may have its own; a description beside them has none.
    let args = ["analyze", file, "tcn_dynNL.onnx", "lenet5", "--input", "3x32x48"];
    assert!(refused_in_part(&args).contains("tcn_dynNL.onnx"));
    let sides = ["analyze", file, file, "lenet5", "--dim", "1:H=32", "--dim", "2:H=64", "--dim", "W=48"];
    let table = done(&sides);
    assert!(table.contains("540,672") && table.contains("1,081,344") && table.contains("416,520"), "{table}");
}

/// What is said of a mistake, while something comes out.
fn refused_in_part(arguments: &[&str]) -> String {
    let run = cnncost(arguments);
    assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
    run.err
}

#[test]
fn what_a_file_has_not_is_refused() {
    let file = "dynamic_shapes_dynNHW.onnx";
    for (arguments, why, help) in [
        (vec![file, "--dim", "H=0"], "at least 1", ""),
        (vec![file, "--dim", "H"], "it is NAME=SIZE, as in height=640", ""),
        (vec![file, "--dim", "X=3", "--input", "3x8x8"], "no input has a size called `X`", "`N`, `H`, `W`"),
        (vec!["small_cnn_ts.onnx", "--dim", "a:b=3"], "no input has a size called `a:b`", "are numbers"),
        (vec!["small_cnn_ts.onnx", "--input", "3x8x8"], "the file takes 3×16×16", ""),
        (vec![file, "--set", "H=3"], "an ONNX file has none", "`--dim H=3`"),
        (vec!["lenet5", "--dim", "H=3"], "this is a description", "`--set H=3`"),
        (vec!["small_cnn_ts.onnx@wide"], "has no variant `wide`", "leave out `@wide`"),
        (vec!["small_cnn_ts.onnx@*"], "it has no variants", ""),
        (vec!["nowhere.onnx"], "there is no such file", ""),
    ] {
        let said = refused(&[&["analyze"], &arguments[..]].concat());
        assert!(said.contains(why) && said.contains(help), "{arguments:?}: {said}");
        let zh = refused(&[&["analyze"], &arguments[..], &["--lang", "zh"]].concat());
        assert!(zh.starts_with("错误"), "{zh}");
    }
}

#[test]
fn a_batch_multiplies_unless_the_file_has_one() {
    let total = |arguments: &[&str]| {
        json(&[&["analyze"], arguments].concat())["networks"][0]["totals"]["macs"].clone()
    };
    assert_eq!(total(&["small_cnn_ts.onnx", "--batch", "8"]), 8 * 68_256);
    let compared = done(&["compare", "small_cnn_ts.onnx", "--batch", "1,8"]);
    assert!(compared.contains("546,048"), "{compared}");
    // A batch of two is in the file: what it counts is of both, and there is no other.
    let two = "../ops/conv2d_batch_of_2.onnx";
    assert!(done(&["analyze", two]).contains(" · batch 1"));
    for command in [vec!["analyze", two, "--batch", "2"], vec!["compare", two, "--batch", "1,2"]] {
        let said = refused_in_part(&command);
        assert!(said.contains("the input `x0` has a batch of 2, which cannot become 2"), "{said}");
    }
    let open = ["analyze", "tcn_dynNL.onnx", "--dim", "L=64", "--dim", "N=3"];
    done(&open);
    let said = refused(&[&open[..], &["--batch", "2"]].concat());
    assert!(said.contains("has a batch of 3, which cannot become 2"), "{said}");
}

#[test]
fn claims_and_locks_name_files() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["small_cnn_ts.onnx", "dynamic_shapes_dynNHW.onnx"] {
        fs::copy(files().join(file), folder.path().join(file)).unwrap();
    }
    let check = |arguments: &[&str]| run("100", folder.path(), &[&["check"], arguments].concat(), b"");
    let claims = "networks = { small = 'small_cnn_ts.onnx', \
                  open = { file = 'dynamic_shapes_dynNHW.onnx', dim = { H = 32, W = 48 }, batch = 2 } }\n\
                  claims = [{ expect = 'small:conv1.macs == 55,296' }, { expect = 'small:macs ~ 68.3k' }, \
                  { expect = 'open:macs == 1081344' }]\n";
    fs::write(folder.path().join("claims.toml"), claims).unwrap();
    let checked = check(&["claims.toml"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{}", checked.out);
    assert!(checked.out.contains("3 hold"), "{}", checked.out);
    let wrong = claims.replace("H = 32", "H = 'x'");
    fs::write(folder.path().join("wrong.toml"), wrong).unwrap();
    assert!(check(&["wrong.toml"]).err.contains("must be above 0 and whole"));

    let options = ["--dim", "W=48", "--dim", "H=9", "--dim", "H=32", "--batch", "2"];
    let written = check(&[&["dynamic_shapes_dynNHW.onnx", "--update", "lock.toml"], &options[..]].concat());
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    let lock = fs::read_to_string(folder.path().join("lock.toml")).unwrap();
    assert!(
        lock.contains("file = \"./dynamic_shapes_dynNHW.onnx\", dim = { H = 32, W = 48 }, batch = 2 }"),
        "{lock}"
    );
    assert!(lock.contains("macs == 1081344"), "{lock}");
    assert_eq!(check(&["lock.toml"]).code, 0);
    assert_eq!(check(&["lock.toml", "--update"]).code, 0);
    assert_eq!(fs::read_to_string(folder.path().join("lock.toml")).unwrap(), lock);

    let alone = check(&["small_cnn_ts.onnx"]);
    assert_eq!(alone.code, 2);
    assert!(alone.err.contains("networks = { net = \"small_cnn_ts.onnx\" }"), "{}", alone.err);
}

#[test]
fn json_has_the_digest_of_the_file() {
    use sha2::{Digest, Sha256};
    let bytes = fs::read(files().join("small_cnn_ts.onnx")).unwrap();
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(json(&["analyze", "small_cnn_ts.onnx"])["networks"][0]["sha256"], *digest);
    let piped = run("100", &files(), &["analyze", "-", "--format", "json"], &bytes);
    let piped: Value = serde_json::from_str(&piped.out).unwrap();
    assert_eq!(piped["networks"][0]["sha256"], *digest);
}

#[test]
fn what_is_not_known_is_warned_of() {
    let file = "unknown_without_shape.onnx";
    let run = cnncost(&["analyze", file]);
    assert_eq!(run.code, 0);
    assert!(run.out.contains("partial"), "{}", run.out);
    // Sizes that nobody knows are not those of a scalar, and take no bytes.
    assert!(run.out.contains("  ?  ") && !run.out.contains("()"), "{}", run.out);
    let network = &json(&["analyze", "--quiet", file])["networks"][0];
    let stage = &network["nodes"][1];
    assert_eq!((&stage["op"], &stage["output"]), (&"opaque".into(), &Value::Null));
    assert_eq!(stage["written_bytes"], 0);
    assert!(run.err.starts_with("warning: ") && run.err.contains("acme::Whizz"), "{}", run.err);
    assert!(run.err.contains("--> unknown_without_shape.onnx: node 1\n"), "{}", run.err);
    assert_eq!(cnncost(&["analyze", file, "--strict"]).code, 1);
    assert_eq!(cnncost(&["analyze", file, "--quiet"]).err, "");
    let zh = cnncost(&["analyze", file, "--lang", "zh"]).err;
    assert!(zh.starts_with("警告: ") && zh.contains(":节点 1\n"), "{zh}");
}

#[test]
fn what_is_broken_is_said_without_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(files().join("small_cnn_ts.onnx")).unwrap();
    fs::write(folder.path().join("cut.onnx"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(folder.path().join("text.onnx"), "input = [3, 8, 8]").unwrap();
    for file in ["cut.onnx", "text.onnx"] {
        for language in ["en", "zh"] {
            let run = run("80", folder.path(), &["analyze", file, "--lang", language], b"");
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{file}");
            assert!(
                run.err.ends_with(&format!("--> {file}\n")) && run.err.lines().count() == 2,
                "{}",
                run.err
            );
        }
    }
    let report = run("80", folder.path(), &["check", "cut.onnx", "--format", "json"], b"");
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let error = &report["files"][0]["errors"][0];
    assert_eq!(
        (&error["code"], &error["file"], &error["line"]),
        (&"syntax".into(), &"cut.onnx".into(), &Value::Null)
    );
}

/// Names of nodes and files may be long.
#[test]
fn tables_fit_their_terminal() {
    for file in ["resnet18_ts.onnx", "resnet18_dynamo.onnx", "mobilenetv4_conv_small_ts.onnx"] {
        for columns in ["80", "200"] {
            for options in [
                &["analyze"][..],
                &["analyze", "--memory"],
                &["analyze", "--depth", "all"],
                &["compare", "resnet18"],
            ] {
                let out = run(columns, &files(), &[options, &[file]].concat(), b"").out;
                let most = columns.parse().unwrap();
                assert!(
                    out.lines().all(|line| line.chars().count() <= most),
                    "{options:?} {columns}:\n{out}"
                );
            }
        }
    }
}

/// What a line of `--raw` says of an operator: what it is, what became of it, and the layers of that.
fn raw(file: &str) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let layers = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(" ");
    let document = json(&["analyze", "--raw", "--quiet", file]);
    let operators = document["networks"][0]["operators"].as_array().unwrap();
    let line = |operator: &Value| {
        [text(&operator["operator"]), text(&operator["became"]), layers(&operator["layers"])]
    };
    operators.iter().map(line).collect()
}

/// Every operator of the file has a line, also what is no work of the network: as many as onnx has in `graph.node`.
#[test]
fn the_operators_of_a_file_are_listed() {
    for (file, count) in [
        ("small_cnn_ts.onnx", 13),
        ("small_cnn_dynamo_raw.onnx", 29),
        ("small_cnn_qdq.onnx", 36),
        ("transformer_encoder_dynamo23.onnx", 75),
        ("window_attention_ts.onnx", 96),
        ("local_functions.onnx", 7),
        ("scan.onnx", 2),
        ("unknown_without_shape.onnx", 5),
    ] {
        assert_eq!(raw(file).len(), count, "{file}");
        let table = cnncost(&["analyze", "--raw", "--quiet", file]).out;
        assert!(table.contains(&format!(" {count} operators: ")), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        for format in ["csv", "markdown", "latex"] {
            let out = cnncost(&["analyze", "--raw", "--quiet", file, "--format", format]).out;
            assert!(out.lines().count() > count, "{format}: {out}");
        }
        let zh = cnncost(&["analyze", "--raw", "--quiet", file, "--lang", "zh"]).out;
        assert!(zh.contains(&format!("{count} 个算子:")), "{zh}");
    }
}

#[test]
fn what_becomes_of_an_operator_is_said() {
    let of = |file: &str, operator: &str| -> Vec<(String, String)> {
        let of = raw(file).into_iter().filter(|[known, ..]| known == operator);
        of.map(|[_, became, layers]| (became, layers)).collect()
    };
    let is = |became: &str, layers: &str| (became.to_owned(), layers.to_owned());
    let file = "small_cnn_ts.onnx";
    assert_eq!(of(file, "Conv")[0], is("layer", "conv1"));
    assert!(of(file, "Constant").iter().all(|one| *one == is("evaluated", "")));
    assert_eq!(of("unknown_without_shape.onnx", "acme::Whizz")[0].0, "not_counted");
    // The steps of an attention are one layer, and a product without its bias is none.
    let file = "window_attention_ts.onnx";
    assert_eq!(of(file, "Softmax"), [is("part", "scaled_dot_product_attention_1")]);
    assert_eq!(of(file, "MatMul")[0], is("part", "q"));
    assert_eq!(of(file, "Squeeze"), vec![is("view", ""); 3]);
    assert_eq!(of(file, "Shape"), [is("evaluated", "")]);
    // Of what stands inside a loop or a function, the outer one is listed.
    assert!(of("scan.onnx", "Scan")[0].1.contains(' '));
    // A weight in 16 bits is brought to 32 once.
    assert_eq!(of("weights_elsewhere.onnx", "Cast"), [is("from_weights", "")]);
}

/// Descriptions have no such operators, and what chooses among layers is for layers.
#[test]
fn operators_of_a_file_are_those_of_onnx() {
    let err = refused(&["analyze", "--raw", "lenet5"]);
    assert!(err.contains("`--raw` shows the operators of an ONNX file"), "{err}");
    assert!(refused(&["analyze", "--raw", "small_cnn_ts.onnx", "--set", "a=1"]).contains("--dim a=1"));
    refused(&["analyze", "--raw", "small_cnn_ts.onnx", "--depth", "all"]);
    refused(&["analyze", "--raw", "small_cnn_ts.onnx", "--format", "tree"]);
}

/// Weights in a file beside the network are read with it.
#[test]
fn weights_beside_a_network_are_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let [net, data] = ["net.onnx", "net.onnx.data"].map(|name| folder.path().join(name));
    fs::write(&net, elsewhere("net.onnx.data")).unwrap();
    fs::write(&data, [0; 16]).unwrap();
    let run = run("100", folder.path(), &["analyze", "net.onnx", "-o", "net.onnx.data"], b"");
    assert!(run.code == 2 && run.err.contains("is not written over"), "{}", run.err);
    assert_eq!(fs::read(&data).unwrap(), [0; 16]);
}

/// A network of one addition, of a tensor of four floats that lies in another file.
fn elsewhere(location: &str) -> Vec<u8> {
    let field =
        |number: u8, bytes: &[u8]| [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let sizes = field(2, &[&field(1, &[8, 1])[..], &field(1, &[8, 4])].concat());
    let kind = |name: &[u8]| {
        let tensor = [&[8, 1][..], &sizes].concat();
        [field(1, name), field(2, &field(1, &tensor))].concat()
    };
    let node = [field(1, b"x"), field(1, b"w"), field(2, b"y"), field(4, b"Add")].concat();
    let place = [field(1, b"location"), field(2, location.as_bytes())].concat();
    let tensor = [&[8, 4, 16, 1][..], &field(8, b"w"), &field(13, &place), &[14 << 3, 1]].concat();
    let graph = [field(1, &node), field(5, &tensor), field(11, &kind(b"x")), field(12, &kind(b"y"))].concat();
    [&[8, 8][..], &field(7, &graph), &field(8, &[16, 17])].concat()
}
