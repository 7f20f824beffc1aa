//! Terminals of every width: nothing panics, whatever `COLUMNS` says, and what is as wide as usual is cut nowhere.

use assert_cmd::Command;
use unicode_width::UnicodeWidthStr;

/// What each command is tried with, also at figures as large as they come: `WIDE` is a network of those.
const COMMANDS: [&str; 34] = [
    "analyze resnet18 --depth all",
    "analyze lenet5 --format tree",
    "analyze resnet18 --memory",
    "analyze lenet5 alexnet mobilenet_v2",
    "analyze lenet5 --columns macs,share,field",
    "analyze lenet5 --like thop --lang zh",
    "analyze lenet5 --device-spec t4",
    "analyze WIDE --batch 1048576",
    "analyze WIDE --format tree --device-spec t4 --batch 1048576",
    "analyze WIDE --memory",
    "analyze --raw tests/onnx/reference/small_cnn_ts.onnx",
    "analyze --raw tests/onnx/reference/transformer_encoder_dynamo23.onnx --lang zh",
    "compare resnet18 resnet34",
    "compare alexnet vgg16 googlenet --batch 1,8",
    "compare mobilenet_v1 mobilenet_v2 --lang zh --color always",
    "compare WIDE lenet5 --depth all",
    "check lecture11",
    "check WIDE",
    "reconcile lenet5",
    "reconcile lenet5 416520",
    "reconcile WIDE",
    "explain lenet5 c1",
    "explain WIDE --batch 1048576",
    "run lenet5",
    "run lenet5 --lang zh",
    "models",
    "models lenet5",
    "ops",
    "ops conv2d --lang zh",
    "analyze -h",
    "bench --help",
    "check --help --lang zh",
    "help compare",
    "schema check",
];

/// Two layers of the largest sizes, and a claim that fails by as much.
const WIDE: &str = "input = [9007199254740992]
layers = [{ op = 'linear', out_features = 9007199254740992 }, { op = 'relu' }]
claims = [{ expect = 'macs >= 1', says = 'it is large' }, { expect = 'params > 1T' }]
";

fn run(columns: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    let output =
        command.env("COLUMNS", columns).env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The arguments of a command, of which `WIDE` stands for a file.
fn words<'a>(command: &'a str, wide: &'a str) -> Vec<&'a str> {
    command.split(' ').map(|word| if word == "WIDE" { wide } else { word }).collect()
}

/// No width is too narrow or too wide, and none is gone beyond by much: a line may be as long as what cannot be broken.
#[test]
fn every_width_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let wide = folder.path().join("wide.toml");
    std::fs::write(&wide, WIDE).unwrap();
    let widths = (0..=12).map(|width| width.to_string());
    let widths = widths.chain(["33", "65570", "18446744073709551615"].map(str::to_owned));
    for width in widths {
        for command in COMMANDS {
            let (code, out, error) = run(&width, &words(command, wide.to_str().unwrap()));
            assert_eq!((code, error.as_str()), (Some(0), ""), "{width}: {command}");
            assert!(!out.is_empty() && out.len() < 200_000, "{width}: {command}");
        }
    }
}

/// Data are the same at any width.
#[test]
fn data_keep_to_no_width() {
    for format in ["csv", "json", "markdown", "latex"] {
        for command in [
            "analyze lenet5",
            "analyze --raw tests/onnx/reference/small_cnn_ts.onnx",
            "compare lenet5 alexnet",
            "check lecture11",
            "reconcile lenet5",
            "models",
            "ops",
        ] {
            let arguments = format!("{command} --format {format}");
            let arguments = words(&arguments, "");
            let usual = run("80", &arguments);
            for width in ["1", "12", "18446744073709551615"] {
                assert!(run(width, &arguments) == usual, "{arguments:?} at {width}");
            }
        }
    }
}

/// Comparisons and claims keep to the width, and wrap where a line would not.
#[test]
fn usual_widths_are_kept_and_nothing_is_cut() {
    let pairs =
        [["alexnet", "alexnet_2012"], ["googlenet", "googlenet_bn"], ["mobilenet_v1", "mobilenet_v2"]];
    for width in [80, 100, 200] {
        let fits = |out: &str| {
            let wide: Vec<_> = out.lines().filter(|line| line.width() > width).collect();
            assert!(wide.is_empty(), "{width}: {wide:#?}");
        };
        for pair in pairs {
            let (_, out, _) = run(&width.to_string(), &["compare", pair[0], pair[1]]);
            fits(&out);
            let cut = out.lines().filter(|line| line.chars().skip(17).any(|letter| letter == '…'));
            // A path may lose its middle, and of neighbors that are merged the first and last are named.
            assert_eq!(cut.filter(|line| !line.contains('/') && !line.contains(" … ")).count(), 0, "{out}");
        }
        for file in ["lecture10", "lecture11"] {
            let (_, out, _) = run(&width.to_string(), &["check", file]);
            fits(&out);
            assert!(!out.contains('…'), "{out}");
        }
    }
}

/// The words that differ are there at 80 columns.
#[test]
fn what_differs_is_seen_at_80_columns() {
    for (pair, said) in [
        (["alexnet", "alexnet_2012"], &["conv 5×5 p2 64→192", "conv 5×5 p2 g2", "g groups"][..]),
        (["resnet50", "resnet50_v1"], &["conv 1×1 256→128", "conv 1×1 /2 256→128", "conv 3×3 p1 128"]),
        (["mobilenet_v1", "mnasnet"], &["dw 3×3", "dw depthwise"]),
    ] {
        let (_, out, _) = run("80", &["compare", pair[0], pair[1], "--depth", "all"]);
        for said in said {
            assert!(out.contains(said), "{said}\n{out}");
        }
    }
    // Of boxes that look alike from outside, what is in them.
    for (pair, said) in [
        (["resnet50", "resnext"], ["3×3 p1, bottleneck", "3×3 p1 g32,"]),
        (["googlenet", "googlenet_bn"], ["5×5 p2, inception", "no bias, conv"]),
    ] {
        let (_, out, _) = run("100", &["compare", pair[0], pair[1]]);
        assert!(said.iter().all(|said| out.contains(said)), "{out}");
    }
}

/// Paths are cut only as far as they still tell layers apart, and stand whole where there is room, as words are folded for
/// them; no title says again what a network is called.
#[test]
fn paths_of_a_comparison_tell_layers_apart() {
    let pairs =
        [["resnet50", "se_resnet50"], ["resnet18", "se_resnet50"], ["efficientnet_b0", "mobilenet_v2"]];
    for pair in pairs {
        for width in ["80", "100", "200"] {
            let (_, out, _) = run(width, &["compare", pair[0], pair[1]]);
            let (_, lines) = out.split_once("arises").unwrap();
            // A row begins with a mark and a path; what is folded goes on below without.
            let paths = lines.lines().filter(|line| line.contains(['/', '…']) && !line.starts_with("    "));
            let paths: Vec<_> = paths.filter_map(|line| line.get(3..)?.split("  ").next()).collect();
            let distinct = paths.iter().collect::<std::collections::BTreeSet<_>>().len();
            assert_eq!(distinct, paths.len(), "{width}: {out}");
        }
    }
    let (_, out, _) = run("80", &["compare", "resnet50", "se_resnet50"]);
    assert!(out.contains(" + layer1/1…") && out.contains(" share\n"), "{out}");
    assert!(!out.contains("· se_resnet50"), "{out}");
    let (_, out, _) = run("100", &["compare", "resnet50", "se_resnet50"]);
    assert!(out.contains("  layer1/0/sum/body/se/scale/squeeze\n"), "{out}");
    let (_, out, _) = run("100", &["compare", "googlenet", "googlenet_bn"]);
    assert!(out.contains("   pool4/max_pool2d_1  max pool 3×3 /2 ceil 832 "), "{out}");
    let (_, out, _) = run("120", &["compare", "resnet18", "se_resnet50", "vit_b_16", "efficientnet_b0"]);
    assert!(out.lines().all(|line| line.width() <= 120), "{out}");
}

/// The figures of claims end below each other, also of those that are all short.
#[test]
fn figures_of_claims_are_flush_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    let claims = ["a:params > 1", "1k < a:macs < 1M", "a:macs ~ 417 k", "a:params == 61706"];
    let claims = claims.map(|claim| format!("{{ expect = '{claim}' }}")).join(", ");
    std::fs::write(&path, format!("networks = {{ a = 'lenet5' }}\nclaims = [{claims}]\n")).unwrap();
    for width in ["40", "80", "200"] {
        let (_, out, _) = run(width, &["check", path.to_str().unwrap()]);
        let ends: Vec<_> =
            out.lines().filter(|line| line.contains('✓')).map(UnicodeWidthStr::width).collect();
        assert!(ends.len() == 4 && ends.iter().all(|end| *end == ends[0]), "{out}");
    }
}

/// Only the usual columns may take room from the names: where one of them has found none, none that matters less takes it.
#[test]
fn further_columns_leave_names_whole() {
    for name in ["nin", "squeezenet"] {
        let (_, out, _) = run("80", &["analyze", name]);
        assert!(out.contains(" pool1/max_pool2d_1 ") && !out.contains('…'), "{out}");
    }
}

/// How a window slides belongs to its layer, and what the signs mean stands below, if they are used.
#[test]
fn windows_are_written_with_groups_padding_and_dilation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.toml");
    let layers = [
        "kernel_size = 3, stride = 2, padding = 1, groups = 8",
        "kernel_size = 5, groups = 2",
        "kernel_size = 3, dilation = 2",
        "kernel_size = [1, 2], padding = 'same'",
    ];
    let layers = layers.map(|layer| format!("{{ op = 'conv2d', out_channels = 8, {layer} }}")).join(", ");
    let up = "{ op = 'conv_transpose2d', out_channels = 8, kernel_size = 3, stride = 2, output_padding = 1 }";
    std::fs::write(&path, format!("input = [8, 40, 40]\nlayers = [{layers}, {up}]")).unwrap();
    let (_, out, _) = run("100", &["analyze", path.to_str().unwrap()]);
    for kernel in ["3×3 /2 p1 dw  ", "5×5 g2  ", "3×3 d2  ", "1×2 p0×0+1  ", "3×3 /2 o1  "] {
        assert!(out.contains(kernel), "{kernel}\n{out}");
    }
    let legend = "kernel: / stride, p padding, o output padding, dw depthwise, d dilation, g groups";
    assert!(out.contains(legend), "{out}");
    std::fs::write(&path, "input = [8]\nlayers = [{ op = 'relu' }]").unwrap();
    let (_, out, _) = run("100", &["analyze", path.to_str().unwrap()]);
    assert!(!out.contains("kernel:"), "{out}");
}
