//! ONNX files that are well formed and mean no good, or are as large as they may be: each becomes a network or is refused, in
//! little time and memory.
//!
//! `cargo test --test onnx_hostile_networks -- --nocapture` prints how much.
#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cnncost::analyze;
use cnncost::read::onnx::{Onnx, Sizes};
use cnncost::text::Language;
use peak_alloc::PeakAlloc;

#[path = "../src/read/onnx/bytes.rs"]
mod bytes;

use bytes::{field, number, varint, with_graph};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// One at a time: memory is that of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// What is refused may take so much.
const LITTLE: usize = 200_000_000;

/// What is read may take more: a network of a million operators.
const MUCH: usize = 4_000_000_000;

/// On an idle machine, if optimized, nothing that is refused takes a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a file at `path`: what its analysis comes to, or what is said of it.
fn becomes(path: &Path, name: &str) -> Result<String, String> {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let network = Onnx::open(path, "it").and_then(|onnx| onnx.expand(&Sizes::default()));
    let result = network.map_err(|error| error.render(Language::English, false, 200)).map(|network| {
        let analysis = analyze(&network.graph).unwrap();
        let (macs, warnings) = (analysis.total().work.macs.total(), network.warnings.len());
        format!("{} nodes, {macs} MACs, {:?}, {warnings} warnings", network.graph.len(), analysis.status())
    });
    let (took, memory) = (start.elapsed(), ALLOCATOR.peak_usage() - before);
    let said: String = result.as_ref().unwrap_or_else(|said| said).chars().take(150).collect();
    println!("{name}: {took:?}, {} MB, {}", memory / 1_000_000, said.replace('\n', " "));
    assert!(took < PATIENCE, "{name}: {took:?}");
    let most = if result.is_ok() { MUCH } else { LITTLE };
    assert!(memory < most, "{name}: {memory} bytes: {said}");
    assert!(result.as_ref().err().is_none_or(|said| said.len() < 4_000), "{name}: too much is said");
    result
}

/// Holds that files become what they should: of each, words of what is said.
fn hold(cases: &[(&str, &dyn Fn() -> Vec<u8>, &str)]) {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it.onnx");
    for (name, bytes, words) in cases {
        fs::write(&path, bytes()).unwrap();
        let said = becomes(&path, name).unwrap_or_else(|said| said);
        assert!(said.contains(words), "{name}: {said}");
    }
}

fn model(fields: &[Vec<u8>]) -> Vec<u8> {
    [number(1, 8), field(8, number(2, 17)), with_graph(fields)].concat()
}

/// An operator on and into these, separated by spaces.
fn node(operator: &str, inputs: &str, outputs: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let names = |at, names: &str| {
        names
            .split(' ')
            .filter(|name| !name.is_empty())
            .flat_map(move |name| field(at, name.trim_matches('_')))
            .collect()
    };
    let attributes = attributes.iter().flat_map(|attribute| field(5, attribute));
    let parts: [Vec<u8>; 4] = [names(1, inputs), names(2, outputs), field(4, operator), attributes.collect()];
    parts.concat()
}

fn int(name: &str, value: i64) -> Vec<u8> {
    [field(1, name), number(3, value.cast_unsigned()), number(20, 2)].concat()
}

fn ints(name: &str, values: &[i64]) -> Vec<u8> {
    let packed: Vec<u8> = values.iter().flat_map(|&value| varint(value.cast_unsigned())).collect();
    [field(1, name), field(8, packed), number(20, 7)].concat()
}

fn body(name: &str, graph: &[Vec<u8>]) -> Vec<u8> {
    [field(1, name), field(6, graph.concat()), number(20, 5)].concat()
}

fn info(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    let dims = dims.iter().flat_map(|&size| field(1, number(1, size))).collect::<Vec<_>>();
    let tensor = [number(1, kind), field(2, dims)].concat();
    [field(1, name), field(2, field(1, tensor))].concat()
}

/// Whole numbers that are given.
fn given(name: &str, dims: &[u64], values: &[i64]) -> Vec<u8> {
    let packed: Vec<u8> = values.iter().flat_map(|&value| varint(value.cast_unsigned())).collect();
    [sizes(dims), number(2, 7), field(7, packed), field(8, name)].concat()
}

/// Floats that are said to be given.
fn weight(name: &str, dims: &[u64]) -> Vec<u8> {
    [sizes(dims), number(2, 1), field(8, name), field(9, [])].concat()
}

fn sizes(dims: &[u64]) -> Vec<u8> {
    dims.iter().flat_map(|&size| number(1, size)).collect()
}

const IN: fn() -> Vec<u8> = || field(11, info("x", 1, &[1, 3, 8, 8]));
const OUT: fn() -> Vec<u8> = || field(12, field(1, "y"));

/// A network of these fields, from `x` to `y`.
fn network(fields: &[Vec<u8>]) -> Vec<u8> {
    model(&[&[IN(), OUT()], fields].concat())
}

fn call(name: &str) -> Vec<u8> {
    [node(name, "x", "y", &[]), field(7, "local")].concat()
}

/// A function that goes through others of these names, one after another.
fn function(name: &str, others: &[&str]) -> Vec<u8> {
    let nodes = others.iter().enumerate().flat_map(|(place, other)| {
        let from = if place == 0 { "x".to_owned() } else { format!("a{}", place - 1) };
        let to = if place + 1 == others.len() { "y".to_owned() } else { format!("a{place}") };
        field(
            7,
            [node(other, &from, &to, &[]), field(7, if *other == "Relu" { "" } else { "local" })].concat(),
        )
    });
    let nodes: Vec<u8> = nodes.collect();
    field(
        25,
        [field(1, name), field(10, "local"), field(4, "x"), field(5, "y"), nodes, field(9, number(2, 17))]
            .concat(),
    )
}

#[test]
fn functions_may_not_go_on_forever() {
    let uses = |functions: Vec<Vec<u8>>| [network(&[field(1, call("f0"))]), functions.concat()].concat();
    let doubling = |deep: usize| {
        let functions = (0..deep).map(|at| {
            let next = format!("f{}", at + 1);
            function(&format!("f{at}"), &[&*next, &*next])
        });
        uses(functions.chain([function(&format!("f{deep}"), &["Relu"])]).collect())
    };
    hold(&[
        ("a function that calls itself", &|| uses(vec![function("f0", &["f0"])]), "more than 64 deep"),
        (
            "two that call each other",
            &|| uses(vec![function("f0", &["f1"]), function("f1", &["f0"])]),
            "more than 64 deep",
        ),
        ("ten times two", &|| doubling(10), "1025 nodes"),
        ("thirty times two", &|| doubling(30), "more than 250000 operators"),
        ("one of nothing that takes much", &|| uses(vec![function("f0", &[])]), "nothing before it makes"),
    ]);
}

/// A loop of so many trips whose body has these fields, and passes on what it is given.
fn repeated(trips: i64, fields: &[Vec<u8>]) -> Vec<u8> {
    let graph = [
        fields,
        &[
            field(11, info("i", 7, &[])),
            field(11, info("c", 9, &[])),
            field(11, info("v", 1, &[])),
            field(12, info("c", 9, &[])),
            field(12, info("v", 1, &[])),
        ],
    ]
    .concat();
    network(&[
        field(5, given("n", &[], &[trips])),
        field(1, node("Loop", "n __ x", "y", &[body("body", &graph)])),
    ])
}

#[test]
fn loops_end() {
    let scan = |length: u64, fields: &[Vec<u8>]| {
        let graph = [&[field(11, info("v", 1, &[])), field(12, info("v", 1, &[]))], fields].concat();
        model(&[
            field(11, info("x", 1, &[length, 2])),
            OUT(),
            field(1, node("Scan", "x", "y", &[body("body", &graph), int("num_scan_inputs", 1)])),
        ])
    };
    let zeros = || vec![0; 4096];
    let many = |count: usize| -> Vec<Vec<u8>> {
        (0..count).map(|at| field(5, given(&format!("k{at}"), &[4096], &zeros()))).collect()
    };
    let wide = || field(1, node("Range", "zero far one", "r", &[]));
    let numbers =
        || [("zero", 0), ("far", 4096), ("one", 1)].map(|(name, value)| field(5, given(name, &[], &[value])));
    hold(&[
        ("ten trips", &|| repeated(10, &[]), "nodes"),
        ("10^9 trips", &|| repeated(1_000_000_000, &[]), "more than 250000 operators"),
        ("2^62 trips", &|| repeated(1 << 62, &[]), "more than 250000 operators"),
        ("-1 trips", &|| repeated(-1, &[]), "nodes"),
        (
            "10^9 trips of something",
            &|| repeated(1_000_000_000, &[field(1, node("Relu", "v", "u", &[]))]),
            "more than 250000 operators",
        ),
        ("10^9 trips of what is given", &|| repeated(1_000_000_000, &many(50)), "more than 250000 operators"),
        (
            "10^9 trips of long lists",
            &|| repeated(1_000_000_000, &[&numbers()[..], &[wide()]].concat()),
            "more follows",
        ),
        ("a scan of 10^9", &|| scan(1_000_000_000, &[]), "more than 250000 operators"),
        ("a scan of 2^52", &|| scan(1 << 52, &[]), "more than 250000 operators"),
        (
            "bodies in bodies",
            &|| {
                let inner = |_: usize, inside: Vec<u8>| {
                    let graph = [
                        field(1, inside),
                        field(11, info("i", 7, &[])),
                        field(11, info("c", 9, &[])),
                        field(11, info("v", 1, &[])),
                        field(12, info("c", 9, &[])),
                        field(12, info("y", 1, &[])),
                    ];
                    node("Loop", "n __ x", "y", &[body("body", &graph)])
                };
                let deepest = node("Relu", "x", "y", &[]);
                let node = (0..30).fold(deepest, |inside, level| inner(level, inside));
                network(&[field(5, given("n", &[], &[2])), field(1, node)])
            },
            "more than 250000 operators",
        ),
    ]);
}

#[test]
fn sizes_may_be_any() {
    let shaped = |operator: &'static str, sizes: &'static [i64]| {
        move || {
            network(&[
                field(5, given("s", &[sizes.len() as u64], sizes)),
                field(1, node(operator, if operator == "ConstantOfShape" { "s" } else { "x s" }, "c", &[])),
                field(1, node("Relu", "c", "y", &[])),
            ])
        }
    };
    let range = |to: i64| {
        move || {
            network(&[
                field(5, given("a", &[], &[0])),
                field(5, given("b", &[], &[to])),
                field(5, given("d", &[], &[1])),
                field(1, node("Range", "a b d", "r", &[])),
                field(1, node("Cast", "r", "f", &[int("to", 1)])),
                field(1, node("Relu", "f", "y", &[])),
            ])
        }
    };
    let input = |dims: &'static [u64]| {
        move || model(&[field(11, info("x", 1, dims)), OUT(), field(1, node("Relu", "x", "y", &[]))])
    };
    let sixty = || {
        model(&[
            field(11, info("x", 1, &[2; 60])),
            OUT(),
            field(1, node("Transpose", "x", "t", &[])),
            field(1, node("Softmax", "t", "y", &[])),
        ])
    };
    let early = |operator: &'static str, dims: &'static [u64]| {
        move || {
            let bytes = [number(1, 8), field(8, number(2, 11))].concat();
            [
                bytes,
                with_graph(&[field(11, info("x", 1, dims)), OUT(), field(1, node(operator, "x", "y", &[]))]),
            ]
            .concat()
        }
    };
    hold(&[
        ("10^9 of a shape", &shaped("ConstantOfShape", &[1_000_000_000]), "nodes"),
        ("2^62 of a shape", &shaped("ConstantOfShape", &[1 << 62]), ""),
        ("2^62 x 2^62 of a shape", &shaped("ConstantOfShape", &[1 << 62, 1 << 62]), "2^64"),
        ("-1 of a shape", &shaped("ConstantOfShape", &[-1]), "-1"),
        ("expanded to 10^9", &shaped("Expand", &[1_000_000_000, 1, 1, 1]), "nodes"),
        ("expanded to 2^62", &shaped("Expand", &[1 << 62, 1, 1, 1]), "2^64"),
        ("tiled 10^9 times", &shaped("Tile", &[1_000_000_000, 1, 1, 1]), "nodes"),
        ("tiled 2^62 times", &shaped("Tile", &[1 << 62, 1, 1, 1]), "2^64"),
        ("reshaped to -2", &shaped("Reshape", &[-2]), "-2"),
        ("reshaped to many", &shaped("Reshape", &[1; 100]), ""),
        ("a range of 10^9", &range(1_000_000_000), "nodes"),
        ("a range of 2^62", &range(1 << 62), "2^53"),
        ("an input of -1", &input(&[1, u64::MAX]), "-1"),
        ("an input of 0", &input(&[1, 0]), "0"),
        ("an input of 2^53", &input(&[1, 1 << 53]), "nodes"),
        ("an input of 2^63", &input(&[1, 1 << 63]), "-9223372036854775808"),
        ("an input of 2^40 x 2^40", &input(&[1, 1 << 40, 1 << 40]), "2^64"),
        ("an input of 2^53 x 2^53 x 2^53", &input(&[1 << 53, 1 << 53, 1 << 53]), "2^64"),
        ("an input of 60 dimensions", &sixty, "nodes"),
        ("an input of 100 dimensions", &input(&[2; 100]), ""),
        ("softmax of old", &early("Softmax", &[1 << 20, 1 << 20, 1 << 20]), "nodes"),
        ("flattened", &early("Flatten", &[1 << 20, 1 << 20, 1 << 20]), "nodes"),
        ("pooled", &early("GlobalAveragePool", &[1 << 20, 1 << 20, 1 << 20]), "nodes"),
        ("of a single number", &early("LRN", &[]), ""),
    ]);
}

#[test]
fn there_may_be_many() {
    let chain = |operator: &'static str, count: usize, from: &'static str| -> Vec<Vec<u8>> {
        let name = |at: usize| {
            if at == 0 {
                from.to_owned()
            } else if at == count {
                "y".to_owned()
            } else {
                format!("a{at}")
            }
        };
        (0..count).map(|at| field(1, node(operator, &name(at), &name(at + 1), &[]))).collect()
    };
    let words = |prefix: &str, count: usize| {
        (0..count).map(|at| format!("{prefix}{at}")).collect::<Vec<_>>().join(" ")
    };
    let long = "n".repeat(60_000);
    hold(&[
        ("a chain of a million", &|| network(&chain("Relu", 1_000_000, "x")), ""),
        ("a chain of 200,000", &|| network(&chain("Relu", 200_000, "x")), "200001 nodes"),
        (
            "a chain of 100,000 on a weight",
            &|| {
                let mut nodes = chain("Transpose", 100_000, "w");
                nodes.insert(0, field(5, weight("w", &[3, 5])));
                nodes.push(field(1, node("Relu", "y", "z", &[])));
                model(&[vec![IN(), field(12, field(1, "z"))], nodes].concat())
            },
            "nodes",
        ),
        (
            "a chain of 100,000 that is computed on a weight",
            &|| {
                let mut nodes = chain("Sin", 100_000, "w");
                nodes.insert(0, field(5, weight("w", &[3, 5])));
                nodes.push(field(1, node("Conv", "x y", "z", &[])));
                nodes.push(field(1, node("Mul", "x y", "z2", &[])));
                model(
                    &[
                        vec![IN(), field(12, field(1, "z2"))],
                        nodes[..nodes.len() - 2].to_vec(),
                        vec![
                            field(1, node("ReduceSum", "y", "s", &[int("keepdims", 0)])),
                            field(1, node("Mul", "x s", "z2", &[])),
                        ],
                    ]
                    .concat(),
                )
            },
            "nodes",
        ),
        (
            "100,000 weights",
            &|| {
                let weights = (0..100_000).map(|at| field(5, weight(&format!("w{at}"), &[3, 3, 1, 1])));
                let name = |at: usize| if at == 0 { "x".to_owned() } else { format!("a{at}") };
                let nodes = (0..100_000)
                    .map(|at| field(1, node("Conv", &format!("{} w{at}", name(at)), &name(at + 1), &[])));
                let ends = [IN(), field(12, field(1, "a100000"))];
                model(&ends.into_iter().chain(weights).chain(nodes).collect::<Vec<_>>())
            },
            "",
        ),
        (
            "one of 100,000",
            &|| network(&[field(1, node("Concat", &"x ".repeat(100_000), "y", &[int("axis", 1)]))]),
            "nodes",
        ),
        (
            "100,000 of one",
            &|| {
                let split = node("Split", "x", &words("s", 100_000), &[int("axis", 1)]);
                model(&[
                    field(11, info("x", 1, &[1, 100_000, 4])),
                    OUT(),
                    field(1, split),
                    field(1, node("Relu", "s77777", "y", &[])),
                ])
            },
            "nodes",
        ),
        (
            "100,000 of one, and one of them",
            &|| {
                let split = node("Split", "x", &words("s", 100_000), &[int("axis", 1)]);
                let concat = node("Concat", &words("s", 100_000), "y", &[int("axis", 1)]);
                model(&[field(11, info("x", 1, &[1, 100_000, 4])), OUT(), field(1, split), field(1, concat)])
            },
            "nodes",
        ),
        (
            "an operator nobody knows, with 30,000 inputs and outputs",
            &|| {
                network(&[field(
                    1,
                    [
                        node("Whizz", &"x ".repeat(30_000), &format!("y {}", words("s", 30_000)), &[]),
                        field(7, "acme"),
                    ]
                    .concat(),
                )])
            },
            "",
        ),
        (
            "100,000 operators nobody knows",
            &|| {
                let nodes = (0..100_000).map(|at| {
                    field(
                        1,
                        node("Whizz", "x", &if at == 0 { "y".to_owned() } else { format!("s{at}") }, &[]),
                    )
                });
                network(&nodes.collect::<Vec<_>>())
            },
            "1001 warnings",
        ),
        (
            "50,000 branches on data",
            &|| {
                let graph = |name: &str| {
                    body(name, &[field(1, node("Relu", "x", "r", &[])), field(12, info("r", 1, &[]))])
                };
                let nodes = (0..50_000).map(|at| {
                    field(
                        1,
                        node(
                            "If",
                            "b",
                            &if at == 0 { "y".to_owned() } else { format!("s{at}") },
                            &[graph("then_branch"), graph("else_branch")],
                        ),
                    )
                });
                network(&[vec![field(11, info("b", 9, &[]))], nodes.collect()].concat())
            },
            "",
        ),
        (
            "lists of lists",
            &|| network(&chain("SequenceConstruct", 100_000, "x")),
            "a list is put into a list",
        ),
        (
            "a list that grows",
            &|| {
                let nodes = (0..100_000).map(|at| {
                    field(1, node("SequenceInsert", &format!("l{at} x"), &format!("l{}", at + 1), &[]))
                });
                let last = field(1, node("ConcatFromSequence", "l100000", "y", &[int("axis", 0)]));
                network(
                    &[vec![field(1, node("SequenceEmpty", "", "l0", &[]))], nodes.collect(), vec![last]]
                        .concat(),
                )
            },
            "more than 250000 operators",
        ),
        (
            "split into a list of 2^40",
            &|| {
                let split = node("SplitToSequence", "x k", "l", &[int("axis", 1)]);
                model(&[
                    field(11, info("x", 1, &[1, 1 << 40])),
                    OUT(),
                    field(5, given("k", &[], &[1])),
                    field(1, split),
                    field(1, node("ConcatFromSequence", "l", "y", &[int("axis", 1)])),
                ])
            },
            "",
        ),
        (
            "many dimensions again and again",
            &|| {
                let mut nodes = chain("Identity", 10_000, "w");
                nodes.insert(0, field(5, given("w", &[1; 10_000], &[7])));
                network(&nodes)
            },
            "dimensions",
        ),
        (
            "long names",
            &|| {
                let names: Vec<_> = (0..20).map(|at| format!("{long}{at}")).collect();
                let nodes = names.windows(2).map(|pair| {
                    field(
                        1,
                        [node("Relu", &pair[0], &pair[1], &[]), field(3, long.replace('n', "/n"))].concat(),
                    )
                });
                model(
                    &[
                        vec![field(11, info(&names[0], 1, &[1, 2])), field(12, field(1, &names[19]))],
                        nodes.collect(),
                    ]
                    .concat(),
                )
            },
            "nodes",
        ),
        (
            "a long name of nothing",
            &|| network(&[field(1, node("Add", &format!("x {long}"), "y", &[]))]),
            "nothing before it makes",
        ),
        (
            "what takes itself",
            &|| network(&[field(1, node("Add", "x y", "y", &[]))]),
            "nothing before it makes `y`",
        ),
        (
            "a circle",
            &|| network(&[field(1, node("Add", "x a", "y", &[])), field(1, node("Add", "x y", "a", &[]))]),
            "nothing before it makes `a`",
        ),
        (
            "many to resize to",
            &|| {
                let list = [1, 3, 1 << 40, 8];
                let resize = node("Resize", "x __ __ s", "y", &[]);
                network(&[field(5, given("s", &[4], &list)), field(1, resize)])
            },
            "",
        ),
        (
            "far out pads",
            &|| {
                let list = [0, 0, i64::MAX, i64::MAX, 0, 0, i64::MIN, i64::MAX];
                network(&[
                    field(1, node("Conv", "x w", "y", &[ints("pads", &list[2..6])])),
                    field(5, weight("w", &[4, 3, 3, 3])),
                ])
            },
            "",
        ),
    ]);
}

/// Numbers that lie in what is no file, or outside, are not read.
#[test]
#[cfg(unix)]
fn numbers_elsewhere_are_in_files() {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("fifo")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("host")).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for location in ["/dev/zero", "zero", "fifo", "../x", "host", "folder", "", "gone"] {
        let elsewhere: Vec<_> = field(13, [field(1, "location"), field(2, location)].concat());
        let tensor = [sizes(&[2]), number(2, 7), field(8, "s"), elsewhere, number(14, 1)].concat();
        let bytes = network(&[field(5, tensor), field(1, node("Reshape", "x s", "y", &[]))]);
        let path = folder.path().join("it.onnx");
        fs::write(&path, bytes).unwrap();
        let said = becomes(&path, location).unwrap_err();
        assert!(said.contains("`s`") && said.contains("Reshape"), "{location}: {said}");
    }
}
