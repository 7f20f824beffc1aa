//! The bundled networks give PyTorch's outputs: see `networks/README.md`.

use std::collections::BTreeSet;

use cnncost::read::{Description, Options, bundled};
use cnncost::run::{Weights, forward};

#[path = "common/filled.rs"]
mod filled;
#[path = "common/shares.rs"]
mod shares;

/// A row for each output of a network.
struct Row<'t> {
    /// The network, the shapes of its inputs, their scale, a gain, and the number of the tensors.
    case: [&'t str; 5],
    output: &'t str,
    largest: f64,
    /// Some of the output's numbers, equally far apart.
    shown: Vec<f64>,
}

fn rows() -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let (words, numbers): (Vec<_>, Vec<_>) = line.split('\t').enumerate().partition(|&(i, _)| i < 6);
        let words: Vec<_> = words.into_iter().map(|(_, word)| word).collect();
        let mut numbers = numbers.into_iter().map(|(_, number)| number.parse().unwrap());
        let (case, largest) = (words[..5].try_into().unwrap(), numbers.next().unwrap());
        Row { case, output: words[5], largest, shown: numbers.collect() }
    };
    include_str!("networks/networks.tsv").lines().skip(1).map(row).collect()
}

/// Compares every output of a network, with weights that are made alike here and there.
fn compare(rows: &[Row]) {
    let [name, shape, scale, gain, count] = rows[0].case;
    let (file, variant) = bundled::find(name).unwrap();
    let sizes = |shape: &str| shape.split(',').map(|size| size.parse().unwrap()).collect();
    let shapes: Vec<Vec<u64>> = shape.split(' ').map(sizes).collect();
    // Only of a single input the sizes can be others than the description's.
    let input = Some(shapes[0].clone()).filter(|_| shapes.len() == 1);
    let options = Options { variant, input, ..Options::default() };
    let graph = Description::parse(file.name, file.text).unwrap().expand(&options).unwrap().graph;
    let (scale, gain) = (scale.parse().unwrap(), gain.parse().unwrap());
    let mut seed = 0;
    let weights = Weights::made(&graph, |_, weights| {
        let next = |weight: &cnncost::op::Weight| {
            seed += 1;
            filled::filled(&weight.name, &weight.dims(), seed, gain)
        };
        weights.iter().map(next).collect()
    })
    .unwrap();
    assert_eq!(seed.to_string(), count, "{name} has other tensors");
    let images = shapes.iter().map(|shape| filled::image(shape, scale)).collect();
    let outputs = forward(&graph, images, &weights, |_, _| ()).unwrap();
    let ours: BTreeSet<&str> = outputs.iter().map(|(output, _)| &**output).collect();
    assert_eq!(ours, rows.iter().map(|row| row.output).collect(), "the outputs of {name}");
    for row in rows {
        let (output, values) = outputs.iter().find(|(output, _)| output == row.output).unwrap();
        let values: Vec<f32> = values.flatten_all().unwrap().to_vec1().unwrap();
        for (i, theirs) in row.shown.iter().enumerate() {
            let ours = f64::from(values[i * values.len() / row.shown.len()]);
            let off = (ours - theirs).abs();
            assert!(off <= 1e-4 * row.largest, "{name}: {output} has {ours} instead of {theirs}");
        }
    }
}

#[test]
fn networks_give_pytorchs_outputs() {
    let rows = rows();
    let networks = rows.chunk_by(|one, other| one.case == other.case);
    shares::share("networks_give_pytorchs_outputs", networks, compare);
}

#[test]
fn every_bundled_file_has_a_network_in_the_table() {
    let rows = rows();
    let found: BTreeSet<_> = rows.iter().map(|row| bundled::find(row.case[0]).unwrap().0.name).collect();
    let missing: Vec<_> =
        bundled::BUNDLED.iter().map(|file| file.name).filter(|name| !found.contains(name)).collect();
    assert!(missing.is_empty(), "no network of {missing:?} is compared with PyTorch's");
}
