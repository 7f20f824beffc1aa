//! ONNX files that are well formed and mean no good: each becomes a network or is refused, in little time and memory.
//!
//! `cargo test --test onnx_hostile_networks -- --nocapture` prints how much.

use std::fs;

use written::{
    ALONE, OUT, becomes, body, field, given, hold, info, int, model, network, node, number, sizes,
};

#[path = "common/onnx_written.rs"]
mod written;

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
                field(
                    7,
                    [field(11, info("x", 1, dims)), OUT(), field(1, node(operator, "x", "y", &[]))].concat(),
                ),
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
