//! `--device-spec`: times by hand, what fits, and what is said of a wrong name, type or file.

use assert_cmd::Command;
use cnncost::analyze;
use cnncost::analyze::roofline::{Bound, Roofline};
use cnncost::read::{Description, Options, devices};
use cnncost::shape::ElementType;

/// A device of round figures: 10 GFLOP/s and 1 GB/s, so that 10 FLOPs take as long as a byte.
const BOARD: &str = "[board]\nmemory_bytes = 1_500_000\nbandwidth_bytes_per_second = 1e9\n\
                     peak_flops = { f32 = 10e9, i8 = 40e9 }\n";

#[test]
fn times_are_the_longer_of_two() {
    let text = "input = [192, 28, 28]\nlayers = [\n\
                  { op = 'conv2d', out_channels = 32, kernel_size = 5, padding = 2, bias = false },\n\
                  { op = 'relu' }, { op = 'flatten' } ]";
    let graph = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph;
    let analysis = analyze(&graph).unwrap();
    let board = devices::parse("board.toml", BOARD).unwrap().remove(0);
    assert!(Roofline::new(board.clone(), &graph, &analysis, ElementType::F16).is_none());
    let roofline = Roofline::new(board.clone(), &graph, &analysis, ElementType::F32).unwrap();
    let nodes: Vec<_> = graph.nodes().map(|(id, _)| roofline.node(id).unwrap()).collect();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * b;
    // 2 · 120,422,400 FLOPs; 1,316,864 bytes would take a millisecond.
    assert!(near(nodes[1].seconds(), 240_844_800.0 / 10e9));
    assert_eq!(nodes[1].bound(), Some(Bound::Compute));
    // 32·28² numbers of 4 bytes, there and back.
    assert!(near(nodes[2].seconds(), 2.0 * 25_088.0 * 4.0 / 1e9));
    assert_eq!(nodes[2].bound(), Some(Bound::Memory));
    assert_eq!((nodes[3].seconds(), nodes[3].bound()), (0.0, None));
    assert!(near(roofline.total().seconds(), nodes[1].seconds() + nodes[2].seconds()));
    // Weights of 614,400 bytes and a peak of 702,464.
    assert!(board.holds(614_400, 702_464, 602_112) && !board.holds(1_000_000, 702_464, 602_112));
    let flash = cnncost::analyze::roofline::Device { weight_memory_bytes: Some(700_000), ..board };
    assert!(
        flash.holds(700_000, 1_500_000, 1) && !flash.holds(700_001, 1, 1) && !flash.holds(1, 1_500_001, 1)
    );
    let pieces = cnncost::analyze::roofline::Device { largest_piece_bytes: Some(524_288), ..flash };
    assert!(pieces.holds(1, 1_000_000, 524_288) && !pieces.holds(1, 1_000_000, 524_289));
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    cnncost("analyze", arguments)
}

fn cnncost(name: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output = command.env("COLUMNS", "100").arg(name).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_device_is_a_name_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("boards.toml");
    std::fs::write(&file, format!("{BOARD}{}", BOARD.replace("[board]", "[other]"))).unwrap();
    let file = file.to_str().unwrap();
    let (code, out, _) = run(&["bottleneck@direct", "--device-spec", &format!("{file}@board")]);
    assert_eq!(code, Some(0));
    assert!(out.contains("estimated on board in f32: 24.1 ms at best, 0 % of it bound by memory"), "{out}");
    assert!(out.contains("fits: 1.32 MB of 1.50 MB"), "{out}");
    let (code, out, _) = run(&["lenet5", "--device-spec", "nrf52840", "--dtype", "i8"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("fits: 61.7 kB of weights and 9.41 kB of 1.05 MB + 262 kB"), "{out}");
    // 3×208×208 in f32 is 519,168 bytes, and 3×212×212 is 539,328: above 512 KiB.
    let net = folder.path().join("net.toml");
    std::fs::write(
        &net,
        "input = [3, 208, 208]\nlayers = [{ op = 'adaptive_avg_pool2d', output_size = 1 }]\n",
    )
    .unwrap();
    let net = net.to_str().unwrap();
    let (_, out, _) = run(&[net, "--device-spec", "stm32h743"]);
    assert!(out.contains("fits: 0 B of weights and 519 kB"), "{out}");
    let (_, out, _) = run(&[net, "--device-spec", "stm32h743", "--input", "3x212x212"]);
    assert!(
        out.contains(
            "does not fit: the largest tensor has 539 kB, and the memory is in pieces of at most 524 kB"
        ),
        "{out}"
    );
    let (_, out, _) = run(&["resnet50", "--device-spec", "stm32h743"]);
    assert!(
        out.contains("does not fit: needs 102 MB of weights and 9.63 MB, has 2.10 MB + 1.05 MB"),
        "{out}"
    );
    for (device, more, message) in [
        ("t44", "f32", "did you mean `t4`?"),
        (file, "f32", "it has several devices"),
        ("none.toml", "f32", "there is no such file"),
        ("nrf52840", "f16", "`nrf52840` has no peak for f16; it has f32, i8"),
    ] {
        let (code, out, error) = run(&["lenet5", "--device-spec", device, "--dtype", more]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{device}");
        assert!(error.contains(message), "{error}");
    }
}

/// The scores of 1024 tokens, twice, take 67.1 MB.
/// A name stays on its line, whatever is in it.
#[test]
fn a_device_is_called_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.toml");
    std::fs::write(&file, BOARD.replace("[board]", "[\"a\\r\\n::error::x\"]")).unwrap();
    let file = file.to_str().unwrap();
    for (command, arguments) in [
        ("analyze", vec!["lenet5", "--device-spec", file]),
        ("analyze", vec!["lenet5", "--device-spec", file, "--dtype", "bf16"]),
        ("analyze", vec!["lenet5", "--device-spec", file, "--format", "markdown"]),
        ("analyze", vec!["lenet5", "--device-spec", file, "--format", "latex"]),
        ("analyze", vec!["lenet5", "--device-spec", file, "--format", "csv"]),
        ("compare", vec!["lenet5", "lenet5_1998", "--device-spec", file]),
    ] {
        let (_, out, said) = cnncost(command, &arguments);
        let lines = || out.lines().chain(said.lines());
        assert!(lines().all(|line| !line.starts_with("::")), "{out}{said}");
    }
}

#[test]
fn what_attention_holds_inside_has_to_fit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attention.toml");
    let text = "input = [1024, 64]\nlayers = [{ name = 'mha', op = 'multi_head_attention', num_heads = 8 }]";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let (_, out, _) = run(&[file, "--device-spec", "stm32h743"]);
    assert!(out.contains("does not fit: needs 66.6 kB of weights and 67.9 MB, has"), "{out}");
    assert!(out.contains("67.4 MB of the peak are inside `mha`"), "{out}");
    let (_, out, _) = run(&[file, "--memory"]);
    assert!(out.contains("2 tensors alive while `mha` is executed, and what it holds inside"), "{out}");
    assert!(out.lines().any(|line| line.split_whitespace().take(2).eq(["mha", "inside"])), "{out}");
}

/// 240,869,888 FLOPs at 8.1 TFLOP/s, against 24,924,928 of which the last layer is bound by 320 GB/s.
#[test]
fn networks_are_compared_on_a_device() {
    let compare = |more: &[&str]| cnncost("compare", &[&["bottleneck"], more].concat());
    let (code, out, _) = compare(&["--device-spec", "t4"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("batch 1 · f32 · t4"), "{out}");
    assert!(out.contains("estimated                 29.7 µs     4.56 µs  6.524× less"), "{out}");
    assert!(out.contains("fits                          yes         yes  same"), "{out}");
    let (_, out, _) = compare(&[]);
    assert!(!out.contains("estimated") && !out.contains("fits"), "{out}");
    let (code, out, error) = compare(&["--device-spec", "nrf52840", "--dtype", "f16"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("`nrf52840` has no peak for f16"), "{error}");
}
