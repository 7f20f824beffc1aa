//! The program as a user meets it: exit codes, what goes where, mistakes on the command line.

use std::fs;

use assert_cmd::Command;

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn cnncost(arguments: &[&str]) -> Run {
    with_input(arguments, "")
}

fn with_input(arguments: &[&str], input: &str) -> Run {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    for variable in ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let output = command.args(arguments).write_stdin(input).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const NET: &str = "input = [3, 8, 8]\nlayers = [{ op = 'conv2d', out_channels = 4, kernel_size = 3 }]\n";

#[test]
fn data_goes_to_standard_output_and_nothing_else_does() {
    let run = cnncost(&["analyze", "bottleneck"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("12,443,648"));
    let run = cnncost(&["analyze", "no_such_network"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.starts_with("error: cannot read `no_such_network`"), "{}", run.err);
}

#[test]
fn standard_input_is_read() {
    let run = with_input(&["analyze", "-", "--format", "csv", "--columns", "layer,macs"], NET);
    assert_eq!((run.code, run.out.as_str()), (0, "layer,macs\ninput,\nconv2d_1,3888\n"));
    let twice = with_input(&["analyze", "-", "-"], NET);
    assert_eq!((twice.code, twice.out.as_str()), (2, ""));
    assert!(twice.err.contains("standard input can be read only once"), "{}", twice.err);
}

#[test]
fn the_other_files_are_still_done() {
    let run = cnncost(&["analyze", "lenet5", "nothing.toml", "bottleneck@direct", "--format", "csv"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
    assert!(run.err.contains("there is no such file"), "{}", run.err);
}

#[test]
fn names_find_files_variants_and_the_nearest_name() {
    for (name, macs) in
        [("resnet18_v1", "1814073344"), ("vgg@vgg11", "7609090048"), ("bottleneck@direct", "120422400")]
    {
        let run = cnncost(&["analyze", name, "--format", "json"]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.out.contains(&format!("\"macs\": {macs}")), "{name}");
    }
    assert!(cnncost(&["analyze", "googlnet"]).err.contains("did you mean `googlenet`?"));
    assert!(cnncost(&["check", "paper"]).err.contains("did you mean `papers`?"));
    // Names that differ in a number or in how words are set apart.
    for (name, near) in [("resnet51", "resnet50"), ("vgg17", "vgg16"), ("ResNet-50", "resnet50")] {
        let run = cnncost(&["analyze", name]);
        assert!(run.err.contains(&format!("did you mean `{near}`?")), "{}", run.err);
    }
    assert!(cnncost(&["analyze", "lenet5.toml"]).err.contains("did you mean `lenet5`?"));
    assert!(cnncost(&["analyze", "bottleneck@dirct"]).err.contains("did you mean `direct`?"));
    let all = cnncost(&["analyze", "resnet@*", "--format", "csv"]);
    assert_eq!(all.out.lines().count(), 11);
}

#[test]
fn parameters_input_and_batch_change_the_counts() {
    let macs = |arguments: &[&str]| -> u64 {
        let run = cnncost(&[&["analyze", "--format", "json"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        json["networks"][0]["totals"]["macs"].as_u64().unwrap()
    };
    assert_eq!(macs(&["bottleneck", "--set", "reduce=0"]), 120_422_400);
    assert_eq!(macs(&["bottleneck@direct", "--set", "reduce=16"]), 12_443_648);
    assert_eq!(macs(&["bottleneck", "--batch", "8"]), 8 * 12_443_648);
    assert_eq!(macs(&["bottleneck", "--input", "192x14x14"]), 12_443_648 / 4);
    assert_eq!(macs(&["identity_mapping", "--set", "shortcut=conv"]), 2_066_432);
    assert_eq!(macs(&["resnet50", "--set", "res=448"]), 4 * (4_089_184_256 - 2_048_000) + 2_048_000);
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let wrong: [&[&str]; 9] = [
        &[],
        &["analyse", "lenet5"],
        &["analyze"],
        &["analyze", "lenet5", "--batch", "0"],
        &["analyze", "lenet5", "--input", "3xx3"],
        &["analyze", "lenet5", "--set", "width"],
        &["analyze", "lenet5", "--columns", "layer,mcas"],
        &["analyze", "lenet5", "--depth", "deep"],
        &["explain", "lenet5", "c33"],
    ];
    for arguments in wrong {
        let run = cnncost(arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!run.err.is_empty() && !run.err.contains("panicked"), "{arguments:?}: {}", run.err);
    }
    assert!(cnncost(&["analyze", "lenet5", "--columns", "layer,mcas"]).err.contains("did you mean `macs`?"));
    assert!(cnncost(&["analyze", "lenet5", "--set", "a=1"]).err.contains("has no parameter `a`"));
    assert!(cnncost(&["explain", "inception", "5x6"]).err.contains("did you mean `inception/5x5`?"));
}

#[test]
fn values_of_options_are_refused_in_plain_words() {
    for (option, value, why, why_zh) in [
        ("--batch", "0", "it is a whole number of at least 1", "应是不小于 1 的整数"),
        ("--batch", "-1", "it is a whole number of at least 1", "应是不小于 1 的整数"),
        ("--batch", "1,8", "one number is taken here", "此处只接受一个数"),
        ("--batch", "eight", "it is a whole number of at least 1", "应是不小于 1 的整数"),
        ("--input", "3xx3", "a size is missing", "缺少一个尺寸"),
        ("--input", "3x32px", "`32p` is no size", "`32p` 不是尺寸"),
        ("--set", "width", "it is NAME=VALUE", "写法是 名称=值"),
        ("--depth", "deep", "a depth is a number, or `all`", "深度应是数,或 `all`"),
    ] {
        let run = cnncost(&["analyze", "lenet5", option, value]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains(why), "{}", run.err);
        let run = cnncost(&["analyze", "lenet5", option, value, "--lang", "zh"]);
        assert_eq!(run.code, 2);
        assert!(run.err.starts_with("错误") && run.err.contains(why_zh), "{}", run.err);
    }
    let run = cnncost(&["analyze", "lenet5", "--lang=zh", "--btch", "1"]);
    assert!(run.err.contains("没有选项 `--btch`") && run.err.contains("是否指 `--batch`?"), "{}", run.err);
}

#[test]
fn an_input_that_the_file_is_not_written_for_is_named_at_both_places() {
    for (input, meant) in [("32", "1x32x32"), ("28x28", "1x28x28"), ("8x1x32x32", "1x32x32")] {
        let run = cnncost(&["analyze", "lenet5", "--input", input]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains(&format!("`--input {meant}`")), "{}", run.err);
        assert_eq!(run.err.matches("error:").count(), 1);
    }
    let fixed = "input = [1, 28, 28]\nlayers = [{ op = 'reshape', shape = [784] }]";
    let run = with_input(&["analyze", "-", "--input", "1x32x32"], fixed);
    assert!(run.err.contains("`shape` has 784"), "{}", run.err);
    assert!(run.err.contains("its own 1×28×28, and `--input` gives 1×32×32"), "{}", run.err);
    let params = "input = [3, 'high', 'wide']\nparams = { high = 8, wide = 16 }
layers = [{ op = 'relu', name = 'a' }, { op = 'upsample', size = ['high', 'wide'] }, { op = 'add', from = ['a', 'upsample_1'] }]";
    let run = with_input(&["analyze", "-", "--input", "3x4x6"], params);
    assert!(run.err.contains("add `--set high=4 --set wide=6`"), "{}", run.err);
    assert_eq!(with_input(&["analyze", "-", "--set", "high=4", "--set", "wide=6"], params).code, 0);
}

#[test]
fn help_and_version_are_no_errors() {
    for arguments in
        [&["--help"][..], &["--version"], &["analyze", "--help"], &["explain", "--help"], &["ops", "--help"]]
    {
        let run = cnncost(arguments);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{arguments:?}");
        assert!(run.out.contains("cnncost"), "{arguments:?}");
    }
}

#[test]
fn strict_fails_on_a_warning_and_shows_it_even_if_quiet() {
    let unused = "input = [3, 8, 8]\nlayers = [{ op = 'relu' }, { op = 'tanh', from = 'input' }]";
    let run = with_input(&["analyze", "-"], unused);
    assert_eq!(run.code, 0);
    assert!(run.err.starts_with("warning: nothing takes the output of `relu_1`"), "{}", run.err);
    assert_eq!(with_input(&["analyze", "-", "--strict"], unused).code, 1);
    let quiet = with_input(&["analyze", "-", "--strict", "--quiet"], unused);
    assert_eq!((quiet.code, quiet.err.as_str()), (1, run.err.as_str()));
    assert_eq!(with_input(&["analyze", "-", "--quiet"], unused).err, "");
}

/// However many variants, batches and claims a network is read for.
#[test]
fn a_warning_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (net, claims) = (path("net.toml"), path("claims.toml"));
    let description = "input = [512, 7, 7]\nparams = { c = 10 }\n\
        variants = [{ name = 'a', set = { c = 10 } }, { name = 'b', set = { c = 20 } }]\n\
        layers = [{ op = 'linear', out_features = 'c' }]\n";
    fs::write(&net, description).unwrap();
    let named =
        "[networks]\na = 'net.toml@a'\nb = 'net.toml@b'\n[[claims]]\nexpect = 'a:params < b:params'\n";
    fs::write(&claims, named).unwrap();
    let all = format!("{net}@*");
    for arguments in [&["analyze", &*all][..], &["compare", &net, "--batch", "1,2"], &["check", &claims]] {
        let run = cnncost(arguments);
        assert_eq!((run.code, run.err.matches("warning: `linear`").count()), (0, 1), "{}", run.err);
    }
    // Another file has its own.
    fs::copy(&net, path("other.toml")).unwrap();
    let run = cnncost(&["analyze", &net, &path("other.toml"), "--strict"]);
    assert_eq!((run.code, run.err.matches("warning: `linear`").count()), (1, 2), "{}", run.err);
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("latin.toml"), b"name = \"caf\xe9\"\n").unwrap();
    fs::write(path("empty.toml"), "").unwrap();
    for name in ["net.onnx", "net.ort", "net.py", "net.pth", "net.h5", "net.safetensors", "net.json"] {
        fs::write(path(name), "").unwrap();
    }
    for (name, why) in [
        ("latin.toml", "it is not UTF-8 text, see line 1"),
        ("empty.toml", "the network has no `input`"),
        ("missing.toml", "there is no such file"),
        ("net.onnx", "is it an ONNX model?"),
        ("net.ort", "give the `.onnx` file that it was made of"),
        ("net.py", "it is a Python program"),
        ("net.pth", "it holds weights of PyTorch"),
        ("net.h5", "it is a model of Keras"),
        ("net.safetensors", "--weights"),
        ("net.json", "descriptions are TOML"),
        (".", "it is a directory"),
    ] {
        let run = cnncost(&["analyze", &path(name)]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{name}");
        assert!(run.err.contains(why), "{name}: {}", run.err);
    }
}

#[test]
fn an_output_file_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("costs.csv");
    let to = path.to_str().unwrap();
    fs::write(&path, "before").unwrap();
    let run = cnncost(&["analyze", "no_such_network", "--format", "csv", "-o", to]);
    assert_eq!((run.code, fs::read_to_string(&path).unwrap().as_str()), (2, "before"));
    let run = cnncost(&["analyze", "lenet5", "--format", "csv", "-o", to]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    assert!(fs::read_to_string(&path).unwrap().starts_with("layer,"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    let nowhere = folder.path().join("no/such/folder.csv");
    assert_eq!(cnncost(&["analyze", "lenet5", "-o", nowhere.to_str().unwrap()]).code, 1);
}

/// A reader that has seen enough is no error, whatever is left to write.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_cnncost"))
        .args(["analyze", "resnet152", "vgg@*", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((first.as_str(), output.status.code(), output.stderr.as_slice()), ("{\n", Some(0), &[][..]));
}

/// Names in Chinese are as wide as they look.
#[test]
fn columns_stay_aligned_behind_wide_names() {
    use unicode_width::UnicodeWidthStr;
    let net = "input = [3, 8, 8]\nlayers = [{ name = '卷积', op = 'conv2d', out_channels = 4, kernel_size = 3 }, { op = 'relu' }]";
    let table = with_input(&["analyze", "-", "--columns", "layer,output"], net).out;
    let ends = |text: &str| {
        table.lines().find(|line| line.contains(text)).map(|line| line.split("6×6").next().unwrap().width())
    };
    assert_eq!(ends("卷积"), ends("relu_1"));
}

#[test]
fn tables_fit_the_terminal() {
    use unicode_width::UnicodeWidthStr;
    for name in ["inception", "googlenet", "resnet152", "vgg16_bn", "identity_mapping"] {
        for width in [80, 100, 132, 200] {
            for more in [&[][..], &["--lang", "zh"], &["--format", "tree"], &["--depth", "all"]] {
                let mut command = Command::cargo_bin("cnncost").unwrap();
                command.env("COLUMNS", width.to_string()).env_remove("CLICOLOR_FORCE");
                let output = command.args(["analyze", name]).args(more).output().unwrap();
                let text = String::from_utf8(output.stdout).unwrap();
                let widest = text.lines().skip(2).map(UnicodeWidthStr::width).max().unwrap();
                assert!(widest <= width, "{name} {more:?} is {widest} wide at {width}:\n{text}");
                assert!(text.contains('█') || text.contains('▏'), "{name} {more:?} shows shares at {width}");
            }
        }
    }
}

#[test]
fn colors_are_shown_when_asked_for_and_only_then() {
    assert!(!cnncost(&["analyze", "lenet5"]).out.contains('\u{1b}'));
    assert!(cnncost(&["analyze", "lenet5", "--color", "always"]).out.contains('\u{1b}'));
    let forced = |variable: &str| {
        let mut command = Command::cargo_bin("cnncost").unwrap();
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env(variable, "1");
        let output = command.args(["analyze", "lenet5"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(forced("CLICOLOR_FORCE"));
    assert!(!forced("NO_COLOR"));
}

#[test]
fn chinese_is_spoken_in_tables_explanations_and_errors() {
    assert!(cnncost(&["analyze", "lenet5", "--lang", "zh"]).out.contains("乘加数"));
    assert!(cnncost(&["explain", "lenet5", "--lang", "zh"]).out.contains("合计"));
    let run = with_input(&["analyze", "-", "--lang", "zh"], "input = [3, 8, 8]\nlayers = [{ op = 'rellu' }]");
    assert!(run.err.contains("错误") && run.err.contains("是否指 `relu`?"), "{}", run.err);
}

/// Groups of networks by task, and each by year, in every form.
#[test]
fn models_are_grouped_by_task_and_year() {
    let list = cnncost(&["models"]).out;
    let heading = |title: &str| list.find(&format!("\n {title}\n\n")).unwrap_or_else(|| panic!("{list}"));
    let headings =
        ["image classification", "image segmentation", "object detection", "generation"].map(heading);
    assert!(list.starts_with(" for teaching\n\n lenet_mnist") && headings.is_sorted(), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&cnncost(&["models", "--format", "json"]).out).unwrap();
    let order: Vec<(usize, Option<u64>)> = json["networks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|network| {
            let tasks = [
                "teaching",
                "classification",
                "segmentation",
                "detection",
                "video",
                "sequences",
                "generation",
            ];
            let task = tasks.iter().position(|task| network["task"] == *task).unwrap();
            (task, network["year"].as_u64())
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    assert!(order.iter().all(|&(task, year)| task == 0 || year.is_some_and(|year| year > 1990)), "{order:?}");
    let csv = cnncost(&["models", "--format", "csv"]).out;
    assert!(csv.starts_with("name,task,year,title,variants\n"), "{csv}");
    assert!(csv.contains("\ncrnn,sequences,2017,"), "{csv}");
    let names = |from: Vec<String>| from.into_iter().collect::<std::collections::BTreeSet<_>>();
    let bundled = cnncost::read::bundled::BUNDLED.iter().map(|file| file.name.to_owned()).collect();
    let listed = csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
    assert_eq!(names(listed), names(bundled));
    let markdown = cnncost(&["models", "--format", "markdown", "--lang", "zh"]).out;
    assert!(markdown.contains("| vae | 生成 | 2014 |"), "{markdown}");
}

#[test]
fn models_and_ops_are_listed() {
    let models = cnncost(&["models"]).out;
    let ops = cnncost(&["ops"]).out;
    assert!(models.contains("resnet152_v1") && models.contains("lenet_mnist"));
    for entry in cnncost::op::OPERATORS {
        assert!(ops.contains(entry.name), "{}", entry.name);
        let one = cnncost(&["ops", entry.name]);
        assert!(one.code == 0 && one.out.contains(entry.example), "{}", entry.name);
    }
    assert!(cnncost(&["models", "lenet5"]).out.contains("input = [1, 32, 32]"));
    assert!(cnncost(&["ops", "con2d"]).err.contains("did you mean `conv2d`?"));
    for arguments in [&["models", "--format", "json"][..], &["ops", "--format", "json"]] {
        serde_json::from_str::<serde_json::Value>(&cnncost(arguments).out).unwrap();
    }
}
