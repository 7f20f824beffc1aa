//! The search on networks of few parts, whose sums are done by hand.

use super::*;

fn build(parts: Parts) -> Build {
    Build { switches: vec![], assumed: 0, totals: vec![], parts }
}

/// A network of 1000 MACs in convolutions and 100 in a linear layer, whose parts are told apart by their digits.
fn parts() -> Parts {
    Parts {
        macs: Macs { convolution: 1000, linear: 100, attention: 0 },
        norm: 10,
        relu: 1,
        ..Parts::default()
    }
}

fn formulas(figure: &str, builds: &[Build]) -> Vec<String> {
    let found = search(&Figure::parse(figure).unwrap(), &[], builds);
    let words = |found: &Match| {
        let switches = found.switches.iter().map(|switch| format!("; {}", switch.english));
        format!("{}{}", found.formula.english, switches.collect::<String>())
    };
    found.matches.iter().map(words).collect()
}

#[test]
fn parts_are_put_together_simplest_first() {
    let formulas = |figure| formulas(figure, &[build(parts())]);
    assert_eq!(formulas("1121"), ["conv + linear + 2·batch norm + 1·ReLU"]);
    assert_eq!(formulas("1000"), ["conv"]);
    assert_eq!(formulas("2200"), ["2·conv + 2·linear", "conv + linear; batch 2"]);
    assert_eq!(formulas("17"), Vec::<String>::new());
    assert_eq!(formulas("1.10 k")[0], "conv + linear");
    assert_eq!(formulas("1.07 k")[0], "conv + linear; units of powers of 1024");
}

#[test]
fn other_builds_are_tried_with_what_they_assume() {
    let other = Parts { macs: Macs { convolution: 5000, ..Macs::default() }, ..Parts::default() };
    let switched = Build { switches: vec![text!("v1 = true", "v1 = true")], assumed: 2, ..build(other) };
    assert_eq!(formulas("5000", &[build(parts()), switched]), ["conv; v1 = true", "conv; batch 5"]);
}

#[test]
fn the_largest_counts_do_no_harm() {
    let most = u128::MAX;
    let huge =
        Parts { macs: Macs { convolution: most, ..Macs::default() }, norm: most, relu: most, ..parts() };
    assert_eq!(formulas("1 G", &[build(huge)]), Vec::<String>::new());
}
