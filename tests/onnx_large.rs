//! ONNX files that are large, and still mean no harm: they are read in little memory, or as much as they are large.
//!
//! `cargo test --test onnx_large -- --nocapture` prints how much.

use written::{IN, OUT, body, field, given, hold, info, int, ints, model, network, node, weight};

#[path = "common/onnx_written.rs"]
mod written;

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
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
    let long = "n".repeat(30_000);
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
                nodes.insert(0, field(5, given("w", &vec![1; 10_000], &[7])));
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
