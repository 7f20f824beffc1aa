//! Networks as they are deployed: published figures, sums of their own, and what never gets worse.

use std::path::Path;

use assert_cmd::Command;
use cnncost::analyze::roofline::{Device, Roofline};
use cnncost::analyze::{Analysis, analyze};
use cnncost::graph::{Graph, NodeId, Place};
use cnncost::op::{Family, Role};
use cnncost::plan::{Blocks, Home, Plan, deployed};
use cnncost::read::{Description, Options, bundled};
use cnncost::shape::ElementType;
use cnncost::source::{self, Choice};
use cnncost::subject::Subject;

fn graph(text: &str) -> Graph {
    Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap().graph
}

fn node(graph: &Graph, path: &str) -> NodeId {
    let Ok(Place::Node(id)) = graph.resolve(path) else { panic!("no `{path}`") };
    id
}

fn deploy(graph: &Graph) -> (Plan, Analysis) {
    let plan = Plan::of(graph, Blocks::NONE);
    let analysis = deployed(graph, &plan).unwrap();
    (plan, analysis)
}

fn opened(name: &str, set: &[(&str, &str)]) -> Subject {
    let set = set.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let choice = Choice { set, is_deployed: true, element: Some(ElementType::I8), ..Choice::default() };
    source::open(name).unwrap().subject(&choice).unwrap()
}

/// MCUNet (Lin et al. 2020) has the peak of MobileNetV2 in int8 as 1372 kB, that of its first expansion: 16 channels of 112×112 and 96.
/// Behind it, the depthwise convolution with stride 2 needs more, as no plan of ours makes it in place.
#[test]
fn mobilenet_v2_is_alive_as_it_is_published() {
    let subject = opened("mobilenet_v2", &[]);
    let at = |path: &str| subject.bytes(subject.analysis.memory.live(node(subject.graph(), path)));
    assert_eq!(at("stage2/block/0/body/expand/conv"), 1_404_928);
    assert_eq!(1_404_928 / 1024, 1372);
    // The norm and the function are done at once with it.
    assert_eq!(at("stage2/block/0/body/expand/relu6"), 1_404_928);
    assert_eq!(at("stage2/block/0/body/depthwise/conv"), (96 * 112 * 112) + (96 * 56 * 56));
    assert_eq!(subject.peak_bytes(), 1_505_280);
    // At width 0.35 it takes less than the 1 MiB of an STM32H743, and as a graph more.
    let narrow = opened("mobilenet_v2", &[("width", "0.35")]);
    assert_eq!(narrow.peak_bytes(), 752_640);
    let of_graph = Subject { element: ElementType::I8, ..Subject::of(narrow.network.clone(), 1).unwrap() };
    assert_eq!(of_graph.peak_bytes(), 2 * 48 * 112 * 112);
    let device = Device { largest_piece_bytes: None, ..source::device::find("stm32h743").unwrap() };
    assert!(narrow.fit(&device).holds() && !of_graph.fit(&device).holds());
    // What is in the way there is the largest tensor: that memory is in pieces.
    let device = source::device::find("stm32h743").unwrap();
    assert!(!narrow.fit(&device).holds());
    assert!(narrow.largest_tensor_bytes() == 48 * 112 * 112 && !device.takes_tensor(48 * 112 * 112));
}

/// Each norm of ResNet-50 stands behind a convolution without a bias: of its 2·C parameters and 2·C buffers a bias of C is left.
#[test]
fn resnet50_has_biases_in_place_of_norms() {
    let subject = opened("resnet50", &[]);
    let graph = subject.graph();
    let channels: u64 = graph
        .nodes()
        .filter(|(_, node)| node.family() == Some(Family::BatchNorm))
        .map(|(_, node)| node.shape.dims()[0])
        .sum();
    assert_eq!(channels, 26_560);
    let params = subject.analysis.total().params;
    assert_eq!((params.total(), params.buffers), (25_557_032 - u128::from(channels), 0));
    // A sum of its own: the convolutions' weights, a bias for each of their channels, and the classifier.
    let weights = graph.nodes().flat_map(|(id, node)| {
        let is_sum = matches!(node.family(), Some(Family::Convolution | Family::Linear));
        graph.weights(id).into_iter().filter(move |weight| is_sum && weight.role == Role::Learned)
    });
    let weights: u64 = weights.map(|weight| weight.dims().iter().product::<u64>()).sum();
    assert_eq!(params.total(), u128::from(weights + channels));
}

#[test]
fn what_is_fused_moves_what_crosses_the_border_of_its_step() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [
           { name = 'a', op = 'conv2d', out_channels = 8, kernel_size = 3, padding = 1, bias = false },
           { name = 'n', op = 'batch_norm2d' },
           { name = 'sum', op = 'add', from = ['n', 'input'] }, { name = 'r', op = 'relu' }, { name = 'd', op = 'dropout' },
           { name = 'f', op = 'flatten' }, { name = 'l', op = 'linear', out_features = 10 }]",
    );
    let (plan, analysis) = deploy(&graph);
    assert_eq!(plan.steps.len(), 2);
    let counts = |path: &str| *analysis.node(node(&graph, path)).unwrap();
    let moved = |path: &str| [counts(path).traffic.read.numbers, counts(path).traffic.written.numbers];
    let (tensor, weights) = (8 * 36, 8 * 8 * 9 + 8);
    // The residual is what the convolution has read already.
    assert_eq!(moved("a"), [tensor + weights, tensor]);
    assert_eq!(["n", "sum", "r", "d", "f"].map(moved), [[0, 0]; 5]);
    assert_eq!(moved("l"), [tensor + 10 * tensor + 10, 10]);
    // The work is that of the graph, but for the norm: the bias in its place is one addition for each number.
    let bias_of = |path: &str| counts(path).work.ops.flops();
    assert_eq!([bias_of("n"), bias_of("sum"), bias_of("r")], [0, tensor, tensor]);
    assert_eq!(bias_of("a"), 2 * 8 * 8 * 9 * 36 + tensor);
    assert_eq!((counts("a").params.total(), counts("n").params.total()), (weights, 0));
    // At batch 4, four times the tensors, and the weights once.
    let four = analysis.at(4).unwrap();
    assert_eq!(four.node(node(&graph, "a")).unwrap().traffic.read.numbers, 4 * tensor + weights);
    // Input and output are alive at once, the residual no more than that; then what the linear layer takes and makes.
    let alive = |path: &str| analysis.memory.live(node(&graph, path)).numbers;
    assert_eq!(["a", "n", "sum", "r"].map(alive), [2 * tensor; 4]);
    assert_eq!(alive("l"), tensor + 10);
    assert_eq!(analysis.memory.owner(&graph, node(&graph, "f")), node(&graph, "r"));
}

/// A norm that is folded from ahead moves nothing, and the sum reads what the norm would have: as much of it as it looks at.
#[test]
fn a_sum_reads_what_a_norm_ahead_of_it_took() {
    let graph = graph(
        "input = [8, 8, 8]\nlayers = [{ name = 'm', op = 'max_pool2d', kernel_size = 2 }, { name = 'n', op = 'batch_norm2d' },\n\
         { name = 'c', op = 'conv2d', out_channels = 8, kernel_size = 1, stride = 2, bias = false }]",
    );
    let (_, analysis) = deploy(&graph);
    let read = |path| analysis.node(node(&graph, path)).unwrap().traffic.read.numbers;
    // A quarter of 8×4×4, 64 weights and 8 biases.
    assert_eq!((read("n"), read("c")), (0, 32 + 64 + 8));
    assert_eq!(analysis.total().traffic.read.numbers, 8 * 8 * 8 + 32 + 64 + 8);
}

#[test]
fn a_frozen_sum_gets_a_frozen_bias_and_a_norm_that_others_need_keeps_its_weights() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [
           { name = 'a', op = 'conv2d', out_channels = 8, kernel_size = 1, bias = false, frozen = true },
           { name = 'n', op = 'batch_norm2d' },
           { name = 's', op = 'sigmoid' }, { name = 't', op = 'sigmoid' },
           { name = 'm', op = 'batch_norm2d', weights = 'n' }]",
    );
    let (_, analysis) = deploy(&graph);
    let params = |path: &str| analysis.node(node(&graph, path)).unwrap().params;
    assert_eq!((params("a").frozen, params("a").trainable), (8 * 8 + 8, 0));
    assert_eq!((params("n").trainable, params("n").buffers), (16, 16));
    assert_eq!(params("m").total(), 0);
}

#[test]
fn a_concatenation_in_place_moves_nothing() {
    let graph = graph(
        "input = [8, 6, 6]\nlayers = [
           { name = 'a', op = 'conv2d', out_channels = 12, kernel_size = 1 },
           { name = 'b', op = 'conv2d', from = 'input', out_channels = 4, kernel_size = 1 },
           { name = 'cat', op = 'concat', from = ['a', 'b'] }, { name = 'r', op = 'relu' }]",
    );
    let (_, analysis) = deploy(&graph);
    let traffic = |path: &str| analysis.node(node(&graph, path)).unwrap().traffic;
    assert_eq!((traffic("cat").total().numbers, traffic("b").written.numbers), (0, 4 * 36));
    let alive = |path: &str| analysis.memory.live(node(&graph, path)).numbers;
    // The whole is there from its first part on, and the function is done in its place.
    assert_eq!(["a", "b", "cat", "r"].map(alive), [24 * 36, 24 * 36, 16 * 36, 16 * 36]);
    let at_b = analysis.memory.alive_at(&graph, node(&graph, "b"));
    assert_eq!(at_b.iter().map(|&(id, _)| graph.path(id)).collect::<Vec<_>>(), ["input", "cat"]);
}

/// For every bundled network: no more is moved, no more is alive, and the operations are those of the graph but for folded norms.
#[test]
fn nothing_gets_worse() {
    for network in bundled::BUNDLED {
        let description = Description::parse(network.name, network.text).unwrap();
        let graph = description.expand(&Options::default()).unwrap().graph;
        let (plan, deployed) = deploy(&graph);
        let of_graph = analyze(&graph).unwrap();
        let [before, after] = [&of_graph, &deployed].map(|analysis| *analysis.total());
        let name = network.name;
        assert!(after.traffic.total().numbers <= before.traffic.total().numbers, "{name}");
        assert!(after.params.total() <= before.params.total(), "{name}");
        assert_eq!(after.work.macs, before.work.macs, "{name}");
        let peaks = [&of_graph, &deployed].map(|analysis| analysis.memory.peak(ElementType::F32));
        // Of the block by itself, the concatenation is there from its first part on, while the large input is still taken.
        let is_worse = name == "inception";
        assert_eq!(peaks[1] > peaks[0], is_worse, "{name}: {peaks:?}");
        let (gone, added) = folded(&graph, &plan);
        assert_eq!(after.work.ops.flops() + gone, before.work.ops.flops() + added, "{name}");
        for (id, _) in graph.nodes() {
            let (here, there) = (deployed.node(id), of_graph.node(id));
            assert_eq!(here.is_some(), there.is_some(), "{name}");
            if matches!(plan.home(id), Home::InPlace(_) | Home::Nowhere | Home::View(_)) {
                assert_eq!(deployed.memory.lifetime(plan.passed(id)), None, "{} in {name}", graph.path(id));
            }
        }
    }
}

/// The FLOPs of the norms that are folded, found by what their steps are, and those of the biases that take their place.
fn folded(graph: &Graph, plan: &Plan) -> (u128, u128) {
    let (mut gone, mut added) = (0, 0);
    for step in &plan.steps {
        let is_norm = |id: &&NodeId| graph.node(**id).family() == Some(Family::BatchNorm);
        let norms: Vec<_> = step.nodes.iter().filter(is_norm).filter(|&&id| id != step.main).collect();
        gone += norms.iter().map(|&&id| 2 * graph.node(id).shape.elements()).sum::<u128>();
        let has_bias = graph.weights(step.main).iter().any(|weight| weight.name == "bias");
        if !norms.is_empty() && !has_bias {
            added += graph.node(step.main).shape.elements();
        }
    }
    (gone, added)
}

/// A step takes as long as its arithmetic or its traffic, which is its main node's time.
#[test]
fn a_step_has_one_time() {
    let text = "input = [8, 6, 6]\nlayers = [
           { name = 'c', op = 'conv2d', out_channels = 8, kernel_size = 1 }, { name = 'r', op = 'relu' }]";
    let graph = graph(text);
    let (_, analysis) = deploy(&graph);
    let board =
        "[board]\nmemory_bytes = 1_000_000\nbandwidth_bytes_per_second = 1e9\npeak_flops = { f32 = 1e9 }\n";
    let board = cnncost::read::devices::parse("board.toml", board).unwrap().remove(0);
    let roofline = Roofline::new(board, &graph, &analysis, ElementType::F32).unwrap();
    let [conv, relu] = ["c", "r"].map(|path| roofline.node(node(&graph, path)).unwrap().seconds());
    // 2·8·8·36 + 8·36 FLOPs of the convolution and its bias, and 8·36 comparisons; less is moved.
    let flops = f64::from(2 * 8 * 8 * 36 + 8 * 36 + 8 * 36);
    assert!((conv - flops / 1e9).abs() < 1e-15 && relu == 0.0, "{conv} {relu}");
    assert!((roofline.total().seconds() - conv).abs() < 1e-15);
}

fn cnncost(columns: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE");
    let output = command.env("COLUMNS", columns).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What is shown, held against files; `UPDATE_GOLDEN=1 cargo test --test deployed` writes them anew: look at what changes.
#[test]
fn reports_are_as_they_were() {
    let forms: [(&str, &str, &[&str]); 8] = [
        ("resnet50.txt", "80", &["analyze", "resnet50", "--deployed"]),
        ("resnet50.zh.txt", "80", &["analyze", "resnet50", "--deployed", "--lang", "zh"]),
        (
            "mobilenet_v2.memory.txt",
            "80",
            &["analyze", "mobilenet_v2", "--deployed", "--dtype", "i8", "--memory"],
        ),
        (
            "mobilenet_v2.device.txt",
            "80",
            &[
                "analyze",
                "mobilenet_v2",
                "--deployed",
                "--set",
                "width=0.35",
                "--dtype",
                "i8",
                "--device-spec",
                "stm32h743",
                "--depth",
                "1",
            ],
        ),
        ("residual_mnist.plan.txt", "80", &["analyze", "residual_mnist", "--show-plan"]),
        ("inception.plan.wide.txt", "200", &["analyze", "inception", "--show-plan"]),
        ("inception.plan.zh.txt", "80", &["analyze", "inception", "--show-plan", "--lang", "zh"]),
        ("compare.txt", "80", &["compare", "resnet50", "resnet18", "--deployed"]),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/deployed");
    for (name, columns, arguments) in forms {
        let (code, out, error) = cnncost(columns, arguments);
        assert_eq!((code, &*error), (Some(0), ""), "{name}");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(folder.join(name), &out).unwrap();
        }
        let golden = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(out == golden, "{name} differs:\n{out}");
    }
}

#[test]
fn every_form_says_that_it_is_deployed() {
    let said: [&[&str]; 9] = [
        &["analyze", "resnet18", "--format", "markdown"],
        &["analyze", "resnet18", "--format", "latex"],
        &["analyze", "resnet18", "--memory"],
        &["analyze", "resnet18", "--chart", "macs"],
        &["analyze", "resnet18", "resnet34"],
        &["compare", "resnet50", "resnet50"],
        &["compare", "resnet18", "resnet34", "--chart"],
        &["draw", "resnet18", "--format", "svg"],
        &["report", "resnet18"],
    ];
    for arguments in said {
        let (code, out, error) = cnncost("80", &[arguments, &["--deployed"]].concat());
        assert_eq!(code, Some(0), "{arguments:?}: {error}");
        assert!(out.contains("as deployed"), "{arguments:?}: {out}");
        let (_, out, _) = cnncost("80", arguments);
        assert!(!out.contains("as deployed"), "{arguments:?}: {out}");
    }
    for (arguments, pointer) in [
        (&["analyze", "resnet18", "--format", "json"][..], "/networks/0/deployed"),
        (&["compare", "resnet18", "resnet34", "--format", "json"], "/networks/1/deployed"),
    ] {
        for is_deployed in [true, false] {
            let more: &[&str] = if is_deployed { &["--deployed"] } else { &[] };
            let (_, out, _) = cnncost("80", &[arguments, more].concat());
            let json: serde_json::Value = serde_json::from_str(&out).unwrap();
            assert_eq!(json.pointer(pointer), Some(&is_deployed.into()), "{arguments:?}");
        }
    }
}

/// What a device takes at best is as the network is deployed, in any case; and where only that fits, it is said.
#[test]
fn a_device_takes_what_is_deployed_at_best() {
    let folder = tempfile::tempdir().unwrap();
    let board = folder.path().join("board.toml");
    let text = "[board]\nmemory_bytes = 1_048_576\nweight_memory_bytes = 2_097_152\n\
                bandwidth_bytes_per_second = 1.92e9\npeak_flops = { i8 = 1.92e9 }\n";
    std::fs::write(&board, text).unwrap();
    let arguments = ["analyze", "mobilenet_v2", "--set", "width=0.35", "--dtype", "i8", "--device-spec"];
    let arguments = [&arguments[..], &[board.to_str().unwrap()]].concat();
    let json = |more: &[&str]| -> serde_json::Value {
        let (_, out, _) = cnncost("200", &[&arguments[..], &["--format", "json"], more].concat());
        let mut json: serde_json::Value = serde_json::from_str(&out).unwrap();
        json["networks"][0].take()
    };
    let (graph, deployed) = (json(&[]), json(&["--deployed"]));
    assert_eq!(graph["device"]["deployed"], deployed["device"]["deployed"]);
    assert_eq!(graph["device"]["deployed"]["seconds"], deployed["totals"]["estimated"]["seconds"]);
    assert_eq!(graph["device"]["deployed"]["peak_bytes"], 752_640);
    let fits = [&graph, &deployed].map(|network| network["device"]["fits"].as_bool().unwrap());
    assert_eq!(fits, [false, true]);
    let (_, out, _) = cnncost("200", &arguments);
    assert!(out.contains(" at best as deployed, "), "{out}");
    assert!(
        out.contains(
            "as deployed it fits: 1.67 MB of weights and 753 kB of 2.10 MB + 1.05 MB; see `--deployed`"
        ),
        "{out}"
    );
    let (_, out, _) = cnncost("200", &[&arguments[..], &["--deployed"]].concat());
    assert!(out.contains(" at best, ") && !out.contains("see `--deployed`"), "{out}");
}

#[test]
fn claims_are_held_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("claims.toml");
    std::fs::write(&file, "networks = { n = \"resnet50\" }\n[[claims]]\nexpect = \"n:params == 25530472\"\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let (code, out, _) = cnncost("80", &["check", file, "--deployed"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("as deployed"), "{out}");
    assert_eq!(cnncost("80", &["check", file]).0, Some(1));
}

/// It is no word of commands that show or execute each layer by itself.
#[test]
fn it_is_refused_where_it_means_nothing() {
    let refused: [&[&str]; 6] = [
        &["explain", "lenet5"],
        &["reconcile", "lenet5"],
        &["analyze", "lenet5", "--like", "fvcore"],
        &["analyze", "lenet5", "--raw"],
        &["check", "lenet5", "--update", "lock.toml"],
        &["report", "lenet5", "--bench", "x.json"],
    ];
    for arguments in refused {
        let (code, _, error) = cnncost("80", &[arguments, &["--deployed"]].concat());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(error.contains("--deployed"), "{arguments:?}: {error}");
    }
}

/// What the plan says as data: each step once, in its order, and tensors in an arena no smaller than what is alive.
#[test]
fn a_plan_is_data_too() {
    let (code, out, _) = cnncost("80", &["analyze", "googlenet", "--show-plan", "--format", "json"]);
    assert_eq!(code, Some(0));
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let network = &json["networks"][0];
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    assert!(number(&network["arena_bytes"]) >= number(&network["peak_bytes"]));
    let steps = network["steps"].as_array().unwrap();
    let live = steps.iter().map(|step| number(&step["live_bytes"])).max();
    assert_eq!(live, Some(number(&network["peak_bytes"])));
    for (step, at) in steps.iter().zip(1..) {
        assert_eq!(number(&step["step"]), at);
        let before = |input: &serde_json::Value| input["step"].as_u64().is_none_or(|step| step < at);
        assert!(step["inputs"].as_array().unwrap().iter().all(before), "{step}");
    }
    assert!(steps.iter().any(|step| step["home"] == "within" && number(&step["channel"]) > 0));
    let csv = cnncost("80", &["analyze", "googlenet", "--show-plan", "--format", "csv"]).1;
    assert_eq!(csv.lines().count(), steps.len() + 2);
    let (code, _, error) = cnncost("80", &["analyze", "lenet5", "--show-plan", "--format", "tree"]);
    assert!(code == Some(2) && error.contains("--show-plan"), "{error}");
}
