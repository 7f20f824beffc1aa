//! Layers of the bundled networks against figures from elsewhere.

use super::{analyze, expand};

/// The block of the lecture on the tensor of its example, added up by hand.
#[test]
fn the_inception_block_is_the_sum_of_its_branches() {
    let position = 28 * 28;
    let one = 192 * 16;
    let five = 192 * 16 + 25 * 16 * 24;
    let three = 192 * 16 + 9 * 16 * 24 + 9 * 24 * 24;
    let pool = 192 * 24;
    let total = *analyze("inception").total();
    assert_eq!(total.work.macs.total(), position * (one + five + three + pool));
    assert_eq!(total.params.total(), one + five + three + pool + 16 * 3 + 24 * 4);
}

/// LeCun et al. 1998, section II.B, gives the trainable parameters and the connections of each layer, and 340,908
/// connections in all. A connection is an input of a unit, and so is its bias: of a convolution or linear layer each is an
/// addition. A unit of a subsampling layer has 4 inputs and a bias: as many as it has operations (3 additions, a
/// multiplication by its coefficient, the bias) before it is squashed. One of the output has its differences, which are
/// squared.
#[test]
fn lenet5s_layers_are_the_papers() {
    const LAYERS: [(&str, u128, u128); 7] = [
        ("c1", 156, 122_304),
        ("s2", 12, 5_880),
        ("c3", 1_516, 151_600),
        ("s4", 32, 2_000),
        ("c5", 48_120, 48_120),
        ("f6", 10_164, 10_164),
        ("output", 0, 840),
    ];
    let graph = expand("lenet5_1998", None);
    let analysis = cnncost::analyze(&graph).unwrap();
    let mut connections_in_all = 0;
    for (layer, params, connections) in LAYERS {
        let mut found = (0, 0);
        for (id, node) in graph.nodes() {
            if graph.path(id).split('/').next() != Some(layer) {
                continue;
            }
            let counts = analysis.node(id).unwrap();
            found.0 += counts.params.total();
            found.1 += match node.operator_name() {
                "conv2d" | "linear" => counts.work.ops.add,
                "lp_pool2d" | "scale" => counts.work.ops.flops(),
                "rbf" => counts.work.ops.mul,
                _squashing => 0,
            };
        }
        assert_eq!(found, (params, connections), "{layer}");
        connections_in_all += found.1;
    }
    assert_eq!(connections_in_all, 340_908);
    let total = analysis.total().params;
    assert_eq!((total.total(), total.buffers), (60_000, 840), "the centers of the output are not trained");
}

/// One layer of 512 channels on 14×14, as MobileNet's Table 3 has it: 462 and 2.36 M, 52.3 and 0.27 M, then narrower by
/// 0.75, 29.6 and 0.15 M, and on 10×10, 15.1 and 0.15 M. Batch norm is not counted there.
#[test]
fn a_layer_of_mobilenet_by_table_3() {
    let layer = |name: &str, resolution: u64| {
        let graph = expand(name, Some(vec![3, resolution, resolution]));
        let analysis = cnncost::analyze(&graph).unwrap();
        let convolutions = graph.nodes().filter(|&(id, node)| {
            node.operator_name() == "conv2d" && graph.path(id).starts_with("blocks7_11/0/")
        });
        let counts = convolutions.filter_map(|(id, _)| analysis.node(id));
        counts.fold((0, 0), |(macs, params), counts| {
            (macs + counts.work.macs.total(), params + counts.params.total())
        })
    };
    assert_eq!(layer("mobilenet_v1_full", 224), (462_422_016, 2_359_296));
    assert_eq!(layer("mobilenet_v1", 224), (52_283_392, 266_752));
    assert_eq!(layer("mobilenet_v1_0_75", 224), (29_578_752, 150_912));
    assert_eq!(layer("mobilenet_v1_0_75", 160), (15_091_200, 150_912));
}

/// Every convolution, linear layer, batch norm and pool of PyTorch's networks against ours, in the order they run: the
/// shape, the parameters and the MACs that hooks on PyTorch's modules saw.
#[test]
fn layers_are_pytorchs_one_by_one() {
    let table = include_str!("../reference/layers.tsv");
    let mut rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let mut compared = 0;
    while let Some(name) = rows.first().map(|row| row[0]) {
        let theirs: Vec<_> = rows.extract_if(.., |row| row[0] == name).map(|row| row[2..].to_vec()).collect();
        let graph = expand(name, None);
        let analysis = cnncost::analyze(&graph).unwrap();
        let ours: Vec<Vec<String>> = graph
            .nodes()
            .filter_map(|(id, node)| {
                let module = match node.operator_name() {
                    "conv2d" => "Conv2d",
                    "linear" => "Linear",
                    "batch_norm2d" => "BatchNorm2d",
                    "max_pool2d" => "MaxPool2d",
                    "avg_pool2d" => "AvgPool2d",
                    "adaptive_avg_pool2d" => "AdaptiveAvgPool2d",
                    _ => return None,
                };
                let counts = analysis.node(id)?;
                let dims = node.shape.dims().iter().map(u64::to_string);
                let shape = std::iter::once("1".to_owned()).chain(dims).collect::<Vec<_>>().join("x");
                let (params, macs) =
                    (counts.params.total().to_string(), counts.work.macs.total().to_string());
                Some(vec![module.to_owned(), shape, params, macs])
            })
            .collect();
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 500, "only {compared} layers were compared");
}
