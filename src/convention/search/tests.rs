//! The search on networks of few parts, whose sums are done by hand.

use super::*;
use crate::counts::Macs;

fn build(parts: Parts) -> Build {
    Build { switches: vec![], assumed: 0, totals: vec![], parts, properties: vec![] }
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
    let off_padding = Parts { off_padding: 777, ..parts() };
    assert_eq!(self::formulas("877", &[build(off_padding)]), ["conv off padding + linear"]);
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

/// A number that has a name is called by it, unless the unit says that it is something else.
#[test]
fn units_tell_what_is_meant() {
    let property = |words, number, of| Property { words: text!("{words}", "{words}"), number, of };
    let properties = vec![
        property("parameters", 1000, Some(Quantity::Params)),
        property("bytes", 4096, Some(Quantity::Bytes)),
    ];
    let builds = [Build { properties, ..build(parts()) }];
    assert_eq!(formulas("1000", &builds), ["parameters", "conv"]);
    assert_eq!(formulas("1.00 k params", &builds), ["parameters"]);
    assert_eq!(formulas("1.000 kFLOPs", &builds), ["conv"]);
    assert_eq!(formulas("4.096 kB", &builds), ["bytes"]);
    assert_eq!(formulas("4.00 KiB", &builds), ["bytes"]);
    assert_eq!(formulas("4.00 kB", &builds), ["bytes; units of powers of 1024"]);
}

#[test]
fn a_unit_that_is_lost_is_found_again() {
    let read = |figure: &str| {
        let (read, found) = trace(&Figure::parse(figure).unwrap(), &[], &[build(parts())]);
        (read.written, found.verdict)
    };
    assert_eq!(read("1.100"), ("1.100 k".to_owned(), Verdict::Convincing));
    assert_eq!(read("1100").0, "1100");
    // Nothing gives 17, with or without a unit.
    assert_eq!(read("17"), ("17".to_owned(), Verdict::Nothing));
    assert!(!read("17.5").1.is_answer());
}

/// Of odd ways, a handful is shown, and no answer.
#[test]
fn what_is_odd_is_no_answer() {
    let found = |figure: &str| search(&Figure::parse(figure).unwrap(), &[], &[build(parts())]);
    let few_digits = found("1.12 k");
    assert_eq!((few_digits.verdict, few_digits.matches.len()), (Verdict::Odd, 3));
    assert!(few_digits.matches[0].chance > CONVINCING_ODD);
}
